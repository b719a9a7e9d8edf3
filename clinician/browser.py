"""A clinician in front of Chromium: the same pages, with scripts, style and a real keyboard.

Needs Playwright and a Chromium (``CHROMIUM`` names it; ``chromium`` on the path otherwise). Certificates of a
world of simulators are not those of the machine, so the browser is told to accept them; TLS itself is proved
by the HTTP clinician.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from clinician.actions import Observer, nobody
from clinician.clinician import Clinician
from clinician.errors import ClinicianError, NotOnPageError
from clinician.page import TEXT_KINDS, Button, Field, File, Page
from clinician.text import plain

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ElementHandle, Response

#: Milliseconds that a page may take, waiting pages included.
PATIENCE = 60_000


class Chromium:
    """One browser process for many clinicians; a context manager."""

    def __init__(self) -> None:
        self._playwright: Any = None
        self._browser: Any = None

    def __enter__(self) -> Chromium:
        from playwright.sync_api import sync_playwright

        path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._browser.close()
        self._playwright.stop()

    def clinician(self, portal: str, *, ca: str | Path = "", agent: str = "",
                  observer: Observer = nobody) -> BrowserClinician:
        """A person with a browser profile of their own."""
        context = self._browser.new_context(ignore_https_errors=bool(ca), user_agent=agent or None,
                                            locale="fr-FR", timezone_id="Europe/Paris",
                                            viewport={"width": 1280, "height": 900})
        return BrowserClinician(portal, context, observer=observer)


class BrowserClinician(Clinician):
    """See the module.

    Parameters
    ----------
    portal : base URL.
    context : of Playwright; closed with the clinician.
    observer : is told about every action.
    """

    def __init__(self, portal: str, context: BrowserContext, *, observer: Observer = nobody) -> None:
        super().__init__(portal, observer=observer)
        self._context = context
        self._tab = context.new_page()
        self._tab.set_default_timeout(PATIENCE)
        self._tab.on("framenavigated", lambda frame: self.visited.append(frame.url))
        self._tab.on("response", self._noticed)
        self._answers: dict[str, tuple[int, dict[str, str]]] = {}
        self._opened = False

    # -- pages -----------------------------------------------------------------------------------------

    @property
    def page_or_none(self) -> Page | None:
        """What is shown, with the status and headers of the answer that brought it."""
        if not self._opened:
            return None
        address = self._tab.url
        status, headers = self._answers.get(address.partition("#")[0], (200, {}))
        return Page(address, self._tab.content(), status=status, headers=headers)

    def visit(self, address: str) -> Page:
        """Type an address."""
        self._tab.goto(urljoin(self.portal + "/", address))
        return self._shown()

    def follow(self, text: str) -> Page:
        """Click a link."""
        link = self.page.link(text)
        self._leaving(self._all("a[href]", lambda one: one.get_attribute("href") == link.target))
        return self._shown()

    def press(self, text: str, *, wait: bool = True) -> Page:
        """Press a button."""
        self._leaving(self._button(self.page.button(text)))
        return self.wait() if wait else self._shown()

    def press_twice(self, text: str) -> Page:
        """A double click."""
        with self._tab.expect_navigation(timeout=PATIENCE):
            self._button(self.page.button(text)).dblclick(no_wait_after=True)
        return self.wait()

    def fetch(self, link: str) -> File:
        """The file behind a link, asked for with the browser's own cookies."""
        target = urljoin(self._tab.url, self.page.link(link).target)
        answer = self._context.request.get(target)
        name = answer.headers.get("content-disposition", "").partition('filename="')[2].rstrip('"')
        return File(status=answer.status, content=answer.body(), name=name,
                    media_type=answer.headers.get("content-type", "").partition(";")[0])

    def open_beside(self, button: str) -> Page:
        """The new tab of a button."""
        with self._context.expect_page() as opened:
            self._button(self.page.button(button)).click()
        tab = opened.value
        tab.wait_for_load_state()
        page = Page(tab.url, tab.content())
        tab.close()
        return page

    def back(self) -> Page:
        """The back button."""
        self._tab.go_back()
        return self._shown()

    def wait(self) -> Page:
        """Let the script of the waiting page do its work."""
        self._shown()
        if self.page.waiting:
            self._tab.wait_for_function("!document.querySelector('[data-attente]')", timeout=PATIENCE)
        return self._shown()

    def cookies(self) -> dict[str, str]:
        """Cookies by name."""
        return {one["name"]: one["value"] for one in self._context.cookies()}

    def screenshot(self) -> bytes:
        """The window as it is (PNG)."""
        return bytes(self._tab.screenshot()) if self._opened else b""

    def close(self) -> None:
        """Close the profile with all its tabs."""
        self._context.close()

    # -- fields ----------------------------------------------------------------------------------------

    def enter(self, label: str, text: str, *, group: str = "") -> None:
        """Type a text."""
        found = self.page.field(label, group=group, kinds=TEXT_KINDS)
        self._open_around(self._control(found)).fill(text)

    def choose(self, label: str, *, group: str = "") -> None:
        """Choose a radio button."""
        self._open_around(self._control(self.page.field(label, group=group, kinds=("radio",)))).check()

    def tick(self, label: str, *, on: bool = True) -> None:
        """Tick a box."""
        self._open_around(self._control(self.page.field(label, kinds=("checkbox",)))).set_checked(on)

    def select(self, label: str, option: str) -> None:
        """Choose from a list."""
        found = self.page.field(label, kinds=("select",))
        for value, words in found.options:
            if option == value or plain(option).lower() in plain(words).lower():
                self._control(found).select_option(value)
                return
        raise NotOnPageError(f"« {label} » does not offer « {option} »")

    def send_raw(self, button: str, fields: dict[str, str]) -> Page:
        """Send a form with values that the page does not offer, as somebody with the tools of the browser."""
        pressed = self.page.button(button)
        self._tab.evaluate(
            "([number, values]) => { const form = document.forms[number]; for (const name in values) {"
            "for (const one of form.querySelectorAll(`[name='${name}']`)) one.remove();"
            "const input = document.createElement('input'); input.type = 'hidden'; input.name = name;"
            "input.value = values[name]; form.append(input); } }", [pressed.form, fields])
        self._leaving(self._button(pressed))
        return self._shown()

    # -- elements --------------------------------------------------------------------------------------

    def _control(self, found: Field) -> ElementHandle:
        if found.identifier:
            return self._one(f"[id='{found.identifier}']")
        return self._one(f"form:nth-of-type({found.form + 1}) [name='{found.name}']")

    def _button(self, found: Button) -> ElementHandle:
        return self._all("form button", lambda one: plain(one.text_content() or "") == plain(found.text)
                         and (one.get_attribute("value") or "") == found.value)

    def _one(self, selector: str) -> ElementHandle:
        found = self._tab.query_selector(selector)
        if found is None:
            raise NotOnPageError(f"{selector} is not on the page « {self.page.heading} »")
        return found

    def _all(self, selector: str, fits: Any) -> ElementHandle:
        for one in self._tab.query_selector_all(selector):
            if fits(one):
                return one
        raise NotOnPageError(f"{selector} is not on the page « {self.page.heading} »")

    @staticmethod
    def _open_around(element: ElementHandle) -> ElementHandle:
        """Open the folded part of the page in which a control stands, as a person would."""
        element.evaluate("one => { const folded = one.closest('details'); if (folded) folded.open = true; }")
        return element

    def _leaving(self, element: ElementHandle) -> None:
        """Click something that leads to another page, and wait for that."""
        self._open_around(element)
        with self._tab.expect_navigation(timeout=PATIENCE):
            element.click(no_wait_after=True)

    def _shown(self) -> Page:
        self._opened = True
        self._tab.wait_for_load_state()
        found = self.page_or_none
        if found is None:
            raise ClinicianError("no page was opened yet")
        return found

    def _noticed(self, answer: Response) -> None:
        if answer.request.is_navigation_request():
            self._answers[answer.url.partition("#")[0]] = (answer.status, answer.headers)
