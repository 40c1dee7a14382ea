"""What changed between two texts, line by line and within a line word by word, for people to read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest

LONGEST = 50_000
"""Characters of a text up to which its lines are compared word by word; beyond, a changed line is shown whole."""

ALIKE = 0.4
"""Likeness from which two lines are one line that was changed, rather than one gone and another come."""

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


class Fate(StrEnum):
    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of either text. `pieces` are its words in order, each with whether it is what changed."""

    fate: Fate
    pieces: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        return "".join(piece for piece, _ in self.pieces)


def compare(before: str, after: str) -> tuple[Line, ...]:
    """The lines of both texts in reading order. Those kept and removed make up `before`, kept and added `after`."""
    old, new = before.split("\n"), after.split("\n")
    closely = len(before) + len(after) <= LONGEST
    found: list[Line] = []
    for tag, start, end, begin, stop in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [_whole(Fate.KEPT, line) for line in old[start:end]]
        else:
            found += _changed(old[start:end], new[begin:stop], closely=closely)
    return tuple(found)


def _changed(old: Sequence[str], new: Sequence[str], *, closely: bool) -> Iterator[Line]:
    """Lines that stand where others stood: those alike in pairs, word by word."""
    for before, after in zip_longest(old, new):
        if before is not None and after is not None and closely:
            pair = _within(before, after)
            if pair is not None:
                yield from pair
                continue
        if before is not None:
            yield _whole(Fate.REMOVED, before)
        if after is not None:
            yield _whole(Fate.ADDED, after)


def _within(before: str, after: str) -> tuple[Line, Line] | None:
    """Both lines with their changed words marked; None where they have too little in common."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < ALIKE:
        return None
    removed: list[tuple[str, bool]] = []
    added: list[tuple[str, bool]] = []
    for tag, start, end, begin, stop in matcher.get_opcodes():
        removed += _piece("".join(old[start:end]), changed=tag != "equal")
        added += _piece("".join(new[begin:stop]), changed=tag != "equal")
    return Line(fate=Fate.REMOVED, pieces=tuple(removed)), Line(fate=Fate.ADDED, pieces=tuple(added))


def _piece(text: str, *, changed: bool) -> list[tuple[str, bool]]:
    return [(text, changed)] if text else []


def _whole(fate: Fate, line: str) -> Line:
    return Line(fate=fate, pieces=((line, False),) if line else ())
