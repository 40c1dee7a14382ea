"""People, as the store keeps them: one person, known on one or more platforms."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, case, delete, func, or_, select, update
from sqlalchemy.orm import aliased

from bot.messages import Address, Sender
from bot.store import tables as t
from bot.store.codec import storable_sender
from bot.store.records import Person, Role, Workspace
from bot.store.session import NotAllowedError, Session

_HERE, _THERE = aliased(t.Tenant), aliased(t.Tenant)
_SHOWN = (
    *(t.Person.id, t.Person.name, t.Person.email, t.Person.time_zone, t.Person.roles, t.Person.groups),
    *(t.Person.settings, t.Person.active, t.Person.guest),
    t.Person.met_at.is_not(None).label("met"),
)

AT_ONCE = 500  # addresses in one statement


class People(Session):
    async def workspace_record(self) -> Workspace:
        row = (await self.db.execute(select(t.Workspace).where(t.Workspace.id == self.workspace))).mappings().one()
        return Workspace(id=row["id"], name=row["name"], settings=row["settings"], revision=row["revision"])

    async def change_settings(self, changes: Mapping[str, Any]) -> None:
        """Merge into the workspace's settings; a value of None takes a setting back to its default."""
        row = t.Workspace.settings
        settings = dict((await self.db.execute(select(row).where(t.Workspace.id == self.workspace))).scalar_one())
        settings.update(changes)
        kept = {name: value for name, value in settings.items() if value is not None}
        await self.db.execute(update(t.Workspace).where(t.Workspace.id == self.workspace).values(settings=kept))

    async def change_conduct(self, changes: Mapping[str, Any], *, by: Person) -> None:
        """How sure an answer has to be, and how long is waited. Raises NotAllowedError."""
        if Role.ADMINISTRATOR not in by.roles:
            raise NotAllowedError("Only an administrator chooses how sure and how patient I am.")
        await self.change_settings(changes)

    async def change_customs(self, changes: Mapping[str, Any], *, by: Person) -> None:
        """When reminders come, for everybody who has not chosen otherwise. Raises NotAllowedError."""
        if not by.is_ld():
            raise NotAllowedError("Only L&D and administrators choose when reminders come for everybody.")
        await self.change_settings(changes)

    async def known_person(self, platform: str, tenant: str, user: str) -> Person | None:
        """The person behind a platform's id, if they were seen before."""
        look = (
            select(*_SHOWN)
            .join(t.Identity, t.Identity.person_id == t.Person.id)
            .where(
                t.Person.workspace_id == self.workspace,
                t.Identity.platform == platform,
                t.Identity.tenant == tenant,
                t.Identity.user == user,
            )
        )
        row = (await self.db.execute(look)).mappings().one_or_none()
        return _person(row) if row else None

    async def recognise(self, platform: str, tenant: str, sender: Sender) -> Person:
        """The person behind a sender, made known if they are new: by identity, here or in another tenant of the same
        organisation, then by e-mail address, else newly.

        The first person of an empty workspace becomes its administrator: somebody has to be.
        """
        sender = storable_sender(sender)
        known = select(t.Identity.person_id).where(
            t.Identity.platform == platform, t.Identity.tenant == tenant, t.Identity.user == sender.id
        )
        person_id = (await self.db.execute(known)).scalar_one_or_none()
        if person_id is not None:
            return await self.person(person_id)
        person_id = await self._known_in_organisation(platform, tenant, sender.id)
        email = sender.email.strip().lower() if sender.email else None
        if email and person_id is None:
            same = select(t.Person.id).where(t.Person.workspace_id == self.workspace, t.Person.email == email)
            person_id = (await self.db.execute(same)).scalar_one_or_none()
        newcomer = None
        if person_id is None:
            first = (
                await self.db.execute(
                    select(func.count()).select_from(t.Person).where(t.Person.workspace_id == self.workspace)
                )
            ).scalar_one() == 0
            person_id = newcomer = await self.add_person(
                name=sender.name or email or sender.id,
                email=email,
                time_zone=sender.time_zone,
                roles={Role.ADMINISTRATOR} if first and not sender.is_guest else set(),
                guest=sender.is_guest,
            )
        put = self.insert(t.Identity).values(
            platform=platform, tenant=tenant, user=sender.id, person_id=person_id, seen_at=self.now
        )
        put_first = (await self.db.execute(put.on_conflict_do_nothing())).rowcount == 1
        if newcomer is not None and not put_first:
            # Another message of the same newcomer made them known meanwhile; that person is the one who counts.
            await self.db.execute(delete(t.Person).where(t.Person.id == newcomer))
        return await self.person((await self.db.execute(known)).scalar_one())

    async def _known_in_organisation(self, platform: str, tenant: str, user: str) -> int | None:
        """An organisation knows a person by one id in all its tenants."""
        look = (
            select(t.Identity.person_id)
            .join(_THERE, (_THERE.platform == t.Identity.platform) & (_THERE.tenant == t.Identity.tenant))
            .join(_HERE, (_HERE.platform == _THERE.platform) & (_HERE.organisation == _THERE.organisation))
            .join(t.Person, t.Person.id == t.Identity.person_id)
            .where(
                t.Person.workspace_id == self.workspace,
                t.Identity.user == user,
                _HERE.platform == platform,
                _HERE.tenant == tenant,
            )
            .limit(1)
        )
        return (await self.db.execute(look)).scalar_one_or_none()

    async def add_person(
        self,
        *,
        name: str,
        email: str | None,
        time_zone: str | None = None,
        roles: Collection[str] = (),
        groups: Collection[str] = (),
        guest: bool = False,
    ) -> int:
        """Add somebody, or return whoever has that e-mail address already."""
        email = email.strip().lower() if email else None
        put = self.insert(t.Person).values(
            workspace_id=self.workspace,
            name=name,
            email=email,
            time_zone=time_zone,
            roles=sorted(roles),
            groups=sorted(groups),
            settings={},
            guest=guest,
            created_at=self.now,
        )
        row = put.on_conflict_do_nothing(index_elements=["workspace_id", "email"]).returning(t.Person.id)
        person_id = (await self.db.execute(row)).scalar_one_or_none()
        if person_id is not None:
            return person_id
        same = select(t.Person.id).where(t.Person.workspace_id == self.workspace, t.Person.email == email)
        return (await self.db.execute(same)).scalar_one()

    async def set_met(self, person_id: int) -> None:
        """They have turned to Lanyard themselves; the first time counts."""
        of_them = (t.Person.workspace_id == self.workspace) & (t.Person.id == person_id)
        await self.db.execute(update(t.Person).where(of_them, t.Person.met_at.is_(None)).values(met_at=self.now))

    async def person(self, person_id: int) -> Person:
        """Raises LookupError for somebody who is not of this workspace."""
        found = await self.people_by_id([person_id])
        if not found:
            raise LookupError(f"No person {person_id} in workspace {self.workspace}")
        return found[person_id]

    async def people_by_id(self, ids: Collection[int]) -> dict[int, Person]:
        look = select(*_SHOWN).where(self.these(t.Person, ids))
        return {row["id"]: _person(row) for row in (await self.db.execute(look)).mappings()}

    async def everyone(self) -> list[Person]:
        """All active people of the workspace, by name."""
        look = (
            select(*_SHOWN)
            .where(t.Person.workspace_id == self.workspace, t.Person.active)
            .order_by(t.Person.name, t.Person.id)
        )
        return [_person(row) for row in (await self.db.execute(look)).mappings()]

    async def names(self) -> list[str]:
        """The names of all active people of the workspace, each once."""
        look = select(t.Person.name).where(t.Person.workspace_id == self.workspace, t.Person.active).distinct()
        return sorted((await self.db.execute(look)).scalars())

    async def first_colleagues(self, *, limit: int) -> list[Person]:
        """The first active people of the workspace, by name, guests left out."""
        look = self._colleagues().order_by(t.Person.name, t.Person.id).limit(limit)
        return [_person(row) for row in (await self.db.execute(look)).mappings()]

    async def colleagues_called(self, text: str) -> list[Person]:
        """Active people with this address or full name, in capitals or not, guests left out; two at most."""
        same = or_(t.Person.email == text.lower(), t.Person.name == text, func.lower(t.Person.name) == text.lower())
        first = case((t.Person.email == text.lower(), 0), else_=1)
        look = self._colleagues().where(same).order_by(first, t.Person.id).limit(2)
        return [_person(row) for row in (await self.db.execute(look)).mappings()]

    def _colleagues(self) -> Select[*tuple[Any, ...]]:
        return select(*_SHOWN).where(t.Person.workspace_id == self.workspace, t.Person.active, ~t.Person.guest)

    async def in_roles(self, *roles: Role) -> list[Person]:
        """All active people who have one of these roles, by name."""
        look = (
            select(*_SHOWN)
            .where(t.Person.workspace_id == self.workspace, t.Person.active, self.holds(t.Person.roles, roles))
            .order_by(t.Person.name, t.Person.id)
        )
        return [_person(row) for row in (await self.db.execute(look)).mappings()]

    async def learning_people(self) -> list[Person]:
        """Active L&D, administrators among them (see `Person.is_ld`), by name."""
        return await self.in_roles(Role.LD, Role.ADMINISTRATOR)

    async def colleagues(self) -> set[int]:
        """The ids of all active people of the workspace but guests."""
        look = select(t.Person.id).where(t.Person.workspace_id == self.workspace, t.Person.active, ~t.Person.guest)
        return set((await self.db.execute(look)).scalars())

    async def not_met(self, people: Collection[int]) -> int:
        """How many of these have never turned to Lanyard themselves."""
        look = select(t.Person.id).where(t.Person.workspace_id == self.workspace, t.Person.met_at.is_(None))
        return len(set(people) & set((await self.db.execute(look)).scalars()))

    async def people_at(self, emails: Collection[str]) -> dict[str, int]:
        """Which of these addresses, in lower case, are those of active people, and whose."""
        found: dict[str, int] = {}
        wanted = sorted(emails)
        for at in range(0, len(wanted), AT_ONCE):
            look = select(t.Person.email, t.Person.id).where(
                t.Person.workspace_id == self.workspace,
                t.Person.active,
                t.Person.email.in_(wanted[at : at + AT_ONCE]),
            )
            found |= {email: id_ for email, id_ in await self.db.execute(look) if email is not None}
        return found

    async def people_in(self, groups: Collection[str]) -> set[int]:
        """The active people of these groups, whose names are in lower case here."""
        if not groups:
            return set()
        look = select(t.Person.id, t.Person.groups).where(t.Person.workspace_id == self.workspace, t.Person.active)
        wanted = set(groups)
        return {id_ for id_, theirs in await self.db.execute(look) if wanted & {group.casefold() for group in theirs}}

    async def person_by_email(self, email: str) -> Person | None:
        look = select(*_SHOWN).where(t.Person.workspace_id == self.workspace, t.Person.email == email.strip().lower())
        row = (await self.db.execute(look)).mappings().one_or_none()
        return _person(row) if row else None

    async def users_of(self, person: Person) -> dict[tuple[str, str], str]:
        """As whom each platform and tenant knows them."""
        look = (
            select(t.Identity.platform, t.Identity.tenant, t.Identity.user)
            .join(t.Person, t.Person.id == t.Identity.person_id)
            .where(t.Person.workspace_id == self.workspace, t.Person.id == person.id)
        )
        return {(row.platform, row.tenant): row.user for row in await self.db.execute(look)}

    async def direct_address(self, person_id: int, *, prefer: str | None = None) -> Address | None:
        """Where to write to somebody alone: on the platform preferred, else where they were seen last.

        None for those who left, and those whom no connected platform knows.
        """
        return (await self.direct_addresses([person_id], prefer=prefer)).get(person_id)

    async def direct_addresses(self, person_ids: Collection[int], *, prefer: str | None = None) -> dict[int, Address]:
        """The same for many; whoever cannot be written to is not among them."""
        look = (
            select(t.Identity.person_id, t.Identity.platform, t.Identity.tenant, t.Identity.user)
            .join(t.Person, t.Person.id == t.Identity.person_id)
            .where(self.these(t.Person, person_ids), t.Person.active)
            .order_by((t.Identity.platform == (prefer or "")), t.Identity.seen_at, t.Identity.platform)
        )
        return {  # of several identities the last one stays
            person: Address(platform=platform, tenant=tenant, person=user)
            for person, platform, tenant, user in await self.db.execute(look)
            if self.connected is None or platform in self.connected
        }

    async def change_own_settings(self, changes: Mapping[str, Any], *, by: Person) -> None:
        """Merge into somebody's own settings; a value of None takes a choice back."""
        own = (t.Person.workspace_id == self.workspace) & (t.Person.id == by.id)
        settings = dict((await self.db.execute(select(t.Person.settings).where(own).with_for_update())).scalar_one())
        settings.update(changes)
        kept = {name: value for name, value in settings.items() if value is not None}
        await self.db.execute(update(t.Person).where(own).values(settings=kept))

    async def pause_nudges(self, until: datetime | None, *, by: Person) -> None:
        """Their own nudges, of all campaigns; None ends the pause."""
        await self.change_own_settings({"paused_until": until.isoformat() if until else None}, by=by)

    async def change_roles(
        self, person_id: int, *, roles: Collection[str], groups: Collection[str] | None = None, by: Person | None
    ) -> None:
        """`by` None is the installation itself: a setting, the command, the sample company.

        Raises NotAllowedError, also where somebody would leave nobody who looks after the workspace.
        """
        if by is not None and Role.ADMINISTRATOR not in by.roles:
            raise NotAllowedError("Only an administrator changes roles.")
        if by is not None and Role.ADMINISTRATOR not in roles:
            await self._keep_an_administrator(person_id)
        values: dict[str, Any] = {"roles": sorted(roles)}
        if groups is not None:
            values["groups"] = sorted(groups)
        await self.db.execute(
            update(t.Person).where(t.Person.workspace_id == self.workspace, t.Person.id == person_id).values(**values)
        )

    async def _keep_an_administrator(self, person_id: int) -> None:
        """Raises NotAllowedError where this is the only one. Of two who step down at once one stays."""
        await self.db.execute(select(t.Workspace.id).where(t.Workspace.id == self.workspace).with_for_update())
        look = select(t.Person.id, t.Person.roles).where(t.Person.workspace_id == self.workspace, t.Person.active)
        if {id_ for id_, roles in await self.db.execute(look) if Role.ADMINISTRATOR in roles} <= {person_id}:
            raise NotAllowedError("They are the only administrator. Make somebody else one first.")


def _person(row: RowMapping) -> Person:
    return Person(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        time_zone=row["time_zone"],
        roles=frozenset(row["roles"]) | {Role.MEMBER},
        groups=frozenset(row["groups"]),
        settings=row["settings"],
        active=row["active"],
        guest=row["guest"],
        met=row["met"],
    )
