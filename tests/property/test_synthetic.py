"""Whatever is asked for, the generator gives a sound patient or nobody."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

import countries
from countries.synthetic import REFERENCE_DAY, patient
from countries.synthetic.generate import chart_of
from countries.synthetic.invariants import broken
from ehdsi.cda.datatypes import Identifier

CODES = countries.codes()
quick = settings(max_examples=60, derandomize=True, deadline=None)


@quick
@given(
    code=st.sampled_from(CODES),
    text=st.text(max_size=20) | st.from_regex(r"[0-9]{7,13}[A-Z]?", fullmatch=True),
)
def test_any_text_is_a_patient_or_nobody(code: str, text: str) -> None:
    """No text in the place of an identifier raises anything; the same text gives the same patient."""
    country = countries.load(code)
    for rule in country.identifier_rules:
        identifier = Identifier(root=rule.domain, extension=text)
        first, second = patient(country, identifier), patient(country, identifier)
        assert (first is None) == (second is None)
        if first is not None and second is not None:
            assert (first.names, first.birth_time, first.gender) == (
                second.names,
                second.birth_time,
                second.gender,
            )


@quick
@given(
    code=st.sampled_from(CODES),
    key=st.integers(0, 10**9),
    days=st.integers(0, 105 * 365),
    sex=st.sampled_from(("M", "F")),
    burden=st.sampled_from((0.5, 1.0, 2.6, 8.0)),
    today=st.dates(date(2015, 1, 1), date(2035, 1, 1)) | st.just(REFERENCE_DAY),
)
def test_every_history_is_sound(code: str, key: int, days: int, sex: str, burden: float, today: date) -> None:
    """At any age, sex, burden and day, also in the first days of life, all invariants hold."""
    birth = today - timedelta(days=days)
    chart = chart_of(code, str(key), birth, "M" if sex == "M" else "F", today, burden=burden)
    assert broken(chart) == ()
