"""What is shown of a group points at nobody: not by itself, not taken from a total, not with all else that is shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.shares import Share, count, share
from bot.store.doings import Some

SMALL = range(1, 5)


def tables(total: int, cells: int) -> Iterator[tuple[int, ...]]:
    """All ways in which so many people can fall into so many groups."""
    if cells == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in tables(total - first, cells - 1):
            yield (first, *rest)


@pytest.mark.parametrize(("cells", "most"), [(2, 60), (3, 34), (4, 24)])
def test_whoever_knows_the_total_and_sees_every_share_cannot_tell_that_a_small_group_is_there(
    cells: int, most: int
) -> None:
    # The last group is never shown, and is what the others leave of the total.
    for total in range(most + 1):
        alike = defaultdict(list)
        for table in tables(total, cells):
            alike[tuple(share(Some(part=cell, whole=total)) for cell in table[:-1])].append(table)
        for seen, possible in alike.items():
            for group in range(cells):
                sizes = {table[group] for table in possible}
                assert not sizes <= set(SMALL), (total, seen, group, sizes)


@given(part=st.integers(0, 500), more=st.integers(0, 500))
def test_a_share_tells_the_truth(part: int, more: int) -> None:
    some = Some(part=part, whole=part + more)
    told = share(some)
    if told is None:
        assert some.whole < 10
        return
    assert told.low <= part
    assert told.whole <= some.whole < told.whole + 5
    assert 0 <= told.least <= told.most <= 1
    assert part <= told.high or told.high == told.whole  # all of them, however many beyond the fives


@given(st.integers(10, 300), st.integers(0, 300))
def test_nobody_and_a_few_are_told_alike_on_either_side(whole: int, few: int) -> None:
    few %= 5
    assert share(Some(part=few, whole=whole)) == share(Some(part=0, whole=whole))
    assert share(Some(part=whole - few, whole=whole)) == share(Some(part=whole, whole=whole))


def test_a_share_reads_as_a_sentence_would_say_it() -> None:
    assert str(share(Some(part=2, whole=24))) == "fewer than 5 of 20+"
    assert str(share(Some(part=13, whole=24))) == "10+ of 20+"
    assert str(share(Some(part=23, whole=24))) == "all of 20+, or all but fewer than 5"
    assert str(Share(low=38, high=38, whole=1040, exact=True)) == "38 of 1,040"
    assert share(Some(part=6, whole=9)) is None
    assert [count(people) for people in (0, 4, 5, 9, 1234)] == [None, None, "5+", "5+", "1,230+"]
