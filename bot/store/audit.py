"""The audit log: who did what that others may have to account for. Changing a row breaks the chain of digests."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import insert, select

from bot.store import tables as t
from bot.store.records import Person
from bot.store.session import Session


class Auditing(Session):
    async def audit(self, verb: str, subject: str, *, by: Person | None) -> None:
        """Write it down. `by` None is the installation itself. Holds no message text."""
        # The workspace's row is the lock under which the chain grows.
        await self.db.execute(select(t.Workspace.id).where(t.Workspace.id == self.workspace).with_for_update())
        last = (
            await self.db.execute(
                select(t.Audit.ordinal, t.Audit.digest)
                .where(t.Audit.workspace_id == self.workspace)
                .order_by(t.Audit.ordinal.desc())
                .limit(1)
            )
        ).one_or_none()
        ordinal, before = (last.ordinal + 1, last.digest) if last else (1, "")
        by_id = by.id if by else None
        await self.db.execute(
            insert(t.Audit).values(
                workspace_id=self.workspace,
                ordinal=ordinal,
                by_id=by_id,
                verb=verb,
                subject=subject,
                at=self.now,
                digest=_digest(before, ordinal, by_id, verb, subject, self.now.isoformat()),
            )
        )

    async def broken_audit_row(self) -> int | None:
        """The ordinal of the first row that does not follow from the one before it, or None when all do."""
        before, expected = "", 1
        look = select(t.Audit).where(t.Audit.workspace_id == self.workspace).order_by(t.Audit.ordinal)
        for row in (await self.db.execute(look)).mappings():
            digest = _digest(before, expected, row["by_id"], row["verb"], row["subject"], row["at"].isoformat())
            if row["ordinal"] != expected or row["digest"] != digest:
                return expected
            before, expected = digest, expected + 1
        return None


def _digest(before: str, *parts: object) -> str:
    return hashlib.sha256(json.dumps([before, *parts]).encode()).hexdigest()
