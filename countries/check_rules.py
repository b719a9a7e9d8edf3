"""The rules of the pack lint, one function each: a pack in, complaints out.

Their numbers follow the list of what a new country brings, ``docs/adding-a-country.md``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal
from zoneinfo import available_timezones

from countries import identifiers
from countries.codes import LISTS, CodeRow
from countries.model import Country, Persona
from countries.people import BY_POLICY
from ehdsi.cda.datatypes import Identifier
from ehdsi.oids import value_set
from ehdsi.search_mask import COUNTRIES, MaskField, PatternError, compile_pattern, fits
from ehdsi.terminology import Terminology
from ehdsi.terminology.code_map import WITHOUT_TARGET

Severity = Literal["error", "warning"]

#: Dotted decimal; the second arc is below 40 under the roots 0 and 1.
OID = re.compile(r"(?:[01]\.[1-3]?\d|2\.(?:0|[1-9]\d*))(?:\.(?:0|[1-9]\d*))*")

#: Named test patients that a country brings, unless a synthetic range makes up for them.
FEWEST_PERSONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """What a rule may look at."""

    country: Country
    others: tuple[Country, ...]
    today: date
    terminology: Terminology | None


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something wrong at ``path`` of ``file`` (a name inside the pack's folder)."""

    path: tuple[str | int, ...]
    expected: str
    got: str
    severity: Severity = "error"
    file: str = "country.toml"
    line: int = 0


Complaints = Iterator[Complaint]


def unfinished(pack: Pack) -> Complaints:
    """P-00: nothing says TO DO any more, as the keys of a new pack do (``ncpeh country new``)."""
    for file in ("country.toml", *(f"personas/{one.key}.toml" for one in pack.country.personas)):
        text = (pack.country.folder / file).read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), start=1):
            key, _, value = line.partition("=")
            if "TO DO" in value and not line.startswith("#"):
                yield Complaint((key.strip(' "'),), "a value", "TO DO", file=file, line=number)


def identity(pack: Pack) -> Complaints:
    """P-01: a code of the search mask's list, a time zone that exists, names without leftovers."""
    country = pack.country
    if country.code not in COUNTRIES:
        yield Complaint(("code",), "a country of the search mask (Greece is GR)", country.code)
    if country.time_zone not in available_timezones():
        yield Complaint(("time_zone",), "a zone of the tz database", country.time_zone)
    for language, name in (
        ("fr", country.names.fr),
        ("en", country.names.en),
        ("native", country.names.native),
    ):
        if not name.strip() or "TO DO" in name:
            yield Complaint(("names", language), "the name of the country", name or "nothing")


def oids(pack: Pack) -> Complaints:
    """P-02: OID syntax, no OID of another country, none that its country has given up."""
    mine = pack.country.oids
    named = [
        ("home_community", mine.home_community),
        ("document_root", mine.document_root),
        ("organisation_root", mine.organisation_root),
        ("professional_root", mine.professional_root),
        *(("patient_domains", oid) for oid in mine.patient_domains),
    ]
    for key, oid in named:
        if not OID.fullmatch(oid):
            yield Complaint(("oids", key), "dotted decimal numbers", oid)
    for other in pack.others:
        theirs = {other.oids.home_community, *other.oids.patient_domains}
        for key, oid in named:
            if key in ("home_community", "patient_domains") and oid in theirs:
                yield Complaint(("oids", key), "an OID of its own", f"{oid}, which is {other.code}'s")
    if mine.home_community.startswith("2.999."):
        yield Complaint(
            ("oids", "home_community"), "a registered OID", f"{mine.home_community}, an example", "warning"
        )
    stale = {oid for country in (pack.country, *pack.others) for oid in country.oids.outdated}
    if mine.home_community in stale:
        yield Complaint(
            ("oids", "home_community"), "the OID in use today", f"{mine.home_community}, given up"
        )


def services(pack: Pack) -> Complaints:
    """P-03: the patient summary is sent, and France may read it."""
    offered = {service.name: service for service in pack.country.services}
    if "PS-A" not in offered:
        yield Complaint(("services",), "PS-A", ", ".join(offered) or "nothing")
    elif "FR" not in offered["PS-A"].partners:
        yield Complaint(
            ("services", "PS-A", "partners"), "FR among them", ", ".join(offered["PS-A"].partners)
        )
    for service in offered.values():
        for partner in service.partners:
            if partner not in COUNTRIES:
                yield Complaint(("services", service.name, "partners"), "codes of countries", partner)


def certificates(pack: Pack) -> Complaints:
    """P-05: the subject names the country, and its CN follows the pattern of the trust framework."""
    subject = dict(pack.country.certificate_subject)
    if subject.get("C") != pack.country.code:
        yield Complaint(("certificate_subject",), f"C={pack.country.code}", f"C={subject.get('C', '')}")
    pattern = rf"\s?GRP:EHEALTH_NCP_[A-Z]+_{pack.country.code}_\d{{1,3}}"
    if not re.fullmatch(pattern, subject.get("CN", "")):
        yield Complaint(
            ("certificate_subject",),
            f"CN=GRP:EHEALTH_NCP_PPT_{pack.country.code}_001",
            f"CN={subject.get('CN', '')}",
        )


def versions(pack: Pack) -> Complaints:
    """P-06: wave and catalogue version are numbers."""
    declared = pack.country.declaration
    if not re.fullmatch(r"\d+(?:\.\d+)*", declared.mvc_version):
        yield Complaint(("declaration", "mvc_version"), "a version such as 8.1.0", declared.mvc_version)
    if not re.fullmatch(r"\d+(?:\.\d+)*", declared.wave):
        yield Complaint(("declaration", "wave"), "a number such as 8", declared.wave)


def search_mask(pack: Pack) -> Complaints:
    """P-07: formats compile, have no bar inside a class, fit the personas; domains are declared."""
    for group, number, field in _mask_fields(pack.country):
        path = ("search_mask", "group", group, "field", number, "format")
        try:
            compile_pattern(field.format)
        except PatternError as error:
            yield Complaint(path, "a regular expression", str(error))
            continue
        if re.search(r"\[[^\]]*\|[^\]]*\]", field.format):
            yield Complaint(
                path, "no vertical bar inside a class: it would stand for itself", field.format, "warning"
            )
        if field.domain not in pack.country.oids.patient_domains:
            yield Complaint(
                (*path[:-1], "identifier"), "a domain of oids.patient_domains", field.domain or "none"
            )
        for persona in pack.country.personas:
            for one in persona.identifiers:
                if one.root == field.domain and not fits(field, one.extension or ""):
                    yield _at(
                        persona, ("identifiers",), f"values that fit {field.format}", "one that does not"
                    )


def identifier_policy(pack: Pack) -> Complaints:
    """P-08: identifiers of personas keep the check-digit rule of their domain."""
    for persona in pack.country.personas:
        for one in persona.identifiers:
            rule = _rule_of(pack.country, one)
            if rule is not None and not rule.valid(one.extension or ""):
                severity: Severity = "warning" if rule.empirical else "error"
                yield _at(persona, ("identifiers",), f"check digits by {rule.name}", "another one", severity)


def answers(pack: Pack) -> Complaints:
    """P-09: personas can be answered as the country says it answers."""
    profile = pack.country.answer_profile
    for persona in pack.country.personas:
        if len(persona.name.family) > profile.family_names:
            yield _at(
                persona,
                ("person", "family"),
                f"at most {profile.family_names} as answer.family_names says",
                str(len(persona.name.family)),
            )
        if len(persona.birth_time) < 8 and profile.unknown_date == "none":
            yield _at(
                persona, ("person", "birth"), "a whole date, as answer.unknown_date says", "a part of it"
            )
        if persona.deceased_time and not profile.deceased:
            yield _at(persona, ("person", "deceased"), "nothing, as answer.deceased says", "a date")


def consent(pack: Pack) -> Complaints:
    """P-10: a consent model has its refusal and a persona who meets it; the notice speaks two languages."""
    agreed = pack.country.consent
    if agreed.model != "none":
        refusals = {answer for answer in agreed.refusals if answer in ("no_consent", "insufficient_rights")}
        if not refusals:
            yield Complaint(("consent", "refusals"), "no_consent or insufficient_rights", "neither")
        elif not any(persona.behaviour.answer in refusals for persona in pack.country.personas):
            yield Complaint(("consent", "model"), "a persona who is refused", "none")
    own = pack.country.languages[0].split("-")[0]
    if "fr" not in agreed.notice or (own != "fr" and own not in agreed.notice):
        yield Complaint(("consent", "notice"), f"addresses in fr and {own}", ", ".join(agreed.notice))


def documents(pack: Pack) -> Complaints:
    """P-11: both levels, linked by identifiers that differ; only sections that the country delivers."""
    policy = pack.country.documents
    if set(policy.levels) != {1, 3}:
        yield Complaint(("documents",), "both levels", ", ".join(map(str, policy.levels)) or "none")
    for key, pattern in (("l1_extension", policy.l1_extension), ("l3_extension", policy.l3_extension)):
        if "{patient}" not in pattern:
            yield Complaint(("documents", key), "{patient} in it", pattern)
    if policy.l1_extension == policy.l3_extension:
        yield Complaint(("documents", "l3_extension"), "another one than l1_extension", policy.l3_extension)
    for persona in pack.country.personas:
        summary = persona.summary
        delivered = [section.code.code for section in summary.sections if section.code] if summary else []
        for loinc in delivered:
            if loinc not in policy.sections:
                yield _at(persona, ("summary",), "sections of documents.sections", str(loinc))


def mappings(pack: Pack) -> Complaints:
    """P-12: pivot codes belong to their value set, and have French words."""
    if pack.terminology is None:
        return
    for row in pack.country.codes.rows:
        if row.kind in WITHOUT_TARGET or row.pivot_system is None:
            continue
        path = (row.list, row.code)
        oid, code = row.pivot_system.oid, row.pivot_code
        if pack.terminology.designation(oid, code, "fr-FR") is None:
            yield _in_codes(row, path, "a French designation", "none")
        if _outside(row, oid, pack.terminology):
            yield _in_codes(row, path, f"a code of value set {' or '.join(map(str, LISTS[row.list]))}", code)


def personas(pack: Pack) -> Complaints:
    """P-13: enough test patients, no identifier twice, and the cases that a partner has to see."""
    people = pack.country.personas
    ranges = [rule for rule in pack.country.identifier_rules if rule.synthetic is not None]
    if len(people) < FEWEST_PERSONS and not ranges:
        yield Complaint(("identifiers",), f"{FEWEST_PERSONS} personas or a synthetic range", str(len(people)))
    seen: dict[tuple[str | None, str | None], str] = {}
    for persona in people:
        one = persona.primary_identifier
        other = seen.setdefault((one.root, one.extension), persona.key)
        if other != persona.key:
            yield _at(persona, ("identifiers",), "an identifier of their own", f"that of {other}")
    if not any(persona.behaviour.answer == "ok" and persona.summary for persona in people):
        yield Complaint(("code",), "a persona with a summary", "none")


def switches_and_refusals(pack: Pack) -> Complaints:
    """P-10: a refusal says a code that stands on the wire."""
    for answer, refusal in pack.country.consent.refusals.items():
        if answer in BY_POLICY and not re.fullmatch(r"\d{4}|(?:ERROR|WARNING)_[A-Z_]+", refusal.code):
            yield Complaint(("consent", "refusals", answer, "code"), "4701, or ERROR_…", refusal.code)


def locale(pack: Pack) -> Complaints:
    """P-17: the locale is that of the documents, names are NFC, Faker has what the pack names."""
    where = pack.country.locale
    if where.bcp47 not in pack.country.languages:
        yield Complaint(("locale", "bcp47"), "a language of documents.languages", where.bcp47)
    from faker.config import AVAILABLE_LOCALES

    for name in where.faker:
        if name not in AVAILABLE_LOCALES:
            yield Complaint(("locale", "faker"), "locales that Faker has", name)
    for persona in pack.country.personas:
        text = " ".join((*persona.name.family, *persona.name.given))
        if not unicodedata.is_normalized("NFC", text):
            yield _at(persona, ("person", "family"), "composed letters (NFC)", "decomposed ones")


def deviations(pack: Pack) -> Complaints:
    """P-18: waivers have not ended."""
    for number, deviation in enumerate(pack.country.deviations):
        if deviation.until <= pack.today:
            yield Complaint(
                ("deviations", number, "until"), f"a day after {pack.today}", str(deviation.until)
            )


#: Number and name of each rule, and what judges it, in the order in which they are reported.
RULES: tuple[tuple[str, Callable[[Pack], Complaints]], ...] = (
    ("P-00 filled in", unfinished),
    ("P-01 identity", identity),
    ("P-02 OIDs", oids),
    ("P-03 services", services),
    ("P-05 certificates", certificates),
    ("P-06 versions", versions),
    ("P-07 search mask", search_mask),
    ("P-08 identifier policy", identifier_policy),
    ("P-09 identity answer", answers),
    ("P-10 consent", consent),
    ("P-10 refusal codes", switches_and_refusals),
    ("P-11 documents", documents),
    ("P-12 mappings", mappings),
    ("P-13 test patients", personas),
    ("P-17 locale", locale),
    ("P-18 deviations", deviations),
)


def _mask_fields(country: Country) -> Iterator[tuple[int, int, MaskField]]:
    for block in country.search_mask.patient.blocks:
        for group_number, group in enumerate(block.groups):
            for number, field in enumerate(group.fields):
                yield group_number, number, field


def _rule_of(country: Country, one: Identifier) -> identifiers.CheckRule | None:
    for rule in country.identifier_rules:
        if rule.domain == one.root:
            return identifiers.rule(rule.check)
    return None


def _at(
    persona: Persona, path: tuple[str | int, ...], expected: str, got: str, severity: Severity = "error"
) -> Complaint:
    return Complaint(path, expected, got, severity, file=f"personas/{persona.key}.toml")


def _in_codes(row: CodeRow, path: tuple[str | int, ...], expected: str, got: str) -> Complaint:
    return Complaint(path, expected, got, file="codes.tsv", line=row.line)


def _outside(row: CodeRow, oid: str, terminology: Terminology) -> bool:
    """True if all value sets of the row's list are known and none holds the code."""
    answers_ = [terminology.member(value_set(number), oid, row.pivot_code) for number in LISTS[row.list]]
    return bool(answers_) and all(answer is False for answer in answers_)
