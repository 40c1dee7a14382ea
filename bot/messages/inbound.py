"""What comes in: what people say, press, send and do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.messages.places import MessageRef, Place, Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What every inbound has. `key` is the platform's identity of the message or press, equal on every redelivery."""

    platform: str
    tenant: str
    key: str
    sender: Sender
    place: Place
    at: datetime  # aware


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that came with what somebody said, as its platform can fetch it.

    `id` is the platform's own name of it, `source` what else the platform needs, opaque elsewhere and not to be shown.
    """

    name: str
    id: str
    source: str = field(default="", repr=False)
    size: int | None = None  # bytes, where the platform tells; not to be trusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Said(Heard):
    """Somebody said something.

    `command` is the word of a slash command ("ask", "nudge") without its slash, with the rest in `text`. `mentioned`
    says that the bot was addressed by name. The bot's own mention is already taken out of `text`; other people and
    channels stand in it as "@name" and "#name" and are resolved in `people` and `channels`.
    """

    text: str
    command: str | None = None
    mentioned: bool = False
    message: str | None = None  # the platform's id of the message, so that a reply can stand in its thread
    quoted: str | None = None  # the message that it replies to, where people reply by quoting rather than in a thread
    people: Mapping[str, str] = field(default_factory=dict)  # "@name" → the platform's id of the person
    # "#name" → the platform's id of the conversation; also "@name" of a group, whose members the platform tells
    channels: Mapping[str, str] = field(default_factory=dict)
    attached: tuple[str, ...] = ()  # the names of all files that came with it
    files: tuple[File, ...] = ()  # those of them that the platform can fetch
    may_come_anew: bool = False  # the platform may deliver it again under another key, shortly after


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed(Heard):
    """Somebody pressed a button, or used a shortcut on a message.

    `verb` and `value` came back from the platform and are not to be trusted. With a shortcut on a message, `message` is
    that message, `text` its words, and `value` an address that opens it.
    """

    verb: str
    value: str = ""
    message: MessageRef | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted(Heard):
    """Somebody sent a form. A choice of several is a tuple; everything else is text. Not to be trusted."""

    verb: str
    value: str = ""
    fields: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed(Heard):
    """`sender` is now as told here: name, address, time zone, whether a guest. `left`: their account is closed.

    It happened nowhere in particular: `place` is their direct conversation, by whatever name.
    """

    left: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited(Heard):
    """`sender` has brought the bot into `place`. In their own direct conversation an administrator may have done it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(Heard):
    """Somebody opened the bot's home; `place` is their direct conversation. The outcome is a `Home`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun(Heard):
    """Somebody opened an empty conversation with the bot, and has said nothing yet. The outcome is `Prompts`.

    Where they were before they opened it is no part of it: what may be seen depends on who asks, and on `place` alone.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Amended(Heard):
    """Somebody changed what they had said, or (`text` None) took it back. `of` is the key of what was said then."""

    of: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought(Heard):
    """Somebody looks for a job aid to put into a message of their own, by words. The outcome is `Found`.

    Without words they see what is new. Whoever reads `place` will read what they choose, so it must be theirs to read.
    """

    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked(Heard):
    """Somebody has put addresses of ours into a message of theirs, or is about to. The outcome is `Found`.

    What is found is shown beside the message, so whoever reads `place` must be allowed to read it.
    """

    addresses: tuple[str, ...]


Inbound = Said | Pressed | Submitted | Changed | Invited | Opened | Begun | Amended | Sought | Linked
