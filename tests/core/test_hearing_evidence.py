"""Who reads evidence with the language model, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from bot.encoding import Encoding
from knowledge.embedding import Encoder, Floats
from knowledge.model import EvidenceKind, JobAid
from tests.core.test_evidence import hear_answers
from tests.core.test_evidence_by_meaning import Counting, hear_all, kept, opened, show, unread
from tests.journeys.dialogue import Dialogue


@pytest.fixture(scope="module")
def encoder(tiny_model: Path) -> Encoder:
    return opened(tiny_model)


async def test_a_process_that_dies_between_reading_and_keeping_leaves_it_to_be_read_again(
    talk: Dialogue, encoder: Encoder
) -> None:
    await hear_answers(talk, 5)
    encoding = Encoding(talk.store, encoder)
    waiting = await unread(talk.store, encoder.identity)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        assert await tx.take_lease("hearing:1", holder="dead", lasting=timedelta(seconds=-1))
    encoding._encode_topics(waiting)  # and nothing more: it is dead
    assert await unread(talk.store, encoder.identity) == waiting
    assert await hear_all(talk.store, encoder) == len(waiting)
    assert await unread(talk.store, encoder.identity) == []


async def test_a_replica_leaves_to_another_what_that_one_is_reading(talk: Dialogue, encoder: Encoder) -> None:
    await hear_answers(talk, 5)
    encoding = Encoding(talk.store, encoder)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        assert await tx.take_lease("hearing:1", holder="another", lasting=timedelta(minutes=1))
    assert await encoding.hear() == 0
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.give_lease_back("hearing:1", holder="another")
    assert await encoding.hear() >= 5


async def test_a_snippet_that_comes_while_evidence_is_read_is_read_next(talk: Dialogue, encoder: Encoder) -> None:
    await hear_answers(talk, 20)
    encoding = Encoding(talk.store, encoder)
    talk.store.ring_encoder = encoding.ring
    await encoding.work_off()
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.put_aid(JobAid(key="new", title="Fire drill", body="Leave by the stairs."), by=None, source="test")
    assert await encoding.hear() == 1  # a piece at least, and no more while a snippet waits
    assert await encoding.work_off() == 1
    assert await encoding.work_off() == 0
    assert await encoding.hear() > 1


class Announcing(Counting):
    """The same model; it tells of the first text that it is given to encode."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder)
        self.began = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def encode(self, texts: Sequence[str]) -> Floats:
        self._loop.call_soon_threadsafe(self.began.set)
        return super().encode(texts)


async def test_the_reader_in_the_background_reads_evidence_by_itself(talk: Dialogue, encoder: Encoder) -> None:
    await Encoding(talk.store, encoder).work_off()  # what encodes from now on is evidence
    await show(talk, 2, "refund by card", source="x")
    announcing, stopping = Announcing(encoder), asyncio.Event()
    encoding = Encoding(talk.store, announcing)
    work = asyncio.create_task(encoding.work(stopping))
    async with asyncio.timeout(30):
        await announcing.began.wait()
    stopping.set()
    encoding.ring()
    await work
    assert await kept(talk.store)


async def test_no_workspace_waits_for_all_that_another_has(
    talk: Dialogue, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.encoding.LONG_PART", 0.0)  # a piece at a time
    await hear_answers(talk, 5)
    other, _ = await talk.store.found_workspace("web", "other", name="There", now=talk.clock())
    async with talk.store.transaction(other, now=talk.clock()) as tx:
        person = await tx.add_person(name="Bo", email="bo@elsewhere.example")
        await tx.show_evidence(person, EvidenceKind.ANSWERED, "refund by card", source="x")
    encoding = Encoding(talk.store, encoder)
    assert [await encoding.hear(), await encoding.hear()] == [1, 1]
    assert await unread(talk.store, encoder.identity, other) == []
