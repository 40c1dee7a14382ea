"""Whatever breaks: every nudge that falls due arrives, and none twice.

Four Lanyards, each a process of its own, work on one database. The long form of this stands in
`benchmarks/campaign_faults.py`.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from bot.store import Store
from tests.databases import PostgresqlDatabases
from tests.doubles.wire_crowd import Fault
from tests.doubles.wire_learners import enrol_learners
from tests.doubles.wire_postgresql import MortalPostgresql
from tests.doubles.wire_scene import Scene, open_scene

pytestmark = pytest.mark.faults

REPLICAS = ("a", "b", "c", "d")
OFTEN = 0.2  # seconds between two ticks
PORTION = 40


@pytest.fixture
def url_of_its_own(mortal_postgresql: MortalPostgresql) -> str:
    return PostgresqlDatabases(mortal_postgresql.url).fresh("empty")


async def start_all(scene: Scene) -> None:
    first, *others = REPLICAS
    await scene.start(first)  # it alone makes the workspace known
    await asyncio.gather(*(scene.start(name) for name in others))


async def test_killing_one_of_four_replicas_at_any_point_loses_no_nudge_and_doubles_none(
    empty_url: str, tmp_path: Path
) -> None:
    chance = random.Random(7)
    store = Store(empty_url)
    async with open_scene(empty_url, tmp_path, tick=OFTEN) as scene:
        await start_all(scene)
        learners = await enrol_learners(store, campaigns=4, learners=PORTION)
        await scene.inject(dict.fromkeys(Fault, 0.04) | {Fault.SLOW: 0.3}, seed=7)
        for name in chance.choices(REPLICAS, k=3):
            await learners.let_fall_due(PORTION)
            await scene.some_more(chance.randint(1, PORTION // 2), of="posts")
            await scene.kill(name)
            await scene.start(name)
        await learners.let_fall_due(PORTION)
        await scene.until(nudged=learners.waiting)
        account = await learners.settle(await scene.settle())
    await store.close()
    assert account.faults == ()
    assert account.arrived == learners.waiting


@pytest.mark.postgres
async def test_a_postgresql_server_that_crashes_amid_a_campaign_costs_no_nudge(
    mortal_postgresql: MortalPostgresql, url_of_its_own: str, tmp_path: Path
) -> None:
    store = Store(url_of_its_own)
    async with open_scene(url_of_its_own, tmp_path, tick=OFTEN) as scene:
        await start_all(scene)
        learners = await enrol_learners(store, campaigns=3, learners=PORTION)
        await scene.inject({Fault.SLOW: 0.3}, seed=8)
        for posts in (1, 15):
            await learners.let_fall_due(PORTION)
            await scene.some_more(posts, of="posts")
            mortal_postgresql.crash()
            await scene.ask(5)
            seen = (await scene.report())["counts"].get("delivered again", 0)
            await scene.until(delivered_again=seen + 5)  # the replicas have found out
            mortal_postgresql.start()
        await learners.let_fall_due(PORTION)
        await scene.until(nudged=learners.waiting, acknowledged=10, answered=10)
        report = await scene.settle()
        account = await learners.settle(report)
    await store.close()
    assert account.faults == ()
    assert account.arrived == learners.waiting
    assert report["acknowledged"] == 10
    assert report["lost"] == report["doubled"] == []
