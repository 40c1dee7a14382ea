"""Fit and judge the detection of questions: `python -m benchmarks.listening SET[=SAY]… [--fit]`.

A SET is a JSON Lines file of messages, as `lanyard evaluate listening` reads them with labels; `SET=0.3` has less say
in the fit, for labels that a machine made. Our own small set of workplace messages is always among them.

Each message is judged by coefficients fitted without it: without all that came from its source (`src`) where the set
names sources, else without its fifth of the set. `--fit` then fits on everything and prints `fitted_listening.py`.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

from knowledge.listening import NAMES, own_words, signs
from lanyard.evaluate.listening import measure

OWN = Path(__file__).with_suffix(".jsonl")
STRENGTH = 0.3  # of the coefficients: the inverse of scikit-learn's L2 penalty
FOLDS = 5
Array = np.ndarray[Any, np.dtype[Any]]

WH = re.compile(
    r"^\s*(?:how|what|where|when|who|which|why|can|could|do|does|did|is|are|should|would|will|has|have)\b|\?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    name: str
    say: float
    texts: list[str]
    labels: Array
    signs: Array
    groups: Array  # what is left out together


def load(path: Path, say: float, known: set[str]) -> Set:
    """`known` are the ids of other sets, whose messages are passed over: none shall judge itself."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["id"] not in known]
    known |= {row["id"] for row in rows}
    sources = [row.get("src") for row in rows]
    folds = np.random.RandomState(0).randint(0, FOLDS, len(rows))
    return Set(
        name=path.stem,
        say=say,
        texts=[row["text"] for row in rows],
        labels=np.array([bool(row.get("asks", row.get("is_question_needing_answer"))) for row in rows]),
        signs=np.array([[signs(row["text"]).get(name, 0.0) for name in NAMES] for row in rows]),
        groups=np.array([source or str(fold) for source, fold in zip(sources, folds, strict=True)]),
    )


def fit(parts: Sequence[tuple[Array, Array, float]]) -> Any:
    """Parts are signs, labels, and the say of all of them together."""
    weights = np.concatenate([np.full(len(labels), say / max(len(labels), 1)) for _, labels, say in parts])
    model = LogisticRegression(C=STRENGTH, max_iter=5000)
    model.fit(
        np.vstack([signs for signs, _, _ in parts]),
        np.concatenate([labels for _, labels, _ in parts]),
        sample_weight=weights / weights.mean(),
    )
    return model


def judge(sets: Sequence[Set], one: Set) -> Array:
    scores = np.zeros(len(one.labels))
    for group in sorted(set(one.groups)):
        out = one.groups == group
        rest = [(other.signs, other.labels, other.say) for other in sets if other is not one]
        scores[out] = fit([*rest, (one.signs[~out], one.labels[~out], one.say)]).predict_proba(one.signs[out])[:, 1]
    return scores


def show(sets: Sequence[Set], console: Console) -> None:
    table = Table("set", "messages", "asking", "by", "precision", "recall", "F1", "AUROC")
    for one in sets:
        ways = {
            "ends with “?”": [float(own_words(text).rstrip().endswith("?")) for text in one.texts],
            "has a “?”": [float("?" in text) for text in one.texts],
            "“?” or a question's first word": [float(WH.search(text) is not None) for text in one.texts],
            "ours": judge(sets, one).tolist(),
        }
        for way, scores in ways.items():
            figures = measure(one.labels.tolist(), scores, enough=0.5)
            mine = way == "ours"
            table.add_row(
                one.name if mine else "",
                str(len(one.labels)) if mine else "",
                str(int(one.labels.sum())) if mine else "",
                way,
                *(f"{figure:.3f}" for figure in figures.row()),
                end_section=mine,
                style="bold" if mine else None,
            )
    console.print(table)


def print_fit(sets: Sequence[Set]) -> None:
    model = fit([(one.signs, one.labels, one.say) for one in sets])
    named = ", ".join(f"{one.name} ({len(one.labels)}, say {one.say:g})" for one in sets)
    lines = [
        '"""Coefficients, fitted by `python -m benchmarks.listening SET… --fit`; see there for the method.',
        "",
        f"Fitted on {datetime.now(UTC):%-d %B %Y} on the sets {named}.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from collections.abc import Mapping",
        "",
        f"BIAS = {model.intercept_[0]:.3f}",
        "WEIGHTS: Mapping[str, float] = {",
        *(f'    "{name}": {weight:.3f},' for name, weight in zip(NAMES, model.coef_[0], strict=True)),
        "}",
        '"""Logistic regression of "somebody needs an answer" on the signs of `listening.NAMES`."""',
    ]
    print("\n".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET[=SAY]")
    parser.add_argument("--fit", action="store_true", help="print coefficients fitted on everything")
    given = parser.parse_args()
    known: set[str] = set()
    sets = [load(OWN, 1.0, known)]
    for named in given.sets:
        path, _, say = named.partition("=")
        sets.append(load(Path(path), float(say or 1), known))
    show(sets, Console(width=140))
    if given.fit:
        print_fit(sets)


if __name__ == "__main__":
    main()
