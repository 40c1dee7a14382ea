"""The bot's own places in Slack: its Home tab, the empty conversation of the assistant's pane, signs and statuses.

Nothing here is worth failing for: what cannot be shown is logged and let be, and the person opens it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import Any

from adapters.slack import forms, inbound, outbound
from adapters.slack.api import Api, Call, Refusal, call_in
from adapters.slack.directory import Directory
from adapters.slack.model import Unshowable
from adapters.slack.mrkdwn import cut
from adapters.slack.tokens import Tokens
from bot.messages import (
    Address,
    Busy,
    Found,
    Home,
    Inbound,
    Linked,
    MessageRef,
    Opened,
    Outcome,
    Prompts,
    Reaction,
    Said,
    TryLater,
    Undeliverable,
    clean,
)

PATIENCE = 2.0
"""Seconds that an acknowledgement waits for what it led to; Slack waits for three."""
STATUS = "is looking for an answer…"
EMOJI = {Reaction.DONE: "white_check_mark", Reaction.WELCOME: "slightly_smiling_face"}
MOST_PROMPTS = 4
PROMPT_TITLE = 75
TITLE = 200
REMEMBERED = 10_000
"""Threads that were begun and have no title yet."""

_log = logging.getLogger(__name__)


class Surfaces:
    def __init__(
        self,
        api: Api,
        tokens: Tokens,
        directory: Directory,
        receive: Callable[[Inbound], Awaitable[Outcome]],
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._tokens = tokens
        self._directory = directory
        self._receive = receive
        self._now = now
        self._tasks: set[asyncio.Task[None]] = set()
        self._wanted: dict[tuple[str, str], int] = {}  # by person: the latest opening of their Home
        self._untitled: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _in_time(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for it as long as Slack may be kept waiting; it goes on by itself after that."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait({task}, timeout=PATIENCE)

    # ── Home ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def show_home(self, tenant: str, person: str, *, direct: str | None, key: str, seen: str = "") -> None:
        """Compose the Home tab and publish it. `seen` is the hash of the one that the person had before their eyes."""
        await self._in_time(self._show_home(tenant, person, direct, key, seen))

    async def _show_home(self, tenant: str, person: str, direct: str | None, key: str, seen: str) -> None:
        whose = (tenant, person)
        turn = self._wanted[whose] = self._wanted.get(whose, 0) + 1
        try:
            direct = direct or await self._directory.direct(tenant, person)
            roster = await self._directory.look_up(tenant, people=[person])
            opened = inbound.to_opened(
                tenant=tenant, sender=roster.sender(person), direct=direct, key=key, at=self._now()
            )
            for state in (seen, ""):
                outcome = await self._receive(opened)
                # Of two that were opened at once the later composed one stays, whichever is published first.
                if not isinstance(outcome, Home) or self._wanted.get(whose) != turn:
                    return
                if await self._publish(opened, outcome, state):
                    return
        except Busy:
            _log.warning("The Home tab could not be composed: Lanyard is busy.")
        except Unshowable as fault:
            _log.error("The Home tab cannot be shown: %s", fault)
        except (TryLater, Undeliverable) as fault:
            _log.warning("The Home tab could not be published: %s", fault)
        finally:
            if self._wanted.get(whose) == turn:
                del self._wanted[whose]

    async def _publish(self, opened: Opened, home: Home, seen: str) -> bool:
        """False where somebody else, another replica perhaps, has published one meanwhile: then it is composed anew."""
        view = await outbound.beside(home.card.parts, lambda: forms.home_view(home.card, place=opened.place))
        person = opened.sender.id
        try:
            await self._call(
                opened.tenant, lambda client: client.views_publish(user_id=person, view=view, hash=seen or None)
            )
        except Refusal as refusal:
            if refusal.error == "hash_conflict" and seen:
                return False
            raise
        return True

    # ── The assistant's pane ────────────────────────────────────────────────────────────────────────────────────────

    async def offer_prompts(self, tenant: str, person: str, direct: str, *, thread: str | None, key: str) -> None:
        """Without a thread they stand above the whole conversation."""
        await self._in_time(self._offer_prompts(tenant, person, direct, thread, key))

    async def _offer_prompts(self, tenant: str, person: str, direct: str, thread: str | None, key: str) -> None:
        if thread is not None:
            self._untitled[(tenant, direct, thread)] = None
            while len(self._untitled) > REMEMBERED:
                self._untitled.popitem(last=False)
        roster = await self._directory.look_up(tenant, people=[person])
        begun = inbound.to_begun(
            tenant=tenant, sender=roster.sender(person), direct=direct, thread=thread, key=key, at=self._now()
        )
        try:
            outcome = await self._receive(begun)
        except Busy:
            return
        if not isinstance(outcome, Prompts) or not outcome.prompts:
            return
        lead = outcome.lead
        prompts = [
            {"title": cut(clean(prompt), PROMPT_TITLE), "message": clean(prompt)}
            for prompt in outcome.prompts[:MOST_PROMPTS]
        ]
        await self._quietly(
            tenant,
            lambda client: client.assistant_threads_setSuggestedPrompts(
                channel_id=direct, thread_ts=thread, title=lead, prompts=prompts
            ),
        )

    async def name_thread(self, said: Said) -> None:
        """What is asked first in a thread of the pane is its title from then on."""
        tenant, conversation, thread = said.tenant, said.place.conversation, said.place.thread
        title = cut(" ".join(clean(said.text).split()), TITLE)
        if thread is None or (tenant, conversation, thread) not in self._untitled:
            return
        del self._untitled[(tenant, conversation, thread)]
        if title:
            await self._in_time(self._set_title(tenant, conversation, thread, title))

    async def _set_title(self, tenant: str, conversation: str, thread: str, title: str) -> None:
        await self._quietly(
            tenant,
            lambda client: client.assistant_threads_setTitle(channel_id=conversation, thread_ts=thread, title=title),
        )

    async def show_status(self, to: Address) -> None:
        channel, thread = to.conversation, to.thread
        if channel is None or thread is None or not channel.startswith("D"):
            return  # elsewhere everybody would see it, before it is decided whether anything is said
        await self._quietly(
            to.tenant,
            lambda client: client.assistant_threads_setStatus(channel_id=channel, thread_ts=thread, status=STATUS),
        )

    # ── At messages ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def react(self, message: MessageRef, reaction: Reaction) -> None:
        name = EMOJI[reaction]
        await self._quietly(
            message.tenant,
            lambda client: client.reactions_add(channel=message.conversation, timestamp=message.id, name=name),
        )

    async def show_links(self, linked: Linked, *, ts: str) -> None:
        """Show what stands behind our addresses beside the message that holds them."""
        await self._in_time(self._show_links(linked, ts))

    async def _show_links(self, linked: Linked, ts: str) -> None:
        try:
            outcome = await self._receive(linked)
        except Busy:
            return
        shown: dict[str, dict[str, Any]] = {}
        for result in outcome.results if isinstance(outcome, Found) else ():
            try:
                message = await outbound.beside(result.card.parts, partial(outbound.to_message, result.card))
            except Unshowable as fault:
                _log.warning("What stands behind an address cannot be shown: %s", fault)
            else:
                shown[result.address] = {"blocks": message["blocks"]}
        if shown:
            channel = linked.place.conversation
            await self._quietly(linked.tenant, lambda client: client.chat_unfurl(channel=channel, ts=ts, unfurls=shown))

    async def link(self, message: MessageRef) -> str | None:
        answer = await self._quietly(
            message.tenant,
            lambda client: client.chat_getPermalink(channel=message.conversation, message_ts=message.id),
        )
        found = answer.get("permalink") if answer else None
        return found if isinstance(found, str) else None

    async def _call(self, tenant: str, call: Call) -> Any:
        return await call_in(self._api, self._tokens, tenant, call)

    async def _quietly(self, tenant: str, call: Call) -> Any:
        """The answer, or None: whatever it was that failed."""
        try:
            return await self._call(tenant, call)
        except (TryLater, Undeliverable) as fault:
            _log.debug("Slack was not told: %s", fault)
            return None
