"""What a planner is told beforehand: when each step comes, and what moves it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.foresight import foresee, why_later
from scheduler.model import Kind, Rhythm, Step
from scheduler.plan import Hindrance, choose_first_day, due_at, to_wall
from tests.scheduler.test_nudge_plan import is_open, situations

OFFICE = Rhythm(zone=ZoneInfo("Europe/Berlin"), at=time(9), country="DE", daily_cap=2)
ADVENT = date(2026, 12, 24)  # a Thursday


def tips(*days: int) -> tuple[Step, ...]:
    return tuple(Step(kind=Kind.TIP, after_days=day, text=f"{number}") for number, day in enumerate(days))


def told(steps: tuple[Step, ...], *, first_day: date = ADVENT, rhythm: Rhythm = OFFICE) -> list[str]:
    return [
        f"{one.step} {to_wall(one.at, rhythm.zone):%d.%m. %H:%M}{' full' if one.full else ''}"
        for one in foresee(steps, first_day=first_day, rhythm=rhythm)
    ]


def test_steps_that_days_off_put_together_come_as_many_a_day_as_one_may_get():
    assert told(tips(0, 1, 2, 3, 4)) == [
        "0 24.12. 09:00",
        "1 28.12. 09:00",
        "2 28.12. 09:00",
        "3 29.12. 09:00 full",
        "4 29.12. 09:00",  # held up by a day, it moves as a whole
    ]


def test_what_is_held_up_moves_what_follows():
    assert told(tips(0, 0, 0, 4), rhythm=replace(OFFICE, daily_cap=1, country=None), first_day=date(2026, 12, 7)) == [
        "0 07.12. 09:00",
        "1 08.12. 09:00 full",
        "2 09.12. 09:00 full",
        "3 14.12. 09:00",  # the 13th is a Sunday
    ]


def test_the_same_words_twice_on_a_day_come_once():
    same = tuple(Step(kind=Kind.TIP, after_days=day, text="ask first") for day in range(5))
    assert told(same) == ["0 24.12. 09:00", "4 28.12. 09:00"]


def test_a_pause_of_ones_own_is_no_part_of_the_plan():
    away = replace(OFFICE, paused_until=datetime(2027, 6, 1, tzinfo=UTC))
    assert told(tips(0, 5), rhythm=away) == told(tips(0, 5))


@given(situations(), st.lists(st.integers(0, 9), min_size=1, max_size=8).map(sorted), st.integers(1, 3))
def test_what_is_foreseen_is_open_in_order_and_never_more_a_day_than_one_may_get(situation, days, most):
    rhythm, start = situation
    rhythm = replace(rhythm, daily_cap=most)
    found = foresee(tips(*days), first_day=start, rhythm=rhythm)
    assert [one.step for one in found] == list(range(len(days)))
    assert [one.at for one in found] == sorted(one.at for one in found)
    assert all(is_open(one.at, rhythm) for one in found)
    of_day = [to_wall(one.at, rhythm.zone).date() for one in found]
    assert max(of_day.count(day) for day in of_day) <= most


@pytest.mark.parametrize(
    ("start", "after_days", "at", "met"),
    [
        (date(2026, 11, 30), 0, time(9), {}),
        (None, 0, time(9), {}),  # it is a Saturday, but nobody asked for it
        (date(2026, 11, 28), 0, time(9), {Hindrance.WEEKDAY: "2026-11-28 09:00"}),
        (None, 5, time(9), {Hindrance.WEEKDAY: "2026-12-05 09:00"}),
        (date(2026, 12, 25), 0, time(9), {
            Hindrance.HOLIDAY: "2026-12-25 09:00", Hindrance.WEEKDAY: "2026-12-26 09:00",
        }),
        (date(2026, 11, 30), 0, time(7), {Hindrance.QUIET: "2026-11-30 07:00"}),
        (date(2026, 12, 4), 0, time(22), {
            Hindrance.QUIET: "2026-12-04 22:00", Hindrance.WEEKDAY: "2026-12-05 08:00",
        }),
    ],
)  # fmt: skip
def test_what_moves_a_first_step_is_told_where_something_was_asked_for(start, after_days, at, met):
    rhythm = Rhythm(zone=ZoneInfo("UTC"), at=at, country="DE")
    now = datetime(2026, 11, 28, 6, tzinfo=UTC)
    told = why_later(Step(kind=Kind.TIP, after_days=after_days), start, rhythm=rhythm, now=now)
    assert {hindrance: f"{wall:%Y-%m-%d %H:%M}" for hindrance, wall in told.items()} == met


@given(situations(), st.integers(0, 9))
def test_a_step_comes_as_asked_exactly_where_nothing_hinders_it(situation, after_days):
    rhythm, start = situation
    rhythm = replace(rhythm, zone=ZoneInfo("UTC"))  # no gaps, which move a time as well
    step = Step(kind=Kind.TIP, after_days=after_days)
    now = datetime.combine(start - timedelta(days=3), time(), UTC)
    first_day = choose_first_day(start, rhythm=rhythm, now=now)
    due = to_wall(due_at(step, first_day=first_day, rhythm=rhythm), rhythm.zone)
    asked = datetime.combine(first_day + timedelta(days=after_days), rhythm.at)
    assert bool(why_later(step, start, rhythm=rhythm, now=now)) == (due != asked or first_day != start)
