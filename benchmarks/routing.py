"""How well experts are found, and what that costs: `python -m benchmarks.routing [FOLDER …]`.

A FOLDER holds `messages.jsonl` and `questions.jsonl` as `lanyard evaluate routing` reads them; without one only the
cost is measured, on made-up talk.
"""

from __future__ import annotations

import random
import resource
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from knowledge.evidence import EvidenceIndex
from knowledge.experts import rank
from knowledge.model import Evidence, EvidenceKind
from lanyard.evaluate.routing import evaluate

START = datetime(2026, 1, 1, tzinfo=UTC)
CURVE = ((100, 1_000), (1_000, 10_000), (1_000, 100_000), (10_000, 100_000), (10_000, 300_000))  # people, evidence
ASKED = 50


def make_talk(people: int, pieces: int, rng: random.Random) -> list[Evidence]:
    """Evidence of 40 words each, from a vocabulary of 30,000 in which the n-th word is 1/n as frequent as the first."""
    words = [f"w{number}" for number in range(30_000)]
    drawn = rng.choices(words, [1 / (number + 1) for number in range(len(words))], k=40 * pieces)
    return [
        Evidence(
            person=f"p{rng.randrange(people)}",
            kind=rng.choice((EvidenceKind.ANSWERED, EvidenceKind.SPOKE)),
            text=" ".join(drawn[40 * number : 40 * (number + 1)]),
            at=START + timedelta(minutes=number),
            place=f"c{rng.randrange(50)}",
            thread=f"t{number // 6}",
        )
        for number in range(pieces)
    ]


def measure_cost(console: Console) -> None:
    table = Table(
        "people", "evidence", "adding, µs each", "ranking, ms (median)", "ms (95th pct)", "resident MB (peak)"
    )
    for people, pieces in CURVE:
        rng = random.Random(1)
        talk = make_talk(people, pieces, rng)
        index = EvidenceIndex()
        began = time.perf_counter()
        for piece in talk:
            index.add(piece)
        adding = time.perf_counter() - began
        now = START + timedelta(minutes=pieces)
        seconds = []
        for _ in range(ASKED):
            question = " ".join(f"w{int(30_000 ** rng.random())}" for _ in range(20))
            began = time.perf_counter()
            rank(index, question, asker=f"p{rng.randrange(people)}", place=None, now=now)
            seconds.append(time.perf_counter() - began)
        seconds.sort()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        table.add_row(
            f"{people:,}",
            f"{pieces:,}",
            f"{1e6 * adding / pieces:.0f}",
            f"{1e3 * statistics.median(seconds):.1f}",
            f"{1e3 * seconds[int(0.95 * ASKED)]:.1f}",
            f"{memory:,}",
        )
    console.print(table)


def main(folders: Sequence[str]) -> None:
    console = Console()
    measure_cost(console)
    with TemporaryDirectory() as scratch:
        for folder in map(Path, folders):
            console.rule(folder.name)
            out = Path(scratch) / "ranked.jsonl"
            evaluate([folder / "messages.jsonl"], folder / "questions.jsonl", out, console=console)


if __name__ == "__main__":
    main(sys.argv[1:])
