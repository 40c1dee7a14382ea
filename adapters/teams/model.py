"""What the adapter's modules hand each other."""

from __future__ import annotations

PLATFORM = "teams"


class Malformed(ValueError):  # noqa: N818 — a verdict on what was sent
    """What came in has not the shape that Teams gives it. The text names the field, never its value."""


class Unshowable(ValueError):  # noqa: N818 — a verdict on a card or form
    """Teams has no room for this, and it may not be cut. The text is one plain sentence."""
