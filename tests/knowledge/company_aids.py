"""A small company's knowledge and its people's questions, written for these tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from knowledge.index import Index
from knowledge.model import Snippet

FOLDER = Path(__file__).parent / "company"


def lines(name: str) -> list[dict[str, Any]]:
    with (FOLDER / name).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def snippets() -> list[Snippet]:
    return [
        Snippet(id=raw["id"], title=raw["title"], text=raw["text"], tags=tuple(raw["tags"]), aid=raw["id"])
        for raw in lines("snippets.jsonl")
    ]


def index(*more: Snippet) -> Index:
    built = Index()
    built.apply(upsert=[*snippets(), *more], remove=[], revision=1)
    return built
