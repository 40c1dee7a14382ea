from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.adapters.harness import Core, Harness, OpenHarness

PLATFORMS = sorted(file.parent.name for file in Path(__file__).parent.glob("*/harness.py"))


@pytest.fixture
def core() -> Core:
    return Core()


@pytest.fixture(params=PLATFORMS)
async def chat(request: pytest.FixtureRequest, tmp_path: Path, core: Core) -> AsyncIterator[Harness]:
    open_harness: OpenHarness = importlib.import_module(f"tests.adapters.{request.param}.harness").open_harness
    async with open_harness(tmp_path, core) as harness:
        yield harness
