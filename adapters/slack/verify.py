"""Is it Slack that calls? The signature over the raw bytes, checked before anything of them is parsed.

Slack signs `v0:<time stamp>:<body>` with the app's signing secret. A replay within the window passes; the inbox, which
knows every message by its own key, absorbs it.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from adapters.intake import Refused

WINDOW = timedelta(minutes=5)
LARGEST_BODY = 1024 * 1024
"""Bytes. A view has at most 250 kB, and form encoding makes up to three of one."""

_TIME_STAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


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
