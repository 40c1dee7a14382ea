"""What evidence means to a model: read in the background, followed by every replica, gone with the evidence."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete, func, select, update

from bot.encoding import Encoding
from bot.evidence import EvidenceKeeper
from bot.store import Store
from bot.store import tables as t
from bot.store.learned import KeptWeights
from bot.store.meanings import Read
from bot.store.shown import EvidenceRow, row_key
from knowledge.embedding import Encoder, Floats, open_encoder
from knowledge.evidence import ENOUGH
from knowledge.hunches import HUNCHES, hunches_of
from knowledge.learning import FEWEST
from knowledge.meanings import Reader
from knowledge.model import EvidenceKind
from tests.core.test_evidence import BY_WORDS, PLACE, TOPICS, change, hear_answers
from tests.doubles.tiny_model import make_tiny_model
from tests.journeys.dialogue import Dialogue
from tests.knowledge.test_experts import evidence
from tests.shown import rows_of

BY_MEANING = ((True, True), (False, True))  # in a place and without one


def opened(folder: Path) -> Encoder:
    encoder = open_encoder(folder)
    assert encoder is not None
    return encoder


@pytest.fixture(scope="module")
def encoder(tiny_model: Path) -> Encoder:
    return opened(tiny_model)


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return opened(make_tiny_model(tmp_path_factory.mktemp("newer") / "model", identity="tiny.2", seed=2))


class Counting(Encoder):
    """The same model; it remembers what it was given to encode."""

    def __init__(self, encoder: Encoder) -> None:
        for name, value in vars(encoder).items():
            setattr(self, name, value)
        self.texts: Counter[str] = Counter()

    def encode(self, texts: Sequence[str]) -> Floats:
        self.texts.update(texts)
        return super().encode(texts)


async def show(talk: Dialogue, person: int, text: str, *, source: str, closed: str | None = None) -> None:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.show_evidence(
            person, EvidenceKind.ANSWERED, text, source=source, place=closed, closed=closed is not None
        )


async def add_person(talk: Dialogue, name: str) -> int:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        return await tx.add_person(name=name, email=f"{name}@larkspur.example")


async def rank(talk: Dialogue, keeper: EvidenceKeeper, question: str, place: str | None = None) -> list[str]:
    found = await keeper.rank(1, question, asker=1, place=place, now=talk.clock(), limit=20)
    return [one.person for one in found]


async def hear_all(store: Store, encoder: Encoder) -> int:
    encoding, read = Encoding(store, encoder), 0
    while heard := await encoding.hear():
        read += heard
    return read


async def kept(store: Store) -> set[int]:
    """The pieces, of all workspaces, of which there is a reading."""
    async with store.database.read() as db:
        return set((await db.execute(select(t.EvidenceVector.evidence_id))).scalars())


async def unread(store: Store, model: str, workspace: int = 1) -> list[EvidenceRow]:
    async with store.reading(workspace, now=datetime.now(UTC)) as tx:
        return await tx.evidence_unread(model, limit=1_000)


def known(keeper: EvidenceKeeper) -> dict[str, bytes]:
    """What the index in memory holds, by the keys of the pieces."""
    index = keeper._held[1].index
    assert index.meanings is not None
    codes = {key: index.meanings.codes(row) for key, row in index._keys.items() if index._pieces[row] is not None}
    return {key: numbers.tobytes() for key, numbers in codes.items() if numbers is not None}


async def stored(talk: Dialogue, model: str) -> dict[str, bytes]:
    async with talk.look() as tx:
        rows = await rows_of(tx, place=None, model=model)
    return {row.key: row.codes for row in rows if row.codes is not None}


@pytest.mark.parametrize("seed", range(3))
async def test_what_is_held_is_what_was_read_after_any_change(talk: Dialogue, encoder: Encoder, seed: int) -> None:
    keeper, encoding, dice = (
        EvidenceKeeper(talk.store, encoder=encoder),
        Encoding(talk.store, encoder),
        random.Random(seed),
    )
    await hear_all(talk.store, encoder)
    for _ in range(20):
        async with talk.store.transaction(1, now=talk.clock()) as tx:
            await change(tx, dice)
        if dice.random() < 0.5:
            await encoding.hear()
        await rank(talk, keeper, dice.choice(TOPICS), dice.choice((None, "closed")))
        await rank(talk, keeper, dice.choice(TOPICS))
        assert known(keeper) == await stored(talk, encoder.identity)
    await hear_all(talk.store, encoder)
    await rank(talk, keeper, TOPICS[0])
    assert known(keeper) == await stored(talk, encoder.identity)
    assert known(keeper)
    assert await unread(talk.store, encoder.identity) == []


async def test_evidence_ranks_by_words_until_it_was_read_and_by_meaning_from_then_on(
    talk: Dialogue, encoder: Encoder
) -> None:
    words, keeper = EvidenceKeeper(talk.store), EvidenceKeeper(talk.store, encoder=encoder)
    for number in range(10):
        await show(talk, 2 + number % 3, f"{TOPICS[number % 6]} {number}", source=f"s{number}")
    assert await rank(talk, keeper, TOPICS[0]) == await rank(talk, words, TOPICS[0])
    assert keeper._hearer(keeper._held[1], keeper._held[1].index) is None
    assert await hear_all(talk.store, encoder) >= 10
    fresh = EvidenceKeeper(talk.store, encoder=encoder)
    await rank(talk, fresh, TOPICS[0])
    assert fresh._hearer(fresh._held[1], fresh._held[1].index) is not None


async def test_a_text_is_read_once_and_a_question_that_several_answered_too(talk: Dialogue, encoder: Encoder) -> None:
    counting = Counting(encoder)
    await hear_answers(talk, 4)
    await hear_all(talk.store, counting)
    assert counting.texts["The zip of a tent is slow."] == 1
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.show_evidence(2, EvidenceKind.ANSWERED, "once more", source="again", weight=1.0)
    await hear_all(talk.store, counting)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.show_evidence(2, EvidenceKind.ANSWERED, "once more", source="again", weight=2.0)
    assert await hear_all(talk.store, counting) == 0  # it weighs more, and says the same
    assert counting.texts["once more"] == 1


async def test_a_text_that_changed_is_read_anew(talk: Dialogue, encoder: Encoder) -> None:
    keeper = EvidenceKeeper(talk.store, encoder=encoder)
    await show(talk, 2, "xylophone", source="x")
    await hear_all(talk.store, encoder)
    await rank(talk, keeper, "xylophone")
    before = known(keeper)
    await show(talk, 2, "quartz", source="x")
    await rank(talk, keeper, "quartz")
    assert len(known(keeper)) == len(before) - 1
    assert await hear_all(talk.store, encoder) == 1
    await rank(talk, keeper, "quartz")
    assert known(keeper).keys() == before.keys()
    assert known(keeper) != before


def test_what_an_answer_means_lies_between_its_question_and_itself(encoder: Encoder) -> None:
    def encode(text: str) -> Floats:
        direction: Floats = encoder.encode([text])[0]
        return direction

    reader = Reader(encode)
    answer = evidence("ann", "how do refunds work?\nin the till")
    said = reader.read(replace(answer, question="how do refunds work?"))
    assert said is not None
    wanted = (encode("how do refunds work?") + encode("in the till")) / 2
    assert np.abs(said / 254 - wanted).max() <= 0.5 / 254 + 1e-6
    alone = reader.read(evidence("ann", "how do refunds work?"))
    assert alone is not None
    assert np.abs(alone / 254 - encode("how do refunds work?")).max() <= 0.5 / 254 + 1e-6
    assert reader.read(evidence("ann", "good morning", kind=EvidenceKind.SPOKE)) is None


# ── what is taken away ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_with_a_person_goes_what_was_read_of_them_from_the_store_and_from_memory(
    talk: Dialogue, encoder: Encoder
) -> None:
    keeper = EvidenceKeeper(talk.store, encoder=encoder)
    zeb, yan = await add_person(talk, "zeb"), await add_person(talk, "yan")
    await show(talk, zeb, "xylophone quartz", source="z")
    await show(talk, yan, "xylophone quartz", source="y")
    await hear_all(talk.store, encoder)
    await rank(talk, keeper, "xylophone quartz")
    before, held = await kept(talk.store), known(keeper)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        (of_zeb,) = (await tx.db.execute(select(t.Evidence.id).where(t.Evidence.person_id == zeb))).scalars()
        await tx.db.execute(delete(t.Person).where(t.Person.id == zeb))
    assert await kept(talk.store) == before - {of_zeb}
    assert str(zeb) not in await rank(talk, keeper, "xylophone quartz")
    assert known(keeper).keys() == held.keys() - {row_key(of_zeb)}
    meanings = keeper._held[1].index.meanings
    assert meanings is not None
    assert np.count_nonzero(np.any(meanings._codes != 0, axis=1)) == len(held) - 1  # not a number of it is left


async def test_what_a_person_disowns_is_not_known_by_its_meaning_either(talk: Dialogue, encoder: Encoder) -> None:
    keeper = EvidenceKeeper(talk.store, encoder=encoder)
    await show(talk, 2, "xylophone quartz", source="z")
    await hear_all(talk.store, encoder)
    await rank(talk, keeper, "xylophone")
    before = await kept(talk.store)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        piece = (await tx.db.execute(select(t.Evidence.id).where(t.Evidence.source == "z"))).scalar_one()
        await tx.disown_evidence(piece, by=await tx.person(2))
    assert await kept(talk.store) == before - {piece}
    await rank(talk, keeper, "xylophone")
    assert row_key(piece) not in known(keeper)
    assert await hear_all(talk.store, encoder) == 0  # and is never read again


async def test_what_was_taken_away_while_it_was_read_is_not_kept(talk: Dialogue, encoder: Encoder) -> None:
    zeb = await add_person(talk, "zeb")
    for number, person in enumerate((zeb, 2, 3, 4)):
        await show(talk, person, f"xylophone {number}", source=f"s{number}")
    waiting = await unread(talk.store, encoder.identity)
    read = Encoding(talk.store, encoder)._encode_topics(waiting)
    assert len(read) == len(waiting)
    await show(talk, 3, "quite another thing", source="s2")
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        ids = dict((await tx.db.execute(select(t.Evidence.source, t.Evidence.id))).all())
        await tx.disown_evidence(ids["s1"], by=await tx.person(2))
        await tx.db.execute(delete(t.Person).where(t.Person.id == zeb))
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        assert await tx.put_meanings(encoder.identity, read) == len(read) - 3
    assert ids["s3"] in await kept(talk.store)
    assert not {ids["s0"], ids["s1"], ids["s2"]} & await kept(talk.store)
    assert [row.id for row in await unread(talk.store, encoder.identity)] == [ids["s2"]]


async def test_a_workspace_that_is_removed_leaves_nothing(talk: Dialogue, encoder: Encoder) -> None:
    await hear_answers(talk, 3)
    await hear_all(talk.store, encoder)
    assert await kept(talk.store)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.db.execute(delete(t.Workspace).where(t.Workspace.id == 1))
    async with talk.store.database.read() as db:
        assert (await db.execute(select(func.count()).select_from(t.EvidenceVector))).scalar_one() == 0


async def test_who_says_the_same_elsewhere_learns_nothing_of_it(talk: Dialogue, encoder: Encoder) -> None:
    """A guess at another company's text is read like any other: nothing tells that it was there already."""
    counting = Counting(encoder)
    other, _ = await talk.store.found_workspace("web", "other", name="There", now=talk.clock())
    await show(talk, 2, "the plan is called Heron", source="secret")
    await hear_all(talk.store, encoder)
    async with talk.store.transaction(other, now=talk.clock()) as tx:
        spy = await tx.add_person(name="Spy", email="spy@elsewhere.example")
        await tx.show_evidence(spy, EvidenceKind.ANSWERED, "the plan is called Heron", source="guess")
    mine = await kept(talk.store)
    async with talk.look() as tx:
        theirs = (await tx.db.execute(select(t.Evidence.id, t.Evidence.revision).where(t.Evidence.id.in_(mine)))).all()
    assert len(theirs) == len(mine)
    async with talk.store.transaction(other, now=talk.clock()) as tx:
        # By an id that was come by, neither read nor written, nor found out to be there.
        forged = [Read(id=id_, revision=revision, codes=b"\1" * 32) for id_, revision in theirs]
        assert await tx.put_meanings("another", forged) == 0
        assert await tx.meanings_since(encoder.identity, -1, until=10**9, after=None, limit=100) == ({}, None)
        assert [row.evidence.text for row in await tx.evidence_unread(encoder.identity, limit=10) if row.evidence] == [
            "the plan is called Heron"
        ]
        assert await tx.forget_meanings(but="nothing") == 0
    assert await kept(talk.store) == mine
    assert await hear_all(talk.store, counting) == 1
    assert counting.texts == {"the plan is called Heron": 1}
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.db.execute(delete(t.Evidence).where(t.Evidence.source == "secret"))
    assert len(await kept(talk.store)) == len(mine)  # one less here, one more there


async def test_what_a_closed_place_has_shown_is_compared_in_it_alone(talk: Dialogue, encoder: Encoder) -> None:
    keeper = EvidenceKeeper(talk.store, encoder=encoder)
    zeb = await add_person(talk, "zeb")
    await show(talk, zeb, "xylophone quartz", source="z", closed="closed")
    await hear_all(talk.store, encoder)
    async with talk.look() as tx:
        rows = await rows_of(tx, place="closed", model=encoder.identity)
        (closed,) = [row for row in rows if row.evidence is not None and row.evidence.place == "closed"]
        assert closed.codes is not None
        assert closed.key not in {row.key for row in await rows_of(tx, place=None, model=encoder.identity)}
        followed, _ = await tx.meanings_since(encoder.identity, -1, until=10**9, after=None, limit=1_000)
        assert followed
        assert closed.id not in followed
    assert str(zeb) in await rank(talk, keeper, "xylophone quartz", "closed")
    assert str(zeb) not in await rank(talk, keeper, "xylophone quartz")
    assert closed.key not in known(keeper)


# ── which model ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_former_model_serves_until_the_new_one_has_read_enough(
    talk: Dialogue, encoder: Encoder, newer: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.evidence.COUNTED_AGAIN", 0.0)
    await hear_answers(talk, 20)
    await hear_all(talk.store, encoder)
    keeper = EvidenceKeeper(talk.store, encoder=newer, former=encoder)
    await rank(talk, keeper, TOPICS[0])
    assert keeper._held[1].model == encoder.identity
    assert known(keeper) == await stored(talk, encoder.identity)
    waiting = await unread(talk.store, newer.identity)
    few, enough = waiting[: len(waiting) // 2], waiting[: int(ENOUGH * len(waiting)) + 1]
    for part in (few, enough):
        read = Encoding(talk.store, newer)._encode_topics(part)
        async with talk.store.transaction(1, now=talk.clock()) as tx:
            await tx.put_meanings(newer.identity, read)
        await rank(talk, keeper, TOPICS[0])
        assert keeper._held[1].model == (newer if part is enough else encoder).identity
        assert known(keeper) == await stored(talk, keeper._held[1].model)
    await hear_all(talk.store, newer)
    async with talk.look() as tx:  # of the former one nothing is kept any more
        assert list((await tx.db.execute(select(t.EvidenceVector.model).distinct())).scalars()) == [newer.identity]
    await rank(talk, keeper, TOPICS[0])
    assert known(keeper) == await stored(talk, newer.identity)


async def test_without_a_former_model_words_serve_until_the_new_one_has_read_enough(
    talk: Dialogue, encoder: Encoder, newer: Encoder
) -> None:
    await hear_answers(talk, 20)
    await hear_all(talk.store, encoder)
    keeper = EvidenceKeeper(talk.store, encoder=newer)
    assert await rank(talk, keeper, TOPICS[0]) == await rank(talk, EvidenceKeeper(talk.store), TOPICS[0])
    assert keeper._held[1].model == ""


async def test_a_reading_that_cannot_be_of_the_model_is_passed_over(talk: Dialogue, encoder: Encoder) -> None:
    for number in range(12):
        await show(talk, 2, f"refund {number}", source=f"s{number}")
    await hear_all(talk.store, encoder)
    whole = EvidenceKeeper(talk.store, encoder=encoder)
    ranked = await rank(talk, whole, "refund")
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        torn = (await tx.db.execute(select(t.Evidence.id).where(t.Evidence.source == "s3"))).scalar_one()
        await tx.db.execute(
            update(t.EvidenceVector).where(t.EvidenceVector.evidence_id == torn).values(codes=b"torn", revision=10**6)
        )
        await tx.db.execute(update(t.Workspace).values(evidence_revision=10**6))
    for keeper in (whole, EvidenceKeeper(talk.store, encoder=encoder)):
        assert await rank(talk, keeper, "refund") == ranked
    assert row_key(torn) not in known(keeper)


async def test_when_much_comes_at_once_words_serve_until_it_was_read(talk: Dialogue, encoder: Encoder) -> None:
    keeper = EvidenceKeeper(talk.store, encoder=encoder)
    await hear_answers(talk, 10)
    await hear_all(talk.store, encoder)
    await rank(talk, keeper, TOPICS[0])
    index = keeper._held[1].index
    assert index.is_understood()
    await hear_answers(talk, 60)
    assert await rank(talk, keeper, TOPICS[0]) == await rank(talk, EvidenceKeeper(talk.store), TOPICS[0])
    assert not index.is_understood()
    await hear_all(talk.store, encoder)
    await rank(talk, keeper, TOPICS[0])
    assert index.is_understood()


async def test_by_meaning_and_by_words_it_is_learned_apart(talk: Dialogue, encoder: Encoder) -> None:
    await hear_answers(talk, FEWEST + 20)
    words = EvidenceKeeper(talk.store)
    await rank(talk, words, TOPICS[0], PLACE)
    await words.learn()
    await hear_all(talk.store, encoder)
    keeper = EvidenceKeeper(talk.store, encoder=encoder)
    await rank(talk, keeper, TOPICS[0], PLACE)
    assert not keeper._held[1].weights.keys() & set(BY_MEANING)  # what is kept weighs words alone
    await keeper.learn()
    async with talk.look() as tx:
        kept_weights = await tx.routing_weights()
    assert [set(one.weights) for one in kept_weights.values()] == 2 * [set(hunches_of(by_meaning=True))]
    started = EvidenceKeeper(talk.store, encoder=encoder)
    assert await rank(talk, started, TOPICS[0], PLACE) == await rank(talk, keeper, TOPICS[0], PLACE)
    assert started._held[1].weights.keys() == set(BY_MEANING)
    without = EvidenceKeeper(talk.store)
    await rank(talk, without, TOPICS[0], PLACE)
    assert not any(sort in without._held[1].weights for sort in BY_WORDS)


async def test_kept_weights_of_a_hunch_that_is_no_more_are_passed_over(talk: Dialogue, encoder: Encoder) -> None:
    await hear_answers(talk, 3)
    await hear_all(talk.store, encoder)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        weights = dict.fromkeys((*HUNCHES, "of old"), 9.0)
        await tx.keep_routing_weights(KeptWeights(answers=10**6, weights=weights), placed=True)
    keeper = EvidenceKeeper(talk.store, encoder=encoder)
    assert await rank(talk, keeper, TOPICS[0], PLACE)
    assert keeper._held[1].weights == {}
