"""A doctor in front of a real Chromium: every country, keyboard only, a screenshot of each step."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ncpeh.portal_world import PortalWorld
from ncpeh.settings import usual_persona
from tests.component.portal_visit import portal

pytestmark = pytest.mark.browser

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine", allow_module_level=True)

COUNTRIES = ["HR", "EE", "LU", "MT", "PT", "CZ", "ES"]
OUT = Path(__file__).parents[2] / "reports" / "out" / "portal"
WIDE = {"width": 1280, "height": 800}

#: Does anything stick out to the right, so that one has to scroll sideways?
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalWorld]:
    with portal(tmp_path_factory.mktemp("portal"), COUNTRIES, portal={"searches": 1000}) as world:
        yield world


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        yield opened
        opened.close()


class Hands:
    """Two hands on a keyboard."""

    def __init__(self, page: Any, folder: Path) -> None:
        self.page = page
        self._folder = folder
        self._count = 0
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()

    def to(self, selector: str) -> None:
        """Press Tab until the element has the focus; a person gives up after sixty."""
        for _ in range(60):
            if self.page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} cannot be reached by Tab on {self.page.title()}")

    def press(self, selector: str, key: str = "Enter") -> None:
        """Go there and press a key."""
        self.to(selector)
        self.page.keyboard.press(key)

    def pick(self, name: str, value: str) -> None:
        """Choose a radio button as the keyboard does: into the group, arrows to the value."""
        self.to(f"input[name='{name}']")
        self.page.keyboard.press("Space")
        for _ in range(40):
            if self.page.evaluate("() => document.activeElement.value") == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{name} has no {value}")

    def shot(self, name: str) -> None:
        """Keep what is seen; nothing sticks out sideways."""
        self._count += 1
        self.page.screenshot(path=str(self._folder / f"{self._count:02d}-{name}.png"), full_page=True)
        assert not self.page.evaluate(SIDEWAYS), f"{name} must be scrolled sideways"


def walk(hands: Hands, everything: PortalWorld, code: str) -> None:
    """From the home page to the summary without a mouse."""
    page = hands.page
    page.goto(f"{everything.url}/")
    hands.shot("accueil")
    hands.press("a[href='/connexion']")
    page.wait_for_url("**/auth?**")
    hands.pick("identite", "ada-generaliste")
    hands.shot("simulateur")
    hands.press("button.principal")
    page.wait_for_url(f"{everything.url}/**")
    if page.url.endswith("/acces"):
        hands.shot("acces")
        hands.press("#lu", "Space")
        hands.press("button.principal")
    page.wait_for_url("**/pays")
    hands.pick("pays", code)
    hands.shot("pays")
    hands.press("button.principal")
    page.wait_for_url("**/identite")
    type_identity(hands, everything, code)
    hands.shot("identite")
    hands.press("button.principal")
    page.wait_for_url("**/verification")
    hands.shot("verification")
    hands.press("#vu", "Space")
    hands.press("button.principal")
    page.wait_for_url("**/accord")
    hands.press("#remise", "Space")
    hands.pick("accord", "oui")
    hands.shot("accord")
    hands.press("button.principal")
    page.wait_for_url("**/synthese")


def type_identity(hands: Hands, everything: PortalWorld, code: str) -> None:
    """Type what the papers say into the fields that can be seen."""
    persona = usual_persona(everything.world.countries[code])
    held = {one.root: one.extension or "" for one in (*persona.identifiers, *persona.shared_identifiers)}
    if hands.page.locator("[data-choix]").count():
        hands.pick("choix-1", "0")
    for field in hands.page.locator("input[data-domaine]:visible").all():
        hands.to(f"#{field.get_attribute('id')}")
        hands.page.keyboard.type(held[field.get_attribute("data-domaine")])


@pytest.mark.parametrize("code", COUNTRIES)
def test_whole_journey_by_keyboard(everything: PortalWorld, browser: Any, code: str) -> None:
    """Every step can be reached and taken without a mouse; the pages complain about nothing."""
    context = browser.new_context(ignore_https_errors=True, viewport=WIDE)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    hands = Hands(page, OUT / code)
    try:
        walk(hands, everything, code)
        hands.shot("synthese")
        assert page.locator("#alertes").bounding_box()["y"] < 650, "alerts within the first screen"
        hands.press("button.origine")
        assert page.locator("[popover]:popover-open").count() == 1
        hands.shot("origine")
        page.keyboard.press("Escape")
        hands.press("button.terminer")
        page.wait_for_url("**/terminee")
        hands.shot("terminee")
        hands.press("form[action='/deconnexion'] button")
        page.wait_for_url("**/fin")
        hands.shot("fin")
    finally:
        context.close()
    assert not complaints
    assert {request.split(":")[1] for request in requests if request.startswith("http")} == {"//127.0.0.1"}


@pytest.mark.parametrize(("name", "options"), [
    ("320", {"viewport": {"width": 320, "height": 800}}),
    ("zoom-200", {"viewport": {"width": 640, "height": 400}}),
    ("sombre", {"viewport": WIDE, "color_scheme": "dark"}),
    ("couleurs-forcees", {"viewport": WIDE, "forced_colors": "active"}),
    ("sans-script", {"viewport": WIDE, "java_script_enabled": False}),
])
def test_other_ways_to_look(everything: PortalWorld, browser: Any, name: str,
                            options: dict[str, Any]) -> None:
    """Narrow, enlarged, dark, in forced colours, without scripts: the same journey, nothing cut off."""
    context = browser.new_context(ignore_https_errors=True, **options)
    page = context.new_page()
    hands = Hands(page, OUT / name)
    try:
        if name == "sans-script":
            # Without scripts there is no document.activeElement to ask: the mouse walks.
            walk_by_mouse(page, everything, "PT")
            assert page.locator("h1").inner_text() == "Synthèse médicale"
        else:
            walk(hands, everything, "PT")
            hands.shot("synthese")
    finally:
        context.close()


def walk_by_mouse(page: Any, everything: PortalWorld, code: str) -> None:
    """The shortest way to the summary."""
    persona = usual_persona(everything.world.countries[code])
    page.goto(f"{everything.url}/connexion")
    page.check("#i-ada-generaliste")
    page.click("button.principal")
    if page.url.endswith("/acces"):
        page.check("#lu")
        page.click("button.principal")
    page.check(f"input[value={code}]")
    page.click("button.principal")
    page.fill("#champ-1", persona.identifiers[0].extension or "")
    page.click("button.principal")
    page.check("#vu")
    page.click("button.principal")
    page.check("#remise")
    page.check("#accord-oui")
    page.click("button.principal")
    page.wait_for_url("**/synthese")


def test_errors_take_the_focus(everything: PortalWorld, browser: Any) -> None:
    """After a mistake the summary of errors has the focus, and its link leads to the field."""
    context = browser.new_context(ignore_https_errors=True, viewport=WIDE)
    page = context.new_page()
    hands = Hands(page, OUT / "erreurs")
    try:
        page.goto(f"{everything.url}/connexion")
        page.check("#i-ada-generaliste")
        page.click("button.principal")
        if page.url.endswith("/acces"):
            page.check("#lu")
            page.click("button.principal")
        page.check("input[value=PT]")
        page.click("button.principal")
        page.click("button.principal")
        hands.shot("identite")
        assert page.evaluate("() => document.activeElement.getAttribute('role')") == "alert"
        assert page.title().startswith("Erreur : ")
        hands.press("a[href='#champ-1']")
        assert page.evaluate("() => document.activeElement.id") == "champ-1"
    finally:
        context.close()


@pytest.mark.foreign
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(everything: PortalWorld, browser: Any, scheme: str) -> None:
    """axe-core, on every kind of page: no violation of any weight."""
    folder = Path(pytest.importorskip("axe_core_python").__file__).parent
    axe = (folder / "axe.min.js").read_text(encoding="utf-8")
    context = browser.new_context(ignore_https_errors=True, viewport=WIDE, bypass_csp=True,
                                  color_scheme=scheme)
    page = context.new_page()
    found: list[str] = []

    def look() -> None:
        page.evaluate(axe)
        found.extend(f"{page.title()}: {one['id']} {one['nodes'][0]['html'][:120]}"
                     for one in page.evaluate("axe.run()")["violations"])

    try:
        for path in ("/", "/informations", "/notice/el", "/patient/none/synthese"):
            page.goto(f"{everything.url}{path}")
            look()
        walk_by_mouse(page, everything, "PT")
        look()
        here = page.url
        for name in ("accord", "verification", "identite"):
            page.goto(here.replace("synthese", name))
            look()
            page.click("main button.principal")
            look()
        page.goto(f"{everything.url}/pays")
        look()
        page.check("input[value=ES]")
        page.click("main button.principal")
        look()
    finally:
        context.close()
    assert not found, "\n".join(found)
