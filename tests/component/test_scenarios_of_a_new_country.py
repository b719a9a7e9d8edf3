"""A pack that was begun a minute ago brings its scenarios along."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from ncpeh.cli import main

ROOT = Path(__file__).parents[2]

#: Scenarios that every country gets, with how often for a pack of five: three summaries, two refusals.
EXPECTED = {
    "country_is_offered_and_leads_to_its_own_form": 1,
    "in_country_an_empty_form_says_what_is_missing": 1,
    "in_country_signs_that_no_identifier_holds_go_nowhere": 1,
    "in_country_nobody_has_these_numbers": 1,
    "patient_is_found_about": 3,
    "a_refusal_in_country_asks_nothing_of_the_country": 1,
    "the_summary_of_patient_can_be_read_about": 3,
    "patient_is_refused_and_the_page_says_why_about": 2,
    "a_journey_into_country_is_recorded": 1,
    "the_log_of_a_journey_for_patient_names_nobody": 1,
    "foreign_words_are_marked_as_such_in_the_summary_of_patient": 1,
}


def test_a_new_pack_gets_its_scenarios_and_passes_them(tmp_path: Path) -> None:
    """``ncpeh country new LV`` and ``--ncpeh-pack``: form, patients, refusals, audit, without a new step."""
    assert main(["country", "new", "LV", "--out", str(tmp_path / "LV")]) == 0
    played = subprocess.run(
        [sys.executable, "-m", "pytest", "features", "--ncpeh-pack", str(tmp_path / "LV"), "-m", "LV", "-rA",
         "-q", "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "run")],
        cwd=ROOT, capture_output=True, text=True, check=False)
    found = re.findall(r"^(PASSED|FAILED|ERROR|SKIPPED) \S+::test_(\w+)\[(.*)\]", played.stdout, re.MULTILINE)
    assert played.returncode == 0, played.stdout[-3000:]
    assert {verdict for verdict, _, _ in found} == {"PASSED"}
    assert Counter(name for _, name, _ in found) == EXPECTED
    assert all("Lettonie" in row or "LV-" in row for _, _, row in found)
