"""Slack's text markup, read and written.

In it `&`, `<` and `>` are written as entities; what stands between real angle brackets acts: people `<@U1>`, channels
`<#C1|name>`, groups `<!subteam^S1|@name>`, everybody `<!here>`, dates, and links `<address|label>`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.messages import clean

_ACTING = re.compile(r"<([@#!][^<>\n]*|[a-zA-Z][a-zA-Z0-9+.-]*:[^<>\n]*)>")
GROUP = "!subteam^"
_EVERYBODY = {"here", "channel", "everyone"}


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"


def escape(text: str) -> str:
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def mentioned_ids(text: str) -> tuple[set[str], set[str]]:
    """The ids of the people that a text names, and of the channels and groups."""
    people: set[str] = set()
    channels: set[str] = set()
    if "<" in text:
        for hit in _ACTING.finditer(text):
            acting = hit[1].partition("|")[0]
            if acting.startswith("@"):
                people.add(acting[1:])
            elif acting.startswith("#"):
                channels.add(acting[1:])
            elif acting.startswith(GROUP):
                channels.add(acting.removeprefix(GROUP))
    return people, channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text as it was meant to be read; see `Said` for `people` and `channels`."""

    text: str
    mentioned: bool
    people: Mapping[str, str]
    channels: Mapping[str, str]


def read(text: str, *, bot: str | None, people: Mapping[str, str], channels: Mapping[str, str]) -> Words:
    """Slack's text as words. `bot` is the bot's own id as a person; `people` and `channels` are names by id."""
    if "<" not in text:
        return Words(text=unescape(text), mentioned=False, people={}, channels={})
    mentioned = False
    if bot is not None:
        text, times = re.subn(rf"<@{re.escape(bot)}(\|[^<>]*)?>[,:]?[ \t]*", "", text)
        mentioned = times > 0
        text = text.strip() if mentioned else text
    found_people: dict[str, str] = {}
    found_channels: dict[str, str] = {}
    parts: list[str] = []
    end = 0
    for hit in _ACTING.finditer(text):
        parts.append(unescape(text[end : hit.start()]))
        end = hit.end()
        acting, _, label = hit[1].partition("|")
        label = unescape(label)
        match acting[:1]:
            case "@":
                name = people.get(acting[1:]) or label or acting[1:]
                parts.append(_name(f"@{name}", acting[1:], found_people))
            case "#":
                name = channels.get(acting[1:]) or label or acting[1:]
                parts.append(_name(f"#{name}", acting[1:], found_channels))
            case "!" if acting.startswith(GROUP) and (label or acting.removeprefix(GROUP) in channels):
                # A group is a conversation of people whose members Slack tells.
                group = acting.removeprefix(GROUP)
                parts.append(_name(f"@{channels.get(group) or label.removeprefix('@')}", group, found_channels))
            case "!":
                parts.append(_special(acting[1:], label))
            case _:
                parts.append(_link(unescape(acting), label))
    parts.append(unescape(text[end:]))
    return Words(text="".join(parts), mentioned=mentioned, people=found_people, channels=found_channels)


def _name(name: str, id_: str, found: dict[str, str]) -> str:
    # Two people of one name must stay two.
    if found.setdefault(name, id_) != id_:
        name = f"{name} ({id_})"
        found[name] = id_
    return name


def _special(acting: str, label: str) -> str:
    if acting in _EVERYBODY:
        return f"@{acting}"
    return label or acting.partition("^")[0]


def _link(url: str, label: str) -> str:
    shown = url.removeprefix("mailto:")
    if not label or label in (shown, url) or url.partition("://")[2].rstrip("/") == label.rstrip("/"):
        return label or shown
    return f"{label} ({url})"
