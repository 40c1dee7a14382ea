"""A card's own pictures: uploaded, and shown in the message by the file's id.

Slack fetches a picture with an address when the message is posted, and so shows public ones alone. What was drawn for
somebody is uploaded instead, and shared nowhere but in the message. Slack reads an uploaded file in its own time, and
until then refuses the message: it is tried again with the same file. Where pictures cannot be uploaded, or stay unread,
their words stand in their place.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from adapters.slack.api import Api, Refusal, call_in
from adapters.slack.mrkdwn import cut
from adapters.slack.tokens import Tokens
from bot.messages import Card, Image, TryLater

READING = timedelta(seconds=2)
TRIES = 6
"""Messages that may be refused because of a file, before it goes without."""
KEPT = 200
ALT = 1000
LARGEST = 5_000_000  # characters of an address

_PNG = re.compile(r"data:image/png;base64,([A-Za-z0-9+/]+={0,2})")

Files = Mapping[str, str]
"""The ids of files, by the addresses of the pictures in them."""


class Pictures:
    """What was uploaded for messages that are not sent yet. After a restart it is uploaded anew, which nobody sees."""

    def __init__(self, api: Api, tokens: Tokens) -> None:
        self._api = api
        self._tokens = tokens
        self._waiting: dict[tuple[str, str], tuple[Files, int]] = {}  # by tenant and key: the files, and tries so far

    async def upload(self, tenant: str, card: Card, *, key: str) -> Files:
        """The files of the message with this key, of those pictures that could be uploaded. Raises TryLater."""
        drawn = [part for part in card.parts if isinstance(part, Image) and part.url.startswith("data:")]
        if not drawn:
            return {}
        if (waiting := self._waiting.get((tenant, key))) is not None:
            return waiting[0]
        files = {}
        for part in drawn:
            content = _read(part.url)
            if content is not None and (id_ := await self._upload(tenant, content, part.alt)) is not None:
                files[part.url] = id_
        self._keep(tenant, key, files, 0)
        return files

    def note_refusal(self, tenant: str, key: str, refusal: Refusal) -> None:
        """The message goes without its files now. Raises TryLater where Slack may only be reading them still."""
        files, tries = self._waiting.get((tenant, key), ({}, TRIES))
        if not files or not refusal.is_about("slack file"):
            raise refusal
        if tries + 1 < TRIES:
            self._keep(tenant, key, files, tries + 1)
            raise TryLater("Slack has not read the picture yet.", after=READING) from None

    def forget(self, tenant: str, key: str) -> None:
        self._waiting.pop((tenant, key), None)

    def _keep(self, tenant: str, key: str, files: Files, tries: int) -> None:
        self._waiting[tenant, key] = (files, tries)
        if len(self._waiting) > KEPT:
            del self._waiting[next(iter(self._waiting))]

    async def _upload(self, tenant: str, content: bytes, alt: str) -> str | None:
        words = cut(" ".join(alt.split()), ALT) or "picture"

        def call(client: Any) -> Any:
            return client.files_upload_v2(content=content, filename="picture.png", title=cut(words, 100), alt_txt=words)

        try:
            done = await call_in(self._api, self._tokens, tenant, call)
        except Refusal:  # not granted, or files are not allowed in this workspace
            return None
        files = done.get("files")
        return str(files[0]["id"]) if files else None


def _read(url: str) -> bytes | None:
    found = _PNG.fullmatch(url) if len(url) <= LARGEST else None
    if found is None:
        return None
    try:
        return base64.b64decode(found[1], validate=True)
    except binascii.Error:
        return None
