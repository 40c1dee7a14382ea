"""Text that stands for itself wherever Teams would read markup: Markdown, mentions, dates, templates.

Two ways lead there. Rich text is never read as Markdown, so its text is cut into runs at the few places that act
(`runs` in `adapters.teams.rich`). Where only a string has room, `inert` puts an invisible word joiner there.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Any

from bot.messages import is_web_link

LONGEST_URL = 2000

JOINER = "\u2060"
"""WORD JOINER: has no width, allows no line break, and is neither space nor punctuation to Markdown."""

_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_LOOKALIKES = str.maketrans({"*": "\u2217", "`": "\u02cb"})
"""A star acts wherever it stands, and a joiner beside it changes nothing, so it is shown as the operator star."""
_ACTING = re.compile(
    r"(?<=\\)"  # an escape
    r"|(?<=_)|(?=_)"  # emphasis
    r"|(?<=~)(?=~)"  # deleted
    r"|(?<=\])(?=[(\[:])"  # a link
    r"|(?<=<)"  # an address, a tag, a mention
    r"|(?<=&)(?=[#A-Za-z])"  # an entity
    r"|(?<=\{)(?=\{)|(?<=\$)(?=\{)"  # a date, a template
)
_BEGINNING = re.compile(r"[-+>#=]|\d+[.)]")


def clean(text: str) -> str:
    """Lines end with a line feed; what is no character, or one that nobody can see, is replaced by U+FFFD."""
    return _UNFIT.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def line(text: str) -> str:
    return " ".join(clean(text).split())


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"


def inert(text: str) -> str:
    """One line that shows as `text` and does nothing, also where Teams reads Markdown."""
    shown = _ACTING.sub(JOINER, line(text).translate(_LOOKALIKES))
    return f"{JOINER}{shown}" if _BEGINNING.match(shown) else shown


def is_shown(url: str) -> bool:
    """Whether Teams can be given it as a link: one that may be followed, and that it would not refuse."""
    return len(url) <= LONGEST_URL and clean(url) == url and is_web_link(url)


def weigh(given: Any) -> int:
    """Bytes of it in a message, however they are counted: as UTF-16, which is how Teams does, or as ASCII JSON."""
    written = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
    utf_16 = 2 * sum(2 if character > "\uffff" else 1 for character in written)
    return max(utf_16, len(json.dumps(given, separators=(",", ":"))))


def cut_to_weight(text: str, room: int) -> str:
    """As much of it as weighs at most `room`, ended with "…" where something is missing. Empty where nothing fits."""
    if weigh(text) <= room:
        return text
    kept = bisect_right(range(len(text)), room, key=lambda length: weigh(text[:length].rstrip() + "…")) - 1
    return text[:kept].rstrip() + "…" if kept > 0 else ""
