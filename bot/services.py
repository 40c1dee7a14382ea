"""What the journeys work with. Put together once, in the front door."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.library import Library
from bot.messages import Address, Platform
from bot.store import Lane, Store
from bot.store.pacing import time_for
from knowledge.job_aids import Convert


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """`now` is the domain's clock, which a demonstration may move; leases and retries live by the wall's.

    `address` is where people reach the pages, without a slash at its end; empty where there are none. `new_secret`
    makes what nobody can guess. `convert` reads a document that is no form of job aids; None where none are read.
    """

    store: Store
    library: Library
    platforms: Mapping[str, Platform]
    now: Callable[[], datetime]
    address: str = ""
    convert: Convert | None = None
    new_secret: Callable[[], str] = field(default=lambda: secrets.token_urlsafe(32), repr=False)

    def time_to_send(self, to: Address, messages: int) -> timedelta:
        """How long so many messages of a campaign take in the company of `to`, by its platform's pace."""
        platform = self.platforms.get(to.platform)
        paces = platform.paces(to, revising=False) if platform is not None else ()
        return time_for(paces, messages, lane=Lane.CAMPAIGN)
