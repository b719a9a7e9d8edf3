"""Identity traits: what a professional types, what ITI-55 carries, what a search mask asks for.

Source: IHE ITI-55 (PRPA_MT201306UV02.ParameterList); eHDSI XCPD profile; eHDSI International Search Mask
2023.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ehdsi.cda.datatypes import Address, Identifier, PersonName, Telecom


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """The traits of one search. They never appear in ``repr``, so that a log line cannot leak them.

    Attributes
    ----------
    identifiers : one per ``livingSubjectId``: ``root`` is the mask's ``domain`` OID, ``extension`` the
        text typed.
    name : one ``livingSubjectName``; family and given parts.
    birth_date : ``livingSubjectBirthTime`` as on the wire, ``yyyyMMdd``.
    gender : ``M``, ``F`` or ``UN`` (HL7 AdministrativeGender).
    address : ``patientAddress``; by habit it carries at least the ISO code of the country that is asked.
    telecoms : ``patientTelecom``.
    mothers_maiden_name, birth_place_name : asked for by some answers of IHE case 3.
    """

    identifiers: tuple[Identifier, ...] = field(default=(), repr=False)
    name: PersonName | None = field(default=None, repr=False)
    birth_date: str | None = field(default=None, repr=False)
    gender: str | None = field(default=None, repr=False)
    address: Address | None = field(default=None, repr=False)
    telecoms: tuple[Telecom, ...] = field(default=(), repr=False)
    mothers_maiden_name: PersonName | None = field(default=None, repr=False)
    birth_place_name: str | None = field(default=None, repr=False)

    def identifier(self, domain: str) -> str | None:
        """The extension of the first identifier of this domain (OID), or ``None``."""
        return next((one.extension for one in self.identifiers if one.root == domain), None)
