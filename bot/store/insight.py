"""What is asked, answered and missed, as counts. Of how many different people stands beside each count, never who."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, distinct, exists, func, or_, select, true, update

from bot.store import tables as t
from bot.store.nudges import SENT, Count
from bot.store.records import QuestionStatus
from bot.store.session import Session
from scheduler.model import CampaignStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The questions of one stretch of time. Each is in `asked` and in exactly one of `outcomes`."""

    asked: Count
    outcomes: dict[str, Count]  # by AIDS, EXPERTS, MISSED, UNDER_WAY
    helped: Count
    not_helped: Count  # answered, and not said to have helped


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A question that nobody could answer, as it was asked."""

    question_id: int
    asker_id: int
    text: str


AIDS, EXPERTS, MISSED, UNDER_WAY = "aids", "experts", "missed", "under way"
DIGESTED = "digested"
"""The setting of a workspace that says of which week the last digest was, by its Monday."""

OUTCOMES = (AIDS, EXPERTS, MISSED, UNDER_WAY)
NOTHING = Count(count=0, people=0)

_HELPED = exists().where(t.Answer.question_id == t.Question.id, t.Answer.helped.is_(True))
_REJECTED = exists().where(t.Answer.question_id == t.Question.id, t.Answer.helped.is_(False))


def _unmet(*, helped: ColumnElement[bool], rejected: ColumnElement[bool]) -> ColumnElement[bool]:
    return or_(
        t.Question.status == QuestionStatus.UNANSWERED,
        and_(t.Question.status == QuestionStatus.OPEN, or_(t.Question.decision == "none", rejected), ~helped),
    )


def _any(which: ColumnElement[bool]) -> ColumnElement[int]:
    """1 if it is so in any row of the group, else 0."""
    return func.max(case((which, 1), else_=0))


class Insight(Session):
    async def period(self, *, since: datetime, until: datetime) -> Period:
        """The questions asked from `since` up to `until`."""
        asked = self._asked(since, until)
        # The answers of these questions, read once: one by one they would be read for each count anew.
        answers = (
            select(
                t.Answer.question_id,
                _any(t.Answer.by_id.is_not(None)).label("by_expert"),
                _any(t.Answer.by_id.is_(None)).label("by_aid"),
                _any(t.Answer.helped.is_(True)).label("helped"),
                _any(t.Answer.helped.is_(False)).label("rejected"),
            )
            .join(t.Question, t.Question.id == t.Answer.question_id)
            .where(*asked)
            .group_by(t.Answer.question_id)
            .subquery()
        )
        by_expert, by_aid, helped, rejected = (
            func.coalesce(answers.c[name], 0) == 1 for name in ("by_expert", "by_aid", "helped", "rejected")
        )
        outcome = case(
            (t.Question.status == QuestionStatus.ROUTED, UNDER_WAY),
            (_unmet(helped=helped, rejected=rejected), MISSED),
            (by_expert, EXPERTS),
            (by_aid, AIDS),
            else_=UNDER_WAY,
        )
        each = (
            select(
                t.Question.asker_id,
                outcome.label("outcome"),
                helped.label("helped"),
                and_(or_(by_expert, by_aid), ~helped).label("not_helped"),
            )
            .outerjoin(answers, answers.c.question_id == t.Question.id)
            .where(*asked)
            .subquery()
        )
        groups: dict[str, ColumnElement[bool]] = {
            "asked": true(),
            "helped": each.c.helped,
            "not_helped": each.c.not_helped,
            **{name: each.c.outcome == name for name in OUTCOMES},
        }
        counts = [
            count.filter(which)
            for which in groups.values()
            for count in (func.count(), func.count(distinct(each.c.asker_id)))
        ]
        row = (await self.db.execute(select(*counts).select_from(each))).one()
        told = {name: Count(count=row[2 * at], people=row[2 * at + 1]) for at, name in enumerate(groups)}
        return Period(
            asked=told["asked"],
            outcomes={name: told[name] for name in OUTCOMES if told[name].count},
            helped=told["helped"],
            not_helped=told["not_helped"],
        )

    async def missed(self, *, since: datetime, place_audience: frozenset[str], limit: int) -> list[Missed]:
        """Questions without an answer, newest first. What was asked in a closed place is for its own people alone."""
        look = (
            select(t.Question.id, t.Question.asker_id, t.Question.text, t.Question.scope, t.Question.audience)
            .where(*self._asked(since, self.now), _unmet(helped=_HELPED, rejected=_REJECTED), t.Question.text != "")
            .order_by(t.Question.asked_at.desc(), t.Question.id.desc())
            .limit(limit)
        )
        return [
            Missed(question_id=row.id, asker_id=row.asker_id, text=row.text)
            for row in await self.db.execute(look)
            if row.scope != "private" or set(row.audience) <= place_audience
        ]

    async def waits_for_experts(self, *, since: datetime, until: datetime) -> list[tuple[int, timedelta]]:
        """How long each question of that time waited for its first answer from a colleague, with its asker."""
        look = (
            select(t.Question.asker_id, t.Question.asked_at, func.min(t.Answer.at).label("at"))
            .join(t.Answer, t.Answer.question_id == t.Question.id)
            .where(*self._asked(since, until), t.Answer.by_id.is_not(None))
            .group_by(t.Question.id, t.Question.asker_id, t.Question.asked_at)
        )
        return [(row.asker_id, max(row.at - row.asked_at, timedelta(0))) for row in await self.db.execute(look)]

    async def use_of_aids(self, *, since: datetime, until: datetime, rejected: bool) -> dict[int, Count]:
        """How often each job aid answered a question of that time; `rejected`: and was set aside by its asker."""
        look = (
            select(t.Answer.aid_id, func.count(distinct(t.Question.id)), func.count(distinct(t.Question.asker_id)))
            .join(t.Question, t.Question.id == t.Answer.question_id)
            .where(*self._asked(since, until), t.Answer.aid_id.is_not(None))
            .group_by(t.Answer.aid_id)
        )
        if rejected:
            look = look.where(t.Answer.helped.is_(False))
        return {aid or 0: Count(count=count, people=people) for aid, count, people in await self.db.execute(look)}

    async def claim_digest(self, week: date) -> bool:
        """Whether the digest of the week that begins then is still to be sent; from here on it is not."""
        row = select(t.Workspace.settings).where(t.Workspace.id == self.workspace).with_for_update()
        settings = dict((await self.db.execute(row)).scalar_one())
        if settings.get(DIGESTED, "") >= week.isoformat():
            return False
        settings[DIGESTED] = week.isoformat()
        await self.db.execute(update(t.Workspace).where(t.Workspace.id == self.workspace).values(settings=settings))
        return True

    async def reach_of_campaigns(self) -> list[tuple[str, Count]]:
        """The running campaigns, with what was sent of each, to how many people; nobody's own series is among them."""
        look = (
            select(t.Campaign.name, func.count(t.Nudge.id), func.count(distinct(t.Nudge.person_id)))
            .outerjoin(t.Enrolment, t.Enrolment.campaign_id == t.Campaign.id)
            .outerjoin(t.Nudge, and_(t.Nudge.enrolment_id == t.Enrolment.id, t.Nudge.status == SENT))
            .where(
                t.Campaign.workspace_id == self.workspace,
                t.Campaign.status == CampaignStatus.RUNNING,
                t.Campaign.personal_to.is_(None),
            )
            .group_by(t.Campaign.id, t.Campaign.name)
            .order_by(t.Campaign.name)
        )
        return [(name, Count(count=sent, people=people)) for name, sent, people in await self.db.execute(look)]

    def _asked(self, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
        return (
            t.Question.workspace_id == self.workspace,
            t.Question.asked_at > since,
            t.Question.asked_at <= until,
            t.Question.status != QuestionStatus.WITHDRAWN,
        )
