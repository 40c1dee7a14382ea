"""What it costs to take a question in, and how soon it is acknowledged: `python -m benchmarks.receiving`.

Beside Lanyard stand a bare aiohttp handler and one that only inserts a row, in the same run, each a process of its own;
the load comes from this process. "Processor" is all the processor time of the server's process (user and system, every
thread, HTTP included) divided by the questions; the database server's own is not in it. "Lanyard, door only" has no
workers: it is what stands between a question and its 2xx. "Lanyard, at work" answers the questions meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from benchmarks.grounds import KINDS, open_databases, open_folder
from tests.doubles.wire_crowd import QUESTIONS
from tests.doubles.wire_scene import open_scene, start_process

RATES = (8.3, 100.0, 500.0)  # questions a second; the first is Slack's limit of 30,000 an hour
SERVERS = ("bare handler", "one insert", "Lanyard, door only", "Lanyard, at work")
WARM_UP = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    cpu: float  # seconds a question
    median: float  # seconds
    p99: float


async def load(session: aiohttp.ClientSession, url: str, *, rate: float, count: int, mark: str) -> Figures:
    """Ask at a steady pace, whether or not the last one was answered (open loop)."""
    seconds: list[float] = []
    loop = asyncio.get_running_loop()

    async def ask(number: int) -> None:
        event = {
            "key": f"{mark}-{number}",
            "person": f"p{number % 50}",
            "conversation": f"dm-p{number % 50}",
            "thread": f"{mark}-{number}",
            "text": QUESTIONS[number % len(QUESTIONS)],
        }
        began = loop.time()
        async with session.post(f"{url}/wire/events", json=event) as response:
            assert response.status == 200, response.status
        seconds.append(loop.time() - began)

    before = await cost(session, url)
    start = loop.time()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            await asyncio.sleep(max(0.0, start + number / rate - loop.time()))
            group.create_task(ask(number))
    after = await cost(session, url)
    seconds.sort()
    return Figures(
        cpu=(after["cpu"] - before["cpu"]) / count,
        median=statistics.median(seconds),
        p99=seconds[min(count - 1, int(0.99 * count))],
    )


async def cost(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    async with session.get(f"{url}/wire/cost") as response:
        figures: dict[str, Any] = await response.json()
        return figures


@asynccontextmanager
async def serve(server: str, url: str, folder: Path) -> AsyncIterator[str]:
    if server.startswith("Lanyard"):
        async with open_scene(url, folder, lease=60) as scene:
            await scene.start(idle="door" in server)
            yield scene.lanyards["a"][1]
        return
    kind = "bare" if server.startswith("bare") else "insert"
    process, port = await start_process("benchmarks.plain_handlers", kind, url, log=folder / f"{kind}.log")
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        await process.wait()


async def measure(server: str, url: str, folder: Path, *, seconds: float) -> list[Figures]:
    connector = aiohttp.TCPConnector(limit=200)
    async with serve(server, url, folder) as address, aiohttp.ClientSession(connector=connector) as session:
        await load(session, address, rate=50, count=WARM_UP, mark="warm")
        return [
            await load(session, address, rate=rate, count=max(int(rate * seconds), 60), mark=f"r{rate}")
            for rate in RATES
        ]


def main(*arguments: str) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8, help="of load at each rate")
    parser.add_argument("--database", choices=KINDS, action="append")
    given = parser.parse_args(arguments or None)
    console = Console()
    for kind in given.database or KINDS:
        table = Table(title=f"Taking in a question · {kind}")
        table.add_column("server")
        for column in ("questions/s", "processor, µs each", "2xx p50, ms", "p99, ms"):
            table.add_column(column, justify="right")
        door: dict[str, list[Figures]] = {}
        with open_databases(kind) as databases, open_folder() as folder:
            for server in SERVERS:
                url = databases.fresh("empty")
                door[server] = asyncio.run(measure(server, url, folder, seconds=given.seconds))
                for rate, one in zip(RATES, door[server], strict=True):
                    cells = f"{1e6 * one.cpu:,.0f}", f"{1e3 * one.median:.1f}", f"{1e3 * one.p99:.1f}"
                    table.add_row(server, f"{rate:g}", *cells)
                table.add_section()
        console.print(table)
        bare, plain, mine = (door[server] for server in SERVERS[:3])
        whole = ", ".join(f"{one.cpu / two.cpu:.2f}" for one, two in zip(mine, plain, strict=True))
        net = ", ".join(
            f"{(one.cpu - none.cpu) / (two.cpu - none.cpu):.2f}"
            for one, two, none in zip(mine, plain, bare, strict=True)
        )
        console.print(
            f"The door costs {whole} times one insert (aim: at most 1.50); less the bare handler, {net} times."
        )


if __name__ == "__main__":
    main()
