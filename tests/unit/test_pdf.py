"""The printed summary: a PDF that opens, with its fonts inside and names in their own letters."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

from countries.pdf import summary_pdf
from ehdsi.cda.datatypes import NarrativeNode, PersonName, Time
from ehdsi.cda.labels import labels_of
from ehdsi.cda.model import PatientSummary, Section
from ehdsi.errors import LocalError
from tests import samples


def named(given: str, family: str, language: str) -> PatientSummary:
    """A short summary of somebody, in a language."""
    header = samples.header()
    patient = replace(header.patient, names=(PersonName(given=(given,), family=(family,)),))
    header = replace(header, patient=patient, language=language, title=None)
    return replace(samples.absence_summary(), header=header)


def text_of(data: bytes) -> str:
    """All text of a PDF with single blanks."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).split())


@pytest.fixture(scope="module")
def rich() -> bytes:
    """The rich sample, printed."""
    return summary_pdf(samples.rich_summary())


@pytest.mark.parametrize(("given", "family", "language"), [
    ("Ελένη", "Παπαδοπούλου", "el-GR"), ("Đurđica", "Žižić", "hr-HR"), ("Ġorġ", "Żammit", "mt-MT"),
    ("Růžena", "Řeháčková", "cs-CZ"),
])
def test_names_are_printed_in_their_own_letters(given: str, family: str, language: str) -> None:
    """A clinician compares the printed name with the identity card: no letter may be replaced."""
    text = text_of(summary_pdf(named(given, family, language)))
    assert f"{given} {family}" in text
    assert labels_of(language)["absence.no-known-allergies"] in text
    assert labels_of(language)["simulation"] in text


def test_fonts_are_embedded(rich: bytes) -> None:
    """PDF/A and foreign printers need every font inside the file."""
    fonts = PdfReader(io.BytesIO(rich)).pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    assert len(fonts) == 2
    for font in fonts.values():
        descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert "/FontFile2" in descriptor
        assert "+DejaVu" in descriptor["/FontName"] or "DejaVu" in descriptor["/FontName"]


def test_declares_pdf_a(rich: bytes) -> None:
    """The file says that it is PDF/A-2b, in which language it is, and carries an output intent."""
    root = PdfReader(io.BytesIO(rich)).trailer["/Root"]
    metadata = root["/Metadata"].get_object().get_data().decode("utf-8")  # type: ignore[index]
    assert "pdfaid" in metadata and ">2<" in metadata and ">B<" in metadata
    assert root["/Lang"] == "hr-HR"  # type: ignore[index]
    assert "/OutputIntents" in root  # type: ignore[operator]


def test_same_summary_gives_same_bytes(rich: bytes) -> None:
    """The level 1 document is built on demand: two requests must get the same document."""
    assert summary_pdf(samples.rich_summary()) == rich


def test_tables_hold_what_the_narrative_holds(rich: bytes) -> None:
    """The printed page and the narrative of level 3 say the same."""
    text = text_of(rich)
    for expected in ("Alergije i nepoželjne reakcije", "amoksicilin", "Astma", "Triapin",
                     "prije jela (doručak)",
                     "rame (lijevo)", "sistolički tlak", "160 mm[Hg]", "Kontrola za mjesec dana.", "zdrava"):
        assert expected in text
    assert "Stranica 1 od" in text


def test_language_of_headings_can_be_chosen() -> None:
    """A country that writes in two languages prints headings in the one that is asked for."""
    text = text_of(summary_pdf(samples.absence_summary(), language="de-LU"))
    assert "Keine bekannten Allergien" in text


def test_given_narratives_are_printed() -> None:
    """Lists, loose text and ragged tables of foreign narratives come out as text."""
    def node(tag: str, *children: NarrativeNode | str) -> NarrativeNode:
        return NarrativeNode(tag=tag, children=children)

    ragged = node("table", node("tbody", node("tr", node("td", "a")), node("tr", node("td", "b"), node("td",
                                                                                                       "c"))))
    narrative = node("text", "loose", node("list", node("item", "first"), node("item", "second")), ragged,
                     node("table", node("tbody")))
    summary = replace(samples.absence_summary(), sections=(Section(title="T", narrative=narrative),))
    text = text_of(summary_pdf(summary))
    assert all(word in text for word in ("loose", "• first", "• second", "a b c"))


@pytest.mark.parametrize("value", ["2025", "20250304", "20251399", None])
def test_any_effective_time_gives_a_fixed_date(value: str | None) -> None:
    """The clock of the machine never gets into the file, whatever the document's own time looks like."""
    summary = samples.absence_summary()
    header = replace(summary.header, effective_time=Time(value=value) if value else None)
    first, second = (summary_pdf(replace(summary, header=header)) for _ in range(2))
    assert first == second


def test_level1_cannot_be_printed() -> None:
    """There is nothing to print in a document that is itself a print."""
    with pytest.raises(LocalError):
        summary_pdf(samples.pdf_summary())
