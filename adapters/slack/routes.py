"""`POST /slack/events`: events, interactivity, commands and options alike.

The signature is checked over the raw bytes before anything is parsed, and nothing of a body is ever logged.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from adapters.intake import Refused, read_body
from adapters.slack.front import Front
from adapters.slack.gathering import Gathering
from adapters.slack.model import OK, Malformed, Reply
from adapters.slack.shapes import Envelope, parse
from adapters.slack.verify import LARGEST_BODY, check_signature

PATH = "/slack/events"
MOST_FIELDS = 64

_log = logging.getLogger(__name__)


class Routes:
    def __init__(
        self, front: Front, *, signing_secret: str, now: Callable[[], datetime], gathering: timedelta = timedelta(0)
    ) -> None:
        self._front = front
        self._gathering = Gathering(gathering)
        self._secret = signing_secret
        self._now = now

    def routes(self) -> Iterable[web.RouteDef]:
        yield web.post(PATH, self.post)

    async def post(self, request: web.Request) -> web.Response:
        try:
            body = await read_body(request, most=LARGEST_BODY)
            check_signature(self._secret, body, request.headers, now=self._now())
            reply = await self._take(body)
        except Refused as verdict:
            _log.warning("Refused a call to %s: %s", PATH, verdict)
            return _refusal(verdict.status, str(verdict))
        except Malformed as fault:
            _log.warning("Refused what Slack sent: %s", fault)
            return _refusal(400, str(fault))
        if reply.body is None:
            return web.Response(status=reply.status)
        return web.json_response(reply.body, status=reply.status)

    async def _take(self, body: bytes) -> Reply:
        if body.lstrip()[:1] in (b"{", b"["):
            await self._gathering.join()  # nobody sees what comes of an event as soon as they see a form open
            return await self._front.event(parse(Envelope, body))
        form = read_form(body)
        if "payload" in form:
            return await self._front.interaction(read_json(form["payload"]))
        if "command" in form:
            return await self._front.command(form)
        if "ssl_check" in form:
            return OK
        raise Malformed("The body is neither an event, nor an interaction, nor a command.")


def read_form(body: bytes) -> dict[str, str]:
    """Raises Malformed."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:  # also UnicodeDecodeError
        raise Malformed("The body is no form in UTF-8.") from None
    return dict(pairs)


def read_json(text: str) -> Mapping[str, Any]:
    """Raises Malformed."""
    try:
        given = json.loads(text)
        text.encode()
    except (ValueError, RecursionError):
        raise Malformed("The payload is no JSON.") from None
    if not isinstance(given, dict):
        raise Malformed("The payload is no JSON object.")
    return given


def _refusal(status: int, reason: str) -> web.Response:
    # What is refused once is refused again: Slack need not repeat it.
    return web.json_response({"error": reason}, status=status, headers={"X-Slack-No-Retry": "1"})
