"""What is only Slack's, through the wire: the adapter and the double, over HTTP and Socket Mode."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from adapters.slack import connect
from bot.messages import (
    Address,
    Amended,
    Busy,
    Button,
    Buttons,
    Card,
    Field,
    FieldErrors,
    Form,
    Inbound,
    MessageRef,
    Note,
    Outcome,
    Pressed,
    Said,
    Scope,
    Submitted,
    Text,
    TryLater,
    Undeliverable,
)
from tests.adapters.harness import Core
from tests.adapters.slack.harness import SlackHarness, open_company
from tests.doubles.slack.double import Fault, Wrong
from tests.doubles.slack.shapes import message_shape

ROW = Buttons(buttons=(Button(label="Yes", verb="agree", value="42"),))
FORM = Form(title="Ask an expert", verb="ask", value="7", fields=(Field(name="question", label="Your question"),))


@pytest.fixture(params=[False, True], ids=["http", "socket"])
async def company(request: pytest.FixtureRequest, core: Core) -> AsyncIterator[SlackHarness]:
    async with open_company(core.receive, socket=request.param) as company:
        if request.param:
            await company.slack.sockets.connected()
        yield company


@pytest.fixture
async def http(core: Core) -> AsyncIterator[SlackHarness]:
    async with open_company(core.receive) as company:
        yield company


def words(text: str) -> Card:
    return Card(summary=text, parts=(Text(text=text),))


def to(
    company: SlackHarness, *, conversation: str | None = None, thread: str | None = None, person: str | None = None
) -> Address:
    return Address(platform="slack", tenant=company.tenant, conversation=conversation, thread=thread, person=person)


# ── Hearing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_mention_comes_twice_with_one_key_and_the_same_words(company: SlackHarness, core: Core) -> None:
    await company.slack.user("alice").says("help", "where is @Bob Achebe?", mention=True)
    first, twin = core.received
    assert isinstance(first, Said)
    assert isinstance(twin, Said)
    assert first.key == twin.key
    assert (first.text, first.mentioned, first.place.scope) == ("where is @Bob Achebe?", True, Scope.CHANNEL)
    assert (twin.text, twin.mentioned, twin.place) == (first.text, True, first.place)
    assert first.sender.name == "Alice Berg"
    assert first.sender.time_zone == "Europe/Vienna"


async def test_joins_bots_broadcasts_and_our_own_words_are_acknowledged_and_passed_over(
    company: SlackHarness, core: Core
) -> None:
    alice = company.slack.user("alice")
    deed = await alice.says("help", "Where is it?")
    await alice.says("help", "Here!", thread=deed.ts, broadcast=True)
    await company.slack.add_user("cleo").joins("help")
    await company.slack.integration_says("help", "Deployed.")
    own = await company.platform.send(to(company, conversation=company.open_channel), words("Our own."), key="k1")
    await company.platform.revise(own, words("Our own, changed."))
    await company.slack.settle()
    (heard,) = core.received
    assert isinstance(heard, Said)
    assert heard.text == "Where is it?"
    assert all(delivery.accepted for delivery in company.slack.deliveries)


async def test_what_somebody_changes_or_takes_back_is_told_with_the_key_of_what_was_said(
    company: SlackHarness, core: Core
) -> None:
    alice = company.slack.user("alice")
    deed = await alice.says("help", "Where is it?")
    await alice.edits(deed.ts, "Where *was* it, & why?")
    await alice.deletes(deed.ts)
    said, changed, taken_back = core.received
    assert isinstance(changed, Amended)
    assert isinstance(taken_back, Amended)
    assert changed.of == taken_back.of == said.key
    assert (changed.sender.id, changed.place.conversation) == (company.alice, company.open_channel)
    assert changed.text == "Where *was* it, & why?"
    assert taken_back.text is None
    assert len({one.key for one in core.received}) == 3


async def test_a_message_on_which_replies_hang_is_taken_back_though_its_place_stays(
    company: SlackHarness, core: Core
) -> None:
    alice = company.slack.user("alice")
    deed = await alice.says("help", "Where is it?")
    await company.slack.user("bob").says("help", "Where is what?", thread=deed.ts)
    await alice.deletes(deed.ts)
    taken_back = core.received[-1]
    assert isinstance(taken_back, Amended)
    assert (taken_back.of, taken_back.text, taken_back.sender.id) == (core.received[0].key, None, company.alice)


async def test_a_link_that_slack_unfurls_is_no_change_of_what_was_said(company: SlackHarness, core: Core) -> None:
    deed = await company.slack.user("alice").says("help", "See https://intranet.example")
    before = message_shape(deed.message) if deed.message else {}
    assert deed.message is not None
    company.slack.world.tell_change(deed.message, before)
    await company.slack.settle()
    assert len(core.received) == 1


async def test_what_cannot_be_stored_comes_again_until_it_is(company: SlackHarness, core: Core) -> None:
    company.slack.sockets.ack_limit = 0.5
    core.outcomes = [Busy(), Busy(), None]
    deed = await company.slack.user("alice").dm("Hello?")
    assert not deed.accepted
    await company.slack.advance(60)
    assert deed.accepted
    assert len({heard.key for heard in core.received}) == 1


async def test_a_plain_message_is_received_without_a_question_to_slack(http: SlackHarness, core: Core) -> None:
    await http.slack.user("alice").says("help", "Anybody seen @Bob Achebe?")
    (heard,) = core.received
    assert isinstance(heard, Said)
    assert heard.people == {f"@{http.bob}": http.bob}
    assert http.slack.calls == []


async def test_slack_is_asked_who_somebody_is_once(http: SlackHarness, core: Core) -> None:
    for _ in range(3):
        await http.slack.user("alice").dm("Hello?")
    assert len(http.slack.calls_of("users.info")) == 1
    assert core.received[2].sender.name == "Alice Berg"


async def test_many_messages_at_once_put_one_question_between_them(http: SlackHarness, core: Core) -> None:
    alice = http.slack.user("alice")
    alice.direct()
    deeds = await asyncio.gather(*(alice.dm(f"Hello {number}?") for number in range(10)))
    assert all(deed.accepted for deed in deeds)
    assert len(http.slack.calls_of("users.info")) == 1
    assert {heard.sender.name for heard in core.received} == {"Alice Berg"}


async def test_when_slack_does_not_say_who_somebody_is_the_message_is_received_all_the_same(
    http: SlackHarness, core: Core
) -> None:
    http.slack.faults.add("users.info", Wrong.TOO_MANY)
    for _ in range(2):
        assert (await http.slack.user("alice").dm("Ask @Bob Achebe")).accepted
    assert [heard.sender.id for heard in core.received] == [http.alice] * 2
    # After a silence the next message does not ask again at once.
    assert len(http.slack.calls_of("users.info")) <= 2


async def test_the_address_can_be_verified(http: SlackHarness) -> None:
    assert await http.slack.http.verify_url()


# ── Commands ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_command_opens_a_form(company: SlackHarness, core: Core) -> None:
    core.outcomes = [FORM, None]
    alice = company.slack.user("alice")
    assert (await alice.command("/nudge", channel="help")).accepted
    await alice.submit({"question": "Why?"})
    submitted = core.received[1]
    assert isinstance(submitted, Submitted)
    assert submitted.fields == {"question": "Why?"}
    assert submitted.place == core.received[0].place
    assert alice.modal() is None


async def test_a_commands_note_is_seen_by_nobody_else(company: SlackHarness, core: Core) -> None:
    core.outcomes = [Note(card=words("Noted."))]
    deed = await company.slack.user("alice").command("/lanyard", channel="help")
    assert deed.complaint is None
    assert "Noted." in company.slack.user("alice").last("help").text
    assert all("Noted." not in seen.text for seen in company.slack.user("bob").reads())


@pytest.mark.parametrize(("where", "scope"), [("help", Scope.CHANNEL), ("closed", Scope.PRIVATE), (None, Scope.DIRECT)])
async def test_a_command_tells_what_kind_of_place_it_was_typed_in(
    http: SlackHarness, core: Core, where: str | None, scope: Scope
) -> None:
    await http.slack.user("alice").command("/ask", "why?", channel=where)
    assert core.received[0].place.scope is scope


async def test_a_command_between_two_people_is_not_taken_for_a_talk_with_the_bot(
    http: SlackHarness, core: Core
) -> None:
    alice, bob = http.slack.user("alice"), http.slack.user("bob")
    between = http.slack.world.direct(alice.user, bob.user)
    await alice.command("/ask", "why?", channel=between)
    assert core.received[0].place.scope is Scope.PRIVATE
    ref = await http.platform.send(to(http, conversation=between.id, person=http.alice), words("So."), key="k1")
    assert "So." in alice.last(between).text
    assert ref.person == http.alice
    assert not [seen for seen in bob.reads() if "So." in seen.text]


async def test_a_form_that_came_too_late_is_answered_with_a_word(http: SlackHarness, core: Core) -> None:
    http.slack.faults.add("views.open", Fault(wrong=Wrong.ERROR, error="expired_trigger_id"))
    core.outcomes = [FORM]
    await http.slack.user("alice").command("/nudge", channel="help")
    assert "Please try again." in http.slack.user("alice").last("help").text


# ── Presses, forms, shortcuts ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_note_in_a_thread_is_shown_there(company: SlackHarness, core: Core) -> None:
    alice = company.slack.user("alice")
    root = await alice.says("help", "Well?")
    place = to(company, conversation=company.open_channel, thread=root.ts)
    ref = await company.platform.send(place, Card(summary="Hm", parts=(ROW,)), key="k1")
    core.received.clear()
    core.outcomes = [Note(card=words("Noted."))]
    await alice.press(ref.id, "Yes")
    (note,) = [seen for seen in alice.reads("help") if "Noted." in seen.text]
    assert note.only_for_me
    assert note.thread == root.ts
    assert core.received[0].place.thread == root.ts


async def test_a_form_answers_with_another_form_and_then_a_note(company: SlackHarness, core: Core) -> None:
    alice = company.slack.user("alice")
    core.outcomes = [FORM, Form(title="And when?", verb="when", fields=(Field(name="when", label="When"),))]
    core.outcomes.append(Note(card=Card(summary="Done", parts=(Text(text="It is planned."), ROW))))
    await alice.command("/nudge", channel="help")
    await alice.submit({"question": "Why?"})
    await alice.submit({"when": "Now"})
    assert "It is planned." in alice.reads_view().text
    core.outcomes = [Note(card=words("Agreed."))]
    await alice.press(None, "Yes")
    pressed = core.received[-1]
    assert isinstance(pressed, Pressed)
    assert (pressed.verb, pressed.message) == ("agree", None)
    assert pressed.place == core.received[0].place
    assert "Agreed." in alice.reads_view().text


async def test_what_is_wrong_with_a_form_as_a_whole_stands_at_its_first_field(
    company: SlackHarness, core: Core
) -> None:
    alice = company.slack.user("alice")
    core.outcomes = [FORM, FieldErrors(errors={"": "Somebody was faster."})]
    await alice.command("/nudge", channel="help")
    await alice.submit({"question": "Why?"})
    modal = alice.modal()
    assert modal is not None
    assert modal.errors == {"question": "Somebody was faster."}


async def test_shortcuts_ask_save_and_start(company: SlackHarness, core: Core) -> None:
    alice = company.slack.user("alice")
    deed = await company.slack.user("bob").says("help", "Is 5 < 6?")
    core.received.clear()
    core.outcomes = [None, Note(card=words("Saved.")), FORM]
    await alice.message_shortcut("ask_about", deed.ts)
    await alice.message_shortcut("save_as_aid", deed.ts)
    await alice.shortcut("nudge")
    asked, saved, started = core.received
    assert isinstance(asked, Said)
    assert (asked.command, asked.text, asked.sender.id) == ("ask", "Is 5 < 6?", company.alice)
    assert isinstance(saved, Pressed)
    assert saved.value.endswith(f"/archives/{company.open_channel}/p{deed.ts.replace('.', '')}")
    assert "Saved." in alice.last("help").text
    assert isinstance(started, Said)
    assert (started.command, started.place.conversation) == ("nudge", alice.direct().id)
    assert alice.modal() is not None


async def test_a_busy_press_is_not_acknowledged(company: SlackHarness, core: Core) -> None:
    ref = await company.platform.send(to(company, person=company.alice), Card(summary="Hm", parts=(ROW,)), key="k1")
    company.slack.sockets.ack_limit = 0.5
    core.outcomes = [Busy()]
    deed = await company.slack.user("alice").press(ref.id, "Yes")
    assert not deed.accepted


# ── For one person's eyes ───────────────────────────────────────────────────────────────────────────────────────────


async def test_what_only_one_person_sees_can_be_revised_once_they_pressed_on_it(http: SlackHarness, core: Core) -> None:
    alice = http.slack.user("alice")
    place = to(http, conversation=http.open_channel, person=http.alice)
    ref = await http.platform.send(place, Card(summary="Hm", parts=(Text(text="Hm"), ROW)), key="k1")
    with pytest.raises(Undeliverable, match=r"\.$"):
        await http.platform.revise(ref, words("Better."))
    await alice.press(ref.id, "Yes")
    pressed = core.received[0]
    assert isinstance(pressed, Pressed)
    assert pressed.message == ref
    await http.platform.revise(ref, words("Better."))
    assert [seen.text for seen in alice.reads("help")] == ["Better."]


async def test_where_lanyard_is_no_member_a_private_word_goes_to_the_person_directly(http: SlackHarness) -> None:
    http.slack.add_channel("elsewhere", "alice", private=True, bot=False)
    elsewhere = http.slack.world.channel("elsewhere").id
    ref = await http.platform.send(to(http, conversation=elsewhere, person=http.alice), words("So."), key="k1")
    assert ref.conversation == http.slack.user("alice").direct().id
    assert ref.person is None


# ── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_too_many_calls_mean_later_by_slacks_own_delay(http: SlackHarness) -> None:
    http.slack.faults.add("chat.postMessage", Fault(wrong=Wrong.TOO_MANY, retry_after=7))
    with pytest.raises(TryLater) as later:
        await http.platform.send(to(http, conversation=http.open_channel), words("x"), key="k1")
    assert later.value.after == timedelta(seconds=7)
    assert not later.value.maybe_sent


@pytest.mark.parametrize("wrong", [Wrong.FAILED, Wrong.CLOSED])
async def test_after_an_ambiguous_failure_the_message_is_found_by_its_key(http: SlackHarness, wrong: Wrong) -> None:
    for place in (to(http, conversation=http.open_channel), to(http, person=http.alice)):
        http.slack.faults.add("chat.postMessage", wrong)
        with pytest.raises(TryLater) as later:
            await http.platform.send(place, words("Once."), key="k1")
        assert later.value.maybe_sent
        found = await http.platform.find(place, key="k1")
        assert found is not None
        assert [message.ts for message in http.slack.messages(found.conversation)] == [found.id]
    assert len(http.slack.calls_of("chat.postMessage")) == 2


async def test_a_reply_is_found_in_its_thread(http: SlackHarness) -> None:
    root = await http.slack.user("alice").says("help", "Well?")
    place = to(http, conversation=http.open_channel, thread=root.ts)
    ref = await http.platform.send(place, words("So."), key="k1")
    assert await http.platform.find(place, key="k1") == ref
    assert await http.platform.find(to(http, conversation="C0NOWHERE"), key="k1") is None


async def test_an_old_message_is_found_on_a_later_page(http: SlackHarness) -> None:
    place = to(http, conversation=http.open_channel)
    ref = await http.platform.send(place, words("So."), key="k1")
    channel = http.slack.world.channel("help")
    for n in range(450):
        http.slack.world.post(channel, http.slack.user("bob").user, f"chatter {n}")
    assert await http.platform.find(place, key="k1") == ref


@pytest.mark.parametrize("wrong", [Wrong.REFUSED, Wrong.DROPPED])
async def test_a_failure_that_sent_nothing_is_tried_later(http: SlackHarness, wrong: Wrong) -> None:
    place = to(http, conversation=http.open_channel)
    http.slack.faults.add("chat.postMessage", wrong)
    with pytest.raises(TryLater):
        await http.platform.send(place, words("Once."), key="k1")
    assert await http.platform.find(place, key="k1") is None
    assert len(http.slack.calls_of("chat.postMessage")) == 1


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("is_archived", "The Slack channel is archived."),
        ("token_revoked", "install Lanyard again."),
        ("account_inactive", "removed from this Slack workspace."),
        ("some_new_error", "Slack refused it (some_new_error)."),
    ],
)
async def test_slacks_verdicts_are_undeliverable_in_words(http: SlackHarness, error: str, sentence: str) -> None:
    http.slack.faults.add("chat.postMessage", Fault(wrong=Wrong.ERROR, error=error))
    with pytest.raises(Undeliverable) as verdict:
        await http.platform.send(to(http, conversation=http.open_channel), words("x"), key="k1")
    assert str(verdict.value).endswith(sentence)


@pytest.mark.parametrize(
    ("error", "maybe"), [("internal_error", True), ("fatal_error", True), ("service_unavailable", False)]
)
async def test_slacks_passing_errors_mean_later(http: SlackHarness, error: str, maybe: bool) -> None:
    http.slack.faults.add("chat.postMessage", Fault(wrong=Wrong.ERROR, error=error))
    with pytest.raises(TryLater) as later:
        await http.platform.send(to(http, conversation=http.open_channel), words("x"), key="k1")
    assert later.value.maybe_sent is maybe


async def test_blocks_that_slack_does_not_take_are_replaced_by_the_plain_text(http: SlackHarness) -> None:
    http.slack.faults.add("chat.postMessage", Fault(wrong=Wrong.ERROR, error="invalid_blocks"))
    await http.platform.send(to(http, conversation=http.open_channel), words("a <b> & c"), key="k1")
    assert http.slack.user("bob").last("help").text == "a <b> & c"


async def test_where_slack_cannot_be_reached_it_is_tried_later(http: SlackHarness) -> None:
    await http.platform._directory.person(http.tenant, http.alice)
    await http.slack.stop()
    with pytest.raises(TryLater):
        await http.platform.send(to(http, conversation=http.open_channel), words("x"), key="k1")


async def test_a_card_that_carries_too_much_is_undeliverable_with_a_sentence(http: SlackHarness) -> None:
    card = Card(summary="x", parts=(Buttons(buttons=(Button(label="Go", verb="go", value="x" * 3000),)),))
    with pytest.raises(Undeliverable, match=r"takes 2,000\.$"):
        await http.platform.send(to(http, conversation=http.open_channel), card, key="k1")


# ── People ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_profile_tells_address_and_time_zone(http: SlackHarness) -> None:
    alice = await http.platform.profile(http.tenant, http.alice)
    assert alice is not None
    assert (alice.email, alice.time_zone) == ("alice@copper-kettle.example", "Europe/Vienna")
    assert await http.platform.profile("T0OTHER", http.alice) is None


async def test_whoever_has_left_is_nobody(http: SlackHarness) -> None:
    http.slack.user("bob").user.deleted = True
    assert await http.platform.profile(http.tenant, http.bob) is None
    assert await http.platform.members(http.tenant, http.open_channel) == [http.alice]


async def test_many_people_are_listed_in_pages_without_bots(http: SlackHarness) -> None:
    handles = [f"person{n}" for n in range(460)]
    for handle in handles:
        http.slack.add_user(handle)
    http.slack.add_user("robot", is_bot=True, email=None)
    http.slack.add_channel("all", *handles, "robot")
    members = await http.platform.members(http.tenant, http.slack.world.channel("all").id)
    assert len(members) == 460
    assert len(http.slack.calls_of("users.info")) == 0
    assert len(http.slack.calls_of("users.list")) == 3


async def test_a_listing_that_was_broken_off_goes_on_where_it_was(http: SlackHarness) -> None:
    for n in range(460):
        http.slack.add_user(f"person{n}")
    http.slack.add_channel("all", *(f"person{n}" for n in range(460)))
    everybody = http.slack.world.channel("all").id
    await http.platform.members(http.tenant, http.open_channel)
    http.slack.faults.add("users.list", Fault(wrong=Wrong.SLOW, seconds=0), Wrong.TOO_MANY)
    with pytest.raises(TryLater):
        await http.platform.members(http.tenant, everybody)
    assert len(await http.platform.members(http.tenant, everybody)) == 460
    assert len(http.slack.calls_of("users.list")) == 4


# ── Two workspaces, Socket Mode, settings ───────────────────────────────────────────────────────────────────────────


async def test_nothing_is_said_in_a_workspace_that_the_token_is_not_for(http: SlackHarness) -> None:
    other = http.slack.add_team("Other Company")
    http.slack.add_user("zoe", team=other)
    http.slack.add_channel("lounge", "zoe", team=other)
    lounge = http.slack.world.channel("lounge").id
    for tenant in (other.id, "T0NOWHERE"):
        with pytest.raises(Undeliverable):
            await http.platform.send(
                Address(platform="slack", tenant=tenant, conversation=lounge), words("x"), key="k1"
            )
        with pytest.raises(Undeliverable):
            await http.platform.members(tenant, lounge)
        with pytest.raises(Undeliverable):
            await http.platform.revise(
                MessageRef(platform="slack", tenant=tenant, conversation=lounge, id="1.2"), words("x")
            )
        assert await http.platform.find(Address(platform="slack", tenant=tenant, conversation=lounge), key="k") is None
    assert http.slack.messages("lounge") == []


async def test_a_socket_that_lives_and_tells_nothing_is_replaced(core: Core) -> None:
    async with open_company(core.receive, socket=True, silence=timedelta(milliseconds=50)) as company:
        (first,) = await company.slack.sockets.connected()
        first.deaf = True
        assert (await company.slack.user("alice").dm("Still there?")).accepted
    assert [heard.sender.id for heard in core.received] == [company.alice]


@pytest.mark.parametrize("how", ["refresh", "warn"])
async def test_a_socket_that_slack_ends_is_opened_again(core: Core, how: str) -> None:
    async with open_company(core.receive, socket=True) as company:
        (first,) = await company.slack.sockets.connected()
        await getattr(company.slack.sockets, how)(first)
        await first.closed.wait()
        assert (await company.slack.user("alice").dm("Renewed?")).accepted
    assert {heard.sender.id for heard in core.received} == {company.alice}


async def test_before_anybody_receives_slack_is_told_to_try_again() -> None:
    async def nobody(_: Inbound) -> Outcome:
        raise Busy

    async with open_company(nobody) as company:
        company.platform._front.receive = None
        assert not (await company.slack.user("alice").dm("Hello?")).accepted


@pytest.mark.parametrize(
    ("given", "missing"), [({}, "SLACK_BOT_TOKEN"), ({"bot_token": "xoxb-1"}, "SLACK_SIGNING_SECRET")]
)
def test_a_missing_setting_is_named(given: dict[str, str], missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        connect(now=lambda: None, **given)  # type: ignore[arg-type, return-value]


# ── Going ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_workspace_that_takes_its_one_token_away_is_told_no_more(company: SlackHarness) -> None:
    farewells = await company.slack.uninstall()
    assert all(one.accepted for one in farewells)
    with pytest.raises(Undeliverable, match="Lanyard has been removed from this Slack workspace"):
        await company.platform.send(to(company, conversation=company.open_channel), words("Hello?"), key="k1")
