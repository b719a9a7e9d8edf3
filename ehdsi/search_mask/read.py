"""Reads a search mask: what can be shown is kept, what is wrong is remarked upon."""

from __future__ import annotations

import base64
import binascii
from typing import cast

from lxml import etree

from ehdsi import oids
from ehdsi.errors import MalformedMessage
from ehdsi.findings import Remarks, line_of
from ehdsi.search_mask.mask import SearchMask
from ehdsi.search_mask.model import (
    COUNTRIES,
    IDENTIFIER_LABELS,
    LABEL,
    SINGLE_LABELS,
    TEXT_LABELS,
    DocumentSearch,
    IdentifierBlock,
    IdentifierGroup,
    Kind,
    MaskField,
    PersonSearch,
    Picture,
    Scope,
)
from ehdsi.search_mask.pattern import compile_pattern
from ehdsi.search_mask.pattern_syntax import PatternError
from ehdsi.xcpd.wrapper import is_oid
from ehdsi.xml import XmlElement, path_of

ISM = f"{{{oids.NS_ISM}}}"
_CLAUSE = "eHDSI International Search Mask 2023"

#: Largest picture that is kept, bytes.
MAX_PICTURE = 1_000_000
#: First bytes of the kinds of picture that a browser can be trusted with: PNG, JPEG, GIF.
_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")


def parse_mask(root: XmlElement) -> SearchMask:
    """The mask of a country.

    Raises
    ------
    MalformedMessage : another root (the grammar of 2017 to 2019 is named as such), no country, no patient
        search, or one without any identifier.

    Source: eHDSI International Search Mask, schema of 2023.
    """
    _require_current_grammar(root)
    country = root.find(ISM + "country")
    search = None if country is None else country.find(ISM + "patientSearch")
    if country is None or search is None:
        raise MalformedMessage("the search mask has no country or no patient search", where=path_of(root),
                               expected="country/patientSearch", clause=_CLAUSE, line=line_of(root))
    remarks = Remarks(_CLAUSE)
    code = country.get("code", "")
    if code not in COUNTRIES:
        remarks.error("A-ISM-01", "the country code is not one of the schema", country,
                      expected="a member state (Greece is GR)", got=code[:20] or "nothing")
    if not country.get("label"):
        remarks.error("A-ISM-01", "the country has no label", country, expected="@label")
    patient = _person(search, remarks)
    kin = country.find(ISM + "nextOfKinSearch")
    _judge(patient, search, remarks)
    return SearchMask(
        country=code.upper(), friendly_name=country.get("friendlyName"), patient=patient,
        documents=tuple(_document(one, remarks) for one in country.iterchildren(ISM + "documentSearch")),
        next_of_kin=None if kin is None else _person(kin, remarks), findings=remarks.done())


def _require_current_grammar(root: XmlElement) -> None:
    if root.tag == ISM + "searchFields":
        return
    name = etree.QName(root)
    if name.localname == "patientSearch":
        raise MalformedMessage(
            "the search mask is written in the grammar of 2017 to 2019, which is no longer used",
            where=path_of(root), line=line_of(root), clause=_CLAUSE,
            expected=f"searchFields in {oids.NS_ISM}", got="patientSearch",
            hint="publish the mask in the schema of 2023")
    raise MalformedMessage(
        "this is not a search mask", where=path_of(root), line=line_of(root), clause=_CLAUSE,
        expected=f"searchFields in {oids.NS_ISM}",
        got=f"{name.localname[:60]} in {name.namespace or 'no namespace'}")


def _person(element: XmlElement, remarks: Remarks) -> PersonSearch:
    blocks = tuple(block for one in element.iterchildren(ISM + "identifier")
                   if (block := _block(one, remarks)) is not None)
    if not blocks:
        raise MalformedMessage("the search mask asks for no identifier", where=path_of(element),
                               expected="identifier with id or ids", clause=_CLAUSE, line=line_of(element))
    single = {kind: _single(element, kind, remarks) for kind in SINGLE_LABELS}
    return PersonSearch(
        blocks=blocks,
        texts=tuple(_field(one, "text", remarks) for one in element.iterchildren(ISM + "textField")),
        birth_date=single["birth date"], gender=single["gender"], access_code=single["access code"],
        picture=_picture(element, remarks), friendly_name=element.get("friendlyName", "ALL"),
        scope=_scope(element, remarks) or "ALL")


def _scope(element: XmlElement, remarks: Remarks) -> Scope | None:
    scope = element.get("scope")
    if scope is not None and scope not in ("ALL", "PS", "EP"):
        remarks.error("A-ISM-01", "the scope is not one of the schema", element, expected="ALL, PS or EP",
                      got=scope[:20])
        return None
    return cast("Scope | None", scope)


def _block(element: XmlElement, remarks: Remarks) -> IdentifierBlock | None:
    """Groups of a CHOICE, or the one group of a NORMAL block; ``None`` when it holds no identifier."""
    kind = element.get("type")
    if kind not in ("NORMAL", "CHOICE"):
        remarks.error("A-ISM-01", "the identifier has no known type", element, expected="NORMAL or CHOICE",
                      got=(kind or "nothing")[:20])
    alternatives = [(one.get("display", ""), one) for one in element.iterchildren(ISM + "ids")] or [("",
                                                                                                     element)]
    groups = tuple(
        IdentifierGroup(display=display, fields=fields) for display, holder in alternatives
        if (fields := tuple(_field(one, "identifier", remarks) for one in holder.iterchildren(ISM + "id"))))
    if not groups:
        remarks.error("A-ISM-02", "an identifier block holds no id", element, expected="id")
        return None
    if kind == "CHOICE" and len(groups) < 2:
        remarks.warning("X-ISM-03", "a choice offers only one alternative", element, expected="NORMAL")
    return IdentifierBlock(groups=groups, choice=len(groups) > 1 or kind == "CHOICE")


def _single(element: XmlElement, kind: Kind, remarks: Remarks) -> MaskField | None:
    found = element.find(ISM + SINGLE_LABELS[kind])
    return None if found is None else _field(found, kind, remarks)


def _field(element: XmlElement, kind: Kind, remarks: Remarks, label: str | None = None) -> MaskField:
    for name in ("label", "format", "contextualDescription"):
        if element.get(name) is None:
            remarks.error("A-ISM-01", f"a field has no {name}", element, expected=f"@{name}")
    domain = element.get("domain")
    if kind == "identifier" and not is_oid(domain):
        remarks.error("A-ISM-02", "the domain of an identifier is not an OID", element, expected="an OID",
                      got=(domain or "nothing")[:60])
    written = element.get("label", "").removeprefix(LABEL)
    known = {"identifier": IDENTIFIER_LABELS, "text": TEXT_LABELS}.get(kind,
                                                                       frozenset({SINGLE_LABELS.get(kind)}))
    if written not in ({label} if label is not None else known):
        remarks.error("X-ISM-03", "the label of a field is not one of the schema", element, got=written[:60])
    descriptions = (element.get("contextualDescription", ""), element.get("originalContextualDescription"))
    if any("<" in text for text in descriptions if text):
        remarks.error("X-ISM-03", "a description holds markup", element, expected="plain text",
                      hint="it is shown as text, never interpreted")
    field = MaskField(kind=kind, label=written or label or SINGLE_LABELS.get(kind, ""),
                      format=element.get("format", ".*"), description=descriptions[0],
                      original_description=descriptions[1],
                      mandatory=element.get("mandatory", "").strip() in ("true", "1"), domain=domain)
    _judge_format(field, element, remarks)
    return field


def _judge_format(field: MaskField, element: XmlElement, remarks: Remarks) -> None:
    try:
        pattern = compile_pattern(field.format)
    except PatternError as error:
        remarks.error("A-ISM-02", f"the format cannot be used: {error.what}", element,
                      expected=error.expected or "a regular expression", got=field.format[:80],
                      hint="values of this field are not checked before they are sent")
        return
    if "pipe in class" in pattern.remarks:
        remarks.warning("X-ISM-03", "the format has a literal | inside a character class", element,
                        expected="a class without |", got=field.format[:80])
    if "catastrophic" in pattern.remarks:
        remarks.error("X-ISM-03", "the format makes a backtracking engine take exponential time", element,
                      expected="no loop with two ways around it", got=field.format[:80],
                      hint="it is matched in linear time here; other gateways may hang")


def _document(element: XmlElement, remarks: Remarks) -> DocumentSearch:
    prescription, pin = element.find(ISM + "prescriptionId"), element.find(ISM + "dispensationPINCode")
    return DocumentSearch(
        prescription_id=None if prescription is None else _field(prescription, "text", remarks,
                                                                 "ePrescriptionId"),
        dispensation_pin=None if pin is None else _field(pin, "text", remarks, "dispensationPINCode"),
        picture=_picture(element, remarks), friendly_name=element.get("friendlyName"),
        scope=_scope(element, remarks))


def _picture(element: XmlElement, remarks: Remarks) -> Picture | None:
    """The picture of the card; one that is too large or no picture is left out."""
    media = element.find(ISM + "media")
    if media is None:
        return None
    text = "".join((media.findtext(ISM + "mediaContent") or "").split())
    if len(text) * 3 // 4 > MAX_PICTURE:
        remarks.warning("X-ISM-03", "the picture is too large and is left out", media,
                        expected=f"at most {MAX_PICTURE} bytes")
        return None
    try:
        content = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        content = b""
    if not content.startswith(_IMAGES):
        remarks.error("X-ISM-03", "the picture is not an image and is left out", media,
                      expected="PNG, JPEG or GIF")
        return None
    return Picture(content=content, name=media.get("mediaName"), file_extension=media.get("fileExtension"),
                   description=media.get("description"))


def _judge(patient: PersonSearch, element: XmlElement, remarks: Remarks) -> None:
    """What only the whole patient search shows."""
    if not any(one.mandatory for one in patient.identifiers):
        remarks.warning("X-ISM-03", "no identifier is marked as mandatory", element,
                        expected="mandatory=\"true\"",
                        hint="at least one identifier is asked for all the same")
    if patient.scope == "EP":
        remarks.error("X-ISM-03", "the patient search is not meant for patient summaries", element,
                      expected="ALL or PS", got="EP")
    domains = [one.domain for block in patient.blocks for group in block.groups for one in group.fields
               if not block.choice]
    if len(set(domains)) != len(domains):
        remarks.error("X-ISM-03", "two identifiers have the same domain", element,
                      expected="distinct domains")
