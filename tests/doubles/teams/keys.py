"""Tokens: the connector's, by which it says who it is, and the directory's, by which the bot says who it is.

The connector signs with RS256 and publishes its keys as Bot Framework does, each endorsed for its channels. `rotate`
makes a new key; the old one stays published until `withdraw`.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tests.doubles.slack.clock import Clock
from tests.doubles.teams.model import App, Refused

ISSUER = "https://api.botframework.com"
SCOPE = "https://api.botframework.com/.default"
LASTING = 3600  # seconds that a token lives

_SPARE: list[RSAPrivateKey] = []  # generated once a process: a key of 2048 bits takes a tenth of a second


def _new_key(number: int) -> RSAPrivateKey:
    while len(_SPARE) <= number:
        _SPARE.append(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    return _SPARE[number]


@dataclass(slots=True, eq=False)
class SigningKey:
    id: str
    private: RSAPrivateKey
    endorsements: list[str] = field(default_factory=lambda: ["msteams", "webchat"])

    def published(self) -> dict[str, Any]:
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.id,
            "x5t": self.id,
            "n": _to_base64(numbers.n),
            "e": _to_base64(numbers.e),
            "endorsements": self.endorsements,
        }


def _to_base64(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Keys:
    def __init__(self, app: App, clock: Clock) -> None:
        self._app = app
        self._clock = clock
        self._made = 0
        self.published: list[SigningKey] = []
        self.current = self.rotate()
        self.issued: dict[str, float] = {}  # the bot's own tokens, and when each runs out
        self.lasting = LASTING

    def rotate(self) -> SigningKey:
        """Sign by a new key from now on."""
        self.current = self.make()
        self.published.append(self.current)
        return self.current

    def make(self) -> SigningKey:
        """A key that nobody has published."""
        self._made += 1
        return SigningKey(f"key-{self._made}", _new_key(self._made - 1))

    def withdraw(self, key: SigningKey) -> None:
        self.published.remove(key)

    # ── of the connector ──

    def claims(self, service_url: str, **changes: Any) -> dict[str, Any]:
        now = int(self._clock.now())
        claims = {
            "iss": ISSUER,
            "aud": self._app.id,
            "nbf": now,
            "exp": now + LASTING,
            "serviceurl": service_url,
        } | changes
        return {name: value for name, value in claims.items() if value is not None}

    def sign(self, claims: dict[str, Any], key: SigningKey | None = None, *, kid: str | None = None) -> str:
        key = key or self.current
        return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": kid or key.id})

    # ── of the directory ──

    def issue(self, form: dict[str, str], tenant: str) -> dict[str, Any]:
        """The bot's token for a secret or a signed assertion. Raises Refused."""
        if tenant != (self._app.tenant or "botframework.com"):
            raise Refused(400, "unauthorized_client", f"AADSTS700016: Application not found in directory {tenant!r}.")
        if form.get("grant_type") != "client_credentials":
            raise Refused(400, "unsupported_grant_type", "AADSTS70003")
        if form.get("client_id") != self._app.id:
            raise Refused(400, "unauthorized_client", "AADSTS700016: Application not found in the directory.")
        if form.get("scope") != SCOPE:
            raise Refused(400, "invalid_scope", "AADSTS70011: The provided value for scope is not valid.")
        if not self._is_proven(form):
            raise Refused(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        token = secrets.token_urlsafe(24)
        self.issued[token] = self._clock.now() + self.lasting
        return {
            "token_type": "Bearer",
            "expires_in": self.lasting,
            "ext_expires_in": self.lasting,
            "access_token": token,
        }

    def _is_proven(self, form: dict[str, str]) -> bool:
        if "client_assertion" in form:
            if form.get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
                return False
            return self._is_asserted(form["client_assertion"])
        return form.get("client_secret") == self._app.secret

    certificate: Any = None  # the public key of the bot's certificate, where it has one
    thumbprint: str = ""

    def _is_asserted(self, assertion: str) -> bool:
        if self.certificate is None:
            return False
        try:
            head = jwt.get_unverified_header(assertion)
            claims = jwt.decode(
                assertion, self.certificate, algorithms=["PS256"], options={"verify_aud": False, "verify_exp": False}
            )
        except jwt.PyJWTError:
            return False
        named = head.get("x5t#S256") == self.thumbprint
        return named and claims["iss"] == claims["sub"] == self._app.id and claims["exp"] > self._clock.now()

    def check_caller(self, authorization: str) -> None:
        """Raises Refused (401) for a call of the bot's without a token that is still good."""
        kind, _, token = authorization.partition(" ")
        if kind != "Bearer" or self.issued.get(token, 0.0) <= self._clock.now():
            raise Refused(401, "Unauthorized", "Authorization has been denied for this request.")

    def revoke_all(self) -> None:
        """As when the directory has changed its mind: each token stops being good."""
        self.issued.clear()
