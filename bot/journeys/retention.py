"""How long what people said is kept: `/lanyard retention`, by an administrator; and its going, in the background."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from bot.journeys.preferences import read_number
from bot.journeys.replies import field, show
from bot.messages import FieldErrors, Form, Note, Outcome
from bot.store import NotAllowedError, Precedence, Store
from bot.store.own_data import months_kept
from bot.store.records import Role
from bot.turn import Turn
from bot.wording import retention as words
from bot.wording.general import plain


async def overview(turn: Turn) -> Outcome:
    """Raises NotAllowedError."""
    _check(turn)
    async with turn.look() as tx:
        months = months_kept((await tx.workspace_record()).settings)
    return await show(turn, words.overview(months))


async def _press_retention(turn: Turn) -> Form:
    _check(turn)
    async with turn.look() as tx:
        return words.form(months_kept((await tx.workspace_record()).settings))


async def _submit_retention(turn: Turn) -> Outcome:
    months: dict[str, int | None] = {}
    errors = {}
    for kind in words.LABELS:
        typed = field(turn, kind)
        months[kind] = read_number(typed, most=words.MOST_MONTHS) if typed else None
        if typed and months[kind] is None:
            errors[kind] = f"Give a number of months, from 1 to {words.MOST_MONTHS}, or leave it empty."
    if errors:
        return FieldErrors(errors=errors)
    async with turn.commit() as tx:
        await tx.change_retention(months, by=turn.person)
        told = ", ".join(f"{kind} {count or 'for good'}" for kind, count in months.items())
        await tx.audit("change retention", told, by=turn.person)
    return Note(card=plain(words.SAVED))


async def forget_old(store: Store, workspace: int, *, now: datetime) -> int:
    """A portion at a time, after everybody else. Returns how much went."""
    gone, more = 0, True
    while more:
        async with store.transaction(workspace, now=now, precedence=Precedence.BACKGROUND) as tx:
            count, more = await tx.forget_old()
        gone += count
    return gone


def _check(turn: Turn) -> None:
    if Role.ADMINISTRATOR not in turn.person.roles:
        raise NotAllowedError("Only an administrator chooses how long it is kept.")


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"retention": _press_retention}
SUBMISSIONS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"retention": _submit_retention}
