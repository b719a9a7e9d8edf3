"""One patient's chart from country and identifier: the steps in their order."""

from __future__ import annotations

from datetime import date
from typing import Literal

from countries.synthetic.conditions import add_conditions, add_pregnancies
from countries.synthetic.immunizations import add_immunizations
from countries.synthetic.interventions import add_allergies, add_interventions
from countries.synthetic.life import add_life
from countries.synthetic.medications import add_medications
from countries.synthetic.observations import add_observations
from countries.synthetic.record import Chart
from countries.synthetic.streams import VERSION
from countries.synthetic.tables import model


def chart_of(
    country: str, identifier: str, birth: date, sex: Literal["M", "F"], today: date, *, burden: float = 1.0
) -> Chart:
    """The medical history of a synthetic patient.

    Parameters
    ----------
    burden : 1 for travellers, 2.6 for patients of a clinic.
    """
    tables = model()
    chart = Chart(
        country=country,
        identifier=identifier,
        version=VERSION,
        today=today,
        birth=birth,
        sex=sex,
        burden=burden,
    )
    add_pregnancies(chart)
    add_conditions(chart, tables)
    add_interventions(chart, tables)
    add_allergies(chart, tables)
    add_medications(chart, tables)
    add_immunizations(chart, tables)
    add_observations(chart, tables)
    add_life(chart, tables)
    return chart
