"""Calls of Slack's Web API. Whatever can go wrong with one leaves here as TryLater or Undeliverable.

    TryLater        429 (with Slack's own delay), 5xx, a connection that failed, errors that Slack calls passing
    Undeliverable   everything that Slack will refuse again

Nothing is repeated here: what may be sent twice, and when, is decided where the outbox is known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.tokens import Installation, Tokens
from bot.messages import TryLater, Undeliverable

SLACK = "https://slack.com/api/"
CALL_LIMIT = 15.0
"""Seconds."""
MOST_CLIENTS = 1000
RESPONSE_HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")

PASSING = {
    # error: whether what it answers may have been done all the same
    "ratelimited": False,
    "rate_limited": False,
    "service_unavailable": False,
    "team_added_to_org": False,
    "external_channel_migrating": False,
    "internal_error": True,
    "fatal_error": True,
    "request_timeout": True,
}
EXPIRED = "token_expired"
ENDED = {"token_revoked", "account_inactive"}
UNKNOWN = "invalid_auth"
SENTENCES = {
    "account_inactive": "Lanyard has been removed from this Slack workspace.",
    "invalid_refresh_token": "Slack does not take the refresh token any more.",
    "bad_client_secret": "Slack does not know this client secret.",
    "invalid_client_id": "Slack knows no app of this client id.",
    "token_revoked": "Slack has revoked Lanyard's token for this workspace: install Lanyard again.",
    "token_expired": "Lanyard's token for this Slack workspace has run out: install Lanyard again.",
    "team_access_not_granted": "Lanyard is installed in the Slack organisation, but not in this workspace of it.",
    "invalid_auth": "Slack does not accept Lanyard's token for this workspace.",
    "not_authed": "Slack does not accept Lanyard's token for this workspace.",
    "missing_scope": "Slack has not granted Lanyard the permission for this: install it again with its manifest.",
    "channel_not_found": "Slack knows no such conversation, or Lanyard is not in it.",
    "not_in_channel": "Lanyard is not a member of this Slack channel: invite it there.",
    "user_not_in_channel": "The person is not in this Slack channel.",
    "is_archived": "The Slack channel is archived.",
    "user_not_found": "Slack knows no such person.",
    "users_not_found": "Slack knows no such person.",
    "user_not_visible": "Slack does not show Lanyard this person.",
    "user_disabled": "The person's Slack account is not active any more.",
    "cannot_dm_bot": "This is a bot; Slack lets no bot write to another.",
    "messages_tab_disabled": "The app's messages tab is off: turn it on in Slack's settings of the app.",
    "message_not_found": "The message is not there any more.",
    "cant_update_message": "Slack lets Lanyard change only its own messages.",
    "edit_window_closed": "The workspace lets nobody change a message this old.",
    "thread_not_found": "The thread is not there any more.",
    "restricted_action": "A rule of the Slack workspace keeps Lanyard from posting here.",
    "restricted_action_read_only_channel": "This Slack channel is for reading only.",
    "restricted_action_thread_only_channel": "This Slack channel takes replies in threads only.",
    "no_permission": "Slack does not let Lanyard post here.",
    "ekm_access_denied": "The workspace's administrators have suspended posting.",
    "msg_too_long": "The message is too long for Slack.",
    "msg_blocks_too_long": "The message is too long for Slack.",
    "invalid_blocks": "Slack does not take the message as it is laid out.",
    "expired_trigger_id": "It took too long to open the form.",
}


class Refusal(Undeliverable):
    """Slack's own verdict, with its word for it in `error`."""

    def __init__(self, error: str, *, details: object = None) -> None:
        super().__init__(SENTENCES.get(error) or f"Slack refused it ({_word(error)}).")
        self.error = error
        self._details = [str(one) for one in details] if isinstance(details, list) else []

    def is_about(self, what: str) -> bool:
        """Whether Slack says that this was wrong; it names each fault of a message's blocks."""
        return any(what in one.replace("_", " ") for one in self._details)


Call = Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]


class Api:
    """`start` before the first call, `stop` after the last."""

    def __init__(self, *, url: str = SLACK) -> None:
        self.url = url
        self._session: aiohttp.ClientSession | None = None
        self._clients: dict[tuple[str | None, str | None], AsyncWebClient] = {}
        # Only where Slack itself is somewhere else may its response addresses be.
        self._hosts = {*RESPONSE_HOSTS, *({urlsplit(url).hostname} if url != SLACK else ())}

    def start(self) -> None:
        if self._session is None:
            # No automatic decompression limits, cookies or redirects are wanted of an API.
            timeout = aiohttp.ClientTimeout(total=CALL_LIMIT)
            self._session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())

    async def stop(self) -> None:
        self._clients.clear()
        if self._session is not None:
            await self._session.close()
            self._session = None

    def client(self, token: str | None, *, team: str | None = None) -> AsyncWebClient:
        """With `team` every call names the workspace it is about. Raises TryLater before `start` and after `stop`."""
        if self._session is None:
            raise TryLater("Slack is not connected.")
        client = self._clients.pop((token, team), None)
        if client is None:
            # The library would post a message again after a broken connection; the outbox looks for it first.
            client = AsyncWebClient(
                token=token, base_url=self.url, session=self._session, retry_handlers=[], team_id=team
            )
        self._clients[(token, team)] = client
        if len(self._clients) > MOST_CLIENTS:  # the one that was not used for the longest; a token may have ended
            del self._clients[next(iter(self._clients))]
        return client

    async def call(
        self, token: str | None, call: Call, *, writes: bool = False, team: str | None = None
    ) -> Mapping[str, Any]:
        """Slack's answer. `writes` says that a call which broke off may have been done. Raises TryLater, Refusal."""
        return (await self.ask(token, call, writes=writes, team=team))[0]

    async def ask(
        self, token: str | None, call: Call, *, writes: bool = False, team: str | None = None
    ) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """The same, with the answer's headers."""
        client = self.client(token, team=team)
        try:
            answer = await call(client)
        except SlackApiError as error:
            raise _verdict(error, writes=writes) from None
        except aiohttp.ClientConnectorError as error:
            raise TryLater(f"Slack cannot be reached: {type(error).__name__}.") from None
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError, ValueError, AttributeError) as error:
            # AttributeError is what the library makes of a 200 that is no JSON.
            raise TryLater(f"The call to Slack broke off: {type(error).__name__}.", maybe_sent=writes) from None
        data = answer.data
        if not isinstance(data, dict):
            raise TryLater("Slack's answer was no JSON object.", maybe_sent=writes)
        return data, answer.headers

    async def respond(self, url: str, message: Mapping[str, Any]) -> None:
        """Post to a response address. Raises TryLater, Undeliverable."""
        if self._session is None:
            raise TryLater("Slack is not connected.")
        parts = urlsplit(url)
        if parts.hostname not in self._hosts or (parts.scheme != "https" and self.url == SLACK):
            raise Undeliverable("This is no response address of Slack's.")
        try:
            async with self._session.post(url, json=message, allow_redirects=False) as answer:
                if answer.status == 429:
                    raise TryLater("Slack asks for a pause.", after=_delay(answer.headers))
                if answer.status >= 500:
                    raise TryLater(f"Slack answered {answer.status}.", maybe_sent=True)
                if answer.status != 200:
                    raise Undeliverable("Slack does not take an answer to this any more.")
        except aiohttp.ClientConnectorError as error:
            raise TryLater(f"Slack cannot be reached: {type(error).__name__}.") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TryLater(f"The call to Slack broke off: {type(error).__name__}.", maybe_sent=True) from None


def _verdict(error: SlackApiError, *, writes: bool) -> TryLater | Refusal:
    answer = error.response
    status = getattr(answer, "status_code", None) or getattr(answer, "status", None)
    data = getattr(answer, "data", None)
    said = data.get("error") if isinstance(data, dict) else None
    word = said if isinstance(said, str) else ""
    if status == 429 or word in {"ratelimited", "rate_limited"}:
        return TryLater("Slack asks for a pause.", after=_delay(getattr(answer, "headers", {})))
    if word in PASSING:
        return TryLater(f"Slack answered {word}.", maybe_sent=writes and PASSING[word])
    if not isinstance(status, int) or status >= 500 or not word:
        return TryLater(f"Slack answered {status}.", maybe_sent=writes)
    return Refusal(word, details=data.get("errors") if isinstance(data, dict) else None)


def _delay(headers: Mapping[str, str]) -> timedelta | None:
    given = headers.get("Retry-After", "")
    return timedelta(seconds=min(int(given), 3600)) if given.isascii() and given.isdecimal() else None


def _word(error: str) -> str:
    return "".join(c for c in error[:60] if c.isascii() and (c.isalnum() or c == "_")) or "without saying why"


class OneToken:
    """The token of the settings. Slack tells which workspace it is of, once, when it is first asked for."""

    def __init__(self, api: Api, token: str) -> None:
        self._api = api
        self._token = token
        self._asking = asyncio.Lock()
        self._tenant: str | None = None
        self._installation: Installation | None = None

    async def start(self) -> None:
        """It does not run out."""

    async def stop(self) -> None:
        """Nothing is open."""

    async def installation(self, tenant: str) -> Installation | None:
        return self._installation if await self.only_tenant() == tenant else None

    async def only_tenant(self) -> str | None:
        async with self._asking:
            if self._tenant is None:
                who = await self._api.call(self._token, lambda client: client.auth_test())
                if who.get("is_enterprise_install"):
                    raise Undeliverable("This token is for a whole Slack organisation, which needs OAuth.")
                tenant = str(who["team_id"])
                self._installation = Installation(tenant=tenant, token=self._token, bot=str(who["user_id"]))
                self._tenant = tenant
        return self._tenant

    async def renew(self, used: Installation) -> Installation | None:  # noqa: ARG002 — as the protocol has it
        """None: it is the only one."""
        return None

    async def newer(self, used: Installation) -> Installation | None:  # noqa: ARG002 — as the protocol has it
        """None: it is the only one."""
        return None

    async def end(self, used: Installation) -> Installation | None:  # noqa: ARG002 — as the protocol has it
        """None: it stands in the settings, and only whoever runs Lanyard can put another there."""
        return None

    async def adopt(self, tenant: str, organisation: str) -> None:
        """It is of one workspace."""


async def token_of(tokens: Tokens, tenant: str) -> Installation:
    """Raises TryLater, Undeliverable."""
    found = await tokens.installation(tenant)
    if found is None:
        raise Undeliverable(f"Lanyard is not installed in the Slack workspace {_word(tenant)}.")
    return found


async def _instead_of(tokens: Tokens, used: Installation, error: str) -> Installation | None:
    """What serves where Slack has refused a token. Raises TryLater."""
    if error == EXPIRED:
        return await tokens.renew(used)
    if error in ENDED:
        return await tokens.end(used)
    # Slack says this of a token that was replaced, but also of a good one from an address that it does not allow.
    return await tokens.newer(used) if error == UNKNOWN else None


async def call_in(api: Api, tokens: Tokens, tenant: str, call: Call, *, writes: bool = False) -> Mapping[str, Any]:
    """A call in a workspace, by whichever token serves there. Raises TryLater, Undeliverable."""
    used = await token_of(tokens, tenant)
    try:
        return await api.call(used.token, call, writes=writes, team=used.team_of(tenant))
    except Refusal as refusal:
        # Slack looks at the token before anything else: nothing was done.
        better = await _instead_of(tokens, used, refusal.error)
        if better is None:
            raise
    return await api.call(better.token, call, writes=writes, team=better.team_of(tenant))
