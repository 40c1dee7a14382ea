"""What every platform promises behind the port of `bot.messages`. A platform joins by its harness, see `harness.py`."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.messages import (
    Address,
    Availability,
    Begun,
    Busy,
    Button,
    Buttons,
    Card,
    Changed,
    Facts,
    Field,
    FieldErrors,
    FieldKind,
    File,
    Form,
    Heading,
    Home,
    Image,
    Invited,
    Link,
    Links,
    Markdown,
    MessageRef,
    Note,
    Opened,
    Presence,
    Pressed,
    Prompts,
    Reaction,
    Said,
    Scope,
    Submitted,
    Text,
    Tone,
    Undeliverable,
)
from tests.adapters.harness import Core, Harness, Lacks, Shown

RED = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5Er"
    "kJggg=="
)
HOSTILE = [
    "<script>alert(1)</script>",
    "<b>bold</b> & <i>tilted</i>",
    "&lt;b&gt; &amp;",
    "*stars* _lines_ ~waves~ `ticks`",
    "[label](https://evil.example)",
    "<!channel> <!here> <@U123> <https://evil.example|bank>",
    "<at>Everybody</at>",
    "@everyone @channel #general",
    "{{7*7}} ${7*7} %s {0}",
    "\u202egnirts a si siht\u202c",
    "👩‍👩‍👧 é e\u0301 漢字 العربية",
    "'; DROP TABLE message; --",
    "> quoted\n- listed\n# titled",
]


def to(
    chat: Harness, *, conversation: str | None = None, thread: str | None = None, person: str | None = None
) -> Address:
    return Address(
        platform=chat.platform.name, tenant=chat.tenant, conversation=conversation, thread=thread, person=person
    )


def words(text: str) -> Card:
    return Card(summary=text, parts=(Text(text=text),))


async def find_shown(chat: Harness, person: str, text: str) -> list[Shown]:
    return [shown for shown in await chat.sees(person) if text in shown.text]


# ── Paces ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("revising", [False, True])
async def test_paces_are_told_without_a_call_and_name_what_each_counts(chat: Harness, revising: bool) -> None:
    channel = to(chat, conversation=chat.open_channel)
    person = to(chat, person=chat.alice)
    whisper = to(chat, conversation=chat.open_channel, person=chat.alice)
    narrow: list[str] = []
    for place in (channel, person, whisper):
        paces = chat.platform.paces(place, revising=revising)
        assert paces == chat.platform.paces(place, revising=revising)
        assert all(chat.tenant in pace.bucket for pace in paces), "two tenants would share it"
        assert len({pace.bucket for pace in paces}) == len(paces)
        assert [pace.wide for pace in paces] == sorted(pace.wide for pace in paces), "narrow ones come first"
        narrow += [pace.bucket for pace in paces if not pace.wide and place is not whisper]
        elsewhere = replace(place, tenant="another")
        assert not {pace.bucket for pace in paces} & {
            pace.bucket for pace in chat.platform.paces(elsewhere, revising=revising)
        }
    assert len(set(narrow)) == len(narrow), "two conversations share a narrow bucket"


# ── Sending ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_sent_to_a_channel_is_seen_by_everybody_there(chat: Harness) -> None:
    ref = await chat.platform.send(to(chat, conversation=chat.open_channel), words("Lunch is served."), key="k1")
    assert (ref.platform, ref.tenant, ref.conversation) == (chat.platform.name, chat.tenant, chat.open_channel)
    for person in (chat.alice, chat.bob):
        (shown,) = await find_shown(chat, person, "Lunch is served.")
        assert shown.conversation == chat.open_channel
        assert shown.thread is None


async def test_what_is_sent_to_a_person_arrives_in_their_direct_conversation_alone(chat: Harness) -> None:
    await chat.platform.send(to(chat, person=chat.alice), words("A word to you."), key="k1")
    (shown,) = await find_shown(chat, chat.alice, "A word to you.")
    assert shown.conversation == await chat.direct(chat.alice)
    assert await find_shown(chat, chat.bob, "A word to you.") == []


async def test_what_is_for_one_persons_eyes_in_a_channel_is_seen_by_nobody_else(chat: Harness) -> None:
    place = to(chat, conversation=chat.open_channel, person=chat.alice)
    await chat.platform.send(place, words("Between us."), key="k1")
    assert len(await find_shown(chat, chat.alice, "Between us.")) == 1
    assert await find_shown(chat, chat.bob, "Between us.") == []


async def test_what_is_sent_to_a_closed_channel_stays_inside(chat: Harness) -> None:
    await chat.platform.send(to(chat, conversation=chat.closed_channel), words("Behind the door."), key="k1")
    assert len(await find_shown(chat, chat.alice, "Behind the door.")) == 1
    assert await find_shown(chat, chat.bob, "Behind the door.") == []


async def test_a_reply_stands_in_the_thread_it_was_sent_to(chat: Harness, core: Core) -> None:
    await chat.say(chat.alice, chat.open_channel, f"@{chat.bot_name} where is the key?")
    said = core.received[0]
    assert isinstance(said, Said)
    place = to(chat, conversation=chat.open_channel, thread=said.message)
    await chat.platform.send(place, words("Under the mat."), key="k1")
    (shown,) = await find_shown(chat, chat.bob, "Under the mat.")
    assert shown.thread == said.message


@pytest.mark.asks_for("reading back")
async def test_the_same_key_is_not_said_twice_where_the_platform_reads_back(chat: Harness) -> None:
    place = to(chat, conversation=chat.open_channel)
    assert await chat.platform.find(place, key="k1") is None
    first = await chat.platform.send(place, words("Once."), key="k1")
    assert await chat.platform.find(place, key="k1") == first
    assert await chat.platform.find(to(chat, person=chat.alice), key="k1") is None
    assert await chat.platform.find(place, key="k2") is None


async def test_a_revised_card_replaces_what_was_sent(chat: Harness) -> None:
    ref = await chat.platform.send(to(chat, person=chat.alice), words("Looking."), key="k1")
    for _ in range(2):
        await chat.platform.revise(ref, words("Found."))
    assert await find_shown(chat, chat.alice, "Looking.") == []
    assert len(await find_shown(chat, chat.alice, "Found.")) == 1


async def test_a_private_card_is_still_private_after_its_revision(chat: Harness) -> None:
    place = to(chat, conversation=chat.open_channel, person=chat.alice)
    ref = await chat.platform.send(place, words("Looking."), key="k1")
    try:
        await chat.platform.revise(ref, words("Found."))
    except Undeliverable:
        return  # some platforms cannot revise what is for one person's eyes, and say so
    assert len(await find_shown(chat, chat.alice, "Found.")) == 1
    assert await find_shown(chat, chat.bob, "Found.") == []


async def test_an_unknown_conversation_is_undeliverable_with_a_sentence(chat: Harness) -> None:
    with pytest.raises(Undeliverable, match=r"\.$"):
        await chat.platform.send(to(chat, conversation="nowhere"), words("Hello?"), key="k1")


async def test_an_unknown_person_is_undeliverable_with_a_sentence(chat: Harness) -> None:
    with pytest.raises(Undeliverable, match=r"\.$"):
        await chat.platform.send(to(chat, person=chat.stranger), words("Hello?"), key="k1")


async def test_another_company_is_undeliverable(chat: Harness) -> None:
    elsewhere = Address(platform=chat.platform.name, tenant="another", person=chat.alice)
    with pytest.raises(Undeliverable):
        await chat.platform.send(elsewhere, words("Hello?"), key="k1")


async def test_a_message_that_is_not_there_cannot_be_revised(chat: Harness) -> None:
    gone = MessageRef(platform=chat.platform.name, tenant=chat.tenant, conversation=chat.open_channel, id="gone")
    with pytest.raises(Undeliverable):
        await chat.platform.revise(gone, words("Hello?"))


# ── Cards ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_kind_of_part_is_shown(chat: Harness) -> None:
    card = Card(
        summary="Claiming a taxi",
        parts=(
            Heading(text="Claiming a taxi"),
            Markdown(text="1. Open **Expenses**\n2. See [the policy](https://intranet.example/policy)"),
            Text(text="It was always so.", tone=Tone.QUOTE),
            Facts(facts=(("Owner", "Marta"), ("Limit", "40 €"))),
            Links(links=(Link(label="The form", url="https://intranet.example/form"),)),
            Image(url=RED, alt="A red square"),
            Image(url="https://intranet.example/taxi.png", alt="A taxi"),
            Text(text="From the job aid.", tone=Tone.QUIET),
            Buttons(buttons=(Button(label="That helped", verb="helped"), Button(label="No", verb="no"))),
        ),
    )
    await chat.platform.send(to(chat, person=chat.alice), card, key="k1")
    (shown,) = await find_shown(chat, chat.alice, "Claiming a taxi")
    for text in (
        "Expenses",
        "the policy",
        "It was always so.",
        "Owner",
        "Marta",
        "40 €",
        "The form",
        "From the job aid.",
    ):
        assert text in shown.text
    assert {"https://intranet.example/policy", "https://intranet.example/form"} <= set(shown.links)
    assert shown.pictures == ("A red square", "A taxi")
    assert shown.buttons == ("That helped", "No")


async def test_a_card_without_parts_shows_its_summary(chat: Harness) -> None:
    await chat.platform.send(to(chat, person=chat.alice), Card(summary="Only this."), key="k1")
    assert len(await find_shown(chat, chat.alice, "Only this.")) == 1


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_shown_as_itself(chat: Harness, text: str) -> None:
    card = Card(
        summary="A card",
        parts=(
            Heading(text="A card"),
            Text(text=text),
            Facts(facts=((text, text),)),
            Buttons(buttons=(Button(label="Press", verb="v", value=text),)),
        ),
    )
    await chat.platform.send(to(chat, conversation=chat.open_channel), card, key="k1")
    (shown,) = await find_shown(chat, chat.alice, "A card")
    assert shown.text.count(text) == 3
    assert shown.links == ()


async def test_links_that_could_act_are_shown_as_text(chat: Harness) -> None:
    card = Card(
        summary="A card",
        parts=(
            Markdown(text="[press me](javascript:alert(1)) [and me](data:text/html,x) [or me](file:///etc/passwd)"),
            Links(links=(Link(label="or even me", url="vbscript:x"),)),
        ),
    )
    await chat.platform.send(to(chat, person=chat.alice), card, key="k1")
    (shown,) = await find_shown(chat, chat.alice, "or even me")
    assert shown.links == ()


@pytest.mark.parametrize("part", [Text, Markdown, Heading])
async def test_a_hundred_kilobytes_are_shown_or_cut_but_never_refused(
    chat: Harness, part: type[Text | Markdown | Heading]
) -> None:
    card = Card(summary="Long", parts=(part(text="It begins. " + "x*[" * 33_000),))
    await chat.platform.send(to(chat, person=chat.alice), card, key="k1")
    assert len(await find_shown(chat, chat.alice, "It begins.")) == 1


# ── People ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_profile_tells_who_a_person_is(chat: Harness) -> None:
    bob = await chat.platform.profile(chat.tenant, chat.bob)
    assert bob is not None
    assert (bob.id, bob.name, bob.is_bot) == (chat.bob, chat.bob_name, False)
    assert await chat.platform.profile(chat.tenant, chat.stranger) is None


async def test_members_are_the_people_of_a_conversation(chat: Harness) -> None:
    assert {chat.alice, chat.bob} <= set(await chat.platform.members(chat.tenant, chat.open_channel))
    closed = await chat.platform.members(chat.tenant, chat.closed_channel)
    assert chat.alice in closed
    assert chat.bob not in closed
    with pytest.raises(Undeliverable):
        await chat.platform.members(chat.tenant, "nowhere")


async def test_whether_somebody_is_in_a_conversation_is_told_of_people_alone(chat: Harness) -> None:
    platform, tenant = chat.platform, chat.tenant
    for person, place, there in (
        (chat.alice, chat.open_channel, True),
        (chat.bob, chat.open_channel, True),
        (chat.alice, chat.closed_channel, True),
        (chat.bob, chat.closed_channel, False),
        (chat.stranger, chat.open_channel, False),
    ):
        assert await platform.is_member(tenant, place, person) is there
    with pytest.raises(Undeliverable):
        await platform.is_member(tenant, "nowhere", chat.alice)
    with pytest.raises(Undeliverable):
        await platform.is_member("nowhere", chat.open_channel, chat.alice)


@pytest.mark.asks_for("groups")
async def test_a_group_is_found_by_its_name_whatever_its_case_and_its_members_are_told(chat: Harness) -> None:
    await chat.form_group("cooks", chat.bob)
    group = await chat.platform.group(chat.tenant, "Cooks")
    assert group is not None
    assert list(await chat.platform.members(chat.tenant, group)) == [chat.bob]


async def test_of_a_group_that_is_not_there_nothing_is_told(chat: Harness) -> None:
    await chat.form_group("cooks", chat.bob)
    assert await chat.platform.group(chat.tenant, "nobody-at-all") is None
    assert await chat.platform.group("nowhere", "cooks") is None


async def test_nobody_who_is_there_or_was_never_there_is_taken_for_gone(chat: Harness) -> None:
    assert not await chat.platform.has_left(chat.tenant, chat.bob)
    assert not await chat.platform.has_left(chat.tenant, chat.stranger)
    assert not await chat.platform.has_left("nowhere", chat.bob)


async def test_a_person_is_found_by_their_address_whatever_its_case(chat: Harness) -> None:
    bob = await chat.platform.person_by_email(chat.tenant, chat.bob_email.upper())
    assert bob is not None
    assert (bob.id, bob.name) == (chat.bob, chat.bob_name)
    assert await chat.platform.person_by_email(chat.tenant, "nobody@nowhere.example") is None
    assert await chat.platform.person_by_email("nowhere", chat.bob_email) is None


@pytest.mark.parametrize(
    "availability",
    [
        Availability(presence=Presence.AWAY),
        Availability(presence=Presence.OUT),
        Availability(presence=Presence.AWAY, undisturbed_until=datetime(2090, 1, 1, tzinfo=UTC)),
    ],
)
async def test_whether_somebody_can_be_disturbed_is_told_as_far_as_the_platform_knows(
    chat: Harness, availability: Availability
) -> None:
    known = await chat.be(chat.bob, availability)
    assert await chat.platform.availability(chat.tenant, chat.bob) == known


async def test_of_somebody_who_is_not_there_nothing_is_told(chat: Harness) -> None:
    assert await chat.platform.availability(chat.tenant, chat.stranger) == Availability()
    assert await chat.platform.availability("nowhere", chat.bob) == Availability()


@pytest.mark.asks_for("news of people")
async def test_who_changed_is_told_with_what_is_new(chat: Harness, core: Core) -> None:
    for _ in range(2):
        answer = await chat.change(chat.bob, name="Bob Achebe-Lund", time_zone="Asia/Tokyo", key="once-1234")
        assert answer.accepted
    first = core.received[0]
    assert isinstance(first, Changed)
    assert (first.platform, first.tenant) == (chat.platform.name, chat.tenant)
    assert (first.sender.id, first.sender.name) == (chat.bob, "Bob Achebe-Lund")
    assert (first.sender.email, first.sender.time_zone) == (chat.bob_email, "Asia/Tokyo")
    assert not first.left
    assert {changed.key for changed in core.received} == {first.key}
    bob = await chat.platform.profile(chat.tenant, chat.bob)
    assert bob is not None
    assert (bob.name, bob.time_zone) == ("Bob Achebe-Lund", "Asia/Tokyo")


@pytest.mark.asks_for("news of people")
async def test_a_change_that_the_core_cannot_store_is_told_again(chat: Harness, core: Core) -> None:
    core.outcomes = [Busy(), Busy(), None]
    for _ in range(3):
        await chat.change(chat.bob, name="Bob Achebe-Lund", key="once-1234")
    assert len(core.received) == 3
    assert len({changed.key for changed in core.received}) == 1


@pytest.mark.asks_for("news of people")
async def test_who_left_is_told_and_is_nobody_any_more(chat: Harness, core: Core) -> None:
    assert (await chat.leave(chat.bob)).accepted
    (changed,) = core.received
    assert isinstance(changed, Changed)
    assert (changed.sender.id, changed.left) == (chat.bob, True)
    assert await chat.platform.profile(chat.tenant, chat.bob) is None
    assert await chat.platform.has_left(chat.tenant, chat.bob)
    assert await chat.platform.person_by_email(chat.tenant, chat.bob_email) is None
    assert chat.bob not in await chat.platform.members(chat.tenant, chat.open_channel)


async def test_who_brings_the_bot_into_a_conversation_is_told(chat: Harness, core: Core) -> None:
    conversation = await chat.invite(chat.alice)
    (invited,) = [one for one in core.received if isinstance(one, Invited)]
    assert invited.sender.id == chat.alice
    assert invited.place.conversation == conversation
    assert invited.place.scope is Scope.CHANNEL


# ── Hearing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_said_in_a_channel_is_received_with_who_and_where(chat: Harness, core: Core) -> None:
    answer = await chat.say(
        chat.alice, chat.open_channel, f"@{chat.bot_name} how do I reset my badge?", key="once-1234"
    )
    assert answer.accepted
    (said,) = core.received
    assert isinstance(said, Said)
    assert (said.platform, said.tenant) == (chat.platform.name, chat.tenant)
    assert said.sender.id == chat.alice
    assert not said.sender.is_bot
    assert said.place.conversation == chat.open_channel
    assert said.place.scope is Scope.CHANNEL
    assert said.place.thread is None
    assert said.text == "how do I reset my badge?"
    assert said.mentioned
    assert said.command is None
    assert said.message is not None
    assert said.at.tzinfo is not None


async def test_what_is_delivered_again_has_the_same_key(chat: Harness, core: Core) -> None:
    for _ in range(2):
        await chat.say(chat.alice, None, "Where is the key?", key="once-1234")
    await chat.say(chat.alice, None, "Where is the key?", key="twice-1234")
    first, again, other = (said.key for said in core.received)
    assert first == again != other


async def test_what_is_said_to_the_bot_directly_is_a_direct_conversation(chat: Harness, core: Core) -> None:
    await chat.say(chat.alice, None, "Where is the key?")
    (said,) = core.received
    assert said.place.scope is Scope.DIRECT
    assert said.place.conversation == await chat.direct(chat.alice)


CONTENT = bytes(range(256)) * 1000


async def send(chat: Harness, core: Core, *, name: str = "Scale manual.docx") -> File:
    assert (await chat.send_file(chat.alice, name, CONTENT)).accepted
    said = core.received[-1]
    assert isinstance(said, Said)
    assert (said.text, said.attached) == ("", (name,))
    (file,) = said.files
    return file


async def test_what_is_in_a_file_that_was_sent_can_be_fetched(chat: Harness, core: Core) -> None:
    file = await send(chat, core)
    into = io.BytesIO()
    assert await chat.platform.fetch(chat.tenant, file, into=into, most=len(CONTENT)) == "Scale manual.docx"
    assert into.getvalue() == CONTENT


async def test_two_files_of_one_name_are_two(chat: Harness, core: Core) -> None:
    assert (await send(chat, core)).id != (await send(chat, core)).id


async def test_a_file_larger_than_it_may_be_is_refused_with_a_sentence(chat: Harness, core: Core) -> None:
    file = await send(chat, core)
    into = io.BytesIO()
    with pytest.raises(Undeliverable, match=r"Cut it into parts\."):
        await chat.platform.fetch(chat.tenant, file, into=into, most=len(CONTENT) - 1)
    assert len(into.getvalue()) < len(CONTENT)


async def test_a_file_that_was_deleted_is_told_with_a_sentence(chat: Harness, core: Core) -> None:
    file = await send(chat, core)
    await chat.take_files_away()
    with pytest.raises(Undeliverable, match=r"\w\."):
        await chat.platform.fetch(chat.tenant, file, into=io.BytesIO(), most=len(CONTENT))


async def test_what_is_said_in_a_closed_channel_is_known_to_be_closed(chat: Harness, core: Core) -> None:
    await chat.say(chat.alice, chat.closed_channel, f"@{chat.bot_name} hello")
    assert core.received[0].place.scope is Scope.PRIVATE


async def test_a_reply_is_received_with_its_thread(chat: Harness, core: Core) -> None:
    await chat.say(chat.alice, chat.open_channel, f"@{chat.bot_name} hello")
    said = core.received[0]
    assert isinstance(said, Said)
    await chat.say(chat.bob, chat.open_channel, f"@{chat.bot_name} and me?", thread=said.message)
    assert core.received[1].place.thread == said.message


async def test_mentions_of_people_and_channels_are_resolved(chat: Harness, core: Core) -> None:
    await chat.say(chat.alice, chat.open_channel, f"@{chat.bot_name} ask @{chat.bob_name} in #{chat.channel_name}")
    (said,) = core.received
    assert isinstance(said, Said)
    assert said.text == f"ask @{chat.bob_name} in #{chat.channel_name}"
    assert said.people == {f"@{chat.bob_name}": chat.bob}
    assert said.channels == {f"#{chat.channel_name}": chat.open_channel}


async def test_a_command_is_received_as_its_word_and_the_rest(chat: Harness, core: Core) -> None:
    await chat.say(chat.alice, chat.open_channel, "/ask how do I reset my badge?")
    (said,) = core.received
    assert isinstance(said, Said)
    assert (said.command, said.text) == ("ask", "how do I reset my badge?")


async def test_what_the_core_cannot_store_is_not_acknowledged(chat: Harness, core: Core) -> None:
    core.outcomes = [Busy(), None]
    assert not (await chat.say(chat.alice, None, "Hello?", key="once-1234")).accepted
    assert (await chat.say(chat.alice, None, "Hello?", key="once-1234")).accepted
    assert len({said.key for said in core.received}) == 1


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_words_are_received_as_they_were_said(chat: Harness, core: Core, text: str) -> None:
    assert (await chat.say(chat.alice, None, text)).accepted
    (said,) = core.received
    assert isinstance(said, Said)
    assert said.text == text


# ── Channels ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_channel_is_found_by_its_name_whatever_its_case_and_by_its_id(chat: Harness) -> None:
    await chat.say(chat.alice, chat.open_channel, f"@{chat.bot_name} hello")
    for wanted in (chat.channel_name, chat.channel_name.upper(), chat.open_channel):
        (found,) = await chat.platform.find_channels(chat.tenant, chat.alice, wanted)
        assert (found.conversation, found.name) == (chat.open_channel, chat.channel_name)
    for wanted in ("no-such-channel", "C0NOWHERE", "", f"#{chat.channel_name}", await chat.direct(chat.alice)):
        assert not await chat.platform.find_channels(chat.tenant, chat.alice, wanted)
    assert not await chat.platform.find_channels("nowhere", chat.alice, chat.channel_name)


@pytest.mark.asks_for("news of closed channels")
async def test_a_closed_channel_is_found_by_those_alone_who_are_in_it(chat: Harness) -> None:
    (found,) = await chat.platform.find_channels(chat.tenant, chat.alice, chat.closed_channel)
    assert found.scope is Scope.PRIVATE
    assert found.name is not None
    for wanted in (chat.closed_channel, found.name):
        assert [*await chat.platform.find_channels(chat.tenant, chat.alice, wanted)] == [found]
        assert not await chat.platform.find_channels(chat.tenant, chat.bob, wanted)


CHOOSING = Form(
    title="Who?",
    verb="plan",
    fields=(
        Field(name="text", label="In words"),
        Field(name="channels", label="Channels", kind=FieldKind.CHANNELS, required=False),
    ),
)


async def test_channels_are_chosen_in_a_form_and_come_back_by_their_ids(chat: Harness, core: Core) -> None:
    await chat.say(chat.alice, chat.open_channel, f"@{chat.bot_name} hello")
    _, shown = await show_buttons(chat, person=chat.alice)
    core.outcomes = [CHOOSING, FieldErrors(errors={"channels": "Not these."}), None]
    opened = await chat.press(chat.alice, shown, "Yes")
    assert opened.form is not None
    assert "Channels" in opened.form_text
    refused = await chat.submit(chat.alice, opened.form, {"text": "x", "channels": [chat.open_channel]})
    assert refused.errors == {"channels": "Not these."}
    assert (await chat.submit(chat.alice, opened.form, {"text": "x", "channels": [chat.open_channel]})).errors == {}
    submitted = core.received[-1]
    assert isinstance(submitted, Submitted)
    assert submitted.fields == {"text": "x", "channels": (chat.open_channel,)}


async def test_where_no_channel_is_chosen_none_comes_back(chat: Harness, core: Core) -> None:
    _, shown = await show_buttons(chat, person=chat.alice)
    core.outcomes = [CHOOSING]
    opened = await chat.press(chat.alice, shown, "Yes")
    assert opened.form is not None
    assert (await chat.submit(chat.alice, opened.form, {"text": "x"})).accepted
    submitted = core.received[-1]
    assert isinstance(submitted, Submitted)
    assert submitted.fields.get("channels", ()) == ()


# ── Pressing and submitting ─────────────────────────────────────────────────────────────────────────────────────────

BUTTONS = Card(
    summary="Well?",
    parts=(Text(text="Well?"), Buttons(buttons=(Button(label="Yes", verb="agree", value="42"),))),
)
FORM = Form(
    title="Ask an expert",
    verb="ask",
    value="about 7",
    intro=(Text(text="Somebody will answer."),),
    fields=(
        Field(name="question", label="Your question", kind=FieldKind.TEXT, hint="A sentence is enough."),
        Field(name="topic", label="Topic", kind=FieldKind.CHOICE, options=(("t", "Travel"), ("r", "Refunds"))),
        Field(
            name="days",
            label="Days",
            kind=FieldKind.CHOICES,
            options=(("1", "Monday"), ("2", "Tuesday")),
            required=False,
        ),
        Field(name="unnamed", label="Leave my name out", kind=FieldKind.CHECK, required=False),
    ),
)
FILLED = {"question": "Why?", "topic": "r", "days": ["1", "2"], "unnamed": "yes"}


async def show_buttons(chat: Harness, **place: str) -> tuple[MessageRef, Shown]:
    ref = await chat.platform.send(to(chat, **place), BUTTONS, key="k1")
    (shown,) = await find_shown(chat, chat.alice, "Well?")
    return ref, shown


async def test_a_press_is_received_with_its_verb_value_and_message(chat: Harness, core: Core) -> None:
    ref, shown = await show_buttons(chat, conversation=chat.open_channel)
    assert (await chat.press(chat.bob, shown, "Yes")).accepted
    (pressed,) = core.received
    assert isinstance(pressed, Pressed)
    assert (pressed.verb, pressed.value) == ("agree", "42")
    assert pressed.sender.id == chat.bob
    assert pressed.place.conversation == chat.open_channel
    assert pressed.message is not None
    assert (pressed.message.id, pressed.message.conversation) == (ref.id, ref.conversation)


async def test_a_press_delivered_again_has_the_same_key_and_another_press_has_not(chat: Harness, core: Core) -> None:
    _, shown = await show_buttons(chat, person=chat.alice)
    for key in ("press-0001", "press-0001", "press-0002"):
        await chat.press(chat.alice, shown, "Yes", key=key)
    first, again, other = (pressed.key for pressed in core.received)
    assert first == again != other


async def test_a_note_is_shown_to_the_one_who_pressed_and_not_kept(chat: Harness, core: Core) -> None:
    _, shown = await show_buttons(chat, conversation=chat.open_channel)
    core.outcomes = [Note(card=words("Noted."))]
    answer = await chat.press(chat.alice, shown, "Yes")
    assert answer.note is not None
    assert "Noted." in answer.note
    assert await find_shown(chat, chat.bob, "Noted.") == []


async def test_a_form_is_opened_and_what_is_filled_in_is_received(chat: Harness, core: Core) -> None:
    _, shown = await show_buttons(chat, person=chat.alice)
    core.outcomes = [FORM]
    opened = await chat.press(chat.alice, shown, "Yes")
    assert opened.form is not None
    for text in (
        "Ask an expert",
        "Somebody will answer.",
        "Your question",
        "A sentence is enough.",
        "Refunds",
        "Tuesday",
    ):
        assert text in opened.form_text
    assert (await chat.submit(chat.alice, opened.form, FILLED)).accepted
    submitted = core.received[1]
    assert isinstance(submitted, Submitted)
    assert (submitted.verb, submitted.value) == ("ask", "about 7")
    assert submitted.sender.id == chat.alice
    assert submitted.fields == {"question": "Why?", "topic": "r", "days": ("1", "2"), "unnamed": "yes"}


async def test_field_errors_keep_the_form_open(chat: Harness, core: Core) -> None:
    _, shown = await show_buttons(chat, person=chat.alice)
    core.outcomes = [FORM, FieldErrors(errors={"question": "Please say more."}), None]
    opened = await chat.press(chat.alice, shown, "Yes")
    assert opened.form is not None
    refused = await chat.submit(chat.alice, opened.form, FILLED)
    assert refused.errors == {"question": "Please say more."}
    assert (await chat.submit(chat.alice, opened.form, FILLED | {"question": "Why not?"})).errors == {}
    submitted = core.received[2]
    assert isinstance(submitted, Submitted)
    assert submitted.fields["question"] == "Why not?"


# ── Shortcuts on messages ───────────────────────────────────────────────────────────────────────────────────────────


async def test_asking_about_a_message_is_a_private_question_of_its_words(chat: Harness, core: Core) -> None:
    await chat.say(chat.bob, chat.open_channel, "How do I reset my badge?")
    (shown,) = await find_shown(chat, chat.alice, "How do I reset my badge?")
    core.received.clear()
    answer = await chat.use(chat.alice, shown, "ask_about")
    assert answer.accepted
    (said,) = core.received
    assert isinstance(said, Said)
    assert (said.sender.id, said.command, said.text) == (chat.alice, "ask", "How do I reset my badge?")
    assert said.place.conversation == chat.open_channel


async def test_saving_a_message_brings_its_words_its_address_and_its_place(chat: Harness, core: Core) -> None:
    await chat.say(chat.bob, chat.open_channel, "Hold the button for ten seconds.")
    (shown,) = await find_shown(chat, chat.alice, "Hold the button")
    core.received.clear()
    core.outcomes = [FORM]
    answer = await chat.use(chat.alice, shown, "save_as_aid")
    assert answer.form is not None
    (pressed,) = core.received
    assert isinstance(pressed, Pressed)
    assert (pressed.sender.id, pressed.verb, pressed.text) == (
        chat.alice,
        "save_as_aid",
        "Hold the button for ten seconds.",
    )
    assert pressed.place.conversation == chat.open_channel
    assert pressed.place.scope is Scope.CHANNEL
    assert pressed.message is not None
    assert pressed.message.id == shown.id


# ── The bot's own places ────────────────────────────────────────────────────────────────────────────────────────────


def home(text: str) -> Home:
    return Home(card=Card(summary="Home", parts=(Text(text=text), *BUTTONS.parts[1:])))


@pytest.mark.asks_for("a home")
async def test_the_home_shows_what_the_core_composed_for_the_person(chat: Harness, core: Core) -> None:
    core.outcomes = [home("Nothing is open.")]
    shown = await chat.open_home(chat.alice)
    assert shown is not None
    assert "Nothing is open." in shown.text
    assert shown.buttons == ("Yes",)
    (opened,) = core.received
    assert isinstance(opened, Opened)
    assert opened.sender.id == chat.alice
    assert opened.place.scope is Scope.DIRECT
    assert opened.place.conversation == await chat.direct(chat.alice)


@pytest.mark.asks_for("a home")
async def test_after_a_press_in_the_home_it_is_shown_anew(chat: Harness, core: Core) -> None:
    core.outcomes = [home("One is open.")]
    assert await chat.open_home(chat.alice) is not None
    core.outcomes = [Note(card=words("Done with it.")), home("None is open.")]
    answer = await chat.press_at_home(chat.alice, "Yes")
    assert answer.note is not None
    assert "Done with it." in answer.note
    pressed, opened = core.received[1:]
    assert isinstance(pressed, Pressed)
    assert (pressed.verb, pressed.value, pressed.message) == ("agree", "42", None)
    assert isinstance(opened, Opened)
    assert "None is open." in (await chat.look_at_home(chat.alice)).text


@pytest.mark.asks_for("a home")
async def test_a_form_opened_in_the_home_shows_it_anew_when_it_is_sent(chat: Harness, core: Core) -> None:
    core.outcomes = [home("One is open.")]
    assert await chat.open_home(chat.alice) is not None
    core.outcomes = [FORM, home("One is open.")]
    opened = await chat.press_at_home(chat.alice, "Yes")
    assert opened.form is not None
    core.outcomes = [None, home("None is open.")]
    assert (await chat.submit(chat.alice, opened.form, FILLED)).accepted
    assert "None is open." in (await chat.look_at_home(chat.alice)).text


@pytest.mark.asks_for("a home")
@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_shown_as_itself_in_the_home(chat: Harness, core: Core, text: str) -> None:
    core.outcomes = [home(text)]
    shown = await chat.open_home(chat.alice)
    assert shown is not None
    assert text in shown.text
    assert shown.links == ()


@pytest.mark.asks_for("a home")
async def test_a_home_of_a_hundred_kilobytes_is_shown_or_cut_but_never_refused(chat: Harness, core: Core) -> None:
    long = Card(summary="Home", parts=(Text(text="It begins. " + "漢字" * 50_000), *BUTTONS.parts[1:]))
    core.outcomes = [Home(card=long)]
    shown = await chat.open_home(chat.alice)
    assert shown is not None
    assert shown.text.startswith("It begins.")
    assert shown.buttons == ("Yes",)


@pytest.mark.asks_for("first questions")
async def test_an_empty_conversation_offers_what_the_core_knows_to_begin_with(chat: Harness, core: Core) -> None:
    core.outcomes = [Prompts(lead="Begin with one of these", prompts=("Reset a badge", "Claim a <taxi> & more"))]
    offered = await chat.begin(chat.alice)
    assert offered is not None
    assert list(offered) == ["Reset a badge", "Claim a <taxi> & more"]
    (begun,) = core.received
    assert isinstance(begun, Begun)
    assert begun.sender.id == chat.alice
    assert begun.place.scope is Scope.DIRECT
    assert begun.place.conversation == await chat.direct(chat.alice)


# ── Signs, statuses, links ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.asks_for("signs")
async def test_a_sign_stands_once_at_the_message_it_was_put_to(chat: Harness, core: Core) -> None:
    await chat.say(chat.alice, None, "It is in the drawer.")
    said = core.received[0]
    assert isinstance(said, Said)
    assert said.message is not None
    message = MessageRef(
        platform=chat.platform.name, tenant=chat.tenant, conversation=said.place.conversation, id=said.message
    )
    before = await chat.signs(chat.alice, said.message)
    assert before == 0
    for _ in range(2):
        await chat.platform.react(message, Reaction.DONE)
    assert await chat.signs(chat.alice, said.message) == 1


async def test_what_cannot_be_signed_linked_or_shown_to_be_worked_on_raises_nothing(chat: Harness) -> None:
    gone = MessageRef(platform=chat.platform.name, tenant=chat.tenant, conversation="nowhere", id="1.000100")
    for reaction in Reaction:
        await chat.platform.react(gone, reaction)
    await chat.platform.working(to(chat, conversation="nowhere", thread="1.000100"))
    await chat.platform.working(to(chat, person=chat.stranger))
    elsewhere = MessageRef(platform="another", tenant="another", conversation="c", id="1")
    await chat.platform.react(elsewhere, Reaction.DONE)
    assert await chat.platform.link(elsewhere) is None


async def test_a_link_to_a_message_is_an_address_that_a_card_can_carry(chat: Harness) -> None:
    ref = await chat.platform.send(to(chat, conversation=chat.open_channel), words("Here it is."), key="k1")
    address = await chat.platform.link(ref)
    assert address is not None
    card = Card(summary="See", parts=(Text(text="See there."), Links(links=(Link(label="There", url=address),))))
    await chat.platform.send(to(chat, person=chat.alice), card, key="k2")
    (shown,) = await find_shown(chat, chat.alice, "See there.")
    assert shown.links == (address,)


async def test_that_an_answer_is_looked_for_does_not_keep_it_from_being_said(chat: Harness, core: Core) -> None:
    await chat.say(chat.alice, None, "Where is the key?")
    place = to(chat, conversation=core.received[0].place.conversation)
    await chat.platform.working(place)
    await chat.platform.send(place, words("Under the mat."), key="k1")
    assert len(await find_shown(chat, chat.alice, "Under the mat.")) == 1


async def test_a_platform_lacks_what_its_harness_says_and_nothing_else(chat: Harness, core: Core, lacks: Lacks) -> None:
    await chat.say(chat.alice, None, "It is in the drawer.")
    said = core.received[0]
    assert isinstance(said, Said)
    assert said.message is not None
    core.outcomes = [home("Nothing is open."), Prompts(lead="Begin", prompts=("Reset a badge",))]
    found = {
        "reading back": chat.platform.reads_back,
        "news of people": chat.tells_of_people,
        "a home": await chat.open_home(chat.alice) is not None,
        "first questions": await chat.begin(chat.alice) is not None,
        "groups": await chat.form_group("cooks", chat.alice),
        "signs": await chat.signs(chat.alice, said.message) is not None,
        "news of closed channels": bool(
            await chat.platform.find_channels(chat.tenant, chat.alice, chat.closed_channel)
        ),
    }
    assert {name for name, there in found.items() if not there} == lacks
