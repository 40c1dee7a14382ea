"""The bot's own token, by which the connector knows it: had from the directory, renewed shortly before it runs out.

It is had for a secret, for a certificate, or from the machine itself (a managed identity).
"""

from __future__ import annotations

import asyncio
import base64
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import aiohttp
import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from bot.messages import TryLater

EARLY = 300.0
"""Seconds before a token runs out from which another one is asked for."""
QUIET = 30.0
"""Seconds between two askings while the last token is still good."""
ASSERTION_LASTS = 300
LOCAL_IDENTITY = "http://169.254.169.254/metadata/identity/oauth2/token"
"""Where a virtual machine asks for the token of its own identity."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    query: Mapping[str, str] = field(default_factory=dict)


class Proof(Protocol):
    """What a token is had for."""

    def request(self) -> Request: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    app_id: str
    secret: str = field(repr=False)
    token_url: str
    scope: str

    def request(self) -> Request:
        return Request(
            method="POST",
            url=self.token_url,
            form={
                "grant_type": "client_credentials",
                "client_id": self.app_id,
                "client_secret": self.secret,
                "scope": self.scope,
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    app_id: str
    key: RSAPrivateKey = field(repr=False)
    thumbprint: str  # SHA-256 of the certificate, base64url
    token_url: str
    scope: str
    now: Callable[[], datetime]

    def request(self) -> Request:
        at = int(self.now().timestamp())
        claims = {
            "iss": self.app_id,
            "sub": self.app_id,
            "aud": self.token_url,
            "jti": str(uuid4()),
            "nbf": at - 60,
            "exp": at + ASSERTION_LASTS,
        }
        assertion = jwt.encode(claims, self.key, algorithm="PS256", headers={"x5t#S256": self.thumbprint})
        return Request(
            method="POST",
            url=self.token_url,
            form={
                "grant_type": "client_credentials",
                "client_id": self.app_id,
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": assertion,
                "scope": self.scope,
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedIdentity:
    """`endpoint` and `header` are what a hosting service puts into the environment; else it is a virtual machine's."""

    app_id: str
    scope: str
    endpoint: str = ""
    header: str = field(default="", repr=False)

    def request(self) -> Request:
        query = {"resource": self.scope.removesuffix("/.default"), "client_id": self.app_id}
        if self.endpoint:
            return Request(
                method="GET",
                url=self.endpoint,
                headers={"X-IDENTITY-HEADER": self.header},
                query={"api-version": "2019-08-01", **query},
            )
        return Request(
            method="GET", url=LOCAL_IDENTITY, headers={"Metadata": "true"}, query={"api-version": "2018-02-01", **query}
        )


def read_certificate(file: Path) -> tuple[RSAPrivateKey, str]:
    """The private key and the certificate's thumbprint, out of one PEM file. Raises ValueError with a sentence."""
    try:
        pem = file.read_bytes()
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}. Name a PEM file that Lanyard may read.") from None
    try:
        key = load_pem_private_key(pem, password=None)
        certificate = load_pem_x509_certificate(pem)
    except (ValueError, TypeError):
        raise ValueError(
            f"{file} has not both in it, the certificate and its private key without a password, as PEM."
        ) from None
    if not isinstance(key, RSAPrivateKey) or certificate.public_key() != key.public_key():
        raise ValueError(f"{file}: the private key is no RSA key, or not that of the certificate.")
    return key, base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).rstrip(b"=").decode()


class BotToken:
    """Without a `proof` there is none: for local test clients, which ask for none.

    Nobody waits for another one while the last is good: it is renewed beside the calls, and one that cannot be renewed
    is used to its end. Whoever must wait waits for one and the same answer.
    """

    def __init__(self, proof: Proof | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._proof = proof
        self._clock = clock
        self._asking: asyncio.Task[None] | None = None
        self._asked_at: float | None = None
        self._token: str | None = None
        self._renewed_from = 0.0
        self._good_until = 0.0

    async def get(self, session: aiohttp.ClientSession) -> str | None:
        """Raises TryLater."""
        if self._proof is None:
            return None
        now = self._clock()
        if self._token is None or now >= self._good_until:
            await _share(self._renew(session, self._proof))
        elif now >= self._renewed_from and (self._asked_at is None or now - self._asked_at >= QUIET):
            self._renew(session, self._proof)
        return self._token

    def forget(self, token: str | None) -> None:
        """The connector did not take it."""
        if token is not None and token == self._token:
            self._token = None

    async def stop(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    def _renew(self, session: aiohttp.ClientSession, proof: Proof) -> asyncio.Task[None]:
        if self._asking is None:
            self._asked_at = self._clock()
            self._asking = asyncio.create_task(self._ask(session, proof), name="teams token")
            self._asking.add_done_callback(self._end_asking)
        return self._asking

    def _end_asking(self, task: asyncio.Task[None]) -> None:
        self._asking = None
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.warning("Lanyard's token for Teams cannot be renewed: %s", fault)

    async def _ask(self, session: aiohttp.ClientSession, proof: Proof) -> None:
        began = self._clock()
        self._token, lasting = _read(await _ask(session, proof.request()))
        self._renewed_from = began + max(lasting - EARLY, lasting / 2)
        self._good_until = began + lasting


async def _share(asking: asyncio.Task[None]) -> None:
    """One caller who goes away does not break off what the others wait for. Raises TryLater."""
    try:
        await asyncio.shield(asking)
    except asyncio.CancelledError:
        if asking.cancelled():
            raise TryLater("Teams is not connected any more.") from None
        raise


async def _ask(session: aiohttp.ClientSession, request: Request) -> Any:
    try:
        async with session.request(
            request.method,
            request.url,
            headers=request.headers,
            data=request.form,
            params=request.query,
            allow_redirects=False,
        ) as response:
            if response.status in {400, 401, 403}:
                # What is set wrongly can be set right; until then nothing is buried.
                raise TryLater(
                    f"Microsoft gives Lanyard no token ({response.status}): are MICROSOFT_APP_ID, "
                    "MICROSOFT_APP_PASSWORD and MICROSOFT_APP_TENANT_ID those of the bot?"
                )
            if response.status != 200:
                raise TryLater(f"Microsoft's sign-in answered {response.status}.")
            return await response.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise TryLater(f"Microsoft's sign-in cannot be reached: {type(error).__name__}.") from None


def _read(answer: Any) -> tuple[str, float]:
    token = answer.get("access_token") if isinstance(answer, dict) else None
    try:
        lasting = float(answer["expires_in"]) if isinstance(token, str) else 0.0
    except (KeyError, TypeError, ValueError):
        lasting = 0.0
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or lasting <= 0:
        raise TryLater("Microsoft's sign-in answered without a token.")
    return token, lasting
