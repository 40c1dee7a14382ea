"""What the journeys work with. Put together once, in the front door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.library import Library
from bot.messages import Address, Platform
from bot.store import Lane, Store
from bot.store.pacing import time_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """`now` is the domain's clock, which a demonstration may move; leases and retries live by the wall's."""

    store: Store
    library: Library
    platforms: Mapping[str, Platform]
    now: Callable[[], datetime]

    def time_to_send(self, to: Address, messages: int) -> timedelta:
        """How long so many messages of a campaign take in the company of `to`, by its platform's pace."""
        platform = self.platforms.get(to.platform)
        paces = platform.paces(to, revising=False) if platform is not None else ()
        return time_for(paces, messages, lane=Lane.CAMPAIGN)
