"""A question, understood: what it asks for, word by word, with what each word may also mean.

Raw text → plain → units. A unit is one thing that is asked for. It has readings: the word itself, the word it is
probably a misspelling of, what the glossary says it stands for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from knowledge.index import View
from knowledge.words import EMPTY_WORDS, LIGHT_WORDS, plain, stems, stems_of_short

LONGEST_QUESTION = 2_000
"""Characters that are read of a question; the rest is ignored."""

_MOST_UNITS = 32  # the rarest are kept; a question of more words is a story
_MOST_TYPED = 64
_LIGHT = 0.35  # the weight of a light word beside its rarity
_REPAIRED = 0.9  # the strength of a reading that was repaired
_LONGEST_TERM = 12  # words; a longer meaning in the glossary is a definition, and nobody types it


@dataclass(frozen=True, slots=True)
class Meaning:
    """One way to read a unit: all of `stems`. `strength` (0…1) is the trust in it."""

    stems: tuple[str, ...]
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class Unit:
    meanings: tuple[Meaning, ...]
    weight: float  # rarity among what the asker may see
    known: bool  # whether any visible snippet has a word of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    canonical: str
    codes: frozenset[str]  # the words with three digits or more: numbers of errors, rooms, forms
    units: tuple[Unit, ...]
    order: tuple[str, ...]  # the stems that say something, in order, with repetitions
    typed: tuple[str, ...]  # every stem once, the empty ones too

    @property
    def wanted(self) -> list[str]:
        """Every stem to look for, in a fixed order."""
        return list(dict.fromkeys(stem for unit in self.units for meaning in unit.meanings for stem in meaning.stems))


def understand(question: str, view: View, glossary: Mapping[str, str]) -> Question:
    """Read a question for one asker's view. `glossary` maps terms to what they stand for, in any spelling."""
    words = stems(plain(question, LONGEST_QUESTION))
    units: dict[tuple[str, ...], Unit] = {}
    for span, expansions in _spans(words, glossary):
        said = tuple(word for word in span if word not in EMPTY_WORDS)
        unit = _unit(said, expansions, view) if span not in units and (said or expansions) else None
        if unit:
            units[span] = unit
    rarest = sorted(units.items(), key=lambda item: (-item[1].weight, item[0]))[:_MOST_UNITS]
    return Question(
        canonical=" ".join(words),
        codes=frozenset(word for word in words if sum(map(str.isdigit, word)) >= 3),
        units=tuple(unit for _, unit in rarest),
        order=tuple(word for word in words if word not in EMPTY_WORDS),
        typed=tuple(dict.fromkeys(words))[:_MOST_TYPED],
    )


def _unit(said: tuple[str, ...], expansions: tuple[tuple[str, ...], ...], view: View) -> Unit | None:
    """What is asked for by these words; None if they are a misspelled empty word."""
    meanings = [Meaning(said)] if said else []
    if expansions:
        meanings += [Meaning(expansion) for expansion in expansions]
    elif not view.frequency(said[0]):
        repaired = _repaired(said[0], view)
        if repaired in EMPTY_WORDS:
            return None
        meanings += [Meaning((repaired,), _REPAIRED)] if repaired else []
    # A meaning of several words is as frequent as its rarest; the unit is as frequent as its commonest meaning.
    frequency = max(min(view.frequency(stem) for stem in meaning.stems) for meaning in meanings)
    light = not expansions and meanings[-1].stems[0] in LIGHT_WORDS
    return Unit(tuple(meanings), view.rarity(frequency) * (_LIGHT if light else 1), frequency > 0)


def _spans(
    words: list[str], glossary: Mapping[str, str]
) -> Iterator[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]]:
    """The words, those of a glossary term or of its meaning together, each with what else it may stand for."""
    pairs: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for term, meaning in glossary.items():
        short, long = stems_of_short(term), stems_of_short(meaning)
        for one, other in ((short, long), (long, short)):
            said = tuple(stem for stem in other if stem not in EMPTY_WORDS)
            if said and one and one != other and len(one) <= _LONGEST_TERM:
                pairs.setdefault(one, []).append(said)
    longest = max(map(len, pairs), default=1)
    start = 0
    while start < len(words):
        for length in range(min(longest, len(words) - start), 0, -1):
            span = tuple(words[start : start + length])
            if span in pairs or length == 1:
                yield span, tuple(pairs.get(span, ()))
                start += length
                break


def _repaired(word: str, view: View) -> str | None:
    """The nearest visible stem to a word that no visible snippet has.

    Only words of four letters and more that begin right, or with their first two letters swapped, are repaired, and
    only from stems of about that length: rapidfuzz holds the interpreter, so it never sees the whole vocabulary.
    """
    if len(word) < 4 or any(character.isdigit() for character in word):
        return None
    far = 1 if len(word) < 7 else 2
    best: list[tuple[int, int, str]] = []
    for first in dict.fromkeys(word[:2]):
        for length in range(len(word) - far, len(word) + far + 1):
            for other in view.vocabulary(first, length):
                distance = OSA.distance(word, other, score_cutoff=far)
                if distance <= far:
                    best.append((distance, -view.frequency(other), other))
    return min(best)[2] if best else None
