"""A country pack as one typed value: what its folder says, nothing computed that the data does not hold.

``Country`` and ``Persona`` compare by identity, so that they can key a cache. They are read by
:mod:`countries.loading` and by nobody else; a synthetic patient is a ``Persona`` as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ehdsi.cda.datatypes import Address, Coded, Identifier, PersonName, Telecom
from ehdsi.cda.model import Guardian, Organization, Participation, PatientSummary

if TYPE_CHECKING:
    from countries.codes import CodeTable, System
    from ehdsi.search_mask import SearchMask
    from ehdsi.terminology import CodeMap
    from ehdsi.traits import Traits

#: The exchange at which an answer other than the ordinary one is given.
Step = Literal["identification", "query", "retrieve"]

#: What a foreign NCP answers for a persona. ``ok`` covers known absence and missing information too: those
#: are documents like any other; the other words name a refusal, or a document that is not there.
Answer = Literal[
    "ok",
    "no_match",
    "multiple_matches",
    "no_consent",
    "insufficient_rights",
    "no_summary",
    "no_pdf",
    "missing_mapping_warning",
    "missing_mapping_error",
    "missing_basic_sections",
    "unreachable",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The country's name in French, in English and in its own language."""

    fr: str
    en: str
    native: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Oids:
    """The roots under which the country issues identifiers (dotted OIDs without ``urn:oid:``)."""

    home_community: str
    patient_domains: tuple[str, ...]
    document_root: str
    organisation_root: str
    professional_root: str
    outdated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A cross-border service (``PS-A``, ``PS-B``, ``eP-A``, ``eP-B``) with its start (YYYY or YYYY-MM)."""

    name: str
    since: str
    partners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Where a refusal is signalled, and by which code on the wire."""

    step: Step
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """How a citizen agrees to the exchange. ``refusals`` says step and code for each kind of refusal."""

    model: Literal["opt_in", "opt_out", "none"]
    where: str
    minors: str
    refusals: dict[Answer, Refusal]
    notice: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerProfile:
    """Which demographics the country gives back in ITI-55, and how names and unknown dates are written."""

    returned: frozenset[str]
    family_names: int
    given_in_one_element: bool
    unknown_date: Literal["truncate", "none"]
    deceased: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPolicy:
    """Levels, languages, identifiers and life of the documents.

    ``l1_extension`` and ``l3_extension`` hold ``{patient}``, the primary identifier. ``stored`` documents
    keep the date of their content; the others are put together for each request.
    """

    levels: tuple[Literal[1, 3], ...]
    languages: tuple[str, ...]
    l1_extension: str
    l3_extension: str
    stored: bool
    max_bytes: int
    sections: tuple[str, ...]
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Locale:
    """How names, addresses and letters look: BCP 47 tag, Faker locales, templates, sample of the alphabet."""

    bcp47: str
    faker: tuple[str, ...]
    alphabet: str
    name_template: str
    address_template: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticRange:
    """Identifiers that no real person has: ``pattern`` (full match) says which ones our generator answers."""

    domain: str
    pattern: str
    check: str
    template: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierRule:
    """How values of one identifier domain are written: check-digit rule, clean-ups, test range."""

    domain: str
    check: str
    normalise: tuple[str, ...] = ()
    synthetic: SyntheticRange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """A known deviation with its waiver: what, why, and until when it is accepted."""

    id: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """What people looked at because no check can: which check, what they found, who, when, where it is kept.

    ``result`` is ``confirmed`` or ``refused``; after ``until`` it has to be looked at again.
    """

    id: str
    result: Literal["confirmed", "refused"]
    by: str
    on: date
    evidence: str
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What a pack says of itself: wave, catalogue version, audit ids, load, contact; shown in the dossier."""

    wave: str
    mvc_version: str
    support: str
    environment: str
    audit: dict[str, str] = field(default_factory=dict)
    load: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What the foreign NCP answers for one persona.

    ``step`` and ``code`` are resolved from the country's policy; both are empty for ``ok``. ``first_calls``
    limits the behaviour to the first n calls of that step (0: always).
    """

    answer: Answer = "ok"
    step: Step | None = None
    code: str = ""
    first_calls: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Persona:
    """A person that a foreign NCP knows: a named patient of the pack, or one of the synthetic range.

    ``identifiers``: all that the country gives back, the primary one first. ``shared_identifiers``: what also
    leads to this person without being theirs alone, such as a document number typed for either twin.
    """

    key: str
    about: str
    identifiers: tuple[Identifier, ...]
    shared_identifiers: tuple[Identifier, ...] = ()
    names: tuple[PersonName, ...]
    gender: Literal["F", "M", "UN"]
    birth_time: str
    deceased_time: str | None = None
    addresses: tuple[Address, ...] = ()
    telecoms: tuple[Telecom, ...] = ()
    guardians: tuple[Guardian, ...] = ()
    language: str
    behaviour: Behaviour
    cases: tuple[str, ...] = ()
    source: str = ""
    build_summary: Callable[[], PatientSummary | None] = field(repr=False)

    @property
    def name(self) -> PersonName:
        """The name to show."""
        return self.names[0]

    @property
    def primary_identifier(self) -> Identifier:
        """The identifier used in ITI-55 answers, ITI-38 and the TRC assertion."""
        return self.identifiers[0]

    @property
    def minor_guarded(self) -> bool:
        """True if somebody else represents the person."""
        return bool(self.guardians)

    @property
    def summary(self) -> PatientSummary | None:
        """The friendly document, national codes and language; None when there is none at home."""
        return self.build_summary()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Country:
    """One country pack, checked while it was read."""

    code: str
    folder: Path
    names: Names
    operator: str
    time_zone: str
    declaration: Declaration
    oids: Oids
    languages: tuple[str, ...]
    services: tuple[Service, ...]
    consent: Consent
    answer_profile: AnswerProfile
    documents: DocumentPolicy
    #: Relative distinguished names of the certificates, in order: (attribute, value). The last is the CN.
    certificate_subject: tuple[tuple[str, str], ...]
    switches: frozenset[str]
    locale: Locale
    identifier_rules: tuple[IdentifierRule, ...]
    search_mask: SearchMask
    section_titles: dict[str, dict[str, str]]
    organisations: dict[str, Organization]
    professionals: dict[str, Participation]
    codes: CodeTable
    personas: tuple[Persona, ...]
    #: Keys of the organisation that keeps the documents, of who signs them and of who writes them.
    custodian: str = ""
    authenticator: str = ""
    author: str = ""
    #: The system of national product numbers, if documents carry them.
    products: System | None = None
    deviations: tuple[Deviation, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    make_synthetic: Callable[[Country, Identifier], Persona | None] | None = field(default=None, repr=False)

    @property
    def code_map(self) -> CodeMap:
        """National codes to eHDSI pivot codes, those of synthetic patients included."""
        if self.make_synthetic is None:
            return self.codes.code_map
        from countries.synthetic.national import code_map_of

        return code_map_of(self)

    def persona(self, key: str) -> Persona:
        """The persona with this key; raises ``LocalError`` naming the keys that exist."""
        from countries.matching import persona_by_key

        return persona_by_key(self, key)

    def find(self, identifiers: Sequence[Identifier], traits: Traits | None = None) -> tuple[Persona, ...]:
        """Who answers to these identifiers and traits; see :func:`countries.matching.find`."""
        from countries.matching import find

        return find(self, identifiers, traits)

    def synthetic(self, identifier: Identifier) -> Persona | None:
        """The synthetic patient behind an identifier of the synthetic range, None outside it.

        None for every identifier of a country whose ``make_synthetic`` was taken away.
        """
        return self.make_synthetic(self, identifier) if self.make_synthetic is not None else None

    def title(self, loinc: str, language: str) -> str:
        """The title of a section in a document language of this country, else its default language's."""
        titles = self.section_titles.get(language) or self.section_titles[self.languages[0]]
        return titles.get(loinc, loinc)

    def coded(self, list_name: str, code: str) -> Coded:
        """A national code with its system and words; raises ``PackError`` when codes.tsv does not hold it."""
        return self.codes.coded(list_name, code)
