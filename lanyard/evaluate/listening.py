"""`lanyard evaluate listening`: which messages of a file ask something that needs an answer?"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field
from rich.console import Console
from rich.table import Table

from knowledge.listening import ENOUGH, asks
from lanyard.evaluate.lines import UnusableInputError, read_lines
from lanyard.evaluate.metrics import auroc

EXAMPLE = '{"id": …, "text": …}'


def _id(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class MessageLine(BaseModel):
    """Other keys are ignored; a message without a label is looked at and not judged."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[str, BeforeValidator(_id), Field(min_length=1)]
    text: str
    asks: bool | None = Field(default=None, validation_alias=AliasChoices("asks", "is_question_needing_answer"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    precision: float
    recall: float
    f1: float
    auroc: float  # chance that a message that asks gets more than one that does not

    def row(self) -> tuple[float, ...]:
        return (self.precision, self.recall, self.f1, self.auroc)


def measure(labels: Sequence[bool], scores: Sequence[float], *, enough: float = ENOUGH) -> Figures:
    """`enough` is the score from which on a message counts as asking. NaN where there is nothing to count."""
    right = sum(label and score >= enough for label, score in zip(labels, scores, strict=True))
    said, true = sum(score >= enough for score in scores), sum(labels)
    precision, recall = right / said if said else nan, right / true if true else nan
    return Figures(
        precision=precision,
        recall=recall,
        f1=2 * right / (said + true) if said + true else nan,
        auroc=auroc(
            [score for label, score in zip(labels, scores, strict=True) if label],
            [score for label, score in zip(labels, scores, strict=True) if not label],
        ),
    )


def evaluate(messages: Path, out: Path, *, console: Console) -> None:
    """Write `{"id", "asks": 0..1}` a line to `out`, in order; with labels print the figures.

    Raises UnusableInputError.
    """
    lines = [line for _, line in read_lines(messages, MessageLine, EXAMPLE)]
    scores: list[float] = []
    seconds: list[float] = []
    for line in lines:
        began = time.thread_time()
        scores.append(asks(line.text))
        seconds.append(time.thread_time() - began)
    try:
        with out.open("w", encoding="utf-8") as file:
            for line, score in zip(lines, scores, strict=True):
                file.write(json.dumps({"id": line.id, "asks": round(score, 6)}) + "\n")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnusableInputError(f"{out} cannot be written: {reason}. Name a file in a folder that exists.") from None
    console.print(f"{len(lines):,} messages, of which {sum(score >= ENOUGH for score in scores):,} ask something.")
    if seconds:
        ordered = sorted(seconds)
        p99 = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
        console.print(
            f"{1e6 * statistics.median(ordered):.0f} µs a message (median), {1e6 * p99:.0f} µs (99th percentile)."
        )
    judged = [(line.asks, score) for line, score in zip(lines, scores, strict=True) if line.asks is not None]
    if judged:
        figures = measure([label for label, _ in judged], [score for _, score in judged])
        table = Table("figure", "value", title=f"{len(judged):,} judged messages")
        for name, figure in zip(("precision", "recall", "F1", "AUROC"), figures.row(), strict=True):
            table.add_row(name, "–" if figure != figure else f"{figure:.3f}")  # noqa: PLR0124 — NaN is not itself
        console.print(table)
