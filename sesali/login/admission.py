"""Who may read summaries: from the user info of Pro Santé Connect to activities, by rules that are data."""

from __future__ import annotations

from sesali.login.values import Admission, Claims


def admit(userinfo: Claims) -> Admission:
    """The person and their activities, each judged by ``admission.toml``."""
    raise NotImplementedError
