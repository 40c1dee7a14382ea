"""The vocabulary of chat, and the port behind which a platform stands.

Nothing here knows a platform, learning, or storage. An adapter translates its platform's payloads into `Inbound`
and a `Card` into its platform's own form; it imports this module of ours and no other.

    adapter ──Inbound──▶ Receive ──Outcome──▶ adapter      within the request
    delivery ──Card──▶ Platform.send ──MessageRef──▶       from the outbox, later
"""

from __future__ import annotations

from bot.messages.cards import (
    Button,
    Buttons,
    Card,
    Facts,
    Field,
    FieldErrors,
    FieldKind,
    Form,
    Found,
    Heading,
    Home,
    Image,
    Link,
    Links,
    Markdown,
    Note,
    Outcome,
    Part,
    Prompts,
    Reaction,
    Result,
    Style,
    Text,
    Tone,
)
from bot.messages.html import (
    clean,
    markdown_html,
)
from bot.messages.inbound import (
    Amended,
    Begun,
    Changed,
    File,
    Heard,
    Inbound,
    Invited,
    Linked,
    Opened,
    Pressed,
    Said,
    Sought,
    Submitted,
)
from bot.messages.links import (
    is_web_link,
)
from bot.messages.places import (
    Address,
    Availability,
    MessageRef,
    Place,
    Presence,
    Scope,
    Sender,
)
from bot.messages.port import (
    Busy,
    CannotTell,
    Pace,
    Platform,
    Receive,
    TryLater,
    Undeliverable,
)

__all__ = [
    "Address",
    "Amended",
    "Availability",
    "Begun",
    "Busy",
    "Button",
    "Buttons",
    "CannotTell",
    "Card",
    "Changed",
    "Facts",
    "Field",
    "FieldErrors",
    "FieldKind",
    "File",
    "Form",
    "Found",
    "Heading",
    "Heard",
    "Home",
    "Image",
    "Inbound",
    "Invited",
    "Link",
    "Linked",
    "Links",
    "Markdown",
    "MessageRef",
    "Note",
    "Opened",
    "Outcome",
    "Pace",
    "Part",
    "Place",
    "Platform",
    "Presence",
    "Pressed",
    "Prompts",
    "Reaction",
    "Receive",
    "Result",
    "Said",
    "Scope",
    "Sender",
    "Sought",
    "Style",
    "Submitted",
    "Text",
    "Tone",
    "TryLater",
    "Undeliverable",
    "clean",
    "is_web_link",
    "markdown_html",
]
