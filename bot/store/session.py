"""What every part of a transaction stands on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, Text, and_, any_, bindparam, func, select, type_coerce, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from bot.store.tables import Base, JobAid, Person, Snippet, Workspace

_WAYS = ("enable_seqscan", "enable_bitmapscan", "enable_sort")

Numbered = Person | JobAid | Snippet


class NotAllowedError(Exception):
    """Somebody asked for what is not theirs to do. The message is a sentence that they may read."""


class GoneError(Exception):
    """What was meant does not exist (any more), or has been settled meanwhile. The message is for the reader too."""


class ChangedMeanwhileError(GoneError):
    """Somebody else has changed it since it was looked at; nothing was overwritten."""


class Session:
    """One open transaction in one workspace. `now` is the domain's time; every statement is bound to `workspace`."""

    def __init__(
        self,
        db: AsyncConnection,
        *,
        workspace: int,
        now: datetime,
        new_id: Callable[[], str],
        connected: frozenset[str] | None = None,
    ) -> None:
        self.db = db
        self.workspace = workspace
        self.now = now
        self.new_id = new_id
        self.connected = connected  # the platforms that can be written to; None where nobody said
        self.spoke = False  # whether the delivery must be rung after the commit
        self.learned = False  # whether knowledge changed, so that the encoder must be
        self.filed = False  # whether a file waits, so that its reader must be

    def insert(self, table: type[Base]) -> PostgresqlInsert | SqliteInsert:
        """An insert that knows ON CONFLICT."""
        return postgresql_insert(table) if self.db.dialect.name == "postgresql" else sqlite_insert(table)

    def these(self, table: type[Numbered], ids: Collection[Any]) -> ColumnElement[bool]:
        """Rows of this workspace by their ids, found by them: SQLite takes an equality for the better way in than a
        list, and would look through all that the company has for a few. What is reckoned with is no way in.
        """
        return and_(self.among(table.id, ids), table.workspace_id + 0 == self.workspace)

    def among(self, column: InstrumentedAttribute[Any], values: Collection[Any]) -> ColumnElement[bool]:
        """The column has one of these values. On PostgreSQL they are one parameter: as so many, the driver would read
        hundreds of them out of the statement's text, and that again at each call.
        """
        if self.db.dialect.name != "postgresql":
            return column.in_(values)
        return column == any_(bindparam(None, list(values), type_=ARRAY(column.type)))

    def holds(self, column: InstrumentedAttribute[list[str]], wanted: Collection[str]) -> ColumnElement[bool]:
        """The column, a list of names, has one of these. Of an audience the database checks it, so that a limit counts
        only what the reader may see.
        """
        if self.db.dialect.name == "postgresql":
            given = bindparam(None, sorted(wanted), type_=ARRAY(Text))
            return and_(type_coerce(column, JSONB).has_any(given))
        one = func.json_each(column).table_valued("value")
        return select(one.c.value).where(one.c.value.in_(sorted(wanted))).exists()

    def day_after(self, day: InstrumentedAttribute[Any], days: ColumnElement[int]) -> ColumnElement[date]:
        """The day that comes so many days after another; NULL after none."""
        if self.db.dialect.name == "postgresql":
            return type_coerce(day.op("+")(days), Date)
        return type_coerce(func.date(day, func.printf("+%d days", days)), Date)

    @asynccontextmanager
    async def by_indexes(self) -> AsyncIterator[None]:
        """Within, PostgreSQL takes rows by an index in its order, whatever it believes of their number. Where a million
        rows changed at once its statistics lag behind for a minute, and it would read, and sort, all of them for the
        few that are wanted.
        """
        guided = self.db.dialect.name == "postgresql"
        if guided:
            await self.db.exec_driver_sql("; ".join(f"SET LOCAL {way} = off" for way in _WAYS))
        yield
        if guided:  # other statements have good reasons to sort
            await self.db.exec_driver_sql("; ".join(f"SET LOCAL {way} TO DEFAULT" for way in _WAYS))

    async def next_revision(self) -> int:
        """Take the workspace's next revision. The row stays locked until the commit, so revisions commit in order."""
        take = (
            update(Workspace)
            .where(Workspace.id == self.workspace)
            # Whose an aid is, and what it is about, shows who knows.
            .values(revision=Workspace.revision + 1, evidence_revision=Workspace.evidence_revision + 1)
            .returning(Workspace.revision)
        )
        self.learned = True
        return (await self.db.execute(take)).scalar_one()

    async def note_owned(self, which: ColumnElement[bool]) -> None:
        """These aids show something else of who knows, or are somebody else's, as of the revision just taken."""
        taken = select(Workspace.evidence_revision).where(Workspace.id == self.workspace).scalar_subquery()
        changed = update(JobAid).where(JobAid.workspace_id == self.workspace, which)
        await self.db.execute(changed.values(evidence_revision=taken))

    async def next_evidence_revision(self) -> int:
        """The same for what shows who knows."""
        take = (
            update(Workspace)
            .where(Workspace.id == self.workspace)
            .values(evidence_revision=Workspace.evidence_revision + 1)
            .returning(Workspace.evidence_revision)
        )
        return (await self.db.execute(take)).scalar_one()
