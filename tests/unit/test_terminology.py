"""The terminology store, code maps and catalogues of other people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ehdsi import oids
from ehdsi.errors import LocalError, MalformedMessage
from ehdsi.terminology import (
    CatalogueRow,
    CodeMap,
    CodeSystem,
    Mapping,
    Terminology,
    ValueSet,
    import_catalogue,
    load,
)

FOLDER = Path(__file__).parents[2] / "fixtures" / "terminology"
FIXTURES = load(FOLDER)


def row(text: str, language: str = "fr", code: str = "J45", **more: object) -> CatalogueRow:
    return CatalogueRow(system=oids.ICD_10, code=code, language=language, text=text, **more)  # type: ignore[arg-type]


# -- the store -------------------------------------------------------------------------------------------


def test_a_national_catalogue_overrides_the_bundled_one_row_by_row() -> None:
    """An official label must replace a test label, and only in its own language."""
    store = Terminology([[row("asthme (test)"), row("Asthma", "en")], [row("Asthme", source="SMT")]])
    found = store.designation(oids.ICD_10, "J45", "fr-FR")
    assert found is not None and (found.text, found.source) == ("Asthme", "SMT")
    assert store.display(oids.ICD_10, "J45", "en-GB") == "Asthma"


def test_a_wording_is_chosen_the_same_way_every_time() -> None:
    """Current before retired, preferred before others, then alphabetical: two runs must not differ."""
    store = Terminology([[row("b", preferred=False), row("a", preferred=False), row("0", status="retired")]])
    assert store.display(oids.ICD_10, "J45", "fr") == "a"
    assert store.ambiguous(oids.ICD_10, "J45", "fr-FR")
    assert not FIXTURES.ambiguous(oids.ICD_10, "I10", "fr-FR")


def test_a_regional_language_falls_back_to_its_own_language_only() -> None:
    """French of Luxembourg may speak French of France, never English by the same door."""
    store = Terminology([[row("Asthme", "fr-FR"), row("Asthma", "en")]])
    assert store.display(oids.ICD_10, "J45", "fr-LU") == "Asthme"
    assert store.display(oids.ICD_10, "J45", "hr-HR") is None


def test_an_alias_of_a_code_system_is_followed_for_display() -> None:
    """Documents name ICD-10 and EDQM by other OIDs: their labels must still be found."""
    assert FIXTURES.display("2.16.840.1.113883.6.3", "I10", "fr") == FIXTURES.display(
        oids.ICD_10, "I10", "fr"
    )
    assert FIXTURES.display(oids.EDQM_LEGACY, "20053000", "fr") == "Voie orale"
    assert FIXTURES.concept("2.16.840.1.113883.6.90", "I10") is None


def test_a_five_character_code_has_a_less_specific_label() -> None:
    """The catalogue holds five-character ICD-10 codes that no French table knows."""
    assert FIXTURES.less_specific(oids.ICD_10, "B18.10") == "B18.1"
    assert FIXTURES.less_specific(oids.ICD_10, "B18.1") is None
    assert FIXTURES.less_specific(oids.SNOMED_CT, "B18.10") is None


def test_membership_is_unknown_where_the_set_is_not_complete() -> None:
    """A code must not be called foreign to a set of which we hold a selection."""
    assert FIXTURES.member(oids.value_set(13), oids.SNOMED_CT, "24484000") is True
    assert FIXTURES.member(oids.value_set(13), oids.SNOMED_CT, "1") is False
    assert FIXTURES.member(oids.value_set(5), oids.ICD_10, "Z99.9") is None


def test_every_bundled_concept_is_named_in_english_and_french_with_its_source() -> None:
    """A concept without French, or French without a source, would show on the page."""
    for concept in FIXTURES.concepts():
        french = FIXTURES.designation(concept.system, concept.code, "fr-FR")
        assert french is not None and FIXTURES.display(concept.system, concept.code, "en-GB"), concept
        assert french.source in FIXTURES.sources, concept
        assert concept.system in FIXTURES.code_systems, concept


def test_a_retired_code_is_kept_with_its_replacement() -> None:
    """Old documents use codes that left the catalogue: they must still have words."""
    concept = FIXTURES.concept(oids.SNOMED_CT, "160573003")
    assert concept is not None and (concept.status, concept.replaced_by) == ("retired", "897148007")


# -- code maps -------------------------------------------------------------------------------------------


def test_a_code_map_is_read_with_its_kinds(tmp_path: Path) -> None:
    """The file form that country packs and operators write."""
    file = tmp_path / "map.tsv"
    file.write_text(
        "# a comment\nnational_system\tnational_code\tpivot_system\tpivot_code\tkind\n"
        f"2.999\t493\t{oids.ICD_10}\tJ45\tbroader\n2.999\tX\t-\t-\tunmapped\n",
        encoding="utf-8",
    )
    found = CodeMap.load(file)
    mapping = found.lookup("2.999", "493")
    assert mapping is not None and (mapping.pivot_code, mapping.kind) == ("J45", "broader")
    assert len(found) == 2 and found.lookup("2.999", "nothing") is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2.999\t493\t-\t-\texact", "needs a pivot code"),
        ("2.999\t493\ta\tb\tunmapped", "needs no pivot code"),
        ("2.999\t493\ta\tb\tguess", "m.tsv:2: kind is 'guess'"),
        ("2.999\t493\ta\tb\texact\tx", "6 cells"),
    ],
)
def test_a_wrong_mapping_says_where_and_what(tmp_path: Path, line: str, words: str) -> None:
    """Whoever writes a pack mends it from the message alone."""
    file = tmp_path / "m.tsv"
    file.write_text(
        f"national_system\tnational_code\tpivot_system\tpivot_code\tkind\n{line}\n", encoding="utf-8"
    )
    with pytest.raises(LocalError, match=words):
        CodeMap.load(file)


def test_a_national_code_has_one_target() -> None:
    """Two targets for one code would make the pivot depend on chance."""
    one = Mapping(national_system="2.999", national_code="1", pivot_system=oids.ICD_10, pivot_code="I10")
    two = Mapping(national_system="2.999", national_code="1", pivot_system=oids.ICD_10, pivot_code="I11")
    with pytest.raises(LocalError, match="two targets"):
        CodeMap([one, two])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no header row"),
        ("a\tb\n", "column national_system"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """A missing column must not read as an empty one."""
    file = tmp_path / "t.tsv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(LocalError, match=words):
        CodeMap.load(file)
    with pytest.raises(LocalError, match="cannot be read"):
        CodeMap.load(tmp_path / "absent.tsv")


# -- catalogues of others --------------------------------------------------------------------------------

URLS = {"http://hl7.org/fhir/sid/icd-10": oids.ICD_10}


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "catalogue"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_fhir_code_system_brings_its_designations(tmp_path: Path) -> None:
    """This is how national terminology servers publish French labels, nested concepts included."""
    resource = {
        "resourceType": "CodeSystem",
        "url": "http://hl7.org/fhir/sid/icd-10",
        "language": "en",
        "concept": [
            {
                "code": "J45",
                "display": "Asthma",
                "designation": [{"language": "fr-FR", "value": "Asthme"}],
                "concept": [{"code": "J45.9", "display": "Asthma, unspecified"}],
            }
        ],
    }
    store = Terminology([import_catalogue(write(tmp_path, json.dumps(resource)), systems=URLS, source="SMT")])
    assert store.display(oids.ICD_10, "J45", "fr-FR") == "Asthme"
    assert store.display(oids.ICD_10, "J45.9", "en") == "Asthma, unspecified"


def test_a_fhir_value_set_brings_membership(tmp_path: Path) -> None:
    """Compose and expansion both list members; a bundle holds several."""
    value_set = {
        "resourceType": "ValueSet",
        "url": "urn:oid:1.2.3",
        "compose": {"include": [{"system": "urn:oid:2.999", "concept": [{"code": "a", "display": "A"}]}]},
        "expansion": {"contains": [{"system": "urn:oid:2.999", "code": "b", "inactive": True}]},
    }
    bundle = {"resourceType": "Bundle", "entry": [{"resource": value_set}]}
    store = Terminology(
        [import_catalogue(write(tmp_path, json.dumps(bundle)))],
        value_sets=[ValueSet(oid="1.2.3", name="t", complete=True)],
        code_systems=[CodeSystem(oid="2.999", name="example")],
    )
    assert store.members("1.2.3") == (("2.999", "a"), ("2.999", "b"))
    concept = store.concept("2.999", "b")
    assert concept is not None and concept.status == "retired"


def test_an_svs_value_set_is_read(tmp_path: Path) -> None:
    """The XML form in which French value sets are published."""
    xml = (
        '<RetrieveValueSetResponse xmlns="urn:ihe:iti:svs:2008"><ValueSet id="1.2.3">'
        '<ConceptList xml:lang="fr-FR">'
        f'<Concept code="J45" codeSystem="{oids.ICD_10}" displayName="Asthme"/></ConceptList></ValueSet>'
        "</RetrieveValueSetResponse>"
    )
    rows = import_catalogue(write(tmp_path, xml))
    assert [(r.code, r.language, r.text, r.value_set) for r in rows] == [("J45", "fr-FR", "Asthme", "1.2.3")]


def test_our_own_form_can_be_imported_too(tmp_path: Path) -> None:
    """An operator may write labels by hand in the form of our own fixtures."""
    rows = import_catalogue(
        write(tmp_path, f"code_system\tcode\tfr\tfr_source\n{oids.ICD_10}\tI10\tHTA\tCHU\n")
    )
    assert [(r.text, r.source, r.language) for r in rows] == [("HTA", "CHU", "fr")]


@pytest.mark.parametrize(
    "text",
    [
        '{"resourceType": "Patient"}',
        "[1, 2]",
        "{not json",
        "<a/>",
        "<a>",
        '{"resourceType": 3}',
    ],
)
def test_a_catalogue_of_another_kind_is_named(tmp_path: Path, text: str) -> None:
    """A wrong file must be refused with its name or kind, never half imported."""
    with pytest.raises(MalformedMessage):
        import_catalogue(write(tmp_path, text))
