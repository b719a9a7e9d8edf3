"""International Search Mask: the form, as data, in which a country says which identity traits it asks for.

``parse_mask`` / ``build_mask`` for the schema of 2023; ``SearchMask`` holds values and traits against it.
The grammar of 2017 to 2019 is recognised and refused. The formats are regular expressions of a peer and are
matched in linear time (``ehdsi.search_mask.pattern``).

Source: eHDSI International Search Mask 2023 (namespace http://ec.europa.eu/sante/ehncp/ism).
"""

from __future__ import annotations

from ehdsi.search_mask.checks import ANY_IDENTIFIER, Problem, ProblemKind, fits, wire_date
from ehdsi.search_mask.mask import SearchMask
from ehdsi.search_mask.model import (
    COUNTRIES,
    IDENTIFIER_LABELS,
    TEXT_LABELS,
    DocumentSearch,
    IdentifierBlock,
    IdentifierGroup,
    MaskField,
    PersonSearch,
    Picture,
    Scope,
)
from ehdsi.search_mask.pattern import Pattern, compile_pattern
from ehdsi.search_mask.pattern_syntax import PatternError, PatternNotUnderstood
from ehdsi.search_mask.read import parse_mask
from ehdsi.search_mask.write import build_mask

__all__ = [
    "ANY_IDENTIFIER",
    "COUNTRIES",
    "IDENTIFIER_LABELS",
    "TEXT_LABELS",
    "DocumentSearch",
    "IdentifierBlock",
    "IdentifierGroup",
    "MaskField",
    "Pattern",
    "PatternError",
    "PatternNotUnderstood",
    "PersonSearch",
    "Picture",
    "Problem",
    "ProblemKind",
    "Scope",
    "SearchMask",
    "build_mask",
    "compile_pattern",
    "fits",
    "parse_mask",
    "wire_date",
]
