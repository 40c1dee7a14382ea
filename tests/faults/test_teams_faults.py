"""The same through Teams's wire, where nothing can be read back: nothing is lost, and what comes again says so.

The long form of this stands in `benchmarks/faults.py`: `--platform teams`.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.doubles.wire_crowd import Fault
from tests.doubles.wire_scene import TEAMS, open_scene
from tests.faults.test_faults import assert_each_answered_once

pytestmark = pytest.mark.faults


async def test_killed_amid_faults_teams_is_answered_each_question_and_a_repetition_says_so(
    empty_url: str, tmp_path: Path
) -> None:
    chance = random.Random(5)
    async with open_scene(empty_url, tmp_path, kind=TEAMS) as scene:
        await scene.start()
        await scene.inject(dict.fromkeys(Fault, 0.04) | {Fault.SLOW: 0.2}, seed=5)
        await scene.ask(40, per_second=6)
        for _ in range(3):
            await scene.some_time(chance, most=12)
            await scene.kill()
            await scene.start()
        await scene.until(acknowledged=40, answered=40, within=120)
        report = await scene.settle(within=120)
    assert_each_answered_once(report, 40)
    assert report["private"] > 0
    assert report["repeated"] > 0
    assert report["counts"][Fault.SLOW] > 0
