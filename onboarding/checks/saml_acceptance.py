"""Assertions that are right, if sometimes unusual, and must be accepted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from ehdsi.errors import PeerError
from ehdsi.saml import build, values
from ehdsi.saml import vocabulary as words
from ehdsi.saml.values import purpose, role
from ehdsi.xml import XmlElement
from onboarding.bench import Bench
from onboarding.catalogue import add, check
from onboarding.deviations import deviation
from onboarding.expect import Refusal, refused, unreadable
from onboarding.letters import STEPS, Letter, Step, Twist
from onboarding.model import Check, Level, Observation
from onboarding.replies import Reply
from onboarding.stimuli import Make, TwistOf, letter, shifted, signed_by_probe, twisted


def accepted(reply: Reply, known: str = "") -> Iterator[Observation]:
    """What is wrong with the answer to a request that had to be served."""
    where = f"{reply.step} answer"
    try:
        if reply.fault is not None:
            got = f"SOAP Fault {reply.fault.code}"
        else:
            got = {"ITI-55": _no_match, "ITI-38": _no_list, "ITI-39": _no_document}[reply.step](reply)
    except PeerError as error:
        yield unreadable(reply, error)
        return
    if got and known:
        yield deviation(known, where=where, expected="an ordinary answer", got=got)
    elif got:
        yield Observation(
            what="a correct request was refused",
            where=where,
            expected="an ordinary answer",
            got=got,
            hint="compare the assertion of the evidence with your rules",
        )


def _no_match(reply: Reply) -> str:
    answer = reply.discovery()
    codes = ", ".join([*(str(one.code) for one in answer.issues), *(str(one.code) for one in answer.details)])
    return "" if answer.patients else f"nobody found ({codes or answer.acknowledgement})"


def _no_list(reply: Reply) -> str:
    answer = reply.listing()
    codes = ", ".join(one.code for one in answer.errors)
    if answer.entries and not answer.errors:
        return ""
    return f"refused ({codes})" if codes else "an empty list"


def _no_document(reply: Reply) -> str:
    answer = reply.retrieved()
    codes = ", ".join(one.code for one in answer.errors)
    return "" if answer.documents else f"no document ({codes or 'no reason'})"


@dataclass(frozen=True, kw_only=True)
class Acceptance:
    """One request that must be served."""

    id: str
    title: str
    requirement: str
    step: Step
    make: Make
    level: Level = "must"
    known: str = ""

    def check(self) -> Check:
        """The check that sends it."""
        return Check(
            id=f"SAML-{self.id}-{self.step}",
            title=f"{self.title} ({self.step})",
            chapter="saml",
            requirements=(self.requirement,),
            level=self.level,
            needs=(self.step,),
            examine=lambda bench: accepted(bench.send(self.make(bench)), self.known),
        )


def _every(
    id: str,
    title: str,
    requirement: str,
    twist: Twist | TwistOf,
    steps: tuple[Step, ...] = STEPS,
    level: Level = "must",
    known: str = "",
) -> Iterator[Acceptance]:
    for step in steps:
        yield Acceptance(
            id=id,
            title=title,
            requirement=requirement,
            step=step,
            make=twisted(step, twist),
            level=level,
            known=known,
        )


def _forms() -> Iterator[Acceptance]:
    yield from _every("GOLDEN", "an assertion with all attributes", "A-SAML-01", Twist())
    half, hour = timedelta(seconds=30), timedelta(hours=1)
    yield from _every(
        "EARLY", "an assertion that begins in 30 s", "A-SAML-02", shifted(half, hour), level="should"
    )
    yield from _every(
        "LATE", "an assertion that ended 30 s ago", "A-SAML-02", shifted(-hour, -half), level="should"
    )
    yield from _every(
        "WHOLE-SECONDS", "instants without milliseconds", "A-SAML-01", Twist(before=_whole_seconds)
    )
    yield from _every(
        "LONG-KEY", "a seal with an RSA key of 4096 bits", "A-SAML-01", signed_by_probe("seal_rsa4096")
    )
    yield from _every(
        "DEFAULT-NS", "Role in the inherited default namespace", "A-SAML-03", Twist(default_namespace=True)
    )
    yield from _every(
        "PREFIX",
        "Role with a namespace prefix",
        "A-SAML-04",
        _prefixed(),
        level="should",
        known="prefixed-role-refused",
    )
    yield from _every(
        "REUSED", "an assertion issued an hour ago, still valid", "N-29", shifted(-hour, 3 * hour)
    )
    yield from _every(
        "SPARSE",
        "no optional attribute",
        "A-SAML-01",
        Twist(hcp={"npi": None, "organization": None, "organization_id": None}),
        level="should",
    )
    yield from _every(
        "TRC-NO-PURPOSE",
        "a TRC assertion without purpose of use",
        "E-SAML-07",
        Twist(trc={"purpose_of_use": None}),
        ("ITI-38", "ITI-39"),
        level="should",
        known="trc-purpose-demanded",
    )


def _whole_seconds(assertion: XmlElement) -> None:
    """Instants as xs:dateTime allows them: the fraction of the second is optional."""
    for node in assertion.iter("*"):
        for name in ("IssueInstant", "NotBefore", "NotOnOrAfter", "AuthnInstant"):
            if node.get(name):
                node.set(name, re.sub(r"\.\d+", "", node.get(name, "")))


def _prefixed() -> Twist:
    return Twist(
        hcp={"role": replace(role("221"), prefixed=True), "purpose_of_use": replace(purpose(), prefixed=True)}
    )


def _professionals() -> Iterator[Acceptance]:
    for code, name in words.ROLES.items():
        yield from _every(
            f"ROLE-{code}",
            f"the role {name}",
            "A-SAML-05",
            Twist(hcp={"role": role(code)}),
            ("ITI-55",),
            level="should",
        )
    for facility in words.FACILITY_TYPES:
        yield from _every(
            f"FACILITY-{facility.split()[0].upper()}",
            f"the facility type {facility}",
            "E-SAML-08",
            Twist(hcp={"facility_type": facility}),
            ("ITI-55",),
        )
    yield from _every(
        "EMERGENCY",
        "the purpose EMERGENCY",
        "E-SAML-08",
        Twist(hcp={"purpose_of_use": purpose("EMERGENCY")}, trc={"purpose_of_use": purpose("EMERGENCY")}),
    )
    for context in sorted(words.TWO_FACTOR_CONTEXTS_OF_THE_PROFILE):
        name = context.rsplit(":", 1)[-1]
        yield from _every(
            f"CONTEXT-{name.upper()}",
            f"a login by {name}",
            "E-SAML-06",
            Twist(hcp={"authn_context": context}),
            ("ITI-55",),
            level="should",
            known="smartcard-class-refused" if name == "Smartcard" else "",
        )
    yield from _every(
        "EMAIL",
        "a professional identified by e-mail address",
        "A-SAML-01",
        Twist(
            hcp={"name_id_format": words.NAME_ID_EMAIL, "name_id": "c.durand@example.org"},
            trc={"name_id_format": words.NAME_ID_EMAIL, "name_id": "c.durand@example.org"},
        ),
    )


for _table in (_forms, _professionals):
    for _one in _table():
        add(_one.check())


def _with_kin(bench: Bench, step: Step, **changes: Any) -> Letter:
    """The golden request with a next of kin assertion before the others."""
    good = letter(bench, step)
    hcp = bench.writer.hcp()
    kin = values.new_next_of_kin(
        hcp, assertion_id=f"_{bench.writer.new_id()}", now=bench.clock(), country="FR"
    )
    kin = replace(kin, family_name="Durand", first_name="Alex", **changes)
    rest = [hcp] if step == "ITI-55" else [hcp, bench.writer.trc(hcp, bench.patient(bench.good))]
    signed = [build.sign_assertion(build.build_unsigned(one), bench.writer.seal) for one in (kin, *rest)]
    return replace(good, assertions=[*signed])


def _kin_accepted(step: Step) -> Callable[[Bench], Iterator[Observation]]:
    return lambda bench: accepted(bench.send(_with_kin(bench, step)))


def _kin_refused(step: Step) -> Callable[[Bench], Iterator[Observation]]:
    wanted = Refusal(codes=("1001", "ERROR_HPI_GENERIC"), known={"served": "next-of-kin-unchecked"})

    def examine(bench: Bench) -> Iterator[Observation]:
        now = bench.clock()
        changes = {"not_before": now - timedelta(hours=2), "not_on_or_after": now - timedelta(hours=1)}
        yield from refused(bench.send(_with_kin(bench, step, **changes)), wanted)

    return examine


for _step in STEPS:
    check(
        id=f"SAML-KIN-{_step}",
        title=f"a next of kin assertion is taken ({_step})",
        chapter="saml",
        requirement="E-SAML-09",
        level="should",
        needs=(_step,),
    )(_kin_accepted(_step))
    check(
        id=f"SAML-KIN-OLD-{_step}",
        title=f"an outdated next of kin assertion is refused ({_step})",
        chapter="refusal",
        requirement="E-SAML-09",
        needs=(_step,),
    )(_kin_refused(_step))


@check(
    id="SAML-COUNTRY-BY-TEXT",
    title="the country of the seal is read from its attribute, not from a text",
    chapter="saml",
    requirement="E-SAML-10",
    level="should",
    needs=("ITI-55",),
)
def country_by_text(bench: Bench) -> Iterator[Observation]:
    """A seal of France whose subject text holds ``C=`` earlier, as the end of ``DC=``."""
    reply = bench.send(twisted("ITI-55", signed_by_probe("seal_text_country"))(bench))
    yield from accepted(reply, "country-by-text")
