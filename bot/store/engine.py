"""Opening the database: SQLite by default, PostgreSQL when there is one."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeftError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.store.one_visit import Connection as OneVisitConnection
from bot.store.turns import Doorway, Precedence, Turns

PATIENCE = 10.0  # seconds that closing waits for a statement that is under way

READING = "lanyard_reading"
"""Execution option of a connection that will not write."""

UNREACHABLE = (OperationalError, InterfaceError, NoConnectionLeftError, OSError)
"""What a database raises that is away, busy or full: the same work may succeed in a moment. Other errors are faults
of the work itself, and would come back for ever.
"""

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # an acknowledged message survives the loss of power, not only of the process
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=30000",
)


def parse_url(text: str) -> URL:
    """A database address as people write it, with the driver that Lanyard uses. Raises ValueError with the remedy."""
    remedy = "Use sqlite:////path/to/file.sqlite3 or postgresql://user:password@host:5432/name."
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # Not chained: the library's words may hold the part of a password that it took for a port.
        raise ValueError(f"This is no database address. {remedy}") from None
    match url.get_backend_name():
        case "sqlite":
            if url.database in (None, "", ":memory:"):
                raise ValueError(f"Lanyard keeps its data in a file, not in memory. {remedy}")
            return url.set(drivername="sqlite+aiosqlite")
        case "postgresql" | "postgres":
            return url.set(drivername="postgresql+psycopg")
        case other:
            raise ValueError(f"Lanyard stores in SQLite or PostgreSQL, not in {other!r}. {remedy}")


_OPTIONS: dict[str, Any] = {
    "hide_parameters": True,  # they hold what people said, and errors are logged
    # ON CONFLICT DO NOTHING tells by its row count whether it did something; inserts keep none by default.
    "execution_options": {"preserve_rowcount": True},
}


def open_engine(url: URL, threads: list[Thread] | None = None) -> AsyncEngine:
    """`threads` is told those of SQLite's connections, each in its own."""
    if url.get_backend_name() == "postgresql":
        # A restarted server leaves dead connections in the pool: ask each one before it is used.
        return create_async_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=10, **_OPTIONS)
    assert url.database is not None
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)

    async def connect() -> OneVisitConnection:
        # Where the file cannot be opened, aiosqlite leaves a thread behind that outlives the loop and complains then.
        sqlite3.connect(str(url.database)).close()
        connection = OneVisitConnection(partial(connect_sqlite, url), iter_chunk_size=64)
        connection._thread.daemon = True  # noqa: SLF001 — as SQLAlchemy does where it makes the connection
        if threads is not None:
            threads[:] = [*filter(Thread.is_alive, threads), connection._thread]  # noqa: SLF001
        try:
            await connection
        except BaseException:
            connection.stop()  # else its thread would wait for work, and tell a loop of its opening that may be closed
            raise
        return connection

    engine = create_async_engine(url, async_creator=connect, pool_size=5, max_overflow=5, **_OPTIONS)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _begin_sqlite(connection: Connection) -> None:
    # A read that turns into a write fails at once when another writer came between, whatever the busy timeout:
    # so what may write takes the lock at its beginning.
    reading = connection.get_execution_options().get(READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def connect_sqlite(url: URL) -> sqlite3.Connection:
    """In autocommit: we say BEGIN ourselves, since the driver's own habit breaks snapshots."""
    assert url.database is not None
    connection = sqlite3.connect(url.database, isolation_level=None, check_same_thread=False)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    connection.create_function("lower", 1, _lower, deterministic=True)  # its own knows the letters of English alone
    return connection


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


async def connect_postgresql(url: URL) -> psycopg.AsyncConnection[Any]:
    """A bare connection for the one hot statement, in autocommit."""
    conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return await psycopg.AsyncConnection.connect(conninfo, autocommit=True, connect_timeout=5)


class Database:
    """The engine, with one way to look and one way to write."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._threads: list[Thread] = []
        self.engine = open_engine(url, self._threads)
        self._reading = self.engine.execution_options(**{READING: True})
        # SQLite has one writer. Ours queue here in turn instead of polling the file's lock against each other.
        self._turns: Turns | None = None
        self._doorway: Doorway | None = None
        if url.get_backend_name() == "sqlite":
            assert url.database is not None
            self._turns, self._doorway = Turns(), Doorway(Path(url.database))

    async def close(self) -> None:
        await self.engine.dispose()
        # Where somebody did not wait to the end, for an opening or a statement, that may be under way still: its thread
        # tells the loop when it is done, which must not be closed by then.
        for thread in self._threads:
            if thread.is_alive():
                await asyncio.to_thread(thread.join, PATIENCE)
        if self._doorway is not None:
            self._doorway.close()

    @property
    def one_writer(self) -> bool:
        """Whether everybody waits for whoever writes."""
        return self._turns is not None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only looks; on SQLite it waits for no writer."""
        async with self._reading.connect() as db:
            yield db

    @asynccontextmanager
    async def write(self, precedence: Precedence = Precedence.TURN) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed at the end."""
        async with self.turn(precedence), self.engine.begin() as db:
            yield db

    @asynccontextmanager
    async def turn(self, precedence: Precedence) -> AsyncIterator[None]:
        """Wait until it is one's turn to write, where writers take turns."""
        if self._turns is None or self._doorway is None:
            yield
            return
        waiting = precedence is Precedence.BACKGROUND
        async with self._doorway.stand_back() if waiting else self._doorway.announce(), self._turns.take(precedence):
            yield
