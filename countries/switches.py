"""Differences between countries that change what a program does: one closed list, each implemented once.

A pack names the switches that hold for it (``switches = ["two_family_names"]``); a name that is not here is
refused. What a switch does is said here; who obeys it is said in ``obeyed_by``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A named difference: what it means, and which room obeys it."""

    name: str
    meaning: str
    obeyed_by: str


_ALL = (
    Switch(
        name="patient_birth_date_required",
        obeyed_by="countries.matching",
        meaning="an identifier alone finds nobody: the birth date has to come with it and to agree",
    ),
    Switch(
        name="language_communication",
        obeyed_by="countries.people",
        meaning="the header says which language the patient speaks",
    ),
    Switch(
        name="set_id",
        obeyed_by="countries.documents",
        meaning="both levels of a summary carry one setId and a version number",
    ),
    Switch(
        name="joined_given_names",
        obeyed_by="countries.people",
        meaning="several given names stand in one element, several family names too",
    ),
    Switch(
        name="postal_code_unknown",
        obeyed_by="countries.people",
        meaning="addresses leave without a postal code",
    ),
    Switch(
        name="hidden_data_notice",
        obeyed_by="countries.people",
        meaning="where a patient has hidden something, the summary says so and is marked restricted",
    ),
    Switch(
        name="preferred_organisation_only",
        obeyed_by="countries.people",
        meaning="the preferred contact is an organisation, never a named professional",
    ),
)

SWITCHES: dict[str, Switch] = {switch.name: switch for switch in _ALL}
