"""The eyes of one person in Slack."""

from __future__ import annotations

from dataclasses import dataclass

from tests.doubles.slack.model import Channel, Installation, Message, User, View
from tests.doubles.slack.reading import Seen, preview, read_message, read_view
from tests.doubles.slack.world import World


class ImpossibleError(AssertionError):
    """Slack does not let a person do this: there is no such button, a required input is empty, …"""


@dataclass(slots=True, eq=False)
class Sight:
    world: World
    user: User

    @property
    def id(self) -> str:
        return self.user.id

    @property
    def app(self) -> Installation:
        teams = [self.user.team, *(one.team for one in self.user.team.channels.values() if one.shared_with)]
        one = next((found for team in teams if (found := self.world.installation(team))), None)
        if one is None:
            raise ImpossibleError(f"The app is not installed in {self.user.team.name!r}.")
        return one

    def direct(self) -> Channel:
        """The direct conversation with the app."""
        return self.world.direct(self.app.bot, self.user)

    # ── seeing ──

    def sees(self, channel: str | Channel | None = None) -> list[Message]:
        """Every message this person can read there (None: anywhere), ephemeral ones included, oldest first."""
        places = self.user.team.channels.values() if channel is None else [self._channel(channel)]
        return sorted((one for place in places for one in self.world.visible(self.user, place)), key=lambda m: m.ts)

    def reads(self, channel: str | Channel | None = None) -> list[Seen]:
        """The same, as words, buttons and links."""
        return [read_message(self.world, message) for message in self.sees(channel)]

    def last(self, channel: str | Channel | None = None) -> Seen:
        """The newest message of the app that this person can read."""
        return [seen for seen in self.reads(channel) if seen.by_app][-1]

    def notification(self, message: Message | Seen | str) -> str:
        return preview(self.world, self._message(message))

    def reloads(self) -> None:
        """Ephemeral messages are gone after it."""
        for channel in self.user.team.channels.values():
            channel.ephemerals = [one for one in channel.ephemerals if one.only_for is not self.user]

    def modal(self) -> View | None:
        stack = self.world.stack(self.user)
        return stack[-1] if stack else None

    def home(self) -> View | None:
        return self.world.homes.get(self.id)

    def reads_view(self, view: View | None = None) -> Seen:
        """The modal on top, or the Home tab when there is none, as words and buttons."""
        shown = view or self.modal() or self.home()
        if shown is None:
            raise ImpossibleError("There is neither a modal nor a Home tab.")
        return read_view(self.world, shown)

    def _channel(self, channel: str | Channel) -> Channel:
        return self.world.channel(channel, self.user.team)

    def _message(self, given: Message | Seen | str) -> Message:
        """By itself, as seen, or by its time stamp. Raises ImpossibleError if this person cannot see it."""
        for message in self.sees():
            if message is given or message.ts == given:
                return message
            if isinstance(given, Seen) and (given.id, given.conversation) == (message.ts, message.channel.id):
                return message
        raise ImpossibleError(f"{self.user.name} does not see the message {given!r}.")
