"""The room as the event loop sees it: one thread beside the loop, the demonstration's clock, and who waits for news."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import ParamSpec, TypeVar

from adapters.web.model import Changes, NotHere, Working
from adapters.web.room import Room

GLANCE = 0.25
"""Seconds between two looks whether another process has written to the room."""

HEARTBEAT = 15.0
"""Seconds of silence after which a stream says that it is alive."""

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)


class Live:
    """`now` is the real clock; `Live.now` is the demonstration's, which may be ahead of it."""

    def __init__(
        self, room: Room, thread: ThreadPoolExecutor, *, now: Callable[[], datetime], ahead: timedelta
    ) -> None:
        self.room = room
        self._thread = thread
        self._real_now = now
        self._ahead = ahead
        self._waiting: set[asyncio.Event] = set()
        self._present: Counter[str] = Counter()  # open streams, by person
        self._working: dict[asyncio.Event, list[Working]] = {}  # what each of those has not been told yet
        self._heard: set[str] = set()
        self._watch: asyncio.Task[None] | None = None
        self._ended = False
        self._closed = False
        self._shut = False

    def now(self) -> datetime:
        return (self._real_now() + self._ahead).astimezone(UTC)

    async def do(self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a method of the room in the room's thread."""
        if self._shut:
            raise sqlite3.OperationalError("the room is closed")
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(act, *args, **kwargs))

    async def change(self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The same for a method that writes: whoever waits for news is told."""
        result = await self.do(act, *args, **kwargs)
        self.wake()
        return result

    async def skip(self, by: timedelta) -> None:
        self._ahead = await self.change(self.room.skip, by)

    def mark_heard(self, message: str) -> None:
        """Soon: until then a crash only means that the message is handed over again, under the same key."""
        self._heard.add(message)

    def tell_working(self, working: Working) -> None:
        """Nothing of it is kept: whoever looks on just now sees it."""
        for event in self._waiting:
            self._working.setdefault(event, []).append(working)
            event.set()

    def wake(self) -> None:
        for event in self._waiting:
            event.set()

    # ── News ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def news(self, person: str, after: int) -> AsyncGenerator[Changes | Working | None, None]:
        """What changes for a person, from `after` on, until `end`; None says that nothing happened for a while."""
        event = asyncio.Event()
        self._waiting.add(event)
        self._present[person] += 1
        try:
            while not self._ended:
                event.clear()
                for working in self._working.pop(event, ()):
                    if await self._may_see(person, working):
                        yield working
                changes = await self.do(self.room.changes, person, after=after)
                if changes.seq > after:
                    after = changes.seq
                    yield changes
                    continue
                try:
                    await asyncio.wait_for(event.wait(), HEARTBEAT)
                except TimeoutError:
                    yield None
        finally:
            self._waiting.discard(event)
            self._present[person] -= 1
            self._working.pop(event, None)

    def is_present(self, person: str) -> bool:
        """Whether a page of theirs is open in this process."""
        return self._present[person] > 0

    async def _may_see(self, person: str, working: Working) -> bool:
        try:
            await self.do(self.room.conversation, working.conversation, reader=person)
        except NotHere:
            return False
        return working.only_for in (None, person)

    def end(self) -> None:
        """Let every stream run out."""
        self._ended = True
        self.wake()

    # ── Looking after the file ──────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        self._watch = asyncio.get_running_loop().create_task(self._look(), name="web room")

    async def _look(self) -> None:
        version = await self.do(self.room.data_version)
        while True:
            await asyncio.sleep(GLANCE)
            try:
                await self._flush()
                seen, version = version, await self.do(self.room.data_version)
                if seen != version:
                    self._ahead = await self.do(self.room.ahead)
                    self.wake()
            except sqlite3.Error as error:
                _log.warning("web room cannot be read just now", extra={"error": str(error)})

    async def _flush(self) -> None:
        if self._heard:
            heard = set(self._heard)
            await self.do(self.room.mark_heard, heard)
            self._heard -= heard

    async def close(self) -> None:
        """End the streams, finish what is written, close the file. Twice is harmless."""
        self.end()
        if self._closed:
            return
        self._closed = True
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
        with contextlib.suppress(sqlite3.Error):
            await self._flush()
        await self.do(self.room.close)
        self._shut = True
        self._thread.shutdown(wait=True)
