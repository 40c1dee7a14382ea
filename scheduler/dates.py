"""Dates in people's own words: tomorrow, next Monday, 2 Dec, in two weeks, übermorgen. dateparser, and nothing else.

It reads more than can be meant here (a lone “9” is the ninth for it, and “May” some day in May), so what it found is
taken only where it is a day, and said with a word.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from functools import lru_cache

from dateparser.date import DateDataParser

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")
"""Those whose words for days and months are understood, English first."""

LONGEST = 40  # characters

_NOON = time(12)  # what is counted from today keeps its time, and a day of the calendar has none
_WORD = re.compile(r"[^\W\d_]{3,}")
_NUMBER = re.compile(r"\d+")


def read_date(text: str, today: date) -> date | None:
    """The day that is meant, the next one where it may be several; None where it is no day. It may be in the past."""
    if len(text) > LONGEST or not text.isprintable() or not _WORD.search(text):
        return None
    try:
        found = _reader(today).get_date_data(text)
    except (ValueError, OverflowError):  # what is too large for a calendar
        return None
    at: datetime | None = found.date_obj
    if at is None or at.time() not in {_NOON, time()}:
        return None
    is_day = found.period == "day" or (at.time() == _NOON and found.period in {"week", "month", "year"})
    return at.date() if is_day else None


def names_no_day(text: str, today: date) -> bool:
    """Whether it is said as a day is, though the month has none with that number."""
    first = _NUMBER.sub("1", text, count=1)
    return first != text and read_date(text, today) is None and read_date(first, today) is not None


@lru_cache(maxsize=8)
def _reader(today: date) -> DateDataParser:
    return DateDataParser(
        languages=list(LANGUAGES),
        settings={
            "RELATIVE_BASE": datetime.combine(today, _NOON),
            "PREFER_DATES_FROM": "future",
            "RETURN_TIME_AS_PERIOD": True,
            "PARSERS": ["relative-time", "absolute-time"],
        },
    )
