"""One request on its way to a page: its form, its session, and the answers that pages give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sesali.outcomes import refused
from sesali.portal.consultation import Consultation
from sesali.portal.sessions import Session, same_text

if TYPE_CHECKING:
    from sesali.portal.app import Portal

#: Largest form that is read, and the most fields in it.
MAX_FORM = 64 * 1024
MAX_FIELDS = 100

SESSION_COOKIE = "__Host-session"
ATTEMPT_COOKIE = "__Host-connexion"


@dataclass(slots=True)
class Visit:
    """A request with what the portal knows about who sent it."""

    portal: Portal
    request: Request
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    session_or_none: Session | None = None

    @property
    def session(self) -> Session:
        """The session; pages that call this were only reached with one."""
        if self.session_or_none is None:
            raise refused("SES-120", detail="no session")
        return self.session_or_none

    @property
    def consultation(self) -> Consultation:
        """The consultation that the address names, of this session.

        Raises
        ------
        StepRefused : SES-120, there is none, or it belongs to somebody else.
        """
        found = self.session.consultation(str(self.request.path_params.get("key", "")))
        if found is None:
            raise refused("SES-120", detail="no such consultation in this session")
        return found

    def check_csrf(self) -> None:
        """A form must come from a page of this session.

        Raises
        ------
        StepRefused : SES-120, it does not; a security event.
        """
        site = self.request.headers.get("sec-fetch-site", "same-origin")
        if not same_text(self.form.get("csrf", ""), self.session.csrf) or site not in ("same-origin", "none"):
            raise refused("SES-120", detail="a form without the token of its session", security=True)


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a URL-encoded form, the first of each name.

    Raises
    ------
    StepRefused : SES-120, it is too large or of another kind.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM:
            raise refused("SES-120", detail="a form that is too large", security=True)
    if body and kind != "application/x-www-form-urlencoded":
        raise refused("SES-120", detail="a form of another media type", security=True)
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise refused("SES-120", detail="a form that cannot be read", security=True) from None
    return {name: value.replace("\x00", "") for name, value in reversed(pairs)}


def see_other(location: str) -> Response:
    """303 to one of our own pages (or to an address that our own code made)."""
    return Response(status_code=303, headers={"location": location})


def set_cookie(response: Response, name: str, value: str) -> None:
    """A cookie of this browser session: TLS only, out of reach for scripts, for this host alone."""
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="lax")


def drop_cookie(response: Response, name: str) -> None:
    """The browser forgets it."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


def html(body: str, status: int = 200) -> Response:
    """A page."""
    return HTMLResponse(body, status_code=status)
