"""Slack's own Socket Mode client connects to the double."""

from __future__ import annotations

import asyncio

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.slack import Person, Slack
from tests.doubles.slack.counterpart import MODAL, SocketApp, refused
from tests.doubles.slack.sockets import MOST_CONNECTIONS


async def test_events_and_interactions_pass_over_the_socket(
    slack: Slack, socket: SocketApp, client: AsyncWebClient, amara: Person
) -> None:
    assert (await amara.dm("Hello")).accepted
    deed = await amara.command("/ask", "x")
    await client.views_open(trigger_id=deed.trigger_id or "", view=MODAL)
    socket.answers = [{"response_action": "errors", "errors": {"words": "Too curt."}}]
    await amara.submit({"Your answer": "No"})

    assert [request.type for request in socket.heard] == ["events_api", "slash_commands", "interactive"]
    assert [request.accepts_response_payload for request in socket.heard] == [False, True, True]
    assert "Too curt." in amara.reads_view().text


async def test_a_bot_token_opens_no_socket(slack: Slack, client: AsyncWebClient) -> None:
    slack.app.socket_mode = True
    answer = await refused(client.apps_connections_open(app_token=slack.world.installations[0].token))

    assert answer["error"] == "not_allowed_token_type"


async def test_an_envelope_unacknowledged_on_a_broken_connection_goes_to_another(
    slack: Slack, socket: SocketApp, amara: Person
) -> None:
    (first,) = await slack.sockets.connected()
    first.deaf = True
    saying = asyncio.ensure_future(amara.dm("Hello"))
    await first.used.wait()
    slack.sockets.drop(first)
    deed = await saying

    assert deed.accepted
    assert [request.payload["event"]["text"] for request in socket.heard] == ["Hello"]


async def test_an_unacknowledged_event_comes_again_with_its_number(
    slack: Slack, socket: SocketApp, amara: Person
) -> None:
    slack.sockets.ack_limit = 0.3
    socket.acknowledges = False
    deed = await amara.dm("Hello")
    assert [request.retry_attempt for request in socket.heard] == [0, 1]
    socket.acknowledges = True
    slack.sockets.ack_limit = 3
    await slack.advance(60)

    assert deed.accepted
    assert (socket.heard[-1].retry_attempt, socket.heard[-1].retry_reason) == (2, "timeout")


async def test_a_connection_is_refreshed_without_losing_an_event(
    slack: Slack, socket: SocketApp, amara: Person
) -> None:
    (first,) = await slack.sockets.connected()
    await slack.sockets.refresh(first)
    await slack.sockets.connected()

    assert (await amara.dm("Hello")).accepted
    assert first not in slack.sockets.connections


async def test_a_silent_connection_answers_no_ping(slack: Slack, socket: SocketApp) -> None:
    (first,) = await slack.sockets.connected()
    first.silent = True
    await asyncio.wait_for(first.closed.wait(), 10)  # slack_sdk misses the pongs and goes
    (second,) = await slack.sockets.connected()

    assert second is not first


async def test_an_eleventh_connection_is_refused(slack: Slack) -> None:
    slack.app.socket_mode = True
    web_client = AsyncWebClient(base_url=slack.api_url)
    async with aiohttp.ClientSession() as session:
        sockets = []
        for _ in range(MOST_CONNECTIONS + 1):
            url = (await web_client.apps_connections_open(app_token=slack.app.app_token))["url"]
            sockets.append(await session.ws_connect(url))
        said = [await socket.receive_json() for socket in sockets]
        for socket in sockets:
            await socket.close()

    assert [one["type"] for one in said] == ["hello"] * MOST_CONNECTIONS + ["disconnect"]
    assert said[-1]["reason"] == "too_many_websockets"
    assert said[MOST_CONNECTIONS - 1]["num_connections"] == MOST_CONNECTIONS
