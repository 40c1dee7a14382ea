"""Files that people send: looked up by their ids, and fetched with the bot's token from Slack's own hosts alone.

What an event says of a file is not relied on. In a channel shared with another company it says nothing but the id, and
an address in it could be anybody's; so Slack is asked for each (`files.info`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from adapters import fetching
from adapters.slack.api import SLACK, Api, Refusal, call_in, token_of
from adapters.slack.shapes import name_of
from adapters.slack.tokens import Tokens
from bot.messages import File, Undeliverable

HOSTS = ("files.slack.com", "files.slack-gov.com")
GONE = "Slack does not give it to me any more: it was deleted, or is not shared with me. Send it again."
NOT_GRANTED = (
    "Slack has not granted me to read files (files:read). Whoever runs Lanyard gives the app its new manifest and "
    "installs it again; then send the file again."
)
ELSEWHERE = "It is kept outside of Slack, where I fetch nothing. Save it, and send me the file itself."
_SENTENCES = {"missing_scope": NOT_GRANTED, "file_not_found": GONE, "file_deleted": GONE, "not_visible": GONE}


class Downloads:
    def __init__(self, api: Api, tokens: Tokens) -> None:
        self._api = api
        self._tokens = tokens

    async def fetch(self, tenant: str, file: File, *, into: BinaryIO, most: int) -> str:
        """Its name. Raises TryLater, Undeliverable."""
        url, name = await self._look_up(tenant, file, most=most)
        token = (await token_of(self._tokens, tenant)).token
        bearer = {"Authorization": f"Bearer {token}"}
        # Slack shows its page for signing in, not an error, to whoever may not have the file.
        page = "" if name.lower().endswith((".html", ".htm")) else NOT_GRANTED
        await fetching.fetch(url, into=into, most=most, gone=GONE, headers=bearer, page=page)
        return name

    async def _look_up(self, tenant: str, file: File, *, most: int) -> tuple[str, str]:
        """Where it is, and its name. Raises TryLater, Undeliverable."""
        try:
            answer = await call_in(self._api, self._tokens, tenant, lambda client: client.files_info(file=file.id))
        except Refusal as refusal:
            sentence = _SENTENCES.get(refusal.error)
            raise (Undeliverable(sentence) if sentence else refusal) from None
        told: Mapping[str, Any] = answer["file"] if isinstance(answer.get("file"), dict) else {}
        if told.get("is_external") or told.get("mode") == "external":
            raise Undeliverable(ELSEWHERE)
        fetching.check_size(told.get("size"), most=most)
        url = told.get("url_private_download") or told.get("url_private")
        if not isinstance(url, str) or not url:
            raise Undeliverable(GONE)  # hidden by the plan's limit, or a tombstone
        if not self._is_slacks(url):
            raise Undeliverable(ELSEWHERE)
        return url, name_of(told)

    def _is_slacks(self, url: str) -> bool:
        """Whether the token may go there: to Slack's hosts of files over TLS; where Slack itself is somewhere else, to
        the very place that it is at.
        """
        try:
            parts, api = urlsplit(url), urlsplit(self._api.url)
            if parts.username or parts.password:
                return False
            if self._api.url != SLACK and (parts.scheme, parts.netloc) == (api.scheme, api.netloc):
                return True
            return parts.scheme == "https" and parts.hostname in HOSTS and parts.port in (None, 443)
        except ValueError:  # a port that is none
            return False
