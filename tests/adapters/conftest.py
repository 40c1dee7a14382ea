from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from bot.store import Store
from bot.store import tables as t
from tests.adapters.chat import Chat
from tests.adapters.companies import LACKS, open_chat
from tests.adapters.companies import PLATFORMS as COMPANIES
from tests.adapters.expert_steps import PEOPLE
from tests.adapters.harness import Core, Harness, Lacks, OpenHarness
from tests.databases import Databases
from tests.doubles.memory import PLATFORM as MEMORY
from tests.journeys.dialogue import Clock

PLATFORMS = sorted(file.parent.name for file in Path(__file__).parent.glob("*/harness.py"))


@pytest.fixture
def core() -> Core:
    return Core()


def lacking(platform: str) -> Lacks:
    return getattr(importlib.import_module(f"tests.adapters.{platform}.harness"), "LACKS", frozenset())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each promise is asked of every platform that has what it is about: `asks_for` names that."""
    wanted = {name for marker in metafunc.definition.iter_markers("asks_for") for name in marker.args}
    for fixture, platforms, missing in (("chat", PLATFORMS, {}), ("wire", COMPANIES, LACKS)):
        if fixture in metafunc.fixturenames:
            able = [one for one in platforms if not wanted & (lacking(one) | missing.get(one, frozenset()))]
            metafunc.parametrize(fixture, able, indirect=True)


@pytest.fixture
def lacks(request: pytest.FixtureRequest) -> Lacks:
    return lacking(request.node.callspec.params["chat"])


@pytest.fixture
async def chat(request: pytest.FixtureRequest, tmp_path: Path, core: Core) -> AsyncIterator[Harness]:
    open_harness: OpenHarness = importlib.import_module(f"tests.adapters.{request.param}.harness").open_harness
    async with open_harness(tmp_path, core) as harness:
        yield harness


@pytest.fixture
def one_url(sqlite_databases: Databases) -> Iterator[str]:
    url = sqlite_databases.fresh("sample")
    yield url
    sqlite_databases.drop(url)


@pytest.fixture
async def wire(request: pytest.FixtureRequest, one_url: str, clock: Clock, tmp_path: Path) -> AsyncIterator[Chat]:
    store = Store(one_url)
    try:
        async with open_chat(request.param, store, clock, folder=tmp_path, heard=PEOPLE) as wire:
            # The sample's people are known from another platform too, on which nobody listens here.
            async with store.database.write() as db:
                await db.execute(delete(t.Identity).where(t.Identity.platform == MEMORY))
            yield wire
    finally:
        await store.close()
