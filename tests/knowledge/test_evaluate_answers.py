from __future__ import annotations

import io
import json
from math import isnan
from pathlib import Path

import pytest
from rich.console import Console

from knowledge.index import Index
from lanyard.evaluate.answers import build_in_memory, evaluate
from lanyard.evaluate.lines import UnusableInputError
from lanyard.evaluate.metrics import Judged, auroc, coverage_at, measure
from tests.knowledge.company_aids import FOLDER


def run(folder: Path, snippets: str | Path, questions: str | Path, build=build_in_memory):
    """What was written, line by line, and what was printed."""

    def file(name: str, content: str | Path) -> Path:
        if isinstance(content, Path):
            return content
        (folder / name).write_text(content, encoding="utf-8")
        return folder / name

    screen = io.StringIO()
    out = folder / "r.jsonl"
    evaluate(
        file("s.jsonl", snippets),
        file("q.jsonl", questions),
        out,
        console=Console(file=screen, width=120),
        build=build,
    )
    return [json.loads(line) for line in out.read_text().split("\n") if line], screen.getvalue()


SNIPPETS = (
    '{"id": "a", "title": "Reset your VPN token", "text": "Open the portal.\\u2028Press reset.", "tags": ["vpn"]}\n'
    '{"id": "b", "title": "Fire drill", "text": "Leave the building."}\n'
)


def test_every_question_gets_one_line_in_order(tmp_path):
    questions = [
        {"id": "3", "text": "reset vpn token", "other": {"keys": "ignored"}},
        {"id": "1", "text": ""},
        {"id": "2", "text": "fire \ud800"},
    ]
    lines, screen = run(tmp_path, SNIPPETS, "\n".join(map(json.dumps, questions)))
    assert [line["id"] for line in lines] == ["3", "1", "2"]
    for line in lines:
        assert list(line) == ["id", "decision", "confidence", "ranked"]
        assert line["decision"] in {"answer", "choices", "none"}
        assert 0 <= line["confidence"] <= 1
    assert [line["ranked"] for line in lines] == [["a"], [], ["b"]]
    assert lines[1]["decision"] == "none"
    assert "3 questions over 2 snippets" in screen
    assert "Indexed in" in screen
    assert "R@1" not in screen


def test_no_more_than_ten_are_ranked(tmp_path):
    many = "\n".join(json.dumps({"id": str(n), "title": f"Locker {n}", "text": "key"}) for n in range(30))
    (line,), _ = run(tmp_path, many, '{"id": "q", "text": "locker key"}')
    assert len(set(line["ranked"])) == 10


def test_judged_questions_bring_the_figures(tmp_path):
    questions = (
        '{"id": 1, "text": "reset vpn token", "relevant": ["a"], "answerable": true}\n'
        '{"id": 2, "text": "salary", "relevant": [], "answerable": false, "neg": "ood"}\n'
        '{"id": 3, "text": "not judged"}\n'
    )
    _, screen = run(tmp_path, SNIPPETS, questions)
    assert "2 judged questions" in screen
    for name in ("R@1", "R@5", "MRR@10", "AUROC", "Cov95", "precision", "coverage"):
        assert name in screen
    assert "1.000" in screen


def test_the_small_company_is_evaluated_end_to_end(tmp_path):
    lines, screen = run(tmp_path, FOLDER / "snippets.jsonl", FOLDER / "queries.jsonl")
    assert len(lines) == 172
    assert "172 judged questions" in screen


def test_the_index_is_built_by_whoever_is_asked_to(tmp_path):
    seen: list[str] = []

    def build(snippets) -> Index:
        kept = list(snippets)
        seen.extend(one.id for one in kept)
        return build_in_memory(kept)

    run(tmp_path, SNIPPETS, "", build=build)
    assert seen == ["a", "b"]


@pytest.mark.parametrize(
    ("snippets", "questions", "words"),
    [
        (SNIPPETS + "{oops", "", "s.jsonl, line 3: It is not JSON"),
        (
            SNIPPETS + '{"id": "a", "title": "", "text": ""}',
            "",
            "s.jsonl, line 3: The id 'a' was used before, in line 1",
        ),
        ('\n{"id": "a", "title": "t"}', "", "s.jsonl, line 2: “text”: Field required"),
        ("[1]", "", "s.jsonl, line 1"),
        (SNIPPETS, '{"id": "q", "text": 5}', "q.jsonl, line 1: “text”"),
        (SNIPPETS, '{"id": "q", "text": "x", "relevant": "a"}', "q.jsonl, line 1: “relevant”"),
        (SNIPPETS, "[" * 100_000, "q.jsonl, line 1: It is not JSON"),
    ],
)
def test_a_bad_line_is_named_with_its_remedy_and_nothing_is_written(tmp_path, snippets, questions, words):
    (tmp_path / "r.jsonl").write_text("before")
    with pytest.raises(UnusableInputError) as refused:
        run(tmp_path, snippets, questions)
    assert words in str(refused.value)
    assert str(refused.value).endswith(".")
    assert (tmp_path / "r.jsonl").read_text() == "before"


def test_files_that_cannot_be_read_or_written_are_named(tmp_path):
    with pytest.raises(UnusableInputError, match=r"no\.jsonl cannot be read"):
        run(tmp_path, tmp_path / "no.jsonl", "")
    (tmp_path / "bytes.jsonl").write_bytes(b'{"id": "a", "title": "\xff"}')
    with pytest.raises(UnusableInputError, match="not UTF-8"):
        run(tmp_path, tmp_path / "bytes.jsonl", "")
    (tmp_path / "r.jsonl").mkdir()
    with pytest.raises(UnusableInputError, match=r"r\.jsonl cannot be written"):
        run(tmp_path, SNIPPETS, "")


def judged(confidence: float, rank: int | None, decision: str = "none", *, answerable: bool = True) -> Judged:
    answered = decision == "answer"
    offered = decision != "none"
    return Judged(answerable=answerable, rank=rank, confidence=confidence, answered=answered, offered=offered)


def test_the_figures_equal_those_counted_by_hand():
    run = [
        judged(0.9, 1, "answer"),
        judged(0.8, 2, "answer"),
        judged(0.6, 1, "choices"),
        judged(0.5, 3, "choices"),
        judged(0.4, None),
        judged(0.7, None, "answer", answerable=False),
        judged(0.1, None, answerable=False),
    ]
    figures = measure(run)
    assert figures.recall_at_1 == 2 / 5
    assert figures.recall_at_5 == 4 / 5
    assert figures.mrr_at_10 == pytest.approx((1 + 1 / 2 + 1 + 1 / 3) / 5)
    # Above .7 stand two of five, above .1 all five.
    assert figures.auroc == (2 + 5) / 10
    assert figures.precision == 1 / 3
    assert figures.coverage == 1 / 5
    # The loosest threshold with precision ≥ .95 is just under .9: one right of one.
    assert figures.cov95 == 1 / 5
    assert figures.helped == 3 / 5


def test_ties_count_half_in_auroc_and_go_together_in_coverage():
    assert auroc([0.5], [0.5]) == 0.5
    assert auroc([0.5, 0.9], [0.5, 0.1]) == (0.5 + 1 + 1 + 1) / 4
    tied = [judged(0.5, 1), judged(0.5, 1), judged(0.5, None, answerable=False)]
    assert coverage_at(tied, 0.95) == 0
    assert coverage_at(tied, 0.6) == 1


def test_a_threshold_that_falls_short_may_recover_further_down():
    run = [judged(0.99, None), *(judged(0.9 - n / 1000, 1) for n in range(19))]
    assert coverage_at(run, 0.95) == 19 / 20


def test_what_cannot_be_counted_is_not_a_number():
    figures = measure([judged(0.2, None, answerable=False)])
    assert all(map(isnan, (figures.recall_at_1, figures.auroc, figures.cov95, figures.precision, figures.coverage)))
    assert isnan(auroc([0.5], []))
