"""Secret addresses: a campaign's completion list and feed, a learner's own calendar. Each can be made anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.journeys.replies import pressed_id
from bot.journeys.rhythms import read_customs, settle_for
from bot.messages import Note, Outcome
from bot.services import Services
from bot.store.follow_ups import GOING_ON
from bot.store.knowledge import as_job_aid
from bot.store.listing import Purpose
from bot.store.records import FollowUpRecord
from bot.turn import BadInputError, Turn
from bot.wording import sharing as words
from knowledge.model import EVERYONE
from scheduler import plan as timing
from scheduler.kinds import NothingToSay, NudgeContent, compose
from scheduler.model import FOREVER, CampaignStatus, EnrolmentStatus, Learner


def _address(turn: Turn) -> str:
    if not turn.services.address:
        raise BadInputError(
            "Lanyard has no address of its own here, so nothing outside can reach it. Whoever runs it sets LANYARD_URL."
        )
    return turn.services.address


async def press_completions(turn: Turn) -> Outcome:
    """A new secret by which a training tells who has completed it. Raises NotAllowedError, GoneError."""
    address, campaign_id = _address(turn), pressed_id(turn)
    secret = turn.services.new_secret()
    async with turn.commit() as tx:
        record = await tx.campaign(campaign_id, by=turn.person)
        await tx.issue_pass(Purpose.COMPLETIONS, secret=secret, campaign_id=campaign_id)
        await tx.audit("issue pass for completions", f"campaign {campaign_id}", by=turn.person)
    return Note(card=words.completions(record.plan.name, f"{address}/completions", secret))


async def press_feed(turn: Turn) -> Outcome:
    """A new address at which the campaign can be read. Raises NotAllowedError, GoneError."""
    address, campaign_id = _address(turn), pressed_id(turn)
    secret = turn.services.new_secret()
    async with turn.commit() as tx:
        record = await tx.campaign(campaign_id, by=turn.person)
        await tx.issue_pass(Purpose.FEED, secret=secret, campaign_id=campaign_id)
        await tx.audit("issue pass for the feed", f"campaign {campaign_id}", by=turn.person)
    return Note(card=words.feed(record.plan.name, f"{address}/feeds/{secret}.atom"))


async def press_calendar(turn: Turn) -> Outcome:
    """A new address of one's own reminders as a calendar."""
    address, secret = _address(turn), turn.services.new_secret()
    async with turn.commit() as tx:
        await tx.issue_pass(Purpose.CALENDAR, secret=secret, person_id=turn.person.id)
    return Note(card=words.calendar(f"{address}/calendars/{secret}.ics"))


# ── what stands there ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A step of a feed that has come: `content` as everybody may see it."""

    key: str
    content: NudgeContent
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    key: str
    name: str
    purpose: str
    updated: datetime
    entries: Sequence[Entry]  # the newest first


async def read_feed(services: Services, secret: str) -> Feed | None:
    """The campaign as a reader follows it: by its own days, from the day it was started. None for a wrong secret.

    Only what everybody in the company may see is in it, since the address may be passed on.
    """
    found = await services.store.find_pass(secret, Purpose.FEED)
    if found is None or found.campaign_id is None:
        return None
    now = services.now()
    async with services.store.reading(found.workspace_id, now=now) as tx:
        record = await tx.campaign(found.campaign_id)
        customs = read_customs((await tx.workspace_record()).settings)
        aids = await tx.aids_by_id([int(step.aid) for step in record.plan.steps if step.aid])
        started = record.started_at
    entries: list[Entry] = []
    if started is not None:
        rhythm = timing.settle(Learner(), record.plan, customs)
        first_day = timing.choose_first_day(record.plan.start, rhythm=rhythm, now=started)
        for step_id, step in zip(record.step_ids, record.plan.steps, strict=True):
            at = timing.due_at(step, first_day=first_day, rhythm=rhythm)
            aid = aids.get(int(step.aid)) if step.aid else None
            open_aid = as_job_aid(aid) if aid is not None and EVERYONE in aid.audience else None
            try:
                content = compose(step, open_aid)
            except NothingToSay:
                continue
            if at <= now:
                entries.append(Entry(key=f"{record.id}.{step_id}", content=content, at=at))
    entries.reverse()
    updated = entries[0].at if entries else started or now
    return Feed(
        key=str(record.id), name=record.plan.name, purpose=record.plan.purpose, updated=updated, entries=entries
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    key: str
    series: str
    at: datetime


async def read_calendar(services: Services, secret: str) -> list[Appointment] | None:
    """When a learner's next reminders come, as far as can be told now; never what they say. None for a wrong secret."""
    found = await services.store.find_pass(secret, Purpose.CALENDAR)
    if found is None or found.person_id is None:
        return None
    appointments: list[Appointment] = []
    async with services.store.reading(found.workspace_id, now=services.now()) as tx:
        person = await tx.person(found.person_id)
        customs = read_customs((await tx.workspace_record()).settings)
        enrolments = await tx.enrolments_of(person.id, lock=False)
        campaigns = await tx.campaigns_by_id({one.campaign_id for one in enrolments})
        follow_ups = await tx.follow_ups_of([one.id for one in enrolments])
        for one in enrolments:
            record = campaigns[one.campaign_id]
            series = one.series
            if record.plan.status is not CampaignStatus.RUNNING or series.status is not EnrolmentStatus.ACTIVE:
                continue
            rhythm = settle_for(person, record.plan, customs)
            for ordinal in range(series.step, len(record.plan.steps)):
                at = timing.due_at(record.plan.steps[ordinal], first_day=series.first_day, rhythm=rhythm)
                if ordinal == series.step and series.due is not None:
                    at = series.due
                if at >= FOREVER:
                    break  # put off until the learner says otherwise
                if timing.is_again(record.plan.steps, ordinal, first_day=series.first_day, rhythm=rhythm):
                    continue
                appointments.append(
                    Appointment(key=f"{one.id}.{record.step_ids[ordinal]}", series=record.plan.name, at=at)
                )
        for follow_up in follow_ups:
            assert follow_up.due is not None
            record = campaigns[follow_up.enrolment.campaign_id]
            if record.plan.status is CampaignStatus.RUNNING and _comes(follow_up):
                key = f"{follow_up.enrolment.id}.{follow_up.step_id}.{follow_up.round}"
                appointments.append(Appointment(key=key, series=record.plan.name, at=follow_up.due))
    return sorted(appointments, key=lambda one: one.at)


def _comes(follow_up: FollowUpRecord) -> bool:
    return follow_up.enrolment.series.status in GOING_ON and follow_up.due is not None and follow_up.due < FOREVER
