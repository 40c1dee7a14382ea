"""What Slack's own window makes of words that a person types."""

from __future__ import annotations

import html
import re
from typing import Any

from tests.doubles.slack.model import User
from tests.doubles.slack.reading import MARKUP
from tests.doubles.slack.world import World


def type_text(world: World, user: User, text: str) -> str:
    typed = re.sub(r"(?<!\S)https?://[^\s<>|]+", r"<\g<0>>", html.escape(text, quote=False))
    names: dict[str, str] = {f"@{wide}": f"<!{wide}>" for wide in ("channel", "here", "everyone")}
    for channel in user.team.channels.values():
        if channel.name and world.readable(user, channel):
            names[f"#{channel.name}"] = f"<#{channel.id}|{channel.name}>"
    for other in user.team.users.values():
        names |= {f"@{html.escape(name, quote=False)}": f"<@{other.id}>" for name in (other.name, other.real_name)}
    longest_first = sorted(map(re.escape, names), key=len, reverse=True)
    return re.sub("|".join(longest_first), lambda found: names[found.group()], typed)


def rich_text(text: str) -> list[dict[str, Any]]:
    """The block that Slack's window makes of what was typed."""
    elements: list[dict[str, Any]] = []
    end = 0
    for found in MARKUP.finditer(text):
        elements += _plain(text[end : found.start()])
        elements.append(_mark(found.group(1)))
        end = found.end()
    section = {"type": "rich_text_section", "elements": elements + _plain(text[end:])}
    return [{"type": "rich_text", "elements": [section]}]


def _plain(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": html.unescape(text)}] if text else []


def _mark(inside: str) -> dict[str, Any]:
    target, _, label = inside.partition("|")
    match target[0]:
        case "@":
            return {"type": "user", "user_id": target[1:]}
        case "#":
            return {"type": "channel", "channel_id": target[1:]}
        case "!":
            return {"type": "broadcast", "range": target[1:]}
        case _:
            return {"type": "link", "url": html.unescape(target)} | ({"text": html.unescape(label)} if label else {})
