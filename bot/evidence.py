"""Who has shown what, held in memory and kept current with the store, so that asking it costs milliseconds.

Every write of evidence takes the workspace's next evidence revision, and so does what the language model has read of
it; here only what came after the last one is read. What a closed place has shown is of use in it alone, and is not
held: there the evidence is read whole.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

import numpy as np
import structlog

from bot.store import Precedence, Store, Transaction
from bot.store.learned import KeptWeights
from bot.store.shown import EvidenceRow, OwnedAid, row_key
from knowledge.embedding import Encoder
from knowledge.evidence import ENOUGH, EvidenceIndex, Floats
from knowledge.experts import rank
from knowledge.hunches import hunches_of
from knowledge.learning import Looked, find_lessons, keep_newest, look_back, shipped, size_to_learn_at, weigh
from knowledge.model import Evidence, RankedExpert
from knowledge.vectors import Bytes

log = structlog.get_logger(__name__)

PART = 2_000  # rows read at a time
IDLE = 3_600.0  # seconds
COUNTED_AGAIN = 10.0  # seconds: how far the model has read is not looked up at every question

Sort = tuple[bool, bool]
"""Whether a question has a place, and whether evidence is compared by its meaning too: to each its own weights."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learned:
    """Weights, and from how many answers."""

    size: int
    weights: Floats


NOTHING_LEARNED = Learned(size=0, weights=shipped(by_meaning=False))


@dataclass(slots=True)
class _Held:
    """One workspace's open evidence."""

    index: EvidenceIndex = field(default_factory=EvidenceIndex)
    revision: int = -1
    model: str = ""  # whose reading serves; none's
    indexed: str = ""  # whose reading the index holds
    counted_at: float = -COUNTED_AGAIN
    declared: dict[str, Evidence] = field(default_factory=dict)
    people: tuple[int, int] | None = None  # the mark of those among whom nobody erased was found
    weights: dict[Sort, Learned] = field(default_factory=dict)
    looked: dict[Sort, Looked] = field(default_factory=dict)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # the index serves one at a time
    used_at: float = 0.0

    def size_of(self, sort: Sort) -> int:
        """From how many answers the weights were learned that are held."""
        return self.weights.get(sort, NOTHING_LEARNED).size

    def weights_for(self, sort: Sort) -> Floats:
        return self.weights[sort].weights if sort in self.weights else shipped(by_meaning=sort[1])

    def forget_lessons(self) -> None:
        """Something was taken away: no words of it stay in what they taught."""
        self.looked.clear()


class EvidenceKeeper:
    """`encoder` reads questions, and `former` those where the encoder has not read enough of the evidence yet."""

    def __init__(self, store: Store, *, encoder: Encoder | None = None, former: Encoder | None = None) -> None:
        self._store = store
        self._encoders = [one for one in (encoder, former) if one is not None]  # the first is the one to be turned to
        self._held: dict[int, _Held] = {}

    async def rank(
        self, workspace: int, question: str, *, asker: int, place: str | None, now: datetime, limit: int
    ) -> tuple[RankedExpert, ...]:
        """The people who probably can answer, best first. Includes whatever was committed before the call."""
        held = self._held.get(workspace)
        if held is None:
            held = self._held[workspace] = _Held()
            await self._remember(workspace, held)
        held.used_at = monotonic()
        async with held.turn:
            willing = await self._follow(workspace, held, now=now)
            closed: list[EvidenceRow] = []
            if place:
                async with self._store.reading(workspace, now=now) as tx:
                    if await tx.has_closed_evidence(place):
                        closed = await tx.closed_evidence(place, model=held.model)
                willing |= {row.evidence.person for row in closed if row.evidence is not None}
            return await asyncio.to_thread(
                self._rank, held, closed, question, asker=asker, place=place, now=now, willing=willing, limit=limit
            )

    async def learn(self) -> None:
        """Learn from each workspace's own threads how much each sign counts there, where that is due.

        What another replica has learned from as many of them is taken over.
        """
        for workspace, held in list(self._held.items()):
            size, by_meaning = size_to_learn_at(held.index.answers), held.index.is_understood()
            due = [sort for sort in ((True, by_meaning), (False, by_meaning)) if size > held.size_of(sort)]
            if not due:
                continue
            await self._remember(workspace, held)
            for sort in due:
                if size > held.size_of(sort):
                    learned = Learned(size=size, weights=await self._learn(held, sort))
                    held.weights[sort] = learned
                    await self._keep(workspace, learned, sort)
                    log.info("routing learned", workspace=workspace, answers=size, placed=sort[0], by_meaning=sort[1])

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
            for sort in ((placed, False), (placed, True)):
                names = hunches_of(by_meaning=sort[1])
                if one.weights.keys() == set(names) and one.answers > held.size_of(sort):
                    weights = np.array([one.weights[name] for name in names], np.float32)
                    held.weights[sort] = Learned(size=one.answers, weights=weights)

    async def _keep(self, workspace: int, learned: Learned, sort: Sort) -> None:
        placed, by_meaning = sort
        weights = dict(zip(hunches_of(by_meaning=by_meaning), learned.weights.tolist(), strict=True))
        async with self._store.transaction(workspace, now=datetime.now(UTC), precedence=Precedence.BACKGROUND) as tx:
            await tx.keep_routing_weights(KeptWeights(answers=learned.size, weights=weights), placed=placed)

    async def _learn(self, held: _Held, sort: Sort) -> Floats:
        """Lesson by lesson, so that a question waits for one of them at most; each is looked back on once."""
        placed, by_meaning = sort
        looked = held.looked.setdefault(sort, {})
        async with held.turn:
            lessons = await asyncio.to_thread(find_lessons, held.index)
        for lesson in lessons:
            if lesson not in looked:
                async with held.turn:
                    looked[lesson] = await asyncio.to_thread(
                        look_back,
                        held.index,
                        lesson,
                        placed=placed,
                        solicited=True,
                        hear=self._hearer(held, held.index) if by_meaning else None,
                    )
        return await asyncio.to_thread(weigh, keep_newest(looked, lessons), prior=shipped(by_meaning=by_meaning))

    def _rank(
        self,
        held: _Held,
        closed: Sequence[EvidenceRow],
        question: str,
        *,
        asker: int,
        place: str | None,
        now: datetime,
        limit: int,
        willing: frozenset[str],
    ) -> tuple[RankedExpert, ...]:
        """`closed` is what the place has shown for itself alone: it is laid beside the rest for this question."""
        index = held.index
        with index.beside((row.evidence, _codes(row.codes, index)) for row in closed if row.evidence is not None):
            hear = self._hearer(held, index)
            return rank(
                index,
                question,
                asker=str(asker),
                place=place,
                now=now,
                willing=willing,
                solicited=True,
                heard=hear(question) if hear is not None else None,
                weights=held.weights_for((place is not None, hear is not None)),
                limit=limit,
            )

    def _hearer(self, held: _Held, index: EvidenceIndex) -> Callable[[str], Floats] | None:
        """What tells a question's direction; None where words alone serve."""
        encoder = next((one for one in self._encoders if one.identity == held.model), None)
        if encoder is None or not index.is_understood():
            return None
        return lambda question: encoder.encode([question])[0]

    def _dimensions(self, model: str) -> int | None:
        return next((one.dimensions for one in self._encoders if one.identity == model), None)

    async def _choose_model(self, tx: Transaction, held: _Held) -> None:
        """The first one that has read enough."""
        if not self._encoders or held.model == self._encoders[0].identity:
            return
        if monotonic() - held.counted_at < COUNTED_AGAIN:
            return
        held.counted_at = monotonic()
        for encoder in self._encoders:
            if encoder.identity == held.model:
                return
            pieces, unread = await tx.count_evidence(encoder.identity)
            if pieces - unread >= ENOUGH * pieces:
                held.model = encoder.identity
                return

    async def _follow(self, workspace: int, held: _Held, *, now: datetime) -> frozenset[str]:
        """Bring it up to date. Returns the people who are here."""
        async with self._store.reading(workspace, now=now) as tx:
            revision = await tx.evidence_revision()
            mark, not_here = await tx.people_mark(), await tx.not_here()
            everybody = await tx.everybody() if mark != held.people else None
            declared = await tx.declared_evidence() if revision != held.revision else None
            await self._choose_model(tx, held)
        if held.indexed != held.model:
            held.index.turn_to(self._dimensions(held.model))
            held.looked.clear()
        if revision != held.revision:
            await self._follow_rows(workspace, held, until=revision, now=now)
            await self._follow_owned(workspace, held, until=revision, now=now)
        if held.model and held.revision >= 0:  # what was read of pieces that did not change
            since = held.revision if held.indexed == held.model else -1
            await self._follow_model(workspace, held, since=since, until=revision, now=now)
        if declared is not None:
            await asyncio.to_thread(_declare, held, declared)
        held.revision, held.indexed = revision, held.model
        if everybody is not None:
            for name in [name for name in held.index.people if name and name not in everybody]:
                await asyncio.to_thread(held.index.forget, name)
                held.forget_lessons()
            held.people = mark
        return frozenset(held.index.people) - not_here

    async def _follow_rows(self, workspace: int, held: _Held, *, until: int, now: datetime) -> None:
        read = 0
        place: tuple[int, int] | None = None
        while True:
            async with self._store.reading(workspace, now=now) as tx:
                part = await tx.evidence_since(held.revision, until=until, after=place, limit=PART, model=held.model)
            await asyncio.to_thread(_take_in, held.index, part)
            if held.revision < 0:
                # A great company's pieces stay, and are hundreds of thousands: to look through them for garbage, time
                # and again, would stop the event loop for a third of a second each time.
                gc.freeze()
            if any(row.evidence is None for row in part):
                held.forget_lessons()
            read += len(part)
            if len(part) < PART:
                break
            place = (part[-1].revision, part[-1].id)
        if held.revision < 0:
            log.info("evidence read", workspace=workspace, pieces=read, model=held.model)

    async def _follow_owned(self, workspace: int, held: _Held, *, until: int, now: datetime) -> None:
        place: tuple[int, int] | None = None
        while True:
            async with self._store.reading(workspace, now=now) as tx:
                part = await tx.owned_since(held.revision, until=until, after=place, limit=PART)
            await asyncio.to_thread(_take_in, held.index, part)
            if held.revision < 0:
                gc.freeze()  # as above
            if len(part) < PART:
                return
            place = (part[-1].revision, part[-1].id)

    async def _follow_model(self, workspace: int, held: _Held, *, since: int, until: int, now: datetime) -> None:
        if since == until:
            return
        after: tuple[int, int] | None = None
        while True:
            async with self._store.reading(workspace, now=now) as tx:
                part, after = await tx.meanings_since(held.model, since, until=until, after=after, limit=PART)
            codes = {row_key(id_): _codes(content, held.index) for id_, content in part.items()}
            await asyncio.to_thread(
                held.index.learn_meanings, {key: read for key, read in codes.items() if read is not None}
            )
            if after is None:
                return


def _codes(content: bytes | None, index: EvidenceIndex) -> Bytes | None:
    """What the store kept; None for what cannot be of the index's model."""
    if content is None or index.meanings is None or len(content) != index.meanings.dimensions:
        return None
    return np.frombuffer(content, np.int8)


def _take_in(index: EvidenceIndex, rows: Sequence[EvidenceRow | OwnedAid]) -> None:
    index.drop([row.key for row in rows])
    for row in rows:
        if row.evidence is not None:
            codes = _codes(row.codes, index) if isinstance(row, EvidenceRow) else None
            index.add(row.evidence, key=row.key, codes=codes)


def _declare(held: _Held, declared: Mapping[str, Evidence]) -> None:
    """What people declared, as it is now; what has not changed stays, for dropping is the costly part."""
    changed = {key: piece for key, piece in declared.items() if piece != held.declared.get(key)}
    gone = held.declared.keys() - declared.keys()
    held.index.drop([*gone, *changed])
    for key, piece in changed.items():
        held.index.add(piece, key=key)
    held.declared = dict(declared)
