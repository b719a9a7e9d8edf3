"""HL7 v3 data types as a patient summary uses them: small frozen values, nothing computed, nothing lost.

Every value can be absent for a stated reason (``null_flavor``), and every value that was read from a document
knows where it stood (``origin``), so that each French term on the page can be traced to its node.

Source: HL7 CDA R2 data types (Abstract 1.0); eHDSI patient summary, 2025-02-21 publication.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Origin:
    """Where in the received document a value stood: XPath with local names and positions, line (1-based)."""

    path: str
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """An instance identifier (II). ``root`` is an OID or UUID, ``extension`` the text within it."""

    root: str | None = None
    extension: str | None = None
    null_flavor: str | None = None
    authority: str | None = None

    def as_cx(self) -> str:
        """HL7 v2 CX form used in SAML and ebXML: ``<extension>^^^&<root>&ISO`` (not XML-escaped)."""
        return f"{self.extension or ''}^^^&{self.root or ''}&ISO"


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualifier:
    """A refinement of a code, e.g. laterality of a body site: ``name`` 272741003, ``value`` left."""

    name: Coded
    value: Coded


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """A coded value (CD, CE, CV, CS, CO): at least one of code, null flavour, original text or translation.

    ``original_text`` is the text itself, references already resolved; ``original_text_reference`` the
    fragment it pointed to, without ``#``. ``translations`` keep the order and nesting of the document: the
    pivot holds the national concept, the French form holds the English one which holds the national one.
    """

    code: str | None = None
    code_system: str | None = None
    code_system_name: str | None = None
    code_system_version: str | None = None
    display_name: str | None = None
    null_flavor: str | None = None
    original_text: str | None = None
    original_text_reference: str | None = None
    translations: tuple[Coded, ...] = ()
    qualifiers: tuple[Qualifier, ...] = ()
    xsi_type: str | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """A point in time (TS) exactly as written: ``1975``, ``20250101``, ``20130503150530.283+0100``.

    ``value`` holds 4 to 14 digits with an optional fraction and zone; its length is its precision, which is
    never widened.
    """

    value: str | None = None
    null_flavor: str | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A physical quantity (PQ): decimal text as received, UCUM unit (``None`` and ``"1"`` mean a count).

    ``original_text`` names the thing counted where the unit is 1 (``tablet``); ``text`` holds the value of a
    quantity that was not a number, as received.
    """

    value: str | None = None
    unit: str | None = None
    null_flavor: str | None = None
    original_text: str | None = None
    translations: tuple[Coded, ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An interval of time (IVL_TS): bounds, width or a single point; unknown bounds keep their flavour."""

    low: Time | None = None
    high: Time | None = None
    center: Time | None = None
    value: Time | None = None
    width: Quantity | None = None
    null_flavor: str | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityRange:
    """An interval of quantities (IVL_PQ): bounds, or the direct form (``@value``, ``@unit``) in ``value``."""

    low: Quantity | None = None
    high: Quantity | None = None
    value: Quantity | None = None
    width: Quantity | None = None
    null_flavor: str | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A ratio of quantities (RTO_PQ_PQ), the strength of an ingredient: ``5 mg`` per ``1``."""

    numerator: Quantity | None = None
    denominator: Quantity | None = None
    null_flavor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Periodic:
    """A periodic time (PIVL_TS). ``institution_specified`` true: n times per unit; false: every n units."""

    period: Quantity | None = None
    phase: Interval | None = None
    institution_specified: bool | None = None
    operator: str | None = None
    null_flavor: str | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTiming:
    """A time bound to a daily event (EIVL_TS): ``event`` of value set TimingEvent (ACM, HS …), and offset."""

    event: Coded | None = None
    offset: Interval | None = None
    operator: str | None = None
    null_flavor: str | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingSet:
    """A set expression (SXPR_TS): the parts in document order; each after the first carries its operator."""

    parts: tuple[Timing, ...] = ()
    operator: str | None = None
    null_flavor: str | None = None
    origin: Origin | None = None


#: What the second ``effectiveTime`` of a medication may hold: its frequency.
Timing = Periodic | EventTiming | TimingSet | Interval | Time


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonName:
    """A name (PN): parts in document order within each kind; ``text`` is what stood outside any part."""

    family: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()
    text: str | None = None
    use: str | None = None
    null_flavor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address (AD): one or more parts, or a null flavour. ``country`` is ISO 3166-1 alpha-2."""

    street_lines: tuple[str, ...] = ()
    city: str | None = None
    postal_code: str | None = None
    state: str | None = None
    country: str | None = None
    use: str | None = None
    null_flavor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telecom:
    """A telephone number or mail address (TEL): ``tel:+…``, ``mailto:…``, or a null flavour."""

    value: str | None = None
    use: str | None = None
    null_flavor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrativeNode:
    """One element of a section's narrative: local name, attributes by local name, children in order."""

    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple[NarrativeNode | str, ...] = ()

    def plain_text(self) -> str:
        """All text below this node, joined as it stands."""
        return "".join(child if isinstance(child, str) else child.plain_text() for child in self.children)


#: A value of an observation: what CDA allows in ``observation/value`` and a summary uses.
Value = Coded | Quantity | QuantityRange | Ratio | Interval | Time | str | int | bool

#: The three forms of a level 3 document: national codes; MVC codes in English; French designations.
Form = Literal["friendly", "pivot", "french"]
