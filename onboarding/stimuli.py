"""The ways in which a golden request is spoilt, each a small function, and the table row that uses one."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from lxml import etree

from ehdsi import oids
from ehdsi.cda.datatypes import Coded, Identifier
from onboarding.bench import Bench
from onboarding.catalogue import add
from onboarding.expect import Refusal, refused
from onboarding.keys import load_seal, stranger
from onboarding.letters import Edit, Letter, Step, Twist, edited
from onboarding.model import Check, Level, Observation, Omit

SAML = f"{{{oids.NS_SAML}}}"
DS = f"{{{oids.NS_DS}}}"
RIM = f"{{{oids.NS_RIM}}}"

Make = Callable[[Bench], Letter]
TwistOf = Callable[[Bench], Twist]


@dataclass(frozen=True, kw_only=True)
class Stimulus:
    """One request that must be refused: how it is made, and how the refusal must look."""

    id: str
    title: str
    requirement: str | tuple[str, ...]
    step: Step
    make: Make
    wanted: Refusal
    level: Level = "must"
    alone: bool = False

    def check(self) -> Check:
        """The check that sends it."""
        requirements = (self.requirement,) if isinstance(self.requirement, str) else self.requirement
        return Check(
            id=f"{self.id}-{self.step}",
            title=f"{self.title} ({self.step})",
            chapter="refusal",
            requirements=requirements,
            level=self.level,
            needs=(self.step,),
            examine=self._examine,
            alone=self.alone,
        )

    def _examine(self, bench: Bench) -> Iterator[Observation]:
        yield from refused(bench.send(self.make(bench)), self.wanted)


def enter(stimuli: Iterator[Stimulus]) -> None:
    """Enter the checks of a table."""
    for one in stimuli:
        add(one.check())


def twisted(step: Step, twist: Twist | TwistOf) -> Make:
    """The golden request of this step with twisted assertions."""

    def make(bench: Bench) -> Letter:
        wanted = twist if isinstance(twist, Twist) else twist(bench)
        return letter(bench, step, bench.writer.assertions(step, bench.patient(bench.good), wanted))

    return make


def letter(bench: Bench, step: Step, assertions: list[Any] | None = None) -> Letter:
    """The golden request of this step for the canary, with these assertions instead of the golden ones."""
    person = bench.good
    if step == "ITI-55":
        return bench.writer.discovery(bench.traits(person), assertions=assertions)
    patient = bench.patient(person)
    if step == "ITI-38":
        return bench.writer.query(patient, assertions=assertions)
    return bench.writer.retrieve(patient, [document_ids(bench)], assertions=assertions)


def document_ids(bench: Bench, level: int | None = None) -> tuple[str, str]:
    """Repository and document id of the canary's first document."""
    levels = (level,) if level else tuple(sorted(bench.country.documents.levels, reverse=True))
    entry = bench.entry(bench.good, levels[0])
    return entry.repository_unique_id, entry.unique_id


# -- edits of assertions ---------------------------------------------------------------------------------


def flip_signature(assertion: Any) -> None:
    """Another signature value."""
    value = assertion.find(f"{DS}Signature/{DS}SignatureValue")
    value.text = ("B" if value.text[0] == "A" else "A") + value.text[1:]


def change_subject(assertion: Any) -> None:
    """Another attribute value than was signed."""
    next(assertion.iter(f"{SAML}AttributeValue")).text = "somebody else"


def drop_signature(assertion: Any) -> None:
    """No signature."""
    assertion.remove(assertion.find(f"{DS}Signature"))


def second_certificate(assertion: Any) -> None:
    """Two certificates in KeyInfo."""
    data = assertion.find(f"{DS}Signature/{DS}KeyInfo/{DS}X509Data")
    data.append(copy.deepcopy(data[0]))


def conditions_first(assertion: Any) -> None:
    """Children in another order than the schema has."""
    assertion.insert(1, assertion.find(f"{SAML}Conditions"))


def without(path: str) -> Edit:
    """An assertion that lacks the element at this path (``{saml}`` stands for the namespace)."""

    def drop(assertion: Any) -> None:
        found = assertion.find(path.replace("{saml}", SAML))
        found.getparent().remove(found)

    return drop


# -- twists ----------------------------------------------------------------------------------------------


def shifted(begin: timedelta, end: timedelta, which: str = "hcp") -> TwistOf:
    """Validity from ``begin`` to ``end`` around now."""

    def twist(bench: Bench) -> Twist:
        now = bench.clock()
        moved = {"not_before": now + begin, "not_on_or_after": now + end}
        return Twist(hcp=moved) if which == "hcp" else Twist(trc=moved)

    return twist


def signed_by_stranger(**kind: Any) -> TwistOf:
    """The HCP assertion signed by a key that nobody knows."""

    def twist(bench: Bench) -> Twist:
        key = bench.once(("stranger", *sorted(kind.items())), lambda: stranger(bench.clock(), **kind)[0])
        return Twist(hcp_key=key)

    return twist


def signed_by_probe(name: str, which: str = "hcp") -> TwistOf:
    """An assertion signed by a wrong key of the real authority; the check is omitted without that key."""

    def twist(bench: Bench) -> Twist:
        files = bench.target.probes.get(name)
        if files is None:
            raise Omit(f"the test environment offers no key {name}")
        key = bench.once(("probe", name), lambda: load_seal(*files))
        return Twist(hcp_key=key) if which == "hcp" else Twist(trc_key=key)

    return twist


# -- other ways ------------------------------------------------------------------------------------------


def without_security(step: Step) -> Make:
    """No wsse:Security."""
    return lambda bench: replace(letter(bench, step), assertions=None)


def only(step: Step, *kept: int) -> Make:
    """Only these of the golden assertions (0 HCP, 1 TRC)."""

    def make(bench: Bench) -> Letter:
        good = letter(bench, step)
        assert good.assertions is not None
        return replace(good, assertions=[good.assertions[number] for number in kept])

    return make


def wrapped(step: Step) -> Make:
    """A forged assertion with the signature of the genuine one, which hides inside its Advice."""

    def make(bench: Bench) -> Letter:
        genuine = letter(bench, step)
        assert genuine.assertions is not None
        forged = edited(_element(genuine), change_subject)
        forged.set("ID", f"_{bench.writer.new_id()}")
        hidden = edited(_element(genuine), drop_signature)
        advice = etree.Element(f"{SAML}Advice")
        advice.append(hidden)
        conditions = forged.find(f"{SAML}Conditions")
        assert conditions is not None
        conditions.addnext(advice)
        return replace(genuine, assertions=[forged, *genuine.assertions[1:]])

    return make


def same_id_twice(step: Step) -> Make:
    """A forged assertion beside the genuine one, both with the same ID."""

    def make(bench: Bench) -> Letter:
        genuine = letter(bench, step)
        assert genuine.assertions is not None
        return replace(genuine, assertions=[edited(_element(genuine), change_subject), *genuine.assertions])

    return make


def two_of_a_kind(step: Step) -> Make:
    """Two different HCP assertions, both signed."""

    def make(bench: Bench) -> Letter:
        genuine = letter(bench, step)
        assert genuine.assertions is not None
        second = bench.writer.signed(bench.writer.hcp(subject_id="Other"))
        return replace(genuine, assertions=[*second, *genuine.assertions])

    return make


def slot(name: str, text: str | None) -> Make:
    """The golden ITI-38 with another value of a slot, or without the slot."""

    def make(bench: Bench) -> Letter:
        good = letter(bench, "ITI-38")
        for element in list(good.body.iter(f"{RIM}Slot")):
            if element.get("name") != name:
                continue
            parent = element.getparent()
            if text is None and parent is not None:
                parent.remove(element)
            else:
                value = element.find(f"{RIM}ValueList/{RIM}Value")
                assert value is not None
                value.text = text
        return good

    return make


def of_class(code: str) -> Make:
    """The golden ITI-38 for documents of another class."""
    wanted = Coded(code=code, code_system=oids.LOINC)
    return lambda bench: bench.writer.query(bench.patient(bench.good), class_codes=(wanted,))


def stranger_id(identifier: Identifier) -> Identifier:
    """An identifier of the same domain that nobody has: its digits and letters all replaced."""
    text = "".join(
        "9" if one.isdigit() else "Z" if one.isalpha() else one for one in identifier.extension or ""
    )
    return Identifier(root=identifier.root, extension=text)


def _element(good: Letter) -> Any:
    assert good.assertions is not None
    return good.assertions[0]
