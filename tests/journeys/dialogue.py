"""Whole journeys as dialogues: somebody says or presses something; everything that follows happens; we look.

await talk.says("amara", "How do I reset my VPN token?")
await talk.presses("amara", talk.last("amara"), "That helped")
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from bot.conversation import Conversation
from bot.messages import (
    Amended,
    Begun,
    Button,
    Buttons,
    Card,
    File,
    Form,
    Found,
    Home,
    Inbound,
    Linked,
    MessageRef,
    Opened,
    Outcome,
    Place,
    Pressed,
    Prompts,
    Result,
    Said,
    Scope,
    Sender,
    Submitted,
)
from bot.rounds import Rounds
from bot.store import Store, Transaction
from bot.store.tables import InboxRow
from lanyard.app import Lanyard, build
from tests.doubles import seen
from tests.doubles.memory import PLATFORM, TENANT, MemoryPlatform, Posted


class Clock:
    """The domain's time, moved by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


class Dialogue:
    def __init__(
        self, store: Store, platform: MemoryPlatform, clock: Clock, *, tenant: str = TENANT, address: str = ""
    ) -> None:
        self.store = store
        self.platform = platform
        self.clock = clock
        self.tenant = tenant
        self.house: Lanyard = build(store, [platform], now=clock, tick=timedelta(seconds=1), address=address)
        self._keys = itertools.count(1)

    @property
    def conversation(self) -> Conversation:
        return self.house.conversation

    @property
    def rounds(self) -> Rounds:
        return self.house.rounds

    async def _hear(self, inbound: Inbound) -> Outcome:
        outcome = await self.conversation.receive(inbound)
        seen.note(outcome)
        return outcome

    # ── acting ──

    async def says(
        self,
        who: str,
        text: str,
        *,
        channel: str | None = None,
        mentioned: bool = False,
        thread: str | None = None,
        command: str | None = None,
        key: str | None = None,
        channels: dict[str, str] | None = None,
        people: dict[str, str] | None = None,
        attached: tuple[str, ...] = (),
        files: Mapping[str, bytes] | None = None,
    ) -> Outcome:
        """Say it, to the bot alone or in a channel, and let everything that follows happen.

        `files` are put on the platform under their names; `attached` are the names of such as cannot be fetched.
        """
        key = key or f"said-{next(self._keys)}"
        outcome = await self._hear(
            Said(
                platform=PLATFORM,
                tenant=self.tenant,
                key=key,
                sender=self._sender(who),
                place=self._place(who, channel, thread),
                at=self.clock(),
                text=text,
                command=command,
                mentioned=mentioned,
                message=key,
                channels=channels or {},
                people=people or {},
                attached=(*attached, *(files or {})),
                files=tuple(self.puts_in(name, content) for name, content in (files or {}).items()),
            )
        )
        await self.settle()
        return outcome

    def puts_in(self, name: str, content: bytes) -> File:
        """A file on the platform, the same for the same content under the same name."""
        id_ = hashlib.sha256(name.encode("utf-8", "replace") + content).hexdigest()
        self.platform.files[id_] = (name, content)
        return File(name=name, id=id_, size=len(content))

    async def only_says(self, who: str, text: str, *, key: str) -> None:
        """Say it to the bot alone; it waits to be handled."""
        await self._hear(Said(**self._heard(who, key), text=text, message=key))

    async def bring_retries_forward(self) -> None:
        """Let what waits to be tried again be due now."""
        async with self.store.database.write() as db:
            await db.execute(update(InboxRow).where(InboxRow.done_at.is_(None)).values(leased_until=None))

    async def presses(self, who: str, post: Posted, label: str, *, key: str | None = None) -> Outcome:
        """Press a button that is really on the card."""
        button = find_button(post.card, label)
        return await self.forges(who, button.verb, button.value, post=post, key=key)

    async def has_consent(self) -> None:
        """L&D says that the company has its people's consent, so that strangers are reminded without being asked."""
        form = await self.forges("leila", "customs")
        assert isinstance(form, Form)
        await self.submits("leila", form, consented="yes")

    async def forges(
        self, who: str, verb: str, value: str = "", *, post: Posted | None = None, key: str | None = None
    ) -> Outcome:
        """Press what may not be there."""
        channel = post.ref.conversation if post and not post.ref.conversation.startswith("dm-") else None
        outcome = await self._hear(
            Pressed(
                platform=PLATFORM,
                tenant=self.tenant,
                key=key or f"pressed-{next(self._keys)}",
                sender=self._sender(who),
                place=self._place(who, channel, post.ref.thread if post else None),
                at=self.clock(),
                verb=verb,
                value=value,
                message=post.ref if post else None,
            )
        )
        await self.settle()
        return outcome

    async def submits(
        self,
        who: str,
        form: Outcome,
        *,
        key: str | None = None,
        channel: str | None = None,
        **fields: str | tuple[str, ...],
    ) -> Outcome:
        """Fill in a form that was opened, and send it; fields not named keep what the form suggested."""
        assert isinstance(form, Form), form
        unknown = set(fields) - {field.name for field in form.fields}
        assert not unknown, f"The form has no fields {unknown}"
        filled = {field.name: fields.get(field.name, field.value) for field in form.fields}
        outcome = await self._hear(
            Submitted(
                platform=PLATFORM,
                tenant=self.tenant,
                key=key or f"submitted-{next(self._keys)}",
                sender=self._sender(who),
                place=self._place(who, channel, None),
                at=self.clock(),
                verb=form.verb,
                value=form.value,
                fields=filled,
            )
        )
        await self.settle()
        return outcome

    async def uses_on(
        self, who: str, text: str, *, channel: str | None = None, link: str = "https://chat.example/m/1"
    ) -> Outcome:
        """Save a message with these words as a job aid, by its shortcut."""
        number = next(self._keys)
        place = self._place(who, channel, None)
        outcome = await self._hear(
            Pressed(
                platform=PLATFORM,
                tenant=self.tenant,
                key=f"used-{number}",
                sender=self._sender(who),
                place=place,
                at=self.clock(),
                verb="save_as_aid",
                value=link,
                text=text,
                message=MessageRef(
                    platform=PLATFORM, tenant=self.tenant, conversation=place.conversation, id=f"m-{number}"
                ),
            )
        )
        await self.settle()
        return outcome

    async def opens_home(self, who: str) -> Card:
        """Open the home, and look at it."""
        outcome = await self.looks_in(who, Opened)
        assert isinstance(outcome, Home), outcome
        return outcome.card

    async def begins(self, who: str) -> tuple[str, ...]:
        """Open an empty conversation: what is offered."""
        outcome = await self.looks_in(who, Begun)
        assert isinstance(outcome, Prompts), outcome
        return outcome.prompts

    async def looks_in(self, who: str, how: type[Opened | Begun]) -> Outcome:
        """Open one of the two, and get whatever comes of it."""
        return await self._hear(how(**self._heard(who, f"look-{next(self._keys)}")))

    async def amends(self, who: str, key: str, text: str | None, *, channel: str | None = None) -> None:
        """Change what was said under this key, or (None) take it back."""
        heard = self._heard(who, f"amended-{next(self._keys)}", channel=channel)
        await self._hear(Amended(**heard, of=key, text=text))
        await self.settle()

    async def pastes(self, who: str, *addresses: str, channel: str | None = None) -> tuple[Result, ...]:
        """Put addresses into a message: what is shown beside it."""
        heard = self._heard(who, f"linked-{next(self._keys)}", channel=channel)
        outcome = await self._hear(Linked(**heard, addresses=addresses))
        assert isinstance(outcome, Found), outcome
        return outcome.results

    def _heard(self, who: str, key: str, *, channel: str | None = None) -> dict[str, Any]:
        return {
            "platform": PLATFORM,
            "tenant": self.tenant,
            "key": key,
            "sender": self._sender(who),
            "place": self._place(who, channel, None),
            "at": self.clock(),
        }

    async def passes(self, by: timedelta) -> None:
        """Time passes in one step, and the clock rings."""
        self.clock.advance(by)
        await self.rounds.tick()
        if await self.house.gathering.work_off():
            await self.rounds.tick()
        await self.settle()

    async def rests_reviews(self) -> None:
        """For a fortnight nobody is asked whether a job aid is still true."""
        async with self.store.transaction(1, now=self.clock()) as tx:
            for aid_id in await tx.aid_keys():
                await tx.claim_review(aid_id, again=timedelta(0))

    async def settle(self) -> None:
        """Until nothing waits: the inbox is worked, files are read, what was said is delivered."""
        house = self.house
        while await house.conversation.work_off() + await house.reading.work_off() + await house.delivery.work_off():
            pass

    # ── looking ──

    def seen_by(self, who: str) -> list[Posted]:
        """What one person can read, oldest first."""
        return [
            post
            for post in self.platform.posts
            if post.ref.conversation == f"dm-{who}"
            or (
                post.ref.conversation in self.platform.rooms
                and post.ref.person in (None, who)
                and who in self.platform.rooms[post.ref.conversation].members
            )
        ]

    def last(self, who: str) -> Posted:
        seen = self.seen_by(who)
        assert seen, f"{who} has been told nothing"
        return seen[-1]

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Transaction]:
        """A transaction that only looks, for assertions on what is kept."""
        workspace = await self.store.workspace_of(PLATFORM, self.tenant)
        assert workspace is not None
        async with self.store.reading(workspace, now=self.clock()) as tx:
            yield tx

    # ── inside ──

    def _sender(self, who: str) -> Sender:
        return self.platform.people.get(who) or Sender(id=who, name=who.title())

    def _place(self, who: str, channel: str | None, thread: str | None) -> Place:
        if channel is None:
            return Place(conversation=f"dm-{who}", scope=Scope.DIRECT, thread=thread)
        private = channel == "people-team"
        return Place(
            conversation=channel, scope=Scope.PRIVATE if private else Scope.CHANNEL, name=channel, thread=thread
        )


def text_of(card: Card) -> str:
    """Every word on a card, for looking."""
    words = [card.summary]
    for part in card.parts:
        words.append(getattr(part, "text", ""))
        words += [f"{label}: {value}" for label, value in getattr(part, "facts", ())]
        words += [link.label for link in getattr(part, "links", ())]
        words += [f"[{button.label}]" for button in getattr(part, "buttons", ())]
    return "\n".join(words)


def labels(card: Card) -> list[str]:
    return [button.label for part in card.parts if isinstance(part, Buttons) for button in part.buttons]


def find_button(card: Card, label: str) -> Button:
    for part in card.parts:
        if isinstance(part, Buttons):
            for button in part.buttons:
                if button.label == label:
                    return button
    raise AssertionError(f"No button {label!r} among {labels(card)}")
