"""What comes of a response: recalls that are asked again, plans that are reminded of, and how well an item is held."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import RowMapping, Select, Update, bindparam, delete, func, insert, or_, select, update

from bot.store import tables as t
from bot.store.enrolments import Enrolments, read_enrolment
from bot.store.records import EnrolmentRecord, FollowUpRecord, NudgeRecord, Person
from bot.store.rows import given, write
from scheduler.model import FOREVER, CampaignStatus, EnrolmentStatus, Intention
from scheduler.recall import Memory

GOING_ON = (EnrolmentStatus.ACTIVE, EnrolmentStatus.DONE)
"""Series whose follow-ups come; those that rest or were stopped keep quiet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What there is for a tick to do now."""

    unsettled: bool
    follow_ups: bool
    steps: bool


class FollowUps(Enrolments):
    async def add_follow_up(
        self,
        enrolment_id: int,
        *,
        step_id: int,
        round: int,  # noqa: A002 — the glossary's word
        due: datetime,
        intention: Intention | None = None,
    ) -> None:
        """`round` must be one that no nudge of this enrolment has or will have."""
        await self.db.execute(
            insert(t.FollowUp).values(
                workspace_id=self.workspace,
                enrolment_id=enrolment_id,
                step_id=step_id,
                round=round,
                situation=intention.situation if intention else None,
                action=intention.action if intention else None,
                wanted_at=due,
                next_due_at=due,
            )
        )

    async def drop_recalls(self, enrolment_id: int, *, step_id: int) -> None:
        """Take back what was to be asked again of this step, since it has been asked and graded meanwhile."""
        await self.db.execute(
            delete(t.FollowUp).where(
                t.FollowUp.workspace_id == self.workspace,
                t.FollowUp.enrolment_id == enrolment_id,
                t.FollowUp.step_id == step_id,
                t.FollowUp.situation.is_(None),
                t.FollowUp.next_due_at.is_not(None),
            )
        )

    async def follow_up_behind(self, nudge: NudgeRecord) -> FollowUpRecord | None:
        """What this nudge was the follow-up of; None for a nudge of the series itself."""
        look = self._follow_ups().where(
            t.FollowUp.enrolment_id == nudge.enrolment_id,
            t.FollowUp.step_id == nudge.step_id,
            t.FollowUp.round == nudge.round,
        )
        row = (await self.db.execute(look)).mappings().one_or_none()
        return _follow_up(row) if row else None

    async def follow_ups_of(self, enrolment_ids: Collection[int]) -> list[FollowUpRecord]:
        """What is still to come of these enrolments, by when it comes."""
        look = self._follow_ups().where(t.FollowUp.enrolment_id.in_(enrolment_ids), t.FollowUp.next_due_at.is_not(None))
        rows = await self.db.execute(look.order_by(t.FollowUp.next_due_at, t.FollowUp.id))
        return [_follow_up(row) for row in rows.mappings()]

    async def overdue_follow_ups(self, campaign_id: int) -> set[int]:
        """The enrolments of which something should have come while the campaign was paused."""
        look = (
            select(t.FollowUp.enrolment_id)
            .join(t.Enrolment, t.Enrolment.id == t.FollowUp.enrolment_id)
            .where(
                t.FollowUp.workspace_id == self.workspace,
                t.Enrolment.campaign_id == campaign_id,
                or_(t.FollowUp.next_due_at < self.now, t.FollowUp.next_due_at >= FOREVER),
            )
        )
        return set((await self.db.execute(look)).scalars())

    async def waiting(self) -> Waiting:
        """Asked at every tick, of which most find nothing: by one statement, and the ends of three indexes."""
        first_due = (
            select(t.FollowUp.id)
            .where(t.FollowUp.workspace_id == self.workspace, t.FollowUp.next_due_at <= self.now)
            .order_by(t.FollowUp.next_due_at)
            .limit(1)
        )
        firsts = (self._first_unsettled(), first_due, self._with_due().limit(1))
        async with self.by_indexes():
            found = (await self.db.execute(select(*(one.scalar_subquery() for one in firsts)))).one()
        unsettled, follow_ups, steps = (one is not None for one in found)
        return Waiting(unsettled=unsettled, follow_ups=follow_ups, steps=steps)

    async def next_follow_up_due(self) -> datetime | None:
        look = (
            select(func.min(t.FollowUp.next_due_at))
            .join(t.Enrolment, t.Enrolment.id == t.FollowUp.enrolment_id)
            .join(t.Campaign, t.Campaign.id == t.Enrolment.campaign_id)
            .where(
                t.FollowUp.workspace_id == self.workspace,
                t.Campaign.status == CampaignStatus.RUNNING,
                t.Enrolment.status.in_(GOING_ON),
            )
        )
        return (await self.db.execute(look)).scalar_one()

    async def next_nudge_due(self) -> datetime | None:
        """When the next nudge of any sort falls due."""
        found = (await self.next_step_due(), await self.next_follow_up_due())
        return min((at for at in found if at is not None), default=None)

    async def claim_follow_ups(self, *, limit: int) -> list[FollowUpRecord]:
        """Those that have fallen due, locked with their enrolments and learners; other replicas skip them.

        Also those of series that do not go on now, which are to be set aside: left where they are they would be looked
        through at every tick, for ever.
        """
        look = (
            self._follow_ups()
            .where(t.FollowUp.next_due_at <= self.now)
            .order_by(t.FollowUp.next_due_at, t.FollowUp.id)
            .limit(limit)
            .with_for_update(skip_locked=True, of=(t.FollowUp, t.Enrolment))
        )
        async with self.by_indexes():
            due = [_follow_up(row) for row in (await self.db.execute(look)).mappings()]
        await self.lock_learners({one.enrolment.person_id for one in due})
        return due

    async def set_follow_ups(self, due: Mapping[int, datetime | None]) -> None:
        """When to look at each again; None where it has been dealt with."""
        if not due:
            return
        rows = [{"which": key, "next_due_at": at} for key, at in due.items()]
        if self.db.dialect.name == "postgresql":
            await self.db.execute(_set_follow_ups(), {"workspace": self.workspace, **write(rows)})
            return
        put = update(t.FollowUp).where(t.FollowUp.workspace_id == self.workspace, t.FollowUp.id == bindparam("which"))
        await self.db.execute(put, rows)

    def _follow_ups(self) -> Select[Any]:
        return (
            select(t.FollowUp, *(column.label(f"series_{column.name}") for column in t.Enrolment.__table__.c))
            .join(t.Enrolment, t.Enrolment.id == t.FollowUp.enrolment_id)
            .join(t.Campaign, t.Campaign.id == t.Enrolment.campaign_id)
            .where(t.FollowUp.workspace_id == self.workspace)
        )

    # ── how well an item is held ──

    async def memory(self, person: Person, item: str) -> Memory | None:
        look = select(t.Memory).where(
            t.Memory.workspace_id == self.workspace, t.Memory.person_id == person.id, t.Memory.item == item
        )
        row = (await self.db.execute(look.with_for_update())).mappings().one_or_none()
        if row is None:
            return None
        return Memory(**{name: row[name] for name in _REMEMBERED})

    async def keep_memory(self, person: Person, item: str, memory: Memory) -> None:
        values = {name: getattr(memory, name) for name in _REMEMBERED}
        put = self.insert(t.Memory).values(workspace_id=self.workspace, person_id=person.id, item=item, **values)
        await self.db.execute(put.on_conflict_do_update(index_elements=["person_id", "item"], set_=values))


@cache
def _set_follow_ups() -> Update:
    rows = given(t.FollowUp, ("next_due_at",), which="id")
    return (
        update(t.FollowUp)
        .where(t.FollowUp.workspace_id == bindparam("workspace"), t.FollowUp.id == rows.c.which)
        .values(next_due_at=rows.c.next_due_at)
    )


_REMEMBERED = ("stability", "difficulty", "reviewed_at", "reviews", "lapses")


def _follow_up(row: RowMapping) -> FollowUpRecord:
    enrolment: EnrolmentRecord = read_enrolment(
        {name.removeprefix("series_"): value for name, value in row.items() if name.startswith("series_")}
    )
    planned = row["situation"] is not None
    return FollowUpRecord(
        id=row["id"],
        step_id=row["step_id"],
        round=row["round"],
        wanted_at=row["wanted_at"],
        due=row["next_due_at"],
        intention=Intention(situation=row["situation"], action=row["action"]) if planned else None,
        enrolment=enrolment,
    )
