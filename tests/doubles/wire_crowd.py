"""People who ask at a steady pace on a platform of its own process, and what a driver learns of how it went.

Under `/control` stands what a driver needs, the same on every such platform: `wire_platform` and `wire_slack`.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from aiohttp import web

RETRY_AFTER = 0.1  # seconds between two deliveries of an event, twice as long each time; real platforms take longer
LONGEST_RETRY = 1.6
LEARNER = "learner-"  # how the ids of those begin who ask nothing and receive nudges
QUESTIONS = (
    "How do I reset my VPN token?",
    "Can I give a refund without a receipt?",
    "I lost my corporate card",
    "Where do I see my payslip?",
    "What is the price match rule for online shops?",
    "The till is frozen, what now?",
    "Do unicorns get free lunch on Tuesdays?",
)


class Fault(StrEnum):
    TOO_MANY = "too many requests"
    REFUSED = "server error, not accepted"
    FAILED = "server error, accepted"
    DROPPED = "connection dropped, not accepted"
    CLOSED = "connection dropped, accepted"
    SLOW = "accepted, answered late"


class Crowd(ABC):
    def __init__(self) -> None:
        self.lanyards: list[str] = []
        self.counts: Counter[str] = Counter()
        self._waiting: list[asyncio.Future[None]] = []
        self._asking: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count()

    @abstractmethod
    async def deliver(self, number: int) -> None:
        """Ask the question of this number, and deliver it again until a Lanyard has acknowledged it."""

    @abstractmethod
    def inject(self, shares: Mapping[Fault, float], chance: random.Random) -> None: ...

    @abstractmethod
    def tell(self) -> dict[str, Any]:
        """Figures: asked, acknowledged, answered; and which were lost, doubled, strange."""

    def count(self, *names: str) -> None:
        """Count something that passed between the platform and a Lanyard."""
        self.note("interactions", *names)

    def note(self, *names: str) -> None:
        self.counts.update(names)
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.done():
                one.set_result(None)

    def report(self) -> dict[str, Any]:
        return self.tell() | {"busy": bool(self._asking), "counts": self.counts}

    def ask(self, *, count: int, per_second: float, copies: int, seed: int) -> None:
        """Let people ask `count` questions, each delivered `copies` times; several copies come in a shuffled order."""
        numbers = list(itertools.islice(self._numbers, count)) * copies
        if copies > 1:
            random.Random(seed).shuffle(numbers)
        task = asyncio.create_task(self._ask(numbers, per_second * copies))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask(self, numbers: list[int], per_second: float) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.TaskGroup() as deliveries:
            for place, number in enumerate(numbers):
                await asyncio.sleep(began + place / per_second - loop.time())
                deliveries.create_task(self.deliver(number))

    async def until(self, reached: Callable[[], bool]) -> None:
        while not reached():
            change: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(change)
            await change


def crowd_routes(crowd: Crowd) -> web.RouteTableDef:
    routes = web.RouteTableDef()

    @routes.put("/control/lanyards")
    async def lanyards(request: web.Request) -> web.Response:
        crowd.lanyards = await request.json()
        return web.Response()

    @routes.put("/control/injected")
    async def inject(request: web.Request) -> web.Response:
        given = await request.json()
        shares = {Fault(name): share for name, share in given["shares"].items()}
        crowd.inject(shares, random.Random(given["seed"]))
        return web.Response()

    @routes.post("/control/ask")
    async def ask(request: web.Request) -> web.Response:
        crowd.ask(**await request.json())
        return web.Response()

    @routes.get("/control/wait")
    async def wait(request: web.Request) -> web.Response:
        """Long poll: until the named figures of the report or of its counts have been reached, or time is up."""
        wanted = {name: int(value) for name, value in request.query.items() if name != "seconds"}

        def reached() -> bool:
            # A count alone is cheap to look at; the whole report is told only where something of it is wanted.
            if any(name not in crowd.counts for name in wanted):
                report = crowd.report()
                return all(report.get(name, crowd.counts[name]) >= value for name, value in wanted.items())
            return all(crowd.counts[name] >= value for name, value in wanted.items())

        met = True
        try:
            async with asyncio.timeout(float(request.query["seconds"])):
                await crowd.until(reached)
        except TimeoutError:
            met = False
        return web.json_response({"met": met, **crowd.report()})

    return routes
