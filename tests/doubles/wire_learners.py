"""Learners on the platform of `wire_platform`, whose nudges fall due in portions, and the account of what came.

Nothing but the moment is arranged here: each is an ordinary enrolment, and Lanyard's own clock finds it due. That the
hour and the day do not matter to these learners, so that a run may begin at any time, is their company's setting.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update

from bot.store import Store
from bot.store import tables as t
from bot.store.nudges import SENT
from scheduler.model import Campaign, CampaignStatus, Enrolment, EnrolmentStatus, Kind, Step
from tests.doubles.wire import PLATFORM, TENANT
from tests.doubles.wire_crowd import LEARNER

AT_ANY_TIME = {
    "quiet_from": "00:00",
    "quiet_until": "00:00",
    "working_days": [0, 1, 2, 3, 4, 5, 6],
    "daily_cap": 1000,
}
AT_ONCE = 1000  # put in by one statement: a database takes so many parameters and no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of all that was due. `faults` says what is wrong, one line each."""

    due: int
    arrived: int
    lost: int
    doubled: int
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learners:
    """`waiting` nudges at first, none of them due."""

    store: Store
    workspace: int
    waiting: int

    async def let_fall_due(self, count: int) -> int:
        """So many more of them now. Returns how many there still were."""
        dormant = (
            select(t.Enrolment.id)
            .where(t.Enrolment.workspace_id == self.workspace, _is_dormant())
            .order_by(t.Enrolment.person_id, t.Enrolment.id)
            .limit(count)
        )
        async with self.store.database.write() as db:
            put = update(t.Enrolment).where(t.Enrolment.id.in_(dormant)).values(next_due_at=datetime.now(UTC))
            return (await db.execute(put)).rowcount

    async def settle(self, report: dict[str, Any]) -> Account:
        """Hold what the platform reports to have shown against what was due, and what Lanyard has on record."""
        async with self.store.database.read() as db:
            look = (
                select(t.Identity.user, t.Step.text)
                .join(t.Enrolment, t.Enrolment.person_id == t.Identity.person_id)
                .join(t.Step, t.Step.campaign_id == t.Enrolment.campaign_id)
                .where(t.Enrolment.workspace_id == self.workspace, ~_is_dormant())
                .where(t.Identity.user.startswith(LEARNER))
            )
            due = {(user, text) for user, text in await db.execute(look)}
            of_these = t.Nudge.workspace_id == self.workspace
            recorded = (await db.execute(select(func.count()).where(of_these, t.Nudge.status == SENT))).scalar_one()
            otherwise = (await db.execute(select(func.count()).where(of_these, t.Nudge.status != SENT))).scalar_one()
        texts = {text for _, text in due}
        arrived = {(user, _text_of(card, texts)) for user, card in report["nudges"]}
        lost, doubled = due - arrived, report["nudged twice"]
        faults = [f"lost: {text} for {user}" for user, text in sorted(lost)]
        faults += [f"came twice: {text} for {user}" for user, text in doubled]
        faults += [f"came before it was due: {text} for {user}" for user, text in sorted(arrived - due)]
        if recorded != len(due) or otherwise:
            faults.append(f"{recorded} are recorded as sent and {otherwise} as not, of {len(due)}")
        return Account(
            due=len(due), arrived=len(arrived & due), lost=len(lost), doubled=len(doubled), faults=tuple(faults)
        )


def _text_of(card: str, texts: Collection[str]) -> str:
    """What the platform was given as the card's short form begins with its kind."""
    return next((text for text in texts if card.endswith(text)), card)


def _is_dormant() -> Any:
    return (t.Enrolment.status == EnrolmentStatus.ACTIVE) & t.Enrolment.next_due_at.is_(None) & (t.Enrolment.step == 0)


async def enrol_learners(store: Store, *, campaigns: int, learners: int) -> Learners:
    """Into the workspace of the platform, which must be known. Each campaign has one nudge for each learner."""
    now = datetime.now(UTC)
    workspace = await store.workspace_of(PLATFORM, TENANT)
    assert workspace is not None, "a Lanyard makes the workspace known when it starts"
    async with store.transaction(workspace, now=now) as tx:
        await tx.change_settings(AT_ANY_TIME)
        people = [await tx.add_person(name=f"Learner {one}", email=f"l{one}@x.example") for one in range(learners)]
        for person in people:
            await tx.set_met(person)
        identities = [
            {"platform": PLATFORM, "tenant": TENANT, "user": f"{LEARNER}{one}", "person_id": person, "seen_at": now}
            for one, person in enumerate(people)
        ]
        await tx.db.execute(insert(t.Identity), identities)
        for number in range(campaigns):
            tip = Step(kind=Kind.TIP, after_days=0, text=f"Tip of campaign {number}.")
            plan = Campaign(name=f"Campaign {number}", purpose="faults", steps=(tip,))
            campaign = await tx.add_campaign(plan, audience=["open"], places={}, by=None)
            running = {"status": CampaignStatus.RUNNING, "gathered_at": now}
            await tx.db.execute(update(t.Campaign).where(t.Campaign.id == campaign).values(**running))
            first_day = now.date() - timedelta(days=1)
            for at in range(0, len(people), AT_ONCE):
                some = people[at : at + AT_ONCE]
                await tx.enrol(campaign, {person: Enrolment(first_day=first_day) for person in some})
    return Learners(store=store, workspace=workspace, waiting=campaigns * learners)
