"""Evidence that is there for one question alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.evidence import Columns, EvidenceIndex
from knowledge.experts import rank
from knowledge.model import Evidence, EvidenceKind
from knowledge.vectors import Bytes
from tests.knowledge.test_experts import NOW, evidence, index_of, piles

WIDTH = 64


def codes_of(piece: Evidence) -> Bytes | None:
    """Some direction for what is about a question, the same each time; none for some."""
    if piece.topic is None or len(piece.text) % 3 == 0:
        return None
    dice = np.random.default_rng(len(piece.text))
    return dice.integers(-90, 90, WIDTH).astype(np.int8)


def built(pile: list[Evidence]) -> EvidenceIndex:
    index = EvidenceIndex(dimensions=WIDTH)
    for number, piece in enumerate(pile):
        index.add(piece, key=f"k{number}", codes=codes_of(piece))
    return index


def state(index: EvidenceIndex) -> dict[str, Any]:
    """All that an index holds, its empty rows too: nothing may be left in them."""
    assert index.meanings is not None
    size = max(len(index._columns.alive), 4096)
    columns = index._columns.grown(size)
    return {
        "pieces": list(index._pieces),
        "postings": {term: (rows.tolist(), counts.tolist()) for term, (rows, counts) in index._postings.items()},
        "columns": {name: getattr(columns, name).tolist() for name in Columns.__slots__},
        "numbers": (dict(index._people), list(index._names), dict(index._places), dict(index._threads)),
        "began": dict(index._began),
        "keys": dict(index._keys),
        "counts": (index._next_thread, index._alive, index._answers, index._topics, index._total_length),
        "meanings": (
            index.meanings.count,
            {row: index.meanings.codes(row) for row in np.flatnonzero(index.meanings.known).tolist()},
            int(np.abs(index.meanings._codes.astype(int)).sum()),
            int(np.bitwise_count(index.meanings._signs).sum()),
        ),
    }


def ranked(index: EvidenceIndex, question: str, heard: bool) -> list[tuple[str, float]]:
    direction = np.full(WIDTH, WIDTH**-0.5, np.float32) if heard else None
    found = rank(index, question, asker="zoe", place="ops", now=NOW, heard=direction, solicited=True)
    return [(one.person, one.score) for one in found]


@given(pile=piles(), more=piles(), question=st.text(alphabet="abc ", max_size=12), heard=st.booleans())
def test_within_it_counts_and_afterwards_nothing_of_it_is_left(
    pile: list[Evidence], more: list[Evidence], question: str, heard: bool
) -> None:
    index, both = built(pile), built(pile + more)
    before = str(state(index))
    with index.beside((piece, codes_of(piece)) for piece in more):
        assert ranked(index, question, heard) == ranked(both, question, heard)
        assert len(index) == len(both)
    assert str(state(index)) == before
    for piece in more:  # and the index goes on as if it had not been
        index.add(piece, codes=codes_of(piece))
    assert ranked(index, question, heard) == ranked(both, question, heard)


def test_what_fails_within_leaves_nothing_either() -> None:
    index = built([evidence("ann", "refund by card", thread="1", place="ops")])
    before = str(state(index))
    odd = np.zeros(3, np.int8)  # of another model
    wrong = [(evidence("bo", "unusualword", thread="2", place="den"), None), (evidence("cy", "till"), odd)]
    with pytest.raises(ValueError, match="cannot be a direction"), index.beside(wrong):
        pass
    assert str(state(index)) == before
    with pytest.raises(ZeroDivisionError), index.beside(wrong[:1]):
        raise ZeroDivisionError
    assert str(state(index)) == before


def test_a_thread_that_begins_earlier_within_begins_as_before_afterwards() -> None:
    answer = evidence("ann", "like so", days_ago=1, thread="t", place="ops")
    index = built([evidence("bo", "how?", kind=EvidenceKind.SPOKE, days_ago=2, thread="t", place="ops"), answer])
    delay = index.columns.delay[1]
    with index.beside([(evidence("cy", "first of all", kind=EvidenceKind.SPOKE, days_ago=9, thread="t"), None)]):
        assert index.columns.delay[1] > delay
    assert index.columns.delay[1] == delay


def test_a_thread_that_comes_after_one_that_is_gone_is_another_than_those_there_are() -> None:
    index = index_of(
        evidence("ann", "toner", thread="gone"),
        evidence("bob", "refund by card", thread="stays", days_ago=3),
        evidence("bob", "and more", thread="stays", days_ago=2),
    )
    index.forget("ann")
    index.add(evidence("cy", "refund in cash", thread="new"))
    assert index.thread("new") != index.thread("stays")
    ranked_without = rank(index, "refund", asker=None, place=None, now=NOW, thread="new")
    assert [one.person for one in ranked_without] == ["bob"]
