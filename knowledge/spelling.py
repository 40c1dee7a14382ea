"""A misspelled word → what it was probably meant to be, from the workspace's own words and from general English.

Each reading of a word has a cost, and so has to leave it as it is: it may be a name that no list has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from math import log10
from typing import NamedTuple

from rapidfuzz.distance import JaroWinkler

from knowledge.english import begins_english, frequency, near, of_shape, slips, together
from knowledge.index import View
from knowledge.words import EMPTY_WORDS, stems_of_short

SHORTEST = 3
"""Letters that a word must have to be repaired at all."""

_LONGEST = 40
# What speaks for a reading and against it, beside one slip of the finger (a distance of 1). Fitted as a softmax over
# the readings of 3,670 misspelled words of two public sets; what is marked with a star was set by hand afterwards, by
# how many of these are read rightly.
_BY_FREQUENCY, _BY_LIKENESS = 0.21, 0.22  # of its logarithm; of the likeness by Jaro and Winkler
_OWN = 0.44  # for a word that the workspace uses …
_BY_SHARE = 0.1  # * … and for each power of ten by which more of its texts have it than one in a thousand
_SAME_LETTERS = 0.29  # in another order
_OTHER_BEGINNING = 0.20  # against it
_LETTERS_LESS = 0.21  # against it, for each: fingers add letters less often than they miss some
_REPLACED, _REPLACED_OF_THREE = 0.3, 1.0  # * against it, where one letter stands in place of another; of three letters
_SAME_STEM = 0.09
_BESIDE = 0.27  # for each pair with the words beside it, of the logarithm over that of the rarest
_USUAL = 5.0  # log10 of the frequency taken for a word that only the workspace has
_CUT = 1.7  # * against it, for each space that was missed

# What it costs to leave a word as it is, and how much more for each letter. The kinds and the sizes are from a logistic
# regression on 3,760 unknown words of five public sets, misspelled ones and names, rounded so that a published list of
# misspellings, of which hardly any word is in the workspace, is still mended.
_STAYS, _STAYS_BY_LETTER = -2.0, 0.25
_USED_RATHER = 0.6  # against it, where the workspace or everybody uses what the word would become
_NAME_RATHER, _SHORT_NAME = 0.5, 5  # for it, where one letter stands in place of another, in words up to this length
_JARGON_RATHER = 10.0  # against it, where it is one slip from what only the workspace has
_COMMON = 7.5  # log10 of the frequency of what everybody uses

_LONG_STEM = 8  # letters from which few stems are two slips from one of the workspace
_MOST_PARTS = 4  # words run together
# log10 of the frequency of a word that is run together with others; of one of up to three letters
_ALONE, _SHORT_ALONE = 6.0, 8.0
_MODELS = 6.0  # log10 of the frequency taken for a word that the list lacks and the model has
_SLIPPED = 0.5  # how much more must speak for another word than for a right one


def mend(word: str, view: View, *, english: bool, before: str = "", after: str = "") -> str | None:
    """The word that a misspelled one was meant to be, or the words that it runs together; None if it stays what it is.

    `word` is lower case and, where `english`, not in the list; the words `before` and `after` help to tell what is
    meant. One of which the workspace knows the stem is its jargon, unless an English word has that too.
    """
    if not SHORTEST <= len(word) <= _LONGEST:
        return None
    stem = next(iter(stems_of_short(word)), word)
    readings = dict(_as_english(word, stem, view, before, after)) if english and word.isascii() else {}
    if view.frequency(stem):
        if len(word) == SHORTEST or not any(stems_of_short(other) == (stem,) for other in readings):
            return None
    else:
        if len(stem) > SHORTEST:
            readings |= _as_jargon(stem, view, {found for other in readings for found in stems_of_short(other)})
        if english:
            readings |= _as_several(word, view, before, after)
    best = min(readings, key=lambda other: (readings[other].cost, other), default=None)
    stays = _STAYS + _STAYS_BY_LETTER * len(word)
    return best if best is not None and readings[best].cost < stays + readings[best].rather else None


def mistaken(word: str, view: View, *, before: str, after: str) -> str | None:
    """The word in place of which another came out, "pan" of "plan": a letter was missed, or two were swapped.

    The workspace must have that one and not the other, and frequency and the words beside must speak for it. Of 137
    such slips in two public sets this reads 66 as what was meant, 12 as another; of 63,000 right words it changes 7.
    """
    if not SHORTEST <= len(word) <= _LONGEST or _is_own(word, view):
        return None
    usual, expected = frequency(word) or _MODELS, together(before, word) + together(word, after)
    found = {}
    for other in slips(word):
        beside = together(before, other) + together(other, after) - expected
        rather = _BY_FREQUENCY * (frequency(other) - usual) + _BESIDE * beside
        if beside >= 0 and rather >= _SLIPPED and _is_own(other, view):
            found[other] = rather
    return max(found, key=lambda other: (found[other], other), default=None)


class _Reading(NamedTuple):
    """What a word may have been meant to be."""

    cost: float  # beside other readings
    rather: float  # how much more it may cost than to leave the word as it is


def _as_english(word: str, stem: str, view: View, before: str, after: str) -> Iterator[tuple[str, _Reading]]:
    for other, distance in near(word):
        its = stems_of_short(other)
        own = max((_how_much_own(one, view) for one in its), default=0.0)
        common = frequency(other) >= _COMMON
        if len(word) == SHORTEST and not (own or common):
            continue
        replaced = distance == 1 and len(word) == len(other) and sorted(word) != sorted(other)
        cost = _cost(word, other, distance, frequency(other)) - own - _SAME_STEM * (its == (stem,))
        cost += replaced * (_REPLACED_OF_THREE if len(word) == SHORTEST else _REPLACED)
        cost -= _BESIDE * (together(before, other) + together(other, after))
        rather = _USED_RATHER if own else (_USED_RATHER + _OWN) * common
        yield other, _Reading(cost, rather - _NAME_RATHER * (replaced and len(word) <= _SHORT_NAME))


def _as_jargon(stem: str, view: View, explained: Collection[str]) -> dict[str, _Reading]:
    """Stems that only the workspace has. Hardly ever is a name that it does not have one slip from its own."""
    return {
        other: _Reading(
            _cost(stem, other, distance, _USUAL) - _how_much_own(other, view) - _SAME_STEM,
            _JARGON_RATHER if distance == 1 and not begins_english(other) else 0.0,
        )
        for other, distance in of_shape(stem, 1 if len(stem) < _LONG_STEM else 2, view.vocabulary)
        if other not in explained
    }


def _as_several(word: str, view: View, before: str, after: str) -> dict[str, _Reading]:
    """English words that it may run together, "howdoi"."""
    ways: list[list[tuple[float, tuple[str, ...]]]] = [[] for _ in range(len(word) + 1)]  # of its first letters
    ways[0] = [(0.0, ())]
    for end in range(1, len(word) + 1):
        for begin in range(end):
            part = word[begin:end]
            if not ways[begin] or part == word or not _stands_alone(part, view):
                continue
            for usual, parts in ways[begin]:
                pair = together(parts[-1], part) if parts else 0.0
                if not parts or (len(parts) < _MOST_PARTS and (pair or _stand_apart(parts[-1], part, view))):
                    ways[end].append((usual + pair, (*parts, part)))
        ways[end] = sorted(ways[end], reverse=True)[:_MOST_PARTS]
    found = {}
    for usual, parts in ways[-1]:
        if sum(len(part) == 1 for part in parts) > 1:  # letters, not words
            continue
        beside = usual + together(before, parts[0]) + together(parts[-1], after)
        cost = _CUT * (len(parts) - 1) - _BY_FREQUENCY * min(map(frequency, parts)) - _BY_LIKENESS - _OWN
        found[" ".join(parts)] = _Reading(cost - _BESIDE * beside, _USED_RATHER)
    return found


def _stands_alone(part: str, view: View) -> bool:
    """Whether a word is usual enough to be found in a longer one by more than chance."""
    usual = frequency(part)
    if usual >= (_ALONE if len(part) > SHORTEST else _SHORT_ALONE):
        return True
    return len(part) >= SHORTEST and usual > 0 and (_is_own(part, view) or EMPTY_WORDS.issuperset(stems_of_short(part)))


def _stand_apart(first: str, second: str, view: View) -> bool:
    """Whether both of two words are long, or the longer one longer yet and the workspace's."""
    short, long = sorted((first, second), key=len)
    return len(short) > SHORTEST or (len(long) > SHORTEST + 1 and _is_own(long, view))


def _is_own(word: str, view: View) -> bool:
    return any(view.frequency(stem) for stem in stems_of_short(word))


def _how_much_own(stem: str, view: View) -> float:
    """What speaks for a word that the workspace uses: the more, the more texts have it. Little words all use."""
    if stem in EMPTY_WORDS:
        return _OWN
    met = view.frequency(stem)
    return _OWN + _BY_SHARE * max(0.0, 3 + log10(met / view.size)) if met else 0.0


def _cost(word: str, other: str, distance: int, usual: float) -> float:
    cost = distance - _BY_FREQUENCY * usual - _BY_LIKENESS * JaroWinkler.similarity(word, other)
    cost += _OTHER_BEGINNING * (word[0] != other[0])
    if not _is_doubled(word, other):
        cost += _LETTERS_LESS * max(0, len(word) - len(other))
    return cost - _SAME_LETTERS * (sorted(word) == sorted(other))


def _is_doubled(word: str, other: str) -> bool:
    """Whether a word is the other with one letter twice in place of once."""
    return len(word) == len(other) + 1 and any(
        word[place] == word[place + 1] and word[:place] + word[place + 1 :] == other for place in range(len(other))
    )
