"""Terminology: value sets, designations, code maps; transcoding to the pivot and translation from it.

``load(folder)`` gives a ``Terminology``; ``transcode_summary`` is the work of the country of affiliation
(friendly to pivot), ``translate_summary`` that of the country of treatment (pivot to French).
"""

from ehdsi.terminology.bindings import BINDINGS, Binding, binding_of
from ehdsi.terminology.catalogues import import_catalogue
from ehdsi.terminology.code_map import KINDS, CodeMap, Kind, Mapping
from ehdsi.terminology.folder import load
from ehdsi.terminology.store import CatalogueRow, CodeSystem, Concept, Designation, Terminology, ValueSet
from ehdsi.terminology.transcode import Transformation, TransformIssue, transcode, transcode_summary
from ehdsi.terminology.translate import FRENCH, translate, translate_summary

__all__ = [
    "BINDINGS",
    "FRENCH",
    "KINDS",
    "Binding",
    "CatalogueRow",
    "CodeMap",
    "CodeSystem",
    "Concept",
    "Designation",
    "Kind",
    "Mapping",
    "Terminology",
    "TransformIssue",
    "Transformation",
    "ValueSet",
    "binding_of",
    "import_catalogue",
    "load",
    "transcode",
    "transcode_summary",
    "translate",
    "translate_summary",
]
