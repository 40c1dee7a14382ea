"""Paces, counted in the store for every replica, and the gates that keep what must wait from being looked at.

A bucket counts the calls of one pace by the generic cell rate algorithm (ITU-T I.371): it keeps one moment, `ready_at`,
at which it would be as good as new. A call may go while that is less than `burst` steps of `every` ahead, and moves it
one step further. Buckets are taken from in the transaction that claims the messages, all of a message's or none.

What cannot go yet is not touched: a gate is closed before its line (everything of one kind from one company), or before
its conversation, until the very moment when the first of it may go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, Text, bindparam, case, column, func, select, true, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Address, Pace
from bot.store.codec import json_text
from bot.store.tables import Bucket, Gate

HEADROOM = 4
"""Each lane leaves one part of this many of a bucket's burst to the lanes before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A message that may go as far as its conversation is concerned; `paces` are what it draws on."""

    line: str
    queue: str
    lane: int
    platform: str
    paces: Sequence[Pace]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What stands in the way until `until`: a gate's name, which is that of a line or of a conversation."""

    gate: str
    until: datetime


@dataclass(slots=True)
class Count:
    """What is in a bucket."""

    ready_at: datetime | None = None
    paused_until: datetime | None = None
    changed: bool = False

    def free_at(self, pace: Pace, lane: int) -> datetime | None:
        """When the next call of this lane may go; None if one has never been held up."""
        found = self.paused_until
        if self.ready_at is not None:
            by_rate = self.ready_at - pace.every * (room(pace, lane) - 1)
            found = max(found, by_rate) if found is not None else by_rate
        return found


def room(pace: Pace, lane: int) -> int:
    """So many calls a lane may have ahead of the rate. What is left is headroom: an answer need not wait for it."""
    return pace.burst - pace.burst * lane // HEADROOM if pace.burst > 1 else 1


def name_bucket(platform: str, bucket: str) -> str:
    return f"{platform}/{bucket}"


def name_queue(address: Address) -> str:
    """A conversation's name among all platforms'."""
    return f"{address.platform}/{address.tenant}/{address.conversation or '@' + str(address.person)}"


def name_line(to: Address, *, lane: int, revising: bool, campaign: int | None = None) -> str:
    """What waits for the same reason waits in one line: a company's messages of a lane, of a campaign, of a kind.

    The kinds differ by what platforms count apart: saying, saying to one person's eyes, revising. Lines sort by lane.
    """
    kind = "revise" if revising else "whisper" if to.conversation is not None and to.person is not None else "say"
    name = f"{lane}/{to.platform}/{to.tenant}/{kind}"
    return f"{name}/{campaign}" if campaign is not None else name


def lane_of(line: str) -> int:
    return int(line.partition("/")[0])


class Buckets:
    """The buckets that some messages draw on, locked until the transaction ends."""

    def __init__(self, counts: dict[str, Count], now: datetime) -> None:
        self._counts = counts
        self._now = now

    def take(self, want: Want) -> list[Wait]:
        """Take a call out of each of the message's buckets, or out of none. Returns what to wait for."""
        held = [
            Wait(gate=want.line if pace.wide else want.queue, until=free_at)
            for pace in want.paces
            if (free_at := self._of(want, pace).free_at(pace, want.lane)) is not None and free_at > self._now
        ]
        if not held:
            for pace in want.paces:
                count = self._of(want, pace)
                count.ready_at = max(count.ready_at or self._now, self._now) + pace.every
                count.changed = True
        return held

    def _of(self, want: Want, pace: Pace) -> Count:
        return self._counts[name_bucket(want.platform, pace.bucket)]

    def changed(self) -> Mapping[str, datetime]:
        return {name: one.ready_at for name, one in self._counts.items() if one.changed and one.ready_at is not None}


async def lock_buckets(db: AsyncConnection, wants: Iterable[Want], *, now: datetime) -> Buckets:
    """Made where they are new; in the order of their names, so that two replicas never wait for each other."""
    names = sorted({name_bucket(want.platform, pace.bucket) for want in wants for pace in want.paces})
    if not names:
        return Buckets({}, now)
    postgresql = db.dialect.name == "postgresql"
    given = names if postgresql else json_text(names)
    rows = await db.execute(_LOCK_POSTGRESQL if postgresql else _LOCK_SQLITE, {"names": given})
    return Buckets({row.name: Count(row.ready_at, row.paused_until) for row in rows}, now)


async def keep_buckets(db: AsyncConnection, buckets: Buckets) -> None:
    changed = [{"of": name, "at": at} for name, at in buckets.changed().items()]
    if changed:
        await db.execute(_KEEP, changed)


async def close_gates(db: AsyncConnection, waits: Iterable[Wait]) -> None:
    latest: dict[str, datetime] = {}
    for wait in waits:
        latest[wait.gate] = max(wait.until, latest.get(wait.gate, wait.until))
    if latest:
        insert = postgresql_insert if db.dialect.name == "postgresql" else sqlite_insert
        put = insert(Gate)
        put = put.on_conflict_do_update(index_elements=[Gate.name], set_={"until": put.excluded.until})
        await db.execute(put, [{"name": name, "until": until} for name, until in sorted(latest.items())])


async def pause(
    db: AsyncConnection, platform: str, paces: Sequence[Pace], bucket: str, *, until: datetime, now: datetime
) -> None:
    """Let a bucket rest, as the platform asked. When a second conversation is asked to rest, what both draw on rests.

    A platform that counts for each conversation and for all of them rarely says which of the two was full.
    """
    name = name_bucket(platform, bucket)
    narrow = any(pace.bucket == bucket and not pace.wide for pace in paces)
    within = next((name_bucket(platform, pace.bucket) for pace in paces if pace.wide), None) if narrow else None
    await _pause(db, name, within=within, until=until)
    if within is None:
        return
    others = select(Bucket.name).where(Bucket.within == within, Bucket.name != name, Bucket.paused_until > now)
    if (await db.execute(others.limit(1))).first() is not None:
        await _pause(db, within, within=None, until=until)


async def _pause(db: AsyncConnection, name: str, *, within: str | None, until: datetime) -> None:
    insert = postgresql_insert if db.dialect.name == "postgresql" else sqlite_insert
    put = insert(Bucket).values(name=name, paused_until=until, within=within)
    later = case((Bucket.paused_until > until, Bucket.paused_until), else_=put.excluded.paused_until)
    await db.execute(
        put.on_conflict_do_update(
            index_elements=[Bucket.name], set_={"paused_until": later, "within": put.excluded.within}
        )
    )


def time_for(paces: Sequence[Pace], messages: int, *, lane: int) -> timedelta:
    """How long so many messages to different conversations take of one company, if nothing else is said meanwhile.

    What goes at once takes no time; a bucket that is not full to begin with is not reckoned up against the rest.
    """
    slow = [pace for pace in paces if pace.wide and messages > room(pace, lane)]
    return max((pace.every * messages for pace in slow), default=timedelta(0))


_LOCKED = (Bucket.name, Bucket.ready_at, Bucket.paused_until)

_by_array = postgresql_insert(Bucket).from_select(
    [Bucket.name], select(func.unnest(bindparam("names", type_=ARRAY(Text))))
)
# Changing a row to what it is locks it, and lets RETURNING tell of it.
_LOCK_POSTGRESQL = _by_array.on_conflict_do_update(
    index_elements=[Bucket.name], set_={"name": _by_array.excluded.name}
).returning(*_LOCKED)

_given = func.json_each(bindparam("names", type_=Text)).table_valued(column("value", Text))
_by_json = sqlite_insert(Bucket).from_select([Bucket.name], select(_given.c.value).where(true()))
_LOCK_SQLITE = _by_json.on_conflict_do_update(
    index_elements=[Bucket.name], set_={"name": _by_json.excluded.name}
).returning(*_LOCKED)

_KEEP = update(Bucket).where(Bucket.name == bindparam("of")).values(ready_at=bindparam("at"))
