"""What a transaction says: rows of the outbox, sent after the commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from functools import cache
from typing import Any

from sqlalchemy import Insert, func, insert, select

from bot.messages import Address, Card, MessageRef
from bot.store import tables as t
from bot.store.codec import dump, load
from bot.store.outbox import name_message
from bot.store.pacing import name_line, name_queue
from bot.store.rows import given, write
from bot.store.session import Session


class Lane(IntEnum):
    """Who waits first when a platform is slow."""

    ANSWER = 0
    EXPERT = 1
    CAMPAIGN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """One of many things to be said; `key` was taken with `new_id`."""

    to: Address
    card: Card
    key: str


@cache
def _put_all(names: tuple[str, ...]) -> Insert:
    return insert(t.OutboxRow).from_select(names, select(given(t.OutboxRow, names)))


class Speaking(Session):
    async def send(
        self,
        to: Address,
        card: Card,
        *,
        lane: Lane = Lane.ANSWER,
        key: str | None = None,
        campaign: int | None = None,
    ) -> str:
        """Say it once this transaction is committed. Returns the key by which it can be revised later.

        `key` is one that was taken with `new_id` before, where a row had to name it first. `campaign` is whose it is:
        campaigns share what the platform lets through.
        """
        key = key or self.new_id()
        line = name_line(to, lane=int(lane), revising=False, campaign=campaign)
        await self._put(line, name_queue(to), dump(to), card, lane=lane, target=None, key=key)
        return key

    async def send_once(self, to: Address, card: Card, *, key: str, lane: Lane) -> None:
        """The same, unless something was said under this key, by whichever replica."""
        line = name_line(to, lane=int(lane), revising=False, campaign=None)
        row = self._row(line, name_queue(to), dump(to), card, lane=lane, target=None, key=key)
        put = self.insert(t.OutboxRow).values(row).on_conflict_do_nothing()
        self.spoke |= (await self.db.execute(put)).rowcount > 0

    async def send_all(self, saying: Sequence[Saying], *, lane: Lane, campaign: int | None = None) -> None:
        """The same for many at once, with one statement."""
        if not saying:
            return
        rows = [
            self._row(
                name_line(one.to, lane=int(lane), revising=False, campaign=campaign),
                name_queue(one.to),
                dump(one.to),
                one.card,
                lane=lane,
                target=None,
                key=one.key,
            )
            for one in saying
        ]
        if self.db.dialect.name == "postgresql":
            await self.db.execute(_put_all(tuple(rows[0])), write(rows))
        else:
            await self.db.execute(insert(t.OutboxRow), rows)
        self.spoke = True

    async def revise(self, key: str, card: Card) -> None:
        """Replace what was said under this key, or will be. Does nothing if it was never this workspace's."""
        look = select(t.OutboxRow.queue, t.OutboxRow.address, t.OutboxRow.lane).where(
            t.OutboxRow.key == key, t.OutboxRow.workspace_id == self.workspace
        )
        row = (await self.db.execute(look)).one_or_none()
        if row is not None:
            line = name_line(load(row.address, Address), lane=row.lane, revising=True)
            await self._put(line, row.queue, row.address, card, lane=Lane(row.lane), target=key, key=self.new_id())

    async def key_of(self, message: MessageRef) -> str | None:
        """The key under which a message was said that somebody acted on."""
        look = select(t.OutboxRow.key).where(
            t.OutboxRow.workspace_id == self.workspace, t.OutboxRow.message == name_message(message)
        )
        return (await self.db.execute(look)).scalar_one_or_none()

    async def newest_in(self, conversation: MessageRef, *, within: timedelta) -> MessageRef | None:
        """What was said last in the conversation of that message, of what reached it within this time.

        All of the conversation is looked through, as long as the outbox keeps it: that is what one person was told in a
        month. An index of its own would be kept up with every reminder of a campaign; the one of names is there anyhow.
        """
        begin = name_message(replace(conversation, id=""))
        there = (
            select(t.OutboxRow.id, t.OutboxRow.ref, t.OutboxRow.workspace_id, t.OutboxRow.done_at)
            # LIKE would take an identity for another that differs in case alone.
            .where(t.OutboxRow.message >= begin, t.OutboxRow.message < begin[:-1] + chr(ord(begin[-1]) + 1))
            .cte("there")
            .prefix_with("MATERIALIZED")  # else what is newest, or done lately, seems the shorter way to a few
        )
        look = (
            select(there.c.ref)
            .where(there.c.workspace_id == self.workspace, there.c.done_at > datetime.now(UTC) - within)
            .order_by(there.c.id.desc())
        )
        refs = (load(ref, MessageRef) for ref in (await self.db.execute(look)).scalars())
        # A platform may put a stroke into its names, and then another's begin like this one's.
        return next((ref for ref in refs if ref.conversation == conversation.conversation), None)

    async def first_said(self, key: str) -> Card | None:
        """The card as it was before anything of it was revised; None once it has been forgotten."""
        look = select(t.OutboxRow.card).where(t.OutboxRow.key == key, t.OutboxRow.workspace_id == self.workspace)
        text = (await self.db.execute(look)).scalar_one_or_none()
        return load(text, Card) if text is not None else None

    async def said(self, key: str) -> Card | None:
        """The card as it was last said under this key; None once it has been forgotten."""
        look = (
            select(t.OutboxRow.card)
            .where((t.OutboxRow.key == key) | (t.OutboxRow.target == key), t.OutboxRow.workspace_id == self.workspace)
            .order_by(t.OutboxRow.id.desc())
            .limit(1)
        )
        text = (await self.db.execute(look)).scalar_one_or_none()
        return load(text, Card) if text is not None else None

    async def waiting_of(self, campaign: int, to: Address) -> int:
        """How much of a campaign waits to be sent in the company and platform of `to`."""
        line = name_line(to, lane=int(Lane.CAMPAIGN), revising=False, campaign=campaign)
        look = (
            select(func.count())
            .select_from(t.OutboxRow)
            .where(
                t.OutboxRow.workspace_id == self.workspace, t.OutboxRow.line == line, t.OutboxRow.status == "pending"
            )
        )
        return (await self.db.execute(look)).scalar_one()

    async def _put(
        self, line: str, queue: str, address: str, card: Card, *, lane: Lane, target: str | None, key: str
    ) -> None:
        row = self._row(line, queue, address, card, lane=lane, target=target, key=key)
        await self.db.execute(insert(t.OutboxRow).values(row))
        self.spoke = True

    def _row(
        self, line: str, queue: str, address: str, card: Card, *, lane: Lane, target: str | None, key: str
    ) -> dict[str, Any]:
        wall = datetime.now(UTC)  # the machinery lives by wall time, also where the domain's clock was moved
        return {
            "key": key,
            "workspace_id": self.workspace,
            "lane": int(lane),
            "line": line,
            "queue": queue,
            "address": address,
            "card": dump(card),
            "target": target,
            "status": "pending",
            "not_before": wall,
            "created_at": wall,
        }
