"""N-01 to N-29, N-42, N-44: assertions that are missing, forged, outdated, unfit, or in the wrong hands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ehdsi import oids
from ehdsi.saml import vocabulary as words
from ehdsi.saml.values import StructuredValue, purpose, role
from ehdsi.trust import country_of
from onboarding import stimuli as ways
from onboarding.expect import Refusal
from onboarding.letters import STEPS, Step, Twist
from onboarding.stimuli import Make, Stimulus, TwistOf, enter, twisted

XCA: tuple[Step, ...] = ("ITI-38", "ITI-39")
GENERIC = "ERROR_HPI_GENERIC"
NO_HCP = "ERROR_HPI_AUTHENTICATION_NOT_RECEIVED"
INTEGRITY = "ERROR_SEC_DATA_INTEGRITY_NOT_ENSURED"
UNTRUSTED = "ERROR_SEC_GENERIC"

#: A wrong signature, and what the reference implementation makes of it.
LOST = {"code:ERROR_PI_GENERIC": "xcpd-signature-as-internal-error", "fault": "xca-signature-faults"}


def _twists(
    number: str,
    name: str,
    title: str,
    twist: Twist | TwistOf,
    codes: tuple[str, ...],
    steps: tuple[Step, ...] = STEPS,
    requirement: str = "",
    **known: str,
) -> Iterator[Stimulus]:
    """The same twist at several transactions."""
    for step in steps:
        yield Stimulus(
            id=f"{number}-{name}",
            title=title,
            requirement=requirement or number,
            step=step,
            make=twisted(step, twist),
            wanted=Refusal(
                codes=codes, known={key.replace("__", ":"): value for key, value in known.items()}
            ),
        )


def _single(number: str, name: str, title: str, step: Step, make: Make, wanted: Refusal) -> Stimulus:
    return Stimulus(
        id=f"{number}-{name}", title=title, requirement=number, step=step, make=make, wanted=wanted
    )


def _missing() -> Iterator[Stimulus]:
    yield _single(
        "N-01",
        "SECURITY",
        "no security header",
        "ITI-55",
        ways.without_security("ITI-55"),
        Refusal(codes=("1001",)),
    )
    for step in XCA:
        yield _single(
            "N-02",
            "SECURITY",
            "no security header",
            step,
            ways.without_security(step),
            Refusal(codes=("1001",), known={"fault": "xca-security-missing-faults"}),
        )
    yield _single(
        "N-03",
        "EMPTY",
        "a security header without assertions",
        "ITI-55",
        ways.only("ITI-55"),
        Refusal(codes=(NO_HCP,)),
    )
    for step in XCA:
        yield _single(
            "N-04", "NO-TRC", "no TRC assertion", step, ways.only(step, 0), Refusal(codes=("1001", "1002"))
        )
        yield _single(
            "N-05", "NO-HCP", "a TRC assertion alone", step, ways.only(step, 1), Refusal(codes=(NO_HCP,))
        )


def _signatures() -> Iterator[Stimulus]:
    for name, after, number in (
        ("VALUE", ways.flip_signature, "N-06"),
        ("CHANGED", ways.change_subject, "N-07"),
        ("CERTIFICATES", ways.second_certificate, "N-11"),
    ):
        title = {
            "VALUE": "an altered signature value",
            "CHANGED": "an attribute changed after signing",
            "CERTIFICATES": "two certificates in KeyInfo",
        }[name]
        for stimulus in _twists(number, name, title, Twist(after=after), (INTEGRITY,)):
            yield replace(stimulus, wanted=replace(stimulus.wanted, known=LOST))
    for step in XCA:
        known = {"code:ERROR_SEC_GENERIC": "retrieve-trc-signature-code", "fault": "xca-signature-faults"}
        yield _single(
            "N-07",
            "CHANGED-TRC",
            "a TRC attribute changed after signing",
            step,
            twisted(step, Twist(after_trc=ways.change_subject)),
            Refusal(codes=("1001",), known=known),
        )
    yield from _twists(
        "N-08", "UNSIGNED", "an unsigned HCP assertion", Twist(after=ways.drop_signature), (GENERIC,)
    )
    for name, kind in (("SELF", {}), ("UNKNOWN", {"issuer": "unknown"})):
        title = "a self-signed seal" if name == "SELF" else "a seal of an unknown issuer"
        for stimulus in _twists("N-09", name, title, ways.signed_by_stranger(**kind), (UNTRUSTED,)):
            yield replace(
                stimulus, wanted=replace(stimulus.wanted, known=LOST | {"served": "trust-not-built"})
            )
    expired = (
        ("EXPIRED", ways.signed_by_probe("seal_expired"), "an expired seal"),
        ("EXPIRED-STRANGER", ways.signed_by_stranger(expired=True), "an expired, self-signed seal"),
    )
    for name, twist, title in expired:
        for stimulus in _twists("N-10", name, title, twist, (UNTRUSTED,)):
            yield replace(stimulus, wanted=replace(stimulus.wanted, known=LOST))
    for stimulus in _twists("N-44", "SHA1", "a SHA-1 signature", Twist(hash_name="sha1"), (INTEGRITY,)):
        yield replace(stimulus, wanted=replace(stimulus.wanted, known=LOST))


def _times() -> Iterator[Stimulus]:
    hour, late = timedelta(hours=1), timedelta(seconds=90)
    yield from _twists(
        "N-12", "EXPIRED", "an HCP assertion that ended 90 s ago", ways.shifted(-hour, -late), (GENERIC,)
    )
    yield from _twists(
        "N-12",
        "EXPIRED-TRC",
        "a TRC assertion that ended 90 s ago",
        ways.shifted(-hour, -late, "trc"),
        ("1001",),
        XCA,
    )
    yield from _twists(
        "N-13", "EARLY", "an HCP assertion that begins in 90 s", ways.shifted(late, hour), (GENERIC,)
    )
    yield from _twists(
        "N-13",
        "EARLY-TRC",
        "a TRC assertion that begins in 90 s",
        ways.shifted(late, hour, "trc"),
        ("1001",),
        XCA,
    )
    second = timedelta(seconds=1)
    yield from _twists(
        "N-14",
        "SPAN",
        "an HCP assertion valid for 4 h 1 s",
        ways.shifted(timedelta(), 4 * hour + second),
        (GENERIC,),
    )
    yield from _twists(
        "N-14",
        "SPAN-TRC",
        "a TRC assertion valid for 2 h 1 s",
        ways.shifted(timedelta(), 2 * hour + second, "trc"),
        ("1001",),
        XCA,
    )
    for name, audiences in (("WRONG", ("urn:example:other",)), ("NONE", ())):
        yield from _twists(
            "N-15",
            f"AUDIENCE-{name}",
            "another audience" if audiences else "no audience",
            Twist(hcp={"audiences": audiences}),
            (GENERIC,),
            served="audience-ignored",
        )
        yield from _twists(
            "N-15",
            f"AUDIENCE-{name}-TRC",
            "a TRC assertion without the right audience",
            Twist(trc={"audiences": audiences}),
            ("1001",),
            XCA,
            served="audience-ignored",
        )


def _hcp(
    number: str,
    name: str,
    title: str,
    code: str,
    steps: tuple[Step, ...] = STEPS,
    *,
    known: dict[str, str] | None = None,
    **values: Any,
) -> Iterator[Stimulus]:
    for stimulus in _twists(number, name, title, Twist(hcp=values), (code,), steps):
        yield replace(stimulus, wanted=replace(stimulus.wanted, known=known or {}))


def _professionals() -> Iterator[Stimulus]:
    yield from _hcp("N-16", "PASSWORD", "a login by password", GENERIC, authn_context=words.PASSWORD)
    yield from _hcp(
        "N-16", "SESSION", "a login by previous session", GENERIC, authn_context=words.PREVIOUS_SESSION
    )
    yield from _twists(
        "N-17",
        "CONTEXT",
        "a TRC assertion with another context than PreviousSession",
        Twist(trc={"authn_context": words.SMARTCARD_PKI}),
        ("1001",),
        XCA,
    )
    bearer = {"confirmation_method": words.BEARER}
    yield from _twists(
        "N-18",
        "BEARER",
        "bearer instead of sender-vouches",
        Twist(hcp=bearer),
        (GENERIC,),
        served="hcp-confirmation-ignored",
    )
    yield from _twists("N-18", "BEARER-TRC", "bearer in the TRC assertion", Twist(trc=bearer), ("1001",), XCA)
    unknown = StructuredValue(code="9999", code_system=oids.ISCO_08, display_name="Medical Doctors")
    yield from _hcp(
        "N-19",
        "ROLE",
        "an unknown role",
        "ERROR_HPI_INSUFFICIENT_INFORMATION",
        role=unknown,
        known={f"code:{GENERIC}": "role-error-masked"},
    )
    yield from _hcp(
        "N-20",
        "ROLE-NAME",
        "a role whose name does not fit its code",
        "4703",
        ("ITI-55",),
        role=replace(role("221"), display_name="Nurse"),
    )


def _rights() -> Iterator[Stimulus]:
    for word in ("MARKETING", "treatment"):
        yield from _hcp(
            "N-21",
            word.upper() if word.isupper() else "LOWERCASE",
            f"the purpose {word}",
            "4703",
            purpose_of_use=purpose(word),
        )
    yield from _hcp(
        "N-22",
        "PRD-006",
        "no permission to identify patients",
        "4703",
        ("ITI-55",),
        permissions=("PRD-003", "PRD-005", "PRD-010", "PRD-016"),
    )
    for missing in words.PATIENT_SUMMARY_PERMISSIONS:
        left = tuple(one for one in words.PATIENT_SUMMARY_PERMISSIONS if one != missing)
        yield from _hcp("N-23", missing, f"no permission {missing}", "4703", XCA, permissions=left)
    yield from _hcp("N-24", "FACILITY", "an unknown facility type", GENERIC, facility_type="Garage")
    yield from _hcp("N-24", "LOCALITY", "a blank locality", GENERIC, locality=" ")
    yield from _hcp("N-24", "SUBJECT", "a blank name of the professional", GENERIC, subject_id="")


def _bindings() -> Iterator[Stimulus]:
    yield from _twists(
        "N-25",
        "ADVICE",
        "a TRC assertion that points to another HCP assertion",
        Twist(trc={"hcp_assertion_ids": ("_another",)}),
        ("1002",),
        XCA,
        code__4703="binding-as-4703",
    )
    yield from _twists(
        "N-27",
        "COUNTRY",
        "a TRC assertion signed by another country",
        _other_trc,
        ("1001", "1002"),
        XCA,
        served="trc-country-ignored",
        code__4703="binding-as-4703",
    )
    for step in STEPS:
        codes = (INTEGRITY,) if step == "ITI-55" else ("4703",)
        known = {"fault": "retrieve-hcp-fault"} if step == "ITI-39" else {}
        yield _single(
            "N-28",
            "ORDER",
            "an assertion that is not valid by its schema",
            step,
            twisted(step, Twist(before=ways.conditions_first)),
            Refusal(codes=codes, known=known),
        )


def _identities() -> Iterator[Stimulus]:
    """Rules of the SAML profile beside the list N: issuer, country, binding of names."""
    other = "urn:idp:DE:countryB"
    yield from _twists(
        "E-SAML-01",
        "ISSUER",
        "an issuer text of another country",
        Twist(hcp={"issuer": other}),
        (GENERIC,),
        served="issuer-ignored",
    )
    yield from _twists(
        "E-SAML-01",
        "ISSUER-FORM",
        "an issuer text of another form",
        Twist(hcp={"issuer": "somebody"}),
        (GENERIC,),
        served="issuer-ignored",
    )
    yield from _twists(
        "E-SAML-02",
        "HOME",
        "no home community of country B",
        Twist(hcp={"home_community_id": None}),
        (GENERIC,),
        served="home-community-optional",
    )
    yield from _twists(
        "E-SAML-03",
        "NAME",
        "a TRC assertion of another professional",
        Twist(trc={"name_id": "899900000099"}),
        ("1001", "1002"),
        XCA,
        served="trc-subject-ignored",
        code__4703="binding-as-4703",
    )
    yield from _twists(
        "E-SAML-04",
        "PEER",
        "an HCP assertion of another country than the TLS connection",
        _other_country,
        ("4703",),
        served="peer-country-ignored",
    )
    yield from _twists(
        "E-SAML-05",
        "NO-NAME",
        "no NameID",
        Twist(before=ways.without("{saml}Subject")),
        (INTEGRITY, GENERIC, "4703"),
        fault="retrieve-hcp-fault",
    )


def _other_country(bench: Any) -> Twist:
    """Everything of the HCP assertion belongs to the other country, so that only the TLS peer differs."""
    twist = ways.signed_by_probe("seal_other_country")(bench)
    assert twist.hcp_key is not None
    country = country_of(twist.hcp_key.certificate)
    return replace(
        twist,
        trc_key=twist.hcp_key,
        hcp={"issuer": f"urn:idp:{country}:countryB"},
        trc={"issuer": f"urn:initgw:{country}:countryB"},
    )


def _other_trc(bench: Any) -> Twist:
    """The TRC assertion belongs to another country altogether, issuer text included."""
    twist = ways.signed_by_probe("seal_other_country", "trc")(bench)
    assert twist.trc_key is not None
    country = country_of(twist.trc_key.certificate)
    return replace(twist, trc={"issuer": f"urn:initgw:{country}:countryB"})


def _attacks() -> Iterator[Stimulus]:
    for step in STEPS:
        known = {"fault": "retrieve-hcp-fault"} if step == "ITI-39" else {}
        yield _single(
            "N-42",
            "WRAPPED",
            "a wrapped assertion",
            step,
            ways.wrapped(step),
            Refusal(codes=(INTEGRITY, "4703"), known=LOST | known),
        )
        yield _single(
            "N-42",
            "SAME-ID",
            "two assertions with one ID",
            step,
            ways.same_id_twice(step),
            Refusal(codes=(INTEGRITY,), known=LOST),
        )
        yield _single(
            "N-42",
            "TWO-HCP",
            "two HCP assertions",
            step,
            ways.two_of_a_kind(step),
            Refusal(
                codes=("1001",),
                known={
                    "served": "several-of-a-kind",
                    "code:4703": "several-of-a-kind",
                    "code:1002": "several-of-a-kind",
                },
            ),
        )


for _table in (_missing, _signatures, _times, _professionals, _rights, _bindings, _identities, _attacks):
    enter(_table())
