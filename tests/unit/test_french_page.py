"""The French page: which words a code gets, which box a section gets, what the strip says, and safe HTML."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ehdsi import oids
from ehdsi.cda.datatypes import Coded, Identifier, Interval, NarrativeNode, Origin, PersonName, Quantity, Time
from ehdsi.cda.model import (
    AbsenceStatement,
    Allergy,
    Entry,
    Header,
    Immunization,
    Medication,
    Observation,
    ObservationGroup,
    Patient,
    PatientSummary,
    Problem,
    Product,
    Reaction,
    Remark,
    Section,
    UnreadEntry,
)
from ehdsi.terminology import CatalogueRow, load
from sesali.french import FrenchSummary, french_view, render_body, render_page, render_text
from sesali.french.narrative import narrative_html
from sesali.french.terms import Labeller
from tests.samples import absence_summary, pdf_summary, rich_summary

FOLDER = Path(__file__).parents[2] / "fixtures" / "terminology"
STORE = load(FOLDER)
NOW = datetime(2025, 11, 3, 13, 5, tzinfo=UTC)

ALLERGIES, MEDICATIONS, PROBLEMS = "48765-2", "10160-0", "11450-4"


def icd(code: str | None, display: str | None = None, national: str | None = None, **more: object) -> Coded:
    below = (Coded(code="x", code_system="2.999", display_name=national),) if national else ()
    return Coded(
        code=code, code_system=oids.ICD_10 if code else None, display_name=display, translations=below, **more
    )  # type: ignore[arg-type]


def snomed(code: str, display: str | None = None) -> Coded:
    return Coded(code=code, code_system=oids.SNOMED_CT, display_name=display)


def summary(loinc: str, *entries: Entry, **more: object) -> PatientSummary:
    header = Header(
        level=3,
        identifier=Identifier(root="2.999"),
        code=Coded(code="60591-5"),
        language="hr-HR",
        effective_time=Time(value="20250303"),
        patient=Patient(names=(PersonName(family=("X",)),)),
    )
    section = Section(code=Coded(code=loinc, code_system=oids.LOINC), entries=entries, **more)  # type: ignore[arg-type]
    return PatientSummary(header=header, sections=(section,))


def view(document: PatientSummary) -> FrenchSummary:
    return french_view(document, STORE, NOW)


def first(document: PatientSummary) -> str:
    """Text of the first row of the page."""
    row = view(document).rows()[0]
    return " | ".join(" ; ".join("".join(p.text for p in line) for line in cell) for cell in row.cells)


def elements(html: str) -> tuple[set[str], set[str]]:
    """Names of all elements and of all attributes, as a browser would see them."""
    tags: set[str] = set()
    attributes: set[str] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.add(tag)
            attributes.update(name for name, _ in attrs)

    Reader().feed(html)
    return tags, attributes


# -- words of a code -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("coded", "text", "source", "original"),
    [
        (icd("J45", "Asthma", "Astma"), "Asthme", "french", "Astma"),
        (icd("J45", "Asthma"), "Asthme", "french", "Asthma"),
        (icd("J45"), "Asthme", "french", ""),
        (icd("B18.10"), "Hépatite virale chronique B sans agent delta", "general", ""),
        (icd("Q99.9", "Some anomaly", "Neka anomalija"), "Some anomaly", "original", "Neka anomalija"),
        (Coded(code="1", code_system="2.999", original_text="tekst"), "tekst", "original", ""),
        (Coded(code="1", code_system="2.999"), "Élément non reconnu : code 1 (2.999)", "code", ""),
        (
            Coded(null_flavor="OTH", translations=(Coded(display_name="kanamuna"),)),
            "kanamuna",
            "original",
            "",
        ),
        (Coded(null_flavor="MSK"), "masqué", "flavour", ""),
        (Coded(original_text="slobodni tekst"), "slobodni tekst", "free", ""),
    ],
)
def test_a_code_gets_the_best_words_there_are(coded: Coded, text: str, source: str, original: str) -> None:
    """French, then English, then the original, then the code: never an empty cell."""
    term = Labeller(STORE, "hr-HR").term(coded)
    assert (term.text, term.source, term.original) == (text, source, original)
    assert term.untranslated is (source in ("original", "code", "free"))
    assert not term.untranslated or any(mark.kind in ("untranslated", "unknown") for mark in term.marks)


def test_english_from_the_catalogue_is_marked_as_english() -> None:
    """A clinician must see at once that a term is not French, and in which language it is."""
    store = load(
        FOLDER,
        overrides=[
            [CatalogueRow(system="2.16.840.1.113883.6.96", code="9", language="en", text="Rare thing")]
        ],
    )
    term = Labeller(store, "hr-HR").term(snomed("9"))
    assert (term.text, term.lang, [m.text for m in term.marks]) == (
        "Rare thing",
        "en",
        ["non traduit, anglais"],
    )


def test_a_code_and_its_words_that_contradict_are_both_shown() -> None:
    """A code replaced underneath its display name must not pass for the new code silently."""
    term = Labeller(STORE, "hr-HR").term(icd("J45", "Type 2 diabetes mellitus", "Dijabetes"))
    assert term.text == "Asthme" and [m.kind for m in term.marks] == ["discordant"]
    assert term.original == "Dijabetes"
    plural = Labeller(STORE, "en-GB").term(snomed("420134006", "Propensity to adverse reactions"))
    assert plural.marks == ()


def test_a_retired_code_keeps_its_words_and_says_so() -> None:
    """Old documents stay readable; the replacement is a hint and is not substituted."""
    term = Labeller(STORE, "en-GB").term(snomed("160573003", "Alcohol intake"))
    assert term.text == "consommation d'alcool" and "897148007" in term.marks[0].text


def test_every_term_can_be_traced_to_its_node() -> None:
    """One step from a French term to code, system, original and place in the document."""
    coded = replace(icd("J45", "Asthma", "Astma"), origin=Origin("/ClinicalDocument/x", 12))
    trace = Labeller(STORE, "hr-HR").term(coded).trace
    assert trace is not None and (trace.path, trace.line) == ("/ClinicalDocument/x", 12)
    assert [(w.text, w.code, w.system) for w in trace.wordings] == [
        ("Asthma", "J45", "CIM-10"),
        ("Astma", "x", "2.999"),
    ]
    assert trace.source == STORE.sources["O"]


# -- rows ------------------------------------------------------------------------------------------------


def test_a_negated_problem_begins_with_its_negation_and_is_not_counted() -> None:
    """« Asthme » for « pas d’asthme » is the worst misreading there is."""
    for problem in (
        Problem(value=icd("J45"), negated=True),
        Problem(value=icd("J45"), clinical_status=snomed("410516002")),
    ):
        page = view(summary(PROBLEMS, problem))
        assert first(summary(PROBLEMS, problem)).startswith("Absence de : Asthme")
        assert page.rows()[0].counted is False


def test_a_vaccine_that_was_not_given_says_so() -> None:
    """Refused and given vaccines must never look alike."""
    vaccine = Immunization(vaccine=Product(code=snomed("836374004")), negated=True)
    assert first(summary("11369-6", vaccine)).startswith("NON réalisée : vaccin contre l'hépatite B")


def test_uncertain_diagnoses_carry_their_doubt_in_front() -> None:
    """A hypothesis read as a diagnosis changes treatment."""
    doubt = Coded(code="differential", code_system=oids.CONDITION_CERTAINTY)
    assert first(summary(PROBLEMS, Problem(value=icd("J45"), assertion=doubt))).startswith(
        "Hypothèse : Asthme"
    )


def test_refuted_allergies_stay_visible_last_and_labelled() -> None:
    """They are evidence, but no alert."""
    refuted = Allergy(
        agents=(snomed("762952008"),), certainty=Coded(code="refuted", code_system=oids.ALLERGY_CERTAINTY)
    )
    active = Allergy(agents=(snomed("111088007"),))
    page = view(summary(ALLERGIES, refuted, active))
    (table,) = next(s for s in page.sections if s.loinc == ALLERGIES).tables
    assert [g.title for g in table.groups] == ["", "Réfutées ou résolues (1)"]
    strip = "".join(p.text for item in page.alerts[0].items for p in item)
    assert "latex" in strip and "arachide" not in strip


def test_the_worst_allergy_comes_first_in_the_strip() -> None:
    """What kills is read first: high risk, then severity, then the alphabet."""

    def allergy(code: str, severity: str | None, high: bool = False) -> Allergy:
        reaction = Reaction(
            manifestation=snomed("126485001"), severity=snomed(severity) if severity else None
        )
        return Allergy(
            agents=(snomed(code),), reactions=(reaction,), criticality=Coded(code="high") if high else None
        )

    page = view(
        summary(
            ALLERGIES,
            allergy("762952008", "255604002"),
            allergy("111088007", "24484000"),
            allergy("102263004", None, high=True),
        )
    )
    names = [item[0].text for item in page.alerts[0].items]
    assert names == [
        STORE.display(oids.SNOMED_CT, code, "fr") for code in ("102263004", "111088007", "762952008")
    ]


def test_current_and_ended_treatments_are_apart() -> None:
    """A stopped drug among the current ones is given again."""

    def treatment(low: str | None, high: str | None) -> Medication:
        period = Interval(low=Time(value=low) if low else None, high=Time(value=high) if high else None)
        return Medication(
            product=Product(classes=(Coded(code="C09AA05", code_system=oids.ATC),)), period=period
        )

    page = view(
        summary(MEDICATIONS, treatment("2020", "2021"), treatment("2020", None), treatment(None, None))
    )
    section = next(s for s in page.sections if s.loinc == MEDICATIONS)
    assert [(g.title, len(g.rows)) for g in section.tables[0].groups] == [
        ("En cours (1)", 1),
        ("Période inconnue (1)", 1),
        ("Terminés (1)", 1),
    ]


def test_blood_pressure_is_a_pair_and_a_lone_value_is_not() -> None:
    """« 135/85 » from two different moments or units would be invented."""

    def measure(code: str, value: str, unit: str = "mm[Hg]") -> Observation:
        return Observation(
            code=Coded(code=code, code_system=oids.LOINC), values=(Quantity(value=value, unit=unit),)
        )

    pair = ObservationGroup(observations=(measure("8480-6", "135"), measure("8462-4", "85")))
    assert "135/diastolique 85\u00a0mmHg" in first(summary("8716-3", pair))
    odd = ObservationGroup(observations=(measure("8480-6", "135"), measure("8462-4", "11", "kPa")))
    assert "11\u00a0kPa" in first(summary("8716-3", odd)) and "/diastolique" not in first(
        summary("8716-3", odd)
    )


def test_an_onset_in_the_future_is_flagged() -> None:
    """A typing error in the year must be seen, and the entry kept."""
    problem = Problem(value=icd("J45"), onset=Interval(low=Time(value="20270101")))
    assert "date dans le futur" in first(summary(PROBLEMS, problem))


# -- states ----------------------------------------------------------------------------------------------


def absent(code: str, kind: str) -> AbsenceStatement:
    return AbsenceStatement(code=Coded(code=code, code_system=oids.ABSENT_UNKNOWN), kind=kind)  # type: ignore[arg-type]


STATES = [
    (
        summary(ALLERGIES, absent("no-known-allergies", "known_absence")),
        "none",
        "Aucune allergie connue.",
        "Aucune allergie connue (affirmé le 3 mars 2025).",
    ),
    (
        summary(ALLERGIES, absent("no-known-food-allergies", "known_absence")),
        "none",
        "Aucune allergie alimentaire connue.",
        "Aucune allergie alimentaire connue (affirmé le 3 mars 2025). Rien n’est dit des autres allergies.",
    ),
    (
        summary(ALLERGIES, absent("no-allergy-info", "no_information")),
        "no_information",
        "Pas d’information sur les allergies.",
        "aucune information transmise. Interroger le patient.",
    ),
    (
        summary(ALLERGIES, null_flavor="NI"),
        "no_information",
        "Pas d’information sur les allergies.",
        "aucune information transmise. Interroger le patient.",
    ),
    (
        summary(ALLERGIES, null_flavor="MSK"),
        "masked",
        "Des informations existent",
        "aucune information transmise. Interroger le patient.",
    ),
    (
        summary(ALLERGIES, UnreadEntry(reason="unknown shape")),
        "unreadable",
        "Rubrique reçue mais non exploitable.",
        "rubrique illisible, lire l’original.",
    ),
    (
        summary(ALLERGIES, narrative=NarrativeNode(tag="text", children=("kikiriki",))),
        "narrative",
        "Aucune donnée codée.",
        "aucune donnée codée, lire la rubrique.",
    ),
    (summary(PROBLEMS), "missing", "Rubrique absente du document", "aucune information transmise."),
]


@pytest.mark.parametrize(("document", "kind", "words", "strip"), STATES)
def test_each_reason_for_an_empty_section_has_its_own_sentence(
    document: PatientSummary, kind: str, words: str, strip: str
) -> None:
    """« None known », « not told », « masked », « unreadable » and « missing » must never look alike."""
    page = view(document)
    section = next(s for s in page.sections if s.loinc == ALLERGIES)
    assert [n.kind for n in section.notices] == [kind] and section.notices[0].text.startswith(words)
    assert page.alerts[0].items[0][0].text.replace("\u00a0", " ").startswith(strip)


def test_a_known_absence_beside_a_real_entry_is_a_contradiction() -> None:
    """Both are shown, and the strip says that they contradict each other."""
    page = view(
        summary(
            ALLERGIES, absent("no-known-allergies", "known_absence"), Allergy(agents=(snomed("762952008"),))
        )
    )
    section = next(s for s in page.sections if s.loinc == ALLERGIES)
    assert section.notices[0].kind == "contradiction" and len(section.rows()) == 1
    assert "contradictoires" in page.alerts[0].items[0][0].text and len(page.alerts[0].items) == 2
    assert page.warnings[0].severe


def test_what_could_not_be_read_is_said_first() -> None:
    """An incomplete page must never look complete."""
    document = replace(
        summary(PROBLEMS, UnreadEntry(reason="no value", terms=(icd("J45"),)), Problem(value=icd("I10"))),
        remarks=(Remark(kind="unread", text="a picture is not shown"),),
    )
    page = view(document)
    assert page.original_first and [text for text, _ in page.unread] == [
        "Problèmes actifs\u00a0: 1\u00a0élément non compris",
        "a picture is not shown",
    ]
    html = render_page(page)
    assert html.index("n’a pas pu être lue entièrement") < html.index("Alertes</h2>")
    assert "Asthme" in html and "no value" in html


def test_the_count_of_untranslated_terms_matches_their_marks() -> None:
    """A count that does not match teaches readers to ignore it."""
    page = view(
        summary(
            PROBLEMS,
            Problem(value=icd("Q99.9", "Neka anomalija")),
            Problem(value=icd("I10")),
            Problem(text="slobodno"),
        )
    )
    warning = next(w for w in page.warnings if "traduit" in w.text)
    assert (warning.text, warning.anchor) == ("2\u00a0éléments non traduits", page.rows()[0].key)
    cells = re.sub(r"<div popover.*?</div>", "", render_page(page), flags=re.S)
    assert len(re.findall(r'class="tag tag-un(?:translated|known)"', cells)) == 2


# -- whole pages -----------------------------------------------------------------------------------------


def test_sections_come_in_the_clinical_order_whatever_the_document_says() -> None:
    """The same place for the same thing, for every patient and country."""
    page = view(replace(rich_summary(), sections=tuple(reversed(rich_summary().sections))))
    known = [s.title for s in page.sections]
    assert known[:4] == [
        "Allergies et hypersensibilités",
        "Traitements médicamenteux",
        "Problèmes actifs",
        "Dispositifs médicaux et implants",
    ]


def test_the_rich_sample_is_shown_completely_with_unique_anchors() -> None:
    """Every entry has a row or a box; two equal ids would send a link to the wrong patient statement."""
    document = rich_summary()
    page = view(document)
    html = render_page(page)
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    targets = set(re.findall(r'href="#([^"]+)"', html)) | set(re.findall(r'popovertarget="([^"]+)"', html))
    assert targets <= set(ids)
    stated = sum(not isinstance(e, AbsenceStatement) for s in document.sections for e in s.entries)
    assert len(page.rows()) >= stated


def test_rows_with_the_same_codes_open_one_panel() -> None:
    """A medicine prescribed every month must not put its codes into the page once a month; nor lose them."""
    medicine = rich_summary().sections
    entry = next(e for s in medicine for e in s.entries if isinstance(e, Medication))
    html = render_page(view(summary("10160-0", entry, entry, replace(entry, status="aborted"))))
    opened = re.findall(r'popovertarget="(c-[^"]+)"', html)
    assert len(opened) == 3 and len(set(opened)) == 1
    shared = re.search(rf'<div popover id="{opened[0]}".*?</div>', html, flags=re.S)
    assert shared is not None and "<code>" in shared.group() and html.count(shared.group()) == 1


@pytest.mark.parametrize("kind", ["known_absence", "no_information"])
def test_a_summary_of_absences_has_no_table_and_speaks_in_each_section(kind: str) -> None:
    """Five sections that say « none » or « not told »: ten different sentences, no empty table."""
    page = view(absence_summary(kind))
    assert page.rows() == () and all(section.notices for section in page.sections)
    expected = "none" if kind == "known_absence" else "no_information"
    assert {n.kind for s in page.sections for n in s.notices if s.loinc != ""} == {expected}


def test_a_level_one_document_says_that_only_the_original_exists() -> None:
    """Nothing coded means nothing translated: the page must not look like an empty record."""
    page = view(pdf_summary())
    assert page.level == 1 and not page.alerts
    html = render_page(page, attachment=b"%PDF-1.7")
    assert "sans données codées" in html and "data:application/pdf;base64," in html
    assert "pas de données codées" in render_text(page)


def test_text_of_the_document_is_never_markup() -> None:
    """Foreign text is hostile until escaped: in cells, panels, titles, narratives and attributes."""
    evil = "<script>alert(1)</script>\"'><img src=x onerror=y>"
    document = summary(
        ALLERGIES,
        Allergy(agent_name=evil, comments=(evil,), agents=(snomed(evil, evil),)),
        title=evil,
        language=evil,
        narrative=NarrativeNode(
            tag="text",
            children=(
                evil,
                NarrativeNode(tag="script", children=(evil,)),
                NarrativeNode(tag="linkHtml", attributes=(("href", "javascript:x"),), children=("a",)),
                NarrativeNode(tag="td", attributes=(("colspan", '2" onclick="x'),)),
            ),
        ),
    )
    document = replace(document, header=replace(document.header, language=evil, title=evil))
    for html in (render_page(view(document)), str(render_body(view(document), mode="orig"))):
        tags, attributes = elements(html)
        assert not tags & {"script", "img", "iframe", "object"} and 'href="javascript' not in html
        assert not any(name.startswith("on") for name in attributes)


def test_a_narrative_keeps_its_tables_and_loses_nothing_of_its_text() -> None:
    """Where coding fails the narrative is the record."""
    node = NarrativeNode(
        tag="text",
        children=(
            NarrativeNode(
                tag="table",
                children=(
                    NarrativeNode(
                        tag="tbody",
                        children=(
                            NarrativeNode(
                                tag="tr",
                                children=(
                                    NarrativeNode(
                                        tag="td", attributes=(("colspan", "2"),), children=("kikiriki",)
                                    ),
                                ),
                            ),
                        ),
                    ),
                ),
            ),
            NarrativeNode(
                tag="list",
                attributes=(("listType", "ordered"),),
                children=(NarrativeNode(tag="item", children=("a & b",)),),
            ),
            NarrativeNode(tag="content", attributes=(("revised", "delete"),), children=("old",)),
            NarrativeNode(tag="linkHtml", attributes=(("href", "https://example.org/"),), children=("link",)),
        ),
    )
    html = narrative_html(node)
    assert '<td colspan="2">kikiriki</td>' in html and "<ol><li>a &amp; b</li></ol>" in html
    assert (
        "<del>old</del>" in html
        and '<a href="https://example.org/" rel="noreferrer noopener">link</a>' in html
    )


def test_the_text_form_puts_the_original_behind_each_french_term() -> None:
    """« Asthme [Astma] »: a reader checks one against the other without a browser."""
    text = render_text(view(summary(PROBLEMS, Problem(value=icd("J45", "Asthma", "Astma")))))
    assert "Asthme [Astma]" in text


def test_the_page_needs_no_script_and_names_no_patient_in_its_title() -> None:
    """Browser history and tab bar must not hold a name; the page works under the strictest policy."""
    html = render_page(view(rich_summary()), stylesheet_url="/s.css")
    title = re.search(r"<title>(.*?)</title>", html)
    assert title is not None and title[1] == "Synthèse médicale – Synthèse européenne (simulation)"
    assert " style=" not in html and "<style" not in html and "<script" not in html
    assert html.count("<h1") == 1 and 'href="/s.css"' in html
