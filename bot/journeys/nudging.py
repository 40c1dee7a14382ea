"""The tick: what has fallen due is sent, put off, skipped or rested, each exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot import metrics
from bot.journeys.rhythms import read_customs, settle_for
from bot.messages import Address
from bot.services import Services
from bot.store import Lane, Precedence, Transaction
from bot.store.campaigns import ME
from bot.store.follow_ups import GOING_ON, Waiting
from bot.store.knowledge import as_job_aid
from bot.store.nudges import SENT, SKIPPED, UNREACHABLE, FallenDue, NudgeKey, name_invitation
from bot.store.records import Aid, CampaignRecord, EnrolmentRecord, FollowUpRecord, Person
from bot.store.speaking import Saying
from bot.wording import reinforcing as words
from bot.wording import series as series_words
from bot.wording import standing
from scheduler import plan as planning
from scheduler.kinds import NothingToSay, NudgeContent, compose, compose_reminder
from scheduler.model import (
    FOREVER,
    Campaign,
    CampaignStatus,
    Customs,
    Enrolment,
    EnrolmentStatus,
    Intention,
    Rhythm,
    Step,
)
from scheduler.plan import Defer, Reason, Rest, Send, Skip

SOON = timedelta(minutes=1)  # what is put off is never due again within the same round
AT_ONCE = 40
"""Nudges in one transaction where everybody waits for whoever writes: some ten milliseconds."""
SETTLED_AT_ONCE = 100

Bounds = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What has fallen due for one learner: the next step of a series, or what comes of a response to an earlier one."""

    enrolment: EnrolmentRecord
    due: datetime
    round: int
    follow_up: FollowUpRecord | None = None


async def send_due(services: Services, workspace: int, *, limit: int) -> int:
    """Deal with at most `limit` nudges that have fallen due, of either sort. Returns how many were looked at.

    What comes of a response goes first: somebody asked for it.
    """
    waiting = await _look(services, workspace)
    looked_at = 0
    if waiting.unsettled:
        looked_at = await settle_times(services, workspace, limit=limit)
        waiting = await _look(services, workspace)  # what was reckoned may be due at once
    for claim, some_due in ((claim_follow_ups, waiting.follow_ups), (claim_steps, waiting.steps)):
        more = some_due and looked_at < limit
        while more:
            portion = services.store.portion(limit - looked_at, short=AT_ONCE)
            some = await _claim(services, workspace, claim, limit=portion)
            looked_at += some
            more = some == portion and looked_at < limit
    return looked_at


async def _look(services: Services, workspace: int) -> Waiting:
    """Most ticks find nothing, and should hold up no writer for it."""
    async with services.store.reading(workspace, now=services.now()) as tx:
        return await tx.waiting()


async def _claim(services: Services, workspace: int, claim: Callable[..., Awaitable[list[Due]]], *, limit: int) -> int:
    """Nobody waits for a nudge as they wait for an answer."""
    async with services.store.transaction(workspace, now=services.now(), precedence=Precedence.BACKGROUND) as tx:
        due = await claim(tx, limit=limit)
        if due:
            batch = await Batch.gather(tx, due)
            for one in due:
                batch.weigh(one)
            await batch.write()
    for fate in batch.fates if due else ():
        metrics.nudged.labels(fate.status).inc()
    return len(due)


async def claim_follow_ups(tx: Transaction, *, limit: int) -> list[Due]:
    return [
        Due(enrolment=one.enrolment, due=one.due, round=one.round, follow_up=one)
        for one in await tx.claim_follow_ups(limit=limit)
        if one.due is not None
    ]


async def claim_steps(tx: Transaction, *, limit: int) -> list[Due]:
    return [
        Due(enrolment=one, due=one.series.due, round=one.series.round)
        for one in await tx.claim_due(limit=limit)
        if one.series.due is not None
    ]


async def settle_times(services: Services, workspace: int, *, limit: int) -> int:
    """Reckon anew when the next nudge comes, for at most `limit` enrolments whose plan or rhythm has changed."""
    settled = 0
    while settled < limit:
        async with services.store.reading(workspace, now=services.now()) as tx:
            if not await tx.has_unsettled():
                break
        portion = services.store.portion(limit - settled, short=SETTLED_AT_ONCE)
        async with services.store.transaction(workspace, now=services.now(), precedence=Precedence.BACKGROUND) as tx:
            some = await _settle_some(tx, limit=portion)
        settled += some
        if some < portion:
            break
    return settled


async def _settle_some(tx: Transaction, *, limit: int) -> int:
    unsettled = await tx.claim_unsettled(limit=limit)
    customs = read_customs((await tx.workspace_record()).settings)
    campaigns = await tx.campaigns_by_id({one.campaign_id for one in unsettled})
    people = await tx.people_by_id({one.person_id for one in unsettled})
    changed: dict[int, Enrolment] = {}
    for one in unsettled:
        plan = campaigns[one.campaign_id].plan
        changed[one.id] = _settle(one.series, plan, settle_for(people[one.person_id], plan, customs), tx.now)
    await tx.set_series(changed)
    return len(unsettled)


def _settle(series: Enrolment, plan: Campaign, rhythm: Rhythm, now: datetime) -> Enrolment:
    at_the_beginning = series.status is EnrolmentStatus.ACTIVE and series.step == 0 and series.round == 0
    if at_the_beginning and (series.due is None or (plan.start is not None and series.first_day < plan.start)):
        return planning.enrol(plan, rhythm=rhythm, now=now)
    return planning.settled(series, steps=plan.steps, rhythm=rhythm, now=now)


def say(step: Step, aids: Mapping[int, Aid], reader: Person, intention: Intention | None = None) -> NudgeContent:
    """The step with its job aid as it is now, if the reader may see that. Raises NothingToSay."""
    aid = aids.get(int(step.aid)) if step.aid else None
    shown = as_job_aid(aid) if aid is not None and aid.audience & reader.grants() else None
    return compose_reminder(step, shown, intention) if intention is not None else compose(step, shown)


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
    rhythms: Mapping[tuple[int, int], Rhythm]  # by learner and campaign
    addresses: Mapping[int, Address]
    aids: Mapping[int, Aid]
    sent_before: Mapping[tuple[int, Bounds], int]
    sent_now: Counter[int] = field(default_factory=Counter)
    fates: list[FallenDue] = field(default_factory=list)
    contents: dict[NudgeKey, NudgeContent] = field(default_factory=dict)
    resting: dict[int, EnrolmentRecord] = field(default_factory=dict)  # by enrolment
    inviting: dict[int, EnrolmentRecord] = field(default_factory=dict)  # by enrolment
    series: dict[int, Enrolment] = field(default_factory=dict)  # by enrolment
    stale: set[int] = field(default_factory=set)  # campaigns of which something came too late to be sent
    follow_ups: dict[int, datetime | None] = field(default_factory=dict)  # when to look at each again

    @classmethod
    async def gather(cls, tx: Transaction, fallen_due: Sequence[Due]) -> Batch:
        due = [one.enrolment for one in fallen_due]
        customs = read_customs((await tx.workspace_record()).settings)
        campaigns = await tx.campaigns_by_id({one.campaign_id for one in due})
        learners = {one.person_id for one in due}
        owners = {record.owner_id for record in campaigns.values() if record.owner_id is not None}
        people = await tx.people_by_id(learners | owners)
        rhythms: dict[tuple[int, int], Rhythm] = {}
        days: dict[Bounds, set[int]] = {}
        for one in due:
            rhythm = settle_for(people[one.person_id], campaigns[one.campaign_id].plan, customs)
            rhythms[one.person_id, one.campaign_id] = rhythm
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
            rhythms=rhythms,
            addresses=await tx.direct_addresses(learners),
            aids=await tx.aids_by_id({int(step.aid) for step in steps if step.aid}),
            sent_before=sent_before,
        )

    def weigh(self, one: Due) -> None:
        """Decide about one of them; nothing is written yet."""
        person, series = self.people[one.enrolment.person_id], self._series(one)
        if one.follow_up is not None and self._waits_for_its_series(one.follow_up):
            return
        step = self._step(one)
        if step is None:
            self._forget(one)
            return
        rhythm = self.rhythms[person.id, one.enrolment.campaign_id]
        if person.id not in self.addresses:
            self._leave_out(one, rhythm, UNREACHABLE, "no longer here, or on no connected platform")
            return
        recall = one.follow_up is not None and one.follow_up.intention is None
        verdict = planning.weigh(
            one.due,
            now=self.tx.now,
            rhythm=rhythm,
            sent_today=self.sent_now[person.id]
            + self.sent_before.get((person.id, planning.day_bounds(self.tx.now, rhythm.zone)), 0),
            # A recall is of use whenever it comes; its spacing reckons with the days that really passed.
            stale_after=timedelta.max if recall else self.customs.stale_after,
            unanswered=series.unanswered,
        )
        match verdict:
            case Defer(until=until, reason=reason):
                self._put_off(one, max(until, self.tx.now + SOON), reason)
            case Skip(reason=reason):
                self.stale.add(one.enrolment.campaign_id)
                self._leave_out(one, rhythm, SKIPPED, reason)
            case Rest():
                self.series[one.enrolment.id] = planning.rested(series)
                self.resting[one.enrolment.id] = one.enrolment
            case Send():
                if person.met or self.customs.consented:
                    self._send(one, step, rhythm)
                else:
                    self._invite(one)

    def _waits_for_its_series(self, follow_up: FollowUpRecord) -> bool:
        """Whether it is set aside: until its series goes on, or for good where its campaign is over."""
        status = self.campaigns[follow_up.enrolment.campaign_id].plan.status
        series = self.series.get(follow_up.enrolment.id, follow_up.enrolment.series)
        if status is CampaignStatus.RUNNING and series.status in GOING_ON:
            return False
        self.follow_ups[follow_up.id] = None if status is CampaignStatus.ENDED else FOREVER
        return True

    def _series(self, one: Due) -> Enrolment:
        return self.series.get(one.enrolment.id, one.enrolment.series)

    def _step(self, one: Due) -> tuple[int, Step] | None:
        """The id and content of what is to be sent; None where an edit has taken it away."""
        record = self.campaigns[one.enrolment.campaign_id]
        if one.follow_up is None:
            ordinal = one.enrolment.series.step
            if ordinal >= len(record.plan.steps):
                return None
            return record.step_ids[ordinal], record.plan.steps[ordinal]
        try:
            return one.follow_up.step_id, record.step(one.follow_up.step_id)[1]
        except LookupError:
            return None

    def _forget(self, one: Due) -> None:
        if one.follow_up is not None:
            self.follow_ups[one.follow_up.id] = None
        else:
            self.series[one.enrolment.id] = replace(self._series(one), status=EnrolmentStatus.DONE, due=None)

    def _put_off(self, one: Due, until: datetime, reason: str) -> None:
        if one.follow_up is not None:
            self.follow_ups[one.follow_up.id] = until
        else:
            self.series[one.enrolment.id] = planning.deferred(self._series(one), until, reason=reason)

    def _invite(self, one: Due) -> None:
        """Instead of the nudge, ask somebody who never turned to us whether to take part; no answer is a no."""
        self.sent_now[one.enrolment.person_id] += 1
        self.series[one.enrolment.id] = planning.invited(self._series(one))
        self.inviting[one.enrolment.id] = one.enrolment

    def _send(self, one: Due, step: tuple[int, Step], rhythm: Rhythm) -> None:
        person = self.people[one.enrolment.person_id]
        plan = self.campaigns[one.enrolment.campaign_id].plan
        if one.follow_up is None and planning.comes_again(
            self._series(one), steps=plan.steps, rhythm=rhythm, now=self.tx.now
        ):
            self._leave_out(one, rhythm, SKIPPED, Reason.AGAIN)
            return
        intention = one.follow_up.intention if one.follow_up else None
        try:
            content = say(step[1], self.aids, person, intention)
        except NothingToSay as nothing:
            self._leave_out(one, rhythm, SKIPPED, str(nothing))
            return
        self.sent_now[person.id] += 1
        fate = self._keep(one, SENT, message_key=self.tx.new_id())
        self.contents[fate.key()] = content
        series = self._series(one)
        if one.follow_up is not None:
            self.follow_ups[one.follow_up.id] = None
            self.series[one.enrolment.id] = replace(series, unanswered=series.unanswered + 1)
        else:
            self.series[one.enrolment.id] = planning.sent(series, steps=plan.steps, rhythm=rhythm, now=self.tx.now)

    def _leave_out(self, one: Due, rhythm: Rhythm, status: str, reason: str) -> None:
        self._keep(one, status, reason=reason)
        if one.follow_up is not None:
            self.follow_ups[one.follow_up.id] = None
            return
        steps = self.campaigns[one.enrolment.campaign_id].plan.steps
        self.series[one.enrolment.id] = planning.skipped(self._series(one), steps=steps, rhythm=rhythm)

    def _keep(self, one: Due, status: str, *, reason: str = "", message_key: str | None = None) -> FallenDue:
        step = self._step(one)
        assert step is not None  # weighed before
        fate = FallenDue(
            enrolment=one.enrolment,
            step_id=step[0],
            round=one.round,
            status=status,
            due_at=one.due,
            reason=reason,
            message_key=message_key,
        )
        self.fates.append(fate)
        return fate

    async def write(self) -> None:
        await self.tx.set_series(self.series)
        await self.tx.set_follow_ups(self.follow_ups)
        recorded = await self.tx.record_nudges(self.fates)
        saying: dict[int, list[Saying]] = {}
        for fate in self.fates:
            one = fate.enrolment
            if fate.message_key is None or fate.key() not in recorded:  # recorded before is sent before
                continue
            content = self.contents[fate.key()]
            card = words.nudge(
                content,
                source=self._source(one),
                nudge_id=recorded[fate.key()],
                offered=content.responses,
                answer=False,
            )
            to = self.addresses[one.person_id]
            saying.setdefault(one.campaign_id, []).append(Saying(to=to, card=card, key=fate.message_key))
        for campaign, said in saying.items():
            await self.tx.send_all(said, lane=Lane.CAMPAIGN, campaign=campaign)
        for one in self.resting.values():
            name = self.campaigns[one.campaign_id].plan.name
            card = series_words.rest(name, source=self._source(one), enrolment_id=one.id)
            await self.tx.send(self.addresses[one.person_id], card, lane=Lane.CAMPAIGN, campaign=one.campaign_id)

        for campaign in self.stale:
            await self._tell_of_stale(self.campaigns[campaign])

        for one in self.inviting.values():
            plan = self.campaigns[one.campaign_id].plan
            card = series_words.invitation(plan.name, plan.steps, source=self._source(one), enrolment_id=one.id)
            to = self.addresses[one.person_id]
            await self.tx.send(to, card, lane=Lane.CAMPAIGN, campaign=one.campaign_id, key=name_invitation(one))

    async def _tell_of_stale(self, record: CampaignRecord) -> None:
        """Once a day, however many were left out; so it says nothing of how many that were."""
        to = await self.tx.direct_address(record.owner_id) if record.owner_id is not None else None
        if to is not None:
            personal = record.audience == (ME,)
            card = standing.stale(record.plan.name, after=self.customs.stale_after, personal=personal)
            key = f"stale/{record.id}/{self.tx.now.date()}"
            await self.tx.send_once(to, card, key=key, lane=Lane.CAMPAIGN)

    def _source(self, one: EnrolmentRecord) -> str:
        record = self.campaigns[one.campaign_id]
        return source_line(record, self.people.get(record.owner_id) if record.owner_id is not None else None)
