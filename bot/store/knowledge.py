"""Job aids, their snippets and phrasings. Every change takes the workspace's next revision."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, delete, func, insert, select, update

from bot.store import tables as t
from bot.store.directions import Directions, Place, behind, chunks
from bot.store.records import Aid, Person
from bot.store.session import ChangedMeanwhileError, GoneError, NotAllowedError
from bot.store.terms import Terms
from knowledge.job_aids import snippets as cut
from knowledge.model import JobAid, Link, Snippet, Status, Term
from knowledge.vectors import fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeChanges:
    """What a replica's index lacks, or a part of it: `more` is where the next part begins, None after the last.

    The glossary is small and comes whole. `vectors` are codes by fingerprint.
    """

    revision: int
    upsert: tuple[Snippet, ...]
    remove: tuple[str, ...]
    glossary: tuple[Term, ...]
    vectors: Mapping[str, bytes] = field(default_factory=dict)
    more: Place | None = None


CONVERSATION = "conversation:"
"""What the grant of a conversation's people begins with; its key follows."""

VERSIONED = ("title", "need", "body", "links", "tags", "status")
"""The columns that a version history can bring back."""


class Knowledge(Directions, Terms):
    # ── what a replica reads ──

    async def revision(self) -> int:
        look = select(t.Workspace.revision).where(t.Workspace.id == self.workspace)
        return (await self.db.execute(look)).scalar_one()

    async def knowledge_since(
        self, revision: int, *, model: str = "", after: Place | None = None, limit: int | None = None
    ) -> KnowledgeChanges:
        """What was changed after a revision; of at most `limit` snippets, those behind `after`.

        With a `model` its directions of these snippets come along.
        """
        current = await self.revision()
        look = (
            select(t.Snippet)
            .where(
                t.Snippet.workspace_id == self.workspace,
                t.Snippet.revision > revision,
                t.Snippet.revision <= current,
                behind(after, t.Snippet.revision, t.Snippet.id),
            )
            .order_by(t.Snippet.revision, t.Snippet.id)
        )
        rows = (await self.db.execute(look.limit(limit) if limit else look)).mappings().all()
        phrasings = await self._phrasings({row["aid_id"] for row in rows})
        upsert = tuple(
            Snippet(
                id=row["id"],
                title=row["title"],
                text=row["text"],
                tags=tuple(row["tags"]),
                aid=str(row["aid_id"]),
                audience=frozenset(row["audience"]),
                phrasings=tuple(phrasings.get(row["aid_id"], ())),
            )
            for row in rows
            if not row["withdrawn"]
        )
        said = {row["fingerprint"] for row in rows if row["fingerprint"] and not row["withdrawn"]}
        return KnowledgeChanges(
            revision=current,
            upsert=upsert,
            remove=tuple(row["id"] for row in rows if row["withdrawn"]),
            glossary=await self.glossary(),
            vectors=await self.vectors(model, said) if model else {},
            more=(rows[-1]["revision"], rows[-1]["id"]) if limit and len(rows) == limit else None,
        )

    async def _phrasings(self, aids: Collection[int]) -> dict[int, list[str]]:
        """The known phrasings of these aids, in the order in which they were learned."""
        found: dict[int, list[str]] = {}
        for some in chunks(sorted(aids)):
            look = (
                select(t.Phrasing.aid_id, t.Phrasing.text)
                .where(t.Phrasing.workspace_id == self.workspace, t.Phrasing.aid_id.in_(some))
                .order_by(t.Phrasing.id)
            )
            for aid_id, text in await self.db.execute(look):
                found.setdefault(aid_id, []).append(text)
        return found

    async def aid(self, aid_id: int, *, grants: frozenset[str] | None = None, lock: bool = False) -> Aid:
        """`grants` None is the bot itself. Raises GoneError, also for what the reader may not see.

        With `lock` it stays as it is until the commit.
        """
        look = aids().where(t.JobAid.workspace_id == self.workspace, t.JobAid.id == aid_id)
        if lock:
            look = look.with_for_update(of=t.JobAid)
        row = (await self.db.execute(look)).mappings().one_or_none()
        if row is None or (grants is not None and not grants & set(row["audience"])):
            raise GoneError("That job aid is not here any more.")
        return read_aid(row)

    async def aid_by_key(self, key: str) -> Aid:
        aid = await self.find_by_key(key)
        if aid is None:
            raise GoneError(f"There is no job aid with the key {key!r}.")
        return aid

    async def find_by_key(self, key: str) -> Aid | None:
        look = aids().where(t.JobAid.workspace_id == self.workspace, t.JobAid.key == key)
        row = (await self.db.execute(look)).mappings().one_or_none()
        return read_aid(row) if row else None

    async def check_may_change(self, aid_id: int, *, by: Person, lock: bool = False) -> Aid:
        """The aid, if it is theirs to change. Raises GoneError, NotAllowedError."""
        aid = await self.aid(aid_id, lock=lock)
        _check_may_change(aid, by)
        return aid

    async def aids_by_id(self, ids: Collection[int]) -> dict[int, Aid]:
        if not ids:
            return {}
        look = aids().where(self.these(t.JobAid, ids))
        return {row["id"]: read_aid(row) for row in (await self.db.execute(look)).mappings()}

    async def hold_snippets(self, ids: Collection[str], *, grants: frozenset[str]) -> dict[str, Snippet]:
        """The snippets as they are at this moment, those withdrawn or not for these grants left out.

        They stay so until the commit: whoever changes their aids meanwhile waits, and then finds what was answered
        from them. What a search found may have been rewritten, narrowed or withdrawn since; so nothing is shown unheld.
        """
        wanted = self.these(t.Snippet, ids)
        # The aids, since that is where everybody who changes something begins; an answer refers to them besides.
        aids = select(t.JobAid.id).where(t.JobAid.id.in_(select(t.Snippet.aid_id).where(wanted)))
        await self.db.execute(aids.order_by(t.JobAid.id).with_for_update(read=True))
        rows = (await self.db.execute(select(t.Snippet).where(wanted, ~t.Snippet.withdrawn))).mappings()
        return {row["id"]: _snippet(dict(row)) for row in rows if grants & set(row["audience"])}

    async def find_aid(self, phrase: str, *, grants: frozenset[str]) -> Aid | None:
        """The published aid meant by a number ("12", "#12"), a key, or its title; None where none or several are."""
        wanted = phrase.strip().lstrip("#")
        look = aids().where(self._published_for(grants))
        if wanted.isdecimal() and len(wanted) < 16:
            return await self._only(look.where(t.JobAid.number == int(wanted)))
        title, name = func.lower(t.JobAid.title), wanted.lower()
        exact = look.where((t.JobAid.title == wanted) | (title == name) | (func.lower(t.JobAid.key) == name))
        return await self._only(exact, look.where(title.contains(name, autoescape=True)))

    async def closed_places_of(self, number: int) -> list[str]:
        """The closed conversations whose people may see the published aid with this number, by their keys."""
        look = select(t.JobAid.audience).where(
            t.JobAid.workspace_id == self.workspace, t.JobAid.status == Status.PUBLISHED, t.JobAid.number == number
        )
        audience = (await self.db.execute(look)).scalar_one_or_none() or []
        return [grant.removeprefix(CONVERSATION) for grant in sorted(audience) if grant.startswith(CONVERSATION)]

    async def aid_titles(self, *, grants: frozenset[str], limit: int) -> list[str]:
        """Titles of published aids that the holder of `grants` may see, newest first."""
        look = select(t.JobAid.title).where(self._published_for(grants)).order_by(t.JobAid.number.desc())
        return list((await self.db.execute(look.limit(limit))).scalars())

    async def newest_aids(self, *, grants: frozenset[str], limit: int) -> list[Aid]:
        """Published aids that the holder of `grants` may see, newest first."""
        look = aids().where(self._published_for(grants)).order_by(t.JobAid.number.desc())
        return [read_aid(row) for row in (await self.db.execute(look.limit(limit))).mappings()]

    async def aid_keys(self) -> dict[int, str]:
        """The key of every aid, by id."""
        look = select(t.JobAid.id, t.JobAid.key).where(t.JobAid.workspace_id == self.workspace)
        return {row.id: row.key for row in await self.db.execute(look)}

    async def count_aids(self) -> int:
        look = select(func.count()).select_from(t.JobAid).where(t.JobAid.workspace_id == self.workspace)
        return (await self.db.execute(look)).scalar_one()

    # ── what people and files change ──

    async def put_aid(
        self,
        aid: JobAid,
        *,
        by: Person | None,
        source: str,
        question_id: int | None = None,
        owner_id: int | None = None,
        deputy_id: int | None = None,
        why: str = "",
    ) -> str:
        """Add an aid, or change the one with its key. Returns "added", "changed" or "unchanged".

        `by` None is the installation itself (an import, the sample company). `owner_id` and `deputy_id` stand for
        `aid.owner` and `aid.deputy` where these have no e-mail address. Raises NotAllowedError.
        """
        look = select(t.JobAid).where(t.JobAid.workspace_id == self.workspace, t.JobAid.key == aid.key)
        row = (await self.db.execute(look.with_for_update())).mappings().one_or_none()
        owner = owner_id if owner_id is not None else await self._person_id(aid.owner)
        deputy = deputy_id if deputy_id is not None else await self._person_id(aid.deputy)
        values = column_values(aid, owner_id=owner, deputy_id=deputy)
        if row is None:
            aid_id = await self._add_aid(aid, values, by=by, source=source, question_id=question_id)
            outcome = "added"
        else:
            aid_id = row["id"]
            if by is not None:
                await self.check_may_change(aid_id, by=by)
            if all(row[name] == value for name, value in values.items()):
                return "unchanged"
            await self._change_aid(aid_id, {**values, "version": row["version"] + 1}, by=by, why=why)
            outcome = "changed"
        await self._cut_snippets(aid, aid_id)
        return outcome

    async def rewrite_aid(
        self,
        aid_id: int,
        *,
        by: Person,
        title: str,
        body: str,
        need: str,
        status: Status | None = None,
        links: Sequence[tuple[str, str]] | None = None,
        tags: Sequence[str] | None = None,
        why: str = "",
        expect: int | None = None,
    ) -> Aid:
        """Change what an aid says, or its status; links and tags stay unless they are given.

        `expect` is the version that was looked at. Raises GoneError, NotAllowedError, ChangedMeanwhileError.
        """
        before = await self.check_may_change(aid_id, by=by, lock=True)
        check_is_kept_here(before)
        if expect is not None and expect != before.version:
            raise ChangedMeanwhileError(f"Job aid #{before.number} was changed while you had it before you.")
        values: dict[str, Any] = {
            "title": title,
            "body": body,
            "need": need,
            "status": status.value if status else before.status,
            "version": before.version + 1,
            "verified_on": self.now.date(),
        }
        if links is not None:
            values["links"] = [list(link) for link in links]
        if tags is not None:
            values["tags"] = list(tags)
        await self._change_aid(aid_id, values, by=by, why=why)
        aid = await self.aid(aid_id)
        await self._cut_snippets(as_job_aid(aid), aid_id)
        return aid

    async def learn_phrasing(self, aid_id: int, text: str) -> bool:
        """Keep a wording that led to an aid. Returns whether it is new.

        A locked aid learns none: it ranks as it is written.
        """
        look = select(t.JobAid.locked).where(t.JobAid.workspace_id == self.workspace, t.JobAid.id == aid_id)
        if (await self.db.execute(look)).scalar_one_or_none() is not False:
            return False
        put = self.insert(t.Phrasing).values(
            workspace_id=self.workspace, aid_id=aid_id, text=" ".join(text.split())[:500], at=self.now
        )
        if (await self.db.execute(put.on_conflict_do_nothing())).rowcount != 1:
            return False
        revision = await self.next_revision()
        await self.db.execute(
            update(t.Snippet)
            .where(t.Snippet.workspace_id == self.workspace, t.Snippet.aid_id == aid_id)
            .values(revision=revision)
        )
        return True

    # ── inside ──

    def _published_for(self, grants: frozenset[str]) -> ColumnElement[bool]:
        """Aids that the holder of `grants` may read."""
        return and_(
            t.JobAid.workspace_id == self.workspace,
            t.JobAid.status == Status.PUBLISHED,
            self.holds(t.JobAid.audience, grants),
        )

    async def _only(self, *looks: Select[Any]) -> Aid | None:
        """What the first of these that finds anything finds; None if that is several."""
        for look in looks:
            rows = (await self.db.execute(look.limit(2))).mappings().all()
            if rows:
                return read_aid(rows[0]) if len(rows) == 1 else None
        return None

    async def _add_aid(
        self, aid: JobAid, values: Mapping[str, Any], *, by: Person | None, source: str, question_id: int | None
    ) -> int:
        take = (
            update(t.Workspace)
            .where(t.Workspace.id == self.workspace)
            .values(aids=t.Workspace.aids + 1)
            .returning(t.Workspace.aids)
        )
        number = (await self.db.execute(take)).scalar_one()
        put = insert(t.JobAid).values(
            workspace_id=self.workspace,
            number=number,
            key=aid.key,
            version=1,
            source=source,
            question_id=question_id,
            created_at=self.now,
            updated_at=self.now,
            **values,
        )
        aid_id = (await self.db.execute(put.returning(t.JobAid.id))).scalar_one()
        await self._keep_version(aid_id, 1, values, by=by)
        return aid_id

    async def _change_aid(self, aid_id: int, values: Mapping[str, Any], *, by: Person | None, why: str) -> None:
        change = update(t.JobAid).where(t.JobAid.id == aid_id).values(**values, updated_at=self.now)
        now = (await self.db.execute(change.returning(t.JobAid))).mappings().one()
        await self._keep_version(aid_id, now["version"], dict(now), by=by, why=why)

    async def _keep_version(
        self, aid_id: int, version: int, values: Mapping[str, Any], *, by: Person | None, why: str = ""
    ) -> None:
        kept = {name: values[name] for name in VERSIONED}
        await self.db.execute(
            insert(t.JobAidVersion).values(
                aid_id=aid_id, version=version, content=kept, by_id=by.id if by else None, why=why, at=self.now
            )
        )

    async def _cut_snippets(self, aid: JobAid, aid_id: int) -> None:
        """Bring the snippets in line with the aid; only a published one has any that can be found."""
        pieces: Sequence[Snippet] = cut(aid, aid_id=str(aid_id)) if aid.status is Status.PUBLISHED else ()
        revision = await self.next_revision()
        await self.note_owned(t.JobAid.id == aid_id)
        await self.db.execute(
            update(t.Snippet)
            .where(t.Snippet.aid_id == aid_id, t.Snippet.workspace_id == self.workspace)
            .values(withdrawn=True, revision=revision)
        )
        for piece in pieces:
            values = {
                "title": piece.title,
                "text": piece.text,
                "tags": list(piece.tags),
                "audience": sorted(piece.audience),
                "withdrawn": False,
                "revision": revision,
                "fingerprint": fingerprint(piece),
            }
            put = self.insert(t.Snippet).values(id=piece.id, workspace_id=self.workspace, aid_id=aid_id, **values)
            await self.db.execute(put.on_conflict_do_update(index_elements=["id"], set_=values))

    async def _person_id(self, email: str | None) -> int | None:
        if not email:
            return None
        look = select(t.Person.id).where(
            t.Person.workspace_id == self.workspace, t.Person.email == email.strip().lower()
        )
        return (await self.db.execute(look)).scalar_one_or_none()

    async def discard_draft(self, aid_id: int, *, by: Person) -> None:
        """Throw away a draft. Raises GoneError, NotAllowedError."""
        aid = await self.check_may_change(aid_id, by=by, lock=True)
        if aid.status != Status.DRAFT:
            raise GoneError("That draft is not here any more.")
        await self.db.execute(delete(t.JobAid).where(t.JobAid.id == aid_id))


def column_values(aid: JobAid, *, owner_id: int | None, deputy_id: int | None) -> dict[str, Any]:
    """What an aid says, by column."""
    return {
        "title": aid.title,
        "need": aid.need,
        "body": aid.body,
        "links": [[link.label, link.url] for link in aid.links],
        "tags": list(aid.tags),
        "owner_id": owner_id,
        "deputy_id": deputy_id,
        "audience": sorted(aid.audience),
        "review_days": aid.review_days,
        "verified_on": aid.verified_on,
        "status": aid.status.value,
        "locked": aid.locked,
    }


def as_job_aid(aid: Aid, *, title: str | None = None, need: str | None = None, body: str | None = None) -> JobAid:
    """The aid as `knowledge` speaks of it; with other words, where they are given."""
    return JobAid(
        key=aid.key,
        title=aid.title if title is None else title,
        body=aid.body if body is None else body,
        need=aid.need if need is None else need,
        links=tuple(Link(label=label, url=url) for label, url in aid.links),
        tags=aid.tags,
        audience=aid.audience,
        review_days=aid.review_days,
        verified_on=aid.verified_on,
        status=Status(aid.status),
        locked=aid.locked,
    )


def _check_may_change(aid: Aid, by: Person) -> None:
    if aid.may_be_changed_by(by):
        return
    if aid.locked:
        raise NotAllowedError("This job aid is locked: only its owners may change it. Suggest the change to them.")
    raise NotAllowedError("Only its owner, its deputy or L&D may change this job aid. You can suggest a change.")


def check_is_kept_here(aid: Aid) -> None:
    """What is kept in a file is changed there, and nowhere else. Raises NotAllowedError."""
    if aid.origin is not None:
        raise NotAllowedError(f"Job aid #{aid.number} is kept in {aid.origin}, and is changed there.")


def _snippet(row: Mapping[str, Any], *, phrasings: Sequence[str] = ()) -> Snippet:
    return Snippet(
        id=row["id"],
        title=row["title"],
        text=row["text"],
        tags=tuple(row["tags"]),
        aid=str(row["aid_id"]),
        audience=frozenset(row["audience"]),
        phrasings=tuple(phrasings),
    )


def aids() -> Select[*tuple[Any, ...]]:
    return select(t.JobAid, t.Person.name.label("owner_name")).outerjoin(t.Person, t.Person.id == t.JobAid.owner_id)


def read_aid(row: RowMapping) -> Aid:
    return Aid(
        id=row["id"],
        number=row["number"],
        key=row["key"],
        title=row["title"],
        need=row["need"],
        body=row["body"],
        links=tuple((label, url) for label, url in row["links"]),
        tags=tuple(row["tags"]),
        owner_id=row["owner_id"],
        owner_name=row["owner_name"],
        deputy_id=row["deputy_id"],
        audience=frozenset(row["audience"]),
        review_days=row["review_days"],
        verified_on=row["verified_on"],
        status=row["status"],
        locked=row["locked"],
        version=row["version"],
        question_id=row["question_id"],
        origin=row["origin"],
    )
