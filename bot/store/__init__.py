"""All SQL. A `Transaction` speaks the language of the journeys: one part a noun, in a file of its own.

    async with store.transaction(workspace, now=now) as tx:
        question = await tx.question(question_id, by=person)
        await tx.send(question.place, card)

Everything in one `async with` is committed together, or not at all; what was sent with `tx.send` goes out after that.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.audit import Auditing
from bot.store.campaigns import Campaigns
from bot.store.changes import Changes
from bot.store.channels import Channels
from bot.store.engine import UNREACHABLE, Database, parse_url
from bot.store.experts import Experts
from bot.store.files import Files, SentFiles
from bot.store.folders import Folders
from bot.store.inbox import LEASE, TWINS, Inbox
from bot.store.insight import Insight
from bot.store.installations import Installations
from bot.store.installing import Installing
from bot.store.intake import Intake
from bot.store.judging import Judging
from bot.store.learned import LearnedFromThreads
from bot.store.listing import Found, Purpose, find_pass
from bot.store.meanings import Meanings
from bot.store.outbox import Outbox
from bot.store.own_data import OwnData
from bot.store.people import People
from bot.store.questions import Questions
from bot.store.records import Received
from bot.store.references import References
from bot.store.session import ChangedMeanwhileError, GoneError, NotAllowedError
from bot.store.speaking import Lane, Speaking
from bot.store.turns import Precedence
from bot.store.versions import Versions
from bot.store.visits import Visiting, Visits

__all__ = [
    "UNREACHABLE",
    "ChangedMeanwhileError",
    "DuplicateError",
    "GoneError",
    "Lane",
    "NotAllowedError",
    "Precedence",
    "Store",
    "Transaction",
]


class DuplicateError(Exception):
    """An inbound that has been handled before, or is being handled by somebody else who will finish it."""


class Transaction(
    OwnData,
    Changes,
    People,
    Folders,
    Files,
    Versions,
    Questions,
    Experts,
    Meanings,
    Judging,
    LearnedFromThreads,
    Campaigns,
    Channels,
    Insight,
    Speaking,
    Auditing,
    Installing,
    Visiting,
):
    async def finish(self, row: Received) -> None:
        """Mark an inbox row done together with all that came of it. Raises DuplicateError if the lease was lost."""
        done = await self.db.execute(
            update(t.InboxRow)
            .where(t.InboxRow.id == row.id, t.InboxRow.lease == row.lease, t.InboxRow.done_at.is_(None))
            .values(done_at=_wall(), leased_until=None, lease=None)
        )
        if done.rowcount != 1:
            raise DuplicateError(row.key)

    async def accept(self, key: str, *, twin: str | None = None) -> None:
        """Take in what is handled within its request. Raises DuplicateError for what was taken in before.

        That is a row with this key, or one that came lately with this `twin`.
        """
        now = _wall()
        if twin is not None:
            lately = select(t.InboxRow.id).where(t.InboxRow.twin == twin, t.InboxRow.received_at > now - TWINS)
            if (await self.db.execute(lately.limit(1))).first() is not None:
                raise DuplicateError(key)
        put = self.insert(t.InboxRow).values(key=key, payload="", twin=twin, received_at=now, done_at=now)
        if (await self.db.execute(put.on_conflict_do_nothing(index_elements=["key"]))).rowcount != 1:
            raise DuplicateError(key)


class Store:
    """The database, open. `ring` is called after each commit that said something, `ring_encoder` after each
    that changed knowledge, `ring_reading` after each that has kept a file to be read.

    `lasting` is how long a lease holds: after a crash, what was in hand waits for so long. `gathering` is how soon one
    write to the inbox may follow another; none is worth it where a single voice speaks, as in most tests.
    """

    def __init__(
        self,
        url: str,
        *,
        new_id: Callable[[], str] = lambda: uuid4().hex,
        lasting: timedelta = LEASE,
        gathering: timedelta = timedelta(0),
    ) -> None:
        self.database = Database(parse_url(url))
        self.new_id = new_id
        self.intake = Intake(self.database, gathering=gathering)
        self.inbox = Inbox(self.database, lasting=lasting)
        self.outbox = Outbox(self.database, lasting=lasting)
        self.files = SentFiles(self.database, lasting=lasting)
        self.installations = Installations(self.database)
        self.references = References(self.database)
        self.visits = Visits(self.database)
        self.ring: Callable[[], None] = lambda: None
        self.ring_encoder: Callable[[], None] = lambda: None
        self.ring_reading: Callable[[], None] = lambda: None
        self.connected: frozenset[str] | None = None  # the platforms that can be written to; None before they are known

    async def close(self) -> None:
        await self.intake.close()
        await self.database.close()

    @asynccontextmanager
    async def transaction(
        self, workspace: int, *, now: datetime, precedence: Precedence = Precedence.TURN
    ) -> AsyncIterator[Transaction]:
        async with self.database.write(precedence) as db:
            tx = self._open(db, workspace, now)
            yield tx
        if tx.spoke:
            self.ring()
        if tx.learned:
            self.ring_encoder()
        if tx.filed:
            self.ring_reading()

    @asynccontextmanager
    async def installing(
        self, platform: str, tenant: str, *, organisation: str | None, name: str, now: datetime
    ) -> AsyncIterator[Transaction]:
        """A transaction in the workspace of a tenant in which Lanyard is being installed, made in it if need be."""
        async with self.database.write() as db:
            workspace = await self.installations.find_workspace(
                db, platform, tenant, organisation=organisation, name=name, now=now
            )
            yield self._open(db, workspace, now)

    @asynccontextmanager
    async def reading(self, workspace: int, *, now: datetime) -> AsyncIterator[Transaction]:
        """A transaction that only looks; on SQLite it waits for no writer."""
        async with self.database.read() as db:
            yield self._open(db, workspace, now)

    def _open(self, db: AsyncConnection, workspace: int, now: datetime) -> Transaction:
        return Transaction(db, workspace=workspace, now=now, new_id=self.new_id, connected=self.connected)

    def portion(self, of: int, *, short: int) -> int:
        """How many of so many the background takes into one transaction: where there is one writer, whoever is at
        the door waits for its end.
        """
        return min(of, short) if self.database.one_writer else of

    # ── workspaces and the installation ──

    async def workspace_of(self, platform: str, tenant: str) -> int | None:
        look = select(t.Tenant.workspace_id).where(t.Tenant.platform == platform, t.Tenant.tenant == tenant)
        async with self.database.read() as db:
            return (await db.execute(look)).scalar_one_or_none()

    async def workspaces(self) -> list[int]:
        async with self.database.read() as db:
            return list((await db.execute(select(t.Workspace.id).order_by(t.Workspace.id))).scalars())

    async def tenants(self) -> dict[int, list[str]]:
        """How the platforms call each workspace, as "slack/T0123ABCD"."""
        look = select(t.Tenant).order_by(t.Tenant.workspace_id, t.Tenant.platform, t.Tenant.tenant)
        found: dict[int, list[str]] = {}
        async with self.database.read() as db:
            for row in (await db.execute(look)).mappings():
                found.setdefault(row["workspace_id"], []).append(f"{row['platform']}/{row['tenant']}")
        return found

    async def found_workspace(
        self, platform: str, tenant: str, *, name: str, now: datetime, join: bool = False
    ) -> tuple[int, bool]:
        """The workspace that a tenant means, made if it is new. The second value is whether it was.

        With `join` a new tenant belongs to the one workspace there is: one company on two platforms.
        """
        known = await self.workspace_of(platform, tenant)
        if known is not None:
            return known, False
        if join and len(present := await self.workspaces()) == 1:
            async with self.database.write() as db:
                tx = self._open(db, present[0], now)
                joined = tx.insert(t.Tenant).values(platform=platform, tenant=tenant, workspace_id=present[0])
                await db.execute(joined.on_conflict_do_nothing())
            return present[0], False
        async with self.database.write() as db:
            put = insert(t.Workspace).values(name=name, settings={}, created_at=now).returning(t.Workspace.id)
            workspace = (await db.execute(put)).scalar_one()
            tx = self._open(db, workspace, now)
            tenants = tx.insert(t.Tenant).values(platform=platform, tenant=tenant, workspace_id=workspace)
            if (await db.execute(tenants.on_conflict_do_nothing())).rowcount == 1:
                return workspace, True
            await db.rollback()
        found = await self.workspace_of(platform, tenant)  # another replica was first
        assert found is not None
        return found, False

    async def find_pass(self, secret: str, purpose: Purpose) -> Found | None:
        """What a secret of this purpose lets one reach, in whatever workspace; None where it is worth nothing."""
        async with self.database.read() as db:
            return await find_pass(db, secret, purpose)

    async def setting(self, name: str) -> str | None:
        """A small fact about the installation itself."""
        async with self.database.read() as db:
            return (await db.execute(select(t.Setting.value).where(t.Setting.name == name))).scalar_one_or_none()

    async def set_setting(self, name: str, value: str) -> None:
        async with self.database.write() as db:
            tx = self._open(db, 0, _wall())
            put = tx.insert(t.Setting).values(name=name, value=value)
            await db.execute(put.on_conflict_do_update(index_elements=["name"], set_={"value": value}))

    async def is_alive(self) -> bool:
        """Whether the database answers. Raises nothing."""
        try:
            async with self.database.read() as db:
                await _ping(db)
        except Exception:  # noqa: BLE001 — whatever is wrong with it, it is not ready
            return False
        return True


async def _ping(db: AsyncConnection) -> None:
    await db.execute(select(1))


def _wall() -> datetime:
    """The machinery lives by wall time, also where the domain's clock was moved."""
    return datetime.now(UTC)
