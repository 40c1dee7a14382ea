"""A real Lanyard, in a process of its own, on the platform of `wire_platform`; prints the port it listens on.

python -m tests.doubles.wire_lanyard --database URL --platform http://127.0.0.1:PORT [--name a] [--idle]

`--lease` and `--tick` are those of the settings, in seconds.

With `--speaks slack` or `teams` the platform is that of `wire_slack` or `wire_teams`, and Lanyard talks to it by its
own adapter.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

import adapters.slack as slack_adapter
import migrations
from bot.store import Store
from bot.store.intake import GATHERING
from lanyard import app as house
from lanyard import logs, loop, sample_company, teams
from lanyard.config import Settings, read_settings
from tests.doubles.wire import PLATFORM, TENANT, WirePlatform, tell_cost
from tests.doubles.wire_stdin import end_with_parent


async def main(given: argparse.Namespace) -> None:
    told = await _ask_platform(given.platform) if given.speaks else {}
    settings = read_settings(
        database_url=given.database,
        data_dir=Path(tempfile.gettempdir()),
        port=0,
        platforms=(given.speaks,) if given.speaks else (),
        lease_seconds=given.lease,
        tick_seconds=given.tick,
        log_level="info",
        log_format="json",
        **told.get("settings", {}),
    )
    logs.set_up(settings)
    platform, tenant = (given.speaks, told["tenant"]) if given.speaks else (PLATFORM, TENANT)
    await _load_sample(given.database, platform, tenant)
    connected: list[house.Connected] = [] if given.speaks else [WirePlatform(given.platform, by=given.name)]
    serve = _serve_idle if given.idle else _serve
    serving = asyncio.create_task(serve(settings, connected))
    parent = asyncio.create_task(end_with_parent())
    await asyncio.wait([serving, parent], return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await serving


async def _ask_platform(address: str) -> dict[str, Any]:
    async with aiohttp.ClientSession() as session, session.get(f"{address}/control/environment") as response:
        told: dict[str, Any] = await response.json()
    return told


async def _load_sample(database: str, platform: str, tenant: str) -> None:
    store = Store(database)
    try:
        await migrations.upgrade(store.database.engine)
        await sample_company.load_if_new(store, platform=platform, tenant=tenant, sample=True)
    finally:
        await store.close()


async def _serve(settings: Settings, connected: Sequence[house.Connected]) -> None:
    async with house.run(settings, connected=connected) as lanyard:
        lanyard.app.add_routes([web.get("/wire/cost", tell_cost)] if settings.platforms else [])
        await house.serve(lanyard, settings, ready=_say_port)


async def _serve_idle(settings: Settings, connected: Sequence[house.Connected]) -> None:
    """Takes in and acknowledges, and leaves the work undone: for measuring the door alone."""
    store = Store(settings.database(), gathering=GATHERING)
    platforms = connected or [_connect(settings, store)]
    lanyard = house.build(store, platforms, now=lambda: datetime.now(UTC), tick=timedelta(seconds=1))
    for platform in platforms:
        platform.bind(lanyard.conversation.receive)
        await platform.start()
    lanyard.app.add_routes([] if connected else [web.get("/wire/cost", tell_cost)])
    await house.serve(lanyard, settings, ready=_say_port)
    for platform in platforms:
        await platform.stop()
    await store.close()


def _connect(settings: Settings, store: Store) -> house.Connected:
    if "teams" in settings.platforms:
        return teams.connect(settings, store)
    return slack_adapter.connect(
        now=lambda: datetime.now(UTC),
        bot_token=settings.slack_bot_token,
        signing_secret=settings.slack_signing_secret,
        app_token=settings.slack_app_token,
        api_url=settings.slack_api_url,
        gathering=slack_adapter.GATHERING,
    )


def _say_port(port: int) -> None:
    print(port, flush=True)  # noqa: T201 — the driver reads it


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--platform", required=True)
    parser.add_argument("--name", default="a")
    parser.add_argument("--lease", type=float, default=3)
    parser.add_argument("--tick", type=float, default=1)
    parser.add_argument("--speaks", choices=["slack", "teams"], help="the platform is our Slack, or our Teams")
    parser.add_argument("--idle", action="store_true", help="no workers, no delivery, no clock")
    loop.run(main(parser.parse_args()))
