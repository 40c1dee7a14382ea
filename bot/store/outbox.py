"""The outbox: what is to be said, leased to one delivery at a time.

A row whose lease ran out, or whose call broke off, is *uncertain*: the message may have arrived. The delivery looks
for it on the platform before it sends it again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import aliased

from bot.messages import Address, MessageRef
from bot.store.codec import dump, load
from bot.store.engine import Database
from bot.store.records import Outgoing
from bot.store.tables import Bucket, OutboxRow

LEASE = timedelta(seconds=60)
"""How long the work of a process that died waits before another takes it. A call ends well within it."""

KEPT = timedelta(days=30)  # as long as an answer may still have to be corrected in place


# Aliases remember how they adapt each column, and forget it with themselves: made once, they cost next to nothing.
_EARLIER = aliased(OutboxRow)
_TARGET = aliased(OutboxRow)


class Outbox:
    def __init__(self, database: Database, *, lasting: timedelta = LEASE) -> None:
        self._database = database
        self.lasting = lasting

    async def claim(self, *, lease: str, limit: int, lasting: timedelta | None = None) -> list[Outgoing]:
        """Lease what is due, answers before experts before campaigns; of each conversation only what comes first.

        What was put off may be overtaken: one message that keeps failing holds up no conversation. `lease` must be
        new at each call.
        """
        now = datetime.now(UTC)
        before = (
            select(_EARLIER.id)
            .where(
                _EARLIER.queue == OutboxRow.queue,
                _EARLIER.status == "pending",
                _EARLIER.id < OutboxRow.id,
                _EARLIER.lane <= OutboxRow.lane,
                _EARLIER.not_before <= now,
            )
            .exists()
        )
        free = (
            select(OutboxRow.id)
            .where(
                OutboxRow.status == "pending",
                OutboxRow.not_before <= now,
                or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until <= now),
                ~before,
            )
            .order_by(OutboxRow.lane, OutboxRow.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        claim = (
            update(OutboxRow)
            .where(OutboxRow.id.in_(free.scalar_subquery()))
            .values(
                leased_until=now + (lasting or self.lasting),
                lease=lease,
                attempts=OutboxRow.attempts + 1,
                # A lease that ran out was held by a process that died, perhaps within the call.
                uncertain=or_(OutboxRow.uncertain, OutboxRow.leased_until.is_not(None)),
            )
            .returning(OutboxRow.id)
        )
        async with self._database.write() as db:
            ids = (await db.execute(claim)).scalars().all()
            if not ids:
                return []
            rows = (
                await db.execute(
                    select(OutboxRow, _TARGET.ref.label("target_ref"), _TARGET.status.label("target_status"))
                    .outerjoin(_TARGET, _TARGET.key == OutboxRow.target)
                    .where(OutboxRow.id.in_(ids))
                    .order_by(OutboxRow.lane, OutboxRow.id)
                )
            ).mappings()
            return [
                Outgoing(
                    id=row["id"],
                    key=row["key"],
                    lane=row["lane"],
                    address=load(row["address"], Address),
                    card=row["card"],
                    target=row["target"],
                    target_ref=load(row["target_ref"], MessageRef) if row["target_ref"] else None,
                    target_status=row["target_status"],
                    attempts=row["attempts"],
                    uncertain=row["uncertain"],
                    lease=lease,
                )
                for row in rows
            ]

    async def any_due(self) -> bool:
        """Whether something waits to be sent now; a look that takes no lock."""
        now = datetime.now(UTC)
        look = (
            select(OutboxRow.id)
            .where(
                OutboxRow.status == "pending",
                OutboxRow.not_before <= now,
                or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until <= now),
            )
            .limit(1)
        )
        async with self._database.read() as db:
            return (await db.execute(look)).first() is not None

    async def newer_revision(self, row: Outgoing) -> bool:
        """Whether a later row revises the same message: then this one must not overwrite it."""
        async with self._database.read() as db:
            look = select(OutboxRow.id).where(OutboxRow.target == row.target, OutboxRow.id > row.id).limit(1)
            return (await db.execute(look)).first() is not None

    async def sent(self, row: Outgoing, ref: MessageRef | None) -> None:
        await self._close(row, "sent", ref=ref)

    async def supersede(self, row: Outgoing) -> None:
        await self._close(row, "superseded")

    async def bury(self, row: Outgoing, *, fault: str) -> None:
        """The platform will never take it; the reason stays readable with it."""
        await self._close(row, "dead", fault=fault)

    async def retry(self, row: Outgoing, *, after: timedelta, uncertain: bool, counted: bool = True) -> None:
        """Put it back for later. A row that merely waited its turn is not `counted` as an attempt."""
        async with self._database.write() as db:
            await db.execute(
                update(OutboxRow)
                .where(OutboxRow.id == row.id, OutboxRow.lease == row.lease, OutboxRow.status == "pending")
                .values(
                    not_before=datetime.now(UTC) + after,
                    leased_until=None,
                    lease=None,
                    uncertain=uncertain,
                    attempts=OutboxRow.attempts - (0 if counted else 1),
                )
            )

    async def pause(self, bucket: str, *, until: datetime) -> None:
        """Remember, for every replica, that a platform asked for quiet in this bucket."""
        async with self._database.write() as db:
            insert = postgresql_insert if db.dialect.name == "postgresql" else sqlite_insert
            put = insert(Bucket).values(name=bucket, paused_until=until)
            later = case((Bucket.paused_until > until, Bucket.paused_until), else_=put.excluded.paused_until)
            await db.execute(put.on_conflict_do_update(index_elements=[Bucket.name], set_={"paused_until": later}))

    async def paused(self, buckets: frozenset[str]) -> dict[str, datetime]:
        """Those of the buckets that are paused now, and until when."""
        async with self._database.read() as db:
            look = select(Bucket.name, Bucket.paused_until).where(
                Bucket.name.in_(buckets), Bucket.paused_until > datetime.now(UTC)
            )
            return {row.name: row.paused_until for row in await db.execute(look)}

    async def pending(self) -> int:
        async with self._database.read() as db:
            look = select(func.count()).select_from(OutboxRow).where(OutboxRow.status == "pending")
            return (await db.execute(look)).scalar_one()

    async def forget_done(self, *, before: datetime | None = None) -> int:
        limit = before or datetime.now(UTC) - KEPT
        async with self._database.write() as db:
            return (await db.execute(delete(OutboxRow).where(OutboxRow.done_at < limit))).rowcount

    async def _close(
        self, row: Outgoing, status: str, *, ref: MessageRef | None = None, fault: str | None = None
    ) -> None:
        # Whoever holds the lease closes the row; one that was taken over meanwhile is left to its new holder.
        async with self._database.write() as db:
            await db.execute(
                update(OutboxRow)
                .where(and_(OutboxRow.id == row.id, OutboxRow.lease == row.lease, OutboxRow.status == "pending"))
                .values(
                    status=status,
                    ref=dump(ref) if ref else None,
                    message=name_message(ref) if ref and row.target is None else None,
                    fault=fault,
                    done_at=datetime.now(UTC),
                    leased_until=None,
                    lease=None,
                )
            )


def name_queue(address: Address) -> str:
    """A conversation's name among all platforms'."""
    return f"{address.platform}/{address.tenant}/{address.conversation or '@' + str(address.person)}"


def name_message(ref: MessageRef) -> str:
    """A message's name among all platforms'."""
    return f"{ref.platform}/{ref.tenant}/{ref.conversation}/{ref.id}"
