"""The web platform: a chat page that needs no account, for trying, demonstrating and testing. Loopback only.

    web = await connect(file=…, people=…, channels=…, now=…)   # opens the room, brings people and channels in
    web.bind(receive)                                          # before `start`
    app.add_routes(web.routes())

The page has no sign-in: whoever reaches it can be anybody. The caller listens on a loopback address and no other.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from aiohttp import web

from adapters.fetching import check_size
from adapters.web import inbound
from adapters.web.live import Live
from adapters.web.model import Channel, Message, NotHere, Persona, Standing, Working, direct
from adapters.web.outbound import card_json
from adapters.web.room import Room
from adapters.web.routes import Pages
from bot.messages import (
    Address,
    Availability,
    Busy,
    Card,
    File,
    MessageRef,
    Pace,
    Place,
    Presence,
    Reaction,
    Receive,
    Sender,
    TryLater,
    Undeliverable,
)

__all__ = ["Channel", "Persona", "WebPlatform", "connect"]

COMMANDS = (
    ("ask", "Ask a question, seen by nobody else"),
    ("nudge", "Plan reminders for yourself or others"),
    ("lanyard", "Settings and help"),
)
"""What the composer suggests after a slash: word and hint."""


async def connect(
    *,
    file: Path,
    now: Callable[[], datetime],
    people: Sequence[Persona] = (),
    channels: Sequence[Channel] = (),
    receive: Receive | None = None,
    skip: Callable[[timedelta], Awaitable[None]] | None = None,
    next_due: Callable[[], Awaitable[datetime | None]] | None = None,
    prompts: Sequence[str] = (),
    commands: Sequence[tuple[str, str]] = COMMANDS,
    tenant: str = "sample",
    bot_name: str = "Lanyard",
    token: Callable[[], str] = secrets.token_urlsafe,
    address: str | None = None,
) -> WebPlatform:
    """Open the room in `file` and bring people and channels in.

    `now` is the real clock. With `skip` the page may move time ahead: the room keeps by how much, `WebPlatform.now` is
    the clock to give to everything else, and `skip` is awaited after each step with its length. A long way is gone from
    one thing that falls due to the next, as far as `next_due` tells. `prompts` are first questions, offered where
    nothing was said yet; without them the core is asked for some. `address` is where the page is, such as
    http://127.0.0.1:3978; without it messages have no links. Raises OSError, sqlite3.Error, or ValueError where the
    file is bad.
    """
    # One thread, because the room has one connection, which takes one transaction at a time.
    thread = ThreadPoolExecutor(1, thread_name_prefix="web-room")
    loop = asyncio.get_running_loop()
    try:
        room = await loop.run_in_executor(thread, Room, file)
        await loop.run_in_executor(thread, room.settle, people, channels)
        ahead = await loop.run_in_executor(thread, room.ahead)
    except BaseException:
        thread.shutdown(wait=False)
        raise
    live = Live(room, thread, now=now, ahead=ahead if skip else timedelta(0))
    pages = Pages(
        live,
        platform=WebPlatform.name,
        tenant=tenant,
        bot=bot_name,
        prompts=prompts,
        commands=commands,
        skip=skip,
        next_due=next_due,
        token=token,
        address=address,
    )
    pages.receive = receive
    return WebPlatform(live, pages, tenant=tenant)


class WebPlatform:
    """See `bot.messages.Platform`. A `key` is unique in the room: sent again, it gives the first message's ref."""

    name = "web"
    reads_back = True

    def __init__(self, live: Live, pages: Pages, *, tenant: str) -> None:
        self._live = live
        self._room = live.room
        self._pages = pages
        self._tenant = tenant
        self._catching_up: asyncio.Task[None] | None = None

    def bind(self, receive: Receive) -> None:
        """Who receives what people say and press. Until then the page is told that Lanyard is busy."""
        self._pages.receive = receive

    def now(self) -> datetime:
        """The demonstration's clock: the real one and what the page has skipped."""
        return self._live.now()

    # ── Lifecycle ───────────────────────────────────────────────────────────────────────────────────────────────────

    def routes(self) -> Iterable[web.RouteDef]:
        return self._pages.routes()

    async def start(self) -> None:
        """Also hands over what was said before a crash and may not have been received."""
        self._live.start()
        self._catching_up = asyncio.get_running_loop().create_task(self._catch_up(), name="web catching up")

    def end_streams(self) -> None:
        """Let the pages' streams run out. Call it when the server begins to shut down, or it waits for them."""
        self._live.end()

    async def stop(self) -> None:
        if self._catching_up is not None:
            self._catching_up.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._catching_up
        await self._live.close()

    async def _catch_up(self) -> None:
        for message in await self._live.do(self._room.unheard):
            while True:
                try:
                    await self._pages.hand_over(message)
                    break
                except Busy:
                    await asyncio.sleep(1)

    # ── The port ────────────────────────────────────────────────────────────────────────────────────────────────────

    def paces(self, to: Address, *, revising: bool) -> Sequence[Pace]:  # noqa: ARG002 — the page takes all at once
        return ()

    async def send(self, to: Address, card: Card, *, key: str) -> MessageRef:
        conversation = self._conversation(to)
        with self._edge():
            if (
                to.person is not None
                and self._known(to.tenant, await self._live.do(self._room.person, to.person)) is None
            ):
                raise Undeliverable(f"There is nobody {to.person!r} here, or they have left.")
            message = await self._live.change(
                self._room.post,
                key=key,
                conversation=conversation,
                thread=to.thread,
                only_for=to.person if to.conversation is not None else None,
                card=await self._live.do(card_json, card),
                at=self.now(),
            )
        return self._ref(message)

    async def find(self, to: Address, *, key: str) -> MessageRef | None:
        conversation = self._conversation(to)
        with self._edge():
            message = await self._live.do(self._room.by_key, key)
        return self._ref(message) if message is not None and message.conversation == conversation else None

    async def revise(self, message: MessageRef, card: Card) -> None:
        self._check(message.platform, message.tenant)
        with self._edge():
            await self._live.change(self._room.revise, message.id, await self._live.do(card_json, card))

    async def profile(self, tenant: str, person: str) -> Sender | None:
        with self._edge():
            persona = await self._live.do(self._room.person, person)
        return self._known(tenant, persona)

    async def has_left(self, tenant: str, person: str) -> bool:
        with self._edge():
            persona = await self._live.do(self._room.person, person)
        return tenant == self._tenant and persona is not None and persona.standing is Standing.LEFT

    async def person_by_email(self, tenant: str, email: str) -> Sender | None:
        with self._edge():
            persona = await self._live.do(self._room.person_by_email, email)
        return self._known(tenant, persona)

    async def availability(self, tenant: str, person: str) -> Availability:
        with self._edge():
            persona = await self._live.do(self._room.person, person)
        if self._known(tenant, persona) is None or persona is None:
            return Availability()
        if persona.standing is Standing.OUT:
            return Availability(presence=Presence.OUT)
        presence = Presence.PRESENT if self._live.is_present(person) else Presence.AWAY
        busy = persona.until is not None and persona.until > self.now()
        return Availability(presence=presence, undisturbed_until=persona.until if busy else None)

    async def is_member(self, tenant: str, conversation: str, person: str) -> bool:
        return person in await self.members(tenant, conversation)

    async def members(self, tenant: str, conversation: str) -> Sequence[str]:
        self._check(self.name, tenant)
        with self._edge():
            return (await self._live.do(self._room.conversation, conversation)).members

    def _known(self, tenant: str, persona: Persona | None) -> Sender | None:
        if persona is None or tenant != self._tenant or persona.standing is Standing.LEFT:
            return None
        return persona.sender

    async def group(self, tenant: str, name: str) -> str | None:  # noqa: ARG002 — it has none
        return None

    async def find_channels(self, tenant: str, person: str, wanted: str) -> Sequence[Place]:
        if tenant != self._tenant:
            return ()
        with self._edge():
            seen = await self._live.do(self._room.channels, person)
        name = wanted.casefold()
        return [inbound.to_place(one, None) for one in seen if one.id == wanted or one.name.casefold() == name]

    async def link(self, message: MessageRef) -> str | None:
        return self._pages.link(message.conversation, message.id) if message.platform == self.name else None

    async def fetch(self, tenant: str, file: File, *, into: BinaryIO, most: int) -> str:
        self._check(self.name, tenant)
        with self._edge():
            name, content = await self._live.do(self._room.content_of, file.id)
        check_size(len(content), most=most)
        into.write(content)
        return name

    async def working(self, to: Address) -> None:
        if (to.platform, to.tenant) == (self.name, self._tenant):
            only_for = to.person if to.conversation is not None else None
            self._live.tell_working(Working(conversation=self._conversation(to), only_for=only_for))

    async def react(self, message: MessageRef, reaction: Reaction) -> None:
        if (message.platform, message.tenant) == (self.name, self._tenant):
            with contextlib.suppress(NotHere, sqlite3.Error):
                await self._live.change(self._room.sign, message.id, reaction.value)

    def _conversation(self, to: Address) -> str:
        self._check(to.platform, to.tenant)
        if to.conversation is not None:
            return to.conversation
        assert to.person is not None
        return direct(to.person)

    def _check(self, platform: str, tenant: str) -> None:
        if (platform, tenant) != (self.name, self._tenant):
            raise Undeliverable(f"This is {self.name}/{self._tenant}, not {platform}/{tenant}.")

    @contextmanager
    def _edge(self) -> Iterator[None]:
        try:
            yield
        except NotHere as missing:
            raise Undeliverable(str(missing)) from missing
        except sqlite3.Error as error:
            # The file is locked or the disk full; a write that failed in COMMIT may still have arrived.
            raise TryLater(f"The web room cannot be used just now: {error}.", maybe_sent=True) from error

    def _ref(self, message: Message) -> MessageRef:
        return MessageRef(
            platform=self.name,
            tenant=self._tenant,
            conversation=message.conversation,
            id=message.id,
            thread=message.thread,
            person=message.only_for,
        )
