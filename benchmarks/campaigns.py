"""Campaigns at size: claims a second by 1 and 4 processes, a large start, and what a tick costs that finds nothing.

    python -m benchmarks.campaigns [--enrolments 1000000] [--seconds 20] [--database postgresql] [--figures FILE]

Claims are measured twice: bare (locked, and moved on to tomorrow), and whole (weighed, recorded, and put into the
outbox). Beside them stand, in the same run, APScheduler's own job store and, on PostgreSQL, procrastinate, each with
jobs that do nothing. While they claim, one more process puts questions into the inbox, as a platform does, and times
that. `benchmarks.campaign_picture` draws the figures; those of a million stand in `campaigns.yaml`, beside this.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import shlex
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import insert

from benchmarks.campaign_picture import (
    APSCHEDULER,
    ENROLLED,
    HIGH,
    IDLE,
    MEDIAN,
    PROCESSES,
    PROCRASTINATE,
    RECKONED,
    Figure,
    Measured,
    keep,
    say,
)
from benchmarks.grounds import KINDS, open_databases
from bot.journeys.gathering import gather
from bot.journeys.nudging import send_due, settle_times
from bot.library import Library
from bot.messages import Sender
from bot.services import Services
from bot.store import Precedence, Store
from bot.store import tables as t
from scheduler.model import Campaign, CampaignStatus, Kind, Step
from tests.doubles.memory import MemoryPlatform

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday, at the usual time
ROWS = 5_000
BATCH = 500
BARE = 100  # where everybody waits for whoever writes
PLAN = Campaign(
    name="Large",
    purpose="benchmark",
    steps=tuple(Step(kind=Kind.TIP, after_days=day, text=f"Tip {day}.") for day in range(5)),
)


def serve(store: Store, now: datetime, *, running: bool = False) -> Services:
    """At that moment; where the clock is `running`, what is done takes its time."""
    platform = MemoryPlatform([], {})
    store.connected = frozenset({platform.name})
    began = time.perf_counter()

    def clock() -> datetime:
        return now + timedelta(seconds=time.perf_counter() - began) if running else now

    return Services(store=store, library=Library(store), platforms={platform.name: platform}, now=clock)


async def fill(store: Store, people: int) -> tuple[int, int]:
    """A company of so many, and a campaign for all of them, not yet enrolled. Returns workspace and campaign."""
    workspace, _ = await store.found_workspace("memory", "large", name="Large", now=NOW)
    async with store.transaction(workspace, now=NOW) as tx:
        planner = await tx.recognise("memory", "large", Sender(id="planner", name="Planner", email="p@x.example"))
        campaign = await tx.add_campaign(PLAN, audience=["everyone"], places={}, by=planner)
        await tx.change_status(campaign, CampaignStatus.RUNNING, by=planner)
    for begin in range(0, people, ROWS):
        rows = range(begin, min(begin + ROWS, people))
        async with store.database.write() as db:
            put = insert(t.Person).returning(t.Person.id)
            made = await db.execute(
                put,
                [
                    {
                        "workspace_id": workspace,
                        "name": f"Learner {row}",
                        "email": f"learner{row}@x.example",
                        "roles": [],
                        "groups": [],
                        "settings": {},
                        "created_at": NOW,
                        "met_at": NOW,
                    }
                    for row in rows
                ],
            )
            ids = list(made.scalars())
            identities = [
                {"platform": "memory", "tenant": "large", "user": f"u{id_}", "person_id": id_, "seen_at": NOW}
                for id_ in ids
            ]
            await db.execute(insert(t.Identity), identities)
    return workspace, campaign


async def start_large(store: Store, workspace: int, campaign: int) -> dict[str, float]:
    """Everybody is gathered, and everybody's time is reckoned."""
    services = serve(store, NOW - timedelta(minutes=30))
    async with store.reading(workspace, now=NOW) as tx:
        record = await tx.campaign(campaign)
    began = time.perf_counter()
    enrolled = await gather(services, workspace, record)
    gathered = time.perf_counter() - began
    began, settled = time.perf_counter(), 0
    while some := await settle_times(services, workspace, limit=BATCH):
        settled += some
    return {
        ENROLLED: enrolled / gathered,
        RECKONED: settled / (time.perf_counter() - began),
    }


async def idle_tick(store: Store, workspace: int) -> float:
    """Milliseconds of a look that finds nothing due, among all that is pending."""
    services = serve(store, NOW - timedelta(minutes=20))
    spent = []
    for _ in range(50):
        began = time.perf_counter()
        assert await send_due(services, workspace, limit=BATCH) == 0
        spent.append(1e3 * (time.perf_counter() - began))
    return statistics.median(spent)


# ── claims, in processes of their own ───────────────────────────────────────────────────────────────────────────────


async def _claim_bare(store: Store, workspace: int) -> int:
    async with store.transaction(workspace, now=NOW, precedence=Precedence.BACKGROUND) as tx:
        due = await tx.claim_due(limit=store.portion(BATCH, short=BARE))
        tomorrow = NOW + timedelta(days=1)
        await tx.set_series({one.id: replace(one.series, due=tomorrow) for one in due})
    return len(due)


async def _claim_whole(store: Store, workspace: int) -> int:
    return await send_due(serve(store, NOW), workspace, limit=BATCH)


HOW = {"bare": _claim_bare, "whole": _claim_whole}


def _work(url: str, workspace: int, how: str, seconds: float, begin: Any, counts: Any) -> None:
    async def run() -> int:
        store = Store(url)
        await _claim_nothing(store, workspace)
        begin.wait()
        until, claimed = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            some = await HOW[how](store, workspace)
            if not some:
                break
            claimed += some
        counts.put((claimed, time.monotonic() - until + seconds))
        await store.close()
        return claimed

    asyncio.run(run())


async def _claim_nothing(store: Store, workspace: int) -> None:
    """Opens the connection, so that it is not timed."""
    async with store.reading(workspace, now=NOW) as tx:
        await tx.has_unsettled()


def _ask(url: str, seconds: float, begin: Any, counts: Any) -> None:
    """Puts messages into the inbox, as they come in, and times each: how long a platform waits to be acknowledged."""

    async def run() -> None:
        store = Store(url)
        await store.intake.put("warm", "{}")
        begin.wait()
        until, spent, number = time.monotonic() + seconds, [], 0
        while time.monotonic() < until:
            began = time.perf_counter()
            await store.intake.put(f"question-{began}-{number}", "{}")
            spent.append(1e3 * (time.perf_counter() - began))
            number += 1
            await asyncio.sleep(0.02)
        counts.put(spent)
        await store.close()

    asyncio.run(run())


def claim(url: str, workspace: int, how: str, *, processes: int, seconds: float) -> tuple[float, list[float]]:
    """Claims a second, and the milliseconds of what was acknowledged meanwhile."""
    context = multiprocessing.get_context("spawn")
    begin = context.Barrier(processes + 2)  # they begin together, once all have opened their connections
    counts, asked = context.Queue(), context.Queue()
    workers = [
        context.Process(target=_work, args=(url, workspace, how, seconds, begin, counts)) for _ in range(processes)
    ]
    workers.append(context.Process(target=_ask, args=(url, seconds, begin, asked)))
    for worker in workers:
        worker.start()
    begin.wait(timeout=60 + 10 * processes)  # or one of them died
    found = [counts.get(timeout=60 + 10 * seconds) for _ in range(processes)]  # or one of them died
    spent = asked.get(timeout=60 + 10 * seconds)
    for worker in workers:
        worker.join()
    return sum(claimed for claimed, _ in found) / max(seconds for _, seconds in found), spent


async def due_again(store: Store) -> None:
    """What was claimed is due as before."""
    async with store.database.write() as db:
        await db.execute(
            t.Enrolment.__table__.update().values(  # type: ignore[attr-defined]
                next_due_at=NOW, step=0, round=t.Enrolment.round + 1, status="active", unanswered=0, unsettled=False
            )
        )
        await db.execute(t.OutboxRow.__table__.delete())  # type: ignore[attr-defined]
        await db.execute(t.Nudge.__table__.delete())  # type: ignore[attr-defined]


# ── beside ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _nothing() -> None:
    """What the jobs of the others do."""


def apscheduler_claims(url: str, jobs: int) -> float:
    """Jobs a second that APScheduler's store hands out and moves on, as its scheduler does: all that are due, each."""
    from apscheduler.job import Job
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler
    from apscheduler.triggers.interval import IntervalTrigger

    scheduler = BackgroundScheduler(timezone=UTC)  # never started: it would run them
    jobstore = SQLAlchemyJobStore(url=url.replace("postgresql://", "postgresql+psycopg://"))
    jobstore.start(scheduler, "default")
    trigger = IntervalTrigger(days=1, timezone=UTC)
    fixed: dict[str, Any] = {"args": (), "kwargs": {}, "name": "nothing", "executor": "default"}
    fixed |= {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    for number in range(jobs):
        job = Job(scheduler, id=str(number), func=_nothing, trigger=trigger, next_run_time=NOW, **fixed)
        jobstore.add_job(job)
    began = time.perf_counter()
    due = jobstore.get_due_jobs(NOW + timedelta(seconds=1))
    for job in due:
        job._modify(next_run_time=NOW + timedelta(days=1))  # noqa: SLF001 — as its own scheduler does it
        jobstore.update_job(job)
    rate = len(due) / (time.perf_counter() - began)
    jobstore.shutdown()
    return rate


def procrastinate_claims(url: str, jobs: int) -> float:
    """Jobs a second that procrastinate's worker fetches, runs (they do nothing) and finishes."""
    import procrastinate

    async def run() -> float:
        app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))

        @app.task(name="nothing")
        async def nothing() -> None: ...

        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            for begin in range(0, jobs, ROWS):
                await nothing.batch_defer_async(*({} for _ in range(begin, min(begin + ROWS, jobs))))
            began = time.perf_counter()
            await app.run_worker_async(wait=False, concurrency=20, install_signal_handlers=False, delete_jobs="always")
            return jobs / (time.perf_counter() - began)

    return asyncio.run(run())


# ── the table ───────────────────────────────────────────────────────────────────────────────────────────────────────


def measure(
    kind: str, *, enrolments: int, seconds: float, beside: int, tell: Callable[[str], None]
) -> dict[str, Figure]:
    found: dict[str, Figure] = {}
    medians, highs = [], []
    with open_databases(kind) as databases:
        url = databases.fresh("empty")

        async def prepare() -> int:
            store = Store(url)
            try:
                tell(f"{kind}: hiring {enrolments:,} people")
                workspace, campaign = await fill(store, enrolments)
                tell(f"{kind}: starting a campaign for all of them")
                found.update(await start_large(store, workspace, campaign))
                found[IDLE] = await idle_tick(store, workspace)
                return workspace
            finally:
                await store.close()

        async def refresh() -> None:
            store = Store(url)
            await due_again(store)
            await store.close()

        workspace = asyncio.run(prepare())
        for how in HOW:
            for processes, named in PROCESSES.items():
                asyncio.run(refresh())
                tell(f"{kind}: {how} claims by {processes}")
                rate, spent = claim(url, workspace, how, processes=processes, seconds=seconds)
                ordered = sorted(spent)
                medians.append(statistics.median(ordered))
                highs.append(ordered[int(len(ordered) * 0.99)])
                tell(f"{kind}: {rate:,.0f} a second; meanwhile in {medians[-1]:.1f} ms, the 99th in {highs[-1]:.1f}")
                found[f"{how} claims a second, {named}"] = rate
        found[MEDIAN], found[HIGH] = [min(medians), max(medians)], [min(highs), max(highs)]
        tell(f"{kind}: APScheduler's job store")
        found[APSCHEDULER] = apscheduler_claims(url, beside)
        if kind == "postgresql":
            tell(f"{kind}: procrastinate")
            found[PROCRASTINATE] = procrastinate_claims(url, beside)
    return found


def main(*arguments: str) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--enrolments", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--beside", type=int, default=20_000, help="jobs of the others")
    parser.add_argument("--database", choices=KINDS, action="append")
    parser.add_argument("--figures", type=Path, help="a YAML file for benchmarks.campaign_picture to draw")
    parser.add_argument("--meanwhile", default="nothing else ran", help="for that file, such as “a test suite ran”")
    given = parser.parse_args(arguments or None)
    console = Console(width=120)
    kinds = given.database or list(KINDS)
    found = {
        kind: measure(kind, enrolments=given.enrolments, seconds=given.seconds, beside=given.beside, tell=console.print)
        for kind in kinds
    }
    table = Table("", *kinds, title=f"{given.enrolments:,} enrolments")
    for name in dict.fromkeys(name for one in found.values() for name in one):
        table.add_row(name, *(say(found[kind].get(name), digits=1 if ", ms" in name else 0) for kind in kinds))
    console.print(table)
    if given.figures:
        measured = Measured(
            on=datetime.now(UTC).date().isoformat(),
            command=f"python -m benchmarks.campaigns {shlex.join(arguments or sys.argv[1:])}",
            meanwhile=given.meanwhile,
            enrolments=given.enrolments,
            found=found,
        )
        keep(measured, given.figures)


if __name__ == "__main__":
    main()
