"""French words of the console."""

from __future__ import annotations

from datetime import timedelta

from simulators.clock import Clock

#: After a change: what was done.
DONE = {
    "faute": "La faute agit.",
    "retrait": "La faute n’agit plus.",
    "remise": "Le monde est remis à zéro : plus de faute, plus d’échange en mémoire. L’audit reste.",
    "horloge": "L’horloge du monde a avancé d’une heure.",
    "registre": "L’état du registre d’audit a changé.",
}

REPOSITORY_STATES = {"listening": "reçoit", "paused": "en pause", "stopped": "arrêté"}

#: What a foreign NCP answers for a patient.
BEHAVIOURS = {
    "ok": "synthèse complète",
    "no_match": "inconnu",
    "multiple_matches": "plusieurs personnes",
    "no_consent": "refus du patient",
    "insufficient_rights": "accès interdit",
    "no_summary": "pas de synthèse",
    "no_pdf": "pas de PDF",
    "missing_mapping_warning": "code non transcodé, avertissement",
    "missing_mapping_error": "code non transcodé, erreur",
    "missing_basic_sections": "rubrique obligatoire absente",
    "unreachable": "ne répond pas",
}


def clock_words(clock: Clock) -> str:
    """Whose time it is: ``figée``, ``décalée de 2 h``, or the machine's."""
    if hasattr(clock, "moment"):
        return "figée"
    offset = getattr(clock, "offset", timedelta())
    if not offset:
        return "celle de la machine"
    return f"décalée de {offset.total_seconds() / 3600:g}\u202fh".replace(".", ",")


def french_date(birth: str) -> str:
    """An HL7 date for a form: ``19850412`` becomes ``12/04/1985``; a shorter one keeps its precision."""
    parts = [birth[6:8], birth[4:6], birth[:4]]
    return "/".join(part for part in parts if part)


def remaining(count: int | None) -> str:
    """For how many requests a fault goes on acting."""
    if count is None:
        return "toujours"
    return f"encore {count} requête{'s' if count > 1 else ''}"
