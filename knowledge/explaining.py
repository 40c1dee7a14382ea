"""Why this, and why not that: what each stage made of one question, for people to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from knowledge.calibration import Calibration
from knowledge.features import UNTITLED
from knowledge.model import Decision, Match, Verdict
from knowledge.retrieval import (
    Exceptional,
    Inquiry,
    Thresholds,
    coefficients,
    decide,
    exception,
    weigh_signs,
    weighed,
)

_TELLING = 0.05  # of a difference between two scores: what is less is no reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One feature of the first match beside the runner-up's."""

    name: str
    weight: float
    first: float
    rival: float

    @property
    def difference(self) -> float:
        return self.weight * (self.first - self.rival)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """`comparison` begins with what makes the most difference. `signs` are (name, value, what it adds to the logit)."""

    inquiry: Inquiry
    verdict: Verdict
    thresholds: Thresholds
    calibration: Calibration
    rival: Match | None  # the nearest match of another aid
    comparison: tuple[Compared, ...]
    bias: float
    signs: tuple[tuple[str, float, float], ...]
    by_signs: float
    exception: Exceptional | None

    @property
    def wanted(self) -> list[tuple[str, float, bool]]:
        """What is asked for, the weightiest first: the stems, their weight, whether a visible snippet has them."""
        return [
            (" ".join(unit.meanings[0].stems), unit.weight, unit.known)
            for unit in sorted(self.inquiry.question.units, key=lambda unit: -unit.weight)
        ]

    @property
    def terms(self) -> list[tuple[tuple[str, ...], str]]:
        """What the glossary added: the stems of the term, and of what it stands for."""
        return [
            (unit.meanings[0].stems, " ".join(other.stems))
            for unit in self.inquiry.question.units
            for other in unit.meanings[1:]
        ]

    @property
    def untitled(self) -> list[str]:
        """The titles of the first match and of the runner-up that others have too: a sentence spoke in their place."""
        compared = [match for match in (*self.verdict.matches[:1], self.rival) if match is not None]
        return list(dict.fromkeys(match.snippet.title for match in compared if match.features.get(UNTITLED)))

    @property
    def conclusion(self) -> str:
        """The decision and its reason, in sentences."""
        sure, bounds = self.verdict.confidence, self.thresholds
        if not self.verdict.matches:
            return "Nothing that may be seen has any of these words or their meaning, so nothing is answered."
        by = f"{sure:.2f} of the {bounds.answer_for(self.verdict.matches):.2f} that an answer takes"
        match self.verdict.decision:
            case Decision.ANSWER:
                said = f"It is answered: {by} or more are there."
            case Decision.CHOICES:
                said = f"Choices are offered: {by}, and at least the {bounds.choices:.2f} of a choice."
            case Decision.NONE:
                said = f"Nothing is answered: {by}, and less than the {bounds.choices:.2f} of a choice."
        return f"{said} {self._about_rival()}".strip()

    def _about_rival(self) -> str:
        if self.rival is None:
            return "No other job aid came near."
        ahead = [one for one in self.comparison if one.difference > _TELLING][:3]
        behind = [one for one in self.comparison if one.difference < -_TELLING][:2]
        gap = self.verdict.matches[0].score - self.rival.score
        told = f"“{self.rival.snippet.title}” came next, {gap:.2f} behind"
        told += f": {_than_first(ahead)}" if ahead else ""
        return told + (f", though {_than_first(behind)}." if behind else ".")


def _than_first(features: Sequence[Compared]) -> str:
    """What the runner-up has less and more of than the first."""
    less = [one.name for one in features if one.rival < one.first]
    more = [one.name for one in features if one.rival > one.first]
    return ", ".join(f"{word} of {', '.join(names)}" for word, names in (("less", less), ("more", more)) if names)


def explain_decision(inquiry: Inquiry, thresholds: Thresholds, calibration: Calibration) -> Explanation:
    """What was decided, by what."""
    verdict = decide(inquiry.matches, thresholds, calibration)
    first = inquiry.matches[0] if inquiry.matches else None
    rival = None
    features = first.features if first is not None else {}
    if first is not None:
        others = (match for match in inquiry.matches[1:] if match.snippet.aid != first.snippet.aid)
        rival = next(others, None)
    weights = coefficients(features).order
    beside = rival.features if rival is not None else {}
    compared = [
        Compared(name=name, weight=weight, first=features.get(name, 0.0), rival=beside.get(name, 0.0))
        for name, weight in weights.items()
    ]
    return Explanation(
        inquiry=inquiry,
        verdict=verdict,
        thresholds=thresholds,
        calibration=calibration,
        rival=rival,
        comparison=tuple(sorted(compared, key=lambda one: -abs(one.difference))),
        bias=coefficients(features).bias,
        signs=tuple(
            (" × ".join(names), prod(features.get(name, 0.0) for name in names), adds)
            for names, adds in weighed(features)
        ),
        by_signs=weigh_signs(features) if features else 0.0,
        exception=exception(features),
    )
