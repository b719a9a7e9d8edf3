"""Details of documents that no schema sees: repetitions, misplaced facts, odd units, numbers of strangers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from countries import Persona
from ehdsi.xml import XmlElement
from onboarding.bench import Bench, Fetched
from onboarding.checks.document_meaning import documents_check, seen
from onboarding.model import Observation
from onboarding.promised import promised_root
from onboarding.statements import HL7, XSI_TYPE, statements

#: Templates of the European patient summary.
TEMPLATES = "1.3.6.1.4.1.12559.11.10.1.3.1.3."
#: Equal statements from which on they are a mistake.
MOST_EQUAL = 20
#: Characters of an attribute from which on it is no designation any more.
LONGEST = 10_000
#: Years after which a version of a code system is history.
OLDEST = 20
#: Units as UCUM writes them; case matters there.
COMMON_UNITS = ("mg", "g", "kg", "ug", "ng", "mL", "ml", "L", "l", "dL", "mmol/L", "mg/dL", "mm[Hg]", "Cel",
                "cm", "m", "kg/m2", "mg/mL", "ug/mL", "[iU]", "[IU]", "mmol", "mol")  # fmt: skip
_FOLDED = {one.casefold() for one in COMMON_UNITS}


def _sections(root: XmlElement, *codes: str) -> Iterator[tuple[str, XmlElement]]:
    """Sections with their code; all of them, or only those of these codes."""
    for section in root.iter(f"{HL7}section"):
        code = section.find(f"{HL7}code")
        name = (code.get("code") or "") if code is not None else ""
        if not codes or name in codes:
            yield name, section


def _text(section: XmlElement) -> str:
    text = section.find(f"{HL7}text")
    return " ".join(map(str, text.itertext())) if text is not None else ""


@documents_check("DOC-TELECOM", "telephone numbers begin with the country code", "PS-014", level="should")
def telecom(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """A number without it cannot be called from France."""
    for node in found.root.iterfind(f"{HL7}recordTarget/{HL7}patientRole/{HL7}telecom"):
        value = node.get("value", "")
        if value.startswith("tel:") and not value.startswith("tel:+"):
            yield seen(persona, found, "a telephone number lacks its country code",
                       "patientRole/telecom", "tel:+…", "no +", "RFC 3966, 5.1.4")  # fmt: skip


@documents_check("DOC-CONTACT-IDS", "contact persons carry no identifier of their own", "X-PRIV-01", (3, 1),
                 level="should")  # fmt: skip
def contact_ids(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """The number of a relative is data of a third person; the pack's own identifiers are left alone."""
    path = f"{HL7}participant/{HL7}associatedEntity/{HL7}id"
    promised = promised_root(bench, persona) if 3 in bench.country.documents.levels else found.root
    known = {(one.get("root"), one.get("extension")) for one in promised.iterfind(path)}
    for node in found.root.iterfind(path):
        if node.get("extension") and (node.get("root"), node.get("extension")) not in known:
            yield seen(persona, found, "a contact person carries an identifier", "participant/"
                       "associatedEntity/id", "none", "an identifier", "GDPR art. 5")  # fmt: skip


@documents_check("DOC-TEMPLATES", "problems and allergies claim the templates of the profile",
                 ("PS-049", "PS-050"), level="should")  # fmt: skip
def templates(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """A statement with templates of another profile only is not looked at by every reader."""
    path = f"{HL7}entry/{HL7}act/{HL7}entryRelationship/{HL7}observation"
    for name, section in _sections(found.root, "11450-4", "48765-2"):
        for node in section.iterfind(path):
            roots = [one.get("root", "") for one in node.iterfind(f"{HL7}templateId")]
            if not any(one.startswith(TEMPLATES) for one in roots):
                yield seen(persona, found, "a statement claims no template of the profile",
                           f"section {name} observation/templateId", f"{TEMPLATES}…",
                           ", ".join(roots) or "none", "eHDSI patient summary")  # fmt: skip


@documents_check("DOC-AGENTS", "what the patient is allergic to is coded", ("PS-049", "PS-063"),
                 level="should")  # fmt: skip
def agents(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """Words alone cannot be said in French."""
    path = f"{HL7}participant/{HL7}participantRole/{HL7}playingEntity/{HL7}code"
    for _, section in _sections(found.root, "48765-2"):
        for observation in section.iter(f"{HL7}observation"):
            for node in observation.iterfind(path):
                inner = node.find(f"{HL7}translation")
                if node.get("nullFlavor") == "UNK":
                    continue  # nobody knows to what: that is a statement too
                if not node.get("code") and (inner is None or not inner.get("code")):
                    yield seen(persona, found, "an agent has no code", "playingEntity/code", "a code",
                               node.get("nullFlavor") or "words only", "value set Substance")  # fmt: skip


@documents_check("DOC-SEVERITY", "severity stands at the reaction, not at the allergy", "PS-049",
                 level="should")  # fmt: skip
def severity(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """At the allergy it speaks of no event, and readers of the profile do not look there."""
    outer = f"{HL7}entryRelationship/{HL7}observation"
    path = f"{HL7}entry/{HL7}act/{outer}/{outer}"
    for _, section in _sections(found.root, "48765-2"):
        for node in section.iterfind(path):
            code, parent = node.find(f"{HL7}code"), node.getparent()
            above = parent.get("typeCode") if parent is not None else ""
            if code is not None and code.get("code") == "SEV" and above == "SUBJ":
                yield seen(persona, found, "a severity is given for the allergy as a whole",
                           "observation/entryRelationship", "below the reaction (MFST)",
                           "below the allergy (SUBJ)", "allergy and intolerance")  # fmt: skip


@documents_check("DOC-REPEATED", "no statement is repeated over and over", "PS-066", level="should")
def repeated(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """Many equal statements are a loop somewhere, not a history."""
    for one, count in statements(found.root).items():
        if count >= MOST_EQUAL and one.kind in ("substanceAdministration", "act", "organizer", "procedure"):
            yield seen(persona, found, "a statement is repeated many times", f"section {one.section} "
                       f"{one.kind}", f"fewer than {MOST_EQUAL}", str(count))  # fmt: skip


@documents_check("DOC-READINGS", "vital signs of one moment are one reading", "PS-055", level="should")
def readings(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """Two groups of the same moment with the same measurements: one of them has a wrong date."""
    for _, section in _sections(found.root, "8716-3"):
        groups: Counter[tuple[str, ...]] = Counter()
        for organizer in section.iterfind(f"{HL7}entry/{HL7}organizer"):
            time = organizer.find(f"{HL7}effectiveTime")
            codes = sorted((one.get("code") or "") for one in organizer.iterfind(
                f"{HL7}component/{HL7}observation/{HL7}code"))  # fmt: skip
            groups[((time.get("value") or "") if time is not None else "", *codes)] += 1
        if any(count > 1 for count in groups.values()):
            yield seen(persona, found, "several readings of the same measurements have one date",
                       "section 8716-3", "one reading per moment", "several")  # fmt: skip


@documents_check("DOC-ATTRIBUTES", "no attribute is endless", "PS-066", (3, 1), level="should")
def attributes(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """Designations are sentences at most."""
    for node in found.root.iter("*"):
        for name in node.keys():  # noqa: SIM118 - an element is no mapping
            value = node.get(name, "")
            if len(value) > LONGEST:
                yield seen(persona, found, "an attribute is very long", f"@{name!s}",
                           f"up to {LONGEST} characters", str(len(value)))  # fmt: skip


@documents_check("DOC-COMPARATORS", "signs before results stand in the codes too", "X-SEM-03", level="should")
def comparators(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """``< 5`` in words and 5 in the entry are two different results."""
    for name, section in _sections(found.root):
        bounds = set(re.findall(r"[<>≤≥]\s?(\d+(?:[.,]\d+)?)", _text(section)))
        plain = {one.replace(",", ".") for one in bounds}
        for node in section.iter(f"{HL7}value"):
            exact = node.get(XSI_TYPE, "").rpartition(":")[2] == "PQ"
            if exact and node.get("value") in plain:
                yield seen(persona, found, "a result has a sign in words and none in the entry",
                           f"section {name} value", "IVL_PQ", "PQ", "CDA R2 data types, IVL")  # fmt: skip


@documents_check("DOC-STRENGTHS", "strengths told in words are those of the entries",
                 ("X-CON-03", "X-SEM-03"), level="should")  # fmt: skip
def strengths(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """Every number of milligrams in the narrative of medications stands somewhere in the entries."""
    for name, section in _sections(found.root, "10160-0"):
        entries = section.findall(f"{HL7}entry")
        there = " ".join(
            str(part) for one in entries for node in one.iter("*")
            for part in (*node.values(), node.text or "")
        )
        numbers = {float(one.replace(",", ".")) for one in re.findall(r"\d+(?:[.,]\d+)?", there)}
        told = re.findall(r"(\d+(?:[.,]\d+)?)[ \u00a0\u202f]mg\b", _text(section))
        if entries and any(float(one.replace(",", ".")) not in numbers for one in told):
            yield seen(persona, found, "the narrative tells a strength that no entry has",
                       f"section {name}", "numbers of the entries", "another number")  # fmt: skip


@documents_check("DOC-NULL-AND-CODE", "nothing is unknown and coded at once", "PS-057", level="should")
def null_and_code(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """A reader would have to choose which of the two to believe."""
    for name, section in _sections(found.root):
        for node in section.iter("*"):
            if node.get("nullFlavor") and node.get("code"):
                yield seen(persona, found, "an element has a code and a null flavour",
                           f"section {name} {str(node.tag).rpartition('}')[2]}", "one of the two",
                           str(node.get("nullFlavor")), "CDA R2 data types, ANY")  # fmt: skip


@documents_check("DOC-UNIT-CASE", "units are written in the letters of UCUM", ("PS-047", "X-SEM-03"),
                 level="should")  # fmt: skip
def unit_case(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """ML is a megalitre, MG is not a milligram."""
    for node in found.root.iter("*"):
        unit = node.get("unit", "")
        if unit not in COMMON_UNITS and unit.casefold() in _FOLDED:
            yield seen(persona, found, "a unit is written in other letters than UCUM's",
                       str(node.tag).rpartition("}")[2], "the case of UCUM", unit, "UCUM 2.1")  # fmt: skip


@documents_check("DOC-VERSIONS", "code systems have a version of this age", "PS-058", level="should")
def versions(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """A version of the last century is a mistake, or a mapping that nobody has looked at since."""
    for node in found.root.iter("*"):
        year = re.search(r"(?:19|20)\d\d", node.get("codeSystemVersion", ""))
        if year and int(year[0]) < bench.clock().year - OLDEST:
            yield seen(persona, found, "a code system has a very old version",
                       str(node.tag).rpartition("}")[2], f"not older than {OLDEST} years",
                       str(node.get("codeSystemVersion"))[:40])  # fmt: skip
