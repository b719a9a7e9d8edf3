"""The catalogue of checks, requirements and known deviations: complete, unambiguous, documented."""

from __future__ import annotations

import pytest

from ehdsi.errors import LocalError
from onboarding.catalogue import CHAPTERS, all_checks, chosen
from onboarding.deviations import deviations
from onboarding.dossier import coverage
from onboarding.reference import PAGE, as_markdown
from onboarding.requirements import requirements, unknown
from simulators.ncp.quirks import QUIRKS


def test_there_are_enough_checks_and_their_ids_are_one_of_a_kind() -> None:
    """Two checks of one name could not be run alone."""
    ids = [one.id for one in all_checks()]
    assert len(ids) == len(set(ids)) >= 200


def test_every_check_belongs_to_known_requirements() -> None:
    """A finding without a requirement could not be argued."""
    assert unknown(name for one in all_checks() for name in one.requirements) == ()
    assert all(one.requirements for one in all_checks())


def test_no_requirement_is_left_blank() -> None:
    """Each is verified by checks, by hand, or says why it cannot be."""
    assert [one.id for one in requirements() if not one.verified] == []


def test_nine_of_ten_requirements_are_verified_by_checks() -> None:
    """The rest is confirmed by people."""
    assert coverage()["percent"] >= 90


def test_all_rows_of_the_list_of_negative_tests_are_checked() -> None:
    """No row from N-01 to N-44 is missing."""
    verified = {name for one in all_checks() for name in one.requirements}
    assert {f"N-{number:02d}" for number in range(1, 45)} <= verified


def test_known_deviations_have_the_names_of_the_simulators_switches() -> None:
    """What is switched on in an OpenNCP-like simulator is what the dossier names."""
    assert set(deviations()) == set(QUIRKS)


def test_every_chapter_has_checks() -> None:
    """An empty chapter of the dossier would say nothing."""
    assert {one.chapter for one in all_checks()} == set(CHAPTERS)


def test_checks_are_chosen_by_id_chapter_or_requirement() -> None:
    """``--only`` takes all three, and refuses a word that names nothing."""
    assert [one.id for one in chosen(["XCPD-MATCH"])] == ["XCPD-MATCH"]
    assert {one.chapter for one in chosen(["timing"])} == {"timing"}
    assert all("N-41" in one.requirements for one in chosen(["N-41"]))
    with pytest.raises(LocalError, match="did you mean"):
        chosen(["XCPD-MACH"])


def test_the_reference_page_is_true() -> None:
    """``docs/requirements.md`` says what the catalogue says."""
    assert PAGE.read_text(encoding="utf-8") == as_markdown()
