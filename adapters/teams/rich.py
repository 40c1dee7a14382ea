"""Markdown → elements of an Adaptive Card in which nothing is markup: every character stands for itself.

A TextBlock's own Markdown knows no code, quotation or table, and needs escapes that clients treat differently; rich
text has neither fault. Lists and tables are columns: Teams on phones shows no Table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from adapters.teams.plain import clean, is_shown

LONGEST_MARKDOWN = 12_000
"""Characters. Nobody reads more in a chat, and parsing hostile text grows with the square of its length."""
DEEPEST = 4
"""Lists and quotations in one another, as columns; what is deeper is written into the text, where phones have room."""
MOST_COLUMNS = 8

Element = dict[str, Any]
Run = dict[str, Any]

_STYLES: dict[str, Run] = {"strong": {"weight": "Bolder"}, "em": {"italic": True}, "s": {"strikethrough": True}}
_CODE: Run = {"fontType": "Monospace"}
_ACTING = re.compile(r"(?<=\{)(?=\{)|(?<=\$)(?=\{)|(?<=<)(?=/?at\b)", re.IGNORECASE)
"""Where a date, a template or a mention would begin: the run ends there, so that none of them is ever whole."""
_INDENT = re.compile(r"^ +", re.MULTILINE)


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 — the library's name
        return is_shown(url)


_MARKDOWN = _Markdown("commonmark", {"html": False, "maxNesting": 100})
_MARKDOWN.enable(["table", "strikethrough"])


# ── Text ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def rich(inlines: Sequence[Run], **more: Any) -> Element:
    return {"type": "RichTextBlock", "inlines": [*inlines], **more}


def runs(text: str, **style: Any) -> list[Run]:
    """The text in runs that do nothing."""
    return [{"type": "TextRun", "text": piece, **style} for piece in _ACTING.split(clean(text)) if piece]


def link(url: str, label: str, **style: Any) -> list[Run]:
    """A link, or where its address may not be followed, its label alone."""
    if is_shown(url):
        style = {**style, "selectAction": {"type": "Action.OpenUrl", "url": url}}
    return runs(label or url, **style)


def quotation(items: Sequence[Element], **more: Any) -> Element:
    return {"type": "Container", "style": "emphasis", "items": [*items], **more}


def columns(cells: Iterable[tuple[str | int, Sequence[Element]]], **more: Any) -> Element:
    """Cells side by side, each with its width: a weight, "stretch", or pixels."""
    laid_out = [{"type": "Column", "width": width, "spacing": "Small", "items": [*items]} for width, items in cells]
    return {"type": "ColumnSet", "columns": laid_out, **more}


# ── Markdown ────────────────────────────────────────────────────────────────────────────────────────────────────────


def markdown_elements(text: str) -> list[Element]:
    """Longer than `LONGEST_MARKDOWN` it is cut."""
    text = clean(text)
    if len(text) > LONGEST_MARKDOWN:
        text = text[: LONGEST_MARKDOWN - 1] + "…"
    return list(_blocks(SyntaxTreeNode(_MARKDOWN.parse(text)).children, depth=0))


def _blocks(nodes: Sequence[SyntaxTreeNode], *, depth: int) -> Iterator[Element]:
    for node in nodes:
        match node.type:
            case "bullet_list" | "ordered_list" if depth < DEEPEST:
                yield from _list(node, depth=depth)
            case "blockquote" if depth < DEEPEST:
                if items := list(_blocks(node.children, depth=depth + 1)):
                    yield quotation(items)
            case "fence" | "code_block":
                yield quotation([rich(runs(_indented(node.content.rstrip("\n")) or " ", **_CODE))])
            case "table" if len(node.children[0].children[0].children) <= MOST_COLUMNS:
                yield from _table(node)
            case _:
                if inlines := _flow([node]):
                    yield rich(inlines)


def _list(node: SyntaxTreeNode, *, depth: int) -> Iterator[Element]:
    markers = _markers(node)
    width = f"{max(16, 8 * len(markers[-1]) + 2)}px"
    tight = any(child.type == "paragraph" and child.hidden for item in node.children for child in item.children)
    close = {"spacing": "Small"} if tight else {}
    for number, (marker, item) in enumerate(zip(markers, node.children, strict=True)):
        inside = list(_blocks(item.children, depth=depth + 1)) or [rich(runs(" "))]
        cells = [(width, [rich(runs(marker))]), ("stretch", inside)]
        yield columns(cells, **(close if number or depth else {}))


def _markers(node: SyntaxTreeNode) -> list[str]:
    if node.type == "bullet_list":
        return ["•"] * len(node.children)
    first = int(node.attrs.get("start", 1))
    return [f"{number}." for number in range(first, first + len(node.children))]


def _table(node: SyntaxTreeNode) -> Iterator[Element]:
    rows = [row for part in node.children for row in part.children]
    for number, row in enumerate(rows):
        cells: list[tuple[str | int, Sequence[Element]]] = []
        for cell in row.children:
            style = {"weight": "Bolder"} if cell.type == "th" else {}
            cells.append((1, [rich(_inline(cell, style) or runs(" "))]))
        yield columns(cells, **({"spacing": "Small", "separator": True} if number else {}))


def _flow(nodes: Sequence[SyntaxTreeNode]) -> list[Run]:
    """Blocks as one run of text, for places that have room for no more."""
    out: list[Run] = []
    for node in nodes:
        inlines: list[Run] = []
        match node.type:
            case "bullet_list" | "ordered_list":
                for marker, item in zip(_markers(node), node.children, strict=True):
                    inlines += [*runs(("\n" if inlines else "") + marker + " "), *_flow(item.children)]
            case "blockquote":
                inlines = _flow(node.children)
            case "heading":
                inlines = _inline(node, {"weight": "Bolder"})
            case "hr":
                inlines = runs("———")
            case "fence" | "code_block":
                inlines = runs(_indented(node.content.rstrip("\n")), **_CODE)
            case "table":
                inlines = _table_flow(node)
            case _:
                inlines = _inline(node, {})
        if inlines:
            out += [*(runs("\n") if out else ()), *inlines]
    return _joined(out)


def _table_flow(node: SyntaxTreeNode) -> list[Run]:
    out: list[Run] = []
    for row in (row for part in node.children for row in part.children):
        out += runs("\n") if out else ()
        for column, cell in enumerate(row.children):
            out += [*(runs(" | ") if column else ()), *_inline(cell, {"weight": "Bolder"} if cell.type == "th" else {})]
    return out


def _inline(node: SyntaxTreeNode, style: Run) -> list[Run]:
    out: list[Run] = []
    for child in node.children:
        match child.type:
            case "inline":
                out += _inline(child, style)
            case "text":
                out += runs(child.content, **style)
            case "softbreak" | "hardbreak":
                out += runs("\n", **style)
            case "code_inline":
                out += runs(child.content, **style | _CODE)
            case "strong" | "em" | "s":
                out += _inline(child, style | _STYLES[child.type])
            case "link":
                out += link(str(child.attrs.get("href", "")), _plain(child), **style)
            case "image":
                out += link(str(child.attrs.get("src", "")), child.content or "picture", **style)
            case _:
                out += runs(child.content, **style) if child.content else _inline(child, style)
    return _joined(out)


def _plain(node: SyntaxTreeNode) -> str:
    if node.type in {"softbreak", "hardbreak"}:
        return " "
    if node.type in {"text", "code_inline", "image"}:
        return node.content
    return "".join(_plain(child) for child in node.children)


def _indented(code: str) -> str:
    """Code whose indentation is seen: a browser would fold plain spaces at the beginning of a line."""
    return _INDENT.sub(lambda hit: "\u00a0" * len(hit[0]), code)


def _joined(inlines: Sequence[Run]) -> list[Run]:
    """Neighbours of one style put together, and parted again where their text would act once it is whole."""
    out: list[Run] = []
    for style, alike in groupby(inlines, key=lambda run: {**run, "text": ""}):
        out += [{**style, "text": run["text"]} for run in runs("".join(run["text"] for run in alike))]
    return out
