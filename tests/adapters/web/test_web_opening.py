"""A job aid's page, opened from the chat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import Card, Link, Links, Note, Pressed, Scope
from tests.adapters.harness import Core
from tests.adapters.web.harness import WebHarness, open_web

AID = "http://127.0.0.1:3978/aids/1/12"
WAY_IN = "http://127.0.0.1:3978/aids/enter?key=a-secret-of-twenty-letters"


@pytest.fixture
async def page(tmp_path: Path, core: Core) -> AsyncIterator[WebHarness]:
    async with open_web(tmp_path, core) as harness:
        yield harness


def opening(page: WebHarness, **more: str) -> dict[str, str]:
    return {"by": page.alice, "id": "opened-1", "conversation": page.closed_channel, "address": AID, **more}


async def test_whoever_clicks_an_aids_address_gets_their_own_way_in(page: WebHarness, core: Core) -> None:
    core.outcomes = [Note(card=Card(summary="Open it", parts=(Links(links=(Link(label="Badge", url=WAY_IN),)),)))]
    assert await page.post("/chat/open", **opening(page)) == (200, {"way_in": WAY_IN})
    (pressed,) = core.received
    assert isinstance(pressed, Pressed)
    assert (pressed.verb, pressed.value, pressed.sender.id) == ("open_page", AID, page.alice)
    assert (pressed.place.conversation, pressed.place.scope) == (page.closed_channel, Scope.PRIVATE)


async def test_where_there_is_no_way_in_the_page_is_told_why(page: WebHarness, core: Core) -> None:
    core.outcomes = [Note(card=Card(summary="There is no such job aid.")), None]
    assert await page.post("/chat/open", **opening(page)) == (409, {"error": "There is no such job aid."})
    status, _ = await page.post("/chat/open", **opening(page, id="opened-2"))
    assert status == 409


async def test_nobody_is_let_in_from_a_place_that_is_not_theirs_or_from_another_site(
    page: WebHarness, core: Core
) -> None:
    assert (await page.post("/chat/open", **opening(page, by=page.bob)))[0] == 404
    assert (await page.post("/chat/open", **opening(page, by="nobody")))[0] == 404
    foreign = {"Origin": "https://elsewhere.example"}
    async with page.client.post("/chat/open", json=opening(page), headers=foreign) as answer:
        assert answer.status == 403
    assert core.received == []
