"""What it costs to take in an event of Slack's, and how soon it is acknowledged: `python -m benchmarks.slack`.

Signed events come over HTTP from this process to Lanyard, which verifies, stores and acknowledges them (its door:
nobody works on them), and in the same run to stock Bolt with a listener that does nothing, each a process of its own.
"Processor" is all the processor time of the server's process divided by the events; the database server's is not in it.
The two take turns for some rounds, since on a quiet machine the same work costs half as much again from one minute to
the next; the middle one of the rounds counts, the lowest and the highest stand beside it.
Then Slack's most for one workspace, 30,000 events an hour, for some minutes, and 500 a second for one minute, to a
Lanyard at work (every event is looked at, whether it is for the bot): how long the 2xx took, and how the resident
memory went. `--picture FILE` draws both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from benchmarks.grounds import KINDS, open_databases, open_folder
from benchmarks.receiving import cost
from tests.doubles.slack.delivery import sign
from tests.doubles.wire_scene import SLACK, open_scene, start_process

BOLT = "stock Bolt, doing nothing"
STEADY, BURST = 30_000 / 3600, 500.0  # events a second
RATE, WARM_UP = 100.0, 200
SAMPLE = 2.0  # seconds between two looks at the memory
LATE = 3.0  # seconds: what Slack counts as failed
MEGABYTE = 1024 * 1024


@dataclass(slots=True)
class Run:
    """`took` are (seconds since the start, seconds until the 2xx); `memory` (seconds, MB)."""

    rate: float
    cpu: float = 0.0  # seconds an event
    took: list[tuple[float, float]] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        waits = sorted(wait for _, wait in self.took)
        return waits[min(len(waits) - 1, int(share * len(waits)))]

    def growth(self) -> float:
        """MB a minute over the last two thirds: what is loaded at first use has been loaded by then."""
        later = self.memory[len(self.memory) // 3 :]
        if len(later) < 3:
            return 0.0
        return statistics.linear_regression([at / 60 for at, _ in later], [size for _, size in later]).slope


@dataclass(slots=True)
class Rounds:
    """The same run several times."""

    server: str
    runs: list[Run] = field(default_factory=list)

    def middle(self) -> Run:
        """The run in the middle by its processor time."""
        return sorted(self.runs, key=lambda run: run.cpu)[len(self.runs) // 2]

    def range(self) -> str:
        costs = [1e6 * run.cpu for run in self.runs]
        return f"{min(costs):,.0f} to {max(costs):,.0f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    tenant: str
    secret: str
    token: str
    api_url: str


def compose(slack: Slack, number: int, mark: str) -> tuple[bytes, dict[str, str]]:
    """A plain message in a channel, as Slack sends it, and its signature."""
    ts = f"{1_700_000_000 + number}.{abs(hash(mark)) % 1_000_000:06d}"
    event = {
        "type": "message",
        "channel": f"C{number % 20:08d}",
        "channel_type": "channel",
        "user": f"U{number % 200:08d}",
        "text": f"Has anybody seen the forklift? It was in bay {number} this morning.",
        "ts": ts,
        "event_ts": ts,
        "team": slack.tenant,
    }
    envelope = {
        "token": "unused",
        "team_id": slack.tenant,
        "api_app_id": "A0LANYARD",
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{mark}{number}",
        "event_time": 1_700_000_000 + number,
        "authorizations": [{"team_id": slack.tenant, "user_id": "U0BOT", "is_bot": True}],
        "is_ext_shared_channel": False,
    }
    body = json.dumps(envelope).encode()
    stamp = str(int(time.time()))
    signature = sign(slack.secret, stamp, body)
    return body, {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature,
    }


async def load(address: str, slack: Slack, *, rate: float, seconds: float, mark: str) -> Run:
    """At a steady pace, whether or not the last was acknowledged (open loop)."""
    run = Run(rate)
    loop = asyncio.get_running_loop()
    count = max(1, int(rate * seconds))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=200)) as session:

        async def post(number: int) -> None:
            body, headers = compose(slack, number, mark)
            began = loop.time()
            async with session.post(f"{address}/slack/events", data=body, headers=headers) as response:
                assert response.status == 200, response.status
            run.took.append((began - start, loop.time() - began))

        async def watch() -> None:
            while True:
                run.memory.append((loop.time() - start, (await cost(session, address))["resident"] / MEGABYTE))
                await asyncio.sleep(SAMPLE)

        before = await cost(session, address)
        start = loop.time()
        watching = asyncio.create_task(watch())
        async with asyncio.TaskGroup() as events:
            for number in range(count):
                await asyncio.sleep(max(0.0, start + number / rate - loop.time()))
                events.create_task(post(number))
        watching.cancel()
        after = await cost(session, address)
    run.cpu = (after["cpu"] - before["cpu"]) / count
    return run


@asynccontextmanager
async def serve(kind: str, url: str, folder: Path, *, idle: bool) -> AsyncIterator[tuple[str, Slack]]:
    async with open_scene(url, folder, lease=60, kind=SLACK) as scene:
        async with scene.session.get(f"{scene.platform}/control/environment") as response:
            told: dict[str, Any] = await response.json()
        given = told["settings"]
        slack = Slack(
            tenant=told["tenant"],
            secret=given["slack_signing_secret"],
            token=given["slack_bot_token"],
            api_url=given["slack_api_url"],
        )
        if kind != BOLT:
            await scene.start(idle=idle)
            yield scene.lanyards["a"][1], slack
            return
        options = slack.api_url, slack.token, slack.secret
        process, port = await start_process("benchmarks.plain_bolt", *options, log=folder / "bolt.log")
        try:
            yield f"http://127.0.0.1:{port}", slack
        finally:
            process.kill()
            await process.wait()


async def measure(kind: str, url: str, folder: Path, *, seconds: float) -> Run:
    async with serve(kind, url, folder, idle=True) as (address, slack):
        await load(address, slack, rate=RATE, seconds=WARM_UP / RATE, mark="warm")
        return await load(address, slack, rate=RATE, seconds=seconds, mark="rate")


async def endure(url: str, folder: Path, *, minutes: float, burst: float) -> list[Run]:
    async with serve("Lanyard", url, folder, idle=False) as (address, slack):
        await load(address, slack, rate=RATE, seconds=WARM_UP / RATE, mark="warm")
        return [
            await load(address, slack, rate=STEADY, seconds=60 * minutes, mark="steady"),
            await load(address, slack, rate=BURST, seconds=burst, mark="burst"),
        ]


def measure_in_turn(kind: str, fresh: Callable[[], str], folder: Path, *, seconds: float, rounds: int) -> list[Rounds]:
    both = [Rounds(BOLT), Rounds(f"Lanyard, {kind}")]
    for _ in range(rounds):
        for one, server in zip(both, (BOLT, kind), strict=True):
            one.runs.append(asyncio.run(measure(server, fresh(), folder, seconds=seconds)))
    return both


def _p99(waits: list[float]) -> float:
    return sorted(waits)[int(0.99 * (len(waits) - 1))]


def draw(runs: dict[str, list[Run]], file: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(11, 6.5), layout="constrained", sharex="col")
    for column, name in enumerate(("30,000 events an hour", "500 events a second")):
        top, bottom = axes[0][column], axes[1][column]
        for kind, pair in runs.items():
            run = pair[column]
            width = max(1.0, run.took[-1][0] / 60)
            slots: dict[int, list[float]] = {}
            for at, wait in run.took:
                slots.setdefault(int(at / width), []).append(wait)
            starts = [slot * width for slot in sorted(slots)]
            top.plot(starts, [1e3 * _p99(slots[slot]) for slot in sorted(slots)], label=f"{kind}, 99th percentile")
            top.plot(
                starts,
                [1e3 * statistics.median(slots[slot]) for slot in sorted(slots)],
                linestyle=":",
                label=f"{kind}, median",
            )
            bottom.plot([at for at, _ in run.memory], [size for _, size in run.memory], label=kind)
        top.set_title(name)
        top.axhline(1e3 * LATE, color="crimson", linewidth=1, label="Slack's limit")
        top.set_yscale("log")
        bottom.set_xlabel("seconds")
        bottom.set_ylim(bottom=0)
    axes[0][0].set_ylabel("until the 2xx, ms")
    axes[1][0].set_ylabel("resident memory, MB")
    axes[0][1].legend(fontsize=8)
    axes[1][1].legend(fontsize=8)
    figure.savefig(file, dpi=120)


def main(*arguments: str) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="of load for the processor's figure")
    parser.add_argument("--rounds", type=int, default=5, help="in which Bolt and Lanyard take turns at that")
    parser.add_argument("--minutes", type=float, default=10, help="of 30,000 events an hour; 0 leaves out what follows")
    parser.add_argument("--burst", type=float, default=60, help="seconds of 500 events each")
    parser.add_argument("--database", choices=KINDS, action="append")
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args(arguments or None)
    console = Console()
    door = Table(title=f"An event of Slack's, verified, stored and acknowledged · {RATE:g} a second")
    for column in ("server", "processor, µs each", "rounds", "against Bolt", "2xx p50, ms", "p99, ms"):
        door.add_column(column, justify="left" if column == "server" else "right")
    long = Table(title="Acknowledgements under Slack's most, and beyond it")
    for column in (
        "database",
        "events/s",
        "events",
        "p50, ms",
        "p99, ms",
        "p99.9, ms",
        "longest, ms",
        "over 3 s",
        "MB/min",
    ):
        long.add_column(column, justify="left" if column == "database" else "right")
    runs: dict[str, list[Run]] = {}
    late = 0
    with open_folder() as folder:
        for kind in given.database or KINDS:
            with open_databases(kind) as databases:
                fresh = partial(databases.fresh, "empty")
                both = measure_in_turn(kind, fresh, folder, seconds=given.seconds, rounds=given.rounds)
                for one in both:
                    run = one.middle()
                    cells = f"{1e6 * run.cpu:,.0f}", one.range(), f"{run.cpu / both[0].middle().cpu:.2f}"
                    door.add_row(one.server, *cells, *(f"{1e3 * run.percentile(share):.1f}" for share in (0.5, 0.99)))
                if not given.minutes:
                    continue
                runs[kind] = asyncio.run(
                    endure(databases.fresh("empty"), folder, minutes=given.minutes, burst=given.burst)
                )
            for run in runs.get(kind, ()):
                over = sum(wait > LATE for _, wait in run.took)
                late += over
                waits = [f"{1e3 * run.percentile(share):.1f}" for share in (0.5, 0.99, 0.999, 1)]
                long.add_row(kind, f"{run.rate:.1f}", f"{len(run.took):,}", *waits, str(over), f"{run.growth():+.2f}")
    console.print(door)
    if runs:
        console.print(long)
    if runs and given.picture is not None:
        draw(runs, given.picture)
        console.print(f"Drawn into {given.picture}")
    if late:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
