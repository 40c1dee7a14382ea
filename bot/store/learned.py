"""What a workspace's own threads have taught about whom to ask, kept for all replicas and for the next start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from bot.store import tables as t
from bot.store.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptWeights:
    """Weights by the names of what they weigh, and from how many answers they were learned."""

    answers: int
    weights: Mapping[str, float]


class LearnedFromThreads(Session):
    async def routing_weights(self) -> dict[bool, KeptWeights]:
        """Those of questions asked in a place (True), and of those without one, as far as anything was learned."""
        look = select(t.RoutingWeights).where(t.RoutingWeights.workspace_id == self.workspace)
        rows = (await self.db.execute(look)).mappings()
        return {row["placed"]: KeptWeights(answers=row["answers"], weights=row["weights"]) for row in rows}

    async def keep_routing_weights(self, kept: KeptWeights, *, placed: bool) -> None:
        """In the place of those that are there; of two replicas that learned at once, the later one's stay."""
        values = {"answers": kept.answers, "weights": dict(kept.weights), "at": self.now}
        put = self.insert(t.RoutingWeights).values(workspace_id=self.workspace, placed=placed, **values)
        await self.db.execute(put.on_conflict_do_update(index_elements=["workspace_id", "placed"], set_=values))
