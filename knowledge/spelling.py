"""Misspelled words → what they were probably meant to be, from the workspace's own words and from general English.

The English words are those of symspellpy's dictionary (82,765 with their frequency). It is read as a list: its own
look-up keeps some 150 MB of deletions for every process, and knows neither the workspace's words nor those beside one.
"""

from __future__ import annotations

import re
from array import array
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
from rapidfuzz.distance import OSA, JaroWinkler

from knowledge.index import View
from knowledge.words import stems_of_short

SHORTEST = 3
"""Letters that a word must have to be repaired at all."""

_LONGEST = 40
# What speaks for a candidate and against it, beside one slip of the finger (a distance of 1). Fitted as a softmax over
# the candidates of 3,670 misspelled words of two public sets; by what the other set taught .939 and .906 of them are
# read rightly, where weights set by hand, blind to the words beside it, came to .920 and .897.
_BY_FREQUENCY, _BY_LIKENESS = 0.21, 0.22  # of its logarithm; of the likeness by Jaro and Winkler
_OWN = 0.44  # for a word that the workspace uses
_SAME_LETTERS = 0.29  # in another order
_OTHER_BEGINNING = 0.20  # against it
_LETTERS_LESS = 0.21  # against it, for each: fingers add letters less often than they miss some
_SAME_STEM = 0.09
_BESIDE = 0.27  # for each bigram with the words beside it, of the logarithm over that of the rarest
_USUAL = 5.0  # log10 of the frequency taken for a word that only the workspace has
_RAREST = 6.5  # log10, below all bigrams of the list
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

_DIGITS = {"2": "to", "4": "for"}
_DIGIT = re.compile(r"(?<!\S)([^\W\d_]+) ([24]) (?=([^\W\d_]+))")
_WITH = re.compile(r"\bw/(o\b)?\s*")


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Behind these a digit is a number …
_NUMBERED = _listed(
    """
    a an the my our your his her their this that these those any all both only just about around of than up over under
    least most every next last first other another in on at by from to for with within and or between option answer
    room office floor building gate door desk site block wing unit level step phase stage type tier class grade group
    team version release form section chapter part page number no line zone shift day week month year quarter question
    rule item task point category schedule appendix table figure row column model generation windows python
    error code
    """
)
# … and so it is before these.
_COUNTED = _listed(
    """
    factor fa step way part page person people day week month year hour minute second time digit character letter
    euro dollar percent million thousand hundred gb mb tb kg km cm mm am pm x by of or and in to more different other
    new
    """
)


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
    """Read the lists of English words and of pairs of them now, so that no question waits for it."""
    _english()
    _bigrams()


def is_english(word: str) -> bool:
    """Whether a lower-case word stands in the English dictionary."""
    return word in _english().frequencies


@cache
def _bigrams() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Pairs of English words: their hashes, in order, and how much more frequent each is than the rarest, in log10.

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


def _together(first: str, second: str) -> float:
    """How usual it is that one English word follows another: 0 if it is not, some 3 for the commonest pairs."""
    if not first or not second:
        return 0.0
    keys, counts = _bigrams()
    wanted = _hash(f"{first} {second}")
    place = int(np.searchsorted(keys, wanted))
    return float(counts[place]) if place < len(keys) and keys[place] == wanted else 0.0


def spell_out(word: str) -> str | None:
    """What a word of chat stands for, "u" for "you", "pw" for "password"."""
    return _SHORTHAND.get(word)


def in_full(text: str) -> str:
    """A plain question with the signs that stand for words in chat written as words: "go 2 work w/ a cold".

    A digit is one where the words beside it do not make it a number, and are usual beside that word.
    """
    return _DIGIT.sub(_word_for_digit, _WITH.sub(lambda found: "without " if found[1] else "with ", text))


def _word_for_digit(found: re.Match[str]) -> str:
    before, digit, after = found.groups()
    word = _DIGITS[digit]
    several = after.endswith("s") and not after.endswith("ss") and is_english(after[:-1]) and len(after) > SHORTEST
    number = before in _NUMBERED or after in _COUNTED or (several and after != "this")
    if number or not (_together(before, word) or _together(word, after)):
        return found[0]
    return f"{before} {word} "


def mend(word: str, view: View, *, english: bool, before: str = "", after: str = "") -> str | None:
    """The word that a misspelled one was probably meant to be; None if there is none near.

    `word` is lower case and, where `english`, not in the dictionary; the words `before` and `after` help to tell what
    is meant. Words must begin right, or with their first two letters swapped, or lack the first one alone, or have
    another in its place. One of which the workspace knows the stem is its jargon, unless an English word has that too.
    """
    if not SHORTEST <= len(word) <= _LONGEST:
        return None
    stem = next(iter(stems_of_short(word)), word)
    costs: dict[str, float] = {}
    if english and word.isascii():
        for other, distance, frequency in _near_english(word):
            its = stems_of_short(other)
            cost = _cost(word, other, distance, frequency) - _BESIDE * (
                _together(before, other) + _together(other, after)
            )
            costs[other] = cost - _OWN * any(view.frequency(one) for one in its) - _SAME_STEM * (its == (stem,))
    if view.frequency(stem):
        if len(word) == SHORTEST or not any(stems_of_short(other) == (stem,) for other in costs):
            return None
    elif len(word) > SHORTEST:
        explained = {found for other in costs for found in stems_of_short(other)}
        for other, distance in _shaped(stem, _far(stem), view.vocabulary):
            if other not in explained:
                costs[other] = _cost(stem, other, distance, _USUAL) - _OWN - _SAME_STEM
    return min(costs, key=lambda other: (costs[other], other)) if costs else None


@lru_cache(maxsize=8192)
def _near_english(word: str) -> tuple[tuple[str, int, float], ...]:
    """English words near to one, each with its distance and the logarithm of its frequency."""
    dictionary = _english()
    found = []
    near = dict(_shaped(word, _far(word), lambda *shape: dictionary.by_shape.get(shape, ())))
    # "ervice": the first letter is one that a hurried finger misses.
    near |= {first + word: 1 for first in ascii_lowercase if first + word in dictionary.frequencies}
    if len(word) > SHORTEST:
        begun = [first + word[1:] for first in ascii_lowercase]
        near |= {other: 1 for other in begun if other in dictionary.frequencies}
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
    cost += _OTHER_BEGINNING * (word[0] != other[0]) + _LETTERS_LESS * max(0, len(word) - len(other))
    return cost - _SAME_LETTERS * (sorted(word) == sorted(other))
