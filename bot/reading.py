"""The worker that reads files which people have sent, so that a long one holds up nobody's question.

stored with the turn → leased → fetched and read with nothing open → what came of it, in one transaction
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog

from bot import metrics
from bot.journeys.reading import STAGES, give_up
from bot.messages import TryLater
from bot.rung import Rung
from bot.services import Services
from bot.store import UNREACHABLE, DuplicateError, GoneError, NotAllowedError
from bot.store.records import SentFile
from bot.wording import files as words

log = structlog.get_logger(__name__)

AT_ONCE = 2
"""Files, so that one which comes slowly does not hold up the next."""

ATTEMPTS = 8
"""Each waits for twice as long as the one before: about four minutes in all, as long as Teams keeps an address good."""


class Reading(Rung):
    def __init__(self, services: Services) -> None:
        super().__init__("reading")
        self._services = services
        self._files = services.store.files

    async def _work_through(self, stopping: asyncio.Event) -> None:
        await asyncio.gather(*(self.work_off(stopping=stopping) for _ in range(AT_ONCE)))

    async def work_off(self, *, stopping: asyncio.Event | None = None) -> int:
        """Everything that is to be read now, one after the other. Returns how many were taken."""
        taken = 0
        while (stopping is None or not stopping.is_set()) and await self._files.any_due():
            sent = await self._files.claim(lease=self._services.store.new_id())
            if sent is None:
                break
            taken += 1
            await self._handle(sent)
        return taken

    async def _handle(self, sent: SentFile) -> None:
        try:
            if sent.attempts > ATTEMPTS:  # perhaps it is what ended the process, each time
                await self._give_up(sent, "tried too often")
                return
            async with self._holding(sent):
                await STAGES[sent.stage](self._services, sent)
        except DuplicateError:
            log.info("file taken over by another worker", file=sent.id)
        except (GoneError, NotAllowedError) as refusal:  # what it was for is not there, or not theirs, any more
            with suppress(DuplicateError):
                await give_up(self._services, sent, words.came_to_nothing(sent.file.name, str(refusal)))
        except TryLater as later:
            log.info("file not had yet", file=sent.id, attempts=sent.attempts)
            await self._try_again(sent, later)
        except UNREACHABLE:
            raise
        except Exception:  # one bad file must not stop the others
            log.exception("file not read", file=sent.id, attempts=sent.attempts)
            metrics.failed.labels(sent.place.platform).inc()
            await self._give_up(sent, "failed")

    async def _try_again(self, sent: SentFile, later: TryLater) -> None:
        if sent.attempts < ATTEMPTS:
            await self._files.release(sent, after=later.after or timedelta(seconds=2**sent.attempts))
            return
        reason = "It did not come, however often I asked. Send it again in a while."
        with suppress(DuplicateError):
            await give_up(self._services, sent, words.not_had(sent.file.name, reason))

    async def _give_up(self, sent: SentFile, fault: str) -> None:
        reference = self._services.store.new_id()[:8]
        log.error("file given up", file=sent.id, fault=fault, reference=reference)
        with suppress(DuplicateError):
            await give_up(self._services, sent, words.not_read(sent.file.name, reference))

    @asynccontextmanager
    async def _holding(self, sent: SentFile) -> AsyncIterator[None]:
        """Keep the lease meanwhile: to fetch and read a file takes longer than to answer a question."""
        renewing = asyncio.create_task(self._renew(sent))
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, sent: SentFile) -> None:
        while True:
            await asyncio.sleep(self._files.lasting.total_seconds() / 3)
            with suppress(*UNREACHABLE):
                await self._files.renew(sent)
