"""PDF → Markdown. A PDF knows no paragraphs, and seldom headings: the size of letters tells them, or its outline."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

import pypdfium2
from pypdfium2 import raw

from knowledge.documents.limits import LARGEST_TEXT, MOST_PAGES, Refused

LARGER = 1.15  # times the usual size of letters: a heading
LONGEST_HEADING = 120  # characters
MOST_LEVELS = 3
REPEATED = 0.5  # of the pages: what stands first or last on so many is no content
PASSWORD = 4  # FPDF_ERR_PASSWORD

_ITEM = re.compile(r"^(?:[•‣◦▪●*–-]|\(?\d{1,3}[.)]|[a-z][.)])\s+")
_BULLET = re.compile(r"^[•‣◦▪●*–-]\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    text: str
    size: float
    page: int


def read(file: IO[bytes], _name: str) -> tuple[str, str]:
    try:
        document = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        if raw.FPDF_GetLastError() == PASSWORD or "assword" in str(error):
            raise Refused("It is protected by a password.", "Take the password off and save it again.") from None
        raise Refused("It is damaged.", "Export or print it to PDF again.") from None
    if len(document) > MOST_PAGES:
        raise Refused(f"It has {len(document):,} pages; {MOST_PAGES:,} are the most.", "Cut it into parts.")
    pages = [list(_lines(document, number)) for number in range(len(document))]
    repeated = _repeated(pages)
    lines = [line for page in pages for line in page if _shape(line.text) not in repeated]
    return _title(document), "\n".join(_markdown(lines, _outline(document))).strip()


def _title(document: Any) -> str:
    try:
        said = str(document.get_metadata_value("Title") or "")
    except pypdfium2.PdfiumError:
        said = ""
    return "" if re.search(r"\.(?:docx?|pptx?|indd|pdf)$|^untitled", said, re.IGNORECASE) else said


def _lines(document: Any, number: int) -> Iterator[_Line]:
    try:
        text_page = document[number].get_textpage()
        text = text_page.get_text_range()
    except pypdfium2.PdfiumError as error:
        raise Refused(f"Its page {number + 1} is damaged.", "Export or print it to PDF again.") from error
    at = 0
    for line in text.split("\n"):
        bare = line.strip()
        if bare:
            first = at + len(line) - len(line.lstrip())
            size = float(raw.FPDFText_GetFontSize(text_page.raw, first))
            yield _Line(text=" ".join(bare.replace("\ufffe", "-").split()), size=round(size, 1), page=number)
        at += len(line) + 1


def _shape(text: str) -> str:
    """A line as it looks on other pages too: "12 / 80" and "13 / 80" are one."""
    return re.sub(r"\d+", "#", text.casefold())


def _repeated(pages: list[list[_Line]]) -> set[str]:
    """What stands at the head or foot of most pages."""
    if len(pages) < 4:
        return set()
    edges = Counter(shape for page in pages for shape in {_shape(line.text) for line in (*page[:2], *page[-2:])})
    return {shape for shape, count in edges.items() if count > REPEATED * len(pages)}


def _outline(document: Any) -> Mapping[tuple[int, str], int]:
    """The levels of the outline's entries, by page and words."""
    found: dict[tuple[int, str], int] = {}
    try:
        for entry in document.get_toc(max_depth=MOST_LEVELS):
            place = entry.get_dest()
            if place is not None and (index := place.get_index()) is not None:
                found[index, _letters(entry.get_title())] = entry.level + 1
    except (pypdfium2.PdfiumError, AttributeError, ValueError):
        return {}
    return found


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]+", "", text.casefold())


def _markdown(lines: list[_Line], outline: Mapping[tuple[int, str], int]) -> Iterator[str]:
    weight: Counter[float] = Counter()
    for line in lines:
        weight[line.size] += len(line.text)
    usual = weight.most_common(1)[0][0] if weight else 0.0
    sizes = sorted({line.size for line in lines if line.size >= usual * LARGER}, reverse=True)
    levels = {size: min(place, MOST_LEVELS) for place, size in enumerate(sizes, 1)}
    width = max((len(line.text) for line in lines if line.size == usual), default=0)
    before: _Line | None = None
    written = 0
    paragraph = ""
    for line in lines:
        level = outline.get((line.page, _letters(line.text)))
        if (
            level is None
            and not outline
            and len(line.text) <= LONGEST_HEADING
            and not line.text.endswith((".", ",", ";"))
        ):
            level = levels.get(line.size)
        if level is not None:
            if paragraph:
                yield paragraph
            yield f"\n{'#' * min(level, 6)} {_plain(line.text)}\n"
            before, paragraph = None, ""
            continue
        item = _ITEM.match(line.text)
        full = before is not None and len(before.text) >= 0.6 * width and not before.text.endswith((".", ":", "!", "?"))
        if paragraph and before is not None and not item and (full or before.text.endswith("-")):
            hyphen = paragraph.endswith("-") and line.text[:1].islower()
            paragraph = f"{paragraph[:-1]}{_plain(line.text)}" if hyphen else f"{paragraph} {_plain(line.text)}"
        else:
            if paragraph:
                yield paragraph if item and _ITEM.match(paragraph) else f"{paragraph}\n"
            paragraph = _BULLET.sub("- ", line.text) if item else _plain(line.text)
        before = line
        written += len(line.text)
        if written > LARGEST_TEXT:
            raise Refused(f"Its text has more than {LARGEST_TEXT:,} characters.", "Cut it into parts.")
    if paragraph:
        yield paragraph


def _plain(text: str) -> str:
    """What Markdown would read as a mark at the beginning of a line, or as HTML, made safe."""
    return re.sub(r"^([#>+]|={2,}|-{3,})", r"\\\1", text.replace("<", "\\<"))
