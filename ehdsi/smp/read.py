"""Reads and verifies what a service metadata publisher gives out."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime

from cryptography import x509
from lxml import etree

from ehdsi import oids, xml
from ehdsi.dsig import SERVICE_METADATA, verify_enveloped
from ehdsi.errors import MalformedMessage, SignatureRefused
from ehdsi.findings import Remarks, line_of
from ehdsi.smp.model import (
    Endpoint,
    Process,
    Redirect,
    ServiceGroup,
    ServiceInformation,
    ServiceMetadata,
    VerifiedMetadata,
)
from ehdsi.smp.names import SmpIdentifier
from ehdsi.xml import XmlElement, path_of

SMP = f"{{{oids.NS_SMP}}}"
_SIGNATURE = f"{{{oids.NS_DS}}}Signature"
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_ARMOUR = re.compile(r"-----(BEGIN|END) CERTIFICATE-----")
_CLAUSE = "OASIS BDX-SMP 1.0, 2.3"


def parse_service_group(root: XmlElement) -> ServiceGroup:
    """A ``ServiceGroup``.

    Raises
    ------
    MalformedMessage : another element, or no participant.

    Source: OASIS BDX-SMP 1.0, 2.2.
    """
    _require(root, "ServiceGroup")
    remarks = Remarks("OASIS BDX-SMP 1.0, 2.2")
    references = root.iterfind(f"{SMP}ServiceMetadataReferenceCollection/{SMP}ServiceMetadataReference")
    hrefs = tuple((reference.get("href") or "").strip() for reference in references)
    if "" in hrefs:
        remarks.error("A-SMP-02", "a reference of the service group has no address", root, expected="@href")
    return ServiceGroup(participant=_identifier(root, "ParticipantIdentifier", remarks),
                        references=tuple(href for href in hrefs if href), findings=remarks.done())


def parse_service_metadata(root: XmlElement) -> ServiceMetadata:
    """A ``ServiceMetadata`` element (not the signed wrapper): information or redirect.

    Use it only on an element that a verified signature covers, see ``verify``.

    Raises
    ------
    MalformedMessage : another element, or neither information nor redirect, or an identifier is missing.

    Source: OASIS BDX-SMP 1.0, 2.3.
    """
    _require(root, "ServiceMetadata")
    remarks = Remarks(_CLAUSE)
    redirect, information = root.find(SMP + "Redirect"), root.find(SMP + "ServiceInformation")
    if redirect is not None:
        href = (redirect.get("href") or "").strip()
        if not href.startswith("https://"):
            remarks.error("A-SMP-06", "the redirect does not lead to an https address", redirect,
                          expected="https://…")
        return Redirect(href=href, certificate_uid=_text(redirect, "CertificateUID"), findings=remarks.done())
    if information is None:
        raise MalformedMessage("the service metadata hold neither information nor a redirect",
                               where=path_of(root),
                               expected="ServiceInformation or Redirect", clause=_CLAUSE, line=line_of(root))
    processes = tuple(_process(element, remarks)
                      for element in information.iterfind(f"{SMP}ProcessList/{SMP}Process"))
    if not processes:
        remarks.error("A-SMP-05", "the service information lists no process", information,
                      expected="ProcessList/Process")
    return ServiceInformation(
        participant=_identifier(information, "ParticipantIdentifier", remarks),
        document=_identifier(information, "DocumentIdentifier", remarks),
        processes=processes, findings=remarks.done())


def verify(root: XmlElement) -> VerifiedMetadata:
    """Verify a ``SignedServiceMetadata`` and read what the publisher's signature covers.

    The country's own signature is judged but not required: its absence or failure is a finding.

    Raises
    ------
    SignatureRefused : the publisher's signature is missing or wrong.
    MalformedMessage : the content cannot be read.

    Source: OASIS BDX-SMP 1.0, 2.4; eHDSI SMP specification.
    """
    _require(root, "SignedServiceMetadata")
    outer = verify_enveloped(root, policy=SERVICE_METADATA)
    element = outer.signed.find(SMP + "ServiceMetadata")
    if element is None:
        raise MalformedMessage("the signed service metadata are empty", where=path_of(root),
                               expected="ServiceMetadata", clause="OASIS BDX-SMP 1.0, 2.4",
                               line=line_of(root))
    metadata = parse_service_metadata(element)
    remarks = Remarks("eHDSI SMP specification")
    remarks.extend(metadata.findings)
    country = None if isinstance(metadata, Redirect) else _country_signer(element, remarks)
    return VerifiedMetadata(metadata=metadata, publisher=outer.certificate, country=country,
                            findings=remarks.done())


def _country_signer(metadata: XmlElement, remarks: Remarks) -> x509.Certificate | None:
    """Certificate behind the signature in ``ServiceInformation/Extension``, if it is there and right."""
    extensions = metadata.findall(f"{SMP}ServiceInformation/{SMP}Extension")
    holders = [number for number, one in enumerate(extensions, 1) if one.find(_SIGNATURE) is not None]
    if not holders:
        remarks.warning("A-SMP-04", "the country's own signature is absent", metadata,
                        expected="ServiceInformation/Extension/ds:Signature")
        return None
    # The country signed its file before the publisher wrapped it: the file has to become a document again.
    own = xml.parse(xml.serialise(metadata))
    holder = f"{SMP}ServiceInformation/{SMP}Extension[{holders[0]}]"
    try:
        inner = verify_enveloped(own, policy=SERVICE_METADATA.replace(allow_sha1=True), holder=holder)
    except SignatureRefused as refusal:
        remarks.error("A-SMP-04", f"the country's own signature is wrong: {refusal.what}", metadata,
                      expected=refusal.expected, got=refusal.got)
        return None
    if inner.algorithm.endswith("sha1"):
        remarks.warning("A-SMP-04", "the country's own signature uses SHA-1", metadata, expected="rsa-sha256")
    return inner.certificate


def _require(root: XmlElement, name: str) -> None:
    if root.tag != SMP + name:
        got = etree.QName(root)
        raise MalformedMessage(
            "this is not the document that a service metadata publisher gives out here", where=path_of(root),
            expected=f"{name} in {oids.NS_SMP}", clause="OASIS BDX-SMP 1.0, 2", line=line_of(root),
            got=f"{got.localname[:60]} in {got.namespace or 'no namespace'}")


def _text(parent: XmlElement, name: str) -> str:
    return (parent.findtext(SMP + name) or "").strip()


def _identifier(parent: XmlElement, name: str, remarks: Remarks) -> SmpIdentifier:
    element = parent.find(SMP + name)
    value = "" if element is None else (element.text or "").strip()
    if element is None or not value:
        raise MalformedMessage(f"{name} is missing or empty", where=path_of(parent), expected=name,
                               clause=_CLAUSE,
                               line=line_of(parent))
    if not element.get("scheme"):
        remarks.error("A-SMP-05", f"{name} has no scheme", element, expected="@scheme")
    if name == "ParticipantIdentifier" and value != value.lower():
        remarks.warning("A-SMP-05", "the participant identifier is not in lower case", element,
                        expected=value.lower(),
                        got=value[:80])
    return SmpIdentifier(element.get("scheme", ""), value)


def _process(element: XmlElement, remarks: Remarks) -> Process:
    endpoints = element.iterfind(f"{SMP}ServiceEndpointList/{SMP}Endpoint")
    return Process(identifier=_identifier(element, "ProcessIdentifier", remarks),
                   endpoints=tuple(_endpoint(endpoint, remarks) for endpoint in endpoints))


def _endpoint(element: XmlElement, remarks: Remarks) -> Endpoint:
    raw = element.findtext(SMP + "EndpointURI") or ""
    if raw != raw.strip():
        remarks.warning("A-SMP-06", "the endpoint address has blanks around it", element)
    extensions = tuple(child for extension in element.iterchildren(SMP + "Extension")
                       for child in extension if not str(child.tag).startswith(SMP))
    uri = raw.strip()
    if uri and not uri.startswith("https://"):
        remarks.error("A-SMP-06", "the endpoint address is not https", element, expected="https://…")
    if not uri and not extensions:
        remarks.error("A-SMP-06", "the endpoint has neither an address nor a content", element,
                      expected="https://…")
    level, information = element.find(SMP + "MinimumAuthenticationLevel"), _text(element,
                                                                                 "TechnicalInformationUrl")
    business = _text(element, "RequireBusinessLevelSignature")
    return Endpoint(
        transport_profile=element.get("transportProfile", ""), uri=uri,
        certificate=_certificate(element, remarks, needed=bool(uri)),
        activation=_moment(element, "ServiceActivationDate", remarks),
        expiration=_moment(element, "ServiceExpirationDate", remarks),
        require_business_level_signature={"true": True, "1": True, "false": False, "0": False}.get(business),
        minimum_authentication_level=None if level is None else (level.text or "").strip(),
        description=_text(element, "ServiceDescription"), contact_url=_text(element, "TechnicalContactUrl"),
        information_url=information or None, extensions=extensions)


def _certificate(element: XmlElement, remarks: Remarks, *, needed: bool) -> bytes:
    """DER of the endpoint's certificate; armour and line breaks are tolerated, anything else is not
    decoded."""
    text = _text(element, "Certificate")
    if _ARMOUR.search(text):
        remarks.warning("A-SMP-07", "the certificate has BEGIN and END lines", element,
                        expected="bare base64")
        text = _ARMOUR.sub("", text)
    if not text.strip():
        if needed:
            remarks.error("A-SMP-07", "the endpoint has no certificate", element, expected="base64 of DER")
        return b""
    try:
        data = base64.b64decode("".join(text.split()).encode("ascii"), validate=True)
        x509.load_der_x509_certificate(data)
    except (binascii.Error, UnicodeEncodeError, ValueError, x509.InvalidVersion):
        remarks.error("A-SMP-07", "the endpoint's certificate cannot be read", element,
                      expected="base64 of DER")
        return b""
    return data


def _moment(element: XmlElement, name: str, remarks: Remarks) -> datetime | None:
    """An xs:dateTime as UTC; without a zone it is taken as UTC."""
    text = _text(element, name)
    if not text:
        return None
    try:
        if not _DATE_TIME.fullmatch(text):
            raise ValueError(text)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            remarks.warning("A-SMP-06", f"{name} has no time zone", element, expected="…Z or ±hh:mm",
                            got=text)
            return moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        remarks.error("A-SMP-06", f"{name} is not a date and time", element, expected="xs:dateTime",
                      got=text[:40])
        return None
