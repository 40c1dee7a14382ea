"""How a whole campaign is read from one line. The grammar is told in `scheduler.phrases`."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TypeGuard

from scheduler.commands import EXAMPLE, LONGEST_NAME, MOST_LINKS, MOST_STEPS, Command, Control, NewCampaign, Verb
from scheduler.days_off import COUNTRY_REMEDY, find_country, unknown_place
from scheduler.model import Kind, Step
from scheduler.moments import (
    DATE_REMEDY,
    MOST_DAYS,
    WEEKDAYS,
    read_number,
    starts_span,
    take_date,
    take_days,
    take_time,
)
from scheduler.tokens import Cursor, Misunderstood, Sort, Token, is_web_address, quote
from scheduler.zones import find_zone

# ── The head ────────────────────────────────────────────────────────────────────────────────────────

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
_EVERYONE = frozenset({"everyone", "everybody", "all", "anyone"})
_NUDGES_REMEDY = f"After a colon say what to send, like this: {EXAMPLE}"


def parse_new(cursor: Cursor, today: date) -> Command:
    cursor.take_words("campaign")
    name = cursor.take_quoted()
    name = " ".join((cursor.take_phrase(_at_head) if name is None else name).split())
    if cursor.peek() is None:
        return Control(verb=Verb.NEW, name=name)
    if not name:
        raise Misunderstood("The campaign has no name.", f"Name it after “new”, like this: {EXAMPLE}", cursor.position)
    if len(name) > LONGEST_NAME:
        problem = f"The name {quote(name)} has {len(name)} characters; {LONGEST_NAME} is the most."
        raise Misunderstood(problem, "Shorten it; the purpose can say more.", 0)
    campaign = _parse_head(cursor, NewCampaign(name=name, audience=(), steps=()), today)
    steps = _parse_steps(cursor)
    if not steps:
        raise Misunderstood(f"The campaign “{name}” has no nudges.", _NUDGES_REMEDY, cursor.position)
    if not campaign.audience:
        raise Misunderstood(f"You did not say who the campaign “{name}” is for.", _FOLLOWS[_TO], cursor.position)
    return replace(campaign, steps=steps)


def _at_head(cursor: Cursor) -> bool:
    if cursor.low() == "holidays":  # a campaign may well be about them
        ahead = cursor.peek(1)
        is_place = ahead is not None and find_country(ahead.text) is not None
        return is_place and (ahead is not None and (ahead.text.isupper() or ahead.low not in _HEAD))  # "to" is Tonga
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
        if _starts_step(cursor):
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
    if key == _HOLIDAYS and token is not None and (place := find_country(token.text)) is not None:
        cursor.at += 1
        return replace(campaign, country=place)
    if key == _HOLIDAYS and _names_something(token):
        raise Misunderstood(unknown_place(token.text), _HOLIDAYS_REMEDY, cursor.position)
    return None


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
    return _names_something(cursor.peek(1)) and cursor.low(1) not in {*_KINDS, "and", "&"}


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
        elif cursor.take_any(_EVERYONE):
            if cursor.low() in {"in", "of", "on"} and cursor.low(1).startswith(("#", "<#", "<!")):
                cursor.at += 1  # "everyone in #support" is #support
                continue
            found.append("everyone")
        elif phrase := cursor.take_phrase(_at_audience_end):
            found.append("me" if phrase.casefold() in {"me", "myself"} else phrase)
        else:
            return tuple(dict.fromkeys(name for name in found if name))


def _at_audience_end(cursor: Cursor) -> bool:
    if cursor.mark() == "," or cursor.low() in {"and", "&"} or cursor.low().startswith(("#", "@", "<")):
        return True
    return _at_head(cursor) or _at_holidays(cursor) or _starts_step(cursor)


# ── The nudges ──────────────────────────────────────────────────────────────────────────────────────

_KINDS: dict[str, Kind] = {
    "tip": Kind.TIP, "recall": Kind.RECALL, "quiz": Kind.RECALL, "question": Kind.RECALL, "apply": Kind.APPLY,
    "practice": Kind.APPLY, "practise": Kind.APPLY, "plan": Kind.PLAN, "check-in": Kind.CHECK_IN,
    "checkin": Kind.CHECK_IN, "check_in": Kind.CHECK_IN,
}  # fmt: skip
_WHEN_REMEDY = 'Say when with "after 3 days", and put a semicolon between two nudges.'
_KIND_REMEDY = "A nudge is a tip, recall, apply, plan or check-in, with its text in quotation marks or a job aid (#12)."
_AT_ONCE = (("now",), ("today",), ("at", "once"), ("immediately",), ("the", "first", "day"), ("first", "day"))


def _parse_steps(cursor: Cursor) -> tuple[Step, ...]:
    steps: list[Step] = []
    begin = cursor.at
    while cursor.peek() is not None:
        if cursor.mark() in {";", ",", "\n", ":"} or cursor.low() in {"then", "and"}:
            cursor.at += 1
            continue
        if len(steps) == MOST_STEPS:
            problem = f"A campaign has at most {MOST_STEPS} nudges."
            raise Misunderstood(problem, "Make two campaigns of it.", cursor.position)
        begin, previous = cursor.at, begin
        steps.append(_parse_step(cursor, steps[-1].after_days if steps else 0, previous))
    return tuple(sorted(steps, key=lambda step: step.after_days))


def _parse_step(cursor: Cursor, day_before: int, previous: int) -> Step:
    begin = cursor.at
    after_days = _take_when(cursor)
    cursor.skip(",:")
    kind = _take_kind(cursor)
    ahead = cursor.peek()
    if kind is None:
        if after_days is None or ahead is None or not (_at_aid(cursor) or ahead.sort is Sort.QUOTED):
            remedy = _KIND_REMEDY if after_days is not None or previous == begin else f"{_WHEN_REMEDY} {_KIND_REMEDY}"
            raise misunderstand(cursor, remedy)
        kind = Kind.TIP
    step = _take_content(cursor, Step(kind=kind, after_days=0))
    if after_days is None:
        after_days = _take_when_behind(cursor)
    if not _ends_step(cursor) and not _starts_step(cursor):
        raise misunderstand(cursor, _WHEN_REMEDY)
    _check_content(step, cursor.tokens[begin].start)
    return replace(step, after_days=day_before if after_days is None else after_days)


def _check_content(step: Step, position: int) -> None:
    name = step.kind.replace("_", "-")
    if step.aid or step.kind not in {Kind.TIP, Kind.RECALL}:
        return
    if not step.text:
        raise Misunderstood(f"There is nothing to send in a {name}.", _KIND_REMEDY, position)
    if step.kind is Kind.RECALL and not step.answer:
        problem = f"The recall {quote(step.text)} has no answer."
        remedy = 'Write one after "=", or name the job aid that holds it: recall "What is the limit?" = "50 EUR".'
        raise Misunderstood(problem, remedy, position)


def _take_content(cursor: Cursor, step: Step) -> Step:
    """A text, an answer and a job aid, each at most once, in any order but that the answer follows the text; links."""
    while True:
        before = cursor.at
        cursor.skip("," if step.links else "")
        if not _at_link(cursor):
            cursor.at = before
        if _at_link(cursor):
            if len(step.links) == MOST_LINKS:
                problem = f"A nudge has at most {MOST_LINKS} links."
                raise Misunderstood(problem, "Keep those that are needed at that moment.", cursor.position)
            step = replace(step, links=(*step.links, _take_link(cursor)))
        elif step.aid is None and (aid := _take_aid(cursor, bare=not step.text)):
            step = replace(step, aid=aid)
        elif cursor.mark() == "=" or (step.text and cursor.low() == "answer"):
            position = cursor.position
            cursor.at += 1
            answer = cursor.take_quoted()
            answer = cursor.take_phrase(_ends_phrase) if answer is None else answer
            if step.answer or not answer:
                problem = "Nothing comes after “=”." if not answer else "A nudge has one answer."
                raise Misunderstood(problem, 'Write it like this: recall "What is the limit?" = "50 EUR".', position)
            if step.kind is not Kind.RECALL:
                problem = f"Only a recall has an answer, and this is a nudge of kind “{step.kind}”."
                raise Misunderstood(problem, "Write “recall” in its place, or leave the answer out.", position)
            step = replace(step, answer=answer)
        elif not step.text and (text := cursor.take_quoted()):
            step = replace(step, text=text)
        else:
            return step


def _take_aid(cursor: Cursor, *, bare: bool) -> str:
    if cursor.low() in {"aid", "about"}:
        cursor.at += 1
        return cursor.take_quoted() or _take_aid(cursor, bare=True)
    if _at_aid(cursor):
        cursor.at += 1
        return cursor.tokens[cursor.at - 1].text.lstrip("#")
    return cursor.take_phrase(_ends_phrase) if bare else ""


def _ends_phrase(cursor: Cursor) -> bool:
    return _at_when(cursor) or _at_link(cursor)


def _at_link(cursor: Cursor) -> bool:
    """An address, or the word before one and its label; “link” alone may well be of a title."""
    if cursor.low() != "link":
        return _is_address(cursor.peek())
    ahead = cursor.peek(1)
    labelled = ahead is not None and ahead.sort is Sort.QUOTED and _is_address(cursor.peek(2), quoted=True)
    return _is_address(ahead, quoted=True) or labelled


def _take_link(cursor: Cursor) -> tuple[str, str]:
    """Label and address; where it has no label, the address is it."""
    led = cursor.take_words("link")
    first, second = cursor.peek(), cursor.peek(1)
    assert first is not None
    if led and first.sort is Sort.QUOTED and _is_address(second, quoted=True):
        assert second is not None
        cursor.at += 2
        return first.text or second.text, second.text
    cursor.at += 1
    return first.text, first.text


def _is_address(token: Token | None, *, quoted: bool = False) -> bool:
    sorts = {Sort.WORD, Sort.QUOTED} if quoted else {Sort.WORD}
    return token is not None and token.sort in sorts and is_web_address(token.text)


def _at_aid(cursor: Cursor) -> bool:
    low = cursor.low()
    return low.removeprefix("#").isdecimal() and (low.startswith("#") or not starts_span(cursor))


def _take_kind(cursor: Cursor) -> Kind | None:
    if cursor.take_words("check", "in"):
        return Kind.CHECK_IN
    kind = _KINDS.get(cursor.low())
    if kind is not None:
        cursor.at += 1
    return kind


def _take_when(cursor: Cursor) -> int | None:
    """How many days after the first day; None where no such phrase comes next."""
    begin = cursor.at
    position = cursor.position
    if any(cursor.take_words(*words) for words in _AT_ONCE):
        return 0
    if cursor.take_words("tomorrow") or cursor.take_words("the", "next", "day"):
        return 1
    if not _at_when(cursor) and not starts_span(cursor):
        return None
    if cursor.low().startswith("+") and len(cursor.low()) > 1:
        return _take_plus(cursor, position)
    led = bool(cursor.take_any(frozenset({"after", "in", "on", "+"})))
    days = take_days(cursor)
    if days is None and cursor.take_words("day"):
        days = read_number(cursor.low())
        cursor.at += 1
        if days is not None and days > MOST_DAYS:
            raise Misunderstood(f"Day {days} is more than ten years away.", "Choose an earlier day.", position)
    elif not led and not cursor.take_any(frozenset({"later", "on", "after"})):
        days = None
    if days is None:
        cursor.at = begin
    return days


def _take_when_behind(cursor: Cursor) -> int | None:
    """The day of the nudge before it; where another nudge follows without a mark, the day is that one's."""
    begin = cursor.at
    after_days = _take_when(cursor)
    if after_days is not None and not _ends_step(cursor):
        cursor.at = begin
        return None
    return after_days


def _take_plus(cursor: Cursor, position: int) -> int:
    """+3d, or +3 days, of which the sign is glued to the number."""
    glued = Cursor(cursor.low()[1:] + " " + cursor.low(1))
    days = take_days(glued)
    if days is None:
        raise misunderstand(cursor, _WHEN_REMEDY)
    cursor.at += glued.at
    if days > MOST_DAYS:
        raise Misunderstood(f"“+{days} days” is more than ten years away.", "Choose an earlier day.", position)
    return days


def _at_when(cursor: Cursor) -> bool:
    """Whether a day follows that no title would hold: after 3 days, in a week, +3d, day 3."""
    low = cursor.low()
    if low in {"after", "in", "+"} and starts_span(cursor, 1):
        return True
    if starts_span(cursor):
        return "later" in {cursor.low(1), cursor.low(2)}
    if low in {"day", "on"}:
        return cursor.low(0 if low == "day" else 1) == "day" and cursor.low(1 if low == "day" else 2).isdecimal()
    return low.startswith("+") and low[1:2].isdecimal()


def _starts_step(cursor: Cursor) -> bool:
    return cursor.low() in _KINDS or _at_when(cursor) or (cursor.low() == "check" and cursor.low(1) == "in")


def _ends_step(cursor: Cursor) -> bool:
    return cursor.peek() is None or cursor.mark() in {";", ",", "\n"} or cursor.low() in {"then", "and"}


def misunderstand(cursor: Cursor, remedy: str) -> Misunderstood:
    """Names what comes next, up to the next mark, and what came just before it."""
    begin, position = cursor.at, cursor.position
    if cursor.take_quoted() is None and not cursor.take_phrase(lambda _: False):
        cursor.at += 1
    strange = cursor.excerpt(begin, min(cursor.at, len(cursor.tokens)))
    if begin == 0:
        return Misunderstood(f"I did not understand {quote(strange)}.", remedy, position)
    first = begin - 1
    while first > 0 and begin - first < 3 and cursor.tokens[first - 1].sort is not Sort.MARK:
        first -= 1
    after = cursor.excerpt(first, begin)
    if not strange:
        return Misunderstood(f"Nothing comes after {quote(after)}.", remedy, position)
    return Misunderstood(f"I did not understand {quote(strange)} after {quote(after)}.", remedy, position)
