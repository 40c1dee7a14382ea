"""Files that people sent in chat: a durable queue of them, and the drafts that came of each.

`SentFiles` is what waits for a worker, leased by the wall's clock as the inbox is; `Files` what a turn or a worker does
with one, in its transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update

from bot.messages import Address, File
from bot.store import tables as t
from bot.store.codec import dump, load
from bot.store.engine import Database
from bot.store.importing import Importing
from bot.store.inbox import LEASE
from bot.store.knowledge import aids, read_aid
from bot.store.records import Aid, Person, SentFile, Stage
from bot.store.session import GoneError, NotAllowedError
from knowledge.model import Status

_COLUMNS = (
    t.SentFile.id,
    t.SentFile.workspace_id,
    t.SentFile.person_id,
    t.SentFile.file,
    t.SentFile.place,
    t.SentFile.words,
    t.SentFile.stage,
    t.SentFile.meant,
    t.SentFile.campaign_id,
    t.SentFile.content,
    t.SentFile.attempts,
    t.SentFile.lease,
)


class SentFiles:
    """The queue. A worker that died leaves what it had in hand to the next, once its lease has run out."""

    def __init__(self, database: Database, *, lasting: timedelta = LEASE) -> None:
        self._database = database
        self.lasting = lasting

    async def any_due(self) -> bool:
        """Whether something waits for a worker now; a look that takes no lock."""
        look = select(t.SentFile.id).where(t.SentFile.due_at <= datetime.now(UTC)).limit(1)
        async with self._database.read() as db:
            return (await db.execute(look)).first() is not None

    async def claim(self, *, lease: str) -> SentFile | None:
        """Lease the file that has waited for the longest. `lease` must be new at each call."""
        now = datetime.now(UTC)
        free = (
            select(t.SentFile.id)
            .where(t.SentFile.due_at <= now)
            .order_by(t.SentFile.due_at, t.SentFile.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        claim = (
            update(t.SentFile)
            .where(t.SentFile.id == free.scalar_subquery())
            .values(due_at=now + self.lasting, lease=lease, attempts=t.SentFile.attempts + 1)
            .returning(*_COLUMNS)
        )
        async with self._database.write() as db:
            row = (await db.execute(claim)).mappings().one_or_none()
        return _read(row) if row is not None else None

    async def renew(self, sent: SentFile) -> None:
        """Keep the lease for as long again."""
        await self._move(sent, due_at=datetime.now(UTC) + self.lasting)

    async def release(self, sent: SentFile, *, after: timedelta) -> None:
        """Give it back, to be taken again after a while."""
        await self._move(sent, due_at=datetime.now(UTC) + after, lease=None)

    async def _move(self, sent: SentFile, **values: Any) -> None:
        async with self._database.write() as db:
            await db.execute(update(t.SentFile).where(*_held(sent)).values(**values))


class Files(Importing):
    async def keep_file(self, file: File, *, by: Person, place: Address, words: str) -> bool:
        """Keep a file to be read. Returns whether it is to be read now: not where that is going on already.

        A file that was read before is read again, by whoever has sent it. Raises NotAllowedError.
        """
        if not by.may_publish():
            raise NotAllowedError("Files are taken in from experts and from L&D. Ask them, or write the job aid here.")
        values = {
            "person_id": by.id,
            "file": dump(file),
            "place": dump(place),
            "words": words,
            "stage": Stage.READ,
            "meant": "",
            "campaign_id": None,
            "content": None,
            "attempts": 0,
            "lease": None,
            "due_at": datetime.now(UTC),
            "created_at": self.now,
        }
        key = _key(place, file, by)
        put = self.insert(t.SentFile).values(workspace_id=self.workspace, key=key, **values)
        kept = await self.db.execute(
            put.on_conflict_do_update(
                index_elements=["workspace_id", "key"], set_=values, where=t.SentFile.due_at.is_(None)
            )
        )
        self.filed = True
        return kept.rowcount == 1

    async def sent_file(self, file_id: int, *, by: Person) -> SentFile:
        """Its sender's alone; nobody changes it until the commit. Raises GoneError."""
        look = select(*_COLUMNS).where(
            t.SentFile.workspace_id == self.workspace, t.SentFile.id == file_id, t.SentFile.person_id == by.id
        )
        row = (await self.db.execute(look.with_for_update())).mappings().one_or_none()
        if row is None:
            raise GoneError("I do not have that file any more. Send it again.")
        return _read(row)

    async def put_forward(
        self, sent: SentFile, stage: Stage, *, meant: str = "", campaign_id: int | None = None
    ) -> None:
        """Let a worker go on with it. Raises GoneError where it is not at the stage at which it was looked at."""
        moved = await self.db.execute(
            update(t.SentFile)
            .where(self._this(sent), t.SentFile.stage == sent.stage, t.SentFile.due_at.is_(None))
            .values(stage=stage, meant=meant, campaign_id=campaign_id, attempts=0, due_at=datetime.now(UTC))
        )
        if moved.rowcount != 1:
            raise GoneError("I am at that file already.")
        self.filed = True

    async def finish_file(self, sent: SentFile, stage: Stage, *, content: bytes | None = None) -> bool:
        """A worker is done with it for now. Returns False where it has lost its lease: then nothing is to be kept."""
        address = dump(File(name=sent.file.name, id=sent.file.id, size=sent.file.size))  # where it lay is of no use now
        done = await self.db.execute(
            update(t.SentFile)
            .where(self._this(sent), *_held(sent))
            .values(stage=stage, content=content, file=address, lease=None, due_at=None)
        )
        return done.rowcount == 1

    async def close_file(self, sent: SentFile) -> None:
        """Nothing more comes of it."""
        await self.db.execute(
            update(t.SentFile).where(self._this(sent)).values(stage=Stage.DONE, content=None, due_at=None)
        )

    async def aids_of_file(self, file_id: int, *, drafts: bool = False) -> list[Aid]:
        """The job aids that were drafted from it, in its order; those that were thrown away are no more."""
        look = aids().where(t.JobAid.workspace_id == self.workspace, t.JobAid.key.startswith(prefix(file_id)))
        if drafts:
            look = look.where(t.JobAid.status == Status.DRAFT)
        return [read_aid(row) for row in (await self.db.execute(look.order_by(t.JobAid.number))).mappings()]

    async def discard_drafts(self, sent: SentFile) -> int:
        """Throw away what was drafted from it and is a draft still. Returns how many there were."""
        gone = await self.db.execute(
            delete(t.JobAid).where(
                t.JobAid.workspace_id == self.workspace,
                t.JobAid.key.startswith(prefix(sent.id)),
                t.JobAid.status == Status.DRAFT,
            )
        )
        return gone.rowcount

    async def gather_again(self, campaign_id: int) -> None:
        """Let it be looked at now who is of the campaign's audience."""
        await self.db.execute(
            update(t.Campaign)
            .where(t.Campaign.workspace_id == self.workspace, t.Campaign.id == campaign_id)
            .values(gathered_at=None)
        )

    async def forget_files(self, *, before: datetime) -> int:
        """Drop those that were sent long ago and wait for no worker; what was drafted from them stays."""
        old = delete(t.SentFile).where(
            t.SentFile.workspace_id == self.workspace, t.SentFile.created_at < before, t.SentFile.due_at.is_(None)
        )
        return (await self.db.execute(old)).rowcount

    def _this(self, sent: SentFile) -> ColumnElement[bool]:
        return (t.SentFile.workspace_id == self.workspace) & (t.SentFile.id == sent.id)


def prefix(file_id: int) -> str:
    """What the keys of all job aids drafted from the file begin with."""
    return f"file:{file_id}:"


def _key(place: Address, file: File, by: Person) -> str:
    name = f"{place.platform}/{place.tenant}/{by.id}/{file.id}"
    return f"{place.platform}/{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _held(sent: SentFile) -> Sequence[ColumnElement[bool]]:
    return (t.SentFile.id == sent.id, t.SentFile.lease == sent.lease)


def _read(row: Any) -> SentFile:
    return SentFile(
        id=row["id"],
        workspace=row["workspace_id"],
        person_id=row["person_id"],
        file=load(row["file"], File),
        place=load(row["place"], Address),
        words=row["words"],
        stage=Stage(row["stage"]),
        meant=row["meant"],
        campaign_id=row["campaign_id"],
        content=row["content"],
        attempts=row["attempts"],
        lease=row["lease"],
    )
