"""Kill Lanyard again and again while people ask: `python -m benchmarks.faults [--kills 100]`.

A platform double of its own process asks twenty questions a second, delivers each until it gets a 2xx, takes the
answers (half of them slowly, so that kills fall into calls) and offers read-back. Lanyard is killed with SIGKILL after
a random number of events or calls, and started again at once. At the end every acknowledged question must have one
answer. The same is done to the database: PostgreSQL crashes and recovers; the SQLite file is locked by somebody else.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.grounds import KINDS, open_folder
from tests.databases import PostgresqlDatabases, SqliteDatabases
from tests.doubles.wire_crowd import Fault
from tests.doubles.wire_postgresql import open_postgresql
from tests.doubles.wire_scene import Scene, open_scene
from tests.faults.conftest import exclusive_lock

RATE = 20  # questions a second
AGAIN = 5  # deliveries that must have failed before the database comes back

Blow = Callable[[Scene], Awaitable[None]]


async def kill(scene: Scene) -> None:
    await scene.kill()
    await scene.start()


async def keep_asking(scene: Scene, stopping: asyncio.Event) -> None:
    """In portions, so that it ends soon after the last blow."""
    while not stopping.is_set():
        asked = int((await scene.report())["asked"])
        await scene.ask(RATE, per_second=RATE)
        await scene.until(asked=asked + RATE)


async def beat(url: str, folder: Path, blow: Blow, *, blows: int, seed: int, progress: Progress) -> dict[str, Any]:
    chance = random.Random(seed)
    began = time.monotonic()
    bar = progress.add_task(url.partition(":")[0], total=blows)
    async with open_scene(url, folder) as scene:
        await scene.start()
        await scene.inject({Fault.SLOW: 0.5}, seed=seed)
        stopping = asyncio.Event()
        asking = asyncio.create_task(keep_asking(scene, stopping))
        for _ in range(blows):
            await scene.some_time(chance)
            await blow(scene)
            progress.advance(bar)
        stopping.set()
        await asking
        asked = int((await scene.report())["asked"])
        await scene.until(acknowledged=asked, within=600)
        report = await scene.settle(within=600)
    return {**report, "seconds": time.monotonic() - began}


def main(*arguments: str) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--outages", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments or None)
    console = Console()
    table = Table(title=f"Faults at {RATE} questions a second")
    for column in (
        *("database", "blow", "times", "acknowledged", "answered once", "lost", "doubled"),
        *("delivered again", "looked for", "found", "minutes"),
    ):
        table.add_column(column, justify="left" if column in {"database", "blow"} else "right")

    broken: list[str] = []

    def add(kind: str, name: str, times: int, report: dict[str, Any]) -> None:
        counts = report["counts"]
        once = report["answered"] - len(report["doubled"])
        broken.extend(report["lost"] + report["doubled"])
        cells = [times, report["acknowledged"], once, len(report["lost"]), len(report["doubled"])]
        cells += [counts.get(one, 0) for one in ("delivered again", "looked for", "found")]
        table.add_row(kind, name, *map(str, cells), f"{report['seconds'] / 60:.1f}")

    with Progress(console=console, transient=True) as progress, open_postgresql() as server, open_folder() as folder:

        def run(url: str, blow: Blow, blows: int) -> dict[str, Any]:
            return asyncio.run(beat(url, folder, blow, blows=blows, seed=given.seed, progress=progress))

        files, databases = SqliteDatabases(folder), PostgresqlDatabases(server.url)
        sqlite, postgresql = KINDS
        add(sqlite, "SIGKILL", given.kills, run(files.fresh("empty"), kill, given.kills))
        add(postgresql, "SIGKILL", given.kills, run(databases.fresh("empty"), kill, given.kills))
        locked = files.fresh("empty")

        async def lock(scene: Scene) -> None:
            with exclusive_lock(locked):
                await fail_some(scene)

        async def crash(scene: Scene) -> None:
            server.crash()
            await fail_some(scene)
            server.start()

        add(sqlite, "file locked", given.outages, run(locked, lock, given.outages))
        add(postgresql, "server crashed", given.outages, run(databases.fresh("empty"), crash, given.outages))
    console.print(table)
    if broken:
        raise SystemExit(1)


async def fail_some(scene: Scene) -> None:
    seen = (await scene.report())["counts"].get("delivered again", 0)
    await scene.until(delivered_again=seen + AGAIN)


if __name__ == "__main__":
    main()
