"""The inbox: a durable queue of what was said. Rows are leased, handled, and marked in the handler's transaction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, or_, select, update

from bot.store.engine import Database
from bot.store.forgetting import forget_rows
from bot.store.records import Received
from bot.store.tables import InboxRow

LEASE = timedelta(seconds=60)
"""How long the work of a process that died waits before another takes it. Longer than any handling lasts."""

KEPT = timedelta(hours=48)  # Slack repeats an event for up to 24 hours where that option is on


TWINS = timedelta(seconds=30)
"""How far apart two deliveries of one message may come under two keys: Teams waits fifteen seconds for an answer."""

CAME_ANEW = "came anew"
"""The fault that stands with a row whose twin is the one that counts."""


class Inbox:
    def __init__(self, database: Database, *, lasting: timedelta = LEASE) -> None:
        self._database = database
        self.lasting = lasting

    async def claim(self, *, lease: str, limit: int, lasting: timedelta | None = None) -> list[Received]:
        """Lease up to `limit` rows that nobody works on, oldest first. `lease` must be new at each call."""
        now = datetime.now(UTC)
        free = (
            select(InboxRow.id)
            .where(InboxRow.done_at.is_(None), InboxRow.leased_until.is_(None) | (InboxRow.leased_until <= now))
            .order_by(InboxRow.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        claim = (
            update(InboxRow)
            .where(InboxRow.id.in_(free.scalar_subquery()))
            .values(leased_until=now + (lasting or self.lasting), lease=lease, attempts=InboxRow.attempts + 1)
            .returning(
                InboxRow.id,
                InboxRow.key,
                InboxRow.payload,
                InboxRow.attempts,
                InboxRow.twin,
                InboxRow.received_at,
            )
        )
        async with self._database.write() as db:
            rows = (await db.execute(claim)).all()
        return [
            Received(
                id=row.id,
                key=row.key,
                payload=row.payload,
                attempts=row.attempts,
                lease=lease,
                twin=row.twin,
                received_at=row.received_at,
            )
            for row in sorted(rows, key=lambda row: row.id)
        ]

    async def any_pending(self) -> bool:
        """Whether a row waits for a worker now; a look that takes no lock."""
        now = datetime.now(UTC)
        look = (
            select(InboxRow.id)
            .where(InboxRow.done_at.is_(None), InboxRow.leased_until.is_(None) | (InboxRow.leased_until <= now))
            .limit(1)
        )
        async with self._database.read() as db:
            return (await db.execute(look)).first() is not None

    async def is_waiting(self, key: str) -> bool:
        """Whether what came under this key has yet to be handled, or is being handled now."""
        look = select(InboxRow.id).where(InboxRow.key == key, InboxRow.done_at.is_(None))
        async with self._database.read() as db:
            return (await db.execute(look)).first() is not None

    async def release(self, row: Received, *, after: timedelta = timedelta(0)) -> None:
        """Give an unfinished row back, to be taken again after a while."""
        async with self._database.write() as db:
            await db.execute(
                update(InboxRow)
                .where(InboxRow.id == row.id, InboxRow.lease == row.lease, InboxRow.done_at.is_(None))
                .values(leased_until=datetime.now(UTC) + after if after else None)
            )

    async def give_up(self, row: Received, *, fault: str) -> None:
        """Close a row that failed too often; the fault stays readable with it."""
        async with self._database.write() as db:
            await db.execute(
                update(InboxRow)
                .where(InboxRow.id == row.id, InboxRow.lease == row.lease, InboxRow.done_at.is_(None))
                .values(done_at=datetime.now(UTC), fault=fault, leased_until=None, lease=None)
            )

    async def has_twin(self, row: Received) -> bool:
        """Whether the same was delivered under another key, just before or already handled: then that one counts."""
        if row.twin is None or row.received_at is None:
            return False
        look = (
            select(InboxRow.id)
            .where(
                InboxRow.twin == row.twin,
                InboxRow.id != row.id,
                InboxRow.received_at.between(row.received_at - TWINS, row.received_at + TWINS),
                or_(InboxRow.id < row.id, InboxRow.done_at.is_not(None)),
                or_(InboxRow.fault.is_(None), InboxRow.fault != CAME_ANEW),
            )
            .limit(1)
        )
        async with self._database.read() as db:
            return (await db.execute(look)).first() is not None

    async def pending(self) -> int:
        async with self._database.read() as db:
            return (
                await db.execute(select(func.count()).select_from(InboxRow).where(InboxRow.done_at.is_(None)))
            ).scalar_one()

    async def forget_done(self, *, before: datetime | None = None) -> int:
        """Drop rows done long enough ago that no platform can repeat them. Returns how many."""
        limit = before or datetime.now(UTC) - KEPT
        return await forget_rows(self._database, InboxRow, InboxRow.done_at < limit)
