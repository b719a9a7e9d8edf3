"""Load over the pages, short: thresholds and exit code, one process and a master with two workers."""

import json
from pathlib import Path

import pytest

from ncpeh.cli import main

PROFILE = """
title = "Three seconds"
model = "{model}"
think = [0.0, 0.05]
read = [0.0, 0.05]
downloads = 1.0
per_login = 2
mix = {{ summary = 4, typing-error = 1, no-summary = 1, drop-off = 1 }}

[[stage]]
seconds = {seconds}
{amount}

{fault}

[thresholds]
journeys = {journeys}
"""


def _run(folder: Path, *options: str, model: str = "closed", amount: str = "users = 3", fault: str = "",
         journeys: int = 2, seconds: int = 4) -> tuple[int, dict]:
    profile = folder / "short.toml"
    profile.write_text(PROFILE.format(model=model, amount=amount, fault=fault, journeys=journeys,
                                      seconds=seconds))
    code = main(["load", "--profile", str(profile), "--country", "HR", "--country", "EE", "--out",
                 str(folder / "out"), *options])
    return code, json.loads((folder / "out" / "result.json").read_text(encoding="utf-8"))


def test_the_smoke_profile_is_without_errors_and_without_wrong_patients(tmp_path):
    """The gate of CI, in half its time: every country, nobody sees another's summary, no event is lost."""
    code = main(["load", "--profile", "smoke", "--scale", "0.5", "--out", str(tmp_path / "out")])
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert code == 0, result["examples"]
    held = {what: got for what, _, got, holds in result["verdict"] if holds}
    for what in ("wrong patients", "errors without a code", "lost audit events"):
        assert held[what] == "0"
    assert result["incidents"] == []
    assert len(result["countries"]) > 1
    assert sum(one["count"] for one in result["exchanges"]) > 3 * result["ended"]["shown"]
    assert result["ended"]["shown"] >= 2
    assert result["trouble"] == {}
    assert result["audit"]["recorded"] > 5 * result["ended"]["shown"]
    assert result["audit"]["lost"] == 0
    assert {"login", "country", "identify", "confirm", "summary"} <= set(result["steps"])
    assert all(result["usage"][role]["cpu"] > 0 for role in ("gateway", "simulators", "generator"))
    assert "All thresholds hold" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


def test_locusts_own_master_and_two_workers_on_two_portals(tmp_path):
    """Distribution is Locust's: a master, two workers, figures added up; here before two portals."""
    code, result = _run(tmp_path, "--generators", "2", "--workers", "2", model="open",
                        amount="arrivals = 3.0", journeys=1, seconds=12)
    assert code == 0, result["examples"]
    assert result["generators"] == 2
    assert sum(result["ended"].values()) >= 1
    assert result["audit"]["lost"] == 0


def test_a_country_that_is_down_misses_the_threshold_with_a_code(tmp_path):
    """A refusal is counted under its code and fails the run: exit code 1."""
    down = '[[fault]]\ncountry = "{}"\nname = "http-503-plain"\n'
    code, result = _run(tmp_path, fault=down.format("HR") + down.format("EE"))
    assert code == 1
    assert result["trouble"].get("refused", 0) > 0
    assert "error" not in result["trouble"]
    assert set(result["ended"]) & {"SES-080", "SES-081", "SES-082"}
    told = {(one["what"], one["faults"]) for one in result["incidents"]}
    assert told == {("refused", "http-503-plain")}
    assert sum(one["spoilt"].get("http-503-plain", 0) for one in result["exchanges"]) > 0


def test_a_profile_that_is_not_there_is_named(capsys):
    """A mistyped profile ends with the list of those there are, exit code 2."""
    assert main(["load", "--profile", "smoek"]) == 2
    assert "smoke" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["alps-peak", "soak"])
def test_profiles_are_listed(name, capsys):
    """The profiles of the project can be seen without running one."""
    assert main(["load", "--profiles"]) == 0
    assert name in capsys.readouterr().out
