"""Caring for job aids: which are due for a look, and who says that one is still true."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, RowMapping, and_, func, or_, select, update

from bot.store import tables as t
from bot.store.knowledge import Knowledge, aids, check_is_kept_here, read_aid
from bot.store.records import Aid, Person
from knowledge.model import Status

EARLY = 5
"""The last part of the review interval, a fifth, over which what was checked on one day is spread."""

AT_ONCE = 1_000
"""Aids that are read at once: a great company has tens of thousands that are due."""

GOLDEN = 0.6180339887498949

PATIENCE = timedelta(days=14)
"""How long an aid may be overdue until its deputy is asked instead of its owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Somebody is to be asked whether an aid is still true."""

    aid_id: int
    person_id: int
    since: date  # from when on


class Care(Knowledge):
    # ── asking for reviews ──

    async def reviews_due(self, *, again: timedelta) -> list[Review]:
        """What is to be asked of whom; nothing that was asked less than `again` ago.

        First what was never asked, then what was asked longest ago, so that each comes to its turn.
        """
        today = self.now.date()
        found: list[tuple[date, Review]] = []
        shortest = t.JobAid.review_days - t.JobAid.review_days // EARLY  # of all that `review_on` can say
        which = and_(
            or_(t.JobAid.reminded_on.is_(None), t.JobAid.reminded_on <= today - again),
            or_(t.JobAid.verified_on.is_(None), self.day_after(t.JobAid.verified_on, shortest) <= today),
        )
        last = 0
        while rows := await self._looked_after(and_(which, t.JobAid.id > last), limit=AT_ONCE):
            for row in rows:
                since, person = review_on(row), _whose_turn(row, today)
                if since <= today and person is not None:
                    review = Review(aid_id=row["id"], person_id=person, since=since)
                    found.append((row["reminded_on"] or date.min, review))
            last = rows[-1]["id"]
        await asyncio.to_thread(found.sort, key=lambda one: (one[0], one[1].since, one[1].aid_id))
        return [one for _, one in found]

    async def reviewers_lately(self, *, since: date) -> list[int]:
        """Who was asked for a review from that day on, once for each aid."""
        today = self.now.date()
        rows = await self._looked_after(t.JobAid.reminded_on >= since)
        return [person for row in rows if (person := _whose_turn(row, today)) is not None]

    async def claim_review(self, aid_id: int, *, again: timedelta) -> Aid | None:
        """Note that it is asked for today; None where somebody else has just done so, or it is not due any more."""
        today = self.now.date()
        (row,) = await self._looked_after(t.JobAid.id == aid_id, lock=True) or (None,)
        if row is None or review_on(row) > today or (row["reminded_on"] and row["reminded_on"] > today - again):
            return None
        await self.db.execute(update(t.JobAid).where(t.JobAid.id == aid_id).values(reminded_on=today))
        return await self.aid(aid_id)

    async def _looked_after(
        self, which: ColumnElement[bool], *, lock: bool = False, limit: int | None = None
    ) -> Sequence[RowMapping]:
        """By id."""
        look = select(
            t.JobAid.id,
            t.JobAid.number,
            t.JobAid.owner_id,
            t.JobAid.deputy_id,
            t.JobAid.verified_on,
            t.JobAid.review_days,
            t.JobAid.reminded_on,
            t.JobAid.created_at,
        ).where(
            t.JobAid.workspace_id == self.workspace,
            t.JobAid.status == Status.PUBLISHED,
            or_(t.JobAid.owner_id.is_not(None), t.JobAid.deputy_id.is_not(None)),
            which,
        )
        look = look.order_by(t.JobAid.id).limit(limit)
        return (await self.db.execute(look.with_for_update() if lock else look)).mappings().all()

    # ── what people do ──

    async def aids_due(self, person: Person, *, limit: int) -> list[Aid]:
        """Published aids that this person looks after, and that nobody has said to be true for too long.

        First those that nobody ever checked, then those checked longest ago.
        """
        look = (
            aids()
            .where(
                t.JobAid.workspace_id == self.workspace,
                t.JobAid.status == Status.PUBLISHED,
                or_(t.JobAid.owner_id == person.id, t.JobAid.deputy_id == person.id),
                self._is_overdue(),
            )
            .order_by(t.JobAid.verified_on.asc().nulls_first(), t.JobAid.number)
        )
        return [read_aid(row) for row in (await self.db.execute(look.limit(limit))).mappings()]

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

    async def set_care(
        self, aid_id: int, *, by: Person, owner: int | None, deputy: int | None, review_days: int, locked: bool
    ) -> Aid:
        """Settle who looks after an aid, and how. Raises GoneError, NotAllowedError."""
        check_is_kept_here(await self.check_may_change(aid_id, by=by, lock=True))
        await self.db.execute(
            update(t.JobAid)
            .where(t.JobAid.workspace_id == self.workspace, t.JobAid.id == aid_id)
            .values(owner_id=owner, deputy_id=deputy, review_days=review_days, locked=locked)
        )
        await self.next_evidence_revision()
        await self.note_owned(t.JobAid.id == aid_id)
        return await self.aid(aid_id)

    async def set_owner(self, aid_id: int, person_id: int, *, by: Person) -> None:
        """Give an aid to somebody to look after. Raises GoneError, NotAllowedError."""
        await self.check_may_change(aid_id, by=by)
        await self.db.execute(
            update(t.JobAid)
            .where(t.JobAid.workspace_id == self.workspace, t.JobAid.id == aid_id)
            .values(owner_id=person_id)
        )
        await self.next_evidence_revision()
        await self.note_owned(t.JobAid.id == aid_id)

    async def count_overdue(self) -> int:
        look = (
            select(func.count())
            .select_from(t.JobAid)
            .where(t.JobAid.workspace_id == self.workspace, t.JobAid.status == Status.PUBLISHED, self._is_overdue())
        )
        return (await self.db.execute(look)).scalar_one()

    async def overdue_aids(self, *, grants: frozenset[str], limit: int) -> list[Aid]:
        """Published job aids whose check is overdue and that these grants may see, never verified ones first."""
        look = aids().where(
            t.JobAid.workspace_id == self.workspace,
            t.JobAid.status == Status.PUBLISHED,
            self._is_overdue(),
            self.holds(t.JobAid.audience, grants),
        )
        order = look.order_by(t.JobAid.verified_on.asc().nulls_first(), t.JobAid.number)
        return [read_aid(row) for row in (await self.db.execute(order.limit(limit))).mappings()]

    def _is_overdue(self) -> ColumnElement[bool]:
        due = self.day_after(t.JobAid.verified_on, t.JobAid.review_days.expression)
        return or_(t.JobAid.verified_on.is_(None), due < self.now.date())


def review_on(row: RowMapping) -> date:
    """The day from which on its owner is asked: before it is overdue, and not the same for all that began together."""
    begun: date = row["verified_on"] or row["created_at"].date()
    spread = row["review_days"] // EARLY
    early = int(row["number"] * GOLDEN % 1 * (spread + 1))  # as evenly as it can be, however many there are
    never = row["verified_on"] is None
    return begun + timedelta(days=early if never else row["review_days"] - early)


def _whose_turn(row: RowMapping, today: date) -> int | None:
    begun = row["verified_on"] or row["created_at"].date()
    overdue = today - begun - timedelta(days=row["review_days"])
    if row["owner_id"] is None or (overdue > PATIENCE and row["deputy_id"] is not None):
        found: int | None = row["deputy_id"]
        return found
    owner: int | None = row["owner_id"]
    return owner
