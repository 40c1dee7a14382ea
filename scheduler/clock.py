"""The tick. APScheduler only rings it: no job store, no pickled calls, nothing that a crash could lose or double."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

log = structlog.get_logger(__name__)


class Ticker:
    """Awaits `tick` at once, then `every` so often, and whenever it is rung; never two at a time.

    What rings while a tick runs makes one more tick after it. A tick that raises is logged by the exception's class
    alone, since its message may carry what people wrote, and the next one comes all the same.
    """

    def __init__(self, tick: Callable[[], Awaitable[None]], *, every: timedelta) -> None:
        self._tick = tick
        self._every = every
        self._rung = asyncio.Event()
        self._stopping = False
        self._scheduler: AsyncIOScheduler | None = None
        self._ticking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, on the running event loop. Raises RuntimeError where it has begun already."""
        if self._ticking is not None:
            raise RuntimeError("The ticker runs already. Stop it before starting it again.")
        self._stopping = False
        self._ticking = asyncio.create_task(self._run(), name="ticker")
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._scheduler.add_job(
            self._beat,
            IntervalTrigger(seconds=self._every.total_seconds(), timezone=UTC),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
        self._scheduler.start()
        self.ring()

    async def stop(self) -> None:
        """End, after the running tick. Stopping twice, or before the start, is harmless."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None
        self._stopping = True
        self._rung.set()
        if self._ticking is not None:
            await self._ticking
            self._ticking = None

    def ring(self) -> None:
        """Tick now. From the event loop's own thread."""
        self._rung.set()

    async def _beat(self) -> None:
        # A coroutine, because APScheduler runs plain functions in another thread.
        self.ring()

    async def _run(self) -> None:
        while True:
            await self._rung.wait()
            self._rung.clear()
            if self._stopping:
                return
            try:
                await self._tick()
            except Exception as error:  # noqa: BLE001 — whatever it was, the next tick must come
                log.error("tick.failed", error=type(error).__name__)  # noqa: TRY400 — no message, no traceback: see above
