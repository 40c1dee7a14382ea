"""How long what people said is kept: chosen by administrators, and let go in the background."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.journeys import retention
from bot.messages import FieldErrors, Form, Note
from bot.store import own_data
from bot.store import tables as t
from tests.journeys.dialogue import Dialogue, labels, text_of
from tests.journeys.test_routing import QUESTION, ask_expert

SURE = "How much may I refund without approval?"


async def choose(talk: Dialogue, **months: str) -> None:
    await talk.says("mei", "retention", command="lanyard")
    form = await talk.forges("mei", "retention")
    assert isinstance(form, Form)
    assert isinstance(await talk.submits("mei", form, **months), Note)


async def let_go(talk: Dialogue) -> int:
    return await retention.forget_old(talk.store, 1, now=talk.clock())


async def test_an_administrator_sees_and_chooses_how_long_and_everybody_is_told(talk: Dialogue) -> None:
    shown = await talk.says("mei", "retention", command="lanyard")
    assert isinstance(shown, Note)
    assert "for good" in text_of(shown.card)
    assert labels(shown.card) == ["Change"]
    await choose(talk, questions="12")
    shown = await talk.says("mei", "retention", command="lanyard")
    assert isinstance(shown, Note)
    assert "12 months" in text_of(shown.card)
    await talk.says("amara", "what do you know about me?")
    assert "The words of a question go after 12 months." in text_of(talk.last("amara").card)


@pytest.mark.parametrize("typed", ["0", "-1", "many", "121", "1.5"])
async def test_what_is_no_number_of_months_is_refused_at_its_field(talk: Dialogue, typed: str) -> None:
    form = await talk.forges("mei", "retention")
    assert isinstance(form, Form)
    refused = await talk.submits("mei", form, signs=typed)
    assert isinstance(refused, FieldErrors)
    assert set(refused.errors) == {"signs"}


async def test_nobody_else_chooses(talk: Dialogue) -> None:
    form = await talk.forges("mei", "retention")
    assert isinstance(await talk.submits("leila", form, questions="1"), FieldErrors)
    for refused in (
        await talk.forges("leila", "retention"),
        await talk.says("leila", "retention", command="lanyard"),
    ):
        assert isinstance(refused, Note)
        assert "Only an administrator" in refused.card.summary


async def test_old_words_go_and_that_they_were_asked_stays_counted(talk: Dialogue) -> None:
    await talk.says("amara", SURE)
    await ask_expert(talk)
    await choose(talk, questions="1")
    talk.clock.advance(timedelta(days=40))
    await talk.says("tomasz", SURE)
    assert await let_go(talk) == 1
    async with talk.look() as tx:
        texts = [(await tx.question(number)).text for number in (1, 2, 3)]
        counted = await tx.period(since=tx.now - timedelta(days=60), until=tx.now)
    assert texts == ["", QUESTION, SURE]  # what waits for a colleague stays
    assert counted.asked.count == 3
    assert await let_go(talk) == 0


async def test_old_signs_are_gone_by_and_nothing_is_kept_too_long_by_portions(
    talk: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_data, "AT_ONCE", 5)
    await choose(talk, signs="1")
    talk.clock.advance(timedelta(days=40))
    assert await let_go(talk) > 5
    await talk.says("henrik", "topics")
    assert "That's wrong" not in labels(talk.last("henrik").card)


async def test_without_a_choice_nothing_goes(talk: Dialogue) -> None:
    await talk.says("amara", SURE)
    talk.clock.advance(timedelta(days=4000))
    assert await let_go(talk) == 0


async def test_what_got_in_the_way_goes_as_well(talk: Dialogue) -> None:
    async with talk.store.database.write() as db:
        barrier = {"workspace_id": 1, "campaign_id": 1, "text": "A queue.", "at": talk.clock()}
        await db.execute(t.Barrier.__table__.insert().values(**barrier))  # type: ignore[attr-defined]
        await db.execute(update(t.Barrier).values(person_id=None))
    await choose(talk, barriers="1")
    talk.clock.advance(timedelta(days=40))
    assert await let_go(talk) == 1
