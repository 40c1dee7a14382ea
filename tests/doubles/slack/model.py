"""What exists in Slack: workspaces, people, channels, messages, views, and the app that is installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["channel", "group", "im", "mpim"]  # public, private, direct, direct among several

BOT_SCOPES = (
    "app_mentions:read", "assistant:write", "channels:history", "channels:read", "chat:write", "chat:write.public",
    "commands", "dnd:read", "files:read", "files:write", "groups:history", "groups:read", "im:history", "im:read",
    "im:write",
    "links:read", "links:write", "mpim:history", "mpim:read", "mpim:write", "reactions:read", "reactions:write",
    "usergroups:read", "users:read", "users:read.email",
)  # fmt: skip

BOT_EVENTS = (
    "app_home_opened", "app_mention", "app_uninstalled", "assistant_thread_context_changed",
    "assistant_thread_started", "channel_archive", "channel_rename", "link_shared", "member_joined_channel",
    "member_left_channel",
    "message.channels", "message.groups", "message.im", "message.mpim", "reaction_added", "reaction_removed",
    "team_join", "tokens_revoked", "user_change",
)  # fmt: skip


@dataclass(slots=True, eq=False)
class Enterprise:
    id: str
    name: str


@dataclass(slots=True, eq=False)
class User:
    id: str
    team: Team
    name: str  # the handle
    real_name: str
    email: str | None = None
    tz: str = "Europe/London"
    presence: Literal["active", "away"] = "active"
    dnd: tuple[float, float] | None = None  # from, until: seconds since 1970
    snoozed_until: float | None = None
    status: str = ""
    status_emoji: str = ""
    status_until: float | None = None  # seconds since 1970
    is_bot: bool = False
    is_admin: bool = False
    deleted: bool = False
    guest: bool = False  # sees only the channels it was let into


@dataclass(slots=True, eq=False)
class Message:
    ts: str
    channel: Channel
    author: User | None  # None for a legacy integration, which has only a name
    text: str
    blocks: list[dict[str, Any]] | None = None
    thread_ts: str | None = None
    metadata: dict[str, Any] | None = None
    subtype: str | None = None
    username: str | None = None
    bot_id: str | None = None
    app_id: str | None = None
    edited: dict[str, str] | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)  # emoji → ids of people
    only_for: User | None = None  # set: ephemeral
    broadcast: bool = False
    unfurls: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # address → what is shown of it
    wiped: bool = False  # deleted while replies hang on it
    files: tuple[str, ...] = ()  # the names of what was uploaded with it
    ids_alone: bool = False  # of which nothing else is told


@dataclass(slots=True, eq=False)
class Channel:
    id: str
    team: Team
    name: str
    kind: Kind = "channel"
    members: set[str] = field(default_factory=set)
    archived: bool = False
    messages: list[Message] = field(default_factory=list)
    ephemerals: list[Message] = field(default_factory=list)
    statuses: dict[str, str] = field(default_factory=dict)  # thread → what the assistant says it is doing
    prompts: dict[str, list[dict[str, str]]] = field(default_factory=dict)  # thread → suggested prompts
    titles: dict[str, str] = field(default_factory=dict)
    shared_with: set[str] = field(default_factory=set)  # Slack Connect: ids of other companies' workspaces
    assistant_threads: set[str] = field(default_factory=set)
    _by_ts: dict[str, Message] = field(default_factory=dict)
    _threads: dict[str, list[Message]] = field(default_factory=dict)  # replies only

    @property
    def is_private(self) -> bool:
        return self.kind != "channel"

    def add(self, message: Message) -> None:
        self.messages.append(message)
        self._by_ts[message.ts] = message
        if message.thread_ts and message.thread_ts != message.ts:
            self._threads.setdefault(message.thread_ts, []).append(message)

    def remove(self, message: Message) -> None:
        self.messages.remove(message)
        del self._by_ts[message.ts]
        if message.thread_ts and message.thread_ts != message.ts:
            self._threads[message.thread_ts].remove(message)

    def find(self, ts: str) -> Message | None:
        message = self._by_ts.get(ts)
        return None if message is None or message.wiped else message

    def replies(self, ts: str) -> list[Message]:
        return self._threads.get(ts, [])


@dataclass(slots=True, eq=False)
class UserGroup:
    id: str
    handle: str
    name: str
    users: list[str]
    disabled: bool = False


@dataclass(slots=True, eq=False)
class Team:
    id: str
    name: str
    domain: str
    enterprise: Enterprise | None = None
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    groups: dict[str, UserGroup] = field(default_factory=dict)
    edit_window: float | None = None  # seconds in which a message may be edited; None: for ever


@dataclass(slots=True, eq=False)
class View:
    """A modal or a Home tab, as somebody has it before their eyes."""

    id: str
    user: User
    given: dict[str, Any]  # what the app sent, with a block_id on every block
    hash: str
    root_id: str
    previous_id: str | None = None
    errors: Mapping[str, str] = field(default_factory=dict)  # by block_id, after a refused submission

    @property
    def kind(self) -> str:
        return str(self.given["type"])


@dataclass(slots=True, eq=False)
class Installation:
    """The app in one workspace, or (`team` is None) in a whole organisation."""

    team: Team | None
    enterprise: Enterprise | None
    bot: User
    bot_id: str
    token: str
    scopes: tuple[str, ...]
    installed_by: str
    refresh_token: str | None = None
    expires_at: float | None = None  # of the token, with rotation
    old_tokens: dict[str, float] = field(default_factory=dict)  # token → when it ends
    refused: str | None = None  # the error that every call gets: token_revoked, account_inactive

    def covers(self, team: Team) -> bool:
        if self.team is not None:
            return self.team is team
        return self.enterprise is not None and team.enterprise is self.enterprise


@dataclass(slots=True, eq=False)
class App:
    """What its configuration page says. None means "whatever it is asked for is configured"."""

    id: str = "A0LANYARD"
    name: str = "Lanyard"
    client_id: str = "1000000000.2000000000"
    client_secret: str = "client-secret-of-the-double"
    signing_secret: str = "signing-secret-of-the-double"
    verification_token: str = "verification-token-of-the-double"
    app_token: str = "xapp-1-A0LANYARD-1-double"
    scopes: tuple[str, ...] = BOT_SCOPES
    events: frozenset[str] = frozenset(BOT_EVENTS)
    commands: frozenset[str] | None = None
    shortcuts: frozenset[str] | None = None  # callback ids
    unfurl_domains: frozenset[str] = frozenset()
    redirect_urls: tuple[str, ...] | None = None
    socket_mode: bool = False
    token_rotation: bool = False
    agent: bool | None = None  # agent_view (True) or assistant_view (False); None: either
    urls: list[str] = field(default_factory=list)  # in turn; events, interactivity, commands and options alike

    def configure(self, manifest: Mapping[str, Any]) -> None:
        """Take over what a manifest says, request addresses excepted: `urls` says where Lanyard listens."""
        settings = manifest.get("settings", {})
        features = manifest.get("features", {})
        oauth = manifest.get("oauth_config", {})
        self.name = features.get("bot_user", {}).get("display_name", self.name)
        self.scopes = tuple(oauth.get("scopes", {}).get("bot", ()))
        self.events = frozenset(settings.get("event_subscriptions", {}).get("bot_events", ()))
        self.commands = frozenset(command["command"] for command in features.get("slash_commands", ()))
        self.shortcuts = frozenset(shortcut["callback_id"] for shortcut in features.get("shortcuts", ()))
        self.unfurl_domains = frozenset(features.get("unfurl_domains", ()))
        self.redirect_urls = tuple(oauth.get("redirect_urls", ()))
        self.socket_mode = bool(settings.get("socket_mode_enabled"))
        self.token_rotation = bool(settings.get("token_rotation_enabled"))
        self.agent = "agent_view" in features
