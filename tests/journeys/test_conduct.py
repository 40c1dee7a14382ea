"""How sure and how patient: chosen by administrators in a form, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.messages import Card, FieldErrors, Form, Note, Outcome
from bot.store import Transaction
from bot.store import tables as t
from tests.journeys.dialogue import Dialogue, labels, text_of
from tests.journeys.test_routing import ask_expert


def card_of(outcome: Outcome) -> Card:
    assert isinstance(outcome, Note)
    return outcome.card


async def looked_up(tx: Transaction, question: int) -> Mapping[str, Any]:
    look = select(t.Question.confidence, t.Question.decision).where(t.Question.id == question)
    return dict((await tx.db.execute(look)).mappings().one())


async def choose(talk: Dialogue, **values: str) -> Outcome:
    form = await talk.forges("mei", "conduct")
    assert isinstance(form, Form)
    return await talk.submits("mei", form, **values)


async def test_an_administrator_sees_what_holds_and_what_is_chosen_instead(talk: Dialogue) -> None:
    shown = card_of(await talk.says("mei", "conduct", command="lanyard"))
    for told in (
        "from 88 % on (87 % by words alone)",
        "from 20 % on",
        "5 minutes",
        "4 working hours",
        "09:00 to 17:30",
    ):
        assert told in text_of(shown)
    assert labels(shown) == ["Change"]
    saved = card_of(
        await choose(
            talk, answer="95 %", choices="30", unasked="98", pause="1", patience="8", begin="07:30", until="16:00"
        )
    )
    assert "Saved" in saved.summary
    shown = card_of(await talk.says("mei", "conduct", command="lanyard"))
    for told in ("from 95 % on", "from 30 % on", "from 98 % on", "1 minute", "8 working hours", "07:30 to 16:00"):
        assert told in text_of(shown)
    form = await talk.forges("mei", "conduct")
    assert isinstance(form, Form)
    assert [field.value for field in form.fields] == ["95", "30", "98", "1", "8", "07:30", "16:00"]
    await talk.submits("mei", form, **dict.fromkeys((field.name for field in form.fields), ""))
    async with talk.look() as tx:
        kept = (await tx.workspace_record()).settings
    assert not {name for name in kept if name.endswith(("threshold", "minutes", "clock_hours", "working_hours"))}


async def test_what_is_chosen_decides_whether_it_is_an_answer(talk: Dialogue) -> None:
    doubtful = "refund approval how much"
    await talk.says("amara", doubtful)
    async with talk.look() as tx:
        confidence = (await looked_up(tx, 1))["confidence"]
    above = min(99, int(100 * confidence) + 1)
    await choose(talk, answer=str(above))
    await talk.says("tomasz", doubtful)
    async with talk.look() as tx:
        assert (await looked_up(tx, 1))["decision"] == "answer"
        assert (await looked_up(tx, 2))["decision"] == "choices"


async def test_a_question_waits_as_long_as_is_chosen(talk: Dialogue) -> None:
    await choose(talk, patience="1")
    await ask_expert(talk)
    await talk.passes(timedelta(hours=1, minutes=1))
    async with talk.look() as tx:
        assert len(await tx.routings(1)) == 2


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"answer": "49"}, "answer"),
        ({"answer": "100"}, "answer"),
        ({"answer": "high"}, "answer"),
        ({"answer": "0.9"}, "answer"),
        ({"answer": "60", "choices": "61"}, "choices"),
        ({"choices": "88"}, "choices"),
        ({"unasked": "80"}, "unasked"),
        ({"answer": "95", "unasked": "94"}, "unasked"),
        ({"pause": "0"}, "pause"),
        ({"pause": "-5"}, "pause"),
        ({"patience": "41"}, "patience"),
        ({"begin": "25:00"}, "begin"),
        ({"begin": "17:30"}, "until"),
        ({"begin": "10:00", "until": "09:00"}, "until"),
    ],
)
async def test_what_cannot_be_is_refused_at_its_field_and_nothing_changes(
    talk: Dialogue, values: dict[str, str], where: str
) -> None:
    async with talk.look() as tx:
        before = (await tx.workspace_record()).settings
    refused = await choose(talk, **values)
    assert isinstance(refused, FieldErrors)
    assert set(refused.errors) == {where}
    async with talk.look() as tx:
        assert (await tx.workspace_record()).settings == before


async def test_nobody_else_chooses(talk: Dialogue) -> None:
    form = await talk.forges("mei", "conduct")
    assert isinstance(await talk.submits("leila", form, answer="50"), FieldErrors)
    for refused in (await talk.forges("leila", "conduct"), await talk.says("leila", "conduct", command="lanyard")):
        assert "Only an administrator" in card_of(refused).summary


async def test_what_it_is_in_the_words_of_a_question_is_a_question(talk: Dialogue) -> None:
    await talk.says("mei", "conduct")
    async with talk.look() as tx:
        assert (await tx.question(1)).text == "conduct"
