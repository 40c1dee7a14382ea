"""Parts of a card → elements of an Adaptive Card, within what a message of Teams takes: cut, never refused, as far as
it may be cut. Buttons come first: a card without them is no use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.teams.model import Unshowable
from adapters.teams.plain import clean, cut, cut_to_weight, inert, is_shown, line, weigh
from adapters.teams.rich import Element, columns, link, markdown_elements, quotation, rich, runs
from bot.messages import Button, Buttons, Facts, Heading, Image, Link, Links, Markdown, Part, Style, Text, Tone

CARD = 64_000
"""What a card's body may weigh. Teams refuses messages of more than 100 KB, counted in UTF-16 with all around them; we
stay under 80."""
HEADING = 300
BUTTON_TEXT = 100
BUTTON_VALUE = 2000
BUTTONS_IN_ROW = 6
"""More than these, Teams hides behind a menu."""
ROW_LETTERS = 52
"""Characters that stand side by side in a chat of usual width; buttons begin a new row before Teams hides some."""

_NEST = ("items", "columns", "inlines")
_MORE: Element = rich(runs("…", isSubtle=True))
_DATA_PNG = re.compile(r"data:image/png;base64,[A-Za-z0-9+/]+={0,2}")
_STYLES = {Style.PRIMARY: "positive", Style.DANGER: "destructive"}
_SMALL: dict[str, Any] = {"size": "Small", "isSubtle": True}


def to_elements(parts: Sequence[Part], *, room: int, in_dialog: bool = False) -> list[Element]:
    """The parts that there is room for. In a dialog Teams knows one kind of button alone.

    Raises Unshowable for buttons that carry too much, or are too many.
    """
    rows = {n: _rows(part.buttons, in_dialog=in_dialog) for n, part in enumerate(parts) if isinstance(part, Buttons)}
    room -= weigh([*rows.values()]) + weigh(_MORE)
    if room < 0:
        raise Unshowable("The card's buttons carry more than Teams takes.")
    elements: list[Element] = []
    left_out = False
    for number, part in enumerate(parts):
        if number in rows:
            elements += rows[number]
        elif not left_out:
            laid_out = list(_part(part, room))
            fitting = fit(laid_out, room)
            room -= weigh(fitting)
            left_out = fitting != laid_out
            elements += [*fitting, _MORE] if left_out and not _ends_cut(fitting) else fitting
    return elements


def fit(elements: Sequence[Element], room: int) -> list[Element]:
    """As many of the elements as there is room for, the last of them cut inside."""
    kept: list[Element] = []
    for element in elements:
        cost = weigh(element) + 2  # and a comma
        if cost <= room:
            kept.append(element)
            room -= cost
            continue
        if (inside := _cut(element, room)) is not None:
            kept.append(inside)
        break
    return kept


def _cut(element: Element, room: int) -> Element | None:
    """The element with less in it, or None where nothing of it fits."""
    nest = next((name for name in _NEST if name in element), None)
    if nest is not None:
        inside = fit(element[nest], room - weigh({**element, nest: []}))
        return {**element, nest: inside} if inside else None
    if isinstance(element.get("text"), str):
        text = cut_to_weight(element["text"], room - weigh({**element, "text": ""}))
        return {**element, "text": text} if text else None
    return None


def _ends_cut(elements: Sequence[Element]) -> bool:
    last: Mapping[str, Any] = elements[-1] if elements else {}
    while nest := next((name for name in _NEST if last.get(name)), None):
        last = last[nest][-1]
    return str(last.get("text", "")).endswith("…")


# ── Parts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _part(part: Part, room: int) -> Iterator[Element]:
    match part:
        case Heading(text=text) if shown := cut(line(text), HEADING):
            yield heading(shown)
        case Text(text=text, tone=tone) if text.strip():
            yield _text(text[:room], tone)
        case Markdown(text=text):
            yield from markdown_elements(text)
        case Facts(facts=facts):
            for number, (label, value) in enumerate(facts):
                yield _fact(label.strip()[:room], value.strip()[:room], first=not number)
        case Links(links=links) if links:
            yield _links(links)
        case Image(url=url, alt=alt):
            yield _picture(url, line(alt) or "picture", room)


def heading(text: str) -> Element:
    """Told as a heading to those who listen, wherever Teams' reading of Markdown would leave the text as it is."""
    look = {"size": "Medium", "weight": "Bolder"}
    if inert(text) == text:
        return {"type": "TextBlock", "style": "heading", "wrap": True, "text": text, **look}
    return rich(runs(text, **look))


def _text(text: str, tone: Tone) -> Element:
    match tone:
        case Tone.NORMAL:
            return rich(runs(text))
        case Tone.QUIET:
            return rich(runs(text, **_SMALL), spacing="Small")
        case Tone.QUOTE:
            return quotation([rich(runs(text))])


def _fact(label: str, value: str, *, first: bool) -> Element:
    # Weights line the rows up everywhere; a FactSet would read both as Markdown.
    cells = [(2, [rich(runs(label or " ", weight="Bolder"))]), (5, [rich(runs(value or " "))])]
    return columns(cells, **({} if first else {"spacing": "Small"}))


def _links(links: Sequence[Link]) -> Element:
    inlines = []
    for number, one in enumerate(links):
        inlines += [*(runs("\n") if number else ()), *link(one.url, line(one.label) or one.url)]
    return rich(inlines)


def _picture(url: str, alt: str, room: int) -> Element:
    shown = {"type": "Image", "url": url, "altText": alt}
    if _DATA_PNG.fullmatch(url) and weigh(shown) < room:
        return shown
    if is_shown(url):
        return shown if url.startswith("https://") else rich(link(url, alt))
    return rich(runs(f"🖼 {alt}", **_SMALL))


# ── Buttons ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _rows(buttons: Sequence[Button], *, in_dialog: bool) -> list[Element]:
    rows: list[list[Element]] = []
    letters = 0
    for button in buttons:
        action = _action(button, in_dialog=in_dialog)
        letters += len(action["title"]) + 4
        if not rows or letters > ROW_LETTERS or len(rows[-1]) == BUTTONS_IN_ROW:
            rows.append([])
            letters = len(action["title"])
        rows[-1].append(action)
    return [{"type": "ActionSet", "actions": row, **({"spacing": "Small"} if n else {})} for n, row in enumerate(rows)]


def _action(button: Button, *, in_dialog: bool) -> Element:
    if len(button.value) > BUTTON_VALUE:
        raise Unshowable(
            f"The button {cut(button.label, 60)!r} has a value of {len(button.value)} characters; 2,000 are agreed."
        )
    data: dict[str, Any] = {"verb": clean(button.verb), "value": clean(button.value)}
    action: Element = {"title": cut(line(button.label), BUTTON_TEXT) or "…"}
    if button.style in _STYLES:
        action["style"] = _STYLES[button.style]
    if in_dialog:
        return {"type": "Action.Submit", **action, "data": data, "associatedInputs": "none"}
    if button.opens_form:
        # Teams opens a dialog for this kind of action alone, and asks for it with what stands in `data`.
        return {"type": "Action.Submit", **action, "data": {"msteams": {"type": "task/fetch"}, **data}}
    return {"type": "Action.Execute", **action, "verb": clean(button.verb), "data": data}


def read_verb(data: object) -> tuple[str, str] | None:
    """The verb and value of a button of ours; None for anything else. Not to be trusted."""
    if not isinstance(data, Mapping) or "form" in data:
        return None
    verb, value = data.get("verb"), data.get("value", "")
    if not isinstance(verb, str) or not verb or not isinstance(value, str) or len(value) > BUTTON_VALUE:
        return None
    return verb, value
