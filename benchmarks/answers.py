"""Fit and judge the answer engine: `python -m benchmarks.answers SET[=SAY]… [--fit]`.

A SET is a folder with `snippets.jsonl` and `queries.jsonl`, as `lanyard evaluate answers` reads them. In the order
each set weighs the same. In the confidence `SET=6` has six times the say of another: for sets in which what looks like
an answer is often none, and for those that are most like what Lanyard is for.

The table judges each set by coefficients fitted on all the others, so that it says what an unseen company may expect.
`--fit` then fits on all sets together, shows precision and coverage by threshold, and prints the coefficients for
`knowledge/fitted.py`.
"""

from __future__ import annotations

import argparse
import json
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from knowledge import features
from knowledge.index import Index
from knowledge.model import OPEN, Snippet
from knowledge.retrieval import CANDIDATES, SIGNS, Thresholds, search
from lanyard.evaluate.metrics import Judged, measure

Array = np.ndarray[Any, np.dtype[np.float64]]
Ranks = np.ndarray[Any, np.dtype[np.intp]]
ORDERING = tuple(name for name in features.NAMES if name != "worded")
MOST = np.array([3.0 if name == "tags" else np.inf for name in ORDERING])
THRESHOLDS = Thresholds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """The candidates of every question of a set. Shapes: questions × candidates (× features)."""

    name: str
    say: float
    features: Array
    present: Array  # 1 where there is a candidate
    relevant: Array
    answerable: Array  # per question
    whole: Array  # per question: known, units, size
    uncovered: Array  # questions × candidates


def collect(folder: Path, questions: str) -> Set:
    index = Index()
    snippets = [
        Snippet(id=raw["id"], title=raw["title"], text=raw["text"], tags=tuple(raw.get("tags", ())), aid=raw["id"])
        for raw in _lines(folder / "snippets.jsonl")
    ]
    index.apply(upsert=snippets, remove=(), revision=1)
    asked = _lines(folder / questions)
    shape = (len(asked), CANDIDATES)
    data = Set(
        name=folder.name,
        say=1.0,
        features=np.zeros((*shape, len(ORDERING))),
        present=np.zeros(shape),
        relevant=np.zeros(shape),
        answerable=np.array([float(raw["answerable"]) for raw in asked]),
        whole=np.zeros((len(asked), 3)),
        uncovered=np.zeros(shape),
    )
    for row, raw in enumerate(asked):
        for column, match in enumerate(search(index, raw["text"], grants=OPEN, glossary={}, limit=CANDIDATES)):
            data.features[row, column] = [match.features[name] for name in ORDERING]
            data.uncovered[row, column] = match.features["uncovered"]
            data.present[row, column] = 1
            data.relevant[row, column] = match.snippet.id in raw["relevant"]
            if not column:
                data.whole[row] = [match.features[name] for name in ("known", "units", "size")]
    return data


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:  # `splitlines` would also split at U+2028
        return [json.loads(line) for line in file]


def fit_order(sets: Sequence[Set]) -> Array:
    """Weights that put relevant candidates first: listwise softmax, Adam, each set with the same say."""
    rng = np.random.default_rng(7)
    weights = rng.normal(scale=0.01, size=len(ORDERING))
    kept = [(data, (data.relevant * data.present).sum(1) > 0) for data in sets]
    x = np.concatenate([data.features[rows] for data, rows in kept])
    absent = np.concatenate([data.present[rows] == 0 for data, rows in kept])
    target = np.concatenate([data.relevant[rows] for data, rows in kept])
    target /= target.sum(1, keepdims=True)
    say = np.concatenate([np.full(int(rows.sum()), 1 / (len(sets) * rows.sum())) for _, rows in kept])
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, 401):
        logits = np.where(absent, -1e9, x @ weights)
        logits -= logits.max(1, keepdims=True)
        share = np.exp(logits)
        share /= share.sum(1, keepdims=True)
        slope = np.einsum("qc,qcf->f", (share - target) * say[:, None], x) + 1e-4 * weights
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        weights = weights - 0.1 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        # Each feature speaks for a candidate, never against it; and tags are only as good as their writers.
        weights = np.clip(weights, 0, MOST)
    return weights


def signs(data: Set, order: Array) -> tuple[Array, Ranks]:
    """What the confidence is made of, for the first candidate of each question; and its rank order."""
    scores = np.where(data.present > 0, data.features @ order, -np.inf)
    ranks = np.argsort(-scores, axis=1, kind="stable")
    rows = np.arange(len(ranks))
    best = data.features[rows, ranks[:, 0]]
    top = np.where(np.isfinite(scores), scores, 0)
    named = dict(zip(ORDERING, best.T, strict=True))
    named |= dict(zip(("known", "units", "size"), data.whole.T, strict=True))
    named["uncovered"] = data.uncovered[rows, ranks[:, 0]]
    named["fused"] = top[rows, ranks[:, 0]]
    named["margin"] = named["fused"] - top[rows, ranks[:, 1]]
    return np.stack([np.prod([named[name] for name in names], axis=0) for names in SIGNS], axis=1), ranks


def fit_confidence(pairs: Sequence[tuple[Array, Array, float]]) -> tuple[Array, float]:
    """Logistic regression by Newton's method, ridge on standardised signs. The third of a triple is the set's say."""
    x = np.concatenate([found for found, _, _ in pairs])
    y = np.concatenate([right for _, right, _ in pairs])
    say = np.concatenate([np.full(len(right), 1000 * weight / len(right)) for _, right, weight in pairs])
    mean, spread = x.mean(0), x.std(0) + 1e-9
    z = np.hstack([(x - mean) / spread, np.ones((len(x), 1))])
    weights = np.zeros(z.shape[1])
    ridge = np.full(z.shape[1], 2.0)
    ridge[-1] = 0
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(z @ weights, -30, 30)))
        slope = z.T @ (say * (p - y)) + ridge * weights
        curve = (z * (say * p * (1 - p))[:, None]).T @ z + np.diag(ridge + 1e-9)
        weights = weights - np.linalg.solve(curve, slope)
    scaled = weights[:-1] / spread
    return scaled, float(weights[-1] - scaled @ mean)


def judge(data: Set, order: Array, confidence: Array, bias: float) -> list[Judged]:
    found, ranks = signs(data, order)
    probability = 1 / (1 + np.exp(-np.clip(found @ confidence + bias, -30, 30)))
    judged = []
    for row, ranking in enumerate(ranks):
        some = data.present[row].any()
        hits = [rank for rank, column in enumerate(ranking[:10], 1) if data.relevant[row, column]]
        judged.append(
            Judged(
                answerable=bool(data.answerable[row]),
                rank=hits[0] if hits else None,
                confidence=float(probability[row]) if some else 0.0,
                answered=bool(some and probability[row] >= THRESHOLDS.answer),
                offered=bool(some and probability[row] >= THRESHOLDS.choices),
            )
        )
    return judged


def right(data: Set, ranks: Ranks) -> Array:
    relevant: Array = data.relevant[np.arange(len(ranks)), ranks[:, 0]]
    return relevant


def fit(sets: Sequence[Set]) -> tuple[Array, Array, float]:
    order = fit_order(sets)
    pairs = []
    for data in sets:
        found, ranks = signs(data, order)
        pairs.append((found, right(data, ranks), data.say))
    return order, *fit_confidence(pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--fit", action="store_true", help="print the coefficients of all sets together")
    parser.add_argument("--questions", default="queries.jsonl")
    parser.add_argument("--cache", type=Path, help="a folder that keeps the features between runs")
    given = parser.parse_args()
    sets = []
    for named in given.sets:
        path, _, say = named.partition("=")
        folder = Path(path)
        kept = given.cache / f"{folder.name}.pickle" if given.cache else None
        if kept and kept.exists():
            data = pickle.loads(kept.read_bytes())
        else:
            data = collect(folder, given.questions)
            if kept:
                kept.write_bytes(pickle.dumps(data))
        sets.append(replace(data, say=float(say or 1)))
    table = Table("set", "R@1", "R@5", "MRR@10", "AUROC", "Cov95", "precision", "coverage", "answer or choices")
    for left_out in sets:
        others = [data for data in sets if data is not left_out]
        figures = measure(judge(left_out, *fit(others)))
        table.add_row(left_out.name, *(f"{figure:.3f}" for figure in figures.row()))
    console = Console(width=120)
    console.print(table)
    if given.fit:
        order, confidence, bias = fit(sets)
        for threshold in (0.8, 0.85, 0.88, 0.9, 0.92, 0.95):
            parts = [_at(data, order, confidence, bias, threshold) for data in sets]
            print(f"threshold {threshold:.2f}, precision/coverage fitted on all:", *parts)
        print("ORDER =", _shown(dict(zip(ORDERING, order, strict=True))))
        print("CONFIDENCE_BIAS =", round(bias, 3))
        print(
            "CONFIDENCE =", _shown({" * ".join(names): weight for names, weight in zip(SIGNS, confidence, strict=True)})
        )


def _at(data: Set, order: Array, confidence: Array, bias: float, threshold: float) -> str:
    judged = [replace(one, answered=one.confidence >= threshold) for one in judge(data, order, confidence, bias)]
    figures = measure(judged)
    return f"{data.name} {figures.precision:.2f}/{figures.coverage:.3f}"


def _shown(weights: Mapping[str, float]) -> str:
    return json.dumps({name: round(float(weight), 3) for name, weight in weights.items()}, indent=4)


if __name__ == "__main__":
    main()
