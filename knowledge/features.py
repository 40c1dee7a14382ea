"""What speaks for a candidate: numbers between 0 and 1, each from one comparison of a question with a snippet.

Words are compared by `compare`, meaning by `compare_meaning`; where there is no model, words alone speak.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler

from knowledge.embedding import heading_of
from knowledge.index import Reading, View
from knowledge.question import Question
from knowledge.shard import Entry

NEAR_ENOUGH = 0.86
"""Jaro-Winkler similarity from which two different stems count as one word, by that much."""

_THE_SAME = 0.8  # overlap from which a question that is listed is the one that is asked
_SATURATION, _LENGTH_WEIGHT = 1.2, 0.75  # k1 and b of BM25, as its authors recommend

NAMES = (
    "words",  # BM25 of every word as it was typed, little ones too, over the most that could be reached
    "bm25",  # BM25 of the whole snippet, over the most that the question could reach
    "coverage",  # share of what is asked for, by rarity, that occurs anywhere
    "title",  # … that occurs in the title
    "heading",  # … in the title's last part
    "sentence",  # … in the best single sentence
    "title_asked",  # share of the title, by rarity, that was asked for
    "heading_asked",  # … of the title's last part
    "sentence_cosine",  # the best tf-idf cosine of the question and one sentence
    "text_cosine",  # … and the whole snippet
    "fuzzy",  # likeness of the question's and the title's stems as spelled, in any order
    "tags",  # share of what is asked for that occurs in the tags
    "phrasing",  # the nearest known phrasing, by rarity-weighted overlap
    "neighbours",  # share of the question's neighbouring word pairs that stand in one sentence
    "listed",  # 1 if the question stands in a list of questions, as in the contents of a page; that speaks against it
    "worded",  # 1 if the question is the title or a known phrasing, word for word
)


MEANING = (
    "whole",  # cosine of the question and the whole snippet, title and text; below 0 counts as 0, here and below
    "named",  # … and its title
    "said",  # … and the nearest of its sentences
    "said_too",  # … and the second nearest
    "closest",  # the greatest of these, and of the title's last part, where it has several
    "word_by_word",  # each word of the question with the nearest one of the snippet, where they stand; by rarity
)
"""What the model tells, beside the words."""

UNTITLED = "untitled"
"""1 where others have a candidate's title as well."""

_INSTEAD = {
    "title": "sentence",
    "heading": "sentence",
    "title_asked": "sentence_cosine",
    "heading_asked": "sentence_cosine",
    "fuzzy": "sentence",
    "named": "said",
}
"""What a snippet says in place of a title of its own: feature of a title → the like of one of its sentences."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question weighed for one set of candidates."""

    question: Question
    total: float  # the sum of the units' weights
    hits: Mapping[str, tuple[tuple[int, int, float], ...]]  # stem → (unit, meaning, how much of the meaning it covers)
    usual_rarity: float  # for what a snippet says beyond the question
    typed: Mapping[str, float]  # every stem as it was typed → its rarity


def weigh(question: Question, view: View, readings: Sequence[Reading]) -> Asked:
    """Prepare a question for comparing it with these candidates."""
    hits: defaultdict[str, dict[tuple[int, int], float]] = defaultdict(dict)
    for number, unit in enumerate(question.units):
        for place, meaning in enumerate(unit.meanings):
            for stem in meaning.stems:
                hits[stem][number, place] = meaning.strength / len(meaning.stems)
    exact = {stem: dict(where) for stem, where in hits.items()}
    vocabulary = sorted(frozenset[str]().union(*(reading.words for reading in readings)))
    wanted = [stem for stem in exact if len(stem) > 3]
    if wanted and vocabulary:
        near = process.cdist(
            wanted, vocabulary, scorer=JaroWinkler.similarity, score_cutoff=NEAR_ENOUGH, dtype=np.float32
        )
        for row, column in zip(*np.nonzero(near), strict=True):
            stem, other = wanted[row], vocabulary[column]
            if stem != other:
                for where, share in exact[stem].items():
                    hits[other][where] = max(hits[other].get(where, 0.0), share * float(near[row, column]))
    return Asked(
        question,
        sum(unit.weight for unit in question.units),
        {
            stem: tuple((unit, meaning, share) for (unit, meaning), share in where.items())
            for stem, where in hits.items()
        },
        view.rarity(max(1, view.size // 100)),
        {stem: view.rarity(view.frequency(stem)) for stem in question.typed},
    )


def compare(asked: Asked, entry: Entry, reading: Reading, view: View) -> dict[str, float]:
    """The features of one candidate, keyed by `NAMES`, and two that only doubt is made of.

    `uncovered` is the weightiest unit that the candidate lacks, over the weightiest of all. `other_code` is 1 if a code
    or number was asked for that the candidate lacks.
    """
    question = asked.question
    said = reading.words.union(reading.tags, *reading.phrasings)
    everywhere = _covered(asked, said)
    weights = [unit.weight for unit in question.units]
    heaviest = max(weights)
    norm = _norm(entry, view)
    sentences = [
        (stems, _covered(asked, stems))
        for stems in (*reading.sentences, reading.title)
        if not stems.isdisjoint(asked.hits)
    ]
    sums = [(_sum(asked, covered), stems) for stems, covered in sentences]
    uncovered = max((w * (1 - everywhere.get(i, 0.0)) for i, w in enumerate(weights)), default=0.0)
    return {
        "words": _bm25_as_typed(asked, reading, norm),
        "bm25": _bm25(asked, reading, norm),
        "coverage": _sum(asked, everywhere) / asked.total,
        "title": _sum(asked, _covered(asked, reading.title)) / asked.total,
        "heading": _sum(asked, _covered(asked, reading.heading)) / asked.total,
        "sentence": max((total for total, _ in sums), default=0.0) / asked.total,
        "title_asked": _share_asked(asked, reading.title, view),
        "heading_asked": _share_asked(asked, reading.heading, view),
        "sentence_cosine": max((_cosine(asked, covered, stems) for stems, covered in sentences), default=0.0),
        "text_cosine": _cosine(asked, everywhere, reading.words),
        "fuzzy": fuzz.token_set_ratio(question.canonical, reading.wording) / 100,
        "tags": _sum(asked, _covered(asked, reading.tags)) / asked.total,
        "phrasing": max((_overlap(asked, stems, view) for stems in reading.phrasings), default=0.0),
        "neighbours": _neighbours(question.order, reading.sentences),
        "listed": float(any(_overlap(asked, stems, view) >= _THE_SAME for stems in reading.listed)),
        "worded": float(not entry.wordings.isdisjoint(question.wordings)),
        "uncovered": uncovered / heaviest,
        "other_code": float(not question.codes <= said),
    }


def compare_meaning(
    entries: Sequence[Entry], cosines: Sequence[Sequence[float] | None], likenesses: Sequence[float | None]
) -> list[dict[str, float]] | None:
    """The features of these candidates, keyed by `MEANING`; None where the model knows too few of them.

    `cosines` are those of the question with the whole, the title and the parts of each; `likenesses` are of the words.
    A candidate that the model has not read yet, since it was written a moment ago, is taken for one of average meaning.
    """
    known = sum(one is not None for one in cosines)
    if 2 * known < len(entries) or not known:
        return None
    told = [
        None if one is None or likeness is None else _tell(entry.snippet.title, one, likeness)
        for entry, one, likeness in zip(entries, cosines, likenesses, strict=True)
    ]
    average = {name: sum(one[name] for one in told if one) / known for name in MEANING}
    return [one or average for one in told]


def untitled(features: Mapping[str, float]) -> dict[str, float]:
    """The features of a candidate whose title others have as well.

    Such a title names the page and not what each part of it is about, so a part is not to stand behind others for what
    its title leaves out: its best sentence speaks in place of it, where that says more.
    """
    instead = {name: features[other] for name, other in _INSTEAD.items() if name in features}
    return {**features, **{name: max(features[name], value) for name, value in instead.items()}, UNTITLED: 1.0}


def _tell(title: str, cosines: Sequence[float], likeness: float) -> dict[str, float]:
    whole, named, *parts = (max(0.0, number) for number in cosines)
    headings = 0 if heading_of(title) is None else 1
    said = sorted(parts[headings:], reverse=True)
    best = said[0] if said else whole
    return {
        "whole": whole,
        "named": named,
        "said": best,
        "said_too": said[1] if len(said) > 1 else best,
        "closest": max(whole, named, best, *parts[:headings]),
        "word_by_word": likeness,
    }


def _covered(asked: Asked, stems: frozenset[str]) -> dict[int, float]:
    """Unit → how well these stems cover it, for the units that they cover at all."""
    units: dict[int, float] = {}
    parts: dict[tuple[int, int], float] = {}
    for stem in asked.hits.keys() & stems:
        for unit, meaning, share in asked.hits[stem]:
            if len(asked.question.units[unit].meanings[meaning].stems) > 1:
                # The words of one meaning add up; several words that are near to one wanted word do not.
                share = parts[unit, meaning] = min(1.0, parts.get((unit, meaning), 0.0) + share)  # noqa: PLW2901
            if share > units.get(unit, 0.0):
                units[unit] = share
    return units


def _sum(asked: Asked, covered: Mapping[int, float]) -> float:
    return sum(asked.question.units[unit].weight * share for unit, share in covered.items())


def _share_asked(asked: Asked, stems: frozenset[str], view: View) -> float:
    rarities = {stem: view.rarity(view.frequency(stem)) for stem in stems}
    whole = sum(rarities.values())
    return sum(rarities[stem] for stem in asked.hits.keys() & stems) / whole if whole else 0.0


def _overlap(asked: Asked, stems: frozenset[str], view: View) -> float:
    """The harmonic mean of how much of the question these stems cover and how much of them was asked for."""
    covered, shared = _sum(asked, _covered(asked, stems)) / asked.total, _share_asked(asked, stems, view)
    return 2 * covered * shared / (covered + shared) if covered + shared else 0.0


def _cosine(asked: Asked, covered: Mapping[int, float], stems: frozenset[str]) -> float:
    """The cosine of rarity vectors. Stems that were not asked for count with the usual rarity: asking is dear."""
    units = asked.question.units
    dot = sum(units[unit].weight ** 2 * share for unit, share in covered.items())
    if not dot:
        return 0.0
    length = sum(unit.weight**2 for unit in units)
    others = len(stems) - len(asked.hits.keys() & stems)
    return dot / sqrt(length * (dot + others * asked.usual_rarity**2))


def _norm(entry: Entry, view: View) -> float:
    return _SATURATION * (1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * entry.length / (view.mean_length or 1))


def _bm25_as_typed(asked: Asked, reading: Reading, norm: float) -> float:
    counts = reading.counts
    return sum(
        rarity * counts[stem] / (counts[stem] + norm) for stem, rarity in asked.typed.items() if stem in counts
    ) / sum(asked.typed.values())


def _bm25(asked: Asked, reading: Reading, norm: float) -> float:
    best: dict[int, float] = {}
    for stem in asked.hits.keys() & reading.counts.keys():
        count = reading.counts[stem]
        for unit, _, share in asked.hits[stem]:
            gain = share * asked.question.units[unit].weight * count / (count + norm)
            best[unit] = max(best.get(unit, 0.0), gain)
    return sum(best.values()) / asked.total


def _neighbours(order: Sequence[str], sentences: Sequence[frozenset[str]]) -> float:
    pairs = set(pairwise(order))
    if not pairs:
        return 0.0
    return max((sum(a in s and b in s for a, b in pairs) for s in sentences), default=0) / len(pairs)
