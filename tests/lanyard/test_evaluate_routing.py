from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from knowledge.embedding import open_encoder
from lanyard.evaluate.lines import UnusableInputError
from lanyard.evaluate.routing import Ear, Judged, MessageLine, QuestionLine, evaluate, hit_rate, replay

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def message(minute: int, author: str, text: str, thread: str, **more: Any) -> dict[str, Any]:
    at = (START + timedelta(minutes=minute)).isoformat()
    line = {"id": f"m{minute}{author}", "channel": "ops", "ts": at, "author": author, "text": text}
    return {**line, "thread_id": thread, **more}


def question(minute: int, author: str, text: str, thread: str = "q", **more: Any) -> dict[str, Any]:
    at = (START + timedelta(minutes=minute)).isoformat()
    return {"id": f"q{minute}", "ts": at, "author": author, "text": text, "thread_id": thread, **more}


TALK = [
    message(1, "ann", "How do I refund a card?", "1"),
    message(2, "bob", "Refund the card in the till.", "1"),
    message(3, "ann", "Who orders toner?", "2"),
    message(4, "cy", "I order toner.", "2"),
]


def write(path: Path, *lines: dict[str, Any] | str) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def run(folder: Path, messages: list[list[dict[str, Any]]], questions: list[dict[str, Any]]) -> tuple[list[Any], str]:
    paths = [write(folder / f"messages{number}.jsonl", *lines) for number, lines in enumerate(messages)]
    console = Console(file=io.StringIO(), width=120)
    evaluate(paths, write(folder / "questions.jsonl", *questions), folder / "out.jsonl", console=console)
    printed = console.file
    assert isinstance(printed, io.StringIO)
    return [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()], printed.getvalue()


def ranking(said: list[dict[str, Any]], asked: dict[str, Any]) -> list[str]:
    lines = sorted((MessageLine.model_validate(line) for line in said), key=lambda line: line.ts)
    ((_, names, _),) = replay(lines, [QuestionLine.model_validate(asked)])
    return names


def test_rankings_are_written_in_the_order_of_the_questions_file(tmp_path):
    asked = [question(20, "dee", "Where is toner?"), question(10, "dee", "Refund to a card?"), question(0, "dee", "Hi")]
    written, _ = run(tmp_path, [TALK], asked)
    assert [line["id"] for line in written] == ["q20", "q10", "q0"]
    assert [line["ranked"][:1] for line in written] == [["cy"], ["bob"], []]


def test_several_message_files_are_one_company_in_the_order_of_time(tmp_path):
    asked = [question(10, "dee", "Refund to a card?")]
    together, _ = run(tmp_path, [TALK], asked)
    apart, _ = run(tmp_path, [TALK[1::2], TALK[0::2]], asked)
    assert together == apart


def test_a_message_of_the_same_instant_is_not_known_yet():
    assert ranking([message(5, "bob", "Refund a card", "1")], question(5, "dee", "Refund a card")) == []
    assert ranking([message(4, "bob", "Refund a card", "1")], question(5, "dee", "Refund a card")) == ["bob"]


def test_the_questions_own_thread_is_not_known():
    said = [*TALK, message(5, "eve", "Refund to a card?", "q")]
    assert "eve" not in ranking(said, question(10, "dee", "Refund to a card?", "q"))
    assert "eve" in ranking(said, question(10, "dee", "Refund to a card?", "elsewhere"))


def test_hits_are_printed_after_the_warm_up_and_over_all(tmp_path):
    right = [question(10 + number, "dee", "Refund to a card?", answerers=["bob"]) for number in range(7)]
    wrong = [question(5, "dee", "Refund to a card?", answerers=["zoe"])]
    late = [question(6 + number, "dee", "Refund to a card?", answerers=["cy"]) for number in range(2)]
    _, printed = run(tmp_path, [TALK], [*wrong, *late, *right])
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in printed.splitlines() if "│" in line]
    assert rows == [
        ["after the first 30%, an answerer seen before", "7", "1.000", "1.000", "1.000"],
        ["an answerer seen before", "9", "0.778", "1.000", "1.000"],
        ["all", "10", "0.700", "0.900", "0.900"],
    ]


def test_it_says_by_what_it_ranked(tmp_path, tiny_model):
    encoder = open_encoder(tiny_model)
    messages = write(tmp_path / "messages.jsonl", *TALK)
    questions = write(tmp_path / "questions.jsonl", question(10, "dee", "Refund to a card?", answerers=["bob"]))
    for model, by in ((None, "By words alone."), (encoder, "By words and meaning, with tiny.1+words.")):
        console = Console(file=io.StringIO(), width=120)
        evaluate([messages], questions, tmp_path / "out.jsonl", console=console, encoder=model)
        assert isinstance(console.file, io.StringIO)
        assert by in console.file.getvalue()


def test_with_a_model_every_question_and_answer_is_read_once(tiny_model):
    encoder = open_encoder(tiny_model)
    assert encoder is not None
    ear = Ear(encoder)
    said = [MessageLine.model_validate(line) for line in [*TALK, message(5, "eve", "Lunch was great.", "3")]]
    asked = [QuestionLine.model_validate(question(10 + number, "dee", "Where is toner?")) for number in range(2)]
    told = list(replay(said, asked, ear=ear))
    assert [names[0] for _, names, _ in told] == ["cy", "cy"]
    assert ear._heard.keys() == {line["text"] for line in TALK} | {"Where is toner?"}


def test_without_answerers_there_is_nothing_to_judge(tmp_path):
    _, printed = run(tmp_path, [TALK], [question(10, "dee", "Refund to a card?")])
    assert "hit@1" not in printed


def test_a_hit_counts_within_its_place():
    judged = [Judged(hit=1, seen=True), Judged(hit=4, seen=True), Judged(hit=None, seen=False)]
    assert [hit_rate(judged, within) for within in (1, 3, 5)] == [1 / 3, 1 / 3, 2 / 3]
    assert hit_rate([], 1) is None


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "It is not JSON"),
        ("[]", "valid dictionary"),
        (json.dumps(message(1, "ann", "Hi", "1") | {"ts": "yesterday"}), "“ts”"),
        (json.dumps(message(1, "ann", "Hi", "1") | {"ts": "2026-03-02T09:00:00"}), "timezone"),
        (json.dumps(message(1, "ann", "Hi", "1") | {"author": None}), "“author”"),
        ("9" * 5000, "It is not JSON"),
    ],
)
def test_a_bad_line_is_named_with_its_file_its_number_and_what_to_write(tmp_path, line, fault):
    messages = write(tmp_path / "messages.jsonl", TALK[0], line)
    questions = write(tmp_path / "questions.jsonl", question(10, "dee", "Hi"))
    out = tmp_path / "out.jsonl"
    with pytest.raises(UnusableInputError, match=r"messages\.jsonl, line 2: ") as caught:
        evaluate([messages], questions, out, console=Console(file=io.StringIO()))
    assert fault in str(caught.value)
    assert '"thread_id"' in str(caught.value)
    assert not out.exists()


def test_a_missing_file_and_an_unwritable_one_are_named(tmp_path):
    questions = write(tmp_path / "questions.jsonl", question(10, "dee", "Hi"))
    console = Console(file=io.StringIO())
    with pytest.raises(UnusableInputError, match=r"absent\.jsonl cannot be read"):
        evaluate([tmp_path / "absent.jsonl"], questions, tmp_path / "out.jsonl", console=console)
    with pytest.raises(UnusableInputError, match="cannot be written"):
        evaluate([], questions, tmp_path / "no" / "out.jsonl", console=console)


messages = st.builds(
    message,
    st.integers(0, 60),
    st.sampled_from(["ann", "bob", "cy", "dee"]),
    st.sampled_from(["refund?", "refund the card", "toner", "thanks", "\ud800"]),
    st.sampled_from(["1", "2", "3", "q"]),
)


@given(said=st.lists(messages, max_size=20), later=st.lists(messages, max_size=20), minute=st.integers(0, 60))
def test_what_is_said_later_never_changes_an_earlier_ranking(said, later, minute):
    asked = question(minute, "dee", "refund a card?")
    before = [line for line in said if line["ts"] < asked["ts"]]
    after = [line for line in [*said, *later] if line["ts"] >= asked["ts"]]
    assert ranking(before + after, asked) == ranking(before, asked)
    assert "dee" not in ranking(before, asked)
