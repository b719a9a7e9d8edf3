"""Requests to Croatia, right but out of the way, or such as nobody can read, for defects to show in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from ehdsi import oids
from ehdsi.saml import values
from ehdsi.saml import vocabulary as words
from ehdsi.saml.values import HcpAssertion, purpose
from tests.component.golden_requests import Gateway, Letter, uuid
from tests.component.negative_parts import PATIENT, letter

STEPS = ("ITI-55", "ITI-38", "ITI-39")


def unusual(gateway: Gateway) -> Iterator[Letter]:
    """Assertions of every lawful kind at the retrieval, and clients with habits of their own."""
    email = {"name_id_format": words.NAME_ID_EMAIL, "name_id": "c.durand@example.org"}
    emergency = {"purpose_of_use": purpose("EMERGENCY")}
    strong = gateway.pki.issue(
        (("C", "FR"), ("CN", "strong")), "seal", key=rsa.generate_private_key(65537, 4096)
    )
    yield letter(gateway, "ITI-39", hcp=email, trc=email)
    yield letter(gateway, "ITI-39", hcp=emergency, trc=emergency)
    yield letter(gateway, "ITI-39", hcp_key=strong.signing_key)
    yield letter(gateway, "ITI-39", before=_whole_seconds)
    yield letter(gateway, "ITI-55", hcp=emergency)
    yield letter(gateway, "ITI-55", hcp={"facility_type": "Other"})
    for step in STEPS:
        yield _with_kin(gateway, step)
        yield _with_kin(gateway, step, old=True)
    golden = letter(gateway, "ITI-39").octets()
    yield _raw(gateway, "ITI-39", golden.replace(
        f'"{oids.NS_WSA}"'.encode(), f'"{oids.WSA_ANONYMOUS}"'.encode()))
    start, end = golden.find(b"<xds:HomeCommunityId"), golden.find(b"</xds:HomeCommunityId>")
    yield _raw(gateway, "ITI-39", golden[:start] + golden[end + len(b"</xds:HomeCommunityId>"):])


def unreadable(gateway: Gateway) -> Iterator[Letter]:
    """Bytes that are no message, at each transaction, and a byte order mark before one that is."""
    for step in STEPS:
        octets = letter(gateway, step).octets()
        for content in (
            b"",
            bytes(range(256)) * 4,
            octets[: len(octets) // 2],
            octets.replace(b"Hospital", b"Hosp\x00ital", 1),
            octets.replace(b"Durand", "Duránd".encode("latin-1"), 1),
            octets.replace(b"Body>", b"Body>" + b"<a>" * 10_000 + b"</a>" * 10_000, 1),
            b"\xef\xbb\xbf" + octets,
        ):
            yield _raw(gateway, step, content)


def _raw(gateway: Gateway, step: str, content: bytes) -> Letter:
    return replace(letter(gateway, step), content=content)


def _whole_seconds(assertion: Any) -> None:
    """Instants without a fraction of the second."""
    assertion.set("IssueInstant", assertion.get("IssueInstant", "").partition(".")[0].rstrip("Z") + "Z")


def _with_kin(gateway: Gateway, step: str, *, old: bool = False) -> Letter:
    """A golden request with an assertion about a relative before the others, which may have ended."""
    hcp: HcpAssertion = gateway.hcp()
    kin = values.new_next_of_kin(hcp, assertion_id=f"_{uuid()}", now=gateway.now(), country="FR")
    if old:
        day = timedelta(days=1)
        kin = replace(kin, not_before=kin.not_before - day, not_on_or_after=kin.not_on_or_after - day)
    rest = [hcp] if step == "ITI-55" else [hcp, gateway.trc(hcp, gateway.patient(PATIENT))]
    return replace(letter(gateway, step), assertions=gateway.signed(kin, *rest))  # type: ignore[arg-type]
