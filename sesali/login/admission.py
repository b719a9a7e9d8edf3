"""Who may read summaries: from the user info of Pro Santé Connect to activities, by rules that are data.

Pro Santé Connect proves who somebody is and hands over what the directory knows; it neither admits nor
chooses. A person has exercises, an exercise has activities; each pair is judged on its own, and the person
chooses among those that give access. Nothing here can fail: what cannot be read gives no access.

Source: Pro Santé Connect, claims of the user info (``SubjectRefPro``); admission as published for Sesali.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ehdsi import oids
from sesali.login.rules import Rules, rules
from sesali.login.values import Activity, Admission, Claims, Ineligible
from sesali.outcomes import Notice, notice


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exercise:
    """The codes of one exercise."""

    profession: str
    category: str
    specialty: str


def admit(userinfo: Claims, *, by: Rules | None = None) -> Admission:
    """The person and their activities, each judged by ``admission.toml`` (or other rules).

    Parameters
    ----------
    userinfo : claims of the user info, already verified; odd shapes are read as absent.
    """
    by = by or rules()
    identifier = _text(userinfo.get("SubjectNameID"))
    exercises = _dicts(_dict(userinfo.get("SubjectRefPro")).get("exercices"))
    known = any(re.fullmatch(pattern, identifier) for pattern in by.identifiers)
    judged = tuple(_judged(exercises, by)) if known else ()
    activities = tuple(one for one in judged if isinstance(one, Activity))
    ineligible = tuple(one for one in judged if isinstance(one, Ineligible))
    code = "" if activities else "SES-023" if not known else _nearest(ineligible, by)
    return Admission(
        identifier=identifier, name=_name(userinfo, exercises, by), activities=activities,
        ineligible=ineligible, refusal=notice(code) if code else None,
        authn_context=by.authn_context.get(_text(userinfo.get("authMode")), by.authn_context[""]))


def _judged(exercises: tuple[dict[str, Any], ...], by: Rules) -> Iterator[Activity | Ineligible]:
    for place, raw in enumerate(exercises):
        exercise = _Exercise(
            profession=_text(raw.get("codeProfession")), specialty=_text(raw.get("codeSavoirFaire")),
            category=_text(raw.get("codeCategorieProfessionnelle")))
        reason = _refusal(exercise, by)
        activities = _dicts(raw.get("activities"))
        if not activities:
            yield Ineligible(place="", hint=_called(exercise, by), reason=reason or notice("SES-022"))
        for number, activity in enumerate(activities):
            sector = by.sectors_refused.get(_text(activity.get("codeSecteurDactivite")))
            why = reason or (notice(sector) if sector else None)
            if why is None:
                yield _activity(f"{place}-{number}", exercise, activity, by)
            else:
                yield Ineligible(place=_place(activity), hint=_hint(exercise, activity, by), reason=why)


def _refusal(exercise: _Exercise, by: Rules) -> Notice | None:
    """Why this exercise gives no access; ``None`` when it does."""
    if not exercise.profession:
        return notice("SES-023")
    profession = by.professions.get(exercise.profession)
    if profession is None or (exercise.category == "E" and not profession.students):
        return notice("SES-020")
    refused = by.specialties_refused.get(exercise.specialty)
    return notice(refused) if refused else None


def _nearest(ineligible: tuple[Ineligible, ...], by: Rules) -> str:
    found = {one.reason.code for one in ineligible}
    return next((code for code in by.refusals if code in found), "SES-022")


def _activity(key: str, exercise: _Exercise, raw: dict[str, Any], by: Rules) -> Activity:
    mode, sector = _text(raw.get("codeModeExercice")), _text(raw.get("codeSecteurDactivite"))
    facility = next(row for row in by.facilities
                    if row.fits(sector=sector, profession=exercise.profession, mode=mode))
    finess = _text(raw.get("numeroFinessSite"))
    return Activity(
        key=key, place=_place(raw), hint=_hint(exercise, raw, by), profession_code=exercise.profession,
        profession=_called(exercise, by), role_code=by.professions[exercise.profession].role,
        facility_type=facility.type, permissions=by.permissions,
        organization_id=f"urn:hl7ii:{oids.FR_STRUCTURES}:{finess}" if finess else "",
        locality=_town(raw) or _text(raw.get("codePostal")) or "France")


def _called(exercise: _Exercise, by: Rules) -> str:
    """Specialty or profession, with a word for students and the military."""
    profession = by.professions.get(exercise.profession)
    name = profession.name if profession else by.professions_refused.get(
        exercise.profession, "Profession non renseignée" if not exercise.profession else "Autre profession")
    called = by.specialties.get(exercise.specialty, name)
    category = by.categories.get(exercise.category)
    return f"{called} ({category})" if category else called


def _hint(exercise: _Exercise, raw: dict[str, Any], by: Rules) -> str:
    where = " ".join(part for part in (_text(raw.get("codePostal")), _town(raw)) if part)
    parts = (_called(exercise, by), by.modes.get(_text(raw.get("codeModeExercice")), ""), where)
    return ", ".join(part for part in parts if part)


def _place(raw: dict[str, Any]) -> str:
    sign = _text(raw.get("enseigneCommercialeSite")) or _text(raw.get("raisonSocialeSite"))
    return _spoken(sign) if sign else "Lieu d’exercice non renseigné"


def _town(raw: dict[str, Any]) -> str:
    """The town in ``bureauCedex``, which repeats the postcode and may end with CEDEX and a number."""
    text = re.sub(r"^\d{5}\s*|\s+CEDEX(\s+\d+)?$", "", _text(raw.get("bureauCedex")), flags=re.IGNORECASE)
    return _spoken(text)


def _name(userinfo: Claims, exercises: tuple[dict[str, Any], ...], by: Rules) -> str:
    titles = (by.titles.get(_text(one.get("codeCiviliteDexercice"))) for one in exercises)
    title = next((one for one in titles if one), "")
    names = (_spoken(_text(userinfo.get(claim))) for claim in ("given_name", "family_name"))
    name = " ".join(part for part in names if part)
    return " ".join(part for part in (title, name) if part) or "Nom non renseigné"


#: Registered in capitals because they are abbreviations.
_ABBREVIATIONS = frozenset({"CH", "CHR", "CHRU", "CHU", "CPTS", "EHPAD", "HAD", "SAMU", "SCM", "SMUR"})
#: Small words that stay small inside a name of several words.
_SMALL = frozenset({"DE", "DU", "DES", "LA", "LE", "LES", "ET", "AU", "AUX"})


def _spoken(text: str) -> str:
    """Directory capitals as one writes them: ``CHU DE RENNES`` as ``CHU de Rennes``; mixed case stays."""
    if text != text.upper():
        return text
    words = text.split()
    return " ".join(
        word if word in _ABBREVIATIONS else word.lower() if place and word in _SMALL else _capitalised(word)
        for place, word in enumerate(words))


def _capitalised(word: str) -> str:
    """Each part of a word with a capital, but an elided article: ``L'EXEMPLE`` as ``l'Exemple``."""
    parts = re.split(r"(['’-])", word.lower())
    elided = len(parts) > 2 and parts[0] in ("d", "l") and parts[1] in "'’"
    return "".join(part if elided and not place else part.capitalize() for place, part in enumerate(parts))


def _text(value: object) -> str:
    """A claim as text that any page and any assertion can hold: no control characters, 200 at most."""
    if not isinstance(value, str):
        return ""
    return " ".join("".join(one if one.isprintable() else " " for one in value).split())[:200]


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> tuple[dict[str, Any], ...]:
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()
