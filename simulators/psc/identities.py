"""Test identities as data: ``fixtures/professionals/*.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ehdsi import oids
from ehdsi.errors import LocalError

FOLDER = Path(__file__).parents[2] / "fixtures" / "professionals"

_EXERCISE = (
    "codeProfession codeCategorieProfessionnelle codeCiviliteDexercice nomDexercice prenomDexercice "
    "codeTypeSavoirFaire codeSavoirFaire"
)
_ACTIVITY = (
    "codeModeExercice codeSecteurDactivite codeSectionPharmacien codeRole codeGenreActivite numeroSiretSite "
    "numeroSirenSite numeroFinessSite numeroFinessetablissementJuridique identifiantTechniqueDeLaStructure "
    "raisonSocialeSite enseigneCommercialeSite complementDestinataire complementPointGeographique numeroVoie "
    "indiceRepetitionVoie codeTypeDeVoie libelleVoie mentionDistribution bureauCedex codePostal codeCommune "
    "codePays telephone telephone2 telecopie adresseEMail codeDepartement ancienIdentifiantDeLaStructure "
    "autoriteDenregistrement"
)

#: Claims of an exercise that are texts; Pro Santé Connect sends those it does not know as empty ones.
EXERCISE_CLAIMS = tuple(_EXERCISE.split())

#: The same for an activity.
ACTIVITY_CLAIMS = tuple(_ACTIVITY.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One invented professional.

    Attributes
    ----------
    key : short stable name, for instance ``ada-generaliste``; what tests and scripts choose by.
    label : name as shown on the page.
    description : profession and activities in a few French words.
    expected : outcome that a service like Sesali should come to: ``admis``, or a code such as ``SES-020``.
    national_id : ``SubjectNameID``.
    userinfo : the claims, without ``sub``.
    """

    key: str
    label: str
    description: str
    expected: str
    national_id: str
    userinfo: Mapping[str, Any] = field(repr=False)


def load_identities(folder: Path = FOLDER) -> tuple[Identity, ...]:
    """Every identity of a folder, in the order of file names, then of the files.

    Raises
    ------
    LocalError : a file cannot be read or lacks something; says which and what.
    """
    found: dict[str, Identity] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
            for row in data.get("identity", ()):
                identity = _identity(row, data.get("places", {}))
                if identity.key in found:
                    raise LocalError(f"{path}: two identities are called {identity.key!r}")
                found[identity.key] = identity
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise LocalError(f"{path}: {error}") from None
        except KeyError as error:
            raise LocalError(f"{path}: an identity lacks {error}, or there is no such place") from None
    if not found:
        raise LocalError(f"{folder} holds no identities")
    return tuple(found.values())


def _identity(row: Mapping[str, Any], places: Mapping[str, Mapping[str, str]]) -> Identity:
    exercises = [_exercise(one, row, places) for one in row.get("exercices", ())]
    claims: dict[str, Any] = {
        "preferred_username": row["national_id"],
        "SubjectNameID": row["national_id"],
        "given_name": row["given_name"],
        "family_name": row["family_name"],
        "email_verified": False,
        "PSI_Locale": oids.FR_LOCAL_PROFESSIONALS,
        "Palier_Authentification": f"APPPRIP3^{oids.FR_AUTHENTICATION_LEVELS}",
        "Mode_Acces_Raison": "",
        "Acces_Regulation_Medicale": "FAUX",
        "UITVersion": "1.0",
        "authMode": row["auth_mode"],
        "otherIds": [_other_id(row)],
    }
    claims |= _present_situation(exercises)
    if not row.get("without_professional_data"):
        claims["SubjectRefPro"] = {"codeCivilite": row["civility"], "exercices": exercises}
    texts = {name: row[name] for name in ("key", "label", "description", "expected", "national_id")}
    return Identity(**texts, userinfo=claims)


def _other_id(row: Mapping[str, Any]) -> dict[str, Any]:
    origin, identifier = row["origin"], row["national_id"]
    number = identifier[1:] if origin == "RPPS" else identifier
    return {"identifiant": number, "origine": origin, "qualite": 1}


def _exercise(
    row: Mapping[str, Any], person: Mapping[str, Any], places: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    known = {name: row.get(name, "") for name in EXERCISE_CLAIMS}
    known |= {"nomDexercice": person["family_name"], "prenomDexercice": person["given_name"]}
    activities = [{name: places[key].get(name, "") for name in ACTIVITY_CLAIMS} for key in row["activities"]]
    return known | {"activities": activities}


def _present_situation(exercises: list[dict[str, Any]]) -> dict[str, Any]:
    """The claims at the top level that repeat the first activity."""
    activity = next((one for exercise in exercises for one in exercise["activities"]), None)
    codes = dict.fromkeys(one["codeProfession"] for one in exercises if one["codeProfession"])
    claims: dict[str, Any] = {"SubjectRole": [f"{code}^{oids.FR_SIMPLIFIED_ROLES}" for code in codes]}
    if activity is not None:
        sector = activity["codeSecteurDactivite"]
        claims |= {
            "SubjectOrganization": activity["raisonSocialeSite"],
            "SubjectOrganizationID": activity["identifiantTechniqueDeLaStructure"],
            "Secteur_Activite": f"{sector}^{oids.FR_ACTIVITY_SECTORS}" if sector else "",
        }
    return claims
