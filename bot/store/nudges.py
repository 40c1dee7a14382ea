"""Nudges: each step that fell due for a learner, what became of it, and what the learner did with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    case,
    cast,
    distinct,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.sql.dml import ReturningInsert

from bot.store import tables as t
from bot.store.records import EnrolmentRecord, NudgeRecord, Person
from bot.store.rows import given, write
from bot.store.session import GoneError, NotAllowedError, Session
from scheduler.model import EnrolmentStatus

SENT, SKIPPED, UNREACHABLE = "sent", "skipped", "unreachable"
RETRIED = "retried"  # it did not arrive, and comes again in another round

NudgeKey = tuple[int, int, int]
"""What makes a nudge happen once: enrolment, step, round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FallenDue:
    """A nudge to be recorded. `status` is SENT, SKIPPED or UNREACHABLE; `message_key` the key of its card."""

    enrolment: EnrolmentRecord
    step_id: int
    round: int
    status: str
    due_at: datetime
    reason: str = ""
    message_key: str | None = None

    def key(self) -> NudgeKey:
        return self.enrolment.id, self.step_id, self.round


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """So many, of so many different people."""

    count: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of a campaign's nudges, as counts. `learners` by status, `nudges` by what became of them."""

    learners: dict[str, int]
    nudges: dict[str, Count]
    left_out: dict[str, Count]  # by why
    uninvited: int = 0  # people whom an invitation did not reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """A nudge that did not arrive, and why; or an invitation, which has no nudge and no step."""

    nudge_id: int | None
    enrolment_id: int
    step_id: int | None
    person_id: int
    reason: str
    uncertain: bool  # it may have arrived after all, and must not be said twice


def name_invitation(one: EnrolmentRecord) -> str:
    """The key of the card that asks a learner whether to take part. It grows with each time that they are asked."""
    return f"invitation/{one.id}/{one.series.round}"


_INVITATION = literal("invitation/") + cast(t.Enrolment.id, String) + "/" + cast(t.Enrolment.round, String)
"""The same in SQL."""


_RECORDED = (t.Nudge.enrolment_id, t.Nudge.step_id, t.Nudge.round, t.Nudge.id)


@cache
def _record_nudges() -> ReturningInsert[int, int, int, int]:
    names = (
        *("workspace_id", "enrolment_id", "step_id", "person_id", "round", "status", "reason", "message_key"),
        *("due_at", "at"),
    )
    put = postgresql_insert(t.Nudge).from_select(names, select(given(t.Nudge, names)))
    return put.on_conflict_do_nothing().returning(*_RECORDED)


class Nudges(Session):
    async def record_nudges(self, nudges: Sequence[FallenDue]) -> dict[NudgeKey, int]:
        """Keep what became of each. Returns their ids; one that is missing was recorded before, and must not be sent
        again.
        """
        if not nudges:
            return {}
        rows = [
            {
                "workspace_id": self.workspace,
                "enrolment_id": nudge.enrolment.id,
                "step_id": nudge.step_id,
                "person_id": nudge.enrolment.person_id,
                "round": nudge.round,
                "status": nudge.status,
                "reason": nudge.reason,
                "message_key": nudge.message_key,
                "due_at": nudge.due_at,
                "at": self.now,
            }
            for nudge in nudges
        ]
        if self.db.dialect.name == "postgresql":
            recorded = await self.db.execute(_record_nudges(), write(rows))
        else:
            put = self.insert(t.Nudge).on_conflict_do_nothing().returning(*_RECORDED)
            recorded = await self.db.execute(put, rows)
        return {(enrolment, step, round_): id_ for enrolment, step, round_, id_ in recorded}

    async def nudge(self, nudge_id: int, *, by: Person) -> NudgeRecord:
        """Locked until the commit. Only the one who received it. Raises GoneError, NotAllowedError."""
        look = (
            select(t.Nudge, t.Enrolment.campaign_id)
            .join(t.Enrolment, t.Enrolment.id == t.Nudge.enrolment_id)
            .where(t.Nudge.workspace_id == self.workspace, t.Nudge.id == nudge_id)
        )
        row = (await self.db.execute(look.with_for_update(of=t.Nudge))).mappings().one_or_none()
        if row is None:
            raise GoneError("That nudge is not here any more.")
        if row["person_id"] != by.id:
            raise NotAllowedError("This nudge was sent to somebody else.")
        return NudgeRecord(
            id=row["id"],
            enrolment_id=row["enrolment_id"],
            step_id=row["step_id"],
            person_id=row["person_id"],
            campaign_id=row["campaign_id"],
            status=row["status"],
            message_key=row["message_key"],
            response=row["response"],
            round=row["round"],
        )

    async def record_response(self, nudge_id: int, response: str) -> None:
        await self.db.execute(
            update(t.Nudge)
            .where(t.Nudge.workspace_id == self.workspace, t.Nudge.id == nudge_id)
            .values(response=response, responded_at=self.now)
        )

    async def sent_between(self, person_ids: Collection[int], start: datetime, end: datetime) -> dict[int, int]:
        """How many nudges, of all campaigns, each of these people were sent from `start` up to `end`."""
        look = (
            select(t.Nudge.person_id, func.count())
            .where(
                t.Nudge.workspace_id == self.workspace,
                self.among(t.Nudge.person_id, person_ids),
                t.Nudge.status == SENT,
                t.Nudge.at >= start,
                t.Nudge.at < end,
            )
            .group_by(t.Nudge.person_id)
        )
        return dict((await self.db.execute(look)).all())

    async def record_barrier(self, campaign_id: int, text: str, *, named: Person | None) -> None:
        await self.db.execute(
            insert(t.Barrier).values(
                workspace_id=self.workspace,
                campaign_id=campaign_id,
                text=text,
                person_id=named.id if named else None,
                at=self.now,
            )
        )

    async def tally(self, campaign_id: int) -> Tally:
        """The truth of delivery, as counts. What learners did with what was delivered is for `doings`."""
        learners = (
            select(t.Enrolment.status, func.count())
            .where(t.Enrolment.workspace_id == self.workspace, t.Enrolment.campaign_id == campaign_id)
            .group_by(t.Enrolment.status)
        )
        # A platform's refusal comes after the nudge was handed over, and stands in the outbox.
        fate = case(
            (and_(t.OutboxRow.status == "dead", t.Nudge.status == SENT), UNREACHABLE), else_=t.Nudge.status
        ).label("fate")
        both = (func.count(), func.count(distinct(t.Nudge.person_id)))
        of_campaign = (t.Nudge.workspace_id == self.workspace, t.Enrolment.campaign_id == campaign_id)
        nudges = (
            select(fate, *both)
            .select_from(t.Nudge)
            .join(t.Enrolment, t.Enrolment.id == t.Nudge.enrolment_id)
            .outerjoin(t.OutboxRow, t.OutboxRow.key == t.Nudge.message_key)
            .where(*of_campaign)
            .group_by("fate")  # by its name: PostgreSQL takes a repeated expression with parameters for another one
        )
        left_out = (
            select(t.Nudge.reason, *both)
            .join(t.Enrolment, t.Enrolment.id == t.Nudge.enrolment_id)
            .where(*of_campaign, t.Nudge.status == SKIPPED)
            .group_by(t.Nudge.reason)
        )
        uninvited = (
            select(func.count())
            .select_from(t.Enrolment)
            .join(t.OutboxRow, t.OutboxRow.key == _INVITATION)
            .where(*self._uninvited(campaign_id))
        )
        return Tally(
            learners=dict((await self.db.execute(learners)).all()),
            nudges={
                status: Count(count=count, people=people) for status, count, people in (await self.db.execute(nudges))
            },
            left_out={
                reason: Count(count=count, people=people) for reason, count, people in (await self.db.execute(left_out))
            },
            uninvited=(await self.db.execute(uninvited)).scalar_one(),
        )

    async def unreached(self, campaign_id: int, *, limit: int) -> list[Unreached]:
        """What did not arrive, the newest first: nowhere to write to, or refused by the platform. Then whom no
        invitation reached.
        """
        look = (
            select(
                t.Nudge.id.label("nudge_id"),
                *(t.Nudge.enrolment_id, t.Nudge.step_id, t.Nudge.person_id, t.Nudge.reason),
                *(t.OutboxRow.fault, t.OutboxRow.uncertain),
            )
            .join(t.Enrolment, t.Enrolment.id == t.Nudge.enrolment_id)
            .outerjoin(t.OutboxRow, t.OutboxRow.key == t.Nudge.message_key)
            .where(
                t.Nudge.workspace_id == self.workspace,
                t.Enrolment.campaign_id == campaign_id,
                t.Enrolment.status.in_((EnrolmentStatus.ACTIVE, EnrolmentStatus.DONE)),
                or_(t.Nudge.status == UNREACHABLE, and_(t.Nudge.status == SENT, t.OutboxRow.status == "dead")),
            )
            .order_by(t.Nudge.id.desc())
            .limit(limit)
        )
        uninvited = (
            select(
                *(null().label("nudge_id"), t.Enrolment.id.label("enrolment_id"), null().label("step_id")),
                *(t.Enrolment.person_id, literal("").label("reason"), t.OutboxRow.fault, t.OutboxRow.uncertain),
            )
            .join(t.OutboxRow, t.OutboxRow.key == _INVITATION)
            .where(*self._uninvited(campaign_id))
            .order_by(t.Enrolment.id)
            .limit(limit)
        )
        rows = [*(await self.db.execute(look)).mappings(), *(await self.db.execute(uninvited)).mappings()]
        return [
            Unreached(
                nudge_id=row["nudge_id"],
                enrolment_id=row["enrolment_id"],
                step_id=row["step_id"],
                person_id=row["person_id"],
                reason=row["fault"] or row["reason"],
                uncertain=bool(row["uncertain"]),
            )
            for row in rows[:limit]
        ]

    def _uninvited(self, campaign_id: int) -> tuple[ColumnElement[bool], ...]:
        return (
            t.Enrolment.workspace_id == self.workspace,
            t.Enrolment.campaign_id == campaign_id,
            t.Enrolment.status == EnrolmentStatus.INVITED,
            t.OutboxRow.status == "dead",
        )

    async def give_up(self, nudge_ids: Collection[int]) -> set[int]:
        """Mark what did not arrive as tried again, each once. Returns those that were not marked before."""
        marked = await self.db.execute(
            update(t.Nudge)
            .where(t.Nudge.workspace_id == self.workspace, t.Nudge.id.in_(nudge_ids), t.Nudge.status != RETRIED)
            .values(status=RETRIED)
            .returning(t.Nudge.id)
        )
        return set(marked.scalars())
