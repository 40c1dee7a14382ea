"""Who may do what: how the first administrator is made, where nobody can do it in chat yet."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table

from lanyard.commands.common import InWorkspace, Refusal, open_store, out, run

people = typer.Typer(no_args_is_help=True, help="Who may do what. In chat: /lanyard people, for administrators.")


class GivenRole(StrEnum):
    EXPERT = "expert"
    LD = "ld"
    ADMINISTRATOR = "administrator"


Which = Annotated[GivenRole, typer.Argument(help="The role: expert, ld (learning and development) or administrator.")]
Whose = Annotated[str, typer.Argument(metavar="E-MAIL", help="As the company writes it; it is how platforms tell who.")]


@people.command("list")
def list_people(workspace: InWorkspace = None) -> None:
    """Show who has a role, or is in a group."""

    async def work() -> None:
        async with (
            open_store(workspace) as (store, id_),
            store.reading(id_, now=datetime.now(UTC)) as tx,
        ):
            everyone = await tx.everyone()
        table = Table("name", "e-mail", "roles", "groups")
        for person in everyone:
            roles = sorted(person.roles - {"member"})
            if roles or person.groups:
                table.add_row(person.name, person.email or "", ", ".join(roles), ", ".join(sorted(person.groups)))
        out.print(table)
        out.print(f"{len(everyone)} people are known here.")

    run(work())


@people.command("give")
def give_role(role: Which, email: Whose, workspace: InWorkspace = None) -> None:
    """Give somebody a role. Whom no platform has shown yet has it from their first word on."""
    _change(role, email, workspace, given=True)


@people.command("take")
def take_role(role: Which, email: Whose, workspace: InWorkspace = None) -> None:
    """Take a role back. The only administrator stays one."""
    _change(role, email, workspace, given=False)


def _change(role: GivenRole, email: str, workspace: str | None, *, given: bool) -> None:
    from bot.store.records import Role

    name, at, domain = email.strip().partition("@")
    if not (name and at and "." in domain) or any(character.isspace() for character in email.strip()):
        raise Refusal(f"{email!r} is no e-mail address; it looks like ada@example.org.")

    async def work() -> None:
        async with (
            open_store(workspace) as (store, id_),
            store.transaction(id_, now=datetime.now(UTC)) as tx,
        ):
            person = await tx.person_by_email(email)
            if person is None and not given:
                raise Refusal(f"Nobody here has the e-mail address {email!r}.")
            person_id = person.id if person is not None else await tx.add_person(name=name, email=email.strip().lower())
            had = person.roles - {Role.MEMBER} if person is not None else frozenset()
            roles = had | {Role(role)} if given else had - {Role(role)}
            if Role.ADMINISTRATOR in had - roles and len(await tx.administrators()) == 1:
                raise Refusal("They are the only administrator. Make somebody else one first.")
            if roles != had:
                await tx.change_roles(person_id, roles=roles, by=None)
                await tx.audit("change roles", f"person {person_id}: {', '.join(sorted(roles)) or 'none'}", by=None)
        told = f"{person.name if person else email} has the roles: {', '.join(sorted(roles)) or 'none'}."
        out.print(told if roles != had else f"{told} Nothing has changed.", markup=False, highlight=False)

    run(work())
