"""Trust in certificates: paths, dates, usages and the country, each with the refusal that names it."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ehdsi.errors import LocalError
from ehdsi.trust import (
    CertificateRefused,
    Purpose,
    TrustAnchors,
    TrustFailure,
    certificate_failures,
    check_certificate,
    country_by_text,
    country_of,
    fingerprint,
)
from tests import security
from tests.security import CA_NAME, DAY, NOW, anchors, ca, certificate, leaf, name, private_key


def check(one, *, purpose=Purpose.SEAL, now=NOW, trusted=None, **options):
    """The path under the anchors of the tests."""
    return check_certificate(one, trusted or anchors(), now=now, purpose=purpose, **options)


def refused(one, **options) -> TrustFailure:
    """The failure that a refusal names."""
    with pytest.raises(CertificateRefused) as caught:
        check(one, **options)
    return caught.value.failure


def test_a_good_leaf_is_trusted():
    """A leaf of a trusted authority gives its path and its country."""
    path = check(leaf(), country="fr")
    assert path.certificates == (path.certificates[0], ca())
    assert path.country == "FR"


def test_a_pinned_leaf_is_trusted_alone():
    """A certificate that is itself an anchor needs no authority."""
    own = security.stranger().certificate
    assert check(own, trusted=TrustAnchors.of([own])).certificates == (own,)
    assert refused(own) is TrustFailure.UNTRUSTED


def test_intermediates_are_walked_and_judged():
    """A sub-authority that came along leads to the anchor; one that may not issue does not count."""
    key, subject = private_key("EC", 256, 3), name("sub", None)
    sub = certificate(subject, key.public_key(), CA_NAME, private_key("EC", 256, 99), ca=True, path_length=0,
                      usage=("key_cert_sign",))
    own = certificate(name("seal"), private_key().public_key(), subject, key)
    assert len(check(own, intermediates=(sub,)).certificates) == 3
    assert refused(own) is TrustFailure.UNTRUSTED
    fake = certificate(subject, key.public_key(), CA_NAME, private_key("EC", 256, 99), ca=False)
    assert refused(own, intermediates=(fake,)) is TrustFailure.ISSUER_IS_NO_AUTHORITY
    old = certificate(subject, key.public_key(), CA_NAME, private_key("EC", 256, 99), ca=True,
                      end=NOW - DAY / 2,
                      usage=("key_cert_sign",))
    assert refused(own, intermediates=(old,)) is TrustFailure.EXPIRED


def test_a_path_longer_than_the_authority_allows_is_refused():
    """pathLenConstraint of an authority is honoured."""
    root_key, sub_key = private_key("EC", 256, 4), private_key("EC", 256, 5)
    root = certificate(name("root", None), root_key.public_key(), name("root", None), root_key, ca=True,
                       path_length=0, usage=("key_cert_sign",))
    sub = certificate(name("sub", None), sub_key.public_key(), name("root", None), root_key, ca=True,
                      usage=("key_cert_sign",))
    own = certificate(name("seal"), private_key().public_key(), name("sub", None), sub_key)
    trusted = TrustAnchors.of([root])
    assert refused(own, trusted=trusted, intermediates=(sub,)) is TrustFailure.ISSUER_IS_NO_AUTHORITY


def test_the_same_issuer_name_with_another_key_does_not_count():
    """A forged authority of the trusted one's name issues nothing that we trust."""
    key = private_key("EC", 256, 6)
    own = certificate(name("seal"), private_key().public_key(), CA_NAME, key)
    assert refused(own) is TrustFailure.UNTRUSTED


def test_a_renewed_authority_counts_from_its_newer_certificate():
    """Two anchors of one name and key: the expired one does not spoil the path."""
    key = private_key("EC", 256, 99)
    old = certificate(CA_NAME, key.public_key(), CA_NAME, key, ca=True, end=NOW - DAY / 2,
                      usage=("key_cert_sign",))
    assert check(leaf(), trusted=TrustAnchors.of([old, ca()])).country == "FR"


@pytest.mark.parametrize(("now", "failure"), [
    (NOW - 2 * DAY, TrustFailure.NOT_YET_VALID), (NOW + 31 * DAY, TrustFailure.EXPIRED),
])
def test_dates_are_checked(now, failure):
    """Outside its validity a certificate is refused; the very ends belong to it."""
    own = leaf()
    assert refused(own, now=now) is failure
    check(own, now=own.not_valid_after_utc)
    check(own, now=own.not_valid_before_utc)
    assert refused(own, now=own.not_valid_after_utc + timedelta(seconds=1)) is TrustFailure.EXPIRED


@pytest.mark.parametrize(("options", "purpose", "failure"), [
    ({"usage": ("key_encipherment",)}, Purpose.SEAL, TrustFailure.KEY_USAGE),
    ({"usage": ("content_commitment",)}, Purpose.SEAL, None),
    ({"usage": ("content_commitment",)}, Purpose.TLS_SERVER, TrustFailure.KEY_USAGE),
    ({"usage": None, "ca": None}, Purpose.SEAL, None),
    ({"extended": (ExtendedKeyUsageOID.SERVER_AUTH,)}, Purpose.TLS_SERVER, None),
    ({"extended": (ExtendedKeyUsageOID.SERVER_AUTH,)}, Purpose.TLS_CLIENT, TrustFailure.KEY_USAGE),
    ({"extended": (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)}, Purpose.TLS_CLIENT, None),
    ({"ca": True}, Purpose.SEAL, TrustFailure.AUTHORITY_AS_LEAF),
])
def test_usages_are_checked(options, purpose, failure):
    """keyUsage, extendedKeyUsage and basicConstraints must allow the purpose; absence forbids nothing."""
    own = leaf(**options)
    if failure is None:
        assert check(own, purpose=purpose).country == "FR"
    else:
        assert refused(own, purpose=purpose) is failure


def test_weak_keys_are_refused():
    """RSA of 1024 bits is not accepted for anything."""
    assert refused(leaf(key=private_key("RSA", 1024))) is TrustFailure.WEAK_KEY


def test_the_country_is_read_from_the_subject():
    """C= of the subject decides; missing or different, the certificate is refused."""
    assert refused(leaf(name("seal", None))) is TrustFailure.COUNTRY_MISSING
    assert refused(leaf(name("seal", "HR")), country="FR") is TrustFailure.COUNTRY_DIFFERS
    check(leaf(name("tls", None)), purpose=Purpose.TLS_SERVER)
    assert refused(leaf(name("tls", None)), purpose=Purpose.TLS_SERVER,
                   country="FR") is TrustFailure.COUNTRY_MISSING


def test_the_text_rule_of_openncp_is_available_and_is_fooled():
    """The first C= in the text is usually the country; a DC= that comes earlier is mistaken for it."""
    plain = leaf(name("seal", "EE"))
    assert (country_of(plain), country_by_text(plain)) == ("EE", "EE")
    subject = security.x509.Name([
        security.x509.NameAttribute(NameOID.COUNTRY_NAME, "EE"),
        security.x509.NameAttribute(NameOID.DOMAIN_COMPONENT, "xy"),
        security.x509.NameAttribute(NameOID.COMMON_NAME, "seal")])
    fooled = leaf(subject)
    assert (country_of(fooled), country_by_text(fooled)) == ("EE", "XY")
    assert country_by_text(leaf(name("seal", None))) == ""


def test_all_failures_can_be_listed():
    """A report gets every reason at once, not only the first."""
    bad = certificate(name("seal", None), private_key("RSA", 1024).public_key(), name("nobody"),
                      private_key("EC", 256, 7), end=NOW - DAY / 2, usage=("key_agreement",))
    found = {one.failure for one in certificate_failures(bad, anchors(), now=NOW, purpose=Purpose.SEAL)}
    assert found == {TrustFailure.EXPIRED, TrustFailure.WEAK_KEY, TrustFailure.KEY_USAGE,
                     TrustFailure.COUNTRY_MISSING, TrustFailure.UNTRUSTED}


def test_anchors_come_from_pem_bundles():
    """A bundle may hold several certificates; a file without any is our own error."""
    bundle = security.pem(ca()) + security.pem(security.stranger().certificate)
    assert len(TrustAnchors.from_pem(bundle, security.pem(ca())).certificates) == 2
    with pytest.raises(LocalError):
        TrustAnchors.from_pem(b"nothing")


def test_fingerprints_are_sha256():
    """A fingerprint is 64 hex digits and differs between certificates."""
    assert len(fingerprint(ca())) == 64
    assert fingerprint(ca()) != fingerprint(security.stranger().certificate)


@pytest.mark.foreign
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("case", ["good", "expired", "stranger", "forged issuer"])
def test_openssl_agrees(case, tmp_path):
    """openssl verify says the same about good, expired, unknown and forged certificates."""
    own = {"good": lambda: leaf(usage=("digital_signature",)), "expired": lambda: leaf(end=NOW - DAY / 2),
           "stranger": lambda: security.stranger().certificate,
           "forged issuer": lambda: certificate(name("seal"), private_key().public_key(), CA_NAME,
                                                private_key("EC", 256, 6))}[case]()
    (tmp_path / "ca.pem").write_bytes(security.pem(ca()))
    (tmp_path / "leaf.pem").write_bytes(security.pem(own))
    result = subprocess.run(["openssl", "verify", "-attime", str(int(NOW.timestamp())), "-CAfile",
                             tmp_path / "ca.pem", tmp_path / "leaf.pem"], capture_output=True, check=False)
    ours = next(certificate_failures(own, anchors(), now=NOW, purpose=Purpose.SEAL), None)
    assert (result.returncode == 0) == (ours is None) == (case == "good")
