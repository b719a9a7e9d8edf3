"""Whatever a catalogue or a document holds, only our own errors come out and nothing vanishes."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ehdsi.cda.datatypes import Coded, Interval, Periodic, Quantity, QuantityRange, Time
from ehdsi.errors import EhdsiError
from ehdsi.terminology import CodeMap, import_catalogue, load, transcode, translate
from sesali.french.dates import age, date_words, period
from sesali.french.quantities import Units, result
from sesali.french.terms import Labeller
from sesali.french.timing import dose_words, frequency

STORE = load(Path(__file__).parents[2] / "fixtures" / "terminology")
UNITS = Units(STORE)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
QUICK = settings(max_examples=60, derandomize=True, deadline=None)

texts = st.text(max_size=12)
maybe = st.none() | texts
systems = st.none() | st.sampled_from(sorted(STORE.code_systems)) | texts
codeds = st.builds(
    Coded, code=maybe, code_system=systems, display_name=maybe, null_flavor=maybe, original_text=maybe
)
nested = st.builds(
    Coded,
    code=maybe,
    code_system=systems,
    display_name=maybe,
    null_flavor=maybe,
    original_text=maybe,
    translations=st.lists(codeds, max_size=2).map(tuple),
)
times = st.builds(Time, value=st.none() | st.from_regex(r"[0-9+\-.]{0,20}") | texts, null_flavor=maybe)
quantities = st.builds(
    Quantity,
    value=st.none() | st.from_regex(r"\A-?[0-9.eE]{0,8}\Z") | texts,
    unit=st.none() | st.sampled_from(["mg", "d", "wk", "h", "1", "{x}", "a/b"]) | texts,
    null_flavor=maybe,
    original_text=maybe,
)
json_values = st.recursive(
    st.none() | st.booleans() | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "resourceType",
                    "concept",
                    "code",
                    "system",
                    "url",
                    "compose",
                    "include",
                    "designation",
                    "entry",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@QUICK
@given(
    st.binary(max_size=200)
    | json_values.map(lambda v: json.dumps(v).encode())
    | st.sampled_from(["CodeSystem", "ValueSet", "Bundle"]).flatmap(
        lambda kind: st.dictionaries(
            st.sampled_from(["concept", "url", "compose", "expansion", "entry"]), json_values, max_size=3
        ).map(lambda body: json.dumps({"resourceType": kind, **body}).encode())
    )
)
def test_an_arbitrary_catalogue_never_raises_anything_but_our_errors(data: bytes) -> None:
    """Operators feed files of unknown origin to the importer."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "catalogue")
        file.write_bytes(data)
        try:
            rows = import_catalogue(file)
        except EhdsiError:
            return
        assert all(row.code and row.system for row in rows)


@QUICK
@given(nested)
def test_no_coded_element_is_ever_shown_empty(coded: Coded) -> None:
    """An empty cell reads as « nothing »: every element has words, and what was sent stays reachable."""
    term = Labeller(STORE, "hr-HR").term(coded, at="Problem.value")
    assert term.text
    if coded.code and coded.display_name and term.trace is not None:
        assert coded.display_name in {wording.text for wording in term.trace.wordings}


@QUICK
@given(nested)
def test_transforming_keeps_every_word_that_came(coded: Coded) -> None:
    """Neither transcoding nor translation may drop a display name, whatever the code."""
    before = _displays(coded)
    pivot, _ = transcode(coded, CodeMap(), STORE)
    french, _ = translate(pivot, STORE)
    assert before <= _displays(french)


def _displays(coded: Coded) -> set[str]:
    below = set().union(*(_displays(inner) for inner in coded.translations)) if coded.translations else set()
    return below | ({coded.display_name} if coded.display_name else set())


@QUICK
@given(times, times, quantities)
def test_dates_are_always_words(low: Time, high: Time, width: Quantity) -> None:
    """No text in a date field may stop the page or come out empty."""
    assert date_words(low) and period(Interval(low=low, high=high, width=width))
    assert isinstance(age(low, NOW), str)


@QUICK
@given(quantities, quantities, st.none() | st.booleans(), times)
def test_a_dose_is_never_without_its_unit(
    amount: Quantity, length: Quantity, times_a_day: bool | None, start: Time
) -> None:
    """A number alone is the most dangerous thing that a dose can be."""
    words = dose_words(QuantityRange(value=amount), UNITS).text
    assert words and (amount.value is None or len(words.split("\u00a0")) > 1 or amount.unit)
    assert frequency(
        Periodic(period=length, institution_specified=times_a_day, phase=Interval(low=start))
    ).text
    assert isinstance(result(amount), str)
