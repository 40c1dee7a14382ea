"""The adapter for the platform in `wire_platform`: what a real one does, in its shortest form."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

import aiohttp
import psutil
from aiohttp import web

from bot.messages import (
    Address,
    Availability,
    Busy,
    Card,
    File,
    MessageRef,
    Pace,
    Place,
    Reaction,
    Receive,
    Said,
    Scope,
    Sender,
    TryLater,
    Undeliverable,
)

PLATFORM = "wire"
TENANT = "test"


class WirePlatform:
    name = PLATFORM
    reads_back = True

    def __init__(self, url: str, *, by: str) -> None:
        self._url = url
        self._by = by
        self._receive: Receive | None = None
        self._session: aiohttp.ClientSession | None = None

    def bind(self, receive: Receive) -> None:
        self._receive = receive

    def routes(self) -> Iterable[web.RouteDef]:
        return web.post("/wire/events", self._hear), web.get("/wire/cost", tell_cost)

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch(self, tenant: str, file: File, *, into: BinaryIO, most: int) -> str:
        raise Undeliverable("Nobody sends files here.")

    def paces(self, to: Address, *, revising: bool) -> Sequence[Pace]:
        return ()

    async def send(self, to: Address, card: Card, *, key: str) -> MessageRef:
        said = {"key": key, "to": asdict(to), "card": card.summary, "by": self._by}
        answer = await self._call("POST", "/messages", said)
        return MessageRef(
            platform=PLATFORM,
            tenant=to.tenant,
            conversation=to.conversation or f"dm-{to.person}",
            thread=to.thread,
            id=answer["id"],
        )

    async def find(self, to: Address, *, key: str) -> MessageRef | None:
        answer = await self._call("GET", f"/messages?key={key}", None)
        if not answer["ids"]:
            return None
        return MessageRef(
            platform=PLATFORM,
            tenant=to.tenant,
            conversation=to.conversation or f"dm-{to.person}",
            thread=to.thread,
            id=answer["ids"][0],
        )

    async def revise(self, message: MessageRef, card: Card) -> None:
        await self._call("PUT", f"/messages/{message.id}", {"card": card.summary})

    async def profile(self, tenant: str, person: str) -> Sender | None:
        return Sender(id=person, name=person.title())

    async def has_left(self, tenant: str, person: str) -> bool:
        return False

    async def person_by_email(self, tenant: str, email: str) -> Sender | None:
        return None

    async def availability(self, tenant: str, person: str) -> Availability:
        return Availability()

    async def is_member(self, tenant: str, conversation: str, person: str) -> bool:
        return False

    async def members(self, tenant: str, conversation: str) -> Sequence[str]:
        return ()

    async def group(self, tenant: str, name: str) -> str | None:
        return None

    async def find_channels(self, tenant: str, person: str, wanted: str) -> Sequence[Place]:
        return ()

    async def link(self, message: MessageRef) -> str | None:
        return f"{self._url}/messages/{message.id}"

    async def working(self, to: Address) -> None:
        """This platform has no way to show it."""

    async def react(self, message: MessageRef, reaction: Reaction) -> None:
        """Nor this."""

    async def _hear(self, request: web.Request) -> web.Response:
        event = json.loads(await request.read())
        assert self._receive is not None
        said = Said(
            platform=PLATFORM,
            tenant=TENANT,
            key=event["key"],
            sender=Sender(id=event["person"]),
            place=Place(conversation=event["conversation"], scope=Scope.DIRECT, thread=event["thread"]),
            at=datetime.now(UTC),
            text=event["text"],
            message=event["key"],
        )
        try:
            await self._receive(said)
        except Busy:
            return web.Response(status=503)
        return web.Response()

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        assert self._session is not None
        try:
            async with self._session.request(method, self._url + path, json=body) as response:
                match response.status:
                    case 200:
                        answer: dict[str, Any] = await response.json()
                        return answer
                    case 429:
                        raise TryLater("too many", after=timedelta(seconds=float(response.headers["Retry-After"])))
                    case status if status >= 500:
                        raise TryLater(f"status {status}", maybe_sent=True)
                    case status:
                        raise Undeliverable(f"status {status}")
        except aiohttp.ClientConnectorError as error:
            raise TryLater(type(error).__name__) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TryLater(type(error).__name__, maybe_sent=True) from error


async def tell_cost(_request: web.Request) -> web.Response:
    """What this process has used of the processor, in all its threads, in seconds; and of memory, in bytes."""
    return web.json_response({"cpu": time.process_time(), "resident": psutil.Process().memory_info().rss})
