"""Dates, times of day and spans, as people type them, and how they are said back in full.

Each `take_` function returns None, with the cursor where it was, when what comes next is nothing of the sort, and
raises Misunderstood when it is, but cannot be meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time, timedelta

from scheduler.tokens import Cursor, Misunderstood

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

MOST_DAYS = 3650
"""The longest span and the furthest date, in days, that a line may name."""

_NUMBERS = {
    word: number
    for number, word in enumerate(
        ("a", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    )
    if number
} | {"a": 1, "an": 1}
_UNITS = {
    "minute": ("min", "mins", "minute", "minutes"),
    "hour": ("h", "hr", "hrs", "hour", "hours"),
    "day": ("d", "day", "days"),
    "week": ("w", "wk", "wks", "week", "weeks"),
    "month": ("month", "months"),
}
_LENGTHS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
}
_UNIT_LENGTHS = {word: _LENGTHS[unit] for unit, words in _UNITS.items() for word in words}

_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d{2})|h)?(am|pm|a\.m\.|p\.m\.)?")
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DOTTED_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})?")
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th|\.)?")
_SHORT_SPAN = re.compile(r"(\d{1,6})([a-z]{1,7})")
_YEAR = re.compile(r"\d{4}")

DATE_REMEDY = "Write it like 2026-12-01, 1 Dec, Monday, tomorrow or today."


def say_date(day: date) -> str:
    """In full, so that nobody can read it another way: Tuesday, 1 December 2026."""
    return f"{WEEKDAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"


def take_span(cursor: Cursor) -> timedelta | None:
    """3 days, 3d, two weeks, a week, 90 min, 1 hour. A month is 30 days."""
    position = cursor.position
    found = _read_span(cursor)
    if found is None:
        return None
    number, unit, taken = found
    if number * unit.total_seconds() > MOST_DAYS * 86_400:
        typed = cursor.excerpt(cursor.at, cursor.at + taken)
        raise Misunderstood(f"“{typed}” is more than ten years.", "Give a shorter time.", position)
    cursor.at += taken
    return number * unit


def starts_span(cursor: Cursor, ahead: int = 0) -> bool:
    return _read_span(cursor, ahead) is not None


def _read_span(cursor: Cursor, ahead: int = 0) -> tuple[int, timedelta, int] | None:
    """The number, the length of its unit, and of how many words it is made."""
    low = cursor.low(ahead)
    short = _SHORT_SPAN.fullmatch(low)
    if short and short[2] in _UNIT_LENGTHS:
        return int(short[1]), _UNIT_LENGTHS[short[2]], 1
    number, unit = read_number(low), _UNIT_LENGTHS.get(cursor.low(ahead + 1))
    return None if number is None or unit is None else (number, unit, 2)


def take_days(cursor: Cursor) -> int | None:
    """A span that is meant in whole days."""
    begin, position = cursor.at, cursor.position
    span = take_span(cursor)
    if span is None:
        return None
    if span % timedelta(days=1):
        typed = cursor.excerpt(begin, cursor.at)
        raise Misunderstood(f"“{typed}” is not a number of days.", 'Count in days or weeks: "after 3 days".', position)
    return span.days


def take_time(cursor: Cursor) -> time | None:
    """9, 9:30, 9.30am, 9 am, 14h, 14h30, noon, midnight."""
    position, low = cursor.position, cursor.low()
    if low in {"noon", "midnight"}:
        cursor.at += 1
        return time(12) if low == "noon" else time(0)
    found = _TIME.fullmatch(low)
    if not found:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").replace(".", "")
    taken = 1
    following = cursor.low(1).replace(".", "")
    if not half and following in {"am", "pm"}:
        half, taken = following, 2
    if hour > (12 if half else 23) or (half and hour == 0) or minute > 59:
        typed = cursor.excerpt(cursor.at, cursor.at + taken)
        raise Misunderstood(f"There is no time “{typed}”.", "Write it like 9:30, 2pm or 14h.", position)
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    cursor.at += taken
    if cursor.low() in {"o'clock", "o’clock", "uhr"}:
        cursor.at += 1
    return time(hour, minute)


def take_date(cursor: Cursor, today: date) -> date | None:
    """today, tomorrow, Monday, next week, in 3 days, 2026-12-01, 1 Dec, Dec 1 2026, 1.12.2026.

    A weekday is the next one after today, a day without a year the next one from today on. Never in the past.
    """
    begin, position = cursor.at, cursor.position
    takers: tuple[Callable[[Cursor, date], date | None], ...] = (_take_near, _take_numeric, _take_named)
    found = next((day for taker in takers if (day := taker(cursor, today)) is not None), None)
    if found is None:
        cursor.at = begin
        return None
    if found < today:
        problem = f"{say_date(found)} is past; today is {say_date(today)}."
        raise Misunderstood(problem, "Choose today or a later day.", position)
    if (found - today).days > MOST_DAYS:
        problem = f"{say_date(found)} is more than ten years away."
        raise Misunderstood(problem, DATE_REMEDY, position)
    return found


def _take_near(cursor: Cursor, today: date) -> date | None:
    near = {"today": 0, "now": 0, "tomorrow": 1}
    if cursor.low() in near:
        days = near[cursor.low()]
        cursor.at += 1
        return today + timedelta(days=days)
    if cursor.take_words("next", "week"):
        return today + timedelta(days=7 - today.weekday())
    if cursor.low() in {"in", "after"} and starts_span(cursor, 1):
        cursor.at += 1
        return today + timedelta(days=take_days(cursor) or 0)
    ahead = 1 if cursor.low() in {"next", "on", "this"} else 0
    weekday = _match_name(cursor.low(ahead), WEEKDAYS)
    if weekday is None:
        return None
    cursor.at += ahead + 1
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _take_numeric(cursor: Cursor, today: date) -> date | None:
    low, position = cursor.low(), cursor.position
    if found := _ISO_DATE.fullmatch(low):
        day = _build(int(found[1]), int(found[2]), int(found[3]), today, low, position)
    elif (found := _DOTTED_DATE.fullmatch(low)) and (found[3] or low.endswith(".")):
        year = int(found[3]) if found[3] else None
        day = _build(year, int(found[2]), int(found[1]), today, low, position)
    else:
        return None
    cursor.at += 1
    return day


def _take_named(cursor: Cursor, today: date) -> date | None:
    """1 Dec, 1st of December, Dec 1, each with a year or without."""
    begin, position = cursor.at, cursor.position
    if ordinal := _ORDINAL.fullmatch(cursor.low()):
        cursor.at += 1
        cursor.take_words("of")
        month = _match_name(cursor.low(), MONTHS)
    else:
        month = _match_name(cursor.low(), MONTHS)
        ordinal = _ORDINAL.fullmatch(cursor.low(1))
        cursor.at += 1
    if month is None or ordinal is None:
        cursor.at = begin
        return None
    cursor.at += 1
    if cursor.mark() == "," and _YEAR.fullmatch(cursor.low(1)):
        cursor.at += 1
    year = None
    if _YEAR.fullmatch(cursor.low()):
        year = int(cursor.low())
        cursor.at += 1
    return _build(year, month + 1, int(ordinal[1]), today, cursor.excerpt(begin, cursor.at), position)


def _build(year: int | None, month: int, day: int, today: date, typed: str, position: int) -> date:
    """Without a year: the first one from today on that has such a day, which for 29 February may be years away."""
    for candidate in [year] if year is not None else range(today.year, today.year + 9):
        try:
            found = date(candidate, month, day)
        except ValueError:
            continue
        if year is not None or found >= today:
            return found
    raise Misunderstood(f"There is no day “{typed}”.", DATE_REMEDY, position)


def read_number(low: str) -> int | None:
    """Decimal digits, at most six, or a word up to twelve."""
    if low.isdecimal() and len(low) <= 6:
        return int(low)
    return _NUMBERS.get(low)


def _match_name(low: str, names: tuple[str, ...]) -> int | None:
    """The index of the name that `low` is, or is short for by at least three letters."""
    short = low.rstrip(".")
    if len(short) < 3:
        return None
    return next((index for index, name in enumerate(names) if name.casefold().startswith(short)), None)
