"""One question laid beside all evidence: what speaks for each person, as numbers that a weight can be put on.

A person's chance is a product of hunches, each counted from evidence that fades: they answered something like this,
they answer in this place, they were about just now, they are usually about at this time of day, they talk with the
asker. What "just now" means is the tempo of the place: minutes in a busy chat, a day in a forum.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from knowledge.evidence import KINDS, EvidenceIndex, Floats
from knowledge.model import ABOUT_A_QUESTION, EvidenceKind

HUNCHES = (
    "topic",  # much said on the topic
    "closest",  # one thing said very close to it
    "nearest",  # answered the few questions that come closest, of all
    "here",  # answers in this place
    "here_these_days",
    "seen_here",  # how lately
    "now",  # about, anywhere
    "moments",  # said something minutes ago
    "seen",
    "habit",
    "together",
    "named",
)

BY_MEANING = (
    "meant",  # answered the few questions that come closest in what was asked and answered
    "closest_meant",  # one thing said that comes very close in it
)
"""Hunches more, where a language model has read the question and the evidence."""

Rows = npt.NDArray[np.intp]

_DAY = 86_400.0  # seconds


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
_ABOUT_A_QUESTION = np.array([kind in ABOUT_A_QUESTION for kind in KINDS])
_STANDS = np.array([kind in {EvidenceKind.OWNS, EvidenceKind.DECLARED} for kind in KINDS])

_NEAREST = 30  # answers that have a vote, the closest one a whole, the tenth a tenth of one
_MEANT = 1_000  # pieces whose meaning comes nearest, of which anything is counted
_ASKERS_PLACES = 60.0  # days: the half-life of where an asker is at home
_ABOUT = 14.0  # days: who owns an aid or declared a topic counts as seen no longer ago than that
_MOMENTS = 10 / 1440  # days

# In units of a place's tempo, the usual time until an answer comes there.
_NOW = 8.0
_THESE_DAYS = 50.0
_FORGOTTEN = 20.0  # half-lives after which nothing is left
_USUAL_TEMPO = 4.0  # hours, where no thread has shown one; it weighs as much as so many answers:
_PRIOR_ANSWERS = 5.0
_FASTEST = 0.1  # hours: a faster tempo is a conversation, not people coming by

_HABIT = 60.0  # days: the half-life of somebody's times of day
_HABIT_WIDTH = 1.5  # hours: the standard deviation around the time of day that is asked about
_APART = 5.0  # standard deviations: what is further from it adds nothing


def hunches_of(*, by_meaning: bool) -> tuple[str, ...]:
    """The names of all hunches that there are, with a language model or without one."""
    return HUNCHES + BY_MEANING if by_meaning else HUNCHES


class Case:
    """One question, asked at `now`. Pieces of evidence of its own `thread`, or not before `until`, do not count.

    `solicited`: answers were given because somebody was asked, and say nothing of who is about. `heard` is the
    question's direction, of length 1, by the model that the index is of; without it words alone are compared.
    """

    def __init__(
        self,
        index: EvidenceIndex,
        question: str,
        *,
        asker: str | None,
        place: str | None,
        now: datetime,
        thread: str | None = None,
        until: datetime | None = None,
        solicited: bool = False,
        heard: Floats | None = None,
    ) -> None:
        self.index = index
        self.by_meaning = heard is not None and index.meanings is not None
        self.rows = rows = index.columns
        self._now = now.timestamp()
        self._weight = rows.weight
        if (own := index.thread(thread)) >= 0:
            self._weight = np.where(rows.thread == own, np.float32(0), self._weight)
        if until is not None:
            self._weight = np.where(rows.at < until.timestamp(), self._weight, np.float32(0))
        self._counts = self._weight > 0
        # Evidence dated after `now` (a clock that is ahead) counts as if it were of now.
        age = (np.maximum(self._now - rows.at, 0) / _DAY).astype(np.float32)
        # What somebody declared they say of themselves until they take it back: it is as of now.
        self._age = np.where(rows.kind == _DECLARED, np.float32(0), age)
        self._faded = self._weight * np.exp2(-self._age / _HALF_LIFE[rows.kind])
        self._similar = index.similarity(question)
        self._alike = np.flatnonzero((self._similar > 0) & self._counts)
        self._about, self._meant = self._find_meant(heard)
        speaker = index.person(asker)
        self._askers = (rows.person == speaker) & self._counts if speaker >= 0 else np.zeros(len(age), np.bool_)
        self._here, tempo = self._find_place(place)
        self._since = self._age * np.float32(24 / tempo)  # age in units of the tempo
        # Whoever was asked and answered would otherwise seem to be about, be asked again, and bear it all in the end.
        self._stands = _STANDS[rows.kind]
        self._silent = self._stands | (_ANSWERED[rows.kind] & solicited)
        self._spoken = np.where(self._silent, np.float32(0), self._weight)

    def has_evidence(self) -> npt.NDArray[np.bool_]:
        """Whether anything at all speaks for each person, by their number."""
        known = np.zeros(len(self.index.people), np.bool_)
        known[self.rows.person[self._counts]] = True
        return known

    def topical(self, rows: Rows) -> Floats:
        """How much each of these pieces says of knowing the topic."""
        similar = self._similar[rows]
        return similar * similar * _KNOWS[self.rows.kind[rows]] * self._faded[rows]

    def hunches(self, named: Collection[str] = ()) -> Floats:
        """A row a person, by number; a column for each of `hunches_of`. `named` are whom the question mentions."""
        rows, here, alike = self.rows, self._here, self._alike
        responds = _RESPONDS[rows.kind] * self._faded
        near, with_asker = np.flatnonzero(here), self._with_asker()
        topic = self._per_person(self.topical(alike), alike)
        answers = alike[_ANSWERED[rows.kind[alike]] | rows.answers[alike]]
        closest = self._most(self._similar[alike] * _KNOWS[rows.kind[alike]] * self._faded[alike], alike)
        found = {
            "topic": np.log1p(topic / np.float32(0.03)),
            "closest": np.log1p(closest / np.float32(0.05)),
            "nearest": np.log1p(self._votes(answers, self._similar[answers]) / np.float32(0.1)),
            "here": np.log1p(self._per_person(responds[near] * here[near], near) / np.float32(0.3)),
            "here_these_days": np.log1p(self._spoken_within(_THESE_DAYS, here) / np.float32(0.1)),
            "seen_here": np.log(self._last_seen(here) + np.float32(0.001)),
            "now": np.log1p(self._spoken_within(_NOW) / np.float32(0.1)),
            "moments": np.log1p(self._spoken_moments_ago()),
            "seen": np.log(self._last_seen() + np.float32(1e-5)),
            "habit": self._habit(),
            "together": np.log1p(self._per_person(responds[with_asker], with_asker) / np.float32(0.3)),
            "named": self._named(named),
        }
        if self.by_meaning:
            about, meant = self._about, self._meant
            given = _ANSWERED[rows.kind[about]] | rows.answers[about]
            found["meant"] = np.log1p(self._votes(about[given], meant[given]) / np.float32(0.1))
            found["closest_meant"] = self._most(meant * _KNOWS[rows.kind[about]] * self._faded[about], about)
        return np.stack([found[name] for name in hunches_of(by_meaning=self.by_meaning)], axis=1)

    def _per_person(self, amount: Floats, rows: Rows | None = None) -> Floats:
        person = self.rows.person if rows is None else self.rows.person[rows]
        return np.bincount(person, amount, len(self.index.people)).astype(np.float32)

    def _most(self, amount: Floats, rows: Rows | None = None) -> Floats:
        most = np.zeros(len(self.index.people), np.float32)
        np.maximum.at(most, self.rows.person if rows is None else self.rows.person[rows], amount)
        return most

    def _votes(self, answers: Rows, near: Floats) -> Floats:
        """The nearest of these answers vote for who gave them; equally near ones have the same say."""
        far = -np.round(near, 4)  # whatever the order in which the processor added them up
        if len(answers) > _NEAREST:
            last = np.partition(far, _NEAREST - 1)[_NEAREST - 1]
            answers, far = answers[far <= last], far[far <= last]
        nearer = np.searchsorted(np.sort(far), far)
        return self._per_person((1 / (1 + nearer)).astype(np.float32), answers)

    def _find_meant(self, heard: Floats | None) -> tuple[Rows, Floats]:
        """The pieces about a question that come nearest to this one in what they mean, and how near.

        Of those that the model has not read it is guessed by how many words they share: they are taken to be as near as
        others are that share as many.
        """
        meanings, rows = self.index.meanings, self.rows
        if heard is None or meanings is None:
            return self._alike[:0], self._similar[:0]
        about, near = meanings.nearest(heard, self._counts, _MEANT)
        alike = self._alike[_ABOUT_A_QUESTION[rows.kind[self._alike]] | rows.answers[self._alike]]
        known = meanings.knows(alike)
        unread, read = alike[~known], alike[known]
        if not len(unread) or not len(read):
            return about, near
        read = read[np.argsort(-self._similar[read], kind="stable")[:_MEANT]]
        shared, said = self._similar[read], meanings.nearness(heard, read)
        slope = float(np.cov(shared, said)[0, 1] / max(shared.var(), 1e-9)) if len(read) > 1 else 0.0
        guessed = said.mean() + slope * (self._similar[unread] - shared.mean())
        about = np.concatenate([about, unread])
        near = np.concatenate([near, np.clip(guessed, 0, 1).astype(np.float32)])
        best = np.argsort(-near, kind="stable")[:_MEANT]
        return about[best], near[best]

    def _find_place(self, place: str | None) -> tuple[Floats, float]:
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
        answers = np.flatnonzero((rows.delay >= 0) & self._counts)
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
        alike = self._alike
        squared = self._similar[alike] * self._similar[alike]
        by_words = np.bincount(rows.place[alike] + 1, squared * squared * self._faded[alike], places)[1:]
        spoken = np.flatnonzero(self._askers)
        fresh = self._weight[spoken] * np.exp2(-self._age[spoken] / _ASKERS_PLACES)
        homes = np.bincount(rows.place[spoken] + 1, fresh, places)[1:]
        by_words = by_words / max(by_words.sum(), 1e-9)
        homes = homes / (homes.sum() + 0.5)  # an asker hardly known says little of where they ask
        chance = by_words * (1 - homes.sum() / 2) + homes / 2
        return np.append(chance / max(chance.sum(), 1e-9), 0).astype(np.float32)

    def _with_asker(self) -> Rows:
        """What others said in threads in which the asker spoke too."""
        rows = self.rows
        shared = np.zeros(int(rows.thread.max()) + 2, np.bool_)  # the last one is the row of no thread
        shared[rows.thread[self._askers]] = True
        shared[-1] = False
        return np.flatnonzero(shared[rows.thread] & ~self._askers)

    def _spoken_within(self, half_life: float, here: Floats | None = None) -> Floats:
        """How much each person said lately, by a half-life in units of the tempo."""
        lately = np.flatnonzero((self._since < half_life * _FORGOTTEN) & (self._spoken > 0))
        amount = self._spoken[lately] * np.exp2(-self._since[lately] / np.float32(half_life))
        return self._per_person(amount if here is None else amount * here[lately], lately)

    def _spoken_moments_ago(self) -> Floats:
        """How often each person spoke in the last minutes."""
        lately = np.flatnonzero((self._age < _MOMENTS) & (self._spoken > 0))
        return self._per_person(np.ones(len(lately), np.float32), lately)

    def _last_seen(self, here: Floats | None = None) -> Floats:
        """From 1, this moment, down to 0: how lately each person was seen, measured by the tempo."""
        standing = np.float32(_ABOUT) * (self._since / np.maximum(self._age, np.float32(1e-6)))
        since = np.where(self._stands, np.minimum(self._since, standing), self._since)
        since = np.where(self._silent & ~self._stands, standing, since)
        near = np.where(self._counts, 1 / (1 + since), np.float32(0))
        return self._most(near if here is None else near * here)

    def _habit(self) -> Floats:
        """How much more than by chance each person speaks around this time of day, as a logarithm."""
        apart = np.abs(self.rows.clock - np.float32(self._now % _DAY / 3600))
        apart = np.minimum(apart, 24 - apart)
        lasting = self._spoken * np.exp2(-self._age / np.float32(_HABIT))
        close = np.flatnonzero((apart < _HABIT_WIDTH * _APART) & (lasting > 0))
        near = lasting[close] * np.exp(-((apart[close] / np.float32(_HABIT_WIDTH)) ** 2) / 2)
        chance = np.float32(_HABIT_WIDTH * np.sqrt(2 * np.pi) / 24)
        return np.log((self._per_person(near, close) + chance) / (self._per_person(lasting) * chance + chance))

    def _named(self, named: Collection[str]) -> Floats:
        mentioned = np.zeros(len(self.index.people), np.float32)
        for name in named:
            if (number := self.index.person(name)) >= 0:
                mentioned[number] = 1
        return mentioned
