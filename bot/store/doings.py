"""What learners did with a campaign, in counts of people that are published together and stand until five more acted.

Whoever looks twice takes one look from the other. So what is shown is kept as it was first shown, and counted anew only
when five people or more have done something since, or nobody has: then the difference points at nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, case, distinct, func, literal, select, update

from bot.store import tables as t
from bot.store.codec import dump, load
from bot.store.nudges import SENT
from bot.store.records import CampaignRecord
from bot.store.session import GoneError, Session
from scheduler.kinds import GRADES
from scheduler.model import EnrolmentStatus, Kind, Response

FEWEST = 5
"""People behind anything that is shown of what people did."""
MOST_WEEKS = 12
"""The last ones of a series that has gone on for longer."""
APPLYING = (Kind.APPLY, Kind.CHECK_IN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Some:
    """`part` of a `whole`, both people."""

    part: int
    whole: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Doings:
    """Exact counts of people, which only their readers make fit to be shown.

    `steps`: by the id of a step, who did something with it, of those who were sent it. `recalled`: by the week (from 1)
    in which they were asked, who knew all that they graded, of those who graded something.
    """

    at: datetime
    statuses: dict[str, int]
    responses: dict[str, int]
    put_off: dict[str, int]  # by why their next nudge waits
    responded: Some
    steps: dict[int, Some]
    recalled: dict[int, Some]
    used: Some  # of those who were asked about their work
    hindered: Some
    barriers: int  # told, by however many


class Doing(Session):
    async def doings(self, record: CampaignRecord) -> Doings:
        """What learners did, as it is published; it is published anew where that points at nobody. Raises GoneError."""
        of_campaign = (t.Campaign.workspace_id == self.workspace, t.Campaign.id == record.id)
        look = select(t.Campaign.published).where(*of_campaign)  # two who look wait for each other
        row = (await self.db.execute(look.with_for_update(key_share=True))).one_or_none()
        if row is None:
            raise GoneError("That campaign is not here any more.")
        (published,) = row
        acted = (t.Enrolment.workspace_id == self.workspace, t.Enrolment.campaign_id == record.id, t.Enrolment.acted)
        if published is not None:
            some = select(literal(1).label("one")).where(*acted).limit(FEWEST).subquery()
            count = (await self.db.execute(select(func.count()).select_from(some))).scalar_one()
            if 0 < count < FEWEST:
                return load(published, Doings)
        await self.db.execute(update(t.Enrolment).where(*acted).values(acted=False))
        doings = await self.count_doings(record)
        await self.db.execute(update(t.Campaign).where(*of_campaign).values(published=dump(doings)))
        return doings

    async def count_doings(self, record: CampaignRecord) -> Doings:
        """As it is at this moment, which is for nobody to see."""
        sent = self._sent(record.id)
        answered = t.Nudge.response.is_not(None)
        enrolled = (t.Enrolment.workspace_id == self.workspace, t.Enrolment.campaign_id == record.id)
        statuses = select(t.Enrolment.status, func.count()).where(*enrolled).group_by(t.Enrolment.status)
        put_off = (
            select(t.Enrolment.put_off, func.count())
            .where(*enrolled, t.Enrolment.status == EnrolmentStatus.ACTIVE, t.Enrolment.put_off != "")
            .group_by(t.Enrolment.put_off)
        )
        responses = sent.with_only_columns(t.Nudge.response, _PEOPLE).where(answered).group_by(t.Nudge.response)
        steps = sent.with_only_columns(t.Nudge.step_id, _PEOPLE, _count_people(answered)).group_by(t.Nudge.step_id)
        barriers = select(func.count()).where(
            t.Barrier.workspace_id == self.workspace, t.Barrier.campaign_id == record.id
        )
        applying = (
            sent.with_only_columns(_PEOPLE, _count_responses(Response.USED_IT), _count_responses(Response.BARRIER))
            .join(t.Step, t.Step.id == t.Nudge.step_id)
            .where(t.Step.kind.in_(APPLYING))
        )
        everybody = sent.with_only_columns(_PEOPLE, _count_people(answered))
        asked, used, hindered = (await self.db.execute(applying)).one()
        reached, responded = (await self.db.execute(everybody)).one()
        return Doings(
            at=self.now,
            statuses=dict((await self.db.execute(statuses)).all()),
            responses={str(response): people for response, people in await self.db.execute(responses)},
            put_off=dict((await self.db.execute(put_off)).all()),
            responded=Some(part=responded, whole=reached),
            steps={step: Some(part=part, whole=whole) for step, whole, part in await self.db.execute(steps)},
            recalled=await self._count_recalled(record),
            used=Some(part=used, whole=asked),
            hindered=Some(part=hindered, whole=asked),
            barriers=(await self.db.execute(barriers)).scalar_one(),
        )

    async def note_acts(self, person_id: int) -> None:
        """They have done something that concerns all their series."""
        await self.db.execute(
            update(t.Enrolment)
            .where(t.Enrolment.workspace_id == self.workspace, t.Enrolment.person_id == person_id)
            .values(acted=True)
        )

    async def sent_of_steps(self, campaign_id: int) -> dict[int, int]:
        """How many people each step was sent to, by its id."""
        look = self._sent(campaign_id).with_only_columns(t.Nudge.step_id, _PEOPLE).group_by(t.Nudge.step_id)
        return dict((await self.db.execute(look)).all())

    async def barriers_of(self, campaign_id: int, *, limit: int) -> list[tuple[str, str | None]]:
        """What got in the way, with the name of whoever added it; in an order that tells nothing of when."""
        look = (
            select(t.Barrier.text, t.Person.name)
            .outerjoin(t.Person, t.Person.id == t.Barrier.person_id)
            .where(t.Barrier.workspace_id == self.workspace, t.Barrier.campaign_id == campaign_id)
            .order_by(t.Barrier.text)
            .limit(limit)
        )
        return [(text, name) for text, name in await self.db.execute(look)]

    async def _count_recalled(self, record: CampaignRecord) -> dict[int, Some]:
        if record.started_at is None:
            return {}
        since = (self.now - record.started_at) // timedelta(weeks=1) + 1
        weeks = range(max(1, since - MOST_WEEKS + 1), since + 1)
        week = case(
            *((t.Nudge.responded_at < record.started_at + timedelta(weeks=one), one) for one in weeks),
            else_=weeks[-1],
        ).label("week")
        by_person: Subquery = (
            self._sent(record.id)
            .with_only_columns(
                week, t.Nudge.person_id, func.max(_one_if(t.Nudge.response == Response.FORGOT_IT)).label("forgot")
            )
            .where(
                t.Nudge.response.in_(GRADES),
                t.Nudge.responded_at >= record.started_at + timedelta(weeks=weeks[0] - 1),
            )
            .group_by("week", t.Nudge.person_id)
            .subquery()
        )
        look = select(by_person.c.week, func.count(), func.sum(by_person.c.forgot)).group_by(by_person.c.week)
        return {week: Some(part=all_ - forgot, whole=all_) for week, all_, forgot in await self.db.execute(look)}

    def _sent(self, campaign_id: int) -> Select[Any]:
        return (
            select(t.Nudge)
            .join(t.Enrolment, t.Enrolment.id == t.Nudge.enrolment_id)
            .where(
                t.Nudge.workspace_id == self.workspace,
                t.Enrolment.campaign_id == campaign_id,
                t.Nudge.status == SENT,
            )
        )


_PEOPLE = func.count(distinct(t.Nudge.person_id))


def _one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _count_people(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(distinct(case((condition, t.Nudge.person_id))))


def _count_responses(response: Response) -> ColumnElement[int]:
    return _count_people(t.Nudge.response == response)
