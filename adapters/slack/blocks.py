"""Parts of a card → Slack's blocks, within what Slack takes: cut, never refused, as far as it may be cut.

Outside text goes into plain text and rich text, where nothing is markup and nothing acts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.slack.encoding import decode, encode
from adapters.slack.model import Unshowable
from adapters.slack.mrkdwn import cut
from adapters.slack.rich import Element, is_shown, link, markdown_elements, quote, section, words
from bot.messages import Button, Buttons, Facts, Heading, Image, Links, Markdown, Part, Style, Text, Tone, clean

MESSAGE_BLOCKS = 50
MODAL_BLOCKS = 100
LETTERS = 12_000
"""Characters of all blocks together. Slack's own limit is not documented: people met it between 13,172 and 13,297."""
BLOCK_LETTERS = 125
"""What a block costs besides its characters, by the same measurements."""
ELEMENT_LETTERS = 10
"""What we count for an element of rich text besides, so that a text of thousands of them stays small too."""
RICH = {"text", "link", *(f"rich_text_{kind}" for kind in ("section", "list", "quote", "preformatted"))}

SECTION = 3000
HEADER = 150
CONTEXT = 2000
FIELDS = 10
BUTTONS = 25
BUTTON_TEXT = 75
BUTTON_VALUE = 2000
ACTION_ID = 255
ALT_TEXT = 2000

_INERT = re.compile(r"[\w .,;()%€$£+='’“”–—/\-]+")
"""Text that Slack's markup leaves alone, as long as no underscore stands in it."""

_AMBIGUOUS = re.compile(r"&(?=(?:amp|lt|gt);)")
"""An ampersand that Slack would read, with what follows, as one of its three entities, even in plain text."""

Block = dict[str, Any]


def plain(text: str, limit: int) -> Block:
    """A text object of at most `limit` characters, counted as Slack does, in which nothing is markup."""
    text = cut(clean(text), limit)
    while len(written := _AMBIGUOUS.sub("&amp;", text)) > limit:
        text = cut(text, len(text) - max((len(written) - limit) // 5, 1))
    return {"type": "plain_text", "text": written or "…", "emoji": False}


class Budget:
    """What is left of a message or modal."""

    def __init__(
        self, *, blocks: int = MESSAGE_BLOCKS, letters: int = LETTERS, files: Mapping[str, str] | None = None
    ) -> None:
        self.blocks = blocks
        self.letters = letters
        self.files = files or {}  # the ids of uploaded pictures, by their addresses

    def room(self) -> int:
        """Characters that one more block may have."""
        return self.letters - BLOCK_LETTERS if self.blocks > 0 else 0

    def take(self, block: Block) -> bool:
        """Whether there was room for it."""
        cost = letters(block) + BLOCK_LETTERS
        if self.blocks < 1 or cost > self.letters:
            return False
        self.blocks -= 1
        self.letters -= cost
        return True


def letters(given: Any) -> int:
    """The characters of every text in it, and what its elements cost besides."""
    if isinstance(given, dict):
        own = ELEMENT_LETTERS if given.get("type") in RICH else 0
        return own + sum(
            len(value) if name in {"text", "alt_text"} and isinstance(value, str) else letters(value)
            for name, value in given.items()
        )
    return sum(map(letters, given)) if isinstance(given, list) else 0


def to_blocks(parts: Sequence[Part], budget: Budget) -> list[Block]:
    """The parts that there is room for. Buttons come first in the budget: a card without them is no use.

    Raises Unshowable for buttons that carry too much, or are too many.
    """
    rows = _buttons(parts)
    for row in (row for several in rows.values() for row in several):
        if not budget.take(row):
            raise Unshowable("The card has more buttons than Slack takes.")
    # Kept for a last "…", should something be left out.
    budget.blocks -= 1
    budget.letters -= BLOCK_LETTERS + 1
    blocks: list[Block] = []
    left_out = False
    for number, part in enumerate(parts):
        if number in rows:
            blocks += rows[number]
            continue
        for block in _part_blocks(part, budget):
            if budget.take(block):
                blocks.append(block)
            else:
                left_out = True
                break
    if left_out and budget.blocks >= 0:
        blocks.append({"type": "context", "elements": [plain("…", 1)]})
    return blocks


def _part_blocks(part: Part, budget: Budget) -> Iterator[Block]:
    """Blocks of a part, each no longer than there is room for; at most one more than fits, to tell that it did not."""
    match part:
        case Heading(text=text) if shown := _line(text):
            yield {"type": "header", "text": plain(shown, min(HEADER, max(budget.room(), 1)))}
        case Text(text=text, tone=tone):
            yield from _text(text, tone, budget)
        case Markdown(text=text):
            yield from _rich(markdown_elements(text), budget)
        case Facts(facts=facts):
            yield from _facts(facts, budget)
        case Links(links=links) if links:
            shown_links = [link(one.url, _line(one.label) or one.url) for one in links]
            apart = [element for one in shown_links for element in (words("\n"), one)]
            yield from _rich([section(*apart[1:])], budget)
        case Image(url=url, alt=alt):
            yield from _picture(url, _line(alt) or "picture", budget)


def _text(text: str, tone: Tone, budget: Budget) -> Iterator[Block]:
    match tone:
        case Tone.NORMAL:
            for chunk in _chunks(text, SECTION, budget):
                yield {"type": "section", "text": plain(chunk, SECTION)}
        case Tone.QUIET:
            for chunk in _chunks(text, CONTEXT, budget):
                yield {"type": "context", "elements": [plain(chunk, CONTEXT)]}
        case Tone.QUOTE:
            for chunk in _chunks(text, SECTION, budget, besides=ELEMENT_LETTERS):
                yield {"type": "rich_text", "elements": [quote(words(chunk))]}


def _picture(url: str, label: str, budget: Budget) -> Iterator[Block]:
    # Slack fetches a picture when the message is posted, and refuses the whole message if it cannot: one behind a
    # company's own sign-in would cost the answer. A link asks nothing of it.
    if url in budget.files:
        words_ = cut(label, max(min(ALT_TEXT, budget.room()), 1))
        yield {"type": "image", "slack_file": {"id": budget.files[url]}, "alt_text": words_}
    elif is_shown(url):
        yield from _rich([section(link(url, label))], budget)
    else:
        yield {"type": "context", "elements": [plain(f"🖼 {label}", min(CONTEXT, max(budget.room(), 1)))]}


def _line(text: str) -> str:
    return " ".join(text.split())


def _rich(elements: Sequence[Element], budget: Budget) -> Iterator[Block]:
    fitting = fit(elements, budget.room())
    if fitting:
        yield {"type": "rich_text", "elements": fitting}
    elif elements:
        yield {"type": "rich_text", "elements": [*elements]}  # does not fit: the caller learns it


def _chunks(text: str, limit: int, budget: Budget, *, besides: int = 0) -> Iterator[str]:
    """The text in pieces of at most `limit`, broken at a line or a space where there is one; cut where room ends."""
    text = clean(text)
    while text.strip():
        room = min(limit, budget.room() - besides)
        if room < 1:
            yield text[:1]  # does not fit: the caller learns that something is left out
            return
        if len(text) <= room:
            yield text
            return
        if room < limit:
            yield cut(text, room)
            return
        at = max(text.rfind("\n", limit // 2, limit), text.rfind(" ", limit // 2, limit)) + 1 or limit
        yield text[:at]
        text = text[at:]


def _facts(facts: Sequence[tuple[str, str]], budget: Budget) -> Iterator[Block]:
    for start in range(0, len(facts), FIELDS):
        row = facts[start : start + FIELDS]
        most = max(min(CONTEXT, budget.room() // len(row)), 1)
        yield {"type": "section", "fields": [_fact(label.strip(), value.strip(), most) for label, value in row]}


def _fact(label: str, value: str, most: int) -> Block:
    """In bold where the words cannot be taken for markup; else as they are."""
    text = clean(f"{label}\n{value}")
    inert = all(_INERT.fullmatch(word) and "_" not in word and "://" not in word for word in (label, value))
    if inert and len(text) + 2 <= most:
        return {"type": "mrkdwn", "text": f"*{label}*\n{value}", "verbatim": True}
    return plain(text, most)


def fit(elements: Sequence[Element], room: int) -> list[Element]:
    """As much of a rich text as there is room for, ended with "…" where it was cut."""
    kept: list[Element] = []
    for element in elements:
        cost = letters(element)
        if cost <= room:
            kept.append(element)
            room -= cost
            continue
        if "elements" in element:
            own = cost - sum(map(letters, element["elements"]))
            inner = fit(element["elements"], room - own)
            if inner:
                kept.append(element | {"elements": inner})
        elif room > ELEMENT_LETTERS + 1:
            kept.append(element | {"text": cut(element["text"], room - ELEMENT_LETTERS)})
        break
    return kept


# ── Buttons ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _buttons(parts: Sequence[Part]) -> dict[int, list[Block]]:
    """Blocks of the parts that are buttons, by the part's number."""
    rows: dict[int, list[Block]] = {}
    count = 0
    for number, part in enumerate(parts):
        if isinstance(part, Buttons):
            elements = [_button(button, count + n) for n, button in enumerate(part.buttons)]
            count += len(elements)
            rows[number] = [
                {"type": "actions", "elements": elements[start : start + BUTTONS]}
                for start in range(0, len(elements), BUTTONS)
            ]
    return rows


def _button(button: Button, number: int) -> Block:
    # The number makes it unique in the message, as Slack wants it.
    action_id = f"{number}:{encode(button.verb)}"
    value = encode(button.value)
    for what, text, most in (("verb", action_id, ACTION_ID), ("value", value, BUTTON_VALUE)):
        if len(text) > most:
            raise Unshowable(
                f"The button {cut(button.label, 60)!r} has a {what} of {len(text)} characters; Slack takes {most:,}."
            )
    element: Block = {
        "type": "button",
        "action_id": action_id,
        "text": plain(_line(button.label), BUTTON_TEXT),
    }
    if value:
        element["value"] = value
    if button.style is not Style.PLAIN:
        element["style"] = button.style.value
    return element


def read_verb(action_id: str) -> str | None:
    """The verb of a button of ours; None for one that is not."""
    number, _, verb = action_id.partition(":")
    return decode(verb) if number.isdecimal() and verb else None
