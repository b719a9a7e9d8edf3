"""The picture of a search mask comes from a peer: it is decoded and written anew, or left out.

What is sent to the browser holds pixels and nothing else: no metadata, no second format in the same bytes.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from functools import lru_cache

#: Largest picture that is decoded (bytes, pixels) and largest side of what is shown.
MAX_BYTES = 2 * 1024 * 1024
MAX_PIXELS = 12_000_000
MAX_SIDE = 1280


@dataclass(frozen=True, slots=True, kw_only=True)
class SafePicture:
    """A picture as PNG, with its size in pixels."""

    png: bytes
    width: int
    height: int


@lru_cache(maxsize=64)
def safe_picture(content: bytes) -> SafePicture | None:
    """The same picture, written by us; None for anything but a whole PNG or JPEG of a bearable size."""
    from PIL import Image

    if len(content) > MAX_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    return None
                pixels = opened.convert("RGB")
        pixels.thumbnail((MAX_SIDE, MAX_SIDE))
        clean = Image.new("RGB", pixels.size)
        clean.paste(pixels)
        out = io.BytesIO()
        clean.save(out, "PNG", optimize=False)
    except (OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError):
        return None
    return SafePicture(png=out.getvalue(), width=clean.width, height=clean.height)
