"""Response addresses, which a press or command brings along: for half an hour, five times, in memory.

They reach where Lanyard is no member, and they alone can change what only one person sees.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

LASTING = 29 * 60.0
"""Seconds; Slack says thirty minutes."""
USES = 5
LARGEST = 20_000

Key = tuple[str, ...]


@dataclass(slots=True)
class _Kept:
    url: str
    until: float
    uses: int = 0


class Replies:
    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[Key, _Kept] = {}

    def keep(self, url: str | None, *, tenant: str, conversation: str, person: str, message: str | None) -> None:
        """`message` is the message for the person's eyes alone that was pressed, if it was one."""
        if url is None:
            return
        kept = _Kept(url, self._clock() + LASTING)
        for key in ((tenant, conversation, person), *(((tenant, conversation, person, message),) if message else ())):
            self._kept.pop(key, None)
            self._kept[key] = kept
        while len(self._kept) > LARGEST:
            del self._kept[next(iter(self._kept))]

    def take(self, *, tenant: str, conversation: str, person: str, message: str | None = None) -> str | None:
        """An address that may be used once more: to change `message`, or without one to say something new."""
        kept = self._kept.get((tenant, conversation, person, *((message,) if message else ())))
        if kept is None or kept.until <= self._clock() or kept.uses >= USES:
            return None
        kept.uses += 1
        return kept.url
