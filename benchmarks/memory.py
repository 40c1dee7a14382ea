"""Whether memory stays flat under steady load: `python -m benchmarks.memory [--minutes 10]`.

The resident memory of Lanyard's process while a platform double asks and takes the answers, on SQLite.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.grounds import open_databases, open_folder
from benchmarks.receiving import cost
from tests.doubles.wire_scene import open_scene

BARS = "▁▂▃▄▅▆▇█"
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    seconds: float
    resident: float  # MB
    cpu: float  # seconds, since the start
    answered: int


async def watch(url: str, folder: Path, *, minutes: float, rate: float, every: float) -> list[Sample]:
    samples = []
    loop = asyncio.get_running_loop()
    async with open_scene(url, folder) as scene:
        await scene.start()
        began = loop.time()
        await scene.ask(int(60 * minutes * rate), per_second=rate)
        while (passed := loop.time() - began) < 60 * minutes:
            figures = await cost(scene.session, scene.lanyards["a"][1])
            answered = int((await scene.report())["answered"])
            samples.append(
                Sample(
                    seconds=passed,
                    resident=figures["resident"] / MEGABYTE,
                    cpu=figures["cpu"],
                    answered=answered,
                )
            )
            await asyncio.sleep(every)
        await scene.settle(within=300)
    return samples


def draw(values: list[float]) -> str:
    low, high = min(values), max(values)
    return "".join(BARS[round((value - low) / ((high - low) or 1) * (len(BARS) - 1))] for value in values)


def main(*arguments: str) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=8.3, help="questions a second")
    given = parser.parse_args(arguments or None)
    with open_databases("sqlite") as databases, open_folder() as folder:
        url = databases.fresh("empty")
        every = max(1.0, 60 * given.minutes / 60)
        samples = asyncio.run(watch(url, folder, minutes=given.minutes, rate=given.rate, every=every))
    console = Console()
    table = Table(title=f"Resident memory at {given.rate:g} questions a second")
    for column in ("minute", "resident, MB", "answered", "processor, ms a question"):
        table.add_column(column, justify="right")
    for sample in samples[:: max(1, len(samples) // 10)]:
        each = 1e3 * (sample.cpu - samples[0].cpu) / max(1, sample.answered)
        table.add_row(f"{sample.seconds / 60:.1f}", f"{sample.resident:.1f}", str(sample.answered), f"{each:.1f}")
    console.print(table)
    later = samples[len(samples) // 3 :]  # what is loaded at first use has been loaded by then
    console.print(draw([sample.resident for sample in samples]))
    if len(later) > 2:
        slope = statistics.linear_regression(
            [sample.seconds / 60 for sample in later], [sample.resident for sample in later]
        ).slope
        console.print(f"Over the last two thirds: {slope:+.2f} MB a minute.")


if __name__ == "__main__":
    main()
