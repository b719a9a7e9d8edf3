"""From ``wsse:Security`` to trusted values: choose the assertions, verify each one, read only what is signed.

Source: eHDSI SAML profile, header layout; SAML 2.0 core 5; OASIS WS-Security SAML token profile 1.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from ehdsi import trust
from ehdsi.dsig import verify_enveloped
from ehdsi.oids import NS_DS
from ehdsi.saml.policy import STRICT, AssertionPolicy
from ehdsi.saml.read import kind_of, read_assertion
from ehdsi.saml.rules import broken
from ehdsi.saml.structure import check_structure
from ehdsi.saml.values import AnyAssertion
from ehdsi.saml.vocabulary import Transaction
from ehdsi.trust import Purpose, TrustAnchors
from ehdsi.xml import XmlElement


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedAssertions:
    """The assertions of a message by kind, not yet verified."""

    hcp: XmlElement | None = None
    trc: XmlElement | None = None
    next_of_kin: XmlElement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedAssertion:
    """An assertion whose signature, certificate and build were accepted; its rules are not checked yet.

    Attributes
    ----------
    values : what the signature covers.
    certificate : the signer's.
    country : of the signer, ISO code; empty where the certificate names none.
    """

    values: AnyAssertion
    certificate: x509.Certificate
    country: str


def choose(assertions: Sequence[XmlElement], *, transaction: Transaction, policy: AssertionPolicy = STRICT
           ) -> PresentedAssertions:
    """Tell which assertion is which, by the qualifier of its issuer.

    Raises
    ------
    BrokenRule : one of a kind too many or too few (strict), no HCP assertion, no TRC assertion for XCA.
    """
    kinds = [kind_of(assertion) for assertion in assertions]
    if not policy.several_of_a_kind:
        repeated = [kind for kind in kinds if kind is not None and kinds.count(kind) > 1]
        if repeated:
            raise broken("twofold", kind=repeated[0], got="two or more")
    hcp = next((one for one, kind in zip(assertions, kinds, strict=True) if kind == "hcp"), None)
    if policy.several_of_a_kind and hcp is None and transaction is Transaction.XCPD and assertions:
        hcp = assertions[-1]  # OpenNCP takes the last one where none is marked as HCP
    if hcp is None:
        raise broken("missing-hcp", got="none")
    by_kind = list(zip(assertions, kinds, strict=True))
    trcs = [one for one, kind in by_kind if kind == "trc" or (policy.several_of_a_kind and kind != "hcp")]
    trc = trcs[-1] if trcs else None
    if trc is None and transaction is not Transaction.XCPD:
        raise broken("missing-trc", kind="trc", got="none")
    return PresentedAssertions(
        hcp=hcp, trc=trc, next_of_kin=next((one for one, kind in by_kind if kind == "nok"), None))


def receive(assertion: XmlElement, *, anchors: TrustAnchors, now: datetime, transaction: Transaction,
            policy: AssertionPolicy = STRICT) -> ReceivedAssertion:
    """Verify an assertion and read it.

    Parameters
    ----------
    assertion : the child of ``wsse:Security``, where it stands.
    anchors : authorities or certificates trusted to sign assertions.
    now : the receiver's clock, UTC.

    Raises
    ------
    BrokenRule : not valid under the schema, unsigned, a required part is missing.
    SignatureRefused : the signature does not hold.
    CertificateRefused : the certificate is not trusted, or not now.
    """
    kind = kind_of(assertion) or "hcp"
    if assertion.find(f"{{{NS_DS}}}Signature") is None:
        raise broken("unsigned", kind=kind, got="none")
    if policy.structure:
        check_structure(assertion, transaction=transaction)
    verified = verify_enveloped(assertion, policy=policy.signature)
    if policy.chain:
        trust.check_certificate(verified.certificate, anchors, now=now, purpose=Purpose.SEAL,
                                intermediates=verified.certificates[1:])
    else:
        _check_dates_only(verified.certificate, now)
    by = trust.country_by_text if policy.country_by_text else trust.country_of
    return ReceivedAssertion(values=read_assertion(verified.signed), certificate=verified.certificate,
                             country=by(verified.certificate))


def _check_dates_only(certificate: x509.Certificate, now: datetime) -> None:
    wanted = (trust.TrustFailure.EXPIRED, trust.TrustFailure.NOT_YET_VALID)
    for failure in trust.certificate_failures(certificate, None, now=now, purpose=Purpose.SEAL):
        if failure.failure in wanted:
            raise failure
