"""Where something is said, and who says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """What kind of place a conversation is; decides who can read what is said there."""

    DIRECT = "direct"  # one person and the bot
    CHANNEL = "channel"  # open to everybody in the company
    PRIVATE = "private"  # a closed channel or group


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Our reference to a place where something can be said.

    `conversation` and `thread` are opaque outside their platform. Three shapes are meant:

    - `conversation` without `person`: everybody there reads it.
    - `conversation` with `person`: in that place, for that one person's eyes (the platform picks its way).
    - `person` without `conversation`: that person's direct conversation with the bot, wherever it is.
    """

    platform: str
    tenant: str  # the platform's own name for the company: a Slack team, a Teams tenant
    conversation: str | None = None
    thread: str | None = None
    person: str | None = None  # the platform's own id of a person

    def __post_init__(self) -> None:
        if self.conversation is None and self.person is None:
            raise ValueError("An address needs a conversation or a person.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A person as the platform knows them. What the platform does not tell is None."""

    id: str
    name: str | None = None
    email: str | None = None
    time_zone: str | None = None  # IANA name
    is_bot: bool = False
    is_guest: bool = False  # of another company, or let into some conversations only


class Presence(StrEnum):
    PRESENT = "present"
    AWAY = "away"  # not at the screen just now
    OUT = "out"  # on leave or ill, as their status says
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Whether somebody can be disturbed now, as far as their platform tells. All moments are aware."""

    presence: Presence = Presence.UNKNOWN
    back_at: datetime | None = None  # when a status that says "out" ends; None where it does not say
    undisturbed_until: datetime | None = None  # do not disturb, until then


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The conversation an inbound message came from."""

    conversation: str
    scope: Scope
    name: str | None = None  # without a leading "#"
    thread: str | None = None
    shared: bool = False  # people of other companies read it, or may; then it is `PRIVATE` too


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRef:
    """A message that a platform has accepted; enough to revise or to recognise it."""

    platform: str
    tenant: str
    conversation: str
    id: str
    thread: str | None = None
    person: str | None = None  # set when the message is for one person's eyes
