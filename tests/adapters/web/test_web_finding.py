"""Job aids for a message of one's own, searched for from the composer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import Button, Buttons, Card, Found, Result, Scope, Sought, Text
from tests.adapters.harness import Core
from tests.adapters.web.harness import WebHarness, open_web

ROW = Buttons(buttons=(Button(label="Yes", verb="agree"),))
BADGE = Result(title="The badge", text="Reset it.", card=Card(summary="The badge", parts=(Text(text="Hold it."), ROW)))


@pytest.fixture
async def page(tmp_path: Path, core: Core) -> AsyncIterator[WebHarness]:
    async with open_web(tmp_path, core) as harness:
        yield harness


async def insert(page: WebHarness, core: Core, **more: str) -> tuple[int, dict[str, str]]:
    core.outcomes = [Found(results=(BADGE,))]
    given = {"by": page.alice, "id": "inserted-1", "conversation": page.open_channel, "text": "badge"}
    return await page.post("/chat/insert", **{**given, "title": "The badge", **more})


async def test_what_is_searched_for_is_found_for_the_place_it_will_stand_in(page: WebHarness, core: Core) -> None:
    core.outcomes = [Found(results=(BADGE,)), None]
    query = {"by": page.alice, "in": page.open_channel, "text": " badge "}
    assert (await page.get("/chat/search", **query))["found"] == [{"title": "The badge", "text": "Reset it."}]
    assert (await page.get("/chat/search", **query))["found"] == []
    sought = core.received[0]
    assert isinstance(sought, Sought)
    assert (sought.text, sought.place.conversation, sought.place.scope) == ("badge", page.open_channel, Scope.CHANNEL)


async def test_nobody_searches_in_a_place_that_is_not_theirs(page: WebHarness, core: Core) -> None:
    async with page.client.get("/chat/search", params={"by": page.bob, "in": page.closed_channel}) as response:
        assert response.status == 404
    assert (await insert(page, core, by=page.bob, conversation=page.closed_channel))[0] == 404
    assert core.received == []


async def test_an_aid_stands_in_the_message_of_whoever_chose_it_without_buttons_and_once(
    page: WebHarness, core: Core
) -> None:
    for _ in range(2):
        assert (await insert(page, core))[0] == 202
    (message,) = [one for one in await page.messages(page.bob) if one["card"]]
    assert message["author"] == page.alice
    assert [part["kind"] for part in message["card"]["parts"]] == ["text"]
    assert {type(heard) for heard in core.received} == {Sought}  # it was said to colleagues, not to the bot


async def test_what_is_not_found_any_more_is_not_put_in(page: WebHarness, core: Core) -> None:
    status, answer = await insert(page, core, title="Another")
    assert status == 409
    assert "Search again" in answer["error"]
    assert not [one for one in await page.messages(page.bob) if one["card"]]
