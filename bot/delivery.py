"""Outbox → platform: lease, call with nothing open, mark.

A row whose call may have arrived is looked for on the platform before it is sent again. Where a platform cannot be
asked, an answer is sent again, labelled as a repetition, and a nudge is not.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from bot import metrics
from bot.messages import Address, Card, Platform, TryLater, Undeliverable
from bot.services import Services
from bot.store import UNREACHABLE
from bot.store.codec import load
from bot.store.outbox import name_queue
from bot.store.records import Outgoing
from bot.store.speaking import Lane
from bot.wording import general

log = structlog.get_logger(__name__)

AT_ONCE = 8  # calls side by side
POLL = 1.0  # seconds
FIRST_RETRY = timedelta(seconds=1)
LONGEST_RETRY = timedelta(minutes=5)
GIVE_UP = 400  # attempts: more than a day of a platform that never answers


class Delivery:
    def __init__(self, services: Services, *, jitter: random.Random | None = None) -> None:
        self._outbox = services.store.outbox
        self._new_id = services.store.new_id
        self._platforms = services.platforms
        self._wake = asyncio.Event()
        self._calls: set[asyncio.Task[None]] = set()
        # A call must have ended, one way or the other, well within its lease: then nobody else is sending this row.
        self._call_limit = self._outbox.lasting / 2
        self._jitter = jitter or random.Random()  # noqa: S311 — spreads retries, guards nothing

    def ring(self) -> None:
        self._wake.set()

    async def work(self, stopping: asyncio.Event) -> None:
        """Send what is due until told to stop; then finish the calls in hand."""
        while not stopping.is_set():
            try:
                async with asyncio.timeout(POLL):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                if len(self._calls) < AT_ONCE and await self._outbox.any_due():
                    await self._begin_calls()
            except UNREACHABLE as error:
                log.warning("outbox unreachable", fault=type(error).__name__)
            except Exception:  # whatever it was, what waits must still go out
                log.exception("outbox failed")
        if self._calls:
            await asyncio.wait(self._calls)

    async def work_off(self) -> int:
        """Send everything that is due now. Returns how many rows were taken."""
        taken = 0
        while rows := await self._outbox.claim(lease=self._new_id(), limit=AT_ONCE):
            taken += len(rows)
            await asyncio.gather(*(self._deliver(row) for row in rows))
        return taken

    async def _begin_calls(self) -> None:
        # No more than can be called at once: a row that queued here would use up its lease, and be sent by another
        # replica besides. And one slow conversation holds up one place, not all that were taken with it.
        free = AT_ONCE - len(self._calls)
        rows = await self._outbox.claim(lease=self._new_id(), limit=free)
        for row in rows:
            call = asyncio.create_task(self._deliver(row))
            self._calls.add(call)
            call.add_done_callback(self._end_call)

    def _end_call(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._wake.set()  # for whatever waited for this place, or behind this one in its conversation

    async def _deliver(self, row: Outgoing) -> None:
        try:
            await self._attempt(row)
        except UNREACHABLE as error:
            # The row keeps its lease and is taken again, as uncertain, when that has run out.
            log.warning("delivery interrupted", key=row.key, fault=type(error).__name__)
        except Exception:
            log.exception("delivery failed", key=row.key, attempts=row.attempts)

    async def _attempt(self, row: Outgoing) -> None:
        platform = self._platforms.get(row.address.platform)
        if platform is None:
            await self._outbox.bury(row, fault=f"The platform {row.address.platform!r} is not connected.")
            return
        if await self._wait_for_pause(row):
            return
        outcome = "failed"
        try:
            async with asyncio.timeout(self._call_limit.total_seconds()):
                outcome = await (self._revise(row, platform) if row.target else self._send(row, platform))
        except TryLater as error:
            outcome = "later"
            if error.after is not None:
                await self._outbox.pause(_buckets(row.address)[0], until=datetime.now(UTC) + error.after)
            await self._retry(row, reason=str(error), after=error.after, uncertain=row.uncertain or error.maybe_sent)
        except TimeoutError:
            outcome = "later"
            await self._retry(row, reason="no answer in time", after=None, uncertain=True)
        except Undeliverable as error:
            outcome = "undeliverable"
            log.info("undeliverable", key=row.key, reason=str(error))
            await self._outbox.bury(row, fault=str(error))
        except UNREACHABLE:
            raise
        except Exception as error:  # a fault in an adapter must not stop the other deliveries
            log.exception("delivery failed", key=row.key, attempts=row.attempts)
            await self._retry(row, reason=type(error).__name__, after=None, uncertain=True)
        finally:
            metrics.delivered.labels(row.address.platform, outcome).inc()

    async def _send(self, row: Outgoing, platform: Platform) -> str:
        card = load(row.card, Card)
        if row.uncertain:
            if platform.reads_back:
                found = await platform.find(row.address, key=row.key)
                if found is not None:
                    await self._outbox.sent(row, found)
                    return "found"
            elif row.lane == Lane.CAMPAIGN:
                await self._outbox.bury(row, fault="It may have arrived; a nudge is not sent twice.")
                return "dropped"
            else:
                card = replace(card, parts=(*card.parts, general.maybe_repeated()))
        ref = await platform.send(row.address, card, key=row.key)
        await self._outbox.sent(row, ref)
        return "sent"

    async def _revise(self, row: Outgoing, platform: Platform) -> str:
        if await self._outbox.newer_revision(row):
            await self._outbox.supersede(row)
            return "superseded"
        if row.target_ref is None:
            if row.target_status != "pending":
                await self._outbox.supersede(row)  # what it would revise was never sent, and never will be
                return "superseded"
            await self._outbox.retry(row, after=FIRST_RETRY, uncertain=False, counted=False)
            return "waiting"
        await platform.revise(row.target_ref, load(row.card, Card))
        await self._outbox.sent(row, row.target_ref)
        return "revised"

    async def _retry(self, row: Outgoing, *, reason: str, after: timedelta | None, uncertain: bool) -> None:
        if row.attempts >= GIVE_UP:
            await self._outbox.bury(row, fault=f"Given up after {row.attempts} attempts: {reason}")
            return
        if after is None:
            # Exponential, with full jitter, so that replicas do not come back together.
            longest = min(FIRST_RETRY * 2 ** min(row.attempts - 1, 10), LONGEST_RETRY)
            after = FIRST_RETRY / 2 + longest * self._jitter.random()
        log.info("delivery put off", key=row.key, reason=reason, seconds=after.total_seconds())
        await self._outbox.retry(row, after=after, uncertain=uncertain)

    async def _wait_for_pause(self, row: Outgoing) -> bool:
        paused = await self._outbox.paused(frozenset(_buckets(row.address)))
        if not paused:
            return False
        wait = max(paused.values()) - datetime.now(UTC)
        await self._outbox.retry(
            row, after=max(wait, timedelta(milliseconds=50)), uncertain=row.uncertain, counted=False
        )
        return True


def _buckets(address: Address) -> tuple[str, ...]:
    """What a platform may ask to be quiet: the conversation first; the tenant as a whole."""
    return name_queue(address), f"{address.platform}/{address.tenant}"
