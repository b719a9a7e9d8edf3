"""The console's pages: which address answers what, who may change something, and what a form says."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from ehdsi.errors import LocalError
from simulators.console import actions, view
from simulators.console.api import Api
from simulators.console.texts import BEHAVIOURS, DONE, REPOSITORY_STATES, clock_words, french_date, remaining
from simulators.faults import KNOWN_PARAMETERS, STEPS, Fault, catalogue, catalogue_entry
from simulators.http import Handler, HttpRequest, HttpResponse
from simulators.web.pages import (
    Pages,
    environment,
    guarded,
    masked,
    query_values,
    see_other,
    short_time,
    text,
)
from simulators.web.pretty import pretty

if TYPE_CHECKING:
    from simulators.audit_repository import AuditRepository
    from simulators.world import World

_FOLDER = Path(__file__).with_name("templates")

#: Seconds between two loads of a page that is refreshed.
REFRESH = 2


class ConsolePages:
    """Answers HTTP requests for the console.

    Parameters
    ----------
    world : what it shows and changes.
    repository : the audit repository, ``None`` where there is none.
    links : other services, by French name.
    hosts : names under which browsers reach the console.
    token : secret that every form of these pages holds; a form of another site does not.
    """

    def __init__(self, world: World, *, repository: AuditRepository | None, links: Mapping[str, str],
                 hosts: tuple[str, ...], token: str) -> None:
        self._world = world
        self._repository = repository
        self._token = token
        self._pages = Pages(_FOLDER)
        self._api = Api(world, repository)
        environment(_FOLDER).filters.update(heure=short_time, masque=masked, date_fr=french_date,
                                            reste=remaining)
        self._common: dict[str, Any] = {"links": dict(links), "token": token, "behaviours": BEHAVIOURS}
        self._posts: dict[str, Callable[[Mapping[str, list[str]]], HttpResponse]] = {
            "/fautes": self._add_fault,
            "/fautes/retirer": self._remove_fault,
            "/reinitialiser": self._reset,
            "/horloge": self._advance,
            "/registre": self._repository_switch,
        }
        self.handle: Handler = guarded(self._answer, hosts=hosts)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if request.header("sec-fetch-site") not in ("", "none", "same-origin") and request.method == "POST":
            return text("Une page d’un autre site ne peut rien changer ici.", status=403)
        if request.path.startswith("/api/"):
            return self._api.answer(request)
        if request.method == "POST":
            return self._change(request)
        if request.method not in ("GET", "HEAD"):
            return text("Méthode non prévue.", status=405)
        return self._show(request.path.strip("/").split("/"), query_values(request.query)) or text(
            "Cette page n’existe pas (ou plus).", status=404)

    # -- reading ---------------------------------------------------------------------------------------

    def _show(self, parts: list[str], query: Mapping[str, str]) -> HttpResponse | None:
        match parts:
            case [""]:
                return self._home(query)
            case ["pays", code] if code in self._world.countries:
                return self._country(code)
            case ["fautes"] if query.get("pays", "") in self._world.countries:
                return self._fault_form(query["pays"], query.get("faute", ""))
            case ["echanges", place, number, *rest] if number.isdecimal() and len(number) < 16:
                return self._exchange(place, int(number), rest)
            case ["audit", number] if self._repository and number.isdecimal() and len(number) < 16:
                event = self._repository.store.event(int(number))
                return text(pretty(event.payload)) if event else None
        return None

    def _home(self, query: Mapping[str, str], error: str = "", status: int = 200) -> HttpResponse:
        world, repository = self._world, self._repository
        now = world.clock()
        refreshed = query.get("actualiser") == str(REFRESH)
        events = repository.store.events(last=view.SHOWN)[::-1] if repository else ()
        return self._pages.html(
            "home.html.j2", status=status, refresh=REFRESH if refreshed else 0, **self._common,
            world=view.world_value(world, now), now=now, clock=clock_words(world.clock),
            exchanges=view.exchanges(world), message_id=view.message_id, families=_families(),
            repository=repository, repository_state=REPOSITORY_STATES[repository.state] if repository else "",
            counts=repository.store.counts() if repository else (0, 0),
            events=[view.event_value(event) for event in events], refreshed=refreshed, every=REFRESH,
            done=DONE.get(query.get("fait", ""), ""), error=error)

    def _country(self, code: str) -> HttpResponse:
        return self._pages.html("country.html.j2", **self._common,
                                country=view.country_value(self._world, code))

    def _exchange(self, place: str, number: int, rest: list[str]) -> HttpResponse | None:
        found = view.exchange_of(self._world, place, number)
        if found is None:
            return None
        request, response = found.exchange.request, found.exchange.response
        match rest:
            case []:
                return self._pages.html("exchange.html.j2", **self._common, one=found,
                                        message_id=view.message_id(found.exchange))
            case ["requete"]:
                return text(pretty(request.body, request.header("content-type")))
            case ["reponse"]:
                return text(pretty(response.body, response.header("content-type")))
        return None

    def _fault_form(self, code: str, name: str, typed: Mapping[str, list[str]] | None = None,
                    error: str = "") -> HttpResponse:
        try:
            fault = catalogue_entry(name)
        except LocalError as unknown:
            return self._home({}, str(unknown), 422)
        return self._pages.html(
            "fault.html.j2", status=422 if error else 200, **self._common, fault=fault, error=error,
            country=view.country_value(self._world, code), fields=_fields(fault, typed or {}),
            fixed={key: value for key, value in fault.parameters.items() if isinstance(value, dict | list)},
            steps=[step for step in STEPS if step in fault.steps],
            chosen=(typed or {}).get("etape") or actions.usual_steps(fault),
            patient=_first(typed or {}, "patient"), scope=_first(typed or {}, "portee") or "always",
            times=_first(typed or {}, "nombre") or "1")

    # -- changing --------------------------------------------------------------------------------------

    def _change(self, request: HttpRequest) -> HttpResponse:
        change = self._posts.get(request.path)
        if change is None:
            return text("Cette page n’existe pas.", status=404)
        form = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        if not hmac.compare_digest(_first(form, "jeton").encode(), self._token.encode()):
            return text("Ce formulaire ne vient pas de la console, ou date d’avant son redémarrage. "
                        "Rechargez la page.", status=403)
        try:
            return change(form)
        except LocalError as error:
            return self._home({}, str(error), 422)

    def _add_fault(self, form: Mapping[str, list[str]]) -> HttpResponse:
        code, name = _first(form, "pays").upper(), _first(form, "faute")
        self._world.ncp(code)
        fault = catalogue_entry(name)
        try:
            actions.add_fault(self._world, actions.Wish(
                country=code, name=name, steps=tuple(form.get("etape", ())), patient=_first(form, "patient"),
                times=_times(form), parameters=actions.typed_parameters(
                    fault, {key.removeprefix("p-"): values[0] for key, values in form.items()
                            if key.startswith("p-")})))
        except LocalError as error:
            return self._fault_form(code, name, form, str(error))
        return see_other("/?fait=faute#pays")

    def _remove_fault(self, form: Mapping[str, list[str]]) -> HttpResponse:
        if not _first(form, "faute"):
            actions.clear_faults(self._world, _first(form, "pays"))
        else:
            actions.remove_fault(self._world, _first(form, "pays"), _first(form, "faute"))
        return see_other("/?fait=retrait#pays")

    def _reset(self, form: Mapping[str, list[str]]) -> HttpResponse:
        self._world.reset()
        return see_other("/?fait=remise")

    def _advance(self, form: Mapping[str, list[str]]) -> HttpResponse:
        actions.advance_clock(self._world, 3600.0)
        return see_other("/?fait=horloge")

    def _repository_switch(self, form: Mapping[str, list[str]]) -> HttpResponse:
        actions.switch_repository(self._repository, _first(form, "action"))
        return see_other("/?fait=registre#audit")


def _first(form: Mapping[str, list[str]], name: str) -> str:
    return form.get(name, [""])[0].strip()


def _times(form: Mapping[str, list[str]]) -> int | None:
    """How many requests, by the scope that was chosen."""
    scope = _first(form, "portee") or "always"
    if scope in ("always", "once"):
        return None if scope == "always" else 1
    number = _first(form, "nombre")
    if not number.isdecimal() or len(number) > 9:
        raise LocalError("say for how many requests the fault acts, in digits")
    return int(number)


def _families() -> dict[str, list[Fault]]:
    """The catalogue by family, both in alphabetical order."""
    families: dict[str, list[Fault]] = {}
    for fault in sorted(catalogue().values(), key=lambda one: (one.family, one.name)):
        families.setdefault(fault.family, []).append(fault)
    return families


def _fields(fault: Fault, typed: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """The fault's parameters as fields of a form; lists and tables stay as the catalogue has them."""
    fields = []
    for name, kinds in KNOWN_PARAMETERS[fault.transform].items():
        if actions.is_table(kinds):
            continue
        fields.append({"name": name, "value": _first(typed, f"p-{name}") or actions.shown(fault, name),
                       "flag": bool in kinds, "numeric": str not in kinds and bool not in kinds})
    return fields
