"""The values that the rule engine takes and gives: rules, what they may need to know, and findings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ehdsi.cda.datatypes import Identifier

#: How bad a finding is: ``error`` means the document is refused, ``warning`` it is shown, ``info`` it is
#: noted.
Severity = Literal["error", "warning", "info"]

#: Is this code a member of this value set? ``members(value_set_oid, code_system_oid, code)``; None = set
#: unknown.
Members = Callable[[str, str, str], bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One content rule as it stands in ``schemas/cda/rules.toml``.

    ``context`` selects the nodes, ``test`` is an XPath that must be true on each of them (both with the
    prefixes of the file); ``check`` names a Python function instead, for what XPath cannot say. ``needs``
    names the fields of the ``RuleContext`` without which the rule is skipped; ``legacy_severity`` counts
    where the context allows the forms of before 2022. ``got`` is an XPath whose text is reported; it never
    selects identity traits or clinical content.
    """

    id: str
    severity: Severity
    message: str
    context: str = ""
    test: str = ""
    check: str = ""
    expected: str = ""
    got: str = ""
    clause: str = ""
    hint: str = ""
    needs: tuple[str, ...] = ()
    legacy_severity: Severity | None = None
    levels: tuple[int, ...] = (1, 3)
    forms: tuple[str, ...] = ("friendly", "pivot", "french")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule that does not hold at one place of a document.

    ``xpath`` has local names and positions; ``line`` is 1-based, 0 when unknown; ``expected`` and ``got`` are
    short texts without identity traits or clinical content (codes may be quoted, names and values of the
    patient not).
    """

    rule: str
    severity: Severity
    message: str
    xpath: str = ""
    line: int = 0
    expected: str = ""
    got: str = ""
    clause: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A rule that could not be judged, and why."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleContext:
    """What a rule may need from outside the document; what is None makes the rules that need it skipped.

    Attributes
    ----------
    now : current time, UTC.
    country : ISO 3166-1 alpha-2 code of the sending country.
    patient_id : identifier used in ITI-55 and ITI-38.
    family_names, given_names, birth_date : traits of the identified patient, ``birth_date`` as ``YYYYMMDD``.
    members : value-set membership.
    form : ``friendly``, ``pivot`` or ``french``: which form of the document this is supposed to be.
    twin : root element of the other level (level 1 beside level 3), an ``lxml`` element.
    source : root element of the form from which this one was made (friendly for pivot, pivot for French).
    size : bytes of the document as received.
    raw : the bytes as received, for what the parsed tree no longer shows (processing instructions, DTD).
    valid : our schema was asked already and had nothing to say; else the rule about it asks the schema.
    legacy : accept the pre-2022 medication extension and the old EDQM identifier.
    """

    now: datetime | None = None
    country: str | None = None
    patient_id: Identifier | None = None
    family_names: tuple[str, ...] | None = None
    given_names: tuple[str, ...] | None = None
    birth_date: str | None = None
    members: Members | None = None
    form: Literal["friendly", "pivot", "french"] | None = None
    twin: object | None = None
    source: object | None = None
    size: int | None = None
    raw: bytes | None = None
    valid: bool = False
    legacy: bool = False
