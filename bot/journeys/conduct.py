"""How sure an answer has to be here, and how long a question waits: `/lanyard conduct`, by an administrator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import time, timedelta
from typing import Any

from bot.journeys.asking import thresholds_of
from bot.journeys.choosing import BEGIN, UNTIL
from bot.journeys.ladder import CLOCK
from bot.journeys.overhearing import QUIET
from bot.journeys.preferences import read_number, read_time
from bot.journeys.replies import field, show
from bot.messages import FieldErrors, Form, Note, Outcome
from bot.store import NotAllowedError
from bot.store.records import Role
from bot.turn import Turn
from bot.wording import conduct as words
from bot.wording.general import plain

_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)


async def overview(turn: Turn) -> Outcome:
    """Raises NotAllowedError."""
    _check(turn)
    return await show(turn, words.overview(await _chosen(turn), _shipped()))


async def _press_conduct(turn: Turn) -> Form:
    _check(turn)
    return words.form(await _chosen(turn), _shipped())


async def _submit_conduct(turn: Turn) -> Outcome:
    _check(turn)
    errors: dict[str, str] = {}
    answer = _read_number(turn, "answer", words.LEAST_SURE, words.MOST_SURE, errors)
    choices = _read_number(turn, "choices", words.LEAST_CHOICES, words.MOST_CHOICES, errors)
    unasked = _read_number(turn, "unasked", words.LEAST_SURE, words.MOST_SURE, errors)
    pause = _read_number(turn, "pause", 1, words.MOST_MINUTES, errors)
    patience = _read_number(turn, "patience", 1, words.MOST_HOURS, errors)
    begin, until = read_time(turn, "begin", errors), read_time(turn, "until", errors)
    least = answer or words.per_cent(_shipped().by_words)
    if choices is not None and choices > least:
        errors.setdefault("choices", words.TOO_MANY_CHOICES)
    if unasked is not None and unasked < least:
        errors.setdefault("unasked", words.TOO_FEW_UNASKED)
    if (begin or BEGIN) >= (until or UNTIL):
        errors.setdefault("until" if until else "begin", words.WRONG_WAY_ROUND)
    if errors:
        return FieldErrors(errors=errors)
    hours = {
        "start": (begin or BEGIN).strftime("%H:%M"),
        "end": (until or UNTIL).strftime("%H:%M"),
    }
    changes: dict[str, Any] = {
        "answer_threshold": _share(answer),
        "choices_threshold": _share(choices),
        "unsolicited_threshold": _share(unasked),
        "unsolicited_pause_minutes": pause,
        "expert_clock_hours": patience,
        "working_hours": hours if begin or until else None,
    }
    async with turn.commit() as tx:
        await tx.change_conduct(changes, by=turn.person)
        told = ", ".join(f"{name} {value}" for name, value in changes.items() if value is not None)
        await tx.audit("change conduct", told or "as shipped", by=turn.person)
    return Note(card=plain(words.SAVED))


def _check(turn: Turn) -> None:
    if Role.ADMINISTRATOR not in turn.person.roles:
        raise NotAllowedError("Only an administrator chooses how sure and how patient I am.")


async def _chosen(turn: Turn) -> words.Conduct:
    async with turn.look() as tx:
        settings = (await tx.workspace_record()).settings
    pause, patience = _number(settings, "unsolicited_pause_minutes"), _number(settings, "expert_clock_hours")
    hours = settings.get("working_hours")
    given = hours if isinstance(hours, Mapping) else {}
    return words.Conduct(
        answer=_number(settings, "answer_threshold"),
        choices=_number(settings, "choices_threshold"),
        unasked=_number(settings, "unsolicited_threshold"),
        pause=pause * _MINUTE if pause is not None else None,
        patience=patience * _HOUR if patience is not None else None,
        begin=_time(given.get("start")),
        until=_time(given.get("end")),
    )


def _shipped() -> words.Shipped:
    shipped = thresholds_of({})
    return words.Shipped(
        answer=shipped.answer,
        by_words=shipped.by_words,
        choices=shipped.choices,
        pause=QUIET,
        patience=CLOCK,
        begin=BEGIN,
        until=UNTIL,
    )


def _read_number(turn: Turn, name: str, least: int, most: int, errors: dict[str, str]) -> int | None:
    typed = field(turn, name).removesuffix("%").rstrip()
    if not typed:
        return None
    number = read_number(typed, most=most)
    if number is None or number < least:
        errors[name] = words.no_number(least, most)
        return None
    return number


def _share(per_cent: int | None) -> float | None:
    return per_cent / 100 if per_cent is not None else None


def _number(settings: Mapping[str, Any], name: str) -> float | None:
    value = settings.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _time(value: object) -> time | None:
    try:
        return time.fromisoformat(str(value)).replace(tzinfo=None)
    except ValueError:
        return None


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"conduct": _press_conduct}
SUBMISSIONS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"conduct": _submit_conduct}
