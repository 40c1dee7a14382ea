"""Card → Adaptive Card and activity. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adapters.teams.elements import CARD, read_verb, to_elements
from adapters.teams.plain import clean, cut, inert, line
from bot.messages import Buttons, Card, Facts, Heading, Image, Links, Markdown, Part, Text

__all__ = ["read_verb", "to_activity", "to_attachment", "to_card", "to_note", "to_words"]

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
MESSAGE_TYPE = "application/vnd.microsoft.activity.message"
SUMMARY = 300
"""Characters. It stands in notifications and lists of chats, where less of it is shown."""
NOTE = 2000


def to_activity(card: Card, *, key: str | None = None) -> dict[str, Any]:
    """The body of a message without its addressing. Raises Unshowable.

    No `text`: Teams would show it above the card. `key` goes along for whoever looks into Teams' own records; it
    cannot be searched for.
    """
    activity: dict[str, Any] = {
        "type": "message",
        "summary": cut(line(card.summary), SUMMARY) or "…",
        "attachments": [to_attachment(card)],
    }
    if key is not None:
        activity["channelData"] = {"lanyard": {"key": key}}
    return activity


def to_attachment(card: Card) -> dict[str, Any]:
    return {"contentType": CARD_TYPE, "content": to_card(card)}


def to_card(card: Card, *, room: int = CARD, in_dialog: bool = False) -> dict[str, Any]:
    """The Adaptive Card alone, as a press is answered with it. Raises Unshowable."""
    parts = card.parts or (Text(text=card.summary),)
    body = to_elements(parts, room=room, in_dialog=in_dialog) or to_elements((Text(text="…"),), room=room)
    return adaptive_card(body, said=card.summary)


def adaptive_card(body: list[dict[str, Any]], *, said: str) -> dict[str, Any]:
    """`said` is read to those who listen, and shown where Adaptive Cards of this age are not known."""
    summary = cut(line(said), SUMMARY) or "…"
    return {
        "type": "AdaptiveCard",
        "version": "1.5",
        "fallbackText": inert(summary),
        "speak": " ".join(summary.translate(_NO_SPEECH_MARKUP).split()) or "…",
        "body": body,
    }


_NO_SPEECH_MARKUP = str.maketrans("<>&", "   ")


def to_note(card: Card) -> dict[str, Any]:
    """What a press of `Action.Execute` is answered with, to say a word to the one who pressed: its words alone.

    Teams shows them for a moment, without buttons. Where there are some, send the card to the person instead, or
    where a dialog is open, use `forms.to_note_task`.
    """
    return {"statusCode": 200, "type": MESSAGE_TYPE, "value": to_words(card)}


def to_words(card: Card) -> str:
    """A card as plain text, its buttons left out."""
    words = "\n".join(text for part in card.parts for text in _words(part) if text.strip())
    return cut(clean(words or card.summary).strip(), NOTE) or "…"


def _words(part: Part) -> Iterator[str]:
    match part:
        case Heading(text=text) | Text(text=text) | Markdown(text=text) | Image(alt=text):
            yield text
        case Facts(facts=facts):
            for label, value in facts:
                yield f"{label}: {value}"
        case Links(links=links):
            for one in links:
                yield f"{one.label} ({one.url})"
        case Buttons():
            pass
