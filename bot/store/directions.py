"""What the texts of snippets mean to a model, kept so that no text is encoded twice, by no replica."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, delete, exists, func, select, true, update

from bot.store import tables as t
from bot.store.session import Session
from knowledge.model import Snippet
from knowledge.vectors import fingerprint

T = TypeVar("T")

Place = tuple[int, str]
"""Revision and key of a part's last row: in this order an index leads to the next, without a look at the others."""

CHUNK = 500  # rows a statement; below every database's limit on parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A snippet's text that is to be read. `named` is the fingerprint in its row: none, or an older one, may be."""

    snippet: str
    title: str
    text: str
    fingerprint: str
    named: str | None


class Directions(Session):
    async def vectors(self, model: str, fingerprints: Collection[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for some in chunks(sorted(fingerprints)):
            look = select(t.Vector.fingerprint, t.Vector.codes).where(self._of(model), t.Vector.fingerprint.in_(some))
            found.update((row.fingerprint, row.codes) for row in await self.db.execute(look))
        return found

    async def vectors_since(
        self, model: str, revision: int, *, after: Place | None, limit: int
    ) -> tuple[dict[str, bytes], Place | None]:
        """What was read after a revision: a part of it, behind `after`, and where the next begins, None at the end."""
        look = (
            select(t.Vector.revision, t.Vector.fingerprint, t.Vector.codes)
            .where(
                self._of(model),
                t.Vector.revision > revision,
                behind(after, t.Vector.revision, t.Vector.fingerprint),
            )
            .order_by(t.Vector.revision, t.Vector.fingerprint)
            .limit(limit)
        )
        rows = (await self.db.execute(look)).all()
        more = (rows[-1].revision, rows[-1].fingerprint) if len(rows) == limit else None
        return {row.fingerprint: row.codes for row in rows}, more

    async def has_vectors(self, model: str) -> bool:
        return (await self.db.execute(select(1).where(self._of(model)).limit(1))).first() is not None

    async def unencoded(self, model: str, *, since: int = 0) -> list[str]:
        """The ids of published snippets of which this model has not read the text, changed last last."""
        look = select(t.Snippet.id).where(self._unread(model), t.Snippet.revision > since)
        return list((await self.db.execute(look.order_by(t.Snippet.revision, t.Snippet.id.desc()))).scalars())

    async def count_unencoded(self, model: str) -> int:
        return (
            await self.db.execute(select(func.count()).select_from(t.Snippet).where(self._unread(model)))
        ).scalar_one()

    async def texts(self, model: str, snippets: Collection[str]) -> list[Text]:
        """Those of these snippets that are still to be read."""
        look = select(t.Snippet.id, t.Snippet.title, t.Snippet.text, t.Snippet.fingerprint).where(
            self.these(t.Snippet, snippets), self._lacks(model)
        )
        found = []
        for row in await self.db.execute(look):
            said = fingerprint(Snippet(id=row.id, title=row.title, text=row.text))
            found.append(Text(snippet=row.id, title=row.title, text=row.text, fingerprint=said, named=row.fingerprint))
        return found

    async def put_vectors(self, model: str, codes: Mapping[str, bytes]) -> None:
        """Keep what texts mean, by fingerprint, and tell the other replicas by a revision."""
        revision = await self.next_revision()
        for some in chunks(sorted(codes.items())):
            put = self.insert(t.Vector).values(
                [
                    {
                        "workspace_id": self.workspace,
                        "model": model,
                        "fingerprint": fingerprint,
                        "codes": content,
                        "revision": revision,
                    }
                    for fingerprint, content in some
                ]
            )
            await self.db.execute(put.on_conflict_do_nothing())

    async def name_texts(self, texts: Iterable[Text]) -> None:
        """Give texts their fingerprints that were cut, or changed, by a Lanyard that knew of none."""
        for text in texts:
            await self.db.execute(
                update(t.Snippet)
                .where(
                    t.Snippet.workspace_id == self.workspace,
                    t.Snippet.id == text.snippet,
                    t.Snippet.fingerprint.is_not_distinct_from(text.named),  # else it has changed again
                )
                .values(fingerprint=text.fingerprint)
            )

    async def forget_vectors(self) -> int:
        """Drop what no published snippet says any more. Returns how many."""
        said = exists().where(
            t.Snippet.workspace_id == t.Vector.workspace_id,
            t.Snippet.fingerprint == t.Vector.fingerprint,
            t.Snippet.withdrawn.is_(False),
        )
        gone = delete(t.Vector).where(t.Vector.workspace_id == self.workspace, ~said)
        return (await self.db.execute(gone)).rowcount

    async def take_lease(self, name: str, *, holder: str, lasting: timedelta) -> bool:
        """Take a lease that is free, or keep one's own for longer. Returns whether it is the holder's now."""
        now = datetime.now(UTC)
        put = self.insert(t.Lease).values(name=name, holder=holder, leased_until=now + lasting)
        took = await self.db.execute(
            put.on_conflict_do_update(
                index_elements=["name"],
                set_={"holder": holder, "leased_until": now + lasting},
                where=(t.Lease.leased_until <= now) | (t.Lease.holder == holder),
            )
        )
        return took.rowcount == 1

    async def give_lease_back(self, name: str, *, holder: str) -> None:
        await self.db.execute(delete(t.Lease).where(t.Lease.name == name, t.Lease.holder == holder))

    def _of(self, model: str) -> ColumnElement[bool]:
        return and_(t.Vector.workspace_id == self.workspace, t.Vector.model == model)

    def _unread(self, model: str) -> ColumnElement[bool]:
        return and_(t.Snippet.workspace_id == self.workspace, self._lacks(model))

    def _lacks(self, model: str) -> ColumnElement[bool]:
        read = exists().where(self._of(model), t.Vector.fingerprint == t.Snippet.fingerprint)
        return and_(t.Snippet.withdrawn.is_(False), ~read)


def behind(place: tuple[int, str | int] | None, revision: Any, key: Any) -> ColumnElement[bool]:
    """What comes after a place in the order of revision and key."""
    if place is None:
        return true()
    return and_(revision >= place[0], (revision > place[0]) | (key > place[1]))


def chunks(items: Sequence[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
