"""Fit the coefficients of `knowledge/fitted.py`: `python -m benchmarks.fitting SET… [--write]`.

A SET is a folder as `lanyard evaluate answers` reads it; its `queries_typo.jsonl`, where there is one, is asked too,
by meaning. In the confidence, `SET=0.3` has three tenths of the say of another: for a set whose judgements are often
wrong.
The order: listwise softmax, each weight at least 0, so that a feature speaks for a candidate and never against it.
The confidence: logistic regression of "the first match is right", ridge on standardised signs. Each set has the same
say, however many questions it has, unless told otherwise. Seeds are fixed; the same sets give the same coefficients.

The table judges each set by coefficients fitted on all the others, so that it says what an unseen company may expect.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

import knowledge.fitted
from benchmarks.questions import NAMES, WHOLE, Asked, Floats, ask
from knowledge import features
from knowledge.fitted import Coefficients
from knowledge.retrieval import MEANING_SIGNS, SIGNS, Thresholds, exception
from lanyard.config import read_settings
from lanyard.evaluate.metrics import Judged, measure
from lanyard.model import choose

Ranks = npt.NDArray[np.intp]
WORDED = tuple(name for name in features.NAMES if name not in {"worded", "phrasing", "listed"})
BY_HAND = {"phrasing": 3.0, "listed": -10.0}
"""No set has known phrasings, and hardly one has lists of questions: their weights in the order are set by hand."""

RIDGE = 1e-3
MOST = {"tags": 3.0}
"""Tags are only as good as their writers."""

THRESHOLDS = Thresholds()


def ordering(*, meaning: bool) -> tuple[str, ...]:
    return (*WORDED, *features.MEANING) if meaning else WORDED


def fit_order(sets: Sequence[Asked], *, meaning: bool) -> dict[str, float]:
    names = ordering(meaning=meaning)
    columns = [NAMES.index(name) for name in names]
    kept = [data.part(np.asarray((data.relevant & data.present).any(axis=1))) for data in sets]
    x = np.concatenate([data.features[:, :, columns] for data in kept]).astype(np.float64)
    absent = ~np.concatenate([data.present for data in kept])
    relevant = np.concatenate([data.relevant for data in kept])
    say = np.concatenate([np.full(len(data.answerable), 1 / (len(kept) * len(data.answerable))) for data in kept])
    spread = x[~absent].std(0) + 1e-6
    x /= spread
    most = np.array([MOST.get(name, np.inf) for name in names]) * spread
    weights = np.full(len(names), 0.1)
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, 301):
        logits = np.where(absent, -1e9, x @ weights)
        share = np.exp(logits - logits.max(1, keepdims=True))
        share /= share.sum(1, keepdims=True)
        # Any of several relevant ones will do.
        target = share * relevant
        target /= target.sum(1, keepdims=True) + 1e-12
        slope = np.einsum("qc,qcf->f", (share - target) * say[:, None], x) + RIDGE * weights
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        weights = weights - 0.05 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        weights = np.clip(weights, 0, most)
    return dict(zip(names, weights / spread, strict=True))


def signs(data: Asked, order: Mapping[str, float], chosen: Sequence[tuple[str, ...]]) -> tuple[Floats, Ranks]:
    """What the confidence is made of, for the first candidate of each question; and their rank order."""
    columns = [NAMES.index(name) for name in order]
    scores = np.where(data.present, data.features[:, :, columns] @ np.array(list(order.values())), -np.inf)
    ranks = np.argsort(-scores, axis=1, kind="stable")
    rows = np.arange(len(ranks))
    best = data.features[rows, ranks[:, 0]].astype(np.float64)
    top = np.where(np.isfinite(scores), scores, 0)
    named = dict(zip(NAMES, best.T, strict=True)) | dict(zip(WHOLE, data.whole.T, strict=True))
    # As `retrieval` tells the first match what only the whole list shows.
    named["fused"] = top[rows, ranks[:, 0]]
    named["strength"] = np.log1p(np.maximum(0.0, named["fused"]))
    named["share"] = 1 / np.maximum(1.0, np.exp(np.minimum(0.0, scores - named["fused"][:, None])).sum(1))
    return np.stack([np.prod([named[name] for name in names], axis=0) for names in chosen], axis=1), ranks


def fit_confidence(
    triples: Sequence[tuple[Floats, npt.NDArray[np.bool_], float]], *, ridge: float = 2.0
) -> tuple[Floats, float]:
    """By Newton's method. The third of a triple is the set's say."""
    x = np.concatenate([found for found, _, _ in triples])
    y = np.concatenate([right for _, right, _ in triples]).astype(np.float64)
    say = np.concatenate([np.full(len(right), 1000 * weight / len(right)) for _, right, weight in triples])
    mean, spread = x.mean(0), x.std(0) + 1e-9
    z = np.hstack([(x - mean) / spread, np.ones((len(x), 1))])
    weights = np.zeros(z.shape[1])
    penalty = np.append(np.full(x.shape[1], ridge), 0.0)
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(z @ weights, -30, 30)))
        slope = z.T @ (say * (p - y)) + penalty * weights
        curve = (z * (say * p * (1 - p))[:, None]).T @ z + np.diag(penalty + 1e-9)
        weights = weights - np.linalg.solve(curve, slope)
    scaled = weights[:-1] / spread
    return scaled, float(weights[-1] - scaled @ mean)


def right(data: Asked, ranks: Ranks) -> npt.NDArray[np.bool_]:
    first: npt.NDArray[np.bool_] = data.relevant[np.arange(len(ranks)), ranks[:, 0]] & data.answerable
    return first


def fit(sets: Sequence[Asked], *, meaning: bool) -> Coefficients:
    order = fit_order(sets, meaning=meaning)
    chosen = MEANING_SIGNS if meaning else SIGNS
    triples = []
    for data in sets:
        found, ranks = signs(data, order, chosen)
        triples.append((found, right(data, ranks), data.say))
    weights, bias = fit_confidence(triples)
    return Coefficients(order={**order, **BY_HAND}, bias=bias, confidence=dict(zip(chosen, weights, strict=True)))


def judge(data: Asked, by: Coefficients) -> list[Judged]:
    order = {name: weight for name, weight in by.order.items() if name not in BY_HAND}
    found, ranks = signs(data, order, tuple(by.confidence))
    probability = 1 / (1 + np.exp(-np.clip(found @ np.array(list(by.confidence.values())) + by.bias, -30, 30)))
    first = data.features[np.arange(len(ranks)), ranks[:, 0]].astype(np.float64)
    told = ["other_code", "title", "tags", *(["whole"] if "whole" in by.order else [])]
    for row, values in enumerate(first[:, [NAMES.index(name) for name in told]]):
        held = exception(dict(zip(told, values.tolist(), strict=True)))
        if held is not None:
            probability[row] = min(probability[row], held.bound)
    bound = THRESHOLDS.answer if "whole" in by.order else THRESHOLDS.by_words
    judged = []
    for row, ranking in enumerate(ranks):
        some = bool(data.present[row].any())
        hits = [rank for rank, column in enumerate(ranking[:10], 1) if data.relevant[row, column]]
        judged.append(
            Judged(
                answerable=bool(data.answerable[row]),
                rank=hits[0] if hits else None,
                confidence=float(probability[row]) if some else 0.0,
                answered=bool(some and probability[row] >= bound),
                offered=bool(some and probability[row] >= THRESHOLDS.choices),
            )
        )
    return judged


def table(sets: Sequence[Asked], *, meaning: bool, console: Console) -> None:
    """Each set by coefficients that were fitted on all the others, its own questions with typing errors included."""
    shown = Table("set", "R@1", "R@5", "MRR@10", "AUROC", "Cov95", "precision", "coverage", "helped")
    rows = []
    runs = []
    for left_out in sets:
        by = fit([data for data in sets if data.name != left_out.name], meaning=meaning)
        judged = judge(left_out, by)
        runs.append(judged)
        figures = measure(judged).row()
        rows.append(figures)
        name = left_out.name if left_out.answerable.any() else f"{left_out.name} (nothing to answer)"
        shown.add_row(name, *(f"{figure:.3f}" for figure in figures))
    shown.add_row("mean", *(f"{figure:.3f}" for figure in np.nanmean(rows, axis=0)), style="bold")
    console.print(shown)
    sure = [run for run, data in zip(runs, sets, strict=True) if data.say >= 1]
    console.print(
        f"Nine answers in ten are right, in each set of which the judgements count, from {sure_enough(sure):.2f}."
    )
    console.print(f"Choices are worth offering from a confidence of {worth_offering(runs):.2f}.")


def sure_enough(runs: Sequence[Sequence[Judged]], step: float = 0.005) -> float:
    """The loosest confidence from which nine answers in ten are right in each of these sets.

    The rule for `Thresholds.answer`. A mean over the sets would let those that are easy pay for the one that is not;
    which of them a company is like, nobody knows beforehand.
    """
    for number in range(int(0.5 / step), int(1 / step)):
        given = [[one.right for one in run if one.confidence >= number * step] for run in runs]
        if all(sum(some) >= 0.9 * len(some) for some in given):
            return number * step
    return 1.0


def worth_offering(runs: Sequence[Sequence[Judged]], step: float = 0.05) -> float:
    """The confidence from which every third list of three has the right one, as a mean over the sets.

    The rule for `Thresholds.choices`: finding it there once is worth looking at three titles in vain twice.
    """
    for number in range(int(1 / step)):
        low = number * step
        near = [[one for one in run if low - step <= one.confidence < low + step] for run in runs]
        shares = [sum(one.answerable and (one.rank or 99) <= 3 for one in some) / len(some) for some in near if some]
        if low and shares and sum(shares) / len(shares) >= 1 / 3:
            return low
    return 1.0


def written(found: Mapping[str, Coefficients], sets: Sequence[Asked]) -> str:
    """The file `knowledge/fitted.py`."""
    says = {data.name: data.say for data in sets}
    names = ", ".join(f"{name} ({say:g})" if say != 1 else name for name, say in says.items())
    parts = []
    for name, by in found.items():
        kept = {key: weight for key, weight in by.order.items() if abs(weight) >= 0.0005}
        order = "".join(f'        "{key}": {weight:.3f},\n' for key, weight in kept.items())
        confidence = "".join(
            f"        ({''.join(f'{part!r}, ' for part in key)}): {weight:.3f},\n".replace("'", '"')
            for key, weight in by.confidence.items()
        )
        parts.append(
            f"{name} = Coefficients(\n    order={{\n{order}    }},\n    bias={by.bias:.3f},\n"
            f"    confidence={{\n{confidence}    }},\n)\n"
        )
    return _FRAME.format(date=datetime.now(UTC).date(), names=names, coefficients="".join(parts))


_FRAME = '''"""Coefficients, written by `python -m benchmarks.fitting SET… --write`; see there for the method.

Fitted on {date} with fixed seeds on these sets, with their say in the confidence where it is not 1:
{names}.
Fitted anew whenever a feature changes: the numbers mean nothing apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficients:
    """`order`: the weight of each feature in the score that orders the candidates. `confidence` and `bias`: a logistic
    regression of "the first match is right" on products of what is known of it. `fused` there is that score.
    """

    order: Mapping[str, float]
    bias: float
    confidence: Mapping[tuple[str, ...], float]


{coefficients}'''


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+", metavar="SET")
    parser.add_argument("--write", action="store_true", help="fit on all sets together and write knowledge/fitted.py")
    parser.add_argument(
        "--cache", type=Path, required=True, help="a folder that keeps vectors and features between runs"
    )
    parser.add_argument("--most", type=int, default=700, help="questions taken of each set")
    given = parser.parse_args()
    console = Console()
    given.cache.mkdir(parents=True, exist_ok=True)
    encoder = choose(read_settings()).encoder
    if encoder is None:
        parser.error("there is no language model; run `lanyard model build` first")
    found = {}
    for name, reader in (("BY_WORDS", None), ("BY_MEANING", encoder)):
        sets = []
        for named in given.sets:
            path, _, say = named.partition("=")
            for questions, most in (("queries.jsonl", given.most), ("queries_typo.jsonl", given.most // 2)):
                typed = questions != "queries.jsonl"
                # Words are compared after they were repaired: typing errors would only count their sets twice.
                if (Path(path) / questions).exists() and (reader is not None or not typed):
                    asked = ask(Path(path), questions, reader, given.cache, most=most)
                    sets.append(replace(asked, say=float(say or 1)))
        table(sets, meaning=reader is not None, console=console)
        found[name] = fit(sets, meaning=reader is not None)
    if given.write:
        Path(knowledge.fitted.__file__).write_text(written(found, sets), encoding="utf-8")


if __name__ == "__main__":
    main()
