"""The Slack double keeps to Slack's protocol: Slack's own client library talks to it and finds nothing odd."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.doubles.slack import Fault, Person, Slack, Wrong, open_slack
from tests.doubles.slack.sight import ImpossibleError
from tests.doubles.slack.sockets import MOST_CONNECTIONS

NINE = 1_795_424_400.0
MODAL = {
    "type": "modal",
    "callback_id": "answer",
    "title": {"type": "plain_text", "text": "Answer"},
    "submit": {"type": "plain_text", "text": "Send"},
    "private_metadata": "q-7",
    "blocks": [
        {
            "type": "input",
            "block_id": "words",
            "label": {"type": "plain_text", "text": "Your answer"},
            "element": {"type": "plain_text_input", "action_id": "value", "max_length": 20},
        },
        {
            "type": "input",
            "block_id": "topic",
            "optional": True,
            "label": {"type": "plain_text", "text": "Topic"},
            "element": {
                "type": "static_select",
                "action_id": "value",
                "options": [
                    {"text": {"type": "plain_text", "text": "Refunds"}, "value": "refunds"},
                    {"text": {"type": "plain_text", "text": "Tills"}, "value": "tills"},
                ],
            },
        },
    ],
}
HELPED = {
    "type": "actions",
    "elements": [
        {
            "type": "button",
            "action_id": "helped",
            "text": {"type": "plain_text", "text": "That helped"},
            "value": "q-7",
        }
    ],
}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


class Listener:
    """An app that verifies what it hears by slack_sdk, keeps it, and answers with `answers`, first in, first out."""

    def __init__(self, secret: str) -> None:
        self.verifier = SignatureVerifier(secret)
        self.heard: list[dict[str, Any]] = []
        self.headers: list[Any] = []
        self.answers: list[web.Response | Callable[[], Awaitable[web.Response]]] = []

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.read()
        assert self.verifier.is_valid_request(body, dict(request.headers))
        self.headers.append(request.headers)
        if request.content_type == "application/json":
            said = json.loads(body)
            if said.get("type") == "url_verification":
                return web.json_response({"challenge": said["challenge"]})
        else:
            form = dict(parse_qsl(body.decode(), keep_blank_values=True))
            said = json.loads(form["payload"]) if "payload" in form else form
        self.heard.append(said)
        answer = self.answers.pop(0) if self.answers else web.Response()
        return answer if isinstance(answer, web.Response) else await answer()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [said["event"] for said in self.heard if "event" in said]


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


async def refused(call: Awaitable[Any]) -> Any:
    with pytest.raises(SlackApiError) as raised:
        await call
    return raised.value.response


# ── the Web API ─────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── faults and limits ───────────────────────────────────────────────────────────────────────────────────────────────


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


# ── events ──────────────────────────────────────────────────────────────────────────────────────────────────────────


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
        "message_deleted",
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


# ── interactions ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_command_opens_a_modal_with_a_trigger_that_serves_once(
    slack: Slack, app: Listener, client: AsyncWebClient, amara: Person
) -> None:
    await amara.command("/ask", "How much <salt>?", channel="help")
    command = app.heard[-1]
    opened = await client.views_open(trigger_id=command["trigger_id"], view=MODAL)

    assert (command["command"], command["text"], command["channel_id"]) == ("/ask", "How much <salt>?", "C1")
    assert opened["view"]["private_metadata"] == "q-7"
    assert amara.modal() is not None
    again = await refused(client.views_open(trigger_id=command["trigger_id"], view=MODAL))
    assert again["error"] == "exchanged_trigger_id"


async def test_a_trigger_lives_three_seconds(
    slack: Slack, app: Listener, client: AsyncWebClient, amara: Person
) -> None:
    deed = await amara.shortcut("ask")
    await slack.advance(3.1)

    async def error(trigger: str | None, view: Any = MODAL) -> Any:
        return await refused(client.views_open(trigger_id=trigger or "", view=view))

    assert (await error(deed.trigger_id))["error"] == "expired_trigger_id"
    assert (await error("1.2.3"))["error"] == "invalid_trigger_id"
    fresh = await amara.shortcut("ask")
    wrong = await error(fresh.trigger_id, MODAL | {"submit": None})
    assert wrong["error"] == "invalid_arguments"
    assert "/view/submit" in wrong["response_metadata"]["messages"][0]


async def test_a_modal_is_filled_in_refused_by_field_and_sent(
    slack: Slack, app: Listener, client: AsyncWebClient, amara: Person
) -> None:
    deed = await amara.command("/ask", "x")
    await client.views_open(trigger_id=deed.trigger_id or "", view=MODAL)
    with pytest.raises(ImpossibleError, match="required"):
        await amara.submit({"Topic": "Tills"})
    with pytest.raises(ImpossibleError, match="too long"):
        await amara.submit({"Your answer": "x" * 21})
    with pytest.raises(ImpossibleError, match="no field"):
        await amara.submit({"Answer": "x"})
    app.answers = [web.json_response({"response_action": "errors", "errors": {"words": "Too curt."}})]
    await amara.submit({"Your answer": "No"})
    assert "Too curt." in amara.reads_view().text
    await amara.submit({"Your answer": "Add a pinch", "topic": "refunds"})

    assert amara.modal() is None
    view = app.heard[-1]["view"]
    assert (app.heard[-1]["type"], view["callback_id"]) == ("view_submission", "answer")
    assert view["state"]["values"]["words"]["value"] == {"type": "plain_text_input", "value": "Add a pinch"}
    assert view["state"]["values"]["topic"]["value"]["selected_option"]["value"] == "refunds"


async def test_an_answer_to_a_submission_can_update_push_and_clear(
    slack: Slack, app: Listener, client: AsyncWebClient, amara: Person
) -> None:
    deed = await amara.command("/ask", "x")
    await client.views_open(trigger_id=deed.trigger_id or "", view=MODAL | {"notify_on_close": True})
    second = MODAL | {"title": {"type": "plain_text", "text": "Second"}}
    app.answers = [
        web.json_response({"response_action": "push", "view": second}),
        web.json_response({"response_action": "update", "view": second | {"callback_id": "third"}}),
        web.json_response({"response_action": "push", "view": {"type": "modal"}}),
        web.json_response({"response_action": "clear"}),
    ]
    await amara.submit({"Your answer": "1"})
    assert len(amara.world.stack(amara.user)) == 2
    await amara.submit({"Your answer": "2"})
    bad = await amara.submit({"Your answer": "3"})
    assert bad.complaint is not None
    await amara.submit({"Your answer": "4"})
    assert amara.modal() is None


async def test_closing_a_modal_is_told_only_if_asked_for(
    slack: Slack, app: Listener, client: AsyncWebClient, amara: Person
) -> None:
    for notify in (False, True):
        deed = await amara.command("/ask", "x")
        await client.views_open(trigger_id=deed.trigger_id or "", view=MODAL | {"notify_on_close": notify})
        await amara.closes()

    assert [said["type"] for said in app.heard if "type" in said] == ["view_closed"]
    assert amara.modal() is None


async def test_a_button_is_pressed_in_a_message_and_in_an_ephemeral_one(
    slack: Slack, app: Listener, client: AsyncWebClient, amara: Person
) -> None:
    posted = await client.chat_postMessage(channel="C1", text="Helped?", blocks=[section("Helped?"), HELPED])
    await amara.press(amara.last("help"), "That helped")
    await client.chat_postEphemeral(channel="C1", user=amara.id, text="And this?", blocks=[HELPED])
    await amara.press(amara.last("help"), "helped")
    open_, private = [said for said in app.heard if said.get("type") == "block_actions"]

    assert open_["actions"][0]["value"] == "q-7"
    assert (open_["message"]["ts"], open_["container"]["is_ephemeral"]) == (posted["ts"], False)
    assert ("message" in private, private["container"]["is_ephemeral"]) == (False, True)
    with pytest.raises(ImpossibleError, match="That helped"):
        await amara.press(amara.last("help"), "Nothing")
    with pytest.raises(ImpossibleError, match="does not see"):
        await slack.user("bruno").press(private["container"]["message_ts"], "helped")


async def test_a_press_is_delivered_once(slack: Slack, app: Listener, client: AsyncWebClient, amara: Person) -> None:
    await client.chat_postMessage(channel="C2", text="x", blocks=[HELPED])
    await slack.settle()
    app.answers = [web.Response(status=500)]
    deed = await amara.press(amara.last("closed"), "helped")
    await slack.advance(1000)

    assert (deed.accepted, len(deed.deliveries[0].attempts)) == (False, 1)


async def test_a_response_url_serves_five_times_within_half_an_hour(slack: Slack, app: Listener, amara: Person) -> None:
    await amara.command("/ask", "x", channel="help")
    url = AsyncWebhookClient(app.heard[-1]["response_url"])
    statuses = [(await url.send(text=f"{n}", response_type="ephemeral")).status_code for n in range(6)]
    await amara.command("/ask", "x", channel="help")
    await slack.advance(1801)
    late = await AsyncWebhookClient(app.heard[-1]["response_url"]).send(text="late")

    assert statuses == [200] * 5 + [404]
    assert late.status_code == 404
    assert [seen.text for seen in amara.reads("help")] == ["0", "1", "2", "3", "4"]
    assert slack.user("bruno").reads("help") == []


async def test_a_response_can_replace_and_remove_what_was_pressed(
    slack: Slack, app: Listener, client: AsyncWebClient, amara: Person
) -> None:
    await client.chat_postEphemeral(channel="C1", user=amara.id, text="x", blocks=[HELPED])
    await amara.press(amara.last("help"), "helped")
    url = AsyncWebhookClient(app.heard[-1]["response_url"])
    await url.send(text="Thank you", replace_original=True)
    assert amara.last("help").text == "Thank you"
    await url.send(text="", delete_original=True)

    assert amara.reads("help") == []


async def test_a_commands_own_answer_is_shown(slack: Slack, app: Listener, amara: Person) -> None:
    app.answers = [web.json_response({"text": "Looking."}), web.Response(status=503)]
    await amara.command("/ask", "x", channel="help")
    failed = await amara.command("/ask", "x", channel="help")

    assert [(seen.text, seen.only_for_me) for seen in amara.reads("help")] == [("Looking.", True)]
    assert failed.complaint == "/ask failed because the app did not respond"


async def test_a_message_shortcut_brings_the_message_along(
    slack: Slack, app: Listener, client: AsyncWebClient, amara: Person
) -> None:
    said = await slack.user("bruno").says("help", "Refunds need a receipt")
    await amara.message_shortcut("save", said.ts)

    assert app.heard[-1]["type"] == "message_action"
    assert app.heard[-1]["message"]["text"] == "Refunds need a receipt"


async def test_options_are_asked_of_the_app(slack: Slack, app: Listener, client: AsyncWebClient, amara: Person) -> None:
    menu = {"type": "external_select", "action_id": "aid", "placeholder": {"type": "plain_text", "text": "Job aid"}}
    await client.chat_postMessage(channel="C2", text="x", blocks=[{"type": "actions", "elements": [menu]}])
    await slack.settle()
    option = {"text": {"type": "plain_text", "text": "Refunds"}, "value": "1"}
    app.answers = [web.json_response({"options": [option]})]
    found = await amara.looks_up(amara.sees("closed")[-1], "aid", "ref")
    await amara.choose(amara.sees("closed")[-1], "Job aid", found[0])  # type: ignore[arg-type]

    assert app.heard[-2]["value"] == "ref"
    assert app.heard[-1]["actions"][0]["selected_option"] == option


async def test_home_is_published_and_opened(slack: Slack, app: Listener, client: AsyncWebClient, amara: Person) -> None:
    await amara.opens_home()
    published = await client.views_publish(
        user_id=amara.id, view={"type": "home", "blocks": [section("Hello"), HELPED]}
    )
    await amara.opens_home()
    await amara.press(None, "That helped")
    conflict = await refused(
        client.views_publish(user_id=amara.id, view={"type": "home", "blocks": []}, hash="1.stale")
    )

    assert ["view" in event for event in app.events] == [False, True]
    assert "Hello" in amara.reads_view().text
    assert app.heard[-1]["view"]["id"] == published["view"]["id"]
    assert conflict["error"] == "hash_conflict"


async def test_the_assistants_pane_has_prompts_a_status_and_a_title(
    slack: Slack, app: Listener, client: AsyncWebClient, amara: Person
) -> None:
    opened = await amara.opens_assistant(looking_at="help")
    thread = app.events[-1]["assistant_thread"]
    place = {"channel_id": thread["channel_id"], "thread_ts": thread["thread_ts"]}
    await client.assistant_threads_setSuggestedPrompts(**place, prompts=[{"title": "A", "message": "B"}])
    await client.assistant_threads_setStatus(**place, status="is searching")
    await client.assistant_threads_setTitle(**place, title="Tills")
    direct = amara.direct()
    assert direct.statuses == {opened.ts: "is searching"}
    await amara.dm("The till is frozen", thread=opened.ts)
    await client.chat_postMessage(channel=direct.id, thread_ts=opened.ts, text="Restart it")

    assert thread["context"]["channel_id"] == "C1"
    assert direct.prompts[opened.ts] == [{"title": "A", "message": "B"}]
    assert (direct.titles[opened.ts], direct.statuses) == ("Tills", {})


async def test_what_is_seen_of_a_message_names_its_links_and_whom_it_pings(
    slack: Slack, client: AsyncWebClient, amara: Person
) -> None:
    text = f"<!channel> <@{amara.id}> <https://example.org/a?b&amp;c|the page> &lt;!here&gt; in <#C1>"
    await client.chat_postMessage(channel="C1", text="x", blocks=[section(text)])
    seen = amara.last("help")

    assert seen.text == "@channel @Amara Obi the page <!here> in #help"
    assert seen.links == ("https://example.org/a?b&c",)
    assert seen.pings == ("@channel", amara.id)


# ── installing ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def authorize(slack: Slack, **more: str) -> str:
    query = {
        "client_id": slack.app.client_id,
        "scope": "chat:write,users:read",
        "redirect_uri": "http://127.0.0.1/back",
    }
    async with (
        aiohttp.ClientSession() as session,
        session.get(
            slack.address + "/oauth/v2/authorize", params=query | {"state": "s"} | more, allow_redirects=False
        ) as response,
    ):
        assert response.status == 302, await response.text()
        return response.headers["Location"]


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack_sdk uses it
async def test_a_workspace_is_installed_by_a_code_that_serves_once(slack: Slack) -> None:
    slack.installer = slack.user("amara")
    location = await authorize(slack)
    given = dict(parse_qsl(urlsplit(location).query))
    client = AsyncWebClient(base_url=slack.api_url)
    secrets = {"client_id": slack.app.client_id, "client_secret": slack.app.client_secret}
    redirect = {"redirect_uri": "http://127.0.0.1/back"}

    assert given["state"] == "s"
    wrong = await refused(client.oauth_v2_access(**secrets | {"client_secret": "x"}, code=given["code"], **redirect))
    assert wrong["error"] == "bad_client_secret"
    elsewhere = await refused(client.oauth_v2_access(**secrets, code=given["code"], redirect_uri="http://127.0.0.1/x"))
    assert elsewhere["error"] == "bad_redirect_uri"
    granted = await client.oauth_v2_access(**secrets, code=given["code"], **redirect)
    assert (granted["team"]["id"], granted["scope"]) == ("T1", "chat:write,users:read")
    assert (await AsyncWebClient(granted["access_token"], base_url=slack.api_url).auth_test())["team_id"] == "T1"
    again = await refused(client.oauth_v2_access(**secrets, code=given["code"], **redirect))
    assert again["error"] == "code_already_used"


async def test_nobody_allowing_it_comes_back_as_access_denied(slack: Slack) -> None:
    assert dict(parse_qsl(urlsplit(await authorize(slack)).query)) == {"error": "access_denied", "state": "s"}


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack_sdk uses it
async def test_a_rotated_token_ends_and_is_renewed_by_its_refresh_token(slack: Slack) -> None:
    slack.app.token_rotation = True
    one = slack.install()
    client = AsyncWebClient(base_url=slack.api_url)
    secrets = {"client_id": slack.app.client_id, "client_secret": slack.app.client_secret}
    old, refresh = one.token, one.refresh_token or ""
    await slack.advance(43_201)
    ended = await refused(AsyncWebClient(old, base_url=slack.api_url).auth_test())
    renewed = await client.oauth_v2_access(**secrets, grant_type="refresh_token", refresh_token=refresh)
    twice = await refused(client.oauth_v2_access(**secrets, grant_type="refresh_token", refresh_token=refresh))

    assert (ended["error"], twice["error"]) == ("token_expired", "invalid_refresh_token")
    assert renewed["expires_in"] == 43_200
    assert (await AsyncWebClient(renewed["access_token"], base_url=slack.api_url).auth_test())["ok"]


# ── Socket Mode ─────────────────────────────────────────────────────────────────────────────────────────────────────


class SocketApp:
    """slack_sdk's own Socket Mode client; acknowledges, with a payload where `answers` has one."""

    def __init__(self, slack: Slack) -> None:
        self.heard: list[SocketModeRequest] = []
        self.answers: list[dict[str, Any]] = []
        self.acknowledges = True
        web_client = AsyncWebClient(base_url=slack.api_url)
        self.client = SocketModeClient(slack.app.app_token, web_client=web_client, ping_interval=1)
        self.client.socket_mode_request_listeners.append(self.hear)

    async def hear(self, client: Any, request: SocketModeRequest) -> None:
        self.heard.append(request)
        if self.acknowledges:
            payload = self.answers.pop(0) if self.answers else None
            await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload))


@pytest.fixture
async def socket(slack: Slack) -> AsyncIterator[SocketApp]:
    slack.app.socket_mode = True
    app = SocketApp(slack)
    await app.client.connect()  # type: ignore[no-untyped-call]
    await slack.sockets.connected()
    yield app
    await app.client.disconnect()  # type: ignore[no-untyped-call]
    await app.client.close()  # type: ignore[no-untyped-call]


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


# ── alone ───────────────────────────────────────────────────────────────────────────────────────────────────────────


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
