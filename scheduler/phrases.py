"""The one-line form of `/nudge`, typed as a slash command on Slack and as a message on Teams and the web.

    new "Refund basics" to #support from 2026-12-01 at 9:30 because "after the refund training":
        tip #12; after 3 days recall "What is the limit without approval?" = "50 EUR";
        after 7 days apply "Did you use the refund form this week?"

A campaign is a head, a colon, and nudges parted by semicolons or line breaks.

- The head begins with `new` and the name; then, in any order: `to` #channel, @person, a group, `everyone` or `me`,
  several parted by commas; `from` a date; `at` a time; `because` a purpose; `in` a zone such as Europe/Berlin;
  `holidays` a place such as DE-BE, whose public holidays are kept; `days` weekdays, as in Mon-Thu.
- A nudge is a kind (tip, recall, apply, plan, check-in), with what it says in quotation marks, or a job aid: `#12`, or
  words of its title. `=` gives a recall its answer, and `link "The film" https://…` brings a link, whose label may be
  left out. `after 3 days` (in 3 days, +3d, day 3, tomorrow) before or after it counts from each person's first day,
  which is day 0; without it a nudge comes on the day of the one before.
- Everything else is a verb, mostly with a campaign's name: list, show, figures, preview, dry run, start, pause, resume,
  end, copy, edit; for oneself: stop, snooze "Refund basics" 2 days, pause 2 weeks, pause until Monday, fewer, settings,
  and `me every 2 days for 2 weeks "ask before I answer"` (`scheduler.own_phrases`).

Quotation marks may be straight, typographic or single and, around a few words that are no part of the grammar, left
out. Capitals do not matter. What is read is always said back in full, by `describe`, before anything starts.
"""

from __future__ import annotations

import difflib
from datetime import date, datetime, time, timedelta

from scheduler.campaign_phrases import parse_new
from scheduler.commands import (
    Command,
    Control,
    Fault,
    ForMe,
    NewCampaign,
    Verb,
    describe,
    write_line,
)
from scheduler.moments import say_date, starts_span, take_date, take_span, take_time
from scheduler.own_phrases import parse_own
from scheduler.tokens import Cursor, Misunderstood, misunderstand, quote

__all__ = ["Command", "Control", "Fault", "ForMe", "NewCampaign", "Verb", "describe", "parse", "write_line"]

LONGEST_LINE = 20_000
MIDNIGHT = time()


def parse(line: str, *, today: date, clock: time = MIDNIGHT) -> Command | Fault:
    """What `line` asks for, with or without `/nudge` before it. It is `today`, and `clock`, where the person is."""
    if len(line) > LONGEST_LINE:
        problem = f"That is {len(line):,} characters long; {LONGEST_LINE:,} is the most."
        return Fault(problem=problem, remedy="Put long texts into a job aid and name it.", position=LONGEST_LINE)
    try:
        return _parse_command(Cursor(line), datetime.combine(today, clock))
    except Misunderstood as misunderstood:
        return Fault(
            problem=misunderstood.problem, remedy=misunderstood.remedy, position=min(misunderstood.position, len(line))
        )


# ── Verbs ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_VERBS: dict[str, Verb] = {
    word: verb
    for verb, words in {
        Verb.NEW: "new create add",
        Verb.HELP: "help ?",
        Verb.LIST: "list ls campaigns",
        Verb.SETTINGS: "settings preferences",
        Verb.FEWER: "fewer less",
        Verb.SHOW: "show view status",
        Verb.FIGURES: "figures pictures picture",
        Verb.PREVIEW: "preview",
        Verb.DRY_RUN: "dryrun dry-run test try",
        Verb.START: "start run launch",
        Verb.PAUSE: "pause hold",
        Verb.RESUME: "resume continue unpause",
        Verb.END: "end finish close delete remove discard cancel",
        Verb.COPY: "copy duplicate",
        Verb.EDIT: "edit change",
        Verb.STOP: "stop unsubscribe leave mute",
        Verb.SNOOZE: "snooze later postpone",
    }.items()
    for word in words.split()
}
_WITH_DELAY = {Verb.SNOOZE, Verb.PAUSE}
_WITHOUT_NAME = {Verb.HELP, Verb.LIST, Verb.SETTINGS, Verb.FEWER}


def _parse_command(cursor: Cursor, now: datetime) -> Command:
    if cursor.low() in {"/nudge", "nudge"}:
        cursor.at += 1
    cursor.skip(":,\n")
    if cursor.peek() is None:
        return Control(verb=Verb.OPEN)
    if cursor.low() in {"me", "myself"}:
        cursor.at += 1
        return parse_own(cursor, now)
    begin, position = cursor.at, cursor.position
    if cursor.take_words("dry", "run"):
        return _parse_control(cursor, Verb.DRY_RUN, now)
    verb = _VERBS.get(cursor.low())
    if verb is None:
        typed = cursor.tokens[begin]
        near = difflib.get_close_matches(typed.low[:20], [*_VERBS, "me"], n=1)
        remedy = (
            f'Did you mean "{near[0]}"?' if near else 'Begin with "new", "list", "show", "start", "stop" or "help".'
        )
        raise Misunderstood(f"I do not know {quote(typed.text)} as something to do with nudges.", remedy, position)
    cursor.at += 1
    return parse_new(cursor, now.date()) if verb is Verb.NEW else _parse_control(cursor, verb, now)


def _take_delay(cursor: Cursor, now: datetime) -> timedelta | None:
    until = _take_until(cursor, now)
    if until is not None:
        return until
    cursor.take_any(frozenset({"for", "by"}))
    return take_span(cursor)


_UNTIL = frozenset({"until", "till", "til"})


def _at_until(cursor: Cursor, now: datetime) -> bool:
    begin = cursor.at
    try:
        return _take_until(cursor, now) is not None
    except Misunderstood:
        return True  # a day, and it will be said what is wrong with it
    finally:
        cursor.at = begin


def _take_until(cursor: Cursor, now: datetime) -> timedelta | None:
    """How long it is until the day that comes next, or a time on it; None, with nothing taken, where none does."""
    begin = cursor.at
    if not cursor.take_any(_UNTIL) or (day := take_date(cursor, now.date())) is None:
        cursor.at = begin
        return None
    position = cursor.position
    cursor.take_any(frozenset({"at"}))
    until = datetime.combine(day, take_time(cursor) or MIDNIGHT)
    if until <= now:
        raise Misunderstood(f"{say_date(day)} has begun already.", "Choose a later day, or a time on it.", position)
    return until - now


def _parse_control(cursor: Cursor, verb: Verb, now: datetime) -> Control:
    if verb in _WITHOUT_NAME:
        return Control(verb=verb)
    if cursor.low(1) or cursor.peek(1) is not None:  # "start the campaign Refunds", but a name may be "Campaign"
        cursor.take_words("the")
        cursor.take_words("campaign")

    def stops(cursor: Cursor) -> bool:
        if verb is Verb.DRY_RUN:
            return cursor.low() == "to" and cursor.low(1) == "me" and cursor.peek(2) is None
        if verb not in _WITH_DELAY:
            return False
        return starts_span(cursor, 1 if cursor.low() in {"for", "by"} else 0) or _at_until(cursor, now)

    name = cursor.take_quoted()
    name = cursor.take_phrase(stops) if name is None else name
    if verb is Verb.DRY_RUN:
        cursor.take_words("to", "me")
    delay = _take_delay(cursor, now) if verb in _WITH_DELAY else None
    if cursor.peek() is not None:
        raise misunderstand(cursor, f'Write only the name, in quotation marks: {verb} "Refund basics".')
    if name.casefold() in {"all", "everything", "me"} and verb in {Verb.STOP, Verb.SNOOZE, Verb.PAUSE, Verb.RESUME}:
        name = ""
    return Control(verb=verb, name=name, delay=delay)
