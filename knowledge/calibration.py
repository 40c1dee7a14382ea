"""What a workspace's own judgements teach about how sure to be.

The shipped confidence was fitted on other people's questions. Here a line through its logit is fitted to what people of
this workspace said (Platt scaling), held near the shipped one by a prior, so that a few judgements move it a little and
many as far as they agree. It is taken only if it would have foretold the workspace's own history better than the
shipped one, each judgement foretold by those before it alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log

import numpy as np

FEWEST = 20
"""Judgements below which nothing is fitted."""

_MOST = 2_000  # the newest; a company's questions change
_BLOCKS = 10  # parts of the history that are foretold one after the other
# The prior: how many bits of evidence it takes to move slope and shift by one.
_SLOPE_HELD, _SHIFT_HELD = 4.0, 0.5
_STEEPEST, _FLATTEST = 3.0, 0.2
_SURE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One question of the past: the shipped confidence in its first match, and whether that was right."""

    confidence: float
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """`logit(corrected) = slope · logit(shipped) + shift`.

    `loss` and `shipped_loss` are what foretelling the history cost, by this and by the shipped one, in nats each
    judgement: the smaller foretells better. `judgements` is how many taught it.
    """

    slope: float = 1.0
    shift: float = 0.0
    judgements: int = 0
    loss: float = 0.0
    shipped_loss: float = 0.0

    def correct(self, probability: float) -> float:
        if self.slope == 1 and not self.shift:
            return probability
        return _logistic(self.slope * _logit(probability) + self.shift)


SHIPPED = Calibration()
"""No correction."""


def calibrate(history: Sequence[Judgement]) -> Calibration:
    """What this history, oldest first, teaches; without a correction where it teaches too little."""
    history = history[-_MOST:]
    if len(history) < FEWEST:
        return Calibration(judgements=len(history))
    loss, shipped_loss = _foretold(history)
    if loss >= shipped_loss:
        return Calibration(judgements=len(history), loss=loss, shipped_loss=shipped_loss)
    slope, shift = _fit(history)
    return Calibration(slope=slope, shift=shift, judgements=len(history), loss=loss, shipped_loss=shipped_loss)


def _foretold(history: Sequence[Judgement]) -> tuple[float, float]:
    """The mean loss of foretelling each block of the history from those before it, and by the shipped confidence."""
    mine = shipped = 0.0
    edges = np.linspace(0, len(history), _BLOCKS + 1).astype(int)
    for begin, end in pairwise(edges):
        slope, shift = _fit(history[:begin])
        for one in history[begin:end]:
            mine += _loss(_logistic(slope * _logit(one.confidence) + shift), right=one.right)
            shipped += _loss(one.confidence, right=one.right)
    return mine / len(history), shipped / len(history)


def _fit(history: Sequence[Judgement]) -> tuple[float, float]:
    """Slope and shift of the greatest probability, given history and prior, by Newton's method."""
    if not history:
        return 1.0, 0.0
    x = np.array([[_logit(one.confidence), 1.0] for one in history])
    y = np.array([float(one.right) for one in history])
    prior, held = np.array([1.0, 0.0]), np.array([_SLOPE_HELD, _SHIFT_HELD])
    weights = prior.copy()
    for _ in range(25):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (p - y) + held * (weights - prior)
        curve = (x * (p * (1 - p))[:, None]).T @ x + np.diag(held)
        weights = weights - np.linalg.solve(curve, slope)
    # A slope below 0 would turn the order of all questions round, on the word of a few.
    return float(np.clip(weights[0], _FLATTEST, _STEEPEST)), float(weights[1])


def _loss(probability: float, *, right: bool) -> float:
    return -log(max(_SURE, probability if right else 1 - probability))


def _logit(probability: float) -> float:
    held = min(1 - _SURE, max(_SURE, probability))
    return log(held / (1 - held))


def _logistic(value: float) -> float:
    return 1 / (1 + exp(-max(-30.0, min(30.0, value))))
