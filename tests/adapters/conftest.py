from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.adapters.harness import Core, Harness, Lacks, OpenHarness

PLATFORMS = sorted(file.parent.name for file in Path(__file__).parent.glob("*/harness.py"))


@pytest.fixture
def core() -> Core:
    return Core()


def lacking(platform: str) -> Lacks:
    return getattr(importlib.import_module(f"tests.adapters.{platform}.harness"), "LACKS", frozenset())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each promise is asked of every platform that has what it is about: `asks_for` names that."""
    if "chat" in metafunc.fixturenames:
        wanted = {name for marker in metafunc.definition.iter_markers("asks_for") for name in marker.args}
        metafunc.parametrize("chat", [one for one in PLATFORMS if not wanted & lacking(one)], indirect=True)


@pytest.fixture
def lacks(request: pytest.FixtureRequest) -> Lacks:
    return lacking(request.node.callspec.params["chat"])


@pytest.fixture
async def chat(request: pytest.FixtureRequest, tmp_path: Path, core: Core) -> AsyncIterator[Harness]:
    open_harness: OpenHarness = importlib.import_module(f"tests.adapters.{request.param}.harness").open_harness
    async with open_harness(tmp_path, core) as harness:
        yield harness
