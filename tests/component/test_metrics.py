"""Metrics of both sides, read with a reader of our own over the doors that ``world.json`` names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from clinician import HttpClinician, Papers
from ncpeh.portal_world import PortalWorld
from simulators.world import World
from tests.component.golden_requests import Gateway
from tests.prometheus import Samples, read


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalWorld]:
    with PortalWorld(["HR"], run_dir=tmp_path_factory.mktemp("metrics")) as everything:
        yield everything


def _scraped(everything: PortalWorld, role: str) -> Samples:
    url, = json.loads(everything.world_json.read_text(encoding="utf-8"))["metrics"][role]
    return _read(url)


def _read(url: str) -> Samples:
    answer = httpx.get(url, trust_env=False)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return read(answer.text)


def _value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((name, frozenset(labels.items())), 0.0)


def _grown(before: Samples, after: Samples, name: str, **labels: str) -> float:
    return _value(after, name, **labels) - _value(before, name, **labels)


def _papers(everything: PortalWorld) -> Papers:
    persona = everything.world.countries["HR"].personas[0]
    return Papers(identifiers={one.root or "": one.extension or "" for one in persona.identifiers},
                  birth_date=persona.birth_time[:8], gender=persona.gender)


def _walk(everything: PortalWorld) -> None:
    with HttpClinician(everything.url, ca=everything.ca) as doctor:
        doctor.log_in("Dr Ada Exemple")
        doctor.choose_activity()
        doctor.choose_country("Croatie")
        doctor.identify(_papers(everything))
        doctor.confirm_identity()
        doctor.open_summary()
        assert doctor.page.heading == "Synthèse médicale"
        doctor.finish()
        doctor.log_out()


def test_both_sides_count_one_journey_alike(everything: PortalWorld) -> None:
    """What the gateway says that it asked is what the country says that it answered, step by step."""
    before, told = _scraped(everything, "simulators"), _scraped(everything, "gateway")
    _walk(everything)
    after, says = _scraped(everything, "simulators"), _scraped(everything, "gateway")
    for step, outcome, times in (("ITI-55", "match", 1), ("ITI-38", "Success", 1), ("ITI-39", "Success", 2)):
        theirs = {"simulator": "HR", "transaction": step, "outcome": outcome}
        assert _grown(before, after, "ncpeh_simulator_requests_total", **theirs) == times
        ours = {"country": "HR", "step": step, "verdict": "ok"}
        assert _grown(told, says, "ncpeh_steps_total", **ours) == times
    assert _value(after, "ncpeh_simulator_checks_total", simulator="HR", check="peer", verdict="passed") >= 4
    assert _value(after, "ncpeh_simulator_requests_total", simulator="PSC", transaction="token",
                  outcome="200")
    assert _value(after, "ncpeh_summaries_made_total") >= 1
    assert _value(says, "ncpeh_requests_total", page="/patient/{}/synthese", status="200") >= 1
    for samples in (after, says):
        assert _value(samples, "process_cpu_seconds_total") > 0
        assert _value(samples, "process_resident_memory_bytes") > 10_000_000


def test_audit_events_are_counted_where_they_wait_and_where_they_arrive(everything: PortalWorld) -> None:
    """Events that the gateway delivered are those that the repository received from it."""
    _walk(everything)
    trail = everything.gateway.trail
    assert trail is not None and trail.sender is not None
    trail.sender.flush(5.0)
    says, after = _scraped(everything, "gateway"), _scraped(everything, "simulators")
    assert _value(says, "ncpeh_audit_waiting") == 0
    received = {dict(labels)["sender"]: value for (name, labels), value in after.items()
                if name == "ncpeh_audit_received_total"}
    assert _value(says, "ncpeh_audit_delivered") in received.values()
    assert _value(after, "ncpeh_audit_state", state="listening") == 1


def test_faults_show_while_they_act_and_what_they_spoilt(everything: PortalWorld) -> None:
    """Whoever reads the figures of a bad hour sees which fault acted, and on how many answers."""
    with everything.world.ncp("HR").faults.acting("soap-fault"), \
            HttpClinician(everything.url, ca=everything.ca) as doctor:
        doctor.log_in("Dr Ada Exemple")
        doctor.choose_activity()
        doctor.choose_country("Croatie")
        doctor.identify(_papers(everything))
        samples = _scraped(everything, "simulators")
    assert _value(samples, "ncpeh_simulator_faults_acting", simulator="HR", fault="soap-fault") == 1
    assert _value(samples, "ncpeh_simulator_spoilt_total", simulator="HR", fault="soap-fault") >= 1
    assert not [name for name, _ in _scraped(everything, "simulators")
                if name == "ncpeh_simulator_faults_acting"]


def test_no_label_holds_a_patient_or_a_session(everything: PortalWorld) -> None:
    """Metrics are read by people who may not know who was treated: no number, name or key is among them."""
    with HttpClinician(everything.url, ca=everything.ca) as doctor:
        doctor.log_in("Dr Ada Exemple")
        doctor.choose_activity()
        doctor.choose_country("Croatie")
        doctor.identify(_papers(everything))
        doctor.visit("/patient/K3ys-are-secret/synthese")
        portal = everything.app.state.portal
        keys = {one for session in portal.sessions for one in (session.identifier, *session.consultations)}
        samples = {**_scraped(everything, "gateway"), **_scraped(everything, "simulators")}
    values = {value for _, labels in samples for _, value in labels}
    persona = everything.world.countries["HR"].personas[0]
    secrets = {*keys, "K3ys-are-secret", persona.key, *persona.name.family, "Ada", "Exemple",
               *(one.extension or "" for one in persona.identifiers)}
    assert keys
    assert not [secret for secret in secrets for value in values if secret and secret in value]


def test_a_country_in_a_process_of_its_own_has_a_door_of_its_own() -> None:
    """With ``--processes`` each country tells its own figures, at an address that stays over a restart."""
    with World(["EE"], processes=True) as world:
        url, = world.metrics_elsewhere
        gateway = Gateway(world, "EE")
        patient = gateway.country.personas[0].primary_identifier
        assert gateway.send(gateway.discovery(patient)).discovery().patients
        gateway.close()
        counted = {"simulator": "EE", "transaction": "ITI-55", "outcome": "match"}
        assert _value(_read(url), "ncpeh_simulator_requests_total", **counted) == 1
        world.process("EE").restart()
        assert world.metrics_elsewhere == (url,)
        assert _value(_read(url), "ncpeh_simulator_requests_total", **counted) == 0


def test_targets_for_prometheus_are_written(everything: PortalWorld) -> None:
    """Prometheus finds all doors by one file, with the side that each belongs to."""
    path = Path(everything.world_json).with_name("prometheus-targets.json")
    rows = json.loads(path.read_text(encoding="utf-8"))
    assert {row["labels"]["role"] for row in rows} == {"gateway", "simulators"}
    for row in rows:
        assert _read(f"http://{row['targets'][0]}/metrics")
