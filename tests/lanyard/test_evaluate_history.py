"""`lanyard evaluate history`: by what people made of the answers; and the picture that is drawn of it."""

from __future__ import annotations

import io
from math import isnan
from pathlib import Path

import pytest
from rich.console import Console

from knowledge.calibration import Calibration
from lanyard.evaluate import history
from lanyard.evaluate.drawing import check_picture, draw
from lanyard.evaluate.lines import UnusableInputError
from lanyard.evaluate.metrics import Judged, calibration_error, precision_by_coverage, reliability
from tests.journeys.dialogue import Dialogue

QUESTION = "How much may I refund without approval?"


def judged(confidence: float, *, right: bool, answerable: bool = True) -> Judged:
    return Judged(answerable=answerable, rank=1 if right else 2, confidence=confidence, answered=True, offered=True)


async def told(talk: Dialogue, picture: Path | None = None) -> str:
    screen = io.StringIO()
    console = Console(file=screen, width=150)
    await history.evaluate(talk.store, 1, console=console, encoder=None, picture=picture)
    return screen.getvalue()


def rows(text: str) -> dict[str, list[str]]:
    cells = [[cell.strip() for cell in line.strip("│┃ ").split("│")] for line in text.splitlines() if "│" in line]
    return {name: values for name, *values in cells}


async def test_where_nobody_judged_anything_there_is_nothing_to_measure(talk: Dialogue, tmp_path: Path) -> None:
    await talk.says("amara", QUESTION)
    text = await told(talk)
    assert "1 questions: answer 1, choices 0, none 0. Judged: 0." in text
    assert "nothing to measure" in text
    with pytest.raises(UnusableInputError, match="No picture"):
        await told(talk, tmp_path / "p.png")


async def test_what_was_judged_is_measured_as_it_was_and_as_it_would_be_today(talk: Dialogue, tmp_path: Path) -> None:
    for who, verdict in (("amara", "That helped"), ("tomasz", "Not what I need")):
        await talk.says(who, QUESTION)
        await talk.presses(who, talk.last(who), verdict)
    picture = tmp_path / "p.svg"
    text = await told(talk, picture)
    assert "Judged: 2." in text
    assert "today, as learned" not in text
    measured = rows(text)
    assert measured["R@1"] == ["1.000", "1.000"]
    assert measured["precision of answer"] == ["0.500", "0.500"]
    assert picture.read_text().startswith("<?xml")
    assert QUESTION not in text
    assert "Amara" not in text


async def test_what_a_question_has_taught_does_not_answer_it_in_the_replay(talk: Dialogue) -> None:
    odd = "Quux the frobnicator?"
    await talk.says("amara", odd)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        aid = await tx.find_aid("#1", grants=frozenset({"everyone"}))
        amara = await tx.known_person("memory", "test", "amara")
        assert aid is not None
        assert amara is not None
        (question,) = await tx.questions_of(amara, statuses=("open",), limit=1)  # type: ignore[arg-type]
        await tx.change_question(question.id, candidates=[f"{aid.id}.0"])
        answer = await tx.record_answer(
            question_id=question.id, text="x", message_key="k", snippet_id=f"{aid.id}.0", aid_id=aid.id
        )
        await tx.judge(answer, helped=True, by=amara)
        await tx.learn_phrasing(aid.id, odd)
    assert rows(await told(talk))["R@1"] == ["1.000", "0.000"]


async def test_what_was_learned_here_is_a_third_column(talk: Dialogue) -> None:
    await talk.says("amara", QUESTION)
    await talk.presses("amara", talk.last("amara"), "That helped")
    doubtful = Calibration(slope=1.0, shift=-8.0, judgements=200, loss=0.1, shipped_loss=0.5)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.keep_calibration(doubtful, after=0)
    text = await told(talk)
    assert "today, as learned" in text
    assert rows(text)["coverage of answer"] == ["1.000", "1.000", "0.000"]


async def test_what_was_overheard_in_shadow_is_counted(talk: Dialogue) -> None:
    from bot.store.records import Heeded

    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.note_overheard("memory/test/support-desk", Heeded.SHADOW, aid_id=1)
    async with talk.look() as tx:
        counts, _ = await tx.overheard_since(talk.clock().replace(year=2000), by=None)
    assert counts == {Heeded.SHADOW: 1}


# ── figures and picture ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_bin_says_how_often_so_much_confidence_was_right() -> None:
    some = [judged(0.95, right=True), judged(1.0, right=True), judged(0.91, right=False), judged(0.0, right=False)]
    low, high = reliability(some)
    assert (low.count, low.right, low.confidence) == (1, 0.0, 0.0)
    assert high.count == 3
    assert high.right == pytest.approx(2 / 3)
    assert 0 <= high.low < high.right < high.high <= 1
    assert calibration_error(some) == pytest.approx(3 / 4 * abs((0.95 + 1.0 + 0.91) / 3 - 2 / 3))
    assert isnan(calibration_error([]))


def test_the_curve_takes_equal_confidences_together() -> None:
    some = [judged(0.9, right=True), judged(0.5, right=True), judged(0.5, right=False, answerable=False)]
    assert [round(one, 3) for point in precision_by_coverage(some) for one in point] == [0.5, 1.0, 1.0, 0.667]
    assert precision_by_coverage([judged(0.5, right=False, answerable=False)]) == []


@pytest.mark.parametrize("name", ["p.png", "p.svg", "P.PNG"])
def test_a_picture_is_drawn_of_several_runs_and_of_empty_ones(tmp_path: Path, name: str) -> None:
    some = [judged(number / 20, right=number % 3 > 0, answerable=number % 5 > 0) for number in range(20)]
    draw({"one": some, "two": some[:3], "none": []}, tmp_path / name, threshold=0.8, title="Twenty")
    assert (tmp_path / name).stat().st_size > 5_000


@pytest.mark.parametrize(("name", "fault"), [("p.gif", "no picture that can be drawn"), ("no/p.png", "no folder")])
def test_a_picture_that_cannot_be_is_refused_beforehand(tmp_path: Path, name: str, fault: str) -> None:
    with pytest.raises(UnusableInputError, match=fault):
        check_picture(tmp_path / name)
