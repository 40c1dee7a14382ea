"""What people press, type and fill in on the double reaches the app as from Slack."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.doubles.slack import Person, Slack
from tests.doubles.slack.counterpart import HELPED, MODAL, Listener, refused, section
from tests.doubles.slack.sight import ImpossibleError


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
