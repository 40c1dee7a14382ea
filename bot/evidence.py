"""Who has shown what, held in memory and kept current with the store, so that asking it costs milliseconds.

Every write of evidence takes the workspace's next evidence revision; here only what came after the last one is read.
What a closed place has shown is of use in it alone, and is not held: there the evidence is read whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

import numpy as np
import structlog

from bot.store import Precedence, Store
from bot.store.experts import EvidenceRow
from bot.store.learned import KeptWeights
from knowledge.evidence import EvidenceIndex, Floats
from knowledge.experts import rank
from knowledge.hunches import HUNCHES
from knowledge.learning import SHIPPED, Looked, find_lessons, keep_newest, look_back, size_to_learn_at, weigh
from knowledge.model import Evidence, RankedExpert

log = structlog.get_logger(__name__)

PART = 2_000  # rows read at a time
IDLE = 3_600.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learned:
    """Weights, and from how many answers."""

    size: int
    weights: Floats


SHIPPED_ONLY = Learned(size=0, weights=SHIPPED)


@dataclass(slots=True)
class _Held:
    """One workspace's open evidence."""

    index: EvidenceIndex = field(default_factory=EvidenceIndex)
    revision: int = -1
    standing: dict[str, Evidence] = field(default_factory=dict)
    people: tuple[int, int] | None = None  # the mark of those among whom nobody erased was found
    weights: dict[bool, Learned] = field(default_factory=dict)  # of questions in a place; of those without one
    looked: dict[bool, Looked] = field(default_factory=lambda: {True: {}, False: {}})
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # the index serves one at a time
    used_at: float = 0.0

    def forget_lessons(self) -> None:
        """Something was taken away: no words of it stay in what they taught."""
        for looked in self.looked.values():
            looked.clear()


class EvidenceKeeper:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: dict[int, _Held] = {}

    async def rank(
        self, workspace: int, question: str, *, asker: int, place: str | None, now: datetime, limit: int
    ) -> tuple[RankedExpert, ...]:
        """The people who probably can answer, best first. Includes whatever was committed before the call."""
        async with self._store.reading(workspace, now=now) as tx:
            closed = await tx.evidence(place=place) if place and await tx.has_closed_evidence(place) else None
        held = self._held.get(workspace)
        if held is None:
            held = self._held[workspace] = _Held()
            await self._remember(workspace, held)
        held.used_at = monotonic()
        weights = held.weights.get(place is not None, SHIPPED_ONLY).weights
        if closed is not None:
            return await asyncio.to_thread(
                _rank_anew, closed, question, asker=asker, place=place, now=now, weights=weights, limit=limit
            )
        async with held.turn:
            willing = await self._follow(workspace, held, now=now)
            return await asyncio.to_thread(
                rank,
                held.index,
                question,
                asker=str(asker),
                place=place,
                now=now,
                willing=willing,
                solicited=True,
                weights=weights,
                limit=limit,
            )

    async def learn(self) -> None:
        """Learn from each workspace's own threads how much each sign counts there, where that is due.

        What another replica has learned from as many of them is taken over.
        """
        for workspace, held in list(self._held.items()):
            size = size_to_learn_at(held.index.answers)
            due = [placed for placed in (True, False) if size > held.weights.get(placed, SHIPPED_ONLY).size]
            if not due:
                continue
            await self._remember(workspace, held)
            for placed in due:
                if size > held.weights.get(placed, SHIPPED_ONLY).size:
                    learned = Learned(size=size, weights=await _learn(held, placed=placed))
                    held.weights[placed] = learned
                    await self._keep(workspace, learned, placed=placed)
                    log.info("routing learned", workspace=workspace, answers=size, placed=placed)

    def drop_idle(self) -> None:
        """Let go of what nobody has asked for an hour."""
        idle = [one for one, held in self._held.items() if monotonic() - held.used_at > IDLE and not held.turn.locked()]
        for workspace in idle:
            del self._held[workspace]

    # ── inside ──

    async def _remember(self, workspace: int, held: _Held) -> None:
        """Take over what is kept, where it was learned from more than is held, and weighs what is weighed today."""
        async with self._store.reading(workspace, now=datetime.now(UTC)) as tx:
            kept = await tx.routing_weights()
        for placed, one in kept.items():
            if one.weights.keys() == set(HUNCHES) and one.answers > held.weights.get(placed, SHIPPED_ONLY).size:
                weights = np.array([one.weights[name] for name in HUNCHES], np.float32)
                held.weights[placed] = Learned(size=one.answers, weights=weights)

    async def _keep(self, workspace: int, learned: Learned, *, placed: bool) -> None:
        weights = dict(zip(HUNCHES, learned.weights.tolist(), strict=True))
        async with self._store.transaction(workspace, now=datetime.now(UTC), precedence=Precedence.BACKGROUND) as tx:
            await tx.keep_routing_weights(KeptWeights(answers=learned.size, weights=weights), placed=placed)

    async def _follow(self, workspace: int, held: _Held, *, now: datetime) -> frozenset[str]:
        """Bring it up to date. Returns the people who are here."""
        async with self._store.reading(workspace, now=now) as tx:
            revision = await tx.evidence_revision()
            mark, not_here = await tx.people_mark(), await tx.not_here()
            everybody = await tx.everybody() if mark != held.people else None
            standing = await tx.standing_evidence() if revision != held.revision else None
        before = held.revision
        if revision != before:
            read = 0
            place: tuple[int, int] | None = None
            while True:
                async with self._store.reading(workspace, now=now) as tx:
                    part = await tx.evidence_since(before, until=revision, after=place, limit=PART)
                await asyncio.to_thread(_take_in, held.index, part)
                if any(row.evidence is None for row in part):
                    held.forget_lessons()
                read += len(part)
                if len(part) < PART:
                    break
                place = (part[-1].revision, part[-1].id)
            held.revision = revision
            if before < 0:
                log.info("evidence read", workspace=workspace, pieces=read)
        if standing is not None:
            await asyncio.to_thread(_stand, held, standing)
        if everybody is not None:
            for name in [name for name in held.index.people if name and name not in everybody]:
                await asyncio.to_thread(held.index.forget, name)
                held.forget_lessons()
            held.people = mark
        return frozenset(held.index.people) - not_here


async def _learn(held: _Held, *, placed: bool) -> Floats:
    """Lesson by lesson, so that a question waits for one of them at most; each is looked back on once."""
    looked = held.looked[placed]
    async with held.turn:
        lessons = await asyncio.to_thread(find_lessons, held.index)
    for lesson in lessons:
        if lesson not in looked:
            async with held.turn:
                looked[lesson] = await asyncio.to_thread(look_back, held.index, lesson, placed=placed, solicited=True)
    return await asyncio.to_thread(weigh, keep_newest(looked, lessons))


def _take_in(index: EvidenceIndex, rows: Sequence[EvidenceRow]) -> None:
    index.drop([row.key for row in rows])
    for row in rows:
        if row.evidence is not None:
            index.add(row.evidence, key=row.key)


def _stand(held: _Held, standing: Mapping[str, Evidence]) -> None:
    """What people own and declared, as it is now; what has not changed stays, for dropping is the costly part."""
    changed = {key: piece for key, piece in standing.items() if piece != held.standing.get(key)}
    gone = held.standing.keys() - standing.keys()
    held.index.drop([*gone, *changed])
    for key, piece in changed.items():
        held.index.add(piece, key=key)
    held.standing = dict(standing)


def _rank_anew(
    pieces: Sequence[Evidence],
    question: str,
    *,
    asker: int,
    place: str | None,
    now: datetime,
    weights: Floats = SHIPPED,
    limit: int,
) -> tuple[RankedExpert, ...]:
    index = EvidenceIndex()
    for piece in pieces:
        index.add(piece)
    return rank(index, question, asker=str(asker), place=place, now=now, solicited=True, weights=weights, limit=limit)
