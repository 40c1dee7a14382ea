"""Getting what is in a file that somebody sent, from an address of their platform's and from nowhere else.

An address comes from outside, so nothing is followed: not a redirect, not a host that the caller has not allowed, and
where `public` is asked for, no name that leads into a network of one's own. What comes is written as it is, never
unpacked on the way, and not a byte more of it than was allowed.

    TryLater        408, 425, 429 (with the platform's own delay), 5xx, a connection that failed or broke off
    Undeliverable   everything that will be refused again
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from datetime import timedelta
from typing import BinaryIO

import aiohttp
from aiohttp import hdrs
from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver

from bot.messages import TryLater, Undeliverable

LIMIT = aiohttp.ClientTimeout(total=300, sock_connect=15, sock_read=30)
CHUNK = 65_536  # bytes
LONGEST_DELAY = 3600  # seconds
_LATER = {408, 425, 429}


async def fetch(
    url: str,
    *,
    into: BinaryIO,
    most: int,
    gone: str,
    headers: Mapping[str, str] | None = None,
    public: bool = False,
    page: str = "",
) -> None:
    """Write what is there into `into`. Raises TryLater, Undeliverable.

    `gone` is the sentence for what the address does not give (any more). Where `page` is given, it is the one for a
    page of HTML in the place of the file, as a sign-in is.
    """
    connector = aiohttp.TCPConnector(resolver=_PublicOnly()) if public else aiohttp.TCPConnector()
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector, timeout=LIMIT, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            ) as session,
            session.get(
                url, headers={hdrs.ACCEPT_ENCODING: "identity", **(headers or {})}, allow_redirects=False
            ) as answer,
        ):
            _judge(answer, gone=gone, page=page)
            check_size(answer.content_length, most=most)
            written = 0
            async for chunk in answer.content.iter_chunked(CHUNK):
                written += len(chunk)
                check_size(written, most=most)
                into.write(chunk)
    except aiohttp.InvalidURL:
        raise Undeliverable("Its address is none.") from None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        if isinstance(error.__cause__, _PrivateError):
            raise Undeliverable("Its address leads into a private network, where I fetch nothing.") from None
        raise TryLater(f"The file did not come: {type(error).__name__}.") from None


def check_size(size: object, *, most: int) -> None:
    """Raises Undeliverable for more bytes than may be; what is no number tells nothing."""
    if isinstance(size, int) and size > most:
        raise Undeliverable(f"It holds more than {most / 1_000_000:,.0f} MB, the most that I read. Cut it into parts.")


def is_public(address: str) -> bool:
    """Whether an IP address is of the open internet, for all to reach."""
    return ipaddress.ip_address(address.partition("%")[0]).is_global


def _judge(answer: aiohttp.ClientResponse, *, gone: str, page: str) -> None:
    if answer.status in _LATER or answer.status >= 500:
        raise TryLater(f"The platform answered {answer.status}.", after=_delay(answer.headers))
    if 300 <= answer.status < 400:
        raise Undeliverable(page or "Its address leads to another one, which I do not follow.")
    if answer.status != 200:
        raise Undeliverable(gone)
    if page and answer.content_type == "text/html":
        raise Undeliverable(page)
    if answer.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise Undeliverable("It comes packed in a way that I did not ask for.")


def _delay(headers: Mapping[str, str]) -> timedelta | None:
    given = headers.get(hdrs.RETRY_AFTER, "")
    return timedelta(seconds=min(int(given), LONGEST_DELAY)) if given.isascii() and given.isdecimal() else None


class _PrivateError(OSError):
    pass


class _PublicOnly(ThreadedResolver):
    """Only addresses of the open internet: the very ones that are then connected to, whatever is answered next time."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await super().resolve(host, port, family)
        public = [one for one in found if is_public(one["host"])]
        if not public:
            raise _PrivateError(host)
        return public
