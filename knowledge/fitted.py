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
        "words": 14.438,
        "title": 2.331,
        "sentence": 3.479,
        "title_asked": 0.387,
        "heading_asked": 1.600,
        "sentence_cosine": 0.456,
        "fuzzy": 1.579,
        "tags": 3.000,
        "neighbours": 1.109,
        "phrasing": 3.000,
    },
    bias=-4.546,
    confidence={
        (
            "fused",
            "share",
        ): 0.047,
        ("share",): 2.382,
        ("known",): 1.342,
        ("text_cosine",): 9.377,
        ("tags",): 3.415,
    },
)
BY_MEANING = Coefficients(
    order={
        "words": 1.502,
        "title": 1.896,
        "sentence": 0.316,
        "heading_asked": 1.072,
        "fuzzy": 0.610,
        "tags": 3.000,
        "neighbours": 0.733,
        "named": 1.983,
        "said": 0.103,
        "said_too": 2.825,
        "closest": 5.120,
        "word_by_word": 23.095,
        "phrasing": 3.000,
    },
    bias=-4.168,
    confidence={
        (
            "said",
            "share",
        ): 7.066,
        (
            "text_cosine",
            "coverage",
        ): 5.386,
        ("word_by_word",): 2.177,
        ("tags",): 2.882,
    },
)
