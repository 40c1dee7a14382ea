"""The outbox: what is to be said, leased to one delivery at a time.

A row whose lease ran out, or whose call broke off, is *uncertain*: the message may have arrived. The delivery looks
for it on the platform before it sends it again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby

from sqlalchemy import ColumnElement, bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from bot.messages import Address, MessageRef, Pace
from bot.store import pacing
from bot.store.codec import dump, load
from bot.store.engine import Database
from bot.store.forgetting import forget_rows
from bot.store.pacing import name_queue
from bot.store.records import Outgoing, Waiting
from bot.store.tables import Bucket, Gate, Moment, OutboxRow

LEASE = timedelta(seconds=60)
"""How long the work of a process that died waits before another takes it. A call ends well within it."""

CAMPAIGNS = 2  # their lane
KEPT = timedelta(days=30)  # as long as an answer may still have to be corrected in place


Paces = Callable[[Address, bool], Sequence[Pace]]
"""What a message to an address, or a revision there, draws on."""


def no_paces(*_: object) -> Sequence[Pace]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The row is done with: "sent", "superseded", or "dead", which means that the platform will never take it."""

    row: Outgoing
    status: str
    ref: MessageRef | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """The row is to be tried again: from `until` on, or as soon as its paces let it where there is none.

    `pause` is the bucket that the platform asked to rest until then, "" the conversation. What was merely asked to wait
    is not `counted` as an attempt.
    """

    row: Outgoing
    uncertain: bool
    until: datetime | None = None
    pause: str | None = None
    paces: Sequence[Pace] = ()
    counted: bool = True


Result = Ended | PutOff


@dataclass(slots=True)
class Claimed:
    rows: list[Outgoing] = field(default_factory=list)
    waits: list[pacing.Wait] = field(default_factory=list)  # the gates that were closed by the way


ROUNDS = 4
"""So often a claim looks on for more, when what it found must wait for the pace of its conversation."""

# Aliases remember how they adapt each column, and forget it with themselves: made once, they cost next to nothing.
_EARLIER = aliased(OutboxRow)
_LATER = aliased(OutboxRow)
_TARGET = aliased(OutboxRow)
_WANTED = aliased(OutboxRow)


class Outbox:
    def __init__(
        self,
        database: Database,
        *,
        lasting: timedelta = LEASE,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self.lasting = lasting
        self.wall = wall

    async def claim(
        self,
        *,
        lease: str,
        limit: int,
        lasting: timedelta | None = None,
        paces: Paces = no_paces,
        results: Sequence[Result] = (),
        campaigns: int | None = None,
        chance: random.Random | None = None,
    ) -> Claimed:
        """Write down how earlier calls went, and lease what may go now, in one transaction.

        Answers go before experts before campaigns, of which there are at most `campaigns`; companies and campaigns
        share the places by `chance`; of each conversation only what comes first. What was put off may be overtaken:
        one message that keeps failing holds up no conversation. `lease` must be new at each call.
        """
        async with self._database.write() as db:
            now = self.wall()
            await self._write_down(db, results, now)
            claimed = Claimed()
            for lane, lines in groupby(await self._open_lines(db, now) if limit else (), key=pacing.lane_of):
                free = limit - len(claimed.rows)
                if lane == CAMPAIGNS and campaigns is not None:
                    free = min(free, campaigns)
                if free <= 0:
                    break
                order = list(lines)
                if chance is not None:
                    chance.shuffle(order)
                until = now + (lasting or self.lasting)
                await self._claim_lane(db, claimed, order, free, now, until, lease, paces)
        return claimed

    async def _claim_lane(
        self,
        db: AsyncConnection,
        claimed: Claimed,
        lines: list[str],
        free: int,
        now: datetime,
        until: datetime,
        lease: str,
        paces: Paces,
    ) -> None:
        """From each of the lines as many as from the others, and more where others have less."""
        full = len(claimed.rows) + free
        for _ in range(ROUNDS):
            for line in tuple(lines):
                share = -(-(full - len(claimed.rows)) // len(lines))
                if share <= 0:
                    return
                found = await self._candidates(db, line, share, now, lease)
                going, waits = await self._take(db, line, found, now, paces)
                if going:
                    await db.execute(_LEASE_OUT, {"ids": [row.id for row in going], "until": until, "lease": lease})
                claimed.rows += going
                claimed.waits += waits
                if len(found) < share or any(wait.gate == line for wait in waits):
                    lines.remove(line)

    async def _take(
        self, db: AsyncConnection, line: str, found: list[Outgoing], now: datetime, paces: Paces
    ) -> tuple[list[Outgoing], list[pacing.Wait]]:
        """Those of the rows that their paces let go now, and the gates that were closed before the others."""
        wants = [
            pacing.Want(
                line=line,
                queue=name_queue(row.address),
                lane=row.lane,
                platform=row.address.platform,
                paces=paces(row.address, row.target is not None),
            )
            for row in found
        ]
        if not any(want.paces for want in wants):
            return found, []
        buckets = await pacing.lock_buckets(db, wants, now=now)
        going: list[Outgoing] = []
        waits: list[pacing.Wait] = []
        for row, want in zip(found, wants, strict=True):
            held = buckets.take(want)
            waits += held
            if not held:
                going.append(row)
            elif any(wait.gate == line for wait in held):
                break
        await pacing.keep_buckets(db, buckets)
        await pacing.close_gates(db, waits)
        return going, waits

    async def _candidates(
        self, db: AsyncConnection, line: str, limit: int, now: datetime, lease: str
    ) -> list[Outgoing]:
        rows = (await db.execute(_CANDIDATES, {"line": line, "now": now, "limit": limit})).mappings()
        return [
            Outgoing(
                id=row["id"],
                key=row["key"],
                lane=row["lane"],
                address=load(row["address"], Address),
                card=row["card"],
                target=row["target"],
                target_ref=load(row["target_ref"], MessageRef) if row["target_ref"] else None,
                overtaken=row["overtaken"],
                attempts=row["attempts"] + 1,
                # A lease that ran out was held by a process that died, perhaps within the call.
                uncertain=row["uncertain"] or row["leased_until"] is not None,
                lease=lease,
                created_at=row["created_at"],
            )
            for row in rows
        ]

    async def _open_lines(self, db: AsyncConnection, now: datetime) -> list[str]:
        return list((await db.execute(_OPEN_LINES, {"now": now})).scalars())

    async def look(self) -> tuple[bool, datetime | None]:
        """Whether something can go now, and when the next gate opens; a look that takes no lock."""
        async with self._database.read() as db:
            due, opens_at = (await db.execute(_LOOK, {"now": self.wall()})).one()
        return bool(due), opens_at

    async def _write_down(self, db: AsyncConnection, results: Sequence[Result], now: datetime) -> None:
        ended = [_ended(result, now) for result in results if isinstance(result, Ended)]
        if ended:
            await db.execute(_END, ended)
        put_off = [result for result in results if isinstance(result, PutOff)]
        if put_off:
            await db.execute(_PUT_OFF, [_put_off(result, now) for result in put_off])
        for result in put_off:
            if result.pause is None or result.until is None:
                continue
            to = result.row.address
            if result.pause:
                await pacing.pause(db, to.platform, result.paces, result.pause, until=result.until, now=now)
            else:
                await pacing.close_gates(db, [pacing.Wait(gate=name_queue(to), until=result.until)])

    async def paused(self) -> dict[str, datetime]:
        """The buckets that platforms have asked to rest, and until when."""
        async with self._database.read() as db:
            look = select(Bucket.name, Bucket.paused_until).where(Bucket.paused_until > self.wall())
            return {row.name: row.paused_until for row in await db.execute(look.order_by(Bucket.name))}

    async def faults(self, platform: str, *, since: datetime, limit: int = 5) -> list[tuple[str, int]]:
        """Why the platform has refused messages for good, and how many each; the most frequent first."""
        many = func.count().label("many")
        look = (
            select(OutboxRow.fault, many)
            .where(
                OutboxRow.done_at >= since,
                OutboxRow.status == "dead",
                OutboxRow.fault.is_not(None),
                OutboxRow.queue.startswith(f"{platform}/", autoescape=True),
            )
            .group_by(OutboxRow.fault)
            .order_by(many.desc(), OutboxRow.fault)
            .limit(limit)
        )
        async with self._database.read() as db:
            return [(str(row.fault), row.many) for row in await db.execute(look)]

    async def waiting(self) -> list[Waiting]:
        """What waits, a line each."""
        now = self.wall()
        look = (
            select(
                OutboxRow.line,
                func.count().label("messages"),
                func.min(OutboxRow.created_at).label("since"),
                func.max(Gate.until).label("until"),
            )
            .outerjoin(Gate, (Gate.name == OutboxRow.line) & (Gate.until > now))
            .where(OutboxRow.status == "pending")
            .group_by(OutboxRow.line)
            .order_by(OutboxRow.line)
        )
        async with self._database.read() as db:
            return [
                Waiting(line=row.line, messages=row.messages, since=row.since, until=row.until)
                for row in await db.execute(look)
            ]

    async def pending(self) -> int:
        async with self._database.read() as db:
            look = select(func.count()).select_from(OutboxRow).where(OutboxRow.status == "pending")
            return (await db.execute(look)).scalar_one()

    async def forget_done(self, *, before: datetime | None = None) -> int:
        limit = before or datetime.now(UTC) - KEPT
        async with self._database.write() as db:
            now = self.wall()
            await db.execute(delete(Gate).where(Gate.until < now))
            # A bucket that is as good as new says nothing that one which is not there would not say.
            await db.execute(
                delete(Bucket).where(
                    or_(Bucket.ready_at.is_(None), Bucket.ready_at < now),
                    or_(Bucket.paused_until.is_(None), Bucket.paused_until < now),
                )
            )
        return await forget_rows(self._database, OutboxRow, OutboxRow.done_at < limit)


def _ended(result: Ended, now: datetime) -> dict[str, object]:
    ref = result.ref
    return {
        "of": result.row.id,
        "held": result.row.lease,
        "became": result.status,
        "ref": dump(ref) if ref else None,
        "message": name_message(ref) if ref and result.row.target is None else None,
        "fault": result.fault,
        "now": now,
    }


def _put_off(result: PutOff, now: datetime) -> dict[str, object]:
    # Where a bucket or the conversation rests, a gate holds the row, and it keeps its turn in its conversation.
    return {
        "of": result.row.id,
        "held": result.row.lease,
        "from": result.until if result.until is not None and result.pause is None else now,
        "uncertain": result.uncertain,
        "tries": result.row.attempts - (0 if result.counted else 1),
    }


def name_message(ref: MessageRef) -> str:
    """A message's name among all platforms'."""
    return f"{ref.platform}/{ref.tenant}/{ref.conversation}/{ref.id}"


# ── The statements, made once ───────────────────────────────────────────────────────────────────────────────────────

_now = bindparam("now", type_=Moment)


def _may_go(row: type[OutboxRow]) -> tuple[ColumnElement[bool], ...]:
    """What is true of a row that may go now, as far as its line lets it."""
    comes_before = (
        select(_EARLIER.id)
        .where(
            _EARLIER.queue == row.queue,
            _EARLIER.status == "pending",
            _EARLIER.id < row.id,
            _EARLIER.lane <= row.lane,
            _EARLIER.not_before <= _now,
            # A revision that must wait holds up nothing that is to be said, nor the other way round.
            _EARLIER.target.is_(None) == row.target.is_(None),
        )
        .exists()
    )
    unsaid = select(_WANTED.id).where(_WANTED.key == row.target, _WANTED.status == "pending").exists()
    closed = select(Gate.name).where(Gate.name == row.queue, Gate.until > _now).exists()
    return (
        row.status == "pending",
        row.not_before <= _now,
        or_(row.leased_until.is_(None), row.leased_until <= _now),
        ~closed,
        ~comes_before,
        or_(row.target.is_(None), ~unsaid),
    )


# Whoever holds the lease closes the row; one that was taken over meanwhile is left to its new holder.
_HELD = (OutboxRow.id == bindparam("of"), OutboxRow.lease == bindparam("held"), OutboxRow.status == "pending")
_END = (
    update(OutboxRow)
    .where(*_HELD)
    .values(
        status=bindparam("became"),
        ref=bindparam("ref"),
        message=bindparam("message"),
        fault=bindparam("fault"),
        done_at=_now,
        leased_until=None,
        lease=None,
    )
)
_PUT_OFF = (
    update(OutboxRow)
    .where(*_HELD)
    .values(
        not_before=bindparam("from", type_=Moment),
        uncertain=bindparam("uncertain"),
        attempts=bindparam("tries"),
        leased_until=None,
        lease=None,
    )
)
_LEASE_OUT = (
    update(OutboxRow)
    .where(OutboxRow.id.in_(bindparam("ids", expanding=True)))
    .values(
        leased_until=bindparam("until", type_=Moment),
        lease=bindparam("lease"),
        attempts=OutboxRow.attempts + 1,
        uncertain=or_(OutboxRow.uncertain, OutboxRow.leased_until.is_not(None)),
    )
)
_CANDIDATES = (
    select(
        OutboxRow,
        _TARGET.ref.label("target_ref"),
        select(_LATER.id)
        .where(_LATER.target == OutboxRow.target, _LATER.id > OutboxRow.id)
        .exists()
        .label("overtaken"),
    )
    .outerjoin(_TARGET, _TARGET.key == OutboxRow.target)
    .where(OutboxRow.line == bindparam("line"), *_may_go(OutboxRow))
    .order_by(OutboxRow.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True, of=OutboxRow)
)

# From one line to the next by the index, however many messages stand in each.
_first = select(func.min(OutboxRow.line).label("line")).where(OutboxRow.status == "pending")
_walk = _first.cte("walk", recursive=True)
_next = (
    select(func.min(OutboxRow.line))
    .where(OutboxRow.status == "pending", OutboxRow.line > _walk.c.line)
    .scalar_subquery()
)
_walk = _walk.union_all(select(_next).where(_walk.c.line.is_not(None)))
_OPEN_LINES = (
    select(_walk.c.line)
    .outerjoin(Gate, (Gate.name == _walk.c.line) & (Gate.until > _now))
    .where(
        _walk.c.line.is_not(None),
        Gate.name.is_(None),
        select(OutboxRow.id).where(OutboxRow.line == _walk.c.line, *_may_go(OutboxRow)).exists(),
    )
    .order_by(_walk.c.line)
)
_LOOK = select(_OPEN_LINES.exists(), select(func.min(Gate.until)).where(Gate.until > _now).scalar_subquery())
