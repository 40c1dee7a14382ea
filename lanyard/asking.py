"""`lanyard ask`: what a worker would get, and on request why this, and why not that."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from bot.journeys.asking import thresholds_of
from bot.library import Library
from bot.store import Store
from knowledge.explaining import Explanation, explain_decision
from knowledge.model import OPEN, Decision, Match
from lanyard.config import read_settings
from lanyard.model import choose

_SHOWN = 5  # matches
_WEIGHED = 12  # features, those that make the most difference
_STAGES = {
    "wording": "word for word (titles, known phrasings)",
    "words": "by words",
    "meaning": "by meaning",
}


async def ask(
    store: Store, workspace: int, question: str, *, person: str | None, explain: bool, console: Console
) -> None:
    """As the workspace decides at this moment, for this person, or else for one who may see what everybody may.

    Raises LookupError for an address that nobody has.
    """
    now = datetime.now(UTC)
    async with store.reading(workspace, now=now) as tx:
        asker = await tx.person_by_email(person) if person is not None else None
        settings = (await tx.workspace_record()).settings
        learned = await tx.calibration()
    if person is not None and asker is None:
        raise LookupError(f"Nobody here has the e-mail address {person!r}.")
    grants = asker.grants() if asker is not None else OPEN
    library = Library(store, encoder=choose(read_settings()).encoder)
    try:
        inquiry = await library.inquire(workspace, question, grants=grants, now=now)
    finally:
        await library.close()
    told = explain_decision(inquiry, thresholds_of(settings), learned.calibration)
    verdict = told.verdict
    console.print(f"[bold]{verdict.decision.value}[/bold], confidence {verdict.confidence:.2f}")
    if verdict.decision is Decision.ANSWER:
        snippet = verdict.matches[0].snippet
        console.print(Panel(Text(snippet.text), title=Text(snippet.title), title_align="left"))
    if not verdict.matches:
        console.print("No job aid has anything to do with these words.")
    elif not explain:
        table = Table("", "nearest job aids", "score")
        for number, match in enumerate(verdict.matches[:_SHOWN], start=1):
            table.add_row(str(number), Text(match.snippet.title), f"{match.score:.3f}")
        console.print(table)
    if explain:
        who = asker.name if asker is not None else "somebody who may see what everybody may"
        console.print(report(told, who=who, version=learned.version))


def report(told: Explanation, *, who: str, version: int) -> Group:
    """The stages in their order. `version` is that of the workspace's calibration, 0 for the shipped one."""
    parts: list[RenderableType] = [Rule("1. What was asked"), _reading(told, who)]
    parts += [Rule("2. What was found"), _candidates(told)]
    if told.verdict.matches:
        parts += [Rule("3. What speaks for the first, and for the runner-up"), _comparison(told)]
        parts += [Text(f"Several have the title “{title}”: the best sentence spoke for it.") for title in told.untitled]
        parts += [Rule("4. How sure"), _confidence(told, version)]
    parts += [Rule("5. What follows"), Text(told.conclusion)]
    return Group(*parts)


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def _reading(told: Explanation, who: str) -> Table:
    asked = told.inquiry.question
    grid = _grid()
    grid.add_row("asked by", Text(who))
    grid.add_row("as typed", Text(asked.text))
    repairs = ", ".join(f"{wrong} → {right}" for wrong, right in asked.repairs.items())
    grid.add_row("spelling repaired", Text(repairs or "nothing"))
    terms = ", ".join(f"{' '.join(term)} = {meaning}" for term, meaning in told.terms)
    grid.add_row("from the glossary", Text(terms or "nothing"))
    grid.add_row("read as", Text(asked.spelled))
    units = ", ".join(f"{words} {weight:.1f}{'' if known else ' (nowhere)'}" for words, weight, known in told.wanted)
    grid.add_row("words by weight", Text(units or "none that says anything"))
    if asked.codes:
        grid.add_row("codes and numbers", Text(", ".join(sorted(asked.codes))))
    grid.add_row("the model", Text("took part" if told.inquiry.by_meaning else "took no part: words alone"))
    return grid


def _candidates(told: Explanation) -> Table:
    found = told.inquiry.found
    counted = ", ".join(f"{len(ids)} {_STAGES[name]}" for name, ids in found.items()) or "nothing"
    table = Table("", "job aid", *(_STAGES[name].partition(" (")[0] for name in found), "score", title=counted)
    for number, match in enumerate(told.verdict.matches[:_SHOWN], start=1):
        ranks = [_rank(match, ids) for ids in found.values()]
        table.add_row(str(number), Text(match.snippet.title), *ranks, f"{match.score:.3f}")
    return table


def _rank(match: Match, ids: tuple[str, ...]) -> str:
    return f"#{ids.index(match.snippet.id) + 1}" if match.snippet.id in ids else "–"


def _comparison(told: Explanation) -> Table:
    first, rival = told.verdict.matches[0], told.rival
    table = Table("feature", "weight", title="value × weight, where it makes the most difference")
    table.add_column(Text(first.snippet.title), justify="right")
    if rival is not None:
        table.add_column(Text(rival.snippet.title), justify="right")
        table.add_column("difference", justify="right")
    for one in told.comparison[:_WEIGHED]:
        row = [one.name, f"{one.weight:.2f}", f"{one.first:.2f} → {one.first * one.weight:.2f}"]
        if rival is not None:
            row += [f"{one.rival:.2f} → {one.rival * one.weight:.2f}", f"{one.difference:+.2f}"]
        table.add_row(*row)
    table.add_section()
    totals = ["all", "", f"{first.features['fused']:.2f}"]
    if rival is not None:
        gap = first.features["fused"] - rival.features["fused"]
        totals += [f"{rival.features['fused']:.2f}", f"{gap:+.2f}"]
    table.add_row(*totals, style="bold")
    return table


def _confidence(told: Explanation, version: int) -> Group:
    table = Table("sign of the first match", "value", "adds")
    table.add_row("to begin with", "", f"{told.bias:+.2f}")
    for name, value, adds in told.signs:
        table.add_row(name, f"{value:.2f}", f"{adds:+.2f}")
    grid = _grid()
    grid.add_row("by these signs", f"{told.by_signs:.3f}")
    if told.exception is not None:
        bound = "at least" if told.exception.lifts else "at most"
        grid.add_row(f"but {bound} {told.exception.bound}", Text(told.exception.reason))
    grid.add_row("as shipped", f"{told.verdict.shipped:.3f}")
    learned = told.calibration
    taught = f"version {version}, from {learned.judgements} judgements" if version else "nothing yet"
    grid.add_row("learned here", f"{taught}: × {learned.slope:.2f} {learned.shift:+.2f} on the logit")
    grid.add_row("confidence", f"{told.verdict.confidence:.3f}")
    return Group(table, grid)
