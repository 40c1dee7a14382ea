"""Coefficients, written by `python -m benchmarks.fitting SET… --write`; see there for the method.

Fitted on 2026-11-25 with fixed seeds on these sets, with their say in the confidence where it is not 1:
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
        "words": 14.318,
        "title": 2.144,
        "sentence": 3.434,
        "title_asked": 0.642,
        "heading_asked": 1.498,
        "sentence_cosine": 0.498,
        "fuzzy": 1.614,
        "tags": 3.000,
        "neighbours": 1.144,
        "phrasing": 3.000,
    },
    bias=-4.485,
    confidence={
        (
            "fused",
            "share",
        ): 0.045,
        ("share",): 2.334,
        ("known",): 1.371,
        ("text_cosine",): 9.318,
        ("tags",): 3.394,
    },
)
BY_MEANING = Coefficients(
    order={
        "words": 7.327,
        "title": 1.448,
        "sentence": 2.321,
        "heading_asked": 0.947,
        "fuzzy": 0.383,
        "tags": 3.000,
        "neighbours": 0.128,
        "whole": 2.864,
        "named": 2.034,
        "said": 3.546,
        "said_too": 3.582,
        "nearest": 7.253,
        "named_at_length": 0.342,
        "phrasing": 3.000,
    },
    bias=-4.368,
    confidence={
        (
            "fused",
            "share",
        ): 0.224,
        ("share",): 0.540,
        ("title",): -0.096,
        ("title_asked",): -1.508,
        ("whole",): 9.001,
        ("said_too",): -4.306,
        ("named_at_length",): -1.085,
    },
)
