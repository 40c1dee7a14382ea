"""How a campaign and its head are read from one line. The grammar is told in `scheduler.phrases`."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TypeGuard

from scheduler.commands import EXAMPLE, HERE, LONGEST_NAME, Command, Control, NewCampaign, Verb
from scheduler.days_off import COUNTRY_REMEDY, find_country, unknown_place
from scheduler.moments import (
    DATE_REMEDY,
    WEEKDAYS,
    take_date,
    take_time,
)
from scheduler.step_phrases import KINDS, parse_steps, starts_step
from scheduler.tokens import Cursor, Misunderstood, Sort, Token, misunderstand, quote
from scheduler.zones import find_zone

_TO, _FROM, _AT, _BECAUSE, _IN, _HOLIDAYS, _DAYS = "to", "from", "at", "because", "in", "holidays", "days"
_HEAD = {
    "to": _TO, "for": _TO,
    "from": _FROM, "on": _FROM, "starting": _FROM, "beginning": _FROM,
    "at": _AT,
    "because": _BECAUSE, "why": _BECAUSE, "reason": _BECAUSE,
    "in": _IN, "zone": _IN,
    "holidays": _HOLIDAYS,
    "days": _DAYS,
}  # fmt: skip
_FOLLOWS = {
    _TO: 'Write "to #channel", "to @name" or "to everyone".',
    _FROM: f'After "from" comes a date. {DATE_REMEDY}',
    _AT: 'After "at" comes a time. Write it like 9:30, 2pm or 14h.',
    _BECAUSE: 'After "because" comes the purpose, in quotation marks.',
    _HOLIDAYS: f'After "holidays" comes a place. {COUNTRY_REMEDY}',
    _DAYS: 'After "days" come weekdays. Write them like Mon-Thu, or Mon, Wed, Fri.',
    _IN: 'After "in" comes a time zone, such as Europe/Berlin or America/New_York.',
}
_HOLIDAYS_REMEDY = f"{COUNTRY_REMEDY} If “holidays” is part of a name, put that name in quotation marks."
_BEFORE_A_GROUP = frozenset({"to", "for", "the", "and", "&"})
_HERE = (("here",), ("in", "here"), ("this", "channel"), ("in", "this", "channel"), ("of", "this", "channel"))
_EVERYONE = frozenset({"everyone", "everybody", "all", "anyone"})
_NUDGES_REMEDY = f"After a colon say what to send, like this: {EXAMPLE}"


def parse_new(cursor: Cursor, today: date) -> Command:
    cursor.take_words("campaign")
    name = cursor.take_quoted()
    name = " ".join((cursor.take_phrase(_at_head, quoting=True) if name is None else name).split())
    if cursor.peek() is None:
        return Control(verb=Verb.NEW, name=name)
    if not name:
        raise Misunderstood("The campaign has no name.", f"Name it after “new”, like this: {EXAMPLE}", cursor.position)
    if len(name) > LONGEST_NAME:
        problem = f"The name {quote(name)} has {len(name)} characters; {LONGEST_NAME} is the most."
        raise Misunderstood(problem, "Shorten it; the purpose can say more.", 0)
    campaign = _parse_head(cursor, NewCampaign(name=name, audience=(), steps=()), today)
    steps = parse_steps(cursor)
    if not steps:
        raise Misunderstood(f"The campaign “{name}” has no nudges.", _NUDGES_REMEDY, cursor.position)
    if not campaign.audience:
        raise Misunderstood(f"You did not say who the campaign “{name}” is for.", _FOLLOWS[_TO], cursor.position)
    return replace(campaign, steps=steps)


def _at_head(cursor: Cursor) -> bool:
    if cursor.low() == "holidays":  # a campaign may well be about them
        return _find_place(cursor, 1) is not None
    if cursor.low() == "days":  # or about the first of them
        return bool(_read_weekdays(cursor.low(1)))
    return cursor.low() in _HEAD


def _parse_head(cursor: Cursor, campaign: NewCampaign, today: date) -> NewCampaign:
    said: set[str] = set()
    while cursor.peek() is not None and cursor.mark() not in {":", ";"}:
        if cursor.mark() in {",", "\n"}:
            cursor.at += 1
            continue
        position, word = cursor.position, cursor.low()
        if starts_step(cursor):
            break
        key = _HEAD.get(word)
        if key is None:
            raise misunderstand(cursor, f"Put a colon before the nudges, like this: {EXAMPLE}")
        if key in said:
            raise Misunderstood(f"“{word}” comes twice.", f"Say it once. {_FOLLOWS[key]}", position)
        said.add(key)
        cursor.at += 1
        campaign = _parse_clause(cursor, campaign, key, today)
    cursor.skip(":;,\n")
    return campaign


def _parse_clause(cursor: Cursor, campaign: NewCampaign, key: str, today: date) -> NewCampaign:
    position = cursor.position
    if key == _TO and (audience := _take_audience(cursor)):
        return replace(campaign, audience=audience)
    if key == _FROM and (start := take_date(cursor, today)) is not None:
        return _take_at(cursor, replace(campaign, start=start))  # next Monday 9am
    if key == _AT and (timed := _take_at(cursor, campaign)).at != campaign.at:
        return timed
    if key == _BECAUSE and (purpose := cursor.take_quoted() or cursor.take_phrase(lambda _: False)):
        return replace(campaign, purpose=purpose)
    if (calendar := _take_calendar(cursor, campaign, key)) is not None:
        return calendar
    typed = cursor.tokens[cursor.at - 1].text
    found = cursor.peek()
    problem = (
        f"I did not understand {quote(found.text)} after “{typed}”." if found else f"Nothing comes after “{typed}”."
    )
    raise Misunderstood(problem, _FOLLOWS[key], position)


def _take_calendar(cursor: Cursor, campaign: NewCampaign, key: str) -> NewCampaign | None:
    """Zone, holidays and weekdays; None where what follows is none of these."""
    token = cursor.peek()
    if key == _DAYS and (days := _take_weekdays(cursor)):
        return replace(campaign, working_days=days)
    # By its whole name alone: who writes “everyone in Berlin” means people, not a clock.
    if key == _IN and token is not None and find_zone(token.text) is not None:
        cursor.at += 1
        return replace(campaign, zone=token.text)
    if key == _HOLIDAYS and (found := _find_place(cursor)) is not None:
        place, words = found
        cursor.at += words
        return replace(campaign, country=place)
    if key == _HOLIDAYS and _names_something(token):
        named = cursor.excerpt(cursor.at, cursor.at + _count_name(cursor)) if token.sort is Sort.WORD else token.text
        raise Misunderstood(unknown_place(named or token.text), _HOLIDAYS_REMEDY, cursor.position)
    return None


def _find_place(cursor: Cursor, ahead: int = 0) -> tuple[str, int] | None:
    """The place whose name comes next, and how many tokens it takes; None where it is not known as a whole."""
    first = cursor.peek(ahead)
    if first is not None and first.sort is Sort.QUOTED:
        place = find_country(first.text)
        return (place, 1) if place is not None else None
    count = _count_name(cursor, ahead)
    begin = cursor.at + ahead
    place = find_country(cursor.excerpt(begin, begin + count)) if count else None
    return (place, count) if place is not None else None


def _count_name(cursor: Cursor, ahead: int = 0) -> int:
    """How many tokens come next that may be of one place's name, with a part of it behind a comma or not."""
    begin = cursor.at
    cursor.at = at = begin + ahead
    try:
        while cursor.peek() is not None:
            after_comma = cursor.mark() == "," and cursor.at > at
            cursor.at += after_comma
            if not _is_of_name(cursor) or (after_comma and cursor.low() in {"and", "&"}):
                cursor.at -= after_comma
                break
            cursor.at += 1
        while cursor.at > at and cursor.low(-1) in {"and", "&"}:
            cursor.at -= 1
        return cursor.at - at
    finally:
        cursor.at = begin


def _is_of_name(cursor: Cursor) -> bool:
    token = cursor.peek()
    if token is None or token.sort is not Sort.WORD or token.low.startswith(("#", "@", "<")) or starts_step(cursor):
        return False
    return token.text.isupper() or token.low not in _HEAD  # "to" is Tonga


def _names_something(token: Token | None) -> TypeGuard[Token]:
    return token is not None and token.sort is not Sort.MARK and token.low not in _HEAD


def _take_at(cursor: Cursor, campaign: NewCampaign) -> NewCampaign:
    position = cursor.position
    at = take_time(cursor)
    if at is not None and campaign.at is not None:
        raise Misunderstood("A time of day comes twice.", f"Say it once. {_FOLLOWS[_AT]}", position)
    return campaign if at is None else replace(campaign, at=at)


def _take_weekdays(cursor: Cursor) -> frozenset[int]:
    """Mon-Thu; Mon, Wed and Fri. Empty where no weekday comes next."""
    found: set[int] = set()
    while True:
        begin = cursor.at
        cursor.skip(",")
        cursor.take_any(frozenset({"and", "&"}))
        days = _read_weekdays(cursor.low())
        if not days:
            cursor.at = begin
            return frozenset(found)
        found |= days
        cursor.at += 1


def _read_weekdays(word: str) -> set[int]:
    """mon, mondays, mon-thu, fri–mon; weekdays are Monday to Friday."""
    if word in {"weekdays", "workdays"}:
        return {0, 1, 2, 3, 4}
    ends = [_read_weekday(part) for part in re.split("[-–]", word)]
    if len(ends) > 2 or None in ends:
        return set()
    first, last = ends[0], ends[-1]
    assert first is not None
    assert last is not None
    return {(first + ahead) % 7 for ahead in range((last - first) % 7 + 1)}


def _read_weekday(word: str) -> int | None:
    name = word.removesuffix("s") if len(word) > 5 else word
    return next((at for at, day in enumerate(WEEKDAYS) if len(name) > 2 and day.casefold().startswith(name)), None)


def _at_holidays(cursor: Cursor) -> bool:
    """Whether the place comes next whose holidays are kept, known or not; the first word may be of a group's name."""
    if cursor.low() != "holidays" or cursor.low(-1) in _BEFORE_A_GROUP:
        return False
    return _names_something(cursor.peek(1)) and cursor.low(1) not in {*KINDS, "and", "&"}


def _take_audience(cursor: Cursor) -> tuple[str, ...]:
    found: list[str] = []
    while True:
        cursor.skip(",")
        if (quoted := cursor.take_quoted()) is not None:
            found.append(quoted)
        elif cursor.low().startswith(("#", "@", "<@", "<#", "<!")):
            token = cursor.tokens[cursor.at]
            cursor.at += 1
            cursor.take_words("channel")
            found.append("everyone" if token.low in {"@everyone", "@all"} else token.text)
        elif cursor.take_any(frozenset({"and", "&", "the"})):
            continue
        elif _take_here(cursor):
            found.append(HERE)
        elif cursor.take_any(_EVERYONE):
            if _take_here(cursor):
                found.append(HERE)
                continue
            if cursor.low() in {"in", "of", "on"} and cursor.low(1).startswith(("#", "<#", "<!")):
                cursor.at += 1  # "everyone in #support" is #support
                continue
            found.append("everyone")
        elif phrase := cursor.take_phrase(_at_audience_end):
            found.append("me" if phrase.casefold() in {"me", "myself"} else phrase)
        else:
            return tuple(dict.fromkeys(name for name in found if name))


def _take_here(cursor: Cursor) -> bool:
    return any(cursor.take_words(*words) for words in _HERE)


def _at_audience_end(cursor: Cursor) -> bool:
    if cursor.mark() == "," or cursor.low() in {"and", "&"} or cursor.low().startswith(("#", "@", "<")):
        return True
    return _at_head(cursor) or _at_holidays(cursor) or starts_step(cursor)
