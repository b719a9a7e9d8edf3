"""What a login consists of: the attempt, the tokens, the person, the activities they may act under."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sesali.outcomes import Notice
from sesali.professional import FacilityType, Professional


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginAttempt:
    """A browser that was sent to Pro Santé Connect and has not come back yet.

    Keep it on the server, found by a cookie of its own (``SameSite=Lax``), for ten minutes at most, and drop
    it when the browser is back: an attempt serves once.

    Attributes
    ----------
    url : where the browser goes (authorization endpoint with all parameters).
    state, nonce, code_verifier : secrets of this attempt, never shown in logs.
    started : UTC.
    """

    url: str = field(repr=False)
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    started: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What the token endpoint gave.

    ``access_until`` and ``refresh_until`` are UTC; ``refresh_token`` is empty when none was given, and
    ``refresh_until`` then equals ``access_until``.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    id_token: str = field(repr=False)
    access_until: datetime
    refresh_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One situation of exercise under which the professional may read summaries.

    Attributes
    ----------
    key : ``<exercise>-<activity>``, the places in the answer of Pro Santé Connect; stable within a login.
    place : name of the place of exercise, as shown.
    hint : one line below it: profession, way of exercising, postcode and town.
    profession_code, profession : TRE_G15 and its French name; the specialty stands instead where known.
    role_code, facility_type, permissions : as the HCP assertion says them.
    organization_id : ``urn:hl7ii:<oid>:<extension>``, empty when unknown.
    locality : town or postcode, never blank.
    """

    key: str
    place: str
    hint: str
    profession_code: str
    profession: str
    role_code: str
    facility_type: FacilityType
    permissions: tuple[str, ...]
    organization_id: str = ""
    locality: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ineligible:
    """An exercise or activity that gives no access: its place, one line about it, and why (``SES-nnn``)."""

    place: str
    hint: str
    reason: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Who logged in and under which activities they may go on.

    Attributes
    ----------
    identifier : national identifier (``SubjectNameID``).
    name : as shown, with the title where there is one: ``Dr Ada Exemple``.
    activities : those that give access; empty exactly when ``refusal`` is set.
    ineligible : the others, each with its reason.
    refusal : SES-020 to SES-023, the reason nearest to access when there are several.
    authn_context : SAML class that tells card from mobile.
    """

    identifier: str
    name: str
    activities: tuple[Activity, ...] = ()
    ineligible: tuple[Ineligible, ...] = ()
    refusal: Notice | None = None
    authn_context: str

    def activity(self, key: str) -> Activity | None:
        """The admitted activity with this key; ``None`` for any other text, forged ones included."""
        return next((one for one in self.activities if one.key == key), None)

    def professional(self, activity: Activity) -> Professional:
        """Who asks, under this activity: what ``Gateway.log_in`` wants."""
        return Professional(
            identifier=self.identifier, name=self.name, role_code=activity.role_code,
            organization=activity.place, organization_id=activity.organization_id,
            facility_type=activity.facility_type, locality=activity.locality,
            permissions=activity.permissions, authn_context=self.authn_context)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """A finished login. ``admission.refusal`` may still say that this person has no access.

    Attributes
    ----------
    subject, session_id : ``sub`` and ``sid`` of the ID token, by which a back-channel logout names the login.
    nonce : of the attempt; later ID tokens of the same login may only repeat it.
    authenticated : when the person authenticated at Pro Santé Connect, UTC.
    """

    subject: str = field(repr=False)
    session_id: str = field(repr=False)
    nonce: str = field(repr=False)
    authenticated: datetime
    tokens: Tokens
    admission: Admission


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutNotice:
    """A verified logout token: it closes the ``session_id``, or, if that is empty, all of ``subject``."""

    token_id: str
    subject: str = ""
    session_id: str = ""

    def ends(self, login: LoggedIn) -> bool:
        """Does it close this login?"""
        if self.session_id:
            return login.session_id == self.session_id
        return bool(self.subject) and login.subject == self.subject


#: Claims of a token or of the user info, as decoded from JSON.
Claims = Mapping[str, Any]
