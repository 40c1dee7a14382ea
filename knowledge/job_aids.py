"""Files → job aids → snippets.

Read are Markdown with front matter (.md, .markdown), CSV with a header row (.csv) and JSON Lines (.jsonl). What is
wrong in a file or a row becomes a `Fault`, and the rest is read all the same.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin
from pydantic import ValidationError

from knowledge.front_matter import Head, names
from knowledge.model import JobAid, Snippet

LARGEST_MARKDOWN = 5_000_000
"""Bytes of one Markdown file: a job aid is short, and what is longer is something else."""

LARGEST_TABLE = 200_000_000
"""Bytes of one CSV or JSON Lines file."""

SHORT = 1_500
"""Characters up to which a job aid is one snippet; a longer one is cut at its headings."""

MOST_LOOKED_AT = 2_000
"""Characters of a text whose marks are looked for: parsing hostile text grows with the square of its length."""

_MARKDOWN = MarkdownIt("commonmark").enable("table").use(front_matter_plugin)
_AS_SHOWN = MarkdownIt("commonmark", {"html": False}).enable("table")  # on cards and pages HTML is nothing but letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why something could not be read. `line` is counted from 1, None where the whole file is meant."""

    file: str
    line: int | None
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}{f', line {self.line}' if self.line else ''}: {self.problem} {self.remedy}"


class _WrongError(ValueError):
    def __init__(self, line: int | None, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.line, self.problem, self.remedy = line, problem, remedy


Convert = Callable[[Path, str], "Iterator[JobAid | Fault]"]
"""Reads a document that is no form of job aids: its path, and its name in what is said of it."""


def read(
    path: Path, *, root: Path, convert: Convert | None = None, documents: Container[str] = ()
) -> Iterator[JobAid | Fault]:
    """The job aids of a file, or of a folder and all its folders in order of their names; hidden ones are passed over.

    Files with the endings of `documents` are read by `convert`.

    An aid without a key of its own is called by its path below `root`, and by its row. A key that was seen before in
    the same call is a fault. Raises nothing.
    """
    seen: dict[str, str] = {}
    for file in _files(path):
        name = _name(file, root)
        if convert is not None and file.suffix.lower() in documents:
            items: Iterator[tuple[int | None, JobAid] | Fault] = _whole(convert(file, name))
        else:
            items = _read_file(file, name)
        for item in items:
            if isinstance(item, Fault):
                yield item
                continue
            line, aid = item
            where = f"{name}, line {line}" if line else name
            if aid.key in seen:
                problem = f"The key {aid.key!r} was used before, in {seen[aid.key]}."
                yield Fault(file=name, line=line, problem=problem, remedy="Give each job aid a key of its own.")
            else:
                seen[aid.key] = where
                yield aid


def _whole(found: Iterator[JobAid | Fault]) -> Iterator[tuple[int | None, JobAid] | Fault]:
    for one in found:
        yield one if isinstance(one, Fault) else (None, one)


def aid_of(fields: Mapping[str, Any], *, file: str) -> JobAid | Fault:
    """One aid from what a document said of it; the fields are as little to be trusted as a file's."""
    try:
        return _aid(fields, lambda _field: None)
    except _WrongError as wrong:
        title = str(fields.get("title", ""))[:80]
        return Fault(
            file=f"{file}, “{title}”" if title else file, line=None, problem=wrong.problem, remedy=wrong.remedy
        )


def rows_of(text: str, name: str, suffix: str) -> Iterator[tuple[int, Record]]:
    """Line and fields of each aid in a text of one of our own forms; to take a row's fields may raise ValueError."""
    yield from _FORMS[suffix][0](text, name)


def snippets(aid: JobAid, *, aid_id: str) -> tuple[Snippet, ...]:
    """The answerable pieces of a job aid: itself when it is short, else one for each heading that has text."""
    pieces = [(aid.title, aid.body.strip())]
    if len(aid.body) > SHORT:
        pieces = [
            (f"{aid.title} — {heading}" if heading and heading != aid.title else aid.title, text)
            for heading, text in _sections(aid.body)
        ] or pieces
    return tuple(
        Snippet(
            id=f"{aid_id}.{number}",
            title=title,
            text=text,
            tags=aid.tags,
            aid=aid_id,
            audience=aid.audience,
            # The need is the worker's own wording: whoever asks in these words means this aid.
            phrasings=(aid.need,) if aid.need and number == 1 else (),
        )
        for number, (title, text) in enumerate(pieces, 1)
    )


def plain_text(markdown: str) -> str:
    """The words of a Markdown text without its marks: one line a block. Link addresses and HTML are left out."""
    return _lines(_MARKDOWN.parse(markdown))


def opening(markdown: str) -> str:
    """How a Markdown text begins, in one line without marks and addresses, as a notification shows it."""
    looked_at = markdown[:MOST_LOOKED_AT]
    return " ".join((_lines(_AS_SHOWN.parse(looked_at)) or looked_at).split())


def plain_name(line: str) -> str:
    """A line's words without the marks of emphasis, code and links, for a name. What is longer than a name stays."""
    if len(line) > MOST_LOOKED_AT:
        return line
    return " ".join((_lines(_AS_SHOWN.parseInline(line)) or line).split())


def _lines(tokens: Iterable[Token]) -> str:
    lines = []
    for token in tokens:
        if token.type == "inline":
            lines.append("".join(_words(child.type, child.content) for child in token.children or ()))
        elif token.type in {"fence", "code_block"}:
            lines.append(token.content.rstrip("\n"))
    return "\n".join(line for line in lines if line.strip())


def _words(kind: str, content: str) -> str:
    if kind in {"softbreak", "hardbreak"}:
        return "\n"
    return content if kind in {"text", "code_inline", "image", "text_special"} else ""


def _sections(body: str) -> list[tuple[str, str]]:
    """Heading ("" before the first) and text of each section that has text, at every level of heading."""
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    lines = body.split("\n")  # as the parser counts them; `splitlines` knows more ends of lines
    tokens = _MARKDOWN.parse(body)
    starts: list[tuple[int, int, str]] = [(0, 0, "")]
    for token, inside in pairwise(tokens):
        if token.type == "heading_open" and token.map and token.level == 0:
            starts.append((token.map[0], token.map[1], plain_text(inside.content)))
    ends = [start for start, _, _ in starts[1:]] + [len(lines)]
    found = [
        (heading, "\n".join(lines[begin:end]).strip()) for (_, begin, heading), end in zip(starts, ends, strict=True)
    ]
    return [(heading, text) for heading, text in found if text]


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts):
            yield file


def _name(file: Path, root: Path) -> str:
    try:
        return file.relative_to(root).as_posix()
    except ValueError:
        return file.as_posix()


def _read_file(file: Path, name: str) -> Iterator[tuple[int, JobAid] | Fault]:
    form = _FORMS.get(file.suffix.lower())
    if form is None:
        supported = ", ".join(sorted(_FORMS))
        problem = f"{file.suffix or 'A file without an ending'} is no form of job aids."
        yield Fault(file=name, line=None, problem=problem, remedy=f"Supported are {supported}.")
        return
    reader, largest = form
    try:
        text = _text(file, largest)
    except _WrongError as wrong:
        yield Fault(file=name, line=wrong.line, problem=wrong.problem, remedy=wrong.remedy)
        return
    for line, found in reader(text, name):
        try:
            yield line, _aid(found(), lambda field: _line_of(field, text) if reader is _markdown else None)
        except _WrongError as wrong:
            yield Fault(file=name, line=wrong.line or line, problem=wrong.problem, remedy=wrong.remedy)


def _text(file: Path, largest: int) -> str:
    try:
        size = file.stat().st_size
        if size > largest:
            problem = f"It holds {size:,} bytes; at most {largest:,} are read."
            raise _WrongError(None, problem, "Cut it into several files.")
        raw = file.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise _WrongError(None, f"It cannot be read: {reason}.", "Check the path and its permissions.") from None
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problem = f"The byte 0x{raw[error.start]:02x} is not UTF-8."
        raise _WrongError(line, problem, "Save the file as UTF-8.") from None


def _line_of(field: str, text: str) -> int | None:
    """The line of a Markdown file on which its front matter gives `field`."""
    for line, content in enumerate(text.split("\n"), 1):
        if content.startswith((f"{field}:", f"{field} :")):
            return line
        if line > 1 and content.startswith("---"):
            return None
    return None


Record = Callable[[], dict[str, Any]]
"""Makes the raw fields of one aid, or raises _WrongError: late, so that one bad row does not end the reading."""


def _markdown(text: str, name: str) -> Iterator[tuple[int, Record]]:
    def record() -> dict[str, Any]:
        tokens = _MARKDOWN.parse(text)
        head: Any = {}
        body = text
        if tokens and tokens[0].type == "front_matter" and tokens[0].map:
            head = _yaml(tokens[0].content)
            body = "\n".join(text.split("\n")[tokens[0].map[1] :])
            tokens = _MARKDOWN.parse(body)
        if "title" not in head and tokens and tokens[0].type == "heading_open" and tokens[0].map:
            # A page that begins with its heading is titled by it.
            head = {**head, "title": plain_text(tokens[1].content)}
            body = "\n".join(body.split("\n")[tokens[0].map[1] :])
        return {"key": name, **head, "body": body.strip()}

    yield 1, record


def _yaml(text: str) -> dict[str, Any]:
    try:
        head = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = f"The front matter is not YAML: {getattr(error, 'problem', None) or error}."
        remedy = "Write `name: value`, and put a value with a colon into quotation marks."
        raise _WrongError(mark.line + 2 if mark else 1, problem, remedy) from None
    if head is None:
        return {}
    if not isinstance(head, dict):
        raise _WrongError(1, f"The front matter is {type(head).__name__}, not names with values.", "Write `title: …`.")
    return {str(key): value for key, value in head.items()}


def names_aids(text: str) -> bool:
    """Whether the first row of a CSV names the columns of job aids."""
    try:
        first: list[str] = next(_rows(text.removeprefix("\ufeff").partition("\n")[0]), [])
    except csv.Error:
        return False
    return _is_header([cell.strip().lower() for cell in first])


def _is_header(cells: Sequence[str]) -> bool:
    return "title" in cells and bool({"body", "text"} & set(cells))


def _rows(text: str) -> Any:  # a reader, whose type has no name
    try:
        dialect: Any = csv.Sniffer().sniff(text.partition("\n")[0], delimiters=",;\t|")
        delimiter = dialect.delimiter
    except csv.Error:
        delimiter = ","
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _csv(text: str, name: str) -> Iterator[tuple[int, Record]]:
    rows = _rows(text)
    header: list[str] | None = None
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            yield (
                line,
                _refusing(line, f"The row is no CSV: {error}.", "Put text with quotation marks into quotation marks."),
            )
            continue
        if row is None:
            return
        if not any(cell.strip() for cell in row):
            continue
        if header is None:
            header = [cell.strip().lower() for cell in row]
            if not _is_header(header):
                given = ", ".join(header)
                remedy = f"The first row names the columns: title and body, and any of {names()}."
                yield line, _refusing(line, f"There is no column title or body, only {given}.", remedy)
                return
            continue
        yield line, _row(header, row, f"{name}#{line}")


def _row(header: list[str], row: list[str], key: str) -> Record:
    def record() -> dict[str, Any]:
        if len(row) > len(header):
            problem = f"The row has {len(row)} cells, the header {len(header)}."
            raise _WrongError(None, problem, "Put a cell that holds the delimiter into quotation marks.")
        cells = {column: cell.strip() for column, cell in zip(header, row, strict=False) if cell.strip()}
        return {"key": key, **cells}

    return record


def _jsonl(text: str, name: str) -> Iterator[tuple[int, Record]]:
    for line, row in enumerate(text.split("\n"), 1):
        if row.strip():
            yield line, _object(row, f"{name}#{line}")


def _object(row: str, key: str) -> Record:
    def record() -> dict[str, Any]:
        try:
            found = json.loads(row)
        except (ValueError, RecursionError) as error:
            raise _WrongError(None, f"The line is not JSON: {error}.", "Write one JSON object a line.") from None
        if not isinstance(found, dict):
            raise _WrongError(
                None, f"The line is {type(found).__name__}, not an object.", 'Write {"title": …, "body": …}.'
            )
        return {"key": key, **found}

    return record


def _refusing(line: int, problem: str, remedy: str) -> Record:
    def record() -> dict[str, Any]:
        raise _WrongError(line, problem, remedy)

    return record


def _aid(fields: Mapping[str, Any], lines: Callable[[str], int | None]) -> JobAid:
    try:
        return Head.model_validate(dict(fields)).aid()
    except ValidationError as error:
        faults = error.errors(include_url=False)
        unknown = [
            str(fault["loc"][0]) for fault in faults if fault["type"] == "extra_forbidden" and len(fault["loc"]) == 1
        ]
        if unknown:
            problem = (
                f"{'These names are' if len(unknown) > 1 else 'This name is'} unknown: {', '.join(unknown)[:200]}."
            )
            raise _WrongError(lines(unknown[0]), problem, f"Known are {names()}.") from None
        fault = faults[0]
        field, value = str(fault["loc"][0]), fault["input"]
        if (fault["type"] == "missing" and len(fault["loc"]) == 1) or value == "":
            raise _WrongError(lines(field), f"The {field} is missing.", f"Give it a {field}.") from None
        # Only what is short can be shown: YAML can fold a very large value into a few lines.
        shown = f" {value!r}" if isinstance(value, str | int | float) and len(str(value)) <= 80 else ""
        problem = f"The {field}{shown} will not do: {fault['msg'].removeprefix('Value error, ')}."
        raise _WrongError(lines(field), problem, f"Correct the {field}.") from None


_FORMS: Mapping[str, tuple[Callable[[str, str], Iterable[tuple[int, Record]]], int]] = {
    ".md": (_markdown, LARGEST_MARKDOWN),
    ".markdown": (_markdown, LARGEST_MARKDOWN),
    ".csv": (_csv, LARGEST_TABLE),
    ".jsonl": (_jsonl, LARGEST_TABLE),
}

ROWS = frozenset(_FORMS)
"""The endings of our own forms."""

LARGEST: Mapping[str, int] = {suffix: largest for suffix, (_, largest) in _FORMS.items()}
"""The largest file in bytes of each of them."""
