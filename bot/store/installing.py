"""Lanyard is being installed: the part of it that is committed together with who did it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from bot.store import tables as t
from bot.store.session import Session


class Installing(Session):
    async def put_installation(
        self, platform: str, tenant: str, *, sealed: str, expires_at: datetime | None, after: int
    ) -> bool:
        """By what Lanyard may speak in the tenant from now on. False where the last is not number `after` (0: none).

        Raises LookupError for another workspace's tenant.
        """
        look = select(t.Tenant.workspace_id).where(t.Tenant.platform == platform, t.Tenant.tenant == tenant)
        if (await self.db.execute(look)).scalar_one_or_none() != self.workspace:
            raise LookupError(f"{platform}/{tenant} is no tenant of workspace {self.workspace}")
        put = self.insert(t.Installation).values(
            platform=platform,
            tenant=tenant,
            sealed=sealed,
            version=1,
            expires_at=expires_at,
            installed_at=datetime.now(UTC),
        )
        newer = {
            "sealed": sealed,
            "version": t.Installation.version + 1,
            "expires_at": expires_at,
            "installed_at": datetime.now(UTC),
            "ended_at": None,
            "leased_until": None,
        }
        done = await self.db.execute(
            put.on_conflict_do_update(
                index_elements=["platform", "tenant"], set_=newer, where=t.Installation.version == after
            )
        )
        return done.rowcount == 1
