from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import vectors as rows_of
from knowledge.embedding import Vectors, normalised
from knowledge.index import Index
from knowledge.model import OPEN, Snippet
from knowledge.retrieval import search
from knowledge.vectors import Codes, Directions, Shelf, fingerprint, pack, unpack

HR = frozenset({"hr"})
DIMENSIONS = 70  # not a whole number of words of 64 signs


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few dozen rows fill several."""
    monkeypatch.setattr(rows_of, "CHUNK", 16)


def some(seed: int, sentences: int = 2, words: int = 3) -> Vectors:
    random = np.random.default_rng(seed)
    rows = normalised(random.normal(size=(2 + sentences + words, DIMENSIONS)).astype(np.float32))
    return Vectors(whole=rows[0], title=rows[1], sentences=rows[2 : 2 + sentences], words=rows[2 + sentences :])


def same(one: Codes | None, other: Codes) -> bool:
    return one is not None and np.array_equal(one.rows, other.rows) and np.array_equal(one.words, other.words)


def codes_of(directions: Directions, row: int) -> Codes:
    codes = directions.codes(row)
    assert codes is not None
    return codes


def filled(count: int) -> Directions:
    shelf = Shelf(DIMENSIONS)
    for row in range(count):
        shelf.put(row, pack(some(row, sentences=row % 6, words=row % 7)))
    return Directions(shelf, np.ones(count, np.bool_))


def test_eight_bits_a_number_keep_a_direction():
    vectors = some(1)
    kept = unpack(pack(vectors))
    assert vectors.whole @ kept.whole > 0.999
    assert kept.sentences.shape == vectors.sentences.shape
    assert np.linalg.norm(kept.title) == pytest.approx(1, abs=1e-5)


def test_a_direction_of_zeros_is_kept_as_one():
    nothing = np.zeros(DIMENSIONS, np.float32)
    kept = unpack(pack(Vectors(whole=nothing, title=nothing, sentences=nothing[None], words=nothing[None])))
    assert not kept.whole.any()


def test_every_row_comes_back_as_it_was_put_in():
    directions = filled(50)
    for row in range(50):
        assert same(directions.codes(row), pack(some(row, sentences=row % 6, words=row % 7)))
    assert directions.codes(50) is None


def test_the_nearest_are_those_that_an_exact_comparison_finds():
    directions = filled(50)
    asked = some(99).whole
    kept = [some(row, sentences=row % 6) for row in range(50)]
    scores = [(one.whole @ asked) + max(one.whole @ asked, one.title @ asked) for one in kept]
    assert directions.nearest(asked, 5) == [int(row) for row in np.argsort(scores)[::-1][:5]]


def test_among_many_the_signs_lead_to_the_nearest():
    directions = filled(500)
    for row in (3, 250, 499):
        for asked in (some(row).whole, some(row).title):
            assert directions.nearest(asked, 2)[0] == row


def test_what_is_added_later_is_not_in_what_was_taken_before():
    shelf = Shelf(DIMENSIONS)
    shelf.put(0, pack(some(0)))
    before = Directions(shelf, np.ones(1, np.bool_))
    shelf.put(1, pack(some(1)))
    assert before.nearest(some(1).whole, 5) == [0]
    assert before.cosines(some(1).whole, [0, 1])[1] is None


def test_what_lies_in_files_is_what_was_put_in_and_takes_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rows_of, "SETTLED", 0)
    shelf, known = Shelf(DIMENSIONS, tmp_path), np.zeros(400, np.bool_)
    for row in range(0, 400, 2):
        shelf.put(row, pack(some(row, sentences=row % 6, words=row % 7)))
        shelf.settle()
    before = Directions(shelf, np.arange(400) % 2 == 0)
    for row in range(1, 400, 2):  # into chunks that lie in files by now
        shelf.put(row, pack(some(row, sentences=row % 6, words=row % 7)))
        shelf.settle()
        known[row] = True
    whole, in_memory = Directions(shelf, known | before.known), filled(400)
    for row in range(400):
        assert same(whole.codes(row), codes_of(in_memory, row))
    assert before.codes(399) is None
    assert whole.nearest(some(99).whole, 3) == in_memory.nearest(some(99).whole, 3)
    assert whole.bytes < in_memory.bytes / 2
    assert not list(tmp_path.iterdir())  # nothing is left to be cleared away


def test_where_no_file_can_be_written_rows_stay_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rows_of, "SETTLED", 0)
    shelf = Shelf(DIMENSIONS, tmp_path / "nowhere")
    for row in range(100):
        shelf.put(row, pack(some(row)))
        shelf.settle()
    directions = Directions(shelf, np.ones(100, np.bool_))
    assert all(same(directions.codes(row), pack(some(row))) for row in range(100))


def test_what_is_not_known_is_not_found():
    directions = filled(40)
    known = directions.known.copy()
    known[7] = False
    fewer = Directions(directions.shelf, known)
    assert 7 not in fewer.nearest(some(7).whole, 1)
    assert fewer.cosines(some(7).whole, [7]) == [None]


def test_cosines_of_many_rows_are_those_of_each():
    directions, asked = filled(50), some(99).whole
    rows = [49, 3, 0, 16, 3]
    for row, found in zip(rows, directions.cosines(asked, rows), strict=True):
        wanted = normalised(codes_of(directions, row).rows.astype(np.float32)) @ asked
        assert found == pytest.approx(wanted.tolist(), abs=1e-6)
    assert directions.cosines(asked, []) == []
    assert directions.cosines(asked, [1_000]) == [None]


def test_each_word_is_answered_by_the_nearest_one_and_counts_with_its_weight():
    directions = filled(50)
    asked, weights = some(99, words=4).words, np.array([1, 0.5, 3, 0], np.float32)
    rows = [49, 3, 0, 16, 3, 7]
    for row, found in zip(rows, directions.likenesses(asked, weights, rows), strict=True):
        kept = unpack(codes_of(directions, row)).words
        best = np.maximum(0, (asked @ kept.T).max(axis=1)) if len(kept) else np.zeros(4)
        assert found == pytest.approx(float(best @ weights / weights.sum()), abs=1e-5)
    assert directions.likenesses(asked, weights, [1_000, 0]) == [None, 0.0]
    assert directions.likenesses(asked[:0], weights[:0], [3]) == [0.0]
    assert directions.likenesses(asked, weights, []) == []


def test_by_its_signs_a_word_is_nearer_to_itself_than_to_others():
    words = some(1, words=5).words
    kept = unpack(pack(some(1, words=5))).words
    assert np.array_equal((words @ kept.T).argmax(axis=1), np.arange(5))
    assert np.diag(words @ kept.T) == pytest.approx(np.full(5, np.sqrt(2 / np.pi)), abs=0.1)


@given(st.integers(0, 9), st.integers(0, 9), st.integers(1, 100))
def test_codes_come_back_from_the_store_as_they_went_in(sentences, words, dimensions):
    rows = np.arange((2 + sentences) * dimensions).astype(np.int8).reshape(-1, dimensions)
    codes = Codes(rows, np.packbits(np.ones((words, dimensions), np.uint8), axis=1))
    assert same(Codes.of(bytes(codes), dimensions), codes)


@given(st.binary(max_size=300), st.integers(1, 100))
def test_bytes_that_are_no_codes_are_refused_or_read_within_their_bounds(content, dimensions):
    codes = Codes.of(content, dimensions)
    assert codes is None or (codes.dimensions == dimensions and len(codes.rows) >= 2 and bytes(codes) == content)


@pytest.mark.parametrize("count", [1, 16, 50])
def test_rows_that_were_saved_come_back_and_more_can_be_put_behind_them(tmp_path, count):
    before = filled(count)
    before.shelf.save(tmp_path, count)
    shelf = Shelf.load(tmp_path, DIMENSIONS, rows=count, told=before.shelf.told, spelled=before.shelf.spelled)
    after = Directions(shelf, before.known)
    asked = some(99).whole
    assert after.nearest(asked, 2) == before.nearest(asked, 2)
    assert all(same(after.codes(row), codes_of(before, row)) for row in range(count))
    shelf.put(count, pack(some(count)))
    more = Directions(shelf, np.ones(count + 1, np.bool_))
    assert same(more.codes(count), pack(some(count)))
    again = Shelf.load(tmp_path, DIMENSIONS, rows=count, told=before.shelf.told, spelled=before.shelf.spelled)
    assert Directions(again, before.known).nearest(asked, 2) == before.nearest(asked, 2)


# ── in the index ──


def snippet(name: str, title: str = "Fire drill", text: str | None = None, **more) -> Snippet:
    return Snippet(id=name, title=title, text=name if text is None else text, **more)


@pytest.fixture
def index() -> Index:
    return Index(model="tiny.1", dimensions=DIMENSIONS)


def known(*pairs: tuple[Snippet, int]) -> dict[str, Codes]:
    return {fingerprint(one): pack(some(seed)) for one, seed in pairs}


def similar(index: Index, seed: int, grants: frozenset[str] = OPEN) -> list[str]:
    return [entry.snippet.id for entry in index.view(grants).similar(some(seed).whole, 10)]


def test_a_snippet_is_found_by_meaning_as_soon_as_its_directions_are_there(index: Index):
    index.apply(upsert=[snippet("1"), snippet("2")], remove=[], revision=1)
    assert similar(index, 1) == []
    assert [one.id for one in index.undirected(10)] == ["1", "2"]
    index.apply(upsert=[], remove=[], revision=2, vectors=known((snippet("1"), 1), (snippet("3"), 3)))
    assert similar(index, 1) == ["1"]
    assert [one.id for one in index.undirected(10)] == ["2"]
    view = index.view(OPEN)
    (cosines,) = view.cosines(some(1).whole, view.similar(some(1).whole, 1))
    assert cosines is not None
    assert cosines[0] > 0.999


def test_snippets_and_directions_may_come_together(index: Index):
    index.apply(upsert=[snippet("1"), snippet("2")], remove=[], revision=1, vectors=known((snippet("2"), 2)))
    assert similar(index, 2) == ["2"]


def test_directions_of_what_the_asker_may_not_see_are_not_searched(index: Index):
    vectors = known((snippet("1"), 1), (snippet("2"), 2))
    index.apply(upsert=[snippet("1", audience=HR), snippet("2")], remove=[], revision=1, vectors=vectors)
    assert similar(index, 1) == ["2"]
    assert set(similar(index, 1, HR | OPEN)) == {"1", "2"}


def test_removed_directions_are_found_no_more_and_an_older_view_keeps_them(index: Index):
    vectors = known((snippet("1"), 1), (snippet("2"), 2))
    index.apply(upsert=[snippet("1"), snippet("2")], remove=[], revision=1, vectors=vectors)
    before = index.view(OPEN)
    index.apply(upsert=[], remove=["1"], revision=2)
    assert similar(index, 1) == ["2"]
    assert {entry.snippet.id for entry in before.similar(some(1).whole, 5)} == {"1", "2"}


def test_directions_stay_with_a_text_that_stays_and_go_with_one_that_changes(index: Index):
    first = snippet("1", text="a")
    index.apply(upsert=[first], remove=[], revision=1, vectors=known((first, 1)))
    index.apply(upsert=[snippet("1", text="a", phrasings=("muster",), audience=HR)], remove=[], revision=2)
    assert similar(index, 1, HR) == ["1"]
    index.apply(upsert=[snippet("1", text="b", audience=HR)], remove=[], revision=3)
    assert similar(index, 1, HR) == []


def test_directions_survive_the_removal_of_others(index: Index):
    many = [snippet(str(number), f"Locker {number}") for number in range(40)]
    index.apply(upsert=many, remove=[], revision=1, vectors=known(*((one, int(one.id)) for one in many)))
    index.apply(upsert=[], remove=[str(number) for number in range(0, 40, 2)], revision=2)
    assert similar(index, 7)[0] == "7"
    assert "8" not in similar(index, 8)


def test_another_model_brings_its_own_directions(index: Index):
    index.apply(upsert=[snippet("1"), snippet("2")], remove=[], revision=1, vectors=known((snippet("1"), 1)))
    index.turn_to("other", DIMENSIONS, known((snippet("2"), 2)))
    assert (index.model, similar(index, 1)) == ("other", ["2"])
    index.turn_to("", None, {})
    assert similar(index, 1) == []
    assert index.undirected(10) == []


def test_an_index_without_a_model_finds_by_words_alone():
    index = Index()
    index.apply(upsert=[snippet("1")], remove=[], revision=1, vectors=known((snippet("1"), 1)))
    view = index.view(OPEN)
    entry = view.candidates(["fire"], 1)[0]
    assert (view.similar(some(1).whole, 5), view.cosines(some(1).whole, [entry])) == ([], [None])


def test_words_may_lie_in_files(tmp_path):
    index = Index(tmp_path, model="tiny.1", dimensions=DIMENSIONS)
    index.apply(upsert=[snippet("1"), snippet("2", "Gate")], remove=[], revision=1, vectors=known((snippet("1"), 1)))
    index.apply(upsert=[], remove=["2"], revision=2)
    assert similar(index, 1) == ["1"]
    assert [entry.snippet.id for entry in index.view(OPEN).candidates(["fire"], 5)] == ["1"]


@settings(max_examples=60)
@given(title=st.text(max_size=200), text=st.text(max_size=10_000), question=st.text(max_size=10_000), term=st.text())
def test_no_string_breaks_an_index_or_is_obeyed_as_syntax(title, text, question, term):
    index = Index()
    index.apply(upsert=[snippet("1", title, text), snippet("2", "Gate", "key")], remove=[], revision=1)
    assert index.get("1") == snippet("1", title, text)
    search(index, question, grants=OPEN, glossary=[(term, text), (text, term)])
    index.apply(upsert=[], remove=["1"], revision=2)
    assert len(index) == 1
