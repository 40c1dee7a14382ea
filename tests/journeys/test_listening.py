"""Listening: off by default, set by a channel's people, precise, never in the way, and never a leak."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from bot.messages import FieldErrors, Form, Note, Place, Said, Scope, Submitted, TryLater, Undeliverable
from bot.store import tables as t
from bot.store.records import Mode
from knowledge.model import EvidenceKind
from tests.doubles.memory import PLATFORM, TENANT
from tests.journeys.dialogue import Dialogue, labels, text_of
from tests.shown import evidence_of

ASKED = "How much may I refund without approval?"
KEY = f"{PLATFORM}/{TENANT}/support-desk"
CHANNEL = "support-desk"


async def allow(talk: Dialogue, mode: str, *, channel: str = CHANNEL, by: str = "priya", learns: str = "") -> None:
    form = await talk.says(by, "settings", command="lanyard", channel=channel)
    outcome = await talk.submits(by, form, mode=mode, learns=learns)
    assert isinstance(outcome, Note), outcome
    assert "Saved" in outcome.card.summary


async def ask(talk: Dialogue, text: str = ASKED, *, by: str = "amara", key: str | None = None) -> None:
    await talk.says(by, text, channel=CHANNEL, key=key)


def unasked(talk: Dialogue, who: str) -> list[str]:
    return [text_of(post.card) for post in talk.seen_by(who) if "This may help" in text_of(post.card)]


# ── by default, and what the modes mean ─────────────────────────────────────────────────────────────────────────────


async def test_by_default_nothing_is_said_unasked_and_a_mention_is_answered(talk: Dialogue) -> None:
    await ask(talk)
    assert talk.platform.posts == []
    await talk.says("amara", ASKED, channel=CHANNEL, mentioned=True)
    assert "150 EUR" in text_of(talk.last("amara").card)


async def test_an_offer_is_seen_by_the_asker_alone(talk: Dialogue) -> None:
    await allow(talk, "offer")
    await ask(talk, key="m1")
    post = talk.last("amara")
    assert "150 EUR" in text_of(post.card)
    assert (post.ref.person, post.ref.thread) == ("amara", "m1")
    assert labels(post.card)[:2] == ["That helped", "Not what I need"]
    assert unasked(talk, "priya") == []


async def test_in_answer_mode_the_answer_stands_in_the_thread_for_everybody(talk: Dialogue) -> None:
    await allow(talk, "answer")
    await ask(talk, key="m1")
    post = talk.last("priya")
    assert "150 EUR" in text_of(post.card)
    assert (post.ref.conversation, post.ref.thread, post.ref.person) == (CHANNEL, "m1", None)


async def test_where_it_is_off_not_even_a_mention_is_answered_but_commands_work(talk: Dialogue) -> None:
    await allow(talk, "off")
    told = len(talk.platform.posts)
    await talk.says("amara", ASKED, channel=CHANNEL, mentioned=True)
    assert len(talk.platform.posts) == told
    await talk.says("amara", ASKED, channel=CHANNEL, command="ask")
    assert talk.last("amara").ref.person == "amara"
    await talk.says("amara", "settings", channel=CHANNEL, mentioned=True)
    assert "Change how I listen" in labels(talk.last("amara").card)


async def test_what_asks_nothing_is_left_alone(talk: Dialogue) -> None:
    await allow(talk, "answer")
    told = len(talk.platform.posts)
    for text in (
        "The refund limit without approval is in the policy",
        "Thanks Priya!",
        f"> {ASKED}\nLook at what they asked me.",
        f"```\n{ASKED}\n```",
        "Lunch anyone?",
    ):
        await ask(talk, text)
    assert len(talk.platform.posts) == told


async def test_a_reply_in_a_thread_is_no_question_to_lanyard(talk: Dialogue) -> None:
    await allow(talk, "answer")
    await ask(talk, key="m1")
    told = len(talk.platform.posts)
    await talk.says("priya", ASKED, channel=CHANNEL, thread="m1")
    await talk.says("amara", ASKED, channel=CHANNEL, thread="m2")
    assert len(talk.platform.posts) == told


async def test_what_is_not_sure_enough_is_not_said_unasked(talk: Dialogue) -> None:
    await allow(talk, "answer")
    told = len(talk.platform.posts)
    await ask(talk, "Does anybody know where we keep the unicorn saddles?")
    assert len(talk.platform.posts) == told


async def test_an_unsolicited_reply_needs_more_than_one_that_was_asked_for(talk: Dialogue) -> None:
    await allow(talk, "answer")
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.change_settings({"unsolicited_threshold": 1.01})
    await ask(talk)
    assert unasked(talk, "amara") == []
    await talk.says("amara", ASKED, channel=CHANNEL, mentioned=True)
    assert "150 EUR" in text_of(talk.last("amara").card)


# ── not in the way ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_colleague_who_is_quicker_is_not_talked_over(talk: Dialogue) -> None:
    await allow(talk, "answer")
    # Handled before the question was looked at.
    await talk.says("priya", "Up to 150 EUR, I believe", channel=CHANNEL, thread="m1")
    await ask(talk, key="m1")
    assert unasked(talk, "amara") == []


async def test_a_reply_that_still_waits_in_the_inbox_counts_as_well(talk: Dialogue) -> None:
    await allow(talk, "answer")
    told = len(talk.platform.posts)
    search = talk.house.services.library.search

    async def slow(*args: object, **kwargs: object) -> object:
        await talk.conversation.receive(
            Said(
                platform=PLATFORM,
                tenant=TENANT,
                key="r1",
                sender=talk.platform.people["priya"],
                place=Place(conversation=CHANNEL, scope=Scope.CHANNEL, name=CHANNEL, thread="m1"),
                at=talk.clock(),
                text="150, see the policy",
                message="r1",
            )
        )
        return await search(*args, **kwargs)  # type: ignore[arg-type]

    talk.house.services.library.search = slow  # type: ignore[method-assign,assignment]
    await ask(talk, key="m1")
    assert len(talk.platform.posts) == told


async def test_a_channel_is_not_flooded(talk: Dialogue) -> None:
    await allow(talk, "answer")
    await ask(talk, by="amara")
    await ask(talk, "The till is frozen and there is a queue, what should I do?", by="tomasz")
    assert len(unasked(talk, "priya")) == 1
    await talk.passes(timedelta(minutes=6))
    await ask(talk, "How do I reset my VPN token?", by="henrik")
    assert len(unasked(talk, "priya")) <= 2


async def test_an_offer_can_be_turned_down_here_or_everywhere_with_one_tap(talk: Dialogue) -> None:
    await allow(talk, "offer")
    await allow(talk, "offer", channel="general")
    await ask(talk)
    offered = talk.last("amara")
    outcome = await talk.presses("amara", offered, "Not in this channel")
    assert isinstance(outcome, Note)
    assert labels(offered.card) == []
    await talk.passes(timedelta(days=1))
    await ask(talk)
    assert talk.last("amara") is offered
    await talk.says("amara", ASKED, channel="general")
    again = talk.last("amara")
    assert again is not offered
    await talk.presses("amara", again, "Not for me")
    await talk.passes(timedelta(days=1))
    await talk.says("amara", ASKED, channel="general")
    assert talk.last("amara") is again
    await ask(talk, by="priya")
    assert len(unasked(talk, "priya")) == 1  # nobody else is restrained


async def test_after_a_while_somebody_who_turned_it_down_is_offered_again(talk: Dialogue) -> None:
    await allow(talk, "offer")
    await ask(talk)
    await talk.presses("amara", talk.last("amara"), "Not in this channel")
    await talk.passes(timedelta(days=31))
    await ask(talk)
    assert len(unasked(talk, "amara")) == 1


# ── who sets it ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_setting_it_is_told_to_the_channel_in_one_line_and_kept_in_the_audit(talk: Dialogue) -> None:
    await allow(talk, "offer", learns="yes")
    said = text_of(talk.last("leila").card).splitlines()
    assert said[0].startswith("Priya Santos has changed how I listen here.")
    async with talk.look() as tx:
        assert (await tx.channel(KEY)).mode is Mode.OFFER
        rows = (await tx.db.execute(select(t.Audit.verb, t.Audit.subject))).all()
    assert ("set listening", f"{KEY}: offer, learns") in [tuple(row) for row in rows]


async def test_saving_what_holds_already_tells_nobody(talk: Dialogue) -> None:
    form = await talk.says("priya", "settings", command="lanyard", channel=CHANNEL)
    await talk.submits("priya", form)
    assert talk.platform.posts == []


async def test_who_is_not_in_the_channel_cannot_set_it(talk: Dialogue) -> None:
    form = await talk.says("tomasz", "settings", command="lanyard", channel=CHANNEL)
    outcome = await talk.submits("tomasz", form, mode="answer")
    assert isinstance(outcome, FieldErrors)
    assert "Only people of that channel" in outcome.errors[""]
    async with talk.look() as tx:
        assert (await tx.channel(KEY)).mode is Mode.MENTION
    assert talk.platform.posts == []


async def test_a_forged_place_is_refused(talk: Dialogue) -> None:
    forged = [
        f"{PLATFORM}/{TENANT}/people-team",  # a channel that she is not in
        f"{PLATFORM}/{TENANT}/nowhere",
        f"{PLATFORM}/other/{CHANNEL}",
        f"web/{TENANT}/{CHANNEL}",
        "x",
        "",
        "/" * 700,
    ]
    for number, value in enumerate(forged):
        outcome = await talk.conversation.receive(
            Submitted(
                platform=PLATFORM,
                tenant=TENANT,
                key=f"forged-{number}",
                sender=talk.platform.people["priya"],
                place=Place(conversation="people-team", scope=Scope.CHANNEL, name="people-team"),
                at=talk.clock(),
                verb="channel_settings",
                value=value,
                fields={"mode": "answer", "learns": "yes"},
            )
        )
        assert isinstance(outcome, FieldErrors), value
        assert isinstance(await talk.forges("priya", "channel_settings", value), Note)
    async with talk.look() as tx:
        assert (await tx.db.execute(select(t.Channel.key))).all() == []


async def test_when_the_platform_does_not_tell_who_is_there_nothing_changes(talk: Dialogue) -> None:
    form = await talk.says("priya", "settings", command="lanyard", channel=CHANNEL)
    for fault in (TryLater("in a moment"), Undeliverable("Not in it.")):
        talk.platform.faults.append(fault)
        assert isinstance(await talk.submits("priya", form, mode="answer"), FieldErrors)
    async with talk.look() as tx:
        assert (await tx.channel(KEY)).mode is Mode.MENTION


async def test_an_unknown_mode_is_named(talk: Dialogue) -> None:
    form = await talk.says("priya", "settings", command="lanyard", channel=CHANNEL)
    assert isinstance(form, Form)
    outcome = await talk.submits("priya", form, mode="shout")
    assert isinstance(outcome, FieldErrors)
    assert "mode" in outcome.errors


async def test_typed_settings_bring_a_button_that_opens_the_form(talk: Dialogue) -> None:
    await talk.says("priya", "channel settings", channel=CHANNEL, mentioned=True)
    form = await talk.presses("priya", talk.last("priya"), "Change how I listen")
    assert isinstance(form, Form)
    assert form.value == KEY


async def test_in_a_direct_conversation_channel_settings_say_where_they_are(talk: Dialogue) -> None:
    outcome = await talk.says("priya", "channel settings", command="lanyard")
    assert isinstance(outcome, Note)
    assert "in the channel itself" in outcome.card.summary


# ── nothing leaks ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_not_everybody_there_may_see_is_neither_answered_nor_offered(talk: Dialogue) -> None:
    question = "How do I run a probation review?"
    await talk.says("rafael", question)
    assert "robation" in text_of(talk.last("rafael").card)  # as a manager he may see it
    for mode in ("answer", "offer"):
        await allow(talk, mode, channel="store-berlin", by="rafael")
        await talk.says("rafael", question, channel="store-berlin")
        assert unasked(talk, "rafael") == []


async def test_what_a_closed_channel_teaches_is_of_use_in_it_alone(talk: Dialogue) -> None:
    await allow(talk, "mention", channel="people-team", by="jonas", learns="yes")
    question = "Does anybody know who orders the blue lanterns for the winter feast?"
    await talk.says("leila", question, channel="people-team", key="q1")
    await talk.says("jonas", "The lantern maker in Porto, I have the number", channel="people-team", thread="q1")
    place = f"{PLATFORM}/{TENANT}/people-team"
    async with talk.look() as tx:
        inside = [one for one in await evidence_of(tx, place=place) if "lanterns" in one.text]
        outside = [one for one in await evidence_of(tx, place=KEY) if "lanterns" in one.text]
        direct = [one for one in await evidence_of(tx, place=None) if "lanterns" in one.text]
    assert [one.kind for one in inside] == [EvidenceKind.SPOKE]
    assert outside == direct == []


# ── learning who answers ────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_answers_becomes_evidence_only_where_the_channels_people_allow_it(talk: Dialogue) -> None:
    question = "Does anybody know how to wax the blue lanterns?"
    await ask(talk, question, key="q1")
    await talk.says("henrik", "Warm them first, then a thin coat", channel=CHANNEL, thread="q1")
    async with talk.look() as tx:
        assert not [one for one in await evidence_of(tx, place=None) if "lanterns" in one.text]
    await allow(talk, "mention", learns="yes")
    await ask(talk, question, key="q2")
    await talk.says("henrik", "Warm them first, then a thin coat", channel=CHANNEL, thread="q2")
    await talk.says("priya", "ok", channel=CHANNEL, thread="q2")
    await talk.says("amara", "Thanks, that worked", channel=CHANNEL, thread="q2")
    async with talk.look() as tx:
        found = [one for one in await evidence_of(tx, place=None) if "lanterns" in one.text]
        people = await tx.people_by_id([int(one.person) for one in found])
    assert {(people[int(one.person)].name, one.kind) for one in found} == {
        ("Henrik Adeyemi", EvidenceKind.SPOKE),
        ("Henrik Adeyemi", EvidenceKind.THANKED),
    }


async def test_when_learning_is_ended_what_was_kept_of_talk_is_forgotten(talk: Dialogue) -> None:
    await allow(talk, "mention", learns="yes")
    await ask(talk, "Does anybody know how to wax the blue lanterns?", key="q1")
    await allow(talk, "mention", learns="")
    async with talk.look() as tx:
        kept = await tx.talk(f"{KEY}/q1")
    assert kept is not None
    assert kept.text == ""


# ── shadow mode ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_in_shadow_mode_what_would_have_been_said_is_counted_and_not_said(talk: Dialogue) -> None:
    await allow(talk, "answer")
    outcome = await talk.says("mei", "shadow", command="lanyard")
    assert isinstance(outcome, Note)
    await talk.forges("mei", "shadow", "on")
    told = len(talk.platform.posts)
    await ask(talk)
    await ask(talk, "Does anybody know where we keep the unicorn saddles?")
    assert len(talk.platform.posts) == told
    outcome = await talk.says("leila", "shadow", command="lanyard")
    assert isinstance(outcome, Note)
    facts = text_of(outcome.card)
    assert "Would have been answered: 1" in facts
    assert "Not sure enough: 1" in facts
    assert "Amara" not in facts
    await talk.forges("mei", "shadow", "off")
    await ask(talk)
    assert len(unasked(talk, "amara")) == 1


async def test_only_ld_sees_what_was_overheard_and_only_an_administrator_turns_shadow_mode_on(talk: Dialogue) -> None:
    seen = await talk.says("amara", "shadow", command="lanyard")
    turned = await talk.forges("leila", "shadow", "on")
    assert isinstance(seen, Note)
    assert isinstance(turned, Note)
    assert "Only L&D" in seen.card.summary
    assert "Only an administrator" in turned.card.summary


async def test_a_question_delivered_twice_is_answered_once(talk: Dialogue) -> None:
    await allow(talk, "answer")
    await ask(talk, key="m1")
    await ask(talk, key="m1")
    assert len(unasked(talk, "amara")) == 1
