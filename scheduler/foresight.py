"""What a planner is told beforehand: when each step of a series comes, and what moves it. Pure.

A step comes as the tick would send it: by the same functions, to somebody who is in no other series and answers each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from scheduler.model import Enrolment, Rhythm, Step
from scheduler.plan import (
    DAY,
    Defer,
    Hindrance,
    await_step,
    comes_again,
    day_off,
    earliest_day,
    next_open,
    sent,
    skipped,
    to_wall,
    weigh,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """A step by its place in the plan (from 0), and when it comes (UTC).

    `moved` are the days off that move it, with the wall time at which each kind came up; `full` says that its day had
    as many reminders already as one may get.
    """

    step: int
    at: datetime
    moved: Mapping[Hindrance, datetime]
    full: bool


def foresee(steps: Sequence[Step], *, first_day: date, rhythm: Rhythm) -> list[Foreseen]:
    """The steps that come, in their order; one that says the same as the next on its day is left out."""
    rhythm = replace(rhythm, paused_until=None)  # for how long is the person's own affair, and not the plan's
    series = await_step(Enrolment(first_day=first_day), steps, rhythm)
    found: list[Foreseen] = []
    sent_on: Counter[date] = Counter()
    now = series.due
    full = False
    while series.due is not None and now is not None:
        now = max(now, series.due)
        today = to_wall(now, rhythm.zone).date()
        verdict = weigh(now, now=now, rhythm=rhythm, sent_today=sent_on[today], stale_after=timedelta.max)
        if isinstance(verdict, Defer):
            now, full = verdict.until, True
            continue
        if comes_again(series, steps=steps, rhythm=rhythm, now=now):
            series = skipped(series, steps=steps, rhythm=rhythm)
            continue
        moved = why_moved(steps[series.step], first_day=series.first_day, rhythm=rhythm)
        found.append(Foreseen(step=series.step, at=now, moved=moved, full=full))
        sent_on[today] += 1
        full = False
        series = sent(series, steps=steps, rhythm=rhythm, now=now)
    return found


def why_later(step: Step, start: date | None, *, rhythm: Rhythm, now: datetime) -> dict[Hindrance, datetime]:
    """What moves the first step of a series away from the day and time that were asked for: the wall time at which each
    hindrance came up. Empty where nothing does; without `start` nobody asked for a first day.
    """
    met: dict[Hindrance, datetime] = {}
    day = earliest_day(start, rhythm=rhythm, now=now)
    while (off := day_off(day, rhythm)) is not None:
        if start is not None:
            met.setdefault(off, datetime.combine(day, rhythm.at))
        day += DAY
    _, on_its_way = next_open(datetime.combine(day + step.after_days * DAY, rhythm.at), rhythm)
    return on_its_way | met


def why_moved(step: Step, *, first_day: date, rhythm: Rhythm) -> dict[Hindrance, datetime]:
    """Which days off move `step` away from the day that it was planned for: the wall time at which each kind came up.

    Quiet hours are no part of it: they move every step alike.
    """
    _, met = next_open(datetime.combine(first_day + step.after_days * DAY, rhythm.at), rhythm)
    met.pop(Hindrance.QUIET, None)
    return met
