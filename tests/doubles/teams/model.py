"""What there is in Teams: companies, people, teams, conversations, messages, and the app."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["personal", "groupChat", "channel"]
ChannelType = Literal["standard", "private", "shared"]


@dataclass(slots=True, eq=False)
class App:
    """The bot's registration, and where it listens. `hears_all`: consent to read a channel without being mentioned."""

    id: str = "5b2d0a4c-8f4e-4a8e-9a55-6d1c3f6f0001"
    secret: str = "a secret shared with the directory alone"
    tenant: str = ""  # in whose directory a single-tenant registration is; empty for one of many companies
    name: str = "Lanyard"
    url: str = ""
    hears_all: bool = False

    @property
    def bot(self) -> str:
        return f"28:{self.id}"


@dataclass(slots=True, eq=False)
class User:
    id: str
    aad: str
    name: str
    tenant: str
    handle: str
    email: str | None = None
    time_zone: str = "Europe/London"
    locale: str = "en-GB"
    installed: bool = False  # the app, for this person
    blocked: bool = False  # the person has blocked the bot


@dataclass(slots=True, eq=False)
class Team:
    """Its id is the id of its General channel, as in Teams."""

    id: str
    aad: str
    name: str
    tenant: str
    members: list[User] = field(default_factory=list)
    channels: list[Conversation] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Conversation:
    id: str
    kind: Kind
    tenant: str
    members: list[User] = field(default_factory=list)
    name: str | None = None
    team: Team | None = None
    channel_type: ChannelType = "standard"
    bot: bool = True  # the app is installed here
    messages: list[Message] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Message:
    """`author` is None for the bot's own. `shown` are the cards that single people have in the place of the first."""

    id: str
    conversation: Conversation
    author: User | None
    activity: dict[str, Any]
    thread: str | None = None
    edits: int = 0
    deleted: bool = False
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def root(self) -> str:
        return self.thread or self.id

    def card(self, person: User | None = None) -> dict[str, Any] | None:
        """The Adaptive Card as one person has it before their eyes."""
        if person is not None and person.id in self.shown:
            return self.shown[person.id]
        for attachment in self.activity.get("attachments", []):
            if attachment.get("contentType") == "application/vnd.microsoft.card.adaptive":
                card: dict[str, Any] = attachment["content"]
                return card
        return None


@dataclass(slots=True, eq=False)
class Dialog:
    """A dialog that stands open, and where it was opened."""

    title: str
    card: dict[str, Any]
    place: Conversation
    extension: dict[str, Any] | None = None  # of a message extension: what its command is, and about which message


class Refused(Exception):  # noqa: N818 — an answer, not a fault
    """What the connector answers instead: a status, and Teams's code and message."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message, self.headers = status, code, message, headers


class ImpossibleError(Exception):
    """A person cannot do that: there is no such button, place or message before their eyes."""
