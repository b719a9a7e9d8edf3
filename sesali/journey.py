"""One whole journey without a browser: from the search mask to the French page.

For the command line and for benchmarks. The portal goes through the same steps of ``Gateway``, one page at a
time.
"""


from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from ehdsi.search_mask import SearchMask
from ehdsi.traits import Traits
from sesali.gateway import Gateway
from sesali.outcomes import Notice, StepRefused
from sesali.professional import Professional
from sesali.summary import OpenedSummary

StepName = Literal["mask", "login", "identify", "confirm", "documents", "summary", "page"]

#: The steps in the order in which a journey takes them.
STEPS: tuple[StepName, ...] = ("mask", "login", "identify", "confirm", "documents", "summary", "page")

#: Fills in the form: what would be typed for this mask.
FillIn = Callable[[SearchMask], Traits]

#: Makes the French page (HTML) of an opened summary.
Render = Callable[[OpenedSummary], str]

#: Seconds on a clock that only moves forward.
Timer = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyRecord:
    """How a journey went.

    Attributes
    ----------
    milliseconds : duration of each step that was taken, in order.
    refusal : why it ended early, None when the page was made.
    opened, page : the summary and its French page; None and empty when it ended early.
    """

    country: str
    milliseconds: dict[StepName, float]
    refusal: StepRefused | None = None
    opened: OpenedSummary | None = field(default=None, repr=False)
    page: str = field(default="", repr=False)

    @property
    def last_step(self) -> StepName:
        """The step at which the journey ended."""
        return list(self.milliseconds)[-1]

    @property
    def sections(self) -> int:
        """How many sections the structured summary has, 0 without one."""
        if self.opened is None or self.opened.structured is None:
            return 0
        return len(self.opened.structured.summary.sections)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What the professional is told, the refusal included."""
        if self.refusal is not None:
            return (self.refusal.notice,)
        return self.opened.notices if self.opened is not None else ()


def walk(gateway: Gateway, country: str, fill_in: FillIn, professional: Professional, render: Render, *,
         timer: Timer) -> JourneyRecord:
    """Take all steps; a refusal ends the journey and is part of the record.

    Parameters
    ----------
    fill_in : what is typed into the form that the country's mask asks for.
    timer : for the durations, ``time.perf_counter`` outside tests.
    """
    times: dict[StepName, float] = {}

    @contextmanager
    def step(name: StepName) -> Iterator[None]:
        begin = timer()
        try:
            yield
        finally:
            times[name] = (timer() - begin) * 1000

    opened, page, refusal = None, "", None
    try:
        with step("mask"):
            traits = fill_in(gateway.search_mask(country))
        with step("login"):
            credentials = gateway.log_in(professional)
        with step("identify"):
            identified = gateway.identify(credentials, country, traits)
        with step("confirm"):
            treatment = gateway.confirm(credentials, identified)
        with step("documents"):
            listing = gateway.documents(treatment)
        with step("summary"):
            opened = gateway.summary(treatment, identified, listing.summaries[0])
        with step("page"):
            if opened.structured is not None:
                gateway.translated(treatment, opened.structured)
            page = render(opened)
    except StepRefused as error:
        refusal = error
    return JourneyRecord(country=country, milliseconds=times, refusal=refusal, opened=opened, page=page)
