"""Paces: how fast a platform may be called, and what follows from it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.messages import Pace


@pytest.mark.parametrize(
    ("calls", "seconds", "burst"),
    [(60, 30, None), (8, 2, None), (1800, 3600, 60), (50, 60, 5), (7, 1, None), (1, 1, None)],
)
def test_a_window_is_never_overfull_however_the_calls_fall(calls: int, seconds: int, burst: int | None) -> None:
    within = timedelta(seconds=seconds)
    pace = Pace.at_most(calls, within=within, bucket="b", burst=burst)
    moment = timedelta(microseconds=1)
    assert pace.burst + (within - moment) // pace.every <= calls


def test_a_pace_that_lets_nothing_through_is_refused() -> None:
    with pytest.raises(ValueError, match="burst of 1 or more"):
        Pace(bucket="b", every=timedelta(seconds=1), burst=0)
    with pytest.raises(ValueError, match="nothing of 8 calls"):
        Pace.at_most(8, within=timedelta(seconds=2), bucket="b", burst=8)
