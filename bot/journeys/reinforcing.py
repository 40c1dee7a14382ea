"""Plan → nudge → response: campaigns, the series people are in, and what they do with a nudge."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.messages import Card, Note, Outcome
from bot.services import Services
from bot.turn import Turn


async def nudge(_turn: Turn) -> Outcome:
    return Note(card=Card(summary="Nudges are being built."))


async def nudge_typed(turn: Turn, _text: str) -> None:
    async with turn.commit() as tx:
        await tx.send(turn.only_to_me(), Card(summary="Nudges are being built."))


async def send_due(services: Services, workspace: int, *, limit: int) -> int:
    """Send, put off, skip or rest what has fallen due. Returns how many enrolments were looked at."""
    async with services.store.transaction(workspace, now=services.now()) as tx:
        return 0 * len(await tx.claim_due(limit=limit))


COMMANDS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"nudge": nudge}
PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {}
SUBMISSIONS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {}
