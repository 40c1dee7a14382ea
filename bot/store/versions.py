"""What job aids once said, and what people suggest that they should say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, insert, select, update

from bot.store import tables as t
from bot.store.knowledge import VERSIONED, Knowledge
from bot.store.records import Aid, Person, Suggestion, SuggestionStatus, Version
from bot.store.session import GoneError


class Versions(Knowledge):
    # ── history ──

    async def versions(self, aid_id: int) -> list[Version]:
        """All that an aid has said, newest first. Who may read it is for the caller to decide."""
        look = (
            select(t.JobAidVersion, t.Person.name.label("by_name"))
            .join(t.JobAid, t.JobAid.id == t.JobAidVersion.aid_id)
            .outerjoin(t.Person, t.Person.id == t.JobAidVersion.by_id)
            .where(t.JobAid.workspace_id == self.workspace, t.JobAidVersion.aid_id == aid_id)
            .order_by(t.JobAidVersion.version)
        )
        found: list[Version] = []
        content: dict[str, Any] = {**dict.fromkeys(VERSIONED, ""), "links": [], "tags": []}
        for row in (await self.db.execute(look)).mappings():
            content |= row["content"]  # versions of former times kept only what was changed
            found.append(_read_version(row, content))
        return found[::-1]

    async def restore_version(self, aid_id: int, number: int, *, by: Person, expect: int) -> Aid:
        """Make what an aid once said its newest version; `expect` is the newest that was looked at.

        Raises GoneError, NotAllowedError, ChangedMeanwhileError.
        """
        await self.check_may_change(aid_id, by=by, lock=True)
        wanted = next((one for one in await self.versions(aid_id) if one.number == number), None)
        if wanted is None:
            raise GoneError(f"There is no version {number} of this job aid.")
        return await self.rewrite_aid(
            aid_id,
            by=by,
            title=wanted.title,
            need=wanted.need,
            body=wanted.body,
            links=wanted.links,
            tags=wanted.tags,
            why=f"version {number} brought back",
            expect=expect,
        )

    # ── suggestions ──

    async def suggest_change(
        self, aid: Aid, *, by: Person, title: str, need: str, body: str, note: str, put_to: Sequence[int], version: int
    ) -> Suggestion:
        """Keep what somebody proposes. `put_to` are the people who are asked about it."""
        put = insert(t.Suggestion).values(
            workspace_id=self.workspace,
            aid_id=aid.id,
            by_id=by.id,
            version=version,
            title=title,
            need=need,
            body=body,
            note=note,
            status=SuggestionStatus.OPEN,
            put_to=list(put_to),
            at=self.now,
        )
        return await self.suggestion((await self.db.execute(put.returning(t.Suggestion.id))).scalar_one())

    async def suggestion(self, suggestion_id: int, *, lock: bool = False) -> Suggestion:
        """Raises GoneError. Who locks both locks the aid first."""
        look = select(t.Suggestion).where(t.Suggestion.workspace_id == self.workspace, t.Suggestion.id == suggestion_id)
        row = (await self.db.execute(look.with_for_update() if lock else look)).mappings().one_or_none()
        if row is None:
            raise GoneError("That suggestion is not here any more.")
        return _read_suggestion(row)

    async def settle_suggestion(self, suggestion_id: int, status: SuggestionStatus, *, by: Person) -> Suggestion:
        """Take it up or turn it down, once. Raises GoneError, NotAllowedError."""
        suggestion = await self.suggestion(suggestion_id)
        await self.check_may_change(suggestion.aid_id, by=by, lock=True)
        suggestion = await self.suggestion(suggestion_id, lock=True)
        if suggestion.status is not SuggestionStatus.OPEN:
            raise GoneError(f"This suggestion was {suggestion.status} already.")
        await self.db.execute(
            update(t.Suggestion).where(t.Suggestion.id == suggestion_id).values(status=status, settled_at=self.now)
        )
        return suggestion


def _read_version(row: RowMapping, content: Mapping[str, Any]) -> Version:
    return Version(
        number=row["version"],
        title=content["title"],
        need=content["need"],
        body=content["body"],
        links=tuple((label, url) for label, url in content["links"]),
        tags=tuple(content["tags"]),
        by_name=row["by_name"],
        why=row["why"],
        at=row["at"],
    )


def _read_suggestion(row: RowMapping) -> Suggestion:
    return Suggestion(
        id=row["id"],
        aid_id=row["aid_id"],
        by_id=row["by_id"],
        version=row["version"],
        title=row["title"],
        need=row["need"],
        body=row["body"],
        note=row["note"],
        status=SuggestionStatus(row["status"]),
        put_to=tuple(row["put_to"]),
    )
