from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack import inbound, mrkdwn
from adapters.slack.model import Channel, Malformed, Roster
from adapters.slack.shapes import Command, Envelope, Interaction, Message, parse
from bot.messages import MessageRef, Place, Pressed, Said, Scope, Sender, clean

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BOB = Sender(id="U2", name="Bob Achebe", time_zone="Europe/London")
ROSTER = Roster(
    people={"U2": BOB, "U3": Sender(id="U3", name="Bob Achebe")},
    channels={
        "C1": Channel(id="C1", scope=Scope.CHANNEL, name="help"),
        "D1": Channel(id="D1", scope=Scope.DIRECT),
    },
)
MESSAGE = {
    "type": "message",
    "channel": "C1",
    "channel_type": "channel",
    "user": "U2",
    "text": "Where is the key?",
    "ts": "1795424400.000200",
}
ENVELOPE = {
    "type": "event_callback",
    "team_id": "T1",
    "event_id": "Ev1",
    "authorizations": [{"team_id": "T1", "user_id": "U0BOT", "is_bot": True}],
}


def event(**changes: Any) -> tuple[Envelope, Message]:
    message = {name: value for name, value in (MESSAGE | changes).items() if value is not ...}
    envelope = parse(Envelope, ENVELOPE | {"event": message})
    return envelope, parse(Message, message)


def said(**changes: Any) -> Said:
    envelope, message = event(**changes)
    assert inbound.read_event(envelope, message)
    return inbound.to_said(envelope, message, ROSTER, bot="U0BOT")


def words(text: str) -> mrkdwn.Words:
    return mrkdwn.read(text, bot="U0BOT", people={"U2": "Bob", "U3": "Bob"}, channels={"C1": "help"})


# ── Text ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("&lt;@U2&gt; and &lt;!here&gt;", "<@U2> and <!here>"),
        ("<!here> <!channel> <!everyone>", "@here @channel @everyone"),
        ("<!subteam^S1|@cooks> <!subteam^S1>", "@cooks subteam"),
        ("<!date^1795424400^{date}|23 November>", "23 November"),
        ("<https://a.example/?a=1&amp;b=2>", "https://a.example/?a=1&b=2"),
        ("<https://a.example|a.example>", "a.example"),
        ("<https://a.example/x|the form>", "the form (https://a.example/x)"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<b> is typed as it is in a command", "<b> is typed as it is in a command"),
        ("<#C1|> <#C9|side> <#C9>", "#help #side #C9"),
    ],
)
def test_slacks_markup_is_read_as_words(written: str, read: str) -> None:
    assert words(written).text == read


def test_two_people_of_one_name_stay_two() -> None:
    read = words("<@U2> or <@U3> or <@U4> or <@U5|Cleo>")
    assert read.text == "@Bob or @Bob (U3) or @U4 or @Cleo"
    assert read.people == {"@Bob": "U2", "@Bob (U3)": "U3", "@U4": "U4", "@Cleo": "U5"}


@pytest.mark.parametrize(
    "text", ["<@U0BOT> where?", "<@U0BOT|lanyard>: where?", "where? <@U0BOT>", "  <@U0BOT>,  where?"]
)
def test_the_bots_own_mention_is_taken_out(text: str) -> None:
    assert (words(text).text, words(text).mentioned) == ("where?", True)


@given(st.text())
def test_any_text_is_read_as_it_was_written(text: str) -> None:
    assert words(mrkdwn.escape(text)).text == clean(text)


@given(st.text(alphabet="<>@#!|^&;amplt U2C1httphttps:/\n"))
def test_no_text_breaks_the_reader(text: str) -> None:
    words(text)
    mrkdwn.mentioned_ids(text)


# ── Messages ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_is_received_with_who_where_and_when() -> None:
    heard = said(text="<@U0BOT> ask <@U2> in <#C1>", thread_ts="1795424300.000100")
    assert heard == Said(
        platform="slack",
        tenant="T1",
        key="C1:1795424400.000200",
        sender=BOB,
        place=Place(conversation="C1", scope=Scope.CHANNEL, name="help", thread="1795424300.000100"),
        at=datetime(2026, 11, 23, 9, 0, 0, 200, tzinfo=UTC),
        text="ask @Bob Achebe in #help",
        mentioned=True,
        message="1795424400.000200",
        people={"@Bob Achebe": "U2"},
        channels={"#help": "C1"},
    )


def test_a_mention_and_its_message_have_one_key_though_their_envelopes_differ() -> None:
    assert said().key == said(type="app_mention", channel_type=...).key


def test_the_first_message_of_a_thread_is_not_in_it() -> None:
    assert said(thread_ts=MESSAGE["ts"]).place.thread is None


def test_a_group_that_slack_names_by_its_id_alone_has_the_name_by_which_people_know_it() -> None:
    words = mrkdwn.read("For <!subteam^S1>!", bot=None, people={}, channels={"S1": "cooks"})
    assert (words.text, words.channels) == ("For @cooks!", {"@cooks": "S1"})
    assert mrkdwn.mentioned_ids("<!subteam^S1> <#C1> <@U1>") == ({"U1"}, {"S1", "C1"})


@pytest.mark.parametrize(
    ("kind", "shared", "scope"),
    [
        ("channel", False, Scope.CHANNEL),
        ("channel", True, Scope.PRIVATE),
        ("group", False, Scope.PRIVATE),
        ("mpim", False, Scope.PRIVATE),
        ("im", False, Scope.DIRECT),
        (None, False, None),
        ("unheard_of", False, None),
    ],
)
def test_an_event_tells_what_kind_of_place_it_was(kind: str | None, shared: bool, scope: Scope | None) -> None:
    envelope, message = event(channel_type=kind)
    envelope = envelope.model_copy(update={"is_ext_shared_channel": shared})
    channel = inbound.kind_of(envelope, message)
    assert (channel.scope if channel else None) == scope


def test_a_channel_that_nobody_knows_is_taken_for_a_closed_one_that_strangers_read() -> None:
    assert said(channel="C9").place == Place(conversation="C9", scope=Scope.PRIVATE, shared=True)


@pytest.mark.parametrize(("kind", "shared"), [("channel", True), ("group", True), ("mpim", True), ("im", False)])
def test_where_people_of_other_companies_read_the_place_says_so(kind: str, shared: bool) -> None:
    envelope, message = event(channel_type=kind)
    channel = inbound.kind_of(envelope.model_copy(update={"is_ext_shared_channel": True}), message)
    assert channel is not None
    assert channel.shared is shared


def test_who_is_not_known_to_be_a_colleague_is_a_guest_in_a_shared_channel() -> None:
    envelope, message = event()
    for shared in (True, False):
        told = envelope.model_copy(update={"is_ext_shared_channel": shared})
        assert inbound.to_said(told, message, Roster(), bot="U0BOT").sender.is_guest is shared


@pytest.mark.parametrize(
    "change",
    [
        {"subtype": "message_changed", "hidden": True, "user": ...},
        {"subtype": "message_deleted", "hidden": True, "user": ...},
        {"subtype": "bot_message", "bot_id": "B1", "user": ...},
        {"bot_id": "B1"},
        {"user": "U0BOT"},
        {"user": "USLACKBOT"},
        {"subtype": "channel_join"},
        {"subtype": "thread_broadcast"},
        {"type": "app_mention", "edited": {"user": "U2", "ts": "1795424401.000000"}},
    ],
)
def test_what_is_no_persons_own_word_is_passed_over(change: dict[str, Any]) -> None:
    assert not inbound.read_event(*event(**change))


@pytest.mark.parametrize("subtype", ["file_share", "me_message"])
def test_words_with_a_file_or_about_oneself_are_heard(subtype: str) -> None:
    assert said(subtype=subtype).text == "Where is the key?"


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ([{"id": "F1", "name": "handbook.docx", "url_private": "https://files.example/1"}], ("handbook.docx",)),
        ([{"id": "F1", "mode": "tombstone", "name": None}, {"id": "F2", "name": "b.pdf"}], ("b.pdf",)),
        ([{"id": "F1", "mode": "file_access", "file_access": "check_file_info"}], ("a file",)),
        ([{"name": "x" * 10_000 + ".docx"}], ("x" * 195 + ".docx",)),
        ([{"name": str(number)} for number in range(50)], tuple("0123456789")),
        ("no list", ()),
        ([["no object"], {"name": 7}], ("a file",)),
        (None, ()),
    ],
)
def test_files_that_come_with_a_message_are_told_by_their_names(files: object, names: tuple[str, ...]) -> None:
    assert said(subtype="file_share", text="", files=files).attached == names


@pytest.mark.parametrize("id_", ["", 7, None, "f1", "F1/../auth.test", "F" * 100, "F1&token=x"])
def test_a_file_is_asked_for_by_what_can_be_an_id_alone(id_: object) -> None:
    assert said(subtype="file_share", text="", files=[{"id": id_, "name": "a.pdf"}]).files == ()


def test_people_of_other_companies_in_a_shared_channel_are_passed_over() -> None:
    for team, heard in (("T1", True), ("T9", False)):
        envelope, message = event(user_team=team, source_team=team)
        envelope = envelope.model_copy(update={"is_ext_shared_channel": True})
        assert inbound.read_event(envelope, message) is heard


def test_a_message_belongs_to_the_workspace_that_lanyard_is_installed_in() -> None:
    envelope = parse(Envelope, ENVELOPE | {"team_id": "T9"})
    assert envelope.tenant == "T1"
    assert parse(Envelope, {"type": "event_callback", "team_id": "T9"}).tenant == "T9"


@pytest.mark.parametrize(
    "change",
    [
        {"text": 5},
        {"ts": "yesterday"},
        {"ts": "999999999999.0"},
        {"channel": {"id": "C1"}},
        {"user": "U 2"},
        {"user": ["U2"]},
    ],
)
def test_a_message_of_a_strange_shape_is_malformed_without_its_value(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed) as fault:
        said(**change)
    assert "yesterday" not in str(fault.value)


# ── Commands and shortcuts ──────────────────────────────────────────────────────────────────────────────────────────

COMMAND = {
    "command": "/Ask",
    "text": " how do I reset &lt;it&gt; with <@U2|bob>? ",
    "team_id": "T1",
    "user_id": "U2",
    "channel_id": "D1",
    "channel_name": "directmessage",
    "trigger_id": "1.2.abc",
}
SHORTCUT = {
    "type": "message_action",
    "callback_id": "ask_about",
    "trigger_id": "1.2.abc",
    "team": {"id": "T1", "domain": "copper-kettle"},
    "user": {"id": "U2"},
    "channel": {"id": "C1", "name": "help"},
    "message_ts": "1795424400.000200",
    "message": {
        "ts": "1795424400.000200",
        "text": "Is it &lt;safe&gt;?",
        "user": "U3",
        "thread_ts": "1795424300.000100",
    },
}


def shortcut(**changes: Any) -> Said | Pressed:
    given_ = parse(Interaction, SHORTCUT | changes)
    return inbound.to_shortcut(given_, ROSTER, bot="U0BOT", at=NOW, direct="D1")


def test_a_command_is_its_word_and_the_rest() -> None:
    heard = inbound.to_command(parse(Command, COMMAND), ROSTER, bot="U0BOT", at=NOW)
    assert (heard.command, heard.text) == ("ask", "how do I reset <it> with @Bob Achebe?")
    assert heard.place == Place(conversation="D1", scope=Scope.DIRECT)
    assert heard.message is None
    assert heard.key == "command:1.2.abc"
    assert heard.at == NOW


@pytest.mark.parametrize("change", [{"command": "ask"}, {"command": "/"}, {"team_id": ""}, {"trigger_id": ""}])
def test_a_command_of_a_strange_shape_is_malformed(change: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        parse(Command, COMMAND | change)


def test_asking_about_a_message_is_a_command_with_its_words() -> None:
    heard = shortcut()
    assert isinstance(heard, Said)
    assert (heard.command, heard.text, heard.sender) == ("ask", "Is it <safe>?", BOB)
    assert heard.place.thread == "1795424300.000100"


def test_saving_a_message_is_a_press_with_its_address() -> None:
    heard = shortcut(callback_id="save_as_aid")
    assert isinstance(heard, Pressed)
    assert (heard.verb, heard.value) == ("save_as_aid", "https://copper-kettle.slack.com/archives/C1/p1795424400000200")
    assert heard.message == MessageRef(
        platform="slack", tenant="T1", conversation="C1", id="1795424400.000200", thread="1795424300.000100"
    )


def test_a_workspace_without_a_proper_domain_gives_no_address() -> None:
    heard = shortcut(callback_id="save_as_aid", team={"id": "T1", "domain": "evil.example/x"})
    assert isinstance(heard, Pressed)
    assert heard.value == "C1:1795424400.000200"


def test_a_global_shortcut_is_a_command_without_words() -> None:
    heard = shortcut(type="shortcut", callback_id="nudge", channel=None, message=None, message_ts=None)
    assert isinstance(heard, Said)
    assert (heard.command, heard.text, heard.place) == ("nudge", "", Place(conversation="D1", scope=Scope.DIRECT))


def test_a_message_shortcut_without_a_message_is_malformed() -> None:
    with pytest.raises(Malformed):
        shortcut(message=None)


# ── Presses ─────────────────────────────────────────────────────────────────────────────────────────────────────────

PRESS = {
    "type": "block_actions",
    "trigger_id": "1.2.abc",
    "team": {"id": "T1", "domain": "copper-kettle"},
    "user": {"id": "U2"},
    "channel": {"id": "C1", "name": "help"},
    "container": {"type": "message", "message_ts": "1795424400.000200", "channel_id": "C1", "is_ephemeral": False},
    "actions": [{"type": "button", "action_id": "0:helped", "value": "7%26", "action_ts": "1795424401.000000"}],
}


def press(**changes: Any) -> Pressed | None:
    return inbound.to_pressed(parse(Interaction, PRESS | changes), ROSTER, at=NOW)


def test_a_press_is_received_with_its_verb_value_and_message() -> None:
    heard = press()
    assert heard is not None
    assert (heard.verb, heard.value, heard.sender) == ("helped", "7&", BOB)
    assert heard.message == MessageRef(platform="slack", tenant="T1", conversation="C1", id="1795424400.000200")
    assert heard.place == Place(conversation="C1", scope=Scope.CHANNEL, name="help")


def test_a_press_has_a_key_of_its_message_person_button_and_moment() -> None:
    def key(**changes: Any) -> str:
        heard = press(**changes)
        assert heard is not None
        return heard.key

    action = {"type": "button", "action_id": "0:helped", "value": "7"}
    keys = {
        key(),
        key(user={"id": "U3"}),
        key(container={"type": "message", "message_ts": "1795424400.000300", "channel_id": "C1"}),
        key(actions=[action | {"action_id": "1:helped", "action_ts": "1795424401.000000"}]),
        key(actions=[action | {"action_ts": "1795424402.000000"}]),
    }
    assert len(keys) == 5
    assert key() in keys


def test_a_press_on_what_only_one_person_sees_says_so() -> None:
    heard = press(container=PRESS["container"] | {"is_ephemeral": True})  # type: ignore[operator]
    assert heard is not None
    assert heard.message is not None
    assert heard.message.person == "U2"


@pytest.mark.parametrize(
    "action", [{"type": "static_select", "action_id": "0:x"}, {"type": "button", "action_id": "by_another_app"}]
)
def test_what_is_no_button_of_ours_is_passed_over(action: dict[str, str]) -> None:
    assert press(actions=[action]) is None


@pytest.mark.parametrize(
    "change", [{"container": None, "channel": None}, {"team": None}, {"container": {"type": "view", "view_id": "V1"}}]
)
def test_a_press_from_nowhere_is_malformed(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        press(**change)
