"""Messages of an invented patient, for the tests of the wire; and a strategy that breaks XML in every way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import strategies as st
from lxml import etree

from ehdsi import oids, registry, smp, xca_query, xca_retrieve, xcpd, xml
from ehdsi.cda.datatypes import Address, Coded, Identifier, PersonName, Telecom
from ehdsi.cda.model import Guardian
from ehdsi.search_mask import IdentifierBlock, IdentifierGroup, MaskField, PersonSearch, Picture, SearchMask
from ehdsi.search_mask.model import DocumentSearch
from ehdsi.xml import XmlElement

NOW = datetime(2026, 3, 19, 10, 15, 0, 123000, tzinfo=UTC)
FRANCE = "2.16.17.710.790.1000.990.1"
CROATIA = "2.16.17.710.840.1000.990.1"
MBO = "2.16.840.1.113883.2.7.2.2"
PATIENT_ID = Identifier(root=MBO, extension="123456789")
NAME = PersonName(family=("Horvat",), given=("Ana", "Marija"))

TRAITS = xcpd.Traits(
    identifiers=(PATIENT_ID,), name=NAME, birth_date="19800131", gender="F",
    address=Address(street_lines=("Ilica 1",), city="Zagreb", postal_code="10000", country="HR"),
    telecoms=(Telecom(value="tel:+38511234567"),), mothers_maiden_name=PersonName(family=("Kovač",)),
    birth_place_name="Split")

QUERY = xcpd.PatientQuery(
    message_id=Identifier(root="6f3c2b1a-0000-4000-8000-000000000001", extension="5550001110"),
    creation_time=xcpd.hl7_time(NOW), query_id=Identifier(root="6f3c2b1a-0000-4000-8000-000000000002"),
    sender=FRANCE, receiver=CROATIA, traits=TRAITS)

PATIENT = xcpd.MatchedPatient(
    identifiers=(PATIENT_ID,), names=(NAME,), gender="F", birth_time="19800131",
    addresses=(Address(street_lines=("Ilica 1",), city="Zagreb", postal_code="10000", country="HR"),),
    telecoms=(Telecom(value="tel:+38511234567"),), custodian=CROATIA)

CHILD = replace(PATIENT, birth_time="20170131", guardians=(
    Guardian(code=Coded(code="MTH", code_system=oids.ROLE_CODE, display_name="majka"), person=NAME,
             telecoms=(Telecom(value="tel:+38511234567"),)),
    Guardian(code=Coded(code="GUARD", code_system=oids.ROLE_CODE),
             person=PersonName(family=("Horvat",), given=("Ivo",)), addresses=(Address(country="HR"),))))

ANSWER_ID = Identifier(root="6f3c2b1a-0000-4000-8000-000000000003", extension="987")


def match(*patients: xcpd.MatchedPatient) -> xcpd.DiscoveryAnswer:
    """The answer to ``QUERY`` with these patients, ``PATIENT`` by default."""
    return xcpd.matched(QUERY, *(patients or (PATIENT,)), own_oid=CROATIA, message_id=ANSWER_ID, now=NOW)


def refusal(code: str, detail: xcpd.AcknowledgementDetail | None = None) -> xcpd.DiscoveryAnswer:
    """The refusal of ``QUERY`` with this reason."""
    return xcpd.refused(QUERY, code, own_oid=CROATIA, message_id=ANSWER_ID, now=NOW, detail=detail)


def nobody(*, with_issue: bool = False) -> xcpd.DiscoveryAnswer:
    """Nobody found for ``QUERY``."""
    return xcpd.not_found(QUERY, own_oid=CROATIA, message_id=ANSWER_ID, now=NOW, with_issue=with_issue)


DOCUMENT_QUERY = xca_query.DocumentQuery(patient_id=PATIENT_ID)


def entry(number: int, format_code: Coded = xca_query.FORMAT_LEVEL3) -> xca_query.DocumentEntry:
    """A document entry with everything in it."""
    entry_id = f"urn:uuid:6f3c2b1a-0000-4000-8000-0000000001{number:02d}"
    return xca_query.DocumentEntry(
        entry_id=entry_id, logical_id=entry_id, unique_id=f"1.2.191.5^{number}",
        repository_unique_id="1.2.191.9",
        home_community_id=CROATIA, patient_id=PATIENT_ID, source_patient_id=PATIENT_ID,
        format_code=format_code,
        facility_type=Coded(code="HR", code_system="1.0.3166.1", display_name="Croatia"), language="hr-HR",
        creation_time="20260101120000", size=5000, hash="a" * 40,
        description="Patient summary, structured body",
        event_codes=(Coded(code="C09", code_system="2.16.840.1.113883.6.73", display_name="x"),),
        other_slots=(registry.Slot(name="urn:example", values=("1", "2")),))


LEVEL3, LEVEL1 = entry(3), entry(1, xca_query.FORMAT_LEVEL1)
DOCUMENT_LIST = xca_query.DocumentList(
    entries=(LEVEL1, LEVEL3),
    associations=(xca_query.Association(
        association_id="urn:uuid:6f3c2b1a-0000-4000-8000-000000000200", association_type=xca_query.TRANSFORM,
        source=LEVEL1.entry_id, target=LEVEL3.entry_id),))

RETRIEVE = xca_retrieve.RetrieveRequest(documents=(
    xca_retrieve.DocumentRequest(home_community_id=CROATIA, repository_unique_id="1.2.191.9",
                                 document_unique_id="1.2.191.5^3"),
    xca_retrieve.DocumentRequest(home_community_id=CROATIA, repository_unique_id="1.2.191.9",
                                 document_unique_id="1.2.191.5^1")))
RETRIEVED = xca_retrieve.RetrieveAnswer(documents=tuple(
    xca_retrieve.RetrievedDocument(home_community_id=one.home_community_id,
                                   content=b"<ClinicalDocument/>\xc5\xa1",
                                   repository_unique_id=one.repository_unique_id,
                                   document_unique_id=one.document_unique_id)
    for one in RETRIEVE.documents))


def field(label: str = "nationalSocialSecurityNumber", pattern: str = r"\d{9}", domain: str = MBO,
          *, mandatory: bool = True) -> MaskField:
    """An identifier field."""
    return MaskField(kind="identifier", label=label, format=pattern, domain=domain, mandatory=mandatory,
                     description="9 digits", original_description="9 znamenki")


def one_identifier(**changes: object) -> PersonSearch:
    """A patient search that asks for one identifier."""
    block = IdentifierBlock(groups=(IdentifierGroup(fields=(field(),)),))
    return PersonSearch(blocks=(block,), **changes)  # type: ignore[arg-type]


def text_field(label: str, *, mandatory: bool = False) -> MaskField:
    """A name or address field."""
    return MaskField(kind="text", label=label, format=".+", description="as on the card", mandatory=mandatory)


BIRTH_DATE = MaskField(kind="birth date", label="birthDate", format=r"\d{4}-\d{2}-\d{2}", mandatory=True,
                       description="YYYY-MM-DD")
GENDER = MaskField(kind="gender", label="gender", format="M|F|UN", description="M, F or UN")
ACCESS_CODE = MaskField(kind="access code", label="accessCode", format="[0-9]{6}", description="6 digits",
                        mandatory=True)
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20

#: As Spain asks: a regional identifier with its region, or the national one.
CHOICE = SearchMask(country="ES", patient=PersonSearch(blocks=(IdentifierBlock(choice=True, groups=(
    IdentifierGroup(display="Regional", fields=(
        field("regionalPatientIdentifier", "[A-Z0-9]+", "2.16.724.4.41"),
        field("regionIdentifier", r"\d{6}", "2.16.724.4.42"))),
    IdentifierGroup(display="National", fields=(
        field("nationalPersonIdentifier", "[A-Z0-9]+", "2.16.724.4.40"),)))),)))

#: Everything that a mask may hold.
FULL = SearchMask(
    country="HR", friendly_name="Mask of Croatia", next_of_kin=one_identifier(scope="PS"),
    patient=one_identifier(
        texts=(text_field("familyName", mandatory=True), text_field("firstName"),
               text_field("addressStreet")),
        birth_date=BIRTH_DATE, gender=GENDER, access_code=ACCESS_CODE, scope="PS",
        picture=Picture(content=PNG, name="CARD", file_extension="png", description="front side")),
    documents=(DocumentSearch(
        prescription_id=MaskField(kind="text", label="ePrescriptionId", format=".*", domain="1.2.3",
                                  description="number"),
        dispensation_pin=MaskField(kind="text", label="dispensationPINCode", format=".*", domain="1.2.4",
                                   description="code"), scope="EP", friendly_name="EP"),))


def service_metadata(uri: str = "https://ncp.example/xcpd",
                     certificate: bytes = b"") -> smp.ServiceInformation:
    """Croatia's XCPD service."""
    endpoint = smp.Endpoint(
        transport_profile=smp.XCPD.transport_profile, uri=uri, certificate=certificate, description="XCPD",
        activation=datetime(2026, 1, 1, tzinfo=UTC), expiration=datetime(2027, 1, 1, tzinfo=UTC),
        contact_url="mailto:ncp@example.hr", information_url="https://ncp.example/")
    return smp.ServiceInformation(
        participant=smp.participant("HR"), document=smp.XCPD.document_identifier,
        processes=(smp.Process(identifier=smp.XCPD.process_identifier("HR"), endpoints=(endpoint,)),))


def again(element: XmlElement) -> XmlElement:
    """The element as the other side gets it: through bytes and the hardened parser."""
    return xml.parse(xml.serialise(element))


@st.composite
def broken(draw: st.DrawFn, original: bytes) -> XmlElement:
    """A tree made of ``original`` by one to four edits: removals, copies, moves, other names, texts,
    attributes."""
    root = xml.parse(original)
    for _ in range(draw(st.integers(1, 4))):
        nodes = list(root.iter("*"))
        node = nodes[draw(st.integers(0, len(nodes) - 1))]
        _edit(draw, root, node)
    return again(root)


def _edit(draw: st.DrawFn, root: XmlElement, node: XmlElement) -> None:
    word = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=12)
    kind = draw(st.sampled_from(["remove", "copy", "text", "attribute", "drop", "rename", "namespace",
                                 "empty"]))
    parent = node.getparent()
    if kind == "remove" and parent is not None:
        parent.remove(node)
    elif kind == "copy" and parent is not None:
        parent.append(etree.fromstring(xml.serialise(node)))
    elif kind == "text":
        node.text = draw(word)
    elif kind == "attribute" and node.attrib:
        node.set(draw(st.sampled_from(sorted(map(str, node.attrib)))), draw(word))
    elif kind == "drop" and node.attrib:
        del node.attrib[draw(st.sampled_from(sorted(map(str, node.attrib))))]
    elif kind == "rename":
        node.tag = (etree.QName(node).namespace and f"{{{etree.QName(node).namespace}}}other") or "other"
    elif kind == "namespace":
        node.tag = etree.QName(node).localname
    elif kind == "empty" and node is not root:
        for child in list(node):
            node.remove(child)
