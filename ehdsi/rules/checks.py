"""The checks that XPath cannot say: named in the rule file, each gives the places where it does not hold."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, cast

from ehdsi import oids
from ehdsi.rules import times
from ehdsi.rules.subject import SECTIONS, Break, Subject, section_code, select, texts
from ehdsi.rules.subject import H as _H
from ehdsi.xml import XmlElement

#: Bytes of a document that two countries have agreed upon at most.
MOST_BYTES = 10 * 1024 * 1024

_OID = re.compile(r"^[0-2](\.(0|[1-9][0-9]*))+$")
_UUID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_ACTIVE = frozenset(("script", "iframe", "object", "embed", "applet", "form", "svg", "style", "link", "meta"))


_PATIENT_IDS = select("/h:ClinicalDocument/h:recordTarget/h:patientRole/h:id")
_NAMES = select("/h:ClinicalDocument/h:recordTarget/h:patientRole/h:patient/h:name")
_REFERENCE_TAGS = (f"{_H}reference", f"{{{oids.NS_PHARM}}}reference")
_WITH_ID = select("/descendant::*[@ID]")
_INTERVALS = select("/descendant::h:low[@value and ../h:high/@value]")
_BLOOD_GROUPS = select("/descendant::h:observation[h:code/@code='34530-6']/h:value")
_NARRATIVE = select("//h:section/h:text/descendant-or-self::*")
_NARRATIVE_ATTRIBUTES = select("//h:section/h:text/descendant-or-self::*[@*]")
_ROOTS = select("/descendant::*[@root or @codeSystem]")
_VALUES = (texts("//@root"), texts("//@codeSystem"))


def _first(root: XmlElement, path: str) -> XmlElement | None:
    return root.find(path.replace("h:", _H))


# ------------------------------------------------------------------------------------------------ header


def created_in_the_future(subject: Subject) -> Iterator[Break]:
    """PS-009: creation time against ``now``, with a day of tolerance."""
    created = _first(subject.root, "h:effectiveTime")
    moment = times.earliest(created.get("value")) if created is not None else None
    if (
        moment is not None
        and subject.context.now is not None
        and moment > subject.context.now + timedelta(days=1)
    ):
        yield Break(created)


def language_of_another_country(subject: Subject) -> Iterator[Break]:
    """PS-011: the country of the language code against the sending country."""
    found = _first(subject.root, "h:languageCode")
    code = (found.get("code") or "") if found is not None else ""
    if "-" in code and code.rpartition("-")[2] != subject.context.country:
        yield Break(found, got=code, expected=subject.context.country or "")


def another_patient_id(subject: Subject) -> Iterator[Break]:
    """PS-012: the identifier used for identification must be one of the patient's, and the first."""
    wanted = subject.context.patient_id
    found = _PATIENT_IDS(subject.root)
    if wanted is None:
        return
    pairs = [(node.get("root"), node.get("extension")) for node in found]
    if (wanted.root, wanted.extension) not in pairs:
        yield Break(found[0] if found else _first(subject.root, "h:recordTarget"))
    elif pairs[0] != (wanted.root, wanted.extension):
        yield Break(found[0], message="the identifier used for identification is not the patient's first one")


def _folded(words: Iterator[str] | tuple[str, ...]) -> set[str]:
    return {part for word in words for part in word.casefold().replace("-", " ").split()}


def another_name(subject: Subject) -> Iterator[Break]:
    """PS-015: family and given names share at least one word with those of the identified patient."""
    for part, wanted in (("family", subject.context.family_names), ("given", subject.context.given_names)):
        if wanted is None:
            continue
        found = _folded(node.text or "" for name in _NAMES(subject.root) for node in name.iterfind(_H + part))
        if found and not found & _folded(wanted):
            yield Break(
                _NAMES(subject.root)[0], message=f"the {part} name is not that of the identified patient"
            )


def another_birth_date(subject: Subject) -> Iterator[Break]:
    """PS-017: date of birth, compared at the precision that both have."""
    found = _first(subject.root, "h:recordTarget/h:patientRole/h:patient/h:birthTime")
    value, wanted = (found.get("value") or "") if found is not None else "", subject.context.birth_date or ""
    length = min(len(value), len(wanted), 8)
    if length >= 4 and value[:length] != wanted[:length]:
        yield Break(found)


def updated_after_creation(subject: Subject) -> Iterator[Break]:
    """PS-025: last update against creation, at the precision that both have."""
    high = _first(subject.root, "h:documentationOf/h:serviceEvent/h:effectiveTime/h:high")
    created = _first(subject.root, "h:effectiveTime")
    if high is not None and created is not None and times.is_after(high.get("value"), created.get("value")):
        yield Break(high)


def _identity(root: XmlElement, path: str) -> tuple[str | None, str | None]:
    found = _first(root, path)
    return (None, None) if found is None else (found.get("root"), found.get("extension"))


def twin(subject: Subject) -> Iterator[Break]:
    """PS-028: level 1 and level 3 name each other and have the same patient, language and set."""
    other = cast(XmlElement, subject.context.twin)
    root = subject.root
    parents = [
        (node.get("root"), node.get("extension"))
        for node in root.iterfind(f"{_H}relatedDocument/{_H}parentDocument/{_H}id")
    ]
    if _identity(other, "h:id") not in parents:
        yield Break(_first(root, "h:relatedDocument"), message="the document does not name its other level")
    for path, what in (("h:recordTarget/h:patientRole/h:id", "patient"), ("h:setId", "set")):
        if _identity(root, path) != _identity(other, path):
            yield Break(_first(root, path), message=f"the two levels have another {what}")
    languages = [_first(document, "h:languageCode") for document in (root, other)]
    if len({node.get("code") if node is not None else None for node in languages}) > 1:
        yield Break(languages[0], message="the two levels have another language")


def pdf(subject: Subject) -> Iterator[Break]:
    """PS-029: media type, representation, base64, start and end of the PDF."""
    text = _first(subject.root, "h:component/h:nonXMLBody/h:text")
    if text is None:
        yield Break(subject.root, got="no nonXMLBody/text")
        return
    if text.get("mediaType") != "application/pdf" or text.get("representation") != "B64":
        yield Break(text, got=f"{text.get('mediaType')}, {text.get('representation')}")
    try:
        data = base64.b64decode("".join((text.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        yield Break(text, got="not base64")
        return
    if not data.startswith(b"%PDF-"):
        yield Break(text, got="does not start as a PDF")
    elif b"%%EOF" not in data[-2048:]:
        yield Break(text, got="the end of the PDF is missing")


# ---------------------------------------------------------------------------------------------- sections


def mandatory_sections(subject: Subject) -> Iterator[Break]:
    """PS-030: the five mandatory sections, each exactly once."""
    codes = [code for _, code in subject.sections]
    for code in subject.rules.absence:
        if codes.count(code) != 1:
            yield Break(
                _first(subject.root, "h:component/h:structuredBody"),
                expected=f"one section {code}",
                got=f"{codes.count(code)} of them",
            )


def section_template(subject: Subject) -> Iterator[Break]:
    """PS-032: a known section carries one of its templates."""
    for section, code in subject.sections:
        wanted = subject.rules.section_templates.get(code, ())
        roots = {node.get("root") for node in section.iterfind(_H + "templateId")}
        if wanted and roots and not roots & set(wanted):
            yield Break(
                section, expected=wanted[0], got=", ".join(sorted(root for root in roots if root))[:80]
            )


def references(subject: Subject) -> Iterator[Break]:
    """PS-034: each ``#`` reference has exactly one target."""
    ids = subject.ids
    for node in subject.root.iter(*_REFERENCE_TAGS):
        value = node.get("value") or ""
        if value.startswith("#") and ids[value[1:]] != 1:
            yield Break(node, got=f"{value}: {ids[value[1:]]} targets")


def unique_ids(subject: Subject) -> Iterator[Break]:
    """PS-035: each ``ID`` once."""
    if len(subject.ids) == subject.ids.total():
        return
    seen: set[str] = set()
    for node in _WITH_ID(subject.root):
        key = node.get("ID") or ""
        if key in seen:
            yield Break(node, got=key)
        seen.add(key)


def absence_alone(subject: Subject) -> Iterator[Break]:
    """PS-036: an absence statement is the only entry of its section."""
    for _, section, found in subject.absences:
        nodes = [node for node in found if node.get("codeSystem") == oids.ABSENT_UNKNOWN]
        if nodes and len(section.findall(_H + "entry")) > 1:
            yield Break(nodes[0], got=nodes[0].get("code") or "")


def absence_code(subject: Subject) -> Iterator[Break]:
    """PS-037: an absence code belongs to its section, and carries the code system of absence codes."""
    for loinc, _, found in subject.absences:
        allowed = subject.rules.absence.get(loinc, ())
        named = [(node, node.get("code") or "", node.get("codeSystem")) for node in found]
        for node, code, system in named:
            if system == oids.ABSENT_UNKNOWN and code not in allowed:
                yield Break(node, got=code, expected=" or ".join(allowed))
        for node, code, system in named:
            if system != oids.ABSENT_UNKNOWN:
                yield Break(node, got=f"{code} of {system}")


def interval_order(subject: Subject) -> Iterator[Break]:
    """PS-040: no interval of time ends before it begins."""
    for low in _INTERVALS(subject.root):
        parent = cast(XmlElement, low.getparent())
        high = cast(XmlElement, parent.find(_H + "high"))
        if low.get("unit") is None and times.is_after(low.get("value"), high.get("value")):
            yield Break(parent)


def vital_signs(subject: Subject) -> Iterator[Break]:
    """PS-055: dates of a reading agree; blood pressures are complete, in mm[Hg] and plausible."""
    for section, code in subject.sections:
        if code != "8716-3":
            continue
        for organizer in section.iterfind(f"{_H}entry/{_H}organizer"):
            yield from _readings(organizer)


def _readings(organizer: XmlElement) -> Iterator[Break]:
    own = organizer.find(_H + "effectiveTime")
    pressure: dict[str, XmlElement] = {}
    for observation in organizer.iterfind(f"{_H}component/{_H}observation"):
        moment, code, value = (observation.find(_H + name) for name in ("effectiveTime", "code", "value"))
        if own is not None and moment is not None and own.get("value") != moment.get("value"):
            yield Break(moment, message="a reading has another date than its group")
        if code is not None and value is not None and code.get("code") in ("8480-6", "8462-4"):
            pressure[code.get("code") or ""] = value
            if value.get("unit") != "mm[Hg]":
                yield Break(
                    value,
                    got=value.get("unit") or "no unit",
                    expected="mm[Hg]",
                    message="a blood pressure has another unit",
                )
    if len(pressure) == 1:
        yield Break(organizer, message="one of the two blood pressures is missing")
    if len(pressure) == 2:
        systolic, diastolic = (_number(pressure[code]) for code in ("8480-6", "8462-4"))
        if not 0 < diastolic < systolic < 400:
            yield Break(
                organizer,
                message="the two blood pressures are not plausible",
                expected="0 < diastolic < systolic < 400",
            )


def _number(node: XmlElement) -> float:
    try:
        return float(node.get("value") or "")
    except ValueError:
        return -1.0


# ------------------------------------------------------------------------------------------------- codes


def _outside(subject: Subject, nodes: list[XmlElement], value_sets: tuple[str, ...]) -> Iterator[Break]:
    members = subject.context.members
    for node in nodes:
        code, system = node.get("code"), node.get("codeSystem")
        if members is None or not code or not system or node.get("nullFlavor"):
            continue
        verdicts = [members(value_set, system, code) for value_set in value_sets]
        if True not in verdicts and None not in verdicts:
            yield Break(node, got=f"{code} of {system}", expected=f"a member of {' or '.join(value_sets)}")


def bound_codes(subject: Subject) -> Iterator[Break]:
    """PS-058: each bound code is a member of one of its value sets; sets that are not known are not
    judged."""
    for binding in subject.rules.bindings:
        nodes: Any = binding.select(subject.root)
        yield from _outside(subject, nodes, binding.value_sets)


def allergy_type(subject: Subject) -> Iterator[Break]:
    """PS-049: kind of an allergy against AdverseEventType."""
    for section, code in subject.sections:
        if code == "48765-2":
            path = f"{_H}entry/{_H}act/{_H}entryRelationship/{_H}observation/{_H}code"
            yield from _outside(subject, section.findall(path), (oids.value_set(18),))


def blood_group(subject: Subject) -> Iterator[Break]:
    """PS-056: the blood group against BloodGroup."""
    yield from _outside(subject, _BLOOD_GROUPS(subject.root), (oids.value_set(20),))


def _bound(subject: Subject) -> Iterator[XmlElement]:
    for binding in subject.rules.bindings:
        nodes: Any = binding.select(subject.root)
        yield from (node for node in nodes if node.get("code") and not node.get("nullFlavor"))


def bound_names(subject: Subject) -> Iterator[Break]:
    """PS-059: each bound code has a designation."""
    for node in _bound(subject):
        if not node.get("displayName"):
            yield Break(node, got=node.get("code") or "")


def national_terms(subject: Subject) -> Iterator[Break]:
    """PS-060: a translation of a bound code gives code, system and designation."""
    for node in _bound(subject):
        for term in node.iter(_H + "translation"):
            if not (term.get("code") and term.get("codeSystem") and term.get("displayName")):
                yield Break(term, got=term.get("code") or "no code")


def french_names(subject: Subject) -> Iterator[Break]:
    """PS-061: a translated code carries its former designation; the same one means that nothing was
    translated."""
    for node in _bound(subject):
        before = node.find(_H + "translation")
        same = before is not None and before.get("code") == node.get("code")
        if before is None or (same and before.get("displayName") == node.get("displayName")):
            yield Break(node, got=node.get("code") or "")


# ------------------------------------------------------------------------------------------------- whole


def stylesheet(subject: Subject) -> Iterator[Break]:
    """PS-065: no ``xml-stylesheet`` instruction before the root (the parsed tree no longer shows it)."""
    head = (subject.context.raw or b"").partition(b"<ClinicalDocument")[0][:20_000]
    if b"<?xml-stylesheet" in head:
        yield Break(subject.root, got="xml-stylesheet")


def active_content(subject: Subject) -> Iterator[Break]:
    """PS-065: no scripts, event attributes or links with another scheme than http in a narrative."""
    nodes = _NARRATIVE(subject.root)
    active = {tag for tag in {node.tag for node in nodes} if tag.rpartition("}")[2].lower() in _ACTIVE}
    for node in nodes if active else _NARRATIVE_ATTRIBUTES(subject.root):
        if active and node.tag in active:
            yield Break(node, got=node.tag.rpartition("}")[2])
            continue
        for key, value in cast(list[tuple[str, str]], node.items()):
            local = key.rpartition("}")[2].lower()
            scheme = value.strip().lower().partition(":")[0] if local == "href" and ":" in value else "http"
            if local.startswith("on") or scheme not in ("http", "https") or "script:" in value.lower():
                yield Break(node, got=local)


def size(subject: Subject) -> Iterator[Break]:
    """PS-066: the document as received is not larger than agreed."""
    if (subject.context.size or 0) > MOST_BYTES:
        yield Break(subject.root, got=f"{subject.context.size} bytes")


def schema(subject: Subject) -> Iterator[Break]:
    """PS-067: the document against our schema of patient summaries, first break only."""
    from ehdsi.rules.schema import first_break

    if subject.context.valid:
        return
    found = first_break(subject.root, "cda")
    if found is not None:
        yield Break(
            subject.root, message=f"the document breaks the schema in line {found.line}: {found.message}"
        )


def identifiers(subject: Subject) -> Iterator[Break]:
    """PS-068: each root and code system is an OID or a UUID; each wrong one is reported once."""
    found = {value for select in _VALUES for value in select(subject.root)}
    wrong = {value for value in found if not (_OID.match(value) or _UUID.match(value))}
    for node in _ROOTS(subject.root) if wrong else ():
        for value in (node.get("root"), node.get("codeSystem")):
            if value in wrong:
                wrong.remove(value)
                yield Break(node, got=value)


def unchanged(subject: Subject) -> Iterator[Break]:
    """PS-070: header, set and sections are the same before and after transcoding or translation."""
    source = cast(XmlElement, subject.context.source)
    for path in ("h:recordTarget/h:patientRole/h:id", "h:setId"):
        if _identity(subject.root, path) != _identity(source, path):
            yield Break(_first(subject.root, path), message=f"{path.rpartition(':')[2]} was changed")
    before, after = (
        [(section_code(s), len(s.findall(_H + "entry"))) for s in SECTIONS(document)]
        for document in (source, subject.root)
    )
    if before != after:
        yield Break(
            _first(subject.root, "h:component/h:structuredBody"), message="sections or entries were changed"
        )


#: All checks by the name that the rule file uses.
CHECKS: dict[str, Callable[[Subject], Iterator[Break]]] = {
    function.__name__: function
    for function in (
        created_in_the_future,
        language_of_another_country,
        another_patient_id,
        another_name,
        another_birth_date,
        updated_after_creation,
        twin,
        pdf,
        mandatory_sections,
        section_template,
        references,
        unique_ids,
        absence_alone,
        absence_code,
        interval_order,
        vital_signs,
        bound_codes,
        allergy_type,
        blood_group,
        bound_names,
        national_terms,
        french_names,
        stylesheet,
        active_content,
        size,
        schema,
        identifiers,
        unchanged,
    )
}
