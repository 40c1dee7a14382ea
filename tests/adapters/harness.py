"""What the contract suite needs of a platform under test: the hands and eyes of people on it.

A platform joins by a folder here with a `harness.py` that has `open_harness(folder, core)`, an asynchronous context
manager that gives a `Harness` around a started platform. The suite finds it; nothing is registered. `LACKS` names what
the real platform does not have, so that the suite does not ask for it; that this is so, the suite asks too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bot.messages import Availability, Inbound, Outcome, Platform

Lacks = frozenset[str]


class Core:
    """The core's place: keeps what it receives, and answers with `outcomes`, first in, first out; then None."""

    def __init__(self) -> None:
        self.received: list[Inbound] = []
        self.outcomes: list[Outcome | Exception] = []

    async def receive(self, inbound: Inbound) -> Outcome:
        self.received.append(inbound)
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One message as a person has it before their eyes. `text` is every visible word of it, unescaped."""

    id: str
    conversation: str
    thread: str | None
    text: str
    buttons: tuple[str, ...] = ()  # labels
    links: tuple[str, ...] = ()  # addresses that can be followed
    pictures: tuple[str, ...] = ()  # alternative texts, also of pictures shown as links


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the platform got back within its request."""

    accepted: bool  # False: the platform will deliver it again
    form: str | None = None  # an opened form's handle
    form_text: str = ""  # every visible word of it
    errors: Mapping[str, str] = field(default_factory=dict)  # by field
    note: str | None = None  # the words of a private note


class Harness(Protocol):
    """Alice and Bob are in the open channel, only Alice in the closed one. Nobody has the stranger's id."""

    platform: Platform
    tenant: str
    alice: str
    bob: str
    stranger: str
    open_channel: str
    closed_channel: str
    channel_name: str  # of the open channel, without "#"
    bob_name: str
    bob_email: str
    tells_of_people: bool  # whether the platform tells when people change, and when they leave
    bot_name: str

    async def sees(self, person: str) -> Sequence[Shown]:
        """Everything the person can read now, in all their conversations, oldest first."""
        ...

    async def direct(self, person: str) -> str:
        """The platform's id of the person's direct conversation with the bot."""
        ...

    async def say(
        self, person: str, conversation: str | None, text: str, *, thread: str | None = None, key: str | None = None
    ) -> Answer:
        """Say it there (None: to the bot directly) as the platform delivers it. The same `key` delivers it again.

        A mention of the bot or of a person is written "@name", a channel "#name"; the harness puts the platform's own
        form in their place.
        """
        ...

    async def send_file(self, person: str, name: str, content: bytes) -> Answer:
        """Send it to the bot directly, without a word."""
        ...

    async def take_files_away(self) -> None:
        """Whatever was sent is deleted."""
        ...

    async def press(self, person: str, shown: Shown, label: str, *, key: str | None = None) -> Answer:
        """Press the button. The same `key` delivers the same press again."""
        ...

    async def change(
        self, person: str, *, name: str | None = None, time_zone: str | None = None, key: str | None = None
    ) -> Answer:
        """Let their profile say so from now on. Only where `tells_of_people`, as `leave`."""
        ...

    async def leave(self, person: str) -> Answer:
        """Their account is closed."""
        ...

    async def form_group(self, name: str, *people: str) -> bool:
        """Let the people be a group of that name from now on. False: this platform has no groups."""
        ...

    async def be(self, person: str, availability: Availability) -> Availability:
        """Let the person be so, as far as the platform knows of such things. Returns how far that is."""
        ...

    async def invite(self, person: str) -> str:
        """Let the person bring the bot into a conversation where it was not. Returns the platform's id of it."""
        ...

    async def submit(self, person: str, form: str, fields: Mapping[str, str | Sequence[str]]) -> Answer: ...

    async def use(self, person: str, shown: Shown, shortcut: str) -> Answer:
        """Use a shortcut on a message: "ask_about" or "save_as_aid"."""
        ...

    async def open_home(self, person: str) -> Shown | None:
        """Open the bot's home, and look at it. None: this platform has no such place."""
        ...

    async def press_at_home(self, person: str, label: str) -> Answer:
        """Press a button there; only where there is a home."""
        ...

    async def look_at_home(self, person: str) -> Shown:
        """What stands there now, without opening it anew; only where there is a home."""
        ...

    async def begin(self, person: str) -> Sequence[str] | None:
        """Open an empty conversation with the bot: what is offered to begin with. None: there is no such thing."""
        ...

    async def signs(self, person: str, message: str) -> int | None:
        """How many signs of the bot's the person sees at a message. None: it cannot put any."""
        ...


class OpenHarness(Protocol):
    def __call__(self, folder: Path, core: Core) -> AbstractAsyncContextManager[Harness]: ...
