"""Two act on one question at the same moment: one thing comes of it, and everybody is told the same."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.messages import FieldErrors, Note, Outcome, Pressed, Submitted
from bot.store.records import QuestionStatus, RoutingStatus
from tests.journeys.dialogue import Dialogue, find_button, labels, text_of
from tests.journeys.test_routing import ask_expert

ANSWER = {"answer": "Nearly always it is the slider: take LK-40718."}


async def hears(talk: Dialogue, what: type[Pressed | Submitted], who: str, verb: str, **given: Any) -> Outcome:
    heard = talk._heard(who, f"race-{next(talk._keys)}")
    return await talk.conversation.receive(what(**heard, verb=verb, **given))


def refused(outcome: Outcome) -> bool:
    text = outcome.card.summary if isinstance(outcome, Note) else ""
    text += "".join(outcome.errors.values()) if isinstance(outcome, FieldErrors) else ""
    return "taken care of" in text or "settled already" in text


@pytest.mark.parametrize("asker_does", ["withdraw", "solved"])
@pytest.mark.parametrize("asker_first", [False, True])
async def test_an_answer_and_the_askers_withdrawal_at_once_leave_one_of_the_two(
    talk: Dialogue, asker_does: str, asker_first: bool
) -> None:
    await ask_expert(talk)
    request = talk.last("henrik")
    acts = [
        hears(talk, Submitted, "henrik", "answer", value="1", fields=ANSWER),
        hears(talk, Pressed, "amara", asker_does, value="1"),
    ]
    outcomes = await asyncio.gather(*(reversed(acts) if asker_first else acts))
    await talk.settle()
    assert [refused(one) for one in outcomes].count(True) == 1
    async with talk.look() as tx:
        question = await tx.question(1)
        (routing,) = await tx.routings(1)
        answer = await tx.last_answer(1)
    delivered = [post for post in talk.seen_by("amara") if "LK-40718" in text_of(post.card)]
    if answer is not None:
        assert (question.status, routing.status) == (QuestionStatus.ANSWERED, RoutingStatus.ANSWERED)
        assert len(delivered) == 1
        assert "You answered this" in text_of(request.card)
    else:
        assert question.status in (QuestionStatus.WITHDRAWN, QuestionStatus.SOLVED)
        assert routing.status is RoutingStatus.CLOSED
        assert delivered == []
        assert "withdrawn, or is solved" in text_of(request.card)
    assert "Answer" not in labels(request.card)


async def test_an_answer_and_the_clock_at_once_leave_one_answer_and_at_most_one_more_expert_asked(
    talk: Dialogue,
) -> None:
    await ask_expert(talk)
    talk.clock.advance(timedelta(days=1, hours=2))
    await asyncio.gather(
        hears(talk, Submitted, "henrik", "answer", value="1", fields=ANSWER),
        talk.rounds.move_silent_questions(1),
        talk.rounds.move_silent_questions(1),
    )
    await talk.settle()
    async with talk.look() as tx:
        question, routings = await tx.question(1), await tx.routings(1)
    assert question.status is QuestionStatus.ANSWERED
    assert [one.status for one in routings].count(RoutingStatus.ANSWERED) == 1
    assert all(one.status in (RoutingStatus.ANSWERED, RoutingStatus.CLOSED) for one in routings)
    assert len(routings) <= 2


async def test_of_two_experts_who_answer_at_once_one_is_heard_and_the_other_told(talk: Dialogue) -> None:
    await ask_expert(talk)
    await talk.passes(timedelta(hours=5))
    async with talk.look() as tx:
        first, second = await tx.routings(1)
        name = (await tx.person(second.expert_id)).name
    other = next(id_ for id_, sender in talk.platform.people.items() if sender.name == name)
    outcomes = await asyncio.gather(
        hears(talk, Submitted, "henrik", "answer", value=str(first.id), fields=ANSWER),
        hears(talk, Submitted, other, "answer", value=str(second.id), fields={"answer": "Throw it away."}),
    )
    await talk.settle()
    assert [refused(one) for one in outcomes].count(True) == 1
    delivered = [post for post in talk.seen_by("amara") if "asked for you by Lanyard" in text_of(post.card)]
    assert len(delivered) == 1
    assert ("LK-40718" in text_of(delivered[0].card)) is refused(outcomes[1])
    async with talk.look() as tx:
        statuses = [one.status for one in await tx.routings(1)]
    assert statuses.count(RoutingStatus.ANSWERED) == 1
    assert RoutingStatus.ASKED not in statuses
    for who in ("henrik", other):
        told = [post for post in talk.seen_by(who) if "splitting open" in text_of(post.card)]
        assert all("Answer" not in labels(post.card) for post in told)


async def test_what_is_asked_back_while_the_question_is_withdrawn_is_relayed_before_it_or_never(talk: Dialogue) -> None:
    await ask_expert(talk)
    asked_back, withdrawn = await asyncio.gather(
        hears(talk, Submitted, "henrik", "ask_detail", value="1", fields={"question": "Which colour?"}),
        hears(talk, Pressed, "amara", "withdraw", value="1"),
    )
    await talk.settle()
    assert not refused(withdrawn)
    relayed = any("Which colour?" in text_of(post.card) for post in talk.seen_by("amara"))
    assert relayed is not isinstance(asked_back, FieldErrors)
    async with talk.look() as tx:
        assert (await tx.question(1)).status is QuestionStatus.WITHDRAWN
        assert [one.status for one in await tx.routings(1)] == [RoutingStatus.CLOSED]


async def test_passing_twice_at_once_asks_one_other(talk: Dialogue) -> None:
    await ask_expert(talk)
    await asyncio.gather(*(hears(talk, Pressed, "henrik", "pass", value="1") for _ in range(3)))
    await talk.settle()
    async with talk.look() as tx:
        routings = await tx.routings(1)
    assert [one.status for one in routings if one.expert_id == routings[0].expert_id] == [RoutingStatus.PASSED]
    assert len(routings) <= 2


async def test_later_keeps_the_question_with_the_expert_for_a_day_and_then_it_moves_on(talk: Dialogue) -> None:
    await ask_expert(talk)
    request = talk.last("henrik")
    if "Later" not in labels(request.card):  # the first time, they are asked whether they take questions at all
        note = await talk.forges("henrik", "later", "1", post=request)
    else:
        note = await talk.presses("henrik", request, "Later")
    assert isinstance(note, Note)
    assert "I keep the question with you" in note.card.summary
    await talk.passes(timedelta(hours=6))
    async with talk.look() as tx:
        assert [one.status for one in await tx.routings(1)] == [RoutingStatus.ASKED]
    await talk.passes(timedelta(hours=19))
    async with talk.look() as tx:
        assert (await tx.routings(1))[0].status is RoutingStatus.EXPIRED
    late = find_button(request.card, "Answer")
    form = await talk.forges("henrik", late.verb, late.value, post=request)
    assert await talk.submits("henrik", form, **ANSWER) is None
    assert any("LK-40718" in text_of(post.card) for post in talk.seen_by("amara"))
