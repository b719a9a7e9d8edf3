"""An application whose address is known before the application is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from simulators.server import Application, Message, Scope


class Later:
    """Answers 503 until ``application`` is put in."""

    def __init__(self) -> None:
        self.application: Application | None = None

    async def __call__(self, scope: Scope, receive: Callable[[], Awaitable[Message]],
                       send: Callable[[Message], Awaitable[None]]) -> None:
        if self.application is None:
            await send({"type": "http.response.start", "status": 503, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self.application(scope, receive, send)
