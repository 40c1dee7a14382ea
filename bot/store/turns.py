"""One after the other, the door before the rest, and what can wait behind everybody: within a process, and among many.

SQLite has one writer. Who waits for the file asks for it again after ever longer pauses, so that one who writes without
pause keeps it, and the others starve: measured, a message waited for more than a second to be acknowledged while four
processes claimed campaigns. So those who answer somebody announce themselves (`Doorway`), and what is done in the
background lets them go first.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from enum import IntEnum
from pathlib import Path


class Precedence(IntEnum):
    """Who goes before whom."""

    DOOR = 0
    """What is said, before it is acknowledged."""
    TURN = 1
    """What somebody waits for."""
    BACKGROUND = 2
    """What nobody waits for; each of its transactions is short, since whoever comes waits for the one under way."""


class Turns:
    """A lock with a queue for each precedence. Whoever waits at the door waits for one of the others at most."""

    def __init__(self) -> None:
        self._held = False
        self._queues: dict[Precedence, deque[asyncio.Future[None]]] = {one: deque() for one in Precedence}

    @asynccontextmanager
    async def take(self, precedence: Precedence = Precedence.TURN) -> AsyncIterator[None]:
        if self._held:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._queues[precedence].append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if not turn.cancelled():  # it had just become ours
                    self._pass_on()
                raise
        self._held = True
        try:
            yield
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        for queue in self._queues.values():
            while queue:
                turn = queue.popleft()
                if not turn.done():  # a cancelled one has gone home
                    turn.set_result(None)
                    return
        self._held = False


LOOK_AGAIN = 0.002  # seconds
PATIENCE = timedelta(seconds=0.5)
"""For so long the background lets others go first. Then one of its transactions goes in between, so that where there
is always somebody at the door it gets on all the same.
"""


class Doorway:
    """The same among the processes that share a file, by locks on two files beside it that end with their process.

    Whoever answers holds the first one, together with all others who do. The background works under the second one,
    one process at a time, and begins when nobody holds the first.
    """

    def __init__(self, file: Path, *, patience: timedelta = PATIENCE) -> None:
        self._patience = patience.total_seconds()
        self._first = file.with_name(f"{file.name}-first")
        self._behind = file.with_name(f"{file.name}-behind")
        self._announced = 0
        self._mine = asyncio.Lock()  # what a process has locked, it can lock once more
        self._open: dict[str, int] = {}

    @asynccontextmanager
    async def announce(self) -> AsyncIterator[None]:
        """Be seen by the background of every process."""
        self._announced += 1
        try:
            if self._announced == 1:
                announcing = self._descriptor("announcing", self._first)
                await self._wait_for(
                    lambda: _seize(announcing, fcntl.LOCK_SH)
                )  # the background holds it while it looks
            yield
        finally:
            self._announced -= 1
            if self._announced == 0:
                fcntl.flock(self._descriptor("announcing", self._first), fcntl.LOCK_UN)

    @asynccontextmanager
    async def stand_back(self) -> AsyncIterator[None]:
        """Wait for the background of other processes, and for everybody who has announced themselves."""
        async with self._mine:
            behind = self._descriptor("behind", self._behind)
            while not _seize(behind, fcntl.LOCK_EX):  # noqa: ASYNC110 — another process sets no event
                await asyncio.sleep(LOOK_AGAIN)
            try:
                await self._wait_for(self._is_free)
                yield
            finally:
                fcntl.flock(behind, fcntl.LOCK_UN)

    def close(self) -> None:
        while self._open:
            os.close(self._open.popitem()[1])

    async def _wait_for(self, free: Callable[[], bool]) -> None:
        """Or until our patience ends."""
        clock = asyncio.get_running_loop().time
        until = clock() + self._patience
        while not free() and clock() < until:  # noqa: ASYNC110 — another process sets no event
            await asyncio.sleep(LOOK_AGAIN)

    def _is_free(self) -> bool:
        looking = self._descriptor("looking", self._first)
        free = _seize(looking, fcntl.LOCK_EX)
        if free:
            fcntl.flock(looking, fcntl.LOCK_UN)
        return free

    def _descriptor(self, use: str, file: Path) -> int:
        """A lock belongs to what was opened: who looks needs another one than who announces."""
        if use not in self._open:
            self._open[use] = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._open[use]


def _seize(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
