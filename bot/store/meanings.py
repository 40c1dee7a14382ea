"""What pieces of evidence mean to a model: a vector beside each piece, which goes with it in whatever way that goes.

No two pieces share one, not even where they say the same: what is erased is erased, and nobody learns from a vector
that somebody else has said this as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, exists, func, select

from bot.store import tables as t
from bot.store.directions import behind, chunks
from bot.store.session import Session
from bot.store.shown import DISOWNED, TALK, EvidenceRow, read_evidence_row
from knowledge.model import ABOUT_A_QUESTION


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A piece of evidence that a model has read, at this revision of it."""

    id: int
    revision: int
    codes: bytes


class Meanings(Session):
    async def evidence_unread(self, model: str, *, limit: int) -> list[EvidenceRow]:
        """The evidence with a topic that this model has not read, of closed places too; changed last comes first."""
        look = (
            select(t.Evidence)
            .where(self._unread_evidence(model))
            .order_by(t.Evidence.revision.desc(), t.Evidence.id.desc())
            .limit(limit)
        )
        return [read_evidence_row(row) for row in (await self.db.execute(look)).mappings()]

    async def count_evidence(self, model: str) -> tuple[int, int]:
        """How many pieces there are that have a topic, and how many of them this model has not read."""
        all_of_it = select(func.count()).select_from(t.Evidence).where(self._with_a_topic())
        pieces = (await self.db.execute(all_of_it)).scalar_one()
        unread = select(func.count()).select_from(t.Evidence).where(self._unread_evidence(model))
        return pieces, (await self.db.execute(unread)).scalar_one()

    async def put_meanings(self, model: str, read: Sequence[Read]) -> int:
        """Keep what a model has read, and tell the other replicas by a revision. Returns how many were kept.

        What was changed, taken away or erased since it was read is passed over.
        """
        revision = await self.next_evidence_revision()
        kept = 0
        for some in chunks(read):
            # Held until the commit: who erases somebody meanwhile waits, and then erases these as well.
            there = (
                select(t.Evidence.id, t.Evidence.revision)
                .where(
                    t.Evidence.workspace_id == self.workspace,
                    t.Evidence.weight > DISOWNED,
                    self.among(t.Evidence.id, [one.id for one in some]),
                )
                .with_for_update(read=True, key_share=True)
            )
            as_it_is = {(row.id, row.revision) for row in await self.db.execute(there)}
            rows = [
                {
                    "evidence_id": one.id,
                    "model": model,
                    "workspace_id": self.workspace,
                    "codes": one.codes,
                    "revision": revision,
                }
                for one in some
                if (one.id, one.revision) in as_it_is
            ]
            if rows:
                put = self.insert(t.EvidenceVector).values(rows)
                kept += (await self.db.execute(put.on_conflict_do_nothing())).rowcount
        return kept

    async def meanings_since(
        self, model: str, revision: int, *, until: int, after: tuple[int, int] | None, limit: int
    ) -> tuple[dict[int, bytes], tuple[int, int] | None]:
        """Of the open evidence, what was read after a revision, by the ids of its pieces: a part of it, behind `after`,
        and where the next begins, None at the end.
        """
        vector = t.EvidenceVector
        look = (
            select(vector.revision, vector.evidence_id, vector.codes)
            .join(t.Evidence, t.Evidence.id == vector.evidence_id)
            .where(
                self._of_evidence(model),
                t.Evidence.closed.is_(False),
                vector.revision > revision,
                vector.revision <= until,
                behind(after, vector.revision, vector.evidence_id),
            )
            .order_by(vector.revision, vector.evidence_id)
            .limit(limit)
        )
        rows = (await self.db.execute(look)).all()
        more = (rows[-1].revision, rows[-1].evidence_id) if len(rows) == limit else None
        return {row.evidence_id: row.codes for row in rows}, more

    async def forget_meanings(self, *, but: str) -> int:
        """Drop what other models have read. Returns how many."""
        other = (t.EvidenceVector.workspace_id == self.workspace) & (t.EvidenceVector.model != but)
        return (await self.db.execute(delete(t.EvidenceVector).where(other))).rowcount

    def _of_evidence(self, model: str) -> ColumnElement[bool]:
        return and_(t.EvidenceVector.workspace_id == self.workspace, t.EvidenceVector.model == model)

    def _unread_evidence(self, model: str) -> ColumnElement[bool]:
        read = exists().where(t.EvidenceVector.evidence_id == t.Evidence.id, t.EvidenceVector.model == model)
        return and_(self._with_a_topic(), ~read)

    def _with_a_topic(self) -> ColumnElement[bool]:
        """What `Evidence.topic` has something to say of."""
        of_a_question = t.Evidence.kind.in_(ABOUT_A_QUESTION) | t.Evidence.source.startswith(TALK, autoescape=True)
        return and_(t.Evidence.workspace_id == self.workspace, t.Evidence.weight > DISOWNED, of_a_question)
