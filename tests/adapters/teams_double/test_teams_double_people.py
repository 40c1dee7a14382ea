"""The double's people: what the bot hears of them, and what they see of its answers."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from tests.adapters.teams_double.conftest import Caller, Listener
from tests.adapters.teams_double.test_teams_double_connector import adaptive
from tests.doubles.teams.double import ImpossibleError, Person, Teams

UNTIMED: Any = {"verify_exp": False, "verify_nbf": False}  # the double has a time of its own
TEXT = {"type": "TextBlock", "text": "Well?"}
YES = {"type": "Action.Execute", "title": "Yes", "verb": "agree", "data": {"value": "42"}}
OPEN = {"type": "Action.Submit", "title": "Open", "data": {"msteams": {"type": "task/fetch"}, "verb": "open"}}
NAME = {
    "type": "Input.Text",
    "id": "name",
    "label": "Name",
    "isRequired": True,
    "errorMessage": "Please.",
    "maxLength": 5,
}
DIALOG = {
    "task": {
        "type": "continue",
        "value": {"title": "Who?", "height": "small", "width": "small", "card": adaptive(NAME, actions=[
            {"type": "Action.Submit", "title": "Send", "data": {"verb": "tell"}}
        ])},
    }
}  # fmt: skip


async def test_a_channels_words_reach_only_a_bot_that_is_mentioned_or_may_hear_all(
    amara: Person, bot: Listener
) -> None:
    await amara.says("help", "Anybody there?")
    assert bot.heard == []
    await amara.says("help", "where is @Bruno Keller, <b>or</b> #help?", mention=True)
    (heard,) = bot.heard
    assert heard["text"] == "<at>Lanyard</at> where is <at>Bruno Keller</at>, <b>or</b> <at>help</at>?"
    assert "&lt;b&gt;or&lt;/b&gt;" in heard["attachments"][0]["content"]
    assert [one["mentioned"]["name"] for one in heard["entities"] if one["type"] == "mention"] == [
        "Lanyard",
        "Bruno Keller",
        "help",
    ]
    assert heard["conversation"]["id"].endswith(f";messageid={heard['id']}")
    amara.world.app.hears_all = True
    await amara.says("help", "Anybody there?")
    assert len(bot.heard) == 2


async def test_every_activity_comes_with_a_token_of_the_current_key(
    teams: Teams, amara: Person, bot: Listener, caller: Caller
) -> None:
    await amara.dm("Hello")
    old = teams.keys.current
    teams.keys.rotate()
    await amara.dm("Hello")
    published = {key["kid"]: key for key in await keys(caller)}
    for token in bot.tokens:
        key = jwt.PyJWK(published[jwt.get_unverified_header(token)["kid"]])
        claims = jwt.decode(token, key, ["RS256"], audience=teams.app.id, options=UNTIMED)
        assert claims["serviceurl"] == bot.heard[0]["serviceUrl"]
    assert len({jwt.get_unverified_header(token)["kid"] for token in bot.tokens}) == 2
    teams.keys.withdraw(old)
    assert old.id not in {key["kid"] for key in await keys(caller)}


async def keys(caller: Caller) -> list[dict[str, str]]:
    async with caller.session.get(caller.teams.address + "/v1/.well-known/openidconfiguration") as response:
        url = (await response.json())["jwks_uri"]
    async with caller.session.get(url) as response:
        return list((await response.json())["keys"])


async def test_a_delivery_can_come_again_with_the_same_id_or_with_a_new_one(
    teams: Teams, amara: Person, bot: Listener
) -> None:
    deed = await amara.dm("Hello")
    await teams.again(deed)
    await teams.again(deed, new_id=True)
    first, second, third = (heard["id"] for heard in bot.heard)
    assert first == second != third
    assert {heard["text"] for heard in bot.heard} == {"Hello"}


async def test_a_press_is_answered_with_words_or_with_a_card_for_the_one_who_pressed(
    teams: Teams, amara: Person, bot: Listener, caller: Caller
) -> None:
    _, sent = await caller.send(teams.world.place("help").id, attachments=[adaptive(TEXT, actions=[YES])])
    words = {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": "Thanks."}
    card = {
        "statusCode": 200,
        "type": "application/vnd.microsoft.card.adaptive",
        "value": adaptive({"type": "TextBlock", "text": "Yours."})["content"],
    }
    bot.answers = [words, card, {"statusCode": 200}, 500]
    assert (await amara.press(sent["id"], "Yes")).note == "Thanks."
    assert bot.heard[0]["value"]["action"] == {"type": "Action.Execute", "verb": "agree", "data": {"value": "42"}}
    await amara.press(sent["id"], "Yes")
    assert amara.reads()[-1].text == "Yours."
    assert teams.user("bruno").reads()[-1].text == "Well?"
    assert (await teams.user("bruno").press(sent["id"], "Yes")).complaint is not None
    assert (await teams.user("bruno").press(sent["id"], "Yes")).complaint is not None
    with pytest.raises(ImpossibleError, match="no 'No' to press"):
        await teams.user("bruno").press(sent["id"], "No")


async def test_a_card_renews_itself_only_for_those_it_names(
    teams: Teams, amara: Person, bot: Listener, caller: Caller
) -> None:
    refresh = {"action": YES, "userIds": [amara.id]}
    _, sent = await caller.send(teams.world.place("help").id, attachments=[adaptive(TEXT, refresh=refresh)])
    bot.answers = [{"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": ""}]
    await amara.looks(sent["id"])
    await teams.user("bruno").looks(sent["id"])
    assert [heard["value"]["trigger"] for heard in bot.heard] == ["automatic"]


async def test_a_dialog_is_opened_filled_in_and_closed(
    teams: Teams, amara: Person, bot: Listener, caller: Caller
) -> None:
    _, sent = await caller.send(amara.direct().id, attachments=[adaptive(TEXT, actions=[OPEN])])
    bot.answers = [DIALOG, DIALOG, 200]
    await amara.press(sent["id"], "Open")
    assert "Who?" in amara.reads_dialog().text
    for values in ({}, {"name": "Constantine"}, {"age": "5"}):
        with pytest.raises(ImpossibleError):
            await amara.submit(values)
    await amara.submit({"name": "Amara"})
    assert amara.dialog() is not None
    await amara.submit({"name": "Amara"})
    assert amara.dialog() is None
    assert [heard["name"] for heard in bot.heard] == ["task/fetch", "task/submit", "task/submit"]
    assert bot.heard[1]["value"]["data"] == {"verb": "tell", "name": "Amara"}


async def test_what_the_extension_finds_is_inserted_as_ones_own_message(amara: Person, bot: Listener) -> None:
    found = {
        **adaptive({"type": "TextBlock", "text": "The ladder"}),
        "preview": {"contentType": "application/vnd.microsoft.card.thumbnail", "content": {"title": "The ladder"}},
    }
    result = {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": [found]}}
    bot.answers = [result, {"composeExtension": {"type": "result"}}]
    deed = await amara.searches("ladder", place="help")
    await amara.inserts(deed.results[0], "help")
    assert amara.reads("help")[-1].text == "The ladder"
    assert (await amara.searches("")).complaint is not None
    assert bot.heard[1]["value"]["parameters"] == [{"name": "initialRun", "value": "true"}]


async def test_nobody_reads_or_writes_where_they_are_not(teams: Teams, amara: Person) -> None:
    with pytest.raises(ImpossibleError, match="not in"):
        await amara.says(teams.world.teams[[*teams.world.teams][1]].id, "Hello")
    assert (await teams.user("chen").dm("Hello")).deliveries == []  # the app is not there
