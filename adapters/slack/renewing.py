"""The tokens of many workspaces: kept in a memory that all replicas share, and renewed in good time.

Slack's tokens of installations end after twelve hours. A refresh token gets the next pair, and serves once: so one
process at a time renews, under a lease of the memory's; the others go on with the old token while it serves, and come
again later when it does not.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from adapters.slack.api import Refusal
from adapters.slack.oauth import OURS, OAuth
from adapters.slack.tokens import Installation, Installations, Lapsed
from bot.messages import TryLater, Undeliverable

EARLY = timedelta(hours=2)
"""So long before its end a token is renewed: for so long the old one serves if something goes wrong."""
EVERY = 300.0  # seconds between two looks
SAVING = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds between tries to keep what Slack gave; the last one again and again."""
DRAIN = 10.0  # seconds for which a stop waits for a renewal under way
SOON = timedelta(seconds=1)
LATE = timedelta(minutes=5)
LASTING = 10.0
"""Seconds that an installation is remembered. One that is not the last any more is found out by Slack's answer."""
LARGEST = 10_000

_log = logging.getLogger(__name__)


class StoredTokens:
    """See `Tokens`. `start` looks after what runs out."""

    def __init__(
        self,
        installations: Installations,
        oauth: OAuth,
        *,
        now: Callable[[], datetime],
        saving: Sequence[float] = SAVING,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._installations = installations
        self._oauth = oauth
        self._now = now
        self._saving = saving
        self._clock = clock
        self._known: dict[str, tuple[float, Installation]] = {}  # by the tenant that was asked for
        self._adopted: set[tuple[str, str]] = set()
        self._renewals: dict[str, asyncio.Task[Installation]] = {}  # by tenant
        self._loop: asyncio.Task[None] | None = None

    # ── Lifecycle ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def start(self) -> None:
        self._loop = asyncio.create_task(self._look_after(), name="slack tokens")

    async def stop(self) -> None:
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        if self._renewals:  # what Slack has given is lost if it is not kept
            await asyncio.wait(self._renewals.values(), timeout=DRAIN)
        for renewal in self._renewals.values():
            renewal.cancel()
        await asyncio.gather(*self._renewals.values(), return_exceptions=True)

    async def _look_after(self) -> None:
        while True:
            try:
                await self.renew_due()
            except Exception:  # noqa: BLE001 — the other workspaces' tokens must not run out for it
                _log.error("Slack's tokens could not be looked after.", exc_info=True)
            await asyncio.sleep(EVERY)

    async def renew_due(self) -> int:
        """Renew what ends soon. Returns how many were. Raises nothing that the next look could not mend."""
        try:
            due = await self._installations.expiring(self._now() + EARLY)
        except TryLater as fault:
            _log.warning("Slack's tokens cannot be looked after just now: %s", fault)
            return 0
        renewed = 0
        for one in due:
            try:
                await self.renew(one)
                renewed += 1
            except (TryLater, Undeliverable) as fault:
                # What somebody has to mend has been logged as such; the rest may be another replica at work.
                _log.info("The token of Slack workspace %s is not renewed yet: %s", one.tenant, fault)
        return renewed

    # ── Tokens ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def installation(self, tenant: str) -> Installation | None:
        until, known = self._known.get(tenant, (0.0, None))
        if until > self._clock():
            return known
        found = await self._installations.find(tenant)
        if found is not None:
            self._known.pop(tenant, None)
            self._known[tenant] = (self._clock() + LASTING, found)
            if len(self._known) > LARGEST:
                del self._known[next(iter(self._known))]
        return found

    def _forget(self, tenant: str) -> None:
        for asked in [asked for asked, (_, known) in self._known.items() if known.tenant == tenant]:
            del self._known[asked]

    async def only_tenant(self) -> str | None:
        return None

    async def adopt(self, tenant: str, organisation: str) -> None:
        if (tenant, organisation) not in self._adopted and await self._installations.adopt(tenant, organisation):
            self._adopted.add((tenant, organisation))

    async def end(self, used: Installation) -> Installation | None:
        self._forget(used.tenant)
        if await self._installations.end(used):
            _log.info("Slack has taken Lanyard's token for workspace %s away.", used.tenant)
            return None
        return await self.newer(used)

    async def renew(self, used: Installation) -> Installation | None:
        self._forget(used.tenant)
        if not used.refresh_token:
            return await self.newer(used)
        renewal = self._renewals.get(used.tenant)
        if renewal is None:
            # A task of its own: whoever asked may lose patience, but what Slack gives must be kept.
            renewal = asyncio.create_task(self._renew(used), name="slack renewal")
            self._renewals[used.tenant] = renewal
            renewal.add_done_callback(lambda done: self._end_renewal(used.tenant, done))
        return await asyncio.shield(renewal)

    def _end_renewal(self, tenant: str, done: asyncio.Task[Installation]) -> None:
        del self._renewals[tenant]
        self._forget(tenant)
        if not done.cancelled():
            done.exception()  # whoever waits for it hears of it; where nobody does any more, it is no secret

    async def newer(self, used: Installation) -> Installation | None:
        self._forget(used.tenant)
        try:
            current = await self._installations.find(used.tenant)
        except Undeliverable:
            return None
        if current is None or (current.tenant, current.version) == (used.tenant, used.version):
            return None
        return current

    async def _renew(self, used: Installation) -> Installation:
        if not await self._installations.lease(used):
            current = await self.newer(used)
            if current is not None:
                return current
            raise TryLater("Lanyard's token for this Slack workspace is being renewed.", after=SOON)
        try:
            given = await self._oauth.refresh(used)
        except (TryLater, Refusal) as fault:
            await self._release(used)
            raise self._verdict(used, fault) from fault
        return await self._save(used, given)

    def _verdict(self, used: Installation, fault: TryLater | Refusal) -> TryLater:
        if isinstance(fault, TryLater):
            return TryLater(str(fault), after=fault.after)
        if fault.error in OURS:
            _log.error("Slack renews no token: %s Check SLACK_CLIENT_ID and SLACK_CLIENT_SECRET.", fault)
            return TryLater(str(fault), after=LATE)
        until = used.expires_at
        by_then = f" before {until:%Y-%m-%d %H:%M} UTC" if until is not None and until > self._now() else ""
        _log.error("Slack workspace %s: %s Install Lanyard there again%s.", used.tenant, fault, by_then)
        return Lapsed(f"Lanyard must be installed in this Slack workspace again: {fault}", after=LATE)

    async def _release(self, used: Installation) -> None:
        try:
            await self._installations.release(used)
        except TryLater:
            _log.info("The lease on Slack workspace %s runs out by itself.", used.tenant)

    async def _save(self, used: Installation, given: Installation) -> Installation:
        """The old refresh token has served: this must be kept, however long the store is away."""
        waits = iter(self._saving)
        wait = self._saving[-1]
        while True:
            try:
                if await self._installations.replace(used, given):
                    break
            except TryLater as fault:
                wait = next(waits, wait)
                _log.error("Slack's new token for workspace %s is not kept yet: %s", used.tenant, fault)
                await asyncio.sleep(wait)
                continue
            # Somebody has installed it anew meanwhile, or it has ended: that counts.
            current = await self.newer(used)
            if current is None:
                raise Undeliverable("Lanyard has been removed from this Slack workspace.")
            return current
        return replace(given, version=used.version + 1)
