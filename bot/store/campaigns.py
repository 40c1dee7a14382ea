"""Campaigns, enrolments and nudges."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, func, insert, select, update

from bot.store import tables as t
from bot.store.records import CampaignRecord, EnrolmentRecord, NudgeRecord, Person
from bot.store.session import GoneError, NotAllowedError, Session
from scheduler.model import Campaign, CampaignStatus, Enrolment, EnrolmentStatus, Kind, Step


class Campaigns(Session):
    # ── campaigns ──

    async def add_campaign(
        self,
        plan: Campaign,
        *,
        audience: Collection[str],
        places: Mapping[str, Mapping[str, str]],
        by: Person | None,
    ) -> int:
        """Keep a campaign as a draft. `by` None is the installation itself. Raises NotAllowedError, GoneError."""
        _check_may_plan(by)
        put = (
            self.insert(t.Campaign)
            .values(
                workspace_id=self.workspace,
                name=plan.name,
                purpose=plan.purpose,
                owner_id=by.id if by else None,
                status=plan.status,
                audience=list(audience),
                places={name: dict(place) for name, place in places.items()},
                at=plan.at,
                zone=plan.zone,
                start=plan.start,
                working_days=sorted(plan.working_days) if plan.working_days is not None else None,
                created_at=self.now,
            )
            .on_conflict_do_nothing(index_elements=["workspace_id", "name"])
            .returning(t.Campaign.id)
        )
        campaign_id = (await self.db.execute(put)).scalar_one_or_none()
        if campaign_id is None:
            raise GoneError(f"There is a campaign called “{plan.name}” already. Give this one another name.")
        for ordinal, step in enumerate(plan.steps):
            await self.db.execute(
                insert(t.Step).values(
                    workspace_id=self.workspace,
                    campaign_id=campaign_id,
                    ordinal=ordinal,
                    kind=step.kind,
                    after_days=step.after_days,
                    text=step.text,
                    answer=step.answer,
                    aid_id=int(step.aid) if step.aid else None,
                )
            )
        return campaign_id

    async def campaign(self, campaign_id: int) -> CampaignRecord:
        found = await self._campaigns(t.Campaign.id == campaign_id)
        if not found:
            raise GoneError("That campaign is not here any more.")
        return found[0]

    async def campaigns(self) -> list[CampaignRecord]:
        """All of them, those at work first, then by name."""
        return await self._campaigns()

    async def change_status(self, campaign_id: int, status: CampaignStatus, *, by: Person) -> CampaignRecord:
        """Raises GoneError, NotAllowedError."""
        record = await self.campaign(campaign_id)
        _check_may_plan(by)
        values: dict[str, Any] = {"status": status}
        if status is CampaignStatus.RUNNING and record.plan.status is CampaignStatus.DRAFT:
            values["started_at"] = self.now
        changed = await self.db.execute(
            update(t.Campaign)
            .where(
                t.Campaign.workspace_id == self.workspace,
                t.Campaign.id == campaign_id,
                t.Campaign.status == record.plan.status,
            )
            .values(**values)
        )
        if changed.rowcount != 1:
            raise GoneError("Somebody changed this campaign just now. Look at it again with “list”.")
        return record

    async def _campaigns(self, *conditions: Any) -> list[CampaignRecord]:
        look = select(t.Campaign).where(t.Campaign.workspace_id == self.workspace, *conditions)
        rows = (await self.db.execute(look.order_by(t.Campaign.name))).mappings().all()
        steps: dict[int, list[Any]] = {row["id"]: [] for row in rows}
        look_steps = select(t.Step).where(t.Step.campaign_id.in_(steps)).order_by(t.Step.ordinal)
        for step in (await self.db.execute(look_steps)).mappings():
            steps[step["campaign_id"]].append(step)
        return [_campaign(row, steps[row["id"]]) for row in rows]

    # ── enrolments ──

    async def enrol(self, campaign_id: int, person_id: int, series: Enrolment) -> bool:
        """Put a learner into a campaign. Returns False for one who is in it, or has stopped it, already."""
        put = self.insert(t.Enrolment).values(
            workspace_id=self.workspace, campaign_id=campaign_id, person_id=person_id, **_series_values(series)
        )
        return (await self.db.execute(put.on_conflict_do_nothing())).rowcount == 1

    async def enrolment(self, enrolment_id: int, *, by: Person | None = None) -> EnrolmentRecord:
        look = select(t.Enrolment).where(t.Enrolment.workspace_id == self.workspace, t.Enrolment.id == enrolment_id)
        row = (await self.db.execute(look.with_for_update())).mappings().one_or_none()
        if row is None:
            raise GoneError("That series is not here any more.")
        if by is not None and row["person_id"] != by.id:
            raise NotAllowedError("This series belongs to somebody else.")
        return _enrolment(row)

    async def enrolments_of(self, person_id: int) -> list[EnrolmentRecord]:
        look = (
            select(t.Enrolment)
            .where(t.Enrolment.workspace_id == self.workspace, t.Enrolment.person_id == person_id)
            .order_by(t.Enrolment.id)
        )
        return [_enrolment(row) for row in (await self.db.execute(look)).mappings()]

    async def enrolments_in(self, campaign_id: int) -> list[EnrolmentRecord]:
        look = (
            select(t.Enrolment)
            .where(t.Enrolment.workspace_id == self.workspace, t.Enrolment.campaign_id == campaign_id)
            .order_by(t.Enrolment.id)
        )
        return [_enrolment(row) for row in (await self.db.execute(look)).mappings()]

    async def set_series(self, enrolment_id: int, series: Enrolment) -> None:
        await self.db.execute(
            update(t.Enrolment)
            .where(t.Enrolment.workspace_id == self.workspace, t.Enrolment.id == enrolment_id)
            .values(**_series_values(series))
        )

    async def claim_due(self, *, limit: int) -> list[EnrolmentRecord]:
        """Enrolments of running campaigns that have fallen due, locked until the commit; other replicas skip them."""
        look = (
            select(t.Enrolment)
            .join(t.Campaign, t.Campaign.id == t.Enrolment.campaign_id)
            .where(
                t.Enrolment.workspace_id == self.workspace,
                t.Enrolment.next_due_at <= self.now,
                t.Campaign.status == CampaignStatus.RUNNING,
            )
            .order_by(t.Enrolment.next_due_at, t.Enrolment.id)
            .limit(limit)
            .with_for_update(skip_locked=True, of=t.Enrolment)
        )
        return [_enrolment(row) for row in (await self.db.execute(look)).mappings()]

    # ── nudges ──

    async def record_nudge(
        self,
        enrolment: EnrolmentRecord,
        *,
        step_id: int,
        status: str,
        reason: str = "",
        due_at: datetime,
        message_key: str | None = None,
    ) -> int | None:
        """Keep that a nudge was sent or skipped. Returns None if it was recorded before: then it must not be sent."""
        put = (
            self.insert(t.Nudge)
            .values(
                workspace_id=self.workspace,
                enrolment_id=enrolment.id,
                step_id=step_id,
                person_id=enrolment.person_id,
                round=enrolment.series.round,
                status=status,
                reason=reason,
                message_key=message_key,
                due_at=due_at,
                at=self.now,
            )
            .on_conflict_do_nothing()
            .returning(t.Nudge.id)
        )
        return (await self.db.execute(put)).scalar_one_or_none()

    async def nudge(self, nudge_id: int, *, by: Person) -> NudgeRecord:
        """Only the one who received it. Raises GoneError, NotAllowedError."""
        look = (
            select(t.Nudge, t.Enrolment.campaign_id)
            .join(t.Enrolment, t.Enrolment.id == t.Nudge.enrolment_id)
            .where(t.Nudge.workspace_id == self.workspace, t.Nudge.id == nudge_id)
        )
        row = (await self.db.execute(look)).mappings().one_or_none()
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
                t.Nudge.person_id.in_(person_ids),
                t.Nudge.status == "sent",
                t.Nudge.at >= start,
                t.Nudge.at < end,
            )
            .group_by(t.Nudge.person_id)
        )
        return dict((await self.db.execute(look)).tuples().all())

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

    async def tally(self, campaign_id: int) -> dict[str, int]:
        """Counts for the campaign's owner, never people: learners, nudges sent and skipped, each kind of response."""
        counts: dict[str, int] = {}
        learners = (
            select(t.Enrolment.status, func.count())
            .where(t.Enrolment.workspace_id == self.workspace, t.Enrolment.campaign_id == campaign_id)
            .group_by(t.Enrolment.status)
        )
        for status, count in (await self.db.execute(learners)).tuples():
            counts[f"learners {status}"] = count
        nudges = (
            select(t.Nudge.status, t.Nudge.response, func.count())
            .join(t.Enrolment, t.Enrolment.id == t.Nudge.enrolment_id)
            .where(t.Nudge.workspace_id == self.workspace, t.Enrolment.campaign_id == campaign_id)
            .group_by(t.Nudge.status, t.Nudge.response)
        )
        for status, response, count in (await self.db.execute(nudges)).tuples():
            counts[f"nudges {status}"] = counts.get(f"nudges {status}", 0) + count
            if response:
                counts[f"response {response}"] = counts.get(f"response {response}", 0) + count
        return counts


def _check_may_plan(by: Person | None) -> None:
    if by is not None and not by.is_ld():
        raise NotAllowedError(
            "Only L&D and administrators plan campaigns. With “/nudge me” you can plan one for yourself."
        )


def _series_values(series: Enrolment) -> dict[str, Any]:
    return {
        "status": series.status,
        "first_day": series.first_day,
        "step": series.step,
        "round": series.round,
        "unanswered": series.unanswered,
        "next_due_at": series.due,
    }


def _enrolment(row: RowMapping) -> EnrolmentRecord:
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
        ),
    )


def _campaign(row: RowMapping, steps: list[Any]) -> CampaignRecord:
    return CampaignRecord(
        id=row["id"],
        owner_id=row["owner_id"],
        step_ids=tuple(step["id"] for step in steps),
        audience=tuple(row["audience"]),
        places=row["places"],
        plan=Campaign(
            name=row["name"],
            purpose=row["purpose"],
            at=row["at"],
            zone=row["zone"],
            start=row["start"],
            working_days=frozenset(row["working_days"]) if row["working_days"] is not None else None,
            status=CampaignStatus(row["status"]),
            steps=tuple(
                Step(
                    kind=Kind(step["kind"]),
                    after_days=step["after_days"],
                    text=step["text"],
                    answer=step["answer"],
                    aid=str(step["aid_id"]) if step["aid_id"] is not None else None,
                )
                for step in steps
            ),
        ),
    )
