"""What every method of the Web API shares: its arguments, its caller, its refusals, its pages."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.doubles.slack.model import Channel, Installation, Message, Team, User
from tests.doubles.slack.world import World

Item = TypeVar("Item")
Answer = dict[str, Any]

READ_SCOPE = {"channel": "channels:read", "group": "groups:read", "im": "im:read", "mpim": "mpim:read"}
HISTORY_SCOPE = {
    "channel": "channels:history",
    "group": "groups:history",
    "im": "im:history",
    "mpim": "mpim:history",
}


class Refused(Exception):  # noqa: N818 — Slack's "ok": false
    def __init__(self, error: str, *, messages: Sequence[str] = (), **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more
        if messages:
            self.more["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in messages]}


@dataclass(frozen=True, slots=True)
class Args:
    """A method's arguments, whether they came as a form (with JSON in its fields) or as JSON."""

    given: Mapping[str, Any]

    def text(self, name: str) -> str | None:
        value = self.given.get(name)
        return None if value is None else str(value)

    def need(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise Refused("invalid_arguments", messages=[f"missing required field: {name}"])
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.given.get(name)
        return default if value is None else str(value).lower() in {"1", "true"}

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.given.get(name) or default)
        except (TypeError, ValueError):
            raise Refused("invalid_arguments", messages=[f"must be an integer: {name}"]) from None

    def structure(self, name: str, refusal: str) -> Any:
        """An array or object, which a form carries as text. Raises `refusal` when that is no JSON."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise Refused(refusal, messages=[f"invalid JSON in {name}"]) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    world: World
    caller: Installation
    args: Args
    address: str  # of the double, for links

    @property
    def team(self) -> Team:
        """The workspace meant: the installation's, or the one named by a call for a whole organisation."""
        if self.caller.team is not None:
            return self.caller.team
        named = self.args.text("team_id")
        if not named:
            raise Refused("missing_argument", messages=["missing required field: team_id"])
        team = self.world.teams.get(named)
        if team is None or not self.caller.covers(team):
            raise Refused("team_access_not_granted")
        return team

    @property
    def teams(self) -> list[Team]:
        return [team for team in self.world.teams.values() if self.caller.covers(team)]

    def scope(self, *anyone: str) -> None:
        """Raises missing_scope when the token has none of these."""
        if not set(anyone) & set(self.caller.scopes):
            raise Refused("missing_scope", needed=",".join(anyone), provided=",".join(self.caller.scopes))

    def user(self, name: str = "user") -> User:
        return self.person(self.args.need(name))

    def person(self, user_id: str) -> User:
        for team in self.teams:
            if user_id in team.users:
                return team.users[user_id]
        # Of other companies the bot sees whom it meets in a shared channel.
        met = {one for team in self.teams for channel in team.channels.values() for one in channel.members}
        for user in self.world.users():
            if user.id == user_id and user_id in met:
                return user
        raise Refused("user_not_found")

    def find_channel(self, given: str) -> Channel:
        """Raises channel_not_found also for a closed conversation that the bot is not in."""
        for team in self.teams:
            for channel in team.channels.values():
                named = channel.kind == "channel" and given in {channel.name, f"#{channel.name}"}
                if channel.id != given and not named:
                    continue
                if channel.is_private and self.caller.bot.id not in channel.members:
                    break
                return channel
        raise Refused("channel_not_found")

    def channel(self, *, member: bool = False) -> Channel:
        channel = self.find_channel(self.args.need("channel"))
        if member and self.caller.bot.id not in channel.members:
            raise Refused("not_in_channel")
        return channel

    def own_message(self, *, refusal: str) -> Message:
        """The bot's own message, named by `channel` and `ts`. Raises `refusal` for somebody else's."""
        message = self.channel().find(self.args.need("ts"))
        if message is None:
            raise Refused("message_not_found")
        if message.author is not self.caller.bot:
            raise Refused(refusal)
        return message

    def page(self, items: Sequence[Item], *, most: int = 1000, default: int = 100) -> tuple[list[Item], Answer]:
        """A page of them, and the `response_metadata` that leads to the next."""
        limit = self.args.number("limit", default)
        if not 1 <= limit <= most:
            raise Refused("invalid_limit")
        cursor = self.args.text("cursor")
        first = 0
        if cursor:
            try:
                first = int(base64.b64decode(cursor, validate=True).decode().removeprefix("from:"))
            except ValueError:
                raise Refused("invalid_cursor") from None
        following = first + limit
        following_cursor = base64.b64encode(f"from:{following}".encode()).decode() if following < len(items) else ""
        return list(items[first:following]), {"response_metadata": {"next_cursor": following_cursor}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    run: Callable[[Call], Answer]
    scopes: tuple[str, ...]  # any of them will do; none: no scope needed
    tier: str


METHODS: dict[str, Method] = {}


def find_method(name: str) -> Method:
    if name not in METHODS:
        raise Refused("unknown_method")
    return METHODS[name]


def method(name: str, *scopes: str, tier: str = "3") -> Callable[[Callable[[Call], Answer]], Callable[[Call], Answer]]:
    def register(run: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
        METHODS[name] = Method(run=run, scopes=scopes, tier=tier)
        return run

    return register
