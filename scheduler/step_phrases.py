"""How the nudges of a campaign are read from one line. The grammar is told in `scheduler.phrases`."""

from __future__ import annotations

from dataclasses import replace

from scheduler.commands import MOST_LINKS, MOST_STEPS
from scheduler.model import Kind, Step
from scheduler.moments import MOST_DAYS, read_number, starts_span, take_days
from scheduler.tokens import Cursor, Misunderstood, Sort, Token, is_web_address, misunderstand, quote

KINDS: dict[str, Kind] = {
    "tip": Kind.TIP, "recall": Kind.RECALL, "quiz": Kind.RECALL, "question": Kind.RECALL, "apply": Kind.APPLY,
    "practice": Kind.APPLY, "practise": Kind.APPLY, "plan": Kind.PLAN, "check-in": Kind.CHECK_IN,
    "checkin": Kind.CHECK_IN, "check_in": Kind.CHECK_IN,
}  # fmt: skip
_WHEN_REMEDY = 'Say when with "after 3 days", and put a semicolon between two nudges.'
_KIND_REMEDY = "A nudge is a tip, recall, apply, plan or check-in, with its text in quotation marks or a job aid (#12)."
_AT_ONCE = (("now",), ("today",), ("at", "once"), ("immediately",), ("the", "first", "day"), ("first", "day"))


def parse_steps(cursor: Cursor) -> tuple[Step, ...]:
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
    if not _ends_step(cursor) and not starts_step(cursor):
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
    kind = KINDS.get(cursor.low())
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


def starts_step(cursor: Cursor) -> bool:
    return cursor.low() in KINDS or _at_when(cursor) or (cursor.low() == "check" and cursor.low(1) == "in")


def _ends_step(cursor: Cursor) -> bool:
    return cursor.peek() is None or cursor.mark() in {";", ",", "\n"} or cursor.low() in {"then", "and"}
