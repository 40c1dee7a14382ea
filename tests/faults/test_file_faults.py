"""A file that was sent, and a process that is killed while it fetches it: the next one reads it, and once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import func, select

from bot.store import Store
from bot.store import tables as t
from lanyard import sample_company
from tests.doubles.slack.clock import Clock
from tests.doubles.slack.double import Fault, Slack, Wrong
from tests.doubles.wire_scene import start_process

pytestmark = pytest.mark.faults

LEASE = 2.0  # seconds
TABLE = (
    b"title,body\n"
    b"Reset the scale,Hold both of its buttons until the display shows 0.\n"
    b"Order labels,Ask the stores for labels of roll 7714 by noon.\n"
)


@asynccontextmanager
async def open_company() -> AsyncIterator[Slack]:
    """The sample company's people on our Slack, which tells a Lanyard in another process how to talk to it."""
    slack = Slack(Clock(running=True))
    slack.add_team("Larkspur")
    for persona in sample_company.personas():
        sender = persona.sender
        slack.add_user(sender.id, real_name=sender.name, email=sender.email, tz=sender.time_zone)
    slack.install()

    async def environment(_request: web.Request) -> web.Response:
        settings = {name.lower(): value for name, value in slack.environment().items()}
        return web.json_response({"tenant": slack.team.id, "settings": settings})

    await slack.start(routes=[web.get("/control/environment", environment)])
    try:
        yield slack
    finally:
        await slack.stop()


async def start(slack: Slack, database: str, folder: Path) -> Any:
    options = ["--database", database, "--platform", slack.address, "--speaks", "slack", "--lease", str(LEASE)]
    process, port = await start_process("tests.doubles.wire_lanyard", *options, log=folder / "lanyard.log")
    slack.point_at(f"http://127.0.0.1:{port}/slack/events")
    return process


async def read(slack: Slack, words: str) -> int:
    """How often somebody reads these words, once they do. What people read changes by the app's calls alone."""
    hands, called = slack.user("leila"), asyncio.Event()
    slack.api.told = lambda _asked: called.set()
    async with asyncio.timeout(60):
        while not (found := sum(words in seen.text for seen in hands.reads())):
            await called.wait()
            called.clear()
    return found


async def test_killed_while_a_file_is_fetched_it_is_read_by_the_next_and_once(empty_url: str, tmp_path: Path) -> None:
    async with open_company() as slack:
        lanyard = await start(slack, empty_url, tmp_path)
        fetching = Fault(wrong=Wrong.SLOW, until=asyncio.Event())
        slack.faults.add("download", fetching)
        assert (await slack.user("leila").dm("", files={"table.csv": TABLE})).accepted
        await asyncio.wait_for(fetching.met.wait(), 60)
        lanyard.kill()
        await lanyard.wait()
        assert fetching.until is not None
        fetching.until.set()
        lanyard = await start(slack, empty_url, tmp_path)
        try:
            assert await read(slack, "I drafted 2 job aids from “table.csv”") == 1
            assert len(slack.calls_of("download")) == 2
            store = Store(empty_url)
            async with store.database.read() as db:
                drafts = select(func.count()).where(t.JobAid.source == "file")
                assert (await db.execute(drafts)).scalar_one() == 2
            await store.close()
        finally:
            lanyard.kill()
            await lanyard.wait()
