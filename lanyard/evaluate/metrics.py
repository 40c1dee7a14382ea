"""How good a run of questions was. Definitions as in the field; NaN where there is nothing to count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from math import nan, sqrt


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One question, with what is known of it and what came out."""

    answerable: bool
    rank: int | None  # of the first relevant snippet, from 1; None if none is among the first ten
    confidence: float
    answered: bool  # decision "answer"
    offered: bool  # decision "answer" or "choices"

    @property
    def right(self) -> bool:
        return self.answerable and self.rank == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    recall_at_1: float  # share of answerable questions whose first snippet is relevant
    recall_at_5: float
    mrr_at_10: float  # mean of 1/rank, 0 beyond ten
    auroc: float  # chance that an answerable question has more confidence than an unanswerable one
    cov95: float  # share of answerable questions rightly answered at the loosest threshold with precision ≥ .95
    precision: float  # share of right ones among the answers given
    coverage: float  # share of answerable questions rightly answered
    helped: float  # share of answerable questions answered rightly, or offered a relevant one among three choices

    def row(self) -> tuple[float, ...]:
        return tuple(getattr(self, each.name) for each in fields(self))


def measure(judged: Sequence[Judged]) -> Figures:
    able = [one for one in judged if one.answerable]
    answered = [one for one in judged if one.answered]
    ranks = [one.rank for one in able if one.rank is not None and one.rank <= 10]
    helped = sum(one.right if one.answered else one.offered and one.rank is not None and one.rank <= 3 for one in able)
    return Figures(
        recall_at_1=_share(sum(rank == 1 for rank in ranks), len(able)),
        recall_at_5=_share(sum(rank <= 5 for rank in ranks), len(able)),
        mrr_at_10=_share(sum(1 / rank for rank in ranks), len(able)),
        auroc=auroc([one.confidence for one in able], [one.confidence for one in judged if not one.answerable]),
        cov95=coverage_at(judged, 0.95),
        precision=_share(sum(one.right for one in answered), len(answered)),
        coverage=_share(sum(one.right for one in answered), len(able)),
        helped=_share(helped, len(able)),
    )


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Mann and Whitney's U over its largest value; ties count half."""
    if not positive or not negative:
        return nan
    below = wins = 0.0
    scores = sorted([(score, False) for score in negative] + [(score, True) for score in positive])
    for _, same in groupby(scores, key=lambda pair: pair[0]):
        signs = [sign for _, sign in same]
        ups, downs = sum(signs), len(signs) - sum(signs)
        wins += ups * (below + downs / 2)
        below += downs
    return wins / (len(positive) * len(negative))


def coverage_at(judged: Sequence[Judged], precision: float) -> float:
    """Share of answerable questions rightly answered at the loosest threshold that keeps the precision.

    The threshold is chosen with hindsight. Questions of equal confidence are answered together.
    """
    able = sum(one.answerable for one in judged)
    if not able:
        return nan
    given = correct = best = 0
    ordered = sorted(judged, key=lambda one: -one.confidence)
    for _, same in groupby(ordered, key=lambda one: one.confidence):
        group = list(same)
        given += len(group)
        correct += sum(one.right for one in group)
        if correct >= precision * given:
            best = correct
    return best / able


def _share(part: float, whole: int) -> float:
    return part / whole if whole else nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Questions of about the same confidence. `low` and `high` bound the share of right ones at 95 % (Wilson)."""

    confidence: float  # the mean
    right: float  # share
    count: int
    low: float
    high: float


def reliability(judged: Sequence[Judged], bins: int = 10) -> list[Bin]:
    """How often what was said with so much confidence was right, in equal steps of confidence; empty ones left out."""
    found = []
    for number in range(bins):
        some = [one for one in judged if min(bins - 1, int(one.confidence * bins)) == number]
        if some:
            share = sum(one.right for one in some) / len(some)
            low, high = _wilson(share, len(some))
            mean = sum(one.confidence for one in some) / len(some)
            found.append(Bin(confidence=mean, right=share, count=len(some), low=low, high=high))
    return found


def calibration_error(judged: Sequence[Judged]) -> float:
    """The mean distance of confidence and share of right ones over the bins (expected calibration error)."""
    found = reliability(judged)
    return _share(sum(one.count * abs(one.confidence - one.right) for one in found), sum(one.count for one in found))


def precision_by_coverage(judged: Sequence[Judged]) -> list[tuple[float, float]]:
    """(coverage, precision) at each threshold, from the strictest to the loosest."""
    able = sum(one.answerable for one in judged)
    given = correct = 0
    curve = []
    ordered = sorted(judged, key=lambda one: -one.confidence)
    for _, same in groupby(ordered, key=lambda one: one.confidence):
        group = list(same)
        given += len(group)
        correct += sum(one.right for one in group)
        if able:
            curve.append((correct / able, correct / given))
    return curve


def _wilson(share: float, count: int) -> tuple[float, float]:
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    spread = z / (1 + z * z / count) * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return max(0.0, middle - spread), min(1.0, middle + spread)
