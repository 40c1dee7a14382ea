"""Who is likely to answer this question: evidence → ranked experts with reasons. Pure, given the index.

A person's chance is a product of hunches, each counted from evidence that fades: they answered something like this,
they answer in this place, they were about just now, they are usually about at this time of day, they talk with the
asker. What "just now" means is the tempo of the place: minutes in a busy chat, a day in a forum. That makes a
conditional logit over the people (D. McFadden, Conditional logit analysis of qualitative choice behavior, 1974) on
logarithms of counts.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Container
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from knowledge.evidence import KINDS, EvidenceIndex, Floats
from knowledge.model import Evidence, EvidenceKind, RankedExpert

_DAY = 86_400.0  # seconds
_MOST_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trust:
    """What one piece of a kind says of knowing its topic, what of answering at all, and its half-life in days."""

    knows: float
    responds: float
    half_life: float


# An owned aid and a declared topic are deliberate, and true until they are taken back; talk is worth least.
_TRUST = {
    EvidenceKind.ANSWERED: _Trust(knows=1.0, responds=1.0, half_life=180),
    EvidenceKind.OWNS: _Trust(knows=1.5, responds=0.0, half_life=720),
    EvidenceKind.DECLARED: _Trust(knows=1.5, responds=0.0, half_life=720),
    EvidenceKind.THANKED: _Trust(knows=0.5, responds=0.3, half_life=180),
    EvidenceKind.NAMED: _Trust(knows=0.5, responds=0.0, half_life=180),
    EvidenceKind.SPOKE: _Trust(knows=0.5, responds=0.3, half_life=180),
}
_KNOWS = np.array([_TRUST[kind].knows for kind in KINDS], np.float32)
_RESPONDS = np.array([_TRUST[kind].responds for kind in KINDS], np.float32)
_HALF_LIFE = np.array([_TRUST[kind].half_life for kind in KINDS], np.float32)
_DECLARED = KINDS.index(EvidenceKind.DECLARED)
_ANSWERED = np.array([kind is EvidenceKind.ANSWERED for kind in KINDS])
_STANDS = np.array([kind in {EvidenceKind.OWNS, EvidenceKind.DECLARED} for kind in KINDS])

_ASKERS_PLACES = 60.0  # days: the half-life of where an asker is at home
_ABOUT = 14.0  # days: who owns an aid or declared a topic counts as seen no longer ago than that

# In units of a place's tempo, the usual time until an answer comes there.
_NOW = 8.0
_THESE_DAYS = 50.0
_USUAL_TEMPO = 4.0  # hours, where no thread has shown one; it weighs as much as so many answers:
_PRIOR_ANSWERS = 5.0
_FASTEST = 0.1  # hours: a faster tempo is a conversation, not people coming by

_HABIT = 60.0  # days: the half-life of somebody's times of day
_HABIT_WIDTH = 1.5  # hours: the standard deviation around the time of day that is asked about

# Fitted on public chats, none below 0, and rounded: `python -m benchmarks.routing` shows how well they hold.
# Few on purpose: richer sets of hunches fitted the chats they had seen better, and unseen ones worse.
_WEIGHTS = {
    "topic": 0.4,  # much said on the topic
    "closest": 1.6,  # one thing said very close to it
    "here": 0.3,  # answers in this place
    "here_these_days": 0.3,
    "seen_here": 0.15,  # how lately
    "now": 0.1,  # about, anywhere
    "seen": 0.3,
    "habit": 0.3,
    "together": 0.13,
    "named": 3.0,
}


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
    limit: int = 10,
) -> tuple[RankedExpert, ...]:
    """The people likeliest to answer, best first; never the asker, nobody outside `willing` (None: everybody).

    Without a `place` it is guessed from the question's words and from where the asker speaks. `thread` is the
    question's own, whose evidence does not count. `named` are people whom the question mentions. `solicited`: answers
    were given because somebody was asked, and say nothing of who is about. Only people with evidence are found.
    Scores order the people of one question and mean nothing beyond it; equals stand by name.
    """
    if not len(index) or limit < 1:
        return ()
    case = _Case(
        index,
        question,
        asker=index.person(asker),
        place=place,
        now=now,
        thread=index.thread(thread),
        solicited=solicited,
    )
    scores = sum(np.float32(_WEIGHTS[name]) * hunch for name, hunch in case.hunches(named).items())
    assert isinstance(scores, np.ndarray)
    scores = np.round(scores, 4)  # equals stay equals, whatever the order in which the processor added them up
    people = index.people
    able = (
        number
        for number in np.flatnonzero(case.per_person(case.weight) > 0).tolist()
        if people[number] != asker and (willing is None or people[number] in willing)
    )
    descending = (-scores).tolist()
    best = heapq.nsmallest(limit, able, key=lambda number: (descending[number], people[number]))
    return tuple(
        RankedExpert(
            person=people[number], score=float(scores[number]), reasons=_strongest(index, case.topical, number)
        )
        for number in best
    )


class _Case:
    """One question laid beside all evidence: what each row says of it, then what that says of each person."""

    def __init__(
        self,
        index: EvidenceIndex,
        question: str,
        *,
        asker: int,
        place: str | None,
        now: datetime,
        thread: int,
        solicited: bool,
    ) -> None:
        self.index = index
        self.now = now.timestamp()
        self.rows = rows = index.columns
        self.weight = np.where(rows.thread == thread, np.float32(0), rows.weight) if thread >= 0 else rows.weight
        # Evidence dated after `now` (a clock that is ahead) counts as if it were of now.
        age = (np.maximum(now.timestamp() - rows.at, 0) / _DAY).astype(np.float32)
        # What somebody declared they say of themselves until they take it back: it is as of now.
        self.age = np.where(rows.kind == _DECLARED, np.float32(0), age)
        self.faded = self.weight * np.exp2(-self.age / _HALF_LIFE[rows.kind])
        self.similar = index.similarity(question)
        self.topical = self.similar * self.similar * _KNOWS[rows.kind] * self.faded
        self.askers = (rows.person == asker) & (self.weight > 0) if asker >= 0 else np.zeros(len(self.age), np.bool_)
        self.here, tempo = self._here(place)
        self.since = self.age * np.float32(24 / tempo)  # age in units of the tempo
        # Whoever was asked and answered would otherwise seem to be about, be asked again, and bear it all in the end.
        self.silent = _STANDS[rows.kind] | (_ANSWERED[rows.kind] & solicited)
        self.spoken = np.where(self.silent, np.float32(0), self.weight)

    def per_person(self, amount: Floats) -> Floats:
        return np.bincount(self.rows.person, amount, len(self.index.people)).astype(np.float32)

    def hunches(self, named: Collection[str]) -> dict[str, Floats]:
        """One number a person under each name of `_WEIGHTS`."""
        rows, kind = self.rows, self.rows.kind
        responds, here = _RESPONDS[kind] * self.faded, self.here
        closest = np.zeros(len(self.index.people), np.float32)
        np.maximum.at(closest, rows.person, self.similar * _KNOWS[kind] * self.faded)
        return {
            "topic": np.log1p(self.per_person(self.topical) / np.float32(0.03)),
            "closest": np.log1p(closest / np.float32(0.05)),
            "here": np.log1p(self.per_person(responds * here) / np.float32(0.3)),
            "here_these_days": np.log1p(self._spoken_within(_THESE_DAYS, here) / np.float32(0.1)),
            "seen_here": np.log(self._last_seen(here) + np.float32(0.001)),
            "now": np.log1p(self._spoken_within(_NOW) / np.float32(0.1)),
            "seen": np.log(self._last_seen() + np.float32(1e-5)),
            "habit": self._habit(),
            "together": np.log1p(self.per_person(responds * self._with_asker()) / np.float32(0.3)),
            "named": self._named(named),
        }

    def _here(self, place: str | None) -> tuple[Floats, float]:
        """How likely each row's place is the one that the question belongs to, and the tempo there, in hours."""
        rows = self.rows
        usual, tempos = self._tempos()
        if place is not None:
            number = self.index.place(place)
            chance = np.where((rows.place == number) & (number >= 0), np.float32(1), np.float32(0))
            return chance, float(np.exp(tempos[number] if 0 <= number < len(tempos) else usual))
        chances = self._likely_places()
        sure = float(chances.sum())
        tempo = float((chances[:-1] * tempos).sum()) / sure if sure > 0 else usual
        return np.where(rows.place >= 0, chances[rows.place], np.float32(0)), float(np.exp(tempo))

    def _tempos(self) -> tuple[float, Floats]:
        """The usual time until an answer comes, in general and by place: logarithms of hours."""
        rows = self.rows
        answers = np.flatnonzero((rows.delay >= 0) & (self.weight > 0))
        hours = np.log(np.maximum(rows.delay[answers] / np.float32(3600), np.float32(_FASTEST)))
        usual = (float(hours.sum()) + _PRIOR_ANSWERS * float(np.log(_USUAL_TEMPO))) / (len(hours) + _PRIOR_ANSWERS)
        places = int(rows.place.max()) + 2
        total = np.bincount(rows.place[answers] + 1, hours, places)[1:]
        number = np.bincount(rows.place[answers] + 1, minlength=places)[1:]
        return usual, ((total + _PRIOR_ANSWERS * usual) / (number + _PRIOR_ANSWERS)).astype(np.float32)

    def _likely_places(self) -> Floats:
        """The chance of each place by number: half by where the asker speaks, the rest by where such words are used."""
        rows = self.rows
        places = int(rows.place.max()) + 2  # the last one stands for none
        alike = np.flatnonzero(self.similar)
        by_words = np.bincount(rows.place[alike] + 1, self.similar[alike] ** 4 * self.faded[alike], places)[1:]
        spoken = np.flatnonzero(self.askers)
        fresh = self.weight[spoken] * np.exp2(-self.age[spoken] / _ASKERS_PLACES)
        homes = np.bincount(rows.place[spoken] + 1, fresh, places)[1:]
        by_words = by_words / max(by_words.sum(), 1e-9)
        homes = homes / (homes.sum() + 0.5)  # an asker hardly known says little of where they ask
        chance = by_words * (1 - homes.sum() / 2) + homes / 2
        return np.append(chance / max(chance.sum(), 1e-9), 0).astype(np.float32)

    def _with_asker(self) -> Floats:
        """1 where somebody spoke in a thread in which the asker spoke too."""
        rows = self.rows
        shared = np.zeros(int(rows.thread.max()) + 2, np.float32)  # the last one is the row of no thread
        shared[rows.thread[self.askers]] = 1
        shared[-1] = 0
        return np.where(self.askers, np.float32(0), shared[rows.thread])

    def _spoken_within(self, half_life: float, here: Floats | None = None) -> Floats:
        """How much each person said lately, by a half-life in units of the tempo."""
        amount = self.spoken * np.exp2(-self.since / np.float32(half_life))
        return self.per_person(amount if here is None else amount * here)

    def _last_seen(self, here: Floats | None = None) -> Floats:
        """From 1, this moment, down to 0: how lately each person was seen, measured by the tempo."""
        rows = self.rows
        standing = np.float32(_ABOUT) * (self.since / np.maximum(self.age, np.float32(1e-6)))
        since = np.where(_STANDS[rows.kind], np.minimum(self.since, standing), self.since)
        since = np.where(self.silent & ~_STANDS[rows.kind], standing, since)
        near = np.where(self.weight > 0, 1 / (1 + since), np.float32(0))
        nearest = np.zeros(len(self.index.people), np.float32)
        np.maximum.at(nearest, rows.person, near if here is None else near * here)
        return nearest

    def _habit(self) -> Floats:
        """How much more than by chance each person speaks around this time of day, as a logarithm."""
        apart = np.abs(self.rows.at % 86_400 - self.now % 86_400).astype(np.float32) / np.float32(3600)
        apart = np.minimum(apart, 24 - apart)
        near = np.exp(-((apart / np.float32(_HABIT_WIDTH)) ** 2) / 2)
        lasting = self.spoken * np.exp2(-self.age / np.float32(_HABIT))
        chance = np.float32(_HABIT_WIDTH * np.sqrt(2 * np.pi) / 24)
        return np.log((self.per_person(lasting * near) + chance) / (self.per_person(lasting) * chance + chance))

    def _named(self, named: Collection[str]) -> Floats:
        mentioned = np.zeros(len(self.index.people), np.float32)
        for name in named:
            if (number := self.index.person(name)) >= 0:
                mentioned[number] = 1
        return mentioned


def _strongest(index: EvidenceIndex, topical: Floats, person: int) -> tuple[Evidence, ...]:
    """The pieces that speak for the person on this topic, best first; of one thread or one text only the best."""
    rows = np.flatnonzero((index.columns.person == person) & (topical > 0))
    best = rows[np.argsort(-topical[rows], kind="stable")][: 8 * _MOST_REASONS]
    reasons: dict[object, Evidence] = {}
    for row in best.tolist():
        piece = index.piece(row)
        reasons.setdefault(piece.thread or piece.text, piece)
    return tuple(reasons.values())[:_MOST_REASONS]
