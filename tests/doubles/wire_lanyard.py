"""A real Lanyard, in a process of its own, on the platform of `wire_platform`; prints the port it listens on.

python -m tests.doubles.wire_lanyard --database URL --platform http://127.0.0.1:PORT [--name a] [--lease 3] [--idle]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import migrations
from bot.store import Store
from lanyard import app as house
from lanyard import logs, sample_company
from lanyard.config import Settings, read_settings
from tests.doubles.wire import PLATFORM, TENANT, WirePlatform
from tests.doubles.wire_stdin import end_with_parent


async def main(given: argparse.Namespace) -> None:
    settings = read_settings(
        database_url=given.database,
        data_dir=Path(tempfile.gettempdir()),
        port=0,
        platforms=(),
        lease_seconds=given.lease,
        log_level="info",
        log_format="json",
    )
    logs.set_up(settings)
    await _load_sample(given.database)
    wire = WirePlatform(given.platform, by=given.name)
    serving = asyncio.create_task(_serve_idle(settings, wire) if given.idle else _serve(settings, wire))
    parent = asyncio.create_task(end_with_parent())
    await asyncio.wait([serving, parent], return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await serving


async def _load_sample(database: str) -> None:
    store = Store(database)
    try:
        await migrations.upgrade(store.database.engine)
        await sample_company.load_if_new(store, platform=PLATFORM, tenant=TENANT, sample=True)
    finally:
        await store.close()


async def _serve(settings: Settings, wire: WirePlatform) -> None:
    async with house.run(settings, connected=[wire]) as lanyard:
        await house.serve(lanyard, settings, ready=_say_port)


async def _serve_idle(settings: Settings, wire: WirePlatform) -> None:
    """Takes in and acknowledges, and leaves the work undone: for measuring the door alone."""
    store = Store(settings.database())
    lanyard = house.build(store, [wire], now=lambda: datetime.now(UTC), tick=timedelta(seconds=1))
    wire.bind(lanyard.conversation.receive)
    await house.serve(lanyard, settings, ready=_say_port)
    await store.close()


def _say_port(port: int) -> None:
    print(port, flush=True)  # noqa: T201 — the driver reads it


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--platform", required=True)
    parser.add_argument("--name", default="a")
    parser.add_argument("--lease", type=float, default=3)
    parser.add_argument("--idle", action="store_true", help="no workers, no delivery, no clock")
    asyncio.run(main(parser.parse_args()))
