"""Who or what place gets the questions that nobody else could answer: `/lanyard fallback`, by an administrator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.journeys.channels import own_place
from bot.journeys.replies import field, is_typed, show
from bot.journeys.whom import NobodyError, named, offer
from bot.messages import FieldErrors, Note, Outcome, Pressed, Submitted
from bot.store import NotAllowedError
from bot.store.records import Role
from bot.turn import Turn
from bot.wording import preferences as words

LONGEST_NAME = 100  # characters of a channel's
_NAMED = " #"  # between a channel's key and its name, in what a button and a form carry


async def settings(turn: Turn) -> Outcome:
    """Raises NotAllowedError."""
    _check(turn)
    here = "" if turn.is_direct() else f"{turn.place_key()}{_NAMED}{turn.inbound.place.name or ''}"
    if is_typed(turn):
        # What is for one person's eyes may stand far from the channel: the button carries along which one was meant.
        return await show(turn, words.fallback_card(here))
    return await _form(turn, here)


async def _press_fallback(turn: Turn) -> Outcome:
    _check(turn)
    assert isinstance(turn.inbound, Pressed)
    here, _, name = turn.inbound.value.rpartition(_NAMED)
    if here == turn.place_key():  # not every platform tells a channel's name with what is said there
        name = name or turn.inbound.place.name or ""
    return await _form(turn, f"{here}{_NAMED}{name}" if here else "")


async def _form(turn: Turn, here: str) -> Outcome:
    async with turn.look() as tx:
        given = (await tx.workspace_record()).settings
        before = given.get("fallback_person")
        used_to_it = [person.id for person in await tx.in_roles(Role.LD, Role.ADMINISTRATOR, Role.EXPERT)]
        offered = await offer(tx, likely=[*([before] if before else []), *used_to_it])
    return words.fallback_form(
        offered,
        chosen=str(before) if before in dict(offered.people) else "",
        here=here,
        name=here.rpartition(_NAMED)[2] or "this channel",
        place=str(given.get("fallback_name") or ""),
    )


async def _submit_fallback(turn: Turn) -> Outcome:
    where = field(turn, "place")
    assert isinstance(turn.inbound, Submitted)
    here, _, name = turn.inbound.value.rpartition(_NAMED)
    if where not in ("none", "keep", "here") or (where == "here" and not here):
        return FieldErrors(errors={"place": "Please choose one of these."})
    place = await own_place(turn, here) if where == "here" else None
    async with turn.commit() as tx:
        try:
            person = await named(turn, tx)
        except NobodyError as nobody:
            return FieldErrors(errors=nobody.errors)
        await tx.set_fallback(
            person_id=person.id if person is not None else None,
            place=place,
            name=name[:LONGEST_NAME] or None,
            keep_place=where == "keep",
            by=turn.person,
        )
    return Note(card=words.saved("who gets what nobody else could answer"))


def _check(turn: Turn) -> None:
    if Role.ADMINISTRATOR not in turn.person.roles:
        raise NotAllowedError("Only an administrator chooses who gets the questions that nobody else could answer.")


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"fallback": _press_fallback}
SUBMISSIONS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"fallback": _submit_fallback}
