"""The values of an International Search Mask: which traits a country asks for, as data.

Source: eHDSI International Search Mask, schema of 2023.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

Scope = Literal["ALL", "PS", "EP"]
Kind = Literal["identifier", "text", "birth date", "gender", "access code"]

LABEL = "label.ism."

#: Labels of identifiers and of text fields, without ``label.ism.``.
IDENTIFIER_LABELS = frozenset({
    "healthCardNumber", "nationalIdentityCardNumber", "nationalPersonIdentifier",
    "nationalSocialSecurityNumber", "passportNumber", "regionalPatientIdentifier", "regionIdentifier"})
TEXT_LABELS = frozenset({"addressStreet", "addressPostalCode", "addressCity", "addressCountry", "familyName",
                         "firstName"})
#: Elements of which there is at most one, with their label.
SINGLE_LABELS: dict[Kind, str] = {"birth date": "birthDate", "gender": "gender", "access code": "accessCode"}

#: Countries that the schema knows (Greece is GR; LI, CH and GB are not members).
COUNTRIES = frozenset({
    "BE", "BG", "CZ", "DK", "DE", "EE", "IE", "GR", "ES", "FR", "HR", "IS", "IT", "CY", "LV",
    "LT", "LU", "HU", "MT", "NL", "NO", "AT", "PL", "PT", "RO", "SI", "SK", "FI", "SE", "EU"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskField:
    """One field of the form.

    Attributes
    ----------
    label : without ``label.ism.``, e.g. ``nationalSocialSecurityNumber``.
    format : regular expression for the whole value; it comes from a peer, see ``ehdsi.search_mask.pattern``.
    description : the country's hint, English; ``original_description`` in its own language.
    mandatory : as published; see ``PersonSearch.is_mandatory`` for what it implies.
    domain : OID under which the value travels; identifiers only.
    """

    kind: Kind
    label: str
    format: str
    description: str = ""
    original_description: str | None = None
    mandatory: bool = False
    domain: str | None = None

    @property
    def key(self) -> str:
        """A name for the field in a form: the domain of an identifier, else the label."""
        return f"id.{self.domain}" if self.kind == "identifier" else self.label


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierGroup:
    """Identifiers that are filled in together; ``display`` names the alternative where there is a choice."""

    fields: tuple[MaskField, ...]
    display: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierBlock:
    """One ``identifier`` element: NORMAL has one group, CHOICE several of which the user picks one."""

    groups: tuple[IdentifierGroup, ...]
    choice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of the card (``media``); ``content`` is the decoded image."""

    content: bytes = field(repr=False)
    name: str | None = None
    file_extension: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSearch:
    """What is asked about a person. ``texts`` are names and address parts; the others occur at most once."""

    blocks: tuple[IdentifierBlock, ...]
    texts: tuple[MaskField, ...] = ()
    birth_date: MaskField | None = None
    gender: MaskField | None = None
    access_code: MaskField | None = None
    picture: Picture | None = None
    friendly_name: str = "ALL"
    scope: Scope = "ALL"

    @property
    def identifiers(self) -> tuple[MaskField, ...]:
        """All identifier fields of all alternatives, in order."""
        return tuple(one for block in self.blocks for group in block.groups for one in group.fields)

    @property
    def others(self) -> tuple[MaskField, ...]:
        """The fields beside the identifiers, in order."""
        single = (self.birth_date, self.gender, self.access_code)
        return self.texts + tuple(one for one in single if one is not None)

    @property
    def fields(self) -> tuple[MaskField, ...]:
        """All fields in the order in which a form shows them."""
        return self.identifiers + self.others

    def is_mandatory(self, asked: MaskField) -> bool:
        """Must this field be filled in?

        As published; and the only identifier is needed even where the country did not say so, for nobody
        can be found without one. Within a choice it holds for the alternative that the user picked.
        """
        return asked.mandatory or self.identifiers == (asked,)


#: How a name or a part of an address, a birth date and a sex may look where no country says so.
_TEXT, _DATE, _SEX = r"[^<>&]{1,100}", r"\d{4}-\d{2}-\d{2}", "M|F|UN"


def with_traits(search: PersonSearch, labels: Iterable[str]) -> PersonSearch:
    """The search with further optional fields; labels that it has, or that no mask knows, change nothing."""
    asked = {one.label for one in search.others}
    wanted = [label for label in labels if label not in asked]
    texts = tuple(MaskField(kind="text", label=label, format=_TEXT)
                  for label in wanted if label in TEXT_LABELS)
    found = replace(search, texts=search.texts + texts)
    if "birthDate" in wanted:
        found = replace(found, birth_date=MaskField(kind="birth date", label="birthDate", format=_DATE))
    if "gender" in wanted:
        found = replace(found, gender=MaskField(kind="gender", label="gender", format=_SEX))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSearch:
    """What is asked to find a prescription; read and written, not used for patient summaries."""

    prescription_id: MaskField | None = None
    dispensation_pin: MaskField | None = None
    picture: Picture | None = None
    friendly_name: str | None = None
    scope: Scope | None = None
