"""The same patient, the same facts: query, answer, list, level 3 and level 1 held against each other."""

from __future__ import annotations

from collections.abc import Iterator

from countries import Persona
from ehdsi.cda.sections import SECTIONS
from ehdsi.xml import XmlElement
from onboarding.bench import Bench
from onboarding.catalogue import check
from onboarding.looking import each
from onboarding.model import Observation, Omit, Skip
from onboarding.promised import promised, promised_root
from onboarding.statements import HL7, Difference, differences

NEEDS = ("ITI-39",)
KNOWN_SECTIONS = frozenset(SECTIONS)
PATIENT = f"{HL7}recordTarget/{HL7}patientRole"


def _both(bench: Bench) -> None:
    if set(bench.country.documents.levels) != {1, 3}:
        raise Omit("the country offers one level only")


def _value(root: XmlElement, path: str, name: str = "value") -> str:
    node = root.find("/".join(f"{HL7}{part}" for part in path.split("/")))
    return (node.get(name) or "") if node is not None else ""


@check(
    id="CON-IDENTITY",
    title="level 1 and level 3 name the same patient",
    requirement="X-CON-01",
    chapter="consistency",
    needs=NEEDS,
)
def identity(bench: Bench) -> Iterator[Observation]:
    """Identifier, birth date, gender, names."""
    _both(bench)

    def look(persona: Persona) -> Iterator[Observation]:
        roots = [bench.document(persona, level).root for level in (3, 1)]
        for name in ("id", "birthTime", "gender", "name"):
            if _identity(roots[0], name) != _identity(roots[1], name):
                yield Observation(
                    what="level 1 and level 3 name different patients",
                    expected="the same",
                    where=f"{persona.key} recordTarget {name}",
                    got="another value",
                )

    yield from each(bench, look)


def _identity(root: XmlElement, name: str) -> tuple[str, ...]:
    role = root.find(PATIENT)
    if role is None:
        return ()
    if name == "id":
        return tuple(sorted(f"{one.get('root')} {one.get('extension')}" for one in role.iterfind(f"{HL7}id")))
    if name == "birthTime":
        return (_value(role, "patient/birthTime"),)
    if name == "gender":
        return (_value(role, "patient/administrativeGenderCode", "code"),)
    return tuple(" ".join((part.text or "").split()) for part in role.iterfind(f"{HL7}patient/{HL7}name/*"))


@check(
    id="CON-ANSWER-DOCUMENT",
    title="the document is about the person whom ITI-55 described",
    requirement="X-CON-01",
    chapter="consistency",
    needs=("ITI-55", "ITI-39"),
)
def answer_document(bench: Bench) -> Iterator[Observation]:
    """Gender and birth date."""

    def look(persona: Persona) -> Iterator[Observation]:
        found, level = bench.match(persona), max(bench.country.documents.levels)
        root = bench.document(persona, level).root
        gender, birth = _identity(root, "gender")[0], _identity(root, "birthTime")[0]
        where = f"{persona.key} level {level} recordTarget"
        if found.gender and gender and found.gender != gender:
            yield Observation(
                what="ITI-55 and the document state different genders",
                where=where,
                expected="the same",
                got="another",
            )
        if (
            found.birth_time
            and birth
            and not (birth[:8].startswith(found.birth_time[:8]) or found.birth_time[:8].startswith(birth[:8]))
        ):
            yield Observation(
                what="ITI-55 and the document state different birth dates",
                where=where,
                expected="the same",
                got="another",
            )

    yield from each(bench, look)


@check(
    id="CON-LANGUAGE",
    title="list and document state the same language",
    requirement="X-XCA-09",
    chapter="consistency",
    needs=NEEDS,
)
def language(bench: Bench) -> Iterator[Observation]:
    """languageCode in both."""

    def look(persona: Persona) -> Iterator[Observation]:
        for level in bench.country.documents.levels:
            found = bench.document(persona, level)
            shown = _value(found.root, "languageCode", "code")
            if found.entry.language != shown:
                yield Observation(
                    what="list and document state different languages",
                    got=shown,
                    where=f"{persona.key} level {level}",
                    expected=str(found.entry.language),
                )

    yield from each(bench, look)


@check(
    id="CON-CONFIDENTIALITY",
    title="list and document state the same confidentiality",
    requirement="X-XCA-09",
    chapter="consistency",
    needs=NEEDS,
)
def confidentiality(bench: Bench) -> Iterator[Observation]:
    """N, R or V in both."""

    def look(persona: Persona) -> Iterator[Observation]:
        for level in bench.country.documents.levels:
            found = bench.document(persona, level)
            listed = found.entry.confidentiality.code if found.entry.confidentiality else None
            shown = _value(found.root, "confidentialityCode", "code")
            if shown and listed != shown:
                yield Observation(
                    what="list and document state different confidentiality",
                    got=shown,
                    where=f"{persona.key} level {level}",
                    expected=str(listed),
                )

    yield from each(bench, look)


@check(
    id="CON-TIME",
    title="list and document state the same day of creation",
    requirement=("X-CON-04", "X-XCA-09"),
    chapter="consistency",
    needs=NEEDS,
)
def time(bench: Bench) -> Iterator[Observation]:
    """creationTime and effectiveTime, to the day (offsets may move midnight)."""

    def look(persona: Persona) -> Iterator[Observation]:
        for level in bench.country.documents.levels:
            found = bench.document(persona, level)
            listed, shown = found.entry.creation_time or "", _value(found.root, "effectiveTime")
            if abs(_day(listed) - _day(shown)) > 1:
                yield Observation(
                    what="list and document state different days of creation",
                    got=shown[:8],
                    where=f"{persona.key} level {level}",
                    expected=listed[:8],
                )

    yield from each(bench, look)


def _day(text: str) -> int:
    from datetime import date

    try:
        return date(int(text[:4]), int(text[4:6] or "1"), int(text[6:8] or "1")).toordinal()
    except ValueError:
        return 0


@check(
    id="CON-LEVELS",
    title="level 1 and level 3 state the same last update",
    requirement=("X-CON-02", "X-CON-04"),
    chapter="consistency",
    needs=NEEDS,
)
def levels(bench: Bench) -> Iterator[Observation]:
    """serviceEvent/effectiveTime/high."""
    _both(bench)
    path = "documentationOf/serviceEvent/effectiveTime/high"

    def look(persona: Persona) -> Iterator[Observation]:
        three, one = (_value(bench.document(persona, level).root, path) for level in (3, 1))
        if three[:8] != one[:8]:
            yield Observation(
                what="level 1 and level 3 state different last updates",
                expected=three[:8],
                where=f"{persona.key} {path}",
                got=one[:8] or "none",
            )

    yield from each(bench, look)


@check(
    id="CON-UPDATE",
    title="the last update is the promised one",
    requirement="X-CON-04",
    chapter="consistency",
    needs=NEEDS,
)
def update(bench: Bench) -> Iterator[Observation]:
    """Not copied from the clock."""
    path = "documentationOf/serviceEvent/effectiveTime/high"

    def look(persona: Persona) -> Iterator[Observation]:
        wanted = _value(promised_root(bench, persona), path)[:8]
        got = _value(bench.document(persona, 3).root, path)[:8]
        if wanted != got:
            yield Observation(
                what="the last update is not that of the pack",
                where=f"{persona.key} {path}",
                expected=wanted,
                got=got or "none",
                hint="the last change of the content, not the moment of the request",
            )

    yield from each(bench, look)


def _promised(id: str, title: str, requirement: str | tuple[str, ...], words: tuple[str, ...]) -> None:
    """A check of the statements against the pack, as far as differences touch these words."""

    def examine(bench: Bench) -> Iterator[Observation]:
        def look(persona: Persona) -> Iterator[Observation]:
            for one in _differences(bench, persona):
                yield from _told(persona, one, words)

        yield from each(bench, look)

    check(id=id, title=title, requirement=requirement, chapter="consistency", needs=NEEDS)(examine)


def _differences(bench: Bench, persona: Persona) -> tuple[Difference, ...]:
    """How level 3 differs from what the pack's data make."""
    return bench.once(
        ("differences", persona.key),
        lambda: differences(promised_root(bench, persona), bench.document(persona, 3).root),
    )


def _told(persona: Persona, one: Difference, words: tuple[str, ...]) -> Iterator[Observation]:
    where = f"{persona.key} level 3 section {one.section} {one.kind}"
    if not words and one.missing:
        yield Observation(
            what="a statement of the pack is missing in the document",
            where=where,
            expected="every statement",
            got=f"{one.missing} missing",
            hint="look for what the transcoding drops",
        )
    if not words and one.added:
        yield Observation(
            what="the document states something that the pack does not",
            where=where,
            expected="the statements of the pack",
            got=f"{one.added} more",
        )
    changed = [path for path in one.changed if any(word in path for word in words)]
    if changed:
        yield Observation(
            what="a statement differs from the pack",
            where=where,
            expected="as in the pack",
            got="changed: " + ", ".join(changed)[:100],
        )


_promised(
    "CON-STATEMENTS",
    "no statement is lost, none is added",
    ("X-CON-02", "X-CON-03", "X-CON-05", "X-SEM-05", "X-SEM-06"),
    (),
)
_promised(
    "CON-NEGATION",
    "negation, status and certainty are those of the pack",
    "X-CON-05",
    ("negationInd", "statusCode", "typeCode", "moodCode", "inversionInd", "@kind"),
)
_promised(
    "CON-CODES",
    "codes are those of the pack",
    ("X-SEM-01", "X-SEM-02", "X-SEM-05", "X-SEM-06", "X-CON-03", "X-CON-05", "A-RET-05", "PS-037", "PS-058"),
    ("code/@code", "value/@code", "@codeSystem", "Code/@code", "qualifier"),
)
_promised(
    "CON-WORDS",
    "designations are those of the pivot",
    ("X-SEM-01", "X-SEM-05", "A-RET-05", "PS-059"),
    ("@displayName",),
)
_promised(
    "CON-ORIGINALS",
    "the national concept comes along unchanged",
    ("PS-060", "PS-070"),
    ("translation/",),
)
_promised(
    "CON-QUANTITIES",
    "quantities and units are those of the pack",
    ("X-SEM-03", "X-SEM-04"),
    ("@value", "@unit", "Quantity", "numerator", "denominator"),
)
_promised(
    "CON-DATES",
    "dates and frequencies are those of the pack",
    ("X-SEM-03", "X-SEM-04", "PS-055"),
    ("effectiveTime", "/low/", "/high/", "period", "@operator"),
)
_promised("CON-ABSENCES", "reasons for absence are those of the pack", "X-CON-05", ("nullFlavor",))


@check(
    id="CON-PATIENT",
    title="one patient, with the birth date of the pack",
    requirement=("PS-012", "PS-017", "X-CON-01", "X-SEM-04", "X-PRIV-01"),
    chapter="consistency",
    needs=NEEDS,
)
def one_patient(bench: Bench) -> Iterator[Observation]:
    """One recordTarget; the date of birth as precise as it is known, and not more."""

    def look(persona: Persona) -> Iterator[Observation]:
        for level in bench.country.documents.levels:
            root, where = bench.document(persona, level).root, f"{persona.key} level {level} recordTarget"
            count = len(root.findall(f"{HL7}recordTarget"))
            if count != 1:
                yield Observation(
                    what="the document has not one patient", where=where, expected="1", got=str(count)
                )
            born = _identity(root, "birthTime")[0] if count else ""
            if born and born[:8] != persona.birth_time[:8]:
                yield Observation(
                    what="the birth date is not that of the pack, or differently precise",
                    where=f"{where} birthTime",
                    expected=f"{len(persona.birth_time[:8])} digits, those of the pack",
                    got=f"{len(born)} digits",
                )

    yield from each(bench, look)


@check(
    id="CON-SECTIONS",
    title="sections are those of the pack, in their order",
    requirement=("X-CON-02", "PS-070"),
    chapter="consistency",
    needs=NEEDS,
)
def sections(bench: Bench) -> Iterator[Observation]:
    """LOINC codes of level 3."""

    def look(persona: Persona) -> Iterator[Observation]:
        wanted, got = _codes(promised_root(bench, persona)), _codes(bench.document(persona, 3).root)
        if wanted != got:
            lost, new = set(wanted) - set(got), (set(got) - set(wanted)) & KNOWN_SECTIONS
            if not lost and not new and [one for one in got if one in wanted] == wanted:
                return  # sections that the profile does not know are legal
            yield Observation(
                what="the sections are not those of the pack",
                where=f"{persona.key} level 3",
                expected=", ".join(wanted),
                got=f"missing {', '.join(sorted(lost)) or 'none'}; more {', '.join(sorted(new)) or 'none'}",
            )

    yield from each(bench, look)


def _codes(root: XmlElement) -> list[str]:
    path = f"{HL7}component/{HL7}structuredBody/{HL7}component/{HL7}section/{HL7}code"
    return [str(one.get("code")) for one in root.iterfind(path)]


@check(
    id="CON-PDF",
    title="the PDF states what the pack states",
    requirement="X-CON-02",
    chapter="consistency",
    level="should",
    needs=NEEDS,
)
def pdf(bench: Bench) -> Iterator[Observation]:
    """Words and figures of the PDF are those of the pack's; a candidate's own layout does not matter."""
    from ehdsi import xml
    from onboarding.pdf_text import facts_of

    def look(persona: Persona) -> Iterator[Observation]:
        got = facts_of(bench.document(persona, 1).root)
        made = promised(bench, persona, 1, "pivot").content
        wanted = facts_of(xml.parse(made, large_text=True))
        if not wanted:
            raise Skip("the text of the pack's PDF cannot be read")
        lost = wanted - got
        if len(lost) * 10 > len(wanted):
            yield Observation(
                what="the PDF states less than the pack, or something else",
                where=f"{persona.key} level 1",
                expected=f"{len(wanted)} words and figures",
                got=f"{len(lost)} of them missing",
                hint="compare the PDF with level 3 by eye",
            )

    if 1 not in bench.country.documents.levels:
        raise Omit("the country offers no level 1")
    yield from each(bench, look)
