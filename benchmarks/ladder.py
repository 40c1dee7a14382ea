"""A company of experts over a month of questions: who is asked, how often, when, and how soon an answer comes.

    python -m benchmarks.ladder [--experts 1000] [--questions 600] [--days 30] [--seed 1] [--picture FILE]

The journeys themselves run, through the store on SQLite, by a clock that jumps from event to event: questions are put
to experts by the ladder, experts answer, pass, or let the clock run out. Of the experts, in five zones, some never
react, some take one question a week, some pause, some want none, some keep their own hours, some go on holiday or are
not to be disturbed; all by chance from a fixed seed. Each asking is held against what its expert allows, by rules
written here anew; whatever is not allowed is counted as wrong, and the exit code says so.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.grounds import open_databases
from benchmarks.ladder_company import USUAL, Expert, hire
from benchmarks.ladder_month import Month, Told
from bot.store import Store


def gini(loads: Sequence[int]) -> float:
    """0 where all bear the same, near 1 where one bears all."""
    held = np.sort(np.array(loads, np.float64))
    if not held.sum():
        return 0.0
    ranks = np.arange(1, len(held) + 1)
    return float((2 * (ranks * held).sum() / held.sum() - len(held) - 1) / len(held))


def draw(told: Told, experts: dict[int, Expert], file: Path) -> None:
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, ((load, curve), (took, hours)) = plt.subplots(2, 2, figsize=(10, 7), layout="constrained")
    most = max(len(asked) for asked in told.asked.values())
    load.hist(
        [len(told.asked.get(one, ())) for one in experts], bins=range(most + 2), color="#0b6e4f", log=True, align="left"
    )
    load.set_title("Experts by how often they were asked", loc="left", fontsize=11)
    load.set_xlabel("times in the month")
    for name, counts, colour in (
        ("as asked", {one: len(asked) for one, asked in told.asked.items()}, "#0b6e4f"),
        ("if always the likeliest", told.likeliest, "#c8553d"),
    ):
        held = np.sort([counts.get(one, 0) for one in experts])[::-1]
        share = np.cumsum(held) / held.sum()
        curve.plot(100 * np.arange(1, len(held) + 1) / len(held), 100 * share, color=colour, label=name)
    curve.set_title("Share of all askings borne by the busiest", loc="left", fontsize=11)
    curve.set_xlabel("% of experts")
    curve.set_ylabel("% of askings")
    curve.legend(frameon=False)
    ordered = np.sort(told.took)
    took.plot(ordered, 100 * np.arange(1, len(ordered) + 1) / len(told.begun), color="#0b6e4f")
    took.set_xscale("log")
    took.set_title("Questions answered after so many hours", loc="left", fontsize=11)
    took.set_xlabel("hours, nights and weekends included")
    took.set_ylabel("% of questions")
    own = [
        at.astimezone(experts[one].zone).hour
        for one, asked in told.asked.items()
        for at in asked
        if experts[one].begin == USUAL[0]
    ]
    hours.hist(own, bins=range(25), color="#0b6e4f")
    hours.axvspan(USUAL[0].hour, USUAL[1].hour, color="#0b6e4f", alpha=0.12)
    hours.set_title("When those who work nine to five were asked", loc="left", fontsize=11)
    hours.set_xlabel("hour of their own day")
    for axes in (load, curve, took, hours):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, alpha=0.3)
    figure.savefig(file, dpi=150)


def show(told: Told, experts: dict[int, Expert], console: Console, title: str) -> None:
    table = Table("", "", title=title)
    loads = [len(told.asked.get(one, ())) for one in experts]
    table.add_row("times somebody was asked", f"{sum(loads):,}")
    for name, count in told.wrong.items():
        table.add_row(f"wrong: asked {name}", f"{count:,}", style="red" if count else "")
    table.add_row("of them people of that topic", f"{told.knew / sum(loads):.0%}")
    table.add_row("Gini of the load", f"{gini(loads):.2f}")
    table.add_row("Gini at the least, of so few askings", f"{max(0, 1 - sum(loads) / len(loads)):.2f}")
    table.add_row("Gini, if always the likeliest", f"{gini([told.likeliest[one] for one in experts]):.2f}")
    table.add_row("most askings of one", f"{max(loads):,}")
    table.add_row("most, if always the likeliest", f"{max(told.likeliest.values()):,}")
    table.add_row("experts asked for a question, mean", f"{sum(loads) / len(told.begun):.2f}")
    for share in (50, 90, 99):
        table.add_row(f"hours to the answer, {share} %", f"{np.percentile(told.took, share):.1f}")
    for name in sorted(told.fates):
        table.add_row(name, f"{told.fates[name]:,}")
    table.add_row("minutes it took", f"{told.seconds / 60:.1f}")
    console.print(table)


def main(*arguments: str) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experts", type=int, default=1000)
    parser.add_argument("--questions", type=int, default=600)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--picture", type=Path, help="a PNG file for load, hours and time to answer")
    given = parser.parse_args(arguments or None)
    told, chance = Told(), random.Random(given.seed)
    with open_databases("sqlite") as databases:
        url = databases.fresh("empty")

        async def run() -> dict[int, Expert]:
            store = Store(url)
            try:
                workspace, experts = await hire(store, given.experts, chance)
                began = time.perf_counter()
                await Month(store, workspace, experts, told, chance).live(given.questions, given.days)
                told.seconds = time.perf_counter() - began
                return experts
            finally:
                await store.close()

        experts = asyncio.run(run())
    title = f"{given.experts:,} experts, {given.questions:,} questions in {given.days} days"
    show(told, experts, Console(width=120), title)
    if given.picture:
        draw(told, experts, given.picture)
    if sum(told.wrong.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
