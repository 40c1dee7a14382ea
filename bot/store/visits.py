"""Visits: the browsers in which people read pages. Kept are digests: whoever reads the table can enter by none.

A person gets a way in from the bot, in a place where only they read it. It serves once, and becomes the visit.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update

from bot.store import tables as t
from bot.store.engine import Database
from bot.store.records import Person, Visit
from bot.store.session import Session


class Visiting(Session):
    async def invite(self, digest: str, *, by: Person, leads_to: str, until: datetime) -> None:
        """A way in for the person themselves, in the place of one that they have not used. `digest` is its secret's."""
        unused = (t.Visit.person_id == by.id) & t.Visit.entered_at.is_(None)
        ended = (t.Visit.workspace_id == self.workspace) & (t.Visit.until <= self.now)
        await self.db.execute(delete(t.Visit).where(unused | ended))
        await self.db.execute(
            self.insert(t.Visit).values(
                digest=digest, workspace_id=self.workspace, person_id=by.id, leads_to=leads_to, until=until
            )
        )


class Visits:
    """By digests of secrets, since a browser says nothing else of who it is."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def enter(self, way_in: str, digest: str, *, now: datetime, until: datetime) -> str | None:
        """Let a browser in by a way in that was not used before, under the digest of its own secret.

        Returns where it leads; None where it leads nowhere (any more).
        """
        enter = (
            update(t.Visit)
            .where(t.Visit.digest == way_in, t.Visit.entered_at.is_(None), t.Visit.until > now)
            .values(digest=digest, entered_at=now, until=until)
            .returning(t.Visit.leads_to)
        )
        async with self._database.write() as db:
            return (await db.execute(enter)).scalar_one_or_none()

    async def find(self, digest: str, *, now: datetime) -> Visit | None:
        """Whose visit it is; None for one that has ended, and for people who have left or are guests."""
        look = (
            select(t.Visit.workspace_id, t.Visit.person_id)
            .join(t.Person, (t.Person.id == t.Visit.person_id) & (t.Person.workspace_id == t.Visit.workspace_id))
            .where(
                t.Visit.digest == digest,
                t.Visit.entered_at.is_not(None),
                t.Visit.until > now,
                t.Person.active,
                t.Person.guest.is_(False),
            )
        )
        async with self._database.read() as db:
            row = (await db.execute(look)).one_or_none()
        return Visit(workspace=row.workspace_id, person=row.person_id) if row is not None else None

    async def end(self, digest: str) -> None:
        async with self._database.write() as db:
            await db.execute(delete(t.Visit).where(t.Visit.digest == digest))
