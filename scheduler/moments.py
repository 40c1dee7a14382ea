"""Dates, times of day and spans, as people type them, and how they are said back in full.

Each `take_` function returns None, with the cursor where it was, when what comes next is nothing of the sort, and
raises Misunderstood when it is, but cannot be meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time, timedelta

from scheduler.dates import names_no_day, read_date
from scheduler.tokens import Cursor, Misunderstood, Sort

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
_SLASHED_DATE = re.compile(r"(\d{1,2})[/-](\d{1,2})(?:[/-](\d{4}))?")
_SHORT_SPAN = re.compile(r"(\d{1,6})([a-z]{1,7})")
_YEAR = re.compile(r"\d{4}")
_NOT_OF_A_DATE = frozenset({"at", "to", "for", "from", "in", "zone", "because", "why", "reason", "holidays", "then"})
MOST_WORDS = 5

DATE_REMEDY = "Write it like 2026-12-01, 1 Dec, next Monday, tomorrow or today."


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
    """today, Monday, next week, in 3 days, 2 Dec, Dec 2 2026, übermorgen, 2026-12-01, 1.12.2026.

    A weekday is the next one after today, a day without a year the next one from today on. Never in the past.
    """
    begin, position = cursor.at, cursor.position
    takers: tuple[Callable[[Cursor, date], date | None], ...] = (_take_near, _take_numeric, _take_worded)
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
    """What is meant otherwise than the library reads it: a span is counted in whole days, and next week begins on its
    Monday.
    """
    if cursor.take_words("now"):
        return today
    if cursor.take_words("next", "week"):
        return today + timedelta(days=7 - today.weekday())
    if cursor.low() in {"in", "after"} and starts_span(cursor, 1):
        cursor.at += 1
        return today + timedelta(days=take_days(cursor) or 0)
    return None


def _take_numeric(cursor: Cursor, today: date) -> date | None:
    low, position = cursor.low(), cursor.position
    if found := _ISO_DATE.fullmatch(low):
        day = _build(int(found[1]), int(found[2]), int(found[3]), today, low, position)
    elif (found := _DOTTED_DATE.fullmatch(low)) and (found[3] or low.endswith(".")):
        year = int(found[3]) if found[3] else None
        day = _build(year, int(found[2]), int(found[1]), today, low, position)
    elif found := _SLASHED_DATE.fullmatch(low):
        first, second, year = int(found[1]), int(found[2]), int(found[3]) if found[3] else None
        if first != second and max(first, second) <= 12:
            one = _build(year, second, first, today, low, position)
            other = _build(year, first, second, today, low, position)
            raise Misunderstood(
                f"“{low}” could be {one.day} {MONTHS[one.month - 1]} or {other.day} {MONTHS[other.month - 1]}.",
                f"Write {one.isoformat()} or {other.isoformat()}.",
                position,
            )
        day = _build(year, min(first, second), max(first, second), today, low, position)
    else:
        return None
    cursor.at += 1
    return day


def _take_worded(cursor: Cursor, today: date) -> date | None:
    """As many words as are a day together."""
    position = cursor.position
    if cursor.low() == "on":
        cursor.at += 1
    words, ends = _read_words(cursor)
    for count in range(len(words), 0, -1):
        day = read_date(" ".join(words[:count]), today)
        if day is not None:
            cursor.at = ends[count - 1]
            return day
    for count in range(len(words), 0, -1):
        if names_no_day(typed := " ".join(words[:count]), today):
            raise Misunderstood(f"There is no day “{typed}”.", DATE_REMEDY, position)
    return None


_BEHIND_AN_HOUR = frozenset({"am", "pm", "h", "uhr", "o'clock", "o’clock"})


def _read_words(cursor: Cursor) -> tuple[list[str], list[int]]:
    """The words that may be of a date, up to what cannot, and where the cursor stands after each."""
    words: list[str] = []
    ends: list[int] = []
    ahead = 0
    while len(words) < MOST_WORDS:
        token = cursor.peek(ahead)
        if token is not None and token.text == "," and words and _YEAR.fullmatch(cursor.low(ahead + 1)):
            ahead += 1  # Dec 2, 2026
            continue
        if token is None or token.sort is not Sort.WORD or (words and token.low in _NOT_OF_A_DATE):
            break
        if words and token.low.isdecimal() and cursor.low(ahead + 1).replace(".", "") in _BEHIND_AN_HOUR:
            break  # tomorrow | 9 am
        ahead += 1
        words.append(token.text)
        ends.append(cursor.at + ahead)
    return words, ends


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
