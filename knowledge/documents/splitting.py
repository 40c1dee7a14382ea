"""A document's Markdown → job aids of bearable length, cut where it has headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from markdown_it import MarkdownIt

from knowledge.documents.limits import LARGEST_TEXT, Refused
from knowledge.front_matter import LONGEST_TITLE
from knowledge.job_aids import plain_text

LONGEST_AID = 3_000
"""Characters up to which a document, or a section of it, is one aid: as many as a form in chat can hold."""

Fields = dict[str, Any]
"""What a file says of one aid, as `knowledge.front_matter` understands it."""

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_SLUG = re.compile(r"[^\w]+")


def as_fields(title: str, markdown: str, *, key: str) -> Iterator[Fields]:
    """The aids of one document. Their keys are made of its own and their headings, so that each is known again."""
    if len(markdown) > LARGEST_TEXT:
        raise Refused(
            f"Its text has {len(markdown):,} characters; {LARGEST_TEXT:,} are the most.", "Cut it into parts."
        )
    title, markdown = _title_of(title, markdown)
    used: Counter[str] = Counter()
    found = False
    for trail, body in split(markdown):
        name = "/".join(_SLUG.sub("-", heading.casefold()).strip("-")[:60] for heading in trail)
        used[name] += 1
        suffix = f"-{used[name]}" if used[name] > 1 else ""
        full = " — ".join([title, *trail[-2:]])
        found = True
        yield {
            "key": f"{key}#{name}{suffix}" if trail or suffix else key,
            "title": full if len(full) <= LONGEST_TITLE else f"{full[: LONGEST_TITLE - 1].rstrip()}…",
            "body": body,
        }
    if not found:
        raise Refused(
            "There are no words in it.", "If it holds pictures of pages, run text recognition (OCR) on it first."
        )


def _title_of(title: str, markdown: str) -> tuple[str, str]:
    """A document that begins with its only heading of the first level is titled by it."""
    tokens = _MARKDOWN.parse(markdown)
    firsts = [number for number, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h1"]
    if firsts == [0] and tokens[0].map is not None:
        said = plain_text(tokens[1].content).strip()
        if said:
            return " ".join(said.split()), "\n".join(markdown.split("\n")[tokens[0].map[1] :]).strip()
    return " ".join(title.split()) or "Untitled", markdown


def split(markdown: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The sections of a text with the headings that lead to each; every line but those headings is in exactly one."""
    lines = markdown.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    headings: list[tuple[int, int, int, str]] = []
    tokens = _MARKDOWN.parse("\n".join(lines))
    for number, token in enumerate(tokens):
        if token.type == "heading_open" and token.level == 0 and token.map:
            text = " ".join(plain_text(tokens[number + 1].content).split())
            headings.append((token.map[0], token.map[1], int(token.tag[1]), text))
    yield from _cut(lines, headings, 0, len(lines), ())


def _cut(
    lines: list[str], headings: list[tuple[int, int, int, str]], start: int, end: int, trail: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str]]:
    text = "\n".join(lines[start:end]).strip()
    inside = [one for one in headings if start <= one[0] < end]
    if len(text) <= LONGEST_AID:
        if plain_text(text).strip() and any(
            not _is_heading(line, inside, n) for n, line in enumerate(lines[start:end], start)
        ):
            yield trail, text
        return
    if not inside:
        yield from _chunks(text, trail)
        return
    top = min(level for _, _, level, _ in inside)
    cuts = [one for one in inside if one[2] == top]
    yield from _cut(lines, headings, start, cuts[0][0], trail)
    for number, (_, after, _, heading) in enumerate(cuts):
        until = cuts[number + 1][0] if number + 1 < len(cuts) else end
        yield from _cut(lines, headings, after, until, (*trail, heading) if heading else trail)


def _is_heading(line: str, headings: list[tuple[int, int, int, str]], number: int) -> bool:
    return not line.strip() or any(begin <= number < after for begin, after, _, _ in headings)


def _chunks(text: str, trail: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Long text without headings, cut between paragraphs."""
    chunk: list[str] = []
    number = 1
    for paragraph in _paragraphs(text):
        if chunk and sum(map(len, chunk)) + len(paragraph) > LONGEST_AID:
            yield (*trail, f"part {number}"), "\n\n".join(chunk)
            chunk, number = [], number + 1
        chunk.append(paragraph)
    if chunk:
        yield (*trail, f"part {number}") if number > 1 else trail, "\n\n".join(chunk)


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text):
        yield from (paragraph[begin : begin + LONGEST_AID] for begin in range(0, len(paragraph), LONGEST_AID))
