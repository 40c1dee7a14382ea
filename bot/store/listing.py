"""Whom lists name for a campaign, and the passes by which somebody outside may read or report one thing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.session import Session
from scheduler.roster import Named


class Purpose(StrEnum):
    COMPLETIONS = "completions"  # a training reports who has completed it
    FEED = "feed"  # a campaign is read as a feed
    CALENDAR = "calendar"  # a learner's own calendar


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a secret lets one reach."""

    workspace_id: int
    campaign_id: int | None
    person_id: int | None


async def find_pass(db: AsyncConnection, secret: str, purpose: Purpose) -> Found | None:
    look = select(t.Pass).where(t.Pass.digest == digest(secret), t.Pass.purpose == purpose)
    row = (await db.execute(look)).mappings().one_or_none()
    if row is None:
        return None
    return Found(workspace_id=row["workspace_id"], campaign_id=row["campaign_id"], person_id=row["person_id"])


class Listing(Session):
    async def list_people(self, campaign_id: int, named: Sequence[Named], *, told_by: str | None = None) -> int:
        """Put people on a campaign's list. Whoever is on it already stays. Returns how many are new."""
        if not named:
            return 0
        put = self.insert(t.Listed).values(
            [
                {
                    "workspace_id": self.workspace,
                    "campaign_id": campaign_id,
                    "email": one.email,
                    "name": one.name,
                    "told_by": told_by,
                    "at": self.now,
                }
                for one in named
            ]
        )
        return (await self.db.execute(put.on_conflict_do_nothing())).rowcount

    async def copy_list(self, campaign_id: int, *, to: int) -> None:
        """Whom a file named for one campaign is on the list of another; whom a training told of is not."""
        columns = [t.Listed.workspace_id, t.Listed.email, t.Listed.name]
        rows = select(literal(to), *columns, literal(self.now, t.Moment())).where(
            t.Listed.workspace_id == self.workspace, t.Listed.campaign_id == campaign_id, t.Listed.told_by.is_(None)
        )
        names = ["campaign_id", *(column.key for column in columns), "at"]
        await self.db.execute(insert(t.Listed).from_select(names, rows))

    async def clear_list(self, campaign_id: int) -> None:
        """Take everybody off whom a file named; whom a training told of stays."""
        await self.db.execute(
            delete(t.Listed).where(
                t.Listed.workspace_id == self.workspace,
                t.Listed.campaign_id == campaign_id,
                t.Listed.told_by.is_(None),
            )
        )

    async def listed(self, campaign_id: int) -> list[Named]:
        look = (
            select(t.Listed.email, t.Listed.name)
            .where(t.Listed.workspace_id == self.workspace, t.Listed.campaign_id == campaign_id)
            .order_by(t.Listed.email)
        )
        return [Named(email=email, name=name) for email, name in await self.db.execute(look)]

    async def count_listed(self, campaign_id: int) -> int:
        look = select(func.count()).where(t.Listed.workspace_id == self.workspace, t.Listed.campaign_id == campaign_id)
        return (await self.db.execute(look)).scalar_one()

    # ── passes ──

    async def issue_pass(
        self, purpose: Purpose, *, secret: str, campaign_id: int | None = None, person_id: int | None = None
    ) -> None:
        """A new secret for one campaign or person; the one before is worth nothing from now on."""
        await self.withdraw_pass(purpose, campaign_id=campaign_id, person_id=person_id)
        await self.db.execute(
            insert(t.Pass).values(
                digest=digest(secret),
                workspace_id=self.workspace,
                purpose=purpose,
                campaign_id=campaign_id,
                person_id=person_id,
                created_at=self.now,
            )
        )

    async def withdraw_pass(
        self, purpose: Purpose, *, campaign_id: int | None = None, person_id: int | None = None
    ) -> bool:
        """Returns whether there was one."""
        gone = await self.db.execute(
            delete(t.Pass).where(
                t.Pass.workspace_id == self.workspace,
                t.Pass.purpose == purpose,
                t.Pass.campaign_id == campaign_id if campaign_id is not None else t.Pass.campaign_id.is_(None),
                t.Pass.person_id == person_id if person_id is not None else t.Pass.person_id.is_(None),
            )
        )
        return gone.rowcount > 0
