"""The double goes wrong as Slack does: on demand, and at Slack's limits."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.slack import Fault, Slack, Wrong
from tests.doubles.slack.counterpart import refused


async def test_an_injected_429_says_when_to_come_again(slack: Slack, client: AsyncWebClient) -> None:
    slack.faults.add("chat.postMessage", Fault(wrong=Wrong.TOO_MANY, retry_after=7))
    answer = await refused(client.chat_postMessage(channel="C1", text="x"))
    await client.chat_postMessage(channel="C1", text="x")

    assert (answer.status_code, answer.headers["Retry-After"], answer["error"]) == (429, "7", "ratelimited")
    assert len(slack.messages("help")) == 1


@pytest.mark.parametrize(("wrong", "posted"), [(Wrong.DROPPED, 0), (Wrong.CLOSED, 1)])
async def test_a_dropped_connection_may_have_been_taken(
    slack: Slack, client: AsyncWebClient, wrong: Wrong, posted: int
) -> None:
    slack.faults.add("chat.postMessage", wrong)
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.chat_postMessage(channel="C1", text="x")

    assert len(slack.messages("help")) == posted


@pytest.mark.parametrize(("wrong", "posted"), [(Wrong.REFUSED, 0), (Wrong.FAILED, 1)])
async def test_a_server_error_may_have_been_taken(
    slack: Slack, client: AsyncWebClient, wrong: Wrong, posted: int
) -> None:
    slack.faults.add("*", wrong)
    answer = await refused(client.chat_postMessage(channel="C1", text="x"))

    assert answer.status_code == 503
    assert len(slack.messages("help")) == posted


async def test_a_slow_answer_waits_until_it_is_let_go(slack: Slack, client: AsyncWebClient) -> None:
    gate = asyncio.Event()
    fault = Fault(wrong=Wrong.SLOW, until=gate)
    slack.faults.add("chat.postMessage", fault)
    call = asyncio.ensure_future(client.chat_postMessage(channel="C1", text="x"))
    await fault.met.wait()
    assert len(slack.messages("help")) == 1
    assert not call.done()
    gate.set()

    assert (await call)["ok"]


async def test_slacks_limits_hold_on_the_doubles_clock(slack: Slack, client: AsyncWebClient) -> None:
    slack.limits.on = True
    await client.chat_postMessage(channel="C1", text="1")
    await client.chat_postMessage(channel="C2", text="another channel")
    answer = await refused(client.chat_postMessage(channel="C1", text="2"))
    await slack.advance(int(answer.headers["Retry-After"]))
    await client.chat_postMessage(channel="C1", text="2")
    for _ in range(20):
        await client.users_list()

    assert (await refused(client.users_list())).headers["Retry-After"] == "60"
