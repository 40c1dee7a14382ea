"""When somebody is at work, and how long a clock runs that stands still while they are not. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduler.days_off import is_public_holiday
from scheduler.model import MONDAY_TO_FRIDAY
from scheduler.plan import to_instant, to_wall

LONGEST_LOOK = 400  # days: beyond a year of holidays nobody is waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingHours:
    """Wall times on the person's own clock. Where `until` is not after `begin`, work ends on the next day."""

    zone: ZoneInfo
    days: frozenset[int] = MONDAY_TO_FRIDAY
    begin: time = time(9)
    until: time = time(17)
    holidays: frozenset[date] = frozenset()
    country: str | None = None  # whose public holidays are kept

    def __post_init__(self) -> None:
        if not self.days & frozenset(range(7)):
            raise ValueError("Working hours need at least one day, from 0 (Monday) to 6 (Sunday).")


def next_at_work(hours: WorkingHours, at: datetime) -> datetime | None:
    """`at` itself while they are at work, else when work begins next. None where that is too far off to be told."""
    for begin, end in _shifts(hours, at):
        if at < end:
            return max(at, begin)
    return None


def after_working(hours: WorkingHours, at: datetime, span: timedelta) -> datetime:
    """When so much of their working time will have passed, counted from `at`."""
    left, last = span, at
    for begin, end in _shifts(hours, at):
        begin = max(begin, at)  # noqa: PLW2901 — a shift that has begun goes on from now
        if end - begin >= left:
            return begin + left
        left, last = left - max(end - begin, timedelta(0)), end
    return last + left  # of somebody who is never, or hardly ever, at work, the clock is the wall's from there on


def _shifts(hours: WorkingHours, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of work from the one before `at` on, as instants, none of them empty."""
    first = to_wall(at, hours.zone).date() - timedelta(days=1)
    for count in range(LONGEST_LOOK):
        day = first + timedelta(days=count)
        if day.weekday() not in hours.days or day in hours.holidays or is_public_holiday(day, hours.country):
            continue
        last = day if hours.until > hours.begin else day + timedelta(days=1)
        begin = to_instant(datetime.combine(day, hours.begin), hours.zone)
        end = to_instant(datetime.combine(last, hours.until), hours.zone)
        if end > begin and end > at.astimezone(UTC):
            yield begin, end
