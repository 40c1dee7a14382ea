"""What happens on the double is told to the app as Slack tells it."""

from __future__ import annotations

import asyncio

from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.slack import Person, Slack
from tests.doubles.slack.counterpart import Listener


async def test_the_address_is_verified_by_a_challenge(slack: Slack, app: Listener) -> None:
    assert await slack.http.verify_url()


async def test_a_mention_arrives_as_twins_under_two_ids(slack: Slack, app: Listener, amara: Person) -> None:
    deed = await amara.says("help", "Salt & pepper @Bruno Keller in #closed <now>?", mention=True)
    one, other = app.heard
    bot, bruno = slack.world.installations[0].bot.id, slack.user("bruno").id

    assert deed.accepted
    assert {one["event"]["type"], other["event"]["type"]} == {"message", "app_mention"}
    assert one["event"]["ts"] == other["event"]["ts"] == deed.ts
    assert one["event_id"] != other["event_id"]
    assert one["event"]["text"] == f"<@{bot}> Salt &amp; pepper <@{bruno}> in <#C2|closed> &lt;now&gt;?"
    assert one["authorizations"][0]["user_id"] == bot
    assert amara.reads("help")[-1].text == "@Lanyard Salt & pepper @Bruno Keller in #closed <now>?"


async def test_a_direct_message_comes_once_and_the_bots_own_words_come_back(
    slack: Slack, app: Listener, client: AsyncWebClient, amara: Person
) -> None:
    await amara.dm("Hello")
    await client.chat_postMessage(channel=amara.direct().id, text="Hello yourself")
    await slack.settle()

    assert [(event["channel_type"], event.get("bot_id") is None) for event in app.events] == [
        ("im", True),
        ("im", False),
    ]


async def test_what_is_not_a_plain_message_carries_its_subtype(slack: Slack, app: Listener, amara: Person) -> None:
    said = await amara.says("help", "Frist")
    await amara.edits(said.ts, "First")
    await amara.says("help", "Also here", thread=said.ts, broadcast=True)
    await amara.deletes(said.ts)
    await amara.joins("elsewhere")
    await amara.invites_app("elsewhere")
    await amara.reacts(slack.messages("help")[-1].ts, "eyes")
    await slack.integration_says("help", "Deployed")
    kinds = [event.get("subtype", event["type"]) for event in app.events]

    assert kinds == [
        "message",
        "message_changed",
        "thread_broadcast",
        "message_changed",  # what was replied to is not gone: a tombstone stands in its place
        "member_joined_channel",
        "channel_join",
        "reaction_added",
        "bot_message",
    ]
    changed = app.events[1]
    assert (changed["message"]["text"], changed["previous_message"]["text"]) == ("First", "Frist")


async def test_an_app_hears_nothing_of_where_it_is_not_and_what_it_did_not_subscribe_to(
    slack: Slack, app: Listener, amara: Person
) -> None:
    await slack.user("bruno").says("elsewhere", "Secret")
    slack.app.events = frozenset({"app_mention"})
    await amara.says("help", "Hello", mention=True)
    slack.install(scopes=["chat:write"])
    await amara.says("help", "Hello again", mention=True)

    assert [event["type"] for event in app.events] == ["app_mention"]


async def test_an_event_that_fails_comes_again_at_once_and_after_one_and_five_minutes(
    slack: Slack, app: Listener, amara: Person
) -> None:
    app.answers = [web.Response(status=500) for _ in range(3)]
    deed = await amara.dm("Hello")
    (delivery,) = deed.deliveries
    assert not deed.accepted
    await slack.advance(59)
    assert len(delivery.attempts) == 2
    await slack.advance(1)
    assert len(delivery.attempts) == 3
    await slack.advance(300)

    assert deed.accepted
    assert len({said["event_id"] for said in app.heard}) == 1
    assert [headers.get("X-Slack-Retry-Num") for headers in app.headers] == [None, "1", "2", "3"]
    assert app.headers[1]["X-Slack-Retry-Reason"] == "http_error"
    await slack.advance(4000)
    assert len(delivery.attempts) == 4


async def test_an_event_that_is_not_acknowledged_in_time_comes_again(
    slack: Slack, app: Listener, amara: Person
) -> None:
    slack.http.ack_limit = 0.02
    forever = asyncio.Event()

    async def hang() -> web.Response:
        await forever.wait()
        return web.Response()

    app.answers = [hang, hang]
    deed = await amara.dm("Hello")
    forever.set()

    assert [attempt.outcome for attempt in deed.deliveries[0].attempts] == ["http_timeout", "http_timeout"]


async def test_an_app_can_ask_for_no_retry(slack: Slack, app: Listener, amara: Person) -> None:
    app.answers = [web.Response(status=500, headers={"X-Slack-No-Retry": "1"})]
    deed = await amara.dm("Hello")
    await slack.advance(1000)

    assert len(deed.deliveries[0].attempts) == 1


async def test_the_end_of_an_installation_is_told(slack: Slack, app: Listener) -> None:
    await slack.uninstall()

    assert [event["type"] for event in app.events] == ["tokens_revoked", "app_uninstalled"]
