"""A clinician whose browser is httpx: pages as served, no scripts."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urljoin

import httpx

from clinician.actions import Observer, nobody
from clinician.clinician import Clinician
from clinician.errors import ClinicianError
from clinician.page import TEXT_KINDS, Button, Field, File, Form, Page

#: A desktop browser of today; portals turn others away.
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

#: Seconds between two looks at a waiting page, and how long to go on looking.
PAUSE, PATIENCE = 0.1, 60.0


@cache
def trusting(ca: str) -> ssl.SSLContext:
    """TLS that trusts these anchors (a PEM file), the machine's own for an empty path; made once."""
    return ssl.create_default_context(cafile=ca or None)


class HttpClinician(Clinician):
    """See the module. Not for several threads at a time.

    Parameters
    ----------
    portal : base URL.
    ca : trust anchors (PEM file); those of the machine when empty.
    client : another httpx client, for instance one with hooks; it follows redirects and keeps cookies. It is
        closed with the clinician.
    agent : what the browser calls itself.
    observer : is told about every action.
    pause, patience : seconds between two looks at a waiting page, and how long to go on looking.
    """

    def __init__(self, portal: str, *, ca: str | Path = "", client: httpx.Client | None = None,
                 agent: str = AGENT, observer: Observer = nobody, pause: float = PAUSE,
                 patience: float = PATIENCE) -> None:
        super().__init__(portal, observer=observer)
        self._client = client or httpx.Client(verify=trusting(str(ca)), timeout=patience, trust_env=False)
        self._client.headers.update({"user-agent": agent, "accept": "text/html",
                                     "accept-language": "fr"})
        self._client.follow_redirects = True
        self._pause, self._patience = pause, patience
        self._history: list[Page] = []
        self._typed: dict[tuple[int, str], str | None] = {}

    # -- pages -----------------------------------------------------------------------------------------

    @property
    def page_or_none(self) -> Page | None:
        """What is shown."""
        return self._history[-1] if self._history else None

    def visit(self, address: str) -> Page:
        """An address, or a path of the portal."""
        return self._show(self._client.get(urljoin(self.portal + "/", address)))

    def follow(self, text: str) -> Page:
        """Click a link."""
        return self._show(self._client.get(self._absolute(self.page.link(text).target)))

    def press(self, text: str, *, wait: bool = True) -> Page:
        """Send the form of a button."""
        self._show(self._send(self.page.button(text)))
        return self.wait() if wait else self.page

    def press_twice(self, text: str) -> Page:
        """Send the same form two times."""
        button = self.page.button(text)
        self._send(button)
        self._show(self._send(button))
        return self.wait()

    def send_raw(self, button: str, fields: Mapping[str, str]) -> Page:
        """Send a form with values that the page does not offer, as somebody with bad intentions would."""
        pressed = self.page.button(button)
        for name, value in fields.items():
            self._typed[pressed.form, name] = value
        return self._show(self._send(pressed))

    def fetch(self, link: str) -> File:
        """The file behind a link."""
        answer = self._client.get(self._absolute(self.page.link(link).target))
        return _file(answer)

    def open_beside(self, button: str) -> Page:
        """What a button opens in another tab."""
        return _page(self._send(self.page.button(button)))

    def back(self) -> Page:
        """Ask again for the page before: what is marked ``no-store`` a browser has to fetch anew."""
        if len(self._history) < 2:
            raise ClinicianError("there is no page before this one")
        self._history.pop()
        before = self._history.pop()
        return self._show(self._client.get(before.address))

    def wait(self) -> Page:
        """Look again and again at a waiting page."""
        end = time.monotonic() + self._patience
        while self.page.waiting:
            if time.monotonic() > end:
                raise ClinicianError(f"still waiting after {self._patience:.0f} s: {self.page.excerpt}")
            time.sleep(self._pause)
            self._show(self._client.get(self.page.address), replacing=True)
        return self.page

    def cookies(self) -> dict[str, str]:
        """Cookies by name."""
        return {one.name: one.value or "" for one in self._client.cookies.jar}

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    # -- fields ----------------------------------------------------------------------------------------

    def enter(self, label: str, text: str, *, group: str = "") -> None:
        """Put a text into a field."""
        self._put(self.page.field(label, group=group, kinds=TEXT_KINDS), text)

    def choose(self, label: str, *, group: str = "") -> None:
        """Choose a radio button."""
        found = self.page.field(label, group=group, kinds=("radio",))
        self._put(found, found.value)

    def tick(self, label: str, *, on: bool = True) -> None:
        """Tick a box."""
        found = self.page.field(label, kinds=("checkbox",))
        self._put(found, found.value if on else None)

    def select(self, label: str, option: str) -> None:
        """Choose from a list."""
        found = self.page.field(label, kinds=("select",))
        self._put(found, found.option(option))

    def _put(self, found: Field, value: str | None) -> None:
        self._typed[found.form, found.name] = value

    # -- requests --------------------------------------------------------------------------------------

    def _send(self, button: Button) -> httpx.Response:
        form = self.page.forms[button.form]
        values = self._values(form, button)
        target = self._absolute(button.action or form.action)
        headers = {"origin": self.portal, "sec-fetch-site": "same-origin", "referer": self.page.address} \
            if target.startswith(self.portal) else {}
        if (button.method or form.method) == "post":
            return self._client.post(target, data=values, headers=headers)
        return self._client.get(target, params=values, headers=headers)

    def _values(self, form: Form, button: Button) -> dict[str, str]:
        """What a browser would send: fields as they stand, changed by what was typed, and the button."""
        sent: dict[str, str] = {}
        for one in form.fields:
            if one.kind in ("radio", "checkbox"):
                if one.checked:
                    sent[one.name] = one.value
            elif one.name and one.kind not in ("submit", "button", "file"):
                sent[one.name] = one.value
        for (number, name), value in self._typed.items():
            if number != button.form:
                continue
            if value is None:
                sent.pop(name, None)
            else:
                sent[name] = value
        if button.name:
            sent[button.name] = button.value
        return sent

    def _absolute(self, target: str) -> str:
        return urljoin(self.page.address, target)

    def _show(self, answer: httpx.Response, *, replacing: bool = False) -> Page:
        if replacing:
            self._history.pop()
        self.visited += [str(one.url) for one in (*answer.history, answer)]
        self._history.append(_page(answer))
        self._typed = {}
        return self.page


def _page(answer: httpx.Response) -> Page:
    html = "html" in answer.headers.get("content-type", "")
    return Page(str(answer.url), answer.text if html else "", status=answer.status_code,
                headers=dict(answer.headers))


def _file(answer: httpx.Response) -> File:
    name = answer.headers.get("content-disposition", "").partition('filename="')[2].rstrip('"')
    return File(status=answer.status_code, content=answer.content, name=name,
                media_type=answer.headers.get("content-type", "").partition(";")[0])
