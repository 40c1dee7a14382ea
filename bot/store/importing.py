"""Many job aids at once: what `put_aid` does one by one, in few statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from bot.store import tables as t
from bot.store.care import Care
from bot.store.directions import chunks
from bot.store.knowledge import VERSIONED, column_values
from bot.store.records import Person
from bot.store.shown import LONGEST_EVIDENCE
from knowledge.job_aids import snippets as cut
from knowledge.model import EvidenceKind, JobAid, Status
from knowledge.vectors import fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEvidence:
    """A piece of evidence from before Lanyard came; its `source` is what listening would have given it."""

    person_id: int
    kind: EvidenceKind
    text: str
    source: str
    place: str
    closed: bool
    weight: float
    at: datetime


class Importing(Care):
    async def put_aids(self, aids: Sequence[JobAid], *, source: str, sender: Person | None = None) -> list[str]:
        """Add or change aids on behalf of the installation; their keys must differ. Returns `put_aid`'s word for each.

        New ones that name nobody of ours who looks after them are their sender's, where there is one; where they name
        somebody, the sender is their deputy unless they name that too.

        New ones, the bulk of any first import, are written in chunks; changed ones as `put_aid` writes them.
        """
        known: set[str] = set()
        for chunk in chunks([aid.key for aid in aids]):
            look = select(t.JobAid.key).where(t.JobAid.workspace_id == self.workspace, t.JobAid.key.in_(chunk))
            known.update((await self.db.execute(look)).scalars())
        await self._add_aids([aid for aid in aids if aid.key not in known], source=source, sender=sender)
        return [await self.put_aid(aid, by=None, source=source) if aid.key in known else "added" for aid in aids]

    async def take_evidence(self, pieces: Sequence[PastEvidence]) -> int:
        """Keep what was shown before; returns how much of it is new. What is there stays as it is, and what its person
        took away stays away. `closed` as in `show_evidence`.
        """
        taken = 0
        revision = await self.next_evidence_revision() if pieces else 0
        for chunk in chunks(pieces):
            rows = [
                {
                    "workspace_id": self.workspace,
                    "person_id": one.person_id,
                    "revision": revision,
                    "kind": one.kind.value,
                    "text": one.text[:LONGEST_EVIDENCE],
                    "source": one.source,
                    "place": one.place,
                    "closed": one.closed,
                    "weight": one.weight,
                    "at": one.at,
                }
                for one in chunk
            ]
            put = self.insert(t.Evidence).values(rows)
            new = put.on_conflict_do_nothing(index_elements=["workspace_id", "source"]).returning(t.Evidence.id)
            taken += len((await self.db.execute(new)).scalars().all())
        return taken

    async def people_by_email(self, emails: Collection[str]) -> dict[str, int]:
        """Of these addresses, in small letters, those of people we know, and who they are."""
        found: dict[str, int] = {}
        for chunk in chunks(sorted(set(emails))):
            look = select(t.Person.email, t.Person.id).where(
                t.Person.workspace_id == self.workspace, t.Person.email.in_(chunk)
            )
            found.update({email: person_id for email, person_id in await self.db.execute(look) if email})
        return found

    async def deaf_places(self) -> set[str]:
        """The places whose people have said that nothing is to be learned there."""
        look = select(t.Channel.key).where(t.Channel.workspace_id == self.workspace, t.Channel.learns.is_(False))
        return set((await self.db.execute(look)).scalars())

    async def _add_aids(self, aids: Sequence[JobAid], *, source: str, sender: Person | None) -> None:
        if not aids:
            return
        look = select(t.Person.email, t.Person.id).where(t.Person.workspace_id == self.workspace)
        people = {email: person_id for email, person_id in await self.db.execute(look) if email}
        take = (
            update(t.Workspace)
            .where(t.Workspace.id == self.workspace)
            .values(aids=t.Workspace.aids + len(aids))
            .returning(t.Workspace.aids)
        )
        number = (await self.db.execute(take)).scalar_one() - len(aids)
        revision = await self.next_revision()
        for chunk in chunks(aids):
            rows = []
            for aid in chunk:
                number += 1
                owner = people.get((aid.owner or "").strip().lower())
                deputy = people.get((aid.deputy or "").strip().lower())
                if sender is not None:
                    deputy = deputy or (sender.id if owner not in (None, sender.id) else None)
                    owner = owner or sender.id
                values = column_values(aid, owner_id=owner, deputy_id=deputy)
                rows.append(
                    {
                        **values,
                        "workspace_id": self.workspace,
                        "number": number,
                        "key": aid.key,
                        "version": 1,
                        "source": source,
                        "created_at": self.now,
                        "updated_at": self.now,
                    }
                )
            put = insert(t.JobAid).returning(t.JobAid.id, sort_by_parameter_order=True)
            ids = (await self.db.execute(put, rows)).scalars().all()
            versions = [
                {"aid_id": aid_id, "version": 1, "content": {name: row[name] for name in VERSIONED}, "at": self.now}
                for aid_id, row in zip(ids, rows, strict=True)
            ]
            await self.db.execute(insert(t.JobAidVersion), versions)
            await self.note_owned(self.among(t.JobAid.id, ids))
            pieces = [
                self._snippet_row(piece, aid_id, revision)
                for aid_id, aid in zip(ids, chunk, strict=True)
                if aid.status is Status.PUBLISHED
                for piece in cut(aid, aid_id=str(aid_id))
            ]
            for some in chunks(pieces):
                await self.db.execute(insert(t.Snippet), some)

    def _snippet_row(self, piece: Any, aid_id: int, revision: int) -> dict[str, Any]:
        return {
            "id": piece.id,
            "workspace_id": self.workspace,
            "aid_id": aid_id,
            "title": piece.title,
            "text": piece.text,
            "tags": list(piece.tags),
            "audience": sorted(piece.audience),
            "withdrawn": False,
            "revision": revision,
            "fingerprint": fingerprint(piece),
        }
