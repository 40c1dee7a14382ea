"""A question, understood: what it asks for, word by word, with what each word may also mean.

Raw text → plain → spelled right → units. A unit is one thing that is asked for, by a word or by a term of the
glossary; its meanings are the ways to say it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from knowledge.index import View
from knowledge.repairs import Knows, find_repairs, repaired
from knowledge.shorthand import in_full
from knowledge.words import EMPTY_WORDS, LIGHT_WORDS, plain, stems, stems_of_short

LONGEST_QUESTION = 2_000
"""Characters that are read of a question; the rest is ignored."""

_MOST_UNITS = 32  # the rarest are kept; a question of more words is a story
_MOST_TYPED = 64
_LIGHT = 0.35  # the weight of a light word beside its rarity
_REPAIRED = 0.9  # the strength of a reading that was repaired
_LONGEST_TERM = 12  # words; a longer meaning in the glossary is a definition, and nobody types it
_LONGEST_MEANING = 500  # characters of what a term stands for that the model reads
_CAPITALS = re.compile(r"\b[A-Z][A-Z0-9]+\b")
_COMMON = EMPTY_WORDS | LIGHT_WORDS
_AMOUNT = re.compile(
    r"[$€£¥]\s?\d[\d.,]*|\d[\d.,]*\s?(?:[$€£¥%]|\b(?:euros?|eur|usd|dollars?|pounds?|gbp|chf|francs?|cents?|percent|hours?"
    r"|days?|minutes?|weeks?|months?|years?|people|persons?|employees?|k?m|miles?|[kmg]b|kg|k)\b)"
    r"|(?<=over )\d+|(?<=under )\d+|(?<=above )\d+|(?<=below )\d+|(?<=than )\d+|(?<=up to )\d+"
    # A day or a year is a time, not a name.
    r"|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b|\b(?:19|20)\d\d\b"
)


Glossary = Iterable[tuple[str, str]]
"""Terms, each with what it stands for, in any spelling. A term that stands for several things comes several times."""

Expansions = tuple[tuple[tuple[str, ...], str], ...]
"""What a term stands for: the stems that say something, and the text."""


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
    text: str  # as it was typed
    spelled: str  # plain, with misspelled words repaired and the meanings of glossary terms added
    repairs: Mapping[str, str]  # what was misspelled → what it was read as
    wordings: tuple[str, ...]  # canonical: as typed, and as repaired
    codes: frozenset[str]  # the words with three digits or more: numbers of errors, rooms, forms; amounts are none
    units: tuple[Unit, ...]
    order: tuple[str, ...]  # the stems that say something, in order, with repetitions
    typed: tuple[str, ...]  # every stem once, the empty ones too

    @property
    def canonical(self) -> str:
        return self.wordings[-1]

    @property
    def wanted(self) -> list[str]:
        """Every stem to look for, in a fixed order."""
        return list(dict.fromkeys(stem for unit in self.units for meaning in unit.meanings for stem in meaning.stems))


def understand(question: str, view: View, glossary: Glossary, knows: Knows | None = None) -> Question:
    """Read a question for one asker's view. What the model `knows` beside the dictionary is no misspelled word."""
    typed = plain(question, LONGEST_QUESTION)
    pairs = _called(_pairs(tuple(glossary)), question)
    terms = frozenset(stem for term in pairs for stem in term)
    repairs = find_repairs(question[:LONGEST_QUESTION], typed, view, terms, knows)
    spelled = in_full(repaired(typed, repairs))
    words = stems(spelled)
    mended = {stem for word in repairs.values() for stem in stems_of_short(word)}
    units: dict[tuple[str, ...], Unit] = {}
    added = []
    for span, expansions in _spans(words, pairs):
        said = tuple(word for word in span if word not in EMPTY_WORDS)
        if span in units or not (said or expansions):
            continue
        units[span] = _unit(said, expansions, view, _REPAIRED if mended.intersection(said) else 1.0)
        added += [meaning for expansion, meaning in expansions if meaning not in spelled]
    rarest = sorted(units.items(), key=lambda item: (-item[1].weight, item[0]))[:_MOST_UNITS]
    return Question(
        text=question[:LONGEST_QUESTION],
        spelled=" ".join([spelled, *(f"({meaning})" for meaning in dict.fromkeys(added))]),
        repairs=repairs,
        wordings=tuple(dict.fromkeys((" ".join(stems(typed)), " ".join(words)))),
        codes=frozenset(stems(_AMOUNT.sub(" ", typed))) & {word for word in words if sum(map(str.isdigit, word)) >= 3},
        units=tuple(unit for _, unit in rarest),
        order=tuple(word for word in words if word not in EMPTY_WORDS),
        typed=tuple(dict.fromkeys(words))[:_MOST_TYPED],
    )


def _unit(said: tuple[str, ...], expansions: Expansions, view: View, strength: float) -> Unit:
    """What is asked for by these words."""
    meanings = [Meaning(said, strength)] if said else []
    meanings += [Meaning(expansion) for expansion, _ in expansions]
    # A meaning of several words is as frequent as its rarest; the unit is as frequent as its commonest meaning.
    frequency = max(min(view.frequency(stem) for stem in meaning.stems) for meaning in meanings)
    light = not expansions and meanings[-1].stems[0] in LIGHT_WORDS
    return Unit(tuple(meanings), view.rarity(frequency) * (_LIGHT if light else 1), frequency > 0)


@lru_cache(maxsize=64)
def _pairs(glossary: tuple[tuple[str, str], ...]) -> Mapping[tuple[str, ...], Expansions]:
    """Terms and their meanings → what else each stands for, as stems and as text."""
    pairs: dict[tuple[str, ...], Expansions] = {}
    for term, meaning in glossary:
        short, long = stems_of_short(term), stems_of_short(meaning)
        for one, other, text in ((short, long, meaning), (long, short, term)):
            said = tuple(stem for stem in other if stem not in EMPTY_WORDS)[:_MOST_UNITS]
            if said and one and one != other and len(one) <= _LONGEST_TERM:
                pairs[one] = (*pairs.get(one, ()), (said, plain(text, _LONGEST_MEANING)))
    return pairs


def _called(pairs: Mapping[tuple[str, ...], Expansions], question: str) -> Mapping[tuple[str, ...], Expansions]:
    """Those of the pairs that a question can mean: IT and US only in capitals, since "it" and "us" are words too."""
    doubtful = {one for one in pairs if len(one) == 1 and one[0] in _COMMON}
    if not doubtful:
        return pairs
    capitals = set() if question.isupper() else {stems_of_short(word) for word in _CAPITALS.findall(question)}
    return {one: expansions for one, expansions in pairs.items() if one not in doubtful or one in capitals}


def _spans(
    words: list[str], pairs: Mapping[tuple[str, ...], Expansions]
) -> Iterator[tuple[tuple[str, ...], Expansions]]:
    """The words, those of a glossary term or of its meaning together, each with what else it may stand for."""
    longest = max(map(len, pairs), default=1)
    start = 0
    while start < len(words):
        for length in range(min(longest, len(words) - start), 0, -1):
            span = tuple(words[start : start + length])
            if span in pairs or length == 1:
                yield span, pairs.get(span, ())
                start += length
                break
