"""What keeps a question from an expert, and what becomes of it when they have it no more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.messages import FieldErrors, Form, Note
from bot.store.records import RoutingStatus
from tests.journeys.dialogue import Dialogue, text_of
from tests.journeys.test_ladder import EVENING, TENT, ask, only_henrik, routings, set_hours
from tests.journeys.test_people import tell


async def test_nobody_is_asked_above_their_weekly_cap_and_again_when_the_week_is_over(talk: Dialogue) -> None:
    await only_henrik(talk)
    await set_hours(talk, "amara", consent="no")
    await set_hours(talk, "henrik", weekly_cap=1)
    await ask(talk)
    assert await routings(talk) == [("Henrik Adeyemi", RoutingStatus.ASKED)]
    await ask(talk, by="tomasz")
    assert "found nobody" in text_of(talk.last("tomasz").card)
    await talk.passes(timedelta(days=7, minutes=1))
    await ask(talk, by="priya")
    assert "I have asked Henrik Adeyemi" in text_of(talk.last("priya").card)


async def test_in_a_pause_nobody_is_asked_not_even_by_name_and_after_it_they_are(talk: Dialogue) -> None:
    await only_henrik(talk)
    await set_hours(talk, "rafael", consent="yes", paused_until=talk.clock() + timedelta(days=2))
    await ask(talk)
    form = await talk.presses("henrik", talk.last("henrik"), "Not me → who?")
    assert isinstance(form, Form)
    (rafael,) = [value for value, label in form.fields[0].options if label == "Rafael Tamm"]
    await talk.submits("henrik", form, person=rafael)
    assert talk.seen_by("rafael") == []
    assert "found nobody" in text_of(talk.last("amara").card)
    await talk.passes(timedelta(days=2, minutes=1))
    await set_hours(talk, "henrik", consent="no")
    await ask(talk, by="tomasz")
    assert "I have asked Rafael Tamm" in text_of(talk.last("tomasz").card)


async def test_after_the_last_rung_a_late_answer_is_still_welcome(talk: Dialogue) -> None:
    await only_henrik(talk)
    await ask(talk)
    request = talk.last("henrik")
    await talk.passes(timedelta(hours=5))
    assert "found nobody" in text_of(talk.last("amara").card)
    form = await talk.presses("henrik", request, "Answer")
    await talk.submits("henrik", form, answer="Wax the slider, then close it slowly.")
    assert any("Wax the slider" in text_of(one.card) for one in talk.seen_by("amara"))
    assert await routings(talk) == [("Henrik Adeyemi", RoutingStatus.ANSWERED)]


@pytest.mark.parametrize("meanwhile", ["silent", "withdrawn", "answered"])
async def test_an_expert_who_has_the_question_no_more_neither_asks_back_nor_keeps_it(
    talk: Dialogue, meanwhile: str
) -> None:
    """The card was before their eyes, or the form was open, when it went on."""
    await only_henrik(talk)
    await ask(talk)
    request = talk.last("henrik")
    form = await talk.presses("henrik", request, "Ask for detail")
    if meanwhile == "silent":
        await talk.passes(timedelta(hours=5))
    elif meanwhile == "withdrawn":
        await talk.presses("amara", talk.last("amara"), "Withdraw")
    else:
        await talk.submits("henrik", await talk.forges("henrik", "answer", "1"), answer="Wax it.")
    seen = len(talk.seen_by("amara"))
    refused = await talk.submits("henrik", form, question="Which colour is it?")
    assert isinstance(refused, FieldErrors)
    note = await talk.forges("henrik", "later", "1", post=request)
    assert isinstance(note, Note)
    assert "I keep the question" not in note.card.summary
    assert len(talk.seen_by("amara")) == seen


async def test_who_leaves_while_they_are_waited_for_is_not_asked(talk: Dialogue) -> None:
    await only_henrik(talk)
    await set_hours(talk, "mei", consent="yes")
    talk.clock.now = EVENING
    await ask(talk)
    (waited_for,) = await routings(talk)
    who = next(id_ for id_, sender in talk.platform.people.items() if sender.name == waited_for[0])
    await tell(talk, talk.platform.people[who], left=True)
    await talk.passes(timedelta(hours=13))
    assert not [post for post in talk.seen_by(who) if TENT in text_of(post.card)]
    assert [name for name, _ in await routings(talk)] != [waited_for[0]]
