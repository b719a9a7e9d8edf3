"""Walks journeys of personas through a gateway, as the commands ``demo`` and ``journey`` need it."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING

from exchange.wire import OnMessage, ignore
from ncpeh.settings import new_ids, now, typed_traits
from sesali.gateway import Gateway
from sesali.journey import JourneyRecord, Render, walk
from sesali.judging import document_judge
from sesali.professional import DEMONSTRATOR
from sesali.summary import OpenedSummary

if TYPE_CHECKING:
    from countries import Country, Persona
    from ehdsi.terminology import Terminology
    from sesali.config import GatewayConfig

@cache
def terminology() -> Terminology:
    """The designations and value sets of the project, loaded once per process (0.2 s)."""
    from importlib import resources

    from ehdsi.terminology import load

    return load(resources.files("fixtures") / "terminology")


def open_gateway(config: GatewayConfig, *, on_message: OnMessage = ignore, seed: int | None = None
                 ) -> Gateway:
    """A gateway by the machine's clock; identifiers are random, or those of the seed."""
    return Gateway(config, clock=now, new_id=new_ids(seed).__next__, on_message=on_message,
                   judge=document_judge(terminology(), now))


def walk_persona(config: GatewayConfig, country: Country, persona: Persona, *, on_message: OnMessage = ignore,
                 render: Render | None = None, seed: int | None = None) -> JourneyRecord:
    """One journey: the demonstrator types what this persona's papers say, and reads the French page."""
    with open_gateway(config, on_message=on_message, seed=seed) as gateway:
        return gateway.submit(country.code, lambda: walk(
            gateway, country.code, lambda mask: typed_traits(mask, persona), DEMONSTRATOR,
            render or french_page, timer=time.perf_counter)).result()


def french_page(opened: OpenedSummary) -> str:
    """The French page of an opened summary; where only level 1 came, the page offers its PDF."""
    from sesali.french import french_view, render_page

    document = opened.structured or opened.original
    assert document is not None, "an opened summary has at least one level"
    attachment = document.pdf or b"" if opened.structured is None else b""
    return render_page(french_view(document.summary, terminology(), now()), attachment=attachment)
