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
        "listed": -10.000,
    },
    bias=-3.372,
    confidence={
        (
            "fused",
            "share",
        ): 0.019,
        ("share",): 0.839,
        ("known",): 1.405,
        (
            "text_cosine",
            "share",
        ): 13.041,
        ("tags",): 3.485,
    },
)
BY_MEANING = Coefficients(
    order={
        "words": 1.331,
        "title": 1.823,
        "sentence": 0.375,
        "heading_asked": 1.091,
        "fuzzy": 0.642,
        "tags": 3.000,
        "neighbours": 0.701,
        "named": 2.040,
        "said_too": 2.818,
        "closest": 5.075,
        "word_by_word": 23.520,
        "phrasing": 3.000,
        "listed": -10.000,
    },
    bias=-6.967,
    confidence={
        (
            "said",
            "share",
        ): 6.819,
        (
            "text_cosine",
            "share",
        ): 7.614,
        ("word_by_word",): 2.161,
        ("tags",): 1.110,
        ("crowd",): 21.542,
    },
)
