"""Documents of synthetic patients: valid, without findings, every coded term in French."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path

import pytest
from lxml import etree

import countries
from countries.documents import SummaryDocument, documents_of
from countries.model import Persona
from countries.synthetic import identifiers, patient
from countries.synthetic.national import LOCAL, mapped_codes
from countries.synthetic.tables import model
from ehdsi import oids
from ehdsi.cda.parse import parse as read_summary
from ehdsi.rules import RuleContext, run
from ehdsi.terminology import Terminology, load, transcode_summary, translate_summary
from ehdsi.xml import parse
from tests.reference import needs_reference, reference

CODES = countries.codes()
NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
every_country = pytest.mark.parametrize("code", CODES)


@cache
def terminology() -> Terminology:
    return load(Path(__file__).parents[2] / "fixtures" / "terminology")


@cache
def sample(code: str) -> tuple[tuple[Persona, tuple[SummaryDocument, ...]], ...]:
    """Four patients of a country with much to say, and their documents."""
    country = countries.load(code)
    people = [patient(country, one, burden=2.6) for one in islice(identifiers(country, 17), 4)]
    return tuple((one, documents_of(country, one, terminology(), NOW)) for one in people if one is not None)


@needs_reference
@every_country
def test_level_3_is_valid_under_the_foreign_schema(code: str) -> None:
    """National and pivot form of each sampled patient are valid CDA."""
    schema = _schema()
    for _, documents in sample(code):
        for one in documents:
            if one.level == 3:
                assert schema.validate(etree.fromstring(one.content)), str(schema.error_log[:2])


@needs_reference
def test_level_1_is_valid_under_the_foreign_schema() -> None:
    """The PDF document of a synthetic patient is valid CDA."""
    schema = _schema()
    documents = sample("CZ")[0][1]
    level1 = next(one for one in documents if one.level == 1)
    assert schema.validate(etree.fromstring(level1.content)), str(schema.error_log[:2])


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(reference("schemas", "cda-2022", "CDA_Pharma.xsd"))))


@every_country
def test_no_error_under_our_rules(code: str) -> None:
    """No rule of ours finds an error in the pivot, traits and sender known; nor does transcoding."""
    for persona, documents in sample(code):
        for one in documents:
            assert not [issue.text for issue in one.issues if issue.severity == "error"]
            if one.level == 3 and one.form == "pivot":
                context = RuleContext(
                    now=NOW,
                    country=code,
                    patient_id=persona.primary_identifier,
                    form="pivot",
                    family_names=persona.name.family,
                    given_names=persona.name.given,
                    birth_date=persona.birth_time,
                    size=len(one.content),
                    raw=one.content,
                )
                findings = run(parse(one.content), context).findings
                assert not [finding for finding in findings if finding.severity == "error"]


@every_country
def test_every_term_becomes_french(code: str) -> None:
    """Nothing of the pivot stays untranslated, and nothing is lost when it is read back."""
    country = countries.load(code)
    for persona, documents in sample(code):
        assert persona.summary is not None
        pivot = transcode_summary(persona.summary, country.code_map, terminology()).summary
        without = repr(pivot).count(f"code='{LOCAL}")
        assert len(translate_summary(pivot, terminology()).warnings) <= without
        content = next(one.content for one in documents if one.form == "pivot" and one.level == 3)
        read = read_summary(content)
        assert not [remark for remark in read.remarks if remark.kind == "unread"]
        assert [len(one.entries) for one in read.sections] == [
            len(one.entries) for one in persona.summary.sections
        ]


def test_every_code_of_the_model_has_french_words() -> None:
    """Each pivot code that the tables can produce is in the terminology with a French designation."""
    tables, wanted = model(), set[tuple[str, str]]()
    wanted |= {(oids.ICD_10, row.code) for row in tables.conditions.values()}
    for rows in tables.medications.values():
        for row in rows:
            cells = row.cells
            wanted |= {
                (oids.ATC, row.atc),
                (oids.ATC, cells["ing1_atc"]),
                (oids.EDQM, cells["form"]),
                (oids.EDQM, cells["route"]),
                (oids.EDQM, cells["pack_form"]),
            }
    wanted |= {(oids.SNOMED_CT, row["snomed"]) for row in tables.procedures}
    wanted |= {(oids.SNOMED_CT, row["site_code"]) for row in tables.procedures}
    for device in tables.devices.values():
        wanted |= {(oids.SNOMED_CT, device["snomed"]), (oids.EMDN, device["emdn"])}
    for vaccine in tables.vaccines.values():
        wanted |= {(oids.ATC, vaccine["atc"]), (oids.EDQM, vaccine["route"])}
        wanted |= {(oids.ICD_10, code) for code in vaccine["target_icd10"].split(",")}
    for allergy in tables.allergies:
        wanted.add((oids.ATC if allergy["system"] == "ATC" else oids.SNOMED_CT, allergy["code"]))
        wanted |= {(oids.SNOMED_CT, part.split(":")[0]) for part in allergy["reactions"].split(",")}
    wanted |= {(oids.LOINC, code) for code in (*tables.observations, "59261-8")}
    wanted |= {(oids.ICF, row["icf"]) for row in tables.functions}
    wanted |= {(oids.SNOMED_CT, row["snomed"]) for row in tables.social.values()}
    missing = [one for one in sorted(wanted) if one[1] and terminology().designation(*one, "fr-FR") is None]
    assert not missing


@every_country
def test_national_codes_lead_to_codes_of_the_model(code: str) -> None:
    """Each mapping that the synthetic layer adds points at a code of the terminology, and shadows none."""
    country = countries.load(code)
    for mapping in mapped_codes(country):
        unmapped = mapping.kind == "unmapped"
        known = terminology().concept(mapping.pivot_system, mapping.pivot_code) is not None
        assert known is not unmapped and mapping.national_code.startswith(LOCAL) is unmapped
        found = country.code_map.lookup(mapping.national_system, mapping.national_code)
        assert found is not None and found.pivot_code == mapping.pivot_code
