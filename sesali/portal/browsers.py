"""Which browsers the portal is for: computers, not telephones or tablets, and none that is many years old."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sesali.outcomes import Notice, notice

_MOBILE = re.compile(r"Mobi|Android|iPhone|iPad|iPod|Tablet|Silk/|Kindle|BlackBerry|Opera Mini",
                     re.IGNORECASE)
_ANCIENT = re.compile(r"MSIE |Trident/|Edge/1\d\.")

#: Engine -> first version with everything the pages need.
_OLDEST = {"Chrome": 90, "Firefox": 90, "Version": 14}
_VERSION = re.compile(r"\b(Chrome|Firefox|Version)/(\d+)")


def refusal_of(headers: Mapping[str, str]) -> Notice | None:
    """SES-001 for a telephone or tablet, SES-002 for an old browser, None for anything else.

    Parameters
    ----------
    headers : of the request; ``User-Agent`` and ``Sec-CH-UA-Mobile`` count.
    """
    agent = headers.get("user-agent", "")
    if headers.get("sec-ch-ua-mobile") == "?1" or _MOBILE.search(agent):
        return notice("SES-001")
    if _ANCIENT.search(agent) or any(int(version) < _OLDEST[name]
                                     for name, version in _VERSION.findall(agent)
                                     if name != "Version" or "Safari/" in agent):
        return notice("SES-002")
    return None
