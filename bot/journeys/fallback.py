"""Who or what place gets the questions that nobody else could answer: `/lanyard fallback`, by an administrator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.journeys.channels import own_place
from bot.journeys.replies import field, is_typed, show
from bot.messages import FieldErrors, Note, Outcome, Pressed, Submitted
from bot.store import NotAllowedError
from bot.store.records import Role
from bot.turn import Turn
from bot.wording import preferences as words

MOST_PEOPLE = 100  # that a choice of Slack's has room for
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
        people = [(str(one.id), one.name) for one in await tx.everyone() if not one.guest]
    return words.fallback_form(
        people[:MOST_PEOPLE],
        chosen=str(given.get("fallback_person") or ""),
        here=here,
        name=here.rpartition(_NAMED)[2] or "this channel",
        place=str(given.get("fallback_name") or ""),
    )


async def _submit_fallback(turn: Turn) -> Outcome:
    person, where = field(turn, "person"), field(turn, "place")
    assert isinstance(turn.inbound, Submitted)
    here, _, name = turn.inbound.value.rpartition(_NAMED)
    if where not in ("none", "keep", "here") or (where == "here" and not here):
        return FieldErrors(errors={"place": "Please choose one of these."})
    place = await own_place(turn, here) if where == "here" else None
    async with turn.commit() as tx:
        known = await tx.people_by_id([int(person)]) if person.isdecimal() and len(person) < 16 else {}
        if person and not known:
            return FieldErrors(errors={"person": "That colleague is not here any more. Please choose another."})
        await tx.set_fallback(
            person_id=int(person) if person else None,
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
