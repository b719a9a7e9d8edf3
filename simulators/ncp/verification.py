"""Who asks, and may they? The TLS peer, and the assertions of the message, held against every rule.

Only what a verified signature covers is read. A verified assertion is remembered by the SHA-256 of its very
bytes until it expires, which spares the arithmetic of the signature on the second and third request of a
journey; its times, audience, rights and binding are checked anew each time.

Source: eHDSI SAML profile; eHDSI X.509 profile; SAML 2.0 core 5.4.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from cryptography import x509

from ehdsi import trust, xml
from ehdsi.cda.datatypes import Identifier
from ehdsi.cx import parse_cx
from ehdsi.dsig import refuse_ambiguous_ids
from ehdsi.errors import MalformedMessage, MalformedSoap, PeerError, SignatureRefused
from ehdsi.saml import vocabulary as words
from ehdsi.saml.checks import check_binding, check_hcp, check_next_of_kin, check_trc
from ehdsi.saml.policy import STRICT, AssertionPolicy
from ehdsi.saml.read import kind_of, read_assertion
from ehdsi.saml.receive import PresentedAssertions, ReceivedAssertion, choose, receive
from ehdsi.saml.rules import BrokenRule, broken
from ehdsi.saml.values import HcpAssertion, NextOfKinAssertion, TrcAssertion
from ehdsi.saml.vocabulary import Transaction
from ehdsi.search_mask.model import COUNTRIES
from ehdsi.soap import Envelope
from ehdsi.trust import CertificateRefused, Purpose, TrustAnchors
from ehdsi.xml import XmlElement
from simulators.ncp.received import Check
from simulators.pki import Pki

#: Verified assertions that are remembered: those of some hundred journeys under way, for a journey shows its
#: own three or four times within a minute or two.
MAX_REMEMBERED = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request is refused.

    ``check`` is ``peer``, ``signature``, ``trust`` or the key of a rule of ``ehdsi.saml.rules``; ``about`` is
    ``message``, ``hcp``, ``trc`` or ``nok``; ``code`` goes on the wire; ``what`` is one sentence.
    """

    check: str
    about: str
    what: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of the verification.

    Attributes
    ----------
    checks : all that were made, passed or not.
    refusals : the first failure that matters, empty when the request may go on.
    patient : the patient of the TRC assertion; ``None`` without a readable one.
    country : who asks, ISO code, by the certificate that signed the HCP assertion.
    hcp : the verified HCP assertion, ``None`` without one.
    fault : set under a quirk only: the request is answered with a SOAP Fault.
    """

    checks: tuple[Check, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    patient: Identifier | None = None
    country: str = ""
    hcp: HcpAssertion | None = None
    fault: MalformedSoap | None = None


#: SHA-256 of the exact bytes of an assertion, and what the NCP overlooks.
_Key = tuple[bytes, frozenset[str]]


class Verifier:
    """Verifies the requests that one NCP receives."""

    def __init__(self, pki: Pki) -> None:
        self._anchors = TrustAnchors.of([pki.ca.certificate])
        self._remembered: OrderedDict[_Key, ReceivedAssertion] = OrderedDict()
        self._lock = threading.Lock()

    def verify(
        self,
        envelope: Envelope,
        step: str,
        *,
        now: datetime,
        quirks: frozenset[str],
        peer_certificate: bytes | None,
        overlook: frozenset[str] = frozenset(),
    ) -> Verdict:
        """Check the TLS peer and the assertions of a message.

        Parameters
        ----------
        step : ``ITI-55``, ``ITI-38`` or ``ITI-39``.
        now : the NCP's clock, UTC.
        quirks : what this NCP overlooks, see ``simulators.ncp.quirks``.
        peer_certificate : DER of the TLS client certificate, ``None`` where TLS asked for none.
        overlook : checks whose failure a defective NCP does not mind: keys of ``Refusal.check``.
        """
        judged = _Judged(Transaction(step), quirks, now, overlook)
        peer = self._peer(judged, peer_certificate)
        judged.peer = (trust.country_of(peer) if peer else "") or "FR"
        try:
            presented = self._presented(judged, envelope)
            hcp = self._taken(judged, presented.hcp, "hcp")
            trc = self._taken(judged, presented.trc, "trc") if step != "ITI-55" else None
            kin = self._taken(judged, presented.next_of_kin, "nok") if judged.policy.next_of_kin else None
        except PeerError as error:
            judged.fail(error)
            return _verdict(judged, None, quirks)
        _judge(judged, hcp, trc, kin)
        _same_country(judged, peer, hcp, quirks)
        _member(judged, hcp)
        return _verdict(judged, trc, quirks, hcp)

    def _peer(self, judged: _Judged, der: bytes | None) -> x509.Certificate | None:
        """The client's certificate, checked again although TLS has done so: its use and its country too."""
        if der is None:
            judged.checks.append(
                Check(name="peer", passed=False, what="no client certificate", overlooked=True)
            )
            return None
        certificate = _loaded(der)
        try:
            trust.check_certificate(certificate, self._anchors, now=judged.now, purpose=Purpose.TLS_CLIENT)
        except CertificateRefused as error:
            judged.refuse(
                Refusal(check="peer", about="message", what=error.what, code=words.INSUFFICIENT_RIGHTS)
            )
            return None
        judged.checks.append(Check(name="peer", passed=True))
        return certificate

    def _presented(self, judged: _Judged, envelope: Envelope) -> PresentedAssertions:
        """The assertions by kind.

        Raises
        ------
        PeerError : no security header, ambiguous identifiers, assertions missing or twofold.
        """
        try:
            if envelope.security is None:
                raise broken("missing-security", got="none")
            refuse_ambiguous_ids(envelope.root)
            return choose(envelope.assertions, transaction=judged.transaction, policy=judged.policy)
        except PeerError as error:
            if not judged.overlooks(error):
                raise
            judged.fail(error)
            found = {kind_of(one): one for one in envelope.assertions}
            hcp, trc, kin = (found.get(kind) for kind in ("hcp", "trc", "nok"))
            return PresentedAssertions(hcp=hcp, trc=trc, next_of_kin=kin)

    def _taken(
        self, judged: _Judged, assertion: XmlElement | None, about: str
    ) -> ReceivedAssertion | None:
        """A verified assertion; a defective NCP takes one that does not hold as if it did."""
        try:
            return self._received(judged, assertion, about)
        except PeerError as error:
            if assertion is None or not judged.overlooks(error):
                raise
            judged.fail(error)
            values = read_assertion(assertion)
            return ReceivedAssertion(
                values=values, certificate=next(iter(self._anchors.certificates)), country=judged.peer
            )

    def _received(
        self, judged: _Judged, assertion: XmlElement | None, about: str
    ) -> ReceivedAssertion | None:
        """A verified assertion, from memory where the same bytes were verified before.

        Raises
        ------
        PeerError : it does not hold; the message names the kind by ``about``.
        """
        if assertion is None:
            return None
        judged.about = about
        key = (hashlib.sha256(xml.serialise(assertion)).digest(), judged.quirks)
        found = self._from_memory(key, judged.now)
        if found is None:
            found = receive(
                assertion,
                anchors=self._anchors,
                now=judged.now,
                transaction=judged.transaction,
                policy=judged.policy,
            )
            with self._lock:
                self._remembered[key] = found
                while len(self._remembered) > MAX_REMEMBERED:
                    self._remembered.popitem(last=False)
        judged.checks.append(Check(name=f"{about}:signature", passed=True))
        return found

    def _from_memory(self, key: _Key, now: datetime) -> ReceivedAssertion | None:
        with self._lock:
            found = self._remembered.get(key)
            if found is None:
                return None
            begins, ends = trust.validity(found.certificate)
            if now >= min(found.values.not_on_or_after, ends) or now < begins:
                del self._remembered[key]
                return None
            return found


class _Judged:
    """The checks and the first refusal of one request, as they come up."""

    def __init__(
        self, transaction: Transaction, quirks: frozenset[str], now: datetime, overlook: frozenset[str]
    ) -> None:
        self.overlook = overlook
        self.quirks = quirks
        self.peer = ""
        self.transaction = transaction
        self.policy = policy_of(quirks)
        self.now = now
        self.about = "message"
        self.checks: list[Check] = []
        self.refusals: list[Refusal] = []

    def refuse(self, refusal: Refusal) -> None:
        passing = refusal.check in self.overlook
        name = f"{refusal.about}:{refusal.check}"
        self.checks.append(Check(name=name, passed=False, what=refusal.what, overlooked=passing))
        if not passing:
            self.refusals.append(refusal)

    def overlooks(self, error: PeerError) -> bool:
        """True if a defective NCP does not mind this failure."""
        if isinstance(error, BrokenRule):
            return error.rule in self.overlook
        return ("trust" if isinstance(error, CertificateRefused) else "signature") in self.overlook

    def fail(self, error: PeerError) -> None:
        """An assertion that could not even be received."""
        if isinstance(error, BrokenRule):
            self.refuse(Refusal(check=error.rule, about=error.kind, what=error.what, code=error.code))
            return
        check = "trust" if isinstance(error, CertificateRefused) else "signature"
        code = words.ASSERTION_INVALID
        if self.about != "trc":
            code = (
                "ERROR_SEC_GENERIC"
                if isinstance(error, CertificateRefused)
                else words.ERROR_SEC_DATA_INTEGRITY_NOT_ENSURED
            )
        self.refuse(Refusal(check=check, about=self.about, what=error.what, code=code))

    def rules(self, about: str, broken_rules: Sequence[BrokenRule]) -> None:
        """The rules that an assertion breaks; none is a passed check."""
        if not broken_rules:
            self.checks.append(Check(name=f"{about}:rules", passed=True))
        for rule in broken_rules:
            self.refuse(Refusal(check=rule.rule, about=about, what=rule.what, code=rule.code))


def _judge(
    judged: _Judged,
    hcp: ReceivedAssertion | None,
    trc: ReceivedAssertion | None,
    kin: ReceivedAssertion | None,
) -> None:
    """Hold verified assertions against their rules, alone and together."""
    if hcp is None or not isinstance(hcp.values, HcpAssertion):
        judged.rules("hcp", [broken("missing-hcp", got="another kind")])
        return
    policy, now = judged.policy, judged.now
    judged.rules(
        "hcp",
        check_hcp(hcp.values, transaction=judged.transaction, now=now, policy=policy, country=hcp.country),
    )
    if trc is not None and isinstance(trc.values, TrcAssertion):
        judged.rules("trc", check_trc(trc.values, now=now, policy=policy, country=trc.country))
        judged.rules(
            "binding",
            check_binding(
                hcp.values, trc.values, hcp_country=hcp.country, other_country=trc.country, policy=policy
            ),
        )
    elif judged.transaction is not Transaction.XCPD:
        judged.rules("trc", [broken("missing-trc", kind="trc", got="another kind")])
    if kin is not None and isinstance(kin.values, NextOfKinAssertion):
        judged.rules("nok", check_next_of_kin(kin.values, now=now, policy=policy, country=kin.country))


def _same_country(
    judged: _Judged, peer: x509.Certificate | None, hcp: ReceivedAssertion | None, quirks: frozenset[str]
) -> None:
    """The connection and the HCP assertion must belong to the same country."""
    if peer is None or hcp is None or trust.country_of(peer) == hcp.country:
        return
    what = "the TLS connection and the HCP assertion belong to different countries"
    if "peer-country-ignored" in quirks:
        judged.checks.append(Check(name="peer-country", passed=False, what=what, overlooked=True))
        return
    judged.refuse(Refusal(check="peer-country", about="message", what=what, code=words.INSUFFICIENT_RIGHTS))


def _member(judged: _Judged, hcp: ReceivedAssertion | None) -> None:
    """Who asks must be a country of the network; one that was misread seldom is."""
    if hcp is None or hcp.country in COUNTRIES:
        return
    what = "the HCP assertion belongs to no country of the network"
    judged.refuse(Refusal(check="country", about="hcp", what=what, code=words.INSUFFICIENT_RIGHTS))


def _verdict(
    judged: _Judged,
    trc: ReceivedAssertion | None,
    quirks: frozenset[str],
    hcp: ReceivedAssertion | None = None,
) -> Verdict:
    first = judged.refusals[:1]
    fault = _fault(first[0], judged.transaction, quirks) if first else None
    if (
        first
        and "retrieve-trc-signature-code" in quirks
        and judged.transaction is Transaction.XCA_RETRIEVE
        and first[0].about == "trc"
        and first[0].check in ("signature", "trust")
    ):
        first = [replace(first[0], code="ERROR_SEC_GENERIC")]
    return Verdict(
        checks=tuple(judged.checks),
        refusals=tuple(first),
        patient=_patient(trc),
        country=hcp.country if hcp else "",
        hcp=hcp.values if hcp and isinstance(hcp.values, HcpAssertion) else None,
        fault=fault,
    )


def _fault(refusal: Refusal, transaction: Transaction, quirks: frozenset[str]) -> MalformedSoap | None:
    """The SOAP Fault that some NCPs send where the protocol has a coded answer."""
    if transaction is Transaction.XCPD:
        return None
    retrieve = transaction is Transaction.XCA_RETRIEVE
    faulty = (
        ("xca-security-missing-faults" in quirks and refusal.check == "missing-security")
        or (
            "xca-signature-faults" in quirks
            and refusal.check in ("signature", "trust")
            and not (retrieve and refusal.about == "trc")
        )
        or (
            "retrieve-hcp-fault" in quirks
            and retrieve
            and refusal.check == "structure"
            and refusal.about == "hcp"
        )
    )
    return MalformedSoap(refusal.what, code="Receiver") if faulty else None


def _patient(trc: ReceivedAssertion | None) -> Identifier | None:
    if trc is None or not isinstance(trc.values, TrcAssertion):
        return None
    try:
        return parse_cx(trc.values.patient_id or "")
    except MalformedMessage:
        return None


@lru_cache(maxsize=64)
def policy_of(quirks: frozenset[str]) -> AssertionPolicy:
    """The policy for assertions that these quirks amount to."""
    contexts = (
        words.TWO_FACTOR_CONTEXTS if "smartcard-class-refused" in quirks else STRICT.two_factor_contexts
    )
    return replace(
        STRICT,
        chain="trust-not-built" not in quirks,
        audience="audience-ignored" not in quirks,
        hcp_confirmation_method="hcp-confirmation-ignored" not in quirks,
        issuer="issuer-ignored" not in quirks,
        issuer_country="issuer-ignored" not in quirks,
        home_community_id="home-community-optional" not in quirks,
        name_id_equality="trc-subject-ignored" not in quirks,
        same_country="trc-country-ignored" not in quirks,
        next_of_kin="next-of-kin-unchecked" not in quirks,
        trc_purpose_required="trc-purpose-demanded" in quirks,
        prefixed_values="prefixed-role-refused" not in quirks,
        role_error_kept="role-error-masked" not in quirks,
        several_of_a_kind="several-of-a-kind" in quirks,
        country_by_text="country-by-text" in quirks,
        two_factor_contexts=contexts,
        binding_code=words.INSUFFICIENT_RIGHTS if "binding-as-4703" in quirks else STRICT.binding_code,
    )


@lru_cache(maxsize=256)
def _loaded(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:  # TLS has accepted it already
        raise SignatureRefused("the client certificate cannot be read") from None
