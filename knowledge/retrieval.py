"""From a question to what to say: find, compare, order, and decide whether to answer.

    understand → candidates → compare → order → confidence → decide

Each stage is a pure function, given the index. A new stage is one function here: another source of candidates in
`_gather`, another comparison in `features`, refitted by `benchmarks/answers.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log, prod

from knowledge.features import compare, weigh
from knowledge.fitted import CONFIDENCE, CONFIDENCE_BIAS, ORDER
from knowledge.index import Entry, Index, View
from knowledge.model import Decision, Match, Verdict
from knowledge.question import Question, understand

CANDIDATES = 50
"""Snippets that are compared with a question, for each audience that its asker may see."""

_WORDED = 100.0  # beyond what all other features reach together

_SINGLE = (
    "fused", "margin", "coverage", "title", "heading", "title_asked", "heading_asked", "sentence", "sentence_cosine",
    "text_cosine", "fuzzy", "neighbours", "known", "uncovered", "words", "units", "size",
)  # fmt: skip
_PAIRS = (
    ("title", "title_asked"),
    ("heading", "heading_asked"),
    ("coverage", "margin"),
    ("coverage", "coverage"),
    ("title", "coverage"),
    ("units", "coverage"),
    ("units", "title_asked"),
    # A word says less in a large collection than in a small one, and a lead there more.
    ("size", "margin"),
    ("size", "title_asked"),
    ("size", "coverage"),
)
SIGNS: tuple[tuple[str, ...], ...] = (*((name,) for name in _SINGLE), *_PAIRS)
"""What the confidence is made of: features of the first match, and products of two of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Probabilities from which the first match is an answer, and from which matches are worth offering.

    The defaults are strict: a wrong answer in a channel costs more than ten silences.
    """

    answer: float = 0.9
    choices: float = 0.25


def search(
    index: Index, question: str, *, grants: frozenset[str], glossary: Mapping[str, str], limit: int = 10
) -> tuple[Match, ...]:
    """The visible snippets nearest to the question, best first; none if no word of it is known here.

    `glossary` maps the company's terms to what they stand for. Any string is a question; none raises.
    """
    view = index.view(grants)
    understood = understand(question, view, glossary)
    entries = _gather(understood, view)
    return _describe(_order(understood, entries, view)[:limit], understood, view)


def decide(matches: Sequence[Match], thresholds: Thresholds) -> Verdict:
    """Whether the first match is an answer, the first few are worth a look, or nothing is."""
    confidence = confidence_of(matches)
    if matches and confidence >= thresholds.answer:
        decision = Decision.ANSWER
    elif matches and confidence >= thresholds.choices:
        decision = Decision.CHOICES
    else:
        decision = Decision.NONE
    return Verdict(decision=decision, confidence=confidence, matches=tuple(matches))


def confidence_of(matches: Sequence[Match]) -> float:
    """The probability, between 0 and 1, that the first match answers the question."""
    if not matches:
        return 0.0
    signs = defaultdict(float, matches[0].features)
    logit = CONFIDENCE_BIAS + sum(weight * prod(signs[name] for name in names) for names, weight in CONFIDENCE.items())
    probability = 1 / (1 + exp(-max(-30.0, min(30.0, logit))))
    if signs["worded"]:  # word for word: as good as certain, unless others claim the same words
        return max(probability, 0.98) if signs["alone"] else min(probability, 0.5)
    if signs["other_code"]:  # "error 4012" is no answer to "error 2200", however much else is alike
        return min(probability, 0.5)
    return probability


def _gather(question: Question, view: View) -> list[Entry]:
    if not question.units:  # little words alone would find everything
        return []
    found = {entry.number: entry for entry in view.worded(question.canonical)}
    wanted = dict.fromkeys((*question.wanted, *question.typed))
    found |= {entry.number: entry for entry in view.candidates(wanted, CANDIDATES)}
    return list(found.values())


def _order(question: Question, entries: Sequence[Entry], view: View) -> list[Match]:
    readings = [view.read(entry) for entry in entries]
    if not entries:
        return []
    asked = weigh(question, view, readings)
    matches = []
    for entry, reading in zip(entries, readings, strict=True):
        features = compare(asked, entry, reading, view)
        fused = sum(weight * features[name] for name, weight in ORDER.items())
        score = fused + _WORDED * features["worded"]
        matches.append(Match(snippet=entry.snippet, score=score, features={**features, "fused": fused}))
    return sorted(matches, key=lambda match: (-match.score, match.snippet.id))


def _describe(matches: Sequence[Match], question: Question, view: View) -> tuple[Match, ...]:
    """Tell the first match what only the whole list shows."""
    if not matches:
        return ()
    first = matches[0]
    rivals = [match for match in matches[1:] if not first.snippet.aid or match.snippet.aid != first.snippet.aid]
    fused = first.features["fused"]
    second = max((rival.features["fused"] for rival in rivals), default=0.0)
    known = [unit.weight for unit in question.units if unit.known]
    whole = {
        "margin": fused - second,
        "alone": float(not rivals or not rivals[0].features["worded"]),
        "known": sum(known) / sum(unit.weight for unit in question.units),
        "units": log(len(question.units)),
        "size": log(view.size),
    }
    return (replace(first, features={**first.features, **whole}), *matches[1:])
