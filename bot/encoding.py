"""Reading with the language model, in the background: snippets, and when none is left, what shows who knows.

What was changed last is read first. Nothing waits for it: until its directions are there, a snippet is found by its
words, and a piece of evidence by its own. One replica reads a workspace at a time, under a lease; what it has read of
snippets is in the store, for all of them, after every part of a tenth of a second. Evidence is read in longer parts,
which end as soon as there is a snippet.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from time import perf_counter

import numpy as np
import structlog

from bot import metrics
from bot.store import UNREACHABLE, Precedence, Store, Transaction
from bot.store.directions import Text
from bot.store.meanings import Read
from bot.store.shown import EvidenceRow
from knowledge.embedding import Encoder
from knowledge.meanings import Reader
from knowledge.vectors import pack

log = structlog.get_logger(__name__)

PART = 0.1  # seconds of reading before what was read is kept
TAKEN = 32  # texts fetched at a time
LONG_PART = 1.0  # seconds, of evidence
MUCH_TAKEN = 200  # pieces of evidence fetched at a time
LASTING = timedelta(seconds=30)
LOOK_EVERY = 1.0  # seconds; what this process changes rings, what other processes change is looked for


class Encoding:
    """The reader of all workspaces, with one model."""

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._store = store
        self._encoder = encoder
        self._wake = asyncio.Event()
        self._read: dict[int, int] = {}  # workspace → the revision up to which nothing is left
        self._heard: dict[int, int] = {}  # the same of its evidence
        self._next_heard = 0  # the workspace to begin with
        self._left: dict[int, int] = {}  # pieces of evidence that are still to be read, about

    def ring(self) -> None:
        self._wake.set()

    async def work(self, stopping: asyncio.Event) -> None:
        """Until it stops: read whatever is there to be read."""
        while not stopping.is_set():
            try:
                await self.work_off(stopping)
                while not stopping.is_set() and await self.hear():
                    await self.work_off(stopping)
            except UNREACHABLE as error:
                log.warning("encoding interrupted", fault=type(error).__name__)
            except Exception:  # whatever it was, what is written tomorrow must still be read
                log.exception("encoding failed")
            try:
                async with asyncio.timeout(LOOK_EVERY):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def work_off(self, stopping: asyncio.Event | None = None) -> int:
        """Read everything that nobody else is reading. Returns how many texts were read."""
        self._wake.clear()
        read = 0
        for workspace in await self._store.workspaces():
            read += await self._work_off(workspace, stopping or asyncio.Event())
        return read

    async def hear(self) -> int:
        """Read evidence that nobody else is reading, for a second or until a snippet comes, workspace by workspace: the
        next time from where it ended. Returns how many pieces were read.
        """
        read, began = 0, perf_counter()
        workspaces = await self._store.workspaces()
        after = sum(workspace < self._next_heard for workspace in workspaces)
        for workspace in workspaces[after:] + workspaces[:after]:
            if read and (self._wake.is_set() or perf_counter() - began > LONG_PART):
                self._next_heard = workspace
                break
            read += await self._hear(workspace)
        return read

    async def _work_off(self, workspace: int, stopping: asyncio.Event) -> int:
        waiting, revision = await self._unread(workspace, since=self._read.get(workspace, 0))
        read = 0
        if waiting:
            async with self._holding(f"encoding:{workspace}", workspace) as hold:
                while waiting and not stopping.is_set():
                    if not await hold():
                        return read  # somebody else reads this workspace; look again later
                    part = [waiting.pop() for _ in range(min(TAKEN, len(waiting)))]
                    left, done = await self._read_part(workspace, part)
                    read += done
                    # What was changed meanwhile goes first: the last is taken first.
                    fresh, revision = await self._unread(workspace, since=revision)
                    waiting += [*reversed(left), *fresh]
                    metrics.unread.set(len(waiting))
        if not waiting:
            self._read[workspace] = revision
        return read

    @asynccontextmanager
    async def _holding(self, name: str, workspace: int) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
        """What is given takes the lease, or keeps it for longer, and says whether it is held."""
        holder = self._store.new_id()

        async def hold() -> bool:
            async with self._transaction(workspace) as tx:
                return await tx.take_lease(name, holder=holder, lasting=LASTING)

        try:
            yield hold
        finally:
            async with self._transaction(workspace) as tx:
                await tx.give_lease_back(name, holder=holder)

    async def _unread(self, workspace: int, *, since: int) -> tuple[list[str], int]:
        """What is to be read of what was changed after a revision, changed last last; and how far that looked."""
        async with self._store.reading(workspace, now=datetime.now(UTC)) as tx:
            revision = await tx.revision()
            if revision == since:
                return [], revision
            return await tx.unencoded(self._encoder.identity, since=since), revision

    async def _read_part(self, workspace: int, snippets: Sequence[str]) -> tuple[list[str], int]:
        """Read for a tenth of a second and keep it. Returns what is left of these snippets, and how many were read."""
        model = self._encoder.identity
        async with self._store.reading(workspace, now=datetime.now(UTC)) as tx:
            texts = await tx.texts(model, snippets)
        nameless = [text for text in texts if text.named != text.fingerprint]
        if nameless:  # the same text may have been read under its name
            async with self._transaction(workspace) as tx:
                await tx.name_texts(nameless)
                texts = await tx.texts(model, snippets)
        order = {snippet: place for place, snippet in enumerate(snippets)}
        texts.sort(key=lambda text: order[text.snippet])
        codes = await asyncio.to_thread(self._encode, texts)
        if codes:
            async with self._transaction(workspace) as tx:
                await tx.put_vectors(model, codes)
        metrics.read.inc(len(codes))
        return [text.snippet for text in texts if text.fingerprint not in codes], len(codes)

    async def _hear(self, workspace: int) -> int:
        model = self._encoder.identity
        async with self._store.reading(workspace, now=datetime.now(UTC)) as tx:
            revision = await tx.evidence_revision()
            if revision == self._heard.get(workspace):
                return 0
            waits = await tx.evidence_unread(model, limit=1)
            if waits and not self._left.get(workspace):
                self._left[workspace] = (await tx.count_evidence(model))[1]
        if not waits:
            if workspace not in self._heard:  # another model cannot come before the next start
                async with self._transaction(workspace) as tx:
                    await tx.forget_meanings(but=model)
            self._heard[workspace], self._left[workspace] = revision, 0
            metrics.evidence_unread.set(sum(self._left.values()))
            return 0
        async with self._holding(f"hearing:{workspace}", workspace) as hold:
            if not await hold():
                return 0  # somebody else reads this workspace; look again later
            async with self._store.reading(workspace, now=datetime.now(UTC)) as tx:
                waiting = await tx.evidence_unread(model, limit=MUCH_TAKEN)
            read = await asyncio.to_thread(self._encode_topics, waiting)
            async with self._transaction(workspace) as tx:
                await tx.put_meanings(model, read)
        self._left[workspace] = max(0, self._left[workspace] - len(read))
        metrics.evidence_unread.set(sum(self._left.values()))
        metrics.evidence_read.inc(len(read))
        return len(read)

    def _encode_topics(self, rows: Sequence[EvidenceRow]) -> list[Read]:
        """Of one piece at least, and of as many as fit into a second while no snippet waits."""
        reader = Reader(lambda text: self._encoder.encode([text])[0])
        read: list[Read] = []
        began = perf_counter()
        for row in rows:
            if read and (self._wake.is_set() or perf_counter() - began > LONG_PART):
                break
            codes = reader.read(row.evidence) if row.evidence is not None else None
            if codes is None:  # a question of no letters: it is kept that there is nothing to be read
                codes = np.zeros(self._encoder.dimensions, np.int8)
            read.append(Read(id=row.id, revision=row.revision, codes=codes.tobytes()))
        return read

    def _transaction(self, workspace: int) -> AbstractAsyncContextManager[Transaction]:
        return self._store.transaction(workspace, now=datetime.now(UTC), precedence=Precedence.BACKGROUND)

    def _encode(self, texts: Sequence[Text]) -> dict[str, bytes]:
        """Codes by fingerprint: of one text at least, and of as many as fit into a tenth of a second."""
        codes: dict[str, bytes] = {}
        began = perf_counter()
        for text in texts:
            if codes and perf_counter() - began > PART:
                break
            if text.fingerprint not in codes:
                codes[text.fingerprint] = bytes(pack(self._encoder.read(text.title, text.text)))
        return codes
