"""What is done again and again in dialogues about experts and what they know, on whatever platform."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from bot.store import tables as t
from bot.store.knowledge import as_job_aid
from bot.store.records import Person
from knowledge.model import JobAid, Status
from tests.adapters.chat import Chat

QUESTION = "The zip of a Heron 2 tent keeps splitting open. Can we repair that in the store?"
ANSWER = "Hi Amara, it is the slider.\n1. Take slider LK-40718.\n2. Feed both sides in evenly."
HENRIK, PRIYA = "henrik.adeyemi@larkspur.example", "priya.santos@larkspur.example"
PEOPLE = {
    "amara": "Amara Lindqvist",
    "tomasz": "Tomasz Okafor",
    "priya": "Priya Santos",
    "henrik": "Henrik Adeyemi",
    "mei": "Mei Hartono",
    "jonas": "Jonas Quiroga",
    "leila": "Leila Brandvold",
    "rafael": "Rafael Tamm",
}


async def person(wire: Chat, who: str) -> Person:
    async with wire.house.services.store.reading(1, now=wire.house.services.now()) as tx:
        return next(one for one in await tx.everyone() if one.name == PEOPLE[who])


async def choose(wire: Chat, who: str, **values: Any) -> None:
    """What somebody lets Lanyard ask of them."""
    known = await person(wire, who)
    async with wire.house.services.store.transaction(1, now=wire.house.services.now()) as tx:
        await tx.set_profile(known, **values)


async def only(wire: Chat, *takers: str) -> None:
    """Nobody else takes questions."""
    for who in PEOPLE.keys() - {*takers}:
        await choose(wire, who, consent="no")


async def ask_expert(wire: Chat, who: str = "amara", *, channel: str | None = None, unnamed: bool = False) -> None:
    await wire.says(who, QUESTION, channel=channel)
    offer = await wire.find(who, "sk an expert")
    end = "my name" if unnamed else "sk an expert"
    await wire.press(who, "sk an expert", next(label for label in offer.buttons if label.endswith(end)))


async def requests(wire: Chat, who: str) -> list[str]:
    """The cards by which somebody is asked, as they stand now."""
    return [seen.text for seen in await wire.reads(who) if QUESTION in seen.text and "Why you" in seen.text]


async def is_told(wire: Chat, who: str, words: str) -> bool:
    return any(words in seen.text for seen in await wire.reads(who))


async def answers(wire: Chat, who: str = "henrik", text: str = ANSWER) -> None:
    await wire.press(who, "Why you", "Answer")
    await wire.fill_in(who, answer=text)


def is_web(wire: Chat) -> bool:
    return "web" in wire.house.services.platforms


async def forget_profile(wire: Chat, who: str) -> None:
    """They have not said yet whether they take questions."""
    known = await person(wire, who)
    async with wire.house.services.store.transaction(1, now=wire.house.services.now()) as tx:
        await tx.db.execute(delete(t.ExpertProfile).where(t.ExpertProfile.person_id == known.id))


async def name_fallback(wire: Chat, *, person_id: int) -> None:
    mei = await person(wire, "mei")
    async with wire.house.services.store.transaction(1, now=wire.house.services.now()) as tx:
        await tx.set_fallback(person_id=person_id, place=None, name="", keep_place=False, by=mei)


async def retire_all(wire: Chat) -> None:
    """Nothing of the sample is asked about."""
    async with wire.house.services.store.transaction(1, now=wire.house.services.now()) as tx:
        for aid_id in await tx.aid_keys():
            aid = as_job_aid(await tx.aid(aid_id))
            await tx.put_aid(replace(aid, status=Status.RETIRED), by=None, source="test")


async def publish(wire: Chat, key: str, title: str, body: str, *, locked: bool = False, age: int = 0) -> int:
    """A job aid of Henrik's, with Priya as deputy, checked so many days ago. Returns its number."""
    now = wire.house.services.now()
    aid = JobAid(
        key=key,
        title=title,
        body=body,
        owner=HENRIK,
        deputy=PRIYA,
        locked=locked,
        review_days=180,
        verified_on=now.date() - timedelta(days=age),
        status=Status.PUBLISHED,
    )
    async with wire.house.services.store.transaction(1, now=now) as tx:
        await tx.put_aid(aid, by=None, source="test")
        return (await tx.aid_by_key(key)).number
