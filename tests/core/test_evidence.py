"""The evidence that a replica holds is what the store says, after whatever was changed."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest
from sqlalchemy import delete

from bot.evidence import EvidenceKeeper
from bot.journeys.overhearing import asked_and_answered
from bot.store import Transaction
from bot.store import tables as t
from bot.store.learned import KeptWeights
from bot.store.shown import talk_source
from knowledge.learning import FEWEST
from knowledge.model import EvidenceKind, JobAid, RankedExpert, Status
from tests.journeys.dialogue import Dialogue
from tests.shown import evidence_of

PLACE = "memory/test/general"
BY_WORDS = ((True, False), (False, False))  # in a place and without one
TOPICS = ("zip of a tent", "till is frozen", "refund without receipt", "vpn token", "label printer", "sick note")


async def held(talk: Dialogue, keeper: EvidenceKeeper, question: str, place: str | None) -> list[tuple[str, float]]:
    found = await keeper.rank(1, question, asker=1, place=place, now=talk.clock(), limit=20)
    return _bare(found)


async def anew(talk: Dialogue, question: str, place: str | None) -> list[tuple[str, float]]:
    """As a replica ranks that has just been started."""
    return await held(talk, EvidenceKeeper(talk.store), question, place)


def _bare(found: tuple[RankedExpert, ...]) -> list[tuple[str, float]]:
    return [(one.person, round(one.score, 2)) for one in found]


async def change(tx: Transaction, dice: random.Random) -> None:
    """One of the things that change who is likely to know."""
    people = await tx.everyone()
    person = dice.choice(people)
    topic = dice.choice(TOPICS)
    match dice.randrange(11):
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
        case 8:
            aid = await tx.aid(dice.choice(sorted(await tx.aid_keys())))
            status = dice.choice((Status.RETIRED, Status.PUBLISHED))
            if (owner := await tx.person(aid.owner_id or person.id)) and aid.may_be_changed_by(owner):
                await tx.rewrite_aid(aid.id, by=owner, title=aid.title, body=aid.body, need=aid.need, status=status)
        case 9:
            number = await tx.count_aids()
            new = [JobAid(key=f"new{number + more}", title=topic, body=topic, owner=person.email) for more in range(2)]
            await tx.put_aids(new, source="test")
        case 10:
            await tx.hand_over(person)


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


async def hear_answers(talk: Dialogue, count: int) -> None:
    """So many threads in a listening place, answered by turns; each is an hour after the one before."""
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        people = await tx.everyone()
        for number in range(count):
            person, topic = people[number % 5], TOPICS[number % len(TOPICS)]
            await tx.show_evidence(
                person.id,
                EvidenceKind.SPOKE,
                asked_and_answered(f"What about\nthe {topic}?", f"The {topic} is slow."),
                source=talk_source(f"{PLACE}/{number}", person.id),
                place=PLACE,
                at=talk.clock() - timedelta(hours=count - number),
            )


async def test_an_answer_in_a_thread_is_read_with_its_thread_and_its_question(talk: Dialogue) -> None:
    await hear_answers(talk, 1)
    async with talk.look() as tx:
        (piece,) = [one for one in await evidence_of(tx, place=PLACE) if one.thread is not None]
    assert (piece.thread, piece.question) == (f"{PLACE}/0", "What about the zip of a tent?")


async def test_what_the_threads_teach_is_learned_once_and_weighs_from_then_on(talk: Dialogue) -> None:
    keeper = EvidenceKeeper(talk.store)
    await hear_answers(talk, FEWEST + 20)
    question = "vpn token for the till"
    by_shipped = await held(talk, keeper, question, PLACE)
    await keeper.learn()
    learned = dict(keeper._held[1].weights)
    assert {sort: one.size >= FEWEST for sort, one in learned.items()} == dict.fromkeys(BY_WORDS, True)
    assert await held(talk, keeper, question, PLACE) != by_shipped
    await keeper.learn()
    assert keeper._held[1].weights == learned  # the very same: there was nothing new to learn from
    rebuilt = EvidenceKeeper(talk.store)
    await held(talk, rebuilt, question, PLACE)
    await rebuilt.learn()
    assert await held(talk, rebuilt, question, PLACE) == await held(talk, keeper, question, PLACE)


async def test_what_was_learned_is_there_after_a_start_and_for_every_replica(talk: Dialogue) -> None:
    keeper = EvidenceKeeper(talk.store)
    await hear_answers(talk, FEWEST + 20)
    question = "vpn token for the till"
    await held(talk, keeper, question, PLACE)
    await keeper.learn()
    started = EvidenceKeeper(talk.store)
    assert await held(talk, started, question, PLACE) == await held(talk, keeper, question, PLACE)
    kept = started._held[1].weights
    assert {sort: one.size for sort, one in kept.items()} == dict.fromkeys(BY_WORDS, FEWEST)
    await started.learn()
    assert started._held[1].looked == {}  # it had nothing to look back on


async def test_weights_of_other_signs_than_todays_are_learned_anew(talk: Dialogue) -> None:
    await hear_answers(talk, FEWEST + 20)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.keep_routing_weights(KeptWeights(answers=10**6, weights={"of old": 9.0}), placed=True)
    keeper = EvidenceKeeper(talk.store)
    await held(talk, keeper, "vpn token for the till", PLACE)
    assert keeper._held[1].weights == {}
    await keeper.learn()
    async with talk.look() as tx:
        assert (await tx.routing_weights())[True].answers == FEWEST


async def test_a_lesson_is_looked_back_on_once_and_forgotten_with_whoever_is_erased(talk: Dialogue) -> None:
    keeper = EvidenceKeeper(talk.store)
    await hear_answers(talk, FEWEST)
    await held(talk, keeper, TOPICS[0], PLACE)
    await keeper.learn()
    before = dict(keeper._held[1].looked[BY_WORDS[0]])
    assert before
    await hear_answers(talk, FEWEST + 25)  # the same threads, and more
    await held(talk, keeper, TOPICS[0], PLACE)
    await keeper.learn()
    after = keeper._held[1].looked[BY_WORDS[0]]
    assert all(after[lesson] is taught for lesson, taught in before.items() if lesson in after)
    assert len(after) > len(before)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        erased = next(person for person in await tx.everyone() if person.name.startswith("Jonas"))
        await tx.db.execute(delete(t.Person).where(t.Person.id == erased.id))
    await held(talk, keeper, TOPICS[0], PLACE)
    assert keeper._held[1].looked == {}


async def test_with_few_threads_nothing_is_learned(talk: Dialogue) -> None:
    keeper = EvidenceKeeper(talk.store)
    await hear_answers(talk, FEWEST - 1)
    await held(talk, keeper, TOPICS[0], PLACE)
    await keeper.learn()
    assert keeper._held[1].weights == {}


async def test_a_question_asked_while_it_learns_is_ranked(talk: Dialogue) -> None:
    keeper = EvidenceKeeper(talk.store)
    await hear_answers(talk, FEWEST + 20)
    await held(talk, keeper, TOPICS[0], PLACE)
    learning = asyncio.create_task(keeper.learn())
    ranked = await asyncio.gather(*(held(talk, keeper, topic, PLACE) for topic in TOPICS))
    await learning
    assert all(ranked)
