"""Kill Lanyard again and again amid a campaign: `python -m benchmarks.campaign_faults [--kills 100]`.

Four Lanyards, each a process of its own, share one database, and tick five times a second. Before each blow another
portion of nudges falls due, for many learners and in several campaigns at once. After a random number of deliveries
one of the four (every fifth time all four) is killed with SIGKILL and started again; a share of the calls to the
platform is refused, dropped, or taken and then broken off, and many are slow, so that kills fall into calls. The
platform outlives them all, and offers read-back. Now and then the database goes: PostgreSQL crashes and recovers; the
SQLite file is locked by somebody else; meanwhile people ask. At the end every nudge that fell due must have arrived,
once, and be on record as sent, once; and every question must have one answer.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.faults import BADLY, fail_some
from benchmarks.grounds import KINDS, open_folder
from bot.store import Store
from tests.databases import PostgresqlDatabases, SqliteDatabases
from tests.doubles.wire_learners import Account, enrol_learners
from tests.doubles.wire_postgresql import open_postgresql
from tests.doubles.wire_scene import Scene, open_scene
from tests.faults.conftest import exclusive_lock

REPLICAS = ("a", "b", "c", "d")
CAMPAIGNS = 4
PORTION = 200  # nudges that fall due before each blow: more than one tick claims, so that replicas share them
QUESTIONS = 10  # asked while the database is away
ALL_AT_ONCE = 5  # every so many kills
OFTEN = 0.2  # seconds between two ticks

Outage = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beaten:
    kills: int
    outages: int
    account: Account
    report: dict[str, Any]
    seconds: float


async def kill(scene: Scene, *names: str) -> None:
    for name in names:
        await scene.kill(name)
    await asyncio.gather(*(scene.start(name) for name in names))


async def beat(
    url: str, folder: Path, outage: Outage, *, kills: int, outages: int, seed: int, progress: Progress
) -> Beaten:
    chance, store = random.Random(seed), Store(url)
    blows = [*[None] * outages, *range(1, kills + 1)]
    chance.shuffle(blows)
    bar = progress.add_task(url.partition(":")[0], total=len(blows))
    began = time.monotonic()
    killed = 0
    try:
        async with open_scene(url, folder, tick=OFTEN) as scene:
            first, *others = REPLICAS
            await scene.start(first)
            await asyncio.gather(*(scene.start(name) for name in others))
            learners = await enrol_learners(
                store, campaigns=CAMPAIGNS, learners=PORTION * (len(blows) + 1) // CAMPAIGNS
            )
            await scene.inject(BADLY, seed=seed)
            for blow in blows:
                await learners.let_fall_due(PORTION)
                await scene.some_more(chance.randint(1, PORTION // 2), of="posts", within=600)
                if blow is None:
                    await scene.ask(QUESTIONS)
                    await outage(scene)
                else:
                    fallen = REPLICAS if blow % ALL_AT_ONCE == 0 else [chance.choice(REPLICAS)]
                    killed += len(fallen)
                    await kill(scene, *fallen)
                progress.advance(bar)
            await learners.let_fall_due(PORTION)
            await scene.until(within=600, nudged=learners.waiting, acknowledged=outages * QUESTIONS)
            report = await scene.settle(within=600)
            account = await learners.settle(report)
    finally:
        await store.close()
    seconds = time.monotonic() - began
    return Beaten(kills=killed, outages=outages, account=account, report=report, seconds=seconds)


def main(*arguments: str) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="times that one replica, or all, are killed")
    parser.add_argument("--outages", type=int, default=10, help="times that the database goes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=KINDS, action="append")
    given = parser.parse_args(arguments or None)
    console = Console(width=150)
    table = Table(title=f"Faults amid {CAMPAIGNS} campaigns, {len(REPLICAS)} replicas")
    for column in (
        *("database", "processes killed", "outages", "nudges due", "arrived once", "lost", "doubled"),
        *("looked for", "found", "questions", "answered once", "minutes"),
    ):
        table.add_column(column, justify="left" if column == "database" else "right")
    broken: list[str] = []

    def add(kind: str, beaten: Beaten) -> None:
        account, report, counts = beaten.account, beaten.report, beaten.report["counts"]
        broken.extend(account.faults)
        broken.extend(f"question lost or answered twice: {one}" for one in report["lost"] + report["doubled"])
        cells = [beaten.kills, beaten.outages, account.due, account.arrived - account.doubled, account.lost]
        cells += [account.doubled, *(counts.get(one, 0) for one in ("looked for", "found"))]
        cells += [report["acknowledged"], report["answered"] - len(report["doubled"])]
        table.add_row(kind, *(f"{cell:,}" for cell in cells), f"{beaten.seconds / 60:.1f}")

    with Progress(console=console, transient=True) as progress, open_postgresql() as server, open_folder() as folder:
        sqlite, postgresql = KINDS

        async def crash(scene: Scene) -> None:
            server.crash()
            await fail_some(scene)
            server.start()

        def run(kind: str, url: str, outage: Outage) -> None:
            numbers = {"kills": given.kills, "outages": given.outages, "seed": given.seed}
            add(kind, asyncio.run(beat(url, folder, outage, **numbers, progress=progress)))

        wanted = given.database or KINDS
        if sqlite in wanted:
            file = SqliteDatabases(folder).fresh("empty")

            async def lock(scene: Scene) -> None:
                with exclusive_lock(file):
                    await fail_some(scene)

            run(sqlite, file, lock)
        if postgresql in wanted:
            run(postgresql, PostgresqlDatabases(server.url).fresh("empty"), crash)
    console.print(table)
    for fault in broken:
        console.print(fault, style="red")
    if broken:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
