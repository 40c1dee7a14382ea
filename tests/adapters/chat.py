"""What people do and read in a chat with Lanyard: the hands and eyes of dialogues that are the same everywhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import sqlalchemy

from bot.store import Store
from lanyard.app import Lanyard
from tests.doubles.sent_files import Files

Filled = str | tuple[str, ...]
"""What is put into a field of a dialog: several where several may be chosen, each by its label."""


class Seen(Protocol):
    """A message as somebody reads it."""

    @property
    def id(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def buttons(self) -> tuple[str, ...]: ...
    @property
    def links(self) -> tuple[str, ...]: ...
    @property
    def pictures(self) -> tuple[str, ...]: ...


class Chat(ABC):
    """The sample company on one platform."""

    house: Lanyard

    @abstractmethod
    async def nudge(self, who: str, line: str) -> None:
        """The command, as people give it there; `#store-berlin` is that channel."""

    @abstractmethod
    async def says(
        self,
        who: str,
        text: str,
        *,
        channel: str | None = None,
        thread: str | None = None,
        files: Files = (),
    ) -> str:
        """Say it to the bot alone, or mention it in a channel. Returns the message's id."""

    @abstractmethod
    async def reads(self, who: str) -> Sequence[Seen]:
        """All that somebody can read, when nothing waits any more; oldest first."""

    async def find(self, who: str, words: str) -> Seen:
        """The newest message with these words, on it or on one of its buttons."""
        found = [
            seen
            for seen in await self.reads(who)
            if words in seen.text or any(words in label for label in seen.buttons)
        ]
        assert found, f"{who} reads nothing with {words!r}"
        return found[-1]

    @abstractmethod
    async def press(self, who: str, words: str, label: str) -> str:
        """The button of the newest such message. Returns what that says to them alone, or the words of a dialog."""

    async def press_told(self, who: str, label: str) -> str:
        """The same, of a button on what was just said to them alone."""
        return await self.press(who, label, label)

    @abstractmethod
    async def save(self, who: str, message: str) -> str:
        """*Save as job aid*, on a message. Returns the words of what opens."""

    @abstractmethod
    def choice_of(self, channel: str) -> str:
        """How the channel is chosen in a dialog there."""

    @abstractmethod
    async def open_form(self, who: str) -> None:
        """After a command for a form: it is open, where a command may open one, and else behind a button."""

    @abstractmethod
    async def fill_in(self, who: str, **fields: Filled) -> str:
        """Send the dialog that is open; what is not named keeps what stands in it, and "=…" chooses by its value.

        Returns the word about it that stands there then.
        """

    @abstractmethod
    async def refused(self, who: str, **fields: Filled) -> str:
        """The same where the dialog is not taken. Returns the sentence for it; then the dialog is closed."""

    @abstractmethod
    async def hires(self, channel: str, *names: str) -> None:
        """Colleagues who have never turned to Lanyard, with Leila in a new channel. Each name is a handle too."""

    async def leaves_channel(self, who: str, channel: str) -> bool:
        """False: on this platform nobody leaves a channel."""
        return False

    async def is_shut_off(self, who: str, *, off: bool = True) -> bool:
        """The platform opens no conversation with them, and tells nobody. False: this one opens it with everybody."""
        return False

    async def is_out(self, who: str) -> bool:
        """Their status says so from now on. False: this platform tells no bot of it."""
        return False

    async def leaves(self, who: str) -> bool:
        """Their account is closed. False: this platform tells no bot of it."""
        return False

    @abstractmethod
    async def passes(self, by: timedelta) -> None:
        """So much time, and all that falls due in it."""


async def let_go(store: Store) -> int:
    """As if so much time had passed that no pace holds anything up. Returns how much was held up."""
    async with store.database.write() as db:
        held: int = (await db.execute(sqlalchemy.text("DELETE FROM gate"))).rowcount
        await db.execute(sqlalchemy.text("DELETE FROM bucket"))
    return held
