"""Prints a patient summary as the PDF that a level 1 document carries.

The page is in the language of the country: patient, sections as the same tables as the narrative of level 3.
PDF/A-2b, fonts embedded and subset, the same bytes for the same summary.

Source: ISO 19005-2 (PDF/A-2b); eHDSI patient summary L1 template.
"""

from __future__ import annotations

from ehdsi.cda.model import PatientSummary


def summary_pdf(summary: PatientSummary, *, language: str | None = None) -> bytes:
    """The summary as PDF/A-2b.

    Parameters
    ----------
    summary : of level 3, in national codes or pivot; national designations are printed where it has them.
    language : language of headings, ``ll`` or ``ll-CC``; the document's own when not given.
    """
    raise NotImplementedError
