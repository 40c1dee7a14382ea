"""What shows that people know a topic, held so that a question can be laid beside all of it at once.

The index lives in memory and is kept up to date piece by piece; the store stays the truth it can be filled from again.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge.meanings import Meanings
from knowledge.model import Evidence, EvidenceKind
from knowledge.vectors import Bytes
from knowledge.words import plain, stems

Floats = npt.NDArray[np.float32]
Seconds = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int32]

KINDS: tuple[EvidenceKind, ...] = tuple(EvidenceKind)
_ANSWERED = KINDS.index(EvidenceKind.ANSWERED)

# BM25's usual constants: how soon a repeated word stops counting, and how much a long text is held against itself.
_TERM_SATURATION = 1.2
_LENGTH_PENALTY = 0.75

ENOUGH = 0.9
"""The share of the pieces with a topic whose meaning must be known for it to be compared."""

_LONGEST = 8000  # characters of one text that are read
_MOST_TERMS = 64  # of one question: the rarest; it bounds the time a pasted log file can take


@dataclass(slots=True)
class Columns:
    """One row a piece of evidence, in the order of adding. A removed piece has weight 0 and `alive` False.

    `person`, `place` and `thread` are numbers given by the index; -1 stands for none. `at` is in seconds since 1970.
    `delay` is how many seconds after its thread's earliest piece an answer came; -1 for all that is no such answer.
    `clock` is the time of day, in hours of UTC. `answers`: it answers a question that was put to everybody in a thread.
    """

    person: Ids
    place: Ids
    thread: Ids
    kind: npt.NDArray[np.int8]
    at: Seconds
    clock: Floats
    weight: Floats
    length: Floats
    delay: Floats
    answers: npt.NDArray[np.bool_]
    alive: npt.NDArray[np.bool_]

    @classmethod
    def empty(cls, rows: int) -> Columns:
        return cls(
            person=np.full(rows, -1, np.int32),
            place=np.full(rows, -1, np.int32),
            thread=np.full(rows, -1, np.int32),
            kind=np.zeros(rows, np.int8),
            at=np.zeros(rows, np.float64),
            clock=np.zeros(rows, np.float32),
            weight=np.zeros(rows, np.float32),
            length=np.zeros(rows, np.float32),
            delay=np.full(rows, -1, np.float32),
            answers=np.zeros(rows, np.bool_),
            alive=np.zeros(rows, np.bool_),
        )

    def first(self, rows: int) -> Columns:
        """A view of the first rows."""
        return Columns(
            person=self.person[:rows],
            place=self.place[:rows],
            thread=self.thread[:rows],
            kind=self.kind[:rows],
            at=self.at[:rows],
            clock=self.clock[:rows],
            weight=self.weight[:rows],
            length=self.length[:rows],
            delay=self.delay[:rows],
            answers=self.answers[:rows],
            alive=self.alive[:rows],
        )

    def grown(self, rows: int) -> Columns:
        """A copy with room for so many rows."""
        larger = Columns.empty(rows)
        held = len(self.alive)
        for name in self.__slots__:
            getattr(larger, name)[:held] = getattr(self, name)
        return larger


class EvidenceIndex:
    """All evidence of one workspace, found by its words, and by its meaning as far as that is known.

    Adding costs time in proportion to the text. Not safe for use by several threads at once.
    """

    def __init__(self, *, dimensions: int | None = None) -> None:
        self.meanings = Meanings(dimensions) if dimensions is not None else None
        self._reset()

    def _reset(self) -> None:
        self._pieces: list[Evidence | None] = []
        self._columns = Columns.empty(1024)
        self._postings: dict[str, tuple[array[int], array[int]]] = {}  # term → rows, and how often it stands there
        self._people: dict[str, int] = {}
        self._names: list[str] = []
        self._places: dict[str, int] = {}
        self._threads: dict[str, int] = {}
        self._next_thread = 0  # a number is given once: those of threads that are gone are still in the rows
        self._began: dict[int, float] = {}  # thread → its earliest piece, in seconds since 1970
        self._keys: dict[str, int] = {}  # of the pieces that were given one: their rows
        self._alive = 0
        self._answers = 0
        self._topics = 0  # pieces with a topic
        self._total_length = 0.0

    def __len__(self) -> int:
        return self._alive

    def __iter__(self) -> Iterator[Evidence]:
        """Every piece, in the order of adding."""
        return (piece for piece in self._pieces if piece is not None)

    def add(self, evidence: Evidence, *, key: str | None = None, codes: Bytes | None = None) -> None:
        """Take in one piece. The same piece added twice counts twice. By its `key`, where given, it can be dropped.

        `codes`: what `evidence.topic` means, by the model that the index is of.
        """
        if key is not None:
            self._keys[key] = len(self._pieces)
        row = len(self._pieces)
        if row == len(self._columns.alive):
            self._columns = self._columns.grown(2 * row)
        terms = Counter(_terms(evidence.text))
        if evidence.person not in self._people:
            self._people[evidence.person] = len(self._names)
            self._names.append(evidence.person)
        columns = self._columns
        columns.person[row] = self._people[evidence.person]
        if evidence.place is not None:
            columns.place[row] = self._places.setdefault(evidence.place, len(self._places))
        if evidence.thread is not None:
            columns.thread[row] = self._thread_number(evidence.thread)
        columns.kind[row] = KINDS.index(evidence.kind)
        columns.at[row] = evidence.at.timestamp()
        columns.clock[row] = columns.at[row] % 86_400 / 3600
        columns.weight[row] = evidence.weight
        columns.length[row] = terms.total()
        columns.delay[row] = self._delay(evidence, int(columns.thread[row]))
        columns.answers[row] = evidence.question is not None and evidence.thread is not None
        columns.alive[row] = True
        self._answers += int(columns.answers[row])
        self._topics += evidence.topic is not None
        for term, count in terms.items():
            rows, counts = self._postings.setdefault(term, (array("i"), array("i")))
            rows.append(row)
            counts.append(count)
        self._pieces.append(evidence)
        self._alive += 1
        if evidence.thread is not None and columns.at[row] < self._began[int(columns.thread[row])]:
            self._begin_anew(evidence.thread)
        self._total_length += terms.total()
        if codes is not None and self.meanings is not None and evidence.topic is not None:
            self.meanings.put(row, codes)

    def learn_meanings(self, codes: Mapping[str, Bytes]) -> None:
        """What pieces mean that are there already, by their keys; those that are not there are passed over."""
        if self.meanings is not None:
            for key, numbers in codes.items():
                row = self._keys.get(key)
                piece = self._pieces[row] if row is not None else None
                if row is not None and piece is not None and piece.topic is not None:
                    self.meanings.put(row, numbers)

    def is_understood(self) -> bool:
        """Whether enough is known of what pieces mean to compare them by it."""
        return self.meanings is not None and self.meanings.count >= ENOUGH * self._topics

    def turn_to(self, dimensions: int | None) -> None:
        """Begin anew with what pieces mean, by a model of so many dimensions, or by none."""
        self.meanings = Meanings(dimensions) if dimensions is not None else None

    def _thread_number(self, thread: str) -> int:
        number = self._threads.setdefault(thread, self._next_thread)
        self._next_thread = max(self._next_thread, number + 1)
        return number

    def _delay(self, evidence: Evidence, thread: int) -> float:
        if thread < 0:
            return -1.0
        at = evidence.at.timestamp()
        began = self._began.setdefault(thread, at)
        return at - began if evidence.kind is EvidenceKind.ANSWERED and at > began else -1.0

    def forget(self, person: str) -> int:
        """Remove every trace of a person, words that only they used included. Returns how many pieces went."""
        return self.remove(lambda piece: piece.person == person)

    def remove(self, unwanted: Callable[[Evidence], bool]) -> int:
        """Remove every piece that is unwanted, and each word, name and thread that only they held; returns how many."""
        return self._remove(
            {row: piece for row, piece in enumerate(self._pieces) if piece is not None and unwanted(piece)}
        )

    def drop(self, keys: Iterable[str]) -> int:
        """Remove the pieces with these keys; those that are not there are passed over. Returns how many went."""
        rows = [self._keys.pop(key) for key in list(keys) if key in self._keys]
        return self._remove({row: piece for row in rows if (piece := self._pieces[row]) is not None})

    def _remove(self, gone: Mapping[int, Evidence]) -> int:
        if not gone:
            return 0
        columns = self.columns
        terms: set[str] = set()
        for row, piece in gone.items():
            terms.update(_terms(piece.text))
            self._pieces[row] = None
            self._total_length -= float(columns.length[row])
            columns.weight[row] = 0.0
            self._answers -= int(columns.answers[row])
            self._topics -= piece.topic is not None
            columns.answers[row] = False
            columns.alive[row] = False
            if self.meanings is not None:
                self.meanings.drop(row)
        self._alive -= len(gone)
        for term in terms:
            self._weed(term)
        for person in {piece.person for piece in gone.values()}:
            number = self._people[person]
            if not np.any(columns.alive & (columns.person == number)):
                del self._people[person]
                self._names[number] = ""
        for thread in {piece.thread for piece in gone.values() if piece.thread is not None}:
            self._begin_anew(thread)
        if self._alive < len(self._pieces) // 2:
            self._rebuild()
        return len(gone)

    @contextmanager
    def beside(self, pieces: Iterable[tuple[Evidence, Bytes | None]]) -> Iterator[None]:
        """Within, these pieces are there as well, each with what it means, if that is known. Afterwards all is as it
        was, and nothing of them stays. Costs time in proportion to them, however many others there are. Nothing else
        may be added or removed within.
        """
        rows, people, places = len(self._pieces), len(self._names), len(self._places)
        before = (self._next_thread, self._alive, self._answers, self._topics, self._total_length)
        began = dict[str, float | None]()
        terms: set[str] = set()
        try:
            for piece, codes in pieces:
                terms.update(_terms(piece.text))
                if piece.thread is not None:
                    began.setdefault(piece.thread, self._began.get(self._threads.get(piece.thread, -1)))
                self.add(piece, codes=codes)
            yield
        finally:
            self._take_back(rows, terms)
            for name in self._names[people:]:
                del self._people[name]
            del self._names[people:]
            for name in list(self._places)[places:]:
                del self._places[name]
            for thread, earliest in began.items():
                if earliest is None:
                    self._began.pop(self._threads.pop(thread, -1), None)
                elif self._began[self._threads[thread]] != earliest:
                    self._begin_anew(thread)
            self._next_thread, self._alive, self._answers, self._topics, self._total_length = before

    def _take_back(self, row: int, terms: Iterable[str]) -> None:
        """Empty the rows from this one on, and the ends of the postings of these terms."""
        count = len(self._pieces)
        for term in terms:
            rows, counts = self._postings.get(term, (array("i"), array("i")))
            while rows and rows[-1] >= row:
                rows.pop()
                counts.pop()
            if not rows:
                self._postings.pop(term, None)
        if self.meanings is not None:
            for one in range(row, count):
                self.meanings.drop(one)
        blank = Columns.empty(count - row)
        for name in Columns.__slots__:
            getattr(self._columns, name)[row:count] = getattr(blank, name)
        del self._pieces[row:]

    def _begin_anew(self, thread: str) -> None:
        """A thread that has lost pieces, or got an earlier one: it is gone, or begins with the earliest there is."""
        columns, number = self.columns, self._threads[thread]
        left = np.flatnonzero(columns.alive & (columns.thread == number))
        if not len(left):
            del self._began[self._threads.pop(thread)]
            return
        began = self._began[number] = float(columns.at[left].min())
        for row in left.tolist():
            late = columns.at[row] - began
            columns.delay[row] = late if columns.kind[row] == _ANSWERED and late > 0 else -1.0

    def _weed(self, term: str) -> None:
        rows, counts = self._postings[term]
        stay = self._columns.alive[np.array(rows, np.int32)]
        if not stay.any():
            del self._postings[term]
            return
        self._postings[term] = (
            array("i", np.array(rows, np.int32)[stay].tolist()),
            array("i", np.array(counts, np.int32)[stay].tolist()),
        )

    def _rebuild(self) -> None:
        """Close the gaps."""
        keys = {row: key for key, row in self._keys.items()}
        before = self.meanings
        kept = [(row, piece, keys.get(row)) for row, piece in enumerate(self._pieces) if piece is not None]
        self._reset()
        self.turn_to(before.dimensions if before is not None else None)
        for row, piece, key in kept:
            self.add(piece, key=key, codes=before.codes(row) if before is not None else None)

    # ── What ranking reads ──────────────────────────────────────────────────────────────────────────────────────────

    @property
    def columns(self) -> Columns:
        """The rows in use; a view, valid until the next change."""
        return self._columns.first(len(self._pieces))

    @property
    def people(self) -> list[str]:
        """The people by number; an empty name is of one who was forgotten. Not to be changed."""
        return self._names

    def person(self, name: str | None) -> int:
        """The number of a person, or -1 of one without evidence."""
        return -1 if name is None else self._people.get(name, -1)

    def place(self, name: str | None) -> int:
        return -1 if name is None else self._places.get(name, -1)

    def thread(self, name: str | None) -> int:
        return -1 if name is None else self._threads.get(name, -1)

    def piece(self, row: int) -> Evidence:
        piece = self._pieces[row]
        assert piece is not None
        return piece

    @property
    def answers(self) -> int:
        """How many pieces answer a question that was put to everybody in a thread."""
        return self._answers

    def opening(self, row: int) -> Evidence | None:
        """What opened the thread of a piece; None where that was not kept."""
        rows = self.columns
        thread = np.flatnonzero((rows.thread == rows.thread[row]) & (rows.place == rows.place[row]) & rows.alive)
        first = thread[np.argmin(rows.at[thread])]
        return None if rows.answers[first] else self._pieces[first]

    def similarity(self, text: str) -> Floats:
        """How near each piece comes to a text, from 0 to 1: BM25 as a share of what the text's terms could give.

        S. Robertson and H. Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009).
        """
        scores = np.zeros(len(self._pieces), np.float32)
        found = [(term, self._postings[term]) for term in dict.fromkeys(_terms(text)) if term in self._postings]
        found.sort(key=lambda posting: (len(posting[1][0]), posting[0]))
        if not found:
            return scores
        mean_length = max(self._total_length / self._alive, 1.0)
        lengths = self._columns.length
        most = 0.0
        for _, (rows, counts) in found[:_MOST_TERMS]:
            rarity = float(np.log1p((self._alive - len(rows) + 0.5) / (len(rows) + 0.5)))
            most += rarity * (_TERM_SATURATION + 1)
            where = np.frombuffer(rows, np.int32)
            often = np.frombuffer(counts, np.int32).astype(np.float32)
            penalty = 1 - _LENGTH_PENALTY + _LENGTH_PENALTY / mean_length * lengths[where]
            scores[where] += rarity * often * (_TERM_SATURATION + 1) / (often + _TERM_SATURATION * penalty)
        return scores / np.float32(most)


def _terms(text: str) -> list[str]:
    return stems(plain(text, _LONGEST))
