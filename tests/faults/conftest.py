"""A scene on each database, and a PostgreSQL server of its own for whoever wants to bring one down."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.databases import Databases, PostgresqlDatabases
from tests.doubles.wire_postgresql import MortalPostgresql, open_postgresql
from tests.doubles.wire_scene import Scene, open_scene


@pytest.fixture
async def scene(empty_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(empty_url, tmp_path) as scene:
        yield scene


@pytest.fixture
def sqlite_url(sqlite_databases: Databases) -> Iterator[str]:
    url = sqlite_databases.fresh("empty")
    yield url
    sqlite_databases.drop(url)


@pytest.fixture
def postgresql_database_url(postgresql_databases: Databases) -> Iterator[str]:
    url = postgresql_databases.fresh("empty")
    yield url
    postgresql_databases.drop(url)


@pytest.fixture(scope="session")
def mortal_postgresql() -> Iterator[MortalPostgresql]:
    with open_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def mortal_postgresql_url(mortal_postgresql: MortalPostgresql) -> str:
    return PostgresqlDatabases(mortal_postgresql.url).fresh("empty")


@contextmanager
def exclusive_lock(url: str) -> Iterator[None]:
    """Hold the SQLite file so that nobody else can write to it."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")
