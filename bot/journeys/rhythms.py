"""When somebody may be reached: from the settings of the workspace and the person to the scheduler's `Rhythm`.

Settings are written by people and files, so each is read for itself, and one that cannot be meant counts as not set.
The names are the same for both: `nudge_at`, `quiet_from`, `quiet_until` ("08:00"), `working_days` (0 is Monday),
`daily_cap`, `country` (whose public holidays are kept: DE, or DE-BE); of the workspace alone `time_zone`, `holidays`
(the company's own days off, "2026-12-28"), `recall_retention` (0.7 to 0.97: how likely a learner should still know what
is asked again) and `consented` (the company has its people's consent to reminders); of the person alone
`paused_until`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from bot.store.records import Person
from scheduler.days_off import find_country
from scheduler.model import Campaign, Customs, Learner, Rhythm
from scheduler.plan import settle
from scheduler.recall import RETENTIONS


def settle_for(person: Person, campaign: Campaign, customs: Customs) -> Rhythm:
    return settle(read_learner(person), campaign, customs)


def read_customs(settings: Mapping[str, Any]) -> Customs:
    shipped = Customs()
    holidays = settings.get("holidays")
    days = (_date(day) for day in holidays) if isinstance(holidays, list) else ()
    zone = settings.get("time_zone")
    quiet_from, quiet_until = _time(settings.get("quiet_from")), _time(settings.get("quiet_until"))
    if quiet_from is None or quiet_until is None:
        quiet_from, quiet_until = shipped.quiet_from, shipped.quiet_until
    return Customs(
        zone=zone if isinstance(zone, str) else shipped.zone,
        at=_time(settings.get("nudge_at")) or shipped.at,
        working_days=_weekdays(settings.get("working_days")) or shipped.working_days,
        holidays=frozenset(day for day in days if day is not None),
        country=_country(settings.get("country")),
        quiet_from=quiet_from,
        quiet_until=quiet_until,
        daily_cap=_cap(settings.get("daily_cap")) or shipped.daily_cap,
        consented=settings.get("consented") is True,
        retention=_share(settings.get("recall_retention")) or shipped.retention,
    )


def read_learner(person: Person) -> Learner:
    settings = person.settings
    return Learner(
        zone=person.time_zone,
        at=_time(settings.get("nudge_at")),
        working_days=_weekdays(settings.get("working_days")),
        country=_country(settings.get("country")),
        quiet_from=_time(settings.get("quiet_from")),
        quiet_until=_time(settings.get("quiet_until")),
        daily_cap=_cap(settings.get("daily_cap")),
        paused_until=_moment(settings.get("paused_until")),
    )


def _time(value: Any) -> time | None:
    if value is None:  # as most choices are, and an exception costs more than all the rest
        return None
    try:
        found = time.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is None else None


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _weekdays(value: Any) -> frozenset[int] | None:
    if not isinstance(value, list):
        return None
    return frozenset(day for day in value if isinstance(day, int) and 0 <= day <= 6) or None


def _share(value: Any) -> float | None:
    least, most = RETENTIONS
    return float(value) if isinstance(value, int | float) and least <= value <= most else None


def _country(value: Any) -> str | None:
    return find_country(value) if isinstance(value, str) else None


def _cap(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 1 else None
