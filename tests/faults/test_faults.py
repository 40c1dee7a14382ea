"""Whatever breaks: every question that was acknowledged is answered, and none twice.

A platform double asks twenty questions a second, over HTTP, of a Lanyard that is a process of its own. The long form of
these stands in `benchmarks/faults.py`.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.wire_crowd import Fault
from tests.doubles.wire_postgresql import MortalPostgresql
from tests.doubles.wire_scene import Scene, open_scene
from tests.faults.conftest import exclusive_lock

pytestmark = pytest.mark.faults


def assert_each_answered_once(report: dict[str, Any], questions: int) -> None:
    assert report["asked"] == report["acknowledged"] == questions
    assert report["lost"] == []
    assert report["doubled"] == []
    assert report["strange"] == []


async def test_killing_the_process_at_any_point_loses_no_question_and_doubles_no_answer(scene: Scene) -> None:
    chance = random.Random(2)
    await scene.start()
    await scene.inject({Fault.SLOW: 0.5})  # so that many a kill falls into a call that has been taken
    await scene.ask(70)
    for _ in range(3):
        await scene.some_time(chance)
        await scene.kill()
        await scene.start()
    await scene.until(acknowledged=70, answered=70)
    assert_each_answered_once(await scene.settle(), 70)


async def test_events_that_come_three_times_and_out_of_order_are_answered_once(scene: Scene) -> None:
    await scene.start()
    await scene.ask(60, copies=3, seed=3)
    report = await scene.until(accepted=180)
    assert report["acknowledged"] == 60
    assert_each_answered_once(await scene.settle(), 60)


async def test_a_platform_that_refuses_breaks_off_and_is_slow_gets_each_answer_once(scene: Scene) -> None:
    shares = dict.fromkeys(Fault, 0.06)
    await scene.start()
    await scene.inject(shares, seed=4)
    await scene.ask(60)
    await scene.until(acknowledged=60, answered=60)
    report = await scene.settle()
    assert_each_answered_once(report, 60)
    assert set(shares) <= set(report["counts"]), "the chance of this seed left out a fault"
    assert report["counts"]["found"], "an answer that was taken before the connection broke was not looked for"


@pytest.mark.postgres
async def test_a_postgresql_server_that_crashes_under_load_costs_no_question(
    mortal_postgresql: MortalPostgresql, mortal_postgresql_url: str, tmp_path: Path
) -> None:
    async with open_scene(mortal_postgresql_url, tmp_path) as scene:
        await scene.start()
        await scene.inject({Fault.SLOW: 0.3})
        await scene.ask(60)
        for interactions in (30, 25):
            await scene.some_more(interactions)
            mortal_postgresql.crash()
            seen = (await scene.report())["counts"].get("delivered again", 0)
            await scene.until(delivered_again=seen + 5)  # the platform is told that we are busy, not that all is well
            mortal_postgresql.start()
        await scene.until(acknowledged=60, answered=60)
        assert_each_answered_once(await scene.settle(), 60)


async def test_a_sqlite_file_that_somebody_else_locks_costs_no_question(sqlite_url: str, tmp_path: Path) -> None:
    async with open_scene(sqlite_url, tmp_path) as scene:
        await scene.start()
        await scene.ask(60)
        await scene.some_more(30)
        with exclusive_lock(sqlite_url):
            await scene.until(delivered_again=3)
        await scene.until(acknowledged=60, answered=60)
        assert_each_answered_once(await scene.settle(), 60)


@pytest.mark.postgres
async def test_two_processes_on_one_postgresql_work_as_one_and_one_survives_the_other(
    postgresql_database_url: str, tmp_path: Path
) -> None:
    async with open_scene(postgresql_database_url, tmp_path) as scene:
        await asyncio.gather(scene.start("a"), scene.start("b"))
        await scene.inject({Fault.SLOW: 0.3})
        await scene.ask(80)
        report = await scene.until(answered=40)
        assert report["by"].keys() == {"a", "b"}
        await scene.kill("a")
        await scene.until(acknowledged=80, answered=80)
        assert_each_answered_once(await scene.settle(), 80)
