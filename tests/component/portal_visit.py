"""What the tests of the portal share: a world with a portal, and a visitor who knows the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

from clinician import Form, HttpClinician, Page
from ncpeh.portal_journey import papers_of
from ncpeh.portal_world import PortalWorld

ADA, BO = "ada-generaliste", "bo-deux-activites"
NAMES = {ADA: "Dr Ada Exemple", BO: "Dr Bo Exemple"}


class MovingClock:
    """The machine's clock with an offset that tests move."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def advance(self, seconds: float) -> None:
        """Move it forward."""
        self.offset += timedelta(seconds=seconds)


class Visitor(HttpClinician):
    """A professional in front of the portal of a world, who can also send what no page offers."""

    def __init__(self, everything: PortalWorld) -> None:
        super().__init__(everything.url, ca=everything.ca)
        self.everything = everything
        self.seen: list[httpx.Response] = []
        self.answer: httpx.Response | None = None
        self._client.event_hooks["response"] = [self.seen.append]

    def _show(self, answer: httpx.Response, *, replacing: bool = False) -> Page:
        self.answer = answer
        return super()._show(answer, replacing=replacing)

    @property
    def client(self) -> httpx.Client:
        """The HTTP client with its cookies."""
        return self._client

    @property
    def here(self) -> httpx.Response:
        """The answer that is shown."""
        assert self.answer is not None, "no page was asked for yet"
        return self.answer

    @property
    def text(self) -> str:
        """The page that is shown."""
        return self.here.text

    @property
    def key(self) -> str:
        """Key of the consultation in the address."""
        return self.page.address.split("/patient/")[1].split("/")[0]

    def form(self, ending: str) -> Form:
        """The form whose action ends with these letters."""
        return next(one for one in self.page.forms if one.action.endswith(ending))

    def values(self, ending: str) -> dict[str, str]:
        """What stands in that form."""
        return unpicked(self.form(ending))

    def get(self, target: str) -> httpx.Response:
        """Go to an address, relative to the page."""
        self.visit(urljoin(self.page.address, target) if self.page_or_none else target)
        return self.here

    def send(self, ending: str, fields: Mapping[str, str]) -> httpx.Response:
        """Send a form with these values beside its own; nothing is chosen or ticked unless said here."""
        form = self.form(ending)
        target = urljoin(self.page.address, form.action)
        self._show(self._client.post(target, data={**unpicked(form), **fields}))
        return self.here

    def choose_code(self, country: str) -> Visitor:
        """As far as the identity form of the country with this code."""
        self.get("/pays")
        self.send("/pays", {"pays": country})
        self.wait()
        return self

    def enter_as(self, professional: str = ADA) -> Visitor:
        """As far as the list of countries."""
        self.log_in(NAMES[professional])
        self.choose_activity()
        return self

    def papers_of(self, key: str) -> dict[str, str]:
        """Form fields of the shown identity form for a persona."""
        papers = papers_of(self.everything.world.countries[key[:2]].persona(key))
        self.fill_in(papers)
        filled, self._typed = {name: value or "" for (_, name), value in self._typed.items()}, {}
        return filled

    def look_for(self, key: str) -> Visitor:
        """As far as the verification page, or the page that says why not."""
        self.choose_code(key[:2])
        self.send("/identite", self.papers_of(key))
        self.wait()
        return self

    def confirm(self, key: str) -> Visitor:
        """As far as the agreement."""
        self.look_for(key)
        if self.page.address.endswith("/verification"):
            self.send("/verification", {"vu": "1", "malgre": "1"})
        return self

    def read(self, key: str, **fields: str) -> Visitor:
        """As far as the summary, or the page that says why not."""
        self.confirm(key)
        if self.page.address.endswith("/accord"):
            self.send("/accord", {"langue": "fr", "remise": "1", "accord": "oui", "par": "patient"} | fields)
            self.wait()
        return self


def unpicked(form: Form) -> dict[str, str]:
    """What a form sends when nobody chooses or ticks anything in it."""
    return {one.name: one.value for one in form.fields
            if one.name and one.kind not in ("radio", "checkbox", "submit", "button")}


@contextmanager
def portal(folder: Path, countries: list[str], **options: Any) -> Iterator[PortalWorld]:
    """A world of these countries with a portal in front, which tells at once that nobody was found."""
    options["portal"] = {"beat": 0.0} | options.get("portal", {})
    with PortalWorld(countries, run_dir=folder, **options) as everything:
        yield everything
