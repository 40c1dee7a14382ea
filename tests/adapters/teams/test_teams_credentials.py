"""The bot's own token: who waits for it, how long it is used, and where it is not written."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.teams import ManagedIdentity, Secret
from adapters.teams.credentials import BotToken
from bot.messages import TryLater

HOUR = 3600


class Directory:
    """Gives `token-1`, `token-2`, … once it may; with another `status`, nothing."""

    def __init__(self) -> None:
        self.asked = 0
        self.status = 200
        self.begun = asyncio.Event()
        self.may = asyncio.Event()
        self.may.set()

    async def give(self, _request: web.Request) -> web.Response:
        self.asked += 1
        number = self.asked
        self.begun.set()
        await self.may.wait()
        if self.status != 200:
            return web.json_response({"error": "out of order"}, status=self.status)
        return web.json_response({"access_token": f"token-{number}", "expires_in": HOUR})

    def close(self) -> None:
        self.may.clear()
        self.begun.clear()


class Stage:
    def __init__(self, directory: Directory, session: aiohttp.ClientSession, url: str) -> None:
        self.directory = directory
        self.now = 0.0
        self._session = session
        proof = Secret(app_id="app", secret="nobody-may-read-this", token_url=url, scope="s/.default")
        self.token = BotToken(proof, clock=lambda: self.now)

    async def get(self) -> str | None:
        return await self.token.get(self._session)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    directory = Directory()
    app = web.Application()
    app.router.add_post("/token", directory.give)
    async with TestServer(app, host="127.0.0.1") as server, aiohttp.ClientSession() as session:
        stage = Stage(directory, session, str(server.make_url("/token")))
        yield stage
        directory.may.set()
        await stage.token.stop()


async def test_all_who_wait_for_a_token_wait_for_one_answer_and_fail_together(stage: Stage) -> None:
    stage.directory.close()
    waiting = [asyncio.create_task(stage.get()) for _ in range(5)]
    await stage.directory.begun.wait()
    stage.directory.status = 500
    stage.directory.may.set()
    answers: list[Any] = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(answer) for answer in answers] == [TryLater] * 5
    assert stage.directory.asked == 1


async def test_one_who_goes_away_leaves_the_others_their_token(stage: Stage) -> None:
    stage.directory.close()
    first, second = asyncio.create_task(stage.get()), asyncio.create_task(stage.get())
    await stage.directory.begun.wait()
    first.cancel()
    stage.directory.may.set()
    assert await second == "token-1"
    assert first.cancelled()
    assert stage.directory.asked == 1


async def test_nobody_waits_for_another_token_while_the_last_is_good(stage: Stage) -> None:
    assert await stage.get() == "token-1"
    stage.now = HOUR - 200
    stage.directory.close()
    assert [await stage.get(), await stage.get()] == ["token-1", "token-1"]
    await stage.directory.begun.wait()
    stage.directory.may.set()
    stage.now = HOUR + 1
    assert await stage.get() == "token-2"
    assert stage.directory.asked == 2


async def test_a_token_that_cannot_be_renewed_is_used_to_its_end_and_no_longer(stage: Stage) -> None:
    assert await stage.get() == "token-1"
    stage.directory.status = 503
    for at in (HOUR - 200, HOUR - 100, HOUR - 1):
        stage.now = at
        assert await stage.get() == "token-1"
    stage.now = HOUR
    with pytest.raises(TryLater):
        await stage.get()
    stage.directory.status = 200
    assert str(await stage.get()).startswith("token-")


async def test_a_token_that_the_connector_did_not_take_is_not_used_again(stage: Stage) -> None:
    stage.token.forget(await stage.get())
    stage.token.forget("token-1")  # of another call, which had it too
    assert await stage.get() == "token-2"


async def test_whoever_waits_while_lanyard_stops_is_told_to_try_later(stage: Stage) -> None:
    stage.directory.close()
    waiting = asyncio.create_task(stage.get())
    await stage.directory.begun.wait()
    await stage.token.stop()
    with pytest.raises(TryLater):
        await waiting


async def test_neither_secret_nor_token_is_written_anywhere(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = await stage.get()
    stage.directory.status = 401
    stage.now = HOUR
    with pytest.raises(TryLater) as caught:
        await stage.get()
    identity = ManagedIdentity(app_id="a", scope="s", endpoint="http://127.0.0.1/", header="nobody-may-read-this")
    secret = Secret(app_id="a", secret="nobody-may-read-this", token_url="http://127.0.0.1/", scope="s")
    seen = [caplog.text, str(caught.value), *map(repr, (stage.token, identity, secret))]
    seen += [repr(identity.request()), repr(secret.request())]
    assert all("nobody-may-read-this" not in text and str(token) not in text for text in seen)
