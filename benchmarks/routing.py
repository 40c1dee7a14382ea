"""How well experts are found, and what that costs: `python -m benchmarks.routing [FOLDER …] [--picture FILE]`.

A FOLDER holds `messages.jsonl` and `questions.jsonl` as `lanyard evaluate routing` reads them; without one only the
cost is measured, on made-up talk: of ranking, by the clock and of the processor, and of learning what weighs how much;
all of that by words and, with made-up directions, by meaning as well. With `--model FOLDER` questions are read by that.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from zlib import crc32

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from knowledge.embedding import Encoder, open_encoder
from knowledge.evidence import EvidenceIndex, Floats
from knowledge.experts import rank
from knowledge.learning import learn
from knowledge.model import Evidence, EvidenceKind
from knowledge.vectors import Bytes
from lanyard.evaluate.routing import evaluate

START = datetime(2026, 1, 1, tzinfo=UTC)
CURVE = ((100, 1_000), (1_000, 10_000), (3_000, 30_000), (10_000, 100_000), (10_000, 300_000))  # people, evidence
AIM = 50.0  # ms
DIMENSIONS = 384
ASKED = 50


def make_talk(people: int, pieces: int, rng: Random) -> list[Evidence]:
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
            question=" ".join(drawn[40 * number : 40 * number + 20]),
        )
        for number in range(pieces)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of an index so large. Milliseconds, but for `adding` (microseconds a piece) and `learning` (seconds)."""

    people: int
    pieces: int
    by_meaning: bool
    adding: float
    clock: Sequence[float]
    processor: Sequence[float]
    learning: float
    memory: int  # megabytes, at the peak


def measure(people: int, pieces: int, *, by_meaning: bool, encoder: Encoder | None) -> Cost:
    rng, random = Random(1), np.random.default_rng(1)
    talk = make_talk(people, pieces, rng)
    index = EvidenceIndex(dimensions=DIMENSIONS if by_meaning else None)
    centres = random.normal(size=(200, DIMENSIONS))  # questions have topics
    codes = _codes(centres[random.integers(0, 200, pieces)] + random.normal(size=(pieces, DIMENSIONS)))
    began = time.perf_counter()
    for number, piece in enumerate(talk):
        index.add(piece, codes=codes[number] if by_meaning else None)
    adding = time.perf_counter() - began

    def hear(text: str) -> Floats:
        if encoder is not None:
            encoder.encode([text])  # for its time: made-up directions have no words
        direction: Floats = centres[crc32(text.encode()) % 200].astype(np.float32)
        return direction / np.linalg.norm(direction)

    now = START + timedelta(minutes=pieces)
    clock, processor = [], []
    for _ in range(ASKED):
        question = " ".join(f"w{int(30_000 ** rng.random())}" for _ in range(20))
        began, used = time.perf_counter(), time.process_time()
        heard = hear(question) if by_meaning else None
        rank(index, question, asker=f"p{rng.randrange(people)}", place=None, now=now, heard=heard, limit=20)
        clock.append(1e3 * (time.perf_counter() - began))
        processor.append(1e3 * (time.process_time() - used))
    began = time.process_time()
    learn(index, placed=False, hear=hear if by_meaning else None)
    learning = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Cost(
        people=people,
        pieces=pieces,
        by_meaning=by_meaning,
        adding=1e6 * adding / pieces,
        clock=sorted(clock),
        processor=sorted(processor),
        learning=learning,
        memory=memory,
    )


def _codes(directions: npt.NDArray[np.float64]) -> Bytes:
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    codes: Bytes = np.rint(directions / lengths * 254).clip(-127, 127).astype(np.int8)
    return codes


def show(costs: Sequence[Cost], console: Console) -> None:
    table = Table(
        "people",
        "evidence",
        "by",
        "adding, µs each",
        "ranking, ms of the processor: median",
        "95 %",
        "by the clock: median",
        "95 %",
        "learning, s of the processor",
        "resident MB (peak)",
    )
    for cost in costs:
        table.add_row(
            f"{cost.people:,}",
            f"{cost.pieces:,}",
            "meaning" if cost.by_meaning else "words",
            f"{cost.adding:.0f}",
            *(f"{seen[int(share * ASKED)]:.1f}" for seen in (cost.processor, cost.clock) for share in (0.5, 0.95)),
            f"{cost.learning:.1f}",
            f"{cost.memory:,}",
        )
    console.print(table)


def draw(costs: Sequence[Cost], file: Path) -> None:
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for name, by_meaning, colour in (("by words and meaning", True, "#c8553d"), ("by words alone", False, "#0b6e4f")):
        these = [cost for cost in costs if cost.by_meaning is by_meaning]
        pieces = [cost.pieces for cost in these]
        seen = [cost.processor for cost in these]
        axes.plot(pieces, [each[ASKED // 2] for each in seen], color=colour, marker="o", label=name)
        axes.fill_between(
            pieces, [each[0] for each in seen], [each[int(0.95 * ASKED)] for each in seen], color=colour, alpha=0.15
        )
    axes.axhline(AIM, color="#888888", linestyle="--", linewidth=1)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_title("Ranking one question: milliseconds of one core, median and up to 95 %", loc="left", fontsize=11)
    axes.set_xlabel("pieces of evidence, of up to ten thousand people")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(file, dpi=150)


def main(*arguments: str) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--picture", type=Path, help="a PNG file for the curve of cost against size")
    parser.add_argument("--model", type=Path, help="a built language model's folder")
    given = parser.parse_args(arguments or None)
    console = Console(width=120)
    encoder = open_encoder(given.model) if given.model is not None else None
    costs = [
        measure(people, pieces, by_meaning=by_meaning, encoder=encoder)
        for people, pieces in CURVE
        for by_meaning in (False, True)
    ]
    show(costs, console)
    if given.picture:
        draw(costs, given.picture)
    with TemporaryDirectory() as scratch:
        for folder in given.folders:
            console.rule(folder.name)
            out = Path(scratch) / "ranked.jsonl"
            evaluate([folder / "messages.jsonl"], folder / "questions.jsonl", out, console=console, encoder=encoder)


if __name__ == "__main__":
    main()
