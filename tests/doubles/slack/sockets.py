"""Socket Mode: at most ten connections, envelopes and their acknowledgements, refreshes, and connections that fail."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.doubles.slack.delivery import ACK_LIMIT, Attempt, Delivery
from tests.doubles.slack.world import World

MOST_CONNECTIONS = 10
CONNECTION_LIFE = 18060  # seconds, as told in "hello"


@dataclass(slots=True, eq=False)
class Connection:
    """`leaving`: told to go; gets nothing more. `silent`: open to look at, and nothing passes either way."""

    number: int
    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    leaving: bool = False
    silent: bool = False
    deaf: bool = False  # envelopes get lost on their way to it, pings are answered
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    used: asyncio.Event = field(default_factory=asyncio.Event)  # an envelope was sent on it


class Sockets:
    def __init__(self, world: World) -> None:
        self._world = world
        self._tickets: set[str] = set()
        self._acks: dict[str, asyncio.Future[Any]] = {}
        self._changed = asyncio.Condition()
        self._turn = 0
        self._number = 0
        self.connections: list[Connection] = []
        self.refused = 0  # because there were ten
        self.ack_limit = ACK_LIMIT

    def issue_ticket(self) -> str:
        ticket = self._world.new_id("ticket")
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from its hello to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        if len(self.connections) >= MOST_CONNECTIONS:
            self.refused += 1
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        self._number += 1
        connection = Connection(self._number, socket, request.transport)
        self.connections.append(connection)
        try:
            await socket.send_json(self._hello(connection))
            await self._tell_change()
            await self._listen(connection)
        finally:
            self.connections.remove(connection)
            connection.closed.set()
            await self._tell_change()
        return socket

    async def _listen(self, connection: Connection) -> None:
        async for message in connection.socket:
            if connection.silent:
                continue
            if message.type is WSMsgType.PING:
                await connection.socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                said = json.loads(message.data)
                ack = self._acks.get(said.get("envelope_id", ""))
                if ack is not None and not ack.done():
                    ack.set_result(said.get("payload"))

    def _hello(self, connection: Connection) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": self._debug_info(connection) | {"approximate_connection_time": CONNECTION_LIFE},
            "connection_info": {"app_id": self._world.app.id},
        }

    def _debug_info(self, connection: Connection) -> dict[str, Any]:
        return {"host": f"double-{connection.number}", "build_number": 1}

    async def _tell_change(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def connected(self, count: int = 1, *, within: float = 10) -> list[Connection]:
        """Waits until so many connections are open and usable."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(lambda: len(self._usable()) >= count)
        return self._usable()

    def _usable(self) -> list[Connection]:
        return [one for one in self.connections if not one.leaving]

    # ── delivering ──

    async def attempt(self, delivery: Delivery, *, retry: int, reason: str | None) -> Attempt:
        began = time.monotonic()
        envelope: dict[str, Any] = {
            "envelope_id": self._world.new_id("envelope-"),
            "type": delivery.kind,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.kind != "events_api",
        }
        if delivery.kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": reason or ""}

        def result(outcome: str, body: str = "") -> Attempt:
            return Attempt(retry=retry, outcome=outcome, body=body, seconds=time.monotonic() - began)

        try:
            async with asyncio.timeout(self.ack_limit):
                while True:
                    (acknowledged, payload) = await self._pass(envelope)
                    if acknowledged:
                        return result("accepted", "" if payload is None else json.dumps(payload))
                    # The connection broke: the same envelope goes to another at once.
        except TimeoutError:
            return result("timeout" if self.connections else "connection_failed")
        finally:
            self._acks.pop(envelope["envelope_id"], None)

    async def _pass(self, envelope: dict[str, Any]) -> tuple[bool, Any]:
        """Send it on the next usable connection. Returns whether it was acknowledged, and the payload with it."""
        async with self._changed:
            await self._changed.wait_for(self._usable)
        usable = self._usable()
        connection = usable[self._turn % len(usable)]
        self._turn += 1
        ack: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._acks[envelope["envelope_id"]] = ack
        connection.used.set()
        if not connection.silent and not connection.deaf:
            try:
                await connection.socket.send_json(envelope)
            except ConnectionError:
                connection.leaving = True
                return False, None
        closed = asyncio.ensure_future(connection.closed.wait())
        try:
            await asyncio.wait([ack, closed], return_when=asyncio.FIRST_COMPLETED)
        finally:
            closed.cancel()
        return (True, ack.result()) if ack.done() else (False, None)

    # ── what goes wrong ──

    async def warn(self, connection: Connection) -> None:
        """About ten seconds before a refresh."""
        await self._say_goodbye(connection, "warning")

    async def refresh(self, connection: Connection) -> None:
        connection.leaving = True
        await self._say_goodbye(connection, "refresh_requested")
        await connection.socket.close()

    async def _say_goodbye(self, connection: Connection, reason: str) -> None:
        await connection.socket.send_json(
            {"type": "disconnect", "reason": reason, "debug_info": self._debug_info(connection)}
        )

    async def disable(self) -> None:
        """Socket Mode is switched off on the app's page."""
        for connection in list(self.connections):
            connection.leaving = True
            await self._say_goodbye(connection, "link_disabled")
            await connection.socket.close()

    def drop(self, connection: Connection) -> None:
        """Broken off without a word."""
        connection.leaving = True
        if connection.transport is not None:
            connection.transport.abort()

    async def stop(self) -> None:
        for connection in list(self.connections):
            self.drop(connection)
