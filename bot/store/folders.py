"""Job aids that are kept in the files of a folder: the files say what they say, and the store follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import select, update

from bot.store import tables as t
from bot.store.importing import Importing
from bot.store.knowledge import as_job_aid
from bot.store.records import Aid
from knowledge.model import JobAid, Status


class ConflictError(Exception):
    """An aid was changed here and in its file. The message says where, and how it is settled."""


class Folders(Importing):
    async def kept_in_files(self) -> dict[str, str]:
        """The file of each aid that is kept in one and not retired, by the aid's key."""
        look = select(t.JobAid.key, t.JobAid.origin).where(
            t.JobAid.workspace_id == self.workspace,
            t.JobAid.origin.is_not(None),
            t.JobAid.status != Status.RETIRED,
        )
        return {key: origin for key, origin in await self.db.execute(look) if origin is not None}

    async def put_from_file(self, aid: JobAid, *, origin: str) -> str:
        """Add or change an aid as its file says. Returns `put_aid`'s word. Raises ConflictError.

        What people have said here of its care stays where the file is silent: who looks after it, and when somebody
        last said that it is true.
        """
        look = select(t.JobAid).where(t.JobAid.workspace_id == self.workspace, t.JobAid.key == aid.key)
        row = (await self.db.execute(look.with_for_update())).mappings().one_or_none()
        owner, deputy = await self._active(aid.owner), await self._active(aid.deputy)
        if row is not None:
            if row["origin"] is None:
                await self._check_not_changed_here(await self.aid(row["id"]), aid, origin)
            owner = owner if owner is not None else row["owner_id"]
            deputy = deputy if deputy is not None else row["deputy_id"]
            days = [day for day in (aid.verified_on, row["verified_on"]) if day is not None]
            aid = replace(aid, verified_on=max(days, default=None))
        told = replace(aid, owner=None, deputy=None)
        why = f"{origin} was changed" if row is not None else ""
        outcome = await self.put_aid(told, by=None, source="folder", owner_id=owner, deputy_id=deputy, why=why)
        if row is None or row["origin"] != origin:
            put = update(t.JobAid).where(t.JobAid.workspace_id == self.workspace, t.JobAid.key == aid.key)
            await self.db.execute(put.values(origin=origin))
        return outcome

    async def move_file(self, key: str, *, to: str, origin: str) -> None:
        """Its file has another name now: the aid stays the one it was."""
        await self.db.execute(
            update(t.JobAid)
            .where(t.JobAid.workspace_id == self.workspace, t.JobAid.key == key)
            .values(key=to, origin=origin)
        )

    async def retire_without_file(self, keys: Collection[str]) -> list[Aid]:
        """Retire aids whose files are gone. Returns them as they are then."""
        found: list[Aid] = []
        for key in keys:
            aid = await self.find_by_key(key)
            if aid is None or aid.origin is None or aid.status == Status.RETIRED:
                continue
            retired = replace(as_job_aid(aid), status=Status.RETIRED)
            why = f"{aid.origin} is gone"
            await self.put_aid(
                retired, by=None, source="folder", owner_id=aid.owner_id, deputy_id=aid.deputy_id, why=why
            )
            found.append(await self.aid(aid.id))
        return found

    async def keys_of_words(self, keys: Collection[str]) -> Mapping[tuple[str, str], str]:
        """The keys of these aids by what they say: title and body."""
        look = select(t.JobAid.key, t.JobAid.title, t.JobAid.body).where(
            t.JobAid.workspace_id == self.workspace, t.JobAid.key.in_(keys)
        )
        return {(title, body): key for key, title, body in await self.db.execute(look)}

    async def _active(self, email: str | None) -> int | None:
        look = select(t.Person.id).where(
            t.Person.workspace_id == self.workspace, t.Person.email == (email or "").strip().lower(), t.Person.active
        )
        return (await self.db.execute(look)).scalar_one_or_none()

    async def _check_not_changed_here(self, before: Aid, aid: JobAid, origin: str) -> None:
        """An aid that was written or changed by somebody here is not overwritten by a file of another wording."""
        if (before.title, before.need, before.body) == (aid.title, aid.need, aid.body):
            return
        look = (
            select(t.JobAidVersion.by_id)
            .where(t.JobAidVersion.aid_id == before.id)
            .order_by(t.JobAidVersion.version.desc())
            .limit(1)
        )
        if (await self.db.execute(look)).scalar_one() is not None:
            raise ConflictError(
                f"Job aid #{before.number} was changed in chat, and says something else than {origin}. Bring the "
                "change into the file, word for word, or give the file a key of its own."
            )
