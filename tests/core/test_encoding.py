"""What texts mean: read in the background, once, by one replica, and found by all."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.encoding import Encoding
from bot.library import Library
from bot.store import Store
from bot.store import tables as t
from knowledge.embedding import Encoder, Vectors, open_encoder
from knowledge.model import OPEN, JobAid, Status
from tests.doubles.tiny_model import make_tiny_model

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def encoder(tiny_model: Path) -> Encoder:
    return opened(tiny_model)


@pytest.fixture(scope="session")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return opened(make_tiny_model(tmp_path_factory.mktemp("newer") / "model", identity="tiny.2", seed=2))


def opened(folder: Path) -> Encoder:
    encoder = open_encoder(folder)
    assert encoder is not None
    return encoder


class Counting(Encoder):
    """The same model; it remembers what it was given to read."""

    def __init__(self, encoder: Encoder) -> None:
        for name, value in vars(encoder).items():
            setattr(self, name, value)
        self.texts: Counter[str] = Counter()

    def read(self, title: str, text: str) -> Vectors:
        self.texts[title] += 1
        return super().read(title, text)


@pytest.fixture
async def workspace(store: Store) -> int:
    return (await store.found_workspace("web", "local", name="Here", now=NOW))[0]


async def publish(store: Store, workspace: int, *titles: str, status: Status = Status.PUBLISHED) -> None:
    async with store.transaction(workspace, now=NOW) as tx:
        for title in titles:
            aid = JobAid(key=title, title=title, body=f"All about {title}.", status=status)
            await tx.put_aid(aid, by=None, source="test")


async def similar(library: Library, workspace: int, encoder: Encoder, question: str) -> list[str]:
    index = await library.index(workspace, now=NOW)
    return [entry.snippet.title for entry in index.view(OPEN).similar(encoder.encode([question])[0], 10)]


async def test_a_new_aid_is_found_by_words_at_once_and_by_meaning_when_it_was_read(store, workspace, encoder):
    library = Library(store, encoder=encoder)
    await publish(store, workspace, "Fire drill")
    found = await library.search(workspace, "fire drill", grants=OPEN, now=NOW)
    assert [match.snippet.title for match in found] == ["Fire drill"]
    assert await similar(library, workspace, encoder, "fire") == []
    assert await Encoding(store, encoder).work_off() == 1
    assert await similar(library, workspace, encoder, "fire") == ["Fire drill"]


async def test_every_replica_finds_what_one_of_them_read(store, workspace, encoder):
    here, there = Library(store, encoder=encoder), Library(store, encoder=encoder)
    await publish(store, workspace, "Fire drill", "Gate")
    await there.index(workspace, now=NOW)
    await Encoding(store, encoder).work_off()
    for library in (here, there):
        assert set(await similar(library, workspace, encoder, "gate")) == {"Fire drill", "Gate"}


async def test_a_text_is_read_once_whoever_asks_and_however_often_it_is_put(store, workspace, encoder):
    counting = Counting(encoder)
    await publish(store, workspace, "Fire drill", "Gate")
    assert await Encoding(store, counting).work_off() == 2
    await publish(store, workspace, "Fire drill", status=Status.RETIRED)
    await publish(store, workspace, "Fire drill")
    assert await Encoding(store, counting).work_off() == 0
    assert counting.texts == {"Fire drill": 1, "Gate": 1}


async def test_a_text_that_changed_is_read_anew_and_the_old_one_is_forgotten(store, workspace, encoder):
    encoding = Encoding(store, encoder)
    await publish(store, workspace, "Fire drill")
    await encoding.work_off()
    async with store.transaction(workspace, now=NOW) as tx:
        await tx.put_aid(JobAid(key="Fire drill", title="Fire drill", body="Another text."), by=None, source="test")
    assert await encoding.work_off() == 1
    async with store.transaction(workspace, now=NOW) as tx:
        assert await tx.forget_vectors() == 1
        assert await tx.forget_vectors() == 0
    assert await similar(Library(store, encoder=encoder), workspace, encoder, "fire") == ["Fire drill"]


async def test_what_was_changed_last_is_read_first(store, workspace, encoder):
    counting = Counting(encoder)
    await publish(store, workspace, *(f"Locker {number}" for number in range(5)))
    await publish(store, workspace, "Fire drill")
    await Encoding(store, counting).work_off()
    assert next(iter(counting.texts)) == "Fire drill"


async def test_a_replica_leaves_to_another_what_that_one_is_reading(store, workspace, encoder):
    await publish(store, workspace, "Fire drill")
    lease = f"encoding:{workspace}"
    async with store.transaction(workspace, now=NOW) as tx:
        assert await tx.take_lease(lease, holder="another", lasting=timedelta(minutes=1))
    encoding = Encoding(store, encoder)
    assert await encoding.work_off() == 0
    async with store.transaction(workspace, now=NOW) as tx:
        assert not await tx.take_lease(lease, holder="third", lasting=timedelta(minutes=1))
        await tx.give_lease_back(lease, holder="another")
    assert await encoding.work_off() == 1


async def test_the_lease_of_a_replica_that_died_runs_out(store, workspace, encoder):
    await publish(store, workspace, "Fire drill")
    async with store.transaction(workspace, now=NOW) as tx:
        assert await tx.take_lease(f"encoding:{workspace}", holder="dead", lasting=timedelta(seconds=-1))
    assert await Encoding(store, encoder).work_off() == 1


async def test_replicas_that_read_side_by_side_read_nothing_twice(store, workspace, encoder):
    one, other = Counting(encoder), Counting(encoder)
    await publish(store, workspace, *(f"Locker {number}" for number in range(40)))
    await asyncio.gather(Encoding(store, one).work_off(), Encoding(store, other).work_off())
    assert max((one.texts + other.texts).values()) == 1


async def test_snippets_that_an_older_lanyard_cut_are_named_and_read(store, workspace, encoder):
    await publish(store, workspace, "Fire drill")
    async with store.database.write() as db:
        await db.execute(sa.update(t.Snippet).values(fingerprint=None))
    assert await Encoding(store, encoder).work_off() == 1
    assert await Encoding(store, encoder).work_off() == 0
    assert await similar(Library(store, encoder=encoder), workspace, encoder, "fire") == ["Fire drill"]


async def test_the_former_model_serves_until_the_new_one_has_read_all(store, workspace, encoder, newer):
    await publish(store, workspace, "Fire drill", "Gate")
    await Encoding(store, encoder).work_off()
    library = Library(store, encoder=newer, former=encoder)
    assert set(await similar(library, workspace, encoder, "gate")) == {"Fire drill", "Gate"}
    assert (await library.index(workspace, now=NOW)).model == "tiny.1+words"
    await Encoding(store, newer).work_off()
    assert (await library.index(workspace, now=NOW)).model == "tiny.2+words"
    assert set(await similar(library, workspace, newer, "gate")) == {"Fire drill", "Gate"}


async def test_without_a_former_model_the_new_one_serves_what_it_has_read(store, workspace, encoder, newer):
    await publish(store, workspace, "Fire drill")
    await Encoding(store, encoder).work_off()
    library = Library(store, encoder=newer)
    assert await similar(library, workspace, newer, "fire") == []
    await Encoding(store, newer).work_off()
    assert await similar(library, workspace, newer, "fire") == ["Fire drill"]


async def test_no_workspace_reads_or_finds_what_another_has(store, workspace, encoder):
    other, _ = await store.found_workspace("web", "other", name="There", now=NOW)
    await publish(store, workspace, "Fire drill")
    await publish(store, other, "Gate")
    assert await Encoding(store, encoder).work_off() == 2
    library = Library(store, encoder=encoder)
    assert await similar(library, workspace, encoder, "gate") == ["Fire drill"]
    assert await similar(library, other, encoder, "gate") == ["Gate"]


async def test_a_change_of_knowledge_rings_the_reader_and_nothing_else_does(store, workspace):
    rung: list[str] = []
    store.ring_encoder = lambda: rung.append("ring")
    await publish(store, workspace, "Fire drill")
    assert rung == ["ring"]
    async with store.transaction(workspace, now=NOW) as tx:
        await tx.take_lease("x", holder="y", lasting=timedelta(seconds=1))
    assert rung == ["ring"]


async def test_a_reader_that_is_stopped_ends_at_its_next_ring(store, workspace, encoder):
    encoding = Encoding(store, encoder)
    stopping = asyncio.Event()
    worker = asyncio.create_task(encoding.work(stopping))
    stopping.set()
    encoding.ring()
    await worker


class Stumbling(Counting):
    """The same model; it fails at the first text that it is given, and tells of each."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder)
        self.fell, self.rose = asyncio.Event(), asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def read(self, title: str, text: str) -> Vectors:
        self._loop.call_soon_threadsafe(self.rose.set if self.texts else self.fell.set)
        vectors = super().read(title, text)
        if self.texts.total() == 1:
            raise ValueError("Out of memory, say.")
        return vectors


async def test_a_fault_of_any_kind_does_not_end_the_reading(store, workspace, encoder):
    await publish(store, workspace, "Fire drill")
    stumbling, stopping = Stumbling(encoder), asyncio.Event()
    encoding = Encoding(store, stumbling)
    work = asyncio.create_task(encoding.work(stopping))
    async with asyncio.timeout(30):
        await stumbling.fell.wait()
        await stumbling.rose.wait()
    stopping.set()
    encoding.ring()
    await work
    assert await similar(Library(store, encoder=encoder), workspace, encoder, "fire") == ["Fire drill"]
