"""Compares HL7 times at the precision that both have, with zones where both give one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_TIME = re.compile(r"^(\d{4}(?:\d{2}){0,5})(?:\.\d+)?(?:([+-])(\d{2})(\d{2}))?$")
_LENGTHS = {4: "%Y", 6: "%Y%m", 8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


def earliest(value: str | None) -> datetime | None:
    """The first moment that a time can mean, UTC; a time without zone is taken as UTC. None if it is no
    time."""
    match = _TIME.match((value or "").strip())
    if match is None:
        return None
    digits, sign, hours, minutes = match.groups()
    try:
        moment = datetime.strptime(digits, _LENGTHS[len(digits)])
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        return moment.replace(tzinfo=timezone(-offset if sign == "-" else offset)).astimezone(UTC)
    except (ValueError, OverflowError, KeyError):
        return None


def is_after(first: str | None, second: str | None) -> bool:
    """Is the first time certainly after the second, at the precision that both have? False if one is no
    time."""
    one, two = _TIME.match((first or "").strip()), _TIME.match((second or "").strip())
    if one is None or two is None:
        return False
    if one.group(2) and two.group(2) and len(one.group(1)) >= 10 and len(two.group(1)) >= 10:
        start, end = earliest(first), earliest(second)
        return start is not None and end is not None and start > end
    length = min(len(one.group(1)), len(two.group(1)), 8 if bool(one.group(2)) != bool(two.group(2)) else 14)
    return one.group(1)[:length] > two.group(1)[:length]
