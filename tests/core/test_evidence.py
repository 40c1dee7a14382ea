"""The evidence that a replica holds is what the store says, after whatever was changed."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest
from sqlalchemy import delete

from bot.evidence import EvidenceKeeper, _rank_anew
from bot.store import Transaction
from bot.store import tables as t
from knowledge.model import EvidenceKind, RankedExpert
from tests.journeys.dialogue import Dialogue

TOPICS = ("zip of a tent", "till is frozen", "refund without receipt", "vpn token", "label printer", "sick note")


async def held(talk: Dialogue, keeper: EvidenceKeeper, question: str, place: str | None) -> list[tuple[str, float]]:
    found = await keeper.rank(1, question, asker=1, place=place, now=talk.clock(), limit=20)
    return _bare(found)


async def anew(talk: Dialogue, question: str, place: str | None) -> list[tuple[str, float]]:
    async with talk.look() as tx:
        pieces = await tx.evidence(place=place)
    return _bare(_rank_anew(pieces, question, asker=1, place=place, now=talk.clock(), limit=20))


def _bare(found: tuple[RankedExpert, ...]) -> list[tuple[str, float]]:
    return [(one.person, round(one.score, 2)) for one in found]


async def change(tx: Transaction, dice: random.Random) -> None:
    """One of the things that change who is likely to know."""
    people = await tx.everyone()
    person = dice.choice(people)
    topic = dice.choice(TOPICS)
    match dice.randrange(8):
        case 0 | 1 | 2:
            await tx.show_evidence(
                person.id,
                dice.choice((EvidenceKind.ANSWERED, EvidenceKind.SPOKE, EvidenceKind.THANKED)),
                topic,
                source=f"s{dice.randrange(12)}",
                place=dice.choice((None, "memory/test/general", "memory/test/support-desk")),
                weight=dice.choice((0.3, 1.0, 2.0)),
            )
        case 3:
            await tx.show_evidence(
                person.id, EvidenceKind.SPOKE, topic, source=f"c{dice.randrange(3)}", place="closed", closed=True
            )
        case 4:
            await tx.set_profile(person, topics=[topic])
        case 5:
            aid_id = dice.choice(sorted(await tx.aid_keys()))
            await tx.set_owner(aid_id, person.id, by=await tx.person((await tx.aid(aid_id)).owner_id or person.id))
        case 6:
            for piece in await tx.evidence_about(person, limit=1):
                await tx.disown_evidence(piece.id, by=person)
        case 7:
            aid = await tx.aid(dice.choice(sorted(await tx.aid_keys())))
            owner = await tx.person(aid.owner_id or person.id)
            if aid.may_be_changed_by(owner):
                await tx.rewrite_aid(aid.id, by=owner, title=topic, body=aid.body, need=aid.need)


@pytest.mark.parametrize("seed", range(3))
async def test_what_is_held_ranks_as_what_is_read_whole_after_any_change(talk: Dialogue, seed: int) -> None:
    keeper, dice = EvidenceKeeper(talk.store), random.Random(seed)
    for _ in range(25):
        async with talk.store.transaction(1, now=talk.clock()) as tx:
            await change(tx, dice)
        talk.clock.advance(timedelta(minutes=dice.randrange(200)))
        question, place = dice.choice(TOPICS), dice.choice((None, "memory/test/general", "closed"))
        assert await held(talk, keeper, question, place) == await anew(talk, question, place)


async def test_only_what_came_since_is_read(talk: Dialogue) -> None:
    keeper = EvidenceKeeper(talk.store)
    await held(talk, keeper, TOPICS[0], None)
    before = keeper._held[1].revision
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.show_evidence(2, EvidenceKind.ANSWERED, TOPICS[0], source="new")
    async with talk.look() as tx:
        fresh = await tx.evidence_since(before, until=before + 10, after=None, limit=100)
    assert [row.evidence.text for row in fresh if row.evidence] == [TOPICS[0]]


async def test_who_is_erased_is_forgotten_with_every_word(talk: Dialogue) -> None:
    keeper = EvidenceKeeper(talk.store)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        zeb = await tx.add_person(name="Zeb", email="zeb@larkspur.example")
        await tx.show_evidence(zeb, EvidenceKind.ANSWERED, "xylophone quartz", source="z")
    assert str(zeb) in dict(await held(talk, keeper, "xylophone quartz", None))
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.db.execute(delete(t.Person).where(t.Person.id == zeb))
    assert str(zeb) not in dict(await held(talk, keeper, "xylophone quartz", None))
    index = keeper._held[1].index
    assert str(zeb) not in index.people
    assert not any("xylophone" in piece.text for piece in index)


async def test_who_has_left_is_not_ranked_and_is_again_when_they_return(talk: Dialogue) -> None:
    keeper = EvidenceKeeper(talk.store)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        henrik = next(person for person in await tx.everyone() if person.name.startswith("Henrik"))
    assert str(henrik.id) in dict(await held(talk, keeper, TOPICS[0], None))
    for active in (False, True):
        async with talk.store.transaction(1, now=talk.clock()) as tx:
            await tx.set_active(henrik, active=active)
        assert (str(henrik.id) in dict(await held(talk, keeper, TOPICS[0], None))) is active


async def test_many_may_ask_at_once_while_it_changes(talk: Dialogue) -> None:
    keeper = EvidenceKeeper(talk.store)

    async def write(number: int) -> None:
        async with talk.store.transaction(1, now=talk.clock()) as tx:
            await tx.show_evidence(2, EvidenceKind.ANSWERED, TOPICS[number % 6], source=f"w{number}")

    await asyncio.gather(
        *(write(number) for number in range(12)),
        *(held(talk, keeper, TOPICS[number % 6], None) for number in range(12)),
    )
    for topic in TOPICS:
        assert await held(talk, keeper, topic, None) == await anew(talk, topic, None)
