"""The company in which `benchmarks.ladder` is played: its experts, what they allow, what they have answered before."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from bot.messages import Availability, Presence
from bot.store import Store
from bot.store import tables as t
from bot.store.importing import PastEvidence
from knowledge.model import EvidenceKind
from scheduler.hours import WorkingHours
from tests.doubles.memory import PLATFORM, MemoryPlatform

BEGIN = datetime(2026, 10, 5, 0, 0, tzinfo=UTC)  # a Monday; summer time ends within
TENANT = "large"
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Europe/London", "UTC")
TOPICS = 60
WORDS = 10  # of a topic
PIECES = 20  # of evidence, on average
ROWS = 500
USUAL = (wall_time(9), wall_time(17))
OWN = ((wall_time(7), wall_time(13)), (wall_time(12), wall_time(20)), (wall_time(22), wall_time(6)))
HOUR = timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class Expert:
    id: int = 0
    zone: ZoneInfo
    begin: wall_time
    until: wall_time
    days: frozenset[int] = frozenset(range(5))
    topics: frozenset[int] = frozenset()
    silent: bool = False
    willing: bool = True
    cap: int = 5
    paused_until: datetime | None = None
    away: tuple[datetime, datetime] | None = None
    tells_return: bool = True
    undisturbed: wall_time | None = None  # for an hour from then, each day

    def hours(self) -> WorkingHours:
        return WorkingHours(zone=self.zone, days=self.days, begin=self.begin, until=self.until)

    def told(self, now: datetime) -> Availability:
        """What the platform tells of them."""
        if self.away is not None and self.away[0] <= now < self.away[1]:
            return Availability(presence=Presence.OUT, back_at=self.away[1] if self.tells_return else None)
        if self.undisturbed is not None:
            begin = datetime.combine(now.astimezone(self.zone).date(), self.undisturbed, self.zone).astimezone(UTC)
            if begin <= now < begin + HOUR:
                return Availability(undisturbed_until=begin + HOUR)
        return Availability(presence=Presence.PRESENT)

    def is_at_work(self, now: datetime) -> bool:
        here = now.astimezone(self.zone)
        at = here.time()
        if self.begin < self.until:
            return here.weekday() in self.days and self.begin <= at < self.until
        if at >= self.begin:
            return here.weekday() in self.days
        return at < self.until and (here.weekday() - 1) % 7 in self.days


class Company(MemoryPlatform):
    """A platform that tells of each expert whether they can be disturbed."""

    def __init__(self, experts: dict[int, Expert]) -> None:
        super().__init__([], {})
        self.experts = experts
        self.now = BEGIN

    async def availability(
        self,
        tenant: str,  # noqa: ARG002 — one tenant
        person: str,
    ) -> Availability:
        expert = self.experts.get(int(person.removeprefix("u")))
        return expert.told(self.now) if expert is not None else Availability()


def draw_up(chance: random.Random) -> Expert:
    begin, until = chance.choice(OWN) if chance.random() < 0.2 else USUAL
    one = Expert(zone=ZoneInfo(chance.choice(ZONES)), begin=begin, until=until)
    one.topics = frozenset(chance.sample(range(TOPICS), chance.randrange(1, 4)))
    one.silent = chance.random() < 0.15
    one.willing = chance.random() >= 0.05
    one.cap = chance.choices((1, 2, 5), (0.1, 0.1, 0.8))[0]
    if chance.random() < 0.05:
        one.paused_until = BEGIN + timedelta(days=chance.uniform(3, 40))
    if chance.random() < 0.15:
        leaves = BEGIN + timedelta(days=chance.randrange(30))
        one.away = (leaves, leaves + timedelta(days=chance.randrange(1, 15)))
        one.tells_return = chance.random() < 0.5
    if chance.random() < 0.2:
        one.undisturbed = wall_time(chance.randrange(9, 16))
    return one


def phrase(topic: int, chance: random.Random) -> str:
    """A question on a topic: four of its ten words among a dozen that are in questions on all topics, as often as the
    words of a language are: the n-th 1/n as often as the first.
    """
    words = chance.choices(_COMMON, cum_weights=_OFTEN, k=chance.randrange(8, 16))
    words += [f"topic{topic}word{number}" for number in chance.sample(range(WORDS), 4)]
    chance.shuffle(words)
    return " ".join(words) + "?"


_COMMON = [f"word{number}" for number in range(5000)]
_OFTEN = list(itertools.accumulate(1 / (number + 1) for number in range(5000)))


async def hire(store: Store, count: int, chance: random.Random) -> tuple[int, dict[int, Expert]]:
    """The company: its people, what they said about being asked, and what they have answered."""
    workspace, _ = await store.found_workspace(PLATFORM, TENANT, name="Large", now=BEGIN)
    experts: dict[int, Expert] = {}
    for begin in range(0, count, ROWS):
        numbers = range(begin, min(begin + ROWS, count))
        async with store.transaction(workspace, now=BEGIN) as tx:
            made = [draw_up(chance) for _ in numbers]
            people = [
                {
                    "workspace_id": workspace,
                    "name": f"Expert {number}",
                    "email": f"expert{number}@x.example",
                    "time_zone": one.zone.key,
                    "roles": [],
                    "groups": [],
                    "settings": {},
                    "created_at": BEGIN,
                }
                for number, one in zip(numbers, made, strict=True)
            ]
            put = insert(t.Person).returning(t.Person.id, sort_by_parameter_order=True)
            for one, id_ in zip(made, (await tx.db.execute(put, people)).scalars().all(), strict=True):
                one.id = id_
                experts[id_] = one
            identities = [
                {"platform": PLATFORM, "tenant": TENANT, "user": f"u{one.id}", "person_id": one.id, "seen_at": BEGIN}
                for one in made
            ]
            await tx.db.execute(insert(t.Identity), identities)
            profiles = [
                {
                    "person_id": one.id,
                    "workspace_id": workspace,
                    "consent": "yes" if one.willing else "no",
                    "topics": [],
                    "weekly_cap": one.cap,
                    "paused_until": one.paused_until,
                    "working_days": sorted(one.days),
                    "work_from": one.begin,
                    "work_until": one.until,
                    "anytime": False,
                }
                for one in made
            ]
            await tx.db.execute(insert(t.ExpertProfile), profiles)
            await tx.take_evidence([piece for one in made for piece in _evidence(one, chance)])
    return workspace, experts


def _evidence(one: Expert, chance: random.Random) -> Sequence[PastEvidence]:
    """Few have answered much, most a little."""
    topics = sorted(one.topics)
    pieces = min(200, int(chance.paretovariate(1.2) * PIECES / 4))
    return [
        PastEvidence(
            person_id=one.id,
            kind=EvidenceKind.ANSWERED,
            text=phrase(chance.choice(topics), chance),
            source=f"past:{one.id}:{number}",
            place=f"{PLATFORM}/{TENANT}/general",
            closed=False,
            weight=1.0,
            at=BEGIN - timedelta(days=chance.uniform(0, 300)),
        )
        for number in range(pieces)
    ]
