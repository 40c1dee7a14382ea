"""What Lanyard's door is measured against: `python -m benchmarks.plain_handlers bare|insert URL` prints its port.

`bare` reads a body and answers. `insert` stores it too, in the plainest good way: one connection in autocommit, one
prepared statement a request, as durable as Lanyard's own.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg
from aiohttp import web

from tests.doubles.wire import tell_cost
from tests.doubles.wire_stdin import end_with_parent

Insert = Callable[[str, str], Awaitable[Any]]


async def skip(_key: str, _payload: str) -> None: ...


def insert_into_sqlite(url: str) -> Insert:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    thread = ThreadPoolExecutor(max_workers=1)
    statement = "INSERT INTO inbox (key, payload, received_at) VALUES (?, ?, ?)"

    async def insert(key: str, payload: str) -> None:
        now = datetime.now(UTC).isoformat()
        await asyncio.get_running_loop().run_in_executor(thread, connection.execute, statement, (key, payload, now))

    return insert


async def insert_into_postgresql(url: str) -> Insert:
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    statement = "INSERT INTO inbox (key, payload, received_at) VALUES (%s, %s, now())"

    async def insert(key: str, payload: str) -> None:
        await connection.execute(statement, (key, payload))

    return insert


async def main(kind: str, url: str) -> None:
    insert: Insert = skip
    if kind == "insert":
        insert = insert_into_sqlite(url) if url.startswith("sqlite") else await insert_into_postgresql(url)

    async def hear(request: web.Request) -> web.Response:
        body = await request.read()
        await insert(json.loads(body)["key"], body.decode())
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/wire/events", hear), web.get("/wire/cost", tell_cost)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await end_with_parent()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
