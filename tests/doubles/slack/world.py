"""What happens in Slack: people and the app say, change and see things, and whoever should hears of it.

`hears` is called with every happening, as the event's own JSON (without its envelope); it is where the double's
deliveries hang on.
"""

from __future__ import annotations

import copy
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal
from urllib.parse import urlsplit

from tests.doubles.slack.clock import Clock
from tests.doubles.slack.model import (
    App,
    Channel,
    Enterprise,
    Installation,
    Kind,
    Message,
    Team,
    User,
    UserGroup,
    View,
)
from tests.doubles.slack.shapes import message_shape, user_shape

TRIGGER_LIFE = 3.0  # seconds
RESPONSE_URL_LIFE = 30 * 60.0
RESPONSE_URL_USES = 5
MODAL_STACK = 3
PREFIX = {"channel": "C", "group": "C", "im": "D", "mpim": "G"}  # only old private channels begin with G
MEMBERSHIP = {"channel": "C", "group": "G", "im": "D", "mpim": "G"}  # channel_type of member_joined_channel
LINK = re.compile(r"<(https?://[^<>|\s]+)(?:\|[^<>]*)?>", re.IGNORECASE)


@dataclass(slots=True, eq=False)
class Trigger:
    user: User
    until: float
    view: View | None  # the modal in which it was pulled
    used: bool = False


@dataclass(slots=True, eq=False)
class ResponseUrl:
    user: User
    channel: Channel
    message: Message | None  # what was pressed; replace_original acts on it
    until: float
    uses: int = 0


@dataclass(slots=True, eq=False)
class File:
    id: str
    owner: Installation
    name: str
    length: int
    content: bytes | None = None  # until it is uploaded
    title: str | None = None
    reads_left: int | None = None  # looks that still find it unread; None until the upload is completed


@dataclass(slots=True, eq=False)
class Sent:
    """A file that a person has sent. `more` is what `files.info` tells of it beside the usual."""

    name: str
    content: bytes
    message: Message
    more: dict[str, Any] = field(default_factory=dict)
    deleted: bool = False


@dataclass(slots=True, eq=False)
class World:
    clock: Clock
    app: App
    teams: dict[str, Team] = field(default_factory=dict)
    installations: list[Installation] = field(default_factory=list)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    modals: dict[str, list[View]] = field(default_factory=dict)  # by person, the one on top last
    files: dict[str, File] = field(default_factory=dict)
    sent: dict[str, Sent] = field(default_factory=dict)  # by their ids
    tells_ids_alone: bool = False  # of files, as in channels that are shared with other companies
    reading_takes: int = 0  # so often a message with a fresh file is refused
    homes: dict[str, View] = field(default_factory=dict)  # by person
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)  # of OAuth
    hears: Callable[[Team, dict[str, Any]], object] = lambda _team, _event: None
    _ids: Iterator[int] = field(default_factory=lambda: count(1))
    _last_ts: int = 0

    def new_id(self, prefix: str) -> str:
        return f"{prefix}0{next(self._ids):08X}"

    def new_ts(self) -> str:
        """Unique and rising, however often it is asked for within one moment."""
        self._last_ts = max(int(self.clock.now() * 1_000_000), self._last_ts + 100)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    # ── founding ──

    def add_team(self, name: str, *, as_id: str | None = None, enterprise: Enterprise | None = None) -> Team:
        team = Team(as_id or self.new_id("T"), name, re.sub(r"\W+", "-", name.lower()), enterprise)
        self.teams[team.id] = team
        return team

    def add_user(self, team: Team, name: str, *, as_id: str | None = None, **more: Any) -> User:
        """`more` are fields of `User`. The e-mail address is made from the handle unless given; None means none."""
        more = {"real_name": name.title(), "email": f"{name}@{team.domain}.example"} | more
        user = User(as_id or self.new_id("U"), team, name, **more)
        team.users[user.id] = user
        return user

    def add_channel(
        self, team: Team, name: str, *members: User, as_id: str | None = None, kind: Kind = "channel", bot: bool = True
    ) -> Channel:
        channel = Channel(as_id or self.new_id(PREFIX[kind]), team, name, kind, {member.id for member in members})
        if bot:
            channel.members |= {one.bot.id for one in self.installations if one.covers(team)}
        team.channels[channel.id] = channel
        return channel

    def share(self, channel: Channel, *guests: User) -> None:
        """With the companies of these, who come in (Slack Connect)."""
        for guest in guests:
            channel.shared_with.add(guest.team.id)
            channel.members.add(guest.id)
            guest.team.channels[channel.id] = channel

    def add_group(self, team: Team, handle: str, *members: User) -> UserGroup:
        group = UserGroup(self.new_id("S"), handle, handle.title(), [member.id for member in members])
        team.groups[group.id] = group
        return group

    # ── finding ──

    def users(self) -> Iterator[User]:
        for team in self.teams.values():
            yield from team.users.values()

    def user(self, name: str, team: Team | None = None) -> User:
        """By id, handle or full name. Raises LookupError when it is nobody or several."""
        found = {
            user.id: user
            for user in (self.users() if team is None else team.users.values())
            if name in {user.id, user.name, user.real_name}
        }
        if len(found) != 1:
            raise LookupError(f"{len(found)} people are called {name!r}; give the id, or the team.")
        return next(iter(found.values()))

    def channel(self, name: str | Channel, team: Team | None = None) -> Channel:
        """By id or name. Raises LookupError when it is none or several."""
        if isinstance(name, Channel):
            return name
        teams = self.teams.values() if team is None else [team]
        found = {
            one.id: one for place in teams for one in place.channels.values() if name.lstrip("#") in {one.id, one.name}
        }
        if len(found) != 1:
            raise LookupError(f"{len(found)} channels are called {name!r}; give the id, or the team.")
        return next(iter(found.values()))

    def direct(self, *people: User) -> Channel:
        """The direct conversation of these, made when there is none."""
        team = next((user.team for user in people if not user.is_bot), people[0].team)
        ids = {user.id for user in people}
        for channel in team.channels.values():
            if channel.kind in {"im", "mpim"} and channel.members == ids:
                return channel
        kind: Literal["im", "mpim"] = "im" if len(ids) <= 2 else "mpim"
        name = "" if kind == "im" else "mpdm-" + "--".join(sorted(user.name for user in people)) + "-1"
        return self.add_channel(team, name, *people, kind=kind, bot=False)

    def installation(self, team: Team) -> Installation | None:
        return next((one for one in self.installations if one.covers(team) and one.refused is None), None)

    # ── seeing ──

    def readable(self, user: User, channel: Channel) -> bool:
        if user.id in channel.members:
            return True
        return channel.kind == "channel" and channel.team is user.team and not user.guest

    def visible(self, user: User, channel: Channel) -> list[Message]:
        if not self.readable(user, channel):
            return []
        private = [message for message in channel.ephemerals if message.only_for is user]
        shown = [message for message in channel.messages if not message.wiped]
        return sorted([*shown, *private], key=lambda message: message.ts)

    # ── saying ──

    def post(self, channel: Channel, author: User | None, text: str, **more: Any) -> Message:
        """`more` are fields of `Message`. With `only_for` it is ephemeral, and nobody hears of it."""
        message = Message(self.new_ts(), channel, author, text, **more)
        message.blocks = self.name_blocks(message.blocks)
        message.ids_alone = self.tells_ids_alone
        if message.only_for is not None:
            channel.ephemerals.append(message)
            return message
        channel.add(message)
        self.tell_message(message)
        self.tell_links(message)
        return message

    def name_blocks(self, blocks: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
        """Slack gives an id to each block and element that has none."""
        if blocks is None:
            return None
        named = copy.deepcopy(blocks)
        for block in named:
            block.setdefault("block_id", self.new_id("b"))
            for element in elements_of(block):
                if element.get("type") not in {"image", "plain_text", "mrkdwn"}:
                    element.setdefault("action_id", self.new_id("a"))
        return named

    def tell_message(self, message: Message) -> None:
        channel = message.channel
        shown = message_shape(message) | {
            "channel": channel.id,
            "channel_type": channel.kind,
            "event_ts": message.ts,
        }
        if channel.shared_with and message.author is not None:
            shown |= {"user_team": message.author.team.id, "source_team": message.author.team.id}
        if message.broadcast and message.thread_ts is not None:
            root = channel.find(message.thread_ts)
            shown |= {"subtype": "thread_broadcast", "root": message_shape(root) if root else {}}
        if channel.kind == "im" and message.thread_ts in channel.assistant_threads:
            shown["assistant_thread"] = {"action_token": self.new_id("act")}
        self.hears(channel.team, shown)
        one = self.installation(channel.team)
        if (
            one is None
            or channel.kind == "im"
            or message.author is one.bot
            or message.subtype not in {None, "file_share"}
        ):
            return
        if f"<@{one.bot.id}>" in message.text or f"<@{one.bot.id}|" in message.text:
            self.hears(channel.team, {k: v for k, v in shown.items() if k != "channel_type"} | {"type": "app_mention"})

    def tell_links(self, message: Message) -> None:
        """Of addresses in the domains that the app has registered, whoever wrote them."""
        links = [
            {"domain": domain, "url": url}
            for url in dict.fromkeys(html.unescape(found) for found in LINK.findall(message.text))
            if (domain := urlsplit(url).hostname) in self.app.unfurl_domains
        ]
        one, channel = self.installation(message.channel.team), message.channel
        if not links or message.author is None or one is None:
            return
        event = {
            "type": "link_shared",
            "channel": channel.id,
            "is_bot_user_member": one.bot.id in channel.members,
            "user": message.author.id,
            "message_ts": message.ts,
            "unfurl_id": f"{channel.id}.{message.ts}.{self.new_id('u')}",
            "source": "conversations_history",
            "links": links,
            "event_ts": self.new_ts(),
        }
        self.hears(channel.team, event | ({"thread_ts": message.thread_ts} if message.thread_ts else {}))

    def tell_change(self, message: Message, before: dict[str, Any]) -> None:
        self._tell_hidden(message, "message_changed", message=message_shape(message), previous_message=before)

    def delete(self, message: Message) -> None:
        before = message_shape(message)
        if message.channel.replies(message.ts):
            # Its place stays, so that the replies have something to hang on: this is told as a change.
            message.wiped = True
            shown = {name: before[name] for name in ("type", "ts", "thread_ts", "reply_count") if name in before}
            stone = shown | {"subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT"}
            self._tell_hidden(message, "message_changed", message=stone, previous_message=before)
            return
        message.channel.remove(message)
        self._tell_hidden(message, "message_deleted", previous_message=before, deleted_ts=message.ts)

    def _tell_hidden(self, about: Message, subtype: str, **more: Any) -> None:
        ts = self.new_ts()
        self.hears(
            about.channel.team,
            {
                "type": "message",
                "subtype": subtype,
                "hidden": True,
                "channel": about.channel.id,
                "channel_type": about.channel.kind,
                "ts": ts,
                "event_ts": ts,
                **more,
            },
        )

    def react(self, message: Message, user: User, name: str) -> bool:
        """Returns False if the person has done so already."""
        users = message.reactions.setdefault(name, [])
        if user.id in users:
            return False
        users.append(user.id)
        event = {
            "type": "reaction_added",
            "user": user.id,
            "reaction": name,
            "item": {"type": "message", "channel": message.channel.id, "ts": message.ts},
            "event_ts": self.new_ts(),
        }
        if message.author is not None:
            event["item_user"] = message.author.id
        self.hears(message.channel.team, event)
        return True

    def join(self, channel: Channel, user: User, inviter: User | None = None) -> None:
        channel.members.add(user.id)
        kind = MEMBERSHIP[channel.kind]
        event = {"type": "member_joined_channel", "user": user.id, "channel": channel.id, "channel_type": kind}
        event |= {"team": channel.team.id, "event_ts": self.new_ts()}
        if inviter is not None:
            event["inviter"] = inviter.id
        self.hears(channel.team, event)
        subtype = "channel_join" if channel.kind == "channel" else "group_join"
        self.post(channel, user, f"<@{user.id}> has joined the channel", subtype=subtype)

    def leave(self, channel: Channel, user: User) -> None:
        event = {"type": "member_left_channel", "user": user.id, "channel": channel.id}
        event |= {"channel_type": MEMBERSHIP[channel.kind], "team": channel.team.id, "event_ts": self.new_ts()}
        self.hears(channel.team, event)  # before: the bot hears of its own leaving
        channel.members.discard(user.id)

    # ── who comes, changes and goes ──

    def change_user(self, user: User, **fields: Any) -> None:
        """`fields` are fields of `User`. Presence and do not disturb change without anybody being told."""
        for name, value in fields.items():
            setattr(user, name, value)
        if set(fields) - {"presence", "dnd", "snoozed_until"}:
            self._tell_of(user, "user_change")

    def hire(self, team: Team, name: str, **more: Any) -> User:
        user = self.add_user(team, name, **more)
        self._tell_of(user, "team_join")
        return user

    def _tell_of(self, user: User, kind: str) -> None:
        one = self.installation(user.team)
        with_email = one is not None and "users:read.email" in one.scopes
        at = self.clock.now()
        shape = user_shape(user, at=at, with_email=with_email, app=self.app)
        self.hears(user.team, {"type": kind, "user": shape, "cache_ts": int(at), "event_ts": self.new_ts()})

    # ── interacting ──

    def new_trigger(self, user: User, view: View | None = None) -> str:
        # Three numbers and letters, as Slack's own: the second is the workspace.
        number = next(self._ids)
        trigger = f"{number}.{int(user.team.id.encode().hex()[-8:], 16)}.{number:032x}"
        self.triggers[trigger] = Trigger(user, self.clock.now() + TRIGGER_LIFE, view)
        return trigger

    def new_response_path(self, user: User, channel: Channel, message: Message | None = None) -> str:
        path = f"/responses/{user.team.id}/{self.new_id('R')}"
        self.response_urls[path] = ResponseUrl(user, channel, message, self.clock.now() + RESPONSE_URL_LIFE)
        return path

    def stack(self, user: User) -> list[View]:
        return self.modals.setdefault(user.id, [])

    def show(self, user: User, given: dict[str, Any], *, over: View | None = None) -> View:
        """Put a new view before somebody's eyes: a Home tab, a modal, or one more modal over another."""
        view_id = self.new_id("V")
        named = given | {"blocks": self.name_blocks(given["blocks"])}
        root, previous = (over.root_id, over.id) if over else (view_id, None)
        view = View(view_id, user, named, self._new_hash(), root, previous)
        if view.kind == "home":
            self.homes[user.id] = view
        elif over is None:
            self.modals[user.id] = [view]
        else:
            self.stack(user).append(view)
        return view

    def change(self, view: View, given: dict[str, Any]) -> None:
        view.given = given | {"blocks": self.name_blocks(given["blocks"])}
        view.hash = self._new_hash()
        view.errors = {}

    def _new_hash(self) -> str:
        return f"{int(self.clock.now())}.{next(self._ids):08x}"

    def views(self) -> Iterator[View]:
        yield from self.homes.values()
        for stack in self.modals.values():
            yield from stack


def elements_of(block: dict[str, Any]) -> list[dict[str, Any]]:
    """The elements of an actions, section, input or context block."""
    if block.get("type") in {"rich_text", "table"}:
        return []
    single = [block[name] for name in ("accessory", "element") if name in block]
    return [*block.get("elements", []), *single]
