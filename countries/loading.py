"""Reads a country pack from its folder: ``country.toml``, ``codes.tsv``, ``personas/*.toml``, pictures.

Packs lie in ``fixtures/countries/<CC>/``; any other folder of the same form can be loaded by its path.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

from countries import identifiers, switches
from countries.codes import CodeTable, System, read_codes
from countries.errors import PackError, UnknownCountry
from countries.masks import read_mask
from countries.model import (
    Answer,
    AnswerProfile,
    Attestation,
    Consent,
    Country,
    Declaration,
    Deviation,
    DocumentPolicy,
    IdentifierRule,
    Locale,
    Names,
    Oids,
    Persona,
    Refusal,
    Service,
    Step,
    SyntheticRange,
)
from countries.people import BY_POLICY, Home, read_address, read_personas
from countries.source import Table, read_toml
from ehdsi.cda.datatypes import Address, Identifier, PersonName, Telecom
from ehdsi.cda.model import Organization, Participation

#: The packs that come with the project.
PACKS = Path(__file__).parents[1] / "fixtures" / "countries"


def codes() -> tuple[str, ...]:
    """The codes of all packs of the project, sorted. Reads folder names only."""
    return tuple(sorted(folder.name for folder in PACKS.iterdir() if (folder / "country.toml").is_file()))


def load(code_or_path: str | os.PathLike[str]) -> Country:
    """One country, by its ISO 3166-1 code (``"HR"``) or by the path of its folder.

    The same folder is read once per process.

    Raises
    ------
    UnknownCountry : no such pack.
    PackError : something in the pack is wrong; names file, line, key, expected, got.
    """
    folder = Path(code_or_path)
    if not (folder / "country.toml").is_file():
        folder = PACKS / str(code_or_path).upper()
    if not (folder / "country.toml").is_file():
        raise UnknownCountry(f"no country pack {str(code_or_path)!r}; there are {', '.join(codes())}")
    return _load(folder.resolve())


def load_all() -> tuple[Country, ...]:
    """All countries of the project, by code."""
    return tuple(load(code) for code in codes())


@cache
def _load(folder: Path) -> Country:
    return read_country(folder)


def read_country(folder: Path) -> Country:
    """Read a pack anew, without the cache of :func:`load`."""
    table = read_toml(folder / "country.toml")
    home = _home(table, folder)
    country = Country(
        code=home.code,
        folder=folder,
        names=_names(table.table("names")),
        operator=table.text_of("operator"),
        time_zone=table.text_of("time_zone"),
        declaration=_declaration(table.table("declaration")),
        oids=home.oids,
        languages=home.documents.languages,
        services=_services(table.table("services")),
        consent=home.consent,
        answer_profile=_profile(table.table("answer")),
        documents=home.documents,
        certificate_subject=_subject(table),
        switches=home.switches,
        locale=_locale(table.table("locale")),
        identifier_rules=tuple(home.domains.values()),
        search_mask=read_mask(table.table("search_mask"), home.code, home.domains, folder),
        section_titles=home.titles,
        organisations=home.organisations,
        professionals=home.professionals,
        codes=home.codes,
        personas=read_personas(folder, home),
        custodian=home.custodian,
        authenticator=home.authenticator,
        author=home.author,
        products=home.products,
        deviations=_deviations(table),
        attestations=_attestations(table),
        make_synthetic=_synthetic,
    )
    table.done()
    return country


def _synthetic(country: Country, identifier: Identifier) -> Persona | None:
    """The generator of every pack; imported when somebody asks for one who is not named."""
    from countries.synthetic import make_synthetic

    return make_synthetic(country, identifier)


def _home(table: Table, folder: Path) -> Home:
    code = table.text_of("code")
    documents = _documents(table.table("documents"))
    organisations = {key: _organisation(one, code) for key, one in _each(table.table("organisations"))}
    oids = _oids(table.table("oids"))
    systems = _systems(table.table("systems"))
    codes = read_codes(folder / "codes.tsv", systems)
    header = table.table("header")
    professionals = {
        key: _professional(one, oids, organisations, codes)
        for key, one in _each(table.table("professionals"))
    }
    home = Home(
        code=code,
        codes=codes,
        oids=oids,
        domains=_identifiers(table.table("identifiers")),
        switches=_switches(table),
        consent=_consent(table.table("consent")),
        documents=documents,
        organisations=organisations,
        professionals=professionals,
        custodian=header.choice("custodian", tuple(organisations)),
        authenticator=header.choice("authenticator", tuple(professionals)),
        author=header.choice("author", tuple(professionals)),
        products=systems[header.choice("product_system", tuple(systems))]
        if header.has("product_system")
        else None,
        titles=_titles(table, documents),
    )
    header.done()
    return home


def _each(table: Table) -> list[tuple[str, Table]]:
    return [(key, table.table(key)) for key in table.names()]


def _names(table: Table) -> Names:
    names = Names(fr=table.text_of("fr"), en=table.text_of("en"), native=table.text_of("native"))
    table.done()
    return names


def _declaration(table: Table) -> Declaration:
    load = table.table("load", required=False)
    declared = Declaration(
        wave=table.text_of("wave"),
        mvc_version=table.text_of("mvc_version"),
        support=table.text_of("support"),
        environment=table.choice("environment", ("test", "ppt", "prod")),
        audit=table.mapping("audit"),
        load={key: load.whole(key) for key in load.names()},
    )
    table.done()
    return declared


def _oids(table: Table) -> Oids:
    oids = Oids(
        home_community=table.text_of("home_community"),
        patient_domains=table.texts("patient_domains"),
        document_root=table.text_of("document_root"),
        organisation_root=table.text_of("organisation_root"),
        professional_root=table.text_of("professional_root"),
        outdated=table.texts("outdated", ()),
    )
    table.done()
    return oids


def _services(table: Table) -> tuple[Service, ...]:
    found = []
    for name, one in _each(table):
        found.append(Service(name=name, since=one.text_of("since"), partners=one.texts("partners", ())))
        one.done()
    return tuple(found)


def _consent(table: Table) -> Consent:
    refusals: dict[Answer, Refusal] = {}
    declared = table.table("refusals")
    for name, one in _each(declared):
        answer = next((word for word in BY_POLICY if word == name), None)
        if answer is None:
            declared.fail(name, " | ".join(BY_POLICY), name)
        refusals[answer] = Refusal(
            step=one.choice("step", cast(tuple[Step, ...], get_args(Step))), code=one.text_of("code")
        )
        one.done()
    consent = Consent(
        model=table.choice("model", ("opt_in", "opt_out", "none")),
        where=table.text_of("where"),
        minors=table.text_of("minors"),
        refusals=refusals,
        notice=table.mapping("notice"),
    )
    table.done()
    return consent


def _profile(table: Table) -> AnswerProfile:
    profile = AnswerProfile(
        returned=frozenset(table.texts("returned")),
        family_names=table.whole("family_names"),
        given_in_one_element=table.flag("given_in_one_element", False),
        unknown_date=table.choice("unknown_date", ("truncate", "none")),
        deceased=table.flag("deceased"),
    )
    table.done()
    return profile


def _documents(table: Table) -> DocumentPolicy:
    every: tuple[Literal[1, 3], ...] = (1, 3)
    levels = tuple(level for level in every if table.flag(f"level{level}"))
    policy = DocumentPolicy(
        levels=levels,
        languages=table.texts("languages"),
        l1_extension=table.text_of("l1_extension"),
        l3_extension=table.text_of("l3_extension"),
        stored=table.flag("stored"),
        max_bytes=table.whole("max_bytes"),
        sections=table.texts("sections"),
        limits=table.texts("limits", ()),
    )
    if not policy.languages:
        table.fail("languages", "at least one language", "none")
    table.done()
    return policy


def _subject(table: Table) -> tuple[tuple[str, str], ...]:
    """``certificate_subject = ["C=HR", "O=…", …]``; values keep their leading spaces and commas."""
    pairs = []
    for text in table.texts("certificate_subject"):
        attribute, equals, value = text.partition("=")
        if not equals:
            table.fail("certificate_subject", "texts such as C=HR", text)
        pairs.append((attribute, value))
    return tuple(pairs)


def _switches(table: Table) -> frozenset[str]:
    for name in table.texts("switches", ()):
        if name not in switches.SWITCHES:
            table.fail("switches", "one of " + ", ".join(switches.SWITCHES), name)
    return frozenset(table.texts("switches", ()))


def _locale(table: Table) -> Locale:
    locale = Locale(
        bcp47=table.text_of("bcp47"),
        faker=table.texts("faker"),
        alphabet=table.text_of("alphabet"),
        name_template=table.text_of("name"),
        address_template=table.texts("address"),
    )
    table.done()
    return locale


def _identifiers(table: Table) -> dict[str, IdentifierRule]:
    return {key: _identifier(one) for key, one in _each(table)}


def _identifier(table: Table) -> IdentifierRule:
    check = table.choice("check", tuple(identifiers.RULES), "none")
    cleaners = table.texts("normalise", ())
    for cleaner in cleaners:
        if cleaner not in identifiers.CLEANERS:
            table.fail("normalise", "some of " + ", ".join(identifiers.CLEANERS), cleaner)
    domain = table.text_of("domain")
    synthetic = None
    if table.has("synthetic"):
        range_ = table.table("synthetic")
        synthetic = SyntheticRange(
            domain=domain, pattern=range_.text_of("pattern"), check=check, template=range_.text_of("template")
        )
        range_.done()
    rule = IdentifierRule(domain=domain, check=check, normalise=cleaners, synthetic=synthetic)
    table.done()
    return rule


def _systems(table: Table) -> dict[str, System]:
    found = {}
    for key, one in _each(table):
        found[key] = System(
            oid=one.text_of("oid"), name=one.text_of("name"), version=one.text_of("version", "")
        )
        one.done()
    return found


def _organisation(table: Table, country: str) -> Organization:
    identifier = Identifier(root=table.text_of("root"), extension=table.text_of("id", "") or None)
    telecoms = tuple(Telecom(value=value) for value in table.texts("telecom", ()))
    address = (
        read_address(table.table("address"), country) if table.has("address") else Address(country=country)
    )
    organisation = Organization(
        identifiers=(identifier,),
        names=(table.text_of("name"),),
        telecoms=telecoms or (Telecom(null_flavor="NI"),),
        addresses=(address,),
    )
    table.done()
    return organisation


def _professional(
    table: Table, oids: Oids, organisations: dict[str, Organization], codes: CodeTable
) -> Participation:
    """A person with a role, or a device (``device = "name of the software"``)."""
    organisation = organisations[table.choice("organisation", tuple(organisations))]
    device = table.text_of("device", "")
    person = None
    if not device:
        person = PersonName(
            family=table.texts("family"),
            given=table.texts("given"),
            prefix=table.texts("prefix", ()),
            suffix=table.texts("suffix", ()),
        )
    role = codes.row("role", table.text_of("role")) if table.has("role") else None
    if table.has("role") and role is None:
        table.fail("role", "a code of list 'role' in codes.tsv", table.data["role"])
    made = Participation(
        identifiers=(Identifier(root=oids.professional_root, extension=table.text_of("id")),),
        function=role.coded() if role else None,
        person=person,
        device=device or None,
        organization=organisation,
        addresses=organisation.addresses,
        telecoms=organisation.telecoms,
    )
    table.done()
    return made


def _titles(table: Table, documents: DocumentPolicy) -> dict[str, dict[str, str]]:
    """``[titles.hr-HR]``: the document's title and those of its sections, for each document language."""
    titles = table.table("titles")
    found = {language: titles.mapping(language, required=True) for language in documents.languages}
    titles.done()
    return found


def _deviations(table: Table) -> tuple[Deviation, ...]:
    found = []
    for one in table.tables("deviations"):
        found.append(Deviation(id=one.text_of("id"), reason=one.text_of("reason"), until=one.day("until")))
        one.done()
    return tuple(found)


def _attestations(table: Table) -> tuple[Attestation, ...]:
    found = []
    for one in table.tables("attestations"):
        found.append(
            Attestation(
                id=one.text_of("id"),
                result=one.choice("result", ("confirmed", "refused")),
                by=one.text_of("by"),
                on=one.day("on"),
                evidence=one.text_of("evidence"),
                until=one.day("until"),
            )
        )
        one.done()
    return tuple(found)


__all__ = ["PACKS", "PackError", "codes", "load", "load_all", "read_country"]
