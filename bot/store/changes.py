"""People as they change: what their platform tells of them, their leaving, and what they leave behind."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update

from bot.messages import Sender
from bot.store import tables as t
from bot.store.codec import storable_sender
from bot.store.experts import OPEN
from bot.store.knowledge import Knowledge
from bot.store.people import People
from bot.store.questions import Questions
from bot.store.records import Aid, Person, Question, QuestionStatus, Role
from bot.store.session import NotAllowedError


class Changes(People, Knowledge, Questions):
    async def learn_profile(self, platform: str, tenant: str, sender: Sender, *, at: datetime) -> bool:
        """Keep what the platform told of somebody at that time. False where something newer is known already."""
        sender = storable_sender(sender)
        here = (t.Identity.platform == platform) & (t.Identity.tenant == tenant) & (t.Identity.user == sender.id)
        newer = t.Identity.profiled_at.is_(None) | (t.Identity.profiled_at < at)
        taken = await self.db.execute(
            update(t.Identity)
            .where(here, newer, self._is_of_ours())
            .values(profiled_at=at)
            .returning(t.Identity.person_id)
        )
        person_id = taken.scalar_one_or_none()
        if person_id is None:
            return False
        values: dict[str, Any] = {"guest": sender.is_guest}
        if sender.name:
            values["name"] = sender.name
        if sender.time_zone:
            values["time_zone"] = sender.time_zone
        email = sender.email.strip().lower() if sender.email else None
        other = await self.person_by_email(email) if email else None
        if email and (other is None or other.id == person_id):  # an address that is somebody else's stays theirs
            values["email"] = email
        await self.db.execute(update(t.Person).where(t.Person.id == person_id).values(**values))
        return True

    async def stale_identities(
        self, platforms: Collection[str], *, before: datetime, limit: int
    ) -> list[tuple[str, str, str]]:
        """Of whom these platforms have told nothing since then, as platform, tenant and id, the longest ago first."""
        told = func.coalesce(t.Identity.profiled_at, t.Identity.seen_at)
        look = (
            select(t.Identity.platform, t.Identity.tenant, t.Identity.user)
            .join(t.Person, t.Person.id == t.Identity.person_id)
            .where(
                t.Person.workspace_id == self.workspace,
                t.Person.active,
                t.Identity.platform.in_(platforms),
                told < before,
            )
            .order_by(told)
            .limit(limit)
        )
        return [(row.platform, row.tenant, row.user) for row in await self.db.execute(look)]

    async def note_asked_after(self, platform: str, tenant: str, user: str, *, at: datetime) -> None:
        """Also where nothing was told: so that others have their turn."""
        here = (t.Identity.platform == platform) & (t.Identity.tenant == tenant) & (t.Identity.user == user)
        older = t.Identity.profiled_at.is_(None) | (t.Identity.profiled_at < at)
        await self.db.execute(update(t.Identity).where(here, older, self._is_of_ours()).values(profiled_at=at))

    def _is_of_ours(self) -> ColumnElement[bool]:
        """Whether an identity is one of this workspace's people; asked of the one, not of all of them."""
        owner = select(t.Person.id).where(t.Person.id == t.Identity.person_id)
        return owner.where(t.Person.workspace_id == self.workspace).correlate(t.Identity).exists()

    async def named_groups(self) -> set[str]:
        """The platforms' groups that job aids are for, with their "@"."""
        look = select(t.JobAid.audience).where(t.JobAid.workspace_id == self.workspace, t.JobAid.status != "retired")
        grants = {grant for audience in (await self.db.execute(look.distinct())).scalars() for grant in audience}
        return {grant.removeprefix("group:") for grant in grants if grant.startswith("group:@")}

    async def set_group(self, name: str, people: Collection[int]) -> None:
        """From now on these are in it, and nobody else."""
        look = select(t.Person.id, t.Person.groups).where(
            t.Person.workspace_id == self.workspace,
            t.Person.active,
            self.among(t.Person.id, people) | self.holds(t.Person.groups, [name]),
        )
        for person in (await self.db.execute(look)).all():
            before = frozenset(person.groups)
            groups = before | {name} if person.id in people else before - {name}
            if groups != before:
                await self.db.execute(
                    update(t.Person)
                    .where(t.Person.workspace_id == self.workspace, t.Person.id == person.id)
                    .values(groups=sorted(groups))
                )

    async def close_identity(self, platform: str, tenant: str, user: str) -> bool:
        """Their account is gone. Returns whether it was the last one they had.

        The last one stays on record, so that whoever returns is known again, also without an address.
        """
        others = select(t.Identity.user).where(
            t.Identity.person_id.in_(
                select(t.Identity.person_id).where(
                    t.Identity.platform == platform, t.Identity.tenant == tenant, t.Identity.user == user
                )
            ),
            (t.Identity.platform != platform) | (t.Identity.tenant != tenant) | (t.Identity.user != user),
        )
        if (await self.db.execute(others.limit(1))).first() is None:
            return True
        await self.db.execute(
            delete(t.Identity).where(
                t.Identity.platform == platform,
                t.Identity.tenant == tenant,
                t.Identity.user == user,
                self._is_of_ours(),
            )
        )
        return False

    async def set_active(self, person: Person, *, active: bool) -> None:
        await self.db.execute(
            update(t.Person)
            .where(t.Person.workspace_id == self.workspace, t.Person.id == person.id)
            .values(active=active)
        )

    async def tenants(self) -> list[tuple[str, str]]:
        """The company's names on its platforms."""
        look = select(t.Tenant.platform, t.Tenant.tenant).where(t.Tenant.workspace_id == self.workspace)
        return [(row.platform, row.tenant) for row in (await self.db.execute(look.order_by(t.Tenant.platform))).all()]

    async def administrators(self) -> list[Person]:
        return await self.in_roles(Role.ADMINISTRATOR)

    # ── what somebody leaves behind ──

    async def hasten_routings(self, expert_id: int) -> None:
        """What they were asked, or were to be asked, falls due: the next tick moves it on."""
        await self.db.execute(
            update(t.Routing)
            .where(
                t.Routing.workspace_id == self.workspace,
                t.Routing.expert_id == expert_id,
                t.Routing.status.in_(OPEN),
                t.Routing.due_at > self.now,
            )
            .values(due_at=self.now)
        )

    async def open_questions_of(self, asker_id: int) -> list[Question]:
        """What they asked and an expert has still to answer."""
        look = select(t.Question.id).where(
            t.Question.workspace_id == self.workspace,
            t.Question.asker_id == asker_id,
            t.Question.status == QuestionStatus.ROUTED,
        )
        return [await self.question(one) for one in (await self.db.execute(look.order_by(t.Question.id))).scalars()]

    async def hand_over(self, person: Person) -> tuple[dict[int, list[Aid]], list[Aid]]:
        """Their job aids go to the deputies who are here; by deputy, and what nobody looks after any more."""
        look = select(t.JobAid.id, t.JobAid.deputy_id).where(
            t.JobAid.workspace_id == self.workspace, t.JobAid.owner_id == person.id, t.JobAid.status != "retired"
        )
        owned = (await self.db.execute(look.order_by(t.JobAid.number))).all()
        deputies = await self.people_by_id({row.deputy_id for row in owned if row.deputy_id is not None})
        taken: dict[int, list[Aid]] = {}
        orphans: list[Aid] = []
        for row in owned:
            deputy = deputies.get(row.deputy_id) if row.deputy_id is not None else None
            heir = deputy.id if deputy is not None and deputy.active and deputy.id != person.id else None
            await self._give(row.id, owner=heir)
            aid = await self.aid(row.id)
            if heir is None:
                orphans.append(aid)
            else:
                taken.setdefault(heir, []).append(aid)
        return taken, orphans

    async def adopt_aids(self, ids: Collection[int], *, by: Person) -> list[Aid]:
        """Those of these that nobody looks after become theirs. Raises NotAllowedError."""
        if not by.is_ld():
            raise NotAllowedError("Only L&D and administrators take over job aids.")
        free = select(t.JobAid.id).where(self.these(t.JobAid, ids), t.JobAid.owner_id.is_(None))
        found = list((await self.db.execute(free.order_by(t.JobAid.number))).scalars())
        for one in found:
            await self._give(one, owner=by.id)
        return [await self.aid(one) for one in found]

    async def _give(self, aid_id: int, *, owner: int | None) -> None:
        values: Mapping[str, Any] = {"owner_id": owner, "deputy_id": None}
        mine = (t.JobAid.workspace_id == self.workspace) & (t.JobAid.id == aid_id)
        await self.db.execute(update(t.JobAid).where(mine).values(**values))
        await self.next_evidence_revision()
        await self.note_owned(t.JobAid.id == aid_id)
