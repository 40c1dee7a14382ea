"""A worker in the background that sleeps until it is rung."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

import structlog

from bot.store import UNREACHABLE

log = structlog.get_logger(__name__)


class Rung(ABC):
    def __init__(self, name: str) -> None:
        """`name` is what it does, for the log: "gathering"."""
        self._name = name
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Look now whether something is to be done. From the event loop's own thread."""
        self._rung.set()

    async def work(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set and it was rung; what is broken off is taken up later."""
        while True:
            await self._rung.wait()
            self._rung.clear()
            if stopping.is_set():
                return
            try:
                await self._work_through(stopping)
            except UNREACHABLE as error:
                log.warning("work interrupted", work=self._name, fault=type(error).__name__)
            except Exception as error:  # noqa: BLE001 — whatever it was, what comes next must not wait for it
                log.error("work failed", work=self._name, fault=type(error).__name__)  # noqa: TRY400 — no message: it may tell what people wrote

    @abstractmethod
    async def _work_through(self, stopping: asyncio.Event) -> None:
        """Everything that waits now."""
