"""ITI-38: the documents are listed, with metadata that are complete and true."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from countries import Persona
from ehdsi import oids
from ehdsi.registry import STATUS_SUCCESS
from ehdsi.xca_query import APPROVED, STABLE_ENTRY, TRANSFORM, DocumentEntry
from onboarding.bench import Bench
from onboarding.catalogue import check
from onboarding.expect import highest
from onboarding.looking import each, of_rules
from onboarding.model import Level, Observation
from onboarding.stimuli import letter

NEEDS = ("ITI-38",)
Look = Callable[[Bench, Persona, DocumentEntry], Iterator[Observation]]
RIM = f"{{{oids.NS_RIM}}}"


def _read(id: str, title: str, *rules: str) -> None:
    """A check that reports what the reader noticed under these rules."""

    def examine(bench: Bench) -> Iterator[Observation]:
        def look(persona: Persona) -> Iterator[Observation]:
            yield from of_rules(bench.listing(persona).findings, *rules, where=f"{persona.key} ITI-38")

        yield from each(bench, look, "ok", "no_summary", "no_pdf", "missing_mapping_warning")

    check(id=id, title=title, requirement=rules, chapter="list", needs=NEEDS)(examine)


_read("LIST-FORM", "the list holds entries, not references", "A-XCA-01")
_read("LIST-METADATA", "every entry has its mandatory slots, classifications, identifiers", "A-XCA-02")
_read("LIST-IDS", "home and repository are there, unique ids are distinct", "A-XCA-03")
_read("LIST-CODES", "class, type and format are the codes of the profile", "A-XCA-04")
_read("LIST-LINKS", "level 1 and level 3 are linked once, from level 1 to level 3", "A-XCA-05")
_read("LIST-PATIENT-FORM", "patient identifiers are CX", "A-XCA-06")
_read("LIST-EMPTY-FORM", "an empty list is one", "A-XCA-07")
_read("LIST-STATUS", "the status fits errors and content", "X-XCA-10")
_read("LIST-ERRORS", "errors have code, text and severity", "A-ERR-01")
_read("LIST-HASH-FORM", "hashes are hexadecimal SHA-1", "A-RET-04")


def _entries(
    id: str, title: str, requirement: str | tuple[str, ...], level: Level = "must"
) -> Callable[[Look], Look]:
    """A check that looks at every entry of every ordinary patient."""

    def enter(look: Look) -> Look:
        def examine(bench: Bench) -> Iterator[Observation]:
            def persons(persona: Persona) -> Iterator[Observation]:
                for entry in bench.listing(persona).entries:
                    yield from look(bench, persona, entry)

            yield from each(bench, persons)

        check(id=id, title=title, requirement=requirement, chapter="list", level=level, needs=NEEDS)(examine)
        return look

    return enter


def _wrong(
    persona: Persona, entry: DocumentEntry, what: str, where: str, expected: str, got: str
) -> Observation:
    return Observation(
        what=what,
        where=f"{persona.key} ITI-38 level {entry.level} {where}",
        expected=expected,
        got=got[:80],
        clause="IHE ITI TF-3 4.2.3; eHDSI XCA profile",
    )


@check(
    id="LIST-PRESENT",
    title="every promised document is listed, and nothing but success is said",
    requirement=("A-XCA-01", "A-XCA-07", "X-ERR-02", "A-ERR-01"),
    chapter="list",
    needs=NEEDS,
)
def present(bench: Bench) -> Iterator[Observation]:
    """Success, no errors, one entry for each level that the country offers."""

    def look(persona: Persona) -> Iterator[Observation]:
        if persona.summary is None:
            return
        answer, where = bench.listing(persona), f"{persona.key} ITI-38"
        if answer.status != STATUS_SUCCESS or answer.errors:
            yield Observation(
                what="an ordinary list is not a plain success",
                where=where,
                expected="Success",
                got=", ".join(one.code for one in answer.errors) or str(answer.status)[-20:],
            )
        levels = sorted(one.level or 0 for one in answer.entries)
        if levels != sorted(bench.country.documents.levels):
            yield Observation(
                what="the list does not hold the promised levels",
                where=where,
                got=str(levels),
                expected=str(sorted(bench.country.documents.levels)),
            )

    yield from each(bench, look)


@_entries("LIST-HOME", "home is the home community of the candidate", "A-XCA-03")
def home(bench: Bench, persona: Persona, entry: DocumentEntry) -> Iterator[Observation]:
    """``home`` without its prefix equals the OID of the pack."""
    wanted = bench.country.oids.home_community
    if entry.home_community_id != wanted:
        yield _wrong(
            persona,
            entry,
            "home is another community",
            "@home",
            f"urn:oid:{wanted}",
            str(entry.home_community_id),
        )


@_entries("LIST-CLASS", "class and type code are 60591-5 of LOINC", "A-XCA-04")
def class_code(bench: Bench, persona: Persona, entry: DocumentEntry) -> Iterator[Observation]:
    """Both classifications name the patient summary."""
    for name, coded in (("class", entry.class_code), ("type", entry.type_code)):
        if coded is None or (coded.code, coded.code_system) != (
            oids.DOCUMENT_CODE_PATIENT_SUMMARY,
            oids.LOINC,
        ):
            yield _wrong(
                persona,
                entry,
                f"the {name} code is not the patient summary's",
                name,
                f"60591-5 {oids.LOINC}",
                f"{coded.code} {coded.code_system}" if coded else "none",
            )


@_entries("LIST-CONFIDENTIALITY", "confidentiality is N, R or V of its code system", "A-XCA-04")
def confidentiality(bench: Bench, persona: Persona, entry: DocumentEntry) -> Iterator[Observation]:
    """The code and its scheme."""
    coded = entry.confidentiality
    if coded is None or coded.code not in ("N", "R", "V") or coded.code_system != oids.CONFIDENTIALITY:
        yield _wrong(
            persona,
            entry,
            "the confidentiality code is not one of the profile",
            "confidentialityCode",
            f"N, R or V of {oids.CONFIDENTIALITY}",
            str(coded.code) if coded else "none",
        )


@_entries("LIST-FACILITY", "the facility type is the country", "A-XCA-02", level="should")
def facility(bench: Bench, persona: Persona, entry: DocumentEntry) -> Iterator[Observation]:
    """eHDSI uses the ISO code of country A."""
    if entry.facility_type is None or entry.facility_type.code != bench.country.code:
        got = str(entry.facility_type.code) if entry.facility_type else "none"
        yield _wrong(
            persona,
            entry,
            "the facility type is not the country",
            "healthcareFacilityTypeCode",
            bench.country.code,
            got,
        )


@_entries("LIST-MIME", "the media type of every entry is text/xml", "A-XCA-02")
def mime(bench: Bench, persona: Persona, entry: DocumentEntry) -> Iterator[Observation]:
    """Level 1 too: a PDF travels inside a CDA document."""
    if entry.mime_type != "text/xml":
        yield _wrong(
            persona, entry, "the media type is another", "@mimeType", "text/xml", str(entry.mime_type)
        )


@_entries("LIST-APPROVED", "entries are stable and approved", "A-XCA-02")
def approved(bench: Bench, persona: Persona, entry: DocumentEntry) -> Iterator[Observation]:
    """Status and object type."""
    if entry.status != APPROVED:
        yield _wrong(
            persona, entry, "an entry is not approved", "@status", "…:Approved", str(entry.status)[-30:]
        )
    if entry.object_type != STABLE_ENTRY:
        yield _wrong(
            persona,
            entry,
            "an entry is no stable document entry",
            "@objectType",
            STABLE_ENTRY,
            str(entry.object_type),
        )


@_entries("LIST-LANGUAGE", "languages are tags of the pack", ("A-XCA-02", "X-XCA-09"), level="should")
def language(bench: Bench, persona: Persona, entry: DocumentEntry) -> Iterator[Observation]:
    """``ll-CC`` and one of the document languages that the pack promises."""
    promised = bench.country.documents.languages
    if entry.language not in promised:
        yield _wrong(
            persona,
            entry,
            "the language is not one that the pack promises",
            "languageCode",
            " or ".join(promised),
            str(entry.language),
        )


@_entries("LIST-PATIENT", "the patient of every entry is the one of the query", ("A-XCA-06", "X-CON-01"))
def patient(bench: Bench, persona: Persona, entry: DocumentEntry) -> Iterator[Observation]:
    """Both places that hold the identifier."""
    wanted = bench.patient(persona)
    for name, identifier in (("patientId", entry.patient_id), ("sourcePatientId", entry.source_patient_id)):
        if identifier != wanted:
            yield _wrong(
                persona,
                entry,
                "the list names another patient than the query",
                name,
                "the identifier of the query",
                "another one" if identifier else "none",
            )


@_entries(
    "LIST-CREATED", "creation times are past, and after the birth of the patient", ("X-CON-04", "X-SEM-04")
)
def created(bench: Bench, persona: Persona, entry: DocumentEntry) -> Iterator[Observation]:
    """A time in the future, or before the patient was born, is wrong."""
    now = f"{bench.clock():%Y%m%d%H%M%S}"
    time = entry.creation_time or ""
    if time[:8] > now[:8]:
        yield _wrong(
            persona, entry, "a document was created in the future", "creationTime", f"up to {now}", time
        )
    if time and time[:4] < persona.birth_time[:4]:
        yield _wrong(
            persona,
            entry,
            "a document is older than its patient",
            "creationTime",
            "after the birth of the patient",
            time[:4],
        )


@check(
    id="LIST-LINK",
    title="two levels have exactly one transform association, from level 1 to level 3",
    requirement="A-XCA-05",
    chapter="list",
    needs=NEEDS,
)
def link(bench: Bench) -> Iterator[Observation]:
    """No other number, no other direction."""

    def look(persona: Persona) -> Iterator[Observation]:
        answer = bench.listing(persona)
        by_level = {one.level: one.entry_id for one in answer.entries}
        links = [one for one in answer.associations if one.association_type == TRANSFORM]
        wanted = [(by_level[1], by_level[3])] if {1, 3} <= set(by_level) else []
        if [(one.source, one.target) for one in links] != wanted:
            yield Observation(
                what="level 1 and level 3 are not linked as they should be",
                where=f"{persona.key} ITI-38 Association",
                clause="eHDSI XCA profile",
                expected=f"{len(wanted)} association(s) from level 1 to level 3",
                got=f"{len(links)}, other number or direction",
            )

    yield from each(bench, look)


@check(
    id="LIST-STABLE",
    title="a repeated query gives the same documents in the same order",
    requirement=("A-XCA-08", "X-XCA-11"),
    chapter="list",
    level="should",
    needs=NEEDS,
)
def stable(bench: Bench) -> Iterator[Observation]:
    """Unique ids and order over three repeats."""
    first = [one.unique_id for one in bench.listing(bench.good).entries]
    for _ in range(3):
        again = [one.unique_id for one in bench.send(letter(bench, "ITI-38")).listing().entries]
        if again != first:
            yield Observation(
                what="a repeated query lists other documents, or in another order",
                where="ITI-38",
                expected="the same unique ids",
                got="others",
                clause="IHE ITI TF-3 4.2.3.2.26",
            )
            return


@check(
    id="LIST-ONE-PER-LEVEL",
    title="one current summary per level",
    requirement="X-XCA-11",
    chapter="list",
    level="should",
    needs=NEEDS,
)
def one_per_level(bench: Bench) -> Iterator[Observation]:
    """Older versions are not listed beside the current one."""

    def look(persona: Persona) -> Iterator[Observation]:
        levels = [one.level for one in bench.listing(persona).entries]
        if len(set(levels)) != len(levels):
            yield Observation(
                what="a level is listed several times",
                where=f"{persona.key} ITI-38",
                expected="one entry per level",
                got=str(sorted(map(str, levels))),
            )

    yield from each(bench, look)


@check(
    id="LIST-NO-SUMMARY",
    title="a patient without summary: an empty list and the warning 1102",
    requirement=("A-XCA-07", "X-ERR-02"),
    chapter="list",
    needs=NEEDS,
)
def no_summary(bench: Bench) -> Iterator[Observation]:
    """Neither an error of another kind nor silence."""

    def look(persona: Persona) -> Iterator[Observation]:
        answer, where = bench.listing(persona), f"{persona.key} ITI-38"
        codes = [one.code for one in answer.errors]
        if answer.entries:
            yield Observation(
                what="documents are listed for a patient who has none",
                where=where,
                expected="none",
                got=str(len(answer.entries)),
            )
        if "1102" not in codes:
            yield Observation(
                what="the empty list does not say that there is no summary",
                where=where,
                expected="1102",
                got=", ".join(codes) or "no code",
                clause="eHDSI XCA profile",
            )
        yield from highest(bench.listed(persona).reply, answer.errors)

    yield from each(bench, look, "no_summary")


@check(
    id="LIST-CHILD-ORDER",
    title="children of an entry stand in the order of the schema",
    requirement="A-XCA-02",
    chapter="list",
    needs=NEEDS,
)
def child_order(bench: Bench) -> Iterator[Observation]:
    """Slot, Name, Description, VersionInfo, Classification, ExternalIdentifier (RIM 3.0)."""
    order = [
        "Slot",
        "Name",
        "Description",
        "VersionInfo",
        "Classification",
        "ExternalIdentifier",
        "ContentVersionInfo",
    ]
    for element in bench.listed(bench.good).reply.payload.iter(f"{RIM}ExtrinsicObject"):
        places = [
            order.index(name)
            for name in (str(one.tag).rpartition("}")[2] for one in element)
            if name in order
        ]
        if places != sorted(places):
            yield Observation(
                what="the children of an entry stand in another order than in the schema",
                where="ITI-38 ExtrinsicObject",
                expected=", ".join(order[:6]),
                got="another order",
                clause="ebXML RegRep 3.0, rim.xsd",
            )
            return
