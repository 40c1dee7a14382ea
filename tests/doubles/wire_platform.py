"""A chat platform in a process of its own, over real HTTP on 127.0.0.1: it outlives every Lanyard it talks to.

`python -m tests.doubles.wire_platform` prints its port. People on it ask at a steady pace, and each question is
delivered again, under the same key, until a Lanyard answers with a 2xx. What Lanyard posts is kept and counted. It can
be told to refuse, to break off and to be slow. Under `/control` stands what a driver needs.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import aiohttp
from aiohttp import web

from tests.doubles.wire_stdin import end_with_parent

TENANT = "test"
PEOPLE = ("amara", "bruno", "chloe", "dmitri", "elena", "farid", "grace", "hugo")
RETRY_AFTER = 0.1  # seconds between two deliveries of an event, twice as long each time; real platforms take longer
LONGEST_RETRY = 1.6
DELIVERY_LIMIT = 3.0  # seconds that an event waits for its 2xx, as on Slack
SLOWEST = 0.3  # seconds
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


@dataclass(slots=True)
class Asked:
    event: dict[str, Any]
    acknowledged: bool = False


@dataclass(slots=True)
class Post:
    id: str
    key: str
    to: dict[str, Any]
    card: str
    by: str  # the name of the Lanyard that posted it
    revisions: int = 0


@dataclass(slots=True)
class Wire:
    lanyards: list[str] = field(default_factory=list)
    asked: dict[str, Asked] = field(default_factory=dict)  # by thread
    posts: dict[str, Post] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    shares: Mapping[str, float] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    asking: set[asyncio.Task[None]] = field(default_factory=set)
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    turn: itertools.count[int] = field(default_factory=itertools.count)

    async def count(self, *names: str) -> None:
        """Count something that passed between the platform and a Lanyard."""
        await self.note("interactions", *names)

    async def note(self, *names: str) -> None:
        self.counts.update(names)
        async with self.changed:
            self.changed.notify_all()

    def report(self) -> dict[str, Any]:
        answers = Counter(post.to["thread"] for post in self.posts.values())
        acknowledged = [thread for thread, one in self.asked.items() if one.acknowledged]
        return {
            "asked": len(self.asked),
            "acknowledged": len(acknowledged),
            "answered": sum(1 for thread in acknowledged if answers[thread]),
            "lost": [thread for thread in acknowledged if not answers[thread]],
            "doubled": [thread for thread in acknowledged if answers[thread] > 1],
            "strange": [thread for thread in answers if thread not in self.asked],
            "by": Counter(post.by for post in self.posts.values()),
            "busy": bool(self.asking),
            "counts": self.counts,
        }


def make_app(wire: Wire) -> web.Application:
    routes = web.RouteTableDef()

    # ── what Lanyard calls ──

    async def act(request: web.Request, accept: Callable[[], Awaitable[web.Response]]) -> web.StreamResponse:
        fault = _draw(wire)
        if fault is not None:
            await wire.count(fault)
        match fault:
            case Fault.TOO_MANY:
                return web.Response(status=429, headers={"Retry-After": "0.2"})
            case Fault.REFUSED:
                return web.Response(status=503)
            case Fault.DROPPED:
                _drop(request)
                return web.Response()
        response = await accept()
        match fault:
            case Fault.FAILED:
                return web.Response(status=500)
            case Fault.CLOSED:
                _drop(request)
            case Fault.SLOW:
                await asyncio.sleep(wire.chance.uniform(0, SLOWEST))
        return response

    @routes.post("/messages")
    async def post(request: web.Request) -> web.StreamResponse:
        said = await request.json()

        async def accept() -> web.Response:
            one = Post(id=str(next(wire.ids)), key=said["key"], to=said["to"], card=said["card"], by=said["by"])
            wire.posts[one.id] = one
            await wire.count("posts")
            return web.json_response({"id": one.id})

        return await act(request, accept)

    @routes.put("/messages/{id}")
    async def revise(request: web.Request) -> web.StreamResponse:
        said = await request.json()
        one = wire.posts.get(request.match_info["id"])
        if one is None:
            return web.Response(status=404)

        async def accept() -> web.Response:
            one.card = said["card"]
            one.revisions += 1
            await wire.count("revisions")
            return web.json_response({"id": one.id})

        return await act(request, accept)

    @routes.get("/messages")
    async def find(request: web.Request) -> web.Response:
        found = [one.id for one in wire.posts.values() if one.key == request.query["key"]]
        await wire.count("looked for", *(["found"] if found else []))
        return web.json_response({"ids": found})

    # ── what the driver calls ──

    @routes.put("/control/lanyards")
    async def lanyards(request: web.Request) -> web.Response:
        wire.lanyards = await request.json()
        return web.Response()

    @routes.put("/control/faults")
    async def faults(request: web.Request) -> web.Response:
        given = await request.json()
        wire.shares = given["shares"]
        wire.chance = random.Random(given["seed"])
        return web.Response()

    @routes.post("/control/ask")
    async def ask(request: web.Request) -> web.Response:
        task = asyncio.create_task(_ask(wire, **await request.json()))
        wire.asking.add(task)
        task.add_done_callback(wire.asking.discard)
        return web.Response()

    @routes.get("/control/wait")
    async def wait(request: web.Request) -> web.Response:
        """Long poll: until the named figures of the report or of its counts have been reached, or time is up."""
        wanted = {name: int(value) for name, value in request.query.items() if name != "seconds"}

        def reached() -> bool:
            report = wire.report()
            return all(report.get(name, wire.counts[name]) >= value for name, value in wanted.items())

        met = True
        try:
            async with asyncio.timeout(float(request.query["seconds"])), wire.changed:
                await wire.changed.wait_for(reached)
        except TimeoutError:
            met = False
        return web.json_response({"met": met, **wire.report()})

    app = web.Application(client_max_size=1024 * 1024)
    app.add_routes(routes)
    return app


def _draw(wire: Wire) -> Fault | None:
    drawn = wire.chance.random()
    for name, share in wire.shares.items():
        drawn -= share
        if drawn < 0:
            return Fault(name)
    return None


def _drop(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def _ask(wire: Wire, *, count: int, per_second: float, copies: int = 1, seed: int = 0) -> None:
    """Let people ask `count` questions, each delivered `copies` times, in a shuffled order where they are several."""
    order = list(range(count)) * copies
    if copies > 1:
        random.Random(seed).shuffle(order)
    first = len(wire.asked)
    loop = asyncio.get_running_loop()
    began = loop.time()
    limit = aiohttp.ClientTimeout(total=DELIVERY_LIMIT)
    async with aiohttp.ClientSession(timeout=limit) as session, asyncio.TaskGroup() as deliveries:
        for place, number in enumerate(order):
            await asyncio.sleep(began + place / (per_second * copies) - loop.time())
            deliveries.create_task(_deliver(wire, session, _compose(wire, first + number)))


def _compose(wire: Wire, number: int) -> Asked:
    thread = f"t{number}"
    if thread not in wire.asked:
        person = PEOPLE[number % len(PEOPLE)]
        wire.asked[thread] = Asked(
            {
                "key": f"e{number}",
                "person": person,
                "conversation": f"dm-{person}",
                "thread": thread,
                "text": QUESTIONS[number % len(QUESTIONS)],
            }
        )
    return wire.asked[thread]


async def _deliver(wire: Wire, session: aiohttp.ClientSession, asked: Asked) -> None:
    wait = RETRY_AFTER
    while True:
        urls = list(wire.lanyards)
        for _ in urls:
            url = urls[next(wire.turn) % len(urls)]
            try:
                async with session.post(f"{url}/wire/events", json=asked.event) as response:
                    accepted = response.status < 300
            except (aiohttp.ClientError, TimeoutError):
                accepted = False
            if accepted:
                asked.acknowledged = True
                await wire.count("accepted")
                return
        await wire.note("delivered again")
        await asyncio.sleep(wait)
        wait = min(2 * wait, LONGEST_RETRY)


async def main() -> None:
    runner = web.AppRunner(make_app(Wire()), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)  # noqa: T201 — the driver reads it
    await end_with_parent()


if __name__ == "__main__":
    asyncio.run(main())
