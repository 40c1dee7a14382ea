"""What the clock triggers: due nudges, silent experts, and the clearing away of what is no longer needed.

Each round is claimed row by row in transactions of its own, so that replicas share the work and a crash repeats none
of it. The clock only rings; what is due stands in the store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from bot import metrics
from bot.journeys import calibrating, caring, insight, ladder, refreshing, reinforcing, retention
from bot.services import Services
from bot.store import UNREACHABLE, Lane
from bot.store.pacing import lane_of

log = structlog.get_logger(__name__)

BATCH = 100
TALK_KEPT = timedelta(days=14)  # of threads that are listened to: after that, hardly anybody replies
FILES_KEPT = timedelta(days=30)  # what was sent in chat: after that, hardly anybody decides about its drafts
TIDY_EVERY = timedelta(hours=1)
LEARN_EVERY = timedelta(minutes=10)
REVIEW_EVERY = timedelta(hours=1)  # by the domain's clock, as working hours are
REFRESH_EVERY = timedelta(minutes=1)  # a few people at a time
GROUPS_EVERY = timedelta(minutes=5)  # until a group's newcomer may read its job aids, and who left it may not
MEASURE_EVERY = timedelta(seconds=10)  # what waits is counted, which takes a look at each of it


class Rounds:
    def __init__(self, services: Services, *, ring: Sequence[Callable[[], None]] = ()) -> None:
        """`ring` are the workers that look at each tick whether something has fallen due for them."""
        self._services = services
        self._ring = ring
        self._tidied_at: datetime | None = None
        self._learned_at: datetime | None = None
        self._measured_at: datetime | None = None
        self._reviewed_at: datetime | None = None
        self._refreshed_at: datetime | None = None
        self._grouped_at: datetime | None = None

    async def tick(self) -> None:
        """Everything that has fallen due by now. Safe to call as often as one likes, from any number of replicas."""
        try:
            await self._take_turns(await self._services.store.workspaces())
            for ring in self._ring:
                ring()
            await self._review()
            await self._refresh()
            await self._learn()
            await self._tidy()
            await self._measure()
        except UNREACHABLE as error:
            log.warning("round interrupted", fault=type(error).__name__)

    async def _take_turns(self, workspaces: Sequence[int]) -> None:
        """A batch of nudges for each workspace in turn, and before each the silent questions of all: a company with
        very much to send holds up neither another one nor anybody's question.
        """
        waiting = list(workspaces)
        while waiting:
            for workspace in workspaces:
                await self.move_silent_questions(workspace)
            waiting = [
                workspace
                for workspace in waiting
                if await reinforcing.send_due(self._services, workspace, limit=BATCH) >= BATCH
            ]

    async def next_due(self) -> datetime | None:
        """When something falls due next, by the domain's clock; a moment that has passed waits for its tick."""
        found: list[datetime] = []
        for workspace in await self._services.store.workspaces():
            async with self._services.store.reading(workspace, now=self._services.now()) as tx:
                found += [at for at in (await tx.next_routing_due(), await tx.next_nudge_due()) if at is not None]
        return min(found, default=None)

    async def move_silent_questions(self, workspace: int) -> int:
        """Ask the next expert wherever one has been silent for too long. Returns how many questions moved."""
        now = self._services.now()
        async with self._services.store.reading(workspace, now=now) as tx:
            silent = await tx.silent_routings(limit=BATCH)
        for one in silent:
            await ladder.move_on(self._services, workspace, one)
        return len(silent)

    async def _review(self) -> None:
        now = self._services.now()
        if self._reviewed_at is not None and timedelta(0) <= now - self._reviewed_at < REVIEW_EVERY:
            return
        self._reviewed_at = now
        for workspace in await self._services.store.workspaces():
            await caring.ask_for_reviews(self._services, workspace)
            await insight.send_digest(self._services, workspace)

    async def _refresh(self) -> None:
        wall = datetime.now(UTC)
        if self._refreshed_at is not None and wall - self._refreshed_at < REFRESH_EVERY:
            return
        self._refreshed_at = wall
        groups = self._grouped_at is None or wall - self._grouped_at >= GROUPS_EVERY
        if groups:
            self._grouped_at = wall
        for workspace in await self._services.store.workspaces():
            await refreshing.refresh_people(self._services, workspace)
            if groups:
                await refreshing.refresh_groups(self._services, workspace)

    async def _learn(self) -> None:
        wall = datetime.now(UTC)
        if self._learned_at is not None and wall - self._learned_at < LEARN_EVERY:
            return
        self._learned_at = wall
        for workspace in await self._services.store.workspaces():
            await calibrating.recalibrate(self._services, workspace)

    async def _tidy(self) -> None:
        wall = datetime.now(UTC)
        if self._tidied_at is not None and wall - self._tidied_at < TIDY_EVERY:
            return
        self._tidied_at = wall
        inbox = await self._services.store.inbox.forget_done()
        outbox = await self._services.store.outbox.forget_done()
        talk = kept_too_long = 0
        now = self._services.now()
        for workspace in await self._services.store.workspaces():
            async with self._services.store.transaction(workspace, now=now) as tx:
                talk += await tx.forget_talk(before=now - TALK_KEPT)
                await tx.forget_vectors()
                await tx.forget_files(before=now - FILES_KEPT)
            kept_too_long += await retention.forget_old(self._services.store, workspace, now=now)
        log.info("tidied", inbox=inbox, outbox=outbox, talk=talk, old=kept_too_long)

    async def _measure(self) -> None:
        wall = datetime.now(UTC)
        if self._measured_at is not None and wall - self._measured_at < MEASURE_EVERY:
            return
        self._measured_at = wall
        store = self._services.store
        metrics.inbox_pending.set(await store.inbox.pending())
        waiting = await store.outbox.waiting()
        for lane in Lane:
            lines = [one for one in waiting if lane_of(one.line) == lane]
            since = min((one.since for one in lines), default=wall)
            metrics.outbox_pending.labels(lane.name.lower()).set(sum(one.messages for one in lines))
            metrics.outbox_oldest.labels(lane.name.lower()).set(max(0.0, (wall - since).total_seconds()))
        paused = await store.outbox.paused()
        for platform in self._services.platforms:
            rests = [until - wall for bucket, until in paused.items() if bucket.startswith(f"{platform}/")]
            metrics.paused.labels(platform).set(len(rests))
            metrics.paused_for.labels(platform).set(max(rests, default=timedelta(0)).total_seconds())
