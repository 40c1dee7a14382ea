"""Fit the weights that `knowledge/learning.py` ships: `python -m benchmarks.routing_fitting FOLDER… [--replay]`.

With `--model FOLDER`, those for questions that a language model has read.

A FOLDER holds `messages.jsonl` and `questions.jsonl` as `lanyard evaluate routing` reads them, with a channel on each
question. Each has the same say: that of its last questions. With `--replay`, each is also asked by weights that were
fitted on the others, as they stay and as its own threads draw them on: what an unseen company may expect.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from knowledge.embedding import open_encoder
from knowledge.evidence import EvidenceIndex, Floats
from knowledge.hunches import Case, hunches_of
from knowledge.learning import Taught, Weights, shipped, weigh
from lanyard.evaluate.routing import (
    WARM_UP,
    Ear,
    Judged,
    MessageLine,
    QuestionLine,
    find_mentions,
    hit_rate,
    read_messages,
    read_questions,
    relive,
    replay,
)

ASKED = 300  # of each set
BESIDE = 80
RIDGE = 0.3  # draws weights that nothing speaks for to 0


class Fixed(Weights):
    """Weights that learn nothing."""

    def follow(self, index: EvidenceIndex, *, placed: bool) -> Floats:  # noqa: ARG002 — as they stay
        return self._prior


def look(said: Sequence[MessageLine], asked: Sequence[QuestionLine], ear: Ear | None) -> list[Taught]:
    """What was known at each question, with whom the file says answered it."""
    found: list[Taught] = []
    for position, index in relive(said, asked, ear=ear):
        question = asked[position]
        if not len(index) or not question.answerers:
            continue
        case = Case(
            index,
            question.text,
            asker=question.author,
            place=question.channel,
            now=question.ts,
            thread=question.thread_id,
            heard=ear(question.text) if ear is not None else None,
        )
        able = case.has_evidence()
        if (asker := index.person(question.author)) >= 0:
            able[asker] = False
        answered = np.isin(index.people, sorted(question.answerers)) & able
        if not answered.any():
            continue
        hunches = case.hunches(find_mentions(question.text))
        others = np.flatnonzero(able & ~answered)
        likeliest = others[np.argsort(-(hunches[others] @ shipped(by_meaning=ear is not None)), kind="stable")[:BESIDE]]
        kept = np.concatenate([np.flatnonzero(answered), likeliest])
        found.append(Taught(hunches=hunches[kept], answered=answered[kept]))
    return found[-ASKED:]


def fit(lessons: Sequence[Sequence[Taught]]) -> Floats:
    told = [one for each in lessons for one in each]
    return weigh(told, prior=np.zeros(told[0].hunches.shape[1], np.float32), strength=RIDGE)


def judge(
    said: Sequence[MessageLine], asked: Sequence[QuestionLine], weights: Weights, ear: Ear | None
) -> list[Judged]:
    warm = int(WARM_UP * len(asked))
    told = replay(said, asked, weights=weights, ear=ear)
    return [judged for position, _, judged in told if judged is not None and judged.seen and position >= warm]


def main(*arguments: str) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--replay", action="store_true")
    parser.add_argument("--model", type=Path, help="a built model's folder; without it words alone are compared")
    parser.add_argument("--asked", type=Path, nargs="*", default=[], help="folders that are replayed and not fitted on")
    given = parser.parse_args(arguments or None)
    console = Console(width=120)
    encoder = open_encoder(given.model) if given.model is not None else None
    ear = Ear(encoder) if encoder is not None else None
    sets = {
        one.name: (read_messages(one / "messages.jsonl"), read_questions(one / "questions.jsonl"))
        for one in (*given.folders, *given.asked)
    }
    lessons = {one.name: look(*sets[one.name], ear) for one in given.folders}
    names = hunches_of(by_meaning=ear is not None)
    for name, weight in zip(names, fit(list(lessons.values())).tolist(), strict=True):
        console.print(f'    "{name}": {weight:.2f},', highlight=False)
    if not given.replay:
        return
    table = Table(
        "set", "questions", "fitted on the others: hit@1", "3", "5", "and drawn on by its own: hit@1", "3", "5"
    )
    for name, (said, asked) in sets.items():
        others = fit([told for other, told in lessons.items() if other != name])
        cells = []
        for weights in (Fixed(others, hear=ear), Weights(others, hear=ear)):
            judged = judge(said, asked, weights, ear)
            cells += [f"{hit_rate(judged, within):.3f}" for within in (1, 3, 5)]
        table.add_row(name, f"{len(judged):,}", *cells)
    console.print(table)


if __name__ == "__main__":
    main()
