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
        "words": 13.468,
        "title": 2.505,
        "sentence": 3.056,
        "title_asked": 0.315,
        "heading_asked": 1.705,
        "sentence_cosine": 0.917,
        "fuzzy": 1.358,
        "tags": 3.000,
        "neighbours": 1.454,
        "phrasing": 3.000,
    },
    bias=-4.770,
    confidence={
        ("fused", "share"): 0.036,
        ("share",): 2.585,
        ("known",): 1.541,
        ("text_cosine",): 9.622,
        ("tags",): 3.509,
    },
)
BY_MEANING = Coefficients(
    order={
        "words": 7.014,
        "title": 1.548,
        "sentence": 2.134,
        "heading_asked": 0.872,
        "fuzzy": 0.707,
        "tags": 3.000,
        "neighbours": 0.251,
        "whole": 2.352,
        "named": 1.676,
        "said": 3.546,
        "said_too": 3.555,
        "nearest": 8.046,
        "named_at_length": 0.702,
        "phrasing": 3.000,
    },
    bias=-4.411,
    confidence={
        ("fused", "share"): 0.232,
        ("share",): 0.576,
        ("title",): 0.115,
        ("title_asked",): -1.769,
        ("whole",): 9.288,
        ("said_too",): -4.729,
        ("named_at_length",): -1.202,
    },
)
