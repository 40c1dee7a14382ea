"""What the journeys work with. Put together once, in the front door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.library import Library
from bot.messages import Platform
from bot.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """`now` is the domain's clock, which a demonstration may move; leases and retries live by the wall's."""

    store: Store
    library: Library
    platforms: Mapping[str, Platform]
    now: Callable[[], datetime]
