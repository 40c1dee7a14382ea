"""The snippets of one audience: their words in tantivy's files, their directions in rows of numbers.

A shard is what was at one revision, and is never changed, only replaced; the new one shares with it all that stayed.
The snippets themselves lie with the words and are read when they are found, so that memory holds what is in use.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import tantivy

from knowledge.model import Snippet
from knowledge.vectors import Codes, Directions, Mask, Shelf, fingerprint
from knowledge.words import ANALYZER, canonical, plain, without_link_targets

_WRITER_HEAP = 64_000_000  # bytes; taken up only as they are filled, and given back after each change
_MANY = 100  # snippets that are written in the background: on a busy machine it takes half as long again
_STANDS_BACK = 10  # by so much are its threads nicer than others; a weight of one to nine
_TOGETHER = 1_000  # terms of one query
_MOST_FOUND = 10_000  # snippets of one query
# tantivy goes on counting the words of what was removed. So a small shard is built anew at every removal, a large one
# when the removed are a tenth: what was hidden or withdrawn must not go on shaping answers.
REBUILT_AT_ONCE = 400  # which takes a tenth of a second: so long may an edit take to be answerable
_MOST_STALE = 0.1
_MEASURED_AGAIN = 0.25  # the growth or loss after which it is measured anew how crowded a shard is
ROW_BITS = 32  # of an entry's number; above them stands its shard's


@dataclass(frozen=True, slots=True)
class Entry:
    """A snippet in the index. `number` is never used twice."""

    number: int
    snippet: Snippet
    length: int  # in words
    wordings: frozenset[str]  # title and known phrasings, made canonical

    @property
    def row(self) -> int:
        return self.number & ((1 << ROW_BITS) - 1)


Fresh = tuple[Snippet, Codes | None]
"""A snippet to be added, with its directions where they are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    serial: int
    audience: frozenset[str]
    folder: Path | None  # of tantivy's files; None keeps them in memory
    store: tantivy.Index  # what writes: always the same, for it deletes the files that it knows to be its own
    # The files are opened twice, so that what is merged away is let go of by a `reload`; see `let_go`.
    serving: tantivy.Index  # whose searcher this is
    waiting: tantivy.Index  # whose searcher will be the next one's
    searcher: tantivy.Searcher
    alive: Mask  # by row; a row is a snippet's place, given in order and never again
    words: int  # the sum of the lengths of what is alive
    directions: Directions | None  # None where there is no model
    vocabulary: dict[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)  # filled when first asked for
    # How crowded it is, and at which size that was measured, likewise; see `knowledge.crowd`.
    crowd: list[tuple[int, float]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return int(np.count_nonzero(self.alive))

    @property
    def bytes(self) -> int:
        """Memory, about: of directions, and 2 kB a snippet where words do not lie in files."""
        directions = self.directions.bytes if self.directions else 0
        return directions + len(self.alive) * (1 if self.folder else 2_000)

    def entry(self, address: tantivy.DocAddress) -> Entry:
        """What was found, read from where it lies."""
        kept = json.loads(bytes(self.searcher.doc(address)["kept"][0]))
        snippet = Snippet(
            id=kept["id"],
            title=kept["title"],
            text=kept["text"],
            tags=tuple(kept["tags"]),
            aid=kept["aid"],
            audience=self.audience,
            phrasings=tuple(kept["phrasings"]),
        )
        number = self.serial << ROW_BITS | kept["row"]
        return Entry(number, snippet, length=kept["length"], wordings=frozenset(kept["wordings"]))

    def find(self, name: str, values: Sequence[Any]) -> Iterator[tantivy.DocAddress]:
        """Where the snippets are that have one of these values in this field; one may be in many."""
        for start in range(0, len(values), _TOGETHER):
            query = tantivy.Query.term_set_query(SCHEMA, name, list(values[start : start + _TOGETHER]))
            hits = self.searcher.search(query, _MOST_FOUND, count=False).hits
            yield from (address for _, address in hits)

    def rows(self, addresses: list[tantivy.DocAddress]) -> list[int]:
        return [int(row) for row in self.searcher.fast_field_values("row", addresses) if row is not None]

    def everything(self) -> Iterator[Entry]:
        hits = self.searcher.search(tantivy.Query.all_query(), max(1, self.size), count=False).hits
        return (self.entry(address) for _, address in hits)

    def codes(self, row: int) -> Codes | None:
        return self.directions.codes(row) if self.directions else None

    def changed(self, fresh: Sequence[Fresh], gone: Sequence[int]) -> Shard:
        """Without the rows that are gone, with what is fresh behind the others."""
        alive = self.alive.copy()
        alive[list(gone)] = False
        kept, rows = int(np.count_nonzero(alive)), len(alive)
        stale = rows - kept
        if stale and (kept <= REBUILT_AT_ONCE or stale > kept * _MOST_STALE):
            stay = [(entry.snippet, self.codes(entry.row)) for entry in self.everything() if alive[entry.row]]
            model = self.directions.shelf.dimensions if self.directions else None
            parent = self.folder.parent if self.folder else None
            anew = empty(self.audience, parent=parent, dimensions=model).changed([*stay, *fresh], ())
            return replace(anew, crowd=self._crowd_at(anew.size))
        words = self.words
        for address in self.find("row", gone):
            words -= self.entry(address).length
        writer = open_writer(self.store, len(fresh))  # it holds threads and memory: it lives no longer than its commit
        for row in gone:
            # By query: `delete_documents_by_term` takes the number for a signed one, and deletes nothing.
            writer.delete_documents_by_query(tantivy.Query.term_query(SCHEMA, "row", row, "basic"))
        for row, (snippet, _) in enumerate(fresh, rows):
            length = _length(snippet)
            words += length
            writer.add_document(_document(row, snippet, length))
        writer.commit()
        writer.wait_merging_threads()
        self.waiting.reload()
        changed = replace(
            self,
            serving=self.waiting,
            waiting=self.serving,
            searcher=self.waiting.searcher(),
            alive=np.concatenate([alive, np.ones(len(fresh), np.bool_)]),
            words=words,
            vocabulary={},
            crowd=self._crowd_at(kept + len(fresh)),
        )
        return changed.directed((row, codes) for row, (_, codes) in enumerate(fresh, rows) if codes is not None)

    def let_go(self) -> None:
        """Let go of the files that only the state before had, now that nobody holds that any more.

        They are unmapped by whoever is the last to hold them, page by page of what a merge has read: 30 ms for 320,000
        snippets. A searcher that Python drops would hold the interpreter for so long; `reload` does not.
        """
        if self.waiting is not self.serving:
            self.waiting.reload()

    def _crowd_at(self, size: int) -> list[tuple[int, float]]:
        """What was measured, as long as it still holds; else an empty list of its own."""
        if self.crowd and abs(size - self.crowd[0][0]) <= _MEASURED_AGAIN * self.crowd[0][0]:
            return self.crowd
        return []

    def directed(self, found: Iterable[tuple[int, Codes]]) -> Shard:
        """With these rows' directions, and none of what is not alive."""
        if self.directions is None:
            return self
        known = np.zeros_like(self.alive)
        before = self.directions.known
        known[: len(before)] = before
        for row, codes in found:
            if not known[row] and codes.dimensions == self.directions.shelf.dimensions:
                self.directions.shelf.put(row, codes)
                known[row] = True
        self.directions.shelf.settle()
        return replace(self, directions=Directions(self.directions.shelf, known & self.alive))

    def turned(self, dimensions: int | None) -> Shard:
        """For another model, of which nothing is known yet; None is for words alone."""
        if dimensions is None:
            return replace(self, directions=None)
        shelf = Shelf(dimensions, self.folder.parent if self.folder else None)
        return replace(self, directions=Directions(shelf, np.zeros_like(self.alive)))

    def undirected(self) -> list[int]:
        """The rows whose directions are not known."""
        if self.directions is None:
            return []
        return [int(row) for row in np.flatnonzero(self.alive & ~self.directions.known)]


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", indexed=True, fast=True)
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("fingerprint", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("wording", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("title", tokenizer_name="words", index_option="freq")
    builder.add_text_field("everything", tokenizer_name="words", index_option="freq")
    builder.add_bytes_field("kept", stored=True)
    return builder.build()


SCHEMA = _schema()
_serials = count(1)


def empty(audience: frozenset[str], *, parent: Path | None, dimensions: int | None) -> Shard:
    """A shard with nothing in it. `parent` is the folder that its folder goes into; None keeps all in memory."""
    folder = Path(mkdtemp(prefix="shard-", dir=parent)) if parent else None
    return opened(audience, folder=folder, alive=np.zeros(0, np.bool_), words=0).turned(dimensions)


def opened(audience: frozenset[str], *, folder: Path | None, alive: Mask, words: int) -> Shard:
    """The shard whose words lie in a folder. Raises ValueError, OSError where they do not."""
    store = tantivy.Index(SCHEMA, path=str(folder)) if folder else tantivy.Index(SCHEMA)
    store.register_tokenizer("words", ANALYZER)
    again = tantivy.Index(SCHEMA, path=str(folder)) if folder else store
    for one in (store, again):
        one.config_reader("manual")  # else it follows each commit by itself, and lets go before its time
    searcher = store.searcher()
    if searcher.num_docs != np.count_nonzero(alive):
        raise ValueError(f"The index has {searcher.num_docs} snippets where {np.count_nonzero(alive)} should be.")
    return Shard(
        serial=next(_serials),
        audience=audience,
        folder=folder,
        store=store,
        serving=store,
        waiting=again,
        searcher=searcher,
        alive=alive,
        words=words,
        directions=None,
    )


def open_writer(store: tantivy.Index, snippets: int) -> tantivy.IndexWriter:
    """What writes so many snippets. For many, its threads let all others of this process go first, on Linux.

    They compute for milliseconds on end, beside the interpreter: on one core the event loop would wait for each of
    their turns. A thread hands its priority on to those that it starts, and may not raise its own again: hence a thread
    that does nothing else. People wait for an edit: that is not held back.
    """
    if snippets <= _MANY:
        return store.writer(_WRITER_HEAP, num_threads=1)
    with ThreadPoolExecutor(1, thread_name_prefix="writer", initializer=_stand_back) as starting:
        return starting.submit(store.writer, _WRITER_HEAP, num_threads=1).result()


def _stand_back() -> None:
    if sys.platform == "linux":  # elsewhere it would hold back the whole process
        mine = threading.get_native_id()
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, mine, os.getpriority(os.PRIO_PROCESS, mine) + _STANDS_BACK)


def _length(snippet: Snippet) -> int:
    return len(snippet.title.split()) + len(snippet.text.split())


def _document(row: int, snippet: Snippet, length: int) -> tantivy.Document:
    wordings = sorted({canonical(wording) for wording in (snippet.title, *snippet.phrasings)} - {""})
    title = plain(snippet.title)
    text = plain(without_link_targets(snippet.text))
    kept = {
        "row": row,
        "id": snippet.id,
        "title": snippet.title,
        "text": snippet.text,
        "tags": snippet.tags,
        "aid": snippet.aid,
        "phrasings": snippet.phrasings,
        "length": length,
        "wordings": wordings,
    }
    document = tantivy.Document()
    document.add_unsigned("row", row)
    document.add_text("id", snippet.id)
    document.add_text("fingerprint", fingerprint(snippet))
    for wording in wordings:
        document.add_text("wording", wording)
    document.add_text("title", title)
    document.add_text("everything", "\n".join([title, text, *map(plain, (*snippet.tags, *snippet.phrasings))]))
    document.add_bytes("kept", json.dumps(kept).encode())  # escaped to ASCII, so that any string comes back as it was
    return document
