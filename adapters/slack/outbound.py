"""Card → message: its blocks, and the plain text that stands for them in notifications and old clients. Pure."""

from __future__ import annotations

from typing import Any

from adapters.slack.blocks import Budget, to_blocks
from adapters.slack.mrkdwn import cut, escape
from bot.messages import Card, Text

SUMMARY = 3000
"""Characters. Slack takes more, and shows less of it anywhere."""
KEY_EVENT = "lanyard_message"
"""The kind of our metadata: `find` looks for it."""


def to_message(card: Card) -> dict[str, Any]:
    """The members `text` and `blocks` of a message. Raises Unshowable."""
    parts = card.parts or (Text(text=card.summary),)
    return {"text": to_fallback(card), "blocks": to_blocks(parts, Budget())}


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
