"""What shows who knows what: pieces of evidence, the aids that people own, the topics that they declared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, RowMapping, delete, func, select, update

from bot.store import tables as t
from bot.store.directions import behind
from bot.store.records import Person, Piece
from bot.store.session import GoneError, NotAllowedError, Session
from knowledge.model import Evidence, EvidenceKind, Status

DISOWNED = 0.0
"""The weight of what its person took away."""


EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""Of what was declared no time is kept: it holds until it is taken back."""

LONGEST_EVIDENCE = 4000  # characters

TALK = "talk:"
"""Begins the source of an answer that was given in a thread. The first line of its text is what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """A piece of evidence as a replica follows it; None where its person took it away.

    `codes`: what it means to the model that was asked for, as far as that has read it.
    """

    id: int
    revision: int
    evidence: Evidence | None
    codes: bytes | None = None

    @property
    def key(self) -> str:
        return row_key(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedAid:
    """An aid as it shows that its owner knows; None while it does not."""

    id: int
    revision: int
    evidence: Evidence | None

    @property
    def key(self) -> str:
        return f"owns:{self.id}"


def row_key(id_: int) -> str:
    return f"row:{id_}"


class Shown(Session):
    async def show_evidence(
        self,
        person_id: int,
        kind: EvidenceKind,
        text: str,
        *,
        source: str,
        at: datetime | None = None,
        place: str | None = None,
        closed: bool = False,
        weight: float = 1.0,
    ) -> None:
        """Keep a piece of evidence. The same source counts once; shown again, its weight is brought up to date.

        What its person took away stays away, whatever is shown of it later.
        `closed`: it was shown in a closed place, and is of use in that place alone.
        """
        revision = await self.next_evidence_revision()
        text = text[:LONGEST_EVIDENCE]
        await self._forget_meaning((t.Evidence.source == source) & (t.Evidence.text != text))
        put = self.insert(t.Evidence).values(
            workspace_id=self.workspace,
            person_id=person_id,
            revision=revision,
            kind=kind.value,
            text=text,
            source=source,
            place=place,
            closed=closed,
            weight=weight,
            at=at or self.now,
        )
        await self.db.execute(
            put.on_conflict_do_update(
                index_elements=["workspace_id", "source"],
                set_={"weight": weight, "text": text, "revision": revision},
                where=t.Evidence.weight > DISOWNED,
            )
        )

    async def closed_evidence(self, place: str, *, model: str = "") -> list[EvidenceRow]:
        """What a closed place has shown, about people who are still here; it is of use there alone. With a `model`,
        what it means to that.
        """
        look = (
            select(t.Evidence, t.EvidenceVector.codes)
            .join(t.Person, t.Person.id == t.Evidence.person_id)
            .outerjoin(t.EvidenceVector, _meaning_to(model))
            .where(
                t.Evidence.workspace_id == self.workspace,
                t.Evidence.weight > DISOWNED,
                t.Person.active,
                t.Person.guest.is_(False),
                t.Evidence.closed,
                t.Evidence.place == place,
            )
            .order_by(t.Evidence.at, t.Evidence.id)
        )
        return [read_evidence_row(row) for row in (await self.db.execute(look)).mappings()]

    async def has_closed_evidence(self, place: str) -> bool:
        look = select(t.Evidence.id).where(
            t.Evidence.workspace_id == self.workspace, t.Evidence.closed, t.Evidence.place == place
        )
        return (await self.db.execute(look.limit(1))).first() is not None

    async def evidence_revision(self) -> int:
        look = select(t.Workspace.evidence_revision).where(t.Workspace.id == self.workspace)
        return (await self.db.execute(look)).scalar_one()

    async def evidence_since(
        self, revision: int, *, until: int, after: tuple[int, int] | None, limit: int, model: str = ""
    ) -> list[EvidenceRow]:
        """The open evidence that was changed after a revision, in that order; of at most `limit` rows, those behind
        `after`. What was taken away is among it, so that it can be dropped. With a `model`, what it means to that.
        """
        look = (
            select(t.Evidence, t.EvidenceVector.codes)
            .outerjoin(t.EvidenceVector, _meaning_to(model))
            .where(
                t.Evidence.workspace_id == self.workspace,
                t.Evidence.closed.is_(False),
                t.Evidence.revision > revision,
                t.Evidence.revision <= until,
                behind(after, t.Evidence.revision, t.Evidence.id),
            )
        )
        rows = await self.db.execute(look.order_by(t.Evidence.revision, t.Evidence.id).limit(limit))
        return [read_evidence_row(row) for row in rows.mappings()]

    async def everybody(self) -> frozenset[str]:
        """All people by id, whether they are here or not."""
        look = select(t.Person.id).where(t.Person.workspace_id == self.workspace)
        return frozenset(str(id_) for id_ in (await self.db.execute(look)).scalars())

    async def people_mark(self) -> tuple[int, int]:
        """Changes whenever somebody comes or is erased; far cheaper to read than who they all are."""
        look = select(func.count(), func.coalesce(func.sum(t.Person.id), 0))
        count, total = (await self.db.execute(look.where(t.Person.workspace_id == self.workspace))).one()
        return count, int(total)

    async def not_here(self) -> frozenset[str]:
        """Who has left, or is a guest, by id."""
        look = select(t.Person.id).where(
            t.Person.workspace_id == self.workspace, t.Person.active.is_(False) | t.Person.guest
        )
        return frozenset(str(id_) for id_ in (await self.db.execute(look)).scalars())

    async def owned_since(
        self, revision: int, *, until: int, after: tuple[int, int] | None, limit: int
    ) -> list[OwnedAid]:
        """The aids that were changed after a revision of the evidence, in that order, and who shows with each of them
        what they know; of at most `limit` aids, those behind `after`.
        """
        look = (
            select(
                *(t.JobAid.id, t.JobAid.evidence_revision, t.JobAid.owner_id, t.JobAid.status),
                *(t.JobAid.title, t.JobAid.need, t.JobAid.updated_at),
            )
            .where(
                t.JobAid.workspace_id == self.workspace,
                t.JobAid.evidence_revision > revision,
                t.JobAid.evidence_revision <= until,
                behind(after, t.JobAid.evidence_revision, t.JobAid.id),
            )
            .order_by(t.JobAid.evidence_revision, t.JobAid.id)
        )
        return [
            OwnedAid(
                id=row.id,
                revision=row.evidence_revision,
                evidence=Evidence(
                    person=str(row.owner_id), kind=EvidenceKind.OWNS, text=f"{row.title}\n{row.need}", at=row.updated_at
                )
                if row.status == Status.PUBLISHED and row.owner_id is not None
                else None,
            )
            for row in await self.db.execute(look.limit(limit))
        ]

    async def declared_evidence(self) -> dict[str, Evidence]:
        """What people declared, by a key of each."""
        look = (
            select(t.ExpertProfile.person_id, t.ExpertProfile.topics)
            .where(t.ExpertProfile.workspace_id == self.workspace)
            .order_by(t.ExpertProfile.person_id)
        )
        return {
            f"declared:{person}:{number}": Evidence(person=str(person), kind=EvidenceKind.DECLARED, text=topic, at=EVER)
            for person, topics in (await self.db.execute(look))
            for number, topic in enumerate(topics)
        }

    async def evidence_about(self, person: Person, *, limit: int) -> list[Piece]:
        """What was seen of somebody, newest first; what they own and declared is not among it: they can change that."""
        look = (
            select(t.Evidence)
            .where(
                t.Evidence.workspace_id == self.workspace,
                t.Evidence.person_id == person.id,
                t.Evidence.weight > DISOWNED,
            )
            .order_by(t.Evidence.at.desc(), t.Evidence.id.desc())
            .limit(limit)
        )
        return [
            Piece(id=row["id"], kind=EvidenceKind(row["kind"]), text=row["text"], at=row["at"])
            for row in (await self.db.execute(look)).mappings()
        ]

    async def disown_evidence(self, evidence_id: int, *, by: Person) -> None:
        """Take a piece of evidence away, for good; only the one it is about can. Raises GoneError, NotAllowedError."""
        piece = (t.Evidence.workspace_id == self.workspace) & (t.Evidence.id == evidence_id)
        whose = (await self.db.execute(select(t.Evidence.person_id).where(piece))).scalar_one_or_none()
        if whose is None:
            raise GoneError("That is not here any more.")
        if whose != by.id:
            raise NotAllowedError("Only the person it is about can take that away.")
        # The row stays, empty, so that the same source cannot bring it back.
        revision = await self.next_evidence_revision()
        await self._forget_meaning(t.Evidence.id == evidence_id)
        await self.db.execute(update(t.Evidence).where(piece).values(weight=DISOWNED, text="", revision=revision))

    async def _forget_meaning(self, which: ColumnElement[bool]) -> None:
        """Drop what any model has read of these pieces."""
        pieces = select(t.Evidence.id).where(t.Evidence.workspace_id == self.workspace, which)
        await self.db.execute(delete(t.EvidenceVector).where(t.EvidenceVector.evidence_id.in_(pieces)))


def talk_source(thread: str, person_id: int) -> str:
    """What evidence of somebody's answer in a thread came from; `_piece` reads the thread from it."""
    return f"{TALK}{thread}:{person_id}"


def read_evidence_row(row: RowMapping) -> EvidenceRow:
    return EvidenceRow(
        id=row["id"],
        revision=row["revision"],
        evidence=_piece(row) if row["weight"] > DISOWNED else None,
        codes=row.get("codes"),
    )


def _meaning_to(model: str) -> ColumnElement[bool]:
    return (t.EvidenceVector.evidence_id == t.Evidence.id) & (t.EvidenceVector.model == model)


def _piece(row: RowMapping) -> Evidence:
    source: str = row["source"]
    in_thread = source.startswith(TALK)
    return Evidence(
        person=str(row["person_id"]),
        kind=EvidenceKind(row["kind"]),
        text=row["text"],
        at=row["at"],
        place=row["place"],
        thread=source.removeprefix(TALK).rpartition(":")[0] if in_thread else None,
        question=row["text"].partition("\n")[0] if in_thread else None,
        weight=row["weight"],
    )
