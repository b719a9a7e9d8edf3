"""The French summary: a pivot document as a page that a French health professional can read and check.

``french_view`` makes the view model, ``render_page`` and ``render_text`` write it out. The code chooses the
words, the document gives the facts; what has no French is shown in the original and says so.
"""

from sesali.french.page import TEMPLATES, Mode, render_body, render_page, stylesheet
from sesali.french.summary import french_view
from sesali.french.text import render_text
from sesali.french.view import FrenchSummary

__all__ = [
    "TEMPLATES",
    "FrenchSummary",
    "Mode",
    "french_view",
    "render_body",
    "render_page",
    "render_text",
    "stylesheet",
]
