"""The worker that enrols audiences in the background, so that a large one holds up neither its planner nor the tick."""

from __future__ import annotations

import asyncio

from bot.journeys.gathering import gather_audiences
from bot.rung import Rung
from bot.services import Services


class Gathering(Rung):
    def __init__(self, services: Services) -> None:
        super().__init__("gathering")
        self._services = services

    async def _work_through(self, stopping: asyncio.Event) -> None:  # noqa: ARG002 — what is broken off is taken up at the next start
        await self.work_off()

    async def work_off(self) -> int:
        """Everything that is to be gathered now. Returns how many campaigns were looked at."""
        gathered = 0
        for workspace in await self._services.store.workspaces():
            gathered += await gather_audiences(self._services, workspace)
        return gathered
