"""Discovery and keys of Pro Santé Connect, fetched when needed and kept for a while. Thread-safe."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx

from sesali.login import tokens
from sesali.login.metadata import Keys, Metadata, read_keys, read_metadata
from sesali.login.settings import PscSettings
from sesali.login.transport import call
from sesali.outcomes import StepRefused, refused

#: Anybody can POST a logout token that names an unknown key; keys are then fetched this often at most.
PATIENCE = timedelta(seconds=5)


class Provider:
    """What is known of the provider; parameters as for ``LoginClient``."""

    def __init__(self, settings: PscSettings, *, http: httpx.Client, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._age = timedelta(seconds=settings.metadata_age)
        self._lock = threading.RLock()
        self._metadata: tuple[datetime, Metadata] | None = None
        self._keys: tuple[datetime, Keys] | None = None

    def metadata(self) -> Metadata:
        """Endpoints; while the provider is down, those known before are used on.

        Raises
        ------
        StepRefused : SES-014, never known and not to be had.
        """
        with self._lock:
            now = self._clock()
            if self._metadata is None or now - self._metadata[0] > self._age:
                try:
                    document = self._fetch(self._settings.discovery_url, "discovery")
                    self._metadata = (now, read_metadata(document, issuer=self._settings.issuer))
                except StepRefused:
                    if self._metadata is None:
                        raise
            return self._metadata[1]

    def keys(self, *, again: bool = False, patient: bool = False) -> Keys:
        """Signature keys by ``kid``.

        Parameters
        ----------
        again : fetch them although they are not old.
        patient : but not if that was done a moment ago.

        Raises
        ------
        StepRefused : SES-014, not to be had.
        """
        with self._lock:
            now = self._clock()
            if again and patient and self._keys is not None and now - self._keys[0] < PATIENCE:
                again = False
            if self._keys is None or again or now - self._keys[0] > self._age:
                document = self._fetch(self.metadata().endpoint("jwks_uri"), "keys")
                self._keys = (now, read_keys(document))
            return self._keys[1]

    def _fetch(self, url: str, what: str) -> object:
        answer = call(self._http, "GET", url, timeout=self._settings.timeout, what=what,
                      headers={"accept": "application/json"})
        if answer.status != 200:
            raise refused("SES-014", detail=f"{what}: HTTP {answer.status}")
        try:
            return tokens.parse_json(answer.body)
        except StepRefused:
            raise refused("SES-014", detail=f"{what}: not JSON") from None
