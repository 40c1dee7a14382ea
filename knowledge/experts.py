"""Who is likely to answer this question: evidence → ranked experts with reasons. Pure, given the index."""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence
from datetime import datetime

import numpy as np

from knowledge.evidence import EvidenceIndex, Floats
from knowledge.hunches import Case
from knowledge.learning import shipped
from knowledge.model import Evidence, RankedExpert

_MOST_REASONS = 3


def rank(
    index: EvidenceIndex,
    question: str,
    *,
    asker: str | None,
    place: str | None,
    now: datetime,
    willing: Container[str] | None = None,
    thread: str | None = None,
    named: Collection[str] = (),
    solicited: bool = False,
    heard: Floats | None = None,
    weights: Floats | None = None,
    limit: int = 10,
) -> tuple[RankedExpert, ...]:
    """The people likeliest to answer, best first; never the asker, nobody outside `willing` (None: everybody).

    Without a `place` it is guessed from the question's words and from where the asker speaks. `thread` is the
    question's own, whose evidence does not count. `named` are people whom the question mentions. `solicited`: answers
    were given because somebody was asked, and say nothing of who is about. `heard` is the question's direction by the
    model that the index is of; without it words alone are compared. `weights` of the hunches are what `learning` made
    of this company's threads; None are the shipped ones. Only people with evidence are found. A score is a person's
    chance as a share of the likeliest one's, and means nothing beyond its question; equals stand by name.
    """
    if not len(index) or limit < 1:
        return ()
    case = Case(index, question, asker=asker, place=place, now=now, thread=thread, solicited=solicited, heard=heard)
    if weights is None:
        weights = shipped(by_meaning=case.by_meaning)
    scores = np.round(case.hunches(named) @ weights, 4)  # equals stay equals, whatever the order of adding them up
    people = index.people
    able = np.flatnonzero(case.has_evidence())
    able = able[np.argsort(-scores[able], kind="stable")]
    best: list[int] = []
    for number in able.tolist():
        if len(best) >= limit and scores[number] < scores[best[-1]]:
            break
        if people[number] != asker and (willing is None or people[number] in willing):
            best.append(number)
    best.sort(key=lambda number: (-scores[number], people[number]))
    del best[limit:]
    reasons = _strongest(index, case, best)
    chances = np.exp(scores[best] - scores[best[0]]) if best else scores[:0]
    return tuple(
        RankedExpert(person=people[number], score=float(chance), reasons=reasons[number])
        for number, chance in zip(best, chances.tolist(), strict=True)
    )


def _strongest(index: EvidenceIndex, case: Case, chosen: Sequence[int]) -> dict[int, tuple[Evidence, ...]]:
    """The pieces that speak for each of these people on this topic, best first; of one thread or one text only the
    best.
    """
    wanted = np.zeros(len(index.people), np.bool_)
    wanted[chosen] = True
    rows = np.flatnonzero(wanted[index.columns.person])
    topical = case.topical(rows)
    rows, topical = rows[topical > 0], topical[topical > 0]
    rows = rows[np.argsort(-topical, kind="stable")]
    found: dict[int, dict[object, Evidence]] = {number: {} for number in chosen}
    for row, person in zip(rows.tolist(), index.columns.person[rows].tolist(), strict=True):
        reasons = found[person]
        if len(reasons) < _MOST_REASONS:
            piece = index.piece(row)
            reasons.setdefault(piece.thread or piece.text, piece)
    return {number: tuple(reasons.values()) for number, reasons in found.items()}
