"""Socket Mode: the same envelopes over a WebSocket that we open. For trying it out; HTTP is for production.

slack_sdk keeps the connection: it answers pings, renews it when Slack says so, and opens it again when it breaks. There
are reports of connections that live and tell nothing any more, so a watchdog opens a new one after a long silence.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.front import Front
from adapters.slack.model import Malformed, Reply
from adapters.slack.shapes import Envelope, parse

SILENCE = timedelta(minutes=10)
PING = 10.0
"""Seconds between our pings; four without an answer, and the connection counts as lost."""

_log = logging.getLogger(__name__)
_sdk_log = logging.getLogger(f"{__name__}.sdk")
_sdk_log.setLevel(logging.WARNING)  # below, it quotes what came in


class Socket:
    def __init__(
        self, front: Front, *, app_token: str, client: Callable[[], AsyncWebClient], silence: timedelta = SILENCE
    ) -> None:
        self._front = front
        self._app_token = app_token
        self._client = client
        self._silence = silence
        self._socket: SocketModeClient | None = None
        self._heard = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Returns at once; the connection is opened, and opened again, in the background."""
        self._socket = SocketModeClient(
            app_token=self._app_token, web_client=self._client(), logger=_sdk_log, ping_interval=PING
        )
        self._socket.socket_mode_request_listeners.append(self._listen)
        self._tasks = [
            asyncio.create_task(self._connect(self._socket), name="slack socket"),
            asyncio.create_task(self._watch(self._socket), name="slack watchdog"),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()  # type: ignore[no-untyped-call]
            # The library leaves its cancelled tasks to themselves.
            left = (self._socket.message_processor, self._socket.message_receiver, self._socket.current_session_monitor)
            await asyncio.gather(*(task for task in left if task is not None), return_exceptions=True)
            self._socket = None

    async def _connect(self, socket: SocketModeClient) -> None:
        # A first address that cannot be had must not end the process: Slack may be away just now.
        wait = 1.0
        while True:
            try:
                await socket.connect()  # type: ignore[no-untyped-call]
            except Exception as fault:  # noqa: BLE001 — whatever the library or Slack makes of it
                _log.warning("Slack's socket cannot be opened: %s", type(fault).__name__)
                await asyncio.sleep(wait)
                wait = min(wait * 2, 60.0)
            else:
                return

    async def _watch(self, socket: SocketModeClient) -> None:
        while True:
            self._heard.clear()
            try:
                async with asyncio.timeout(self._silence.total_seconds()):
                    await self._heard.wait()
            except TimeoutError:
                _log.info("Slack's socket has been silent for %s; opening a new one.", self._silence)
                with contextlib.suppress(Exception):  # the library tries again by itself
                    await socket.connect_to_new_endpoint(force=True)

    async def _listen(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self._heard.set()
        reply = await self._take(request.type, request.payload)
        if reply.status == 503:
            return  # not acknowledged: Slack delivers it again
        payload = dict(reply.body) if reply.body else None
        await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id, payload=payload))

    async def _take(self, kind: str, payload: Mapping[str, Any]) -> Reply:
        try:
            match kind:
                case "events_api":
                    return await self._front.event(parse(Envelope, payload))
                case "slash_commands":
                    return await self._front.command(payload)
                case "interactive":
                    return await self._front.interaction(payload)
        except Malformed as fault:
            _log.warning("Passed over what Slack sent: %s", fault)
        return Reply()
