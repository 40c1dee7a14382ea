"""When somebody is at work, over zones, weekends, holidays and the days on which the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.hours import WorkingHours, after_working, next_at_work

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = WorkingHours(zone=BERLIN)

zones = st.sampled_from(
    [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Africa/Casablanca",
    ]
).map(ZoneInfo)
hours = st.builds(
    WorkingHours,
    zone=zones,
    days=st.frozensets(st.integers(0, 6), min_size=1),
    begin=st.times(timezones=st.none()).map(lambda at: at.replace(second=0, microsecond=0)),
    until=st.times(timezones=st.none()).map(lambda at: at.replace(second=0, microsecond=0)),
)


def lasts(hours: WorkingHours) -> bool:
    """Whether a shift a week is enough for the longest span, twice, within the days that are looked at."""
    begin, until = (at.hour * 60 + at.minute for at in (hours.begin, hours.until))
    return ((until - begin) % 1440 or 1440) >= 90


hours = hours.filter(lasts)
moments = st.integers(1_704_067_200, 1_893_456_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
spans = st.timedeltas(timedelta(minutes=1), timedelta(hours=30))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@given(hours, moments)
def test_the_next_moment_at_work_is_not_before_and_is_at_work(hours: WorkingHours, now: datetime) -> None:
    found = next_at_work(hours, now)

    assert found is not None
    assert found >= now
    assert next_at_work(hours, found) == found


@given(hours, moments, spans)
def test_a_clock_runs_at_least_as_long_as_it_says_and_ends_at_work(
    hours: WorkingHours, now: datetime, span: timedelta
) -> None:
    end = after_working(hours, now, span)

    assert end >= now + span
    just_before = end - timedelta(microseconds=1)
    assert next_at_work(hours, just_before) == just_before


@given(hours, moments, spans, spans)
def test_a_clock_can_be_run_in_two_parts(hours: WorkingHours, now: datetime, one: timedelta, other: timedelta) -> None:
    assert after_working(hours, after_working(hours, now, one), other) == after_working(hours, now, one + other)


@given(hours, st.lists(moments, min_size=2), spans)
def test_who_begins_later_does_not_end_sooner(hours: WorkingHours, begun: list[datetime], span: timedelta) -> None:
    ends = [after_working(hours, now, span) for now in sorted(begun)]

    assert all(one <= other for one, other in pairwise(ends))


def test_a_question_asked_late_in_the_day_is_not_overdue_in_the_evening() -> None:
    assert after_working(OFFICE, at("2026-11-23T16:30"), timedelta(hours=4)) == at("2026-11-24T12:30")


def test_over_the_weekend_the_clock_stands_still() -> None:
    assert after_working(OFFICE, at("2026-11-27T16:00"), timedelta(hours=4)) == at("2026-11-30T12:00")
    assert next_at_work(OFFICE, at("2026-11-28T11:00")) == at("2026-11-30T09:00")


def test_a_holiday_is_no_day_of_work() -> None:
    off = WorkingHours(zone=BERLIN, holidays=frozenset({date(2026, 11, 24)}))

    assert next_at_work(off, at("2026-11-23T17:00")) == at("2026-11-25T09:00")


def test_at_the_end_of_the_day_work_is_over_and_at_its_beginning_it_has_begun() -> None:
    assert next_at_work(OFFICE, at("2026-11-23T17:00")) == at("2026-11-24T09:00")
    assert next_at_work(OFFICE, at("2026-11-23T09:00")) == at("2026-11-23T09:00")


@pytest.mark.parametrize(("day", "hours_long"), [("2026-03-29", 7), ("2026-10-25", 9), ("2026-11-22", 8)])
def test_a_night_on_which_the_clocks_change_is_as_long_as_it_is(day: str, hours_long: int) -> None:
    night = WorkingHours(zone=BERLIN, days=frozenset(range(7)), begin=time(22), until=time(6))
    begun = at(f"{day}T22:00") - timedelta(days=1)

    assert after_working(night, begun, timedelta(hours=hours_long)).astimezone(BERLIN) == at(f"{day}T06:00")


def test_who_works_at_night_is_at_work_after_midnight_of_their_last_day() -> None:
    night = WorkingHours(zone=BERLIN, days=frozenset({4}), begin=time(22), until=time(6))  # Fridays
    saturday = at("2026-11-28T03:00")

    assert next_at_work(night, saturday) == saturday


def test_without_a_day_there_are_no_hours() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        WorkingHours(zone=BERLIN, days=frozenset())
