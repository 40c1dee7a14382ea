"""Counts of people made fit to be shown: in fives, and never so that a group of fewer than five is known to be there.

A small group and an empty one are told alike, on either side: "fewer than 5" may be nobody, and "all, or all but fewer
than 5" may be all. So nothing follows from taking shown numbers from each other, or from a total that is known besides.
That they do not follow from two looks either is for `bot.store.doings`.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.store.doings import FEWEST, Some


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Between `low` and `high` people of `whole`; where that is `exact`, all are as they were counted."""

    low: int
    high: int
    whole: int
    exact: bool = False

    @property
    def least(self) -> float:
        return self.low / self.whole if self.whole else 0.0

    @property
    def most(self) -> float:
        return self.high / self.whole if self.whole else 0.0

    def __str__(self) -> str:
        if self.exact:
            return f"{self.low:,} of {self.whole:,}"
        whole = f"{self.whole:,}+"
        if self.low == 0:
            return f"fewer than {FEWEST} of {whole}"
        if self.high == self.whole:
            return f"all of {whole}, or all but fewer than {FEWEST}"
        return f"{self.low:,}+ of {whole}"


def share(some: Some) -> Share | None:
    """What may be told of it; None where two groups of five would not fit in."""
    if some.whole < 2 * FEWEST:
        return None
    whole = fives(some.whole)
    if some.part < FEWEST:
        return Share(low=0, high=FEWEST - 1, whole=whole)
    if some.whole - some.part < FEWEST:
        return Share(low=whole - FEWEST + 1, high=whole, whole=whole)
    low = fives(some.part)
    return Share(low=low, high=min(low + FEWEST - 1, whole), whole=whole)


def count(people: int) -> str | None:
    """So many people, at least; None for fewer than five, of whom there may be none."""
    return f"{fives(people):,}+" if people >= FEWEST else None


def fives(people: int) -> int:
    """Rounded down."""
    return people // FEWEST * FEWEST
