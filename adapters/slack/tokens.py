"""Where Lanyard is installed, and by which token it may speak there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    token: str = field(repr=False)
    bot: str | None = None  # the bot's own id as a person, if it is known


class Tokens(Protocol):
    """One workspace's token from the settings, or the tokens of many, as sign-ins have brought them."""

    async def installation(self, tenant: str) -> Installation | None:
        """None for a workspace that Lanyard is not installed in. Raises TryLater."""
        ...

    async def only_tenant(self) -> str | None:
        """The workspace, if there can be only one. Raises TryLater, Undeliverable."""
        ...
