"""The throw-away PKI: what it issues is what strict checkers want, and look-alike names survive."""

from __future__ import annotations

import shutil
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

import countries
from ehdsi import trust
from ehdsi.errors import LocalError
from ehdsi.trust import CertificateRefused, Purpose, TrustAnchors
from simulators.pki import FLAWS, Credential, Pki

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki(now=NOW, subjects={one.code: one.certificate_subject for one in countries.load_all()})


def _failures(pki: Pki, credential: Credential, purpose: Purpose, country: str = "FR") -> list[str]:
    anchors = TrustAnchors.of([pki.ca.certificate])
    return [
        one.failure.value
        for one in trust.certificate_failures(
            credential.certificate, anchors, now=NOW, purpose=purpose, country=country
        )
    ]


def test_server_certificate_passes_web_path_validation(pki: Pki) -> None:
    """The strictest common validator accepts the TLS server certificates: extensions are complete."""
    verifier = (
        PolicyBuilder()
        .store(Store([pki.ca.certificate]))
        .time(NOW)
        .build_server_verifier(x509.DNSName("localhost"))
    )
    assert verifier.verify(pki.tls_server("HR").certificate, [])


@pytest.mark.foreign
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("name", ["tls_server", "tls_client", "seal"])
def test_openssl_accepts_what_we_issue(pki: Pki, name: str, tmp_path: Path) -> None:
    """A program that is not ours builds the path, for each kind of certificate."""
    credential: Credential = getattr(pki, name)("MT")
    (tmp_path / "ca.pem").write_bytes(pki.ca.certificate_pem)
    (tmp_path / "leaf.pem").write_bytes(credential.certificate_pem)
    purpose = {"tls_server": "sslserver", "tls_client": "sslclient", "seal": "any"}[name]
    done = subprocess.run(
        [
            "openssl",
            "verify",
            "-x509_strict",
            "-purpose",
            purpose,
            "-CAfile",
            tmp_path / "ca.pem",
            tmp_path / "leaf.pem",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("code", countries.codes())
def test_subjects_look_like_those_of_the_country(pki: Pki, code: str) -> None:
    """Commas, accents and leading blanks of real subjects are in the certificates as the pack gives them."""
    wanted = countries.load(code).certificate_subject
    subject = pki.tls_server(code).certificate.subject
    assert tuple(str(part.value) for part in subject) == tuple(text for _, text in wanted)
    assert trust.country_of(pki.tls_server(code).certificate) == code


@pytest.mark.parametrize("flaw", FLAWS[:5])
def test_flawed_certificate_has_one_flaw(pki: Pki, flaw: str) -> None:
    """A certificate for negative tests is wrong in the respect that its name says, and in no other."""
    expected = {
        "expired": ["expired"],
        "not_yet_valid": ["not-yet-valid"],
        "self_signed": ["untrusted"],
        "unknown_issuer": ["untrusted"],
        "other_country": ["country-differs"],
    }
    found = _failures(pki, pki.flawed("seal", "FR", flaw), Purpose.SEAL)  # type: ignore[arg-type]
    assert found == expected[flaw]


def test_good_certificates_have_no_flaw(pki: Pki) -> None:
    """The gateway's own certificates pass every check of the project."""
    assert _failures(pki, pki.gateway_seal, Purpose.SEAL) == []
    assert _failures(pki, pki.gateway_tls, Purpose.TLS_CLIENT) == []
    assert pki.gateway_seal.private_key.key_size == 2048


def test_dates_come_from_the_clock() -> None:
    """A world in the future has certificates of the future."""
    later = NOW + timedelta(days=4000)
    certificate = Pki(now=later).tls_server("HR").certificate
    assert certificate.not_valid_before_utc <= later < certificate.not_valid_after_utc
    with pytest.raises(CertificateRefused):
        trust.check_certificate(
            certificate, TrustAnchors.of([certificate]), now=NOW, purpose=Purpose.TLS_SERVER
        )


def test_written_files_are_private_where_they_must_be(pki: Pki, tmp_path: Path) -> None:
    """Keys are readable by their owner only, and certificates load again."""
    written = pki.write(tmp_path, ["HR"])
    assert stat.S_IMODE(written["gateway_seal.key"].stat().st_mode) == 0o600
    assert (
        x509.load_pem_x509_certificate(written["HR.tls.cert"].read_bytes())
        == pki.tls_server("HR").certificate
    )


def test_unknown_attribute_is_refused(pki: Pki) -> None:
    """A subject that cannot be written is our mistake, said in a sentence."""
    with pytest.raises(LocalError, match="unknown attribute 'XX'"):
        pki.issue((("XX", "?"),), "seal")
