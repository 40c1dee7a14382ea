"""A campaign's figures in a browser, for those who plan campaigns: bars, each with its words beside it.

Who may see them is decided where the figures are read (`bot.journeys.figuring`), at each request. The bars are for the
eye alone; a table says the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from aiohttp import web

from bot import addresses
from bot.campaign_figures import Bar
from bot.journeys.figuring import Seen, find_seen
from bot.pages.door import Door, guarded
from bot.services import Services
from bot.wording import figures as words
from bot.wording import opening
from bot.wording.standing import STATES

BAR = 100  # the width of a whole bar, in the picture's own units


def routes(services: Services) -> Iterable[web.RouteDef]:
    """None where Lanyard has no address of its own."""
    return CampaignPages(services).routes() if services.address else ()


class CampaignPages:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._door = Door(services)

    def routes(self) -> Iterable[web.RouteDef]:
        yield web.get(addresses.CAMPAIGNS + "/{workspace}/{campaign}", guarded(self.show))

    async def show(self, request: web.Request) -> web.Response:
        came = await self._door.visitor(request)
        if came is None:
            return self._door.closed(opening.FIGURES, words.CLOSED)
        workspace, person = came
        named = [request.match_info[name] for name in ("workspace", "campaign")]
        seen = None
        if all(re.fullmatch(r"[0-9]{1,15}", one, re.ASCII) for one in named) and int(named[0]) == workspace:
            seen = await find_seen(self._services, workspace, person, int(named[1]))
        if seen is None:
            return self._door.nothing()
        plan = seen.record.plan
        texts = [" · ".join(text for text in (STATES[plan.status], plan.purpose) if text), words.as_of(seen.when)]
        return self._door.page(200, plan.name, texts, sections=_sections(seen), barriers=_barriers(seen), leave=True)


def _sections(seen: Seen) -> list[dict[str, Any]]:
    figures = seen.figures
    steps = [
        Bar(label=f"{bar.label}. {words.say_step(step)}", share=bar.share)
        for bar, step in zip(figures.steps, seen.record.plan.steps, strict=True)
    ]
    sections = [
        (words.REACH, figures.reach, ""),
        (words.STEPS, steps, words.STEPS_ARE),
        (words.RECALL, figures.recalled, words.RECALL_IS),
        (words.APPLYING, figures.applied, words.APPLYING_IS),
    ]
    return [{"heading": heading, "says": says, "rows": _rows(bars)} for heading, bars, says in sections if bars]


def _rows(bars: Sequence[Bar]) -> list[dict[str, Any]]:
    return [
        {
            "label": bar.label,
            "told": str(bar.share) if bar.share else words.TOO_FEW,
            "bar": (round(BAR * bar.share.least, 1), round(BAR * bar.share.most, 1)) if bar.share else None,
        }
        for bar in bars
    ]


def _barriers(seen: Seen) -> dict[str, Any] | None:
    if not seen.figures.barriers:
        return None
    return {"heading": words.BARRIERS, "says": words.BARRIERS_ARE, "told": seen.figures.barriers}
