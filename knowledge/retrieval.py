"""From a question to what to say: find, compare, order, and decide whether to answer.

    understand → candidates → compare → order → confidence → decide

Each stage is a pure function, given the index. A new stage is one function here: another source of candidates in
`_gather`, another comparison in `features`, refitted by `benchmarks/answers.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log1p, prod

import numpy as np

from knowledge.calibration import SHIPPED, Calibration
from knowledge.crowd import crowd
from knowledge.embedding import Encoder, Floats, Heard
from knowledge.features import compare, compare_meaning, untitled, weigh
from knowledge.fitted import BY_MEANING, BY_WORDS, Coefficients
from knowledge.index import Index, View
from knowledge.model import Decision, Match, Verdict
from knowledge.question import Glossary, Question, understand
from knowledge.shard import Entry
from knowledge.words import stems_of_short

CANDIDATES = 30
"""Snippets that are compared with a question, for each audience that its asker may see. Of 50, the first five were the
same on every public set but one, where one question in a thousand lost.
"""

NEAREST = 18
"""Of those, what comes near by meaning, where there is a model."""

LIKELY = 3
"""So many, first by words, must have been read by the model for its word to count."""

_WORDED = 100.0  # beyond what all other features reach together

SIGNS: tuple[tuple[str, ...], ...] = (
    ("fused", "share"),
    ("share",),
    ("known",),
    ("text_cosine", "share"),
    ("tags",),
)
"""What the confidence is made of by words: what is known of the first match, and products of two of these.

Few on purpose. Of eighty that were tried, those stayed that helped on sets they had not been fitted on: of twenty-seven
and more, each with a weight, the confidence on unseen sets was no better than the bare score.
"""

MEANING_SIGNS: tuple[tuple[str, ...], ...] = (
    ("said", "share"),
    ("text_cosine", "share"),
    ("word_by_word",),
    ("tags",),
    ("crowd",),
)
"""… and by words and meaning: how near the question is to one of the sentences and to the very words of it all, unless
rivals share the claim; whether each word finds one like it; the tags, where there are any; and how crowded the
collection is (`knowledge.crowd`), without which one bound for all was too strict for most of them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Probabilities from which the first match is an answer, and from which matches are worth offering.

    The first is strict: a wrong answer in a channel costs more than ten silences. It is one hundredth above the loosest
    bound at which, left out of the fit, each of the public sets, near misses included, has nine answers in ten right.
    By words alone that would be .91, which silences plain questions too: there the bound is looser, and one near miss
    in six is answered wrongly. The last is where every third list has the right one.
    (`benchmarks.fitting` tells these bounds.)
    """

    answer: float = 0.88
    by_words: float = 0.87
    choices: float = 0.20

    def answer_for(self, matches: Sequence[Match]) -> float:
        """The bound for these: words alone have one of their own."""
        return self.answer if matches and "whole" in matches[0].features else self.by_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceptional:
    """A bound of the confidence that no sum of signs overrules, and the reason, as a sentence."""

    bound: float
    lifts: bool
    reason: str


CERTAIN = Exceptional(bound=0.98, lifts=True, reason="The question is its title or a known phrasing, word for word.")
CLAIMED = Exceptional(bound=0.5, lifts=False, reason="Several have these very words as a title or known phrasing.")
SHARED = Exceptional(bound=0.5, lifts=False, reason="It was asked with one word, and several titles have it.")
TOPIC = Exceptional(
    bound=0.8, lifts=False, reason="Its title is of this, but what was asked beyond the title is hardly what it says."
)
LISTED = Exceptional(bound=0.5, lifts=False, reason="It only lists this question, among others, and answers none.")
_SAYS_SO = 0.6  # cosine of a question with all of a snippet, from which that is what it says
_TITLE_ENOUGH = 0.6  # share of a question that is the title's and the tags', from which little was asked beyond them
OTHER_CODE = Exceptional(bound=0.5, lifts=False, reason="A code or number was asked for that it does not have.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """A question and what became of it at each stage."""

    question: Question
    by_meaning: bool  # whether the model took part
    found: Mapping[str, tuple[str, ...]]  # source → ids of the snippets that it brought, nearest first in each audience
    matches: tuple[Match, ...]  # all that were compared, best first


def search(
    index: Index,
    question: str,
    *,
    grants: frozenset[str],
    glossary: Glossary,
    limit: int = 10,
    encoder: Encoder | None = None,
) -> tuple[Match, ...]:
    """The visible snippets nearest to the question, best first; none if no word of it says anything.

    `glossary` has the company's terms, those that the asker may know of. Without an encoder, or with one whose
    directions the index does not hold, words alone decide. Any string is a question; none raises.
    """
    return inquire(index, question, grants=grants, glossary=glossary, encoder=encoder).matches[:limit]


def inquire(
    index: Index, question: str, *, grants: frozenset[str], glossary: Glossary, encoder: Encoder | None = None
) -> Inquiry:
    """The same, with all that was compared and where it came from."""
    view = index.view(grants)
    understood = understand(question, view, glossary, encoder.knows if encoder else None)
    heard = None
    if encoder is not None and encoder.identity == index.model and understood.units:
        # With or without its mark a question means another thing to the model; in a hurry people leave it out.
        heard = encoder.hear(understood.spelled.rstrip(" ?!.") + "?")
    sources = _gather(understood, heard, view)
    entries = list({entry.number: entry for some in sources.values() for entry in some}.values())
    matches, by_meaning = _order(understood, heard, entries, view)
    return Inquiry(
        question=understood,
        by_meaning=by_meaning,
        found={name: tuple(entry.snippet.id for entry in some) for name, some in sources.items()},
        matches=_describe(matches, understood, view),
    )


def decide(matches: Sequence[Match], thresholds: Thresholds, calibration: Calibration = SHIPPED) -> Verdict:
    """Whether the first match is an answer, the first few are worth a look, or nothing is.

    `calibration` is what a workspace's judgements have taught about these probabilities.
    """
    shipped = confidence_of(matches)
    confidence = calibration.correct(shipped) if matches else 0.0
    if matches and confidence >= thresholds.answer_for(matches):
        decision = Decision.ANSWER
    elif matches and confidence >= thresholds.choices:
        decision = Decision.CHOICES
    else:
        decision = Decision.NONE
    return Verdict(decision=decision, confidence=confidence, shipped=shipped, matches=tuple(matches))


def confidence_of(matches: Sequence[Match]) -> float:
    """The probability, between 0 and 1, that the first match answers the question, as it is for anybody."""
    if not matches:
        return 0.0
    signs = matches[0].features
    probability = weigh_signs(signs)
    held = exception(signs)
    if held is None:
        return probability
    return max(probability, held.bound) if held.lifts else min(probability, held.bound)


def weigh_signs(signs: Mapping[str, float]) -> float:
    """The probability by the fitted signs alone."""
    logit = coefficients(signs).bias + sum(weight for _, weight in weighed(signs))
    return 1 / (1 + exp(-max(-30.0, min(30.0, logit))))


def exception(signs: Mapping[str, float]) -> Exceptional | None:
    """What the signs alone do not tell of the first match, if there is such a thing."""
    if signs.get("worded"):  # word for word: as good as certain, unless others claim the same words
        return CERTAIN if signs.get("alone") else CLAIMED
    if signs.get("shared"):
        return SHARED
    if signs.get("listed"):
        return LISTED
    if signs.get("other_code"):  # "error 4012" is no answer to "error 2200", however much else is alike
        return OTHER_CODE
    if "whole" in signs and signs["whole"] < _SAYS_SO and signs["title"] + signs["tags"] < _TITLE_ENOUGH:
        return TOPIC
    return None


def coefficients(features: Mapping[str, float]) -> Coefficients:
    """Those that were fitted for what is at hand."""
    return BY_MEANING if "whole" in features else BY_WORDS


def weighed(signs: Mapping[str, float]) -> list[tuple[tuple[str, ...], float]]:
    """What each sign adds to the logit of the confidence."""
    return [
        (names, weight * prod(signs.get(name, 0.0) for name in names))
        for names, weight in coefficients(signs).confidence.items()
    ]


def _gather(question: Question, heard: Heard | None, view: View) -> dict[str, list[Entry]]:
    """The candidates, by where they come from."""
    if not question.units:  # little words alone would find everything
        return {}
    sources = {"wording": [entry for wording in question.wordings for entry in view.worded(wording)]}
    wanted = dict.fromkeys((*question.wanted, *question.typed))
    sources["words"] = view.candidates(wanted, CANDIDATES if heard is None else CANDIDATES - NEAREST)
    if heard is not None:
        sources["meaning"] = view.similar(heard.whole, NEAREST)
    return sources


def _order(question: Question, heard: Heard | None, entries: Sequence[Entry], view: View) -> tuple[list[Match], bool]:
    """The candidates, best first, and whether the model took part."""
    if not entries:
        return [], False
    readings = [view.read(entry) for entry in entries]
    asked = weigh(question, view, readings)
    described = [compare(asked, entry, reading, view) for entry, reading in zip(entries, readings, strict=True)]
    meant = None
    if heard is not None:
        cosines = view.cosines(heard.whole, entries)
        likenesses = view.likenesses(heard.each, _rarities(heard.words, view), entries)
        meant = compare_meaning(entries, cosines, likenesses) if _has_read_the_likely(described, cosines) else None
        described = [{**said, **more} for said, more in zip(described, meant or [{}] * len(entries), strict=True)]
    matches = []
    for entry, reading, features in zip(entries, readings, described, strict=True):
        if view.is_shared(reading.wording):
            features = untitled(features)  # noqa: PLW2901
        fused = _fuse(features)
        score = fused + _WORDED * features["worded"]
        matches.append(Match(snippet=entry.snippet, score=score, features={**features, "fused": fused}))
    return sorted(matches, key=lambda match: (-match.score, match.snippet.id)), meant is not None


def _rarities(words: Sequence[str], view: View) -> Floats:
    """How much each word says, little ones included: for where the model read it, it says what the others mean."""
    stems = [next(iter(stems_of_short(word)), "") for word in words]
    return np.array([view.rarity(view.frequency(stem)) for stem in stems], np.float32)


def _fuse(features: Mapping[str, float]) -> float:
    return sum(weight * features[name] for name, weight in coefficients(features).order.items())


def _has_read_the_likely(described: Sequence[Mapping[str, float]], cosines: Sequence[Sequence[float] | None]) -> bool:
    """Whether the model knows those that words speak for most.

    If not, as while many snippets are new, it would only speak for what it happens to know: a rival of the right one.
    """
    likely = sorted(range(len(described)), key=lambda at: -_fuse(described[at]))[:LIKELY]
    return all(cosines[at] is not None for at in likely)


def _describe(matches: Sequence[Match], question: Question, view: View) -> tuple[Match, ...]:
    """Tell the first match what only the whole list shows."""
    if not matches:
        return ()
    first = matches[0]
    rivals = [match for match in matches[1:] if not first.snippet.aid or match.snippet.aid != first.snippet.aid]
    fused = first.features["fused"]
    known = [unit.weight for unit in question.units if unit.known]
    whole = {
        "margin": fused - max((rival.features["fused"] for rival in rivals), default=0.0),
        # What the order itself makes of it: the chance that it is the first one, if one of them is right.
        "share": 1 / sum(exp(min(0.0, match.features["fused"] - fused)) for match in (first, *rivals)),
        "alone": float(not rivals or not rivals[0].features["worded"]),
        # “refund”, where several titles have it: nobody can know which is meant.
        "shared": float(
            len(question.units) == 1
            and first.features["title"] > 0
            and any(rival.features["title"] >= first.features["title"] for rival in rivals)
        ),
        "strength": log1p(max(0.0, fused)),
        "crowd": crowd(view),
        "known": sum(known) / sum(unit.weight for unit in question.units),
    }
    return (replace(first, features={**first.features, **whole}), *matches[1:])
