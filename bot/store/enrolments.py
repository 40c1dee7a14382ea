"""Learners in campaigns: who is in, how far they are, and what they chose about being reached."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    Update,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
    update,
)

from bot.store import tables as t
from bot.store.records import EnrolmentRecord, Person
from bot.store.rows import given, write
from bot.store.session import GoneError, NotAllowedError, Session
from scheduler.model import FOREVER, CampaignStatus, Enrolment, EnrolmentStatus


class Enrolments(Session):
    async def enrol(self, campaign_id: int, learners: Mapping[int, Enrolment]) -> None:
        """Put people (by id) into a campaign. Whoever is in it stays where they are, once a nudge has moved them on.

        Who was put in but not sent anything begins anew, so that a start that broke off can be repeated.
        """
        if not learners:
            return
        put = self.insert(t.Enrolment).values(
            [
                {
                    "workspace_id": self.workspace,
                    "campaign_id": campaign_id,
                    "person_id": person_id,
                    **_series_values(series),
                }
                for person_id, series in learners.items()
            ]
        )
        await self.db.execute(
            put.on_conflict_do_update(
                index_elements=["campaign_id", "person_id"],
                set_={"first_day": put.excluded.first_day, "next_due_at": put.excluded.next_due_at},
                where=and_(t.Enrolment.step == 0, t.Enrolment.round == 0, t.Enrolment.status == EnrolmentStatus.ACTIVE),
            )
        )

    async def enrolment(self, enrolment_id: int, *, by: Person) -> EnrolmentRecord:
        """Locked until the commit. Only the learner's own. Raises GoneError, NotAllowedError."""
        look = select(t.Enrolment).where(t.Enrolment.workspace_id == self.workspace, t.Enrolment.id == enrolment_id)
        row = (await self.db.execute(look.with_for_update())).mappings().one_or_none()
        if row is None:
            raise GoneError("That series is not here any more.")
        if row["person_id"] != by.id:
            raise NotAllowedError("This series belongs to somebody else.")
        return read_enrolment(row)

    async def enrolments_by_id(self, ids: Collection[int]) -> list[EnrolmentRecord]:
        """Locked until the commit."""
        look = (
            select(t.Enrolment)
            .where(t.Enrolment.workspace_id == self.workspace, self.among(t.Enrolment.id, ids))
            .order_by(t.Enrolment.id)
        )
        return [read_enrolment(row) for row in (await self.db.execute(look.with_for_update())).mappings()]

    async def enrolments_of(self, person_id: int, *, lock: bool = True) -> list[EnrolmentRecord]:
        """Locked until the commit, unless they are only looked at."""
        look = (
            select(t.Enrolment)
            .where(t.Enrolment.workspace_id == self.workspace, t.Enrolment.person_id == person_id)
            .order_by(t.Enrolment.id)
        )
        look = look.with_for_update() if lock else look
        return [read_enrolment(row) for row in (await self.db.execute(look)).mappings()]

    async def set_series(self, changed: Mapping[int, Enrolment], *, acted: bool = False) -> None:
        """How far people are, by the enrolment's id; `acted` where that is what they did, not what the clock does."""
        if not changed:
            return
        rows = [{"which": key, **_series_values(series)} for key, series in changed.items()]
        if self.db.dialect.name == "postgresql":
            await self.db.execute(_set_series(acted=acted), {"workspace": self.workspace, **write(rows)})
            return
        put = update(t.Enrolment).where(
            t.Enrolment.workspace_id == self.workspace, t.Enrolment.id == bindparam("which")
        )
        await self.db.execute(put.values(acted=True) if acted else put, rows)

    async def enrol_unsettled(self, campaign_id: int, people: Collection[int], *, back: bool = True) -> int:
        """Put many people (by id) into a campaign at once; the tick reckons when each of them begins.

        Whoever left its audience and is back goes on (`back` False: there is none); whoever has left the company is not
        put in. Returns how many were put in or back.
        """
        if not people:
            return 0
        first = {
            "workspace_id": self.workspace,
            "campaign_id": campaign_id,
            "status": EnrolmentStatus.ACTIVE.value,
            "first_day": self.now.date(),
            "step": 0,
            "unsettled": True,
        }
        if back:
            await self._take_up_again(campaign_id, people)
        there = select(t.Person.id, *(literal(value) for value in first.values())).where(
            self.these(t.Person, people), t.Person.active
        )
        put = self.insert(t.Enrolment).from_select(["person_id", *first], there, include_defaults=False)
        done = await self.db.execute(
            put.on_conflict_do_update(
                index_elements=["campaign_id", "person_id"],
                set_={"status": EnrolmentStatus.ACTIVE, "unsettled": True},
                where=t.Enrolment.status == EnrolmentStatus.LEFT,
            )
        )
        return done.rowcount

    async def _take_up_again(self, campaign_id: int, people: Collection[int]) -> None:
        """What was to be asked again of those who had left waited for them as well."""
        gone = select(t.Enrolment.id).where(
            t.Enrolment.workspace_id == self.workspace,
            t.Enrolment.campaign_id == campaign_id,
            t.Enrolment.status == EnrolmentStatus.LEFT,
            self.among(t.Enrolment.person_id, people),
        )
        await self.db.execute(
            update(t.FollowUp)
            .where(
                t.FollowUp.workspace_id == self.workspace,
                t.FollowUp.enrolment_id.in_(gone),
                t.FollowUp.next_due_at >= FOREVER,
            )
            .values(next_due_at=t.FollowUp.wanted_at)
        )

    async def enrolled_in(self, campaign_id: int) -> dict[int, EnrolmentStatus]:
        """Everybody who is in a campaign, by their id."""
        look = select(t.Enrolment.person_id, t.Enrolment.status).where(
            t.Enrolment.workspace_id == self.workspace, t.Enrolment.campaign_id == campaign_id
        )
        return {person: EnrolmentStatus(status) for person, status in await self.db.execute(look)}

    async def count_taking_part(self, campaign_id: int) -> int:
        """People who have, or have had, something of it: neither asked first, nor gone from its audience."""
        look = select(func.count()).where(
            t.Enrolment.workspace_id == self.workspace,
            t.Enrolment.campaign_id == campaign_id,
            t.Enrolment.status.not_in((EnrolmentStatus.INVITED, EnrolmentStatus.LEFT)),
        )
        return (await self.db.execute(look)).scalar_one()

    async def take_out(self, campaign_id: int, people: Collection[int]) -> None:
        """Those who are not of the audience any more; whoever stopped it stays so. To leave it is an act of theirs."""
        asked_again = select(t.FollowUp.enrolment_id).where(t.FollowUp.next_due_at.is_not(None))
        await self.db.execute(
            update(t.Enrolment)
            .where(
                t.Enrolment.workspace_id == self.workspace,
                t.Enrolment.campaign_id == campaign_id,
                self.among(t.Enrolment.person_id, people),
                or_(
                    t.Enrolment.status.in_((EnrolmentStatus.ACTIVE, EnrolmentStatus.INVITED, EnrolmentStatus.RESTED)),
                    and_(t.Enrolment.status == EnrolmentStatus.DONE, t.Enrolment.id.in_(asked_again)),
                ),
            )
            .values(status=EnrolmentStatus.LEFT, next_due_at=None, unsettled=False, acted=True)
        )

    async def unsettle(self, *, campaign_id: int | None = None, person_id: int | None = None) -> None:
        """Let the times of a campaign, or of a learner, be reckoned anew, since what they follow from has changed."""
        chosen = [t.Enrolment.workspace_id == self.workspace, t.Enrolment.status == EnrolmentStatus.ACTIVE]
        if campaign_id is not None:
            chosen.append(t.Enrolment.campaign_id == campaign_id)
        if person_id is not None:
            chosen.append(t.Enrolment.person_id == person_id)
        await self.db.execute(update(t.Enrolment).where(*chosen).values(unsettled=True))

    async def claim_unsettled(self, *, limit: int) -> list[EnrolmentRecord]:
        """Locked until the commit; other replicas skip them."""
        look = (
            select(t.Enrolment)
            .where(t.Enrolment.workspace_id == self.workspace, t.Enrolment.unsettled)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        async with self.by_indexes():
            return [read_enrolment(row) for row in (await self.db.execute(look)).mappings()]

    async def has_unsettled(self) -> bool:
        async with self.by_indexes():
            return (await self.db.execute(self._first_unsettled())).first() is not None

    def _first_unsettled(self) -> Select[int]:
        # In no order, as below: one by the id would lead through all enrolments where none is believed to be missing.
        look = select(t.Enrolment.id).where(t.Enrolment.workspace_id == self.workspace, t.Enrolment.unsettled)
        return look.limit(1)

    async def unsettled_in(self, campaign_id: int) -> int:
        look = select(func.count()).where(
            t.Enrolment.workspace_id == self.workspace, t.Enrolment.unsettled, t.Enrolment.campaign_id == campaign_id
        )
        return (await self.db.execute(look)).scalar_one()

    async def next_step_due(self) -> datetime | None:
        """By each running campaign's own end of the index, however many wait in those that are paused."""
        soonest = select(func.min(t.Enrolment.next_due_at)).where(t.Enrolment.campaign_id == t.Campaign.id)
        look = select(soonest.scalar_subquery().label("due")).where(*self._running()).subquery()
        due: datetime | None = (await self.db.execute(select(func.min(look.c.due)))).scalar_one()
        return due

    def _running(self) -> tuple[ColumnElement[bool], ...]:
        return t.Campaign.workspace_id == self.workspace, t.Campaign.status == CampaignStatus.RUNNING

    def _with_due(self) -> Select[int]:
        """The running campaigns of which something is due, by each one's own end of the index."""
        # Not `EXISTS`: of that PostgreSQL makes a join, and where most are due it reads all enrolments for it.
        first_due = (
            select(t.Enrolment.id)
            .where(
                t.Enrolment.campaign_id == t.Campaign.id, t.Enrolment.next_due_at <= self.now, ~t.Enrolment.unsettled
            )
            .order_by(t.Enrolment.next_due_at, t.Enrolment.id)
            .limit(1)
            .scalar_subquery()
        )
        return select(t.Campaign.id).where(*self._running(), first_due.is_not(None)).order_by(t.Campaign.id)

    async def claim_due(self, *, limit: int) -> list[EnrolmentRecord]:
        """Enrolments of running campaigns that have fallen due, locked until the commit; other replicas skip them.

        The campaigns share alike, so that a large one holds up no other. The learners are locked as well, so that the
        daily cap holds whoever sends.
        """
        async with self.by_indexes():
            due = await self._claim_alike(limit)
        await self.lock_learners({one.person_id for one in due})
        return due

    async def _claim_alike(self, limit: int) -> list[EnrolmentRecord]:
        waiting = list((await self.db.execute(self._with_due())).scalars())
        due: list[EnrolmentRecord] = []
        taken = dict.fromkeys(waiting, 0)
        while waiting and len(due) < limit:
            share = -(-(limit - len(due)) // len(waiting))
            for campaign in list(waiting):
                wanted = min(share, limit - len(due))
                if wanted < 1:
                    break
                some = await self._claim_of(campaign, limit=wanted, after=taken[campaign])
                due += some
                taken[campaign] += len(some)
                if len(some) < wanted:
                    waiting.remove(campaign)  # what it leaves goes to the others
        return due

    async def _claim_of(self, campaign_id: int, *, limit: int, after: int) -> list[EnrolmentRecord]:
        """Of one campaign, after so many that this transaction has claimed already."""
        look = (
            select(t.Enrolment)
            .where(t.Enrolment.campaign_id == campaign_id, t.Enrolment.next_due_at <= self.now, ~t.Enrolment.unsettled)
            .order_by(t.Enrolment.next_due_at, t.Enrolment.id)
            .limit(limit)
            .offset(after)
            .with_for_update(skip_locked=True)
        )
        return [read_enrolment(row) for row in (await self.db.execute(look)).mappings()]

    async def lock_learners(self, people: Collection[int]) -> None:
        """Until the commit, so that what is sent to each of them is counted by one replica at a time."""
        if self.db.dialect.name == "sqlite":  # has one writer
            return
        lock = select(t.Person.id).where(self.among(t.Person.id, people)).order_by(t.Person.id)
        await self.db.execute(lock.with_for_update(key_share=True))

    # ── who they are and how they are reached ──

    async def people_behind(self, platform: str, tenant: str, users: Collection[str]) -> dict[str, int]:
        """Of these ids of a platform, those of people we know, and who they are."""
        look = (
            select(t.Identity.user, t.Identity.person_id)
            .join(t.Person, t.Person.id == t.Identity.person_id)
            .where(
                t.Person.workspace_id == self.workspace,
                t.Identity.platform == platform,
                t.Identity.tenant == tenant,
                t.Identity.user.in_(users),
            )
        )
        return dict((await self.db.execute(look)).all())


@cache
def _set_series(*, acted: bool) -> Update:
    rows = given(t.Enrolment, _SERIES, which="id")
    values: dict[str, Any] = {name: rows.c[name] for name in _SERIES}
    if acted:
        values["acted"] = true()
    return (
        update(t.Enrolment)
        .where(t.Enrolment.workspace_id == bindparam("workspace"), t.Enrolment.id == rows.c.which)
        .values(values)
    )


_SERIES = ("status", "first_day", "step", "round", "unanswered", "next_due_at", "unsettled", "put_off")


def _series_values(series: Enrolment) -> dict[str, Any]:
    return {
        "status": series.status,
        "first_day": series.first_day,
        "step": series.step,
        "round": series.round,
        "unanswered": series.unanswered,
        "next_due_at": series.due,
        "unsettled": series.unsettled,
        "put_off": series.put_off,
    }


def read_enrolment(row: RowMapping | Mapping[str, Any]) -> EnrolmentRecord:
    return EnrolmentRecord(
        id=row["id"],
        campaign_id=row["campaign_id"],
        person_id=row["person_id"],
        series=Enrolment(
            first_day=row["first_day"],
            step=row["step"],
            round=row["round"],
            unanswered=row["unanswered"],
            status=EnrolmentStatus(row["status"]),
            due=row["next_due_at"],
            unsettled=row["unsettled"],
            put_off=row["put_off"],
        ),
    )
