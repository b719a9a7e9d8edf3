"""The mask of one country, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ehdsi.errors import MalformedMessage
from ehdsi.findings import Finding
from ehdsi.search_mask.checks import CLAUSE, Problem, check_field, form_problems, trait_problems, traits_of
from ehdsi.search_mask.model import DocumentSearch, MaskField, PersonSearch, Scope, with_traits
from ehdsi.traits import Traits


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchMask:
    """An International Search Mask.

    Attributes
    ----------
    country : upper-case ISO code (Greece is ``GR``).
    patient : what is asked about the patient; ``next_of_kin`` about who asks for them.
    documents : what is asked to find prescriptions.
    findings : what is wrong or unusual in the mask that was read.
    """

    country: str
    patient: PersonSearch
    documents: tuple[DocumentSearch, ...] = ()
    next_of_kin: PersonSearch | None = None
    friendly_name: str | None = None
    findings: tuple[Finding, ...] = field(default=(), compare=False)

    def serves(self, scope: Scope) -> bool:
        """Is the patient search meant for this kind of document (``PS`` or ``EP``)?"""
        return self.patient.scope in ("ALL", scope)

    def check_usable(self, scope: Scope) -> None:
        """Can a patient be looked for with this mask, for this kind of document?

        Raises
        ------
        PeerError : it is meant for other documents, a domain is no OID, or a format no regular expression:
            what would be typed could not be sent, or not be checked before it is.
        """
        if not self.serves(scope):
            raise MalformedMessage("the search mask is meant for other documents",
                                   where="patientSearch/@scope", expected=f"ALL or {scope}",
                                   got=self.patient.scope, clause=CLAUSE)
        for asked in self.patient.identifiers:
            check_field(asked)

    def asking_too(self, labels: Iterable[str]) -> SearchMask:
        """The mask with optional fields for these traits (``familyName``, ``birthDate`` …) where it has none.

        What is asked already stays as it is, and so does what a mask cannot ask for.
        """
        return replace(self, patient=with_traits(self.patient, labels))

    def is_mandatory(self, asked: MaskField) -> bool:
        """Must this field of the patient search be filled in? See ``PersonSearch.is_mandatory``."""
        return self.patient.is_mandatory(asked)

    def problems(self, traits: Traits) -> tuple[Problem, ...]:
        """Why these traits do not satisfy the mask, as an NCP-A sees it; empty when they do."""
        return trait_problems(self.patient, traits)

    def form_problems(self, values: Mapping[str, str]) -> tuple[Problem, ...]:
        """Why these form values (texts by ``MaskField.key``) may not be sent; empty when they may."""
        return form_problems(self.patient, values)

    def traits(self, values: Mapping[str, str]) -> Traits:
        """The traits that carry these form values on the wire."""
        return traits_of(self.patient, values, self.country)
