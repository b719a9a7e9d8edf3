"""The portal as one object, and the ASGI application around it: pure wiring, no page is made here.

Calls to countries run in the workers of the gateway, one bulkhead per country, calls to Pro Santé Connect in
workers of their own; the event loop never waits for either.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Protocol, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ehdsi.errors import EhdsiError
from ehdsi.terminology import Terminology
from sesali.gateway import Gateway
from sesali.login import LoggedIn, LoginAttempt, LogoutNotice
from sesali.outcomes import StepRefused, refused
from sesali.portal.countries import CountryStates
from sesali.portal.guard import Guard
from sesali.portal.limits import RateLimit
from sesali.portal.pages import ROUTES, Needs, Page
from sesali.portal.rendering import Asset, Pages
from sesali.portal.sessions import Session, SessionStore
from sesali.portal.settings import PortalSettings
from sesali.portal.stops import stop_page, unexpected_page
from sesali.portal.visit import SESSION_COOKIE, Visit, read_form

Result = TypeVar("Result")

log = logging.getLogger("sesali.portal")


class Login(Protocol):
    """What the portal wants of the login; ``sesali.login.LoginClient`` has it. All calls may block."""

    def begin(self, *, prompt: str = "") -> LoginAttempt:
        """Where to send the browser."""

    def finish(self, attempt: LoginAttempt | None, query: Mapping[str, str]) -> LoggedIn:
        """What the browser brought back."""

    def refresh(self, login: LoggedIn) -> LoggedIn:
        """New tokens."""

    def logout_url(self, login: LoggedIn, *, state: str = "") -> str:
        """Where a browser ends its session at Pro Santé Connect."""

    def revoke(self, login: LoggedIn) -> None:
        """The tokens are no longer wanted."""

    def backchannel_logout(self, logout_token: str) -> LogoutNotice:
        """Judge a logout token."""


class Portal:
    """Everything that pages need; one per application."""

    def __init__(self, gateway: Gateway, login: Login, settings: PortalSettings, *, terminology: Terminology,
                 clock: Callable[[], datetime], new_secret: Callable[[], str]) -> None:
        self.gateway = gateway
        self.login = login
        self.settings = settings
        self.terminology = terminology
        self.clock = clock
        self.new_secret = new_secret
        self.pages = Pages()
        self.sessions = SessionStore(settings, clock=clock, new_secret=new_secret)
        self.searches = RateLimit(settings.searches)
        self.countries = CountryStates(gateway, clock)
        #: Professionals who have read that their accesses are recorded, by identifier.
        self.informed: set[str] = set()
        #: How the portal lets time pass, in seconds.
        self.pause: Callable[[float], Awaitable[None]] = asyncio.sleep
        self._login_workers = ThreadPoolExecutor(16, "login")

    async def ask_login(self, work: Callable[[], Result]) -> Result:
        """Run a call to Pro Santé Connect outside the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._login_workers, work)

    async def ask_country(self, country: str, work: Callable[[], Result]) -> Result:
        """Run a step in the workers of a country and wait for it."""
        return await asyncio.wrap_future(self.gateway.submit(country, work))

    async def halt(self) -> None:
        """In the loop, before it stops: nothing goes on in the background."""
        tasks = [job.task for session in self.sessions for job in session.jobs.values() if job.task]
        await self.countries.halt(tasks)

    def close(self) -> None:
        """Forget every session and stop our workers; the gateway belongs to who made it."""
        for session in self.sessions:
            self.sessions.end(session)
        self._login_workers.shutdown(wait=False, cancel_futures=True)

    # -- the way to a page -----------------------------------------------------------------------------

    async def visit(self, request: Request, page: Page) -> Response:
        """Find the session, check the form, call the page; whatever goes wrong becomes a page of its own."""
        visit = Visit(self, request)
        try:
            if request.method == "POST":
                visit.form = await read_form(request)
            await self._enter(visit, page)
            return await page.handle(visit)
        except StepRefused as refusal:
            return stop_page(visit, refusal)
        except (EhdsiError, OSError, RuntimeError, ValueError, LookupError, TypeError,
                AttributeError, AssertionError) as error:
            return unexpected_page(visit, error)

    async def _enter(self, visit: Visit, page: Page) -> None:
        cookie = visit.request.cookies.get(SESSION_COOKIE, "")
        session = self.sessions.find(cookie, active=page.active) if cookie else None
        visit.session_or_none = session
        if page.needs is Needs.NOTHING:
            return
        if session is None:
            raise refused("SES-110" if cookie else "SES-120", detail="no session")
        if visit.request.method == "POST":
            visit.check_csrf()
        await self._keep_login(session)
        if page.needs is Needs.ACTIVITY and session.credentials is None:
            raise refused("SES-120", detail="no activity was chosen")

    async def _keep_login(self, session: Session) -> None:
        """Renew the tokens of a user who is active; a login that ended elsewhere ends here.

        Refresh tokens live for minutes, reading a summary takes longer: when they ran out while the user
        read, the session goes on under its own limits, and a back-channel logout still ends it.
        """
        tokens, now = session.login.tokens, self.clock()
        if not tokens.access_until <= now < tokens.refresh_until or session.refreshing:
            return
        session.refreshing = True
        try:
            session.login = await self.ask_login(lambda: self.login.refresh(session.login))
        except StepRefused as refusal:
            if refusal.code != "SES-014":
                self.sessions.end(session)
                raise refused("SES-110", detail="the login has ended at Pro Santé Connect") from None
        finally:
            session.refreshing = False


def create_app(gateway: Gateway, login: Login, settings: PortalSettings, *, terminology: Terminology,
               clock: Callable[[], datetime],
               new_secret: Callable[[], str] = lambda: secrets.token_urlsafe(32)) -> Starlette:
    """The application; ``app.state.portal`` is the ``Portal`` behind it, to be closed at the end.

    Parameters
    ----------
    gateway : does the steps.
    login : Pro Santé Connect.
    terminology : for the French words of the summary.
    clock : the time, UTC.
    new_secret : unguessable texts for cookies, tokens and addresses.
    """
    portal = Portal(gateway, login, settings, terminology=terminology, clock=clock, new_secret=new_secret)
    routes = [Route(page.path, _endpoint(portal, page), methods=[page.method]) for page in ROUTES]
    routes += [Route(asset.path, _asset(asset)) for asset in portal.pages.assets]

    async def not_found(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        return stop_page(Visit(portal, request), refused("SES-120", detail=f"HTTP {status}"), status=status)

    app = Starlette(routes=routes, middleware=[Middleware(Guard, settings=settings)],
                    exception_handlers={404: not_found, 405: not_found})
    app.state.portal = portal
    return app


def _endpoint(portal: Portal, page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await portal.visit(request, page)

    return endpoint


def _asset(asset: Asset) -> Callable[[Request], Awaitable[Response]]:
    headers: dict[str, Any] = {"cache-control": "public, max-age=31536000, immutable"}

    async def endpoint(request: Request) -> Response:
        return Response(asset.content, media_type=asset.media_type, headers=headers)

    return endpoint
