"""`lanyard evaluate history`: what people made of the answers here, and how today's would do on the same questions.

Counts only: neither a question nor a name is shown. What nobody judged is in no figure, so that the figures speak of
what was shown and said something of, and not of all that was asked.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.journeys.asking import thresholds_of
from bot.library import Library
from bot.store import Store
from bot.store.judging import Judged as Asked
from bot.store.records import Heeded
from knowledge.calibration import SHIPPED, Calibration
from knowledge.embedding import Encoder
from knowledge.index import Index
from knowledge.model import Decision, Term
from knowledge.retrieval import Thresholds, decide, search
from knowledge.vectors import fingerprint
from lanyard.evaluate.answers import figures_table
from lanyard.evaluate.drawing import check_picture, draw
from lanyard.evaluate.lines import UnusableInputError
from lanyard.evaluate.metrics import Judged

SHADOW = timedelta(days=90)
RANKED = 20


async def evaluate(
    store: Store, workspace: int, *, console: Console, encoder: Encoder | None, picture: Path | None
) -> None:
    """Tell how it went, how it would go today as shipped, and with what was learned here. Raises UnusableInputError."""
    if picture is not None:
        check_picture(picture)
    now = datetime.now(UTC)
    async with store.reading(workspace, now=now) as tx:
        asked = await tx.history()
        settings = (await tx.workspace_record()).settings
        learned = await tx.calibration()
        overheard, _ = await tx.overheard_since(now - SHADOW, by=None)
        glossary = await tx.glossary()
    thresholds = thresholds_of(settings)
    judged = [one for one in asked if one.right is not None and one.confidence is not None]
    decided = Counter(one.decision for one in asked)
    told = ", ".join(f"{decision.value} {decided[decision]:,}" for decision in Decision)
    console.print(f"{len(asked):,} questions: {told}. Judged: {len(judged):,}.", soft_wrap=True)
    _tell_overheard(overheard, console)
    if not judged:
        console.print("Nobody has judged an answer yet, so there is nothing to measure.")
        if picture is not None:
            raise UnusableInputError("No picture was drawn: there is no judged question.")
        return
    library = Library(store, encoder=encoder)
    try:
        index = await library.index(workspace, now=now)
        bare = await asyncio.to_thread(_without_phrasings, index)
    finally:
        await library.close()
    reader = encoder if encoder is not None and encoder.identity == index.model else None
    bound = thresholds.by_words if reader is None else thresholds.answer
    today = await asyncio.to_thread(_replay, bare, judged, glossary, thresholds, reader)
    runs = {"as it was": [_as_it_was(one) for one in judged], "today, as shipped": today}
    if learned.version:
        runs["today, as learned"] = [_corrected(one, learned.calibration, bound, thresholds) for one in today]
    console.print(figures_table(runs, title=f"{len(judged):,} judged questions"))
    console.print(
        "A question counts as answerable where something helped or was chosen. Today's answers "
        "are looked for without the wordings that these very questions have taught.",
        soft_wrap=True,
    )
    if picture is not None:
        draw(runs, picture, threshold=bound, title=f"{len(judged):,} judged questions of this workspace")
        console.print(f"Drawn: {picture}", markup=False, highlight=False, soft_wrap=True)


def _tell_overheard(overheard: Counter[Heeded], console: Console) -> None:
    if not overheard:
        return
    table = Table("overheard, asking something", "messages", title=f"Listening, the last {SHADOW.days} days")
    for outcome, count in overheard.most_common():
        table.add_row(outcome.value, f"{count:,}")
    console.print(table)


def _without_phrasings(index: Index) -> Index:
    """The same, less what was learned from the questions that are to be asked again."""
    bare = Index(model=index.model, dimensions=index.dimensions)
    snippets, vectors = [], {}
    for snippet, codes in index.contents():
        snippets.append(replace(snippet, phrasings=()))
        if codes is not None:
            vectors[fingerprint(snippet)] = codes
    bare.apply(upsert=snippets, remove=(), revision=1, vectors=vectors)
    return bare


def _replay(
    index: Index, asked: Sequence[Asked], glossary: Sequence[Term], thresholds: Thresholds, encoder: Encoder | None
) -> list[Judged]:
    judged = []
    for one in asked:
        terms = [(term.term, term.expansion) for term in glossary if term.audience & one.audience]
        matches = search(index, one.text, grants=one.audience, glossary=terms, limit=RANKED, encoder=encoder)
        verdict = decide(matches, thresholds, SHIPPED)
        ranked = [match.snippet.id for match in matches]
        judged.append(
            Judged(
                answerable=one.led_to is not None,
                rank=_rank(one.led_to, ranked),
                confidence=verdict.confidence,
                answered=verdict.decision is Decision.ANSWER,
                offered=verdict.decision is not Decision.NONE,
            )
        )
    return judged


def _as_it_was(one: Asked) -> Judged:
    return Judged(
        answerable=one.led_to is not None,
        rank=_rank(one.led_to, one.candidates),
        confidence=one.confidence or 0.0,
        answered=one.decision == Decision.ANSWER,
        offered=one.decision != Decision.NONE,
    )


def _corrected(one: Judged, learned: Calibration, bound: float, thresholds: Thresholds) -> Judged:
    sure = learned.correct(one.confidence) if one.confidence else 0.0
    return replace(one, confidence=sure, answered=sure >= bound, offered=sure >= thresholds.choices)


def _rank(wanted: str | None, ranked: Sequence[str]) -> int | None:
    return ranked.index(wanted) + 1 if wanted in ranked else None
