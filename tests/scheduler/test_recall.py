"""When a recall comes again: further away the better it was known, for each learner and item alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.kinds import GRADES
from scheduler.model import Kind, Response, Step
from scheduler.recall import LONGEST, Memory, name_item, review

MONDAY = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


def practise(*grades: Response, retention: float = 0.9) -> list[int | None]:
    """The days until the next time after each of these, each given when it was due."""
    memory: Memory | None = None
    now, told = MONDAY, []
    for grade in grades:
        memory, days = review(memory, grade, now=now, retention=retention)
        told.append(days)
        now += timedelta(days=days or LONGEST)
    return told


def test_what_is_known_comes_back_after_ever_longer_gaps_until_it_is_learned():
    gaps = practise(*[Response.KNEW_IT] * 8)
    days = [gap for gap in gaps if gap is not None]
    assert days == sorted(days)
    assert days[0] <= 4
    assert gaps[-1] is None


def test_what_was_forgotten_comes_back_soon_and_counts_as_a_lapse():
    gaps = practise(Response.KNEW_IT, Response.KNEW_IT, Response.FORGOT_IT)
    assert gaps[-1] is not None
    assert gaps[1] is not None
    assert gaps[-1] < gaps[1]
    memory, _ = review(None, Response.FORGOT_IT, now=MONDAY, retention=0.9)
    assert (memory.reviews, memory.lapses) == (1, 1)


def test_a_higher_aim_brings_it_back_sooner():
    aims = [practise(Response.KNEW_IT, Response.KNEW_IT, retention=aim)[1] or LONGEST for aim in (0.7, 0.9, 0.97)]
    assert aims[0] > aims[1] > aims[2]


def test_an_aim_out_of_range_is_taken_as_the_nearest_that_makes_sense():
    assert practise(Response.KNEW_IT, retention=5) == practise(Response.KNEW_IT, retention=0.97)


@given(st.lists(st.sampled_from(GRADES), max_size=12), st.floats(0.7, 0.97))
def test_a_better_grade_never_brings_it_back_sooner(history, retention):
    memory, now = None, MONDAY
    for grade in history:
        memory, days = review(memory, grade, now=now, retention=retention)
        now += timedelta(days=days or LONGEST)
    after = [review(memory, grade, now=now, retention=retention)[1] or LONGEST for grade in GRADES]
    assert after == sorted(after)
    assert all(days >= 1 for days in after)


@given(st.sampled_from(GRADES), st.timedeltas(timedelta(days=-400), timedelta(days=400)))
def test_a_clock_put_back_or_far_ahead_breaks_nothing(grade, jump):
    memory, _ = review(None, Response.KNEW_IT, now=MONDAY, retention=0.9)
    memory, days = review(memory, grade, now=MONDAY + jump, retention=0.9)
    assert memory.reviews == 2
    assert days is None or 1 <= days < LONGEST


def test_an_item_is_the_question_and_its_aid_whatever_campaign_asks_it():
    asked = Step(kind=Kind.RECALL, after_days=3, text="What is  the limit?", answer="50 EUR")
    elsewhere = Step(kind=Kind.RECALL, after_days=9, text="what is the limit?", answer="It is 50 EUR.")
    assert name_item(asked) == name_item(elsewhere)
    assert name_item(asked) != name_item(Step(kind=Kind.RECALL, after_days=3, text=asked.text, aid="12"))


@pytest.mark.parametrize("response", [Response.GOT_IT, Response.SHOW_ANSWER])
def test_what_is_no_grade_is_refused_by_name(response):
    with pytest.raises(ValueError, match=response):
        review(None, response, now=MONDAY, retention=0.9)
