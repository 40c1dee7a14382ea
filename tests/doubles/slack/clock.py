"""The double's own time: it stands still until a test moves it, or runs with the real one."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Awaitable, Callable
from itertools import count

Due = Callable[[], Awaitable[None]]


class Clock:
    """Seconds since 1970. `advance` awaits whatever falls due on the way, in order."""

    def __init__(self, start: float | None = None, *, running: bool = False) -> None:
        self._start = time.time() if start is None else start
        self._running = running
        self._began = time.monotonic()
        self._moved = 0.0
        self._due: list[tuple[float, int, Due]] = []
        self._order = count()
        self._tasks: set[asyncio.Future[None]] = set()

    def now(self) -> float:
        ran = time.monotonic() - self._began if self._running else 0.0
        return self._start + self._moved + ran

    def call_later(self, seconds: float, due: Due) -> None:
        heapq.heappush(self._due, (self.now() + seconds, next(self._order), due))
        if self._running:
            # A moment late, so that rounding never makes it too early to be due.
            asyncio.get_running_loop().call_later(seconds + 0.01, self._ring)

    async def advance(self, seconds: float) -> None:
        until = self.now() + seconds
        while self._due and self._due[0][0] <= until:
            when, _, due = heapq.heappop(self._due)
            self._moved += max(0.0, when - self.now())
            await due()
        self._moved += max(0.0, until - self.now())

    def _ring(self) -> None:
        task = asyncio.ensure_future(self.advance(0))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
