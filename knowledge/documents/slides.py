"""PowerPoint → Markdown: a heading a slide, its text as it is indented, its tables. Speaker's notes stay with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from pptx import Presentation

from knowledge.documents.limits import MOST_PAGES, Refused, check_office
from knowledge.documents.web import picture_mark

PICTURE = 13  # MSO_SHAPE_TYPE.PICTURE
GROUP = 6


def read(file: IO[bytes], _name: str) -> tuple[str, str]:
    check_office(file, main="ppt/presentation.xml", what="PowerPoint presentation")
    try:
        shown = [_slide(slide, number) for number, slide in enumerate(_slides(file), 1)]
    except (Refused, RecursionError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 — the library has no error of its own for a damaged document
        raise Refused(
            f"It cannot be read: {type(error).__name__}.", "Open it in PowerPoint and save it again."
        ) from None
    return "", "\n\n".join(one for one in shown if one)


def _slides(file: IO[bytes]) -> list[Any]:
    slides = list(Presentation(file).slides)
    if len(slides) > MOST_PAGES:
        raise Refused(f"It has {len(slides):,} slides; {MOST_PAGES:,} are the most.", "Cut it into parts.")
    return slides


def _slide(slide: Any, number: int) -> str:
    heading = slide.shapes.title
    title = " ".join(heading.text_frame.text.split()) if heading is not None else ""
    parts = [part for shape in slide.shapes if shape != heading for part in _shape(shape)]
    if not parts and not title:
        return ""
    return "\n\n".join([f"## {_plain(title) or f'Slide {number}'}", *parts])


def _shape(shape: Any) -> Iterator[str]:
    if shape.shape_type == GROUP:
        for inner in shape.shapes:
            yield from _shape(inner)
    elif getattr(shape, "has_table", False) and shape.has_table:
        yield _table(shape.table)
    elif shape.has_text_frame and shape.text_frame.text.strip():
        yield "\n".join(_paragraphs(shape.text_frame))
    elif shape.shape_type == PICTURE:
        yield picture_mark(shape._element._nvXxPr.cNvPr.get("descr") or "")  # noqa: SLF001 — it has no other way to it


def _paragraphs(frame: Any) -> Iterator[str]:
    written = [one for one in frame.paragraphs if one.text.strip()]
    for paragraph in written:
        text = "".join(_run(run) for run in paragraph.runs).strip() or _plain(paragraph.text.strip())
        yield text if len(written) == 1 else f"{'  ' * paragraph.level}- {text}"


def _run(run: Any) -> str:
    address = run.hyperlink.address if run.hyperlink is not None else None
    text = _plain(run.text)
    return f"[{text}]({address})" if address and address.startswith(("https://", "http://", "mailto:")) else text


def _table(table: Any) -> str:
    rows = [[_plain(" ".join(cell.text.split())).replace("|", "\\|") for cell in row.cells] for row in table.rows]
    if not rows:
        return ""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], f"|{' --- |' * len(rows[0])}", *lines[1:]])


def _plain(text: str) -> str:
    """Text that Markdown would read as marks, made safe."""
    for mark in ("\\", "`", "*", "_", "[", "]", "<"):
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.replace("\v", " ").split("\n"))
