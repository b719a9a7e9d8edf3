"""Where an NCP answers: the paths of the reference implementation; a slash at the end is tolerated."""

from __future__ import annotations

from dataclasses import dataclass

XCPD_PATH = "/openncp-ws-server/services/XCPD_Service"
XCA_PATH = "/openncp-ws-server/services/XCA_Service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """The URL of ITI-55, and the one of ITI-38 and ITI-39."""

    xcpd: str
    xca: str


def endpoints_at(base: str) -> Endpoints:
    """The endpoints of an NCP at a base URL without a slash at the end."""
    return Endpoints(xcpd=base + XCPD_PATH, xca=base + XCA_PATH)
