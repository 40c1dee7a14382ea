"""What a transaction says: rows of the outbox, sent after the commit."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import IntEnum

from sqlalchemy import insert, select

from bot.messages import Address, Card
from bot.store import tables as t
from bot.store.codec import dump
from bot.store.session import Session


class Lane(IntEnum):
    """Who waits first when a platform is slow."""

    ANSWER = 0
    EXPERT = 1
    CAMPAIGN = 2


class Speaking(Session):
    async def send(self, to: Address, card: Card, *, lane: Lane = Lane.ANSWER) -> str:
        """Say it once this transaction is committed. Returns the key by which it can be revised later."""
        return await self._put(to, card, lane=lane, target=None)

    async def revise(self, key: str, card: Card) -> None:
        """Replace what was said under this key, or will be. Does nothing if it was never this workspace's."""
        look = select(t.OutboxRow.address, t.OutboxRow.lane).where(
            t.OutboxRow.key == key, t.OutboxRow.workspace_id == self.workspace
        )
        row = (await self.db.execute(look)).one_or_none()
        if row is not None:
            await self._put(row.address, card, lane=Lane(row.lane), target=key)

    async def _put(self, to: Address | str, card: Card, *, lane: Lane, target: str | None) -> str:
        key = self.new_id()
        wall = datetime.now(UTC)  # the machinery lives by wall time, also where the domain's clock was moved
        await self.db.execute(
            insert(t.OutboxRow).values(
                key=key,
                workspace_id=self.workspace,
                lane=int(lane),
                address=to if isinstance(to, str) else dump(to),
                card=dump(card),
                target=target,
                status="pending",
                not_before=wall,
                created_at=wall,
            )
        )
        self.spoke = True
        return key
