"""Where each conversation is: the address of its connector, and whose it is. Teams tells it with each activity, once;
to write first, later, it has to be remembered, over restarts too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

LARGEST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """`person` is set for a person's own conversation with the bot, `team` for a channel's."""

    tenant: str
    conversation: str
    service_url: str
    person: str | None = None
    team: str | None = None


class References(Protocol):
    """Kept by whoever keeps things: the front door over its store; in memory for tests and local clients."""

    async def keep(self, reference: Reference) -> None:
        """Remember it, in the place of what was known of that conversation. Raises TryLater."""
        ...

    async def of(self, tenant: str, conversation: str) -> Reference | None:
        """Raises TryLater."""
        ...

    async def direct(self, tenant: str, person: str) -> Reference | None:
        """A person's conversation with the bot. Raises TryLater."""
        ...

    async def newest(self, tenant: str) -> Reference | None:
        """Any of a company's: where its connector was last. Raises TryLater."""
        ...

    async def teams(self, tenant: str) -> Sequence[Reference]:
        """One for each team that the bot was heard in. Raises TryLater."""
        ...


class InMemory:
    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Reference] = {}

    async def keep(self, reference: Reference) -> None:
        at = (reference.tenant, reference.conversation)
        self._kept.pop(at, None)
        self._kept[at] = reference

    async def of(self, tenant: str, conversation: str) -> Reference | None:
        return self._kept.get((tenant, conversation))

    async def direct(self, tenant: str, person: str) -> Reference | None:
        return next((one for one in self._of(tenant) if one.person == person), None)

    async def newest(self, tenant: str) -> Reference | None:
        return next(iter(self._of(tenant)), None)

    async def teams(self, tenant: str) -> Sequence[Reference]:
        return [*{one.team: one for one in self._of(tenant) if one.team is not None}.values()]

    def _of(self, tenant: str) -> list[Reference]:
        return [one for one in reversed(self._kept.values()) if one.tenant == tenant]


class Remembered:
    """What was kept or asked for lately, in memory, before the references that last. Nothing unchanged is written."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._conversations: dict[tuple[str, str], Reference] = {}
        self._directs: dict[tuple[str, str], Reference] = {}
        self._newest: dict[str, Reference] = {}

    async def keep(self, reference: Reference) -> None:
        if self._conversations.get((reference.tenant, reference.conversation)) == reference:
            return
        await self._references.keep(reference)
        self._learn(reference)
        self._newest[reference.tenant] = reference

    async def of(self, tenant: str, conversation: str) -> Reference | None:
        known = self._conversations.get((tenant, conversation))
        return known or self._learn(await self._references.of(tenant, conversation))

    async def direct(self, tenant: str, person: str) -> Reference | None:
        known = self._directs.get((tenant, person))
        return known or self._learn(await self._references.direct(tenant, person))

    async def newest(self, tenant: str) -> Reference | None:
        if tenant not in self._newest:
            found = await self._references.newest(tenant)
            if found is not None:
                self._newest[tenant] = found
        return self._newest.get(tenant)

    async def teams(self, tenant: str) -> Sequence[Reference]:
        return await self._references.teams(tenant)

    def _learn(self, reference: Reference | None) -> Reference | None:
        if reference is None:
            return None
        self._conversations[reference.tenant, reference.conversation] = reference
        if reference.person is not None:
            self._directs[reference.tenant, reference.person] = reference
        for kept in (self._conversations, self._directs):
            if len(kept) > LARGEST:
                del kept[next(iter(kept))]
        return reference
