"""All that has been shown of who knows what, as a place may use it."""

from __future__ import annotations

from bot.store import Transaction
from bot.store.shown import EvidenceRow
from knowledge.model import Evidence

EVER = 10**9
MANY = 100_000


async def rows_of(tx: Transaction, *, place: str | None, model: str = "") -> list[EvidenceRow]:
    """What was shown in the open, and in the place itself, if that is a closed one."""
    closed = await tx.closed_evidence(place, model=model) if place else []
    return [*await tx.evidence_since(-1, until=EVER, after=None, limit=MANY, model=model), *closed]


async def evidence_of(tx: Transaction, *, place: str | None) -> list[Evidence]:
    """The same, with what people own and declared."""
    owned = await tx.owned_since(-1, until=EVER, after=None, limit=MANY)
    shown = [*(row.evidence for row in await rows_of(tx, place=place)), *(aid.evidence for aid in owned)]
    return [*filter(None, shown), *(await tx.declared_evidence()).values()]
