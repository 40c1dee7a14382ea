"""The company's own words: how one is written, and which ones its aids and its questions suggest."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from knowledge.model import OPEN
from knowledge.terms import Solved, Why, Written, check, defined, pair_of, parse, used

CLOSED = frozenset({"group:finance"})


def aid(body: str, title: str = "An aid", audience: frozenset[str] = OPEN) -> Written:
    return Written(title=title, body=body, audience=audience)


@pytest.mark.parametrize(
    ("line", "pair"),
    [
        ("PO = purchase order", ("PO", "purchase order")),
        ("PO=purchase order", ("PO", "purchase order")),
        ("T&E → travel and expenses", ("T&E", "travel and expenses")),
        ("till means point of sale", ("till", "point of sale")),
        ("  PO  stands for  purchase   order ", ("PO", "purchase order")),
        ("e-till - point of sale", ("e-till", "point of sale")),
        ("PO", None),
        ("= purchase order", None),
        ("", None),
    ],
)
def test_a_line_is_read_as_a_term_and_what_it_stands_for(line, pair):
    assert parse(line) == pair


@pytest.mark.parametrize(
    ("term", "expansion", "wrong"),
    [
        ("PO", "purchase order", set()),
        ("", "purchase order", {"term"}),
        ("PO", "…", {"expansion"}),
        ("x" * 81, "purchase order", {"term"}),
        ("PO", "x" * 201, {"expansion"}),
        ("tills", "Till", {"expansion"}),
    ],
)
def test_what_is_wrong_with_an_entry_is_said_at_its_field(term, expansion, wrong):
    assert set(check(term, expansion)) == wrong


def test_two_entries_are_the_same_however_they_are_spelled():
    assert pair_of("PO", "purchase order") == pair_of(" po ", "Purchase  Order")
    assert pair_of("PO", "purchase order") != pair_of("purchase order", "PO")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Open a purchase order (PO) first.", ("PO", "purchase order")),
        ("The PO (purchase order) comes first.", ("PO", "purchase order")),
        ("Send all Purchase Orders (POs) to Mei.", ("POs", "Purchase Orders")),
        ("Claim it in **travel and expenses** (T&E).", ("T&E", "travel and expenses")),
        ("Turn on multi-factor authentication (MFA).", ("MFA", "multi-factor authentication")),
        ("At the point of sale (POS)", ("POS", "point of sale")),
        ("Ask the manager (PO) first.", None),
        ("It takes a day (or two).", None),
        ("Call the desk (ABC).", None),
        ("a\nb (AB)", None),
    ],
)
def test_what_an_aid_explains_in_brackets_is_suggested(text, found):
    assert [(one.term, one.expansion) for one in defined([aid(text)])] == ([found] if found else [])


def test_what_only_a_closed_aid_explains_is_suggested_for_its_audience():
    closed = aid("a purchase order (PO)", "Closed", CLOSED)
    assert defined([closed])[0].audience == CLOSED
    both = defined([closed, aid("a purchase order (PO)", "Open")])[0]
    assert (both.audience, both.title) == (OPEN, "Open")
    assert defined([aid("a purchase order (PO)", "Open"), closed])[0].title == "Open"


AIDS = {
    1: aid("Restart it.", "Cash register is frozen"),
    2: aid("Write a quarterly business review each March.", "Reviews"),
    3: aid("Wear high-visibility clothing.", "Safety at the gate", CLOSED),
}


def asked(texts: list[str], number: int) -> list[Solved]:
    return [Solved(asker=person, text=text, aid=number) for person, text in enumerate(texts)]


def test_another_word_that_led_five_people_to_an_aid_is_suggested_for_its_own():
    solved = asked(["till is frozen", "my till froze", "frozen till?", "till frozen", "the till is frozen again"], 1)
    (found,) = used(solved, AIDS, known=(), fewest=5)
    assert (found.term, found.expansion, found.why) == ("till", "Cash register", Why.ASKED)
    assert used(solved[:4], AIDS, known=(), fewest=5) == []
    assert used([Solved(asker=1, text=one.text, aid=1) for one in solved], AIDS, known=(), fewest=5) == []
    assert used(solved, AIDS, known={"till"}, fewest=5) == []


def test_a_word_that_leads_everywhere_is_nobodys_other_word():
    solved = asked(["till is frozen"] * 5, 1) + asked(["till review"] * 5, 2)
    assert "till" not in [found.term for found in used(solved, AIDS, known=(), fewest=5)]


def test_an_acronym_is_suggested_for_the_words_with_its_letters():
    (found,) = used(asked(["QBR when", "qbr?", "the QBR", "our QBR", "QBR"], 2), AIDS, known=(), fewest=5)
    assert (found.term, found.expansion, found.why) == ("QBR", "quarterly business review", Why.ASKED)


def test_a_misspelling_that_people_keep_making_is_suggested_for_the_word():
    (found,) = used(asked(["visibilty vest"] * 5, 3)[:5], AIDS, known=("vest",), fewest=5)
    assert (found.term, found.expansion, found.why, found.audience) == (
        "visibilty",
        "visibility",
        Why.MISSPELT,
        CLOSED,
    )


ANYTHING = st.text(max_size=10_000)


@settings(max_examples=100)
@given(
    term=ANYTHING, expansion=ANYTHING, title=st.text(max_size=200), texts=st.lists(st.text(), min_size=5, max_size=6)
)
@example(term="", expansion="", title=" ", texts=["", "", "", "AA", "AA"])
def test_no_string_breaks_an_entry_or_a_suggestion(term, expansion, title, texts):
    check(term, expansion)
    pair_of(term, expansion)
    parse(f"{term} = {expansion}")
    parse(term)
    written = aid(f"{expansion} ({term})", title)
    for found in (*defined([written]), *used(asked(texts, 1), {1: written}, known=(), fewest=2)):
        assert found.term
        assert found.expansion
