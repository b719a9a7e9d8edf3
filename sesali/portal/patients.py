"""The person whom a country found, as the verification page and the banner show them. Pure.

Source: IHE ITI-55 answer; what the country sent is shown as received, nothing is added.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ehdsi.cda.datatypes import PersonName, Time
from ehdsi.cda.model import Guardian
from ehdsi.terminology import Terminology
from ehdsi.xcpd import MatchedPatient
from sesali.french.dates import age, age_at, date_words, is_minor, moment
from sesali.french.identity import masked
from sesali.french.people import address_words, name_words
from sesali.french.view import Banner
from sesali.identify import Identified
from sesali.portal.words import NBSP, country_words

_SEXES = {"F": ("Féminin", "Née"), "M": ("Masculin", "Né"), "UN": ("Indifférencié", "Naissance")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What stands on the verification page.

    Attributes
    ----------
    rows : (label, text, language) in order; the language is empty for French.
    more : rows behind « Autres informations reçues ».
    guardians : legal representatives, (words, relation in French, language of the words).
    deceased, minor : sentences, empty when they do not apply.
    """

    rows: tuple[tuple[str, str, str], ...]
    more: tuple[tuple[str, str, str], ...] = ()
    guardians: tuple[tuple[str, str, str], ...] = ()
    deceased: str = ""
    minor: str = ""
    is_minor: bool = False


def found_view(identified: Identified, now: datetime, terminology: Terminology | None = None) -> Found:
    """The person for comparison with a document that carries a photograph.

    ``terminology`` gives the French words of the relation of a legal representative.
    """
    patient = identified.patient
    country = country_words(identified.country)
    name = patient.names[0] if patient.names else PersonName()
    language = country.language
    rows = [("Nom de famille", " ".join(name.family) or name.text or "non transmis", language),
            ("Prénoms", " ".join(name.given) or "non transmis", language if name.given else "")]
    rows += [("Autre écriture", " ".join((*other.given, *other.family)), "") for other in patient.names[1:3]]
    dead = bool(patient.deceased or patient.deceased_time)
    rows += [("Date de naissance", _birth(patient.birth_time, None if dead else now), ""),
             ("Sexe", _sex(patient.gender)[0], ""),
             ("Identifiant", patient.identifiers[0].extension or "", "")]
    rows += [("Adresse", address_words(one), "") for one in patient.addresses[:1] if address_words(one)]
    more = [("Autre identifiant", one.extension or "", "") for one in patient.identifiers[1:]]
    more += [("Autre adresse", address_words(one), "") for one in patient.addresses[1:]]
    more += [("Contact", (one.value or "").removeprefix("tel:").removeprefix("mailto:"), "")
             for one in patient.telecoms if one.value]
    minor = bool(patient.birth_time) and not dead and is_minor(Time(value=patient.birth_time), now)
    guardians = tuple(_guardian(one, language, terminology) for one in patient.guardians)
    return Found(rows=tuple(rows), more=tuple(more), guardians=guardians, deceased=_deceased(identified),
                 is_minor=minor, minor=_minor(patient.birth_time, now) if minor else "")


def _guardian(guardian: Guardian, language: str, terminology: Terminology | None) -> tuple[str, str, str]:
    """Name and ways to reach a legal representative, the relation in French where the code is known."""
    words = [name_words(guardian.person)] if guardian.person is not None else []
    words += [(one.value or "").removeprefix("tel:").removeprefix("mailto:") for one in guardian.telecoms]
    words += [address_words(one) for one in guardian.addresses]
    code, relation = guardian.code, ""
    if code is not None and code.code:
        designation = terminology.designation(code.code_system, code.code, "fr-FR") if terminology else None
        relation = designation.text if designation is not None else code.display_name or code.code
    return ", ".join(word for word in words if word), relation, language


def banner_of(identified: Identified, now: datetime) -> Banner:
    """The banner before the summary is there: the same place, the same words, the identifier masked."""
    patient = identified.patient
    name = patient.names[0] if patient.names else PersonName()
    country = country_words(identified.country)
    sex, born = _sex(patient.gender)
    found = moment(Time(value=patient.birth_time)) if patient.birth_time else None
    link = " le" if found and found.day else " en" if found else f"{NBSP}:"
    minor = bool(patient.birth_time) and is_minor(Time(value=patient.birth_time), now)
    deceased = _death_words(patient)
    return Banner(
        family=" ".join(name.family) or name.text or "nom non transmis", given=" ".join(name.given), extra="",
        lang=country.language, birth=f"{born}{link} {_birth(patient.birth_time, None if deceased else now)}",
        sex=sex, identifier=masked(patient.identifiers[0]), country=country.name,
        deceased=deceased,
        minor=f"{'Mineure' if patient.gender == 'F' else 'Mineur'}" if minor and not deceased else "")


def with_death(banner: Banner, identified: Identified) -> Banner:
    """The banner of the document, which has no place for a death, with what the identification said."""
    words = _death_words(identified.patient)
    if banner.deceased or not words:
        return banner
    return replace(banner, deceased=words, minor="", birth=banner.birth.partition(" (")[0])


def _death_words(patient: MatchedPatient) -> str:
    """« Décédé le 17 février 2024 à 92 ans », as far as it is known; empty for the living."""
    if not patient.deceased and not patient.deceased_time:
        return ""
    word = "Décédée" if patient.gender == "F" else "Décédé"
    time = Time(value=(patient.deceased_time or "")[:8] or None)
    found = moment(time)
    if found is None:
        return word
    years = age_at(Time(value=patient.birth_time), found.earliest) if patient.birth_time else ""
    return f"{word} {'le' if found.day else 'en'} {date_words(time)}" + (f" à {years}" if years else "")


def _birth(value: str | None, now: datetime | None) -> str:
    """The date in words, with the age in brackets unless ``now`` is None (of the dead)."""
    if not value:
        return "non transmise"
    time = Time(value=value[:8])
    found = moment(time)
    if found is None:
        return f"« {value} » (telle que reçue)"
    years = age(time, now) if now is not None else ""
    if found.day:
        return f"{date_words(time)} ({years})" if years else date_words(time)
    unknown = "jour inconnu" if found.month else "jour et mois inconnus"
    return f"{date_words(time)} ({unknown}{f'{NBSP}; {years}' if years else ''})"


def _sex(code: str | None) -> tuple[str, str]:
    return _SEXES.get(code or "", ("non transmis", "Naissance"))


def _deceased(identified: Identified) -> str:
    patient = identified.patient
    if not patient.deceased and not patient.deceased_time:
        return ""
    when = f" le {date_words(Time(value=patient.deceased_time[:8]))}" if patient.deceased_time else ""
    country = country_words(identified.country).le
    return (f"{country} déclare cette personne décédée{when}. Vérifiez que vous n’utilisez pas l’identité "
            "d’une autre personne.")


def _minor(value: str | None, now: datetime) -> str:
    return (f"Patient mineur ({age(Time(value=value), now)}){NBSP}: l’accord est donné par un représentant "
            "légal ou selon les règles applicables aux soins.")
