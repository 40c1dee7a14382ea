"""A company on the double, and an app of Slack's own library that listens."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.slack import Person, Slack, open_slack
from tests.doubles.slack.counterpart import NINE, Listener, SocketApp


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with open_slack(start=NINE) as slack:
        slack.add_team("Copper Kettle", as_id="T1")
        slack.add_user("amara", real_name="Amara Obi", tz="Africa/Lagos")
        slack.add_user("bruno", real_name="Bruno Keller")
        slack.add_channel("help", "amara", "bruno", as_id="C1")
        slack.add_channel("closed", "amara", as_id="C2", private=True)
        slack.install()
        slack.add_channel("elsewhere", "bruno", as_id="C3", bot=False)
        slack.add_channel("hidden", "bruno", as_id="C4", private=True, bot=False)
        yield slack


@pytest.fixture
def amara(slack: Slack) -> Person:
    return slack.user("amara")


@pytest.fixture
async def app(slack: Slack) -> AsyncIterator[Listener]:
    listener = Listener(slack.app.signing_secret)
    application = web.Application()
    application.router.add_post("/slack/events", listener.hear)
    async with TestServer(application) as server:
        slack.point_at(str(server.make_url("/slack/events")))
        yield listener


@pytest.fixture
def client(slack: Slack) -> AsyncWebClient:
    return AsyncWebClient(slack.world.installations[0].token, base_url=slack.api_url, retry_handlers=[])


@pytest.fixture
async def socket(slack: Slack) -> AsyncIterator[SocketApp]:
    slack.app.socket_mode = True
    app = SocketApp(slack)
    await app.client.connect()  # type: ignore[no-untyped-call]
    await slack.sockets.connected()
    yield app
    await app.client.disconnect()  # type: ignore[no-untyped-call]
    await app.client.close()  # type: ignore[no-untyped-call]
