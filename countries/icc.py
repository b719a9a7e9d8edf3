"""The colour profile sRGB, which every PDF/A names as what its colours mean.

Source: ICC.1:2004-10 (profile version 4.2); IEC 61966-2-1, primaries adapted to D50, and its curve.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import cache

#: X, Y, Z of white and of the three primaries.
_POINTS: Mapping[bytes, tuple[float, float, float]] = {
    b"wtpt": (0.9642, 1.0, 0.8249), b"rXYZ": (0.43607, 0.22249, 0.01392),
    b"gXYZ": (0.38515, 0.71687, 0.09708), b"bXYZ": (0.14307, 0.06061, 0.71410),
}
#: From D65, the white of a screen, to D50, the white of the profile.
_ADAPTATION = (1.04788, 0.02292, -0.05022, 0.02959, 0.99048, -0.01707, -0.00925, 0.01508, 0.75168)
#: gamma, a, b, c, d of the curve: a power above d, a line below.
_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


@cache
def srgb_profile() -> bytes:
    """The profile as a file of some 700 bytes, always the same."""
    curve = b"para" + bytes(4) + struct.pack(">HH", 3, 0) + _numbers(*_CURVE)
    tags = {
        b"desc": _text("sRGB"), b"cprt": _text("No copyright, use freely"),
        **{name: b"XYZ " + bytes(4) + _numbers(*point) for name, point in _POINTS.items()},
        b"chad": b"sf32" + bytes(4) + _numbers(*_ADAPTATION),
        b"rTRC": curve, b"gTRC": curve, b"bTRC": curve,
    }
    place = 128 + 4 + 12 * len(tags)
    table, body = [struct.pack(">L", len(tags))], b""
    for name, value in tags.items():
        table.append(struct.pack(">4sLL", name, place + len(body), len(value)))
        body += value + bytes(-len(value) % 4)
    return _header(place + len(body)) + b"".join(table) + body


def _header(size: int) -> bytes:
    """The first 128 bytes: a display profile, RGB to XYZ, perceptual, seen under D50."""
    made = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    return struct.pack(">LL", size, 0).ljust(8, b"\0") + struct.pack(">L", 0x04200000) + b"mntrRGB XYZ " \
        + made + b"acsp" + bytes(28) + _numbers(*_POINTS[b"wtpt"]) + bytes(48)


def _numbers(*values: float) -> bytes:
    """Numbers with 16 bits behind the point."""
    return struct.pack(f">{len(values)}l", *(round(value * 65536) for value in values))


def _text(text: str) -> bytes:
    """One text in English."""
    encoded = text.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">LL", 1, 12) + b"enUS" \
        + struct.pack(">LL", len(encoded), 28) + encoded
