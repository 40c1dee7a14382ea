"""What goes out: cards, and what answers within the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


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
    CHANNELS = "channels"  # several of the channels that the person sees, by the platform's ids; the adapter knows them
    DATE = "date"  # the value is YYYY-MM-DD
    TIME = "time"  # the value is HH:MM
    CHECK = "check"  # the value is "yes" or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One input of a form. `options` are (value, label) pairs for the choices.

    Those of channels are put in by an adapter whose platform has no choice of its own; where there are none, the field
    is not shown, and nothing comes back for it.
    """

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
