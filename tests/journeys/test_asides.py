"""What is said to Lanyard and is no question about work; and what means nothing without the question before it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.journeys.asides import is_cross
from bot.messages import Reaction
from tests.journeys.dialogue import Dialogue, find_button, labels, text_of

SURE = "How much may I refund without approval?"
UNKNOWN = "Where do we keep the unicorn saddles?"


# ── a question that follows another ─────────────────────────────────────────────────────────────────────────────────


async def test_what_follows_an_answer_is_asked_about_it_and_never_answered_by_the_same_again(talk: Dialogue) -> None:
    await talk.says("amara", SURE)
    await talk.says("amara", "and for contractors?")
    assert "I have nothing on that but the answer above" in text_of(talk.last("amara").card)
    async with talk.look() as tx:
        question = await tx.question(2)
    assert question.text == f"and for contractors? (about “{SURE}”)"
    await talk.says("amara", "what about interns?")  # which is about the first one, not about the contractors
    async with talk.look() as tx:
        assert (await tx.question(3)).text == f"what about interns? (about “{SURE}”)"


async def test_what_follows_finds_what_neither_would_alone(talk: Dialogue) -> None:
    await talk.says("amara", "What may I spend on a hotel?")
    await talk.says("amara", "and for New phone, and my MFA codes are on the old one")
    assert "MFA" in text_of(talk.last("amara").card)


async def test_a_question_that_stands_alone_is_answered_whatever_it_begins_with(talk: Dialogue) -> None:
    await talk.says("amara", UNKNOWN)
    await talk.says("amara", "and how much may I refund without approval?")
    assert "150 EUR" in text_of(talk.last("amara").card)


async def test_after_an_hour_and_in_another_conversation_nothing_is_followed(talk: Dialogue) -> None:
    await talk.says("amara", SURE)
    await talk.says("amara", "and for contractors?", channel="general", mentioned=True)
    talk.clock.advance(timedelta(hours=2))
    await talk.says("amara", "and for contractors?")
    async with talk.look() as tx:
        assert [(await tx.question(number)).text for number in (2, 3)] == ["and for contractors?"] * 2


async def test_in_a_thread_what_follows_is_about_what_was_asked_there(talk: Dialogue) -> None:
    await talk.says("amara", SURE, channel="general", mentioned=True, key="m1")
    await talk.says("amara", "and for contractors?", channel="general", thread="m1")
    async with talk.look() as tx:
        assert (await tx.question(2)).text == f"and for contractors? (about “{SURE}”)"
    assert talk.last("amara").ref.person == "amara"


# ── about the last answer ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("said", ["show me the source", "who wrote that?", "is that still true?", "link?", "more pls"])
async def test_where_an_answer_comes_from_is_shown(talk: Dialogue, said: str) -> None:
    await talk.says("amara", SURE)
    await talk.says("amara", said)
    text = text_of(talk.last("amara").card)
    assert "Priya Santos" in text
    assert "#" in text
    assert len(talk.seen_by("amara")) == 2


@pytest.mark.parametrize("said", ["this answer is wrong", "That's outdated!", "no longer true"])
async def test_whoever_says_that_it_is_wrong_can_say_what_is_right(talk: Dialogue, said: str) -> None:
    await talk.says("amara", SURE)
    await talk.says("amara", said)
    card = talk.last("amara").card
    assert labels(card) == ["Suggest a change", "Not what I need", "Ask an expert"]
    assert find_button(card, "Suggest a change").opens_form


async def test_whoever_does_not_understand_is_offered_somebody_who_explains(talk: Dialogue) -> None:
    await talk.says("amara", SURE)
    await talk.says("amara", "I don't understand")
    await talk.presses("amara", talk.last("amara"), "Ask an expert")
    async with talk.look() as tx:
        assert await tx.routings(1)


async def test_without_an_answer_such_words_are_a_question(talk: Dialogue) -> None:
    await talk.says("amara", "show me the source")
    assert "I don't know" in text_of(talk.last("amara").card)


# ── people, patience and anger ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "said", ["can I talk to a real person", "I want to speak to a human now!", "get me a human", "ask someone please"]
)
async def test_whoever_wants_a_person_is_asked_for_the_question_or_offered_the_last_one(
    talk: Dialogue, said: str
) -> None:
    await talk.says("amara", said)
    assert "What is it about?" in text_of(talk.last("amara").card)
    await talk.says("amara", UNKNOWN)
    await talk.says("amara", said)
    assert f"“{UNKNOWN}” to a colleague" in text_of(talk.last("amara").card)
    await talk.presses("amara", talk.last("amara"), "Ask an expert")
    async with talk.look() as tx:
        assert await tx.routings(1)


async def test_how_ones_questions_stand_is_told_and_they_can_be_withdrawn(talk: Dialogue) -> None:
    await talk.says("amara", "did anyone answer me?")
    assert "None in the last month" in text_of(talk.last("amara").card)
    await talk.says("amara", UNKNOWN)
    await talk.presses("amara", talk.last("amara"), "Ask an expert")
    await talk.says("amara", "any news?")
    post = talk.last("amara")
    assert UNKNOWN in text_of(post.card)
    await talk.presses("amara", post, "Withdraw")
    await talk.says("amara", "cancel my question")
    assert "Withdraw" not in labels(talk.last("amara").card)


@pytest.mark.parametrize("said", ["you are useless", "wtf is this stupid bot", "THIS SUCKS!!", "😡", "🤬🤬", ":rage:"])
async def test_a_word_in_anger_is_no_question_and_gets_help(talk: Dialogue, said: str) -> None:
    await talk.says("amara", said)
    assert "I am sorry" in text_of(talk.last("amara").card)
    await talk.says("amara", UNKNOWN)
    await talk.says("amara", said)
    card = talk.last("amara").card
    assert f"Shall I ask a colleague about “{UNKNOWN}”?" in text_of(card)
    async with talk.look() as tx:
        assert (await tx.question(1)).text == UNKNOWN
    assert talk.platform.signs == []


@pytest.mark.parametrize("said", ["this stupid till is frozen", "the damn printer again", "What the hell is a POS?"])
def test_a_question_in_strong_words_stays_a_question(said: str) -> None:
    assert not is_cross(said)


async def test_a_thumb_turned_down_sets_the_answer_aside(talk: Dialogue) -> None:
    await talk.says("amara", SURE)
    post = talk.last("amara")
    await talk.says("amara", "👎🏽")
    assert "not what you need" in text_of(post.card)


async def test_a_friendly_sign_is_still_a_courtesy(talk: Dialogue) -> None:
    await talk.says("amara", "👍")
    assert [reaction for _, reaction in talk.platform.signs] == [Reaction.WELCOME]


# ── what else people type ───────────────────────────────────────────────────────────────────────────────────────────


async def test_after_a_follow_up_the_answer_is_still_the_one_that_is_not_shown_again(talk: Dialogue) -> None:
    await talk.says("amara", SURE)
    await talk.says("amara", "and for contractors?")
    await talk.says("amara", "and in cash?")
    assert "That helped" not in labels(talk.last("amara").card)  # a job aid about cash is no answer to this
    await talk.says("amara", "show me the source")
    assert "Priya Santos" in text_of(talk.last("amara").card)


@pytest.mark.parametrize("said", ["my reminders", "stop reminding me", "pause my reminders for 2 weeks"])
async def test_reminders_are_shown_with_all_that_stops_them(talk: Dialogue, said: str) -> None:
    await talk.says("amara", said)
    assert "Your series" in text_of(talk.last("amara").card)


@pytest.mark.parametrize("said", ["who owns job aid 28?", "show me job aid #28"])
async def test_a_job_aid_that_is_named_by_its_number_is_shown(talk: Dialogue, said: str) -> None:
    await talk.says("amara", said)
    assert "Job aid #28" in text_of(talk.last("amara").card)


@pytest.mark.parametrize("said", ["good bot", "sorry, wrong chat", "have a nice day!", "you're the best"])
async def test_a_kind_word_is_no_question(talk: Dialogue, said: str) -> None:
    await talk.says("amara", said)
    assert talk.seen_by("amara") == []


async def test_thanks_but_that_did_not_help_sets_the_answer_aside(talk: Dialogue) -> None:
    await talk.says("amara", SURE)
    post = talk.last("amara")
    await talk.says("amara", "thanks but that didn't help")
    assert "not what you need" in text_of(post.card)


# ── several questions in one message ────────────────────────────────────────────────────────────────────────────────


async def test_several_questions_in_one_message_are_answered_each_for_itself(talk: Dialogue) -> None:
    await talk.says(
        "amara",
        "Hi! How much may I refund without approval? Also, the till is frozen and there is a queue, what now? Thanks",
        key="m1",
    )
    first, second = (text_of(post.card) for post in talk.seen_by("amara"))
    assert "150 EUR" in first
    assert "The till (POS) is frozen" in second
    await talk.presses("amara", talk.seen_by("amara")[0], "That helped")
    await talk.says("amara", "how much", key="m1")  # the same message again
    assert len(talk.seen_by("amara")) == 2


async def test_what_one_answer_tells_is_not_taken_apart(talk: Dialogue) -> None:
    await talk.says("amara", "The till is frozen and there is a queue, what now? Do I have to turn the till off?")
    assert len(talk.seen_by("amara")) == 1


async def test_in_a_channel_a_message_stays_one_question(talk: Dialogue) -> None:
    await talk.says(
        "amara",
        "How much may I refund without approval? And the till is frozen and there is a queue, what now?",
        channel="general",
        mentioned=True,
    )
    assert len(talk.platform.posts) == 1


async def test_choices_that_did_not_help_are_set_aside_and_without_anything_help_is_offered(talk: Dialogue) -> None:
    await talk.says("amara", "thanks but that didn't help")
    assert "I am sorry" in text_of(talk.last("amara").card)
    await talk.says("amara", "phone lost")
    assert "Is it" in text_of(talk.last("amara").card)
    await talk.says("amara", "thanks but that didn't help")
    assert "I have nothing else on this." in text_of(talk.last("amara").card)


async def test_where_there_are_no_slashes_commands_are_typed_with_lanyards_name(talk: Dialogue) -> None:
    await talk.says("amara", "lanyard privacy")
    assert "What I keep of you" in text_of(talk.last("amara").card)
    await talk.says("mei", "Lanyard retention")
    assert "for good" in text_of(talk.last("mei").card)
    await talk.says("amara", "privacy")
    assert "What I keep of you" not in text_of(talk.last("amara").card)
