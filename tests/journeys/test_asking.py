"""Ask → answer with its source → That helped, and all that can be pressed below an answer."""

from __future__ import annotations

import pytest

from bot.messages import Note, Reaction
from tests.journeys.dialogue import Dialogue, labels, text_of


async def test_a_question_is_answered_with_its_source_and_what_to_do_next(talk: Dialogue) -> None:
    await talk.says("amara", "How much may I refund without approval?")
    card = talk.last("amara").card
    assert "150 EUR" in text_of(card)
    assert "Job aid #" in text_of(card)
    assert "looked after by Priya Santos" in text_of(card)
    assert labels(card) == ["That helped", "Not what I need", "Ask an expert", "Suggest a change"]
    assert len(talk.platform.posts) == 1


async def test_that_helped_is_kept_and_the_wording_becomes_a_known_phrasing(talk: Dialogue) -> None:
    question = "How much may I refund without approval?"
    await talk.says("amara", question)
    await talk.presses("amara", talk.last("amara"), "That helped")
    assert labels(talk.last("amara").card) == []
    assert "You said that this helped" in text_of(talk.last("amara").card)
    async with talk.look() as tx:
        changes = await tx.knowledge_since(0)
    assert any(question in snippet.phrasings for snippet in changes.upsert)


async def test_that_helped_pressed_twice_counts_once(talk: Dialogue) -> None:
    await talk.says("amara", "The till is frozen and there is a queue, what now?")
    post = talk.last("amara")
    first = await talk.presses("amara", post, "That helped", key="press-1")
    again = await talk.forges("amara", "helped", "1", post=post, key="press-1")
    assert first is None
    assert again is None
    assert post.revisions == 1


async def test_only_the_asker_can_judge_an_answer(talk: Dialogue) -> None:
    await talk.says("amara", "The till is frozen and there is a queue, what now?")
    outcome = await talk.forges("tomasz", "helped", "1", post=talk.last("amara"))
    assert isinstance(outcome, Note)
    assert "Only the person who asked" in outcome.card.summary
    assert talk.last("amara").revisions == 0


async def test_a_mention_in_a_channel_is_answered_in_its_thread_for_everybody(talk: Dialogue) -> None:
    await talk.says(
        "amara", "How much may I refund without approval?", channel="support-desk", mentioned=True, key="m1"
    )
    post = talk.last("priya")
    assert (post.ref.conversation, post.ref.thread, post.ref.person) == ("support-desk", "m1", None)


async def test_a_weak_reply_in_a_channel_is_for_the_asker_only(talk: Dialogue) -> None:
    await talk.says("amara", "Where do we keep the unicorn saddles?", channel="support-desk", mentioned=True)
    post = talk.last("amara")
    assert post.ref.person == "amara"
    assert talk.seen_by("priya") == []


async def test_a_slash_command_in_a_channel_is_answered_privately_and_can_be_shared(talk: Dialogue) -> None:
    await talk.says("amara", "How much may I refund without approval?", channel="support-desk", command="ask")
    assert talk.last("amara").ref.person == "amara"
    outcome = await talk.presses("amara", talk.last("amara"), "Share here")
    assert isinstance(outcome, Note)
    assert "Amara Lindqvist asked" in text_of(talk.last("priya").card)


async def test_what_not_everybody_may_see_cannot_be_shared(talk: Dialogue) -> None:
    await talk.says("amara", "How many goodwill points may I give for a late parcel?", channel="general", command="ask")
    post = talk.last("amara")
    outcome = await talk.presses("amara", post, "Share here")
    assert isinstance(outcome, Note)
    assert "Not everybody here may see" in outcome.card.summary
    assert talk.seen_by("tomasz") == []


async def test_a_restricted_aid_answers_only_those_it_is_for(talk: Dialogue) -> None:
    question = "How many goodwill points may I give for a late parcel?"
    await talk.says("amara", question)
    assert "oyalty" in text_of(talk.last("amara").card)
    await talk.says("tomasz", question)
    assert "oyalty" not in text_of(talk.last("tomasz").card)


async def test_a_follow_up_in_the_thread_needs_no_mention(talk: Dialogue) -> None:
    await talk.says("amara", "How much may I refund without approval?", channel="general", mentioned=True, key="m1")
    await talk.says("amara", "The till is frozen and there is a queue, what now?", channel="general", thread="m1")
    assert len(talk.platform.posts) == 2
    assert talk.platform.posts[-1].ref.thread == "m1"


async def test_what_is_said_in_a_channel_without_a_mention_is_left_alone(talk: Dialogue) -> None:
    await talk.says("amara", "How much may I refund without approval?", channel="general")
    assert talk.platform.posts == []


async def test_nobody_is_answered_for_a_thank_you(talk: Dialogue) -> None:
    await talk.says("amara", "Thanks a lot!")
    assert talk.platform.posts == []


async def test_a_greeting_is_answered_with_how_to_go_on(talk: Dialogue) -> None:
    await talk.says("amara", "Hello Lanyard!")
    assert "Ask me anything" in text_of(talk.last("amara").card)


async def test_not_what_i_need_leads_on_and_the_old_card_says_so(talk: Dialogue) -> None:
    await talk.says("amara", "How much may I refund without approval?")
    post = talk.last("amara")
    await talk.presses("amara", post, "Not what I need")
    assert "not what you need" in text_of(post.card)
    assert talk.last("amara") is not post
    assert any("expert" in label for label in labels(talk.last("amara").card))


async def test_a_message_that_arrives_three_times_is_answered_once(talk: Dialogue) -> None:
    for _ in range(3):
        await talk.says("amara", "The till is frozen and there is a queue, what now?", key="same")
    assert len(talk.platform.posts) == 1


@pytest.mark.parametrize(
    "said", ["What can you do?", "are you a bot", "I need help!", "How does this work, Lanyard?", "what is lanyard"]
)
async def test_who_asks_what_lanyard_is_learns_it(talk: Dialogue, said: str) -> None:
    await talk.says("amara", said)
    assert "I am Lanyard" in text_of(talk.last("amara").card)


async def test_who_needs_help_with_something_is_answered(talk: Dialogue) -> None:
    await talk.says("amara", "I need help with a refund without a receipt")
    assert "I am Lanyard" not in text_of(talk.last("amara").card)


@pytest.mark.parametrize("said", ["👍", "🙂🙂", ":thumbsup: :tada:"])
async def test_an_emoji_is_no_question(talk: Dialogue, said: str) -> None:
    await talk.says("amara", said)
    assert talk.seen_by("amara") == []
    assert [sign for _, sign in talk.platform.signs] == [Reaction.WELCOME]


async def test_the_notification_of_an_answer_has_its_words_without_marks(talk: Dialogue) -> None:
    await talk.says("amara", "The till (POS) is frozen")
    assert talk.last("amara").card.summary.startswith("The till (POS) is frozen: Wait 60 seconds; an update")
