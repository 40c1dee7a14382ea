"""Who may talk to the page's server, and how its answers go out. There is no sign-in, so this is the whole wall.

Another web site open in the same browser is the adversary: it can send requests to a loopback port, under its own name
(refused by the `Host` header) or under ours (refused by `Origin` and the content type).
"""

from __future__ import annotations

import ipaddress
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from aiohttp import hdrs, web

from adapters import intake
from adapters.intake import Refused
from adapters.web.model import NotHere, Taken
from adapters.web.shapes import Malformed
from bot.messages import Busy

LARGEST_BODY = 256 * 1024
"""Bytes."""

OURS = "X-Lanyard-Page"
"""A header that only a page of the same origin, or a program, can send."""

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}

_log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


_STATUS: dict[type[Exception], int] = {Malformed: 400, NotHere: 404, Taken: 409}


LARGEST_FILE = 25_000_000
"""Bytes. The room keeps it in its own database."""

JSON, BYTES = "application/json", "application/octet-stream"
"""What a request may carry. Neither is a kind that a browser sends for another site without asking us first."""


def guarded(handler: Handler, *, takes: str = JSON) -> Handler:
    """The handler behind the wall; whatever goes wrong is answered as `{"error": sentence}`."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            _check_host(request)
            if request.method == hdrs.METH_POST:
                _check_origin(request, takes)
            return await handler(request)
        except (Refused, Malformed, NotHere, Taken) as verdict:
            status = verdict.status if isinstance(verdict, Refused) else _STATUS[type(verdict)]
            return refusal(status, str(verdict))
        except (Busy, sqlite3.OperationalError):
            return refusal(503, "Lanyard is busy just now. It is tried again in a moment.", {"Retry-After": "1"})
        except web.HTTPException:
            raise
        except Exception:  # noqa: BLE001 — the last wall: the log gets the traceback, the page a reference
            reference = uuid4().hex[:8]
            _log.exception("web request failed", extra={"reference": reference, "path": request.path})
            return refusal(500, f"Something went wrong here (reference {reference}). Please try again.")

    return answer


def json_answer(answer: dict[str, Any], *, status: int = 200) -> web.Response:
    return web.json_response(answer, status=status, headers=HEADERS)


def refusal(status: int, reason: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": reason}, status=status, headers=HEADERS | (headers or {}))


async def read_body(request: web.Request) -> bytes:
    """Raises Refused (413) beyond `LARGEST_BODY`."""
    try:
        return await intake.read_body(request, most=LARGEST_BODY)
    except Refused:
        raise Refused(413, f"That is too long: at most {LARGEST_BODY // 1024} kB can be sent at once.") from None


async def read_file(request: web.Request) -> bytes:
    """Raises Refused (413) beyond `LARGEST_FILE`."""
    try:
        return await intake.read_body(request, most=LARGEST_FILE)
    except Refused:
        sentence = f"That file is too large: at most {LARGEST_FILE // 1_000_000} MB can be sent here."
        raise Refused(413, sentence) from None


def is_loopback(host: str) -> bool:
    """Whether a `Host` header, with or without a port, names this very machine."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") and ":" in host else host
    name = name.removeprefix("[").removesuffix("]").rstrip(".").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _check_host(request: web.Request) -> None:
    host = request.headers.get(hdrs.HOST, "")
    if not is_loopback(host):
        raise Refused(403, f"This page answers only on this machine, as localhost, not as {host[:100]!r}.")


def _check_origin(request: web.Request, takes: str) -> None:
    if request.content_type != takes:
        raise Refused(403, f"Send it as Content-Type: {takes}.")
    origin = request.headers.get(hdrs.ORIGIN)
    host = request.headers.get(hdrs.HOST, "")
    if origin is None and OURS not in request.headers:
        raise Refused(403, f"Send an Origin header, or {OURS}: 1.")
    if origin is not None and origin not in {f"http://{host}", f"https://{host}"}:
        raise Refused(403, f"This page takes nothing from {origin[:100]!r}.")
