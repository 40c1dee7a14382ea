"""The nouns of the room, and how they are read from its rows."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.messages import Scope, Sender


class NotHere(LookupError):  # noqa: N818 — a verdict, not a fault
    """There is no such person, conversation, thread or message for the one who asks. The text is one sentence."""


class Taken(ValueError):  # noqa: N818 — a verdict, not a fault
    """An id, a name or an e-mail address belongs to something else already. The text is one sentence."""


class Standing(StrEnum):
    """How a person can be reached, as they say on the page."""

    HERE = "here"  # present while a page of theirs is open
    BUSY = "busy"  # do not disturb
    OUT = "out"  # on leave
    LEFT = "left"  # not of the company any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A person one can be on the page. `badge` is a short role label such as "Expert"; both texts are only shown."""

    sender: Sender
    title: str = ""
    badge: str = ""
    standing: Standing = Standing.HERE
    until: datetime | None = None  # when being busy ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A conversation of the room. `members` are ids of people; an open channel is readable beyond them."""

    id: str
    name: str
    scope: Scope = Scope.CHANNEL
    topic: str = ""
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that somebody has put in; `size` in bytes."""

    id: str
    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. `author` None is the bot, whose `card` is the page's JSON; a person's message has `text`."""

    number: int
    id: str
    conversation: str
    thread: str | None
    author: str | None
    only_for: str | None
    at: datetime
    text: str | None
    card: dict[str, Any] | None
    seq: int
    signs: tuple[str, ...] = ()  # what the bot put at it
    files: tuple[Upload, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A form or a note that was shown to one person. `body` is its JSON; forms keep verb and value in it."""

    token: str
    person: str
    conversation: str
    thread: str | None
    kind: str
    body: dict[str, Any]
    expires: datetime
    used_by: str | None = None
    outcome: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What one person has to be told. `seq` is where to go on; `roster`: people, places or the clock changed."""

    seq: int
    messages: tuple[Message, ...]
    roster: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """The bot looks for an answer in this conversation; `only_for` as in a message."""

    conversation: str
    only_for: str | None


def direct(person: str) -> str:
    """The id of a person's direct conversation with the bot."""
    return f"direct:{person}"


def persona_of(row: sqlite3.Row) -> Persona:
    sender = Sender(id=row["id"], name=row["name"], email=row["email"], time_zone=row["time_zone"])
    return Persona(
        sender=sender,
        title=row["title"],
        badge=row["badge"],
        standing=Standing(row["standing"] or Standing.HERE),
        until=None if row["until"] is None else datetime.fromisoformat(row["until"]),
    )


def message_of(row: sqlite3.Row) -> Message:
    return Message(
        number=row["number"],
        id=row["id"],
        conversation=row["conversation"],
        thread=row["thread"],
        author=row["author"],
        only_for=row["only_for"],
        at=datetime.fromisoformat(row["at"]),
        text=row["text"],
        card=None if row["card"] is None else json.loads(row["card"]),
        seq=row["seq"],
        signs=tuple(json.loads(row["signs"])),
        files=tuple(Upload(**file) for file in json.loads(row["files"])),
    )


def issued_of(row: sqlite3.Row) -> Issued:
    return Issued(
        token=row["token"],
        person=row["person"],
        conversation=row["conversation"],
        thread=row["thread"],
        kind=row["kind"],
        body=json.loads(row["body"]),
        expires=datetime.fromisoformat(row["expires"]),
        used_by=row["used_by"],
        outcome=None if row["outcome"] is None else json.loads(row["outcome"]),
    )
