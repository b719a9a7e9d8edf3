"""The recorder: a journey is kept without anybody's name and plays again, as often as it is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import countries
from ehdsi import xml
from ehdsi.errors import LocalError
from ncpeh.cli import main
from ncpeh.commands.record import replayed
from simulators.replay.pseudonyms import Pseudonyms
from simulators.replay.recording import Recording, record


@pytest.fixture(scope="module", params=["HR-1", "LU-3", "GR-2", "CY-1"])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The key of a persona and the recording of the journey about them."""
    key = str(request.param)
    folder = tmp_path_factory.mktemp(key)
    assert main(["record", "--country", key[:2], "--patient", key, "--out", str(folder)]) == 0
    return key, folder


def test_nobody_is_named(recorded: tuple[str, Path]) -> None:
    """Names, identifiers, birth date and telephone of the patient stand nowhere in a recording."""
    key, folder = recorded
    persona = countries.load(key[:2]).persona(key)
    traits = {one.extension or "" for one in persona.identifiers} | {persona.birth_time}
    traits |= {one for one in (*persona.name.family, *persona.name.given) if len(one) > 2}
    traits |= {(one.value or "").partition(":")[2] for one in persona.telecoms} - {""}
    for file in folder.iterdir():
        text = file.read_text(encoding="utf-8")
        assert not [one for one in traits if one in text], file.name


def test_replay_shows_the_same_statements(recorded: tuple[str, Path]) -> None:
    """The replayed journey ends with a summary that has the sections of the recorded one."""
    key, folder = recorded
    journey = replayed(folder)
    assert journey.refusal is None and journey.country == key[:2]
    summary = countries.load(key[:2]).persona(key).summary
    assert summary is not None
    page = journey.page or ""
    assert page.count("<h2") >= len(summary.sections)


def test_names_are_replaced_alike_everywhere(recorded: tuple[str, Path]) -> None:
    """The patient has one name and one identifier in all messages of a recording."""
    _, folder = recorded
    people, numbers = set(), set()
    for file in folder.glob("*.xml"):
        root = xml.parse(file.read_bytes(), large_text=True)
        for person in root.iter("{urn:hl7-org:v3}patientPerson", "{urn:hl7-org:v3}patient"):
            name = person.find("{urn:hl7-org:v3}name")
            if name is not None:
                people.add(tuple(sorted(part.text or "" for part in name)))
        for role in root.iter("{urn:hl7-org:v3}patientRole"):
            numbers.add(role.find("{urn:hl7-org:v3}id").get("extension"))  # type: ignore[union-attr]
    contents = json.loads((folder / "recording.json").read_text(encoding="utf-8"))
    assert len(people) == 1
    assert numbers <= {value for _, value in contents["patient"]["identifiers"]} and len(numbers) == 1


def test_other_seed_other_names() -> None:
    """The seed decides the names; the same seed gives the same ones."""
    def made(seed: str) -> bytes:
        people = Pseudonyms(seed)
        message = b'<name xmlns="urn:hl7-org:v3"><family>Horvat</family><given>Ana</given></name>'
        people.learn(xml.parse(message))
        return people.message(message)

    assert made("1") == made("1") != made("2")
    assert b"Horvat" not in made("1")


def test_nothing_recorded_is_said(tmp_path: Path) -> None:
    """A folder without a recording, and a journey without an answer, are named for what they are."""
    with pytest.raises(LocalError, match="no recording"):
        Recording.load(tmp_path)
    with pytest.raises(LocalError, match="nothing was recorded"):
        record("HR", ())
