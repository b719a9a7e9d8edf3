"""Gateway, login and portal put together from a ``world.json``, as an installation would."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ncpeh.settings import new_ids, now
from ncpeh.walking import terminology
from sesali.config import from_world
from sesali.gateway import Gateway
from sesali.judging import document_judge
from sesali.login import LoginClient, PscSettings
from sesali.login.transport import open_http
from sesali.portal import PortalSettings, create_app

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from sesali.metrics import Metrics
    from sesali.portal.app import Portal


@contextmanager
def portal_of(world_json: Path, *, url: str, issuer: str, client: str, secret: str, origins: tuple[str, ...],
              outbox: str, overrides: Mapping[str, Any], metrics: Metrics
              ) -> Iterator[tuple[Starlette, Portal]]:
    """One copy of the portal; closed, its audit events sent where that is possible, at the end.

    Parameters
    ----------
    url : base URL of this copy. issuer, client, secret : of its registration at Pro Santé Connect.
    origins : where forms of the login lead. outbox : name of its audit file beside ``world.json``.
    overrides : fields of ``PortalSettings``. metrics : is told what the gateway does.
    """
    with ExitStack() as started:
        config = from_world(world_json, outbox=world_json.parent / outbox)
        http = started.enter_context(open_http(config.tls.ca))
        login = LoginClient(
            PscSettings(issuer=issuer, client_id=client, client_secret=secret,
                        redirect_uri=f"{url}/auth/callback", post_logout_redirect_uri=f"{url}/fin"),
            http=http, clock=now, new_secret=lambda: secrets.token_urlsafe(32))
        gateway = started.enter_context(Gateway(config, clock=now, new_id=new_ids(None).__next__,
                                                on_step=metrics.step,
                                                judge=document_judge(terminology(), now)))
        settings = replace(PortalSettings(base_url=url, login_origins=origins), **overrides)
        app = create_app(gateway, login, settings, terminology=terminology(), clock=now)
        portal: Portal = app.state.portal
        started.callback(portal.close)
        metrics.watch(portal)
        yield app, portal
