"""Coefficients, written by `python -m benchmarks.fitting SET… --write`; see there for the method.

Fitted on 2026-11-26 with fixed seeds on these sets, with their say in the confidence where it is not 1:
clinc150, clapnq, feedbackqa_cdc, feedbackqa_australia (0.3), workarena_kb, company (4).
Fitted anew whenever a feature changes: the numbers mean nothing apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficients:
    """`order`: the weight of each feature in the score that orders the candidates. `confidence` and `bias`: a logistic
    regression of "the first match is right" on products of what is known of it. `fused` there is that score.
    """

    order: Mapping[str, float]
    bias: float
    confidence: Mapping[tuple[str, ...], float]


BY_WORDS = Coefficients(
    order={
        "words": 14.311,
        "title": 2.303,
        "sentence": 3.566,
        "title_asked": 0.375,
        "heading_asked": 1.609,
        "sentence_cosine": 0.479,
        "fuzzy": 1.599,
        "tags": 3.000,
        "neighbours": 1.103,
        "phrasing": 3.000,
    },
    bias=-4.533,
    confidence={
        (
            "fused",
            "share",
        ): 0.048,
        ("share",): 2.360,
        ("known",): 1.357,
        ("text_cosine",): 9.295,
        ("tags",): 3.403,
    },
)
BY_MEANING = Coefficients(
    order={
        "words": 1.437,
        "title": 1.822,
        "sentence": 0.364,
        "heading_asked": 1.087,
        "fuzzy": 0.628,
        "tags": 3.000,
        "neighbours": 0.704,
        "named": 2.069,
        "said_too": 2.780,
        "closest": 5.086,
        "word_by_word": 23.316,
        "phrasing": 3.000,
    },
    bias=-4.147,
    confidence={
        (
            "said",
            "share",
        ): 7.127,
        (
            "text_cosine",
            "coverage",
        ): 5.316,
        ("word_by_word",): 2.092,
        ("tags",): 2.847,
    },
)
