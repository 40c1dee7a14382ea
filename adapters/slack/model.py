"""What the adapter's modules hand each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.messages import Place, Scope, Sender

PLATFORM = "slack"


class Malformed(ValueError):  # noqa: N818 — a verdict on what was sent
    """What came in has not the shape that Slack gives it. The text names the field, never its value."""


class Unshowable(ValueError):  # noqa: N818 — a verdict on a card or form
    """Slack has no room for this, and it may not be cut. The text is one plain sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    id: str
    scope: Scope
    name: str | None = None
    shared: bool = False  # with another company


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Who and what is known behind Slack's ids, at the time something came in."""

    people: Mapping[str, Sender] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)

    def sender(self, person: str, *, strange: bool = False) -> Sender:
        """Where people of other companies come in too (`strange`), nobody is a colleague but who is known for one."""
        return self.people.get(person) or Sender(id=person, is_guest=strange)

    def place(self, channel: str, *, thread: str | None = None) -> Place:
        """A channel that nobody told us of is taken for a closed one, read by other companies: the careful reading."""
        known = self.channels.get(channel)
        if known is None:
            return Place(conversation=channel, scope=Scope.PRIVATE, thread=thread, shared=True)
        name = None if known.scope is Scope.DIRECT else known.name
        return Place(conversation=channel, scope=known.scope, name=name, thread=thread, shared=known.shared)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What Slack gets back within its request. `status` 503 is no acknowledgement: Slack delivers again."""

    status: int = 200
    body: Mapping[str, Any] | None = None


OK = Reply()
