"""Looking things up: each workspace's index of snippets, brought up to date with the store before each search.

Everything here only reads, and the work on the processor happens in threads, off the event loop. An index is opened
when it is first asked for, from the files of an earlier time where there are some, and dropped when it has been idle,
or when memory is needed for another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import structlog

from bot import metrics
from bot.evidence import EvidenceKeeper
from bot.store import UNREACHABLE, Store
from bot.store.directions import Place
from knowledge import saved
from knowledge.crowd import prepare
from knowledge.embedding import Encoder
from knowledge.english import read_dictionary
from knowledge.index import Index
from knowledge.model import Match, RankedExpert, Snippet, Term
from knowledge.retrieval import Inquiry, inquire
from knowledge.vectors import Codes

log = structlog.get_logger(__name__)

PART = 100  # rows read at a time: some four milliseconds of the event loop's, and as many of the garbage collector's
TOGETHER = 5_000  # snippets put into an index at a time
MEMORY = 2_048 * 2**20  # bytes
IDLE = 3_600.0  # seconds
TIDY_EVERY = 60.0  # seconds
SAVED_AGAIN = 0.01  # the share of an index's snippets that must have changed


@dataclass(slots=True)
class _Shelf:
    """One workspace's knowledge in this process."""

    index: Index
    work: saved.Workplace | None
    glossary: tuple[Term, ...] = ()
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # one bringing up to date at a time
    opened: bool = False
    used_at: float = 0.0  # by the monotonic clock
    changes: int = 0  # snippets, since it was saved


class Library:
    """`encoder` reads questions, and `former` those whose snippets the encoder has not all read yet.

    `folder` keeps the indexes' files; without one they are built anew at each start. `memory` is in bytes, by the
    indexes' own account.
    """

    def __init__(
        self,
        store: Store,
        *,
        encoder: Encoder | None = None,
        former: Encoder | None = None,
        folder: Path | None = None,
        memory: int = MEMORY,
    ) -> None:
        self._store = store
        self._encoders = {one.identity: one for one in (former, encoder) if one is not None}
        self._encoder = encoder
        self._former = former
        self._folder = folder
        self._memory = memory
        self._shelves: dict[int, _Shelf] = {}
        self._evidence = EvidenceKeeper(store, encoder=encoder, former=former)

    async def search(
        self, workspace: int, question: str, *, grants: frozenset[str], now: datetime, limit: int = 10
    ) -> tuple[Match, ...]:
        """The snippets nearest to the question that the holder of `grants` may see, best first.

        Includes whatever any replica committed before the call.
        """
        return (await self.inquire(workspace, question, grants=grants, now=now)).matches[:limit]

    async def inquire(self, workspace: int, question: str, *, grants: frozenset[str], now: datetime) -> Inquiry:
        """The same, with all that was compared and where it came from."""
        shelf = await self._bring_up_to_date(workspace, now=now)
        return await asyncio.to_thread(
            inquire,
            shelf.index,
            question,
            grants=grants,
            glossary=_known(shelf.glossary, grants),
            encoder=self._encoders.get(shelf.index.model),
        )

    async def index(self, workspace: int, *, now: datetime) -> Index:
        return (await self._bring_up_to_date(workspace, now=now)).index

    async def rank_experts(
        self, workspace: int, question: str, *, asker: int, place: str | None, now: datetime, limit: int = 20
    ) -> tuple[RankedExpert, ...]:
        """The people who probably can answer, best first, whether or not they may be asked now."""
        return await self._evidence.rank(workspace, question, asker=asker, place=place, now=now, limit=limit)

    async def work(self, stopping: asyncio.Event) -> None:
        """Until it stops: keep the indexes open that there is room for, and let the others go."""
        warmed = False
        while not stopping.is_set():
            try:
                await self.tidy() if warmed else await self._warm()
                warmed = True
            except UNREACHABLE as error:
                log.warning("indexes not tidied", fault=type(error).__name__)
            except Exception:  # whatever it was, the others are tidied next time
                log.exception("indexes not tidied")
            with suppress(TimeoutError):
                async with asyncio.timeout(TIDY_EVERY):
                    await stopping.wait()

    async def _warm(self) -> None:
        """Open every workspace's index, as far as memory allows: nobody's first question waits for it, nor for the
        words of English.
        """
        await asyncio.to_thread(read_dictionary)
        for workspace in await self._store.workspaces():
            if sum(shelf.index.size for shelf in self._shelves.values()) < self._memory / 2:
                await self._bring_up_to_date(workspace, now=datetime.now(UTC))
        self._count()

    async def tidy(self) -> None:
        """Drop what has been idle, bring the others up to date, and keep the files of what has changed much."""
        self._evidence.drop_idle()
        await self._evidence.learn()
        for workspace, shelf in list(self._shelves.items()):
            if monotonic() - shelf.used_at > IDLE:
                await self._drop(workspace)
                continue
            await self._follow_if_behind(workspace, shelf, now=datetime.now(UTC))
            await asyncio.to_thread(prepare, shelf.index)
            if shelf.changes > SAVED_AGAIN * len(shelf.index):
                async with shelf.turn:
                    await asyncio.to_thread(self._save, workspace, shelf)
        self._count()

    async def close(self) -> None:
        for workspace in list(self._shelves):
            await self._drop(workspace)

    # ── inside ──

    async def _bring_up_to_date(self, workspace: int, *, now: datetime) -> _Shelf:
        shelf = self._shelves.get(workspace)
        if shelf is None:
            shelf = self._shelves[workspace] = _Shelf(index=Index(), work=None)
        shelf.used_at = monotonic()
        await self._follow_if_behind(workspace, shelf, now=now)
        return shelf

    async def _follow_if_behind(self, workspace: int, shelf: _Shelf, *, now: datetime) -> None:
        async with shelf.turn:
            fresh = not shelf.opened
            if fresh:
                await self._open(workspace, shelf, now=now)
            async with self._store.reading(workspace, now=now) as tx:
                revision = await tx.revision()
            before = shelf.index.revision
            if revision > before:
                await self._follow(workspace, shelf, now=now)
            if fresh or revision > before:
                await self._choose_model(workspace, shelf, now=now)
                if fresh:
                    await asyncio.to_thread(prepare, shelf.index)
                await self._make_room(but=workspace)

    async def _open(self, workspace: int, shelf: _Shelf, *, now: datetime) -> None:
        if self._folder is not None:
            shelf.work = saved.Workplace(self._folder / str(workspace))
            found = await asyncio.to_thread(shelf.work.load)
            if found is not None and (not found.model or found.model in self._encoders):
                shelf.index = found
                async with self._store.reading(workspace, now=now) as tx:
                    shelf.glossary = await tx.glossary()
                    # A store that was put back from a backup knows less than the files do: they are no use.
                    current = await tx.revision()
                shelf.opened = current >= found.revision
        if not shelf.opened:
            first = self._encoder
            if self._former is not None:
                async with self._store.reading(workspace, now=now) as tx:
                    if await tx.has_vectors(self._former.identity):
                        first = self._former
            shelf.index = Index(
                shelf.work.folder if shelf.work else None,
                model=first.identity if first else "",
                dimensions=first.dimensions if first else None,
            )
            shelf.opened = True

    async def _follow(self, workspace: int, shelf: _Shelf, *, now: datetime) -> None:
        """Apply what the store has and the index lacks, part by part."""
        index, before = shelf.index, shelf.index.revision
        upsert: list[Snippet] = []
        remove: list[str] = []
        vectors: dict[str, Codes] = {}
        revision: int | None = None
        after: Place | None = None
        while True:
            async with self._store.reading(workspace, now=now) as tx:
                part = await tx.knowledge_since(before, model=index.model, after=after, limit=PART)
            revision = part.revision if revision is None else revision
            upsert += part.upsert
            remove += part.remove
            vectors |= self._codes(index.model, part.vectors)
            after, shelf.glossary = part.more, part.glossary
            shelf.changes += len(part.upsert) + len(part.remove)
            if len(upsert) >= TOGETHER:
                await asyncio.to_thread(index.apply, upsert=upsert, remove=remove, revision=before, vectors=vectors)
                upsert, remove, vectors = [], [], {}
            if after is None:
                break
        if before and index.model:  # what has been read of texts that did not change
            read = await self._vectors(workspace, index.model, since=before, now=now)
            vectors |= read
            shelf.changes += len(read)
        assert revision is not None
        await asyncio.to_thread(index.apply, upsert=upsert, remove=remove, revision=revision, vectors=vectors)

    async def _vectors(self, workspace: int, model: str, *, since: int, now: datetime) -> dict[str, Codes]:
        found: dict[str, Codes] = {}
        after: Place | None = None
        while True:
            async with self._store.reading(workspace, now=now) as tx:
                part, after = await tx.vectors_since(model, since, after=after, limit=PART)
            found |= self._codes(model, part)
            if after is None:
                return found

    async def _choose_model(self, workspace: int, shelf: _Shelf, *, now: datetime) -> None:
        """Turn to the encoder's directions when the former's still serve and the new are complete."""
        if self._encoder is None or shelf.index.model == self._encoder.identity:
            return
        async with self._store.reading(workspace, now=now) as tx:
            missing = await tx.count_unencoded(self._encoder.identity)
        if missing and shelf.index.model:
            return
        vectors = await self._vectors(workspace, self._encoder.identity, since=0, now=now)
        await asyncio.to_thread(shelf.index.turn_to, self._encoder.identity, self._encoder.dimensions, vectors)
        shelf.changes += len(vectors)
        log.info("model changed", workspace=workspace, model=self._encoder.identity, snippets=len(shelf.index))

    def _codes(self, model: str, vectors: Mapping[str, bytes]) -> dict[str, Codes]:
        encoder = self._encoders.get(model)
        if encoder is None:
            return {}
        read = {said: Codes.of(content, encoder.dimensions) for said, content in vectors.items()}
        return {said: codes for said, codes in read.items() if codes is not None}

    async def _make_room(self, *, but: int) -> None:
        """Drop what was used longest ago while all together take more than they may."""
        others = sorted(self._shelves.keys() - {but}, key=lambda workspace: self._shelves[workspace].used_at)
        for workspace in others:
            if sum(shelf.index.size for shelf in self._shelves.values()) <= self._memory:
                return
            await self._drop(workspace)

    async def _drop(self, workspace: int) -> None:
        shelf = self._shelves.pop(workspace, None)
        if shelf is None:
            return
        async with shelf.turn:
            if shelf.changes > SAVED_AGAIN * len(shelf.index):
                await asyncio.to_thread(self._save, workspace, shelf)
            if shelf.work is not None:
                await asyncio.to_thread(shelf.work.close)

    def _save(self, workspace: int, shelf: _Shelf) -> None:
        if shelf.work is None:
            return
        try:
            shelf.work.save(shelf.index)
            shelf.changes = 0
        except OSError as error:
            log.warning("index not saved", workspace=workspace, reason=str(error))

    def _count(self) -> None:
        metrics.index_snippets.set(sum(len(shelf.index) for shelf in self._shelves.values()))
        metrics.index_bytes.set(sum(shelf.index.size for shelf in self._shelves.values()))


def _known(glossary: Iterable[Term], grants: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """What the holder of `grants` may know of the glossary."""
    return tuple((one.term, one.expansion) for one in glossary if one.audience & grants)
