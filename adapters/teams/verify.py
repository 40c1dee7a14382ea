"""Is it the Bot Connector that calls, and for us? Its token is checked before anything of the body is parsed.

The token says who sent it and to which bot; it does not cover the body. So what it says of the body (the address of the
connector) is held against that. An activity that comes again soon is the connector's own doing, and falls on the inbox,
which knows it by its id; one that is older than the connector would deliver is somebody's replay, and refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from aiohttp import web

from adapters.intake import Refused
from adapters.teams.cloud import Cloud, is_loopback
from adapters.teams.keys import Keys, SigningKey
from adapters.teams.shapes import Activity

CHANNEL = "msteams"
LEEWAY = timedelta(minutes=5)
DELIVERED_WITHIN = timedelta(minutes=10)
"""Of its time stamp. The connector gives up on an activity that is not taken within a few minutes, and then tells the
person; what is older by more than this and the leeway was kept by somebody, or their clock is wrong."""
LARGEST_BODY = 1024 * 1024
"""Bytes. Teams sends at most a quarter of it, a long message with its HTML and a card with its form included."""
LONGEST_TOKEN = 4096
REMEMBERED = 1000
"""Tokens. The connector uses one for an hour, so that nearly every activity comes with one that was checked before."""


_CHECKS: Any = {"require": ["exp", "iss", "aud"], "verify_exp": False, "verify_nbf": False, "verify_iat": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    key: SigningKey
    not_before: float
    expires: float
    service_url: str


class Verifier:
    def __init__(
        self, app_id: str, keys: Keys, cloud: Cloud, *, tenants: frozenset[str], now: Callable[[], datetime]
    ) -> None:
        """`tenants` are the companies that may use this bot; empty: any."""
        self._app_id = app_id
        self._keys = keys
        self._cloud = cloud
        self._tenants = tenants
        self._now = now
        self._checked: dict[str, Claims] = {}

    async def check_token(self, authorization: str) -> Claims:
        """Raises Refused (401), Unavailable."""
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer" or not token or len(token) > LONGEST_TOKEN:
            raise Refused(401, "There is no bearer token.")
        known = self._checked.get(token)
        if known is None or not self._keys.knows(known.key):
            known = await self._verify(token)
            self._checked.pop(token, None)
            self._checked[token] = known
            if len(self._checked) > REMEMBERED:
                del self._checked[next(iter(self._checked))]
        now, leeway = self._now().timestamp(), LEEWAY.total_seconds()
        if not known.not_before - leeway <= now <= known.expires + leeway:
            raise Refused(401, "The token has expired, or is not valid yet: is this machine's clock right?")
        return known

    async def _verify(self, token: str) -> Claims:
        try:
            head = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise Refused(401, "The token is no JSON web token.") from None
        if head.get("alg") != "RS256" or not isinstance(head.get("kid"), str):
            raise Refused(401, "The token is not signed as the Bot Connector signs.")
        key = await self._keys.get(head["kid"])
        if key is None:
            raise Refused(401, "The token is signed by a key that the Bot Connector has not published.")
        try:
            claims = jwt.decode(
                token,
                key.key,
                algorithms=["RS256"],
                audience=self._app_id,
                issuer=self._cloud.issuer,
                # Its times are checked each time it comes, by the same clock as everything else.
                options=_CHECKS,
            )
        except jwt.InvalidAudienceError:
            raise Refused(401, "The token is for another bot: is MICROSOFT_APP_ID this bot's?") from None
        except jwt.PyJWTError as error:
            raise Refused(401, f"The token is not the Bot Connector's ({type(error).__name__}).") from None
        return _read_claims(key, claims)

    def check_activity(self, claims: Claims, activity: Activity) -> None:
        """What the token says of it, whether we serve that company, and whether it is new. Raises Refused (403)."""
        if activity.channel_id != CHANNEL or CHANNEL not in claims.key.endorsements:
            raise Refused(403, "The activity's channel is not Teams, or the token's key is not endorsed for it.")
        if not claims.service_url or _bare(claims.service_url) != _bare(activity.service_url):
            raise Refused(403, "The activity's serviceUrl is not the token's.")
        if not self._cloud.trusts(activity.service_url):
            raise Refused(403, "The activity's serviceUrl is at no host of TEAMS_SERVICE_HOSTS.")
        if self._tenants and activity.tenant not in self._tenants:
            raise Refused(403, "The activity comes from a company that this bot does not serve.")
        self._check_age(activity)

    def _check_age(self, activity: Activity) -> None:
        """One without a time stamp is as old as its token at most, and known by its id for longer than that."""
        if activity.timestamp is None:
            return
        age = self._now() - activity.timestamp
        if age > DELIVERED_WITHIN + LEEWAY:
            raise Refused(403, "The activity is older than the Bot Connector delivers: it was kept, and sent again.")
        if age < -LEEWAY:
            raise Refused(403, "The activity's time stamp is in the future: is this machine's clock right?")


def _read_claims(key: SigningKey, claims: dict[str, Any]) -> Claims:
    expires, not_before = claims["exp"], claims.get("nbf", 0)
    service_url = claims.get("serviceurl", claims.get("serviceUrl"))
    if not all(isinstance(at, int | float) for at in (expires, not_before)):
        raise Refused(401, "The token's times are no numbers.")
    if not isinstance(service_url, str):
        service_url = ""  # refused with the activity, which it has to name
    return Claims(key=key, not_before=not_before, expires=expires, service_url=service_url)


def _bare(url: str) -> str:
    return url.rstrip("/").lower()


def check_local(request: web.Request) -> None:
    """Without a registration nobody can be told from anybody: only this machine is served. Raises Refused (403)."""
    host = request.host.rpartition(":")[0] or request.host
    if not is_loopback(request.remote or "") or not is_loopback(host.strip("[]")):
        raise Refused(403, "Without MICROSOFT_APP_ID only this machine is served.")


def check_local_activity(activity: Activity, cloud: Cloud) -> None:
    """Raises Refused (403)."""
    if not cloud.trusts(activity.service_url):
        raise Refused(403, "Without MICROSOFT_APP_ID the serviceUrl must be on this machine.")
