"""What every test may ask for. A test that takes `url`, `store` or `talk` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from bot.messages import Scope, Sender
from bot.store import Store
from lanyard import sample_company
from tests.databases import (
    SAMPLE_LOADED_AT,
    Databases,
    PostgresqlDatabases,
    SqliteDatabases,
    postgresql_server,
)
from tests.doubles.memory import MemoryPlatform, Room
from tests.journeys.dialogue import Clock, Dialogue

# No test is timed. Beneath it stays whatever Hypothesis chose for where it runs.
settings.register_profile("untimed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

structlog.configure(processors=[structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    with postgresql_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_databases(postgresql_url: str) -> Iterator[Databases]:
    databases = PostgresqlDatabases(postgresql_url)
    yield databases
    databases.drop_all()


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a language model that is real in every part but size."""
    from tests.doubles.tiny_model import make_tiny_model

    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def databases(request: pytest.FixtureRequest) -> Databases:
    found: Databases = request.getfixturevalue(f"{request.param}_databases")
    return found


@pytest.fixture
def empty_url(databases: Databases) -> Iterator[str]:
    """A database with the tables of today and nothing in them."""
    url = databases.fresh("empty")
    yield url
    databases.drop(url)


@pytest.fixture
def sample_url(databases: Databases) -> Iterator[str]:
    """A database with the sample company in it, on the platform in memory."""
    url = databases.fresh("sample")
    yield url
    databases.drop(url)


@pytest.fixture
async def store(empty_url: str) -> AsyncIterator[Store]:
    store = Store(empty_url)
    yield store
    await store.close()


@pytest.fixture
def clock() -> Clock:
    return Clock(SAMPLE_LOADED_AT)


@pytest.fixture
def platform() -> MemoryPlatform:
    return sample_platform()


@pytest.fixture
async def talk(sample_url: str, platform: MemoryPlatform, clock: Clock) -> AsyncIterator[Dialogue]:
    """A dialogue with Lanyard at the sample company, on Monday at nine."""
    store = Store(sample_url)
    yield Dialogue(store, platform, clock)
    await store.close()


def sample_platform() -> MemoryPlatform:
    people: list[Sender] = [persona.sender for persona in sample_company.personas()]
    rooms = {
        channel.id: Room(channel.name, set(channel.members), closed=channel.scope is Scope.PRIVATE)
        for channel in sample_company.channels()
    }
    return MemoryPlatform(people, rooms)
