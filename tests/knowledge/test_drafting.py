"""An expert's answer to one colleague becomes a draft for everybody, by rules."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.drafting import MARK, ROLE, draft_body, draft_title, hide_names

ON = date(2026, 11, 23)  # a Monday
AMARA, HENRIK = "Amara Lindqvist", "Henrik Adeyemi"
COLLEAGUES = ["Priya Santos", "May West", "Mark Twain"]


def body(text: str) -> str:
    return draft_body(text, spoken_to=[AMARA, HENRIK], colleagues=COLLEAGUES, on=ON).text


@pytest.mark.parametrize(
    ("said", "drafted"),
    [
        ("Hi Amara, nearly always it is the slider.", "Nearly always it is the slider."),
        ("Hey Amara! Thanks for asking. Use the blue form.", "Use the blue form."),
        ("Dear all\n\nplease use the VPN.", "Please use the VPN."),
        ("Amara, use the blue form, Amara. It is quick.", "Use the blue form. It is quick."),
        ("@Amara: press Reset.\n@Henrik knows more.", "Press Reset.\nknows more."),
        ("Press Reset. Hope that helps!", "Press Reset."),
        ("Press Reset.\n\nCheers,\nHenrik", "Press Reset."),
        ("Press Reset.\n\nBest regards, Henrik Adeyemi", "Press Reset."),
        ("Press Reset.\n-- Henrik A.", "Press Reset."),
        ("Press Reset.\nLet me know if it stays red.", "Press Reset."),
    ],
)
def test_greetings_farewells_and_whoever_was_spoken_to_are_left_out(said: str, drafted: str) -> None:
    assert body(said) == drafted


@pytest.mark.parametrize(
    "said",
    [
        "1. Take slider LK-40718.\n2. Feed both sides in evenly.",
        "- Thanks page\n- Best Western form",
        "See [the list](https://x.example/Priya?on=tomorrow) and `Priya Santos = today`.",
        "Write to priya.santos@larkspur.example.",
        "```\nHi Amara,\nyesterday\n```",
        "May I add: mark the box, then wait until May.",
        "Best to restart it.",
        "Hello-world is the name of the job.",
    ],
)
def test_steps_links_code_and_words_that_are_also_names_stay_as_they_were_written(said: str) -> None:
    assert body(said) == said


def test_a_colleague_who_is_named_becomes_a_role_to_be_settled() -> None:
    draft = draft_body("Ask Priya Santos, or Priya's team.", spoken_to=[AMARA], colleagues=COLLEAGUES, on=ON)
    assert draft.text == f"Ask {ROLE}, or {ROLE}'s team."
    assert draft.marks == (ROLE, ROLE)


@pytest.mark.parametrize(
    ("said", "drafted"),
    [
        ("It opens tomorrow at 9.", "It opens tomorrow [24 November 2026?] at 9."),
        ("It was mended yesterday.", "It was mended yesterday [22 November 2026?]."),
        ("Come next Friday.", "Come next Friday [27 November 2026?]."),
        ("It ended last Monday.", "It ended last Monday [16 November 2026?]."),
        ("A new one comes soon.", "A new one comes soon [when?]."),
        ("Every Friday at 9.", "Every Friday at 9."),
    ],
)
def test_a_day_that_is_told_from_today_is_marked_with_the_date(said: str, drafted: str) -> None:
    assert body(said) == drafted


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("Hi there! How do I reset my VPN token?", "How do I reset my VPN token?"),
        ("I am Amara from Lund. The till is stuck. How do I restart a till?", "How do I restart a till?"),
        ("The zip keeps splitting open. Can we repair that?", "The zip keeps splitting open."),
        ("vpn token expired", "Vpn token expired"),
        ("", "Untitled"),
        ("x" * 300, "X" + "x" * 138 + "…"),
    ],
)
def test_the_title_is_what_was_asked_and_can_stand_alone(question: str, title: str) -> None:
    assert draft_title(question, names=[AMARA]) == title


def test_names_are_hidden_in_wordings_also_where_they_are_words() -> None:
    assert hide_names("May West asks, May does", ["May West"]) == "… asks, … does"


@given(st.text(max_size=400), st.lists(st.text(min_size=1, max_size=20), max_size=4))
def test_a_draft_never_fails_and_is_empty_only_where_nothing_was_said(text: str, names: list[str]) -> None:
    draft = draft_body(text, spoken_to=names, colleagues=names, on=ON)
    assert bool(draft.text) <= bool(text.strip())
    assert all(MARK.fullmatch(mark) for mark in draft.marks)
    assert draft_title(text, names=names)


@given(st.lists(st.sampled_from(["1. Open it.", "2. Press Reset.", "- Take LK-1.", "See https://x.example/a?b=c."])))
def test_every_step_and_link_is_kept(lines: list[str]) -> None:
    drafted = body("Hi Amara,\n" + "\n".join(lines) + "\nCheers")
    assert all(line in drafted for line in lines)
