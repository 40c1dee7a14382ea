"""Job aids in a browser: `/aids` and a page for each, for those who came in by a way that the bot gave them in chat.

Whoever has not come in gets one answer for every address, and whoever has gets one for what is absent and what is not
for them: neither tells what there is. A way in is used up by pressing a button, because chat systems and their scanners
look at links before people do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from aiohttp import hdrs, web
from markupsafe import Markup

from bot import addresses
from bot.journeys.opening import digest, find_readable
from bot.messages import is_web_link
from bot.pages.door import HEADERS, SECRET, Door, guarded
from bot.pages.markdown import to_html
from bot.services import Services
from bot.store.records import Aid
from bot.wording import opening as words
from bot.wording.asking import source_line

STAY = timedelta(hours=12)
"""How long a browser may read after somebody came in by it: a working day."""
MOST_LISTED = 500
LARGEST_FORM = 2000  # bytes


def routes(services: Services) -> Iterable[web.RouteDef]:
    """None where Lanyard has no address of its own."""
    return AidPages(services).routes() if services.address else ()


class AidPages:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._door = Door(services)

    def routes(self) -> Iterable[web.RouteDef]:
        yield web.get(addresses.AIDS, guarded(self.list_all))
        yield web.get(addresses.ENTER, guarded(self.ask_in), allow_head=False)
        yield web.post(addresses.ENTER, guarded(self.enter))
        yield web.post(addresses.LEAVE, guarded(self.leave))
        yield web.get(addresses.AIDS + "/{workspace}/{number}", guarded(self.show_aid))

    # ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def show_aid(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        came = await self._door.visitor(request)
        if came is None:
            return self._closed(number if re.fullmatch(r"[0-9]{1,15}", number, re.ASCII) else "")
        workspace, person = came
        named = addresses.read_aid(self._services.address, self._services.address + request.path)
        aid = None
        if named is not None and named[0] == workspace:
            now = self._services.now()
            aid = await find_readable(self._services, workspace, person, named[1], now=now)
        if aid is None:
            return self._door.nothing()
        return self._door.page(200, aid.title, (), aid=self._shown(aid), footer=words.ASK, leave=True)

    def _shown(self, aid: Aid) -> dict[str, Any]:
        return {
            "need": aid.need,
            "html": Markup(to_html(aid.body)),  # noqa: S704 — made from CommonMark without HTML, its texts escaped
            "links": [(label, url) for label, url in aid.links if is_web_link(url)],
            "source": source_line(aid, today=self._services.now().date()),
        }

    async def list_all(self, request: web.Request) -> web.Response:
        came = await self._door.visitor(request)
        if came is None:
            return self._closed("")
        workspace, person = came
        async with self._services.store.reading(workspace, now=self._services.now()) as tx:
            aids = await tx.newest_aids(grants=person.grants(), limit=MOST_LISTED)
        listed = [
            (aid.number, aid.title, aid.need, self._door.root + addresses.path_of_aid(workspace, aid.number))
            for aid in sorted(aids, key=lambda aid: aid.title.casefold())
        ]
        return self._door.page(200, words.ALL_TITLE, () if listed else (words.NONE_YET,), listed=listed, leave=True)

    # ── Coming in, leaving ──────────────────────────────────────────────────────────────────────────────────────────

    async def ask_in(self, request: web.Request) -> web.Response:
        """Whether the link is still good shows when the button is pressed: looking at it tells nobody anything."""
        key = request.query.get("key", "")
        if not SECRET.fullmatch(key):
            return self._closed("")
        return self._door.page(200, words.ENTER_TITLE, (words.ENTER,), key=key)

    async def enter(self, request: web.Request) -> web.Response:
        key = (await self._read_form(request)).get("key", "")
        secret, now = self._services.new_secret(), self._services.now()
        leads_to = None
        if isinstance(key, str) and SECRET.fullmatch(key):
            leads_to = await self._services.store.visits.enter(digest(key), digest(secret), now=now, until=now + STAY)
        if leads_to is None:
            return self._door.page(410, words.USED_TITLE, words.USED, command=words.command(""))
        seen = web.Response(status=303, headers={**HEADERS, hdrs.LOCATION: self._door.root + leads_to})
        seen.set_cookie(
            self._door.cookie,
            secret,
            max_age=int(STAY.total_seconds()),
            path="/",
            secure=self._door.secure,
            httponly=True,
            samesite="Lax",  # not Strict: people come from links in their chat
        )
        return seen

    async def leave(self, request: web.Request) -> web.Response:
        await self._read_form(request)
        secret = request.cookies.get(self._door.cookie, "")
        if SECRET.fullmatch(secret):
            await self._services.store.visits.end(digest(secret))
        left = self._closed("")
        left.del_cookie(self._door.cookie, path="/", secure=self._door.secure, httponly=True, samesite="Lax")
        return left

    async def _read_form(self, request: web.Request) -> Any:
        """Of our own page alone: another site must not let somebody in as somebody else. Raises HTTPForbidden."""
        origin = request.headers.get(hdrs.ORIGIN, "").lower()
        sent_by = request.headers.get("Sec-Fetch-Site", "same-origin")
        if origin != self._door.origin or sent_by != "same-origin" or (request.content_length or 0) > LARGEST_FORM:
            raise web.HTTPForbidden(headers=HEADERS)
        return await request.post()

    def _closed(self, number: str) -> web.Response:
        return self._door.closed(words.command(number))
