"""A company's own threads → how much each hunch counts there.

In one company whoever is about answers, in another whoever knows, and no fixed weights are right for both. Each thread
in which somebody answered is a lesson: had Lanyard been asked at its first message, with what it knew then, these are
whom it should have named. That makes a conditional logit over the people (D. McFadden, Conditional logit analysis of
qualitative choice behavior, 1974), drawn towards the shipped weights as long as there are few lessons. Weights are
never negative: a hunch speaks for a person, never against. They are a dozen numbers, and hold nothing of anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from knowledge.evidence import EvidenceIndex, Floats
from knowledge.hunches import BY_MEANING, HUNCHES, Case

# Fitted on public chats and a forum, 2026-11-26: `python -m benchmarks.routing_fitting` shows how well they hold.
_FITTED = {
    "topic": 0.2,
    "closest": 0.85,
    "nearest": 0.3,
    "here": 0.15,
    "here_these_days": 0.2,
    "seen_here": 0.2,
    "now": 0.05,
    "moments": 1.2,
    "seen": 0.35,
    "habit": 0.2,
    "together": 0.1,
    "named": 2.2,
}
# With a language model.
_FITTED_BY_MEANING = {
    "topic": 0.15,
    "closest": 0.5,
    "nearest": 0.2,
    "here": 0.1,
    "here_these_days": 0.15,
    "seen_here": 0.25,
    "now": 0.05,
    "moments": 1.2,
    "seen": 0.3,
    "habit": 0.2,
    "together": 0.1,
    "named": 2.1,
    "meant": 0.2,
    "closest_meant": 1.75,
}
SHIPPED: Floats = np.array([_FITTED[name] for name in HUNCHES], np.float32)
SHIPPED_BY_MEANING: Floats = np.array([_FITTED_BY_MEANING[name] for name in HUNCHES + BY_MEANING], np.float32)


def shipped(*, by_meaning: bool) -> Floats:
    """The weights of all hunches that there are, with a language model or without one."""
    return SHIPPED_BY_MEANING if by_meaning else SHIPPED


FEWEST = 30
"""Answers to questions from which anything is learned."""

MOST = 300
"""Threads that are looked at, the newest: each costs a ranking once. More of them taught less: a company changes."""

_AGAIN = 25  # answers more, after which it is learned again; of many answers …
_SHARE = 20  # … one in so many
_ASKS = 1.0  # the weight of an answer to what asks something; others teach nothing
_LATE = 14 * 86_400.0  # seconds after the first answer, later ones are of another conversation
_BESIDE = 80  # of those who did not answer: the likeliest, whom the answerers are told from
_PRIOR = 8.0  # how strongly few lessons are drawn towards the shipped weights, in standard deviations of a hunch
_STEPS = 50


Hear = Callable[[str], Floats]
"""A question → its direction, by the model that an index is of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A question that was answered in a thread. `asker` is None where only the answers are known."""

    question: str
    asker: str | None
    place: str | None
    thread: str
    at: datetime
    answerers: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """What was known at the time of a lesson: a row of hunches a person, and who of them answered."""

    hunches: Floats
    answered: npt.NDArray[np.bool_]


def size_to_learn_at(answers: int) -> int:
    """The number of answers, at most `answers`, at which the weights are to be learned; 0 is too few of them."""
    if answers < FEWEST:
        return 0
    size = FEWEST
    while (more := size + max(_AGAIN, size // _SHARE)) <= answers:
        size = more
    return size


def find_lessons(index: EvidenceIndex) -> list[Lesson]:
    """The newest, in the order of time."""
    rows = index.columns
    answers = np.flatnonzero(rows.answers & (rows.weight >= _ASKS) & (rows.thread >= 0))
    answers = answers[np.argsort(rows.at[answers], kind="stable")]
    first: dict[tuple[int, int], int] = {}
    answerers: dict[tuple[int, int], set[str]] = {}
    for row in answers.tolist():
        thread = int(rows.place[row]), int(rows.thread[row])
        if rows.at[row] <= rows.at[first.setdefault(thread, row)] + _LATE:
            answerers.setdefault(thread, set()).add(index.people[rows.person[row]])
    return [_lesson(index, row, answerers[thread]) for thread, row in list(first.items())[-MOST:]]


def _lesson(index: EvidenceIndex, answer: int, answerers: set[str]) -> Lesson:
    piece, opening = index.piece(answer), index.opening(answer)
    assert piece.thread is not None
    assert piece.question is not None
    return Lesson(
        question=piece.question,
        asker=opening.person if opening is not None else None,
        place=piece.place,
        thread=piece.thread,
        at=opening.at if opening is not None else piece.at,
        answerers=frozenset(answerers - {opening.person if opening is not None else ""}),
    )


def look_back(
    index: EvidenceIndex, lesson: Lesson, *, placed: bool, solicited: bool, hear: Hear | None = None
) -> Taught | None:
    """What stood when it was asked; None where nobody who answered was known. Costs what a ranking does.

    `placed`: as if asked in its place; otherwise as if in a direct message. `hear` tells the question's direction.
    """
    case = Case(
        index,
        lesson.question,
        asker=lesson.asker,
        place=lesson.place if placed else None,
        now=lesson.at,
        thread=lesson.thread,
        until=lesson.at,
        solicited=solicited,
        heard=hear(lesson.question) if hear is not None else None,
    )
    able = case.has_evidence()
    if (asker := index.person(lesson.asker)) >= 0:
        able[asker] = False
    answered = np.zeros(len(able), np.bool_)
    answered[[number for name in lesson.answerers if (number := index.person(name)) >= 0]] = True
    answered &= able
    if not answered.any():
        return None
    hunches = case.hunches()
    others = np.flatnonzero(able & ~answered)
    likeliest = others[np.argsort(-(hunches[others] @ shipped(by_meaning=case.by_meaning)), kind="stable")[:_BESIDE]]
    kept = np.concatenate([np.flatnonzero(answered), likeliest])
    return Taught(hunches=hunches[kept], answered=answered[kept])


def weigh(lessons: Sequence[Taught], *, prior: Floats = SHIPPED, strength: float = _PRIOR) -> Floats:
    """The weights that make the answerers likeliest, and are near `prior`: a projected Newton method.

    D. Bertsekas, Projected Newton methods for optimization problems with simple constraints (1982).
    """
    if not lessons:
        return prior
    hunches = np.concatenate([one.hunches for one in lessons]).astype(np.float64)
    answered = np.concatenate([one.answered / one.answered.sum() for one in lessons])
    begins = np.cumsum([0, *(len(one.answered) for one in lessons[:-1])])
    lesson = np.repeat(np.arange(len(lessons)), [len(one.answered) for one in lessons])
    spread = hunches.std(axis=0) + 1e-3
    hunches /= spread
    centre = prior * spread
    said = answered @ hunches

    def look(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        """The loss, and each person's chance."""
        scores = hunches @ weights
        top = np.maximum.reduceat(scores, begins)
        chances = np.exp(scores - top[lesson])
        total = np.add.reduceat(chances, begins)
        away = weights - centre
        loss = float((np.log(total) + top).sum() - said @ weights + strength * away @ away)
        return loss, chances / total[lesson]

    weights = centre.copy()
    loss, chances = look(weights)
    for _ in range(_STEPS):
        means = np.add.reduceat(chances[:, None] * hunches, begins)
        slope = means.sum(axis=0) - said + 2 * strength * (weights - centre)
        bend = (hunches * chances[:, None]).T @ hunches - means.T @ means + 2 * strength * np.eye(len(weights))
        free = (weights > 0) | (slope < 0)
        step = np.zeros_like(weights)
        step[free] = np.linalg.solve(bend[np.ix_(free, free)], slope[free])
        for share in 0.5 ** np.arange(20):
            tried = np.maximum(weights - share * step, 0)
            better, then = look(tried)
            if better < loss:
                break
        else:
            break
        done = loss - better < 1e-6 * abs(loss)
        weights, loss, chances = tried, better, then
        if done:
            break
    found: Floats = (weights / spread).astype(np.float32)
    return found


Looked = dict[Lesson, Taught | None]
"""Lessons that were looked back on. What was known when a question was asked does not change with what came later."""


def keep_newest(looked: Looked, lessons: Sequence[Lesson]) -> list[Taught]:
    """Forget what teaches nothing any more; what the others teach."""
    wanted = set(lessons)
    for one in looked.keys() - wanted:
        del looked[one]
    return [taught for one in lessons if (taught := looked.get(one)) is not None]


def learn(
    index: EvidenceIndex,
    *,
    placed: bool,
    solicited: bool = False,
    hear: Hear | None = None,
    prior: Floats | None = None,
    looked: Looked | None = None,
) -> Floats:
    """The weights that an index's own threads teach. What is in `looked` costs nothing, and it gets what is new."""
    looked = {} if looked is None else looked
    lessons = find_lessons(index)
    for one in lessons:
        if one not in looked:
            looked[one] = look_back(index, one, placed=placed, solicited=solicited, hear=hear)
    return weigh(keep_newest(looked, lessons), prior=shipped(by_meaning=hear is not None) if prior is None else prior)


class Weights:
    """One index's weights, learned again as it grows; until then the shipped ones, or `prior`.

    `hear` tells a question's direction, where the index is to be asked by meaning.
    """

    def __init__(self, prior: Floats | None = None, *, hear: Hear | None = None) -> None:
        self.hear = hear
        self._prior = shipped(by_meaning=hear is not None) if prior is None else prior
        self._learned: dict[bool, tuple[int, Floats]] = {}
        self._looked: dict[bool, Looked] = {True: {}, False: {}}

    def follow(self, index: EvidenceIndex, *, placed: bool) -> Floats:
        """The weights for questions with a place or without one. Learns them where that is due: that takes seconds the
        first time, and a ranking for each new lesson after it.
        """
        size = size_to_learn_at(index.answers)
        learned, weights = self._learned.get(placed, (0, self._prior))
        if size > learned:
            looked = self._looked[placed]
            weights = learn(index, placed=placed, hear=self.hear, prior=self._prior, looked=looked)
            self._learned[placed] = size, weights
        return weights
