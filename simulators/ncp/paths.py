"""Where an NCP answers: paths as the reference implementation has them. A slash at the end is tolerated."""

from __future__ import annotations

XCPD_PATH = "/openncp-ws-server/services/XCPD_Service"
XCA_PATH = "/openncp-ws-server/services/XCA_Service"
