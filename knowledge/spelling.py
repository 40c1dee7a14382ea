"""Misspelled words → what they were probably meant to be, from the workspace's own words and from general English.

The English words are those of symspellpy's dictionary (82,765 with their frequency). It is read as a list: its own
look-up keeps some 150 MB of deletions for every process, and knows neither the workspace's words nor the keyboard.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from math import log10
from string import ascii_lowercase

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from knowledge.index import View
from knowledge.words import stems_of_short

SHORTEST = 3
"""Letters that a word must have to be repaired at all."""

_LONGEST = 40
# What a candidate's frequency and likeness are worth beside one slip of the finger; of .05 … .35 and 0 … 5 the best on
# 2,000 published misspellings (.89 and .80 repaired rightly, without any context).
_BY_FREQUENCY, _BY_LIKENESS = 0.15, 2.0
_OWN = 0.8  # for a word that the workspace uses
# For each of `_slips`: of 0 … .4 the best on 2,305 misspelled words of questions (.937 read rightly; without, .925).
_SLIPPED = 0.2
_KEYBOARD = ((0.0, "qwertyuiop"), (0.25, "asdfghjkl"), (0.75, "zxcvbnm"))  # how far each row is shifted, in keys
_USUAL = 6.0  # log10 of the frequency taken for a word that only the workspace has
_SHORT_USUAL = 7.5  # … that a word must have to explain one of three letters
# What people in a hurry leave out of words at work, as far as one reading stands out.
_SHORTHAND = {
    "abt": "about",
    "acct": "account",
    "acnt": "account",
    "addr": "address",
    "amt": "amount",
    "appt": "appointment",
    "bc": "because",
    "bcuz": "because",
    "bday": "birthday",
    "creds": "credentials",
    "cust": "customer",
    "cuz": "because",
    "dept": "department",
    "eod": "end of day",
    "hols": "holidays",
    "hrs": "hours",
    "intl": "international",
    "lappy": "laptop",
    "mgmt": "management",
    "mgr": "manager",
    "mgt": "management",
    "msg": "message",
    "mth": "month",
    "mths": "months",
    "mtg": "meeting",
    "ofc": "office",
    "ooo": "out of office",
    "passwd": "password",
    "pls": "please",
    "plz": "please",
    "pmt": "payment",
    "ppl": "people",
    "proj": "project",
    "pswd": "password",
    "pto": "paid time off",
    "pw": "password",
    "pwd": "password",
    "pymt": "payment",
    "qty": "quantity",
    "r": "are",
    "rcpt": "receipt",
    "recpt": "receipt",
    "rtn": "return",
    "sched": "schedule",
    "shud": "should",
    "signin": "sign in",
    "signup": "sign up",
    "sso": "single sign on",
    "svc": "service",
    "tdy": "today",
    "tho": "though",
    "thru": "through",
    "thx": "thanks",
    "tix": "tickets",
    "tkt": "ticket",
    "tkts": "tickets",
    "tmr": "tomorrow",
    "tmrw": "tomorrow",
    "trng": "training",
    "txn": "transaction",
    "txt": "text",
    "u": "you",
    "ur": "your",
    "usr": "user",
    "wat": "what",
    "wfh": "work from home",
    "wk": "week",
    "wknd": "weekend",
    "wud": "would",
    "xfer": "transfer",
    "yr": "year",
    "yrs": "years",
}


@dataclass(frozen=True, slots=True)
class _Dictionary:
    frequencies: Mapping[str, int]
    by_shape: Mapping[tuple[str, int], tuple[str, ...]]  # first letter and length → words


@cache
def _english() -> _Dictionary:
    frequencies: dict[str, int] = {}
    by_shape: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    text = files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt").read_text("utf-8-sig")
    for line in text.splitlines():
        word, _, count = line.partition(" ")
        frequencies[word] = int(count)
        by_shape[word[0], len(word)].append(word)
    return _Dictionary(frequencies, {shape: tuple(words) for shape, words in by_shape.items()})


def read_dictionary() -> None:
    """Read the list of English words now, so that no question waits for it."""
    _english()


def is_english(word: str) -> bool:
    """Whether a lower-case word stands in the English dictionary."""
    return word in _english().frequencies


def spell_out(word: str) -> str | None:
    """What a word of chat stands for, "u" for "you", "pw" for "password"."""
    return _SHORTHAND.get(word)


def mend(word: str, view: View, *, english: bool) -> str | None:
    """The word that a misspelled one was probably meant to be; None if there is none near.

    `word` is lower case and known to nobody: neither to the workspace nor, where `english`, to the dictionary. Words
    must begin right, or with their first two letters swapped, or lack the first one alone.
    """
    if not SHORTEST <= len(word) <= _LONGEST:
        return None
    costs: dict[str, float] = {}
    if english and word.isascii():
        for other, distance, frequency in _near_english(word):
            own = any(view.frequency(stem) for stem in stems_of_short(other))
            costs[other] = _cost(word, other, distance, frequency) - _OWN * own
    if len(word) > SHORTEST:
        stem = next(iter(stems_of_short(word)), word)
        explained = {found for other in costs for found in stems_of_short(other)}
        for other, distance in _shaped(stem, _far(stem), view.vocabulary):
            if other not in explained:
                costs[other] = _cost(stem, other, distance, _USUAL) - _OWN
    return min(costs, key=lambda other: (costs[other], other)) if costs else None


def respell(word: str, stem: str) -> str | None:
    """The English word with this very stem that a misspelled one was probably meant to be; None if there is none near.

    For the model: to words, the stem alone counts, but it reads "servics" as something else than "services".
    """
    if len(word) <= SHORTEST or len(word) > _LONGEST or not word.isascii():
        return None
    costs = {
        other: _cost(word, other, distance, frequency)
        for other, distance, frequency in _near_english(word)
        if stems_of_short(other) == (stem,)
    }
    return min(costs, key=lambda other: (costs[other], other)) if costs else None


@lru_cache(maxsize=8192)
def _near_english(word: str) -> tuple[tuple[str, int, float], ...]:
    """English words near to one, each with its distance and the logarithm of its frequency."""
    dictionary = _english()
    found = []
    near = dict(_shaped(word, _far(word), lambda *shape: dictionary.by_shape.get(shape, ())))
    # "ervice": the first letter is one that a hurried finger misses.
    near |= {first + word: 1 for first in ascii_lowercase if first + word in dictionary.frequencies}
    for other, distance in near.items():
        frequency = log10(max(1, dictionary.frequencies[other]))
        if len(word) > SHORTEST or (frequency >= _SHORT_USUAL and len(other) >= len(word)):
            found.append((other, distance, frequency))
    return tuple(found)


def _far(word: str) -> int:
    return 1 if len(word) < 5 else 2


def _shaped(word: str, far: int, words: Callable[[str, int], Sequence[str]]) -> Iterator[tuple[str, int]]:
    """Words of about the same shape, each with its distance, which is at most `far`."""
    for first in dict.fromkeys(word[:2]):
        for length in range(len(word) - far, len(word) + far + 1):
            some = words(first, length)
            if some:
                # One call for all: rapidfuzz holds the interpreter, some 50 ns a word.
                distances = process.cdist([word], some, scorer=OSA.distance, score_cutoff=far, dtype=np.uint8)[0]
                for place in map(int, np.flatnonzero(distances <= far)):
                    yield some[place], int(distances[place])


def _cost(word: str, other: str, distance: int, frequency: float) -> float:
    cost = distance - _BY_FREQUENCY * frequency - _BY_LIKENESS * JaroWinkler.similarity(word, other)
    return cost - _SLIPPED * _slips(word, other)


def _slips(word: str, other: str) -> int:
    """How many of the differences are what fingers do: two letters swapped, or the key beside the right one."""
    if len(word) != len(other):
        return 0
    apart = [place for place, (one, two) in enumerate(zip(word, other, strict=True)) if one != two]
    match apart:
        case [first, second] if second == first + 1 and word[first : second + 1] == other[second] + other[first]:
            return 1
    return sum(word[place] in _BESIDE.get(other[place], ()) for place in apart)


def _keys_beside() -> dict[str, frozenset[str]]:
    """Each key of an English keyboard → those that touch it."""
    at = {key: (row, place + shift) for row, (shift, keys) in enumerate(_KEYBOARD) for place, key in enumerate(keys)}
    return {
        key: frozenset(
            other
            for other, (line, column) in at.items()
            if other != key and abs(line - row) <= 1 and abs(column - place) <= 1
        )
        for key, (row, place) in at.items()
    }


_BESIDE = _keys_beside()
