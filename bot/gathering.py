"""The worker that enrols audiences in the background, so that a large one holds up neither its planner nor the tick."""

from __future__ import annotations

import asyncio

import structlog

from bot.journeys.gathering import gather_audiences
from bot.services import Services
from bot.store import UNREACHABLE

log = structlog.get_logger(__name__)


class Gathering:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Look now whether something is to be gathered. From the event loop's own thread."""
        self._rung.set()

    async def work(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set and it was rung; what is broken off is taken up at the next start."""
        while True:
            await self._rung.wait()
            self._rung.clear()
            if stopping.is_set():
                return
            try:
                await self.work_off()
            except UNREACHABLE as error:
                log.warning("gathering interrupted", fault=type(error).__name__)
            except Exception as error:  # noqa: BLE001 — whatever it was, the next campaign must not wait for it
                log.error("gathering failed", fault=type(error).__name__)  # noqa: TRY400 — no message: it may tell what people wrote

    async def work_off(self) -> int:
        """Everything that is to be gathered now. Returns how many campaigns were looked at."""
        gathered = 0
        for workspace in await self._services.store.workspaces():
            gathered += await gather_audiences(self._services, workspace)
        return gathered
