"""A message, card or dialog as a person has it before their eyes: words, buttons, links, pictures.

Text of a TextBlock and of facts is Markdown in Teams, and is read as that; runs of a RichTextBlock are plain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.doubles.teams.cards import INPUTS
from tests.doubles.teams.model import Message, User

_MARKDOWN = MarkdownIt("commonmark", {"html": False})


@dataclass(slots=True)
class Seen:
    id: str = ""
    conversation: str = ""
    thread: str | None = None
    text: str = ""
    buttons: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    by_app: bool = False


@dataclass(slots=True)
class _Page:
    words: list[str] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)

    def markdown(self, text: str) -> str:
        tokens = _MARKDOWN.parse(text)
        return "\n".join(line for token in tokens if (line := self._token(token)) is not None)

    def _token(self, token: Token) -> str | None:
        if token.type == "inline":
            return "".join(self._inline(child) for child in token.children or [])
        if token.type in {"fence", "code_block"}:
            return token.content.rstrip("\n")
        return None

    def _inline(self, token: Token) -> str:
        if token.type == "link_open":
            self.links.append(str(token.attrs["href"]))
        if token.type == "image":
            self.pictures.append(token.content)
        return "\n" if token.type in {"softbreak", "hardbreak"} else token.content

    def card(self, card: Mapping[str, Any]) -> None:
        for name in ("body", "items", "columns", "rows", "cells", "images"):
            for element in card.get(name, []):
                self.element(element)
        for action in card.get("actions", []):
            self.action(action)

    def element(self, element: Mapping[str, Any]) -> None:
        if element.get("isVisible") is False:
            return
        match element.get("type"):
            case "TextBlock":
                self.words.append(self.markdown(element["text"]))
            case "RichTextBlock":
                self.words.append("".join(map(self.run, element["inlines"])))
            case "FactSet":
                for fact in element["facts"]:
                    self.words += [self.markdown(fact["title"]), self.markdown(fact["value"])]
            case "Image":
                self.pictures.append(element.get("altText", ""))
            case kind if kind in INPUTS:
                self.input(element)
        if "selectAction" in element:
            self.action(element["selectAction"], shown=False)
        self.card(element)

    def run(self, run: Any) -> str:
        if isinstance(run, str):
            return run
        if "selectAction" in run:
            self.action(run["selectAction"], shown=False)
        return str(run["text"])

    def input(self, element: Mapping[str, Any]) -> None:
        self.words += [str(element[name]) for name in ("label", "title", "placeholder") if element.get(name)]
        self.words += [str(choice["title"]) for choice in element.get("choices", [])]

    def action(self, action: Mapping[str, Any], *, shown: bool = True) -> None:
        if action["type"] == "Action.OpenUrl":
            self.links.append(action["url"])
            if shown:
                self.words.append(action["title"])
        elif shown:
            self.buttons.append(action["title"])

    def seen(self, **more: Any) -> Seen:
        return Seen(
            text="\n".join(word for word in self.words if word),
            buttons=tuple(self.buttons),
            links=tuple(self.links),
            pictures=tuple(self.pictures),
            **more,
        )


def read_card(card: Mapping[str, Any]) -> Seen:
    page = _Page()
    page.card(card)
    return page.seen()


def read_message(message: Message, person: User | None = None) -> Seen:
    page = _Page()
    text = message.activity.get("text")
    if text:
        plain = message.author is not None or message.activity.get("textFormat") == "plain"
        page.words.append(text if plain else page.markdown(text))
    card = message.card(person)
    if card is not None:
        page.card(card)
    return page.seen(
        id=message.id,
        conversation=message.conversation.id,
        thread=message.thread,
        by_app=message.author is None,
    )
