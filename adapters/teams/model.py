"""What the adapter's modules hand each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PLATFORM = "teams"


class Malformed(ValueError):  # noqa: N818 — a verdict on what was sent
    """What came in has not the shape that Teams gives it. The text names the field, never its value."""


class Unshowable(ValueError):  # noqa: N818 — a verdict on a card or form
    """Teams has no room for this, and it may not be cut. The text is one plain sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    id: str
    name: str | None
    standard: bool  # neither private nor shared
    shared: bool  # people of other teams read it, and may be of other organisations


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What Teams gets back within its request. `status` 503 is no acknowledgement: it may deliver again."""

    status: int = 200
    body: Mapping[str, Any] | None = None
