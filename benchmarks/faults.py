"""Kill Lanyard again and again while people ask: `python -m benchmarks.faults [--kills 100] [--platform slack]`.

A platform double of its own process asks twenty questions a second, delivers each until it gets a 2xx, takes the
answers (half of them slowly, so that kills fall into calls) and offers read-back. Lanyard is killed with SIGKILL after
a random number of events or calls, and started again at once. At the end every acknowledged question must have one
answer. The same is done to the database: PostgreSQL crashes and recovers; the SQLite file is locked by somebody else.

With `--platform slack` (or `slack-socket`) the platform is our Slack: events come signed over HTTP, or through a
socket, and besides the kills a share of Lanyard's calls is refused (429, 5xx), dropped, or taken and then broken off.
What is for one person's eyes alone cannot be read back there: it may come twice, and says so the second time
("repeated"). With `--platform teams` it is our Teams, where nothing can be read back: activities come signed, again
with the same id and with a new one, and calls fail with 429, 502, 503 and 504, before and after they were taken.
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
from tests.doubles.wire_scene import PLAIN, SLACK, SLACK_SOCKET, TEAMS, Scene, open_scene
from tests.faults.conftest import exclusive_lock

RATE = {PLAIN: 20, SLACK: 3, SLACK_SOCKET: 3, TEAMS: 5}
"""Questions a second. Slack lets a workspace have not nine answers a second, and some three private ones in two: at six
questions, of which two in five are answered privately, what waits grows for as long as people ask."""
SLOWLY = {Fault.SLOW: 0.5}
BADLY = dict.fromkeys(Fault, 0.03) | {Fault.SLOW: 0.3}
PATIENCE = 30  # seconds' worth of questions that wait for their answers before nobody asks any more
AGAIN = 5  # deliveries that must have failed before the database comes back
LOCKED_FOR = 180  # seconds at most: a writer waits half a minute for a locked file, and the door behind one that waits

Blow = Callable[[Scene], Awaitable[None]]


async def kill(scene: Scene) -> None:
    await scene.kill()
    await scene.start()


async def keep_asking(scene: Scene, stopping: asyncio.Event) -> None:
    """In portions, so that it ends soon after the last blow; and no more at once than PATIENCE holds, so that the blows
    fall amid answers, and not only amid what is taken in, where starting again takes long.
    """
    rate = RATE[scene.kind]
    while not stopping.is_set():
        report = await scene.report()
        asked = int(report["asked"])
        if asked - int(report["answered"]) > PATIENCE * rate:
            await scene.some_more(1, of="posts", within=600)
            continue
        await scene.ask(rate, per_second=rate)
        await scene.until(asked=asked + rate)


async def beat(
    url: str, folder: Path, blow: Blow, *, blows: int, seed: int, progress: Progress, kind: str = PLAIN
) -> dict[str, Any]:
    chance = random.Random(seed)
    began = time.monotonic()
    bar = progress.add_task(url.partition(":")[0], total=blows)
    async with open_scene(url, folder, kind=kind) as scene:
        await scene.start()
        await scene.inject(SLOWLY if kind == PLAIN else BADLY, seed=seed)
        stopping = asyncio.Event()
        asking = asyncio.create_task(keep_asking(scene, stopping))
        for _ in range(blows):
            await scene.some_time(chance, most=2 * RATE[kind])
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
    parser.add_argument("--platform", choices=RATE, default=PLAIN)
    parser.add_argument("--database", choices=KINDS, action="append")
    given = parser.parse_args(arguments or None)
    console = Console()
    table = Table(title=f"Faults on {given.platform} at {RATE[given.platform]} questions a second")
    for column in (
        *("database", "blow", "times", "acknowledged", "answered once", "lost", "doubled"),
        *("delivered again", "looked for", "found", "private", "repeated", "minutes"),
    ):
        table.add_column(column, justify="left" if column in {"database", "blow"} else "right")

    broken: list[str] = []

    def add(kind: str, name: str, times: int, report: dict[str, Any]) -> None:
        counts = report["counts"]
        once = report["answered"] - len(report["doubled"])
        broken.extend(report["lost"] + report["doubled"])
        cells = [times, report["acknowledged"], once, len(report["lost"]), len(report["doubled"])]
        cells += [counts.get(one, 0) for one in ("delivered again", "looked for", "found")]
        cells += [report.get(one, 0) for one in ("private", "repeated")]
        table.add_row(kind, name, *map(str, cells), f"{report['seconds'] / 60:.1f}")

    with Progress(console=console, transient=True) as progress, open_postgresql() as server, open_folder() as folder:

        def run(url: str, blow: Blow, blows: int) -> dict[str, Any]:
            beating = beat(url, folder, blow, blows=blows, seed=given.seed, progress=progress, kind=given.platform)
            return asyncio.run(beating)

        files, databases = SqliteDatabases(folder), PostgresqlDatabases(server.url)
        sqlite, postgresql = KINDS
        wanted = given.database or KINDS
        if sqlite in wanted:
            add(sqlite, "SIGKILL", given.kills, run(files.fresh("empty"), kill, given.kills))
        if postgresql in wanted:
            add(postgresql, "SIGKILL", given.kills, run(databases.fresh("empty"), kill, given.kills))
        locked = files.fresh("empty")

        async def lock(scene: Scene) -> None:
            with exclusive_lock(locked):
                await fail_some(scene)

        async def crash(scene: Scene) -> None:
            server.crash()
            await fail_some(scene)
            server.start()

        if given.outages and sqlite in wanted:
            add(sqlite, "file locked", given.outages, run(locked, lock, given.outages))
        if given.outages and postgresql in wanted:
            add(postgresql, "server crashed", given.outages, run(databases.fresh("empty"), crash, given.outages))
    console.print(table)
    if broken:
        raise SystemExit(1)


async def fail_some(scene: Scene) -> None:
    seen = (await scene.report())["counts"].get("delivered again", 0)
    await scene.until(within=LOCKED_FOR, delivered_again=seen + AGAIN)


if __name__ == "__main__":
    main()
