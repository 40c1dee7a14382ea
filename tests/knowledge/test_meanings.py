from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.embedding import Floats, normalised
from knowledge.evidence import EvidenceIndex
from knowledge.experts import rank
from knowledge.hunches import HUNCHES, Case, hunches_of
from knowledge.meanings import Meanings, Reader
from knowledge.model import EvidenceKind, RankedExpert
from tests.knowledge.test_experts import NOW, evidence, names

WIDTH = 100  # not a whole number of words of 64 signs

TOPICS = {"refund": 0, "money back": 0, "printer": 1, "label machine": 1, "vpn": 2}


def hear(text: str) -> Floats:
    """Texts of one topic mean the same, whatever their words."""
    direction = np.zeros(WIDTH, np.float32)
    direction[next((number for topic, number in TOPICS.items() if topic in text), 9)] = 1
    return direction


def codes(row: Floats) -> np.ndarray:
    return np.rint(row * 254).clip(-127, 127).astype(np.int8)


def index_of(*pieces, understood: int | None = None) -> EvidenceIndex:
    """An index in which the first so many pieces were read by a model; None are all."""
    index, reader = EvidenceIndex(dimensions=WIDTH), Reader(hear)
    for number, piece in enumerate(pieces):
        read = understood is None or number < understood
        index.add(piece, key=str(number), codes=reader.read(piece) if read else None)
    return index


def ask(index: EvidenceIndex, question: str) -> list[str]:
    return names(rank(index, question, asker=None, place=None, now=NOW, heard=hear(question)))


def test_who_answered_the_same_in_other_words_comes_first():
    index = index_of(evidence("ann", "vpn drops"), evidence("bob", "a customer wants her money back"))
    assert ask(index, "How do I refund?") == ["bob", "ann"]
    by_words = rank(index, "How do I refund?", asker=None, place=None, now=NOW)
    assert by_words[0].score == by_words[1].score


@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(0, 60), dropped=st.integers(0, 20))
def test_the_nearest_are_those_that_a_look_at_all_of_them_finds(seed, rows, dropped):
    random = np.random.default_rng(seed)
    said = normalised(random.normal(size=(rows, WIDTH)).astype(np.float32))
    meanings = Meanings(WIDTH)
    for row in random.permutation(rows).tolist():
        meanings.put(row, codes(said[row]))
    counts = random.random(rows + 5) < 0.8
    gone = random.integers(0, max(rows, 1), dropped).tolist()
    for row in gone:
        meanings.drop(row)
    asked = normalised(random.normal(size=(1, WIDTH)).astype(np.float32))[0]
    found, near = meanings.nearest(asked, counts, 100)
    wanted = {row for row in range(rows) if counts[row] and row not in gone}
    assert set(found.tolist()) == wanted
    assert meanings.count == rows - len({row for row in gone if row < rows})
    assert np.all(np.diff(near) <= 0)
    assert np.allclose(near, said[found] @ asked, atol=0.02)


def test_of_many_the_nearest_are_found_by_their_signs():
    random = np.random.default_rng(1)
    said = normalised(random.normal(size=(5_000, 384)).astype(np.float32))
    meanings = Meanings(384)
    for row, direction in enumerate(said):
        meanings.put(row, codes(direction))
    asked = normalised(said[7:8] + 0.2 * said[8:9])[0]
    found, _ = meanings.nearest(asked, np.ones(5_000, np.bool_), 500)
    true = np.argsort(-(said @ asked))[:50]
    assert found[0] == 7
    assert len(set(found.tolist()) & set(true.tolist())) >= 45
    assert meanings.bytes < 8_500 * 440


def test_what_is_of_another_model_is_refused():
    with pytest.raises(ValueError, match=r"\(3,\) numbers cannot be a direction of 100"):
        Meanings(WIDTH).put(0, np.zeros(3, np.int8))


def test_what_a_model_has_read_stays_with_its_piece_when_gaps_are_closed():
    pieces = [evidence(f"p{number}", f"{topic} {number}") for number, topic in enumerate(list(TOPICS) * 4)]
    index = index_of(*pieces)
    for number in range(16):
        index.drop([str(number)])  # at half of them the rows are put together
    assert index.meanings is not None
    assert index.meanings.count == len(index) == 4
    reader = Reader(hear)
    left = [row for row, piece in enumerate(index._pieces) if piece is not None]
    assert left != [16, 17, 18, 19]  # they have moved
    for row in left:
        held, read = index.meanings.codes(row), reader.read(index.piece(row))
        assert held is not None
        assert read is not None
        assert held.tolist() == read.tolist()
    index.learn_meanings({"0": np.ones(WIDTH, np.int8)})  # it is gone: it is known of no row
    assert index.meanings.count == 4


def test_of_a_person_who_is_forgotten_no_number_is_left():
    index = index_of(evidence("ann", "refund"), evidence("bob", "vpn"), evidence("cy", "printer"))
    index.forget("ann")
    assert index.meanings is not None
    assert not index.meanings._codes[0].any()
    assert not index.meanings._signs[:, 0].any()


def test_a_piece_that_was_not_read_neither_wins_nor_loses():
    """It is taken to be as near as others are that share as many words with the question."""
    others = [evidence("cy", f"printer number {number}") for number in range(20)]
    index = index_of(evidence("ann", "refund number 7"), *others, evidence("bob", "refund number 7"), understood=21)
    assert index.is_understood()
    case = Case(index, "refund number 7", asker=None, place=None, now=NOW, heard=hear("refund"))
    columns = case.hunches()[:, len(HUNCHES) :]
    assert columns.shape == (3, len(hunches_of(by_meaning=True)) - len(HUNCHES))
    ann, cy, bob = columns
    assert np.all(bob > 0.7 * ann)
    assert np.all(bob <= ann)
    assert bob[1] > cy[1]
    assert not index_of(*others, *others, understood=20).is_understood()  # where that would be much guessing


def test_talk_that_answers_nothing_is_not_waited_for():
    index = index_of(evidence("ann", "good morning", kind=EvidenceKind.SPOKE))
    assert index.meanings is not None
    assert index.is_understood()
    assert index.meanings.count == 0
    assert ask(index, "How do I refund?") == ["ann"]


def test_without_the_questions_direction_words_alone_are_compared():
    index = index_of(evidence("ann", "refund"), evidence("bob", "money back", days_ago=1.1))
    without = EvidenceIndex()
    for piece in index:
        without.add(piece)

    def asked(of: EvidenceIndex, heard: Floats | None = None) -> tuple[RankedExpert, ...]:
        return rank(of, "refund", asker=None, place=None, now=NOW, heard=heard)

    assert asked(index) == asked(without) == asked(without, hear("refund"))
    assert asked(index) != asked(index, hear("refund"))
