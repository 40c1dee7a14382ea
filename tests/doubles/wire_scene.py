"""A platform, a database and one or more Lanyards, each a process of its own, and a driver's hands on them."""

from __future__ import annotations

import asyncio
import random
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bot.store import Store
from tests.doubles.wire_crowd import Fault

LEASE = 3.0  # seconds; the shorter, the sooner the work of a killed process is taken up
TICK = 1.0  # seconds
START_LIMIT = 180.0  # seconds; a machine may be busy
PLAIN, SLACK, SLACK_SOCKET, TEAMS = "plain", "slack", "slack-socket", "teams"
PLATFORMS = {
    PLAIN: ["tests.doubles.wire_platform"],
    SLACK: ["tests.doubles.wire_slack"],
    SLACK_SOCKET: ["tests.doubles.wire_slack", "--socket"],
    TEAMS: ["tests.doubles.wire_teams"],
}


class TooLateError(AssertionError):
    """What was waited for did not come. Says how far it had come."""


@dataclass(slots=True)
class Scene:
    database: str
    folder: Path  # where the processes' logs go
    platform: str
    session: aiohttp.ClientSession
    lanyards: dict[str, tuple[Process, str]] = field(default_factory=dict)  # name → process, address
    lease: float = LEASE
    kind: str = PLAIN
    tick: float = TICK

    async def start(self, name: str = "a", *, idle: bool = False) -> None:
        """Start a Lanyard and lead the platform's events to it too, once it listens."""
        options = ["--database", self.database, "--platform", self.platform, "--name", name, "--lease", str(self.lease)]
        options += ["--tick", str(self.tick)]
        options += ["--speaks", self.kind.partition("-")[0]] if self.kind != PLAIN else []
        process, port = await start_process(
            "tests.doubles.wire_lanyard", *options, *(["--idle"] if idle else []), log=self.folder / f"{name}.log"
        )
        self.lanyards[name] = process, f"http://127.0.0.1:{port}"
        await self._lead_events()

    async def kill(self, name: str = "a") -> None:
        """SIGKILL. The platform learns of it only by its deliveries failing."""
        process, _ = self.lanyards.pop(name)
        process.kill()
        await process.wait()

    async def ask(self, count: int, *, per_second: float = 20, copies: int = 1, seed: int = 0) -> None:
        """Let people begin to ask; returns at once."""
        body = {"count": count, "per_second": per_second, "copies": copies, "seed": seed}
        async with self.session.post(f"{self.platform}/control/ask", json=body) as response:
            response.raise_for_status()

    async def inject(self, shares: Mapping[Fault, float], *, seed: int = 0) -> None:
        """From now on, let this share of Lanyard's calls go wrong in each of these ways."""
        body = {"shares": shares, "seed": seed}
        async with self.session.put(f"{self.platform}/control/injected", json=body) as response:
            response.raise_for_status()

    async def until(self, *, within: float = 60, **figures: int) -> dict[str, Any]:
        """Wait until the platform's figures have been reached. Returns its report; raises TooLateError."""
        query = {"seconds": str(within), **{name.replace("_", " "): str(value) for name, value in figures.items()}}
        async with self.session.get(f"{self.platform}/control/wait", params=query) as response:
            report: dict[str, Any] = await response.json()
        if not report["met"]:
            report["nudges"] = len(report.get("nudges", ()))  # each of them, for whoever settles an account
            raise TooLateError(f"Waited {within} s for {figures}; the platform reports {report}")
        return report

    async def report(self) -> dict[str, Any]:
        return await self.until(within=5)

    async def settle(self, *, within: float = 60) -> dict[str, Any]:
        """The report once nothing waits in the inbox or the outbox: nothing more will be said."""
        store = Store(self.database)
        heard = unsaid = 0
        try:
            async with asyncio.timeout(within):
                while (heard := await store.inbox.pending()) + (unsaid := await store.outbox.pending()):
                    await self._next_interaction(within=0.2)
        except TimeoutError as error:
            raise TooLateError(
                f"After {within} s {heard} wait in the inbox and {unsaid} in the outbox; "
                f"the platform reports {await self.report()}"
            ) from error
        finally:
            await store.close()
        return await self.report()

    async def _next_interaction(self, *, within: float) -> None:
        seen = (await self.report())["counts"].get("interactions", 0)
        with suppress(TooLateError):
            await self.until(within=within, interactions=seen + 1)

    async def some_more(self, count: int, *, of: str = "interactions", within: float = 60) -> None:
        """Let so many more events and calls pass between the platform and Lanyard; or only "accepted", or "posts"."""
        seen = (await self.report())["counts"].get(of, 0)
        await self.until(within=within, **{of: seen + count})

    async def some_time(self, chance: random.Random, *, most: int = 40) -> None:
        """Until some point at random: amid what is taken in, or amid what is sent."""
        await self.some_more(chance.randint(1, most), of=chance.choice(("accepted", "posts", "posts")))

    async def _lead_events(self) -> None:
        addresses = [address for _, address in self.lanyards.values()]
        async with self.session.put(f"{self.platform}/control/lanyards", json=addresses) as response:
            response.raise_for_status()

    async def close(self) -> None:
        for process, _ in self.lanyards.values():
            process.kill()
            await process.wait()


@asynccontextmanager
async def open_scene(
    database: str, folder: Path, *, lease: float = LEASE, kind: str = PLAIN, tick: float = TICK
) -> AsyncIterator[Scene]:
    """`kind` is the platform: a plain one, or our Slack, with its events over HTTP or a socket."""
    module, *options = PLATFORMS[kind]
    process, port = await start_process(module, *options, log=folder / "platform.log")
    try:
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            scene = Scene(database, folder, f"http://127.0.0.1:{port}", session, lease=lease, kind=kind, tick=tick)
            try:
                yield scene
            finally:
                await scene.close()
    finally:
        process.kill()
        await process.wait()


async def start_process(module: str, *options: str, log: Path) -> tuple[Process, int]:
    """Start a module as a process; returns once it has said its port."""
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *options, stdin=PIPE, stdout=PIPE, stderr=errors
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_LIMIT):
            line = await process.stdout.readline()
        port = int(line)
    except (ValueError, TimeoutError) as error:
        process.kill()
        await process.wait()
        raise AssertionError(f"{module} did not start; {log} says why") from error
    return process, port
