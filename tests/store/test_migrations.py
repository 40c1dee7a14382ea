"""The steps from an older database to today's: there, back, and by several at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

import migrations
from bot.store import Store
from bot.store.tables import Base
from tests.databases import Databases


@pytest.fixture
def bare_url(databases: Databases) -> Iterator[str]:
    """A database without a single table."""
    url = databases._create(uuid4().hex)
    yield url
    databases.drop(url)


@pytest.fixture
async def bare(bare_url: str) -> AsyncIterator[Store]:
    store = Store(bare_url)
    yield store
    await store.close()


async def look(store: Store, see: Any) -> Any:
    async with store.database.engine.connect() as connection:
        return await connection.run_sync(see)


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


def drift(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


async def test_the_steps_lead_up_down_and_up_again(bare: Store) -> None:
    engine = bare.database.engine

    assert await migrations.upgrade(engine) == (None, migrations.head())
    assert await look(bare, tables) == set(Base.metadata.tables)
    assert await migrations.upgrade(engine) == (migrations.head(), migrations.head())

    assert await migrations.downgrade(engine, "base") == (migrations.head(), None)
    assert await look(bare, tables) == set()

    assert await migrations.upgrade(engine) == (None, migrations.head())
    assert await migrations.current(engine) == migrations.head()


async def test_the_steps_end_at_the_tables_that_the_code_speaks_of(bare: Store) -> None:
    await migrations.upgrade(bare.database.engine)

    assert await look(bare, drift) == []


async def test_of_two_that_upgrade_at_once_one_does_it_and_the_other_waits(bare: Store, bare_url: str) -> None:
    other = Store(bare_url)
    try:
        done = await asyncio.gather(*(migrations.upgrade(each.database.engine) for each in (bare, other)))
    finally:
        await other.close()

    assert sorted(done, key=lambda pair: pair[0] or "") == [
        (None, migrations.head()),
        (migrations.head(), migrations.head()),
    ]


async def test_a_step_that_fails_leaves_everything_as_it_was(bare: Store) -> None:
    async with bare.database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE outbox (in_the_way INTEGER)"))

    with pytest.raises(Exception, match="outbox"):
        await migrations.upgrade(bare.database.engine)

    assert await look(bare, tables) == {"outbox"}
    assert await migrations.current(bare.database.engine) is None


async def test_a_database_of_a_newer_lanyard_is_left_alone(bare: Store) -> None:
    await migrations.upgrade(bare.database.engine)
    async with bare.database.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(migrations.NewerDatabaseError, match="revision 9999, which this Lanyard does not know"):
        await migrations.upgrade(bare.database.engine)
