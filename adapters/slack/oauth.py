"""OAuth with Slack: a person's consent becomes a token, and a token that runs out becomes the next one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urljoin

from adapters.slack.api import ENDED, UNKNOWN, Api, Refusal
from adapters.slack.directory import to_sender
from adapters.slack.model import Malformed
from adapters.slack.mrkdwn import cut
from adapters.slack.permissions import bot_scopes
from adapters.slack.shapes import Access, Person, parse
from adapters.slack.tokens import Installation, SignIn
from bot.messages import Sender, TryLater, clean

REDIRECT = "/slack/oauth_redirect"
LONGEST_NAME = 200
OURS = {"invalid_client_id", "bad_client_secret", "bad_redirect_uri", "invalid_grant_type"}
"""Refusals that only whoever runs Lanyard can end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """`url` is Lanyard's public address; the client id and secret are the app's."""

    api: Api
    client_id: str
    client_secret: str
    url: str
    now: Callable[[], datetime]

    def __repr__(self) -> str:
        return f"OAuth({self.client_id})"

    @property
    def redirect_uri(self) -> str:
        return self.url + REDIRECT

    def link(self, state: str) -> str:
        """Where Slack asks a person whether they want Lanyard."""
        query = {
            "client_id": self.client_id,
            "scope": ",".join(bot_scopes(pages=True)),
            "redirect_uri": self.redirect_uri,
            "state": state,
        }
        return f"{urljoin(self.api.url, '/oauth/v2/authorize')}?{urlencode(query)}"

    async def exchange(self, code: str) -> SignIn:
        """Raises TryLater, Refusal."""
        access = await self._access({"code": code, "redirect_uri": self.redirect_uri})
        place = access.enterprise if access.is_enterprise_install else access.team
        if place is None or access.authed_user is None:
            raise TryLater("Slack's answer does not name the workspace, or who installed Lanyard there.")
        installation = self._to_installation(access, place.id)
        by = access.authed_user.id
        person = await self._look_up(installation, by)
        known_in = (person.team_id if person and installation.of_organisation else None) or place.id
        return SignIn(
            installation=installation,
            name=_line(place.name or "") or place.id,
            app=access.app_id,
            organisation=access.enterprise.id if access.enterprise else None,
            by=_named(to_sender(person, known_in) if person else None, by),
            known_in=known_in,
        )

    async def is_taken(self, one: Installation) -> bool:
        """Whether Slack takes its token. One that cannot be asked is believed to be good."""
        try:
            await self.api.call(one.token, lambda client: client.auth_test())
        except Refusal as refusal:
            return refusal.error not in {*ENDED, UNKNOWN}
        except TryLater:
            return True
        return True

    async def refresh(self, used: Installation) -> Installation:
        """The next pair. Even if no answer comes, the refresh token may have served. Raises TryLater, Refusal."""
        access = await self._access({"grant_type": "refresh_token", "refresh_token": used.refresh_token})
        given = self._to_installation(access, used.tenant)
        return replace(given, bot=given.bot or used.bot, of_organisation=used.of_organisation)

    async def _access(self, given: Mapping[str, str]) -> Access:
        # In the body, because the library's own method for it stands on a part of aiohttp that goes away.
        secrets = {"client_id": self.client_id, "client_secret": self.client_secret}
        answer = await self.api.call(
            None, lambda client: client.api_call("oauth.v2.access", data={**secrets, **given}), writes=True
        )
        try:
            return parse(Access, answer)
        except Malformed:
            raise TryLater("Slack's answer to the sign-in has a shape that is not known.", maybe_sent=True) from None

    def _to_installation(self, access: Access, tenant: str) -> Installation:
        ends = self.now() + timedelta(seconds=access.expires_in) if access.expires_in is not None else None
        return Installation(
            tenant=tenant,
            token=access.access_token,
            bot=access.bot_user_id,
            of_organisation=bool(access.is_enterprise_install),
            refresh_token=access.refresh_token or "",
            expires_at=ends,
        )

    async def _look_up(self, installation: Installation, person: str) -> Person | None:
        """Name and address of the one who installed it. Without them they are an administrator all the same."""
        try:
            answer = await self.api.call(installation.token, lambda client: client.users_info(user=person))
            return parse(Person, _of(answer, "user"))
        except (TryLater, Refusal, Malformed):
            return None


def _named(known: Sender | None, id_: str) -> Sender:
    if known is None:
        return Sender(id=id_)
    return replace(known, name=_line(known.name or "") or None, email=_line(known.email or "") or None)


def _line(text: str) -> str:
    """Fit for a column and a heading."""
    return cut("".join(c for c in clean(text) if c.isprintable()).strip(), LONGEST_NAME)


def _of(answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    given = answer.get(name)
    return given if isinstance(given, dict) else {}
