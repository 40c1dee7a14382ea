"""The words of general English, how frequent each is, and which stand beside each other.

They are those of symspellpy's lists: 82,765 words with their frequency, and 242,342 pairs. They are read as lists: its
own look-up keeps some 150 MB of deletions for every process, and knows neither the workspace's words nor those beside
one.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from importlib.resources import files
from math import log10
from string import ascii_lowercase

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA

from knowledge.words import CONTRACTIONS

_CONTRACTION = 10**8  # the frequency of each, which the list lacks
_RAREST = 6.5  # log10, below all pairs of the list
_FEW_LETTERS = 3  # of a word with which others of as many or more letters are near, and none that begins otherwise


@dataclass(frozen=True, slots=True)
class _Dictionary:
    frequencies: Mapping[str, int]
    by_letter: Mapping[str, Sequence[str]]  # first letter → words, in order
    by_shape: Mapping[tuple[str, int], tuple[str, ...]]  # first letter and length → words


def read_dictionary() -> None:
    """Read the lists now, so that no question waits for it."""
    _english()
    _pairs()


def is_english(word: str) -> bool:
    """Whether a lower-case word stands in the list."""
    return word in _english().frequencies


def begins_english(stem: str) -> bool:
    """Whether a word of the list begins so."""
    words = _english().by_letter.get(stem[:1], ())
    place = bisect_left(words, stem)
    return place < len(words) and words[place].startswith(stem)


def frequency(word: str) -> float:
    """The log10 of its count in the list, some 10 for the commonest words; 0 if it does not stand there."""
    return log10(_english().frequencies.get(word, 1))


def together(first: str, second: str) -> float:
    """How usual it is that one English word follows another: 0 if it is not, some 3 for the commonest pairs."""
    if not first or not second:
        return 0.0
    keys, counts = _pairs()
    wanted = _hash(f"{first} {second}")
    place = int(np.searchsorted(keys, wanted))
    return float(counts[place]) if place < len(keys) and keys[place] == wanted else 0.0


@lru_cache(maxsize=8192)
def near(word: str) -> tuple[tuple[str, int], ...]:
    """English words near to one in lower case, each with its distance, at most 2.

    They begin right or with the first two letters swapped; or the first alone is missing, or another is in its place.
    """
    dictionary = _english()
    found = dict(of_shape(word, 1 if len(word) < 5 else 2, lambda *shape: dictionary.by_shape.get(shape, ())))
    # "ervice": the first letter is one that a hurried finger misses.
    others = {first + word for first in ascii_lowercase}
    if len(word) > _FEW_LETTERS:
        others |= {first + word[1:] for first in ascii_lowercase}
    found |= dict.fromkeys(others & dictionary.frequencies.keys(), 1)
    if word.endswith("ys") and is_english(word[:-2] + "ies"):  # "babys" are several
        found[word[:-2] + "ies"] = 1
        found.pop(word[:-1], None)
    if len(word) <= _FEW_LETTERS:
        found = {other: distance for other, distance in found.items() if len(other) >= len(word)}
    return tuple(sorted(found.items()))


def slips(word: str) -> frozenset[str]:
    """The English words of which one letter behind the first was missed, or two were swapped."""
    made = {word[:place] + letter + word[place:] for place in range(1, len(word) + 1) for letter in ascii_lowercase}
    made |= {word[:place] + word[place + 1] + word[place] + word[place + 2 :] for place in range(1, len(word) - 1)}
    return frozenset(made & _english().frequencies.keys()) - {word}


def of_shape(word: str, far: int, words: Callable[[str, int], Sequence[str]]) -> Iterator[tuple[str, int]]:
    """Words of about the same shape, each with its distance, which is at most `far`.

    `words` tells those that begin with a letter and have a length.
    """
    for first in dict.fromkeys(word[:2]):
        for length in range(len(word) - far, len(word) + far + 1):
            some = words(first, length)
            if some:
                # One call for all: rapidfuzz holds the interpreter, some 50 ns a word.
                distances = process.cdist([word], some, scorer=OSA.distance, score_cutoff=far, dtype=np.uint8)[0]
                for place in map(int, np.flatnonzero(distances <= far)):
                    yield some[place], int(distances[place])


@cache
def _english() -> _Dictionary:
    frequencies: dict[str, int] = {}
    by_shape: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    text = files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt").read_text("utf-8-sig")
    for line in text.splitlines():
        word, _, count = line.partition(" ")
        frequencies[word] = int(count)
    for word in CONTRACTIONS:
        frequencies[word] = max(_CONTRACTION, frequencies.get(word, 0))
    by_letter: defaultdict[str, list[str]] = defaultdict(list)
    for word in frequencies:
        by_letter[word[0]].append(word)
        by_shape[word[0], len(word)].append(word)
    # Letter by letter: one call for all of them would hold the interpreter for 20 ms.
    ordered = {letter: sorted(words) for letter, words in by_letter.items()}
    return _Dictionary(frequencies, ordered, {shape: tuple(words) for shape, words in by_shape.items()})


@cache
def _pairs() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Pairs of words: their hashes, in order, and how much more frequent each is than the rarest, in log10.

    As a table of three megabytes; a quarter of a million pairs as strings would take forty. It is filled line by line:
    one call for all of them would hold the interpreter, and with it the event loop, for 30 ms.
    """
    keys, counts = array("q"), array("f")
    with files("symspellpy").joinpath("frequency_bigramdictionary_en_243_342.txt").open(encoding="utf-8-sig") as lines:
        for line in lines:
            pair, _, count = line.rpartition(" ")
            keys.append(_hash(pair))
            counts.append(log10(int(count)) - _RAREST)
    hashes = np.frombuffer(keys, np.int64)
    order = np.argsort(hashes)
    return hashes[order], np.frombuffer(counts, np.float32)[order]


def _hash(pair: str) -> int:
    return int.from_bytes(blake2b(pair.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)
