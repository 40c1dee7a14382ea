"""Where conversations are, for a platform whose calls go to an address that it told with the conversation.

By tenants and the wall's clock, since a tenant is known before its workspace.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from bot.store import tables as t
from bot.store.engine import Database
from bot.store.records import Reference


class References:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, platform: str, reference: Reference) -> None:
        """In the place of what was known of that conversation."""
        told = {
            "service_url": reference.service_url,
            "person": reference.person,
            "team": reference.team,
            "seen_at": datetime.now(UTC),
        }
        postgresql = self._database.url.get_backend_name() == "postgresql"
        put = (postgresql_insert if postgresql else sqlite_insert)(t.Reference).values(
            platform=platform, tenant=reference.tenant, conversation=reference.conversation, **told
        )
        async with self._database.write() as db:
            await db.execute(
                put.on_conflict_do_update(index_elements=["platform", "tenant", "conversation"], set_=told)
            )

    async def of(self, platform: str, tenant: str, conversation: str) -> Reference | None:
        return await self._first(_in(platform, tenant).where(t.Reference.conversation == conversation))

    async def direct(self, platform: str, tenant: str, person: str) -> Reference | None:
        """The person's own conversation with the bot."""
        return await self._first(_in(platform, tenant).where(t.Reference.person == person))

    async def newest(self, platform: str, tenant: str) -> Reference | None:
        return await self._first(_in(platform, tenant))

    async def teams(self, platform: str, tenant: str) -> Sequence[Reference]:
        """One for each team, the newest."""
        found = await self._read(_in(platform, tenant).where(t.Reference.team.is_not(None)))
        return [*{one.team: one for one in reversed(found)}.values()]

    async def _first(self, look: Select[Any]) -> Reference | None:
        found = await self._read(look.limit(1))
        return found[0] if found else None

    async def _read(self, look: Select[Any]) -> list[Reference]:
        async with self._database.read() as db:
            return [
                Reference(
                    tenant=row["tenant"],
                    conversation=row["conversation"],
                    service_url=row["service_url"],
                    person=row["person"],
                    team=row["team"],
                )
                for row in (await db.execute(look)).mappings()
            ]


def _in(platform: str, tenant: str) -> Select[Any]:
    return (
        select(t.Reference)
        .where(t.Reference.platform == platform, t.Reference.tenant == tenant)
        .order_by(t.Reference.seen_at.desc())
    )
