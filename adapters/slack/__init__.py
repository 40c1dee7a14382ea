"""Slack, over HTTP or Socket Mode.

    slack = connect(bot_token=…, signing_secret=…, now=…)      # or app_token=… for Socket Mode
    slack.bind(receive)                                        # before `start`
    app.add_routes(slack.routes())

Modules: `verify` (is it Slack?), `routes` with `gathering`, and `socket` (ways in), `front` with `hearing` (received,
then acknowledged), `inbound` with `shapes` and `mrkdwn` (payload → Inbound), `outbound` with `blocks`, `rich` and
`forms` (Card, Form → Slack's JSON), `pictures` (uploaded), `downloads` (files that people send), `surfaces` (Home tab,
first questions, signs), `paces` (how fast), `api` (calls and their errors), `directory` (who is who), `channels` (by
name), `replies` (response addresses). Where installed: `tokens` (the words for it), `installing` (two pages), `oauth`,
`renewing`, `membership` (who comes and goes), `permissions` and `manifest` (what Slack must grant and know).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, BinaryIO, TypeVar

from aiohttp import web

from adapters.slack import outbound, paces
from adapters.slack.api import SLACK, Api, Call, OneToken, Refusal, call_in
from adapters.slack.channels import Channels
from adapters.slack.directory import Directory, next_cursor
from adapters.slack.downloads import Downloads
from adapters.slack.front import Front
from adapters.slack.gathering import GATHERING
from adapters.slack.installing import Installing
from adapters.slack.model import PLATFORM, Unshowable
from adapters.slack.oauth import OAuth
from adapters.slack.pictures import Files, Pictures
from adapters.slack.renewing import StoredTokens
from adapters.slack.replies import Replies
from adapters.slack.routes import Routes
from adapters.slack.socket import SILENCE, Socket
from adapters.slack.tokens import Installation, Installations, Lapsed, Overtaken, SignIn
from bot.messages import (
    Address,
    Availability,
    CannotTell,
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
    "GATHERING",
    "Client",
    "Installation",
    "Installations",
    "Lapsed",
    "Overtaken",
    "SignIn",
    "SlackPlatform",
    "connect",
]

PAGES = 5
PAGE = 200
"""How far back `find` looks: what is looked for was sent minutes ago."""

Said = TypeVar("Said")

NOT_THERE = {"channel_not_found", "not_in_channel", "user_not_in_channel", "is_archived"}
TOO_MUCH = {"invalid_blocks", "msg_blocks_too_long", "msg_too_long", "invalid_blocks_format"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The app itself, as Slack knows it, and the public address to which Slack sends people back."""

    id: str
    secret: str = field(repr=False)
    url: str


def connect(
    *,
    now: Callable[[], datetime],
    bot_token: str = "",
    client: Client | None = None,
    installations: Installations | None = None,
    signing_secret: str = "",
    app_token: str = "",
    api_url: str = SLACK,
    receive: Receive | None = None,
    silence: timedelta = SILENCE,
    gathering: timedelta = timedelta(0),
) -> SlackPlatform:
    """Put the platform together; nothing is opened yet. `now` is the wall's clock: signatures are checked by it.

    One workspace by `bot_token`, or many by `client` and `installations`. Events come over HTTP where there is a
    `signing_secret`, over a WebSocket where there is an `app_token`. Raises ValueError where one of these is missing.
    Of events that come over HTTP, those within `gathering` are read together.
    """
    if not bot_token and (client is None or installations is None):
        raise ValueError("Slack needs SLACK_BOT_TOKEN, or SLACK_CLIENT_ID and SLACK_CLIENT_SECRET for many workspaces.")
    if not signing_secret and not app_token:
        raise ValueError("Slack needs SLACK_SIGNING_SECRET (for HTTP) or SLACK_APP_TOKEN (for Socket Mode).")
    api = Api(url=api_url)
    tokens: OneToken | StoredTokens = OneToken(api, bot_token)
    installing = None
    if client is not None and installations is not None:
        oauth = OAuth(api=api, client_id=client.id, client_secret=client.secret, url=client.url, now=now)
        tokens = StoredTokens(installations, oauth, now=now)
        installing = Installing(oauth, installations, now=now)
    platform = SlackPlatform(
        api,
        tokens,
        installing=installing,
        signing_secret=signing_secret,
        app_token=app_token,
        now=now,
        silence=silence,
        gathering=gathering,
    )
    if receive is not None:
        platform.bind(receive)
    return platform


class SlackPlatform:
    """See `bot.messages.Platform`. What is for one person's eyes cannot be read back: `find` says so."""

    name = PLATFORM
    reads_back = True

    def __init__(
        self,
        api: Api,
        tokens: OneToken | StoredTokens,
        *,
        installing: Installing | None,
        signing_secret: str,
        app_token: str,
        now: Callable[[], datetime],
        silence: timedelta,
        gathering: timedelta,
    ) -> None:
        self._api = api
        self._tokens = tokens
        self._installing = installing
        self._directory = Directory(api, tokens, now=now)
        self._channels = Channels(api, tokens, self._directory)
        self._replies = Replies()
        self._pictures = Pictures(api, tokens)
        self._downloads = Downloads(api, tokens)
        self._front = Front(api, tokens, self._directory, self._replies, now=now)
        self._routes: Routes | None = None
        if signing_secret:
            self._routes = Routes(self._front, signing_secret=signing_secret, now=now, gathering=gathering)
        self._socket: Socket | None = None
        if app_token:
            self._socket = Socket(self._front, app_token=app_token, client=lambda: api.client(None), silence=silence)

    def bind(self, receive: Receive) -> None:
        """Who receives what people say and press. Until then Slack is told to try again."""
        self._front.receive = receive

    async def tenant(self) -> str | None:
        """The workspace of the one token, if there is one. Asks Slack. Raises TryLater, Undeliverable."""
        return await self._tokens.only_tenant()

    # ── Lifecycle ───────────────────────────────────────────────────────────────────────────────────────────────────

    def routes(self) -> Iterable[web.RouteDef]:
        if self._routes is not None:
            yield from self._routes.routes()
        if self._installing is not None:
            yield from self._installing.routes()

    async def start(self) -> None:
        self._api.start()
        await self._tokens.start()
        if self._socket is not None:
            await self._socket.start()

    async def stop(self) -> None:
        if self._socket is not None:
            await self._socket.stop()
        await self._front.surfaces.stop()
        await self._channels.stop()
        await self._directory.stop()
        await self._tokens.stop()
        await self._api.stop()

    # ── The port ────────────────────────────────────────────────────────────────────────────────────────────────────

    def paces(self, to: Address, *, revising: bool) -> Sequence[Pace]:
        return paces.paces(to, revising=revising)

    async def send(self, to: Address, card: Card, *, key: str) -> MessageRef:
        self._check(to.platform)
        if to.conversation is not None and to.person is not None:
            message = await _lay_out(card)
            return await self._whisper(to, message, conversation=to.conversation, person=to.person, key=key)
        conversation = to.conversation or await self._directory.direct(to.tenant, to.person or "")

        async def post(message: Mapping[str, Any]) -> MessageRef:
            return await self._post(to, conversation, message, key=key)

        return await self._with_pictures(to.tenant, card, post, key=key)

    async def find(self, to: Address, *, key: str) -> MessageRef | None:
        if to.platform != self.name:
            return None
        if to.conversation is not None and to.person is not None:
            raise CannotTell("Slack shows nobody else what is for one person's eyes.")
        try:
            conversation = to.conversation or await self._directory.direct(to.tenant, to.person or "")
            ts = await self._look_for(to.tenant, conversation, to.thread, key)
        except Undeliverable:
            return None  # where nothing can be read, nothing of ours can be; sending will say why
        return self._ref(to.tenant, conversation, ts, thread=to.thread) if ts is not None else None

    async def revise(self, message: MessageRef, card: Card) -> None:
        self._check(message.platform)
        if message.person is not None:
            await self._revise_private(message, await _lay_out(card), person=message.person)
            return

        def call(given: Mapping[str, Any]) -> Call:
            return lambda client: client.chat_update(
                channel=message.conversation, ts=message.id, unfurl_links=False, unfurl_media=False, **given
            )

        async def update(laid_out: Mapping[str, Any]) -> None:
            with _naming(f"{message.tenant}/{paces.UPDATE}"):
                await self._call_cutting(message.tenant, call, laid_out)

        await self._with_pictures(message.tenant, card, update, key=f"{message.conversation}/{message.id}")

    async def profile(self, tenant: str, person: str) -> Sender | None:
        try:
            return await self._directory.person(tenant, person)
        except Refusal as refusal:
            raise TryLater(str(refusal)) from refusal
        except Undeliverable:
            return None  # not installed there

    async def has_left(self, tenant: str, person: str) -> bool:
        try:
            return await self._directory.has_left(tenant, person)
        except Refusal as refusal:
            raise TryLater(str(refusal)) from refusal
        except Undeliverable:
            return False  # not installed there: nothing is told of anybody

    async def person_by_email(self, tenant: str, email: str) -> Sender | None:
        try:
            return await self._directory.person_by_email(tenant, email)
        except Refusal as refusal:
            raise TryLater(str(refusal)) from refusal
        except Undeliverable:
            return None  # not installed there

    async def availability(self, tenant: str, person: str) -> Availability:
        try:
            return await self._directory.availability(tenant, person)
        except Undeliverable:
            return Availability()

    async def is_member(self, tenant: str, conversation: str, person: str) -> bool:
        return await self._directory.is_member(tenant, conversation, person)

    async def members(self, tenant: str, conversation: str) -> Sequence[str]:
        return await self._directory.members(tenant, conversation)

    async def group(self, tenant: str, name: str) -> str | None:
        try:
            groups = await self._directory.groups(tenant)
        except Undeliverable:
            return None  # not installed there
        wanted = name.casefold()
        return next((id_ for id_, handle in groups.items() if handle.casefold() == wanted), None)

    async def find_channels(self, tenant: str, person: str, wanted: str) -> Sequence[Place]:
        try:
            return await self._channels.find(tenant, person, wanted)
        except Refusal as refusal:
            raise TryLater(str(refusal)) from refusal
        except Undeliverable:
            return ()  # not installed there

    async def link(self, message: MessageRef) -> str | None:
        return await self._front.surfaces.link(message) if message.platform == self.name else None

    async def fetch(self, tenant: str, file: File, *, into: BinaryIO, most: int) -> str:
        return await self._downloads.fetch(tenant, file, into=into, most=most)

    async def working(self, to: Address) -> None:
        if to.platform == self.name:
            await self._front.surfaces.show_status(to)

    async def react(self, message: MessageRef, reaction: Reaction) -> None:
        if message.platform == self.name:
            await self._front.surfaces.react(message, reaction)

    # ── How ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _check(self, platform: str) -> None:
        if platform != self.name:
            raise Undeliverable(f"This is {self.name}, not {platform}.")

    async def _call(self, tenant: str, call: Call, *, writes: bool = False) -> Mapping[str, Any]:
        return await call_in(self._api, self._tokens, tenant, call, writes=writes)

    async def _with_pictures(
        self, tenant: str, card: Card, say: Callable[[Mapping[str, Any]], Awaitable[Said]], *, key: str
    ) -> Said:
        """Say it with its own pictures, as far as Slack takes them."""
        files = await self._pictures.upload(tenant, card, key=key)
        try:
            said = await say(await _lay_out(card, files))
        except Refusal as refusal:
            self._pictures.note_refusal(tenant, key, refusal)
            said = await say(await _lay_out(card))
        self._pictures.forget(tenant, key)
        return said

    async def _call_cutting(
        self, tenant: str, call: Callable[[Mapping[str, Any]], Call], message: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Send it; should Slack not take the blocks after all, its plain text alone."""
        try:
            return await self._call(tenant, call(message), writes=True)
        except Refusal as refusal:
            if refusal.error not in TOO_MUCH or refusal.is_about("slack file"):
                raise
        return await self._call(tenant, call({**message, "blocks": []}), writes=True)

    async def _post(self, to: Address, conversation: str, message: Mapping[str, Any], *, key: str) -> MessageRef:
        def call(given: Mapping[str, Any]) -> Call:
            return lambda client: client.chat_postMessage(
                channel=conversation,
                thread_ts=to.thread,
                metadata=outbound.to_metadata(key),
                unfurl_links=False,
                unfurl_media=False,
                **given,
            )

        with _naming(paces.paces(to, revising=False)[0].bucket):
            answer = await self._call_cutting(to.tenant, call, message)
        return self._ref(to.tenant, str(answer["channel"]), str(answer["ts"]), thread=to.thread)

    async def _whisper(
        self, to: Address, message: Mapping[str, Any], *, conversation: str, person: str, key: str
    ) -> MessageRef:
        """For one person's eyes: in the channel; where Lanyard is not in, by a response address; else directly."""

        def call(given: Mapping[str, Any]) -> Call:
            return lambda client: client.chat_postEphemeral(
                channel=conversation, user=person, thread_ts=to.thread, **given
            )

        try:
            with _naming(f"{to.tenant}/{paces.WHISPER}"):
                answer = await self._call_cutting(to.tenant, call, message)
        except Refusal as refusal:
            if refusal.error not in NOT_THERE:
                raise
        else:
            return self._ref(to.tenant, conversation, str(answer["message_ts"]), thread=to.thread, person=person)
        url = self._replies.take(tenant=to.tenant, conversation=conversation, person=person)
        if url is not None:
            await self._api.respond(url, {"response_type": "ephemeral", "replace_original": False, **message})
            return self._ref(to.tenant, conversation, f"response-{key}", thread=to.thread, person=person)
        direct = await self._directory.direct(to.tenant, person)
        return await self._post(replace(to, conversation=None, thread=None), direct, message, key=key)

    async def _revise_private(self, message: MessageRef, laid_out: Mapping[str, Any], *, person: str) -> None:
        url = self._replies.take(
            tenant=message.tenant, conversation=message.conversation, person=person, message=message.id
        )
        if url is None:
            raise Undeliverable(
                "Slack changes what only one person sees no later than half an hour after a press on it."
            )
        await self._api.respond(url, {"response_type": "ephemeral", "replace_original": True, **laid_out})

    async def _look_for(self, tenant: str, conversation: str, thread: str | None, key: str) -> str | None:
        cursor = ""
        for _ in range(PAGES):

            def call(client: Any, at: str = cursor) -> Any:
                given = {"channel": conversation, "limit": PAGE, "cursor": at or None, "include_all_metadata": True}
                if thread is not None:
                    return client.conversations_replies(ts=thread, **given)
                return client.conversations_history(**given)

            page = await self._call(tenant, call)
            for message in page.get("messages", []):
                if outbound.has_key(message, key):
                    return str(message["ts"])
            cursor = next_cursor(page)
            if not cursor:
                break
        return None

    def _ref(
        self, tenant: str, conversation: str, ts: str, *, thread: str | None = None, person: str | None = None
    ) -> MessageRef:
        return MessageRef(
            platform=self.name, tenant=tenant, conversation=conversation, id=ts, thread=thread, person=person
        )


@contextmanager
def _naming(bucket: str) -> Iterator[None]:
    """A pause that Slack asks for in here is a pause of this bucket."""
    try:
        yield
    except TryLater as error:
        error.bucket = bucket
        raise


async def _lay_out(card: Card, files: Files | None = None) -> dict[str, Any]:
    try:
        return await outbound.beside(card.parts, lambda: outbound.to_message(card, files=files))
    except Unshowable as fault:
        raise Undeliverable(str(fault)) from fault
