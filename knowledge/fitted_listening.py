"""Coefficients, fitted by `python -m benchmarks.listening SET… --fit`; see there for the method.

Fitted on 25 November 2026 on the sets listening (114, say 1), chat_hand (150, say 1), zulip_silver (1199, say 0.3).
"""

from __future__ import annotations

from collections.abc import Mapping

BIAS = -4.062
WEIGHTS: Mapping[str, float] = {
    "anybody": 1.393,
    "way": 1.303,
    "help": 1.201,
    "stuck": 1.701,
    "trouble": 0.253,
    "trying": 0.839,
    "greeting": 0.998,
    "everybody": -0.589,
    "i_first": 0.714,
    "reply": -0.971,
    "thanks_only": -0.331,
    "advice": -1.396,
    "announces": -0.577,
    "rhetorical": -1.575,
    "asks_back": -0.924,
    "thanks_ahead": 0.031,
    "cause": 0.231,
    "alternatives": 0.032,
    "and_context": 0.276,
    "length": 0.787,
    "mark": 1.609,
    "mark_at_end": 0.954,
    "only_asks": -0.175,
    "short_question": 0.115,
    "asks_you": -1.914,
    "asks_for_oneself": 0.909,
    "asks_openly": 0.113,
    "asks_whether": 0.195,
    "tag": 0.540,
    "unmarked": 1.469,
    "unmarked_alone": 1.240,
    "to_somebody": -0.660,
    "code": -0.162,
    "link": -0.036,
}
"""Logistic regression of "somebody needs an answer" on the signs of `listening.NAMES`."""
