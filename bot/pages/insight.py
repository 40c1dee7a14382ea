"""How it goes, in a browser, for L&D: bars week by week, and what needs somebody. The same as a table to take along.

Who may see it is decided where it is read (`bot.journeys.insight`), at each request.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from aiohttp import hdrs, web

from bot import addresses
from bot.insight import Insight
from bot.journeys.insight import look_at
from bot.pages.door import HEADERS, Door, guarded
from bot.services import Services
from bot.wording import insight as words

BAR = 100  # the width of a whole bar, in the picture's own units
TABLE = f"{addresses.INSIGHT}/table.csv"
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def routes(services: Services) -> Iterable[web.RouteDef]:
    """None where Lanyard has no address of its own."""
    return InsightPage(services).routes() if services.address else ()


class InsightPage:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._door = Door(services)

    def routes(self) -> Iterable[web.RouteDef]:
        yield web.get(addresses.INSIGHT, guarded(self.show))
        yield web.get(TABLE, guarded(self.hand_out))

    async def show(self, request: web.Request) -> web.Response:
        seen = await self._look(request)
        if isinstance(seen, web.Response):
            return seen
        download = (words.DOWNLOAD, self._door.root + TABLE)
        sections = _sections(seen)
        return self._door.page(200, words.TITLE, (words.LEAD,), sections=sections, download=download, leave=True)

    async def hand_out(self, request: web.Request) -> web.Response:
        seen = await self._look(request)
        if isinstance(seen, web.Response):
            return seen
        answer = web.Response(text=to_csv(words.rows(seen)), content_type="text/csv", headers=HEADERS)
        answer.headers[hdrs.CONTENT_DISPOSITION] = 'attachment; filename="lanyard-figures.csv"'
        return answer

    async def _look(self, request: web.Request) -> Insight | web.Response:
        """What the visitor may see; else the page that says why it is not shown."""
        came = await self._door.visitor(request)
        if came is None:
            return self._door.closed(words.COMMAND, words.CLOSED)
        return await look_at(self._services, *came) or self._door.nothing()


def to_csv(rows: Iterable[tuple[str, str, str]]) -> str:
    """With a byte order mark, by which spreadsheets know UTF-8. What would be a formula is text."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(("section", "what", "told"))
    table.writerows([f"'{cell}" if cell.startswith(_FORMULAS) else cell for cell in row] for row in rows)
    return "\ufeff" + file.getvalue()


def _sections(seen: Insight) -> list[dict[str, Any]]:
    bars = _bars(seen)
    return [
        {
            "heading": heading,
            "says": words.EXPLAINED.get(heading, ""),
            "rows": [{"label": what, "told": told, "bar": bars.get((heading, what))} for _, what, told in rows],
        }
        for heading, rows in groupby(words.rows(seen), key=lambda row: row[0])
    ]


def _bars(seen: Insight) -> dict[tuple[str, str], tuple[float, float]]:
    """Of each week, as far as it was answered and as far as it was asked, beside the fullest one."""
    most = max((week.counts["asked"] or 0 for week in seen.weeks), default=0)
    return {
        (words.WEEKS, words.name_week(week)): (
            round(BAR * words.answered(week) / most, 1),
            round(BAR * (week.counts["asked"] or 0) / most, 1),
        )
        for week in seen.weeks
        if most and week.counts["asked"]
    }
