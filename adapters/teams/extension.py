"""The message extension: what was searched or pasted → what Teams lists, and what it puts into a message. Pure.

A result is a card without buttons: it goes into somebody's own message, where the bot may not be.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from adapters.teams.elements import CARD
from adapters.teams.model import Unshowable
from adapters.teams.outbound import CARD_TYPE, to_card
from adapters.teams.plain import cut, line, weigh
from bot.messages import Buttons, Card, Result

PREVIEW = "application/vnd.microsoft.card.thumbnail"
MOST_RESULTS = 10
"""More, nobody reads in that small a window."""
BESIDE_LINKS = "1.3"
"""The version of Adaptive Cards beside addresses. What a result is made of is as old, or passed over by its name."""
TITLE = 100
TEXT = 200


def to_results(found: Sequence[Result]) -> dict[str, Any]:
    """The answer to a search, to a link, or to a command whose outcome goes into the message.

    One that Teams has no room for is left out, and so is what comes after the room has ended.
    """
    attachments: list[dict[str, Any]] = []
    room = CARD
    for result in found[:MOST_RESULTS]:
        try:
            attachment = _attachment(result, room=CARD // 2)
        except Unshowable:
            continue
        room -= weigh(attachment)
        if room < 0:
            break
        attachments.append(attachment)
    return {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": attachments}}


def to_shown(found: Sequence[Result]) -> dict[str, Any]:
    """The answer to an address in somebody's message: the cards beside it, in the older form that Teams takes there."""
    answer = to_results(found)
    for attachment in answer["composeExtension"]["attachments"]:
        attachment["content"]["version"] = BESIDE_LINKS
    return answer


def without_buttons(card: Card) -> Card:
    return replace(card, parts=tuple(part for part in card.parts if not isinstance(part, Buttons)))


def _attachment(result: Result, *, room: int) -> dict[str, Any]:
    # Teams reads the text of a preview as HTML, and its title as it is.
    preview = {"title": cut(line(result.title), TITLE) or "…", "text": html.escape(cut(line(result.text), TEXT))}
    return {
        "contentType": CARD_TYPE,
        "content": to_card(without_buttons(result.card), room=room),
        "preview": {"contentType": PREVIEW, "content": preview},
    }
