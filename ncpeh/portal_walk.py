"""Walks the portal over HTTPS as a browser without scripts would: follows links, fills in forms."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import httpx

from ehdsi.cda.datatypes import Identifier
from ehdsi.errors import LocalError

#: Steps of a walk, in order.
STEPS = ("login", "country", "identify", "confirm", "summary", "original", "logout")

#: The test identity that walks; see ``fixtures/professionals``.
PROFESSIONAL = "ada-generaliste"

#: Seconds between two looks at a waiting page, and how long to go on looking.
PAUSE, PATIENCE = 0.2, 60.0


@dataclass(slots=True)
class Form:
    """A form of a page: where it goes, its fields with their values, what each field is for."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    domains: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)


class _Page(HTMLParser):
    """Forms, heading and rough counts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.heading = ""
        self.sections = 0
        self.codes: list[str] = []
        self._in: str = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.forms.append(Form(values.get("action", ""), values.get("method", "get").lower()))
        elif tag == "section" and "rubrique" in values.get("class", "").split():
            self.sections += 1
        elif tag == "h1" and not self.heading:
            self._in = "h1"
        elif tag == "span" and values.get("class") == "code":
            self._in = "code"
        if self.forms and tag == "input":
            self._field(values)

    def _field(self, values: Mapping[str, str]) -> None:
        form, name, kind = self.forms[-1], values.get("name", ""), values.get("type", "text")
        if kind == "radio":
            form.choices.setdefault(name, []).append(values.get("value", ""))
        elif kind not in ("checkbox", "submit", "button") and name:
            form.fields[name] = values.get("value", "")
            if "data-domaine" in values:
                form.domains[name] = values["data-domaine"]

    def handle_data(self, data: str) -> None:
        if self._in == "h1":
            self.heading += data
        elif self._in == "code" and data.startswith("SES-"):
            self.codes.append(data.strip())

    def handle_endtag(self, tag: str) -> None:
        if tag in ("h1", "span"):
            self._in = ""


@dataclass(slots=True, kw_only=True)
class Walk:
    """How a walk went: milliseconds by step, the last page's heading and codes, the pages worth keeping."""

    country: str
    milliseconds: dict[str, float] = field(default_factory=dict)
    ok: bool = False
    heading: str = ""
    codes: tuple[str, ...] = ()
    sections: int = 0
    page: str = field(default="", repr=False)
    pdf: bytes = field(default=b"", repr=False)
    xml: bytes = field(default=b"", repr=False)


class Walker:
    """A browser's cookie jar and manners over httpx.

    Parameters
    ----------
    portal : base URL.
    ca : trust anchors of the world, PEM.
    """

    def __init__(self, portal: str, ca: Path) -> None:
        import ssl

        self._portal = portal
        self._client = httpx.Client(verify=ssl.create_default_context(cafile=str(ca)), follow_redirects=True,
                                    timeout=60.0, trust_env=False)
        self.answer: httpx.Response | None = None
        self.page = _Page()

    def get(self, target: str) -> httpx.Response:
        """Go to an address, relative to the page."""
        return self._read(self._client.get(self._absolute(target)))

    def send(self, ending: str, fields: Mapping[str, str]) -> httpx.Response:
        """Fill in and send the form whose action ends with ``ending``.

        Raises
        ------
        LocalError : the page has no such form.
        """
        form = next((one for one in self.page.forms if one.action.endswith(ending)), None)
        if form is None:
            raise LocalError(f"the page « {self.page.heading} » has no form that goes to {ending}")
        target = self._absolute(form.action)
        return self._read(self._client.post(target, data={**form.fields, **fields}))

    def fetch(self, target: str) -> bytes:
        """A file beside the page; empty when there is none."""
        answer = self._client.get(target)
        return answer.content if answer.status_code == 200 else b""

    def form(self, ending: str) -> Form:
        """The form whose action ends with ``ending``."""
        return next(one for one in self.page.forms if one.action.endswith(ending))

    def wait(self) -> httpx.Response:
        """Stay on a waiting page until it leads somewhere."""
        end = time.monotonic() + PATIENCE
        while "/attente/" in str(self.here.url) and time.monotonic() < end:
            time.sleep(PAUSE)
            self.get(str(self.here.url))
        return self.here

    @property
    def here(self) -> httpx.Response:
        """The answer that is shown."""
        assert self.answer is not None, "no page was asked for yet"
        return self.answer

    def _absolute(self, target: str) -> str:
        return urljoin(str(self.answer.url) if self.answer is not None else self._portal, target)

    def _read(self, answer: httpx.Response) -> httpx.Response:
        self.answer = answer
        self.page = _Page()
        if "html" in answer.headers.get("content-type", ""):
            self.page.feed(answer.text)
        return answer

    def cookies(self) -> dict[str, str]:
        """What the portal made the browser keep, by name."""
        return {cookie.name: cookie.value or "" for cookie in self._client.cookies.jar}

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def walk_portal(portal: str, ca: Path, country: str, typed: Mapping[str, str], *,
                professional: str = PROFESSIONAL) -> Walk:
    """One whole journey of one professional for one patient.

    Parameters
    ----------
    typed : what the patient's papers say, by OID of the identifier or label of the mask (``birthDate`` as
        ``yyyyMMdd``).
    professional : key of the test identity.
    """
    walk = Walk(country=country)
    walker = Walker(portal, ca)
    try:
        _walk(walk, walker, country, typed, professional)
    finally:
        walker.close()
    return walk


def _walk(walk: Walk, walker: Walker, country: str, typed: Mapping[str, str], professional: str) -> None:
    with _step(walk, walker, "login"):
        log_in(walker, professional)
    with _step(walk, walker, "country"):
        walker.send("/pays", {"pays": country})
        walker.wait()
    if _stopped(walk, walker, "identite"):
        return
    with _step(walk, walker, "identify"):
        walker.send("/identite", filled(walker.form("/identite"), typed))
        walker.wait()
    if _stopped(walk, walker, "verification"):
        return
    with _step(walk, walker, "confirm"):
        walker.send("/verification", {"vu": "1", "malgre": "1"})
    with _step(walk, walker, "summary"):
        walker.send("/accord", {"langue": "fr", "remise": "1", "accord": "oui", "par": "patient"})
        walker.wait()
        if str(walker.here.url).endswith("/choix"):
            walker.send("/choix", {"synthese": "0"})
            walker.wait()
    if _stopped(walk, walker, "synthese"):
        return
    walk.page, walk.sections = walker.here.text, walker.page.sections
    walk.codes = tuple(walker.page.codes)
    here = str(walker.here.url)
    with _step(walk, walker, "original"):
        walk.pdf = walker.fetch(here.replace("/synthese", "/original.pdf"))
        walk.xml = walker.fetch(here.replace("/synthese", "/original.xml"))
    with _step(walk, walker, "logout"):
        walker.send("/terminer", {})
        walker.send("/deconnexion", {})
    walk.ok = True


def log_in(walker: Walker, professional: str) -> None:
    """From the home page to the list of countries, as one test identity (or whoever is logged in there)."""
    walker.get("/connexion")
    if any(one.action.endswith("/auth/identites") for one in walker.page.forms):
        walker.send("/auth/identites", {"identite": professional})
    if str(walker.here.url).endswith("/acces"):
        walker.send("/acces", {"lu": "1"})
    if str(walker.here.url).endswith("/activite"):
        first = walker.form("/activite").choices.get("activite", [""])[0]
        walker.send("/activite", {"activite": first})


def filled(form: Form, typed: Mapping[str, str]) -> dict[str, str]:
    """What a person with these papers puts into this form; of a choice the first alternative that can be."""
    values = {name: typed[domain] for name, domain in form.domains.items() if domain in typed}
    born = typed.get("birthDate", "")
    for name in form.fields:
        part = name.rpartition("-")[2]
        if part in ("jour", "mois", "annee") and len(born) >= 8:
            values[name] = {"annee": born[:4], "mois": born[4:6], "jour": born[6:8]}[part]
    for name, options in form.choices.items():
        if name.startswith("choix-"):
            values[name] = options[0] if len(values) > 1 else options[-1]
        elif "gender" in typed and typed["gender"] in options:
            values[name] = typed["gender"]
    return values


def papers(identifiers: tuple[Identifier, ...], *, birth_date: str = "", gender: str = "") -> dict[str, str]:
    """What ``walk_portal`` wants to be told about a patient."""
    held = {one.root or "": one.extension or "" for one in identifiers}
    return held | {"birthDate": birth_date[:8], "gender": gender}


@contextmanager
def _step(walk: Walk, walker: Walker, name: str) -> Iterator[None]:
    begin = time.perf_counter()
    try:
        yield
    finally:
        walk.milliseconds[name] = (time.perf_counter() - begin) * 1000


def _stopped(walk: Walk, walker: Walker, wanted: str) -> bool:
    """Did the journey end before the page that was expected? Then the record says where."""
    walk.heading = walker.page.heading.strip()
    if str(walker.here.url).endswith(wanted):
        return False
    walk.codes = tuple(walker.page.codes)
    return True
