"""What the tests of the portal share: a world with a portal, and a visitor who knows the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from ncpeh.portal_walk import Walker, filled, log_in, papers
from ncpeh.portal_world import PortalWorld

ADA, BO = "ada-generaliste", "bo-deux-activites"


class MovingClock:
    """The machine's clock with an offset that tests move."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def advance(self, seconds: float) -> None:
        """Move it forward."""
        self.offset += timedelta(seconds=seconds)


class Visitor(Walker):
    """A professional in front of the portal of a world."""

    def __init__(self, everything: PortalWorld) -> None:
        super().__init__(everything.url, everything.ca)
        self.everything = everything
        self.seen: list[httpx.Response] = []

    def _read(self, answer: httpx.Response) -> httpx.Response:
        self.seen += [*answer.history, answer]
        return super()._read(answer)

    @property
    def client(self) -> httpx.Client:
        """The HTTP client with its cookies."""
        return self._client

    @property
    def text(self) -> str:
        """The page that is shown."""
        return self.here.text

    @property
    def key(self) -> str:
        """Key of the consultation in the address."""
        return str(self.here.url).split("/patient/")[1].split("/")[0]

    def log_in(self, professional: str = ADA) -> Visitor:
        """As far as the list of countries."""
        log_in(self, professional)
        return self

    def choose(self, country: str) -> Visitor:
        """As far as the identity form."""
        self.get("/pays")
        self.send("/pays", {"pays": country})
        self.wait()
        return self

    def papers_of(self, key: str) -> dict[str, str]:
        """Form fields of the shown identity form for a persona."""
        persona = self.everything.world.countries[key[:2]].persona(key)
        held = papers((*persona.identifiers, *persona.shared_identifiers), birth_date=persona.birth_time)
        return filled(self.form("/identite"), held)

    def look_for(self, key: str) -> Visitor:
        """As far as the verification page, or the page that says why not."""
        self.choose(key[:2])
        self.send("/identite", self.papers_of(key))
        self.wait()
        return self

    def confirm(self, key: str) -> Visitor:
        """As far as the agreement."""
        self.look_for(key)
        if str(self.here.url).endswith("/verification"):
            self.send("/verification", {"vu": "1", "malgre": "1"})
        return self

    def open(self, key: str, **fields: str) -> Visitor:
        """As far as the summary, or the page that says why not."""
        self.confirm(key)
        if str(self.here.url).endswith("/accord"):
            self.send("/accord", {"langue": "fr", "remise": "1", "accord": "oui", "par": "patient"} | fields)
            self.wait()
        return self


@contextmanager
def portal(folder: Path, countries: list[str], **options: Any) -> Iterator[PortalWorld]:
    """A world of these countries with a portal in front."""
    with PortalWorld(countries, run_dir=folder, **options) as everything:
        yield everything
