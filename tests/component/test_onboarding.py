"""Whole examinations over real sockets: silence on conformant NCPs, one sentence about dead ones."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import countries
from benchmarks.proof_packs import made_up, pack
from ncpeh.cli import main
from ncpeh.examined import target_in
from onboarding.model import Report
from onboarding.runner import Settings, examine
from onboarding.target import Target
from simulators.faults import catalogue_entry
from simulators.world import World

QUICK = Settings(limit=20, answer=0.5)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as started:
        yield started


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("world")


def _target(world: World, folder: Path, code: str) -> Target:
    return target_in(world, code, folder)


def _examined(world: World, folder: Path, code: str, *only: str) -> Report:
    return examine(world.countries[code], _target(world, folder, code), only=only)


@pytest.mark.parametrize("code", countries.codes())
def test_a_conformant_ncp_gives_no_finding(world: World, folder: Path, code: str) -> None:
    """Zero fail, zero warn, zero error, nothing skipped, in under a minute."""
    world.reset()
    report = _examined(world, folder, code)
    noisy = [
        (one.id, one.reason, [seen.what for seen in one.observations])
        for verdict in ("error", "fail", "warn", "skip")
        for one in report.of(verdict)
    ]
    assert noisy == []
    assert report.exit_code == 0 and report.seconds < 60 and len(report.results) >= 200


@pytest.mark.parametrize("name", sorted(made_up()))
def test_a_pack_of_the_proof_is_conformant(tmp_path: Path, name: str) -> None:
    """What is made up to prove a check gives no finding either as long as nothing is wrong with it."""
    country = pack(name)
    with World([country]) as world:
        report = examine(country, target_in(world, country.code, tmp_path))
    assert [one.id for verdict in ("error", "fail", "warn", "skip") for one in report.of(verdict)] == []


def test_each_deviation_is_reported_by_its_name_and_only_while_it_is_there(
    world: World, folder: Path
) -> None:
    """Switch one on and it is named; switch it off and the finding goes."""
    world.reset()
    ncp = world.ncp("HR")
    for name in (
        "trust-not-built",
        "query-continues-after-refusal",
        "xcpd-ae-on-match",
        "fault-code-receiver",
    ):
        ncp.quirks = frozenset({name})
        assert _examined(world, folder, "HR", "refusal", "xcpd", "soap").deviations == (name,)
    ncp.quirks = frozenset()
    assert _examined(world, folder, "HR", "refusal", "xcpd", "soap").deviations == ()


@pytest.mark.parametrize(
    ("fault", "requirement"),
    [
        ("xcpd-custodian-other", "A-XCPD-06"),
        ("xca-uniqueid-missing", "A-XCA-03"),
        ("ret-other-patient", "A-RET-03"),
        ("ent-negation-flipped", "X-CON-05"),
        ("smp-inner-missing", "A-SMP-04"),
        ("tls-no-client-auth", "A-TLS-02"),
        ("ism-country-mismatch", "A-ISM-02"),
        ("mtom-cid-unresolved", "A-RET-02"),
    ],
)
def test_a_single_defect_is_found_under_its_requirement(
    world: World, folder: Path, fault: str, requirement: str
) -> None:
    """The finding names the rule that was broken."""
    world.reset()
    place = world.smp.fault_set("HR") if "SMP" in catalogue_entry(fault).steps else world.ncp("HR").faults
    with place.acting(fault):
        report = _examined(world, folder, "HR", requirement)
    found = report.of("fail") + report.of("warn")
    assert requirement in {name for one in found for name in one.check.requirements}


def _moved(target: Target, url: str) -> Target:
    """The same keys, and a candidate at another address that no SMP publishes."""
    from dataclasses import replace

    return replace(target, smp=url, xcpd=url, xca=url)


def test_a_candidate_that_nobody_hears_is_reported_once(world: World, folder: Path) -> None:
    """Nothing listens: one sentence, exit code 3, no failing checks."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    target = _moved(_target(world, folder, "HR"), f"https://127.0.0.1:{port}")
    report = examine(world.countries["HR"], target, settings=QUICK)
    assert "nothing listens" in report.statement
    assert report.exit_code == 3 and report.of("fail") == ()


def test_a_candidate_that_hangs_ends_in_time_and_is_reported_once(world: World, folder: Path) -> None:
    """It takes connections and says nothing: one sentence, few failures, within the limit."""
    with _Silent() as silent:
        target = _moved(_target(world, folder, "HR"), f"https://127.0.0.1:{silent.port}")
        report = examine(world.countries["HR"], target, settings=QUICK)
    assert report.statement and report.exit_code == 1
    assert len(report.of("fail")) < 25 and report.seconds < 45


def test_a_candidate_that_talks_nonsense_is_reported_once(world: World, folder: Path) -> None:
    """A web page instead of SOAP: one sentence, and the checks that are about it."""
    world.reset()
    with world.ncp("HR").faults.acting("http-200-html"):
        report = _examined(world, folder, "HR")
    assert "no SOAP message" in report.statement and report.exit_code == 1
    assert 0 < len(report.of("fail")) < 15
    assert {one.id for one in report.of("fail")} >= {"HTTP-WHOLE-ITI-55", "HTTP-WHOLE-ITI-38"}


class _Silent:
    """A port that takes connections and never answers."""

    def __enter__(self) -> _Silent:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._held: list[socket.socket] = []
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()
        return self

    def _take(self) -> None:
        while True:
            try:
                self._held.append(self._socket.accept()[0])
            except OSError:
                return

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(2)
        for one in self._held:
            one.close()


def test_the_command_writes_the_dossier_and_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``ncpeh onboard`` with a private simulator: 0 when ready, 1 when not; small files."""
    arguments = ["onboard", "--pack", "HR", "--out", str(tmp_path), "--only", "xcpd"]
    assert main(arguments) == 0
    files = {one.name: one.stat().st_size for one in (tmp_path / "HR").iterdir()}
    assert set(files) == {"index.html", "dossier.json", "junit.xml", "evidence.zip"}
    assert sum(files.values()) < 5_000_000
    capsys.readouterr()
    assert main([*arguments[:-2], "--only", "refusal", "--mode", "openncp-like", "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["exit_code"] == 1 and "trust-not-built" in {one["name"] for one in data["deviations"]}


def test_a_wrong_word_is_a_usage_or_environment_error(tmp_path: Path) -> None:
    """``--only`` with a word that names nothing stops before anything is asked."""
    assert main(["onboard", "--pack", "HR", "--out", str(tmp_path), "--only", "NOPE"]) == 3
