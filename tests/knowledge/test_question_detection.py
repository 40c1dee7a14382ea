"""Which messages ask something that their author needs an answer to."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from knowledge.fitted_listening import WEIGHTS
from knowledge.listening import ENOUGH, NAMES, asks, own_words, signs
from lanyard.evaluate.lines import UnusableInputError
from lanyard.evaluate.listening import evaluate, measure

OURS = Path(__file__).parents[2] / "benchmarks" / "listening.jsonl"
MESSAGES: list[dict[str, Any]] = [json.loads(line) for line in OURS.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    "text",
    [
        "How much may I refund without approval?",
        "does anyone know where the spare till keys are",
        "I can't get into the VPN since this morning, it says my token has expired. Any ideas?",
        "Hi all, is there a form for parental leave? Thanks in advance",
        "Wie kann ich mein Passwort zurücksetzen?",
        "¿Cómo puedo cambiar la dirección de entrega?",
        "Est-ce que quelqu'un sait où trouver le formulaire ?",
    ],
)
def test_a_need_is_recognised_with_and_without_a_question_mark_and_in_other_languages(text: str) -> None:
    assert asks(text) >= ENOUGH


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("whats the wifi for guests", "what's the wifi for guests"),
        ("wheres my payslip", "where's my payslip"),
        ("i dont know where the form is", "i don't know where the form is"),
        ("r u on the old version", "are you on the old version"),
        ("wat is the refund limit", "what is the refund limit"),
    ],
)
def test_what_is_typed_in_a_hurry_is_as_much_of_a_question(typed: str, printed: str) -> None:
    assert signs(typed) == signs(printed)


def test_a_word_of_another_language_is_no_english_one_cut_short() -> None:
    assert "i_first" not in signs("im Lager fehlt ein Scanner")


@pytest.mark.parametrize(
    "text",
    [
        "Which version are you on?",
        "@Priya did you reach the customer?",
        "Thanks, that worked!",
        "You can find it on the intranet under Finance",
        "Lunch anyone?",
        "I've updated the shift plan for next week",
        "ok",
        "",
        "   \n ",
    ],
)
def test_questions_back_courtesies_answers_and_small_talk_ask_nothing(text: str) -> None:
    assert asks(text) < ENOUGH


@pytest.mark.parametrize(
    "text",
    [
        "> How do I reset my token?\nLike this, with the button on the left.",
        "&gt; How do I reset my token?\nLike this, with the button on the left.",
        "I put it there:\n```\n# how do I reset my token? does anyone know?\nreset()\n```",
        "Done, see `how do I reset my token?`",
        "It is all here: https://intranet.example/how-do-i-reset?anyone=know",
    ],
)
def test_what_is_quoted_or_code_or_an_address_is_not_asked(text: str) -> None:
    assert asks(text) < ENOUGH
    assert "?" not in own_words(text)


def test_the_coefficients_are_of_the_signs_that_there_are() -> None:
    assert set(WEIGHTS) == set(NAMES)
    assert len(set(NAMES)) == len(NAMES)


def test_most_of_our_own_messages_are_told_right() -> None:
    figures = measure([message["asks"] for message in MESSAGES], [asks(message["text"]) for message in MESSAGES])

    assert figures.precision >= 0.9
    assert figures.recall >= 0.85


@given(st.text(max_size=400))
def test_any_text_gets_a_probability_and_only_known_signs(text: str) -> None:
    assert 0 <= asks(text) <= 1
    assert set(signs(text)) <= set(NAMES)


@given(st.text(alphabet="ab `~>?\n@#:", max_size=300))
def test_marks_and_quotes_in_any_order_are_read(text: str) -> None:
    assert 0 <= asks(text) <= 1


# ── `lanyard evaluate listening` ────────────────────────────────────────────────────────────────────────────────────


def run(folder: Path, *lines: str) -> tuple[list[Any], str]:
    (folder / "messages.jsonl").write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    console = Console(file=io.StringIO(), width=120)
    evaluate(folder / "messages.jsonl", folder / "out.jsonl", console=console)
    assert isinstance(console.file, io.StringIO)
    return [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()], console.file.getvalue()


def test_each_message_gets_a_line_in_order_and_labels_are_measured(tmp_path: Path) -> None:
    written, printed = run(
        tmp_path,
        '{"id": 7, "text": "How do I reset my token?", "is_question_needing_answer": true, "label": "A"}',
        '{"id": "b", "text": "Thanks!", "asks": false}',
    )

    assert [line["id"] for line in written] == ["7", "b"]
    assert written[0]["asks"] > 0.5 > written[1]["asks"]
    assert "2 judged messages" in printed
    assert "1.000" in printed


def test_without_labels_nothing_is_measured(tmp_path: Path) -> None:
    written, printed = run(tmp_path, '{"id": "a", "text": "How do I reset my token?"}')

    assert len(written) == 1
    assert "judged" not in printed


@pytest.mark.parametrize("line", ['{"id": "a"}', '{"text": "x"}', "x", "[1]", '{"id": "a", "text": 3}'])
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(UnusableInputError, match="line 2"):
        run(tmp_path, '{"id": "a", "text": "x"}', line)
