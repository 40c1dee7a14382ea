"""Lanyard behind its address, and a browser on its pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from bot.store import Store
from tests.doubles.memory import MemoryPlatform
from tests.journeys.dialogue import Clock, Dialogue
from tests.pages.browsing import BASE, Browser


@pytest.fixture
async def talk(sample_url: str, platform: MemoryPlatform, clock: Clock) -> AsyncIterator[Dialogue]:
    store = Store(sample_url)
    yield Dialogue(store, platform, clock, address=BASE)
    await store.close()


@pytest.fixture
async def client(talk: Dialogue) -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(talk.house.app, host="127.0.0.1"), cookie_jar=CookieJar(unsafe=True)) as client:
        client.session.cookie_jar.clear()
        yield client


@pytest.fixture
def browser(client: TestClient[Any, Any]) -> Browser:
    return Browser(client)
