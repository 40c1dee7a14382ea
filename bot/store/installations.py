"""Where Lanyard is installed, and by what it may speak there: encrypted texts that this module cannot read.

Everything here goes by the wall's clock, and by tenants rather than workspaces: a tenant is known before its workspace.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.engine import Database
from bot.store.records import Installed

MOST_SIGN_INS = 10_000
"""Open at one time. Anybody may begin one, and each is a row."""


class TooManySignInsError(Exception):
    """More have been begun than anybody means to finish."""


class Installations:
    def __init__(self, database: Database) -> None:
        self._database = database

    # ── by what ──

    async def of(self, platform: str, tenant: str) -> list[Installed]:
        """The tenant's own, then that of its organisation; ended ones too."""
        organisation = (
            select(t.Tenant.organisation)
            .where(t.Tenant.platform == platform, t.Tenant.tenant == tenant)
            .scalar_subquery()
        )
        look = (
            select(t.Installation)
            .where(
                t.Installation.platform == platform,
                or_(t.Installation.tenant == tenant, t.Installation.tenant == organisation),
            )
            .order_by(case((t.Installation.tenant == tenant, 0), else_=1))
        )
        return await self._read(look)

    async def all(self, platform: str | None = None) -> list[Installed]:
        look = select(t.Installation).order_by(t.Installation.platform, t.Installation.tenant)
        return await self._read(look if platform is None else look.where(t.Installation.platform == platform))

    async def expiring(self, platform: str, *, before: datetime) -> list[Installed]:
        """Those that end by then, the first ones first."""
        look = (
            select(t.Installation)
            .where(
                t.Installation.platform == platform,
                t.Installation.ended_at.is_(None),
                t.Installation.expires_at <= before,
            )
            .order_by(t.Installation.expires_at)
        )
        return await self._read(look)

    async def _read(self, look: Select[Any]) -> list[Installed]:
        async with self._database.read() as db:
            return [
                Installed(
                    platform=row["platform"],
                    tenant=row["tenant"],
                    sealed=row["sealed"] if row["ended_at"] is None else None,
                    version=row["version"],
                    expires_at=row["expires_at"],
                )
                for row in (await db.execute(look)).mappings()
            ]

    async def lease(self, one: Installed, *, lasting: timedelta) -> bool:
        """Take it in hand to renew it; False where somebody else has, or where there is a newer one."""
        now = datetime.now(UTC)
        free = or_(t.Installation.leased_until.is_(None), t.Installation.leased_until <= now)
        return await self._change(one, t.Installation.ended_at.is_(None), free, leased_until=now + lasting)

    async def release(self, one: Installed) -> None:
        await self._change(one, leased_until=None)

    async def replace(self, one: Installed, *, sealed: str, expires_at: datetime | None) -> bool:
        """Put another text in its place; False where there is a newer one."""
        return await self._change(
            one,
            t.Installation.ended_at.is_(None),
            sealed=sealed,
            expires_at=expires_at,
            version=one.version + 1,
            leased_until=None,
        )

    async def reseal(self, one: Installed, *, sealed: str) -> bool:
        """The same content, encrypted anew. Whoever is about to replace it is not disturbed."""
        return await self._change(one, t.Installation.sealed == one.sealed, sealed=sealed)

    async def end(self, one: Installed) -> bool:
        """Keep nothing of it; False where it had ended, or where there is a newer one."""
        return await self._change(
            one,
            t.Installation.ended_at.is_(None),
            sealed=None,
            expires_at=None,
            ended_at=datetime.now(UTC),
            leased_until=None,
        )

    async def _change(self, one: Installed, *also: ColumnElement[bool], **values: Any) -> bool:
        async with self._database.write() as db:
            done = await db.execute(
                update(t.Installation)
                .where(
                    t.Installation.platform == one.platform,
                    t.Installation.tenant == one.tenant,
                    t.Installation.version == one.version,
                    *also,
                )
                .values(**values)
            )
            return done.rowcount == 1

    # ── where ──

    async def adopt(self, platform: str, tenant: str, organisation: str) -> bool:
        """The tenant is a part of the organisation. A tenant that is new belongs to the organisation's workspace.

        False where Lanyard is not installed in the organisation: then nothing is changed.
        """
        async with self._database.write() as db:
            workspace = await self._workspace_of_organisation(db, platform, organisation)
            if workspace is None:
                return False
            put = _insert(db, t.Tenant).values(
                platform=platform, tenant=tenant, organisation=organisation, workspace_id=workspace
            )
            await db.execute(
                put.on_conflict_do_update(index_elements=["platform", "tenant"], set_={"organisation": organisation})
            )
            return True

    async def _workspace_of_organisation(self, db: AsyncConnection, platform: str, organisation: str) -> int | None:
        look = (
            select(t.Tenant.workspace_id)
            .join(
                t.Installation,
                (t.Installation.platform == t.Tenant.platform) & (t.Installation.tenant == t.Tenant.tenant),
            )
            .where(t.Tenant.platform == platform, t.Tenant.tenant == organisation, t.Installation.ended_at.is_(None))
        )
        return (await db.execute(look)).scalar_one_or_none()

    async def find_workspace(
        self, db: AsyncConnection, platform: str, tenant: str, *, organisation: str | None, name: str, now: datetime
    ) -> int:
        """The workspace of a tenant in which Lanyard is being installed, made if need be.

        One that was there keeps its workspace. A new tenant joins its organisation, if Lanyard is in that as a whole;
        a new organisation joins its tenants, if they have one workspace among them. Nobody joins another company.
        """
        known = select(t.Tenant.workspace_id).where(t.Tenant.platform == platform, t.Tenant.tenant == tenant)
        workspace = (await db.execute(known)).scalar_one_or_none()
        if workspace is None and organisation is not None:
            workspace = await self._join(db, platform, tenant, organisation)
        if workspace is None:
            found = insert(t.Workspace).values(name=name, settings={}, created_at=now).returning(t.Workspace.id)
            workspace = (await db.execute(found)).scalar_one()
        put = _insert(db, t.Tenant).values(
            platform=platform, tenant=tenant, organisation=organisation, workspace_id=workspace
        )
        kept = put.on_conflict_do_update(
            index_elements=["platform", "tenant"], set_={"organisation": organisation}
        ).returning(t.Tenant.workspace_id)
        settled: int = (await db.execute(kept)).scalar_one()
        if settled != workspace:  # another process was first
            await db.execute(delete(t.Workspace).where(t.Workspace.id == workspace))
        return settled

    async def _join(self, db: AsyncConnection, platform: str, tenant: str, organisation: str) -> int | None:
        if tenant != organisation:
            return await self._workspace_of_organisation(db, platform, organisation)
        parts = (
            select(t.Tenant.workspace_id)
            .where(t.Tenant.platform == platform, t.Tenant.organisation == organisation)
            .distinct()
        )
        workspaces: Sequence[int] = (await db.execute(parts)).scalars().all()
        return workspaces[0] if len(workspaces) == 1 else None

    # ── sign-ins ──

    async def begin_sign_in(self, state: str, browser: str, *, until: datetime, now: datetime) -> None:
        """`state` and `browser` are digests. Raises TooManySignInsError."""
        async with self._database.write() as db:
            await db.execute(delete(t.SignIn).where(t.SignIn.until <= now))
            if (await db.execute(select(func.count()).select_from(t.SignIn))).scalar_one() >= MOST_SIGN_INS:
                raise TooManySignInsError
            await db.execute(insert(t.SignIn).values(state=state, browser=browser, until=until))

    async def finish_sign_in(self, state: str, browser: str, *, now: datetime) -> bool:
        """Whether it was begun in this browser and is still open; if so, it is closed."""
        mine = (t.SignIn.state == state) & (t.SignIn.browser == browser) & (t.SignIn.until > now)
        async with self._database.write() as db:
            return (await db.execute(delete(t.SignIn).where(mine))).rowcount == 1


def _insert(db: AsyncConnection, table: type[t.Base]) -> Any:
    """An insert that knows ON CONFLICT."""
    return postgresql_insert(table) if db.dialect.name == "postgresql" else sqlite_insert(table)
