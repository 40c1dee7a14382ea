"""Job aids in a browser: `/aids` and a page for each, for those who came in by a way that the bot gave them in chat.

Whoever has not come in gets one answer for every address, and whoever has gets one for what is absent and what is not
for them: neither tells what there is. A way in is used up by pressing a button, because chat systems and their scanners
look at links before people do.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from aiohttp import hdrs, web
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from bot import addresses
from bot.journeys.opening import digest, find_readable
from bot.pages.markdown import is_web_link, to_html
from bot.services import Services
from bot.store import UNREACHABLE
from bot.store.records import Aid, Person
from bot.wording import opening as words
from bot.wording.asking import source_line

STAY = timedelta(hours=12)
"""How long a browser may read after somebody came in by it: a working day."""
MOST_LISTED = 500
SECRET = re.compile(r"[A-Za-z0-9_-]{20,200}", re.ASCII)
LARGEST_FORM = 2000  # bytes

_TEMPLATES = Path(__file__).parent / "templates"
_STYLE = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
_STYLE_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_PAGE = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True).get_template("page.html")
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; img-src data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    # Not `no-referrer`, with which browsers would not say where a form was sent from. No other site is told anything.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.Response]]


def routes(services: Services) -> Iterable[web.RouteDef]:
    """None where Lanyard has no address of its own."""
    return AidPages(services).routes() if services.address else ()


class AidPages:
    def __init__(self, services: Services) -> None:
        self._services = services
        parts = urlsplit(services.address)
        self._origin = f"{parts.scheme}://{parts.netloc}".lower()
        self._root = parts.path
        self._secure = parts.scheme == "https"
        # The prefix makes browsers refuse it from anybody but this very host, over TLS.
        self._cookie = "__Host-lanyard-visit" if self._secure else "lanyard-visit"

    def routes(self) -> Iterable[web.RouteDef]:
        yield web.get(addresses.AIDS, _guarded(self.list_all))
        yield web.get(addresses.ENTER, _guarded(self.ask_in), allow_head=False)
        yield web.post(addresses.ENTER, _guarded(self.enter))
        yield web.post(addresses.LEAVE, _guarded(self.leave))
        yield web.get(addresses.AIDS + "/{workspace}/{number}", _guarded(self.show_aid))

    # ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def show_aid(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        came = await self._visitor(request)
        if came is None:
            return self._closed(number if re.fullmatch(r"[0-9]{1,15}", number, re.ASCII) else "")
        workspace, person = came
        named = addresses.read_aid(self._services.address, self._services.address + request.path)
        aid = None
        if named is not None and named[0] == workspace:
            now = self._services.now()
            aid = await find_readable(self._services, workspace, person, named[1], now=now)
        if aid is None:
            return self._page(404, words.NOTHING_TITLE, words.NOTHING, leave=True)
        return self._page(200, aid.title, (), aid=self._shown(aid), footer=words.ASK, leave=True)

    def _shown(self, aid: Aid) -> dict[str, Any]:
        return {
            "need": aid.need,
            "html": Markup(to_html(aid.body)),  # noqa: S704 — made from CommonMark without HTML, its texts escaped
            "links": [(label, url) for label, url in aid.links if is_web_link(url)],
            "source": source_line(aid, today=self._services.now().date()),
        }

    async def list_all(self, request: web.Request) -> web.Response:
        came = await self._visitor(request)
        if came is None:
            return self._closed("")
        workspace, person = came
        async with self._services.store.reading(workspace, now=self._services.now()) as tx:
            aids = await tx.newest_aids(grants=person.grants(), limit=MOST_LISTED)
        listed = [
            (aid.number, aid.title, aid.need, self._root + addresses.path_of_aid(workspace, aid.number))
            for aid in sorted(aids, key=lambda aid: aid.title.casefold())
        ]
        return self._page(200, words.ALL_TITLE, () if listed else (words.NONE_YET,), listed=listed, leave=True)

    async def _visitor(self, request: web.Request) -> tuple[int, Person] | None:
        """Who reads, and in which workspace. They are looked up each time: people leave, and change groups."""
        secret = request.cookies.get(self._cookie, "")
        if not SECRET.fullmatch(secret):
            return None
        now = self._services.now()
        visit = await self._services.store.visits.find(digest(secret), now=now)
        if visit is None:
            return None
        async with self._services.store.reading(visit.workspace, now=now) as tx:
            return visit.workspace, await tx.person(visit.person)

    # ── Coming in, leaving ──────────────────────────────────────────────────────────────────────────────────────────

    async def ask_in(self, request: web.Request) -> web.Response:
        """Whether the link is still good shows when the button is pressed: looking at it tells nobody anything."""
        key = request.query.get("key", "")
        if not SECRET.fullmatch(key):
            return self._closed("")
        return self._page(200, words.ENTER_TITLE, (words.ENTER,), key=key)

    async def enter(self, request: web.Request) -> web.Response:
        key = (await self._read_form(request)).get("key", "")
        secret, now = self._services.new_secret(), self._services.now()
        leads_to = None
        if isinstance(key, str) and SECRET.fullmatch(key):
            leads_to = await self._services.store.visits.enter(digest(key), digest(secret), now=now, until=now + STAY)
        if leads_to is None:
            return self._page(410, words.USED_TITLE, words.USED, command=words.command(""))
        seen = web.Response(status=303, headers={**HEADERS, hdrs.LOCATION: self._root + leads_to})
        seen.set_cookie(
            self._cookie,
            secret,
            max_age=int(STAY.total_seconds()),
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="Lax",  # not Strict: people come from links in their chat
        )
        return seen

    async def leave(self, request: web.Request) -> web.Response:
        await self._read_form(request)
        secret = request.cookies.get(self._cookie, "")
        if SECRET.fullmatch(secret):
            await self._services.store.visits.end(digest(secret))
        left = self._closed("")
        left.del_cookie(self._cookie, path="/", secure=self._secure, httponly=True, samesite="Lax")
        return left

    async def _read_form(self, request: web.Request) -> Any:
        """Of our own page alone: another site must not let somebody in as somebody else. Raises HTTPForbidden."""
        origin = request.headers.get(hdrs.ORIGIN, "").lower()
        sent_by = request.headers.get("Sec-Fetch-Site", "same-origin")
        if origin != self._origin or sent_by != "same-origin" or (request.content_length or 0) > LARGEST_FORM:
            raise web.HTTPForbidden(headers=HEADERS)
        return await request.post()

    # ── Answers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _closed(self, number: str) -> web.Response:
        return self._page(403, words.CLOSED_TITLE, words.CLOSED, command=words.command(number))

    def _page(self, status: int, title: str, texts: Sequence[str], **more: Any) -> web.Response:
        shown = {
            "style": Markup(_STYLE),  # noqa: S704 — our own file
            "enter": self._root + addresses.ENTER,
            "leave_by": self._root + addresses.LEAVE,
            "all": self._root + addresses.AIDS,
            "enter_button": words.ENTER_BUTTON,
            "leave_button": words.LEAVE_BUTTON,
            "all_title": words.ALL_TITLE,
        }
        text = _PAGE.render(title=title, texts=texts, **shown, **more)
        return web.Response(status=status, text=text, content_type="text/html", headers=HEADERS)


def _guarded(handler: Handler) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except UNREACHABLE as fault:
            log.warning("a page cannot be shown", fault=type(fault).__name__)
            text = _PAGE.render(title=words.BUSY_TITLE, texts=words.BUSY, style=Markup(_STYLE))  # noqa: S704 — our own
            headers = {**HEADERS, hdrs.RETRY_AFTER: "2"}
            return web.Response(status=503, text=text, content_type="text/html", headers=headers)

    return answer
