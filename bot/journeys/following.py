"""What comes of a response: a recall is asked again as its learner remembers, a plan is reminded of when they chose."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time

from bot.journeys.replies import field
from bot.journeys.rhythms import read_customs, settle_for
from bot.messages import FieldErrors
from bot.store import Transaction
from bot.store.records import CampaignRecord, FollowUpRecord, NudgeRecord
from bot.turn import Turn
from bot.wording import reinforcing as words
from bot.wording.general import say_moment
from scheduler import plan as timing
from scheduler.kinds import GRADES
from scheduler.model import CampaignStatus, Enrolment, EnrolmentStatus, Intention, Response, Rhythm
from scheduler.recall import name_item, review

FURTHEST = 366  # days ahead that a plan may lie


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A plan, and when its learner wants to be reminded of it."""

    intention: Intention
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A nudge that was responded to, with what is known of its series."""

    turn: Turn
    tx: Transaction
    record: CampaignRecord
    nudge: NudgeRecord
    rhythm: Rhythm


async def follow(
    to: Followed,
    response: Response,
    series: Enrolment,
    *,
    follow_up: FollowUpRecord | None,
    intention: Promise | None,
) -> tuple[str, Enrolment]:
    """Keep what comes of it. Returns what to tell, or "" where nothing does, and the series with its rounds."""
    if response in GRADES:
        return await _ask_again(to, response, series)
    if response is Response.PLANNED and intention is not None:
        series = await _come_back(to, series, intention.due, intention.intention)
        when = say_moment(intention.due, to.rhythm.zone)
        return words.planned(intention.intention, when), series
    if response is Response.LATER and follow_up is not None and series.status is not EnrolmentStatus.STOPPED:
        due = timing.snooze_until(now=to.turn.now, rhythm=to.rhythm)
        series = await _come_back(to, series, due, follow_up.intention)
        return words.postponed(say_moment(due, to.rhythm.zone)), series
    return "", series


async def _ask_again(to: Followed, grade: Response, series: Enrolment) -> tuple[str, Enrolment]:
    try:
        _, step = to.record.step(to.nudge.step_id)
    except LookupError:
        return "", series  # an edit took the question away
    customs = read_customs((await to.tx.workspace_record()).settings)
    item = name_item(step)
    memory = await to.tx.memory(to.turn.person, item)
    memory, days = review(memory, grade, now=to.turn.now, retention=customs.retention)
    await to.tx.keep_memory(to.turn.person, item, memory)
    await to.tx.drop_recalls(to.nudge.enrolment_id, step_id=to.nudge.step_id)
    if to.record.plan.status is CampaignStatus.ENDED or series.status is EnrolmentStatus.STOPPED:
        return "", series
    if days is None:
        return words.graded(grade, None), series
    due = timing.again_at(days, now=to.turn.now, rhythm=to.rhythm)
    series = await _come_back(to, series, due, None)
    return words.graded(grade, say_moment(due, to.rhythm.zone)), series


async def _come_back(to: Followed, series: Enrolment, due: datetime, intention: Intention | None) -> Enrolment:
    series, round_ = timing.reserve_round(series)
    await to.tx.add_follow_up(
        to.nudge.enrolment_id, step_id=to.nudge.step_id, round=round_, due=due, intention=intention
    )
    return series


def read_promise(turn: Turn, rhythm: Rhythm) -> Promise | FieldErrors:
    """The plan of the form. What it says of the time is the learner's clock; closed hours move it to the next open."""
    errors: dict[str, str] = {}
    situation, action = (" ".join(field(turn, name).split()) for name in ("situation", "action"))
    if not situation:
        errors["situation"] = "Please write when it is time, e.g. a customer comes without a receipt."
    if not action:
        errors["action"] = "Please write what you will do then."
    day, at = _read_day(field(turn, "day")), _read_time(field(turn, "at"))
    if day is None:
        errors["day"] = "Give a date, as in 2026-12-01."
    if at is None:
        errors["at"] = "Give a time, as in 09:30."
    if day is not None and at is not None:
        now = timing.to_wall(turn.now, rhythm.zone)
        if datetime.combine(day, at) <= now:
            errors["day"] = f"{say_moment(timing.to_instant(datetime.combine(day, at), rhythm.zone), rhythm.zone)} "
            errors["day"] += "is over. Choose a moment to come."
        elif (day - now.date()).days > FURTHEST:
            errors["day"] = "That is more than a year away. Choose an earlier day."
    if errors:
        return FieldErrors(errors=errors)
    assert day is not None
    assert at is not None
    due = timing.first_open(datetime.combine(day, at), rhythm)
    return Promise(intention=Intention(situation=situation, action=action), due=due)


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _read_time(text: str) -> time | None:
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None


async def catch_up(tx: Transaction, records: Collection[CampaignRecord], enrolments: Collection[int]) -> None:
    """After a rest, a stop taken back, or a pause: what should have come meanwhile comes at the next usual time."""
    campaigns = {record.id: record for record in records}
    waiting = await tx.follow_ups_of(enrolments)
    people = await tx.people_by_id({one.enrolment.person_id for one in waiting})
    customs = read_customs((await tx.workspace_record()).settings)
    moved: dict[int, datetime | None] = {}
    for one in waiting:
        rhythm = settle_for(people[one.enrolment.person_id], campaigns[one.enrolment.campaign_id].plan, customs)
        moved[one.id] = max(one.wanted_at, timing.next_usual_time(tx.now, rhythm=rhythm))
    await tx.set_follow_ups(moved)
