"""The command line as people and scripts use it: exit codes, sentences, files."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ncpeh.cli import COMMANDS, full_parser, main
from ncpeh.portal_journey import STEPS
from ncpeh.portal_world import PortalWorld
from simulators.world import World

ROOT = Path(__file__).parents[2]


@pytest.fixture
def world_file(ncpeh_world: World, tmp_path: Path) -> Path:
    return ncpeh_world.world_json(tmp_path)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "ncpeh", *arguments], cwd=ROOT, capture_output=True,
                          text=True, timeout=60, check=False)


def test_help_is_instant_and_names_every_command() -> None:
    """Help imports nothing heavy: a person who asks for it waits a tenth of a second at most."""
    begin = os.times()
    answer = run("--help")
    end = os.times()
    spent = end.children_user + end.children_system - begin.children_user - begin.children_system
    assert answer.returncode == 0
    assert all(command in answer.stdout for command in COMMANDS)
    assert spent < 0.3  # goal 0.1 on a quiet machine; CPU seconds, not waiting


def test_every_command_has_help_and_an_example() -> None:
    """A command without help or example cannot be found out."""
    for action in full_parser()._subparsers._group_actions:  # type: ignore[union-attr]
        for name, command in action.choices.items():  # type: ignore[union-attr]
            text = command.format_help()
            assert command.description
            assert "Example: ncpeh" in text or name == "country"


@pytest.mark.parametrize("arguments", [
    [], ["nonsense"], ["journey"], ["journey", "--country", "XX"],
    ["journey", "--country", "HR", "--patient", "Z"],
    ["cda", "--country", "HR", "--level", "2"], ["show", "no-such-file.xml"], ["up", "--port", "70000"],
    ["cda", "--country", "ES", "--patient", "ES-4"],
])
def test_wrong_usage_is_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong usage ends with 2 and says what is possible, without a stack trace."""
    assert main(arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_journey_against_a_running_world(world_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``journey --json`` tells a program how each step went."""
    trace = world_file.parent / "trace"
    assert main(["journey", "--country", "HR", "--patient", "HR-2", "--world", str(world_file), "--json",
                 "--trace", str(trace)]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["ok"]
    assert next(iter(record["milliseconds"])) == "mask"
    names = sorted(path.name for path in trace.glob("*.http"))
    assert names[0] == "01-SMP-mask-request.http"
    assert [name[3:] for name in names if "ITI-55" in name and "SMP" not in name] == [
        "ITI-55-request.http", "ITI-55-response.http"]


def test_journey_through_the_portal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A clinician reads a minor's summary at a portal that runs, named by world.json or by its address."""
    with PortalWorld(["HR"], run_dir=tmp_path) as running:
        page = tmp_path / "page.html"
        assert main(["journey", "--country", "HR", "--patient", "HR-2", "--world", str(running.world_json),
                     "--page", str(page), "--json"]) == 0
        record = json.loads(capsys.readouterr().out)
        assert list(record["milliseconds"]) == list(STEPS)
        assert record["ok"]
        assert record["sections"] >= 5
        assert record["levels"] == [3, 1]
        assert 'aria-label="Patient"' in page.read_text(encoding="utf-8")
        there = ["--portal", running.url, "--ca", str(running.ca)]
        assert main(["journey", "--country", "HR", "--patient", "HR-5", *there]) == 1
        assert "SES-072  Le patient n’a pas activé le partage européen" in capsys.readouterr().out
        assert main(["journey", "--country", "HR", "--trace", str(tmp_path / "trace"), *there]) == 2
    assert main(["journey", "--country", "HR", *there]) == 3
    assert "did not answer" in capsys.readouterr().err


def test_private_journey_leaves_its_messages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a running world one is made, and ``--trace`` holds what went over the wire."""
    assert main(["journey", "--country", "MT", "--trace", str(tmp_path)]) == 0
    assert "sections shown" in capsys.readouterr().out
    assert {"ITI-55", "ITI-38", "ITI-39"} <= {path.name[3:9] for path in tmp_path.glob("*-request.http")}


def test_refused_journey_is_a_finding(world_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A country that says no is a finding (1), with the code that the professional would read."""
    assert main(["journey", "--country", "HR", "--patient", "HR-5", "--world", str(world_file)]) == 1
    assert "SES-072" in capsys.readouterr().out


def test_unreachable_smp_is_the_environment(world_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A world that is gone is the environment's fault (3), and the sentence says who did not answer."""
    world = json.loads(world_file.read_text())
    with socket.create_server(("127.0.0.1", 0)) as closed:
        world["smp"] = f"https://127.0.0.1:{closed.getsockname()[1]}"
    world_file.write_text(json.dumps(world))
    assert main(["journey", "--country", "HR", "--world", str(world_file)]) == 3
    assert "SMP" in capsys.readouterr().out


def test_missing_world_is_the_environment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A world.json that is not there: one sentence, exit code 3."""
    assert main(["journey", "--country", "HR", "--world", str(tmp_path / "world.json")]) == 3
    assert "world.json" in capsys.readouterr().err


def _taken_with_free_ones_behind() -> socket.socket:
    """A port that is taken, below those that systems give away, so that only this one can be in the way."""
    for first in range(20_000 + os.getpid() % 500 * 20, 32_000, 20):
        with contextlib.suppress(OSError):
            for port in range(first + 1, first + 20):
                socket.create_server(("127.0.0.1", port)).close()
            return socket.create_server(("127.0.0.1", first))
    raise AssertionError("no twenty free ports in a row")


def test_port_in_use_is_said(tmp_path: Path) -> None:
    """``up`` on a port that is taken ends with 3 and names the port."""
    with _taken_with_free_ones_behind() as taken:
        port = str(taken.getsockname()[1])
        answer = run("up", "--country", "HR", "--port", port, "--run-dir", str(tmp_path))
    assert answer.returncode == 3
    assert port in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_up_says_ready_and_stops(tmp_path: Path, number: signal.Signals) -> None:
    """``up`` prints ready on a line of its own, has written world.json by then, and stops cleanly."""
    command = [sys.executable, "-m", "ncpeh", "up", "--country", "EE", "--run-dir", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any(line.strip() == "ready" for line in process.stdout)
        world = json.loads((tmp_path / "world.json").read_text())
        assert list(world["countries"]) == ["EE"]
        process.send_signal(number)
        assert process.wait(30) == 0


def test_demo_writes_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``demo`` walks the countries, writes index, French page and trace, and ends with 0."""
    assert main(["demo", "--country", "EE", "--out", str(tmp_path)]) == 0
    assert "EE-1" in capsys.readouterr().out
    assert (tmp_path / "EE-trace").is_dir()
    assert 'href="EE.html"' in (tmp_path / "index.html").read_text()
    assert 'lang="fr"' in (tmp_path / "EE.html").read_text()


def test_document_can_be_printed_shown_and_validated(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
                                                     ) -> None:
    """``cda`` gives a document that ``show`` turns into French text and ``validate`` reads."""
    assert main(["cda", "--country", "HR", "--patient", "HR-2"]) == 0
    sys.stdout.flush()
    document = tmp_path / "hr.xml"
    document.write_bytes(capfdbinary.readouterr().out)
    assert main(["show", str(document), "--text"]) == 0
    assert "SYNTHÈSE MÉDICALE".encode() in capfdbinary.readouterr().out
    assert main(["validate", str(document), "--json"]) in (0, 1)
    assert json.loads(capfdbinary.readouterr().out)[0]["file"] == str(document)


def test_not_a_summary_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``show`` and ``validate`` on something else: 1, and what was expected."""
    other = tmp_path / "other.xml"
    other.write_text("<a/>")
    assert main(["show", str(other)]) == 1
    assert main(["validate", str(other)]) == 1
    assert "CDA" in capsys.readouterr().out


def test_patients_are_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """``patients`` prints one JSON object a line, the identifiers included."""
    assert main(["patients", "--country", "EE", "--count", "2", "--personas"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["key"] for line in lines] == ["EE-1", "EE-2"]
    assert lines[0]["identifiers"][0]["root"]


def test_pack_check(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """``country check`` is silent about our packs and says what is wrong with an empty folder."""
    assert main(["country", "check", str(ROOT / "fixtures/countries/HR")]) == 0
    assert main(["country", "check", str(tmp_path)]) == 1
    assert "country.toml" in capsys.readouterr().out
