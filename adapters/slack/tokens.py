"""Where Lanyard is installed, and by which token it may speak there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.messages import Sender, TryLater


class Lapsed(TryLater):
    """The token has run out, and Slack gives no other: somebody must install Lanyard again. What waits may wait."""


class Overtaken(Exception):  # noqa: N818 — nothing is wrong, only over
    """Somebody else has kept another installation meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """In one workspace, or in an organisation and so in each of its workspaces. `tenant` is the id of either.

    A token that ends comes with a refresh token, which gets the next pair and serves once. `version` counts what was
    kept for this tenant.
    """

    tenant: str
    token: str = field(repr=False)
    bot: str | None = None  # the bot's own id as a person, if it is known
    of_organisation: bool = False
    refresh_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    version: int = 0

    def team_of(self, tenant: str) -> str | None:
        """The workspace that a call has to name, since the token does not tell it."""
        return tenant if self.of_organisation else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What an installation through Slack's page has brought. `name` comes from outside."""

    installation: Installation
    name: str
    app: str | None
    organisation: str | None  # of which the workspace is a part, or which it is
    by: Sender
    known_in: str  # the tenant in which the one who installed it is known by that id


class Tokens(Protocol):
    """One workspace's token from the settings, or the tokens of many, as sign-ins have brought them."""

    async def installation(self, tenant: str) -> Installation | None:
        """None for a workspace that Lanyard is not installed in. Raises TryLater, Undeliverable."""
        ...

    async def only_tenant(self) -> str | None:
        """The workspace, if there can be only one. Raises TryLater, Undeliverable."""
        ...

    async def renew(self, used: Installation) -> Installation | None:
        """It has run out: the next, if there can be one. Raises TryLater."""
        ...

    async def newer(self, used: Installation) -> Installation | None:
        """Slack does not know this one: the one that came after it meanwhile, if so. Raises TryLater."""
        ...

    async def end(self, used: Installation) -> Installation | None:
        """Slack has taken this one away for good. The one that came after it meanwhile, if so. Raises TryLater."""
        ...

    async def adopt(self, tenant: str, organisation: str) -> None:
        """Slack says that the workspace belongs to the organisation. Raises TryLater."""
        ...


class Installations(Protocol):
    """The memory of installations, shared by all replicas, in which no token can be read. Everything raises TryLater.

    What changes an installation does so only while its `version` is still the last, and says whether it was.
    """

    async def find(self, tenant: str) -> Installation | None:
        """The workspace's own, else its organisation's. Raises Undeliverable where there was one once."""
        ...

    async def all(self) -> Sequence[Installation]: ...

    async def count_kept(self, tenant: str) -> int:
        """How often something was kept for exactly this tenant: the `version` of the last, ended or not."""
        ...

    async def keep(self, sign_in: SignIn, *, after: int) -> bool:
        """The workspace is made if there is none. Whoever signed in becomes its administrator, unless it has one: many
        workspaces let anybody install what is installed already. Returns whether they are an administrator now.

        Raises Overtaken, and keeps nothing, where more than `after` was kept meanwhile.
        """
        ...

    async def lease(self, one: Installation) -> bool:
        """Take it in hand to renew it, for as long as a call may last."""
        ...

    async def release(self, one: Installation) -> None: ...

    async def replace(self, one: Installation, by: Installation) -> bool: ...

    async def end(self, one: Installation) -> bool: ...

    async def expiring(self, before: datetime) -> Sequence[Installation]: ...

    async def adopt(self, tenant: str, organisation: str) -> bool:
        """False where Lanyard is not installed in the whole organisation."""
        ...

    async def begin_sign_in(self, state: str, browser: str, *, until: datetime) -> None: ...

    async def finish_sign_in(self, state: str, browser: str) -> bool:
        """Whether this browser began it and it is still open. It is not, afterwards."""
        ...
