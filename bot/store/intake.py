"""Storing what was said before it is acknowledged: the one statement on the path of every inbound message.

It goes past the engine, on a connection of its own, because an event costs its sender's patience: measured, the
engine's machinery around one insert costs several times the insert. Messages that arrive while a write is under way
are written together by the next one (group commit), and one write follows the last no sooner than after `gathering`:
a message alone is written at once, and the busier it is, the less of a commit each one costs.
"""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from bot.store.engine import Database, connect_postgresql, connect_sqlite
from bot.store.turns import Precedence

Entry = tuple[str, str, str | None]  # key, payload, twin

_SQLITE = "INSERT INTO inbox (key, payload, twin, received_at) VALUES {rows} ON CONFLICT (key) DO NOTHING"
_SQLITE_ROW = "(?, ?, ?, ?)"
_POSTGRESQL_ONE = (
    "INSERT INTO inbox (key, payload, twin, received_at) VALUES (%s, %s, %s, now()) ON CONFLICT (key) DO NOTHING"
)
_POSTGRESQL = (
    "INSERT INTO inbox (key, payload, twin, received_at) SELECT k, p, w, now() "
    "FROM unnest(%b::text[], %b::text[], %b::text[]) AS t (k, p, w) ON CONFLICT (key) DO NOTHING"
)  # in binary, because the driver escapes a list's texts one by one in Python: eight times the cost of the statement
BATCH = 500
GATHERING = timedelta(milliseconds=75)
"""Nobody sees it: the answer takes longer. And the strictest platform waits for three seconds."""
PATIENCE = 10.0  # seconds for a server that is silent; by then every platform has hung up and will come again


class Intake:
    """Puts rows into the inbox. `put` returns when the row is committed, and raises ConnectionError when it is not."""

    def __init__(self, database: Database, *, gathering: timedelta) -> None:
        self._database = database
        self._gathering = gathering.total_seconds()
        self._next = 0.0  # by the loop's clock: before it, what comes waits for more
        self._url = database.url
        self._postgresql = self._url.get_backend_name() == "postgresql"
        self._waiting: list[tuple[Entry, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="intake")
        self._sqlite: sqlite3.Connection | None = None
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def put(self, key: str, payload: str, *, twin: str | None = None) -> None:
        """`twin` is what it would share with a delivery of the same under another key."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(((key, payload, twin), done))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_waiting())
        await done

    async def close(self) -> None:
        if self._writer is not None:
            await self._writer
        if self._connection is not None:
            await self._connection.close()
        if self._sqlite is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._sqlite.close)
        self._thread.shutdown()

    async def _write_waiting(self) -> None:
        clock = asyncio.get_running_loop().time
        try:
            while self._waiting:
                if (early := self._next - clock()) > 0:
                    await asyncio.sleep(early)
                async with self._database.turn(Precedence.DOOR):
                    self._next = clock() + self._gathering
                    # Whoever came while we waited for our turn goes along.
                    batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
                    fault = await self._write([entry for entry, _ in batch])
                for _, done in batch:
                    if done.done():  # the sender went away; the row is stored all the same
                        continue
                    if fault is None:
                        done.set_result(None)
                    else:
                        done.set_exception(fault)
        finally:
            self._writer = None

    async def _write(self, entries: list[Entry]) -> ConnectionError | None:
        try:
            if self._postgresql:
                async with asyncio.timeout(PATIENCE):
                    await self._insert_postgresql(entries)
            else:
                await asyncio.get_running_loop().run_in_executor(self._thread, self._insert_sqlite, entries)
        except Exception as error:  # noqa: BLE001 — whatever it was, the senders wait for a word
            return ConnectionError(f"The inbox could not be written: {type(error).__name__}")
        return None

    def _insert_sqlite(self, entries: list[Entry]) -> None:
        if self._sqlite is None:
            self._sqlite = connect_sqlite(self._url)
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")  # as the engine writes a Moment
        try:
            # One statement, which is a transaction by itself. The driver gives the interpreter away at each statement,
            # and a row by row insert is so many changes between this thread and the one that serves everybody.
            rows = ", ".join([_SQLITE_ROW] * len(entries))
            values = [value for entry in entries for value in (*entry, now)]
            self._sqlite.execute(_SQLITE.format(rows=rows), values)
        except sqlite3.Error:
            self._sqlite.close()
            self._sqlite = None
            raise

    async def _insert_postgresql(self, entries: list[Entry]) -> None:
        for fresh in (False, True):
            if self._connection is None or self._connection.closed:
                self._connection = await connect_postgresql(self._url)
                fresh = True  # noqa: PLW2901 — a new connection gets one try, an old one may have been cut
            try:
                if len(entries) == 1:
                    await self._connection.execute(_POSTGRESQL_ONE, entries[0])
                else:
                    await self._connection.execute(_POSTGRESQL, tuple(map(list, zip(*entries, strict=True))))
            except psycopg.OperationalError:
                await self._connection.close()
                if fresh:
                    raise
            else:
                return
