"""Ask an expert → one at a time → the answer is carried back → a draft → published → the next asker is answered."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.messages import FieldErrors, Form, Note
from bot.store.records import QuestionStatus, RoutingStatus
from tests.journeys.dialogue import Dialogue, labels, text_of

QUESTION = "The zip of a Heron 2 tent keeps splitting open. Can we repair that in the store?"
ANSWER = "Hi Amara, nearly always it is the slider.\n1. Take slider LK-40718.\n2. Feed both sides in evenly."


async def ask_expert(talk: Dialogue, *, unnamed: bool = False) -> None:
    await talk.says("amara", QUESTION)
    label = "Ask without my name" if unnamed else "Ask an expert"
    offered = talk.last("amara")
    if label not in labels(offered.card):
        label = next(label for label in labels(offered.card) if "expert" in label)
    await talk.presses("amara", offered, label)


async def test_the_expert_who_knows_is_asked_with_the_reason_and_the_asker_is_told(talk: Dialogue) -> None:
    await ask_expert(talk)
    request = talk.last("henrik").card
    assert QUESTION in text_of(request)
    assert "Why you: you " in text_of(request)
    assert "Amara Lindqvist asks" in text_of(request)
    assert labels(request)[0] == "Answer"
    assert "I have asked Henrik Adeyemi" in text_of(talk.last("amara").card)


async def test_an_answer_travels_back_becomes_an_aid_and_answers_the_next(talk: Dialogue) -> None:
    await ask_expert(talk)
    request = talk.last("henrik")
    form = await talk.presses("henrik", request, "Answer")
    assert await talk.submits("henrik", form, answer=ANSWER) is None

    answer = next(post for post in reversed(talk.seen_by("amara")) if "That helped" in labels(post.card))
    assert "LK-40718" in text_of(answer.card)
    assert "Henrik Adeyemi, asked for you" in text_of(answer.card)
    assert "You answered this" in text_of(request.card)

    draft = talk.last("henrik")
    assert "Shall your answer become a job aid?" in text_of(draft.card)
    assert "Amara" not in text_of(draft.card)
    await talk.presses("henrik", draft, "Publish")
    assert "Published as job aid #43" in text_of(draft.card)

    await talk.says("tomasz", QUESTION)
    assert "LK-40718" in text_of(talk.last("tomasz").card)
    assert "looked after by Henrik Adeyemi" in text_of(talk.last("tomasz").card)


async def test_an_answer_is_corrected_where_it_stands_when_its_aid_changes(talk: Dialogue) -> None:
    await ask_expert(talk)
    form = await talk.presses("henrik", talk.last("henrik"), "Answer")
    await talk.submits("henrik", form, answer=ANSWER)
    draft = talk.last("henrik")
    await talk.presses("henrik", draft, "Publish")
    await talk.says("tomasz", QUESTION)
    given = talk.last("tomasz")
    assert "LK-40718" in text_of(given.card)

    edit = await talk.presses("henrik", draft, "Edit")
    assert isinstance(edit, Form)
    await talk.submits("henrik", edit, body="Take slider LK-50000 instead.")
    assert "LK-50000" in text_of(given.card)
    assert "LK-40718" not in text_of(given.card)
    assert "Corrected on 23 November 2026" in text_of(given.card)
    assert "That helped" in labels(given.card)


async def test_nobody_edits_an_aid_that_is_not_theirs(talk: Dialogue) -> None:
    outcome = await talk.forges("tomasz", "edit_aid", "1")
    assert isinstance(outcome, Note)
    assert "locked" in outcome.card.summary or "Only its owner" in outcome.card.summary


async def test_the_expert_hears_that_the_answer_helped(talk: Dialogue) -> None:
    await ask_expert(talk)
    form = await talk.presses("henrik", talk.last("henrik"), "Answer")
    await talk.submits("henrik", form, answer=ANSWER)
    answer = next(post for post in talk.seen_by("amara") if "That helped" in labels(post.card))
    await talk.presses("amara", answer, "That helped")
    assert "Your answer helped" in text_of(talk.last("henrik").card)


async def test_an_empty_answer_is_refused_in_the_form(talk: Dialogue) -> None:
    await ask_expert(talk)
    form = await talk.presses("henrik", talk.last("henrik"), "Answer")
    refused = await talk.submits("henrik", form, answer="   ")
    assert isinstance(refused, FieldErrors)
    assert "answer" in refused.errors


async def test_an_unnamed_asker_stays_unnamed(talk: Dialogue) -> None:
    await talk.says("amara", "Which thread do I use for the seam of a Heron 9 xylophone?")
    await talk.presses("amara", talk.last("amara"), "Ask without my name")
    everything = [text_of(post.card) for post in talk.platform.posts if post.ref.conversation != "dm-amara"]
    assert everything
    assert all("Amara" not in text for text in everything)
    assert "A colleague who prefers to stay unnamed" in everything[0]


async def test_who_is_offered_choices_may_ask_without_their_name_too(talk: Dialogue) -> None:
    await talk.says("amara", QUESTION)
    assert "Ask without my name" in labels(talk.last("amara").card)
    await talk.presses("amara", talk.last("amara"), "Ask without my name")
    assert "A colleague who prefers to stay unnamed asks" in text_of(talk.last("henrik").card)


async def test_passing_asks_the_next_one(talk: Dialogue) -> None:
    await ask_expert(talk)
    request = talk.last("henrik")
    await talk.presses("henrik", request, "Pass")
    assert "You passed this on" in text_of(request.card)
    assert "next" in text_of(talk.last("amara").card) or "found nobody" in text_of(talk.last("amara").card)
    async with talk.look() as tx:
        routings = await tx.routings(1)
    assert [one.status for one in routings][:1] == [RoutingStatus.PASSED]
    assert len({one.expert_id for one in routings}) == len(routings)


async def test_a_silent_expert_is_passed_over_and_may_still_answer(talk: Dialogue) -> None:
    await ask_expert(talk)
    request = talk.last("henrik")
    await talk.passes(timedelta(hours=5))
    assert "asked somebody else meanwhile" in text_of(request.card)
    form = await talk.presses("henrik", request, "Answer")
    assert isinstance(form, Form)
    await talk.submits("henrik", form, answer=ANSWER)
    async with talk.look() as tx:
        question = await tx.question(1)
        routings = await tx.routings(1)
    assert question.status is QuestionStatus.ANSWERED
    assert RoutingStatus.ASKED not in {one.status for one in routings}


async def test_two_rounds_at_once_move_a_question_once(talk: Dialogue) -> None:
    await ask_expert(talk)
    talk.clock.advance(timedelta(hours=5))
    await asyncio.gather(talk.rounds.tick(), talk.rounds.tick())
    await talk.settle()
    async with talk.look() as tx:
        routings = await tx.routings(1)
    assert len(routings) == 2


async def test_declining_is_one_tap_and_is_respected(talk: Dialogue) -> None:
    await talk.says("tomasz", "Which wax goes on the soles of Grindel boots?")
    async with talk.look() as tx:
        everyone = {person.name: person.id for person in await tx.everyone()}
    await ask_expert(talk)
    await talk.forges("henrik", "decline", "1", post=talk.last("henrik"))
    async with talk.look() as tx:
        profiles = await tx.profiles()
    assert profiles[everyone["Henrik Adeyemi"]].consent == "no"
    await talk.says("priya", QUESTION)
    offered = talk.last("priya")
    await talk.presses("priya", offered, next(label for label in labels(offered.card) if "expert" in label))
    async with talk.look() as tx:
        assert all(one.expert_id != everyone["Henrik Adeyemi"] for one in await tx.routings(3))


async def test_a_question_back_and_its_reply_are_carried(talk: Dialogue) -> None:
    await ask_expert(talk)
    form = await talk.presses("henrik", talk.last("henrik"), "Ask for detail")
    await talk.submits("henrik", form, question="Which colour is the zip?")
    assert "Which colour is the zip?" in text_of(talk.last("amara").card)
    reply = await talk.presses("amara", talk.last("amara"), "Reply")
    await talk.submits("amara", reply, detail="The grey one.")
    assert "The grey one." in text_of(talk.last("henrik").card)


async def test_not_me_names_a_colleague_who_is_asked_next(talk: Dialogue) -> None:
    await ask_expert(talk)
    form = await talk.presses("henrik", talk.last("henrik"), "Not me → who?")
    assert isinstance(form, Form)
    options = {label: value for value, label in form.fields[0].options}
    assert "Amara Lindqvist" not in options
    await talk.submits("henrik", form, person=options["Rafael Tamm"])
    assert "were named by a colleague" in text_of(talk.last("rafael").card)


async def test_withdrawing_closes_the_experts_card(talk: Dialogue) -> None:
    await ask_expert(talk)
    request = talk.last("henrik")
    await talk.presses("amara", talk.last("amara"), "Withdraw")
    assert "withdrawn, or is solved" in text_of(request.card)
    assert labels(request.card) == []
    outcome = await talk.forges("henrik", "answer", "1", post=request)
    assert isinstance(outcome, Note)
    assert "taken care of already" in outcome.card.summary


async def test_nobody_answers_a_question_put_to_somebody_else(talk: Dialogue) -> None:
    await ask_expert(talk)
    outcome = await talk.forges("tomasz", "answer", "1")
    assert isinstance(outcome, Note)
    assert "put to somebody else" in outcome.card.summary


async def test_two_who_answer_at_once_settle_once(talk: Dialogue) -> None:
    await ask_expert(talk)
    first = talk.last("henrik")
    await talk.passes(timedelta(hours=5))
    async with talk.look() as tx:
        second_id = (await tx.routings(1))[1].expert_id
        second_name = (await tx.person(second_id)).name
    who = next(id_ for id_, sender in talk.platform.people.items() if sender.name == second_name)
    form_one = await talk.presses("henrik", first, "Answer")
    form_two = await talk.presses(
        who, talk.last(who), "Answer" if "Answer" in labels(talk.last(who).card) else labels(talk.last(who).card)[0]
    )
    await talk.submits("henrik", form_one, answer=ANSWER)
    refused = await talk.submits(who, form_two, answer="Something else.")
    assert isinstance(refused, FieldErrors)
    answers = [post for post in talk.seen_by("amara") if "That helped" in labels(post.card)]
    assert len(answers) == 1


async def test_a_question_from_a_private_channel_stays_in_its_audience(talk: Dialogue) -> None:
    await talk.says(
        "leila", "Where do I find the payroll unicorn calendar?", channel="people-team", mentioned=True, key="m1"
    )
    offered = talk.last("leila")
    await talk.presses("leila", offered, next(label for label in labels(offered.card) if "expert" in label))
    asked = next(post for post in talk.platform.posts if "Can you help" in post.card.summary)
    who = asked.ref.conversation.removeprefix("dm-")
    first = labels(asked.card)[0]
    form = await talk.presses(who, asked, first)
    await talk.submits(who, form, answer="The payroll unicorn calendar hangs in room 2.04.")
    draft = talk.last(who)
    await talk.presses(who, draft, "Publish")
    await talk.says("tomasz", "Where do I find the payroll unicorn calendar?")
    assert "2.04" not in text_of(talk.last("tomasz").card)
    await talk.says("jonas", "Where is the payroll unicorn calendar?", channel="people-team", mentioned=True)
    assert "2.04" in text_of(talk.last("jonas").card) or "unicorn" in text_of(talk.last("jonas").card)
