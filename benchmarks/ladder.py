"""A company of experts over a month of questions: who is asked, how often, when, and how soon an answer comes.

    python -m benchmarks.ladder [--experts 1000] [--questions 600] [--days 30] [--seed 1] [--picture FILE]

The journeys themselves run, through the store on SQLite, by a clock that jumps from event to event: questions are put
to experts by the ladder, experts answer, pass, or let the clock run out. Of the experts, in five zones, some never
react, some take one question a week, some pause, some want none, some keep their own hours, some go on holiday or are
not to be disturbed; all by chance from a fixed seed. Each asking is held against what its expert allows, by rules
written here anew; whatever is not allowed is counted as wrong, and the exit code says so.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import itertools
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from rich.console import Console
from rich.table import Table
from sqlalchemy import insert, select

from benchmarks.grounds import open_databases
from bot.journeys import ladder, routing
from bot.library import Library
from bot.messages import Availability, Inbound, Place, Presence, Pressed, Scope, Sender, Submitted
from bot.services import Services
from bot.store import GoneError, Store
from bot.store import tables as t
from bot.store.importing import PastEvidence
from bot.store.records import QuestionStatus, RoutingStatus
from bot.turn import Turn
from knowledge.model import OPEN, Decision, EvidenceKind
from scheduler.hours import WorkingHours, after_working
from tests.doubles.memory import PLATFORM, MemoryPlatform

BEGIN = datetime(2026, 10, 5, 0, 0, tzinfo=UTC)  # a Monday; summer time ends within
TENANT = "large"
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Europe/London", "UTC")
TOPICS = 60
PIECES = 20  # of evidence, on average
ROWS = 500
USUAL = (wall_time(9), wall_time(17))
OWN = ((wall_time(7), wall_time(13)), (wall_time(12), wall_time(20)), (wall_time(22), wall_time(6)))
ANSWERS, PASSES = 0.75, 0.1  # of those who react at all; the rest forget it
HOURS_TO_REACT = 1.5  # of working time, on average
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


@dataclass(slots=True)
class Told:
    """What came of it. `asked` are the moments at which each expert was asked."""

    wrong: Counter[str] = field(default_factory=Counter)
    asked: dict[int, list[datetime]] = field(default_factory=dict)
    likeliest: Counter[int] = field(default_factory=Counter)  # who came first in the ranking, question by question
    begun: dict[int, datetime] = field(default_factory=dict)
    topics: dict[int, int] = field(default_factory=dict)
    knew: int = 0  # of those asked
    took: list[float] = field(default_factory=list)  # hours until the answer
    fates: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


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


def topic_words(topic: int) -> list[str]:
    return [f"{stem}{_ENDS[topic // len(_ENDS)]}{_ENDS[topic % len(_ENDS)]}" for stem in _STEMS]


def phrase(topic: int, chance: random.Random) -> str:
    """A question on a topic; what is not of the topic is in those of all others, too."""
    one, two, three, four = chance.sample(topic_words(topic), 4)
    return chance.choice(_PHRASES).format(one, two, three, four)


_STEMS = ("zirk", "mola", "pren", "quor", "vask", "tilm", "brod", "fenu", "gasp", "lerk", "nolb", "yint")
_ENDS = "kmvxzwqp"
_PHRASES = (
    "Who knows how the {0} {1} with a {2} is done in the {3}?",
    "My {0} shows {1} since this morning. Is that the {2} or the {3}?",
    "How do I get the {0} out of the {1} without breaking the {2} {3}?",
    "Can a customer keep the {0} {1} if the {2} was paid by {3}?",
    "What do I do when {0} and {1} do not agree on the {2} of {3}?",
    "The {0} {1} is stuck again, and {2} says it is the {3}. Any idea?",
)


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


class Month:
    def __init__(
        self, store: Store, workspace: int, experts: dict[int, Expert], told: Told, chance: random.Random
    ) -> None:
        self._platform = Company(experts)
        store.connected = frozenset({PLATFORM})
        self._services = Services(
            store=store, library=Library(store), platforms={PLATFORM: self._platform}, now=lambda: self._platform.now
        )
        self._store, self._workspace, self._experts = store, workspace, experts
        self._told, self._chance = told, chance
        self._keys = itertools.count(1)
        self._events: list[tuple[datetime, int, str, int, int]] = []  # when, in what order, what, who, of what
        self._seen = 0

    async def live(self, questions: int, days: int) -> None:
        """Questions are asked at any hour of a working day, where the asker is; then the month ends."""
        until = BEGIN + timedelta(days=days)
        for _ in range(questions):
            asker = self._experts[self._chance.choice(list(self._experts))]
            day = BEGIN + timedelta(days=self._chance.choice([day for day in range(days) if day % 7 < 5]))
            at = datetime.combine(day.date(), wall_time(9), asker.zone) + self._chance.random() * 8 * HOUR
            self._plan(at.astimezone(UTC), "ask", asker.id, self._chance.randrange(TOPICS))
        while True:
            async with self._store.reading(self._workspace, now=self._platform.now) as tx:
                due = await tx.next_routing_due()
            soonest = min((one for one in (due, self._events[0][0] if self._events else None) if one), default=None)
            if soonest is None or soonest > until:
                break
            self._platform.now = max(self._platform.now, soonest)
            if due is not None and due <= soonest:
                async with self._store.reading(self._workspace, now=self._platform.now) as tx:
                    silent = await tx.silent_routings(limit=ROWS)
                for one in silent:
                    await ladder.move_on(self._services, self._workspace, one)
            else:
                _, _, what, who, of = heapq.heappop(self._events)
                await (self._ask(who, of) if what == "ask" else self._react(what, who, of))
            await self._look()
        await self._settle_accounts()

    def _plan(self, at: datetime, what: str, who: int, of: int) -> None:
        heapq.heappush(self._events, (at, next(self._keys), what, who, of))

    async def _turn(self, who: int, kind: type[Pressed | Submitted], verb: str, value: int, **more: str) -> Turn:
        now = self._platform.now
        key = f"k{next(self._keys)}"
        place = Place(conversation=f"dm-u{who}", scope=Scope.DIRECT)
        sender = Sender(id=f"u{who}")
        where: dict[str, Any] = {"platform": PLATFORM, "tenant": TENANT, "key": key, "sender": sender, "place": place}
        inbound: Inbound = (
            Submitted(**where, at=now, verb=verb, value=str(value), fields=more)
            if kind is Submitted
            else Pressed(**where, at=now, verb=verb, value=str(value))
        )
        async with self._store.reading(self._workspace, now=now) as tx:
            person = await tx.person(who)
        return Turn(
            services=self._services, workspace=self._workspace, person=person, inbound=inbound, key=key, now=now
        )

    async def _ask(self, asker: int, topic: int) -> None:
        now = self._platform.now
        text = phrase(topic, self._chance)
        async with self._store.transaction(self._workspace, now=now) as tx:
            person = await tx.person(asker)
            place = await tx.direct_address(asker)
            assert place is not None
            question = await tx.record_question(
                key=f"q{next(self._keys)}",
                asker=person,
                text=text,
                place=place,
                scope=Scope.DIRECT,
                thread=None,
                audience=OPEN,
                decision=Decision.NONE,
                confidence=0.0,
                shipped=0.0,
                candidates=[],
                shown=[],
            )
        ranked = await self._services.library.rank_experts(self._workspace, text, asker=asker, place=None, now=now)
        if ranked:
            self._told.likeliest[int(ranked[0].person)] += 1
        self._told.begun[question] = now
        self._told.topics[question] = topic
        await routing.PRESSES["ask_expert_about"](await self._turn(asker, Pressed, "ask_expert_about", question))

    async def _react(self, what: str, expert: int, routing_id: int) -> None:
        try:
            if what == "pass":
                await routing.PRESSES["pass"](await self._turn(expert, Pressed, "pass", routing_id))
                return
            turn = await self._turn(expert, Submitted, "answer", routing_id, answer="First this, then that.")
            await routing.SUBMISSIONS["answer"](turn)
        except GoneError:
            self._told.fates["reactions that came when it was settled"] += 1
            return
        async with self._store.reading(self._workspace, now=turn.now) as tx:
            question = (await tx.routing(routing_id)).question_id
        self._told.took.append((turn.now - self._told.begun[question]) / HOUR)

    async def _look(self) -> None:
        """Who was asked just now; may they be; and what will they do?"""
        now, told = self._platform.now, self._told
        async with self._store.database.read() as db:
            look = select(t.Routing).where(t.Routing.id > self._seen).order_by(t.Routing.id)
            rows = (await db.execute(look)).mappings().all()
            asked_of = {row["question_id"] for row in rows}
            askers = dict(
                (await db.execute(select(t.Question.id, t.Question.asker_id).where(t.Question.id.in_(asked_of)))).all()
            )
        for row in rows:
            self._seen = row["id"]
            if row["status"] != RoutingStatus.ASKED:
                told.fates["waits for somebody to be at work"] += 1
                continue
            one, question = self._experts[row["expert_id"]], row["question_id"]
            before = told.asked.setdefault(one.id, [])
            told.knew += told.topics[question] in one.topics
            told.wrong["outside their hours"] += not one.is_at_work(now)
            told.wrong["beyond their weekly limit"] += sum(at > now - timedelta(days=7) for at in before) >= one.cap
            told.wrong["while paused"] += one.paused_until is not None and one.paused_until > now
            told.wrong["who wants none"] += not one.willing
            told.wrong["while away"] += one.told(now).presence is Presence.OUT
            told.wrong["while not to be disturbed"] += one.told(now).undisturbed_until is not None
            told.wrong["the asker themselves"] += askers[question] == one.id
            before.append(now)
            draw = self._chance.random()
            if one.silent or draw >= ANSWERS + PASSES:
                continue
            span = timedelta(hours=self._chance.expovariate(1 / HOURS_TO_REACT))
            what = "answer" if draw < ANSWERS else "pass"
            self._plan(after_working(one.hours(), now, span), what, one.id, row["id"])

    async def _settle_accounts(self) -> None:
        async with self._store.database.read() as db:
            for (status,) in await db.execute(select(t.Question.status)):
                self._told.fates[f"questions {QuestionStatus(status)}"] += 1
            twice = select(t.Routing.question_id, t.Routing.expert_id).where(t.Routing.status != RoutingStatus.WAITING)
            pairs = Counter((question, expert) for question, expert in await db.execute(twice))
        self._told.wrong["the same thing twice"] += sum(count - 1 for count in pairs.values())


def gini(loads: Sequence[int]) -> float:
    """0 where all bear the same, near 1 where one bears all."""
    held = np.sort(np.array(loads, np.float64))
    if not held.sum():
        return 0.0
    ranks = np.arange(1, len(held) + 1)
    return float((2 * (ranks * held).sum() / held.sum() - len(held) - 1) / len(held))


def draw(told: Told, experts: dict[int, Expert], file: Path) -> None:
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, ((load, curve), (took, hours)) = plt.subplots(2, 2, figsize=(10, 7), layout="constrained")
    most = max(len(asked) for asked in told.asked.values())
    load.hist(
        [len(told.asked.get(one, ())) for one in experts], bins=range(most + 2), color="#0b6e4f", log=True, align="left"
    )
    load.set_title("Experts by how often they were asked", loc="left", fontsize=11)
    load.set_xlabel("times in the month")
    for name, counts, colour in (
        ("as asked", {one: len(asked) for one, asked in told.asked.items()}, "#0b6e4f"),
        ("if always the likeliest", told.likeliest, "#c8553d"),
    ):
        held = np.sort([counts.get(one, 0) for one in experts])[::-1]
        share = np.cumsum(held) / held.sum()
        curve.plot(100 * np.arange(1, len(held) + 1) / len(held), 100 * share, color=colour, label=name)
    curve.set_title("Share of all askings borne by the busiest", loc="left", fontsize=11)
    curve.set_xlabel("% of experts")
    curve.set_ylabel("% of askings")
    curve.legend(frameon=False)
    ordered = np.sort(told.took)
    took.plot(ordered, 100 * np.arange(1, len(ordered) + 1) / len(told.begun), color="#0b6e4f")
    took.set_xscale("log")
    took.set_title("Questions answered after so many hours", loc="left", fontsize=11)
    took.set_xlabel("hours, nights and weekends included")
    took.set_ylabel("% of questions")
    own = [
        at.astimezone(experts[one].zone).hour
        for one, asked in told.asked.items()
        for at in asked
        if experts[one].begin == USUAL[0]
    ]
    hours.hist(own, bins=range(25), color="#0b6e4f")
    hours.axvspan(USUAL[0].hour, USUAL[1].hour, color="#0b6e4f", alpha=0.12)
    hours.set_title("When those who work nine to five were asked", loc="left", fontsize=11)
    hours.set_xlabel("hour of their own day")
    for axes in (load, curve, took, hours):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, alpha=0.3)
    figure.savefig(file, dpi=150)


def show(told: Told, experts: dict[int, Expert], console: Console, title: str) -> None:
    table = Table("", "", title=title)
    loads = [len(told.asked.get(one, ())) for one in experts]
    table.add_row("times somebody was asked", f"{sum(loads):,}")
    for name, count in told.wrong.items():
        table.add_row(f"wrong: asked {name}", f"{count:,}", style="red" if count else "")
    table.add_row("of them people of that topic", f"{told.knew / sum(loads):.0%}")
    table.add_row("Gini of the load", f"{gini(loads):.2f}")
    table.add_row("Gini at the least, of so few askings", f"{max(0, 1 - sum(loads) / len(loads)):.2f}")
    table.add_row("Gini, if always the likeliest", f"{gini([told.likeliest[one] for one in experts]):.2f}")
    table.add_row("most askings of one", f"{max(loads):,}")
    table.add_row("most, if always the likeliest", f"{max(told.likeliest.values()):,}")
    table.add_row("experts asked for a question, mean", f"{sum(loads) / len(told.begun):.2f}")
    for share in (50, 90, 99):
        table.add_row(f"hours to the answer, {share} %", f"{np.percentile(told.took, share):.1f}")
    for name in sorted(told.fates):
        table.add_row(name, f"{told.fates[name]:,}")
    table.add_row("minutes it took", f"{told.seconds / 60:.1f}")
    console.print(table)


def main(*arguments: str) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experts", type=int, default=1000)
    parser.add_argument("--questions", type=int, default=600)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--picture", type=Path, help="a PNG file for load, hours and time to answer")
    given = parser.parse_args(arguments or None)
    told, chance = Told(), random.Random(given.seed)
    with open_databases("sqlite") as databases:
        url = databases.fresh("empty")

        async def run() -> dict[int, Expert]:
            store = Store(url)
            try:
                workspace, experts = await hire(store, given.experts, chance)
                began = time.perf_counter()
                await Month(store, workspace, experts, told, chance).live(given.questions, given.days)
                told.seconds = time.perf_counter() - began
                return experts
            finally:
                await store.close()

        experts = asyncio.run(run())
    title = f"{given.experts:,} experts, {given.questions:,} questions in {given.days} days"
    show(told, experts, Console(width=120), title)
    if given.picture:
        draw(told, experts, given.picture)
    if sum(told.wrong.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
