"""How the workspace does, for L&D: counts of questions and outcomes, never of people, none that points at few of them.

A count stands only where five or more people are behind it, and only where taking shown counts from each other leaves
no group of fewer than five either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.store import Transaction
from bot.store.doings import FEWEST
from bot.store.insight import AIDS, EXPERTS, MISSED, NOTHING, UNDER_WAY, Period
from bot.store.nudges import Count

WEEK, MONTH = timedelta(days=7), timedelta(days=28)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the figures; None is a count that is not shown."""

    label: str
    week: int | None
    month: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    rows: tuple[Row, ...]
    overdue: int  # aids, which are nobody's people
    campaigns: tuple[tuple[str, int | None], ...]  # name, and what was sent of it


LABELS = {
    AIDS: "answered from job aids",
    EXPERTS: "answered by experts",
    MISSED: "not answered",
    UNDER_WAY: "under way",
}


async def read_figures(tx: Transaction) -> Figures:
    now = tx.now
    week = await tx.period(since=now - WEEK, until=now)
    before = await tx.period(since=now - MONTH, until=now - WEEK)
    month = await tx.period(since=now - MONTH, until=now)
    shown_week, shown_month = conceal(week), conceal(month)
    older = conceal(before)
    rows = [
        Row(
            label=label,
            # The month less the week is what came before it: that must be large enough too, or there is no week.
            week=shown_week.get(label) if shown_month.get(label) is None or older.get(label) is not None else None,
            month=shown_month.get(label),
        )
        for label in ("asked", *LABELS.values(), "said to have helped")
    ]
    return Figures(
        rows=tuple(rows),
        overdue=await tx.count_overdue(),
        campaigns=tuple((name, sent.count if is_large(sent) else None) for name, sent in await tx.reach_of_campaigns()),
    )


def conceal(period: Period) -> Mapping[str, int | None]:
    """The counts that may be shown, by label; None for one that may not."""
    outcomes = {LABELS[name]: period.outcomes.get(name, NOTHING) for name in LABELS}
    hidden = {label for label, count in outcomes.items() if not is_large(count)}
    asked = is_large(period.asked)
    if asked and len(hidden) == 1:
        # What is missing would be the sum less the others: the smallest of those goes as well.
        others = {label: count for label, count in outcomes.items() if label not in hidden and count.count}
        if others:
            hidden.add(min(others, key=lambda label: (others[label].people, label)))
    shown: dict[str, int | None] = {"asked": period.asked.count if asked else None}
    shown |= {label: None if label in hidden else count.count for label, count in outcomes.items()}
    helped = is_large(period.helped) and is_large(period.not_helped)
    shown["said to have helped"] = period.helped.count if helped else None
    return shown


def is_large(count: Count) -> bool:
    """Nothing at all points at nobody."""
    return count.count == 0 or count.people >= FEWEST
