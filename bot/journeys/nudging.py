"""The tick: what has fallen due is sent, put off, skipped or rested, each exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot import metrics
from bot.journeys.rhythms import read_customs, settle_for
from bot.messages import Address
from bot.services import Services
from bot.store import Lane, Transaction
from bot.store.campaigns import ME
from bot.store.knowledge import as_job_aid
from bot.store.nudges import SENT, SKIPPED, UNREACHABLE, FallenDue
from bot.store.records import Aid, CampaignRecord, EnrolmentRecord, Person
from bot.wording import reinforcing as words
from scheduler import plan as planning
from scheduler.kinds import NothingToSay, NudgeContent, compose
from scheduler.model import Customs, Enrolment, EnrolmentStatus, Rhythm, Step
from scheduler.plan import Defer, Rest, Send, Skip

SOON = timedelta(minutes=1)  # what is put off is never due again within the same round

Bounds = tuple[datetime, datetime]


async def send_due(services: Services, workspace: int, *, limit: int) -> int:
    """Deal with at most `limit` enrolments that have fallen due. Returns how many were looked at."""
    now = services.now()
    async with services.store.reading(workspace, now=now) as tx:
        soonest = await tx.next_nudge_due()
    if soonest is None or soonest > now:  # most ticks find nothing, and should hold up no writer for it
        return 0
    fates: Counter[str] = Counter()
    async with services.store.transaction(workspace, now=now) as tx:
        due = await tx.claim_due(limit=limit)
        if due:
            batch = await Batch.gather(tx, due)
            for one in due:
                batch.weigh(one)
            await batch.write()
            fates.update(fate.status for fate in batch.fates)
    for status, count in fates.items():
        metrics.nudged.labels(status).inc(count)
    return len(due)


def say(step: Step, aids: Mapping[int, Aid], reader: Person) -> NudgeContent:
    """The step with its job aid as it is now, if the reader may see that. Raises NothingToSay."""
    aid = aids.get(int(step.aid)) if step.aid else None
    return compose(step, as_job_aid(aid) if aid is not None and aid.audience & reader.grants() else None)


def source_line(record: CampaignRecord, owner: Person | None) -> str:
    return words.source(
        record.plan.name,
        purpose=record.plan.purpose,
        owner=owner.name if owner else None,
        personal=record.audience == (ME,),
    )


@dataclass(slots=True, kw_only=True)
class Batch:
    """All that a batch of enrolments needs, read with a few statements, and what is to be written for it."""

    tx: Transaction
    customs: Customs
    campaigns: Mapping[int, CampaignRecord]
    people: Mapping[int, Person]  # learners and owners
    addresses: Mapping[int, Address]
    aids: Mapping[int, Aid]
    sent_before: Mapping[tuple[int, Bounds], int]
    sent_now: Counter[int] = field(default_factory=Counter)
    fates: list[FallenDue] = field(default_factory=list)
    contents: dict[int, NudgeContent] = field(default_factory=dict)  # by enrolment
    resting: list[EnrolmentRecord] = field(default_factory=list)
    series: dict[int, Enrolment] = field(default_factory=dict)  # by enrolment

    @classmethod
    async def gather(cls, tx: Transaction, due: Sequence[EnrolmentRecord]) -> Batch:
        customs = read_customs((await tx.workspace_record()).settings)
        campaigns = await tx.campaigns_by_id({one.campaign_id for one in due})
        learners = {one.person_id for one in due}
        owners = {record.owner_id for record in campaigns.values() if record.owner_id is not None}
        people = await tx.people_by_id(learners | owners)
        days: dict[Bounds, set[int]] = {}
        for one in due:
            rhythm = settle_for(people[one.person_id], campaigns[one.campaign_id].plan, customs)
            days.setdefault(planning.day_bounds(tx.now, rhythm.zone), set()).add(one.person_id)
        sent_before: dict[tuple[int, Bounds], int] = {}
        for bounds, ids in days.items():
            for person_id, count in (await tx.sent_between(ids, *bounds)).items():
                sent_before[person_id, bounds] = count
        steps = [step for record in campaigns.values() for step in record.plan.steps]
        return cls(
            tx=tx,
            customs=customs,
            campaigns=campaigns,
            people=people,
            addresses=await tx.direct_addresses(learners),
            aids=await tx.aids_by_id({int(step.aid) for step in steps if step.aid}),
            sent_before=sent_before,
        )

    def weigh(self, one: EnrolmentRecord) -> None:
        """Decide about one enrolment; nothing is written yet."""
        record, person = self.campaigns[one.campaign_id], self.people[one.person_id]
        steps, series = record.plan.steps, one.series
        if series.step >= len(steps):
            self.series[one.id] = replace(series, status=EnrolmentStatus.DONE, due=None)
            return
        rhythm = settle_for(person, record.plan, self.customs)
        if one.person_id not in self.addresses:
            self._leave_out(one, rhythm, UNREACHABLE, "no longer here, or on no connected platform")
            return
        assert series.due is not None  # or it would not have been claimed
        verdict = planning.weigh(
            series.due,
            now=self.tx.now,
            rhythm=rhythm,
            sent_today=self.sent_now[one.person_id]
            + self.sent_before.get((one.person_id, planning.day_bounds(self.tx.now, rhythm.zone)), 0),
            stale_after=self.customs.stale_after,
            unanswered=series.unanswered,
        )
        match verdict:
            case Defer(until=until):
                self.series[one.id] = planning.deferred(series, max(until, self.tx.now + SOON))
            case Skip(reason=reason):
                self._leave_out(one, rhythm, SKIPPED, reason)
            case Rest():
                self.series[one.id] = planning.rested(series)
                self.resting.append(one)
            case Send():
                self._send(one, rhythm)

    def _send(self, one: EnrolmentRecord, rhythm: Rhythm) -> None:
        record = self.campaigns[one.campaign_id]
        try:
            content = say(record.plan.steps[one.series.step], self.aids, self.people[one.person_id])
        except NothingToSay as nothing:
            self._leave_out(one, rhythm, SKIPPED, str(nothing))
            return
        self.contents[one.id] = content
        self.sent_now[one.person_id] += 1
        self._keep(one, SENT, message_key=self.tx.new_id())
        self.series[one.id] = planning.sent(one.series, steps=record.plan.steps, rhythm=rhythm, now=self.tx.now)

    def _leave_out(self, one: EnrolmentRecord, rhythm: Rhythm, status: str, reason: str) -> None:
        self._keep(one, status, reason=reason)
        steps = self.campaigns[one.campaign_id].plan.steps
        self.series[one.id] = planning.skipped(one.series, steps=steps, rhythm=rhythm)

    def _keep(self, one: EnrolmentRecord, status: str, *, reason: str = "", message_key: str | None = None) -> None:
        assert one.series.due is not None
        self.fates.append(
            FallenDue(
                enrolment=one,
                step_id=self.campaigns[one.campaign_id].step_ids[one.series.step],
                status=status,
                due_at=one.series.due,
                reason=reason,
                message_key=message_key,
            )
        )

    async def write(self) -> None:
        await self.tx.set_series(self.series)
        recorded = await self.tx.record_nudges(self.fates)
        for fate in self.fates:
            one = fate.enrolment
            if fate.status != SENT or one.id not in recorded:  # recorded before is sent before
                continue
            content = self.contents[one.id]
            card = words.nudge(
                content,
                source=self._source(one),
                nudge_id=recorded[one.id],
                offered=content.responses,
                answer=False,
            )
            await self.tx.send(
                self.addresses[one.person_id],
                card,
                lane=Lane.CAMPAIGN,
                key=fate.message_key,
                campaign=one.campaign_id,
            )
        for one in self.resting:
            name = self.campaigns[one.campaign_id].plan.name
            card = words.rest(name, source=self._source(one), enrolment_id=one.id)
            await self.tx.send(self.addresses[one.person_id], card, lane=Lane.CAMPAIGN, campaign=one.campaign_id)

    def _source(self, one: EnrolmentRecord) -> str:
        record = self.campaigns[one.campaign_id]
        return source_line(record, self.people.get(record.owner_id) if record.owner_id is not None else None)
