"""Where foreign schemas and documents lie, for checks that skip cleanly when they are not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

#: Folder of foreign reference material: ``NCPEH_REFERENCE``, else beside the checkout.
FOLDER = Path(os.environ.get("NCPEH_REFERENCE", Path(__file__).parents[1].parent / "shared" / "reference"))

#: Marker for tests that need it.
needs_reference = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="no foreign reference material beside the checkout")


def reference(*parts: str) -> Path:
    """A file or folder of the reference material; skips the calling test where it is absent."""
    path = FOLDER.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no reference material {'/'.join(parts)}")
    return path
