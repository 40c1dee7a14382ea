"""The searchable copy of one workspace's published snippets, in memory.

Snippets with the same audience share a shard, and a search opens only the shards that the asker may see. So what is
hidden is neither searched nor counted: not even the rarity of a word gives it away.
"""

from __future__ import annotations

import shutil
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import log
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
import tantivy

from knowledge.embedding import Floats
from knowledge.model import Snippet
from knowledge.shard import ROW_BITS, SCHEMA, Entry, Fresh, Shard, empty
from knowledge.vectors import Codes, fingerprint
from knowledge.words import (
    EMPTY_WORDS,
    canonical,
    listed_questions,
    plain,
    sentences,
    stems,
    stems_of_short,
    without_link_targets,
)

_TITLE_BOOST = 0.6  # a word in the title counts once more, by this much; among .3 … 1.2 the best R@5 of the candidates
__all__ = ["Entry", "Index", "Reading", "View", "read"]

_SECOND = "abcdefghijklmnopqrstuvwxyz0123456789"
_KEPT = 4096  # entries, and readings at some 15 kB each

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A snippet as stems, for comparing it with a question. Only `counts` and `wording` have the empty words too."""

    wording: str  # the title, made canonical
    title: frozenset[str]
    heading: frozenset[str]  # the last part of a title "Page — Heading", else the title
    tags: frozenset[str]
    phrasings: tuple[frozenset[str], ...]
    sentences: tuple[frozenset[str], ...]
    listed: tuple[frozenset[str], ...]  # the questions that it lists without an answer
    words: frozenset[str]  # of title and text
    counts: Mapping[str, int]  # how often each occurs in title and text


class View:
    """What one asker may see of the index, at one revision, for the time of one question."""

    def __init__(self, shards: Sequence[Shard], kept: _Kept) -> None:
        self._shards = tuple(shards)
        self._kept = kept
        self._frequencies: dict[str, int] = {}
        self.size = sum(shard.size for shard in shards)
        self.mean_length = sum(shard.words for shard in shards) / max(1, self.size)

    def frequency(self, stem: str) -> int:
        """In how many visible snippets the stem occurs. In a large shard those count that were lately removed."""
        known = self._frequencies.get(stem)
        if known is None:
            met = sum(shard.searcher.doc_freq("everything", stem) for shard in self._shards)
            known = self._frequencies[stem] = min(self.size, met)
        return known

    def rarity(self, frequency: int) -> float:
        """Inverse document frequency in the form of Robertson and Zaragoza, never below 0."""
        return log(1 + (self.size - frequency + 0.5) / (frequency + 0.5))

    def candidates(self, wanted: Iterable[str], limit: int) -> list[Entry]:
        """The visible snippets nearest by BM25 over all words, and again over the title's, at most `limit` a shard."""
        clauses = []
        for stem in wanted:  # term by term: what somebody typed is never parsed as a query
            anywhere = tantivy.Query.term_query(SCHEMA, "everything", stem, "freq")
            in_title = tantivy.Query.term_query(SCHEMA, "title", stem, "freq")
            clauses.append((tantivy.Occur.Should, anywhere))
            clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(in_title, _TITLE_BOOST)))
        if not clauses:
            return []
        query = tantivy.Query.boolean_query(clauses)
        found: list[Entry] = []
        for shard in self._shards:
            hits = shard.searcher.search(query, limit, count=False).hits
            found += self._entries(shard, [address for _, address in hits])
        return found

    def similar(self, direction: Floats, limit: int) -> list[Entry]:
        """The visible snippets nearest by meaning, nearest first within a shard, at most `limit` a shard."""
        found: list[Entry] = []
        for shard in self._shards:
            if shard.directions is None:
                continue
            rows = shard.directions.nearest(direction, limit)
            entries = {entry.row: entry for entry in self._entries(shard, list(shard.find("row", rows)))}
            found += [entries[row] for row in rows]
        return found

    def cosines(self, direction: Floats, entries: Sequence[Entry]) -> list[list[float] | None]:
        """Of a direction with each snippet's whole, title and parts; None where its directions are not known."""
        found: dict[int, list[float]] = {}
        for shard, mine in self._at_home(entries):
            assert shard.directions is not None
            told = shard.directions.cosines(direction, [entry.row for entry in mine])
            found.update((entry.number, one) for entry, one in zip(mine, told, strict=True) if one is not None)
        return [found.get(entry.number) for entry in entries]

    def likenesses(self, words: Floats, weights: Floats, entries: Sequence[Entry]) -> list[float | None]:
        """How well the words of each snippet answer to these directions; None where its directions are not known."""
        found: dict[int, float] = {}
        for shard, mine in self._at_home(entries):
            assert shard.directions is not None
            told = shard.directions.likenesses(words, weights, [entry.row for entry in mine])
            found.update((entry.number, one) for entry, one in zip(mine, told, strict=True) if one is not None)
        return [found.get(entry.number) for entry in entries]

    def sample(self, count: int) -> list[Entry]:
        """At most so many of the visible snippets, evenly spread over the rows of each shard."""
        found: list[Entry] = []
        for shard in self._shards:
            rows = np.flatnonzero(shard.alive)
            chosen = rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(np.int64)]
            found += self._entries(shard, list(shard.find("row", chosen.tolist())))
        return found

    def crowds(self, measure: Callable[[View], float]) -> list[tuple[int, float]]:
        """The size of each shard, and what was measured of it alone when it was last measured: now, if never."""
        for shard in self._shards:
            if not shard.crowd:
                shard.crowd.append((shard.size, measure(View([shard], self._kept))))
        return [(shard.size, shard.crowd[0][1]) for shard in self._shards]

    def worded(self, wording: str) -> list[Entry]:
        """The visible snippets whose title or known phrasing, made canonical, is `wording`."""
        return [
            entry for shard in self._shards for entry in self._entries(shard, list(shard.find("wording", [wording])))
        ]

    def is_shared(self, wording: str) -> bool:
        """Whether several visible snippets have this as their title or known phrasing, made canonical."""
        if not wording or sum(shard.searcher.doc_freq("wording", wording) for shard in self._shards) < 2:
            return False
        found = 0  # what was removed lately is counted above
        for shard in self._shards:
            query = tantivy.Query.term_query(SCHEMA, "wording", wording, "basic")
            found += len(shard.searcher.search(query, 2, count=False).hits)
        return found > 1

    def vocabulary(self, first: str, length: int) -> list[str]:
        """The visible stems that begin with the character `first` and have `length` characters."""
        found: set[str] = set()
        for shard in self._shards:
            if (first, 0) not in shard.vocabulary:
                lengths: defaultdict[int, list[str]] = defaultdict(list)
                for begin in _begins(first):
                    for stem, _ in shard.searcher.terms_with_prefix("everything", begin):
                        lengths[len(stem)].append(stem)
                shard.vocabulary.update({(first, size): tuple(some) for size, some in lengths.items()})
                shard.vocabulary[first, 0] = ()  # says that this letter is filled
            found.update(shard.vocabulary.get((first, length), ()))
        return sorted(found)

    def read(self, entry: Entry) -> Reading:
        return self._kept.remember(self._kept.readings, entry.number, lambda: read(entry.snippet))

    def _at_home(self, entries: Sequence[Entry]) -> Iterator[tuple[Shard, list[Entry]]]:
        """The shards that hold directions, each with those of the entries that are its own."""
        for shard in self._shards:
            mine = [entry for entry in entries if entry.number >> ROW_BITS == shard.serial]
            if mine and shard.directions is not None:
                yield shard, mine

    def _entries(self, shard: Shard, addresses: list[tantivy.DocAddress]) -> list[Entry]:
        numbers = [shard.serial << ROW_BITS | int(row) for row in shard.rows(addresses)]
        return [
            self._kept.remember(self._kept.entries, number, partial(shard.entry, address))
            for number, address in zip(numbers, addresses, strict=True)
        ]


def _begins(first: str) -> list[str]:
    """What stems with this first character begin with, in parts: one list of a hundred thousand terms would hold the
    interpreter for long. Diacritics are folded away, so that behind a letter of English stand no others.
    """
    return [first + second for second in _SECOND] if first in _SECOND else [first]


class _Kept:
    """What was read lately, by number."""

    def __init__(self) -> None:
        self.entries: dict[int, Entry] = {}
        self.readings: dict[int, Reading] = {}
        self._adding = threading.Lock()

    def remember(self, held: dict[int, T], number: int, make: Callable[[], T]) -> T:
        found = held.get(number)
        if found is None:
            found = make()
            with self._adding:
                held[number] = found
                if len(held) > _KEPT:  # one at a time: letting all go at once would hold the interpreter for long
                    del held[next(iter(held))]
        return found


@dataclass(frozen=True, slots=True)
class _Change:
    """What happens to one shard."""

    gone: list[int] = field(default_factory=list)  # rows
    fresh: list[Fresh] = field(default_factory=list)
    found: list[tuple[int, Codes]] = field(default_factory=list)  # directions of rows that stay


@dataclass(frozen=True, slots=True)
class _State:
    shards: Mapping[frozenset[str], Shard]
    revision: int


class Index:
    """Published snippets, ready to be searched from any thread. One thread applies, others search what was before.

    With a `folder` their words lie there, in files; without one in memory. `model` is the identity of the model whose
    directions are held, `dimensions` their length; without a model words alone are.
    """

    def __init__(self, folder: Path | None = None, *, model: str = "", dimensions: int | None = None) -> None:
        self._folder = folder
        self._applying = threading.Lock()
        self._state = _State({}, 0)  # replaced as a whole, so that a reader never sees half a change
        self._kept = _Kept()
        self.model = model
        self.dimensions = dimensions

    @property
    def revision(self) -> int:
        """What the last `apply` said it stands for; 0 before the first."""
        return self._state.revision

    def __len__(self) -> int:
        return sum(shard.size for shard in self._state.shards.values())

    @property
    def size(self) -> int:
        """Bytes of memory, about; words that lie in files are the system's to keep or to drop."""
        return sum(shard.bytes for shard in self._state.shards.values())

    def standing(self) -> tuple[list[Shard], int]:
        """What there is now, and its revision: for keeping it in files."""
        state = self._state
        return list(state.shards.values()), state.revision

    def contents(self) -> Iterator[tuple[Snippet, Codes | None]]:
        """Every snippet, with its directions where they are known."""
        for shard in self._state.shards.values():
            for entry in shard.everything():
                yield entry.snippet, shard.codes(entry.row)

    def standing_for(self, shards: Iterable[Shard], revision: int) -> Self:
        """The index with these shards, as they were kept."""
        self._state = _State({shard.audience: shard for shard in shards}, revision)
        return self

    def get(self, snippet_id: str) -> Snippet | None:
        for shard in self._state.shards.values():
            for address in shard.find("id", [snippet_id]):
                return shard.entry(address).snippet
        return None

    def apply(
        self,
        *,
        upsert: Iterable[Snippet],
        remove: Iterable[str],
        revision: int,
        vectors: Mapping[str, Codes] | None = None,
    ) -> None:
        """Bring the index to `revision`: removals first, then `upsert`. Applying the same again changes nothing.

        `vectors` are directions by fingerprint, of what is fresh or lacks them. A snippet that changes in anything but
        title and text keeps its own. Searches that run meanwhile see all of what was before. A revision older than the
        present one is ignored, since another thread has already gone further.
        """
        with self._applying:
            if revision < self.revision:
                return
            changes = self._compare({snippet.id: snippet for snippet in upsert}, frozenset(remove), vectors or {})
            self._become(self._changed(changes), revision)
            for audience in changes.keys() & self._state.shards.keys():
                self._state.shards[audience].let_go()

    def turn_to(self, model: str, dimensions: int | None, vectors: Mapping[str, Codes]) -> None:
        """Hold the directions of another model from now on: these, by fingerprint."""
        with self._applying:
            self.model, self.dimensions = model, dimensions
            found: defaultdict[frozenset[str], list[tuple[int, Codes]]] = defaultdict(list)
            for shard, entry in self._find("fingerprint", vectors):
                found[shard.audience].append((entry.row, vectors[fingerprint(entry.snippet)]))
            shards = {
                audience: shard.turned(dimensions).directed(found[audience])
                for audience, shard in self._state.shards.items()
            }
            self._state = _State(shards, self.revision)

    def undirected(self, limit: int) -> list[Snippet]:
        """Snippets whose directions are not known, at most `limit`."""
        missing: list[Snippet] = []
        for shard in self._state.shards.values():
            rows = shard.undirected()[: limit - len(missing)]
            missing += [shard.entry(address).snippet for address in shard.find("row", rows)]
        return missing

    def view(self, grants: frozenset[str]) -> View:
        """The snippets of which the audience shares a grant with `grants`."""
        return View([shard for shard in self._state.shards.values() if shard.audience & grants], self._kept)

    def whole(self) -> View:
        """All that there is: to be measured, never to be shown to an asker."""
        return View(list(self._state.shards.values()), self._kept)

    def _compare(
        self, wanted: Mapping[str, Snippet], remove: frozenset[str], vectors: Mapping[str, Codes]
    ) -> dict[frozenset[str], _Change]:
        """What has to change in each shard."""
        changes: defaultdict[frozenset[str], _Change] = defaultdict(_Change)
        present = {entry.snippet.id: (shard, entry) for shard, entry in self._find("id", {*remove, *wanted})}
        for snippet_id, (shard, entry) in present.items():
            if entry.snippet != wanted.get(snippet_id):
                changes[shard.audience].gone.append(entry.row)
        for snippet in wanted.values():
            codes = vectors.get(fingerprint(snippet))
            if snippet.id in present:
                shard, entry = present[snippet.id]
                if entry.snippet == snippet:
                    continue
                if codes is None and fingerprint(entry.snippet) == fingerprint(snippet):
                    codes = shard.codes(entry.row)
            changes[snippet.audience].fresh.append((snippet, codes))
        for shard, entry in self._find("fingerprint", vectors):
            changes[shard.audience].found.append((entry.row, vectors[fingerprint(entry.snippet)]))
        return changes

    def _changed(self, changes: Mapping[frozenset[str], _Change]) -> dict[frozenset[str], Shard]:
        shards = dict(self._state.shards)
        for audience, change in changes.items():
            shard = shards.pop(audience, None) or self._empty(audience)
            if change.found:
                shard = shard.directed(change.found)
            if change.gone or change.fresh:
                shard = shard.changed(change.fresh, change.gone)
            if shard.size:
                shards[audience] = shard
        return shards

    def _become(self, shards: Mapping[frozenset[str], Shard], revision: int) -> None:
        before, self._state = self._state, _State(shards, revision)
        kept = {shard.folder for shard in shards.values()}
        for shard in before.shards.values():
            if shard.folder and shard.folder not in kept:  # who still searches there has the files open
                shutil.rmtree(shard.folder, ignore_errors=True)

    def _empty(self, audience: frozenset[str]) -> Shard:
        return empty(audience, parent=self._folder, dimensions=self.dimensions)

    def _find(self, name: str, values: Collection[str]) -> Iterator[tuple[Shard, Entry]]:
        """The snippets that have one of these values in a field, and where they are."""
        for shard in self._state.shards.values():
            for address in shard.find(name, sorted(values)):
                yield shard, shard.entry(address)


def read(snippet: Snippet) -> Reading:
    """Take a snippet apart into stems."""
    title = stems_of_short(snippet.title)
    text = plain(without_link_targets(snippet.text))
    lines = [stems(line) for line in sentences(text)]
    counts: Counter[str] = Counter(title)
    for line in lines:
        counts.update(line)
    return Reading(
        wording=canonical(snippet.title),
        title=frozenset(title) - EMPTY_WORDS,
        heading=frozenset(stems_of_short(snippet.title.rpartition(" — ")[2])) - EMPTY_WORDS,
        tags=frozenset(stem for tag in snippet.tags for stem in stems_of_short(tag)) - EMPTY_WORDS,
        phrasings=tuple(frozenset(stems_of_short(phrasing)) - EMPTY_WORDS for phrasing in snippet.phrasings),
        sentences=tuple(frozenset(line) - EMPTY_WORDS for line in lines),
        listed=tuple(frozenset(stems(question)) - EMPTY_WORDS for question in listed_questions(text)),
        words=frozenset(counts) - EMPTY_WORDS,
        counts=counts,
    )
