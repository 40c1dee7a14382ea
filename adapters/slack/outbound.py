"""Card → message: its blocks, and the plain text that stands for them in notifications and old clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from adapters.slack.blocks import Budget, to_blocks
from adapters.slack.mrkdwn import cut, escape
from bot.messages import Card, Markdown, Part, Text

SUMMARY = 3000
"""Characters. Slack takes more, and shows less of it anywhere."""
LONG = 2000
"""Characters of Markdown. Up to here the worst takes some milliseconds, at the most that a message has room for it is
hundreds of them."""
KEY_EVENT = "lanyard_message"
"""The kind of our metadata: `find` looks for it."""

Made = TypeVar("Made")


async def beside(parts: Iterable[Part], make: Callable[[], Made]) -> Made:
    """What `make` makes of the parts; in a thread where it may take long, so that nothing else waits for it.

    Reading Markdown grows with the square of its length where somebody means it to.
    """
    if sum(len(part.text) for part in parts if isinstance(part, Markdown)) < LONG:
        return make()
    return await asyncio.to_thread(make)


def to_message(card: Card, *, files: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The members `text` and `blocks` of a message. `files` are the ids of uploaded pictures, by their addresses.

    Raises Unshowable.
    """
    parts = card.parts or (Text(text=card.summary),)
    return {"text": to_fallback(card), "blocks": to_blocks(parts, Budget(files=files))}


def to_fallback(card: Card) -> str:
    """The summary, written so that nothing in it acts."""
    return escape(cut(card.summary.strip(), SUMMARY)) or "…"


def to_metadata(key: str) -> dict[str, Any]:
    return {"event_type": KEY_EVENT, "event_payload": {"key": key}}


def has_key(message: dict[str, Any], key: str) -> bool:
    metadata = message.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != KEY_EVENT:
        return False
    payload = metadata.get("event_payload")
    return isinstance(payload, dict) and payload.get("key") == key
