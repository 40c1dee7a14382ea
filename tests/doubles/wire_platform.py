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
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from tests.doubles.wire_crowd import LEARNER, LONGEST_RETRY, QUESTIONS, RETRY_AFTER, Crowd, Fault, crowd_routes
from tests.doubles.wire_stdin import end_with_parent

PEOPLE = ("amara", "bruno", "chloe", "dmitri", "elena", "farid", "grace", "hugo")
DELIVERY_LIMIT = 3.0  # seconds that an event waits for its 2xx, as on Slack
SLOWEST = 0.3  # seconds


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


class Wire(Crowd):
    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[str, Asked] = {}  # by thread
        self.posts: dict[str, Post] = {}
        self.ids = itertools.count(1)
        self.chance = random.Random(0)
        self._shares: Mapping[Fault, float] = {}
        self._turn = itertools.count()
        self._session: aiohttp.ClientSession | None = None

    def inject(self, shares: Mapping[Fault, float], chance: random.Random) -> None:
        self._shares, self.chance = shares, chance

    def draw(self) -> Fault | None:
        drawn = self.chance.random()
        for fault, share in self._shares.items():
            drawn -= share
            if drawn < 0:
                return fault
        return None

    def tell(self) -> dict[str, Any]:
        nudges = [post for post in self.posts.values() if (post.to["person"] or "").startswith(LEARNER)]
        nudged = Counter((post.to["person"], post.card) for post in nudges)
        # What comes to a person outside of any thread, as a nudge or the question whether a job aid is still true does,
        # answers nobody.
        answers = Counter(
            post.to["thread"] for post in self.posts.values() if post.to["thread"] or not post.to["person"]
        )
        acknowledged = [thread for thread, one in self.asked.items() if one.acknowledged]
        return {
            "asked": len(self.asked),
            "acknowledged": len(acknowledged),
            "answered": sum(1 for thread in acknowledged if answers[thread]),
            "lost": [thread for thread in acknowledged if not answers[thread]],
            "doubled": [thread for thread in acknowledged if answers[thread] > 1],
            "strange": [thread for thread in answers if thread not in self.asked],
            "by": Counter(post.by for post in self.posts.values()),
            "nudged": len(nudged),
            "nudges": [list(nudge) for nudge in nudged],
            "nudged twice": [list(nudge) for nudge, times in nudged.items() if times > 1],
        }

    async def deliver(self, number: int) -> None:
        asked = self._compose(number)
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=DELIVERY_LIMIT))
        wait = RETRY_AFTER
        while True:
            urls = list(self.lanyards)
            for _ in urls:
                url = urls[next(self._turn) % len(urls)]
                try:
                    async with self._session.post(f"{url}/wire/events", json=asked.event) as response:
                        accepted = response.status < 300
                except (aiohttp.ClientError, TimeoutError):
                    accepted = False
                if accepted:
                    asked.acknowledged = True
                    self.count("accepted")
                    return
            self.note("delivered again")
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_RETRY)

    def _compose(self, number: int) -> Asked:
        thread = f"t{number}"
        if thread not in self.asked:
            person = PEOPLE[number % len(PEOPLE)]
            self.asked[thread] = Asked(
                {
                    "key": f"e{number}",
                    "person": person,
                    "conversation": f"dm-{person}",
                    "thread": thread,
                    "text": QUESTIONS[number % len(QUESTIONS)],
                }
            )
        return self.asked[thread]

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def make_app(wire: Wire) -> web.Application:
    routes = web.RouteTableDef()

    # ── what Lanyard calls ──

    async def act(request: web.Request, accept: Callable[[], Awaitable[web.Response]]) -> web.StreamResponse:
        fault = wire.draw()
        if fault is not None:
            wire.count(fault)
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
            wire.count("posts")
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
            wire.count("revisions")
            return web.json_response({"id": one.id})

        return await act(request, accept)

    @routes.get("/messages")
    async def find(request: web.Request) -> web.Response:
        found = [one.id for one in wire.posts.values() if one.key == request.query["key"]]
        wire.count("looked for", *(["found"] if found else []))
        return web.json_response({"ids": found})

    app = web.Application(client_max_size=1024 * 1024)
    app.add_routes([*routes, *crowd_routes(wire)])
    return app


def _drop(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def main() -> None:
    wire = Wire()
    runner = web.AppRunner(make_app(wire), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)  # noqa: T201 — the driver reads it
    await end_with_parent()
    await wire.close()


if __name__ == "__main__":
    asyncio.run(main())
