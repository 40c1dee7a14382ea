"""Slack's own client library talks to the double's Web API and finds nothing odd."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.slack import Person, Slack
from tests.doubles.slack.counterpart import NINE, refused, section


async def test_a_message_posted_is_found_with_its_metadata(slack: Slack, client: AsyncWebClient) -> None:
    metadata = {"event_type": "lanyard", "event_payload": {"key": "k-1"}}
    posted = await client.chat_postMessage(channel="C1", text="Hello", metadata=metadata)
    plain = await client.conversations_history(channel="C1")
    whole = await client.conversations_history(channel="C1", include_all_metadata=True)

    assert "metadata" not in plain["messages"][0]
    assert whole["messages"][0]["metadata"] == metadata
    assert whole["messages"][0]["ts"] == posted["ts"]
    assert whole["messages"][0]["bot_id"] == slack.world.installations[0].bot_id


async def test_history_comes_in_pages_newest_first_and_threads_oldest_first(client: AsyncWebClient) -> None:
    stamps = [(await client.chat_postMessage(channel="C1", text=f"{n}"))["ts"] for n in range(5)]
    for n in range(3):
        await client.chat_postMessage(channel="C1", text=f"reply {n}", thread_ts=stamps[0])
    pages = [page["messages"] async for page in await client.conversations_history(channel="C1", limit=2)]
    replies = [
        page["messages"] async for page in await client.conversations_replies(channel="C1", ts=stamps[0], limit=3)
    ]

    assert [[m["text"] for m in page] for page in pages] == [["4", "3"], ["2", "1"], ["0"]]
    assert [m["text"] for page in replies for m in page] == ["0", "reply 0", "reply 1", "reply 2"]
    assert replies[0][0]["reply_count"] == 3


async def test_each_wrong_token_has_its_error(slack: Slack, client: AsyncWebClient) -> None:
    async def error(token: str) -> str:
        found: str = (await refused(AsyncWebClient(token, base_url=slack.api_url).auth_test()))["error"]
        return found

    assert await error("") == "not_authed"
    assert await error("xoxb-wrong") == "invalid_auth"
    assert (await client.auth_test())["team_id"] == "T1"
    await slack.revoke()
    assert await error(slack.world.installations[0].token) == "token_revoked"
    slack.install()
    await slack.uninstall()
    assert await error(slack.world.installations[0].token) == "account_inactive"


async def test_a_missing_scope_is_named_with_those_that_are_there(slack: Slack) -> None:
    slack.install(scopes=["chat:write", "users:read"])
    client = AsyncWebClient(slack.world.installations[0].token, base_url=slack.api_url)
    answer = await refused(client.reactions_add(channel="C1", timestamp="1.2", name="eyes"))
    granted = await client.auth_test()
    shown = await client.users_info(user=slack.user("amara").id)

    assert answer.data == {
        "ok": False,
        "error": "missing_scope",
        "needed": "reactions:write",
        "provided": "chat:write,users:read",
    }
    assert granted.headers["x-oauth-scopes"] == "chat:write,users:read"
    assert "email" not in shown["user"]["profile"]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"channel": "C9", "text": "x"}, "channel_not_found"),
        ({"channel": "C4", "text": "x"}, "channel_not_found"),
        ({"channel": "C3", "text": "x"}, "not_in_channel"),
        ({"channel": "C1", "text": " "}, "no_text"),
        ({"channel": "C1", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "C1", "text": "x", "blocks": [section("x" * 3000)] * 5}, "msg_blocks_too_long"),
        ({"channel": "C1", "text": "x", "thread_ts": "1.000000"}, "thread_not_found"),
        ({"channel": "C1", "text": "x", "metadata": {"event_type": 1}}, "invalid_metadata_format"),
    ],
)
async def test_a_message_that_cannot_be_posted_is_refused(slack: Slack, given: dict[str, Any], error: str) -> None:
    slack.install(scopes=["chat:write"], join=False)
    client = AsyncWebClient(slack.world.installations[0].token, base_url=slack.api_url)
    answer = await refused(client.api_call("chat.postMessage", json=given))

    assert answer["error"] == error
    assert slack.messages() == []


async def test_wrong_blocks_are_refused_with_the_place_of_the_fault(client: AsyncWebClient) -> None:
    answer = await refused(client.chat_postMessage(channel="C1", text="x", blocks=[section("x" * 3001)]))

    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    ]


async def test_an_archived_channel_takes_no_message(slack: Slack, client: AsyncWebClient) -> None:
    slack.world.channel("help").archived = True

    assert (await refused(client.chat_postMessage(channel="C1", text="x")))["error"] == "is_archived"


async def test_only_ones_own_messages_can_be_changed(slack: Slack, client: AsyncWebClient, amara: Person) -> None:
    said = await amara.says("help", "Mine")
    own = await client.chat_postMessage(
        channel="C1",
        text="Old",
        blocks=[section("Old")],
        metadata={"event_type": "lanyard", "event_payload": {"key": "k"}},
    )
    await client.chat_update(channel="C1", ts=own["ts"], text="New")

    async def error(ts: str) -> str:
        found: str = (await refused(client.chat_update(channel="C1", ts=ts, text="x")))["error"]
        return found

    assert await error(said.ts) == "cant_update_message"
    assert await error("1.000000") == "message_not_found"
    message = slack.messages("help")[-1]
    assert (message.text, message.blocks, message.metadata is not None) == ("New", None, True)
    slack.team.edit_window = 60
    await slack.advance(61)
    assert await error(own["ts"]) == "edit_window_closed"


async def test_an_address_is_shown_beside_its_message_only_in_the_apps_domains_and_where_it_stands(
    slack: Slack, client: AsyncWebClient, amara: Person
) -> None:
    slack.app.unfurl_domains = frozenset({"lanyard.example.com"})
    ours, theirs = "https://lanyard.example.com/a?b=1&c=2", "https://elsewhere.example/a"
    said = await amara.says("help", f"See {ours} and {theirs}")

    async def error(unfurls: dict[str, Any], ts: str = said.ts) -> str:
        found: str = (await refused(client.chat_unfurl(channel="C1", ts=ts, unfurls=unfurls)))["error"]
        return found

    blocks = {"blocks": [section("Shown")]}
    assert await error({theirs: blocks}) == "cannot_unfurl_url"
    assert await error({"https://lanyard.example.com/other": blocks}) == "cannot_unfurl_url"
    assert await error({ours: blocks}, ts="1.000000") == "cannot_find_message"
    assert await error({ours: {"blocks": [{"type": "nonsense"}]}}) == "cannot_parse_attachment"
    assert await error({}) == "missing_unfurls"
    await client.chat_unfurl(channel="C1", ts=said.ts, unfurls={ours: blocks})
    assert amara.reads("help")[-1].text.endswith("Shown")


async def test_an_ephemeral_message_is_seen_by_one_person_until_reload_and_by_no_method(
    slack: Slack, client: AsyncWebClient, amara: Person
) -> None:
    posted = await client.chat_postEphemeral(channel="C1", user=amara.id, text="For you")
    history = await client.conversations_history(channel="C1")
    update = await refused(client.chat_update(channel="C1", ts=posted["message_ts"], text="x"))
    outsider = await refused(client.chat_postEphemeral(channel="C2", user=slack.user("bruno").id, text="x"))

    assert [seen.text for seen in amara.reads("help")] == ["For you"]
    assert slack.user("bruno").reads("help") == []
    assert history["messages"] == []
    assert update["error"] == "message_not_found"
    assert outsider["error"] == "user_not_in_channel"
    amara.reloads()
    assert amara.reads("help") == []


async def test_people_see_only_their_conversations(slack: Slack, client: AsyncWebClient, amara: Person) -> None:
    await client.chat_postMessage(channel="C2", text="Behind the door")
    await client.chat_postMessage(channel=amara.id, text="Between us")

    assert {seen.text for seen in amara.reads()} == {"Behind the door", "Between us"}
    assert slack.user("bruno").reads() == []


async def test_a_direct_conversation_is_opened_once(slack: Slack, client: AsyncWebClient, amara: Person) -> None:
    first = await client.conversations_open(users=amara.id)
    again = await client.conversations_open(users=[amara.id])
    unknown = await refused(client.conversations_open(users="U404"))
    slack.user("bruno").user.deleted = True
    gone = await refused(client.conversations_open(users=slack.user("bruno").id))

    assert first["channel"]["id"] == again["channel"]["id"]
    assert first["channel"]["id"].startswith("D")
    assert (unknown["error"], gone["error"]) == ("user_not_found", "user_disabled")


async def test_people_and_groups_are_told_with_zone_presence_and_rest(
    slack: Slack, client: AsyncWebClient, amara: Person
) -> None:
    group = slack.add_group("cooks", "amara", "bruno")
    amara.user.dnd = (NINE, NINE + 3600)
    amara.user.presence = "away"
    info = (await client.users_info(user=amara.id))["user"]

    assert (info["tz"], info["tz_offset"], info["profile"]["email"]) == ("Africa/Lagos", 3600, amara.user.email)
    assert (await client.users_lookupByEmail(email=amara.user.email or ""))["user"]["id"] == amara.id
    assert (await client.users_getPresence(user=amara.id))["presence"] == "away"
    assert (await client.dnd_info(user=amara.id))["next_dnd_end_ts"] == NINE + 3600
    assert (await client.usergroups_users_list(usergroup=group.id))["users"] == group.users
    assert (await client.usergroups_list())["usergroups"][0]["handle"] == "cooks"
    assert {one["name"] for one in (await client.users_list())["members"]} == {"amara", "bruno", "lanyard"}
    assert len((await client.conversations_members(channel="C1"))["members"]) == 3
    listed = await client.conversations_list(types="public_channel,private_channel")
    assert {one["id"] for one in listed["channels"]} == {"C1", "C2", "C3"}


async def test_the_same_reaction_is_refused_the_second_time(client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel="C1", text="x"))["ts"]
    await client.reactions_add(channel="C1", timestamp=ts, name="eyes")

    assert (await refused(client.reactions_add(channel="C1", timestamp=ts, name="eyes")))["error"] == "already_reacted"


async def test_one_workspace_is_hidden_from_the_token_of_another(slack: Slack, client: AsyncWebClient) -> None:
    other = slack.add_team("Other", as_id="T2")
    slack.add_user("carla", team=other)
    slack.add_channel("theirs", "carla", team=other, as_id="C8")
    slack.install(other)

    assert (await refused(client.chat_postMessage(channel="C8", text="x")))["error"] == "channel_not_found"
    assert (await refused(client.users_info(user=slack.user("carla").id)))["error"] == "user_not_found"


async def test_an_organisations_token_works_in_each_of_its_workspaces(slack: Slack) -> None:
    grid = slack.add_enterprise("Grid", as_id="E1")
    for name in ("One", "Two"):
        team = slack.add_team(name, enterprise=grid)
        slack.add_user(f"p-{name}", team=team)
        slack.add_channel(f"c-{name}", f"p-{name}", team=team)
    client = AsyncWebClient(slack.install(grid).token, base_url=slack.api_url)
    test = await client.auth_test()

    assert (test["is_enterprise_install"], test["enterprise_id"]) == (True, "E1")
    for name in ("One", "Two"):
        await client.chat_postMessage(channel=slack.world.channel(f"c-{name}").id, text="x")
    assert (await refused(client.users_list()))["error"] == "missing_argument"
    assert [one["name"] for one in (await client.users_list(team_id=slack.world.channel("c-One").team.id))["members"]]
