"""The month that `benchmarks.ladder` plays: the journeys themselves, by a clock that jumps from event to event.

Each asking is held against what its expert allows, by rules written here anew.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from typing import Any

from sqlalchemy import select

from benchmarks.ladder_company import BEGIN, HOUR, ROWS, TENANT, TOPICS, Company, Expert, phrase
from bot.journeys import ladder, routing
from bot.library import Library
from bot.messages import Inbound, Place, Presence, Pressed, Scope, Sender, Submitted
from bot.services import Services
from bot.store import GoneError, Store
from bot.store import tables as t
from bot.store.records import QuestionStatus, RoutingStatus
from bot.turn import Turn
from knowledge.model import OPEN, Decision
from scheduler.hours import after_working
from tests.doubles.memory import PLATFORM

ANSWERS, PASSES = 0.75, 0.1  # of those who react at all; the rest forget it
HOURS_TO_REACT = 1.5  # of working time, on average


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
