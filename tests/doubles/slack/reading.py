"""A message or view as a person has it before their eyes: the words, buttons, links and pictures of its blocks."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.slack.model import Message, View
from tests.doubles.slack.world import World, elements_of

MARKUP = re.compile(r"<([^<>\n]+)>")
WIDE = {"!channel": "@channel", "!here": "@here", "!everyone": "@everyone"}


@dataclass(slots=True)
class Seen:
    """`text` is every visible word, unescaped, mrkdwn's own signs (*, _, ~, `) left as they are.

    `pings` are who gets notified by it: "@channel", a person's or a group's id.
    """

    id: str = ""
    conversation: str = ""
    thread: str | None = None
    text: str = ""
    buttons: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    pings: tuple[str, ...] = ()
    only_for_me: bool = False
    by_app: bool = False
    edited: bool = False


@dataclass(slots=True)
class _Page:
    world: World
    words: list[str] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    pings: list[str] = field(default_factory=list)

    def seen(self, **more: Any) -> Seen:
        return Seen(
            text="\n".join(word for word in self.words if word),
            buttons=tuple(self.buttons),
            links=tuple(self.links),
            pictures=tuple(self.pictures),
            pings=tuple(self.pings),
            **more,
        )

    def mrkdwn(self, text: str) -> str:
        """What is seen of it. Links that can be followed and who is pinged are noted on the way."""
        return html.unescape(MARKUP.sub(self._mark, text))

    def _mark(self, found: re.Match[str]) -> str:
        target, _, label = found.group(1).partition("|")
        if target.startswith("@"):
            self.pings.append(target[1:])
            return "@" + next((user.real_name for user in self.world.users() if user.id == target[1:]), target[1:])
        if target.startswith("#"):
            names = (
                team.channels[target[1:]].name for team in self.world.teams.values() if target[1:] in team.channels
            )
            return "#" + next(names, label or "private-channel")
        if target in WIDE:
            self.pings.append(WIDE[target])
            return WIDE[target]
        if target.startswith("!subteam^"):
            self.pings.append(target.removeprefix("!subteam^"))
            return label or target
        if target.startswith("!date^"):
            return label
        if re.match(r"(https?://|mailto:)", target, re.IGNORECASE):
            self.links.append(html.unescape(target))
            return label or target.removeprefix("mailto:")
        return found.group(0)

    def object(self, given: Any) -> None:
        """A text object."""
        if not isinstance(given, Mapping):
            return
        text = str(given.get("text", ""))
        # In plain_text the three escapes are read as signs too.
        self.words.append(self.mrkdwn(text) if given.get("type") == "mrkdwn" else html.unescape(text))

    def block(self, block: dict[str, Any]) -> None:
        match block.get("type"):
            case "image":
                self.picture(block)
                self.object(block.get("title"))
            case "rich_text":
                self.words.append("".join(self._rich(block["elements"])).rstrip("\n"))
            case "markdown":
                self.words.append(self._markdown(block["text"]))
            case "table":
                self.words += [str(cell.get("text", "")) for row in block["rows"] for cell in row]
            case "video":
                self.object(block["title"])
                self.links.append(block["video_url"])
            case _:
                for part in (block.get("label"), block.get("text"), *block.get("fields", ()), block.get("hint")):
                    self.object(part)
                for element in elements_of(block):
                    self.element(element)

    def element(self, given: Mapping[str, Any]) -> None:
        match given.get("type"):
            case "plain_text" | "mrkdwn":
                self.object(given)
            case "image":
                self.picture(given)
            case "button":
                label = html.unescape(given["text"]["text"])
                self.words.append(label)
                self.buttons.append(label)
                if "url" in given:
                    self.links.append(given["url"])
            case _:
                self.object(given.get("placeholder"))
                for option in options(given):
                    self.object(option["text"])
                    self.object(option.get("description"))
                if isinstance(given.get("initial_value"), str):
                    self.words.append(given["initial_value"])

    def picture(self, given: Mapping[str, Any]) -> None:
        self.pictures.append(given["alt_text"])

    def _markdown(self, text: str) -> str:
        self.links += re.findall(r"\]\((https?://[^)\s]+)\)", text)
        return self.mrkdwn(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text))

    def _rich(self, elements: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        for element in elements:
            match element.get("type"):
                case "text":
                    yield element["text"]
                case "link":
                    self.links.append(element["url"])
                    yield element.get("text") or element["url"]
                case "user":
                    yield self._mark_as(f"@{element['user_id']}")
                case "channel":
                    yield self._mark_as(f"#{element['channel_id']}")
                case "usergroup":
                    yield self._mark_as(f"!subteam^{element['usergroup_id']}")
                case "broadcast":
                    yield self._mark_as(f"!{element['range']}")
                case "emoji":
                    yield f":{element['name']}:"
                case _:
                    yield from self._rich(element.get("elements", ()))
                    yield "\n"

    def _mark_as(self, target: str) -> str:
        return MARKUP.sub(self._mark, f"<{target}>")


def options(element: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    grouped = [option for group in element.get("option_groups", ()) for option in group["options"]]
    return [*element.get("options", ()), *grouped]


def read_message(world: World, message: Message) -> Seen:
    """With blocks the text is for notifications only and not seen; who it pings is pinged all the same."""
    page = _Page(world)
    shown = page.mrkdwn(message.text)
    if message.blocks:
        page.links.clear()
        for block in message.blocks:
            page.block(block)
    else:
        page.words.append(shown)
    for blocks in message.unfurls.values():
        for block in blocks:
            page.block(block)
    return page.seen(
        id=message.ts,
        conversation=message.channel.id,
        thread=message.thread_ts,
        only_for_me=message.only_for is not None,
        by_app=message.app_id == world.app.id,
        edited=message.edited is not None,
    )


def read_view(world: World, view: View) -> Seen:
    page = _Page(world)
    page.object(view.given.get("title"))
    for block in view.given["blocks"]:
        page.block(block)
        if block["block_id"] in view.errors:
            page.words.append(view.errors[block["block_id"]])
    for name in ("close", "submit"):
        page.object(view.given.get(name))
    return page.seen(id=view.id)


def preview(world: World, message: Message) -> str:
    """The words of the notification."""
    return _Page(world).mrkdwn(message.text)
