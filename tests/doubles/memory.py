"""A platform in memory: the shortest real way through the port, for dialogues. It refuses what a real one refuses."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from aiohttp import web

from bot.messages import (
    Address,
    Availability,
    Card,
    File,
    MessageRef,
    Pace,
    Place,
    Reaction,
    Scope,
    Sender,
    TryLater,
    Undeliverable,
)
from tests.doubles import seen

PLATFORM = "memory"
TENANT = "test"


@dataclass(slots=True)
class Posted:
    """A message as people there see it. `card` is as it was revised last."""

    ref: MessageRef
    to: Address
    card: Card
    key: str
    revisions: int = 0


@dataclass(slots=True)
class Room:
    name: str
    members: set[str] = field(default_factory=set)
    closed: bool = False


class MemoryPlatform:
    name = PLATFORM

    def __init__(self, people: Iterable[Sender], rooms: dict[str, Room], *, reads_back: bool = True) -> None:
        self.reads_back = reads_back
        self.people = {person.id: person for person in people}
        self.rooms = rooms
        self.available: dict[str, Availability] = {}  # of those about whom the platform tells
        self.groups: dict[str, set[str]] = {}  # by their names, in small letters
        self.left: set[str] = set()
        self.files: dict[str, tuple[str, bytes]] = {}  # name and content, by their ids
        self.fetched: list[str] = []
        self.posts: list[Posted] = []
        self.faults: list[Exception] = []  # raised by the next calls, one each
        self.lose_reply: int = 0  # so many sends are taken, and then break off before they answer
        self.looking: list[Address] = []  # where an answer was looked for, in order
        self.signs: list[tuple[MessageRef, Reaction]] = []
        self.on_send: Callable[[Posted], None] = lambda _post: None
        self.limits: Callable[[Address, bool], Sequence[Pace]] = lambda _to, _revising: ()
        self._ids = itertools.count(1)

    def routes(self) -> Iterable[web.RouteDef]:
        return ()

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def paces(self, to: Address, *, revising: bool) -> Sequence[Pace]:
        return self.limits(to, revising)

    async def send(self, to: Address, card: Card, *, key: str) -> MessageRef:
        self._maybe_fail()
        if to.conversation is None:
            if to.person not in self.people:
                raise Undeliverable(f"There is nobody {to.person!r} here.")
            conversation = f"dm-{to.person}"
        else:
            conversation = to.conversation
            if conversation not in self.rooms and not conversation.startswith("dm-"):
                raise Undeliverable(f"There is no conversation {conversation!r} here.")
        ref = MessageRef(
            platform=PLATFORM,
            tenant=to.tenant,
            conversation=conversation,
            id=str(next(self._ids)),
            thread=to.thread,
            person=to.person if to.conversation is not None else None,
        )
        post = Posted(ref=ref, to=replace(to, conversation=conversation), card=card, key=key)
        self.posts.append(post)
        seen.note(card)
        self.on_send(post)
        if self.lose_reply:
            self.lose_reply -= 1
            raise TryLater("connection lost", maybe_sent=True)
        return ref

    async def find(self, to: Address, *, key: str) -> MessageRef | None:
        self._maybe_fail()
        return next((post.ref for post in self.posts if post.key == key), None)

    async def revise(self, message: MessageRef, card: Card) -> None:
        self._maybe_fail()
        for post in self.posts:
            if post.ref.id == message.id:
                post.card = card
                seen.note(card)
                post.revisions += 1
                return
        raise Undeliverable(f"There is no message {message.id!r} here.")

    async def profile(self, tenant: str, person: str) -> Sender | None:
        return self.people.get(person) if person not in self.left else None

    async def has_left(self, tenant: str, person: str) -> bool:
        self._maybe_fail()
        return person in self.left

    async def person_by_email(self, tenant: str, email: str) -> Sender | None:
        self._maybe_fail()
        wanted = email.casefold()
        return next((one for one in self.people.values() if one.email and one.email.casefold() == wanted), None)

    async def availability(self, tenant: str, person: str) -> Availability:
        self._maybe_fail()
        return self.available.get(person, Availability())

    async def is_member(self, tenant: str, conversation: str, person: str) -> bool:
        self._maybe_fail()
        return person in await self.members(tenant, conversation)

    async def group(self, tenant: str, name: str) -> str | None:
        self._maybe_fail()
        return f"group-{name.casefold()}" if name.casefold() in self.groups else None

    async def members(self, tenant: str, conversation: str) -> Sequence[str]:
        if conversation.removeprefix("group-") in self.groups:
            return sorted(self.groups[conversation.removeprefix("group-")])
        if conversation not in self.rooms:
            raise Undeliverable(f"There is no conversation {conversation!r} here.")
        return sorted(self.rooms[conversation].members)

    async def find_channels(self, tenant: str, person: str, wanted: str) -> Sequence[Place]:
        self._maybe_fail()
        return [
            Place(conversation=id_, scope=Scope.PRIVATE if room.closed else Scope.CHANNEL, name=room.name)
            for id_, room in self.rooms.items()
            if (id_ == wanted or room.name.casefold() == wanted.casefold())
            and (not room.closed or person in room.members)
        ]

    async def link(self, message: MessageRef) -> str | None:
        return f"https://chat.example/{message.conversation}/{message.id}"

    async def fetch(self, tenant: str, file: File, *, into: BinaryIO, most: int) -> str:
        self._maybe_fail()
        self.fetched.append(file.id)
        if file.id not in self.files:
            raise Undeliverable("It was deleted.")
        name, content = self.files[file.id]
        if len(content) > most:
            raise Undeliverable("It is too large.")
        into.write(content)
        return name

    async def working(self, to: Address) -> None:
        self.looking.append(to)

    async def react(self, message: MessageRef, reaction: Reaction) -> None:
        if (message, reaction) not in self.signs:
            self.signs.append((message, reaction))

    def _maybe_fail(self) -> None:
        if self.faults:
            raise self.faults.pop(0)
