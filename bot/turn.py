"""One inbound being handled: who, where, and the one transaction in which all that comes of it is committed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.addresses import path_of_aid
from bot.messages import Address, Amended, Heard, Inbound, MessageRef, Pressed, Reaction, Scope
from bot.services import Services
from bot.store import Transaction
from bot.store.records import Aid, Person, Received
from knowledge.model import EVERYONE

log = structlog.get_logger(__name__)

COURTESY = 1.0
"""Seconds that a status or a sign may take."""


class BadInputError(Exception):
    """What came in cannot be meant. The message says what was wrong and what to do; the person reads it."""


@dataclass(slots=True, kw_only=True)
class Turn:
    services: Services
    workspace: int
    person: Person
    inbound: Inbound
    key: str
    now: datetime
    row: Received | None = None  # the inbox row, where the inbound waited in one
    twin: str | None = None  # what a delivery of the same under another key would share
    committed: bool = False
    closing: Callable[[Transaction], Awaitable[None]] | None = None
    """What is said last, in the same transaction, whatever comes of the inbound."""

    @asynccontextmanager
    async def commit(self) -> AsyncIterator[Transaction]:
        """The turn's transaction, which also marks the inbound as done. Raises DuplicateError for one done before."""
        async with self.services.store.transaction(self.workspace, now=self.now) as tx:
            if not self.committed:
                if self.row is not None:
                    await tx.finish(self.row)
                else:
                    await tx.accept(self.key, twin=self.twin)
            yield tx
            if not self.committed and self.closing is not None:
                await self.closing(tx)
        self.committed = True

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Transaction]:
        async with self.services.store.reading(self.workspace, now=self.now) as tx:
            yield tx

    # ── where it was said ──

    def place_key(self) -> str:
        return name_place(self.inbound)

    def is_direct(self) -> bool:
        return self.inbound.place.scope is Scope.DIRECT

    def place_grants(self) -> frozenset[str]:
        """What everybody who reads this place may see."""
        match self.inbound.place.scope:
            case Scope.CHANNEL:
                return frozenset({EVERYONE})
            case Scope.PRIVATE:
                own = f"conversation:{self.place_key()}"
                # What everybody in the company may see is not for people of another one who read here too.
                return frozenset({own} if self.inbound.place.shared else {EVERYONE, own})
            case Scope.DIRECT:
                return self.person.grants()

    def private_grants(self) -> frozenset[str]:
        """What the person may see, asking from this place."""
        return self.person.grants() | self.place_grants()

    def here(self, *, thread: str | None = None) -> Address:
        """The place itself, for everybody who reads it."""
        return Address(
            platform=self.inbound.platform,
            tenant=self.inbound.tenant,
            conversation=self.inbound.place.conversation,
            thread=thread if thread is not None else self.inbound.place.thread,
        )

    def only_to_me(self, *, thread: str | None = None) -> Address:
        """For the person's eyes, in this place."""
        if self.is_direct():
            return self.here(thread=thread)
        return Address(
            platform=self.inbound.platform,
            tenant=self.inbound.tenant,
            conversation=self.inbound.place.conversation,
            thread=thread if thread is not None else self.inbound.place.thread,
            person=self.inbound.sender.id,
        )

    def page_of(self, aid: Aid) -> str:
        """The address of the job aid's page; empty where there are no pages."""
        base = self.services.address
        return base + path_of_aid(self.workspace, aid.number) if base else ""

    # ── beside the answer: never waited for long, and nothing is lost without it ──

    @asynccontextmanager
    async def working(self, to: Address) -> AsyncIterator[None]:
        """Meanwhile show there that an answer is being looked for."""
        platform = self.services.platforms.get(to.platform)
        if platform is None:
            yield
            return
        told = asyncio.create_task(platform.working(to))
        try:
            yield
        finally:
            # Told only after the answer was sent, it would stay there.
            await _bounded(told)

    async def react(self, message: MessageRef, reaction: Reaction) -> None:
        platform = self.services.platforms.get(message.platform)
        if platform is not None:
            await _bounded(asyncio.create_task(platform.react(message, reaction)))

    # ── what was pressed ──

    async def pressed_key(self, tx: Transaction) -> str | None:
        """The key of the card whose button was pressed, while it is remembered."""
        if isinstance(self.inbound, Pressed) and self.inbound.message is not None:
            return await tx.key_of(self.inbound.message)
        return None


async def _bounded(courtesy: asyncio.Task[None]) -> None:
    _, late = await asyncio.wait({courtesy}, timeout=COURTESY)
    for task in late:
        task.cancel()
    if not late and not courtesy.cancelled() and (fault := courtesy.exception()) is not None:
        log.warning("a courtesy failed", fault=type(fault).__name__)


def name_place(heard: Heard) -> str:
    """Names the conversation among all platforms'."""
    return f"{heard.platform}/{heard.tenant}/{heard.place.conversation}"


def name_inbound(kind: str, heard: Heard, key: str) -> str:
    """The name of what a platform knows by `key`, in the place of `heard`; any text, made fit for a key column."""
    name = f"{kind}:{heard.platform}:{heard.tenant}:{heard.place.conversation}:{key}"
    if len(name) <= 500 and name.isascii() and name.isprintable():
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{kind}:{heard.platform}:{digest}"


SAID = "m"


def name_said(amended: Amended) -> str:
    """The name of what was said, and is now changed or taken back."""
    return name_inbound(SAID, amended, amended.of)


def parse_numbers(value: str, count: int) -> tuple[int, ...]:
    """The ids that a button carries, as "12" or "12.3". They come back from outside: raises BadInputError."""
    parts = value.split(".")
    if len(parts) != count or not all(part.isascii() and part.isdecimal() and len(part) < 16 for part in parts):
        raise BadInputError("This button is not one of mine. Ask again and use the buttons below my answer.")
    return tuple(int(part) for part in parts)
