"""Who is likely to answer this question: evidence → ranked experts with reasons. Pure, given the index.

A person's chance is a product of hunches, each counted from the evidence and each faded by time: they answered
something like this, they are active in this place, they tend to answer at all, they were about lately, they
are of those who talk with the asker. That is a conditional logit (D. McFadden, 1974) over the people, whose features are logarithms
of those counts.
"""

from __future__ import annotations

from collections.abc import Collection, Container
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from knowledge.evidence import KINDS, EvidenceIndex, Floats
from knowledge.model import Evidence, EvidenceKind, RankedExpert

_DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trust:
    """How much a kind of evidence says of knowing its topic, how much of answering at all, and how long it holds."""

    knows: float
    responds: float
    half_life: float  # days


# An owned aid and a declared topic are deliberate and hold for years; talk is worth least and ages soonest.
_TRUST = {
    EvidenceKind.ANSWERED: _Trust(knows=1.0, responds=1.0, half_life=180),
    EvidenceKind.OWNS: _Trust(knows=1.5, responds=0.0, half_life=720),
    EvidenceKind.DECLARED: _Trust(knows=1.5, responds=0.0, half_life=720),
    EvidenceKind.THANKED: _Trust(knows=0.5, responds=0.5, half_life=180),
    EvidenceKind.NAMED: _Trust(knows=0.7, responds=0.0, half_life=180),
    EvidenceKind.SPOKE: _Trust(knows=0.3, responds=0.2, half_life=90),
}
_KNOWS = np.array([_TRUST[kind].knows for kind in KINDS], np.float32)
_RESPONDS = np.array([_TRUST[kind].responds for kind in KINDS], np.float32)
_HALF_LIFE = np.array([_TRUST[kind].half_life for kind in KINDS], np.float32)

_SHARPNESS = 2.0  # similarity to this power: one close match outweighs many vague ones
_LATELY = 7.0  # days, half-life of being about
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
    limit: int = 10,
) -> tuple[RankedExpert, ...]:
    """The people likeliest to answer, best first; never the asker, nobody outside `willing` (None: everybody).

    `thread` is the question's own, whose evidence does not count. `named` are people whom the question mentions.
    Only people with evidence are found. Scores order the people of one question and mean nothing beyond it; equal
    scores are ordered by name.
    """
    if not len(index) or limit < 1:
        return ()
    rows = index.columns
    weight = np.where(rows.thread == index.thread(thread), 0.0, rows.weight) if thread is not None else rows.weight
    age = np.maximum((now.timestamp() - rows.at) / _DAY, 0.0).astype(np.float32)
    faded = weight * np.exp2(-age / _HALF_LIFE[rows.kind])
    similar = index.similarity(question) ** _SHARPNESS
    topical = similar * _KNOWS[rows.kind] * faded
    responds = _RESPONDS[rows.kind] * faded
    lately = _RESPONDS[rows.kind] * weight * np.exp2(-age / _LATELY)
    here = (rows.place == index.place(place)) if place is not None else np.zeros(len(age), np.bool_)

    def per_person(amount: Floats) -> Floats:
        return np.bincount(rows.person, weights=amount, minlength=len(index.people)).astype(np.float32)

    score = (
        np.log1p(20 * per_person(topical))
        + 0.3 * np.log1p(per_person(responds))
        + 0.3 * np.log1p(per_person(responds * here))
        + 0.5 * np.log1p(per_person(lately))
        + 0.5 * np.log1p(per_person(lately * here))
    )
    for name in named:
        if (number := index.person(name)) >= 0:
            score[number] += 4.0
    held = per_person(weight) > 0
    people = index.people
    able = [
        number
        for number in np.flatnonzero(held).tolist()
        if people[number] != asker and (willing is None or people[number] in willing)
    ]
    able.sort(key=lambda number: (-float(score[number]), people[number]))
    return tuple(
        RankedExpert(
            person=people[number],
            score=float(score[number]),
            reasons=_strongest(index, topical, number),
        )
        for number in able[:limit]
    )


def _strongest(index: EvidenceIndex, topical: Floats, person: int) -> tuple[Evidence, ...]:
    """The pieces that speak for the person on this topic, best first; of one thread or one text only the best."""
    rows = np.flatnonzero((index.columns.person == person) & (topical > 0))
    best = rows[np.argsort(-topical[rows], kind="stable")][: 8 * _MOST_REASONS]
    reasons: dict[object, Evidence] = {}
    for row in best.tolist():
        piece = index.piece(row)
        reasons.setdefault(piece.thread or piece.text, piece)
    return tuple(reasons.values())[:_MOST_REASONS]
