"""Several questions in one message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.asked import LONGEST, MOST, split_questions


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "How do I reset MFA? Also what may I spend on a hotel?",
            ["How do I reset MFA?", "What may I spend on a hotel?"],
        ),
        (
            "The till is frozen. What do I do now? And who may approve a refund? Thanks, Amara",
            ["The till is frozen. What do I do now?", "Who may approve a refund?"],
        ),
        (
            "Three things:\n1. how to reset my password\n2) what may I spend on a hotel\n\n- holiday request",
            ["how to reset my password", "what may I spend on a hotel", "holiday request"],
        ),
    ],
)
def test_each_question_stands_for_itself(text: str, parts: list[str]) -> None:
    assert split_questions(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "How much may I refund without approval?",
        "The till is frozen. Why? How? What now?",  # none stands alone
        "Really? Can I do that?",
        "1. how to reset my password",
        "I tried this:\n1. open the drawer\n2. close the drawer\nand it is still stuck, what now?",
        "One of five? Two of five, I think? Three of five, I think? Four of five, I think? Five of five, I think?",
        "",
        "How do I reset MFA? " * 60,
    ],
)
def test_what_is_one_question_stays_one(text: str) -> None:
    assert split_questions(text) == [text.strip()]


@given(st.text(max_size=LONGEST * 2))
def test_whatever_is_written_there_is_something_and_no_more_than_a_few(text: str) -> None:
    parts = split_questions(text)
    assert 1 <= len(parts) <= MOST
