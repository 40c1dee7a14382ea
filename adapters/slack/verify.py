"""Is it Slack that calls? The signature over the raw bytes, checked before anything of them is parsed.

Slack signs `v0:<time stamp>:<body>` with the app's signing secret. A replay within the window passes; the inbox, which
knows every message by its own key, absorbs it.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from aiohttp import web

WINDOW = timedelta(minutes=5)
LARGEST_BODY = 1024 * 1024
"""Bytes. A view has at most 250 kB, and form encoding makes up to three of one."""

_TIME_STAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


class Refused(Exception):  # noqa: N818 — a verdict on the request
    """The request is answered with `status` and nothing is done. The reason says nothing of the body."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def check_signature(secret: str, body: bytes, headers: Mapping[str, str], *, now: datetime) -> None:
    """Raises Refused (401) for whatever Slack did not sign within the last five minutes."""
    stamp = headers.get("X-Slack-Request-Timestamp", "")
    if not _TIME_STAMP.fullmatch(stamp):
        raise Refused(401, "The time stamp is missing or no number.")
    if abs(now.timestamp() - int(stamp)) > WINDOW.total_seconds():
        raise Refused(401, "The time stamp is more than five minutes off: is this machine's clock right?")
    signed = hmac.digest(secret.encode(), b"v0:" + stamp.encode() + b":" + body, "sha256")
    # Headers may hold any byte; compared as bytes, a strange one is only a wrong one.
    given = headers.get("X-Slack-Signature", "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(given, f"v0={signed.hex()}".encode()):
        raise Refused(401, "The signature is missing or wrong: is SLACK_SIGNING_SECRET this app's?")


async def read_body(request: web.Request) -> bytes:
    """Raises Refused (413) beyond `LARGEST_BODY`."""
    too_large = Refused(413, f"The body is larger than {LARGEST_BODY} bytes.")
    if (request.content_length or 0) > LARGEST_BODY:
        raise too_large
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise too_large
    return bytes(body)
