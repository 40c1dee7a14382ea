"""Clearing away many rows without holding anybody up."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, select

from bot.store.engine import Database
from bot.store.tables import InboxRow, OutboxRow
from bot.store.turns import Precedence

AT_ONCE = 500  # rows in one transaction


async def forget_rows(database: Database, table: type[InboxRow | OutboxRow], which: ColumnElement[bool]) -> int:
    """Returns how many there were. Each portion is committed for itself, and goes after everybody else."""
    some = select(table.id).where(which).limit(AT_ONCE)
    forgotten, more = 0, True
    while more:
        async with database.write(Precedence.BACKGROUND) as db:
            gone = (await db.execute(delete(table).where(table.id.in_(some)))).rowcount
        forgotten += gone
        more = gone == AT_ONCE
    return forgotten
