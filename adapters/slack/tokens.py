"""Where Lanyard is installed, and by which token it may speak there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """In one workspace, or in an organisation and so in each of its workspaces. `tenant` is the id of either."""

    tenant: str
    token: str = field(repr=False)
    bot: str | None = None  # the bot's own id as a person, if it is known
    of_organisation: bool = False

    def team_of(self, tenant: str) -> str | None:
        """The workspace that a call has to name, since the token does not tell it."""
        return tenant if self.of_organisation else None


class Tokens(Protocol):
    """One workspace's token from the settings, or the tokens of many, as sign-ins have brought them."""

    async def installation(self, tenant: str) -> Installation | None:
        """None for a workspace that Lanyard is not installed in. Raises TryLater, Undeliverable."""
        ...

    async def only_tenant(self) -> str | None:
        """The workspace, if there can be only one. Raises TryLater, Undeliverable."""
        ...

    async def renew(self, used: Installation) -> Installation | None:
        """Slack does not take this one any more: one that serves instead, if there is one. Raises TryLater."""
        ...

    async def end(self, used: Installation) -> None:
        """Slack has taken this one away for good. Without effect on one that came after it. Raises TryLater."""
        ...

    async def adopt(self, tenant: str, organisation: str) -> None:
        """Slack says that the workspace belongs to the organisation. Raises TryLater."""
        ...
