"""What a supervisor asks: alive, ready, and how much."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from bot import metrics
from bot.pages import health
from bot.store import Store

Pages = Callable[[Any], Awaitable[TestClient[Any, Any]]]


@pytest.fixture
def stopping() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def pages(stopping: asyncio.Event) -> AsyncIterator[Pages]:
    """The pages over a store, asked as a supervisor would."""
    clients: list[TestClient[Any, Any]] = []

    async def open_pages(store: Any) -> TestClient[Any, Any]:
        app = web.Application()
        app.add_routes(health.routes(store, stopping=stopping))
        client = TestClient(TestServer(app, host="127.0.0.1"))
        await client.start_server()
        clients.append(client)
        return client

    yield open_pages
    for client in clients:
        await client.close()


async def test_a_lanyard_with_its_database_is_alive_and_ready(pages: Pages, store: Store) -> None:
    client = await pages(store)

    alive, ready = await client.get("/healthz"), await client.get("/readyz")

    assert (alive.status, await alive.json()) == (200, {"status": "alive"})
    assert (ready.status, await ready.json()) == (200, {"status": "ready"})


@pytest.mark.parametrize("url", ["postgresql://lanyard:x@127.0.0.1:1/lanyard", "sqlite:///{folder}"])
async def test_without_its_database_it_is_alive_but_not_ready(pages: Pages, tmp_path: Path, url: str) -> None:
    store = Store(url.format(folder=tmp_path))
    client = await pages(store)

    alive, ready = await client.get("/healthz"), await client.get("/readyz")
    await store.close()

    assert alive.status == 200
    assert (ready.status, await ready.json()) == (503, {"status": "database does not answer"})


class SilentStore:
    """A database behind a cable that was cut: it refuses nothing and says nothing."""

    async def is_alive(self) -> bool:
        await asyncio.Event().wait()
        return True


async def test_a_database_that_says_nothing_at_all_is_not_waited_for(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0)
    client = await pages(SilentStore())

    ready = await client.get("/readyz")

    assert (ready.status, await ready.json()) == (503, {"status": "database does not answer"})


async def test_one_that_is_stopping_asks_for_no_more_work(pages: Pages, store: Store, stopping: asyncio.Event) -> None:
    client = await pages(store)
    stopping.set()

    alive, ready = await client.get("/healthz"), await client.get("/readyz")

    assert alive.status == 200
    assert (ready.status, await ready.json()) == (503, {"status": "stopping"})


async def test_metrics_are_prometheus_and_count_no_person(pages: Pages, store: Store) -> None:
    client = await pages(store)
    before = await _samples(client)
    metrics.received.labels("web", "said").inc()

    after = await _samples(client)

    key = ("lanyard_inbound_total", "said", "web")  # labels in the order of their names
    assert after[key] == before.get(key, 0) + 1
    assert ("lanyard_inbox_pending",) in after
    ours = [family for family in text_string_to_metric_families(await _text(client)) if "lanyard" in family.name]
    labels = {label for family in ours for sample in family.samples for label in sample.labels}
    assert labels <= {"platform", "kind", "decision", "outcome", "lane", "model", "le"}


async def _text(client: TestClient[Any, Any]) -> str:
    answer = await client.get("/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    return await answer.text()


async def _samples(client: TestClient[Any, Any]) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(await _text(client))
    return {
        (one.name, *(value for _, value in sorted(one.labels.items()))): one.value
        for family in families
        for one in family.samples
    }
