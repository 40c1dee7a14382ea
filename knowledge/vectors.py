"""The directions of many snippets, held small and searched exactly.

A direction is kept as eight bits a number, which moves its cosines by less than a thousandth, and as one bit a number,
its signs. A search counts the signs in which each snippet differs from the question, over all of them, and looks closer
at the best thousand. That needs no graph that has to be built, mended and trusted: adding is writing a row, and what
is removed is gone.

Rows are only ever added. A `Directions` is what was there at one time, and stays so while more is added behind it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from knowledge.embedding import Floats, Vectors, normalised
from knowledge.model import Snippet

Codes = npt.NDArray[np.int8]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

CHUNK = 1 << 14  # rows that lie together in memory: growing copies nothing
_CLOSER = 20  # times as many as are wanted are looked at in eight bits: of the true 50 it finds 48
_FURTHEST = np.uint16(1 << 15)


def pack(vectors: Vectors) -> Codes:
    """A row of eight-bit numbers for the whole, one for the title, then one a sentence. Lengths are given up."""
    rows = np.vstack([vectors.whole[None], vectors.title[None], vectors.sentences])
    greatest = np.maximum(np.abs(rows).max(axis=1, keepdims=True), np.float32(1e-12))
    codes: Codes = np.rint(rows / greatest * 127).astype(np.int8)
    return codes


def fingerprint(snippet: Snippet) -> str:
    """Of what a snippet's directions depend on: two snippets that say the same share them."""
    said = f"{snippet.title}\0{snippet.text}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(said, digest_size=20).hexdigest()


def unpack(codes: Codes) -> Vectors:
    rows = normalised(codes.astype(np.float32))
    return Vectors(whole=rows[0], title=rows[1], sentences=rows[2:])


class _Table:
    """Rows of one width in chunks."""

    def __init__(self, width: int, kind: Any) -> None:
        self._width = width
        self._kind = np.dtype(kind)
        self.chunks: list[npt.NDArray[Any]] = []

    def room(self, rows: int) -> None:
        """Make room for so many rows in all; memory that is not written to is not taken."""
        while len(self.chunks) * CHUNK < rows:
            self.chunks.append(np.zeros((CHUNK, self._width), self._kind))

    def put(self, row: int, values: npt.NDArray[Any]) -> None:
        """Write rows that lie in one chunk."""
        start = row % CHUNK
        self.chunks[row // CHUNK][start : start + len(values)] = values

    def take(self, rows: Rows) -> npt.NDArray[Any]:
        found = np.empty((len(rows), self._width), self._kind)
        homes = rows // CHUNK
        for home in np.unique(homes):
            here = homes == home
            found[here] = self.chunks[home][rows[here] % CHUNK]
        return found

    def save(self, file: Path, rows: int) -> None:
        with file.open("wb") as content:
            for start in range(0, rows, CHUNK):
                content.write(np.ascontiguousarray(self.chunks[start // CHUNK][: rows - start]).data)

    def load(self, file: Path, rows: int) -> None:
        """Whole chunks stay in the file until they are read; what is written to them stays out of it."""
        whole = rows // CHUNK
        if whole:
            mapped = np.memmap(file, self._kind, mode="c", shape=(whole * CHUNK, self._width))
            self.chunks = [mapped[start : start + CHUNK] for start in range(0, whole * CHUNK, CHUNK)]
        rest = rows - whole * CHUNK
        if rest:
            self.room(rows)
            size = self._width * self._kind.itemsize
            with file.open("rb") as content:
                content.seek(whole * CHUNK * size)
                numbers = np.frombuffer(content.read(rest * size), self._kind)
            self.put(whole * CHUNK, numbers.reshape(rest, self._width))


class Shelf:
    """The rows of one shard under one model, as they are filled. One thread fills at a time."""

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self._words = -(-dimensions // 64)  # of 64 signs
        self.whole, self.title = _Table(dimensions, np.int8), _Table(dimensions, np.int8)
        self.sentences = _Table(dimensions, np.int8)
        self.places = _Table(2, np.int64)  # where the sentences of a row begin, and how many there are
        self.signs: list[
            npt.NDArray[np.uint64]
        ] = []  # of whole, then title: word by word, so that a search adds columns
        self.told = 0  # sentences

    def put(self, row: int, codes: Codes) -> None:
        """Fill a row that no `Directions` knows yet."""
        count = len(codes) - 2
        if self.told % CHUNK + count > CHUNK:
            self.told = -(-self.told // CHUNK) * CHUNK  # a snippet's sentences lie in one chunk
        self._make_room(row + 1)
        self.sentences.room(self.told + count)
        self.whole.put(row, codes[:1])
        self.title.put(row, codes[1:2])
        if count:
            self.sentences.put(self.told, codes[2:])
        self.places.put(row, np.array([[self.told, count]]))
        self.signs[row // CHUNK][:, :, row % CHUNK] = self._signs(codes[:2]).T
        self.told += count

    def save(self, folder: Path, rows: int) -> None:
        self._make_room(rows)  # the last ones may not be filled yet
        for name, count in (("whole", rows), ("title", rows), ("sentences", self.told), ("places", rows)):
            getattr(self, name).save(folder / f"{name}.rows", count)

    @classmethod
    def load(cls, folder: Path, dimensions: int, *, rows: int, told: int) -> Self:
        shelf = cls(dimensions)
        shelf.told = told
        for name, count in (("whole", rows), ("title", rows), ("sentences", told), ("places", rows)):
            getattr(shelf, name).load(folder / f"{name}.rows", count)
        shelf._make_room(rows)
        for number, signs in enumerate(shelf.signs):
            signs[0] = shelf._signs(shelf.whole.chunks[number])
            signs[1] = shelf._signs(shelf.title.chunks[number])
        return shelf

    def _make_room(self, rows: int) -> None:
        for table in (self.whole, self.title, self.places):
            table.room(rows)
        while len(self.signs) * CHUNK < rows:
            self.signs.append(np.zeros((2, self._words, CHUNK), np.uint64))

    def _signs(self, codes: Codes) -> npt.NDArray[np.uint64]:
        bits = np.zeros((len(codes), self._words * 8), np.uint8)
        packed = np.packbits(codes > 0, axis=1)
        bits[:, : packed.shape[1]] = packed
        return np.ascontiguousarray(bits.view(np.uint64).T)


@dataclass(frozen=True, slots=True)
class Directions:
    """What a shard knows at one time. `known` says which of its rows are filled, and not removed."""

    shelf: Shelf
    known: Mask

    @property
    def bytes(self) -> int:
        """Memory, about."""
        shelf = self.shelf
        return len(self.known) * (2 * shelf.dimensions + shelf.dimensions // 4 + 17) + shelf.told * shelf.dimensions

    def nearest(self, direction: Floats, limit: int) -> list[int]:
        """The rows nearest to a direction of length 1, by the mean of the whole's cosine and the better of whole's and
        title's: nearest first, at most `limit`.
        """
        rows = np.flatnonzero(self.known)
        if len(rows) > limit * _CLOSER:
            rows = self._alike(direction, limit * _CLOSER)
        if not len(rows):
            return []
        whole = normalised(self.shelf.whole.take(rows).astype(np.float32)) @ direction
        title = normalised(self.shelf.title.take(rows).astype(np.float32)) @ direction
        scores = whole + np.maximum(whole, title)
        best = np.argsort(-scores, kind="stable")[:limit]
        return [int(row) for row in rows[best]]

    def cosines(self, direction: Floats, rows: Sequence[int]) -> list[list[float] | None]:
        """Of a direction with whole, title and parts of each of these rows; None where they are not known."""
        told = np.array([row for row in rows if row < len(self.known) and self.known[row]], np.int64)
        places = self.shelf.places.take(told)
        counts = places[:, 1]
        parts = np.repeat(places[:, 0] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        codes = np.vstack([self.shelf.whole.take(told), self.shelf.title.take(told), self.shelf.sentences.take(parts)])
        numbers = (normalised(codes.astype(np.float32)) @ direction).tolist()
        found: dict[int, list[float]] = {}
        begin = 2 * len(told)
        for place, (row, count) in enumerate(zip(told.tolist(), counts.tolist(), strict=True)):
            found[row] = [numbers[place], numbers[len(told) + place], *numbers[begin : begin + count]]
            begin += count
        return [found.get(row) for row in rows]

    def codes(self, row: int) -> Codes | None:
        """The row as it was put in; None where it is not known."""
        if row >= len(self.known) or not self.known[row]:
            return None
        shelf, at = self.shelf, np.array([row])
        begin, count = (int(number) for number in shelf.places.take(at)[0])
        sentences = shelf.sentences.take(np.arange(begin, begin + count))
        return np.vstack([shelf.whole.take(at), shelf.title.take(at), sentences])

    def _alike(self, direction: Floats, count: int) -> Rows:
        """The rows of which whole or title share most signs with a direction."""
        asked = self.shelf._signs((direction[None] > 0).astype(np.int8))[:, 0]  # noqa: SLF001 — its own packing
        apart = np.empty(len(self.known), np.uint16)
        for number, signs in enumerate(self.shelf.signs):
            start = number * CHUNK
            here = min(CHUNK, len(apart) - start)
            if here <= 0:
                break
            both = np.zeros((2, here), np.uint16)
            for word, wanted in enumerate(asked):
                both += np.bitwise_count(signs[:, word, :here] ^ wanted)
            np.minimum(both[0], both[1], out=apart[start : start + here])
        apart[~self.known] = _FURTHEST
        return np.sort(np.argpartition(apart, count)[:count])
