from __future__ import annotations

import random
from itertools import pairwise
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.calibration import FEWEST, SHIPPED, Calibration, Judgement, calibrate


def people(count: int, *, slope: float = 1.0, shift: float = 0.0, seed: int = 1) -> list[Judgement]:
    """Judgements of a workspace in which the shipped confidence is off by this line through its logit."""
    chance = random.Random(seed)
    history = []
    for _ in range(count):
        confidence = chance.uniform(0.05, 0.95)
        truth = 1 / (1 + exp(-(slope * log(confidence / (1 - confidence)) + shift)))
        history.append(Judgement(confidence=confidence, right=chance.random() < truth))
    return history


@pytest.mark.parametrize(("shift", "moves"), [(2.0, 1), (-2.0, -1)])
def test_a_workspace_in_which_more_or_less_is_right_than_was_shipped_is_followed(shift, moves):
    found = calibrate(people(200, shift=shift))
    assert found.loss < found.shipped_loss
    assert (found.correct(0.5) - 0.5) * moves > 0.2


def test_where_the_shipped_confidence_foretells_better_it_stays():
    one_sided = [Judgement(confidence=0.99, right=True)] * 60 + [Judgement(confidence=0.01, right=False)] * 60
    found = calibrate(one_sided)
    assert found.correct(0.7) == pytest.approx(0.7) or found.loss < found.shipped_loss
    turned = [Judgement(confidence=0.9, right=False)] * 60 + [Judgement(confidence=0.9, right=True)] * 60
    late = calibrate(turned)
    assert late.slope == 1 or late.loss < late.shipped_loss


@pytest.mark.parametrize("seed", range(8))
def test_what_is_kept_never_foretold_its_own_history_worse(seed):
    found = calibrate(people(120, seed=seed))
    assert found == Calibration(judgements=120, loss=found.loss, shipped_loss=found.shipped_loss) or (
        found.loss < found.shipped_loss
    )


def test_a_few_judgements_teach_nothing():
    few = people(FEWEST - 1, shift=3.0)
    assert calibrate(few).correct(0.4) == 0.4
    assert calibrate(few).judgements == len(few)


def test_the_shipped_confidence_is_no_correction():
    assert SHIPPED.correct(0.123) == 0.123


@given(
    st.lists(st.builds(Judgement, confidence=st.floats(0, 1), right=st.booleans()), max_size=80),
    st.lists(st.floats(0, 1), min_size=2, max_size=5),
)
def test_a_correction_is_a_probability_and_keeps_the_order(history, asked):
    found = calibrate(history)
    corrected = [found.correct(confidence) for confidence in sorted(asked)]
    assert all(0 <= confidence <= 1 for confidence in corrected)
    assert all(one <= other + 1e-12 for one, other in pairwise(corrected))
