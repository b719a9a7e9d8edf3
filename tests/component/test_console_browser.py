"""The console in a real browser, by keyboard only."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from simulators.audit_repository import AuditRepository
from simulators.console import Console
from simulators.world import World

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture
def console(ncpeh_world: World) -> Iterator[Console]:
    with (AuditRepository(ncpeh_world.pki, clock=ncpeh_world.clock) as repository,
          Console(ncpeh_world, repository=repository) as running):
        yield running


@pytest.fixture
def page(console: Console) -> Iterator[Any]:
    """The console's page in a headless browser, and every complaint of the browser about it."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 800})
        opened = context.new_page()
        opened.complaints = []
        opened.on("console", lambda message: opened.complaints.append(message.text))
        opened.goto(console.url)
        yield opened
        browser.close()


def tab_to(page: Any, selector: str, limit: int = 120) -> None:
    """Press Tab until the element has the focus, as somebody without a mouse does."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{selector} cannot be reached by keyboard")


def test_a_fault_by_keyboard_only(ncpeh_world: World, page: Any) -> None:
    """From the top of the page to an acting fault and back, without a mouse and without a script of ours."""
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
    tab_to(page, "#pays-faute")
    page.keyboard.type("HR")
    tab_to(page, "#faute")
    page.keyboard.type("latency")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/fautes?*")
    tab_to(page, "#p-seconds")
    page.keyboard.press("Control+A")
    page.keyboard.type("0.5")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?fait=faute*")
    acting, = ncpeh_world.ncp("HR").faults.active
    assert (acting.fault.name, acting.fault.parameters["seconds"]) == ("latency", 0.5)
    tab_to(page, "button[aria-label='Retirer latency de HR']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?fait=retrait*")
    assert ncpeh_world.ncp("HR").faults.active == ()
    assert page.complaints == []


def test_focus_is_seen_and_narrow_screens_do_not_scroll_sideways(page: Any) -> None:
    """What has the focus has an outline of 3 px; at 400 % zoom only tables scroll, inside their frames."""
    tab_to(page, "button")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
