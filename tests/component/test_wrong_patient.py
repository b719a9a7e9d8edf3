"""A country that names somebody else for the right number: the clinician says no, nothing is opened."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

import countries
from clinician import HttpClinician
from clinician.http import trusting
from load.incidents import Acting, incident, incidents
from load.journey import REJECTED, Manner, treat
from load.plan import read_plan
from ncpeh.load_plan import write_plan
from ncpeh.load_watch import read_json
from ncpeh.portal_world import PortalWorld

FAULT = "xcpd-other-patient"
MANNER = Manner(think=lambda: None, read=lambda: None)
#: What the portal itself says where the country's answer contradicts what was asked for.
CONTRADICTED = "SES-083"


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalWorld]:
    folder = tmp_path_factory.mktemp("wrong")
    with PortalWorld(run_dir=folder, portal={"searches": 1000}) as everything:
        yield everything


@pytest.fixture(scope="module")
def plan(everything: PortalWorld):
    folder = everything.world_json.parent
    return read_plan(str(write_plan(
        folder / "plan.json", world=read_json(everything.world_json), folder=folder, profile="smoke", seed=7,
        countries=list(everything.world.countries.values()), synthetic=4)))


@pytest.mark.parametrize("code", countries.codes())
def test_every_answer_about_somebody_else_ends_at_the_verification(everything: PortalWorld, plan, code: str):
    """This fault alone, on every answer: the portal refuses or the clinician rejects; nothing is read."""
    everything.world.reset()
    ncp = everything.world.ncp(code)
    patients = [one for one in plan.patients[code] if one.ends == "summary"]
    named, made = ([one for one in patients if one.named is kind][:2] for kind in (True, False))
    with ncp.faults.acting(FAULT), HttpClinician(everything.url, ca=everything.ca) as doctor:
        doctor.log_in(plan.professionals[0])
        doctor.choose_activity()
        for patient in (*named, *made):
            ended = treat(doctor, patient, "summary", MANNER)
            assert ended.how in (REJECTED, CONTRADICTED), f"{patient.key} ended with {ended.how}"
            assert ended.how != REJECTED or ended.differs
            assert "identifier" not in ended.differs
    answers = ncp.received.of("ITI-55")
    assert [one.faults for one in answers] == [(FAULT,)] * len((*named, *made))
    assert not ncp.received.of("ITI-38")
    assert not ncp.received.of("ITI-39")


def test_the_country_whose_answers_were_counted_as_wrong_names_others_by_the_same_number(
        everything: PortalWorld, plan):
    """In Czechia only the person at the verification can notice, by the names; and does."""
    everything.world.reset()
    patient = next(one for one in plan.patients["CZ"] if one.ends == "summary" and not one.named)
    with everything.world.ncp("CZ").faults.acting(FAULT), \
            HttpClinician(everything.url, ca=everything.ca) as doctor:
        doctor.log_in(plan.professionals[0])
        doctor.choose_activity()
        ended = treat(doctor, patient, "summary", MANNER)
        acting = Acting(plan.console, lambda: httpx.Client(verify=trusting(plan.ca), trust_env=False))
        assert acting.on("CZ") == FAULT
        assert acting.on("HR") == "none"
    assert ended.how == REJECTED
    assert "family name" in ended.differs or "given name" in ended.differs


def test_an_incident_says_what_where_and_under_which_fault():
    """Nobody has to guess afterwards which fault a wrong page came from; the gravest stands first."""
    rows = incidents({incident("refused", "MT", "identify", "SES-080", "http-503-plain (1 in 5)"): 9,
                      incident("wrong patient", "CZ", "summary", "family name", "none"): 1})
    assert [row["what"] for row in rows] == ["wrong patient", "refused"]
    assert rows[0] == {"what": "wrong patient", "country": "CZ", "step": "summary", "how": "family name",
                       "faults": "none", "count": 1}


def test_the_console_is_not_asked_for_every_incident():
    """A bad minute of load asks at most once a second, and an unreachable console is « unknown »."""
    asked = []

    def open_http():
        asked.append(1)
        raise OSError

    acting = Acting("https://console.example", open_http, timer=lambda: 5.0)
    assert [acting.on("CZ"), acting.on("CZ")] == ["unknown", "unknown"]
    assert len(asked) == 1
