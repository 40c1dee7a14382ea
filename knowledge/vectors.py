"""The directions of many snippets, held small and searched exactly.

A direction is kept as eight bits a number, which moves its cosines by less than a thousandth, and as one bit a number,
its signs. A search counts the signs in which each snippet differs from the question, over all of them, and looks closer
at the best thousand. That needs no graph that has to be built, mended and trusted: adding is writing a row, and what
is removed is gone. Of the direction of a single word only the signs are kept: 48 bytes in place of 384.

Rows are only ever added. A `Directions` is what was there at one time, and stays so while more is added behind it.
Memory holds the signs alone, which every search reads; what is compared closer lies in files, where there is a folder
for them, and the system keeps of it what is in use.
"""

from __future__ import annotations

import hashlib
import struct
import tempfile
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

import numpy as np
import numpy.typing as npt

from knowledge.embedding import Floats, Vectors, normalised
from knowledge.model import Snippet

Bytes = npt.NDArray[np.int8]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

CHUNK = 1 << 14  # rows that lie together in memory: growing copies nothing
SETTLED = 4 << 20  # bytes of filled chunks from which they go into a file
_CLOSER = 20  # times as many as are wanted are looked at in eight bits: of the true 50 it finds 48
_FURTHEST = np.uint16(1 << 15)


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """A snippet's directions, held small.

    `rows` of eight-bit numbers: the whole, the title, then each sentence. `words`: the signs of each, eight in a byte.
    """

    rows: Bytes
    words: npt.NDArray[np.uint8]

    @property
    def dimensions(self) -> int:
        return int(self.rows.shape[1])

    def __bytes__(self) -> bytes:
        """As the store keeps them: how many rows, the rows, the words."""
        return _COUNT.pack(len(self.rows)) + self.rows.tobytes() + self.words.tobytes()

    @classmethod
    def of(cls, content: bytes, dimensions: int) -> Self | None:
        """What the store kept; None for what cannot be of a model with so many dimensions."""
        if len(content) < _COUNT.size:
            return None
        (count,) = _COUNT.unpack_from(content)
        rest = len(content) - _COUNT.size - count * dimensions
        width = _bytes_of_signs(dimensions)
        if count < _FIRST or rest < 0 or rest % width:
            return None
        numbers = np.frombuffer(content, np.int8, count * dimensions, _COUNT.size)
        signs = np.frombuffer(content, np.uint8, rest, len(content) - rest)
        return cls(numbers.reshape(count, dimensions), signs.reshape(-1, width))


_COUNT = struct.Struct("<H")
_FIRST = 2  # rows before the sentences


def pack(vectors: Vectors) -> Codes:
    """Lengths are given up."""
    rows = np.vstack([vectors.whole[None], vectors.title[None], vectors.sentences])
    greatest = np.maximum(np.abs(rows).max(axis=1, keepdims=True), np.float32(1e-12))
    return Codes(np.rint(rows / greatest * 127).astype(np.int8), np.packbits(vectors.words > 0, axis=1))


def signs_of(codes: Bytes, words: int) -> npt.NDArray[np.uint64]:
    """The signs of these rows in so many words of 64: a row a word, a column a row."""
    bits = np.zeros((len(codes), words * 8), np.uint8)
    packed = np.packbits(codes > 0, axis=1)
    bits[:, : packed.shape[1]] = packed
    return np.ascontiguousarray(bits.view(np.uint64).T)


def _bytes_of_signs(dimensions: int) -> int:
    return -(-dimensions // 8)


def fingerprint(snippet: Snippet) -> str:
    """Of what a snippet's directions depend on: two snippets that say the same share them."""
    said = f"{snippet.title}\0{snippet.text}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(said, digest_size=20).hexdigest()


def unpack(codes: Codes) -> Vectors:
    """About what was packed; of words, only whereto their signs point."""
    rows = normalised(codes.rows.astype(np.float32))
    signs = np.unpackbits(codes.words, axis=1, count=codes.dimensions).astype(np.float32) * 2 - 1
    return Vectors(whole=rows[0], title=rows[1], sentences=rows[2:], words=normalised(signs))


class _Table:
    """Rows of one width in chunks: the last ones in memory, those before them in a file, if there is a folder."""

    def __init__(self, width: int, kind: Any, folder: Path | None) -> None:
        self._width = width
        self._kind = np.dtype(kind)
        self._folder = folder
        self._file: IO[bytes] | None = None  # nameless: gone with the table, however the process ends
        self._loaded = 0  # chunks that lie in the file they were loaded from
        self._settled = 0  # … and in any file
        self.chunks: list[npt.NDArray[Any]] = []

    @property
    def bytes(self) -> int:
        """Memory that the system cannot take back."""
        return sum(chunk.nbytes for chunk in self.chunks[self._settled :])

    def room(self, rows: int) -> None:
        """Make room for so many rows in all; memory that is not written to is not taken."""
        while len(self.chunks) * CHUNK < rows:
            self.chunks.append(np.zeros((CHUNK, self._width), self._kind))

    def put(self, row: int, values: npt.NDArray[Any]) -> None:
        """Write rows that lie in one chunk."""
        start = row % CHUNK
        self.chunks[row // CHUNK][start : start + len(values)] = values

    def put_behind(self, end: int, values: npt.NDArray[Any]) -> int:
        """Write rows behind so many others, all in one chunk; where that is."""
        if end % CHUNK + len(values) > CHUNK:
            end = -(-end // CHUNK) * CHUNK
        self.room(end + len(values))
        if len(values):
            self.put(end, values)
        return end

    def settle(self) -> None:
        """Move chunks that are full into a file. Where the disk has no room they stay in memory."""
        full = max(self._settled, len(self.chunks) - 1)
        moving = self.chunks[self._settled : full]
        if self._folder is None or not moving or sum(chunk.nbytes for chunk in moving) < SETTLED:
            return
        with suppress(OSError):
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 — open as long as the table is
                weakref.finalize(self, self._file.close)
            self._file.seek((self._settled - self._loaded) * moving[0].nbytes)
            for chunk in moving:
                self._file.write(chunk.data)
            self._file.flush()
            # Shared: rows that are filled later are written to the file as well.
            mine = (full - self._loaded) * CHUNK
            # As a plain array, whose parts take a ninth of the time to make and are no work for the garbage collector.
            mapped = np.asarray(np.memmap(self._file, self._kind, mode="r+", shape=(mine, self._width)))
            self.chunks[self._loaded : full] = [mapped[start : start + CHUNK] for start in range(0, mine, CHUNK)]
            self._settled = full

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
            mapped = np.asarray(np.memmap(file, self._kind, mode="c", shape=(whole * CHUNK, self._width)))
            self.chunks = [mapped[start : start + CHUNK] for start in range(0, whole * CHUNK, CHUNK)]
            self._loaded = self._settled = whole
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

    def __init__(self, dimensions: int, folder: Path | None = None) -> None:
        self.dimensions = dimensions
        self.sign_words = -(-dimensions // 64)  # of 64 signs
        self.whole, self.title = _Table(dimensions, np.int8, folder), _Table(dimensions, np.int8, folder)
        self.sentences = _Table(dimensions, np.int8, folder)
        self.words = _Table(_bytes_of_signs(dimensions), np.uint8, folder)
        # Where the sentences of a row begin, and how many there are; the same of its words.
        self.places = _Table(4, np.int64, folder)
        self.signs: list[
            npt.NDArray[np.uint64]
        ] = []  # of whole, then title: word by word, so that a search adds columns
        self.told = 0  # sentences
        self.spelled = 0  # words

    @property
    def bytes(self) -> int:
        """Memory that the system cannot take back, about."""
        tables = (self.whole, self.title, self.sentences, self.words, self.places)
        return sum(table.bytes for table in tables) + sum(signs.nbytes for signs in self.signs)

    def settle(self) -> None:
        """Let go of memory that is seldom read: into files."""
        for table in (self.whole, self.title, self.sentences, self.words):
            table.settle()

    def put(self, row: int, codes: Codes) -> None:
        """Fill a row that no `Directions` knows yet."""
        rows = codes.rows
        told = self.sentences.put_behind(self.told, rows[_FIRST:])
        spelled = self.words.put_behind(self.spelled, codes.words)
        self._make_room(row + 1)
        self.whole.put(row, rows[:1])
        self.title.put(row, rows[1:2])
        self.places.put(row, np.array([[told, len(rows) - _FIRST, spelled, len(codes.words)]]))
        self.signs[row // CHUNK][:, :, row % CHUNK] = signs_of(rows[:_FIRST], self.sign_words).T
        self.told, self.spelled = told + len(rows) - _FIRST, spelled + len(codes.words)

    def save(self, folder: Path, rows: int) -> None:
        self._make_room(rows)  # the last ones may not be filled yet
        for name, count in self._tables(rows):
            getattr(self, name).save(folder / f"{name}.rows", count)

    @classmethod
    def load(
        cls, folder: Path, dimensions: int, *, rows: int, told: int, spelled: int, work: Path | None = None
    ) -> Self:
        """What was saved in a folder. What comes to it later goes into files in `work`, if there is one."""
        shelf = cls(dimensions, work)
        shelf.told, shelf.spelled = told, spelled
        for name, count in shelf._tables(rows):
            getattr(shelf, name).load(folder / f"{name}.rows", count)
        shelf._make_room(rows)
        for number, signs in enumerate(shelf.signs):
            signs[0] = signs_of(shelf.whole.chunks[number], shelf.sign_words)
            signs[1] = signs_of(shelf.title.chunks[number], shelf.sign_words)
        return shelf

    def _tables(self, rows: int) -> list[tuple[str, int]]:
        """The tables that are kept in files, and how many rows each has."""
        ends = (rows, rows, rows, self.told, self.spelled)
        return list(zip(("whole", "title", "places", "sentences", "words"), ends, strict=True))

    def _make_room(self, rows: int) -> None:
        for table in (self.whole, self.title, self.places):
            table.room(rows)
        while len(self.signs) * CHUNK < rows:
            self.signs.append(np.zeros((2, self.sign_words, CHUNK), np.uint64))


@dataclass(frozen=True, slots=True)
class Directions:
    """What a shard knows at one time. `known` says which of its rows are filled, and not removed."""

    shelf: Shelf
    known: Mask

    @property
    def bytes(self) -> int:
        """Memory, about; what lies in files is the system's to keep or to drop."""
        return self.shelf.bytes + self.known.nbytes

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
        told = self._told(rows)
        places = self.shelf.places.take(told)
        counts = places[:, 1]
        parts = _runs(places[:, 0], counts)
        codes = np.vstack([self.shelf.whole.take(told), self.shelf.title.take(told), self.shelf.sentences.take(parts)])
        numbers = (normalised(codes.astype(np.float32)) @ direction).tolist()
        found: dict[int, list[float]] = {}
        begin = 2 * len(told)
        for place, (row, count) in enumerate(zip(told.tolist(), counts.tolist(), strict=True)):
            found[row] = [numbers[place], numbers[len(told) + place], *numbers[begin : begin + count]]
            begin += count
        return [found.get(row) for row in rows]

    def likenesses(self, words: Floats, weights: Floats, rows: Sequence[int]) -> list[float | None]:
        """How well the words of each of these rows answer to these words, a row of directions each; None as above.

        Each word finds the one nearest to it: the mean of their cosines, each with its weight. Of the rows' words only
        the signs are known, by which all cosines come out about a fifth too small.
        """
        told = self._told(rows)
        places = self.shelf.places.take(told)
        begins, counts = places[:, 2], places[:, 3]
        found = dict.fromkeys(told.tolist(), 0.0)
        some = counts > 0
        if some.any() and len(words):
            signs = np.unpackbits(self.shelf.words.take(_runs(begins, counts)), axis=1, count=self.shelf.dimensions)
            # With bits in place of signs: twice what the set ones add up to, less what all do.
            cosines = (2 * (signs.astype(np.float32) @ words.T) - words.sum(axis=1)) / np.sqrt(self.shelf.dimensions)
            best = np.maximum.reduceat(cosines, (np.cumsum(counts) - counts)[some], axis=0)
            likeness = np.maximum(best, 0) @ (weights / weights.sum())
            found.update(zip(told[some].tolist(), likeness.tolist(), strict=True))
        return [found.get(row) for row in rows]

    def codes(self, row: int) -> Codes | None:
        """The row as it was put in; None where it is not known."""
        if row >= len(self.known) or not self.known[row]:
            return None
        shelf, at = self.shelf, np.array([row])
        begin, count, start, words = (int(number) for number in shelf.places.take(at)[0])
        sentences = shelf.sentences.take(np.arange(begin, begin + count))
        rows = np.vstack([shelf.whole.take(at), shelf.title.take(at), sentences])
        return Codes(rows, shelf.words.take(np.arange(start, start + words)))

    def _told(self, rows: Sequence[int]) -> Rows:
        """Those of these rows that are known."""
        return np.array([row for row in rows if row < len(self.known) and self.known[row]], np.int64)

    def _alike(self, direction: Floats, count: int) -> Rows:
        """The rows of which whole or title share most signs with a direction."""
        asked = signs_of((direction[None] > 0).astype(np.int8), self.shelf.sign_words)[:, 0]
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


def _runs(begins: Rows, counts: Rows) -> Rows:
    """All numbers of these runs, one run behind the other."""
    return np.repeat(begins - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
