"""What was asked and not answered, grouped by meaning as far as shared words tell."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from math import log, sqrt

from knowledge.words import EMPTY_WORDS, LIGHT_WORDS, plain, stems

ALIKE = 0.45
"""Cosine from which a question joins a group."""
_LONGEST = 1000  # characters of a question that are read
_LIGHT = 0.4  # what a word that says little of the need weighs


def group_by_meaning(questions: Sequence[str], *, alike: float = ALIKE) -> list[list[int]]:
    """The questions' places, in groups; the largest group first, in each the one that says most of it first.

    Each question joins the group whose sum of weighted words it is nearest to, or begins one (leader clustering), the
    longest questions first, since they hold the words that the short ones share. A question without a word of meaning
    stays alone.
    """
    counted = [_words(question) for question in questions]
    found_in = Counter(word for words in counted for word in words)
    vectors = [_weigh(words, found_in, len(counted)) for words in counted]
    order = sorted(range(len(vectors)), key=lambda place: (-len(vectors[place]), place))
    groups: list[list[int]] = []
    squares: list[float] = []  # of the lengths of the groups' sums
    sums: defaultdict[str, dict[int, float]] = defaultdict(dict)  # word → group → its weight there
    for place in order:
        vector = vectors[place]
        near: defaultdict[int, float] = defaultdict(float)
        for word, weight in vector.items():
            for group, held in sums.get(word, {}).items():
                near[group] += weight * held
        best = max(near, key=lambda group: (near[group] / sqrt(squares[group]), -group), default=None)
        if best is None or near[best] / sqrt(squares[best]) < alike:
            best = len(groups)
            groups.append([])
            squares.append(0.0)
        groups[best].append(place)
        squares[best] += 2 * near[best] + sum(weight * weight for weight in vector.values())
        for word, weight in vector.items():
            sums[word][best] = sums[word].get(best, 0.0) + weight
    for group, members in enumerate(groups):
        says = {place: sum(weight * sums[word][group] for word, weight in vectors[place].items()) for place in members}
        members.sort(key=lambda place: (-says[place], place))
    return sorted(groups, key=lambda members: (-len(members), members[0]))


def _words(question: str) -> Counter[str]:
    return Counter(stem for stem in stems(plain(question, _LONGEST)) if stem not in EMPTY_WORDS)


def _weigh(words: Counter[str], found_in: Counter[str], questions: int) -> dict[str, float]:
    """Each word by how often it stands there and how rare it is among the questions, of length one together."""
    weights = {
        word: (1 + log(count)) * (1 + log(questions / found_in[word])) * (_LIGHT if word in LIGHT_WORDS else 1.0)
        for word, count in words.items()
    }
    length = sqrt(sum(weight * weight for weight in weights.values()))
    return {word: weight / length for word, weight in weights.items()} if length else {}
