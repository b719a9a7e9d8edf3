"""Complaints about a pack: file, line, key, expected, got."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countries import PackError
from countries.loading import PACKS, read_country
from countries.source import line_of, parse_toml, read_toml

TEXT = """\
# a comment
code = "HR"

[consent]
model = "opt_in"
[consent.refusals.no_consent]
step = "query"

[[medication]]
name = "one"
[[medication.ingredient]]
code = "a"
[[medication]]
name = "two"
dose = {value = "1"}
[[medication.ingredient]]
code = "b"
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("code",), 2),
        (("consent", "model"), 5),
        (("consent", "refusals", "no_consent", "step"), 7),
        (("consent", "refusals", "no_consent", "code"), 6),
        (("medication", 0, "name"), 10),
        (("medication", 1, "name"), 14),
        (("medication", 1, "dose", "value"), 15),
        (("medication", 1, "ingredient", 0, "code"), 17),
        (("nothing",), 0),
    ],
)
def test_line_of_a_key(path: tuple[str | int, ...], line: int) -> None:
    """Defends the line numbers: of the key, else of the nearest table that is written."""
    assert line_of(TEXT, path) == line


#: File, text replaced, replacement; then key, and what the message has to say.
BROKEN = [
    ("country.toml", 'model = "opt_in"', 'model = "opt-in"', "consent.model", "opt_in | opt_out | none"),
    ("country.toml", 'wave = "8"', 'wvae = "8"', "declaration.wave", "got nothing"),
    ("country.toml", "stored = false", 'stored = "no"', "documents.stored", "true or false"),
    ("country.toml", 'switches = ["set_id"]', 'switches = ["set_ID"]', "switches", "set_ID"),
    ("country.toml", 'check = "hr_mbo"', 'check = "mbo"', "identifiers.mbo.check", "hr_mbo"),
    (
        "country.toml",
        'identifier = "mbo"',
        'identifier = "oip"',
        "search_mask.group.0.field.0.identifier",
        "mbo | oib",
    ),
    ("country.toml", 'role = "2211"', 'role = "9999"', "professionals.grgic.role", "codes.tsv"),
    (
        "country.toml",
        "[consent.refusals.no_pdf]",
        "[consent.refusals.no_pdv]",
        "consent.refusals.no_pdv",
        "no_pdf",
    ),
    ("country.toml", "deceased = true", "deceased = true\ndecaesed = true", "answer.decaesed", "unknown key"),
    ("country.toml", 'code = "HR"', 'code = "HR', "(file)", "TOML"),
    ("personas/HR-1.toml", 'code = "I10"', 'code = "I10.X"', "problem.0.code", "list 'problem'"),
    ("personas/HR-1.toml", 'birth = "19580412"', 'birth = "1958-04-12"', "person.birth", "YYYYMMDD"),
    (
        "personas/HR-1.toml",
        'timing = {every = "12 h"}',
        'timing = {evry = "12 h"}',
        "medication.3.timing.evry",
        "every",
    ),
    ("personas/HR-1.toml", 'key = "HR-1"', 'key = "HR-7"', "key", "HR-1"),
    ("personas/HR-1.toml", 'oib = "99999800014"', 'iob = "99999800014"', "identifiers.iob", "mbo, oib"),
    (
        "personas/HR-3.toml",
        'devices = "known_absence"',
        "",
        "absence",
        "statements or an absence for devices",
    ),
    (
        "personas/HR-3.toml",
        'devices = "known_absence"',
        'devices = "none"',
        "absence.devices",
        "known_absence",
    ),
    (
        "personas/HR-5.toml",
        'answer = "no_consent"',
        'answer = "no_summery"',
        "behaviour.answer",
        "no_summary",
    ),
    ("personas/HR-5.toml", "[summary]", "[summry]", "summry", "unknown key"),
    ("codes.tsv", "\tmkb10\t", "\tmkb-10\t", "system", "mkb-10"),
    ("codes.tsv", "\texact\t", "\texactly\t", "kind", "exactly"),
]


@pytest.mark.parametrize(("file", "old", "new", "key", "says"), BROKEN)
def test_complaint(file: str, old: str, new: str, key: str, says: str, tmp_path: Path) -> None:
    """Defends that each mistake is refused at its line, with key, expected and got."""
    shutil.copytree(PACKS / "HR", tmp_path / "HR")
    path = tmp_path / "HR" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PackError) as caught:
        read_country(tmp_path / "HR")
    assert caught.value.key == key
    assert Path(caught.value.file) == path
    assert caught.value.line > 0
    assert says in str(caught.value)


def test_missing_and_undecodable_file(tmp_path: Path) -> None:
    """Defends the two complaints about whole files."""
    with pytest.raises(PackError, match="readable"):
        read_toml(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes('code = "Ž"'.encode("cp1250"))
    with pytest.raises(PackError, match="UTF-8"):
        read_toml(tmp_path / "latin.toml")


PIECES = st.sampled_from(
    ["[a]\n", "[[a]]\n", "[a.b]\n", "a = 1\n", 'b = "x"\n', "c = {d = 1}\n", "=", '"', "#", "\n"]
)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join) | st.binary(max_size=60))
def test_anything_is_read_or_refused(content: str | bytes) -> None:
    """Defends the reader: whatever a file holds, it is a table or a PackError, and lines can be asked for."""
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    try:
        table = parse_toml(Path("any.toml"), data)
    except PackError as error:
        assert error.file == "any.toml"
        return
    for key in table.names():
        assert 0 <= line_of(table.text, (key,)) <= len(table.text.splitlines())
