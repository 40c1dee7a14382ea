"""Events: what people said, changed or took back, where they came in; received by the core, then acknowledged."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from adapters.slack import inbound
from adapters.slack.api import token_of
from adapters.slack.directory import Directory, to_sender
from adapters.slack.membership import Membership
from adapters.slack.model import OK, Malformed, Reply, Roster
from adapters.slack.mrkdwn import mentioned_ids
from adapters.slack.shapes import (
    Amendment,
    Envelope,
    HomeOpened,
    Joined,
    LinkShared,
    Message,
    Person,
    PersonChanged,
    ThreadStarted,
    parse,
)
from adapters.slack.surfaces import Surfaces
from adapters.slack.tokens import Tokens
from bot.messages import Busy, Inbound, Outcome, Scope, TryLater, Undeliverable

AMENDED = {"message_changed", "message_deleted"}

_log = logging.getLogger(__name__)


class Hearing:
    def __init__(
        self,
        tokens: Tokens,
        directory: Directory,
        surfaces: Surfaces,
        membership: Membership,
        receive: Callable[[Inbound], Awaitable[Outcome]],
    ) -> None:
        self._tokens = tokens
        self._directory = directory
        self._surfaces = surfaces
        self._membership = membership
        self._receive = receive
        # Each kind of event has its row in `permissions`, too.
        self.heard: Mapping[str, Callable[[Envelope, Mapping[str, Any]], Awaitable[Reply]]] = {
            "app_home_opened": self._hear_home_opened,
            "app_mention": self._hear_message,
            "app_uninstalled": membership.hear_farewell,
            "assistant_thread_started": self._hear_thread_started,
            "link_shared": self._hear_links,
            "message": self._hear_message,
            "member_joined_channel": self._hear_joined,
            "team_join": self._hear_of_person,
            "tokens_revoked": membership.hear_farewell,
            "user_change": self._hear_of_person,
        }

    async def bot(self, tenant: str) -> str | None:
        """The bot's own id there, by which its mentions are known."""
        try:
            return (await token_of(self._tokens, tenant)).bot
        except (TryLater, Undeliverable):
            return None

    async def event(self, envelope: Envelope) -> Reply:
        """Raises Malformed."""
        if envelope.type == "url_verification":
            return Reply(body={"challenge": envelope.challenge or ""})
        if envelope.type == "app_rate_limited":
            _log.warning("Slack holds events back: more than 30,000 an hour in workspace %s.", envelope.team_id)
        if envelope.type != "event_callback":
            return OK
        if envelope.event is None:
            raise Malformed("The envelope has no event.")
        hear = self.heard.get(str(envelope.event.get("type")))
        if hear is None:
            return OK
        try:
            await self._membership.adopt(envelope.tenant, envelope.organisation)
        except Busy:
            return Reply(status=503)
        return await hear(envelope, envelope.event)

    async def _hear_message(self, envelope: Envelope, event: Mapping[str, Any]) -> Reply:
        if event.get("subtype") in AMENDED:
            return await self._hear_amendment(envelope, parse(Amendment, event))
        message = parse(Message, event)
        tenant = _tenant(envelope)
        if not inbound.read_event(envelope, message):
            return OK
        bot = envelope.bot or await self.bot(tenant)
        said = inbound.to_said(envelope, message, await self._roster(tenant, envelope, message, bot), bot=bot)
        reply = await self._take(said)
        if reply is OK and said.place.scope is Scope.DIRECT and said.place.thread is not None:
            await self._surfaces.name_thread(said)
        return reply

    async def _take(self, heard: Inbound) -> Reply:
        try:
            await self._receive(heard)
        except Busy:
            return Reply(status=503)
        return OK

    async def _hear_amendment(self, envelope: Envelope, given: Amendment) -> Reply:
        before, tenant = given.previous_message, _tenant(envelope)
        if before is None or not inbound.read_amendment(envelope, given):
            return OK
        bot = envelope.bot or await self.bot(tenant)
        roster = await self._directory.look_up(tenant, people={before.user or ""}, channels={given.channel}, ask=False)
        return await self._take(inbound.to_amended(envelope, given, roster, bot=bot))

    async def _hear_home_opened(self, envelope: Envelope, event: Mapping[str, Any]) -> Reply:
        """The Home tab; or the messages tab, which in an agent's app is where a conversation begins."""
        given, tenant = parse(HomeOpened, event), _tenant(envelope)
        if given.tab == "home":
            seen = given.view.hash if given.view else ""
            await self._surfaces.show_home(tenant, given.user, direct=given.channel, key=given.event_ts, seen=seen)
        elif given.tab == "messages" and given.channel is not None:
            await self._surfaces.offer_prompts(tenant, given.user, given.channel, thread=None, key=given.event_ts)
        return OK

    async def _hear_thread_started(self, envelope: Envelope, event: Mapping[str, Any]) -> Reply:
        thread = parse(ThreadStarted, event).assistant_thread
        tenant, ts = _tenant(envelope), thread.thread_ts
        await self._surfaces.offer_prompts(tenant, thread.user_id, thread.channel_id, thread=ts, key=ts)
        return OK

    async def _hear_joined(self, envelope: Envelope, event: Mapping[str, Any]) -> Reply:
        joined = parse(Joined, event)
        people = {joined.inviter} if joined.inviter else set()
        roster = await self._directory.look_up(_tenant(envelope), people=people, channels={joined.channel})
        invited = inbound.to_invited(envelope, joined, roster)
        return OK if invited is None else await self._take(invited)

    async def _hear_links(self, envelope: Envelope, event: Mapping[str, Any]) -> Reply:
        given, tenant = parse(LinkShared, event), _tenant(envelope)
        if inbound.read_links(envelope, given) and given.user is not None:
            roster = await self._directory.look_up(tenant, people={given.user}, channels={given.channel})
            await self._surfaces.show_links(inbound.to_linked(envelope, given, roster), ts=given.message_ts)
        return OK

    async def _hear_of_person(self, envelope: Envelope, event: Mapping[str, Any]) -> Reply:
        tenant = _tenant(envelope)
        told = parse(PersonChanged, event)
        person = parse(Person, told.user)
        sender = to_sender(person.model_copy(update={"deleted": False}), tenant)
        if sender is None or sender.is_bot:
            return OK
        if not self._directory.is_news(tenant, person):
            self._directory.learn_person(tenant, person)
            return OK
        reply = await self._take(inbound.to_changed(envelope, told, sender, left=bool(person.deleted)))
        if reply.status == OK.status:  # what was not taken must be news once more when Slack tells again
            self._directory.learn_person(tenant, person)
        return reply

    async def _roster(self, tenant: str, envelope: Envelope, message: Message, bot: str | None) -> Roster:
        kind = inbound.kind_of(envelope, message)
        if kind is not None:
            self._directory.learn(tenant, kind)
        people, channels = mentioned_ids(message.text or "")
        # Only what is meant for the bot is worth a question to Slack; for the rest, what is known must do.
        to_us = message.type == "app_mention" or bot in people or (kind is not None and kind.scope is Scope.DIRECT)
        people.discard(bot or "")
        people.add(message.user or "")
        return await self._directory.look_up(tenant, people=people, channels={message.channel, *channels}, ask=to_us)


def _tenant(envelope: Envelope) -> str:
    if envelope.tenant is None:
        raise Malformed("The event names no workspace.")
    return envelope.tenant
