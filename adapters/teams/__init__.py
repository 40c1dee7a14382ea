"""Microsoft Teams, over the Bot Connector.

    teams = connect(app_id=…, proof=…, tenants=…, now=…)
    teams.bind(receive)                                        # before `start`
    app.add_routes(teams.routes())

Modules: `verify` with `keys` (is it the connector?), `routes` (the way in), `front` (received, then acknowledged),
`inbound` with `shapes` and `words` (activity → Inbound), `outbound` with `elements`, `rich`, `plain` and `forms` (Card,
Form → Adaptive Card, dialog), `api` with `credentials` (calls and their errors), `directory` (who is who), `channels`
(that somebody sees), `references` (where conversations are), `downloads` (what people send), `paces`, `cloud` (whose
addresses all of this is at).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode

from aiohttp import web

from adapters.teams import downloads, inbound, outbound
from adapters.teams.api import NOT_INSTALLED, Api
from adapters.teams.channels import Channels
from adapters.teams.cloud import CLOUDS, PUBLIC, Cloud
from adapters.teams.credentials import BotToken, Certificate, ManagedIdentity, Proof, Secret, read_certificate
from adapters.teams.directory import Directory
from adapters.teams.front import Front
from adapters.teams.keys import Keys
from adapters.teams.model import PLATFORM, Unshowable
from adapters.teams.paces import paces
from adapters.teams.references import InMemory, Reference, References, Remembered
from adapters.teams.routes import Routes
from adapters.teams.verify import Verifier
from bot.messages import (
    Address,
    Availability,
    Card,
    File,
    MessageRef,
    Pace,
    Place,
    Reaction,
    Receive,
    Sender,
    TryLater,
    Undeliverable,
)

__all__ = [
    "CLOUDS",
    "NOT_INSTALLED",
    "PUBLIC",
    "Certificate",
    "Cloud",
    "ManagedIdentity",
    "Proof",
    "Reference",
    "References",
    "Secret",
    "TeamsPlatform",
    "connect",
    "read_certificate",
]

LOOPBACK = ("127.0.0.1", "localhost", "::1")

_log = logging.getLogger(__name__)


def connect(
    *,
    now: Callable[[], datetime],
    app_id: str = "",
    proof: Proof | None = None,
    anonymous: bool = False,
    tenants: frozenset[str] = frozenset(),
    cloud: Cloud = PUBLIC,
    open_teams: frozenset[str] = frozenset(),
    references: References | None = None,
    found: Callable[[str], Awaitable[None]] | None = None,
    receive: Receive | None = None,
) -> TeamsPlatform:
    """Put the platform together; nothing is opened yet. `now` is the wall's clock: tokens are checked by it.

    `tenants` are the companies that may use the bot; empty: any. `open_teams` are the teams, by either id, that
    everybody in the company may read; "*" means all. Without an `app_id`, and only if `anonymous` is asked for, clients
    on this machine are served without a token. `found` is told each company that is heard of for the first time since
    the start; it may raise TryLater. Raises ValueError where something is missing.
    """
    if not app_id and not anonymous:
        raise ValueError("Teams needs MICROSOFT_APP_ID: the app id of the bot's registration.")
    if app_id and anonymous:
        raise ValueError("TEAMS_ANONYMOUS is for local test clients, without MICROSOFT_APP_ID. Leave one of them out.")
    if app_id and proof is None:
        raise ValueError("Teams needs MICROSOFT_APP_PASSWORD: the bot's client secret, or a certificate in its place.")
    if anonymous:
        cloud = replace(cloud, hosts=LOOPBACK, file_hosts=LOOPBACK)
    platform = TeamsPlatform(
        app_id=app_id,
        api=Api(cloud, BotToken(proof)),
        cloud=cloud,
        tenants=tenants,
        open_teams=open_teams,
        references=Remembered(references or InMemory()),
        found=found or _leave_it,
        now=now,
    )
    if receive is not None:
        platform.bind(receive)
    return platform


async def _leave_it(_tenant: str) -> None:
    pass


class TeamsPlatform:
    """See `bot.messages.Platform`. Nothing can be read back: Teams lets no bot search what it has said."""

    name = PLATFORM
    reads_back = False

    def __init__(
        self,
        *,
        app_id: str,
        api: Api,
        cloud: Cloud,
        tenants: frozenset[str],
        open_teams: frozenset[str],
        references: Remembered,
        found: Callable[[str], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._app_id = app_id
        self._bot = f"{inbound.BOT}{app_id}"
        self._keys = Keys(cloud.metadata_url, api.session)
        self._references = references
        self._directory = Directory(api, references, bot=self._bot, tenants=tenants)
        self._channels = Channels(api, references, self._directory)
        self._front = Front(
            api,
            references,
            self._directory,
            self._channels,
            bot=self._bot,
            open_teams=open_teams,
            found=found,
            now=now,
        )
        verifier = Verifier(app_id, self._keys, cloud, tenants=tenants, now=now) if app_id else None
        self._routes = Routes(self._front, verifier, cloud)

    def bind(self, receive: Receive) -> None:
        """Who receives what people say and press. Until then Teams is told to try again."""
        self._front.receive = receive

    # ── Lifecycle ───────────────────────────────────────────────────────────────────────────────────────────────────

    def routes(self) -> Iterable[web.RouteDef]:
        return self._routes.routes()

    async def start(self) -> None:
        self._api.start()

    async def stop(self) -> None:
        await self._channels.stop()
        await self._keys.stop()
        await self._api.stop()

    # ── The port ────────────────────────────────────────────────────────────────────────────────────────────────────

    def paces(self, to: Address, *, revising: bool) -> Sequence[Pace]:
        return paces(to, revising=revising)

    async def send(self, to: Address, card: Card, *, key: str) -> MessageRef:
        self._check(to.platform)
        body = _lay_out(card, key=key)
        thread = to.thread
        if to.person is not None:
            # Teams has no message for one person's eyes in a shared conversation that one could rely on.
            where = await self._directory.direct(to.tenant, to.person)
            conversation, service_url, thread = where.conversation, where.service_url, None
        else:
            assert to.conversation is not None
            conversation = to.conversation
            service_url = await self._directory.service(to.tenant, conversation)
        personal = to.person is not None or conversation.startswith("a:")
        answer = await self._post(service_url, inbound.join(conversation, thread), body, personal=personal)
        id_ = answer.get("id") if isinstance(answer, dict) else None
        if not isinstance(id_, str) or not id_:
            raise TryLater("Teams took a message and did not say which.", maybe_sent=True)
        return MessageRef(platform=self.name, tenant=to.tenant, conversation=conversation, id=id_, thread=thread)

    async def find(self, to: Address, *, key: str) -> MessageRef | None:  # noqa: ARG002 — nothing can be looked for
        return None

    async def revise(self, message: MessageRef, card: Card) -> None:
        self._check(message.platform)
        body = _lay_out(card, key=None)
        service_url = await self._directory.service(message.tenant, message.conversation)
        path = ("conversations", message.conversation, "activities", message.id)
        await self._api.call("PUT", service_url, *path, body=body, personal=message.conversation.startswith("a:"))

    async def profile(self, tenant: str, person: str) -> Sender | None:
        return await self._directory.person(tenant, person)

    async def has_left(self, tenant: str, person: str) -> bool:  # noqa: ARG002 — Teams tells a bot only when it happens
        return False

    async def person_by_email(self, tenant: str, email: str) -> Sender | None:
        return await self._directory.by_email(tenant, email)

    async def availability(self, tenant: str, person: str) -> Availability:  # noqa: ARG002 — Teams tells no bot
        return Availability()

    async def is_member(self, tenant: str, conversation: str, person: str) -> bool:
        return person in await self.members(tenant, conversation)

    async def members(self, tenant: str, conversation: str) -> Sequence[str]:
        return await self._directory.members(tenant, conversation)

    async def group(self, tenant: str, name: str) -> str | None:  # noqa: ARG002 — a bot is told of no groups
        return None

    async def find_channels(self, tenant: str, person: str, wanted: str) -> Sequence[Place]:
        return await self._channels.find(tenant, person, wanted)

    async def link(self, message: MessageRef) -> str | None:
        """In a channel, to the message itself; a chat with the bot can be opened as a whole."""
        if message.platform != self.name:
            return None
        if message.conversation.startswith("a:"):
            return f"https://teams.microsoft.com/l/chat/0/0?{urlencode({'users': self._bot})}"
        at = (
            f"https://teams.microsoft.com/l/message/{quote(message.conversation, safe='')}/{quote(message.id, safe='')}"
        )
        if inbound.is_channel(message.conversation):
            return f"{at}?{urlencode({'tenantId': message.tenant, 'parentMessageId': message.thread or message.id})}"
        return f"{at}?{urlencode({'context': json.dumps({'contextType': 'chat'})})}"

    async def fetch(self, tenant: str, file: File, *, into: BinaryIO, most: int) -> str:  # noqa: ARG002 — the address says it
        return await downloads.fetch(self._api.cloud, file, into=into, most=most)

    async def working(self, to: Address) -> None:
        """Teams shows for some seconds that the bot is typing."""
        try:
            if to.person is not None:
                known = await self._references.direct(to.tenant, to.person)
                if known is None:
                    return
                conversation, service_url = known.conversation, known.service_url
            else:
                assert to.conversation is not None
                conversation = inbound.join(to.conversation, to.thread)
                service_url = await self._directory.service(to.tenant, to.conversation)
            await self._post(service_url, conversation, {"type": "typing"}, personal=False)
        except (TryLater, Undeliverable) as fault:
            _log.info("It could not be shown that an answer is looked for: %s", fault)

    async def react(self, message: MessageRef, reaction: Reaction) -> None:
        """The connector has no call for it."""

    # ── How ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _check(self, platform: str) -> None:
        if platform != self.name:
            raise Undeliverable(f"This is {self.name}, not {platform}.")

    async def _post(self, service_url: str, conversation: str, body: dict[str, Any], *, personal: bool) -> Any:
        path = ("conversations", conversation, "activities")
        return await self._api.call("POST", service_url, *path, body=body, creates=True, personal=personal)


def _lay_out(card: Card, *, key: str | None) -> dict[str, Any]:
    try:
        return outbound.to_activity(card, key=key)
    except Unshowable as fault:
        raise Undeliverable(str(fault)) from fault
