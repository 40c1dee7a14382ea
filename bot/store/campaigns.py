"""Campaigns: whose they are, what they consist of, and how far they have got."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, bindparam, case, delete, insert, or_, select, update

from bot.store import tables as t
from bot.store.doings import Doing
from bot.store.follow_ups import FollowUps
from bot.store.listing import Listing
from bot.store.nudges import Nudges
from bot.store.records import CampaignRecord, Person
from bot.store.session import GoneError, NotAllowedError
from knowledge.job_aids import plain_name
from scheduler.model import Campaign, CampaignStatus, EnrolmentStatus, Kind, Step
from scheduler.plan import carry_over

ME = "me"
"""The audience of a series that a person planned for themselves; such a campaign is nobody else's business."""

_FROM: Mapping[CampaignStatus, frozenset[CampaignStatus]] = {
    CampaignStatus.RUNNING: frozenset({CampaignStatus.DRAFT, CampaignStatus.PAUSED}),
    CampaignStatus.PAUSED: frozenset({CampaignStatus.RUNNING}),
    CampaignStatus.ENDED: frozenset({CampaignStatus.DRAFT, CampaignStatus.RUNNING, CampaignStatus.PAUSED}),
}
"""Of which states a campaign may come into each."""


class Campaigns(FollowUps, Nudges, Doing, Listing):
    async def add_campaign(
        self,
        plan: Campaign,
        *,
        audience: Collection[str],
        places: Mapping[str, Mapping[str, str]],
        by: Person | None,
    ) -> int:
        """Keep a campaign as a draft; one to "me" alone is open to anybody, every other to L&D.

        `by` None is the installation itself. Raises NotAllowedError, and GoneError for a name that is taken.
        """
        personal = by is not None and tuple(audience) == (ME,)
        if by is not None and not personal:
            _check_is_ld(by)
        put = (
            self.insert(t.Campaign)
            .values(
                workspace_id=self.workspace,
                personal_to=by.id if by and personal else None,
                name=plan.name,
                purpose=plan.purpose,
                owner_id=by.id if by else None,
                status=plan.status,
                audience=list(audience),
                places={name: dict(place) for name, place in places.items()},
                at=plan.at,
                zone=plan.zone,
                country=plan.country,
                start=plan.start,
                working_days=sorted(plan.working_days) if plan.working_days is not None else None,
                created_at=self.now,
            )
            .on_conflict_do_nothing()
            .returning(t.Campaign.id)
        )
        campaign_id = (await self.db.execute(put)).scalar_one_or_none()
        if campaign_id is None:
            raise GoneError(f"There is a campaign called “{plan.name}” already. Give this one another name.")
        steps = [
            {"workspace_id": self.workspace, "campaign_id": campaign_id, **_step_values(step, ordinal)}
            for ordinal, step in enumerate(plan.steps)
        ]
        if steps:
            await self.db.execute(insert(t.Step), steps)
        return campaign_id

    async def rewrite_campaign(
        self,
        campaign_id: int,
        plan: Campaign,
        *,
        audience: Collection[str],
        places: Mapping[str, Mapping[str, str]],
        by: Person,
    ) -> CampaignRecord:
        """Change a campaign that may have been started: what was sent stays, the rest follows the new plan.

        Returns it as it was. Raises NotAllowedError, and GoneError for one that is over and a name that is taken.
        """
        before = await self.campaign(campaign_id, by=by)
        if before.plan.status is CampaignStatus.ENDED:
            raise GoneError(f"“{before.plan.name}” is over. Copy it to use it again.")
        if tuple(audience) != (ME,):
            _check_is_ld(by)
        same_name = select(t.Campaign.id).where(
            t.Campaign.workspace_id == self.workspace,
            t.Campaign.name == plan.name,
            t.Campaign.id != campaign_id,
            t.Campaign.personal_to.is_(None) if before.audience != (ME,) else t.Campaign.personal_to == by.id,
        )
        if (await self.db.execute(same_name)).first() is not None:
            raise GoneError(f"There is a campaign called “{plan.name}” already. Give this one another name.")
        await self.db.execute(
            update(t.Campaign)
            .where(t.Campaign.workspace_id == self.workspace, t.Campaign.id == campaign_id)
            .values(
                name=plan.name,
                purpose=plan.purpose,
                audience=list(audience),
                places={name: dict(place) for name, place in places.items()},
                at=plan.at,
                zone=plan.zone,
                country=plan.country,
                start=plan.start,
                working_days=sorted(plan.working_days) if plan.working_days is not None else None,
                gathered_at=None,
            )
        )
        kept = _match_steps(before.plan.steps, plan.steps)
        await self._rewrite_steps(campaign_id, before, plan, kept)
        stands = {
            step: carry_over(before.plan.steps, plan.steps, kept, step) for step in range(len(before.plan.steps) + 1)
        }
        of_campaign = (t.Enrolment.workspace_id == self.workspace, t.Enrolment.campaign_id == campaign_id)
        await self.db.execute(
            update(t.Enrolment)
            .where(*of_campaign)
            .values(step=case(stands, value=t.Enrolment.step, else_=t.Enrolment.step), unsettled=True)
        )
        # Whoever was through goes on with what was added.
        await self.db.execute(
            update(t.Enrolment)
            .where(*of_campaign, t.Enrolment.status == EnrolmentStatus.DONE, t.Enrolment.step < len(plan.steps))
            .values(status=EnrolmentStatus.ACTIVE)
        )
        return before

    async def _rewrite_steps(
        self, campaign_id: int, before: CampaignRecord, plan: Campaign, kept: Mapping[int, int]
    ) -> None:
        of_step = (t.Step.workspace_id == self.workspace, t.Step.id == bindparam("which"))
        away = [{"which": id_, "below": -id_} for id_ in before.step_ids]
        if away:  # first all of them, since no two may have the same ordinal at any time
            await self.db.execute(update(t.Step).where(*of_step).values(ordinal=bindparam("below")), away)
        moved = [{"which": before.step_ids[old], **_step_values(plan.steps[new], new)} for old, new in kept.items()]
        if moved:
            values: dict[str, Any] = {name: bindparam(name) for name in moved[0] if name != "which"}
            await self.db.execute(update(t.Step).where(*of_step).values(values), moved)
        added = [
            {"workspace_id": self.workspace, "campaign_id": campaign_id, **_step_values(step, ordinal)}
            for ordinal, step in enumerate(plan.steps)
            if ordinal not in kept.values()
        ]
        if added:
            await self.db.execute(insert(t.Step), added)

    async def campaign(self, campaign_id: int, *, by: Person | None = None) -> CampaignRecord:
        """`by` must be L&D, or the one whose own series it is. Raises GoneError, NotAllowedError."""
        found = await self.campaigns_by_id([campaign_id])
        if not found:
            raise GoneError("That campaign is not here any more.")
        if by is not None:
            _check_may_plan(found[campaign_id], by)
        return found[campaign_id]

    async def campaigns_by_id(self, ids: Collection[int]) -> dict[int, CampaignRecord]:
        return {record.id: record for record in await self._campaigns(t.Campaign.id.in_(ids))}

    async def campaigns(self, *, by: Person) -> list[CampaignRecord]:
        """What this person may plan, by name: for L&D every campaign, and each person's own series."""
        own = t.Campaign.personal_to == by.id
        return await self._campaigns(or_(own, t.Campaign.personal_to.is_(None)) if by.is_ld() else own)

    async def open_campaigns(self) -> list[CampaignRecord]:
        """Running campaigns that anybody may join."""
        running = await self._campaigns(t.Campaign.status == CampaignStatus.RUNNING, t.Campaign.personal_to.is_(None))
        return [record for record in running if "open" in record.audience]

    async def to_gather(self, *, before: datetime) -> list[CampaignRecord]:
        """Running campaigns for others whose audience has not been looked at since `before`."""
        return await self._campaigns(
            t.Campaign.status == CampaignStatus.RUNNING,
            t.Campaign.personal_to.is_(None),
            or_(t.Campaign.gathered_at.is_(None), t.Campaign.gathered_at < before),
        )

    async def set_gathered(self, campaign_id: int, *, expected: int | None, done: bool) -> None:
        """How many people are being enrolled; `done` once everybody of the audience is."""
        values: dict[str, Any] = {"expected": expected}
        if done:
            values["gathered_at"] = self.now
        await self.db.execute(
            update(t.Campaign)
            .where(t.Campaign.workspace_id == self.workspace, t.Campaign.id == campaign_id)
            .values(**values)
        )

    async def change_status(self, campaign_id: int, status: CampaignStatus, *, by: Person) -> CampaignRecord:
        """Returns the campaign as it was before. Raises NotAllowedError, and GoneError where it cannot be done now."""
        record = await self.campaign(campaign_id, by=by)
        if record.plan.status not in _FROM[status]:
            raise GoneError(f"The campaign “{record.plan.name}” is {_SAID[record.plan.status]}.")
        values: dict[str, Any] = {"status": status}
        if status is CampaignStatus.RUNNING:
            values["gathered_at"] = None  # whoever came or went meanwhile
        if record.plan.status is CampaignStatus.DRAFT and status is CampaignStatus.RUNNING:
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
            raise GoneError("Somebody changed this campaign just now. Look at it again with “/nudge list”.")
        return record

    async def discard_campaign(self, campaign_id: int, *, by: Person) -> CampaignRecord:
        """Throw away a draft, so that its name is free again. Raises GoneError, NotAllowedError."""
        record = await self.campaign(campaign_id, by=by)
        gone = await self.db.execute(
            delete(t.Campaign).where(
                t.Campaign.workspace_id == self.workspace,
                t.Campaign.id == campaign_id,
                t.Campaign.status == CampaignStatus.DRAFT,
            )
        )
        if gone.rowcount != 1:
            raise GoneError("This campaign was started, so it is not thrown away. You can end it.")
        return record

    async def _campaigns(self, *conditions: Any) -> list[CampaignRecord]:
        look = select(t.Campaign).where(t.Campaign.workspace_id == self.workspace, *conditions)
        rows = (await self.db.execute(look.order_by(t.Campaign.name, t.Campaign.id))).mappings().all()
        steps: dict[int, list[Any]] = {row["id"]: [] for row in rows}
        # What an edit has taken away stays, with an ordinal below zero, for what was sent of it.
        look_steps = select(t.Step).where(t.Step.campaign_id.in_(steps), t.Step.ordinal >= 0).order_by(t.Step.ordinal)
        for step in (await self.db.execute(look_steps)).mappings():
            steps[step["campaign_id"]].append(step)
        return [_campaign(row, steps[row["id"]]) for row in rows]


_SAID = {
    CampaignStatus.DRAFT: "a draft that was not started yet",
    CampaignStatus.RUNNING: "running already",
    CampaignStatus.PAUSED: "paused already",
    CampaignStatus.ENDED: "over. Copy it to use it again",
}


def _match_steps(before: Sequence[Step], after: Sequence[Step]) -> dict[int, int]:
    """Which steps stay, and where: those that say the same, then those of the same kind on the same day."""
    kept: dict[int, int] = {}
    for same in (_says_the_same, _stands_in_place):
        for old, one in enumerate(before):
            if old in kept:
                continue
            taken = set(kept.values())
            new = next((at for at, other in enumerate(after) if at not in taken and same(one, other)), None)
            if new is not None:
                kept[old] = new
    return kept


def _says_the_same(one: Step, other: Step) -> bool:
    return (one.kind, one.text, one.answer, one.aid) == (other.kind, other.text, other.answer, other.aid)


def _stands_in_place(one: Step, other: Step) -> bool:
    return (one.kind, one.after_days) == (other.kind, other.after_days)


def _step_values(step: Step, ordinal: int) -> dict[str, Any]:
    return {
        "ordinal": ordinal,
        "kind": step.kind,
        "after_days": step.after_days,
        "text": step.text,
        "answer": step.answer,
        "aid_id": int(step.aid) if step.aid else None,
        "links": [list(link) for link in step.links] or None,
    }


def _check_may_plan(record: CampaignRecord, by: Person) -> None:
    if record.audience == (ME,):
        if record.owner_id != by.id:
            raise NotAllowedError("This series is somebody’s own.")
    else:
        _check_is_ld(by)


def _check_is_ld(by: Person) -> None:
    if not by.is_ld():
        raise NotAllowedError(
            "Only L&D and administrators plan campaigns. With “/nudge me” you can plan a series for yourself."
        )


def _campaign(row: RowMapping, steps: list[Any]) -> CampaignRecord:
    return CampaignRecord(
        id=row["id"],
        owner_id=row["owner_id"],
        step_ids=tuple(step["id"] for step in steps),
        audience=tuple(row["audience"]),
        expected=row["expected"],
        started_at=row["started_at"],
        places=row["places"],
        plan=Campaign(
            # Both are shown as plain text; what was drafted before marks were taken out at once has them still.
            name=plain_name(row["name"]),
            purpose=plain_name(row["purpose"]),
            at=row["at"],
            zone=row["zone"],
            country=row["country"],
            start=row["start"],
            own=row["audience"] == [ME],
            working_days=frozenset(row["working_days"]) if row["working_days"] is not None else None,
            status=CampaignStatus(row["status"]),
            steps=tuple(
                Step(
                    kind=Kind(step["kind"]),
                    after_days=step["after_days"],
                    text=step["text"],
                    answer=step["answer"],
                    aid=str(step["aid_id"]) if step["aid_id"] is not None else None,
                    links=tuple((label, url) for label, url in step["links"] or ()),
                )
                for step in steps
            ),
        ),
    )
