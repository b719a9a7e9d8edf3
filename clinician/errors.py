"""What can go wrong for somebody who looks at pages."""

from __future__ import annotations


class ClinicianError(Exception):
    """The portal could not be used as a person would use it; the text says what was on the page."""


class NotOnPageError(ClinicianError):
    """A field, button, link or section that was looked for is not there."""
