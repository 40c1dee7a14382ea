"""What is kept of a person: told, handed out, and forgotten; by themselves, and forgotten also by an administrator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot import addresses
from bot.journeys.opening import GOOD_FOR, digest
from bot.journeys.people import take_leave
from bot.journeys.replies import field, reply, show
from bot.messages import FieldErrors, Note, Outcome, Pressed, Submitted
from bot.store import GoneError, NotAllowedError
from bot.store.own_data import months_kept
from bot.store.records import Person, Role
from bot.turn import Turn, parse_numbers
from bot.wording import opening as page_words
from bot.wording import people as people_words
from bot.wording import privacy as words


async def overview(turn: Turn) -> Outcome:
    """`/lanyard privacy`."""
    async with turn.look() as tx:
        counts = await tx.count_kept(turn.person)
        months = months_kept((await tx.workspace_record()).settings)["questions"]
    return await show(turn, words.overview(counts, months=months))


async def _press_own_data(turn: Turn) -> Outcome:
    base = turn.services.address
    if not base:
        raise GoneError(page_words.NO_PAGES)
    secret = turn.services.new_secret()
    async with turn.commit() as tx:
        await tx.invite(digest(secret), by=turn.person, leads_to=addresses.OWN_DATA, until=turn.now + GOOD_FOR)
        return await reply(turn, tx, words.way_in(f"{base}{addresses.ENTER}?key={secret}"))


async def _press_forget(turn: Turn) -> Outcome:
    person = await _whom(turn)
    return words.forget_form(person, own=person.id == turn.person.id)


async def _submit_forget(turn: Turn) -> Outcome:
    person = await _whom(turn)
    if field(turn, "sure") != "yes":
        return FieldErrors(errors={"sure": "Tick this if you are sure."})
    async with turn.commit() as tx:
        await take_leave(tx, person, gone=people_words.SOMEBODY_GONE)
        await tx.audit("forget", f"person {person.id}", by=turn.person)
        await tx.erase(person, by=turn.person)
    return Note(card=words.forgotten(own=person.id == turn.person.id))


async def _whom(turn: Turn) -> Person:
    """Whoever acts, or by an administrator's form somebody else. Raises NotAllowedError, GoneError."""
    assert isinstance(turn.inbound, Pressed | Submitted)
    if not turn.inbound.value:
        return turn.person
    if Role.ADMINISTRATOR not in turn.person.roles:
        raise NotAllowedError("Only an administrator can have somebody else forgotten.")
    (person_id,) = parse_numbers(turn.inbound.value, 1)
    async with turn.look() as tx:
        person = (await tx.people_by_id([person_id])).get(person_id)
    if person is None:
        raise GoneError("That colleague is not known here any more.")
    return person


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"own_data": _press_own_data, "forget": _press_forget}
SUBMISSIONS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"forget": _submit_forget}
