"""The port behind which a platform stands, and what may come of a call through it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO, Protocol

from aiohttp import web

from bot.messages.cards import Card, Outcome, Reaction
from bot.messages.inbound import File, Inbound
from bot.messages.places import Address, Availability, MessageRef, Place, Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A limit that a platform sets, counted in a `bucket` that all replicas share.

    `burst` calls may follow each other at once after a quiet while, and then one `every` so often: in any stretch of
    time t there are no more than burst + t / every. `bucket` is named within the platform, so it names the tenant too.
    """

    bucket: str
    every: timedelta
    burst: int = 1
    wide: bool = False  # whether other conversations draw on the bucket too, not this one alone

    def __post_init__(self) -> None:
        if self.burst < 1 or self.every <= timedelta(0):
            raise ValueError(f"A pace needs a burst of 1 or more and time between calls: {self!r}")

    @classmethod
    def at_most(
        cls, calls: int, *, within: timedelta, bucket: str, burst: int | None = None, wide: bool = False
    ) -> Pace:
        """Never more than `calls` in any stretch `within`, of which `burst` (else half of them) may come at once."""
        burst = burst if burst is not None else max(1, calls // 2)
        if burst >= calls > 1:
            raise ValueError(f"A burst of {burst} leaves nothing of {calls} calls to be spread.")
        every = within / max(1, calls - burst)
        return cls(bucket=bucket, every=every, burst=burst, wide=wide)


class TryLater(Exception):  # noqa: N818 — it is an instruction, not a fault
    """The platform did not take it now. `after` is the platform's own delay; None leaves it to the caller.

    `maybe_sent` says that the call may have arrived: look for the message before sending it again. `bucket` is the one
    of the message's paces that has to rest for `after`; None means this conversation.
    """

    def __init__(
        self,
        reason: str,
        *,
        after: timedelta | None = None,
        maybe_sent: bool = False,
        bucket: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.after = after
        self.maybe_sent = maybe_sent
        self.bucket = bucket


class CannotTell(Exception):  # noqa: N818 — an honest answer, not a fault
    """Raised by `find` for what cannot be asked for, such as what only one person sees: it may or may not be there."""


class Undeliverable(Exception):  # noqa: N818 — it is a verdict on the message, not a fault of ours
    """The platform will never take it: no such conversation, not a member, blocked. `reason` is one plain sentence."""


class Busy(Exception):  # noqa: N818 — raised by `Receive`; the adapter answers "try again" (503)
    """Lanyard cannot store what came in just now. Nothing was kept; the platform should deliver it again."""


Receive = Callable[[Inbound], Awaitable[Outcome]]
"""The core, as an adapter sees it. Returning means that the inbound is stored. Raises Busy, nothing else."""


class Platform(Protocol):
    """One chat platform. Two or more real ones stand behind this port; `tests/adapters` holds their contract."""

    name: str
    reads_back: bool  # whether `find` can tell

    def routes(self) -> Iterable[web.RouteDef]:
        """The HTTP routes the platform needs."""
        ...

    async def start(self) -> None:
        """Open what stays open (a socket, a session). Called once, before the first `send`."""
        ...

    async def stop(self) -> None:
        """Close it again."""
        ...

    def paces(self, to: Address, *, revising: bool) -> Sequence[Pace]:
        """The limits that a message to this address draws on, narrow ones first; none where there are none. Pure."""
        ...

    async def send(self, to: Address, card: Card, *, key: str) -> MessageRef:
        """Say it. `key` goes with the message where the platform has room for it. Raises TryLater, Undeliverable."""
        ...

    async def find(self, to: Address, *, key: str) -> MessageRef | None:
        """The message that carries `key`, if it was sent to `to`. Only where `reads_back`.

        Raises TryLater, CannotTell.
        """
        ...

    async def revise(self, message: MessageRef, card: Card) -> None:
        """Replace what was sent. Doing it twice is harmless. Raises TryLater, Undeliverable."""
        ...

    async def profile(self, tenant: str, person: str) -> Sender | None:
        """What the platform tells of a person, or None if there is no such person. Raises TryLater."""
        ...

    async def has_left(self, tenant: str, person: str) -> bool:
        """Whether their account there is closed. False where the platform does not tell. Raises TryLater."""
        ...

    async def person_by_email(self, tenant: str, email: str) -> Sender | None:
        """Who has that address there, whatever its case, or None. Raises TryLater."""
        ...

    async def availability(self, tenant: str, person: str) -> Availability:
        """Whether the person can be disturbed now. What the platform does not tell is left open. Raises TryLater."""
        ...

    async def is_member(self, tenant: str, conversation: str, person: str) -> bool:
        """Whether the person is in the conversation; cheaper than `members`. Raises TryLater, Undeliverable."""
        ...

    async def members(self, tenant: str, conversation: str) -> Sequence[str]:
        """The people in a conversation or group, as the platform's ids, bots left out.

        Raises TryLater, Undeliverable.
        """
        ...

    async def group(self, tenant: str, name: str) -> str | None:
        """The platform's id of a group of people, for `members`, by the name that stands behind an "@" there.

        The name's case does not matter. None where there is no such group, or no groups at all. Raises TryLater.
        """
        ...

    async def find_channels(self, tenant: str, person: str, wanted: str) -> Sequence[Place]:
        """The channels that a person there can mean by a name, whatever its case, or by the platform's id.

        Each with a `name` that no other channel has which they see. Only those that they may know of: a closed one is
        told to those alone who are in it. None where there is no such channel. Raises TryLater.
        """
        ...

    async def link(self, message: MessageRef) -> str | None:
        """An address that opens the message for whoever may read it; None where there is none. Raises nothing."""
        ...

    async def fetch(self, tenant: str, file: File, *, into: BinaryIO, most: int) -> str:
        """Write what is in a file that somebody sent into `into`. Returns its name, as the platform tells it now.

        What was written before an error is worth nothing.

        Raises TryLater, and Undeliverable where it cannot be had, or holds more than `most` bytes.
        """
        ...

    async def working(self, to: Address) -> None:
        """Show that an answer is being looked for; whatever is said there next takes it away.

        Best effort: it raises nothing, and does nothing where a platform has no way to show it.
        """
        ...

    async def react(self, message: MessageRef, reaction: Reaction) -> None:
        """Put a sign at somebody's message, once. Best effort: it raises nothing."""
        ...
