"""Markdown → Slack's rich text, in which nothing is markup: every character stands for itself, and nothing can act.

Slack's own text markup could not show a literal star or underscore, knows no nested list, and formats only at the
edges of words; rich text has none of these faults.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from bot.messages import clean, is_web_link

LONGEST_MARKDOWN = 12_000
"""Characters. A message has room for no more, and parsing hostile text grows with the square of its length."""
LONGEST_URL = 3000
DEEPEST_LIST = 8

Element = dict[str, Any]

_STYLES = {"strong": "bold", "em": "italic", "s": "strike"}


def is_shown(url: str) -> bool:
    """Whether Slack can be given it as a link: one that may be followed, and that it would not refuse."""
    return len(url) <= LONGEST_URL and not any(character in '<>"|' for character in url) and is_web_link(url)


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 — the library's name
        return is_shown(url)


_MARKDOWN = _Markdown("commonmark", {"html": False})
_MARKDOWN.enable(["table", "strikethrough"])


def markdown_elements(text: str) -> list[Element]:
    """Markdown as the elements of one rich text block. Longer than `LONGEST_MARKDOWN` it is cut."""
    text = clean(text)
    if len(text) > LONGEST_MARKDOWN:
        text = text[: LONGEST_MARKDOWN - 1] + "…"
    writer = _Writer()
    writer.write_blocks(SyntaxTreeNode(_MARKDOWN.parse(text)).children)
    return writer.elements


def section(*inline: Element) -> Element:
    return {"type": "rich_text_section", "elements": [*inline]}


def quote(*inline: Element) -> Element:
    return {"type": "rich_text_quote", "elements": [*inline]}


def words(text: str, *styles: str) -> Element:
    element: Element = {"type": "text", "text": clean(text)}
    if styles:
        element["style"] = dict.fromkeys(styles, True)
    return element


def link(url: str, label: str, *styles: str) -> Element:
    """A link, or where its address may not be followed, its label alone."""
    if not is_shown(url):
        return words(label or url, *styles)
    element: Element = {"type": "link", "url": url, "text": clean(label or url)}
    if styles:
        element["style"] = dict.fromkeys(styles, True)
    return element


class _Writer:
    def __init__(self) -> None:
        self.elements: list[Element] = []

    def write_blocks(self, nodes: Sequence[SyntaxTreeNode]) -> None:
        for node in nodes:
            match node.type:
                case "bullet_list" | "ordered_list":
                    self._list(node, indent=0)
                case "fence" | "code_block":
                    self._add({"type": "rich_text_preformatted", "elements": [words(node.content.rstrip("\n") or " ")]})
                case "blockquote":
                    self._add(quote(*_flow(node.children)))
                case _:
                    self._paragraph(list(_block_inline(node)))

    def _paragraph(self, inline: list[Element]) -> None:
        if not inline:
            return
        if not self.elements:
            self.elements.append(section(*inline))
        elif (last := self.elements[-1])["type"] == "rich_text_section":
            _extend(last["elements"], [words("\n\n"), *inline])
        else:
            self.elements.append(section(words("\n"), *inline))

    def _add(self, element: Element) -> None:
        if element["elements"]:
            self.elements.append(element)

    def _list(self, node: SyntaxTreeNode, *, indent: int) -> None:
        ordered = node.type == "ordered_list"
        number = int(node.attrs.get("start", 1)) - 1 if ordered else 0
        items: list[Element] = []

        def close() -> None:
            if items:
                element: Element = {
                    "type": "rich_text_list",
                    "style": "ordered" if ordered else "bullet",
                    "indent": min(indent, DEEPEST_LIST),
                    "elements": [*items],
                }
                offset = number - len(items)
                if ordered and offset > 0:
                    element["offset"] = offset
                self.elements.append(element)
                items.clear()

        for item in node.children:
            number += 1
            blocks = item.children
            flow = [b for b in blocks if b.type not in {"bullet_list", "ordered_list", "fence", "code_block"}]
            items.append(section(*(_flow(flow) or [words(" ")])))
            for block in blocks:
                if block.type in {"bullet_list", "ordered_list"}:
                    close()
                    self._list(block, indent=indent + 1)
                elif block.type in {"fence", "code_block"}:
                    close()
                    self.write_blocks([block])
        close()


def _flow(nodes: Sequence[SyntaxTreeNode]) -> list[Element]:
    """Blocks as one run of inline elements, for places that have room for no more."""
    out: list[Element] = []
    for node in nodes:
        inline: list[Element] = []
        if node.type in {"bullet_list", "ordered_list"}:
            for number, item in enumerate(node.children, int(node.attrs.get("start", 1))):
                mark = f"{number}. " if node.type == "ordered_list" else "• "
                _extend(inline, [words(("\n" if inline else "") + mark), *_flow(item.children)])
        elif node.type == "blockquote":
            inline = _flow(node.children)
        else:
            inline = list(_block_inline(node))
        if inline:
            _extend(out, [words("\n"), *inline] if out else inline)
    return out


def _block_inline(node: SyntaxTreeNode) -> Iterator[Element]:
    match node.type:
        case "heading":
            yield from _inline(node, ("bold",))
        case "hr":
            yield words("———")
        case "fence" | "code_block":
            yield words(node.content.rstrip("\n") or " ", "code")
        case "table":
            rows = [row for part in node.children for row in part.children]
            for number, row in enumerate(rows):
                if number:
                    yield words("\n")
                for column, cell in enumerate(row.children):
                    if column:
                        yield words(" | ")
                    yield from _inline(cell, ("bold",) if cell.type == "th" else ())
        case _:
            yield from _inline(node, ())


def _inline(node: SyntaxTreeNode, styles: tuple[str, ...]) -> list[Element]:
    out: list[Element] = []
    for child in node.children:
        match child.type:
            case "inline":
                _extend(out, _inline(child, styles))
            case "text":
                _extend(out, [words(child.content, *styles)])
            case "softbreak" | "hardbreak":
                _extend(out, [words("\n", *styles)])
            case "code_inline":
                _extend(out, [words(child.content, *_with(styles, "code"))])
            case "strong" | "em" | "s":
                _extend(out, _inline(child, _with(styles, _STYLES[child.type])))
            case "link":
                _extend(out, [link(str(child.attrs.get("href", "")), _plain(child), *styles)])
            case "image":
                source = str(child.attrs.get("src", ""))
                _extend(out, [link(source, child.content or "picture", *styles)])
            case _:
                _extend(out, [words(child.content, *styles)] if child.content else _inline(child, styles))
    return out


def _with(styles: tuple[str, ...], style: str) -> tuple[str, ...]:
    return styles if style in styles else (*styles, style)


def _plain(node: SyntaxTreeNode) -> str:
    if node.type in {"softbreak", "hardbreak"}:
        return " "
    if node.type in {"text", "code_inline", "image"}:
        return node.content
    return "".join(_plain(child) for child in node.children)


def _extend(out: list[Element], more: Sequence[Element]) -> None:
    """Append, putting neighbours of one style together, and leaving empty ones out."""
    for element in more:
        if not element["text"]:
            continue
        last = out[-1] if out else None
        if (
            last is not None
            and last["type"] == element["type"] == "text"
            and last.get("style", {}) == element.get("style", {})
        ):
            out[-1] = last | {"text": last["text"] + element["text"]}
        else:
            out.append(element)
