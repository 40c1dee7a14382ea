"""What is kept of a person: told to them, handed out, and forgotten; by themselves, and also by an administrator."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.messages import FieldErrors, Form, Note
from bot.store import NotAllowedError, Transaction
from bot.store.own_data import NOBODY
from bot.store.records import Person
from bot.store.tables import Base
from tests.journeys.dialogue import Dialogue, labels, text_of

AMARA = "amara.lindqvist@larkspur.example"
HENRIK = "henrik.adeyemi@larkspur.example"
QUESTION = "The zip of a Heron 2 tent keeps splitting open. Can we repair that in the store?"
SIGNED = f"{QUESTION} Thanks, Amara Lindqvist"


async def ask_expert(talk: Dialogue, question: str) -> None:
    await talk.says("amara", question)
    offered = talk.last("amara")
    await talk.presses("amara", offered, next(label for label in labels(offered.card) if "expert" in label))


async def forget(talk: Dialogue, who: str) -> Any:
    await talk.says(who, "delete my data")
    form = await talk.presses(who, talk.last(who), "Forget me")
    return await talk.submits(who, form, sure="yes")


async def person(tx: Transaction, email: str) -> Person:
    found = await tx.person_by_email(email)
    assert found is not None
    return found


async def all_texts(talk: Dialogue) -> str:
    """Every row of every table but those whose rows go by themselves, as text."""
    rows: list[str] = []
    async with talk.store.database.read() as db:
        for mapper in Base.registry.mappers:
            table = mapper.local_table
            if str(table) not in {"inbox", "outbox", "gate", "bucket", "reference"}:
                rows += [f"{table}: {tuple(row)}" for row in await db.execute(select(table))]
    return "\n".join(rows)


@pytest.mark.parametrize("said", ["what do you know about me?", "Who can see what I ask?", "is this anonymous?"])
async def test_whoever_asks_is_told_what_is_kept_and_who_sees_it(talk: Dialogue, said: str) -> None:
    await talk.says("amara", QUESTION)
    await talk.says("amara", said)
    card = talk.last("amara").card
    assert "Questions you asked: 1" in text_of(card)
    assert "never who asked" in text_of(card)
    assert labels(card) == ["Show me all of it", "Forget me"]
    outcome = await talk.says("amara", "privacy", command="lanyard", channel="general")
    assert isinstance(outcome, Note)


async def test_a_question_about_the_companys_data_stays_a_question(talk: Dialogue) -> None:
    await talk.says("amara", "A customer asks me to delete their data, what do I do?")
    assert "What I keep of you" not in text_of(talk.last("amara").card)


async def test_nobody_is_forgotten_without_saying_that_they_are_sure(talk: Dialogue) -> None:
    await talk.says("amara", "forget me")
    form = await talk.presses("amara", talk.last("amara"), "Forget me")
    assert isinstance(await talk.submits("amara", form), FieldErrors)
    async with talk.look() as tx:
        assert (await person(tx, AMARA)).active


async def test_whoever_is_forgotten_leaves_no_name_and_no_word_but_counts_stand(talk: Dialogue) -> None:
    await ask_expert(talk, SIGNED)
    form = await talk.presses("henrik", talk.last("henrik"), "Answer")
    await talk.submits("henrik", form, answer="It is the slider, Amara Lindqvist.")
    await talk.says("amara", "How much may I refund without approval?")
    async with talk.look() as tx:
        before = await tx.period(since=talk.clock.now.replace(year=2020), until=talk.clock.now)
    done = await forget(talk, "amara")
    assert isinstance(done, Note)
    assert "I do not know you any more" in done.card.summary
    kept = await all_texts(talk)
    for told in ("Amara", "amara"):
        assert told not in kept, [line for line in kept.splitlines() if told in line]
    asked = [line for line in kept.splitlines() if line.startswith(("question:", "answer:"))]
    assert asked
    assert not any("Heron" in line or "slider" in line for line in asked)
    async with talk.look() as tx:
        after = await tx.period(since=talk.clock.now.replace(year=2020), until=talk.clock.now)
        assert await tx.broken_audit_row() is None
        assert await tx.history() == []
    assert after.asked == before.asked


async def test_whoever_writes_again_is_new(talk: Dialogue) -> None:
    await talk.says("amara", QUESTION)
    await forget(talk, "amara")
    await talk.says("amara", "what do you know about me?")
    assert "Questions you asked: 0" in text_of(talk.last("amara").card)
    await talk.says("amara", "How many goodwill points may I give for a late parcel?")
    assert "That helped" not in labels(talk.last("amara").card)  # they are in no group any more


async def test_an_expert_who_is_forgotten_is_asked_no_more_and_their_aids_are_handed_over(talk: Dialogue) -> None:
    await ask_expert(talk, QUESTION)
    waiting = talk.last("henrik")
    assert isinstance(await forget(talk, "henrik"), Note)
    await talk.passes(timedelta(minutes=1))
    assert "I have asked somebody else meanwhile" in text_of(waiting.card)
    assert NOBODY not in "".join(text_of(post.card) for post in talk.seen_by("amara"))
    await talk.says("tomasz", "The zip of my Heron 2 tent is splitting, who repairs tents and zips?")
    await talk.says("tomasz", "ask an expert")
    async with talk.look() as tx:
        everyone = await tx.everyone()
        routed = [one.expert_id for number in (1, 2) for one in await tx.routings(number) if one.status == "asked"]
        assert set(routed) <= {one.id for one in everyone}
    told = [text_of(post.card) for post in talk.platform.posts if "is not known here any more" in text_of(post.card)]
    assert told
    assert not any("Henrik" in one for one in told)


async def test_an_administrator_can_have_somebody_forgotten_and_nobody_else_can(talk: Dialogue) -> None:
    await talk.says("mei", f"people {AMARA}")
    form = await talk.presses("mei", talk.last("mei"), "Have them forgotten")
    assert isinstance(form, Form)
    for who in ("leila", "henrik"):
        assert isinstance(await talk.submits(who, form, sure="yes"), FieldErrors)
        refused = await talk.forges(who, "forget", form.value)
        assert isinstance(refused, Note)
    done = await talk.submits("mei", form, sure="yes")
    assert isinstance(done, Note)
    async with talk.look() as tx:
        assert await tx.person_by_email(AMARA) is None


async def test_the_only_administrator_is_not_forgotten(talk: Dialogue) -> None:
    refused = await forget(talk, "mei")
    assert isinstance(refused, FieldErrors)
    assert "only administrator" in refused.errors[""]
    async with talk.look() as tx:
        mei = await person(tx, "mei.hartono@larkspur.example")
        assert mei.active


async def test_the_store_refuses_whoever_is_neither_themselves_nor_an_administrator(talk: Dialogue) -> None:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        with pytest.raises(NotAllowedError):
            await tx.erase(await person(tx, AMARA), by=await person(tx, HENRIK))


async def test_all_that_is_kept_is_read_out_as_json(talk: Dialogue) -> None:
    await ask_expert(talk, QUESTION)
    form = await talk.presses("henrik", talk.last("henrik"), "Answer")
    await talk.submits("henrik", form, answer="It is the slider.")
    async with talk.look() as tx:
        amara = json.loads(json.dumps(await tx.read_kept(await person(tx, AMARA))))
        henrik = await tx.read_kept(await person(tx, HENRIK))
    assert amara["about_me"]["email"] == AMARA
    assert [one["text"] for one in amara["questions"]] == [QUESTION]
    assert [one["text"] for one in amara["answers_to_me"]] == ["It is the slider."]
    assert amara["answers_by_me"] == []
    assert [one["text"] for one in henrik["answers_by_me"]] == ["It is the slider."]
    assert henrik["questions"] == []
    assert "tents" in str(henrik["what_i_am_asked"]) or henrik["what_i_am_asked"]
