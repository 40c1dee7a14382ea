"""How the app hears: events, interactions and commands, over signed HTTP or Socket Mode, retried as Slack does.

An event not acknowledged within 3 s by a 2xx comes again at once, after one minute and after five (of the double's
clock). What a person does with a button, a view or a command comes once.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from urllib.parse import urlencode

import aiohttp

from tests.doubles.slack.clock import Clock
from tests.doubles.slack.model import App, Team
from tests.doubles.slack.world import World

ACK_LIMIT = 3.0  # real seconds
RETRY_WAITS = (0.0, 60.0, 300.0)  # seconds before the first, second and third retry

Kind = Literal["events_api", "interactive", "slash_commands"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """`outcome` is "accepted", or Slack's reason for a retry: http_error, http_timeout, connection_failed, …"""

    retry: int
    outcome: str
    status: int | None = None
    body: str = ""
    seconds: float = 0.0
    no_retry: bool = False


@dataclass(slots=True, eq=False)
class Delivery:
    kind: Kind
    payload: dict[str, Any]
    attempts: list[Attempt] = field(default_factory=list)
    tried: asyncio.Event = field(default_factory=asyncio.Event)  # the first attempts are over

    @property
    def accepted(self) -> bool:
        return any(attempt.outcome == "accepted" for attempt in self.attempts)

    @property
    def status(self) -> int | None:
        return self.attempts[-1].status if self.attempts else None

    @property
    def answer(self) -> Any:
        """What came with the acknowledgement: JSON where it is JSON, text otherwise, None for nothing."""
        body = next((attempt.body for attempt in self.attempts if attempt.outcome == "accepted"), "")
        if not body.strip():
            return None
        try:
            return json.loads(body)
        except ValueError:
            return body


class Transport(Protocol):
    async def attempt(self, delivery: Delivery, *, retry: int, reason: str | None) -> Attempt: ...


class Mail:
    def __init__(self, world: World, transport: Callable[[], Transport]) -> None:
        self._world = world
        self._transport = transport
        self.sent: list[Delivery] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, kind: Kind, payload: dict[str, Any]) -> Delivery:
        """Returns at once; `Delivery.tried` tells when the first attempts are over."""
        delivery = Delivery(kind, payload)
        self.sent.append(delivery)
        self._spawn(self._carry(delivery))
        return delivery

    async def again(self, delivery: Delivery, *, retry: int = 1, reason: str = "http_timeout") -> Attempt:
        """The same once more, as when Slack did not see the acknowledgement."""
        return await self._try(delivery, retry=retry, reason=reason)

    def announce(self, team: Team, event: dict[str, Any]) -> list[Delivery]:
        """An event to the app, if it is installed there, has subscribed to it and may hear it."""
        wrapped = wrap_event(self._world, team, event)
        return [] if wrapped is None else [self.send("events_api", wrapped)]

    async def settle(self) -> None:
        """Until every attempt under way is over. Retries that wait for the clock are not waited for."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _try(self, delivery: Delivery, *, retry: int, reason: str | None) -> Attempt:
        attempt = await self._transport().attempt(delivery, retry=retry, reason=reason)
        delivery.attempts.append(attempt)
        return attempt

    async def _carry(self, delivery: Delivery) -> None:
        try:
            last = await self._try(delivery, retry=0, reason=None)
            if delivery.kind != "events_api":
                return
            if self._goes_on(last, 1):
                last = await self._try(delivery, retry=1, reason=last.outcome)
            self._plan(delivery, last, 2)
        finally:
            delivery.tried.set()

    def _goes_on(self, last: Attempt, retry: int) -> bool:
        return last.outcome != "accepted" and not last.no_retry and retry <= len(RETRY_WAITS)

    def _plan(self, delivery: Delivery, last: Attempt, retry: int) -> None:
        if not self._goes_on(last, retry):
            return

        async def due() -> None:
            if not delivery.accepted:
                self._plan(delivery, await self._try(delivery, retry=retry, reason=last.outcome), retry + 1)

        self._world.clock.call_later(RETRY_WAITS[retry - 1], due)


# ── who hears what ──────────────────────────────────────────────────────────────────────────────────────────────────

EVENT_SCOPES = {
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "app_mention": "app_mentions:read",
    "link_shared": "links:read",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "assistant_thread_started": "assistant:write",
    "assistant_thread_context_changed": "assistant:write",
    "user_change": "users:read",
    "team_join": "users:read",
}
PLURAL = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}
FAREWELLS = {"tokens_revoked", "app_uninstalled"}  # told of an installation that is no more


def subscription(event: Mapping[str, Any]) -> str:
    """The name under which an app subscribes to it."""
    if event["type"] != "message":
        return str(event["type"])
    return f"message.{PLURAL[event['channel_type']]}"


def wrap_event(world: World, team: Team, event: dict[str, Any]) -> dict[str, Any] | None:
    """The event in its envelope; None when the app does not get it."""
    name = subscription(event)
    candidates = [one for one in world.installations if one.covers(team)]
    if event["type"] not in FAREWELLS:
        candidates = [one for one in candidates if one.refused is None]
    if name not in world.app.events or not candidates:
        return None
    one = candidates[-1]
    if name in EVENT_SCOPES and EVENT_SCOPES[name] not in one.scopes:
        return None
    channel = team.channels.get(event.get("channel", ""))
    # Of an address in its domains the app hears wherever people write it.
    if name != "link_shared" and channel is not None and one.bot.id not in channel.members:
        return None
    enterprise = team.enterprise.id if team.enterprise else None
    event_id = world.new_id("Ev")
    return {
        "token": world.app.verification_token,
        "team_id": event.get("user_team", team.id),
        "context_team_id": team.id,
        "context_enterprise_id": enterprise,
        "enterprise_id": enterprise,
        "api_app_id": world.app.id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(world.clock.now()),
        "authorizations": [
            {
                "enterprise_id": enterprise,
                "team_id": team.id if one.team else None,
                "user_id": one.bot.id,
                "is_bot": True,
                "is_enterprise_install": one.team is None,
            }
        ],
        "is_ext_shared_channel": channel is not None and bool(channel.shared_with),
        "event_context": f"4-{event_id}",
    }


# ── signed HTTP ─────────────────────────────────────────────────────────────────────────────────────────────────────


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Slack's signature, version 0: HMAC-SHA256 over `v0:timestamp:body`."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()


def encode(delivery: Delivery) -> tuple[bytes, str]:
    """The body of the request, and its content type."""
    form = "application/x-www-form-urlencoded"
    match delivery.kind:
        case "events_api":
            return json.dumps(delivery.payload).encode(), "application/json"
        case "interactive":
            return urlencode({"payload": json.dumps(delivery.payload)}).encode(), form
        case "slash_commands":
            return urlencode(delivery.payload).encode(), form


class SignedHttp:
    """`signed_at` gives the time stamp of a signature; the app compares it with its own clock, the real one."""

    def __init__(self, app: App, clock: Clock) -> None:
        self._app = app
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._turn = 0
        self.ack_limit = ACK_LIMIT
        self.signed_at: Callable[[], float] = time.time

    def headers(self, body: bytes, content_type: str) -> dict[str, str]:
        timestamp = str(int(self.signed_at()))
        return {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": sign(self._app.signing_secret, timestamp, body),
        }

    async def attempt(self, delivery: Delivery, *, retry: int, reason: str | None) -> Attempt:
        body, content_type = encode(delivery)
        headers = self.headers(body, content_type)
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason or "unknown_error"}
        return await self.post(body, headers, retry=retry)

    async def post(self, body: bytes, headers: Mapping[str, str], *, retry: int = 0) -> Attempt:
        """Any request, also a forged one."""
        if not self._app.urls:
            return Attempt(retry=retry, outcome="connection_failed")
        url = self._app.urls[self._turn % len(self._app.urls)]
        self._turn += 1
        began = time.monotonic()
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))
        limit = aiohttp.ClientTimeout(total=self.ack_limit)
        try:
            async with self._session.post(
                url, data=body, headers=headers, timeout=limit, allow_redirects=False
            ) as response:
                return Attempt(
                    retry=retry,
                    outcome="accepted" if 200 <= response.status < 300 else "http_error",
                    status=response.status,
                    body=await response.text(),
                    seconds=time.monotonic() - began,
                    no_retry=response.headers.get("X-Slack-No-Retry") == "1",
                )
        except TimeoutError:
            return Attempt(retry=retry, outcome="http_timeout", seconds=time.monotonic() - began)
        except aiohttp.ClientError:
            return Attempt(retry=retry, outcome="connection_failed", seconds=time.monotonic() - began)

    async def verify_url(self) -> bool:
        """The handshake by which Slack accepts a request address."""
        challenge = "a-word-that-only-the-double-knows"
        payload = {"token": self._app.verification_token, "challenge": challenge, "type": "url_verification"}
        body = json.dumps(payload).encode()
        attempt = await self.post(body, self.headers(body, "application/json"))
        if attempt.outcome != "accepted":
            return False
        if attempt.body.strip() == challenge:
            return True
        try:
            return bool(json.loads(attempt.body)["challenge"] == challenge)
        except (ValueError, KeyError, TypeError):
            return False

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()
