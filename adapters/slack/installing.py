"""The two pages by which people bring Lanyard into their Slack: `/slack/install`, and where Slack sends them back.

A sign-in serves once, ends after ten minutes, and can be finished only in the browser that began it, by any replica:
what is kept of it are digests, in the memory that all replicas share.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from aiohttp import web
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from adapters.slack.api import Refusal
from adapters.slack.oauth import OURS, REDIRECT, OAuth
from adapters.slack.permissions import bot_scopes, what_for
from adapters.slack.tokens import Installations, Overtaken, SignIn
from bot.messages import TryLater, Undeliverable

INSTALL = "/slack/install"
LASTING = timedelta(minutes=10)
SECRET = re.compile(r"[A-Za-z0-9._~-]{1,500}", re.ASCII)

_HERE = Path(__file__).parent / "pages"
_STYLE = (_HERE / "style.css").read_text(encoding="utf-8")
_STYLE_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_PAGE = Environment(loader=FileSystemLoader(_HERE), autoescape=True, trim_blocks=True).get_template("page.html")
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address holds Slack's code
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}

ADMINISTRATOR = "You are Lanyard's administrator."
MET = "Lanyard was added to this workspace at the same moment by somebody else."
MEMBER = "Whoever was Lanyard's administrator before still is."

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    label: str
    url: str


class _TurnedAwayError(Exception):
    """Whoever came back cannot go on. The text is for them."""

    def __init__(self, status: int, title: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.title = title


class Installing:
    def __init__(
        self,
        oauth: OAuth,
        installations: Installations,
        *,
        now: Callable[[], datetime],
        new_secret: Callable[[], str] = lambda: secrets.token_urlsafe(32),
    ) -> None:
        self._oauth = oauth
        self._installations = installations
        self._now = now
        self._new_secret = new_secret
        parts = urlsplit(oauth.url)
        self._secure = parts.scheme == "https"
        # The prefix makes browsers refuse it from anybody but this very host, over TLS.
        self._cookie = "__Host-lanyard-install" if self._secure else "lanyard-install"
        self._again = _Link(label="Start again", url=oauth.url + INSTALL)

    def routes(self) -> Iterable[web.RouteDef]:
        # A look at the head alone must not use a sign-in up.
        yield web.get(INSTALL, self.install, allow_head=False)
        yield web.get(REDIRECT, self.come_back, allow_head=False)

    # ── Beginning ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def install(self, request: web.Request) -> web.Response:
        state, browser = self._new_secret(), self._browser(request) or self._new_secret()
        try:
            await self._installations.begin_sign_in(_digest(state), _digest(browser), until=self._now() + LASTING)
        except TryLater as fault:
            return self._busy(fault)
        page = self._show(
            200,
            "Add Lanyard to Slack",
            "Lanyard answers questions where they are asked: from your company's job aids, or by finding the colleague "
            "who knows. Slack will ask you whether it may.",
            "Whoever installs it looks after it: you will be Lanyard's administrator in your workspace, unless it has "
            "one already.",
            link=_Link(label="Add to Slack", url=self._oauth.link(state)),
            asks=[(scope, what_for(scope)) for scope in bot_scopes(pages=True)],
        )
        page.set_cookie(
            self._cookie,
            browser,
            max_age=int(LASTING.total_seconds()),
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="Lax",  # not Strict: Slack's page leads back here
        )
        return page

    def _browser(self, request: web.Request) -> str | None:
        """The secret that the browser has been given before, so that two tabs can be at it side by side."""
        given = request.cookies.get(self._cookie, "")
        return given if SECRET.fullmatch(given) and len(given) >= 40 else None

    # ── Coming back ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def come_back(self, request: web.Request) -> web.Response:
        try:
            code = await self._read_code(request)
            sign_in = await self._oauth.exchange(code)
            looks_after_it = await self._keep(sign_in)
        except _TurnedAwayError as verdict:
            return self._refuse(verdict.status, verdict.title, str(verdict))
        except Refusal as refusal:
            return self._explain(refusal)
        except (TryLater, Undeliverable) as fault:
            return self._busy(fault)
        if looks_after_it is None:
            return self._refuse(409, "Somebody else was quicker", MET)
        _log.info("Installed in Slack workspace %s.", sign_in.installation.tenant)
        return self._welcome(sign_in, ADMINISTRATOR if looks_after_it else MEMBER)

    async def _keep(self, sign_in: SignIn) -> bool | None:
        """Whether whoever signed in looks after it; None where another sign-in has come after this one.

        Of two who install Lanyard at the same moment, the token stays that Slack still takes, in whatever order they
        come to keep theirs. Raises TryLater.
        """
        given = sign_in.installation
        while True:
            kept = await self._installations.count_kept(given.tenant)
            if not await self._oauth.is_taken(given):
                return None
            try:
                return await self._installations.keep(sign_in, after=kept)
            except Overtaken:
                _log.info("Two sign-ins in Slack workspace %s met.", given.tenant)

    async def _read_code(self, request: web.Request) -> str:
        """What Slack gave to the browser that began this. Raises TryLater, _TurnedAwayError."""
        state, code, error = (request.query.get(name, "") for name in ("state", "code", "error"))
        mine = await self._finish(request, state)
        if error == "access_denied":
            raise _TurnedAwayError(403, "Lanyard was not added", "Slack says that nobody allowed it.")
        if error:
            _log.warning("Slack's page sent somebody back with an error.")
            raise _TurnedAwayError(400, "Slack did not go on", "Slack sent you back without saying yes.")
        if not mine:
            raise _TurnedAwayError(
                403,
                "This sign-in is not open",
                "It has been used already, is more than ten minutes old, or was begun in another browser.",
            )
        if not SECRET.fullmatch(code):
            raise _TurnedAwayError(400, "Something is missing", "Slack sent you back without a code.")
        return code

    async def _finish(self, request: web.Request, state: str) -> bool:
        browser = self._browser(request)
        if browser is None or not SECRET.fullmatch(state):
            return False
        return await self._installations.finish_sign_in(_digest(state), _digest(browser))

    def _explain(self, refusal: Refusal) -> web.Response:
        if refusal.error in OURS:
            _log.error("Slack refuses sign-ins: %s Check SLACK_CLIENT_ID, SLACK_CLIENT_SECRET, LANYARD_URL.", refusal)
            return self._refuse(
                400,
                "Slack does not know this Lanyard",
                "Its settings and the app's page on Slack do not agree. Please tell whoever runs it.",
            )
        _log.warning("Slack refused a sign-in: %s", refusal)
        return self._refuse(400, "Slack did not take the code", "It was used before, or is too old.")

    def _welcome(self, sign_in: SignIn, role: str) -> web.Response:
        one, title = sign_in.installation, f"Lanyard is in {sign_in.name}"
        if one.of_organisation:
            chooser = f"https://app.slack.com/manage/{one.tenant}/integrations/profile/{sign_in.app}/workspaces/add"
            return self._show(
                200,
                title,
                "It is installed in the whole organisation. An administrator of the organisation chooses next in which "
                "workspaces people see it.",
                f"{role} Write to it in Slack, or type /lanyard there.",
                link=_Link(label="Choose workspaces", url=chooser) if sign_in.app else None,
            )
        opener = "https://slack.com/app_redirect?" + urlencode({"app": sign_in.app or "", "team": one.tenant})
        return self._show(
            200,
            title,
            f"{role} Write to it in Slack, or type /lanyard there, and invite it to the channels where people ask.",
            link=_Link(label="Open Slack", url=opener) if sign_in.app else None,
        )

    # ── Pages ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _busy(self, fault: Exception) -> web.Response:
        _log.warning("A sign-in was put off: %s", fault)
        return self._refuse(503, "Not just now", "Lanyard or Slack is busy: please try again in a minute.")

    def _refuse(self, status: int, title: str, text: str) -> web.Response:
        return self._show(status, title, f"{text} Nothing was changed.", link=self._again)

    def _show(self, status: int, title: str, *texts: str, link: _Link | None = None, asks: Any = ()) -> web.Response:
        body = _PAGE.render(title=title, texts=texts, link=link, asks=asks, style=Markup(_STYLE))  # noqa: S704 — ours
        return web.Response(status=status, text=body, content_type="text/html", headers=HEADERS)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
