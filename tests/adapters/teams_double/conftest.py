"""A company on the double, a bot of no library that listens, and one that calls."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from tests.doubles.teams.double import Person, Teams, open_teams
from tests.doubles.teams.keys import SCOPE

NINE = 1_795_424_400.0


class Listener:
    """Answers what `answers` hold, first in, first out; then 200 without a body."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        self.answers: list[Any] = []

    async def hear(self, request: web.Request) -> web.Response:
        self.heard.append(json.loads(await request.read()))
        self.tokens.append(request.headers["Authorization"].removeprefix("Bearer "))
        answer = self.answers.pop(0) if self.answers else 200
        return web.Response(status=answer) if isinstance(answer, int) else web.json_response(answer)


class Caller:
    """The bot's own calls, made by hand."""

    def __init__(self, teams: Teams, session: aiohttp.ClientSession) -> None:
        self.teams = teams
        self.session = session
        self.token = ""

    async def sign_in(self, **changes: str) -> tuple[int, Any]:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.teams.app.id,
            "client_secret": self.teams.app.secret,
            "scope": SCOPE,
        } | changes
        url = f"{self.teams.address}/{self.teams.tenant}/oauth2/v2.0/token"
        async with self.session.post(url, data=form) as response:
            answer = await response.json()
            self.token = answer.get("access_token", "")
            return response.status, answer

    async def call(self, method: str, *path: str, body: Any = None) -> tuple[int, Any]:
        steps = "/".join(quote(step, safe="?&=") for step in path)
        url = URL(f"{self.teams.connector.service_url}v3/{steps}", encoded=True)
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.session.request(method, url, json=body, headers=headers) as response:
            text = await response.text()
            return response.status, json.loads(text) if text else None

    async def send(self, conversation: str, **activity: Any) -> tuple[int, Any]:
        given = {"type": "message", **activity}
        return await self.call("POST", "conversations", conversation, "activities", body=given)


@pytest.fixture
async def teams() -> AsyncIterator[Teams]:
    async with open_teams(start=NINE) as teams:
        teams.add_user("amara", name="Amara Obi", email="amara@copper.example", time_zone="Africa/Lagos")
        teams.add_user("bruno", name="Bruno Keller")
        teams.add_user("chen", name="Chen Wu", installed=False)
        team = teams.add_team("Copper Kettle", "amara", "bruno", "chen", channels=["help"])
        teams.add_team("Elsewhere", "bruno")
        await teams.install(team)
        yield teams


@pytest.fixture
def amara(teams: Teams) -> Person:
    return teams.user("amara")


@pytest.fixture
async def bot(teams: Teams) -> AsyncIterator[Listener]:
    listener = Listener()
    application = web.Application()
    application.router.add_post("/api/messages", listener.hear)
    async with TestServer(application) as server:
        teams.point_at(str(server.make_url("/api/messages")))
        yield listener


@pytest.fixture
async def caller(teams: Teams) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        caller = Caller(teams, session)
        await caller.sign_in()
        yield caller
