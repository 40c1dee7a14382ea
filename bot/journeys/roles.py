"""Who may do what: `/lanyard people`, by an administrator."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping

from bot.journeys.replies import choices, field, pressed_id, show
from bot.messages import FieldErrors, Note, Outcome
from bot.store import Lane, NotAllowedError
from bot.store.records import Role
from bot.turn import BadInputError, Turn
from bot.wording import roles as words
from bot.wording.preferences import saved

MOST_GROUPS = 20
LONGEST_GROUP = 60
_TYPED = re.compile(r"people(?:\s+(?P<email>[^@\s]+@[^@\s]+))?", re.IGNORECASE)
PLATFORM_GROUP = "@"
"""What the name of a group begins with whose people the platform tells."""


async def show_people(turn: Turn, email: str) -> Outcome:
    """Who has which role; with an address that one person. Raises NotAllowedError."""
    _check(turn)
    async with turn.look() as tx:
        if email:
            person = await tx.person_by_email(email)
            if person is None:
                raise BadInputError(words.unknown(email))
            card = words.person_card(person)
        else:
            holders = await tx.in_roles(*words.NAMES)
            card = words.overview({role: [one for one in holders if role in one.roles] for role in words.NAMES})
    return await show(turn, card)


def read_typed(text: str) -> str | None:
    """Whose roles are asked for, where that is all that was typed; "" is everybody's."""
    found = _TYPED.fullmatch(text.strip())
    return (found["email"] or "") if found else None


async def _press_find(turn: Turn) -> Outcome:
    _check(turn)
    return words.find_form()


async def _submit_find(turn: Turn) -> Outcome:
    _check(turn)
    async with turn.look() as tx:
        person = await tx.person_by_email(field(turn, "email"))
    if person is None:
        return FieldErrors(errors={"email": words.unknown(field(turn, "email"))})
    return Note(card=words.person_card(person))


async def _press_change(turn: Turn) -> Outcome:
    _check(turn)
    person_id = pressed_id(turn)
    async with turn.look() as tx:
        person = (await tx.people_by_id([person_id])).get(person_id)
    if person is None:
        raise NotAllowedError("That colleague is not known here any more.")
    return words.roles_form(person)


async def _submit_change(turn: Turn) -> Outcome:
    person_id = pressed_id(turn)
    roles = set(choices(turn, "roles"))
    if not roles <= set(words.NAMES):
        return FieldErrors(errors={"roles": "Please choose from the given roles."})
    groups = {" ".join(name.split()) for name in field(turn, "groups").split(",")} - {""}
    if len(groups) > MOST_GROUPS or any(len(name) > LONGEST_GROUP for name in groups):
        return FieldErrors(errors={"groups": f"At most {MOST_GROUPS} groups of up to {LONGEST_GROUP} characters."})
    async with turn.commit() as tx:
        before = (await tx.people_by_id([person_id])).get(person_id)
        if before is None:
            return FieldErrors(errors={"": "That colleague is not known here any more."})
        theirs = {name for name in before.groups if name.startswith(PLATFORM_GROUP)}
        if {name for name in groups if name.startswith(PLATFORM_GROUP)} != theirs:
            return FieldErrors(errors={"groups": "Groups with an @ follow your platform: leave those as they are."})
        await tx.change_roles(person_id, roles=roles, groups=groups, by=turn.person)
        await tx.audit("change roles", f"person {person_id}: {', '.join(sorted(roles)) or 'none'}", by=turn.person)
        news = words.told(turn.person.name, before.roles, roles)
        to = await tx.direct_address(person_id, prefer=turn.inbound.platform)
        if news is not None and to is not None and person_id != turn.person.id:
            await tx.send(to, news, lane=Lane.EXPERT)
    return Note(card=saved(f"{before.name}, {words.say_roles(roles)}"))


def _check(turn: Turn) -> None:
    if Role.ADMINISTRATOR not in turn.person.roles:
        raise NotAllowedError("Only an administrator decides who may do what.")


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "find_person": _press_find,
    "change_roles": _press_change,
}
SUBMISSIONS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "find_person": _submit_find,
    "change_roles": _submit_change,
}
