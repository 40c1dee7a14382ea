"""Coefficients, fitted by `python -m benchmarks.answers SET… --fit`; see there for the method.

Fitted with fixed seeds on six public sets of questions over snippets, each with the same weight, and on the small
company of `tests/knowledge/company`. Fitted anew whenever a feature changes: the numbers mean nothing apart.
"""

from __future__ import annotations

from collections.abc import Mapping

ORDER: Mapping[str, float] = {
    "words": 9.357,
    "bm25": 2.361,
    "coverage": 0.597,
    "title": 0.512,
    "sentence": 2.237,
    "title_asked": 2.083,
    "heading_asked": 0.3,
    "sentence_cosine": 0.383,
    "text_cosine": 2.762,
    "fuzzy": 1.609,
    "tags": 3.0,
    "neighbours": 0.612,
    "phrasing": 3.0,
}
"""Weight of each feature in the score that orders the candidates. No set has phrasings: theirs is set by hand."""

CONFIDENCE_BIAS = -4.749
CONFIDENCE: Mapping[tuple[str, ...], float] = {
    ("fused",): 0.898,
    ("margin",): 0.006,
    ("coverage",): 1.395,
    ("title",): 0.887,
    ("heading",): -0.184,
    ("title_asked",): 1.893,
    ("heading_asked",): 0.908,
    ("sentence",): -0.7,
    ("sentence_cosine",): -1.995,
    ("text_cosine",): 3.937,
    ("fuzzy",): -3.232,
    ("neighbours",): 0.105,
    ("known",): 0.892,
    ("uncovered",): 0.94,
    ("words",): -8.382,
    ("units",): 0.547,
    ("size",): -0.047,
    (
        "title",
        "title_asked",
    ): 1.242,
    (
        "heading",
        "heading_asked",
    ): -1.104,
    (
        "coverage",
        "margin",
    ): 0.282,
    (
        "coverage",
        "coverage",
    ): 0.863,
    (
        "title",
        "coverage",
    ): -1.767,
    (
        "units",
        "coverage",
    ): -0.154,
    (
        "units",
        "title_asked",
    ): -1.369,
    (
        "size",
        "margin",
    ): 0.004,
    (
        "size",
        "title_asked",
    ): -0.252,
    (
        "size",
        "coverage",
    ): -0.348,
}
"""Logistic regression of "the first match is right" on the signs of `retrieval.SIGNS`."""
