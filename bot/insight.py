"""How the workspace does over two months, for L&D: by whole weeks, which stand once they are over.

Counts are of questions, and stand only where five or more people are behind them (`bot.figures`). What is counted over
all the weeks is told in fives, so that two looks at it, a week apart, tell of nobody's question.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from bot.figures import conceal, is_large
from bot.store import Transaction
from bot.store.doings import FEWEST
from bot.store.records import Aid, Person
from bot.wording.gaps import Gap

WEEKS = 8
MOST = 10  # of each kind
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """By the labels of `bot.figures`; None is a count that is not shown."""

    monday: date
    counts: Mapping[str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    weeks: Sequence[Week]  # the oldest first
    helped: tuple[int, int] | None  # so many answers helped, of so many
    waited: timedelta | None  # half of the questions to colleagues were answered within
    used: Sequence[tuple[Aid, int]]  # in fives
    missing: Sequence[tuple[Aid, int]]
    overdue: Sequence[Aid]
    lone_topics: Sequence[str]
    gaps: Sequence[Gap]
    campaigns: Sequence[tuple[str, int | None]]


async def read_weeks(tx: Transaction, *, zone: ZoneInfo, weeks: int) -> list[Week]:
    """Those that are over, in that time zone."""
    found = []
    for monday in _mondays(tx.now, zone, weeks):
        since, until = _bounds(monday, monday + WEEK, zone)
        found.append(Week(monday=monday, counts=conceal(await tx.period(since=since, until=until))))
    return found


async def read_insight(tx: Transaction, *, reader: Person, zone: ZoneInfo, gaps: Sequence[Gap]) -> Insight:
    """`gaps` may be shown to the reader; so may the job aids named here, by their grants."""
    mondays = _mondays(tx.now, zone, WEEKS)
    since, until = _bounds(mondays[0], mondays[-1] + WEEK, zone)
    whole = await tx.period(since=since, until=until)
    helped = None
    if is_large(whole.helped) and is_large(whole.not_helped) and whole.helped.count:
        helped = (_in_fives(whole.helped.count), _in_fives(whole.helped.count + whole.not_helped.count))
    waits = await tx.waits_for_experts(since=since, until=until)
    waited = None
    if len({asker for asker, _ in waits}) >= FEWEST:
        waited = timedelta(seconds=median(wait.total_seconds() for _, wait in waits))
    profiles = await tx.profiles()
    here = await tx.colleagues()
    ready = [one for id_, one in profiles.items() if id_ in here and one.consent == "yes"]
    known = [topic for one in ready for topic in one.topics]
    offered = Counter(topic.casefold() for topic in known)
    return Insight(
        weeks=await read_weeks(tx, zone=zone, weeks=WEEKS),
        helped=helped,
        waited=waited,
        used=await _most(tx, reader, since=since, until=until, rejected=False),
        missing=await _most(tx, reader, since=since, until=until, rejected=True),
        overdue=await tx.overdue_aids(grants=reader.grants(), limit=MOST),
        lone_topics=sorted((topic for topic in known if offered[topic.casefold()] == 1), key=str.casefold),
        gaps=gaps,
        campaigns=[(name, sent.count if is_large(sent) else None) for name, sent in await tx.reach_of_campaigns()],
    )


async def _most(
    tx: Transaction, reader: Person, *, since: datetime, until: datetime, rejected: bool
) -> list[tuple[Aid, int]]:
    counts = await tx.use_of_aids(since=since, until=until, rejected=rejected)
    large = {aid: _in_fives(one.count) for aid, one in counts.items() if one.people >= FEWEST}
    known = await tx.aids_by_id(list(large))
    aids = {id_: aid for id_, aid in known.items() if aid.audience & reader.grants()}
    ranked = sorted(aids, key=lambda id_: (-large[id_], aids[id_].number))
    return [(aids[id_], large[id_]) for id_ in ranked[:MOST]]


def _in_fives(count: int) -> int:
    return count - count % FEWEST


def _mondays(now: datetime, zone: ZoneInfo, weeks: int) -> list[date]:
    """Of so many weeks that are over, the oldest first."""
    today = now.astimezone(zone).date()
    this = today - timedelta(days=today.weekday())
    return [this - WEEK * back for back in range(weeks, 0, -1)]


def _bounds(first: date, after: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return datetime.combine(first, time(), tzinfo=zone), datetime.combine(after, time(), tzinfo=zone)
