"""The double runs by itself, driven by JSON, and by people through its window."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.adapters.teams_double.conftest import NINE
from tests.adapters.teams_double.test_teams_double_people import DIALOG
from tests.doubles.slack.clock import Clock
from tests.doubles.teams.control import control_routes
from tests.doubles.teams.double import Teams
from tests.doubles.teams.model import Dialog
from tests.doubles.teams.window import window_routes


async def test_it_runs_alone_and_says_how_to_point_lanyard_at_it() -> None:
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "tests.doubles.teams", "--port", "0", "--lanyard", "http://127.0.0.1:9/x"]
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(60):
        while "TEAMS_OPEN_TEAMS" not in said:
            line = (await process.stdout.readline()).decode()
            assert line, said
            said += line
        settings = dict(re.findall(r"export (\w+)='([^']*)'", said))
        control = settings["TEAMS_LOGIN_URL"] + "/control"
        async with aiohttp.ClientSession() as session:
            await (await session.post(control + "/install")).read()
            async with session.post(control + "/people/amara/dm", json={"text": "Good morning"}) as response:
                deed = await response.json()
            async with session.get(control + "/people/amara/reads") as response:
                read = [seen["text"] for seen in await response.json()]
            async with session.get(control + "/report") as response:
                report = await response.json()
        process.stdin.close()
        status = await process.wait()

    assert deed["accepted"] is False  # no Lanyard listens
    assert read == ["Good morning"]
    assert report["unaccepted"] == report["deliveries"] > 1
    assert status == 0


@pytest.fixture
async def open_to_people() -> AsyncIterator[Teams]:
    teams = Teams(Clock(NINE))
    teams.add_user("amara", name="Amara <Obi>")
    teams.add_team("Copper Kettle", "amara", channels=["help"])
    await teams.start(routes=[*control_routes(teams), *window_routes(teams)])
    yield teams
    await teams.stop()


async def test_the_window_shows_what_a_person_sees_and_lets_them_act(open_to_people: Teams) -> None:
    teams, amara = open_to_people, open_to_people.user("amara")
    teams.world.dialogs[amara.id] = Dialog("Who?", DIALOG["task"]["value"]["card"]["content"], amara.direct())  # type: ignore[index]
    act = {"as": amara.id, "in": teams.world.place("help").id}
    async with aiohttp.ClientSession() as session:
        async with session.post(teams.address + "/act", data=act | {"do": "say", "text": "Is it <free>?"}) as response:
            page = await response.text()
        async with session.post(teams.address + "/act", data=act | {"do": "submit", "name": "Constantine"}) as response:
            refused = await response.text()
        async with session.post(teams.address + "/act", data=act | {"do": "close"}) as response:
            closed = await response.text()

    for words in ("Amara &lt;Obi&gt;", "Is it &lt;free&gt;?", "# help", "Who?"):
        assert words in page
    assert "do not fit in" in refused
    assert ("<dialog" in refused, "<dialog" in closed) == (True, False)


async def test_the_control_names_what_it_cannot_do(open_to_people: Teams) -> None:
    control = open_to_people.address + "/control"
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{control}/people/amara/flies") as response:
            unknown = response.status, (await response.json())["error"]
        async with session.post(f"{control}/people/nobody/dm", json={"text": "x"}) as response:
            nobody = response.status, (await response.json())["error"]
        async with session.put(f"{control}/faults", json={"shares": {"ratelimited": 1}, "only": ["token"]}):
            pass
        async with session.post(f"{open_to_people.address}/x/oauth2/v2.0/token", data={"a": "b"}) as response:
            limited = response.status
        async with session.post(f"{control}/rotate") as response:
            rotated = (await response.json())["kid"]

    assert (unknown[0], nobody[0], limited) == (404, 422, 429)
    assert "acts_on" in unknown[1]
    assert "nobody" in nobody[1]
    assert rotated == open_to_people.keys.current.id == "key-2"
