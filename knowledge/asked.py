"""Several questions in one message, each for itself."""

from __future__ import annotations

import re

MOST = 4
FEWEST_WORDS = 3  # of a sentence that stands alone; an item of a list does with two
LONGEST = 800  # characters of a message that is taken apart; what is longer tells one thing at length

_ITEM = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+(?=\S)")
_END = re.compile(r"(?<=\?)[\s,;]+")
_JOINING = re.compile(r"^(?:and|also|plus|then|oh)\b[\s,]*(?:(?:and|also)\b[\s,]*)?", re.IGNORECASE)


def split_questions(text: str) -> list[str]:
    """The questions of a message: the items of its list, or its sentences with a question mark, each with what is said
    before it. One, where there are not two to four that can stand alone.
    """
    text = text.strip()
    if len(text) > LONGEST:
        return [text]
    parts, fewest = (_items(text), 2) if _items(text) else (_sentences(text), FEWEST_WORDS)
    able = 2 <= len(parts) <= MOST and all(len(part.split()) >= fewest for part in parts)
    return parts if able else [text]


def _items(text: str) -> list[str]:
    """Of a list that is all of the message, but for a line that leads to it."""
    lines = [line for line in text.splitlines() if line.strip()]
    if lines and not _ITEM.match(lines[0]):
        del lines[0]
    if len(lines) < 2 or not all(_ITEM.match(line) for line in lines):
        return []
    return [_ITEM.sub("", line).strip() for line in lines]


def _sentences(text: str) -> list[str]:
    parts = [_JOINING.sub("", part).strip() for part in _END.split(text)]
    if parts and not parts[-1].endswith("?") and len(parts) > 1:
        del parts[-1]  # thanks, a name
    return [part[:1].upper() + part[1:] for part in parts if part]
