"""What changed between two texts, for people to read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from knowledge.differences import Fate, compare

TEXTS = st.text(alphabet="ab c\n.", max_size=200)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_out_of_their_difference(before: str, after: str) -> None:
    lines = compare(before, after)
    assert "\n".join(line.text for line in lines if line.fate is not Fate.ADDED) == before
    assert "\n".join(line.text for line in lines if line.fate is not Fate.REMOVED) == after


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert {line.fate for line in compare(text, text)} == {Fate.KEPT}


def test_within_a_line_only_the_words_that_changed_are_marked() -> None:
    removed, added = compare("Take slider LK-40718 first.", "Take slider LK-50000 first.")
    assert [piece for piece, changed in removed.pieces if changed] == ["40718"]
    assert [piece for piece, changed in added.pieces if changed] == ["50000"]


def test_lines_with_nothing_in_common_are_not_taken_for_one_that_changed() -> None:
    assert [line.fate for line in compare("Press Reset.", "Quelle heure est-il?")] == [Fate.REMOVED, Fate.ADDED]
    assert not any(changed for line in compare("Press Reset.", "Quelle heure?") for _, changed in line.pieces)
