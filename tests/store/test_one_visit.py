"""The SQLite driver that visits its thread once a statement: nothing is left open, whatever is broken off."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, suppress

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from bot.store import Store
from tests.databases import Databases


@pytest.fixture
def url(sqlite_databases: Databases) -> Iterator[str]:
    url = sqlite_databases.fresh("empty")
    yield url
    sqlite_databases.drop(url)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    store = Store(url)
    yield store
    await store.close()


async def test_rows_counts_and_errors_are_those_of_sqlite(store: Store) -> None:
    async with store.database.write() as db:
        for name in ("a", "b"):
            await db.execute(text("INSERT INTO setting (name, value) VALUES (:name, 'x')"), {"name": name})
        changed = await db.execute(text("UPDATE setting SET value = 'y' WHERE name = 'a'"))
        assert changed.rowcount == 1
        returned = await db.execute(text("DELETE FROM setting RETURNING name"))
        assert sorted(returned.scalars()) == ["a", "b"]
        many = [{"name": str(number)} for number in range(3)]
        await db.execute(text("INSERT INTO setting (name, value) VALUES (:name, 'x')"), many)
        assert (await db.execute(text("SELECT count(*) FROM setting"))).scalar_one() == 3
    with pytest.raises(IntegrityError):
        async with store.database.write() as db:
            await db.execute(text("INSERT INTO setting (name, value) VALUES ('0', 'x')"))
    assert await store.setting("0") == "x"


async def test_a_transaction_that_is_broken_off_while_it_waits_to_begin_leaves_nothing_open(
    store: Store, url: str
) -> None:
    file = url.removeprefix("sqlite:///")
    await store.set_setting("before", "x")

    async def write() -> None:
        async with store.database.write() as db:
            await db.execute(text("INSERT INTO setting (name, value) VALUES ('broken off', 'x')"))

    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        begins = asyncio.Event()
        # Whoever has a connection begins at once, and is held up in that.
        event.listen(store.database.engine.sync_engine.pool, "checkout", lambda *_: begins.set())
        writing = asyncio.create_task(write())
        async with asyncio.timeout(30):
            await begins.wait()
        writing.cancel()
        other.execute("ROLLBACK")
        await asyncio.gather(writing, return_exceptions=True)
        other.execute("BEGIN EXCLUSIVE")  # would fail if the begun transaction were still open
        other.execute("ROLLBACK")
    assert await store.setting("broken off") is None
    await store.set_setting("after", "x")


async def test_closing_waits_for_an_opening_that_nobody_waits_for_any_more(url: str) -> None:
    """Its thread would tell a loop that is closed by then, and stay."""
    store = Store(url)

    async def look() -> None:
        async with store.database.read():
            pass

    for patience in range(30):  # steps of the loop, some of them while it opens
        looking = asyncio.create_task(look())
        for _ in range(patience):
            await asyncio.sleep(0)
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
    await store.close()
    assert store.database._threads
    assert not any(thread.is_alive() for thread in store.database._threads)
