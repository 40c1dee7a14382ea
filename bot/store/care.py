"""Caring for job aids: which are due for a look, and who says that one is still true."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select, update

from bot.store import tables as t
from bot.store.knowledge import Knowledge, aids, read_aid
from bot.store.records import Aid, Person
from knowledge.model import Status


class Care(Knowledge):
    async def aids_due(self, person: Person) -> list[Aid]:
        """Published aids that this person looks after, and that nobody has said to be true for too long."""
        look = (
            aids()
            .where(
                t.JobAid.workspace_id == self.workspace,
                t.JobAid.status == Status.PUBLISHED,
                or_(t.JobAid.owner_id == person.id, t.JobAid.deputy_id == person.id),
            )
            .order_by(t.JobAid.number)
        )
        found = [read_aid(row) for row in (await self.db.execute(look)).mappings()]
        due = [aid for aid in found if is_overdue(aid, self)]
        return sorted(due, key=lambda aid: (aid.verified_on is not None, aid.verified_on, aid.number))

    async def verify_aid(self, aid_id: int, *, by: Person) -> Aid:
        """Somebody who may change it says that it is still true. Raises GoneError, NotAllowedError."""
        await self.check_may_change(aid_id, by=by)
        await self.db.execute(
            update(t.JobAid)
            .where(t.JobAid.workspace_id == self.workspace, t.JobAid.id == aid_id)
            .values(verified_on=self.now.date())
        )
        return await self.aid(aid_id)

    async def suggester_of(self, aid_id: int) -> int | None:
        """Who suggested it, while nobody looks after it."""
        look = (
            select(t.JobAidVersion.by_id)
            .join(t.JobAid, t.JobAid.id == t.JobAidVersion.aid_id)
            .where(
                t.JobAid.workspace_id == self.workspace,
                t.JobAid.id == aid_id,
                t.JobAid.source == "suggestion",
                t.JobAid.owner_id.is_(None),
                t.JobAidVersion.version == 1,
            )
        )
        return (await self.db.execute(look)).scalar_one_or_none()

    async def set_owner(self, aid_id: int, person_id: int, *, by: Person) -> None:
        """Give an aid to somebody to look after. Raises GoneError, NotAllowedError."""
        await self.check_may_change(aid_id, by=by)
        await self.db.execute(
            update(t.JobAid)
            .where(t.JobAid.workspace_id == self.workspace, t.JobAid.id == aid_id)
            .values(owner_id=person_id)
        )

    async def count_overdue(self) -> int:
        look = select(t.JobAid.verified_on, t.JobAid.review_days).where(
            t.JobAid.workspace_id == self.workspace, t.JobAid.status == Status.PUBLISHED
        )
        today = self.now.date()
        return sum(
            verified is None or verified + timedelta(days=days) < today
            for verified, days in await self.db.execute(look)
        )


def is_overdue(aid: Aid, tx: Care) -> bool:
    return aid.verified_on is None or aid.verified_on + timedelta(days=aid.review_days) < tx.now.date()
