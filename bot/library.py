"""Looking things up: each workspace's index of snippets, brought up to date with the store before each search.

Everything here only reads, and the work on the processor happens in a thread, off the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.store import Store
from knowledge.evidence import EvidenceIndex
from knowledge.experts import rank
from knowledge.index import Index
from knowledge.model import Match, RankedExpert
from knowledge.retrieval import search


@dataclass(slots=True)
class _Shelf:
    """One workspace's knowledge in this process."""

    index: Index = field(default_factory=Index)
    glossary: Mapping[str, str] = field(default_factory=dict)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # one bringing up to date at a time


class Library:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._shelves: dict[int, _Shelf] = {}

    async def search(
        self, workspace: int, question: str, *, grants: frozenset[str], now: datetime, limit: int = 10
    ) -> tuple[Match, ...]:
        """The snippets nearest to the question that the holder of `grants` may see, best first.

        Includes whatever any replica committed before the call.
        """
        shelf = await self._bring_up_to_date(workspace, now=now)
        return await asyncio.to_thread(
            search, shelf.index, question, grants=grants, glossary=shelf.glossary, limit=limit
        )

    async def index(self, workspace: int, *, now: datetime) -> Index:
        return (await self._bring_up_to_date(workspace, now=now)).index

    async def rank_experts(
        self, workspace: int, question: str, *, asker: int, place: str | None, now: datetime, limit: int = 20
    ) -> tuple[RankedExpert, ...]:
        """The people who probably can answer, best first, whether or not they may be asked now."""
        async with self._store.reading(workspace, now=now) as tx:
            pieces = await tx.evidence(place=place)

        def work() -> tuple[RankedExpert, ...]:
            index = EvidenceIndex()
            for piece in pieces:
                index.add(piece)
            return rank(index, question, asker=str(asker), place=place, now=now, limit=limit)

        return await asyncio.to_thread(work) if pieces else ()

    async def _bring_up_to_date(self, workspace: int, *, now: datetime) -> _Shelf:
        shelf = self._shelves.setdefault(workspace, _Shelf())
        async with shelf.turn, self._store.reading(workspace, now=now) as tx:
            if await tx.revision() <= shelf.index.revision:
                return shelf
            changes = await tx.knowledge_since(shelf.index.revision)
            await asyncio.to_thread(
                shelf.index.apply, upsert=changes.upsert, remove=changes.remove, revision=changes.revision
            )
            shelf.glossary = changes.glossary
        return shelf
