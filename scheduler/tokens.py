"""A typed line as words, quotations and marks, and a cursor that reads them. Linear in the length of the line."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

_CLOSERS = {'"': '"', "“": '”"', "„": '“”"', "«": "»", "»": "«"}  # the usual closer first, then what phones put there
_SINGLE = {"'": "'", "‘": "’"}
_LONGEST_SINGLE = 600  # characters between these: a line may be full of apostrophes
_MARKS = frozenset(";,=:")
_ARROWS = ("=>", "->", "→")  # written for "="
_EXCERPT = 60
_WEB = ("http://", "https://")
_BEHIND_ADDRESS = ".,;:!?)"  # what stands right behind an address is of the sentence
_ADDRESS = re.compile(r"https?://[^\s]{1,1900}", re.IGNORECASE)


class Sort(StrEnum):
    WORD = "word"
    QUOTED = "quoted"
    MARK = "mark"  # ; , = : or a line break


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """`text` is without quotation marks; `low` is it in one case; the line holds it at [start:end]."""

    sort: Sort
    text: str
    low: str
    start: int
    end: int


class Misunderstood(Exception):  # noqa: N818 — it becomes a `Fault` and never leaves the parser
    def __init__(self, problem: str, remedy: str, position: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.position = position


def tokenize(line: str) -> list[Token]:
    """Quotations may be straight, where a doubled quotation mark stands for one, or typographic, and hold line breaks;
    single ones too, where they are no apostrophes.

    A colon between digits belongs to its word, as in 9:30. What Slack writes for a mention, <@U1|ana>, is one word, and
    so is a web address. Raises Misunderstood where a quotation does not end.
    """
    tokens = []
    at = 0
    while at < len(line):
        if line[at].isspace() and line[at] != "\n":
            at += 1
            continue
        token = _read(line, at)
        tokens.append(token)
        at = token.end
    return tokens


def _read(line: str, at: int) -> Token:
    char = line[at]
    if char in _CLOSERS:
        return _read_quoted(line, at)
    if char in _SINGLE and (closed := _end_of_single(line, at)):
        text = line[at + 1 : closed].strip()
        return Token(sort=Sort.QUOTED, text=text, low=text.casefold(), start=at, end=closed + 1)
    for arrow in _ARROWS:
        if line.startswith(arrow, at):
            return Token(sort=Sort.MARK, text="=", low="=", start=at, end=at + len(arrow))
    if char in _MARKS or char == "\n":
        return Token(sort=Sort.MARK, text=char, low=char, start=at, end=at + 1)
    end = line.find(">", at, at + 300) + 1 if line.startswith(("<@", "<#", "<!"), at) else 0
    if line[at : at + 8].casefold().startswith(_WEB):
        end = _end_of_address(line, at)
    if not end:
        end = at + 1
        while end < len(line) and not _ends_word(line, end):
            end += 1
    return Token(sort=Sort.WORD, text=line[at:end], low=line[at:end].casefold(), start=at, end=end)


def _end_of_single(line: str, at: int) -> int:
    """Where the single quotation that begins here ends; 0 where it is an apostrophe. What is in a word ends none."""
    closer = _SINGLE[line[at]]
    end = line.find(closer, at + 2, at + _LONGEST_SINGLE)
    while end > 0 and end + 1 < len(line) and not (line[end + 1].isspace() or line[end + 1] in ";,=:.!?)"):
        end = line.find(closer, end + 1, at + _LONGEST_SINGLE)
    return max(end, 0)


def _end_of_address(line: str, at: int) -> int:
    end = at
    while end < len(line) and not (line[end].isspace() or line[end] in _CLOSERS or line[end] == "”"):
        end += 1
    return at + len(line[at:end].rstrip(_BEHIND_ADDRESS))


def is_web_address(text: str) -> bool:
    return _ADDRESS.fullmatch(text) is not None


def _ends_word(line: str, at: int) -> bool:
    char = line[at]
    if char == ":":
        return not (line[at - 1].isdecimal() and line[at + 1 : at + 2].isdecimal())
    return char.isspace() or char in _MARKS or char in _CLOSERS or char == "→"


def _read_quoted(line: str, at: int) -> Token:
    opener, closers, end = line[at], _CLOSERS[line[at]], at + 1
    if opener == '"':
        while line.startswith('""', end := _find(line, '"', end)):
            end += 2
        closers = '"' if end < len(line) else "”"
    if closers != '"':
        end = next((found for closer in closers if (found := _find(line, closer, at + 1)) < len(line)), len(line))
    if end >= len(line):
        problem = f"The quotation that begins with {quote(line[at + 1 :])} does not end."
        raise Misunderstood(problem, "Put a quotation mark after its last word.", at)
    text = line[at + 1 : end]
    text = (text.replace('""', '"') if opener == '"' else text).strip()
    return Token(sort=Sort.QUOTED, text=text, low=text.casefold(), start=at, end=end + 1)


def _find(line: str, char: str, start: int) -> int:
    found = line.find(char, start)
    return found if found >= 0 else len(line)


def quote(text: str) -> str:
    """The beginning of `text` in typographic quotation marks, short enough for a sentence."""
    flat = " ".join(text[: 4 * _EXCERPT].split())
    return f"“{flat}”" if len(flat) <= _EXCERPT else f"“{flat[:_EXCERPT].rstrip()}…”"


class Cursor:
    """A place among the tokens of a line. What is taken is behind it; `at` may be set back."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.tokens = tokenize(line)
        self.at = 0

    def peek(self, ahead: int = 0) -> Token | None:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else None

    def low(self, ahead: int = 0) -> str:
        """The word ahead, in one case; empty where there is none or something else."""
        token = self.peek(ahead)
        return token.low if token is not None and token.sort is Sort.WORD else ""

    def mark(self) -> str:
        token = self.peek()
        return token.text if token is not None and token.sort is Sort.MARK else ""

    @property
    def position(self) -> int:
        token = self.peek()
        return token.start if token is not None else len(self.line)

    def take_words(self, *words: str) -> bool:
        """Take these words if they come next, in this order."""
        if any(self.low(ahead) != word for ahead, word in enumerate(words)):
            return False
        self.at += len(words)
        return True

    def take_any(self, words: frozenset[str]) -> str:
        word = self.low()
        if word not in words or not word:
            return ""
        self.at += 1
        return word

    def take_quoted(self) -> str | None:
        token = self.peek()
        if token is None or token.sort is not Sort.QUOTED:
            return None
        self.at += 1
        return token.text

    def skip(self, marks: str) -> None:
        while self.mark() and self.mark() in marks:
            self.at += 1

    def take_phrase(self, stops: Callable[[Cursor], bool], *, quoting: bool = False) -> str:
        """The words, as typed, up to a quotation, a mark other than a comma, or where `stops` says so.

        `quoting` says that a quotation may be part of it.
        """
        first = self.at
        while (token := self.peek()) is not None and (quoting or token.sort is not Sort.QUOTED):
            if (token.sort is Sort.MARK and token.text != ",") or stops(self):
                break
            self.at += 1
        if self.at == first:
            return ""
        phrase = self.line[self.tokens[first].start : self.tokens[self.at - 1].end]
        return " ".join(phrase.split()).strip(", ")

    def excerpt(self, first: int, end: int) -> str:
        """What the tokens [first:end] were typed as."""
        return self.line[self.tokens[first].start : self.tokens[end - 1].end] if first < end else ""


def misunderstand(cursor: Cursor, remedy: str) -> Misunderstood:
    """Names what comes next, up to the next mark, and what came just before it."""
    begin, position = cursor.at, cursor.position
    if cursor.take_quoted() is None and not cursor.take_phrase(lambda _: False):
        cursor.at += 1
    strange = cursor.excerpt(begin, min(cursor.at, len(cursor.tokens)))
    if begin == 0:
        return Misunderstood(f"I did not understand {quote(strange)}.", remedy, position)
    first = begin - 1
    while first > 0 and begin - first < 3 and cursor.tokens[first - 1].sort is not Sort.MARK:
        first -= 1
    after = cursor.excerpt(first, begin)
    if not strange:
        return Misunderstood(f"Nothing comes after {quote(after)}.", remedy, position)
    return Misunderstood(f"I did not understand {quote(strange)} after {quote(after)}.", remedy, position)
