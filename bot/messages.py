"""The vocabulary of chat, and the port behind which a platform stands.

Nothing here knows a platform, learning, or storage. An adapter translates its platform's payloads into `Inbound`
and a `Card` into its platform's own form; it imports this module of ours and no other.

    adapter ──Inbound──▶ Receive ──Outcome──▶ adapter      within the request
    delivery ──Card──▶ Platform.send ──MessageRef──▶       from the outbox, later
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from aiohttp import web

# ── Where, who ──────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── What comes in ───────────────────────────────────────────────────────────────────────────────────────────────────


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
    attached: tuple[str, ...] = ()  # the names of files that came with it; what is in them is not looked at
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
    """`sender` has brought the bot into `place`."""


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


# ── What goes out ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    text: str


class Tone(StrEnum):
    NORMAL = "normal"
    QUIET = "quiet"  # small print: sources, status
    QUOTE = "quote"  # somebody's words


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Plain text: the adapter shows every character as itself. Line breaks are kept."""

    text: str
    tone: Tone = Tone.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Markdown:
    """A job aid's body: CommonMark without HTML, written by people. The adapter parses and escapes it.

    Links with a scheme other than https, http and mailto are shown as text; mentions in it never act.
    """

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Short labelled values, shown in a grid: ((label, value), …), both plain."""

    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture. `url` is https, or a `data:image/png;base64,` address that the adapter uploads or shows inline."""

    url: str
    alt: str


class Style(StrEnum):
    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """`verb` is what it asks for, `value` what it is about; both return in `Pressed`. At most 2,000 characters."""

    label: str
    verb: str
    value: str = ""
    style: Style = Style.PLAIN
    opens_form: bool = False  # a hint for platforms that must know beforehand that a dialog follows


@dataclass(frozen=True, slots=True, kw_only=True)
class Buttons:
    buttons: tuple[Button, ...]


Part = Heading | Text | Markdown | Facts | Links | Image | Buttons


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What the bot says. `summary` is the plain text for notifications and for platforms without cards."""

    summary: str
    parts: tuple[Part, ...] = ()


class FieldKind(StrEnum):
    LINE = "line"
    TEXT = "text"  # several lines
    CHOICE = "choice"
    CHOICES = "choices"
    DATE = "date"  # the value is YYYY-MM-DD
    TIME = "time"  # the value is HH:MM
    CHECK = "check"  # the value is "yes" or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One input of a form. `options` are (value, label) pairs for the choices."""

    name: str
    label: str
    kind: FieldKind = FieldKind.LINE
    value: str = ""
    hint: str = ""
    required: bool = True
    options: tuple[tuple[str, str], ...] = ()
    max_length: int = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A dialog to open at once. `verb` and `value` return in `Submitted`."""

    title: str
    verb: str
    value: str = ""
    intro: tuple[Part, ...] = ()
    fields: tuple[Field, ...] = ()
    submit: str = "Send"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldErrors:
    """The form stays open; each named field shows its sentence. The empty name is the form as a whole."""

    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A private word to the one who acted, shown at once and not kept."""

    card: Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The bot's home as it stands for this person now. After each press and form in it, it is opened anew."""

    card: Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """What one could begin with: questions as they may be asked word for word, the best ones first."""

    lead: str
    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One thing found: `title` and `text` stand in the list, plain; `card` goes into the message.

    `address` is the one that it was found by, where addresses were given.
    """

    title: str
    text: str
    card: Card
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found, best first."""

    results: tuple[Result, ...]


Outcome = Form | FieldErrors | Note | Home | Prompts | Found | None


class Reaction(StrEnum):
    """The small signs that the bot puts at somebody's message."""

    DONE = "done"  # it was taken, and carried to where it should go
    WELCOME = "welcome"  # a word of thanks was heard


# ── The port ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A limit that a platform sets, counted in a `bucket` that all replicas share.

    `burst` calls may follow each other at once after a quiet while, and then one `every` so often: in any stretch of
    time t there are no more than burst + t / every. `bucket` is named within the platform, so it names the tenant too.
    """

    bucket: str
    every: timedelta
    burst: int = 1
    wide: bool = False  # whether other conversations draw on the bucket too, not this one alone

    def __post_init__(self) -> None:
        if self.burst < 1 or self.every <= timedelta(0):
            raise ValueError(f"A pace needs a burst of 1 or more and time between calls: {self!r}")

    @classmethod
    def at_most(
        cls, calls: int, *, within: timedelta, bucket: str, burst: int | None = None, wide: bool = False
    ) -> Pace:
        """Never more than `calls` in any stretch `within`, of which `burst` (else half of them) may come at once."""
        burst = burst if burst is not None else max(1, calls // 2)
        if burst >= calls > 1:
            raise ValueError(f"A burst of {burst} leaves nothing of {calls} calls to be spread.")
        every = within / max(1, calls - burst)
        return cls(bucket=bucket, every=every, burst=burst, wide=wide)


class TryLater(Exception):  # noqa: N818 — it is an instruction, not a fault
    """The platform did not take it now. `after` is the platform's own delay; None leaves it to the caller.

    `maybe_sent` says that the call may have arrived: look for the message before sending it again. `bucket` is the one
    of the message's paces that has to rest for `after`; None means this conversation.
    """

    def __init__(
        self,
        reason: str,
        *,
        after: timedelta | None = None,
        maybe_sent: bool = False,
        bucket: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.after = after
        self.maybe_sent = maybe_sent
        self.bucket = bucket


class CannotTell(Exception):  # noqa: N818 — an honest answer, not a fault
    """Raised by `find` for what cannot be asked for, such as what only one person sees: it may or may not be there."""


class Undeliverable(Exception):  # noqa: N818 — it is a verdict on the message, not a fault of ours
    """The platform will never take it: no such conversation, not a member, blocked. `reason` is one plain sentence."""


class Busy(Exception):  # noqa: N818 — raised by `Receive`; the adapter answers "try again" (503)
    """Lanyard cannot store what came in just now. Nothing was kept; the platform should deliver it again."""


Receive = Callable[[Inbound], Awaitable[Outcome]]
"""The core, as an adapter sees it. Returning means that the inbound is stored. Raises Busy, nothing else."""


class Platform(Protocol):
    """One chat platform. Two or more real ones stand behind this port; `tests/adapters` holds their contract."""

    name: str
    reads_back: bool  # whether `find` can tell

    def routes(self) -> Iterable[web.RouteDef]:
        """The HTTP routes the platform needs."""
        ...

    async def start(self) -> None:
        """Open what stays open (a socket, a session). Called once, before the first `send`."""
        ...

    async def stop(self) -> None:
        """Close it again."""
        ...

    def paces(self, to: Address, *, revising: bool) -> Sequence[Pace]:
        """The limits that a message to this address draws on, narrow ones first; none where there are none. Pure."""
        ...

    async def send(self, to: Address, card: Card, *, key: str) -> MessageRef:
        """Say it. `key` goes with the message where the platform has room for it. Raises TryLater, Undeliverable."""
        ...

    async def find(self, to: Address, *, key: str) -> MessageRef | None:
        """The message that carries `key`, if it was sent to `to`. Only where `reads_back`.

        Raises TryLater, CannotTell.
        """
        ...

    async def revise(self, message: MessageRef, card: Card) -> None:
        """Replace what was sent. Doing it twice is harmless. Raises TryLater, Undeliverable."""
        ...

    async def profile(self, tenant: str, person: str) -> Sender | None:
        """What the platform tells of a person, or None if there is no such person. Raises TryLater."""
        ...

    async def has_left(self, tenant: str, person: str) -> bool:
        """Whether their account there is closed. False where the platform does not tell. Raises TryLater."""
        ...

    async def person_by_email(self, tenant: str, email: str) -> Sender | None:
        """Who has that address there, whatever its case, or None. Raises TryLater."""
        ...

    async def availability(self, tenant: str, person: str) -> Availability:
        """Whether the person can be disturbed now. What the platform does not tell is left open. Raises TryLater."""
        ...

    async def is_member(self, tenant: str, conversation: str, person: str) -> bool:
        """Whether the person is in the conversation; cheaper than `members`. Raises TryLater, Undeliverable."""
        ...

    async def members(self, tenant: str, conversation: str) -> Sequence[str]:
        """The people in a conversation or group, as the platform's ids, bots left out.

        Raises TryLater, Undeliverable.
        """
        ...

    async def group(self, tenant: str, name: str) -> str | None:
        """The platform's id of a group of people, for `members`, by the name that stands behind an "@" there.

        The name's case does not matter. None where there is no such group, or no groups at all. Raises TryLater.
        """
        ...

    async def link(self, message: MessageRef) -> str | None:
        """An address that opens the message for whoever may read it; None where there is none. Raises nothing."""
        ...

    async def working(self, to: Address) -> None:
        """Show that an answer is being looked for; whatever is said there next takes it away.

        Best effort: it raises nothing, and does nothing where a platform has no way to show it.
        """
        ...

    async def react(self, message: MessageRef, reaction: Reaction) -> None:
        """Put a sign at somebody's message, once. Best effort: it raises nothing."""
        ...
