"""Is Lanyard well on Slack? What Slack and the public address tell when they are asked; nothing is changed by it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import aiohttp

from adapters.slack.api import EXPIRED, SENTENCES, Api, Refusal
from adapters.slack.permissions import bot_scopes, what_for
from adapters.slack.routes import PATH
from adapters.slack.tokens import Installation
from bot.messages import TryLater

NO_MESSAGES_TAB = SENTENCES["messages_tab_disabled"]
"""What a direct message is refused with where the tab is off. No method tells it beforehand."""
ALSO_GRANTED = {"identify"}
"""What Slack adds to bots' scopes by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    subject: str
    well: bool
    text: str


async def examine(
    installations: Sequence[Installation],
    *,
    signing_secret: str,
    app_token: str,
    api_url: str,
    url: str,
    now: datetime,
    running: bool,
) -> AsyncIterator[Checked]:
    """`url` is the public address, if there is one; it is tried only while Lanyard is `running`."""
    api = Api(url=api_url)
    api.start()
    try:
        if signing_secret:
            yield await _examine_address(url, running=running)
        if app_token:
            yield await _examine_socket(api, app_token)
        for one in installations:
            yield await _examine_installation(api, one, pages=bool(url), now=now)
    finally:
        await api.stop()


# ── Ways in ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _examine_address(url: str, *, running: bool) -> Checked:
    subject, address = "slack events", url + PATH
    if not url:
        text = "over HTTP; set LANYARD_URL to the public address, and it is tried whether that leads here"
        return Checked(subject=subject, well=True, text=text)
    if not running:
        return Checked(subject=subject, well=True, text=f"over HTTP, to {address}; tried while Lanyard is running")
    remedy = "Does the proxy lead it here, with this path?"
    timeout = aiohttp.ClientTimeout(total=10)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(address, data=b"{}", allow_redirects=False) as answer,
        ):
            status = answer.status
            ours = status == 401 and answer.headers.get("X-Slack-No-Retry") == "1"
    except (aiohttp.ClientError, TimeoutError, OSError) as fault:
        text = f"{address} cannot be reached from here ({type(fault).__name__}). {remedy}"
        return Checked(subject=subject, well=False, text=text)
    if not ours:
        text = f"{address} answers {status}, not as Lanyard does to a call that Slack did not sign. {remedy}"
        return Checked(subject=subject, well=False, text=text)
    return Checked(
        subject=subject, well=True, text=f"over HTTP: {address} leads here, and takes only what Slack signed"
    )


async def _examine_socket(api: Api, app_token: str) -> Checked:
    subject = "slack events"
    try:
        await api.call(app_token, lambda client: client.apps_connections_open(app_token=app_token))
    except Refusal as refusal:
        text = (
            f"Slack opens no socket: {_explain_socket(refusal)} SLACK_APP_TOKEN is the app-level token with "
            "connections:write, from the app's page Basic Information; Socket Mode must be on there."
        )
        return Checked(subject=subject, well=False, text=text)
    except TryLater as fault:
        return Checked(subject=subject, well=False, text=f"by Socket Mode; not known just now: {fault}")
    return Checked(subject=subject, well=True, text="by Socket Mode: Slack opens a socket")


def _explain_socket(refusal: Refusal) -> str:
    known = {
        "invalid_auth": "it does not know the token.",
        "not_allowed_token_type": "this is another kind of token.",
        "missing_scope": "the token has no connections:write.",
        "forbidden_team": "Socket Mode is off.",
    }
    return known.get(refusal.error, str(refusal))


# ── Installations ───────────────────────────────────────────────────────────────────────────────────────────────────


async def _examine_installation(api: Api, one: Installation, *, pages: bool, now: datetime) -> Checked:
    subject = f"slack {one.tenant}".strip()
    try:
        who, headers = await api.ask(one.token, lambda client: client.auth_test())
    except Refusal as refusal:
        if refusal.error == EXPIRED and one.refresh_token:
            return _tell_of_end(subject, one, now=now)
        return Checked(subject=subject, well=False, text=str(refusal))
    except TryLater as fault:
        return Checked(subject=subject, well=False, text=f"not known just now: {fault}")
    if one.expires_at is None and who.get("is_enterprise_install") and not one.of_organisation:
        text = "SLACK_BOT_TOKEN is for a whole organisation. Install by OAuth instead, with SLACK_CLIENT_ID."
        return Checked(subject=subject, well=False, text=text)
    granted = {scope.strip() for scope in headers.get("X-OAuth-Scopes", "").split(",")} - {""}
    name = str(who.get("team") or one.tenant)
    return _compare(f"slack {name}", granted, needed=set(bot_scopes(pages=pages)))


def _tell_of_end(subject: str, one: Installation, *, now: datetime) -> Checked:
    ended = f" since {one.expires_at:%Y-%m-%d %H:%M} UTC" if one.expires_at and one.expires_at <= now else ""
    text = f"its token has run out{ended}. Lanyard renews it when it runs; if this stays, install it there again."
    return Checked(subject=subject, well=False, text=text)


def _compare(subject: str, granted: set[str], *, needed: set[str]) -> Checked:
    if not granted:
        return Checked(subject=subject, well=True, text="Slack knows the token, and does not tell what it grants")
    sentences = []
    missing, spare = sorted(needed - granted), sorted(granted - needed - ALSO_GRANTED)
    if missing:
        lost = "; ".join(f"{scope} ({', '.join(what_for(scope))})" for scope in missing)
        sentences.append(
            f"not granted, and what is lost by it: {lost}. "
            "Give the app the manifest of `lanyard slack manifest`, and install it again."
        )
    if spare:
        sentences.append(f"Granted, and not needed: {', '.join(spare)}. Nothing is lost by taking that away.")
    text = " ".join(sentences) or f"all {len(needed)} scopes are granted, and no other"
    return Checked(subject=subject, well=not missing, text=text)
