"""The names of colleagues in what people write: told before it is published, left out of what others are shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_ADDRESS = re.compile(r"(?<![^\s@])[^\s@]+@[^\s@]+\.[^\s@]+|\+?\d[\d ()/-]{6,}\d")
_WORD = re.compile(r"@?[\w'’-]+")


class Names:
    """All names of a company, ready for many texts: it may have tens of thousands."""

    def __init__(self, names: Iterable[str]) -> None:
        self._parts = frozenset(part.casefold() for name in names for part in name.split() if len(part) > 1)

    def leave_out(self, text: str) -> str:
        """The text without them, and without addresses and numbers by which somebody could be known."""
        return re.sub(r"…(\s+…)+", "…", _WORD.sub(self._hide, _ADDRESS.sub("…", " ".join(text.split()))))

    def _hide(self, hit: re.Match[str]) -> str:
        word = hit[0].removeprefix("@")
        stem = re.sub(r"['’]s$", "", word)
        known = hit[0].startswith("@") or (word[:1].isupper() and stem.casefold() in self._parts)
        return "…" if known else hit[0]


def names_in(text: str, names: Sequence[str]) -> list[str]:
    """Those of the full names that stand in it, or of which the first part does."""
    spoken = set(re.findall(r"[\w'’-]+", text))
    return [name for name in names if name in text or (name and name.split()[0] in spoken)]
