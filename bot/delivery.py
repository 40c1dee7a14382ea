"""Outbox → platform: lease, call with nothing open, mark.

One transaction writes down how the last calls went and leases the next, as many as the platforms' paces let go now.
What has to wait stays untouched behind a gate of the store, holds no place here, and goes the moment the gate opens.

A row whose call may have arrived is looked for on the platform before it is sent again. Where a platform cannot be
asked, an answer is sent again, labelled as a repetition, and a nudge is not.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot import metrics
from bot.messages import Address, CannotTell, Card, Pace, Platform, TryLater, Undeliverable
from bot.services import Services
from bot.store import UNREACHABLE
from bot.store.codec import load
from bot.store.outbox import Ended, PutOff, Result
from bot.store.records import Outgoing
from bot.store.speaking import Lane
from bot.wording import general

log = structlog.get_logger(__name__)

AT_ONCE = 8  # calls side by side
CAMPAIGNS_AT_ONCE = 6  # of which campaigns hold no more than so many: a slow platform has places left for answers
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
        self._calls: dict[asyncio.Task[None], int] = {}  # with their lanes
        self._results: list[Result] = []  # how calls went, not yet written down
        self._opens_at: datetime | None = None  # the first gate that is known to open
        # A call must have ended, one way or the other, well within its lease: then nobody else is sending this row.
        self._call_limit = self._outbox.lasting / 2
        self._jitter = jitter or random.Random()  # noqa: S311 — spreads retries and turns, guards nothing

    def ring(self) -> None:
        self._wake.set()

    async def work(self, stopping: asyncio.Event) -> None:
        """Send what is due until told to stop; then finish the calls in hand."""
        rest = POLL
        while not stopping.is_set():
            try:
                async with asyncio.timeout(rest):
                    await self._wake.wait()
            except TimeoutError:
                pass
            rung = self._wake.is_set()
            self._wake.clear()
            try:
                rest = await self._go_on(rung=rung)
            except UNREACHABLE as error:
                rest = POLL
                log.warning("outbox unreachable", fault=type(error).__name__)
            except Exception:  # whatever it was, what waits must still go out
                rest = POLL
                log.exception("outbox failed")
        if self._calls:
            await asyncio.wait(self._calls)
        if self._results:
            try:
                await self._claim(0)
            except UNREACHABLE as error:  # their leases run out, and the next process looks for the messages
                log.warning("outbox unreachable", fault=type(error).__name__, calls=len(self._results))

    async def work_off(self) -> int:
        """Send everything that can go now. Returns how many rows were taken."""
        taken = 0
        while rows := await self._claim(AT_ONCE):
            taken += len(rows)
            await asyncio.gather(*(self._deliver(row) for row in rows))
        return taken

    async def _go_on(self, *, rung: bool) -> float:
        """Write down what has ended and begin what can go. Returns the seconds after which to look again, unless rung.

        Where nothing was said and nothing has ended, a look that takes no lock comes first.
        """
        # No more than can be called at once: a row that queued here would use up its lease, and be sent by another
        # replica besides. And one slow conversation holds up one place, not all that were taken with it.
        free = AT_ONCE - len(self._calls)
        due = rung
        if not rung:
            due, self._opens_at = await self._outbox.look()
        if self._results or (due and free):
            for row in await self._claim(free):
                call = asyncio.create_task(self._deliver(row))
                self._calls[call] = row.lane
                call.add_done_callback(self._end_call)
        if self._opens_at is None:
            return POLL
        return min(POLL, max(0.0, (self._opens_at - self._outbox.wall()).total_seconds()))

    async def _claim(self, limit: int) -> list[Outgoing]:
        results, self._results = self._results, []
        nudging = sum(lane == Lane.CAMPAIGN for lane in self._calls.values())
        try:
            claimed = await self._outbox.claim(
                lease=self._new_id(),
                limit=limit,
                paces=self._paces,
                results=results,
                campaigns=max(0, CAMPAIGNS_AT_ONCE - nudging),
                chance=self._jitter,
            )
        except BaseException:
            self._results[:0] = results  # to be written down with the next
            raise
        known = [self._opens_at] if self._opens_at is not None else []
        self._opens_at = min([*known, *(wait.until for wait in claimed.waits)], default=None)
        return claimed.rows

    def _end_call(self, call: asyncio.Task[None]) -> None:
        self._calls.pop(call)
        self._wake.set()  # for whatever waited for this place, or behind this one in its conversation

    def _paces(self, to: Address, revising: bool) -> Sequence[Pace]:  # noqa: FBT001 — called by position, as `Paces`
        platform = self._platforms.get(to.platform)
        return platform.paces(to, revising=revising) if platform is not None else ()

    async def _deliver(self, row: Outgoing) -> None:
        try:
            # Awaited first: while it goes on, what has ended is written down, and another list takes its place.
            result = await self._attempt(row)
            self._results.append(result)
        except Exception:
            # The row keeps its lease and is taken again, as uncertain, when that has run out.
            log.exception("delivery failed", key=row.key, attempts=row.attempts)

    async def _attempt(self, row: Outgoing) -> Result:
        platform = self._platforms.get(row.address.platform)
        if platform is None:
            return Ended(row=row, status="dead", fault=f"The platform {row.address.platform!r} is not connected.")
        outcome = "failed"
        try:
            async with asyncio.timeout(self._call_limit.total_seconds()):
                outcome, result = await (self._revise(row, platform) if row.target else self._send(row, platform))
        except TryLater as error:
            outcome = "later"
            return self._put_off(row, error)
        except TimeoutError:
            outcome = "later"
            return self._retry(row, reason="no answer in time", uncertain=True)
        except Undeliverable as error:
            outcome = "undeliverable"
            log.info("undeliverable", key=row.key, reason=str(error))
            return Ended(row=row, status="dead", fault=str(error))
        except Exception as error:  # a fault in an adapter must not stop the other deliveries
            log.exception("delivery failed", key=row.key, attempts=row.attempts)
            return self._retry(row, reason=type(error).__name__, uncertain=True)
        else:
            return result
        finally:
            metrics.delivered.labels(row.address.platform, outcome).inc()

    async def _send(self, row: Outgoing, platform: Platform) -> tuple[str, Result]:
        card = load(row.card, Card)
        if row.uncertain:
            try:
                found = await platform.find(row.address, key=row.key) if platform.reads_back else None
                asked = platform.reads_back
            except CannotTell:
                found, asked = None, False
            if found is not None:
                return "found", Ended(row=row, status="sent", ref=found)
            if not asked and row.lane == Lane.CAMPAIGN:
                fault = "It may have arrived; a nudge is not sent twice."
                return "dropped", Ended(row=row, status="dead", fault=fault)
            if not asked:
                card = replace(card, parts=(*card.parts, general.maybe_repeated()))
        ref = await platform.send(row.address, card, key=row.key)
        waited = (self._outbox.wall() - row.created_at).total_seconds()
        metrics.sent_after_seconds.labels(Lane(row.lane).name.lower()).observe(waited)
        return "sent", Ended(row=row, status="sent", ref=ref)

    async def _revise(self, row: Outgoing, platform: Platform) -> tuple[str, Result]:
        if row.overtaken or row.target_ref is None:  # what was never sent, and never will be, is not revised either
            return "superseded", Ended(row=row, status="superseded")
        await platform.revise(row.target_ref, load(row.card, Card))
        return "revised", Ended(row=row, status="sent", ref=row.target_ref)

    def _put_off(self, row: Outgoing, error: TryLater) -> Result:
        uncertain = row.uncertain or error.maybe_sent
        if error.after is None:
            return self._retry(row, reason=str(error), uncertain=uncertain)
        # A platform that says when to come again is well: this was no failed attempt, however often it says so.
        log.info("delivery put off", key=row.key, reason=str(error), seconds=error.after.total_seconds())
        until = self._outbox.wall() + error.after
        paces = self._paces(row.address, row.target is not None)
        if error.bucket is not None and error.bucket not in {pace.bucket for pace in paces}:
            # It rests for others; this message, which does not draw on it, waits by itself.
            return PutOff(row=row, uncertain=uncertain, until=until, counted=False)
        pause = error.bucket or ""
        return PutOff(row=row, uncertain=uncertain, until=until, pause=pause, paces=paces, counted=False)

    def _retry(self, row: Outgoing, *, reason: str, uncertain: bool) -> Result:
        if row.attempts >= GIVE_UP:
            return Ended(row=row, status="dead", fault=f"Given up after {row.attempts} attempts: {reason}")
        # Exponential, with full jitter, so that replicas do not come back together.
        longest = min(FIRST_RETRY * 2 ** min(row.attempts - 1, 10), LONGEST_RETRY)
        after = FIRST_RETRY / 2 + longest * self._jitter.random()
        log.info("delivery put off", key=row.key, reason=reason, seconds=after.total_seconds())
        return PutOff(row=row, uncertain=uncertain, until=self._outbox.wall() + after)
