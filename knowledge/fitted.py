"""Coefficients, fitted by `benchmarks/answers.py`."""

from __future__ import annotations

from collections.abc import Mapping

ORDER: Mapping[str, float] = {
    "bm25": 0.4,
    "coverage": 0.1,
    "title": 0.1,
    "heading": 0.1,
    "sentence": 0.1,
    "title_asked": 0.05,
    "heading_asked": 0.05,
    "sentence_cosine": 0.1,
    "text_cosine": 0.1,
    "fuzzy": 0.05,
    "phrasing": 0.3,
    "neighbours": 0.1,
}

CONFIDENCE_BIAS = -5.0
CONFIDENCE: Mapping[str, float] = {
    "score": 2.0,
    "margin": 8.0,
    "coverage": 2.0,
    "title": 1.0,
    "title_asked": 1.5,
    "known": 1.0,
}
