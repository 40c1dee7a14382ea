"""`lanyard evaluate routing`: replay what was said as evidence, and say at each question who was likely to answer."""

from __future__ import annotations

import heapq
import json
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from knowledge.embedding import Encoder
from knowledge.evidence import EvidenceIndex, Floats
from knowledge.experts import rank
from knowledge.learning import Weights
from knowledge.meanings import Reader
from knowledge.threads import Listener, Utterance
from lanyard.evaluate.lines import UnusableInputError, read_lines

RANKED = 10
"""Authors that are written for a question, at most."""

WARM_UP = 0.3
"""The share of the questions, counted from the first, that is asked but not judged."""

MESSAGE_EXAMPLE = '{"id": …, "channel": …, "ts": "2026-01-31T09:00:00Z", "author": …, "text": …, "thread_id": …}'
QUESTION_EXAMPLE = '{"id": …, "ts": "2026-01-31T09:00:00Z", "author": …, "text": …}'

_MENTION = re.compile(r"@([\w.:-]*\w)")


def _name(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Name = Annotated[str, BeforeValidator(_name), Field(min_length=1)]


class MessageLine(BaseModel):
    """One message as it was said; other keys are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: Name
    channel: Name
    ts: AwareDatetime
    author: Name
    text: str
    thread_id: Name


class QuestionLine(BaseModel):
    """One question; without `channel` it is asked in a direct message, without `answerers` it is not judged."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: Name
    ts: AwareDatetime
    author: Name
    text: str
    channel: Name | None = None
    thread_id: Name | None = None
    answerers: frozenset[Name] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How one question went. `hit` is the place of the first answerer, from 1, or None."""

    hit: int | None
    seen: bool  # at least one answerer had been heard before


class Ear:
    """A language model that remembers every text it was given: a replay comes by the same ones again and again."""

    def __init__(self, encoder: Encoder) -> None:
        self.dimensions = encoder.dimensions
        self._encoder = encoder
        self._heard: dict[str, Floats] = {}

    def __call__(self, text: str) -> Floats:
        if text not in self._heard:
            self._heard[text] = self._encoder.encode([text])[0]
        return self._heard[text]


def evaluate(
    messages: Sequence[Path], questions: Path, out: Path, *, console: Console, encoder: Encoder | None = None
) -> None:
    """Replay `messages` and write for every question, in its file's order, whom to ask; print how often that was right.

    At a question only messages of an earlier time are known, and none of its own thread. With an `encoder` meaning is
    compared too. Nothing is written before all files have been read whole. Raises UnusableInputError.
    """
    began = time.perf_counter()
    asked = read_questions(questions)
    said = [read_messages(path) for path in messages]
    read = time.perf_counter() - began
    by = "words alone" if encoder is None else f"words and meaning, with {encoder.identity}"
    console.print(f"By {by}.", soft_wrap=True)
    columns = (TextColumn("Asking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Asking", total=len(asked))
        ranked: dict[int, tuple[list[str], Judged | None]] = {}
        for position, names, judged in replay(
            heapq.merge(*said, key=lambda line: line.ts), asked, ear=Ear(encoder) if encoder is not None else None
        ):
            ranked[position] = (names, judged)
            progress.advance(task)
    try:
        with out.open("w", encoding="utf-8") as file:
            for position, question in enumerate(asked):
                file.write(json.dumps({"id": question.id, "ranked": ranked[position][0]}) + "\n")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnusableInputError(f"{out} cannot be written: {reason}. Name a file in a folder that exists.") from None
    took = time.perf_counter() - began - read
    console.print(
        f"{len(asked):,} questions, {sum(map(len, said)):,} messages: read in {read:.1f} s, replayed in {took:.1f} s.",
        soft_wrap=True,
    )
    _report(console, [ranked[position][1] for position in range(len(asked))])


def read_questions(path: Path) -> list[QuestionLine]:
    """In the file's order. Raises UnusableInputError."""
    return [line for _, line in read_lines(path, QuestionLine, QUESTION_EXAMPLE)]


def read_messages(path: Path) -> list[MessageLine]:
    """In the order of time. Raises UnusableInputError."""
    return sorted((line for _, line in read_lines(path, MessageLine, MESSAGE_EXAMPLE)), key=lambda line: line.ts)


def replay(
    said: Iterable[MessageLine],
    asked: Sequence[QuestionLine],
    *,
    weights: Weights | None = None,
    ear: Ear | None = None,
) -> Iterator[tuple[int, list[str], Judged | None]]:
    """Each question's position in `asked`, the people to ask, and how that went, in the order of time.

    `said` is in the order of time. `weights` follow what was said; without any they begin with the shipped ones. With
    an `ear` meaning is compared too; weights that are given must have the same one.
    """
    weights = weights or Weights(hear=ear)
    for position, index in relive(said, asked, ear=ear):
        question = asked[position]
        experts = rank(
            index,
            question.text,
            asker=question.author,
            place=question.channel,
            now=question.ts,
            thread=question.thread_id,
            named=find_mentions(question.text),
            heard=ear(question.text) if ear is not None else None,
            weights=weights.follow(index, placed=question.channel is not None),
            limit=RANKED,
        )
        names = [expert.person for expert in experts]
        judged = None
        if question.answerers is not None:
            places = (place for place, name in enumerate(names, 1) if name in question.answerers)
            seen = any(index.person(name) >= 0 for name in question.answerers)
            judged = Judged(hit=next(places, None), seen=seen)
        yield position, names, judged


def relive(
    said: Iterable[MessageLine], asked: Sequence[QuestionLine], *, ear: Ear | None = None
) -> Iterator[tuple[int, EvidenceIndex]]:
    """Each question's position in `asked`, in the order of time, and what was known then: one index, which grows."""
    index = EvidenceIndex(dimensions=ear.dimensions if ear is not None else None)
    reader = Reader(ear) if ear is not None else None
    listener = Listener()
    waiting = iter(said)
    message = next(waiting, None)
    for position in sorted(range(len(asked)), key=lambda number: asked[number].ts):
        while message is not None and message.ts < asked[position].ts:
            for piece in listener.hear(_utterance(message)):
                index.add(piece, codes=reader.read(piece) if reader is not None else None)
            message = next(waiting, None)
        yield position, index


def find_mentions(text: str) -> list[str]:
    """The names after each @."""
    return _MENTION.findall(text)


def _utterance(message: MessageLine) -> Utterance:
    return Utterance(
        author=message.author,
        text=message.text,
        at=message.ts,
        place=message.channel,
        thread=message.thread_id,
    )


def _report(console: Console, judged: Sequence[Judged | None]) -> None:
    known = [question for question in judged if question is not None]
    if not known:
        return
    warm = [question for question in judged[int(WARM_UP * len(judged)) :] if question is not None]
    table = Table("questions", "number", "hit@1", "hit@3", "hit@5")
    for name, questions in (
        (f"after the first {WARM_UP:.0%}, an answerer seen before", [question for question in warm if question.seen]),
        ("an answerer seen before", [question for question in known if question.seen]),
        ("all", known),
    ):
        hits = (hit_rate(questions, within) for within in (1, 3, 5))
        table.add_row(name, f"{len(questions):,}", *("–" if rate is None else f"{rate:.3f}" for rate in hits))
    console.print(table)


def hit_rate(judged: Sequence[Judged], within: int) -> float | None:
    """The share of questions with an answerer among the first so many; None of no questions."""
    if not judged:
        return None
    return sum(question.hit is not None and question.hit <= within for question in judged) / len(judged)
