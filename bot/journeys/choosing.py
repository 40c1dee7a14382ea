"""Whom to ask now: consent and limits, working hours, and what the platforms tell of who is there.

Whoever was asked much this week counts for less, and among near-equals who was asked least recently comes first;
somebody who cannot be disturbed now is waited for only where nobody about as good is at work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bot.journeys.rhythms import read_customs, read_learner
from bot.messages import Address, Availability, Presence, TryLater
from bot.services import Services
from bot.store import Transaction
from bot.store.records import ExpertProfile, Person, Question
from bot.wording import routing as words
from knowledge.model import RankedExpert
from scheduler.hours import WorkingHours, next_at_work
from scheduler.zones import find_zone

NEAR = 0.5  # of the chance of the likeliest: near enough to share the load
EASED = 0.5  # for each question that was put to them this week, the chance counts as if divided by so much more
WORTH_ASKING_NOW = 0.15  # of the chance of the likeliest: rather than to wait for them
PATIENCE = 1.0  # seconds: who presses a button is waiting
NAMED = "were named by a colleague"
BEGIN, UNTIL = time(9), time(17)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who may be asked. `free_at` is now, or when they can be disturbed next."""

    person: Person
    reason: str
    score: float
    first_time: bool
    hours: WorkingHours
    free_at: datetime
    presence: Presence = Presence.UNKNOWN
    last_asked: datetime | None = None
    anytime: bool = False
    asked: int = 0  # questions put to them this week
    named: bool = False


def choose(candidates: Sequence[Candidate], *, now: datetime) -> Candidate | None:
    """Who is asked next; where their `free_at` is still to come, they are waited for. Pure."""
    if not candidates:
        return None
    named = next((one for one in candidates if one.named), None)
    if named is not None:
        return named
    best = max(map(_eased, candidates))
    free = [one for one in candidates if one.free_at <= now and _eased(one) >= WORTH_ASKING_NOW * best]
    if free:
        top = max(map(_eased, free))
        return min((one for one in free if _eased(one) >= NEAR * top), key=_whose_turn)
    near = (one for one in candidates if _eased(one) >= NEAR * best)
    return min(near, key=lambda one: (one.free_at, -_eased(one)))


def _eased(one: Candidate) -> float:
    """How likely they are to answer, less for each time that they were asked this week."""
    return one.score / (1 + EASED * one.asked)


def _whose_turn(one: Candidate) -> tuple[bool, bool, datetime, float]:
    """At the screen before away; never asked before, then the longest ago."""
    never = one.last_asked is None
    return (one.presence is Presence.AWAY, not never, one.last_asked or datetime.min.replace(tzinfo=UTC), -one.score)


async def look_around(services: Services, addresses: Mapping[int, Address]) -> dict[int, Availability]:
    """What the platforms tell of these people, by id, with nothing open. Who is not told of is no obstacle."""

    async def ask(person: int, to: Address) -> tuple[int, Availability] | None:
        platform = services.platforms.get(to.platform)
        if platform is None or to.person is None:
            return None
        try:
            return person, await platform.availability(to.tenant, to.person)
        except TryLater:
            return None

    asked = [asyncio.ensure_future(ask(person, to)) for person, to in addresses.items()]
    if not asked:
        return {}
    done, late = await asyncio.wait(asked, timeout=PATIENCE)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    return dict(answer for task in done if (answer := task.result()) is not None)


async def find_candidates(
    tx: Transaction,
    question: Question,
    ranked: Iterable[RankedExpert],
    available: Mapping[int, Availability],
    *,
    first: int | None,
) -> list[Candidate]:
    """Everybody who may be asked this question. `first` was named by a colleague."""
    asked_before = {routing.expert_id for routing in await tx.routings(question.id)}
    profiles = await tx.profiles()
    load = await tx.asked_this_week()
    last = await tx.last_asked()
    settings = (await tx.workspace_record()).settings
    order = [(int(one.person), words.why(one.reasons), one.score) for one in ranked]
    if first is not None:
        order = [(first, NAMED, 0.0), *(one for one in order if one[0] != first)]
    people = await tx.people_by_id([person_id for person_id, _, _ in order])
    reachable = await tx.direct_addresses(list(people))
    found: list[Candidate] = []
    for person_id, reason, score in order:
        person, profile = people.get(person_id), profiles.get(person_id)
        if person is None or person_id in asked_before or person_id not in reachable:
            continue
        if not _may_be_asked(person, profile, question, load=load.get(person_id, 0), now=tx.now):
            continue
        told = available.get(person_id, Availability())
        hours = hours_of(person, profile, settings)
        free_at = when_free(hours, told, now=tx.now)
        if free_at is None:
            continue
        found.append(
            Candidate(
                person=person,
                reason=reason,
                score=score,
                first_time=profile is None,
                hours=hours,
                free_at=free_at,
                presence=told.presence,
                last_asked=last.get(person_id),
                anytime=profile is not None and profile.anytime,
                asked=load.get(person_id, 0),
                named=person_id == first,
            )
        )
    return found


def _may_be_asked(
    person: Person, profile: ExpertProfile | None, question: Question, *, load: int, now: datetime
) -> bool:
    if not person.active or person.guest or person.id == question.asker_id:
        return False
    if profile is None:
        return True
    paused = profile.paused_until is not None and profile.paused_until > now
    return profile.consent != "no" and load < profile.weekly_cap and not paused


def when_free(hours: WorkingHours, told: Availability, *, now: datetime) -> datetime | None:
    """Now, or when they are at work next and may be disturbed. None for somebody who is out, nobody knows how long."""
    at = now
    if told.presence is Presence.OUT:
        if told.back_at is None:
            return None
        at = max(at, told.back_at)
    if told.undisturbed_until is not None:
        at = max(at, told.undisturbed_until)
    return next_at_work(hours, at)


def hours_of(person: Person, profile: ExpertProfile | None, settings: Mapping[str, Any]) -> WorkingHours:
    """A person's own hours, else the workspace's, else Monday to Friday, nine to five; in the person's zone."""
    customs = read_customs(settings)
    zone = zone_of(person, settings)
    country = read_learner(person).country or customs.country
    if profile is not None and profile.working_days and profile.work_from and profile.work_until:
        return WorkingHours(
            zone=zone,
            days=frozenset(profile.working_days),
            begin=profile.work_from,
            until=profile.work_until,
            holidays=customs.holidays,
            country=country,
        )
    given = settings.get("working_hours")
    start, end = (given.get("start"), given.get("end")) if isinstance(given, dict) else (None, None)
    return WorkingHours(
        zone=zone,
        days=customs.working_days,
        begin=_time(start) or BEGIN,
        until=_time(end) or UNTIL,
        holidays=customs.holidays,
        country=country,
    )


def zone_of(person: Person, settings: Mapping[str, Any]) -> ZoneInfo:
    return find_zone(person.time_zone) or find_zone(read_customs(settings).zone) or ZoneInfo("UTC")


def _time(value: object) -> time | None:
    try:
        return time.fromisoformat(str(value)).replace(tzinfo=None)
    except ValueError:
        return None
