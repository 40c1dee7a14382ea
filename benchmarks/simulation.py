"""A campaign of 100,000 learners over 90 days in minutes: what came, when, how late, and how the load lay.

    python -m benchmarks.simulation [--learners 100000] [--days 90] [--database sqlite] [--picture simulation.png]

The store, the tick and the rules are the product's own; only the clock is moved by hand from one tick to the next,
within which it runs, and the delivery left out: lateness is what claiming takes where very many are due at once. The
learners live in five zones and three countries, over the end of summer time and the turn of the year; one in ten chose
another time of day, and each either answers, puts off, stops, or ignores what comes, by chance from a fixed seed. At
the end each step of each learner must have been sent or left out with its reason, never twice, never in quiet hours or
beyond the cap; whatever is not is counted as wrong, and the exit code says so.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import delete, func, insert, select, update

from benchmarks.campaign_picture import COLOURS, NAMES
from benchmarks.campaigns import BATCH, ROWS, serve
from benchmarks.grounds import KINDS, open_databases
from bot.journeys.nudging import send_due, settle_times
from bot.journeys.rhythms import read_customs, settle_for
from bot.store import Store, Transaction
from bot.store import tables as t
from bot.store.nudges import SENT
from bot.store.records import CampaignRecord, Person
from scheduler.days_off import is_public_holiday
from scheduler.model import Campaign, CampaignStatus, Customs, EnrolmentStatus, Kind, Response, Step
from scheduler.plan import responded

BEGIN = datetime(2026, 10, 5, 0, 0, tzinfo=UTC)  # a Monday; summer time ends within, and the year
ZONES = {"Europe/Berlin": "DE-BE", "America/New_York": "US", "Asia/Kolkata": None, "Europe/London": "GB", "UTC": None}
DAYS = (0, 2, 7, 14, 28, 45, 60, 80)
CHANCES = {Response.GOT_IT: 0.5, Response.LATER: 0.05, Response.STOP: 0.01}  # else it is ignored
TICK = timedelta(minutes=15)
WRONG = ("in quiet hours", "on a day off", "beyond the cap", "lost", "overdue at the end")


@dataclass(slots=True)
class Told:
    """What came of it: counts, lateness in seconds, and how many in each hour."""

    fates: Counter[str] = field(default_factory=Counter)
    late: list[float] = field(default_factory=list)
    load: Counter[datetime] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    ticks: int = 0
    seconds: float = 0.0


async def hire(store: Store, learners: int, chance: random.Random) -> tuple[int, int]:
    """The company, and its running campaign with everybody enrolled. Returns workspace and campaign."""
    workspace, _ = await store.found_workspace("memory", "large", name="Large", now=BEGIN)
    steps = tuple(Step(kind=Kind.TIP, after_days=day, text=f"Tip {day}.") for day in DAYS)
    plan = Campaign(name="Large", purpose="simulation", steps=steps, start=BEGIN.date())
    async with store.transaction(workspace, now=BEGIN) as tx:
        campaign = await tx.add_campaign(plan, audience=["open"], places={}, by=None)
    async with store.database.write() as db:
        await db.execute(update(t.Campaign).values(status=CampaignStatus.RUNNING, gathered_at=BEGIN))
    zones = list(ZONES)
    for begin in range(0, learners, ROWS):
        people = []
        for row in range(begin, min(begin + ROWS, learners)):
            zone = chance.choice(zones)
            own = {"nudge_at": f"{chance.randrange(9, 17):02}:30"} if chance.random() < 0.1 else {}
            country = {"country": ZONES[zone]} if ZONES[zone] else {}
            people.append(
                {
                    "workspace_id": workspace,
                    "name": f"Learner {row}",
                    "email": f"learner{row}@x.example",
                    "time_zone": zone,
                    "roles": [],
                    "groups": [],
                    "settings": own | country,
                    "created_at": BEGIN,
                    "met_at": BEGIN,
                }
            )
        async with store.transaction(workspace, now=BEGIN) as tx:
            ids = list((await tx.db.execute(insert(t.Person).returning(t.Person.id), people)).scalars())
            identities = [
                {"platform": "memory", "tenant": "large", "user": f"u{id_}", "person_id": id_, "seen_at": BEGIN}
                for id_ in ids
            ]
            await tx.db.execute(insert(t.Identity), identities)
            await tx.enrol_unsettled(campaign, ids)
    while await settle_times(serve(store, BEGIN), workspace, limit=BATCH):
        pass
    return workspace, campaign


async def live(store: Store, workspace: int, campaign: int, *, days: int, chance: random.Random) -> Told:
    told, now, seen = Told(), BEGIN, 0
    sent_on: Counter[tuple[int, date]] = Counter()
    while now < BEGIN + timedelta(days=days):
        services = serve(store, now, running=True)
        while await send_due(services, workspace, limit=BATCH) >= BATCH:
            pass
        told.ticks += 1
        seen = await look(store, workspace, campaign, told, sent_on, now=now, after=seen, chance=chance)
        async with store.reading(workspace, now=now) as tx:
            soonest = await tx.next_step_due()
        if soonest is None:
            break
        now += max(1, -(-(soonest - now) // TICK)) * TICK
    await settle_accounts(store, campaign, told, until=now)
    return told


async def look(
    store: Store,
    workspace: int,
    campaign: int,
    told: Told,
    sent_on: Counter[tuple[int, date]],
    *,
    now: datetime,
    after: int,
    chance: random.Random,
) -> int:
    """What the tick has sent and left out is held against the rules, and answered, or not. Returns the last id."""
    async with store.transaction(workspace, now=now) as tx:
        found = await tx.db.execute(select(t.Nudge).where(t.Nudge.id > after).order_by(t.Nudge.id))
        nudges = found.mappings().all()
        if not nudges:
            return after
        record = await tx.campaign(campaign)
        customs = read_customs((await tx.workspace_record()).settings)
        answers: dict[int, Response] = {}
        for begin in range(0, len(nudges), ROWS):
            some = nudges[begin : begin + ROWS]
            people = await tx.people_by_id({one["person_id"] for one in some})
            for one in some:
                told.fates[f"{one['status']}: {one['reason']}" if one["reason"] else one["status"]] += 1
                if one["status"] != SENT:
                    continue
                rhythm = settle_for(people[one["person_id"]], record.plan, customs)
                here = one["at"].astimezone(rhythm.zone)
                told.late.append((one["at"] - one["due_at"]) / timedelta(seconds=1))
                told.load[one["at"].replace(minute=0, second=0, microsecond=0)] += 1
                sent_on[one["person_id"], here.date()] += 1
                told.wrong["in quiet hours"] += not rhythm.quiet_until <= here.time() < rhythm.quiet_from
                closed = here.weekday() not in rhythm.working_days or is_public_holiday(here.date(), rhythm.country)
                told.wrong["on a day off"] += closed
                told.wrong["beyond the cap"] += sent_on[one["person_id"], here.date()] > rhythm.daily_cap
                draw = chance.random()
                for response, share in CHANCES.items():
                    if draw < share:
                        answers[one["enrolment_id"]] = response
                        break
                    draw -= share
            await answer(tx, answers, people, record, customs)
            answers = {}
        await tx.db.execute(delete(t.OutboxRow))  # the delivery is measured elsewhere
    return int(nudges[-1]["id"])


async def answer(
    tx: Transaction,
    answers: Mapping[int, Response],
    people: Mapping[int, Person],
    record: CampaignRecord,
    customs: Customs,
) -> None:
    enrolments = await tx.enrolments_by_id(list(answers))
    changed = {}
    for one in enrolments:
        rhythm = settle_for(people[one.person_id], record.plan, customs)
        changed[one.id] = responded(
            one.series,
            answers[one.id],
            step=one.series.step - 1,
            steps=record.plan.steps,
            rhythm=rhythm,
            now=tx.now,
        )
    await tx.set_series(changed)


async def settle_accounts(store: Store, campaign: int, told: Told, *, until: datetime) -> None:
    """Whatever is due and neither sent nor left out with a reason is lost."""
    async with store.database.read() as db:
        had = (
            select(t.Nudge.enrolment_id, func.count(t.Nudge.step_id.distinct()).label("steps"))
            .group_by(t.Nudge.enrolment_id)
            .subquery()
        )
        look_at = (
            select(t.Enrolment.status, t.Enrolment.step, func.coalesce(had.c.steps, 0).label("had"), func.count())
            .outerjoin(had, had.c.enrolment_id == t.Enrolment.id)
            .where(t.Enrolment.campaign_id == campaign)
            .group_by(t.Enrolment.status, t.Enrolment.step, "had")
        )
        for status, step, steps, learners in await db.execute(look_at):
            told.fates[f"learners {status}"] += learners
            # A nudge that was put off stands before its step once more.
            told.wrong["lost"] += learners * max(0, step - steps)
        overdue = select(func.count()).where(
            t.Enrolment.status == EnrolmentStatus.ACTIVE, t.Enrolment.next_due_at < until - TICK
        )
        told.wrong["overdue at the end"] += (await db.execute(overdue)).scalar_one()


def draw(found: dict[str, Told], file: Path) -> None:
    """Counts, lateness and load, each of every database that was run."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import dates
    from matplotlib import pyplot as plt

    figure, (counts, late, load) = plt.subplots(3, 1, figsize=(8, 9), layout="constrained", height_ratios=(4, 3, 3))
    _draw_counts(counts, found)
    for kind, told in found.items():
        ordered = sorted(told.late)
        shares = [number / len(ordered) for number in range(1, len(ordered) + 1)]
        late.plot(ordered, shares, color=COLOURS[kind], label=NAMES[kind], linewidth=2)
        hours = sorted(told.load)
        load.vlines(hours, 0, [told.load[hour] for hour in hours], color=COLOURS[kind], alpha=0.7, linewidth=1)
    late.set_title("How late they were: the share that had come after so many seconds", loc="left", fontsize=11)
    late.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1))
    late.set_xlim(left=0)
    late.set_ylim(0, 1)
    late.legend(frameon=False, loc="lower right")
    load.set_title("Reminders in each hour, the same on all", loc="left", fontsize=11)
    load.set_ylim(bottom=0)
    short = dates.ConciseDateFormatter(dates.AutoDateLocator())  # type: ignore[no-untyped-call]
    load.xaxis.set_major_formatter(short)
    load.yaxis.set_major_formatter(mpl.ticker.StrMethodFormatter("{x:,.0f}"))
    for axes in (counts, late, load):
        axes.spines[["top", "right"]].set_visible(False)
    for axes in (late, load):
        axes.grid(visible=True, alpha=0.3)
    figure.savefig(file, dpi=150)


def _draw_counts(axes: Any, found: dict[str, Told]) -> None:
    fates = sorted({name for told in found.values() for name in told.fates})
    names = [*fates, *(f"wrong: {name}" for name in WRONG)]
    wide, places = 0.8 / len(found), range(len(names))
    for shift, (kind, told) in enumerate(found.items()):
        counts = [
            told.fates[name] if name in told.fates else told.wrong[name.removeprefix("wrong: ")] for name in names
        ]
        bars = axes.barh([at + shift * wide for at in places], counts, height=wide, color=COLOURS[kind])
        axes.bar_label(bars, labels=[f"{count:,}" for count in counts], padding=3, fontsize=8)
    axes.set_yticks([at + wide * (len(found) - 1) / 2 for at in places], names, fontsize=9)
    axes.invert_yaxis()
    axes.set_xscale("symlog")
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.set_title("What came of them (bars on a logarithmic scale)", loc="left", fontsize=11)


def _fate(name: str, told: Told) -> str:
    return f"{told.fates[name]:,}"


def _wrong(name: str, told: Told) -> str:
    return f"{told.wrong[name]:,}"


def main(*arguments: str) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--learners", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=KINDS, action="append")
    parser.add_argument("--picture", type=Path, help="a PNG file for counts, lateness and load")
    given = parser.parse_args(arguments or None)
    found: dict[str, Told] = {}
    kinds: Sequence[str] = given.database or KINDS
    for kind in kinds:
        with open_databases(kind) as databases:
            url = databases.fresh("empty")

            async def run(url: str = url) -> Told:
                store, chance = Store(url), random.Random(given.seed)
                try:
                    workspace, campaign = await hire(store, given.learners, chance)
                    began = time.perf_counter()
                    told = await live(store, workspace, campaign, days=given.days, chance=chance)
                    told.seconds = time.perf_counter() - began
                    return told
                finally:
                    await store.close()

            found[kind] = asyncio.run(run())
    table = Table("", *kinds, title=f"{given.learners:,} learners over {given.days} days")

    def add(name: str, tell: Callable[[Told], str]) -> None:
        table.add_row(name, *(tell(found[kind]) for kind in kinds))

    for name in sorted({name for told in found.values() for name in told.fates}):
        add(name, partial(_fate, name))
    add("seconds late, median", lambda told: f"{sorted(told.late)[len(told.late) // 2]:.1f}")
    add("seconds late, 99th of 100", lambda told: f"{sorted(told.late)[int(len(told.late) * 0.99)]:.1f}")
    add("seconds late, at most", lambda told: f"{max(told.late):.1f}")
    add("most in an hour", lambda told: f"{max(told.load.values()):,}")
    for name in WRONG:
        add(f"wrong: {name}", partial(_wrong, name))
    add("ticks", lambda told: f"{told.ticks:,}")
    add("minutes it took", lambda told: f"{told.seconds / 60:.1f}")
    Console(width=120).print(table)
    if given.picture:
        draw(found, given.picture)
    if any(sum(told.wrong.values()) for told in found.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
