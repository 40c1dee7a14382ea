"""How the bot hears: an activity a request, with the connector's token, and fifteen seconds for an answer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.doubles.teams.keys import Keys
from tests.doubles.teams.model import App

TURN_LIMIT = 15.0  # real seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """`status` is None where no answer came."""

    status: int | None = None
    body: str = ""
    seconds: float = 0.0

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True, eq=False)
class Delivery:
    activity: dict[str, Any]
    attempts: list[Attempt] = field(default_factory=list)
    tried: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def accepted(self) -> bool:
        return any(attempt.accepted for attempt in self.attempts)

    @property
    def answer(self) -> Any:
        """What came back, as Teams reads it: JSON, or nothing."""
        body = next((attempt.body for attempt in self.attempts if attempt.accepted), "")
        return json.loads(body) if body.strip() else None


class Mail:
    def __init__(self, app: App, keys: Keys) -> None:
        self._app = app
        self._keys = keys
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.sent: list[Delivery] = []
        self.turn_limit = TURN_LIMIT
        self.authorize: Callable[[Mapping[str, Any]], str] = self._authorize

    def _authorize(self, activity: Mapping[str, Any]) -> str:
        return "Bearer " + self._keys.sign(self._keys.claims(activity["serviceUrl"]))

    def send(self, activity: dict[str, Any]) -> Delivery:
        """Returns at once; `Delivery.tried` tells when the attempt is over."""
        delivery = Delivery(activity)
        self.sent.append(delivery)
        task = asyncio.create_task(self._carry(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return delivery

    async def deliver(self, activity: dict[str, Any]) -> Delivery:
        delivery = self.send(activity)
        await delivery.tried.wait()
        return delivery

    async def again(self, delivery: Delivery, *, new: Mapping[str, Any] | None = None) -> Attempt:
        """The same once more; `new` are members that have changed meanwhile, as its id and time stamp may."""
        body = json.dumps({**delivery.activity, **(new or {})}).encode()
        attempt = await self.post(body, self.headers(delivery.activity))
        delivery.attempts.append(attempt)
        return attempt

    def headers(self, activity: Mapping[str, Any]) -> dict[str, str]:
        return {"Authorization": self.authorize(activity), "Content-Type": "application/json; charset=utf-8"}

    async def _carry(self, delivery: Delivery) -> None:
        try:
            body = json.dumps(delivery.activity).encode()
            delivery.attempts.append(await self.post(body, self.headers(delivery.activity)))
        finally:
            delivery.tried.set()

    async def post(self, body: bytes, headers: Mapping[str, str]) -> Attempt:
        """Any request, also a forged one."""
        if not self._app.url:
            return Attempt()
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))
        began = time.monotonic()
        limit = aiohttp.ClientTimeout(total=self.turn_limit)
        try:
            async with self._session.post(
                self._app.url, data=body, headers=headers, timeout=limit, allow_redirects=False
            ) as response:
                text = await response.text()
                return Attempt(status=response.status, body=text, seconds=time.monotonic() - began)
        except (TimeoutError, aiohttp.ClientError):
            return Attempt(seconds=time.monotonic() - began)

    async def settle(self) -> None:
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
