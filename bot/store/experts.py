"""Who is asked, and why: routings, and what people said about being asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, select, update

from bot.store import tables as t
from bot.store.questions import read_question
from bot.store.records import ExpertProfile, Person, Question, Routing, RoutingStatus
from bot.store.session import GoneError, NotAllowedError
from bot.store.shown import Shown

OPEN = (RoutingStatus.ASKED, RoutingStatus.WAITING)


class Experts(Shown):
    # ── what people said about being asked ──

    async def profiles(self) -> dict[int, ExpertProfile]:
        look = select(t.ExpertProfile).where(t.ExpertProfile.workspace_id == self.workspace)
        return {row["person_id"]: _profile(row) for row in (await self.db.execute(look)).mappings()}

    async def set_profile(self, person: Person, **values: Any) -> None:
        """What somebody chose for themselves, by the names of `ExpertProfile`."""
        put = self.insert(t.ExpertProfile).values(
            **{"person_id": person.id, "workspace_id": self.workspace, "consent": "yes", "topics": [], **values}
        )
        await self.db.execute(put.on_conflict_do_update(index_elements=["person_id"], set_=values))
        if "topics" in values:
            await self.next_evidence_revision()

    async def asked_this_week(self) -> dict[int, int]:
        """How many questions each person was asked in the last seven days."""
        look = (
            select(t.Routing.expert_id, func.count())
            .where(t.Routing.workspace_id == self.workspace, t.Routing.asked_at > self.now - timedelta(days=7))
            .group_by(t.Routing.expert_id)
        )
        return dict((await self.db.execute(look)).all())

    async def last_asked(self) -> dict[int, datetime]:
        """When each person was asked last."""
        look = (
            select(t.Routing.expert_id, func.max(t.Routing.asked_at))
            .where(t.Routing.workspace_id == self.workspace, t.Routing.status != RoutingStatus.WAITING)
            .group_by(t.Routing.expert_id)
        )
        return dict((await self.db.execute(look)).all())

    # ── routings ──

    async def route(
        self,
        question: Question,
        expert: Person,
        *,
        reason: str,
        message_key: str,
        due_at: datetime,
        status: RoutingStatus = RoutingStatus.ASKED,
    ) -> int:
        """Put a question to somebody, or (`WAITING`) keep that it is to be put to them when it is due."""
        row = (
            insert(t.Routing)
            .values(
                workspace_id=self.workspace,
                question_id=question.id,
                expert_id=expert.id,
                status=status,
                reason=reason,
                message_key=message_key,
                asked_at=self.now,
                due_at=due_at,
            )
            .returning(t.Routing.id)
        )
        return (await self.db.execute(row)).scalar_one()

    async def routing(self, routing_id: int, *, by: Person | None = None) -> Routing:
        """`by` must be the expert who was asked, where given. Raises GoneError, NotAllowedError."""
        look = select(t.Routing).where(t.Routing.workspace_id == self.workspace, t.Routing.id == routing_id)
        row = (await self.db.execute(look)).mappings().one_or_none()
        if row is None:
            raise GoneError("That question is not here any more.")
        if by is not None and row["expert_id"] != by.id:
            raise NotAllowedError("This question was put to somebody else.")
        return _routing(row)

    async def routings(self, question_id: int) -> list[Routing]:
        look = (
            select(t.Routing)
            .where(t.Routing.workspace_id == self.workspace, t.Routing.question_id == question_id)
            .order_by(t.Routing.id)
        )
        return [_routing(row) for row in (await self.db.execute(look)).mappings()]

    async def open_routings_to(self, person: Person, *, limit: int) -> list[tuple[Routing, Question]]:
        """What somebody was asked and has not settled yet, the longest waiting first."""
        look = (
            select(t.Routing)
            .where(
                t.Routing.workspace_id == self.workspace,
                t.Routing.expert_id == person.id,
                t.Routing.status == RoutingStatus.ASKED,
            )
            .order_by(t.Routing.asked_at, t.Routing.id)
            .limit(limit)
        )
        routings = [_routing(row) for row in (await self.db.execute(look)).mappings()]
        wanted = select(t.Question).where(t.Question.id.in_([routing.question_id for routing in routings]))
        questions = {row["id"]: read_question(row) for row in (await self.db.execute(wanted)).mappings()}
        return [(routing, questions[routing.question_id]) for routing in routings]

    async def drop_waiting(self, routing_id: int) -> bool:
        """Take back that somebody is to be asked later. False where they have been asked, or it is settled."""
        gone = await self.db.execute(
            delete(t.Routing).where(
                t.Routing.workspace_id == self.workspace,
                t.Routing.id == routing_id,
                t.Routing.status == RoutingStatus.WAITING,
            )
        )
        return bool(gone.rowcount == 1)

    async def settle(self, routing_id: int, status: RoutingStatus, *, by: Person | None, late: bool = False) -> Routing:
        """End a routing, once. `by` must be its expert; None is the clock or the asker's own act.

        `late` lets an expert answer a question that has moved on. Raises GoneError when it is settled already.
        """
        routing = await self.routing(routing_id, by=by)
        allowed = [RoutingStatus.ASKED]
        if by is None:
            allowed.append(RoutingStatus.WAITING)
        if late:
            allowed += [RoutingStatus.EXPIRED, RoutingStatus.PASSED]
        settled = await self.db.execute(
            update(t.Routing)
            .where(t.Routing.id == routing_id, t.Routing.status.in_(allowed))
            .values(status=status, settled_at=self.now)
        )
        if settled.rowcount != 1:
            raise GoneError("This question has been taken care of already. Thank you all the same.")
        return routing

    async def postpone(self, routing_id: int, *, by: Person, until: datetime) -> None:
        """Let the expert keep a question for longer. Raises GoneError where it is not with them any more."""
        await self.routing(routing_id, by=by)
        kept = await self.db.execute(
            update(t.Routing)
            .where(t.Routing.id == routing_id, t.Routing.status == RoutingStatus.ASKED)
            .values(due_at=until)
        )
        if kept.rowcount != 1:
            raise GoneError("This question is not with you any more. If you know the answer, it may still be welcome.")

    async def next_routing_due(self) -> datetime | None:
        look = select(func.min(t.Routing.due_at)).where(
            t.Routing.workspace_id == self.workspace, t.Routing.status.in_(OPEN)
        )
        return (await self.db.execute(look)).scalar_one()

    async def silent_routings(self, *, limit: int) -> list[Routing]:
        """Routings whose clock has run out, and those whose expert is at work by now."""
        look = (
            select(t.Routing)
            .where(
                t.Routing.workspace_id == self.workspace,
                t.Routing.status.in_(OPEN),
                t.Routing.due_at <= self.now,
            )
            .order_by(t.Routing.due_at)
            .limit(limit)
        )
        return [_routing(row) for row in (await self.db.execute(look)).mappings()]


def _profile(row: RowMapping) -> ExpertProfile:
    return ExpertProfile(
        person_id=row["person_id"],
        consent=row["consent"],
        topics=tuple(row["topics"]),
        weekly_cap=row["weekly_cap"],
        paused_until=row["paused_until"],
        working_days=tuple(row["working_days"] or ()),
        work_from=row["work_from"],
        work_until=row["work_until"],
        anytime=row["anytime"],
    )


def _routing(row: RowMapping) -> Routing:
    return Routing(
        id=row["id"],
        question_id=row["question_id"],
        expert_id=row["expert_id"],
        status=RoutingStatus(row["status"]),
        reason=row["reason"],
        message_key=row["message_key"],
        asked_at=row["asked_at"],
        due_at=row["due_at"],
    )
