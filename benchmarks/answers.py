"""Judge the answers beside plainer ways: `python -m benchmarks.answers SET… --cache FOLDER`.

A SET is a folder with `snippets.jsonl` and `queries.jsonl`, as `lanyard evaluate answers` reads them, and perhaps
`queries_typo.jsonl`, the same questions with typing errors. Lanyard runs as shipped, by the code of production, by
words and meaning and by words alone. What an unseen set may expect is told by `benchmarks.fitting`, which leaves each
set out in turn.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import nan
from pathlib import Path
from random import Random
from typing import Any

import bm25s
import numpy as np
from rapidfuzz import fuzz, process, utils
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.questions import build, lines, read, snippets
from knowledge.calibration import Judgement, calibrate
from knowledge.embedding import Encoder
from knowledge.index import Index
from knowledge.model import OPEN, Decision, Snippet
from knowledge.retrieval import Thresholds, decide, search
from knowledge.vectors import fingerprint, unpack
from knowledge.words import plain, stems
from lanyard.config import read_settings
from lanyard.evaluate.metrics import Judged, measure
from lanyard.model import choose

Way = Callable[[str], tuple[Sequence[str], float, str]]
"""A question → ids, best first; how sure; the decision, where the way makes one."""

JUDGEMENTS, DRAWS = 100, 20
OURS = frozenset({"words", "words and meaning"})


def by_bm25(known: Sequence[Snippet]) -> Way:
    retriever = bm25s.BM25()
    retriever.index([stems(plain(f"{one.title} {one.text}")) for one in known], show_progress=False)
    count = min(10, len(known))

    def way(question: str) -> tuple[Sequence[str], float, str]:
        places, scores = retriever.retrieve([stems(plain(question)) or [""]], k=count, show_progress=False)
        return [known[place].id for place in places[0]], float(scores[0][0]), ""

    return way


def by_fuzzy_titles(known: Sequence[Snippet]) -> Way:
    titles = [utils.default_process(one.title) for one in known]

    def way(question: str) -> tuple[Sequence[str], float, str]:
        asked = utils.default_process(question)
        found = process.extract(asked, titles, scorer=fuzz.token_set_ratio, processor=None, limit=10)
        return [known[place].id for _, _, place in found], found[0][1] if found else 0.0, ""

    return way


def by_meaning_alone(folder: Path, encoder: Encoder, cache: Path) -> Way:
    known = snippets(folder)
    codes = read(folder, encoder, cache)
    wholes = np.stack([unpack(codes[fingerprint(one)]).whole for one in known])

    def way(question: str) -> tuple[Sequence[str], float, str]:
        cosines = wholes @ encoder.encode([question])[0]
        best = np.argsort(-cosines, kind="stable")[:10]
        return [known[place].id for place in best], float(cosines[best[0]]), ""

    return way


def by_lanyard(index: Index, encoder: Encoder | None) -> Way:
    def way(question: str) -> tuple[Sequence[str], float, str]:
        matches = search(index, question, grants=OPEN, glossary=(), limit=20, encoder=encoder)
        verdict = decide(matches, Thresholds())
        return list(dict.fromkeys(match.snippet.aid for match in matches))[:10], verdict.confidence, verdict.decision

    return way


def judge(asked: Sequence[dict[str, Any]], way: Way, title: str) -> list[Judged]:
    judged = []
    for raw in track(asked, title, transient=True):
        ranked, confidence, decision = way(raw["text"])
        ranks = (rank for rank, found in enumerate(ranked, 1) if found in raw["relevant"])
        judged.append(
            Judged(
                answerable=raw["answerable"],
                rank=next(ranks, None),
                confidence=confidence,
                answered=decision == Decision.ANSWER,
                offered=decision in {Decision.ANSWER, Decision.CHOICES},
            )
        )
    return judged


def after_judgements(judged: Sequence[Judged], bound: float) -> tuple[float, float]:
    """Mean precision and coverage of `answer` on the rest, after so many of the questions were judged, drawn anew."""
    random = Random(7)
    precision, coverage = [], []
    for _ in range(DRAWS):
        shuffled = random.sample(judged, len(judged))
        learned, rest = shuffled[:JUDGEMENTS], shuffled[JUDGEMENTS:]
        found = calibrate([Judgement(confidence=one.confidence, right=one.right) for one in learned])
        figures = measure([replace(one, answered=found.correct(one.confidence) >= bound) for one in rest])
        precision.append(figures.precision)
        coverage.append(figures.coverage)
    return _mean(precision), _mean(coverage)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET")
    parser.add_argument("--cache", type=Path, required=True, help="a folder that keeps vectors between runs")
    parser.add_argument("--most", type=int, help="questions taken of each set; all by default")
    given = parser.parse_args()
    given.cache.mkdir(parents=True, exist_ok=True)
    encoder = choose(read_settings()).encoder
    table = Table(
        "set", "way", "R@1", "R@5", "MRR@10", "R@1, typos", "AUROC", "Cov95", "answer", f"after {JUDGEMENTS} judgements"
    )
    rows: dict[str, list[list[float]]] = {}
    for folder in given.sets:
        for name, way in _ways(folder, encoder, given.cache).items():
            judged = judge(lines(folder / "queries.jsonl")[: given.most], way, f"{folder.name}, {name}")
            figures = measure(judged)
            typed, typos = folder / "queries_typo.jsonl", nan
            if typed.exists():
                typos = measure(judge(lines(typed)[: given.most], way, f"{folder.name}, {name}, typos")).recall_at_1
            row = [*figures.row()[:3], typos, figures.auroc, figures.cov95]
            row += [figures.precision, figures.coverage] if name in OURS else [nan, nan]
            bound = Thresholds().by_words if name == "words" else Thresholds().answer
            row += after_judgements(judged, bound) if name in OURS and len(judged) > 2 * JUDGEMENTS else (nan, nan)
            rows.setdefault(name, []).append(row)
            table.add_row(folder.name, name, *_shown(row))
    table.add_section()
    for name, some in rows.items():
        table.add_row("mean", name, *_shown([_mean(column) for column in zip(*some, strict=True)]), style="bold")
    Console(width=140).print(table)


def _ways(folder: Path, encoder: Encoder | None, cache: Path) -> dict[str, Way]:
    known = snippets(folder)
    index = build(folder, encoder, cache)
    ways = {"BM25": by_bm25(known), "fuzzy titles": by_fuzzy_titles(known), "words": by_lanyard(index, None)}
    if encoder is not None:
        ways["MiniLM alone"] = by_meaning_alone(folder, encoder, cache)
        ways["words and meaning"] = by_lanyard(index, encoder)
    return ways


def _mean(figures: Sequence[float]) -> float:
    """Of those that are numbers."""
    some = [figure for figure in figures if not np.isnan(figure)]
    return sum(some) / len(some) if some else nan


def _shown(row: Sequence[float]) -> list[str]:
    cells = ["–" if np.isnan(figure) else f"{figure:.3f}" for figure in row]
    return [*cells[:6], f"{cells[6]} at {cells[7]}", f"{cells[8]} at {cells[9]}"]


if __name__ == "__main__":
    main()
