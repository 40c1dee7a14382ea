"""Sets of judged questions, asked by the code of production, with every feature of every candidate kept as numbers."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.progress import track

from knowledge import features
from knowledge.embedding import Encoder
from knowledge.index import Index
from knowledge.model import OPEN, Snippet
from knowledge.retrieval import inquire
from knowledge.vectors import Codes, fingerprint, pack

Floats = npt.NDArray[np.float64]

MOST = 40
"""Candidates that are kept of a question."""

NAMES = (*features.NAMES, *features.MEANING, "uncovered", "other_code")
WHOLE = ("known", "crowd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The candidates of every question of a set. Shapes: questions × candidates (× features)."""

    name: str
    features: npt.NDArray[np.float32]
    present: npt.NDArray[np.bool_]
    relevant: npt.NDArray[np.bool_]
    answerable: npt.NDArray[np.bool_]
    whole: Floats  # questions × WHOLE
    say: float = 1.0  # beside other sets

    def part(self, rows: npt.NDArray[np.bool_]) -> Asked:
        return replace(
            self,
            features=self.features[rows],
            present=self.present[rows],
            relevant=self.relevant[rows],
            answerable=self.answerable[rows],
            whole=self.whole[rows],
        )


def lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:  # `splitlines` would also split at U+2028
        return [json.loads(line) for line in file]


def snippets(folder: Path) -> list[Snippet]:
    return [
        Snippet(id=raw["id"], title=raw["title"], text=raw["text"], tags=tuple(raw.get("tags", ())), aid=raw["id"])
        for raw in lines(folder / "snippets.jsonl")
    ]


def read(folder: Path, encoder: Encoder, cache: Path) -> dict[str, Codes]:
    """The directions of a set's snippets by fingerprint; from the cache if they were read before."""
    kept = cache / f"{folder.name}.{encoder.identity.replace('/', '_')}.codes"
    if kept.exists():
        known: dict[str, Codes] = pickle.loads(kept.read_bytes())
        return known
    codes = {
        fingerprint(one): pack(encoder.read(one.title, one.text))
        for one in track(snippets(folder), f"Reading {folder.name}")
    }
    kept.write_bytes(pickle.dumps(codes))
    return codes


def build(folder: Path, encoder: Encoder | None, cache: Path) -> Index:
    index = Index(model=encoder.identity, dimensions=encoder.dimensions) if encoder else Index()
    vectors = read(folder, encoder, cache) if encoder else None
    index.apply(upsert=snippets(folder), remove=(), revision=1, vectors=vectors)
    return index


def ask(folder: Path, questions: str, encoder: Encoder | None, cache: Path, *, most: int) -> Asked:
    """At most so many questions of a set, evenly spread; from the cache if they were asked before."""
    kept = cache / f"{folder.name}.{questions}.{'meaning' if encoder else 'words'}.{most}.asked"
    if kept.exists():
        found: Asked = pickle.loads(kept.read_bytes())
        return found
    index = build(folder, encoder, cache)
    asked = _spread(lines(folder / questions), most)
    shape = (len(asked), MOST)
    data = Asked(
        name=folder.name,
        features=np.zeros((*shape, len(NAMES)), np.float32),
        present=np.zeros(shape, np.bool_),
        relevant=np.zeros(shape, np.bool_),
        answerable=np.array([bool(raw["answerable"]) for raw in asked]),
        whole=np.zeros((len(asked), len(WHOLE))),
    )
    for row, raw in enumerate(track(asked, f"Asking {folder.name}")):
        inquiry = inquire(index, raw["text"], grants=OPEN, glossary=(), encoder=encoder)
        for column, match in enumerate(inquiry.matches[:MOST]):
            data.features[row, column] = [match.features.get(name, 0.0) for name in NAMES]
            data.present[row, column] = True
            data.relevant[row, column] = match.snippet.id in raw["relevant"]
            if not column:
                data.whole[row] = [match.features[name] for name in WHOLE]
    kept.write_bytes(pickle.dumps(data))
    return data


def _spread(asked: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    step = max(1.0, len(asked) / most)
    return [asked[int(number * step)] for number in range(int(len(asked) / step))]
