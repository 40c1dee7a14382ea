"""Reminders that people set up for themselves, as they type them.

    me every 2 days for 2 weeks "ask before I answer"
    me tomorrow at 9 call the supplier
    remind me to check the printer next Monday

In any order: `every` so many days (daily, weekly), `for` so long, the day of the first one, `at` a time, and what it is
about, which may stand without quotation marks. A day alone means one reminder, on that day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from scheduler.commands import MOST_STEPS, ForMe
from scheduler.moments import WEEKDAYS, starts_span, take_date, take_days, take_span, take_time
from scheduler.tokens import Cursor, Misunderstood, quote

REMEDY = 'Write it like this: me every 2 days for 2 weeks "ask before I answer", or: me tomorrow at 9 "call Ann".'

LONGEST = 300  # characters of what is no command, but may ask for a reminder

_DAY = timedelta(days=1)
_MOST_BEHIND = 8  # words after the goal that say when
_LEADING = frozenset({"on", "from", "starting", "beginning"})
_WEEKDAYS = frozenset(day.casefold() for day in WEEKDAYS)
_WORKDAYS = frozenset({"weekday", "weekdays", "workday", "workdays"})
_SURE = _WEEKDAYS | {"today", "tomorrow", "next"}
_CLOCK = re.compile(r"(?:\d{1,2}:\d\d|\d{1,2}(?:[:.]\d\d)?(?:[ap]\.?m\.?|h)|noon|midnight) .*|\d{1,2} [ap]\.?m\.?")
"""A time of day, and what comes behind it, that needs no "at" before it: tomorrow 9am."""
_USUAL_NUMBER = 7  # of reminders, where nobody says for how long
_GOAL_BEGINS = frozenset({"to", "that", "about"})
_POLITE = frozenset({"please", "can", "could", "would", "will", "you", "hey", "lanyard"})
_COURTESIES = frozenset({"please", "thanks", "thx"})
_QUESTIONS = frozenset({"how", "what", "when", "where", "which", "who", "whom", "whose", "why", "if", "whether"})


@dataclass(frozen=True, slots=True)
class _Read:
    """What has been read so far; `named` are the parts of it that were."""

    series: ForMe = field(default_factory=lambda: ForMe(goal=""))
    named: frozenset[str] = frozenset()

    def having(self, **parts: object) -> _Read:
        return _Read(replace(self.series, **parts), self.named | parts.keys())  # type: ignore[arg-type]


def parse_own(cursor: Cursor, now: datetime) -> ForMe:
    """What comes after "me"; `now` is what the person's clock shows. Raises Misunderstood."""
    read = _read(cursor, now)
    if not read.series.goal:
        raise Misunderstood("You did not say what it is about.", REMEDY, cursor.position)
    return _finish(read)


def read_reminder(text: str, *, now: datetime) -> ForMe | None:
    """The reminder that "remind me …" asks for; None where it asks for knowledge: "remind me how refunds work".

    Without a day it comes once, tomorrow, or at the next such time of day.
    """
    if len(text) > LONGEST:
        return None
    try:
        cursor = Cursor(text.strip().rstrip(".!?…"))
        while cursor.take_any(_POLITE):
            pass
        if not cursor.take_words("remind", "me") or cursor.low() in _QUESTIONS:
            return None
        asks_to = cursor.low() in {"to", "that"}
        read = _read(cursor, now)
        if not read.series.goal or not (asks_to or read.named - {"goal"}):
            return None
        if not read.named & {"start", "every_days", "for_days"}:
            start = now.date() if "at" in read.named else now.date() + _DAY
            return replace(read.series, start=start, once=True)
        return _finish(read)
    except Misunderstood:
        return None


def _finish(read: _Read) -> ForMe:
    series = read.series
    if "start" in read.named and not read.named & {"every_days", "for_days"}:
        return replace(series, once=True)
    if "for_days" not in read.named:
        series = replace(series, for_days=max(series.for_days, _USUAL_NUMBER * series.every_days))
    if not 1 <= series.every_days <= series.for_days or series.for_days // series.every_days > MOST_STEPS:
        problem = f"Every {series.every_days} days for {series.for_days} days does not make 1 to {MOST_STEPS} nudges."
        raise Misunderstood(problem, REMEDY, 0)
    return series


def _read(cursor: Cursor, now: datetime) -> _Read:
    read = _Read()
    while cursor.peek() is not None:
        position = cursor.position
        clause = _take_clause(cursor, read, now)
        if clause is not None:
            read = clause
        elif read.series.goal and cursor.take_any(_COURTESIES):
            continue
        elif goal := _take_goal(cursor, now):
            if read.series.goal:
                raise Misunderstood(f"I did not understand {quote(goal)} after your goal.", REMEDY, position)
            read = read.having(goal=goal)
        elif cursor.position == position:
            cursor.at += 1  # a mark between the clauses
    return read


def _take_goal(cursor: Cursor, now: datetime) -> str:
    quoted = cursor.take_quoted()
    if quoted is not None:
        return quoted
    if cursor.low(1):  # "to be kind", but a goal may be "that"
        cursor.take_any(_GOAL_BEGINS)
    return cursor.take_phrase(lambda cursor: _says_when_to_the_end(cursor, now), quoting=True)


def _says_when_to_the_end(cursor: Cursor, now: datetime) -> bool:
    """Whether all that follows says when: "call Ann | tomorrow at 9"."""
    begin = cursor.at
    if len(cursor.tokens) - begin > _MOST_BEHIND:
        return False
    read: _Read | None = _Read()
    try:
        while read is not None and cursor.peek() is not None:
            if not cursor.take_any(_COURTESIES) and cursor.mark() != ",":
                read = _take_clause(cursor, read, now)
            cursor.skip(",")
    except Misunderstood:
        read = None
    cursor.at = begin
    return read is not None


def _take_clause(cursor: Cursor, read: _Read, now: datetime) -> _Read | None:
    """What says when; with the cursor where it was, None where nothing does."""
    begin = cursor.at
    for take in (_take_pace, _take_moment, _take_start):
        found = take(cursor, read, now)
        if found is not None:
            return found
        cursor.at = begin
    return None


def _take_pace(cursor: Cursor, read: _Read, now: datetime) -> _Read | None:
    if cursor.take_words("daily") or cursor.take_words("every", "day"):
        return read.having(every_days=1)
    if cursor.low() in {"every", "on", "each"} and cursor.low(1) in _WORKDAYS:  # on the others nothing comes anyhow
        cursor.at += 2
        return read.having(every_days=1)
    if cursor.take_words("weekly") or cursor.take_words("every", "week"):
        return read.having(every_days=7)
    if cursor.low() == "every" and cursor.low(1) in _WEEKDAYS and "start" not in read.named:
        cursor.at += 1
        return read.having(every_days=7, start=take_date(cursor, now.date()))
    if cursor.low() in {"every", "for"} and starts_span(cursor, 1):
        field = cursor.low()
        cursor.at += 1
        return read.having(**{f"{field}_days": take_days(cursor) or 0})
    return None


def _take_moment(cursor: Cursor, read: _Read, now: datetime) -> _Read | None:
    if cursor.take_words("at") and (at := take_time(cursor)) is not None:
        return read.having(at=at)
    if cursor.take_words("in") and (span := take_span(cursor)) is not None:
        then = now + span
        if span % _DAY:
            return read.having(start=then.date(), at=then.time().replace(second=0, microsecond=0))
        return read.having(start=then.date())
    return None


def _take_start(cursor: Cursor, read: _Read, now: datetime) -> _Read | None:
    """Without "on" or "from" only what cannot well be part of a goal: "sat down" is no Saturday."""
    word = cursor.low()
    if "start" in read.named or not (word in _SURE or word in _LEADING or word[:4].isdecimal()):
        return None
    if word in _LEADING and word != "on":
        cursor.at += 1
    start = take_date(cursor, now.date())
    if start is None:
        return None
    read = read.having(start=start)
    if "at" in read.named or not _CLOCK.fullmatch(f"{cursor.low()} {cursor.low(1)}"):
        return read
    at = take_time(cursor)
    return read if at is None else read.having(at=at)
