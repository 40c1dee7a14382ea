"""When a nudge comes, and what becomes of a series: pure functions; `now` is an argument and aware.

A tick, for each enrolment that has fallen due:

    weigh ──Send──▶ sent      ──Defer──▶ deferred      ──Skip──▶ skipped      ──Rest──▶ rested

and when the learner acts: `responded`, `resumed`. Each returns the enrolment as it is then, `due` included.

The rule for daylight saving: a wall time that the clocks skip means the first instant after the gap; one that comes
twice means the first of the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from scheduler.days_off import is_public_holiday
from scheduler.model import Campaign, Customs, Enrolment, EnrolmentStatus, Learner, Response, Rhythm, Step
from scheduler.zones import find_zone

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)

IGNORED_BEFORE_REST = 3
"""So many nudges in a row without a response, and the series asks whether to go on."""


# ── Whose choice holds ──────────────────────────────────────────────────────────────────────────────────────────────


def settle(learner: Learner, campaign: Campaign, customs: Customs) -> Rhythm:
    """What holds for this learner in this campaign: the learner's choice, then the campaign's, then the workspace's.

    A zone that is not known, as platforms sometimes tell one, counts as no choice. What a learner chose for a series of
    their own comes before what they chose for all.
    """
    zones = (find_zone(name) for name in (learner.zone, campaign.zone, customs.zone))
    times = (campaign.at, learner.at, customs.at) if campaign.own else (learner.at, campaign.at, customs.at)
    quiet_from, quiet_until = learner.quiet_from, learner.quiet_until
    if quiet_from is None or quiet_until is None:
        quiet_from, quiet_until = customs.quiet_from, customs.quiet_until
    return Rhythm(
        zone=next((zone for zone in zones if zone is not None), ZoneInfo("UTC")),
        at=next(at for at in times if at is not None),
        working_days=learner.working_days or campaign.working_days or customs.working_days,
        holidays=customs.holidays,
        country=learner.country or campaign.country or customs.country,
        quiet_from=quiet_from,
        quiet_until=quiet_until,
        daily_cap=learner.daily_cap or customs.daily_cap,
        paused_until=learner.paused_until,
    )


def fewer(rhythm: Rhythm) -> tuple[int, frozenset[int]] | None:
    """The next slower pace: the most a day, and the days. None where it is the slowest already.

    From several a day to one; from every working day to every other; from these to one a week.
    """
    days = sorted(rhythm.working_days)
    if rhythm.daily_cap > 1:
        return 1, rhythm.working_days
    if len(days) > 3:
        return 1, frozenset(days[::2])
    return (1, frozenset(days[:1])) if len(days) > 1 else None


# ── Wall time and instants ──────────────────────────────────────────────────────────────────────────────────────────
# Remembered for a while: many learners have the same clock, and a tick asks for each of them.


@lru_cache(maxsize=4096)
def to_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC) at which a clock in `zone` shows the naive `wall`, by the rule at the top of this module."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if to_wall(first, zone) == wall:
        return first
    # The clocks skip `wall`. With fold=0 zoneinfo reckons by the offset before the gap, which lands after it, and
    # with fold=1 by the offset after, which lands before; the first instant after the gap lies between the two.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while first - before > SECOND:
        middle = before + timedelta(seconds=(first - before) // SECOND // 2)
        if to_wall(middle, zone) > wall:
            first = middle
        else:
            before = middle
    return first.replace(microsecond=0)


def to_wall(instant: datetime, zone: ZoneInfo) -> datetime:
    """What a clock in `zone` shows at `instant`, naive."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


@lru_cache(maxsize=1024)
def day_bounds(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first instant of the learner's day and the first of the next: what "today" means for the daily cap."""
    today = to_wall(now, zone).date()
    return to_instant(datetime.combine(today, time()), zone), to_instant(datetime.combine(today + DAY, time()), zone)


def is_quiet(at: time, rhythm: Rhythm) -> bool:
    start, end = rhythm.quiet_from, rhythm.quiet_until
    if start <= end:
        return start <= at < end
    return at >= start or at < end


class Hindrance(StrEnum):
    """What keeps a wall time from being open."""

    QUIET = "quiet hours"
    WEEKDAY = "not among the working days"
    HOLIDAY = "a holiday"


def is_working(day: date, rhythm: Rhythm) -> bool:
    return day_off(day, rhythm) is None


def day_off(day: date, rhythm: Rhythm) -> Hindrance | None:
    if day.weekday() not in rhythm.working_days:
        return Hindrance.WEEKDAY
    if day in rhythm.holidays or is_public_holiday(day, rhythm.country):
        return Hindrance.HOLIDAY
    return None


def next_open(wall: datetime, rhythm: Rhythm) -> tuple[datetime, dict[Hindrance, datetime]]:
    """The first open wall time from `wall` on, gaps aside, and where on the way each hindrance came up first."""
    met: dict[Hindrance, datetime] = {}
    if is_quiet(wall.time(), rhythm):
        met[Hindrance.QUIET] = wall
        over_midnight = wall.time() >= rhythm.quiet_until
        wall = datetime.combine(wall.date() + (DAY if over_midnight else timedelta()), rhythm.quiet_until)
    while (off := day_off(wall.date(), rhythm)) is not None:
        met.setdefault(off, wall)
        wall += DAY
    return wall, met


def first_open(wall: datetime, rhythm: Rhythm) -> datetime:
    """The first instant from the naive `wall` on that is neither in quiet hours nor on a day off, in UTC.

    Out of quiet hours it moves to their end; off a day off it moves to the next working day, at the same wall time.
    Later walls never give earlier instants.
    """
    while True:
        wall, _ = next_open(wall, rhythm)
        instant = to_instant(wall, rhythm.zone)
        shown = to_wall(instant, rhythm.zone)
        if shown == wall:
            return instant
        # A gap moved it. It may have landed in quiet hours or, where a whole day was skipped, on a day off.
        wall = shown


def due_at(step: Step, *, first_day: date, rhythm: Rhythm) -> datetime:
    """When `step` falls due for a learner whose series began on `first_day`, in UTC.

    It is `rhythm.at` on the learner's clock, `after_days` after the first day; never earlier, and moved by `first_open`
    out of quiet hours and off days off. Of two steps the one that comes after more days is never due earlier.
    """
    return first_open(datetime.combine(first_day + step.after_days * DAY, rhythm.at), rhythm)


def choose_first_day(start: date | None, *, rhythm: Rhythm, now: datetime) -> date:
    """The first working day whose `rhythm.at` is still to come, and not before `start`.

    A series begun on a day off would have its first days fall together on the next working day.
    """
    day = earliest_day(start, rhythm=rhythm, now=now)
    while not is_working(day, rhythm):
        day += DAY
    return day


def earliest_day(start: date | None, *, rhythm: Rhythm, now: datetime) -> date:
    here = to_wall(now, rhythm.zone)
    day = here.date() if here.time() <= rhythm.at else here.date() + DAY
    return day if start is None else max(start, day)


def snooze_until(*, now: datetime, rhythm: Rhythm, delay: timedelta | None = None) -> datetime:
    """Until when "later" puts a nudge off: tomorrow at the usual time, or `delay` from now; never at a closed time."""
    if delay is not None:
        return first_open(to_wall(now + delay, rhythm.zone), rhythm)
    return first_open(datetime.combine(to_wall(now, rhythm.zone).date() + DAY, rhythm.at), rhythm)


# ── What to do with a nudge that has fallen due ─────────────────────────────────────────────────────────────────────


class Reason(StrEnum):
    """Why a nudge was not sent, in words for the record of its delivery."""

    EARLY = "not due yet"
    PAUSED = "the learner paused all nudges"
    QUIET = "quiet hours"
    DAY_OFF = "not a working day"
    CAP = "the day's limit was reached"
    STALE = "too long overdue"
    AGAIN = "the same comes once more that day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defer:
    until: datetime
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Never, and the learner's record says so. `late` is by how much it was overdue."""

    reason: Reason
    late: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Instead of the nudge, ask whether to go on; then nothing until the learner says so."""


def weigh(
    due: datetime, *, now: datetime, rhythm: Rhythm, sent_today: int, stale_after: timedelta, unanswered: int = 0
) -> Send | Defer | Skip | Rest:
    """What to do at `now` with a nudge whose enrolment says `due`.

    Everything is checked again, since settings change and a tick may come late. `due` is the time last promised: where
    a nudge was deferred, the time it was deferred to, so only an outage makes a nudge stale, never a pause or a cap.
    `sent_today` counts the nudges of all campaigns that the learner was sent within `day_bounds`.
    """
    if now < due:
        return Defer(until=due, reason=Reason.EARLY)
    if now - due > stale_after:
        return Skip(reason=Reason.STALE, late=now - due)
    closed = _find_closed(now, rhythm=rhythm, sent_today=sent_today)
    if closed is not None:
        return closed
    if unanswered >= IGNORED_BEFORE_REST:
        return Rest()
    return Send()


def _find_closed(now: datetime, *, rhythm: Rhythm, sent_today: int) -> Defer | None:
    if rhythm.paused_until is not None and now < rhythm.paused_until:
        return Defer(until=first_open(to_wall(rhythm.paused_until, rhythm.zone), rhythm), reason=Reason.PAUSED)
    here = to_wall(now, rhythm.zone)
    tomorrow = datetime.combine(here.date() + DAY, rhythm.at)
    if not is_working(here.date(), rhythm):
        return Defer(until=first_open(tomorrow, rhythm), reason=Reason.DAY_OFF)
    if is_quiet(here.time(), rhythm):
        return Defer(until=first_open(here, rhythm), reason=Reason.QUIET)
    if sent_today >= rhythm.daily_cap:
        return Defer(until=first_open(tomorrow, rhythm), reason=Reason.CAP)
    return None


# ── How a series goes on ────────────────────────────────────────────────────────────────────────────────────────────


def enrol(campaign: Campaign, *, rhythm: Rhythm, now: datetime) -> Enrolment:
    """A learner's place at the beginning of `campaign`."""
    first_day = choose_first_day(campaign.start, rhythm=rhythm, now=now)
    return await_step(Enrolment(first_day=first_day), campaign.steps, rhythm)


def sent(enrolment: Enrolment, *, steps: Sequence[Step], rhythm: Rhythm, now: datetime) -> Enrolment:
    """After the nudge was sent, or handed over to be.

    A series that was held up, by a pause, a snooze or the cap, moves as a whole: the days between its steps stay.
    """
    planned = to_wall(due_at(steps[enrolment.step], first_day=enrolment.first_day, rhythm=rhythm), rhythm.zone).date()
    late = max(to_wall(now, rhythm.zone).date() - planned, timedelta())
    moved = replace(
        enrolment,
        first_day=enrolment.first_day + late,
        step=enrolment.step + 1,
        unanswered=enrolment.unanswered + 1,
    )
    return await_step(moved, steps, rhythm)


def comes_again(enrolment: Enrolment, *, steps: Sequence[Step], rhythm: Rhythm, now: datetime) -> bool:
    """Whether the step after the next says the very same and is due today as well, as where days off put several days'
    reminders onto one: then the last of them is enough.
    """
    then = sent(enrolment, steps=steps, rhythm=rhythm, now=now)
    if then.due is None or not _alike(steps[enrolment.step], steps[then.step]):
        return False
    return to_wall(then.due, rhythm.zone).date() <= to_wall(now, rhythm.zone).date()


def is_again(steps: Sequence[Step], ordinal: int, *, first_day: date, rhythm: Rhythm) -> bool:
    """The same of a step in a plan, as far as can be told beforehand."""
    if ordinal + 1 >= len(steps) or not _alike(*steps[ordinal : ordinal + 2]):
        return False
    one, other = (due_at(step, first_day=first_day, rhythm=rhythm) for step in steps[ordinal : ordinal + 2])
    return to_wall(one, rhythm.zone).date() == to_wall(other, rhythm.zone).date()


def _alike(one: Step, other: Step) -> bool:
    return replace(other, after_days=one.after_days) == one


def skipped(enrolment: Enrolment, *, steps: Sequence[Step], rhythm: Rhythm) -> Enrolment:
    """After a nudge was left out. The rest keeps its days, so that an outage does not end in a burst."""
    return await_step(replace(enrolment, step=enrolment.step + 1), steps, rhythm)


def reserve_round(enrolment: Enrolment) -> tuple[Enrolment, int]:
    """The enrolment, and a round that no nudge of it has or will have: for what comes of a response."""
    return replace(enrolment, round=enrolment.round + 2), enrolment.round + 1


def again_at(days: int, *, now: datetime, rhythm: Rhythm) -> datetime:
    """When something comes again so many days from now: at the usual time, on the next open day from then on."""
    return first_open(datetime.combine(to_wall(now, rhythm.zone).date() + days * DAY, rhythm.at), rhythm)


def next_usual_time(now: datetime, *, rhythm: Rhythm) -> datetime:
    """The next moment at which something may come to this learner of itself."""
    return first_open(datetime.combine(choose_first_day(None, rhythm=rhythm, now=now), rhythm.at), rhythm)


def settled(enrolment: Enrolment, *, steps: Sequence[Step], rhythm: Rhythm, now: datetime) -> Enrolment:
    """After the plan or the rhythm has changed: the next step at its time by what holds now.

    A time that is over, as after an edit or for a nudge that was put off, becomes the time last promised, or the next
    usual one.
    """
    if enrolment.status is not EnrolmentStatus.ACTIVE:
        return replace(enrolment, unsettled=False)
    active = await_step(replace(enrolment, unsettled=False), steps, rhythm)
    if active.due is None or active.due >= now:
        return active
    if enrolment.due is not None and enrolment.due >= now:
        return deferred(active, first_open(to_wall(enrolment.due, rhythm.zone), rhythm))
    return deferred(active, next_usual_time(now, rhythm=rhythm))


def carry_over(before: Sequence[Step], after: Sequence[Step], kept: Mapping[int, int], step: int) -> int:
    """Where a learner who stood before `step` of the plan before stands in the plan after.

    `kept` tells which steps of the former stay, and where. What was sent is not sent again; what comes after it in the
    new plan comes; what the new plan puts before it does not come any more.
    """
    passed = [kept[one] for one in range(step) if one in kept]
    if passed:
        return max(passed) + 1
    if step == 0:
        return 0
    last_day = before[step - 1].after_days
    return next((at for at, one in enumerate(after) if one.after_days > last_day), len(after))


def deferred(enrolment: Enrolment, until: datetime, *, reason: str = "") -> Enrolment:
    return replace(enrolment, due=until, put_off=reason)


def rested(enrolment: Enrolment) -> Enrolment:
    return replace(enrolment, status=EnrolmentStatus.RESTED, due=None)


def invited(enrolment: Enrolment) -> Enrolment:
    """After somebody was asked whether to take part; `resumed` once they say yes."""
    return replace(enrolment, status=EnrolmentStatus.INVITED, due=None, put_off="")


def invited_again(enrolment: Enrolment, *, rhythm: Rhythm, now: datetime) -> Enrolment:
    """After an invitation that did not arrive: at the next usual time they are asked once more, in another round."""
    due = next_usual_time(now, rhythm=rhythm)
    return replace(enrolment, status=EnrolmentStatus.ACTIVE, round=enrolment.round + 1, due=due)


def resumed(enrolment: Enrolment, *, steps: Sequence[Step], rhythm: Rhythm, now: datetime) -> Enrolment:
    """After a rest, a stop taken back, a yes to an invitation, or a pause of the campaign: what waited comes at
    the next usual time.
    """
    active = await_step(replace(enrolment, unanswered=0, status=EnrolmentStatus.ACTIVE), steps, rhythm)
    if active.due is None or active.due >= now:
        return active
    return deferred(active, next_usual_time(now, rhythm=rhythm))


def responded(
    enrolment: Enrolment,
    response: Response,
    *,
    step: int,
    steps: Sequence[Step],
    rhythm: Rhythm,
    now: datetime,
    delay: timedelta | None = None,
) -> Enrolment:
    """After a learner acted on the nudge of `step`.

    Any response shows that the series is wanted, and wakes one that rests. *Later* sends the latest nudge again, in its
    next round, and everything after it moves; on an older nudge it only counts as a response. *Stop* is final until
    `resumed`; after it nothing but a stop has an effect.
    """
    if response is Response.STOP:
        return replace(enrolment, status=EnrolmentStatus.STOPPED, due=None)
    if enrolment.status is EnrolmentStatus.STOPPED:
        return enrolment
    if response is Response.LATER and step == enrolment.step - 1:
        until = snooze_until(now=now, rhythm=rhythm, delay=delay)
        return replace(
            enrolment,
            step=step,
            round=enrolment.round + 1,
            unanswered=0,
            status=EnrolmentStatus.ACTIVE,
            due=until,
        )
    if enrolment.status is EnrolmentStatus.RESTED:
        return resumed(enrolment, steps=steps, rhythm=rhythm, now=now)
    return replace(enrolment, unanswered=0)


def await_step(enrolment: Enrolment, steps: Sequence[Step], rhythm: Rhythm) -> Enrolment:
    if enrolment.step >= len(steps):
        return replace(enrolment, status=EnrolmentStatus.DONE, due=None, put_off="")
    due = due_at(steps[enrolment.step], first_day=enrolment.first_day, rhythm=rhythm)
    return replace(enrolment, due=due, put_off="")
