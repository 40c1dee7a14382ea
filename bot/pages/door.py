"""What all pages for people stand behind: who reads, and one look for all of them.

Whoever has not come in gets one answer for every address. Who reads is looked up at each request: people leave, and
change groups.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from aiohttp import hdrs, web
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from bot import addresses
from bot.journeys.opening import digest
from bot.services import Services
from bot.store import UNREACHABLE
from bot.store.records import Person
from bot.wording import opening as words

SECRET = re.compile(r"[A-Za-z0-9_-]{20,200}", re.ASCII)

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


class Door:
    """Who comes in by it, and how what they are shown looks."""

    def __init__(self, services: Services) -> None:
        self._services = services
        parts = urlsplit(services.address)
        self.origin = f"{parts.scheme}://{parts.netloc}".lower()
        self.root = parts.path
        self.secure = parts.scheme == "https"
        # The prefix makes browsers refuse it from anybody but this very host, over TLS.
        self.cookie = "__Host-lanyard-visit" if self.secure else "lanyard-visit"

    async def visitor(self, request: web.Request) -> tuple[int, Person] | None:
        """Who reads, and in which workspace. They are looked up each time: people leave, and change groups."""
        secret = request.cookies.get(self.cookie, "")
        if not SECRET.fullmatch(secret):
            return None
        now = self._services.now()
        visit = await self._services.store.visits.find(digest(secret), now=now)
        if visit is None:
            return None
        async with self._services.store.reading(visit.workspace, now=now) as tx:
            return visit.workspace, await tx.person(visit.person)

    def closed(self, command: str, texts: Sequence[str] = words.CLOSED) -> web.Response:
        return self.page(403, words.CLOSED_TITLE, texts, command=command)

    def nothing(self) -> web.Response:
        return self.page(404, words.NOTHING_TITLE, words.NOTHING, leave=True)

    def page(self, status: int, title: str, texts: Sequence[str], **more: Any) -> web.Response:
        shown = {
            "style": Markup(_STYLE),  # noqa: S704 — our own file
            "enter": self.root + addresses.ENTER,
            "leave_by": self.root + addresses.LEAVE,
            "all": self.root + addresses.AIDS,
            "enter_button": words.ENTER_BUTTON,
            "leave_button": words.LEAVE_BUTTON,
            "all_title": words.ALL_TITLE,
        }
        text = _PAGE.render(title=title, texts=texts, **shown, **more)
        return web.Response(status=status, text=text, content_type="text/html", headers=HEADERS)


def guarded(handler: Handler) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except UNREACHABLE as fault:
            log.warning("a page cannot be shown", fault=type(fault).__name__)
            text = _PAGE.render(title=words.BUSY_TITLE, texts=words.BUSY, style=Markup(_STYLE))  # noqa: S704 — our own
            headers = {**HEADERS, hdrs.RETRY_AFTER: "2"}
            return web.Response(status=503, text=text, content_type="text/html", headers=headers)

    return answer
