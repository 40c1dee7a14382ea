"""The words of a message: out of the HTML that Teams sends along, or else out of its plain text.

The HTML tells quotations from a person's own words and says exactly what was typed; the text repeats what is quoted.
Mentions come as elements of it, each with an entity that says who is meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from adapters.teams.shapes import Activity, Entity

LONGEST = 200_000
"""Characters of HTML that are read; Teams takes no message with more."""
DEEPEST = 100

_MENTION = "http://schema.skype.com/Mention"
_BLOCKS = {"p", "div", "li", "ul", "ol", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "table", "tr", "hr"}
_VOID = {"br", "img", "hr", "input", "meta", "link", "wbr", "emoji"}
_UNSEEN = {"script", "style", "attachment", "systemeventmessage"}
_AT = re.compile(r"<at(?:\s[^>]*)?>(.*?)</at>", re.DOTALL | re.IGNORECASE)
_REPLY = "http://schema.skype.com/Reply"
_QUOTED = re.compile(r"<quoted\s(?:[^>]*\bmessageId=\"([^\">]{1,200})\")?[^>]*/>", re.IGNORECASE)
_CHANNEL = "19:"  # what the ids of conversations begin with; those of people begin with 29:


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    text: str
    mentioned: bool = False  # the bot was
    people: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    quoted: str | None = None  # the message that stands before a reply in a chat


def read(activity: Activity, *, bot: str | None) -> Words:
    mentions = [one for one in activity.entities or () if one.type == "mention" and one.mentioned is not None]
    named = _Mentions(mentions, bot)
    markup = next(
        (one.content for one in activity.attachments or () if one.content_type == "text/html"),
        activity.text if activity.text_format == "xml" else None,
    )
    found = _QUOTED.search(activity.text or "")
    quoted = found[1] if found else None
    if isinstance(markup, str) and markup.strip():
        reader = _read(markup, named)
        text, quoted = reader.text(), reader.quoted or quoted
    else:
        text = _AT.sub(lambda hit: named.name(hit[1], otherwise=hit[0]), _QUOTED.sub("", activity.text or ""))
    return Words(
        text=_tidy(text), mentioned=named.bot_named, people=named.people, channels=named.channels, quoted=quoted
    )


def read_html(markup: str, *, bot: str | None = None) -> str:
    """What a person typed, without what they quoted and without the bot's name where they mention it."""
    return _tidy(_read(markup, _Mentions((), None, bot_name=bot)).text())


def _read(markup: str, mentions: _Mentions) -> _Reader:
    reader = _Reader(mentions)
    reader.feed(markup[:LONGEST])
    reader.close()
    return reader


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip(" ") for line in text.split("\n")).strip()


class _Mentions:
    """Who is meant by each mention, as it is come upon."""

    def __init__(self, entities: Sequence[Entity], bot: str | None, *, bot_name: str | None = None) -> None:
        self._left = [*entities]
        self._bot = bot
        self._bot_name = bot_name
        self.bot_named = False
        self.people: dict[str, str] = {}
        self.channels: dict[str, str] = {}

    def name(self, shown: str, *, otherwise: str) -> str:
        """What stands in the text for it: nothing for the bot's own, `otherwise` where no entity says who is meant."""
        entity = next((one for one in self._left if shown in _names(one)), None)
        if entity is None or entity.mentioned is None:
            return otherwise if self._bot_name is None or shown != self._bot_name else ""
        self._left.remove(entity)
        id_ = entity.mentioned.id
        if id_ is not None and id_ == self._bot:
            self.bot_named = True
            return ""
        if id_ is not None and id_.startswith(_CHANNEL):
            self.channels[f"#{shown}"] = id_
            return f"#{shown}"
        if id_ is not None:
            self.people[f"@{shown}"] = id_
        return f"@{shown}"


def _names(entity: Entity) -> set[str]:
    shown = _AT.fullmatch((entity.text or "").strip())
    mentioned = entity.mentioned.name if entity.mentioned else None
    return {name for name in (shown[1] if shown else None, mentioned) if name}


class _Reader(HTMLParser):
    def __init__(self, mentions: _Mentions) -> None:
        super().__init__(convert_charrefs=True)
        self._mentions = mentions
        self._words: list[str] = []
        self._open: list[str] = []  # elements whose contents are not read in the usual way, innermost last
        self._mention: list[str] = []
        self.quoted: str | None = None

    def text(self) -> str:
        return "".join(self._words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._open:
            if tag not in _VOID and len(self._open) < DEEPEST:
                self._open.append(tag)
            return
        if tag == "blockquote" or tag in _UNSEEN:
            self._open.append(tag)
            if given.get("itemtype") == _REPLY:
                self.quoted = self.quoted or given.get("itemid")
        elif tag == "at" or given.get("itemtype") == _MENTION:
            self._open.append(tag)
            self._mention = [""]
        elif tag == "br":
            self._words.append("\n")
        elif tag in {"emoji", "img"}:
            self._put(given.get("alt") or "")
        elif tag in _BLOCKS:
            self._break()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self._open and tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open:
            if tag in self._open:
                del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]
            if not self._open and self._mention:
                shown = "".join(self._mention)
                self._put(self._mentions.name(shown, otherwise=f"@{shown}"))
                self._mention = []
        elif tag in _BLOCKS:
            self._break()

    def handle_data(self, data: str) -> None:
        if self._mention:
            self._mention.append(data)
        elif not self._open:
            # As a browser shows it: white space runs together, except what cannot be broken.
            data = re.sub(r"[ \t\r\n\f]+", " ", data)
            at_start = not self._words or self._words[-1].endswith(("\n", " "))
            self._put((data.lstrip(" ") if at_start else data).replace("\xa0", " "))

    def _put(self, words: str) -> None:
        if words:
            self._words.append(words)

    def _break(self) -> None:
        if self._words and not self._words[-1].endswith("\n"):
            self._words.append("\n")
