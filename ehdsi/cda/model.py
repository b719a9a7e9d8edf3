"""The patient summary as one typed value: what the builder writes, the reader reads and the French page
shows.

``PatientSummary`` holds the header and the sections in document order; each section holds its narrative and
its entries. Nothing is dropped on reading: what the reader does not understand becomes an ``UnreadEntry``
that says where it stands, and the page says so.

Source: eHDSI patient summary CDA R2, L3 template 1.3.6.1.4.1.12559.11.10.1.3.1.1.3 and L1 template …1.1.7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ehdsi.cda.datatypes import (
    Address,
    Coded,
    Identifier,
    Interval,
    NarrativeNode,
    Origin,
    PersonName,
    Quantity,
    QuantityRange,
    Ratio,
    Telecom,
    Time,
    Timing,
    Value,
)

# ---------------------------------------------------------------------------------------------- header


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """An organisation of an author, custodian or authenticator; readers need the country in ``addresses``."""

    identifiers: tuple[Identifier, ...] = ()
    names: tuple[str, ...] = ()
    telecoms: tuple[Telecom, ...] = ()
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardian:
    """A legal representative of the patient: a person or an organisation (one of them), with the relation."""

    code: Coded | None = None
    person: PersonName | None = None
    organization: Organization | None = None
    addresses: tuple[Address, ...] = ()
    telecoms: tuple[Telecom, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """``recordTarget/patientRole``: the first identifier is the primary one, used in ITI-55 and ITI-38."""

    identifiers: tuple[Identifier, ...] = ()
    names: tuple[PersonName, ...] = ()
    gender: Coded | None = None
    birth_time: Time | None = None
    deceased: bool | None = None
    deceased_time: Time | None = None
    addresses: tuple[Address, ...] = ()
    telecoms: tuple[Telecom, ...] = ()
    guardians: tuple[Guardian, ...] = ()
    languages: tuple[str, ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation:
    """A person, device or organisation that took part: author, legal authenticator, performer, contact.

    ``device`` is the software name of an authoring device; ``class_code`` and ``type_code`` matter for
    contacts (``IND``/``ECON``) and for the preferred professional (``PRS`` with function ``PCP``).
    """

    type_code: str | None = None
    class_code: str | None = None
    function: Coded | None = None
    code: Coded | None = None
    time: Time | Interval | None = None
    identifiers: tuple[Identifier, ...] = ()
    person: PersonName | None = None
    device: str | None = None
    organization: Organization | None = None
    addresses: tuple[Address, ...] = ()
    telecoms: tuple[Telecom, ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedDocument:
    """``relatedDocument``: type ``XFRM`` ties level 1 and level 3 of one summary together."""

    type_code: str
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Everything above the body. ``level`` is 3 for a structured body, 1 for a PDF inside ``nonXMLBody``."""

    level: Literal[1, 3]
    template_ids: tuple[str, ...] = ()
    identifier: Identifier
    code: Coded
    title: str | None = None
    effective_time: Time | None = None
    confidentiality: Coded | None = None
    language: str | None = None
    set_id: Identifier | None = None
    version_number: int | None = None
    patient: Patient
    authors: tuple[Participation, ...] = ()
    custodian: Organization | None = None
    legal_authenticator: Participation | None = None
    participants: tuple[Participation, ...] = ()
    service_event: Interval | None = None
    performers: tuple[Participation, ...] = ()
    related_documents: tuple[RelatedDocument, ...] = ()


# --------------------------------------------------------------------------------------------- entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What all entries share: identifiers, the text they point to in the narrative, where they stood."""

    identifiers: tuple[Identifier, ...] = ()
    text: str | None = None
    text_reference: str | None = None
    status: str | None = None
    null_flavor: str | None = None
    negated: bool = False
    authors: tuple[Participation, ...] = ()
    comments: tuple[str, ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceStatement(Entry):
    """A coded statement on a section: known absence (``no-known-…``), no information (``no-…-info``)."""

    code: Coded
    kind: Literal["known_absence", "no_information"]
    time: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """A manifestation of an allergy, with its own severity and onset."""

    code: Coded | None = None
    manifestation: Coded | None = None
    severity: Coded | None = None
    time: Interval | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allergy(Entry):
    """An allergy or intolerance: ``onset.low`` is onset, ``onset.high`` end; severity is its own."""

    type: Coded | None = None
    agents: tuple[Coded, ...] = ()
    agent_name: str | None = None
    value: Coded | None = None
    onset: Interval | None = None
    concern_time: Interval | None = None
    reactions: tuple[Reaction, ...] = ()
    severity: Coded | None = None
    criticality: Coded | None = None
    certainty: Coded | None = None
    clinical_status: Coded | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredient:
    """An active substance and its strength."""

    code: Coded | None = None
    name: str | None = None
    strength: Ratio | None = None
    class_code: str = "ACTI"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package of a product, from inside out: ``quantity`` in it, its own content, form and capacity."""

    code: Coded | None = None
    name: str | None = None
    form: Coded | None = None
    quantity: Quantity | None = None
    capacity: Quantity | None = None
    inner: Package | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A medicinal product: ``code`` is the national number, ``classes`` the ATC class (generic kind)."""

    code: Coded | None = None
    name: str | None = None
    description: str | None = None
    form: Coded | None = None
    classes: tuple[Coded, ...] = ()
    ingredients: tuple[Ingredient, ...] = ()
    packages: tuple[Package, ...] = ()
    parts: tuple[Product, ...] = ()
    lot_number: str | None = None
    manufacturer: str | None = None
    legacy_extension: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Medication(Entry):
    """A treatment: product, period of use, frequency, dose, route, reason, instructions.

    ``reason_times``, where it is not empty, says for each of ``reasons`` since when or when it was so; an
    empty interval stands for a reason without a time.
    """

    code: Coded | None = None
    product: Product
    period: Interval | None = None
    timing: Timing | None = None
    other_timings: tuple[Timing, ...] = ()
    dose: QuantityRange | None = None
    rate: QuantityRange | None = None
    max_dose: Ratio | None = None
    route: Coded | None = None
    sites: tuple[Coded, ...] = ()
    reasons: tuple[Coded, ...] = ()
    reason_times: tuple[Interval, ...] = ()
    instructions: tuple[str, ...] = ()
    mood: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem(Entry):
    """A diagnosis or problem, active or past: ``onset.low`` and ``onset.high`` are onset and end."""

    type: Coded | None = None
    value: Coded | None = None
    onset: Interval | None = None
    concern_time: Interval | None = None
    clinical_status: Coded | None = None
    outcome: Coded | None = None
    assertion: Coded | None = None
    severity: Coded | None = None
    related_professionals: tuple[Participation, ...] = ()
    related_resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure(Entry):
    """An operation or other procedure, with date, body site and laterality (a qualifier of the site)."""

    code: Coded | None = None
    time: Interval | None = None
    sites: tuple[Coded, ...] = ()
    method: Coded | None = None
    reasons: tuple[Coded, ...] = ()
    performers: tuple[Participation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Device(Entry):
    """An implant or external device: ``time.low`` implanted, ``time.high`` removed."""

    code: Coded | None = None
    device_identifiers: tuple[Identifier, ...] = ()
    time: Interval | None = None
    model_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Immunization(Entry):
    """A vaccination, or one that was not given (``negated`` or status other than completed)."""

    vaccine: Product
    time: Interval | None = None
    dose_number: str | None = None
    dose: QuantityRange | None = None
    route: Coded | None = None
    targets: tuple[Coded, ...] = ()
    performers: tuple[Participation, ...] = ()
    reactions: tuple[Reaction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation(Entry):
    """Any other coded observation: vital sign, result, social history, pregnancy, functional status."""

    code: Coded | None = None
    values: tuple[Value, ...] = ()
    time: Interval | None = None
    interpretations: tuple[Coded, ...] = ()
    method: Coded | None = None
    sites: tuple[Coded, ...] = ()
    reference_ranges: tuple[str, ...] = ()
    performers: tuple[Participation, ...] = ()
    components: tuple[Observation, ...] = ()
    template_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationGroup(Entry):
    """An organizer: blood pressure readings of one moment, a laboratory panel, a functional assessment."""

    code: Coded | None = None
    time: Interval | None = None
    observations: tuple[Observation, ...] = ()
    performers: tuple[Participation, ...] = ()
    template_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadEntry(Entry):
    """An entry that the reader could not understand: ``reason`` says why, ``xml`` and ``terms`` keep it."""

    reason: str
    xml: str = ""
    terms: tuple[Coded, ...] = ()


# -------------------------------------------------------------------------------------------- sections


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section as it stands: LOINC code, title in the original language, narrative, entries in document
    order.

    ``subsections`` keeps nested sections. A section without entries and without an absence statement is shown
    by its narrative.
    """

    code: Coded | None = None
    title: str | None = None
    template_ids: tuple[str, ...] = ()
    identifier: Identifier | None = None
    language: str | None = None
    null_flavor: str | None = None
    narrative: NarrativeNode | None = None
    entries: tuple[Entry, ...] = ()
    subsections: tuple[Section, ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """The body of a level 1 document: media type and decoded bytes (a PDF)."""

    media_type: str | None
    data: bytes
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something the reader had to bend or could not read: shown to the clinician and reported by the
    validator.

    ``kind`` is one of ``unread`` (content not understood), ``repaired`` (read in a tolerant way), ``unsafe``
    (active content removed), ``dangling`` (a reference without target).
    """

    kind: Literal["unread", "repaired", "unsafe", "dangling"]
    text: str
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientSummary:
    """A whole document: level 3 has ``sections``, level 1 has ``attachment``."""

    header: Header
    sections: tuple[Section, ...] = ()
    attachment: Attachment | None = None
    remarks: tuple[Remark, ...] = ()

    def section(self, loinc: str) -> Section | None:
        """The first top-level section with this LOINC code, or None."""
        return next((s for s in self.sections if s.code is not None and s.code.code == loinc), None)
