"""What pieces of evidence mean, a direction for each row of an index that has one, and which are nearest to a question.

What an answer means is the mean of two directions, its question's and its own: it comes near to a question where both
do, and is the shorter the less the two go together. It is kept in eight bits a number, and for searching in its signs:
those that share most signs with the question's are compared closer. In memory that is some 430 bytes a piece of 384
numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from knowledge.embedding import Floats
from knowledge.model import Evidence
from knowledge.vectors import Bytes, Mask, signs_of

Rows = npt.NDArray[np.intp]

_SCALE = np.float32(254)  # numbers beyond a half do not come up in directions of any length; their lengths are kept
_CLOSER = 4  # times as many as are wanted are compared in eight bits
_FURTHEST = np.uint16(1 << 15)


class Reader:
    """Reads pieces of evidence; `encode` tells the direction of a text, of length 1. Keeps the last question's, which
    several may have answered.
    """

    def __init__(self, encode: Callable[[str], Floats]) -> None:
        self._encode = encode
        self._question: tuple[str, Floats] | None = None

    def read(self, piece: Evidence) -> Bytes | None:
        """What a piece means; None where it is not about a question."""
        if piece.topic is None:
            return None
        if self._question is None or self._question[0] != piece.topic:
            self._question = piece.topic, self._encode(piece.topic)
        direction: Floats = self._question[1]
        if answer := piece.answer:
            direction = (direction + self._encode(answer)) / np.float32(2)
        codes: Bytes = np.rint(np.clip(direction * _SCALE, -127, 127)).astype(np.int8)
        return codes


class Meanings:
    """Of rows from 0 on. Not safe for use by several threads at once."""

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self._words = -(-dimensions // 64)  # of 64 signs
        self._codes = np.zeros((0, dimensions), np.int8)
        self._signs = np.zeros((self._words, 0), np.uint64)  # word by word, so that a search adds up rows
        self.known: Mask = np.zeros(0, np.bool_)  # may be shorter than the index
        self.count = 0  # rows that are filled

    @property
    def bytes(self) -> int:
        """Memory."""
        return self._codes.nbytes + self._signs.nbytes + self.known.nbytes

    def put(self, row: int, codes: Bytes) -> None:
        """Fill a row, whether or not it was filled before. Raises ValueError for what is of another model."""
        if codes.shape != (self.dimensions,):
            raise ValueError(f"{codes.shape} numbers cannot be a direction of {self.dimensions}.")
        if row >= len(self.known):
            self._grow(max(2 * row, 1024))
        self._codes[row] = codes
        self._signs[:, row] = signs_of(codes[None], self._words)[:, 0]
        self.count += not self.known[row]
        self.known[row] = True

    def drop(self, row: int) -> None:
        """Empty a row: nothing of it stays."""
        if row < len(self.known):
            self._codes[row] = 0
            self._signs[:, row] = 0
            self.count -= int(self.known[row])
            self.known[row] = False

    def codes(self, row: int) -> Bytes | None:
        """The row as it was put in; None where it is empty."""
        return self._codes[row].copy() if row < len(self.known) and self.known[row] else None

    def knows(self, rows: Rows) -> Mask:
        """Which of these rows are filled."""
        found = np.zeros(len(rows), np.bool_)
        there = rows < len(self.known)
        found[there] = self.known[rows[there]]
        return found

    def nearest(self, direction: Floats, counts: Mask, limit: int) -> tuple[Rows, Floats]:
        """The rows nearest to a direction of length 1 of those that count, and how near; nearest first."""
        able = self.known[: len(counts)] & counts[: len(self.known)]
        rows = np.flatnonzero(able)
        if len(rows) > limit * _CLOSER:
            rows = self._alike(direction, able, limit * _CLOSER)
        near = self.nearness(direction, rows)
        best = np.argsort(-near, kind="stable")[:limit]
        return rows[best], near[best]

    def nearness(self, direction: Floats, rows: Rows) -> Floats:
        """Of each of these rows, all of which are filled: 1 is the same, 0 has nothing to do with it."""
        near: Floats = (self._codes[rows].astype(np.float32) @ direction / _SCALE).astype(np.float32)
        return near

    def _alike(self, direction: Floats, able: Mask, count: int) -> Rows:
        """The able rows that share most signs with a direction."""
        asked = signs_of((direction[None] > 0).astype(np.int8), self._words)[:, 0]
        apart = np.zeros(len(able), np.uint16)
        for signs, wanted in zip(self._signs, asked, strict=True):
            apart += np.bitwise_count(signs[: len(able)] ^ wanted)
        apart[~able] = _FURTHEST
        return np.sort(np.argpartition(apart, count)[:count])

    def _grow(self, rows: int) -> None:
        held = len(self.known)
        codes, signs = np.zeros((rows, self.dimensions), np.int8), np.zeros((self._words, rows), np.uint64)
        codes[:held], signs[:, :held] = self._codes, self._signs
        self._codes, self._signs = codes, signs
        self.known = np.append(self.known, np.zeros(rows - held, np.bool_))
