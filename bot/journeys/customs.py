"""When reminders come for everybody who has not chosen otherwise: the workspace's customs, changed by L&D in a form."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.journeys.preferences import read_country, read_number, read_time, read_weekdays, read_zone
from bot.journeys.replies import field
from bot.journeys.rhythms import read_customs
from bot.messages import FieldErrors, Note, Outcome
from bot.store import NotAllowedError
from bot.turn import Turn
from bot.wording.planning_forms import customs_form
from bot.wording.preferences import MOST_A_DAY, saved
from scheduler.recall import RETENTIONS

MOST_DAYS_OFF = 100


async def open_form(turn: Turn) -> Outcome:
    """Raises NotAllowedError."""
    _check(turn)
    async with turn.look() as tx:
        return customs_form(read_customs((await tx.workspace_record()).settings))


async def submit(turn: Turn) -> Outcome:
    """Raises NotAllowedError. What is wrong is said beside each field, and then nothing is changed."""
    _check(turn)
    errors: dict[str, str] = {}
    changes = _read(turn, errors)
    if errors:
        return FieldErrors(errors=errors)
    async with turn.commit() as tx:
        await tx.change_customs(changes, by=turn.person)
        await tx.unsettle()
        await tx.audit("change customs", "the workspace", by=turn.person)
    return Note(card=saved("when reminders come for everybody"))


def _check(turn: Turn) -> None:
    if not turn.person.is_ld():
        raise NotAllowedError("Only L&D and administrators choose when reminders come for everybody.")


def _read(turn: Turn, errors: dict[str, str]) -> dict[str, Any]:
    zone = read_zone(turn, errors)
    if zone is None:
        errors.setdefault("time_zone", "Give a time zone, such as Europe/Berlin or America/New_York.")
    days = read_weekdays(turn, errors)
    if not days:
        errors.setdefault("working_days", "Please choose one of these days at least.")
    times = {name: read_time(turn, name, errors) for name in ("nudge_at", "quiet_from", "quiet_until")}
    if (times["quiet_from"] is None) != (times["quiet_until"] is None):
        missing = "quiet_from" if times["quiet_from"] is None else "quiet_until"
        errors.setdefault(missing, "Give both times, or neither.")
    cap = read_number(field(turn, "daily_cap"), most=MOST_A_DAY)
    if cap is None:
        errors["daily_cap"] = f"Give a number from 1 to {MOST_A_DAY}."
    least, most = (round(100 * share) for share in RETENTIONS)
    aim = read_number(field(turn, "retention"), most=most)
    if aim is None or aim < least:
        errors["retention"] = f"Give a number from {least} to {most}."
    return {
        "time_zone": zone,
        **{name: at.strftime("%H:%M") if at else None for name, at in times.items()},
        "working_days": sorted(days),
        "daily_cap": cap,
        "country": read_country(turn, errors),
        "holidays": _read_days(field(turn, "holidays"), errors) or None,
        "recall_retention": aim / 100 if aim else None,
        "consented": True if field(turn, "consented") == "yes" else None,
    }


def _read_days(text: str, errors: dict[str, str]) -> list[str]:
    found = []
    for typed in text.replace("\n", ",").split(","):
        if not (day := typed.strip()):
            continue
        try:
            found.append(date.fromisoformat(day).isoformat())
        except ValueError:
            errors.setdefault("holidays", f"“{day}” is no date. Write it like 2026-12-28.")
    if len(found) > MOST_DAYS_OFF:
        errors["holidays"] = f"These are {len(found)} days; {MOST_DAYS_OFF} is the most. Take out those that are over."
    return found
