"""The searchable copy of one workspace's published snippets, in memory.

Snippets with the same audience share a shard, and a search opens only the shards that the asker may see. So what is
hidden is neither searched nor counted: not even the rarity of a word gives it away.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import log

import tantivy

from knowledge.model import Snippet
from knowledge.words import (
    ANALYZER,
    EMPTY_WORDS,
    canonical,
    plain,
    sentences,
    stems,
    stems_of_short,
    without_link_targets,
)

_TITLE_BOOST = 0.6  # a word in the title counts once more, by this much; among .3 … 1.2 the best R@5 of the candidates
_WRITER_HEAP = 64_000_000  # bytes; taken up only as they are filled, and given back after each apply
_READINGS_KEPT = 4096  # some 15 kB each
# A store goes on counting the words of what was removed. So a small shard is built anew at every removal, a large one
# when the removed are a tenth: what was hidden or withdrawn must not go on shaping answers.
_REBUILT_AT_ONCE = 1_000
_MOST_STALE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A snippet as stems, for comparing it with a question. Only `counts` has the empty words too."""

    title: frozenset[str]
    heading: frozenset[str]  # the last part of a title "Page — Heading", else the title
    tags: frozenset[str]
    phrasings: tuple[frozenset[str], ...]
    sentences: tuple[frozenset[str], ...]
    words: frozenset[str]  # of title and text
    counts: Mapping[str, int]  # how often each occurs in title and text


@dataclass(frozen=True, slots=True)
class Entry:
    """A snippet in the index. `number` is never used twice."""

    number: int
    snippet: Snippet
    length: int  # in words
    wordings: frozenset[str]  # title and known phrasings, made canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """The snippets of one audience, as they were at one revision. Never changed, only replaced."""

    audience: frozenset[str]
    store: tantivy.Index
    searcher: tantivy.Searcher
    entries: Mapping[int, Entry]
    wordings: Mapping[str, tuple[int, ...]]  # canonical title or known phrasing → numbers
    words: int  # the sum of the lengths
    stale: int  # removed snippets whose words the store still counts
    vocabulary: dict[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)  # filled when first asked for


class View:
    """What one asker may see of the index, at one revision, for the time of one question."""

    def __init__(self, shards: Sequence[Shard], readings: dict[int, Reading]) -> None:
        self._shards = tuple(shards)
        self._readings = readings
        self._frequencies: dict[str, int] = {}
        self.size = sum(len(shard.entries) for shard in shards)
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
            anywhere = tantivy.Query.term_query(_SCHEMA, "everything", stem, "freq")
            in_title = tantivy.Query.term_query(_SCHEMA, "title", stem, "freq")
            clauses.append((tantivy.Occur.Should, anywhere))
            clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(in_title, _TITLE_BOOST)))
        if not clauses:
            return []
        query = tantivy.Query.boolean_query(clauses)
        found: list[Entry] = []
        for shard in self._shards:
            hits = shard.searcher.search(query, limit, count=False).hits
            numbers = shard.searcher.fast_field_values("number", [address for _, address in hits])
            found += [shard.entries[int(number)] for number in numbers if number is not None]
        return found

    def worded(self, wording: str) -> list[Entry]:
        """The visible snippets whose title or known phrasing, made canonical, is `wording`."""
        return [shard.entries[number] for shard in self._shards for number in shard.wordings.get(wording, ())]

    def vocabulary(self, first: str, length: int) -> list[str]:
        """The visible stems that begin with the character `first` and have `length` characters."""
        found: set[str] = set()
        for shard in self._shards:
            if (first, 0) not in shard.vocabulary:
                lengths: defaultdict[int, list[str]] = defaultdict(list)
                for stem, _ in shard.searcher.terms_with_prefix("everything", first):
                    lengths[len(stem)].append(stem)
                shard.vocabulary.update({(first, size): tuple(some) for size, some in lengths.items()})
                shard.vocabulary[first, 0] = ()  # says that this letter is filled
            found.update(shard.vocabulary.get((first, length), ()))
        return sorted(found)

    def read(self, entry: Entry) -> Reading:
        reading = self._readings.get(entry.number)
        if reading is None:
            if len(self._readings) >= _READINGS_KEPT:
                self._readings.clear()
            reading = self._readings[entry.number] = read(entry.snippet)
        return reading


@dataclass(frozen=True, slots=True)
class _State:
    shards: Mapping[frozenset[str], Shard]
    homes: Mapping[str, tuple[frozenset[str], int]]  # snippet id → audience, number
    revision: int


class Index:
    """Published snippets, ready to be searched from any thread. One thread applies, others search what was before."""

    def __init__(self) -> None:
        self._applying = threading.Lock()
        self._state = _State({}, {}, 0)  # replaced as a whole, so that a reader never sees half a change
        self._numbers = count(1)
        self._readings: dict[int, Reading] = {}

    @property
    def revision(self) -> int:
        """What the last `apply` said it stands for; 0 before the first."""
        return self._state.revision

    def __len__(self) -> int:
        return len(self._state.homes)

    def get(self, snippet_id: str) -> Snippet | None:
        state = self._state
        if snippet_id not in state.homes:
            return None
        audience, number = state.homes[snippet_id]
        return state.shards[audience].entries[number].snippet

    def apply(self, *, upsert: Iterable[Snippet], remove: Iterable[str], revision: int) -> None:
        """Bring the index to `revision`: removals first, then `upsert`. Applying the same again changes nothing.

        Searches that run meanwhile see all of what was before. A revision older than the present one is ignored,
        since another thread has already gone further.
        """
        with self._applying:
            if revision < self.revision:
                return
            wanted = {snippet.id: snippet for snippet in upsert}
            same = {snippet.id for snippet in wanted.values() if self.get(snippet.id) == snippet}
            gone: defaultdict[frozenset[str], list[int]] = defaultdict(list)
            fresh: defaultdict[frozenset[str], list[Entry]] = defaultdict(list)
            homes = dict(self._state.homes)
            for snippet_id in {*remove, *wanted} - same:
                if snippet_id in homes:
                    audience, number = homes.pop(snippet_id)
                    gone[audience].append(number)
            for snippet in wanted.values():
                if snippet.id not in same:
                    entry = _entry(next(self._numbers), snippet)
                    homes[snippet.id] = (snippet.audience, entry.number)
                    fresh[snippet.audience].append(entry)
            shards = dict(self._state.shards)
            for audience in {*gone, *fresh}:
                shard = _changed(
                    shards.pop(audience) if audience in shards else _empty(audience), fresh[audience], gone[audience]
                )
                if shard.entries:
                    shards[audience] = shard
            self._state = _State(shards, homes, revision)

    def view(self, grants: frozenset[str]) -> View:
        """The snippets of which the audience shares a grant with `grants`."""
        return View([shard for shard in self._state.shards.values() if shard.audience & grants], self._readings)


def read(snippet: Snippet) -> Reading:
    """Take a snippet apart into stems."""
    title = stems_of_short(snippet.title)
    lines = [stems(line) for line in sentences(plain(without_link_targets(snippet.text)))]
    counts: Counter[str] = Counter(title)
    for line in lines:
        counts.update(line)
    return Reading(
        title=frozenset(title) - EMPTY_WORDS,
        heading=frozenset(stems_of_short(snippet.title.rpartition(" — ")[2])) - EMPTY_WORDS,
        tags=frozenset(stem for tag in snippet.tags for stem in stems_of_short(tag)) - EMPTY_WORDS,
        phrasings=tuple(frozenset(stems_of_short(phrasing)) - EMPTY_WORDS for phrasing in snippet.phrasings),
        sentences=tuple(frozenset(line) - EMPTY_WORDS for line in lines),
        words=frozenset(counts) - EMPTY_WORDS,
        counts=counts,
    )


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("number", indexed=True, fast=True)
    builder.add_text_field("title", tokenizer_name="words", index_option="freq")
    builder.add_text_field("everything", tokenizer_name="words", index_option="freq")
    return builder.build()


_SCHEMA = _schema()


def _empty(audience: frozenset[str]) -> Shard:
    store = tantivy.Index(_SCHEMA)
    store.register_tokenizer("words", ANALYZER)
    return Shard(audience=audience, store=store, searcher=store.searcher(), entries={}, wordings={}, words=0, stale=0)


def _entry(number: int, snippet: Snippet) -> Entry:
    return Entry(
        number,
        snippet,
        length=len(snippet.title.split()) + len(snippet.text.split()),
        wordings=frozenset(canonical(wording) for wording in (snippet.title, *snippet.phrasings)) - {""},
    )


def _changed(shard: Shard, fresh: Sequence[Entry], gone: Sequence[int]) -> Shard:
    entries = dict(shard.entries)
    wordings = dict(shard.wordings)
    words = shard.words
    for number in gone:
        entry = entries.pop(number)
        words -= entry.length
        for wording in entry.wordings:
            wordings[wording] = tuple(other for other in wordings[wording] if other != number)
            if not wordings[wording]:
                del wordings[wording]
    kept = len(entries)
    for entry in fresh:
        entries[entry.number] = entry
        words += entry.length
        for wording in entry.wordings:
            wordings[wording] = (*wordings.get(wording, ()), entry.number)
    store, stale, added = shard.store, shard.stale + len(gone), fresh
    if stale and (kept <= _REBUILT_AT_ONCE or stale > kept * _MOST_STALE):
        store, stale, added, gone = _empty(shard.audience).store, 0, list(entries.values()), ()
    # A writer holds threads and memory: it lives no longer than its commit.
    writer = store.writer(_WRITER_HEAP, num_threads=1)
    for number in gone:
        # By query: `delete_documents_by_term` takes the number for a signed one, and deletes nothing.
        writer.delete_documents_by_query(tantivy.Query.term_query(_SCHEMA, "number", number, "basic"))
    for entry in added:
        writer.add_document(_document(entry))
    writer.commit()
    writer.wait_merging_threads()
    store.reload()
    return Shard(
        audience=shard.audience,
        store=store,
        searcher=store.searcher(),
        entries=entries,
        wordings=wordings,
        words=words,
        stale=stale,
    )


def _document(entry: Entry) -> tantivy.Document:
    snippet = entry.snippet
    title = plain(snippet.title)
    text = plain(without_link_targets(snippet.text))
    document = tantivy.Document()
    document.add_unsigned("number", entry.number)
    document.add_text("title", title)
    document.add_text("everything", "\n".join([title, text, *map(plain, (*snippet.tags, *snippet.phrasings))]))
    return document
