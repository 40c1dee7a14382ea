"""SQLite's driver, with one visit to the connection's thread for a statement where there were four.

aiosqlite does what it does in a thread of each connection. Making a cursor, executing, fetching and closing are a visit
each, and SQLAlchemy asks for all of them; measured, the visits cost several times what SQLite itself does in them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Self

import aiosqlite


class Cursor:
    """As much of aiosqlite's cursor as SQLAlchemy uses. What a statement brought is fetched with it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: Sequence[Any] = ()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Any = ()) -> Self:
        return await self._visit("execute", sql, parameters)

    async def executemany(self, sql: str, parameters: Any) -> Self:
        return await self._visit("executemany", sql, parameters)

    async def fetchall(self) -> Sequence[Any]:
        rows, self._rows = self._rows, ()
        return rows

    async def close(self) -> None:
        self._rows = ()

    async def _visit(self, method: str, sql: str, parameters: Any) -> Self:
        told = await self._connection.visit(method, sql, parameters)
        self.description, self.rowcount, self.lastrowid, self._rows = told
        return self


class Connection(aiosqlite.Connection):
    """Await it to open it, as its parent."""

    _left = False  # a visit that nobody waited for to its end may have begun a transaction

    def cursor(self) -> Cursor:  # type: ignore[override]  # not to be awaited: it takes no visit
        return Cursor(self)

    async def visit(self, method: str, sql: str, parameters: Any) -> tuple[Any, int, int | None, Sequence[Any]]:
        try:
            told: tuple[Any, int, int | None, Sequence[Any]] = await self._execute(self._do, method, sql, parameters)  # type: ignore[no-untyped-call]  # aiosqlite's
        except asyncio.CancelledError:
            self._left = True
            raise
        return told

    async def rollback(self) -> None:
        """Spares the visit where nothing is open, as after each commit."""
        if self._left or self.in_transaction:
            await super().rollback()
            self._left = False

    def _do(self, method: str, sql: str, parameters: Any) -> tuple[Any, int, int | None, Sequence[Any]]:
        cursor = self._conn.cursor()
        try:
            getattr(cursor, method)(sql, parameters)
            rows = cursor.fetchall() if cursor.description else ()
            return cursor.description, cursor.rowcount, cursor.lastrowid, rows
        finally:
            cursor.close()
