"""The double runs by itself, driven by JSON, and by people through its window."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.slack import Slack
from tests.doubles.slack.clock import Clock
from tests.doubles.slack.control import control_routes
from tests.doubles.slack.counterpart import HELPED, MODAL, NINE, section
from tests.doubles.slack.window import window_routes


async def test_it_runs_alone_and_says_how_to_point_lanyard_at_it() -> None:
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "tests.doubles.slack", "--port", "0"]
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(30):
        while "SLACK_BOT_TOKEN" not in said:
            line = (await process.stdout.readline()).decode()
            assert line, said
            said += line
        settings = dict(re.findall(r"export (\w+)=(\S+)", said))
        client = AsyncWebClient(settings["SLACK_BOT_TOKEN"], base_url=settings["SLACK_API_URL"])
        people = {one["name"]: one for one in (await client.users_list())["members"]}
        await client.chat_postMessage(channel=people["amara"]["id"], text="Good morning")
        control = settings["SLACK_API_URL"].replace("/api/", "/control/people/amara")
        async with aiohttp.ClientSession() as session:
            async with session.post(control + "/dm", json={"text": "Good morning to you"}) as response:
                deed = await response.json()
            async with session.get(control + "/reads") as response:
                read = [seen["text"] for seen in await response.json()]
        process.stdin.close()
        status = await process.wait()

    assert deed["accepted"] is False  # no Lanyard listens
    assert read == ["Good morning", "Good morning to you"]
    assert status == 0


@pytest.fixture
async def open_to_people() -> AsyncIterator[Slack]:
    slack = Slack(Clock(NINE))
    slack.add_team("Copper Kettle")
    slack.add_user("amara", real_name="Amara <Obi>")
    slack.add_channel("help", "amara", as_id="C1")
    slack.install()
    await slack.start(routes=[*control_routes(slack), *window_routes(slack)])
    yield slack
    await slack.stop()


async def test_the_window_shows_what_a_person_sees_and_lets_them_act(open_to_people: Slack) -> None:
    slack, amara = open_to_people, open_to_people.user("amara")
    client = AsyncWebClient(slack.world.installations[0].token, base_url=slack.api_url)
    await client.chat_postEphemeral(channel="C1", user=amara.id, text="x", blocks=[section("a &lt;b&gt; c"), HELPED])
    trigger = slack.world.new_trigger(amara.user)
    await client.views_open(trigger_id=trigger, view=MODAL)
    act = {"as": amara.id, "in": "C1"}
    async with aiohttp.ClientSession() as session:
        async with session.post(slack.address + "/act", data=act | {"do": "say", "text": "Is it <free>?"}) as response:
            page = await response.text()
        async with session.post(slack.address + "/act", data=act | {"do": "submit", "words": "x" * 21}) as response:
            refused = await response.text()
        async with session.post(slack.address + "/act", data=act | {"do": "close"}) as response:
            closed = await response.text()

    assert slack.messages("help")[-1].text == "Is it &lt;free&gt;?"
    for words in ("Amara &lt;Obi&gt;", "a &lt;b&gt; c", "Is it &lt;free&gt;?", "only you see this", ">That helped<"):
        assert words in page
    assert "did not take it" in page
    assert "is too long" in refused
    assert ("<dialog" in refused, "<dialog" in closed) == (True, False)


async def test_the_control_names_what_it_cannot_do(open_to_people: Slack) -> None:
    control = open_to_people.address + "/control"
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{control}/people/amara/flies") as response:
            unknown = response.status, (await response.json())["error"]
        async with session.post(f"{control}/people/nobody/dm", json={"text": "x"}) as response:
            nobody = response.status, (await response.json())["error"]
        async with session.put(f"{control}/faults", json={"shares": {"ratelimited": 1}, "only": ["auth.test"]}):
            pass
        async with session.post(f"{open_to_people.api_url}auth.test") as response:
            limited = response.status
        async with session.get(f"{control}/report") as response:
            report = await response.json()

    assert (unknown[0], nobody[0], limited) == (404, 422, 429)
    assert "opens_home" in unknown[1]
    assert "nobody" in nobody[1]
    assert report["faults"] == {"ratelimited": 1}
