"""The glossary: the company's terms and what they stand for. Every change takes the workspace's next revision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, select

from bot.store import tables as t
from bot.store.records import Person
from bot.store.session import GoneError, NotAllowedError, Session
from knowledge.model import OPEN, Status, Term
from knowledge.terms import Written, pair_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Helped:
    """A question to which an aid was the answer, as its asker said."""

    asker_id: int
    text: str
    aid_id: int


class Terms(Session):
    async def glossary(self) -> tuple[Term, ...]:
        """Every entry, in the order of the terms; whoever shows it, or searches with it, minds the audience."""
        look = select(t.Term).where(t.Term.workspace_id == self.workspace, ~t.Term.declined).order_by(t.Term.id)
        found = [_read(row) for row in (await self.db.execute(look)).mappings()]
        return tuple(sorted(found, key=lambda one: (one.term.casefold(), one.expansion.casefold(), one.id)))

    async def term(self, term_id: int, *, grants: frozenset[str]) -> Term:
        """Raises GoneError, also for what the reader may not see."""
        look = select(t.Term).where(t.Term.workspace_id == self.workspace, t.Term.id == term_id, ~t.Term.declined)
        row = (await self.db.execute(look)).mappings().one_or_none()
        if row is None or not grants & set(row["audience"]):
            raise GoneError("That term is not in the glossary any more.")
        return _read(row)

    async def known_pairs(self) -> frozenset[str]:
        """The pairs that are in the glossary, and those that were declined."""
        look = select(t.Term.pair).where(t.Term.workspace_id == self.workspace)
        return frozenset((await self.db.execute(look)).scalars())

    # ── what L&D changes ──

    async def put_term(self, term: str, expansion: str, *, by: Person | None, audience: frozenset[str] = OPEN) -> int:
        """Add an entry; one that is there already is then for both audiences. `by` None is the installation itself.

        Returns its id. Raises NotAllowedError.
        """
        _check(by)
        pair = pair_of(term, expansion)
        mine = (t.Term.workspace_id == self.workspace) & (t.Term.pair == pair)
        there = (await self.db.execute(select(t.Term).where(mine))).mappings().one_or_none()
        if there is not None and not there["declined"]:
            audience |= frozenset(there["audience"])
        values: dict[str, Any] = {
            "term": term,
            "expansion": expansion,
            "audience": sorted(audience),
            "declined": False,
        }
        put = self.insert(t.Term).values(workspace_id=self.workspace, pair=pair, **values)
        put = put.on_conflict_do_update(index_elements=["workspace_id", "pair"], set_=values)
        term_id = (await self.db.execute(put.returning(t.Term.id))).scalar_one()
        await self.next_revision()
        return term_id

    async def change_term(self, term_id: int, term: str, expansion: str, *, by: Person, grants: frozenset[str]) -> int:
        """Reword an entry, for the same audience. Returns its id. Raises NotAllowedError, GoneError."""
        _check(by)
        known = await self.term(term_id, grants=grants)
        await self._take_out(term_id)
        return await self.put_term(term, expansion, by=by, audience=known.audience)

    async def remove_term(self, term_id: int, *, by: Person, grants: frozenset[str]) -> Term:
        """Raises NotAllowedError, GoneError."""
        _check(by)
        known = await self.term(term_id, grants=grants)
        await self._take_out(term_id)
        await self.next_revision()
        return known

    async def decline_term(self, term: str, expansion: str, *, by: Person) -> None:
        """Suggest it no more; nothing happens to one that is in the glossary. Raises NotAllowedError."""
        _check(by)
        put = self.insert(t.Term).values(
            workspace_id=self.workspace,
            pair=pair_of(term, expansion),
            term=term,
            expansion=expansion,
            audience=[],
            declined=True,
        )
        await self.db.execute(put.on_conflict_do_nothing())

    async def _take_out(self, term_id: int) -> None:
        await self.db.execute(delete(t.Term).where(t.Term.workspace_id == self.workspace, t.Term.id == term_id))

    # ── where suggestions come from ──

    async def defining(self, *, grants: frozenset[str], limit: int) -> list[Written]:
        """The newest `limit` published aids with something in brackets that the holder of `grants` may see."""
        look = (
            select(t.JobAid.title, t.JobAid.body, t.JobAid.audience)
            .where(
                t.JobAid.workspace_id == self.workspace,
                t.JobAid.status == Status.PUBLISHED,
                t.JobAid.body.contains("(") | t.JobAid.title.contains("("),
                self.holds(t.JobAid.audience, grants),
            )
            .order_by(t.JobAid.number.desc())
            .limit(limit)
        )
        return [
            Written(title=row.title, body=row.body, audience=frozenset(row.audience))
            for row in await self.db.execute(look)
        ]

    async def helped(self, *, since: datetime, place_audience: frozenset[str], limit: int) -> list[Helped]:
        """Questions that an aid answered, newest first; what was asked in a closed place for its own people alone."""
        look = (
            select(t.Question.asker_id, t.Question.text, t.Question.scope, t.Question.audience, t.Answer.aid_id)
            .join(t.Answer, t.Answer.question_id == t.Question.id)
            .where(
                t.Question.workspace_id == self.workspace,
                t.Question.asked_at > since,
                t.Answer.helped.is_(True),
                t.Answer.aid_id.is_not(None),
            )
            .order_by(t.Question.id.desc())
            .limit(limit)
        )
        return [
            Helped(asker_id=row.asker_id, text=row.text, aid_id=row.aid_id)
            for row in await self.db.execute(look)
            if row.scope != "private" or set(row.audience) <= place_audience
        ]


def _read(row: RowMapping) -> Term:
    return Term(id=row["id"], term=row["term"], expansion=row["expansion"], audience=frozenset(row["audience"]))


def _check(by: Person | None) -> None:
    if by is not None and not by.is_ld():
        raise NotAllowedError("Only L&D and administrators change the glossary.")
