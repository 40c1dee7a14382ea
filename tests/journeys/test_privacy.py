"""Who stays unnamed is found by nobody, and what a closed place knows never leaves it, whatever is pressed or typed."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.journeys import COMMANDS, PRESSES, SUBMISSIONS
from bot.messages import Form, Note, Outcome, Pressed, Sender, Submitted
from bot.store.codec import dump
from bot.store.tables import Base
from knowledge.model import JobAid
from tests.doubles.memory import PLATFORM, TENANT, Posted
from tests.journeys.dialogue import Dialogue, labels

FIRST, LAST = "Zebulon", "Quagmire"
ADDRESS = "zeb.q@larkspur.example"
QUESTION = f"Hi, {FIRST} {LAST} here. Which thread is for the seam of a Heron 9 xylophone? Thanks, {FIRST} ({ADDRESS})"
OTHERS = ("amara", "tomasz", "priya", "henrik", "mei", "leila", "rafael")
EVERYTHING = ("zeb", "person", "identity", "inbox", "outbox")


def names_in(text: str, wanted: Iterable[str] = (FIRST, LAST, ADDRESS)) -> list[str]:
    return [name for name in wanted if name.casefold() in text.casefold()]


def told_to_others(talk: Dialogue) -> str:
    return "\n".join(dump(post.card) for post in talk.platform.posts if post.ref.conversation != "dm-zeb")


async def walk(talk: Dialogue, who: str, texts: Iterable[str] = ()) -> list[str]:
    """All that somebody can get by pressing every button, sending every form and typing every command, with any id."""
    got: list[str] = []

    def note(outcome: Outcome) -> None:
        if outcome is not None:
            got.append(repr(outcome))

    values = ("", "1", "43", "1.1", "43.1", "43.43", "43.1.1")
    for verb in PRESSES:
        for value in values:
            note(await _hears(talk, Pressed, who, verb=verb, value=value))
    fields = {"title": "t", "body": "b", "answer": "a", "question": "q", "detail": "d", "person": "1", "owner": "x"}
    for verb in SUBMISSIONS:
        for value in values:
            note(await _hears(talk, Submitted, who, verb=verb, value=value, fields=fields))
    for command in COMMANDS:
        for text in ("", "home", "topics", "gaps", "aid 43", "list", "glossary", *texts):
            note(await talk.says(who, text, command=command))
    for text in texts:
        await talk.says(who, text)
    await talk.settle()
    return got


async def _hears(talk: Dialogue, what: type[Pressed | Submitted], who: str, **given: Any) -> Outcome:
    """Without waiting for what follows: there is much to be pressed."""
    heard = talk._heard(who, f"walk-{next(talk._keys)}")
    return await talk.conversation.receive(what(**heard, **given))


async def asked_unnamed(talk: Dialogue) -> tuple[str, Posted]:
    """Somebody whose name stands nowhere else asks without it; who is asked, and their card."""
    talk.platform.people["zeb"] = Sender(id="zeb", name=f"{FIRST} {LAST}", email=ADDRESS, time_zone="Europe/Berlin")
    await talk.says("zeb", QUESTION)
    await talk.presses("zeb", talk.last("zeb"), "Ask without my name")
    card = next(post for post in reversed(talk.platform.posts) if "Can you help" in dump(post.card))
    return card.ref.conversation.removeprefix("dm-"), card


@pytest.mark.parametrize("course", ["answered", "passed", "silent", "withdrawn", "left"])
async def test_an_unnamed_asker_is_found_by_no_card_row_or_log_line(
    talk: Dialogue, course: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    expert, card = await asked_unnamed(talk)
    match course:
        case "answered":
            form = await talk.presses(expert, card, next(one for one in labels(card.card) if "nswer" in one))
            await talk.submits(expert, form, answer="Use thread 40, and wax it twice before you sew it.")
            draft = talk.last(expert)
            await talk.presses(expert, draft, "Publish")
            given = next(post for post in reversed(talk.seen_by("zeb")) if "That helped" in labels(post.card))
            await talk.presses("zeb", given, "That helped")
        case "passed":
            form = await talk.forges(expert, "not_me", "1")
            assert isinstance(form, Form)
            # Who is missing from a list is named by it.
            assert any(FIRST in label for field in form.fields for _, label in field.options)
            async with talk.look() as tx:
                zeb = await tx.known_person(PLATFORM, TENANT, "zeb")
            assert zeb is not None
            await talk.submits(expert, form, person=str(zeb.id))
        case "silent":
            await talk.passes(timedelta(days=3))
            await talk.forges(expert, "ask_detail", "1")
        case "withdrawn":
            await talk.presses("zeb", talk.last("zeb"), "Withdraw")
        case "left":
            from tests.journeys.test_people import tell

            await tell(talk, talk.platform.people["zeb"], left=True)
            assert "has left" not in told_to_others(talk)
    if course == "silent":
        form = await talk.forges("zeb", "give_detail", "1")
        if isinstance(form, Form):
            await talk.submits("zeb", form, detail=f"It is me, {FIRST} {LAST}.")
    for who in (expert, "leila", "mei", "rafael"):
        card_ = await talk.opens_home(who)
        assert names_in(dump(card_)) == []
    assert names_in(told_to_others(talk)) == []
    out = capsys.readouterr()
    assert names_in(caplog.text + out.out + out.err) == []
    assert names_in(await rows(talk)) == []


async def rows(talk: Dialogue) -> str:
    """All rows but those of who people are, and of what they said and were told themselves."""
    found: list[str] = []
    async with talk.store.database.read() as db:
        for mapper in Base.registry.mappers:
            table = mapper.local_table
            if not str(table).startswith(EVERYTHING):
                found += [json.dumps([str(cell) for cell in row]) for row in await db.execute(select(table))]
    return "\n".join(found)


async def test_no_verb_tells_anybody_who_asked_without_a_name(talk: Dialogue) -> None:
    expert, _ = await asked_unnamed(talk)
    for who in (expert, "leila"):
        got = [one for one in await walk(talk, who) if not ("Colleague" in one and "options" in one)]
        # A list of all colleagues names everybody alike; nothing else names this one.
        assert [one for one in got if names_in(one) and "person" not in one] == []
    assert names_in(told_to_others(talk)) == []


SECRET = "Marmalade-Falcon"
CLOSED = "conversation:memory/test/people-team"


async def test_what_a_closed_place_knows_is_given_to_nobody_outside_by_any_verb(talk: Dialogue) -> None:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        aid = JobAid(
            key=SECRET,
            title=f"{SECRET}: the new bonus",
            need=f"Somebody asks about the {SECRET} bonus",
            body=f"The {SECRET} bonus is paid in March.",
            tags=(SECRET,),
            audience=frozenset({CLOSED}),
        )
        await tx.put_aid(aid, by=None, source="test")
        assert (await tx.aid_by_key(SECRET)).number == 43
    await talk.says("jonas", f"When is the {SECRET} bonus paid?", channel="people-team", mentioned=True)
    assert any(SECRET in dump(post.card) for post in talk.platform.posts)  # inside, it is known

    for who in ("amara", "mei"):  # a member, and an expert who is an administrator
        before = len(talk.platform.posts)
        got = await walk(talk, who, texts=("When is the new bonus paid?", "bonus paid in March", "#43", "aid 43"))
        said = [repr(one) for one in talk.platform.posts[before:] if one.ref.conversation == f"dm-{who}"]
        assert [one for one in (*got, *said) if SECRET.casefold() in one.casefold()] == [], who


async def test_when_its_keeper_leaves_the_title_of_a_closed_aid_is_told_to_nobody_outside(talk: Dialogue) -> None:
    from tests.journeys.test_people import tell

    async with talk.store.transaction(1, now=talk.clock()) as tx:
        jonas = await tx.known_person(PLATFORM, TENANT, "jonas")
        assert jonas is not None
        aid = JobAid(key=SECRET, title=SECRET, body="In March.", audience=frozenset({CLOSED}), owner=jonas.email)
        await tx.put_aid(aid, by=None, source="test")
    await tell(talk, talk.platform.people["jonas"], left=True)
    told = [dump(post.card) for post in talk.platform.posts]
    assert any("nobody looks after" in one for one in told)
    assert not any(SECRET in one for one in told)


async def test_a_wording_from_a_closed_place_leads_nobody_outside_to_anything(talk: Dialogue) -> None:
    ask = "How much may I refund without approval, please?"
    await talk.says("jonas", ask, channel="people-team", mentioned=True)
    given = next(post for post in reversed(talk.platform.posts) if "That helped" in labels(post.card))
    note = await talk.presses("jonas", given, "That helped")
    assert not isinstance(note, Note)
    async with talk.look() as tx:
        changes = await tx.knowledge_since(0)
    assert not any(ask == phrasing for one in changes.upsert for phrasing in one.phrasings)
