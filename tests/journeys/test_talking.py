"""Answering by replying in the thread of a card; and what is changed or taken back afterwards."""

from __future__ import annotations

import pytest

from bot.messages import Links, Reaction
from bot.store.records import QuestionStatus, RoutingStatus
from tests.doubles.memory import Posted
from tests.journeys.dialogue import Dialogue, find_button, labels, text_of
from tests.journeys.test_routing import ANSWER, QUESTION, ask_expert


def answers(talk: Dialogue, who: str = "amara") -> list[Posted]:
    return [post for post in talk.seen_by(who) if "asked for you by Lanyard" in text_of(post.card)]


async def replies(talk: Dialogue, who: str, post: Posted, text: str, *, key: str | None = None) -> None:
    await talk.says(who, text, thread=post.ref.id, key=key)


async def test_a_reply_in_the_cards_thread_is_the_answer_and_gets_a_sign(talk: Dialogue) -> None:
    await ask_expert(talk)
    request = talk.last("henrik")
    assert "replying to this message" in text_of(request.card)
    await replies(talk, "henrik", request, ANSWER, key="r-1")
    (answer,) = answers(talk)
    assert "LK-40718" in text_of(answer.card)
    assert "You answered this" in text_of(request.card)
    assert [(ref.id, ref.conversation, sign) for ref, sign in talk.platform.signs] == [
        ("r-1", "dm-henrik", Reaction.DONE)
    ]
    assert "Shall your answer become a job aid?" in text_of(talk.last("henrik").card)


async def test_a_reply_delivered_twice_answers_once(talk: Dialogue) -> None:
    await ask_expert(talk)
    request = talk.last("henrik")
    for _ in range(2):
        await replies(talk, "henrik", request, ANSWER, key="r-1")
    assert len(answers(talk)) == 1


async def test_a_second_reply_is_told_that_it_is_answered_and_changes_nothing(talk: Dialogue) -> None:
    await ask_expert(talk)
    request = talk.last("henrik")
    await replies(talk, "henrik", request, ANSWER)
    await replies(talk, "henrik", request, "And mind the stitching.")
    (answer,) = answers(talk)
    assert "stitching" not in text_of(answer.card)
    assert "answered this already" in text_of(talk.last("henrik").card)


async def test_a_reply_after_the_question_was_withdrawn_comes_too_late_and_is_told_so(talk: Dialogue) -> None:
    await ask_expert(talk)
    request = talk.last("henrik")
    await talk.presses("amara", talk.last("amara"), "Withdraw")
    await replies(talk, "henrik", request, ANSWER)
    assert answers(talk) == []
    assert "taken care of already" in text_of(talk.last("henrik").card)
    assert talk.platform.signs == []


async def test_thanks_in_the_cards_thread_are_no_answer(talk: Dialogue) -> None:
    await ask_expert(talk)
    await replies(talk, "henrik", talk.last("henrik"), "ok thanks")
    assert answers(talk) == []
    assert [sign for _, sign in talk.platform.signs] == [Reaction.WELCOME]


async def test_nobody_else_answers_in_an_experts_thread(talk: Dialogue) -> None:
    await ask_expert(talk)
    request = talk.last("henrik")
    # On a platform that let somebody into another's direct conversation, or by a forged thread.
    await talk.says("tomasz", "Throw it away.", thread=request.ref.id)
    assert answers(talk) == []


async def test_what_the_expert_asks_back_is_answered_by_a_reply_and_so_is_the_detail(talk: Dialogue) -> None:
    await ask_expert(talk)
    form = await talk.presses("henrik", talk.last("henrik"), "Ask for detail")
    await talk.submits("henrik", form, question="Which colour is the slider?")
    wanted = talk.last("amara")
    assert "Which colour" in text_of(wanted.card)
    await replies(talk, "amara", wanted, "Black.")
    given = talk.last("henrik")
    assert "Black." in text_of(given.card)
    await replies(talk, "henrik", given, ANSWER)
    assert len(answers(talk)) == 1
    assert [sign for _, sign in talk.platform.signs] == [Reaction.DONE, Reaction.DONE]


async def test_a_reply_below_another_card_is_a_question_as_ever(talk: Dialogue) -> None:
    await talk.says("amara", "How do I connect to the VPN?")
    await replies(talk, "amara", talk.last("amara"), "How do I reset my VPN token?")
    assert talk.platform.signs == []
    async with talk.look() as tx:
        assert (await tx.question(2)).text == "How do I reset my VPN token?"


# ── changed, taken back ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_reply_that_its_expert_changes_is_corrected_where_it_stands(talk: Dialogue) -> None:
    await ask_expert(talk)
    await replies(talk, "henrik", talk.last("henrik"), ANSWER, key="r-1")
    await talk.amends("henrik", "r-1", "Take slider LK-50000.")
    (answer,) = answers(talk)
    assert "LK-50000" in text_of(answer.card)
    assert "corrected since" in text_of(answer.card)
    assert "That helped" in labels(answer.card)
    drafts = [post for post in talk.seen_by("henrik") if "become a job aid" in text_of(post.card)]
    assert "LK-50000" in text_of(drafts[-1].card)
    await talk.presses("henrik", drafts[-1], "Publish")
    assert "LK-50000" in text_of(drafts[-1].card)


async def test_nobody_else_changes_an_answer_and_one_that_was_judged_stays(talk: Dialogue) -> None:
    await ask_expert(talk)
    await replies(talk, "henrik", talk.last("henrik"), ANSWER, key="r-1")
    (answer,) = answers(talk)
    await talk.amends("tomasz", "r-1", "Throw it away.")
    assert "LK-40718" in text_of(answer.card)
    await talk.presses("amara", answer, "That helped")
    await talk.amends("henrik", "r-1", "Take slider LK-50000.")
    assert "LK-40718" in text_of(answer.card)


async def test_a_question_that_is_taken_back_before_its_answer_is_withdrawn_quietly(talk: Dialogue) -> None:
    await talk.says("amara", QUESTION, key="q-1")
    offered = talk.last("amara")
    await talk.presses("amara", offered, next(label for label in labels(offered.card) if "expert" in label))
    told = len(talk.seen_by("amara"))
    await talk.amends("amara", "q-1", None)
    async with talk.look() as tx:
        assert (await tx.question(1)).status is QuestionStatus.WITHDRAWN
    assert len(talk.seen_by("amara")) == told
    assert "Nothing is left to do" in text_of(talk.last("henrik").card)
    assert "took this question back" in text_of(talk.last("amara").card)


async def test_what_is_taken_back_before_it_was_even_handled_is_withdrawn_when_it_has_been(talk: Dialogue) -> None:
    inbox = talk.store.inbox
    await talk.only_says("amara", QUESTION, key="q-1")
    (row,) = await inbox.claim(lease="another worker", limit=5)
    await talk.amends("amara", "q-1", None)
    assert await inbox.pending() == 2
    await inbox.release(row)
    await talk.settle()
    await talk.bring_retries_forward()
    await talk.settle()
    assert await inbox.pending() == 0
    async with talk.look() as tx:
        assert (await tx.question(1)).status is QuestionStatus.WITHDRAWN


async def test_a_question_that_was_answered_stays_answered_when_it_is_taken_back(talk: Dialogue) -> None:
    await talk.says("amara", "How do I connect to the VPN?", key="q-1")
    await talk.amends("amara", "q-1", None)
    async with talk.look() as tx:
        assert (await tx.question(1)).status is QuestionStatus.OPEN


async def test_somebody_else_takes_nothing_back(talk: Dialogue) -> None:
    await ask_expert(talk)
    await talk.amends("tomasz", "said-1", None)
    async with talk.look() as tx:
        assert (await tx.question(1)).status is QuestionStatus.ROUTED


async def test_a_question_that_is_changed_is_not_asked_anew(talk: Dialogue) -> None:
    await talk.says("amara", "How do I connect to the VPN?", key="q-1")
    told = len(talk.seen_by("amara"))
    await talk.amends("amara", "q-1", "How do I reset my VPN token?")
    assert len(talk.seen_by("amara")) == told


# ── the way to the thread ───────────────────────────────────────────────────────────────────────────────────────────


def links_of(post: Posted) -> list[str]:
    return [link.url for part in post.card.parts if isinstance(part, Links) for link in part.links]


async def ask_in(talk: Dialogue, channel: str, *, unnamed: bool = False) -> Posted | None:
    """Ask there, let an expert be asked, and give the card that one of them got."""
    await talk.says("amara" if channel != "people-team" else "leila", QUESTION, channel=channel, mentioned=True)
    who = "amara" if channel != "people-team" else "leila"
    offered = talk.last(who)
    button = find_button(offered.card, next(label for label in labels(offered.card) if "expert" in label))
    assert button.verb == "ask_expert_about"
    await talk.forges(who, "ask_expert_unnamed" if unnamed else button.verb, button.value, post=offered)
    cards = [post for post in talk.platform.posts if "Can you help" in post.card.summary]
    return cards[-1] if cards else None


async def test_an_experts_card_leads_to_the_thread_in_an_open_channel(talk: Dialogue) -> None:
    card = await ask_in(talk, "support-desk")
    assert card is not None
    assert links_of(card) == ["https://chat.example/support-desk/said-1"]


async def test_it_does_not_where_the_asker_wants_to_stay_unnamed(talk: Dialogue) -> None:
    card = await ask_in(talk, "support-desk", unnamed=True)
    assert card is not None
    assert "prefers to stay unnamed" in text_of(card.card)
    assert links_of(card) == []


async def test_it_does_not_for_what_was_asked_aside_or_directly(talk: Dialogue) -> None:
    await ask_expert(talk)
    assert links_of(talk.last("henrik")) == []
    await talk.says("amara", QUESTION + " Really?", channel="support-desk", command="ask")
    offered = talk.last("amara")
    await talk.presses("amara", offered, next(label for label in labels(offered.card) if "expert" in label))
    assert links_of(talk.last("henrik")) == []


async def test_to_a_closed_channel_it_does_not_lead_an_expert_who_is_outside(talk: Dialogue) -> None:
    card = await ask_in(talk, "people-team")
    assert card is not None
    assert card.ref.conversation == "dm-henrik"
    assert links_of(card) == []


async def test_to_a_closed_channel_it_leads_its_members(talk: Dialogue) -> None:
    talk.platform.rooms["people-team"].members.add("henrik")
    card = await ask_in(talk, "people-team")
    assert card is not None
    assert card.ref.conversation == "dm-henrik"
    assert links_of(card) == ["https://chat.example/people-team/said-1"]


# ── replies that are no answer ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("said", ["idk", "No idea, sorry!", "not my area", "I don't know"])
async def test_whoever_replies_that_they_do_not_know_has_passed(talk: Dialogue, said: str) -> None:
    await ask_expert(talk)
    request = talk.last("henrik")
    await replies(talk, "henrik", request, said)
    assert answers(talk) == []
    assert "Answer" not in labels(request.card)
    assert not any("become a job aid" in text_of(post.card) for post in talk.seen_by("henrik"))
    async with talk.look() as tx:
        first, *_ = await tx.routings(1)
    assert first.status is RoutingStatus.PASSED


@pytest.mark.parametrize("said", ["no idea, ask Rafael", "Not me, maybe Rafael Tamm knows", "idk try rafael please"])
async def test_whoever_names_a_colleague_who_knows_has_it_put_to_them(talk: Dialogue, said: str) -> None:
    await ask_expert(talk)
    await replies(talk, "henrik", talk.last("henrik"), said)
    assert answers(talk) == []
    assert QUESTION in text_of(talk.last("rafael").card)


async def test_without_naming_anybody_it_is_the_answer_that_it_may_be(talk: Dialogue) -> None:
    await ask_expert(talk)
    await replies(talk, "henrik", talk.last("henrik"), "No idea, ask the people at the trade desk downstairs")
    assert len(answers(talk)) == 1


async def test_whoever_is_busy_is_asked_later(talk: Dialogue) -> None:
    await ask_expert(talk)
    await replies(talk, "henrik", talk.last("henrik"), "in a meeting, sorry")
    assert answers(talk) == []
    async with talk.look() as tx:
        first, *_ = await tx.routings(1)
    assert first.status in (RoutingStatus.ASKED, RoutingStatus.WAITING)
    assert first.due_at > talk.clock.now


async def test_the_asker_whom_somebody_names_is_not_asked_their_own_question(talk: Dialogue) -> None:
    await ask_expert(talk)
    before = len(talk.seen_by("amara"))
    await replies(talk, "henrik", talk.last("henrik"), "no idea, ask Amara")
    assert not any("Can you help" in text_of(post.card) for post in talk.seen_by("amara")[before:])
