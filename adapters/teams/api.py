"""Calls of the Bot Connector. Whatever can go wrong with one leaves here as TryLater or Undeliverable.

    TryLater        412, 429 (with Teams's own delay), 5xx, a connection that failed, a token that was not taken
    Undeliverable   everything that Teams will refuse again

Creating an activity is not idempotent, and nothing can be read back: where the answer is lost, the message may stand
there. Nothing is repeated here: what may be sent twice, and when, is decided where the outbox is known.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from yarl import URL

from adapters.teams.cloud import Cloud
from adapters.teams.credentials import BotToken
from bot.messages import TryLater, Undeliverable

CALL_LIMIT = 15.0
"""Seconds."""
LONGEST_DELAY = timedelta(hours=1)

SENTENCES = {
    "BotNotInConversationRoster": "Lanyard is not a member of this Teams conversation: add it there.",
    "ConversationNotFound": "Teams knows no such conversation.",
    "ConversationBlockedByUser": "The person has blocked Lanyard in Teams.",
    "MessageWritesBlocked": "The person has blocked Lanyard in Teams.",
    "BotDisabledByAdmin": "An administrator of Teams has switched Lanyard off.",
    "NotEnoughPermissions": "Lanyard may not do this here: give the app the permission in Teams.",
    "ActivityNotFoundInConversation": "The message is not there any more.",
    "MemberNotFoundInConversation": "The person is not in this Teams conversation.",
    "MessageSizeTooBig": "The message is too long for Teams.",
    "BadSyntax": "Teams knows no such person or conversation.",
}
NOT_INSTALLED = "Lanyard is not installed for this person in Teams."

_log = logging.getLogger(__name__)


class Refusal(Undeliverable):
    """Teams's own verdict, with its word for it in `code`."""

    def __init__(self, status: int, code: str, *, personal: bool = False) -> None:
        sentence = SENTENCES.get(code)
        if personal and status in {403, 404} and code not in {"MessageWritesBlocked", "ConversationBlockedByUser"}:
            sentence = NOT_INSTALLED if status == 403 or code == "ConversationNotFound" else sentence
        super().__init__(sentence or f"Teams refused it ({status} {_word(code)}).")
        self.status = status
        self.code = code


class Api:
    """`start` before the first call, `stop` after the last."""

    def __init__(self, cloud: Cloud, token: BotToken) -> None:
        self.cloud = cloud
        self._token = token
        self._session: aiohttp.ClientSession | None = None

    def start(self) -> None:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=CALL_LIMIT)
            self._session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())

    async def stop(self) -> None:
        await self._token.stop()
        if self._session is not None:
            await self._session.close()
            self._session = None

    def session(self) -> aiohttp.ClientSession:
        """Raises TryLater before `start` and after `stop`."""
        if self._session is None:
            raise TryLater("Teams is not connected.")
        return self._session

    async def call(
        self,
        method: str,
        service_url: str,
        *path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        creates: bool = False,
        personal: bool = False,
    ) -> Any:
        """The connector's answer. `creates` says that a call which broke off may have been done for good.

        `personal` says that it is about one person's conversation with the bot. Raises TryLater, Refusal.
        """
        if not self.cloud.trusts(service_url):
            # Our token goes nowhere else, whatever an activity or a row says.
            raise Undeliverable("The connector's address is at no host of TEAMS_SERVICE_HOSTS.")
        session = self.session()
        address = service_url.rstrip("/") + "/v3/" + "/".join(quote(step, safe="") for step in path)
        url = URL(f"{address}?{urlencode(query)}" if query else address, encoded=True)
        for again in (False, True):
            token = await self._token.get(session)
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            try:
                async with session.request(method, url, json=body, headers=headers, allow_redirects=False) as response:
                    if response.status == 401 and not again:
                        self._token.forget(token)
                        continue
                    return await _read(response, creates=creates, personal=personal)
            except aiohttp.ClientConnectorError as error:
                raise TryLater(f"Teams cannot be reached: {type(error).__name__}.") from None
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                raise TryLater(f"The call to Teams broke off: {type(error).__name__}.", maybe_sent=creates) from None
        raise AssertionError("unreachable")


async def _read(response: aiohttp.ClientResponse, *, creates: bool, personal: bool) -> Any:
    """Raises TryLater, Refusal."""
    status = response.status
    if 200 <= status < 300:
        body = await response.read()
        return await response.json(content_type=None) if body.strip() else None
    code = _code(await _json(response))
    if status in {412, 429}:
        raise TryLater("Teams asks for a pause.", after=_delay(response.headers))
    if status == 401:
        raise TryLater("Teams does not take Lanyard's token: is MICROSOFT_APP_ID the bot's, and is its secret good?")
    if status == 408 or status >= 500:
        raise TryLater(f"Teams answered {status}.", after=_delay(response.headers), maybe_sent=creates)
    raise Refusal(status, code, personal=personal)


async def _json(response: aiohttp.ClientResponse) -> Any:
    try:
        return await response.json(content_type=None)
    except ValueError:
        return None


def _code(answer: Any) -> str:
    error = answer.get("error") if isinstance(answer, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else ""


def _delay(headers: Mapping[str, str]) -> timedelta | None:
    """Seconds, or a date."""
    given = headers.get("Retry-After", "").strip()
    if given.isascii() and given.isdecimal():
        return timedelta(seconds=min(int(given), int(LONGEST_DELAY.total_seconds())))
    try:
        at = parsedate_to_datetime(given)
    except (ValueError, TypeError):
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(max(at - datetime.now(UTC), timedelta(0)), LONGEST_DELAY)


def _word(code: str) -> str:
    return "".join(c for c in code[:60] if c.isascii() and c.isalnum()) or "without saying why"
