"""A clinician in front of Chromium: the same pages, with scripts, style and a real keyboard.

Needs Playwright and a Chromium (``CHROMIUM`` names it; ``chromium`` on the path otherwise). Certificates of a
world of simulators are not those of the machine, so the browser is told to accept them; TLS itself is proved
by the HTTP clinician.
"""

from __future__ import annotations

import base64
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from clinician import scripts
from clinician.actions import Observer, nobody
from clinician.clinician import Clinician
from clinician.errors import ClinicianError, NotOnPageError
from clinician.page import TEXT_KINDS, Button, Field, File, Page
from clinician.text import one_line

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ElementHandle, Response

#: Milliseconds in which the page has to follow a hand: something can be clicked, a click asks for a page.
SOON = 5_000

#: Milliseconds that a button may be locked by a countdown.
COUNTDOWN = 15_000

#: Milliseconds that a page may take once it was asked for, and those of a waiting page.
PATIENCE = 60_000

#: Milliseconds between two looks at a page that is to come.
PAUSE = 15

#: No sandbox: the only pages are those of the portal, and root has none. The rest is what no test looks at.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")

#: The window, and the part of its size at which it is kept for a report.
WIDTH, HEIGHT, THUMB = 1280, 900, 0.5


class Chromium:
    """One browser process for many clinicians; a context manager.

    Raises
    ------
    ClinicianError : there is no Chromium that Playwright could start.
    """

    def __init__(self) -> None:
        self._playwright: Any = None
        self._browser: Any = None

    def __enter__(self) -> Chromium:
        from playwright.sync_api import Error, sync_playwright

        path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
        self._playwright = sync_playwright().start()
        try:
            self._browser = self._playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        except Error as error:
            self._playwright.stop()
            raise ClinicianError(f"Chromium ({path or 'that of Playwright'}) does not start; the variable "
                                 f"CHROMIUM names another: {_reason(error)}") from error
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
                                            viewport={"width": WIDTH, "height": HEIGHT})
        return BrowserClinician(portal, context, observer=observer)


class BrowserClinician(Clinician):
    """See the module. What the browser does not do in time is a ``ClinicianError`` that tells the page.

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
        self._tab.set_default_timeout(SOON)
        self._tab.set_default_navigation_timeout(PATIENCE)
        self._tab.on("response", self._noticed)
        self._answers: dict[str, tuple[int, dict[str, str]]] = {}
        self._seen: Page | None = None
        self._opened = False

    # -- pages -----------------------------------------------------------------------------------------

    @property
    def page_or_none(self) -> Page | None:
        """What is shown now, scripts included, with the status and headers of the answer that brought it."""
        if not self._opened:
            return None
        address, content = self._tab.url, self._tab.content()
        status, headers = self._answers.get(address.partition("#")[0], (200, {}))
        if self._seen is None or (self._seen.address, self._seen.content) != (address, content):
            self._seen = Page(address, content, status=status, headers=headers)
        return self._seen

    def visit(self, address: str) -> Page:
        """Type an address."""
        with self._trying(f"opening {address}"):
            self._tab.goto(urljoin(self.portal + "/", address))
        return self._shown()

    def follow(self, text: str) -> Page:
        """Click a link."""
        link = self.page.link(text)
        with self._trying(f"following « {link.text} »"):
            self._leaving(self._found(scripts.LINK, link.target, f"the link « {link.text} »"))
        return self._shown()

    def press(self, text: str, *, wait: bool = True) -> Page:
        """Press a button; one that is locked by a countdown when that is over."""
        button = self.page.button(text)
        with self._trying(f"pressing « {button.text} »"):
            self._leaving(self._button(button))
        return self.wait() if wait else self._shown()

    def press_twice(self, text: str) -> Page:
        """A double click."""
        button = self.page.button(text)
        with self._trying(f"pressing « {button.text} » twice"):
            self._leaving(self._button(button), clicks=2)
        return self.wait()

    def fetch(self, link: str) -> File:
        """The file behind a link, asked for with the browser's own cookies."""
        target = urljoin(self._tab.url, self.page.link(link).target)
        with self._trying(f"fetching « {link} »"):
            answer = self._context.request.get(target, timeout=PATIENCE)
            content = answer.body()
        name = answer.headers.get("content-disposition", "").partition('filename="')[2].rstrip('"')
        return File(status=answer.status, content=content, name=name,
                    media_type=answer.headers.get("content-type", "").partition(";")[0])

    def open_beside(self, button: str) -> Page:
        """The new tab of a button."""
        pressed = self.page.button(button)
        with self._trying(f"pressing « {pressed.text} », which opens a tab"):
            with self._context.expect_page(timeout=SOON) as opened:
                self._button(pressed).click()
            tab = opened.value
            tab.wait_for_load_state(timeout=PATIENCE)
            page = Page(tab.url, tab.content())
            tab.close()
        return page

    def back(self) -> Page:
        """The back button."""
        with self._trying("going back"):
            self._tab.go_back()
        return self._shown()

    def wait(self) -> Page:
        """Let the script of the waiting page do its work."""
        if self._shown().waiting:
            with self._trying("waiting for the answer"):
                self._until(scripts.ANSWERED)
        return self._shown()

    def cookies(self) -> dict[str, str]:
        """Cookies by name."""
        return {one["name"]: one["value"] for one in self._context.cookies()}

    def screenshot(self) -> bytes:
        """The window as it is, at half its size (WebP)."""
        if not self._opened:
            return b""
        with self._trying("taking a picture"):
            left, top = self._tab.evaluate("[window.scrollX, window.scrollY]")
            session = self._context.new_cdp_session(self._tab)
            taken = session.send("Page.captureScreenshot", {
                "format": "webp", "quality": 35, "clip": {"x": left, "y": top, "width": WIDTH,
                                                          "height": HEIGHT, "scale": THUMB}})
            session.detach()
        return base64.b64decode(taken["data"])

    def close(self) -> None:
        """Close the profile with all its tabs."""
        self._context.close()

    # -- fields ----------------------------------------------------------------------------------------

    def enter(self, label: str, text: str, *, group: str = "") -> None:
        """Type a text."""
        found = self.page.field(label, group=group, kinds=TEXT_KINDS)
        with self._trying(f"filling in « {found.label} »"):
            self._control(found).fill(text)

    def choose(self, label: str, *, group: str = "") -> None:
        """Choose a radio button."""
        found = self.page.field(label, group=group, kinds=("radio",))
        with self._trying(f"choosing « {found.label} »"):
            self._control(found).check()

    def tick(self, label: str, *, on: bool = True) -> None:
        """Tick a box."""
        found = self.page.field(label, kinds=("checkbox",))
        with self._trying(f"ticking « {found.label} »"):
            self._control(found).set_checked(on)

    def select(self, label: str, option: str) -> None:
        """Choose from a list."""
        found = self.page.field(label, kinds=("select",))
        value = found.option(option)
        with self._trying(f"choosing « {option} » from « {found.label} »"):
            self._control(found).select_option(value)

    def send_raw(self, button: str, fields: dict[str, str]) -> Page:
        """Send a form with values that the page does not offer, as somebody with the tools of the browser."""
        pressed = self.page.button(button)
        with self._trying(f"pressing « {pressed.text} » in a forged form"):
            self._tab.evaluate(scripts.FORGE, [pressed.form, fields])
            self._leaving(self._button(pressed))
        return self._shown()

    # -- elements --------------------------------------------------------------------------------------

    def _control(self, found: Field) -> ElementHandle:
        """A control that can be seen; one in a part that is hidden is not there for a person."""
        if not found.seen:
            raise NotOnPageError(f"« {found.label} » is hidden on the page « {self.page.heading} »")
        return self._found(scripts.CONTROL, [found.form, found.name, found.identifier], f"« {found.label} »")

    def _button(self, found: Button) -> ElementHandle:
        place = [one for one in self.page.buttons if one.form == found.form].index(found)
        return self._found(scripts.BUTTON, [found.form, place], f"the button « {found.text} »")

    def _found(self, script: str, argument: Any, what: str) -> ElementHandle:
        """What a script finds; it unfolds the part of the page in which that stands, as a person would."""
        found = self._tab.evaluate_handle(script, argument).as_element()
        if found is None:
            raise NotOnPageError(f"{what} is no longer on the page « {self.page.heading} »")
        return found

    def _leaving(self, element: ElementHandle, *, clicks: int = 1) -> None:
        """Click something that leads to another page, and wait for that."""
        element.wait_for_element_state("enabled", timeout=COUNTDOWN)
        self._tab.evaluate(scripts.MARK)
        with self._tab.expect_request(lambda asked: asked.is_navigation_request(), timeout=SOON):
            element.click(click_count=clicks, no_wait_after=True)
        self._until(scripts.LEFT)

    def _until(self, script: str) -> None:
        """Ask the page again and again: Playwright's own way evaluates a text, which its policy forbids."""
        from playwright.sync_api import Error, TimeoutError

        end = time.monotonic() + PATIENCE / 1000
        while True:
            try:
                if self._tab.evaluate(script):
                    return
            except Error as error:  # between two pages there is none that could answer
                if "context was destroyed" not in str(error):
                    raise
            if time.monotonic() > end:
                raise TimeoutError(f"not within {PATIENCE // 1000} s")
            self._tab.wait_for_timeout(PAUSE)

    def _shown(self) -> Page:
        self._opened = True
        with self._trying("waiting for the page"):
            self._tab.wait_for_load_state(timeout=PATIENCE)
            return self.page

    @contextmanager
    def _trying(self, what: str) -> Iterator[None]:
        """Turn an error of the browser into one that says what was tried and what was on the page."""
        from playwright.sync_api import Error

        try:
            yield
        except Error as error:
            raise ClinicianError(f"{what}: {_reason(error)}. {self._told()}") from error

    def _told(self) -> str:
        """What can be read at this moment, whatever state the browser is in."""
        from playwright.sync_api import Error

        try:
            page = self.page_or_none
        except Error:
            return f"The browser is on its way to {self._tab.url}."
        if page is None:
            return "No page was opened yet."
        return f"The page « {page.heading} » ({page.status}) says: {page.excerpt}"

    def _noticed(self, answer: Response) -> None:
        if answer.request.is_navigation_request() and answer.frame == self._tab.main_frame:
            self.visited.append(answer.url)
            self._answers[answer.url.partition("#")[0]] = (answer.status, answer.headers)


def _reason(error: Exception) -> str:
    """The first line of what Playwright says; behind it follow its attempts."""
    return one_line(str(error).partition("\n")[0]).rstrip(".")
