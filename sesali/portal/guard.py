"""What holds for every request and every answer, whatever page it is: host, headers, sizes.

Source: RFC 9110, 7.2 (Host); Content Security Policy Level 3; Fetch Metadata.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from sesali.portal.settings import PortalSettings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_REFUSED = "Cette adresse n’est pas celle de ce service.".encode()


def content_policy(settings: PortalSettings) -> str:
    """The policy of every page: our files only, no inline script or style, forms to us and to the login."""
    return "; ".join((
        "default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self' data:",
        "connect-src 'self'", " ".join(("form-action 'self'", *settings.login_origins)),
        "frame-ancestors 'none'", "base-uri 'none'"))


class Guard:
    """ASGI middleware around the whole portal."""

    def __init__(self, application: Application, settings: PortalSettings) -> None:
        self._application = application
        self._host = settings.host.lower()
        self._headers = tuple((name.encode(), value.encode()) for name, value in (
            ("content-security-policy", content_policy(settings)),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", "max-age=31536000"),
            ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
        ))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse another host; give every answer the headers that it does not set itself."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or hosts[0].decode("latin-1").lower() != self._host:
            await send({"type": "http.response.start", "status": 400, "headers": [
                *self._headers, (b"content-type", b"text/plain; charset=utf-8")]})
            await send({"type": "http.response.body", "body": _REFUSED})
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                message["headers"] = given + [pair for pair in self._headers if pair[0] not in names]
            await send(message)

        await self._application(scope, receive, with_headers)
