"""The check of revocation: what it says about each kind of list, without a network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from ehdsi.errors import TransportFailure
from ehdsi.trust import TrustAnchors
from exchange.http import Answer
from onboarding.checks import revocation
from onboarding.model import Observation, Omit
from simulators.pki import Pki
from simulators.revocation import revocation_list

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PKI = Pki(now=NOW)


@dataclass
class Bench:
    """As much of a bench as the check looks at; ``said`` is what stands at the address of the list."""

    said: Answer | None
    anchors: TrustAnchors
    now: datetime = NOW

    def get(self, url: str, step: str) -> Answer:
        if self.said is None:
            raise TransportFailure("refused", f"nothing listens at {url}")
        return self.said

    def clock(self) -> datetime:
        return self.now


def _seen(monkeypatch: pytest.MonkeyPatch, bench: Bench, flaw: Any = "revoked") -> list[Observation]:
    PKI.revocation_url = "http://list.invalid/authority.crl"
    certificate = PKI.flawed("tls_server", "HR", flaw).certificate
    monkeypatch.setattr(revocation, "leaf", lambda *_: certificate)
    return list(revocation.revoked(bench, "ITI-55"))  # type: ignore[arg-type]


def _bench(body: bytes | None, *, now: datetime = NOW, status: int = 200) -> Bench:
    said = None if body is None else Answer(status=status, content_type="application/pkix-crl", body=body)
    return Bench(said=said, anchors=TrustAnchors.of([PKI.ca.certificate]), now=now)


def _list(authority: str = "ca") -> bytes:
    key = getattr(PKI, authority).private_key
    number = PKI.flawed("tls_server", "HR", "revoked").certificate.serial_number
    return revocation_list(PKI.ca.certificate.subject, key, [number], now=NOW)


def test_a_revoked_certificate_fails_and_nothing_else_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate on a genuine list is an error, with its serial number."""
    (seen,) = _seen(monkeypatch, _bench(_list()))
    assert seen.severity == "error" and seen.what == "the certificate is revoked"


def test_a_list_in_pem_is_read_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some authorities publish text; the entry counts all the same."""
    from cryptography.x509 import load_der_x509_crl

    body = load_der_x509_crl(_list()).public_bytes(serialization.Encoding.PEM)
    assert [one.severity for one in _seen(monkeypatch, _bench(body))] == ["error"]


def test_a_certificate_that_is_not_on_the_list_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty list of the right authority gives no finding."""
    empty = revocation_list(PKI.ca.certificate.subject, PKI.ca.private_key, [], now=NOW)
    assert _seen(monkeypatch, _bench(empty)) == []


@pytest.mark.parametrize(
    "bench",
    [_bench(None), _bench(b"<html/>"), _bench(b"", status=404)],
    ids=["nothing-listens", "no-list", "not-found"],
)
def test_a_list_that_cannot_be_read_is_a_warning(monkeypatch: pytest.MonkeyPatch, bench: Bench) -> None:
    """An address without a list does not blame the certificate."""
    assert [one.severity for one in _seen(monkeypatch, bench)] == ["warning"]


def test_a_list_of_a_stranger_or_of_last_year_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that nobody trusted signed, or that has ended, is a warning beside what it says."""
    foreign = _seen(monkeypatch, _bench(_list("stranger")))
    ended = _seen(monkeypatch, _bench(_list(), now=NOW + timedelta(days=40)))
    for seen in (foreign, ended):
        assert [one.severity for one in seen] == ["warning", "error"]


def test_a_certificate_without_an_address_is_left_to_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """The question does not arise, and the words say what to compare."""
    with pytest.raises(Omit, match="serial number"):
        _seen(monkeypatch, _bench(None), "renewed")
