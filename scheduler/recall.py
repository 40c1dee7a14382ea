"""When a recall comes again: spaced for each learner and item by FSRS, the one place that knows its library.

    grade ──▶ review(memory, …) ──▶ the memory as it is then, and in how many days the item comes again

The library reckons in days here: a chat is no place to be asked again after ten minutes. What it says is moved onto the
learner's open days and hours by `plan`. Nothing is random, so that the same grades give the same days.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from fsrs import Card, Rating, Scheduler, State

from scheduler.model import Response, Step

LONGEST = 365
"""Days. What would come back later than this counts as learned."""

RETENTIONS = (0.7, 0.97)
"""The least and the greatest share that can be aimed at: below, nothing sticks; above, it comes nearly every day."""

_RATINGS = MappingProxyType(
    {
        Response.FORGOT_IT: Rating.Again,
        Response.BARELY: Rating.Hard,
        Response.KNEW_IT: Rating.Good,
        Response.EASILY: Rating.Easy,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """How well one learner holds one item. `stability` is the number of days until nine in ten would still know it."""

    stability: float
    difficulty: float  # from 1 to 10
    reviewed_at: datetime
    reviews: int
    lapses: int


def name_item(step: Step) -> str:
    """What a recall is about, the same in every campaign: its question and its job aid, whatever stands around them."""
    asked = f"{step.aid or ''}\n{' '.join(step.text.split()).casefold()}"
    return hashlib.sha256(asked.encode()).hexdigest()[:32]


def review(memory: Memory | None, grade: Response, *, now: datetime, retention: float) -> tuple[Memory, int | None]:
    """The memory after an honest grade, and in how many days the item should come again; None once it is learned.

    `memory` is None before the first grade. Raises ValueError for a response that is no grade.
    """
    if grade not in _RATINGS:
        raise ValueError(f"{grade!r} is no grade; these are: {', '.join(_RATINGS)}.")
    card = Card(card_id=0, due=now)
    if memory is not None:
        # A clock that was put back must not make the time since the last review negative.
        card = Card(
            card_id=0,
            state=State.Review,
            stability=memory.stability,
            difficulty=memory.difficulty,
            due=now,
            last_review=min(memory.reviewed_at, now),
        )
    after, _ = _scheduler(retention).review_card(card, _RATINGS[grade], now)
    assert after.stability is not None
    assert after.difficulty is not None
    days = max(1, (after.due - now).days)
    reviewed = Memory(
        stability=after.stability,
        difficulty=after.difficulty,
        reviewed_at=now,
        reviews=(memory.reviews if memory else 0) + 1,
        lapses=(memory.lapses if memory else 0) + (grade is Response.FORGOT_IT),
    )
    return reviewed, days if days < LONGEST else None


@lru_cache(maxsize=32)
def _scheduler(retention: float) -> Scheduler:
    least, most = RETENTIONS
    return Scheduler(
        desired_retention=min(max(retention, least), most),
        learning_steps=(),
        relearning_steps=(),
        maximum_interval=LONGEST,
        enable_fuzzing=False,
    )
