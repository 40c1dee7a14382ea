"""Workspaces that come with their organisation, and those that take Lanyard away."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from adapters.slack.api import ENDED, EXPIRED, UNKNOWN, Api, Refusal, token_of
from adapters.slack.model import Malformed, Reply
from adapters.slack.shapes import Envelope
from adapters.slack.tokens import Installation, Lapsed, Tokens
from bot.messages import Busy, TryLater, Undeliverable

_log = logging.getLogger(__name__)

TAKEN_AWAY = {*ENDED, UNKNOWN}
"""What Slack answers then. To an event that says so, it need not be more precise."""


class Membership:
    def __init__(self, api: Api, tokens: Tokens) -> None:
        self._api = api
        self._tokens = tokens

    async def adopt(self, tenant: str | None, organisation: str | None) -> None:
        """An installation of the organisation speaks for the workspace, too. Raises Busy."""
        if tenant is None or organisation is None:
            return
        try:
            await self._tokens.adopt(tenant, organisation)
        except TryLater as fault:
            raise Busy(str(fault)) from fault

    async def hear_farewell(self, envelope: Envelope, event: Mapping[str, Any]) -> Reply:
        """`tokens_revoked` or `app_uninstalled`. It may come late, twice, or after somebody has installed Lanyard
        again, and it does not tell of which installation it speaks: so Slack is asked what the token is still worth.
        """
        tokens = event.get("tokens")
        if event.get("type") == "tokens_revoked" and isinstance(tokens, dict) and not tokens.get("bot"):
            return Reply()  # of persons' own tokens, which Lanyard has none of
        places = [place for place in (envelope.organisation, envelope.tenant) if place]
        if not places:
            raise Malformed("The event names no workspace.")
        try:
            for place in places:
                await self._check(place)
        except TryLater as fault:
            _log.info("Whether Lanyard was removed from Slack workspace %s is not known yet: %s", places[-1], fault)
            return Reply(status=503)  # Slack tells it again
        return Reply()

    async def _check(self, place: str) -> None:
        """End what Slack does not take any more. Raises TryLater."""
        try:
            used = await token_of(self._tokens, place)
        except Undeliverable:
            return  # it has ended before
        while True:
            try:
                await self._api.call(used.token, lambda client: client.auth_test())
            except Refusal as refusal:
                if refusal.error not in {EXPIRED, *TAKEN_AWAY}:
                    raise TryLater(str(refusal)) from refusal
                # One that has run out says nothing either way. Where it cannot be renewed, the event is right.
                newer = await self._renew(used) if refusal.error == EXPIRED else await self._tokens.end(used)
                if newer is None:
                    return
                used = newer
            else:
                return  # the event is of an installation that was there before

    async def _renew(self, used: Installation) -> Installation | None:
        try:
            newer = await self._tokens.renew(used)
        except (Lapsed, Undeliverable):
            newer = None
        return newer or await self._tokens.end(used)
