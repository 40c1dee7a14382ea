"""What people choose for themselves: `/lanyard topics`, `/lanyard settings`, and the same behind buttons."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from bot.journeys.replies import choices, field, pressed_id, show
from bot.journeys.rhythms import read_learner
from bot.messages import FieldErrors, Note, Outcome
from bot.store import Transaction
from bot.turn import Turn
from bot.wording import preferences as words
from bot.wording.routing import believed
from scheduler.days_off import COUNTRY_REMEDY, find_country, unknown_place
from scheduler.zones import ZONE_REMEDY, find_zone, name_zone

LONGEST_TOPIC = 60
MOST_TOPICS = 20
MOST_BELIEFS = 8


async def overview(turn: Turn) -> Outcome:
    """What the bot goes by, with buttons to change it; for typed words too, which no form can answer."""
    async with turn.look() as tx:
        profile = (await tx.profiles()).get(turn.person.id)
        beliefs = await read_beliefs(tx, turn, most=MOST_BELIEFS)
    return await show(turn, words.overview(profile, beliefs))


async def read_beliefs(tx: Transaction, turn: Turn, *, most: int) -> list[words.Belief]:
    """What was seen of this person, and may make them be asked."""
    pieces = await tx.evidence_about(turn.person, limit=most)
    return [words.Belief(evidence_id=one.id, text=believed(one.kind, one.text, one.at)) for one in pieces]


async def _press_disown(turn: Turn) -> Outcome:
    evidence_id = pressed_id(turn)
    async with turn.commit() as tx:
        await tx.disown_evidence(evidence_id, by=turn.person)
    return Note(card=words.disowned())


async def _press_topics(turn: Turn) -> Outcome:
    async with turn.look() as tx:
        profile = (await tx.profiles()).get(turn.person.id)
    return words.topics_form(profile, today=turn.now.date())


async def _submit_topics(turn: Turn) -> Outcome:
    errors: dict[str, str] = {}
    consent = field(turn, "consent")
    if consent not in ("yes", "no"):
        errors["consent"] = "Please choose yes or no."
    topics = list(dict.fromkeys(" ".join(topic.split()) for topic in field(turn, "topics").split(",")))
    topics = [topic for topic in topics if topic]
    if len(topics) > MOST_TOPICS or any(len(topic) > LONGEST_TOPIC for topic in topics):
        errors["topics"] = f"At most {MOST_TOPICS} topics of up to {LONGEST_TOPIC} characters, parted by commas."
    cap = read_number(field(turn, "weekly_cap"), most=words.MOST_A_WEEK)
    if cap is None:
        errors["weekly_cap"] = f"Give a number from 1 to {words.MOST_A_WEEK}."
    until = _read_pause(turn, errors)
    hours = _read_hours(turn, errors)
    if errors:
        return FieldErrors(errors=errors)
    async with turn.commit() as tx:
        await tx.set_profile(
            turn.person,
            consent=consent,
            topics=topics,
            weekly_cap=cap,
            paused_until=until,
            anytime=field(turn, "anytime") == "yes",
            **hours,
        )
    return Note(card=words.saved("what you are asked about"))


async def _press_reminders(turn: Turn) -> Outcome:
    learner = read_learner(turn.person)
    paused = learner.paused_until if learner.paused_until and learner.paused_until > turn.now else None
    return words.reminders_form(
        at=learner.at,
        quiet_from=learner.quiet_from,
        quiet_until=learner.quiet_until,
        daily_cap=learner.daily_cap,
        country=learner.country,
        paused=paused.date() if paused else None,
    )


async def _submit_reminders(turn: Turn) -> Outcome:
    errors: dict[str, str] = {}
    times = {name: read_time(turn, name, errors) for name in ("nudge_at", "quiet_from", "quiet_until")}
    if (times["quiet_from"] is None) != (times["quiet_until"] is None):
        missing = "quiet_from" if times["quiet_from"] is None else "quiet_until"
        errors.setdefault(missing, "Give both times, or neither.")
    typed = field(turn, "daily_cap")
    cap = read_number(typed, most=words.MOST_A_DAY) if typed else None
    if typed and cap is None:
        errors["daily_cap"] = f"Give a number from 1 to {words.MOST_A_DAY}, or leave it empty."
    country = read_country(turn, errors)
    until = _read_pause(turn, errors)
    if errors:
        return FieldErrors(errors=errors)
    chosen = {name: value.strftime("%H:%M") if value else None for name, value in times.items()}
    async with turn.commit() as tx:
        await tx.change_own_settings({**chosen, "daily_cap": cap, "country": country}, by=turn.person)
        await tx.pause_nudges(until, by=turn.person)
        await tx.unsettle(person_id=turn.person.id)
    return Note(card=words.saved("your reminders"))


def _read_hours(turn: Turn, errors: dict[str, str]) -> dict[str, Any]:
    """Days and both times, or none of the three, which leaves it to the company."""
    days = read_weekdays(turn, errors)
    begin, until = (read_time(turn, name, errors) for name in ("work_from", "work_until"))
    given = (bool(days), begin is not None, until is not None)
    if any(given) and not all(given) and not {"working_days", "work_from", "work_until"} & errors.keys():
        missing = ("working_days", "work_from", "work_until")[given.index(False)]
        errors[missing] = "Give the days and both times, or leave all three empty."
    return {"working_days": sorted(days) or None, "work_from": begin, "work_until": until}


def read_number(text: str, *, most: int) -> int | None:
    if not (text.isascii() and text.isdecimal() and len(text) < 6):
        return None
    return int(text) if 1 <= int(text) <= most else None


def read_time(turn: Turn, name: str, errors: dict[str, str]) -> time | None:
    text = field(turn, name)
    if not text:
        return None
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        errors[name] = "Give a time, as in 09:30, or leave it empty."
        return None


def read_date(turn: Turn, name: str, errors: dict[str, str]) -> date | None:
    text = field(turn, name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        errors[name] = "Give a date, as in 2026-12-01, or leave it empty."
        return None


def read_weekdays(turn: Turn, errors: dict[str, str]) -> frozenset[int]:
    """Those chosen of `weekdays_field`, from 0 (Monday); empty where none is."""
    chosen = choices(turn, "working_days")
    if not set(chosen) <= {"0", "1", "2", "3", "4", "5", "6"}:
        errors["working_days"] = "Please choose from the given days."
        return frozenset()
    return frozenset(int(day) for day in chosen)


def read_zone(turn: Turn, errors: dict[str, str]) -> str | None:
    typed = field(turn, "time_zone")
    found = name_zone(typed) if typed else None
    if typed and found is None:
        errors["time_zone"] = f"There is no time zone “{typed}”. {ZONE_REMEDY}"
    return found


def read_country(turn: Turn, errors: dict[str, str]) -> str | None:
    typed = field(turn, "country")
    found = find_country(typed) if typed else None
    if typed and found is None:
        errors["country"] = f"{unknown_place(typed)} {COUNTRY_REMEDY}"
    return found


def _read_pause(turn: Turn, errors: dict[str, str]) -> datetime | None:
    """The first moment of that day on the person's own clock; None for no pause."""
    text = field(turn, "paused_until")
    if not text:
        return None
    zone = find_zone(turn.person.time_zone)
    try:
        until = datetime.combine(date.fromisoformat(text), time(), tzinfo=zone or UTC)
        if until > turn.now:
            return until
        errors["paused_until"] = "That day is over. Choose one to come, or leave it empty."
    except (ValueError, OverflowError):
        errors["paused_until"] = "Give a date, as in 2026-12-01, or leave it empty."
    return None


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "topics": _press_topics,
    "reminders": _press_reminders,
    "disown": _press_disown,
}
SUBMISSIONS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "topics": _submit_topics,
    "reminders": _submit_reminders,
}
