"""`lanyard evaluate answers`: put a file of questions to a file of snippets, and say how good the answers were."""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from knowledge.embedding import Encoder
from knowledge.index import Index
from knowledge.model import OPEN, Decision, Snippet, Verdict
from knowledge.retrieval import Thresholds, decide, search
from knowledge.vectors import fingerprint, pack
from lanyard.evaluate.drawing import check_picture, draw
from lanyard.evaluate.lines import UnusableInputError, read_lines
from lanyard.evaluate.metrics import Judged, calibration_error, measure

RANKED = 10
"""Snippet ids that are written for a question, at most."""


_FIGURES = (
    "R@1",
    "R@5",
    "MRR@10",
    "AUROC",
    "Cov95",
    "precision of answer",
    "coverage of answer",
    "answered, or in the first three choices",
    "error of calibration",
)


def _id(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id = Annotated[str, BeforeValidator(_id), Field(min_length=1)]


class SnippetLine(BaseModel):
    id: Id
    title: str
    text: str
    tags: tuple[str, ...] = ()


class QuestionLine(BaseModel):
    """Other keys are kept from harm by being ignored; a question without `answerable` is asked and not judged."""

    model_config = ConfigDict(extra="ignore")

    id: Id
    text: str
    relevant: tuple[Id, ...] | None = None
    answerable: bool | None = None


def build_in_memory(snippets: Iterable[Snippet]) -> Index:
    index = Index()
    index.apply(upsert=snippets, remove=(), revision=1)
    return index


def read_meaning(index: Index, encoder: Encoder, *, console: Console) -> None:
    """Let the model read every snippet of the index."""
    index.turn_to(encoder.identity, encoder.dimensions, {})
    columns = (TextColumn("Reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        vectors = {
            fingerprint(snippet): pack(encoder.read(snippet.title, snippet.text))
            for snippet in progress.track(index.undirected(len(index)))
        }
    index.apply(upsert=(), remove=(), revision=index.revision, vectors=vectors)


def evaluate(
    snippets: Path,
    questions: Path,
    out: Path,
    *,
    console: Console,
    build: Callable[[Iterable[Snippet]], Index] = build_in_memory,
    thresholds: Thresholds | None = None,
    encoder: Encoder | None = None,
    picture: Path | None = None,
) -> None:
    """Index `snippets`, ask every one of `questions`, write one verdict a line to `out`, in order; print the figures.

    `build` brings the snippets to a searchable index by whichever way is to be measured; with an `encoder` it is asked
    by meaning too; a `picture` is drawn of what was judged. Nothing is written before both files have been read whole.
    Raises UnusableInputError.
    """
    if picture is not None:
        check_picture(picture)
    thresholds = thresholds or Thresholds()
    known = [
        Snippet(id=line.id, title=line.title, text=line.text, tags=line.tags, aid=line.id)
        for line in _unique(snippets, SnippetLine, '{"id": …, "title": …, "text": …}')
    ]
    asked = list(_unique(questions, QuestionLine, '{"id": …, "text": …}'))
    began = time.perf_counter()
    with console.status(f"Indexing {len(known):,} snippets …"):
        index = build(known)
    indexed = time.perf_counter() - began
    by = "words alone" if encoder is None else f"words and meaning, with {encoder.identity}"
    console.print(f"Asking by {by}.", markup=False, highlight=False, soft_wrap=True)
    if encoder is not None:
        read_meaning(index, encoder, console=console)
    verdicts: list[Verdict] = []
    seconds: list[float] = []
    columns = (TextColumn("Asking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with out.open("w", encoding="utf-8") as file, Progress(*columns, console=console, transient=True) as progress:
            for question in progress.track(asked):
                began = time.perf_counter()
                matches = search(index, question.text, grants=OPEN, glossary=(), limit=2 * RANKED, encoder=encoder)
                verdict = decide(matches, thresholds)
                seconds.append(time.perf_counter() - began)
                verdicts.append(verdict)
                file.write(_line(question.id, verdict) + "\n")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnusableInputError(f"{out} cannot be written: {reason}. Name a file in a folder that exists.") from None
    judged = _report(console, known, asked, verdicts, indexed=indexed, seconds=seconds)
    if picture is not None:
        if not judged:
            raise UnusableInputError(
                f"{questions}: No question has both “relevant” and “answerable”, so there is nothing to draw."
            )
        bound = thresholds.by_words if encoder is None else thresholds.answer
        draw({"as shipped": judged}, picture, threshold=bound, title=f"{len(judged):,} judged questions")
        console.print(f"Drawn: {picture}", markup=False, highlight=False, soft_wrap=True)


def _line(question: str, verdict: Verdict) -> str:
    return json.dumps(
        {
            "id": question,
            "decision": verdict.decision.value,
            "confidence": round(verdict.confidence, 6),
            "ranked": _ranked(verdict),
        }
    )


def _ranked(verdict: Verdict) -> list[str]:
    """The ids from the file, best first. A long snippet may have been cut into several, which share its id in `aid`."""
    return list(dict.fromkeys(match.snippet.aid for match in verdict.matches))[:RANKED]


Line = TypeVar("Line", SnippetLine, QuestionLine)


def _unique(path: Path, form: type[Line], example: str) -> Iterator[Line]:
    seen: dict[str, int] = {}
    for number, line in read_lines(path, form, example):
        if line.id in seen:
            raise UnusableInputError(
                f"{path}, line {number}: The id {line.id!r} was used before, in line {seen[line.id]}. "
                "Give each line an id of its own."
            )
        seen[line.id] = number
        yield line


def _report(
    console: Console,
    known: Sequence[Snippet],
    asked: Sequence[QuestionLine],
    verdicts: Sequence[Verdict],
    *,
    indexed: float,
    seconds: Sequence[float],
) -> list[Judged]:
    counts = Counter(verdict.decision for verdict in verdicts)
    totals = ", ".join(f"{decision.value} {counts[decision]:,}" for decision in Decision)
    console.print(f"{len(asked):,} questions over {len(known):,} snippets: {totals}.", soft_wrap=True)
    speed = f"Indexed in {indexed:.2f} s"
    if seconds:
        ordered = sorted(seconds)
        p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        speed += (
            f", asked in {sum(seconds):.2f} s: {1000 * statistics.median(ordered):.1f} ms a question (median), "
            f"{1000 * p95:.1f} ms (95th percentile)"
        )
    console.print(speed + ".", soft_wrap=True)
    judged = [
        _judge(question, verdict)
        for question, verdict in zip(asked, verdicts, strict=True)
        if question.relevant is not None and question.answerable is not None
    ]
    if judged:
        console.print(figures_table({"value": judged}, title=f"{len(judged):,} judged questions"))
    return judged


def figures_table(runs: Mapping[str, Sequence[Judged]], *, title: str) -> Table:
    """The figures of one or several runs over the same questions, side by side."""
    table = Table("figure", *runs, title=title)
    rows = [(*measure(judged).row(), calibration_error(judged)) for judged in runs.values()]
    for name, *figures in zip(_FIGURES, *rows, strict=True):
        table.add_row(name, *("–" if isnan(figure) else f"{figure:.3f}" for figure in figures))
    return table


def _judge(question: QuestionLine, verdict: Verdict) -> Judged:
    relevant = set(question.relevant or ())
    ranks = (rank for rank, snippet in enumerate(_ranked(verdict), 1) if snippet in relevant)
    return Judged(
        answerable=bool(question.answerable),
        rank=next(ranks, None),
        confidence=verdict.confidence,
        answered=verdict.decision is Decision.ANSWER,
        offered=verdict.decision is not Decision.NONE,
    )
