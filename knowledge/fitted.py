"""Coefficients, fitted by `python -m benchmarks.answers SET… --fit`; see there for the method.

Fitted with fixed seeds on six public sets of questions over snippets, each with the same weight, and on the small
company of `tests/knowledge/company`. Fitted anew whenever a feature changes: the numbers mean nothing apart.
"""

from __future__ import annotations

from collections.abc import Mapping

ORDER: Mapping[str, float] = {
    "words": 9.272,
    "bm25": 2.273,
    "coverage": 0.918,
    "title": 0.687,
    "sentence": 2.228,
    "title_asked": 1.945,
    "heading_asked": 0.338,
    "sentence_cosine": 0.375,
    "text_cosine": 2.752,
    "fuzzy": 2.826,
    "tags": 1.0,
    "phrasing": 3.0,
    "neighbours": 0.714,
}
"""Weight of each feature in the score that orders the candidates."""

CONFIDENCE_BIAS = -3.425
CONFIDENCE: Mapping[str, float] = {
    "fused": 0.067,
    "margin": 0.08,
    "coverage": 1.215,
    "title": 0.362,
    "heading": -0.283,
    "title_asked": -0.42,
    "heading_asked": 0.828,
    "sentence": 1.421,
    "sentence_cosine": -1.15,
    "text_cosine": 4.761,
    "fuzzy": -0.721,
    "neighbours": 0.72,
    "known": 1.022,
    "uncovered": 1.472,
    "words": 0.085,
    "units": 0.269,
    "size": -0.369,
    "both": -0.154,
    "both_heading": -0.252,
    "covered_margin": 0.285,
}
"""Logistic regression of "the first match is right" on the signs of `retrieval.SIGNS`."""
