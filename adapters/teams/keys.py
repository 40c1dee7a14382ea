"""The keys by which the Bot Connector signs, as its metadata publishes them: fetched when needed, kept for a day.

Nobody waits for a key that is known. A key id that is not known has the keys fetched once more, since they change; and
then not again for a while, so that a flood of invented ids costs nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from bot.messages import TryLater

FETCH_LIMIT = 5.0
"""Seconds for the metadata and the keys together."""
LASTING = 24 * 3600.0
"""Seconds after which the keys are fetched anew, without anybody waiting."""
LONGEST = 5 * LASTING
"""Seconds after which keys that could not be fetched anew are believed no more."""
QUIET = 30.0
"""Seconds between two fetches, whatever is asked for."""
LARGEST = 1024 * 1024  # bytes of an answer
SMALLEST_KEY = 2048  # bits

_log = logging.getLogger(__name__)


class Unavailable(Exception):  # noqa: N818 — the caller answers "try again"
    """There are no keys to check by: the metadata could not be fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    id: str
    key: RSAPublicKey
    endorsements: frozenset[str]


class Keys:
    """`session` gives the session that fetches, or raises TryLater: before the platform is started, and afterwards."""

    def __init__(
        self, url: str, session: Callable[[], aiohttp.ClientSession], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url
        self._session = session
        self._clock = clock
        self._keys: dict[str, SigningKey] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def get(self, id_: str) -> SigningKey | None:
        """None for a key that is not published. Raises Unavailable."""
        age = None if self._fetched_at is None else self._clock() - self._fetched_at
        known = self._keys.get(id_) if age is not None and age < LONGEST else None
        if known is not None:
            if age is not None and age >= LASTING and self._may_fetch():
                self._fetch_once()
            return known
        if self._fetching is not None or self._may_fetch():
            # Shielded: one caller who goes away must not break off what the others wait for.
            await asyncio.shield(self._fetch_once())
        if self._fetched_at is None or self._clock() - self._fetched_at >= LONGEST:
            raise Unavailable("The keys of the Bot Connector cannot be fetched just now.")
        return self._keys.get(id_)

    def knows(self, key: SigningKey) -> bool:
        """Whether it is still published, as far as is known."""
        return self._keys.get(key.id) is key

    async def stop(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _may_fetch(self) -> bool:
        return self._tried_at is None or self._clock() - self._tried_at >= QUIET

    def _fetch_once(self) -> asyncio.Task[None]:
        if self._fetching is None:
            self._tried_at = self._clock()
            self._fetching = asyncio.create_task(self._fetch(), name="teams keys")
            self._fetching.add_done_callback(self._forget_task)
        return self._fetching

    def _forget_task(self, _task: asyncio.Task[None]) -> None:
        self._fetching = None

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(FETCH_LIMIT):
                metadata = await self._get(self._url)
                published = await self._get(str(metadata.get("jwks_uri")))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, TryLater) as error:
            _log.warning("The keys of the Bot Connector cannot be fetched: %s", type(error).__name__)
            return
        keys = read_keys(published)
        if not keys:
            _log.warning("The Bot Connector's metadata has no keys; the old ones are kept.")
            return
        # A key that has not changed stays the same object: what was verified by it need not be verified anew.
        self._keys = {
            id_: old if (old := self._keys.get(id_)) is not None and _is_same(old, key) else key
            for id_, key in keys.items()
        }
        self._fetched_at = self._clock()

    async def _get(self, url: str) -> Mapping[str, Any]:
        async with self._session().get(url, allow_redirects=False) as response:
            if response.status != 200:
                raise ValueError(f"status {response.status}")
            body = bytearray()
            async for part in response.content.iter_any():  # it comes in as many parts as the network makes of it
                body += part
                if len(body) > LARGEST:
                    raise ValueError(f"more than {LARGEST} bytes")
        answer = json.loads(body)
        if not isinstance(answer, dict):
            raise ValueError("no JSON object")  # noqa: TRY004 — a verdict on what was sent, like the others here
        return answer


def _is_same(one: SigningKey, other: SigningKey) -> bool:
    return one.key.public_numbers() == other.key.public_numbers() and one.endorsements == other.endorsements


def read_keys(published: Mapping[str, Any]) -> dict[str, SigningKey]:
    """The RSA keys among them, by id. What is no such key is passed over."""
    found: dict[str, SigningKey] = {}
    given = published.get("keys")
    for one in given if isinstance(given, list) else ():
        if not isinstance(one, dict) or one.get("kty") != "RSA" or not isinstance(one.get("kid"), str):
            continue
        try:
            key = jwt.PyJWK(one, algorithm="RS256").key
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        endorsements = one.get("endorsements")
        if isinstance(key, RSAPublicKey) and key.key_size >= SMALLEST_KEY:
            named = endorsements if isinstance(endorsements, list) else []
            found[one["kid"]] = SigningKey(
                id=one["kid"], key=key, endorsements=frozenset(name for name in named if isinstance(name, str))
            )
    return found
