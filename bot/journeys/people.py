"""People change, leave and return: what their platform tells, and what follows for all that waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime

import structlog

from bot.journeys.ladder import close_others
from bot.journeys.replies import revise_pressed
from bot.messages import Changed, Note, Outcome, Pressed, Sender, TryLater
from bot.services import Services
from bot.store import Lane, Transaction
from bot.store.records import Aid, Person, QuestionStatus
from bot.turn import Turn, parse_numbers
from bot.wording import general
from bot.wording import listening as listening_words
from bot.wording import people as words
from bot.wording import routing as routing_words
from scheduler.model import EnrolmentStatus

log = structlog.get_logger(__name__)

AT_ONCE = 8  # addresses looked up side by side


async def changed(turn: Turn) -> Outcome:
    """Somebody is other than before, or has left, or is back. What is older than what is known changes nothing."""
    inbound = turn.inbound
    assert isinstance(inbound, Changed)
    where = (inbound.platform, inbound.tenant)
    async with turn.commit() as tx:
        await take_note(tx, turn.person, where, inbound.sender, left=inbound.left, at=inbound.at)
    return None


async def take_note(
    tx: Transaction, person: Person, where: tuple[str, str], sender: Sender, *, left: bool, at: datetime
) -> None:
    """What their platform told of somebody at that time, there in that tenant."""
    if not await tx.learn_profile(*where, sender, at=at):
        return
    if left:
        last = await tx.close_identity(*where, sender.id)
        if last and person.active:
            await take_leave(tx, person, gone=words.has_left(person.name))
    elif not person.active:
        await tx.set_active(person, active=True)


async def take_leave(tx: Transaction, person: Person, *, gone: str) -> None:
    """Nothing waits for somebody who has gone: questions move on, series end, job aids are handed over.

    `gone` is how that is told to whoever looks after those now.
    """
    await tx.set_active(person, active=False)
    series = {
        one.id: replace(one.series, status=EnrolmentStatus.STOPPED, due=None)
        for one in await tx.enrolments_of(person.id)
        if one.series.status in (EnrolmentStatus.ACTIVE, EnrolmentStatus.INVITED, EnrolmentStatus.RESTED)
    }
    await tx.set_series(series, acted=True)
    await tx.hasten_routings(person.id)
    for question in await tx.open_questions_of(person.id):
        await tx.change_question(question.id, status=QuestionStatus.WITHDRAWN, settled_at=tx.now)
        # When somebody leaves, everybody knows who; so of an unnamed asker it is not said.
        await close_others(tx, question, routing_words.WITHDRAWN if question.unnamed else words.ASKER_GONE)
    taken, orphans = await tx.hand_over(person)
    for deputy, aids in taken.items():
        to = await tx.direct_address(deputy)
        if to is not None:
            await tx.send(to, words.handed_over(gone, aids), lane=Lane.EXPERT)
    if orphans:
        for administrator in await tx.administrators():
            to = await tx.direct_address(administrator.id)
            if to is not None:
                card = words.orphaned(gone, orphans, reader=administrator)
                await tx.send(to, card, lane=Lane.EXPERT)


async def _press_look_after(turn: Turn) -> Outcome:
    """Somebody takes over job aids that nobody looks after. Raises NotAllowedError."""
    assert isinstance(turn.inbound, Pressed)
    value = turn.inbound.value
    ids = parse_numbers(value, value.count(".") + 1)
    async with turn.commit() as tx:
        taken: list[Aid] = await tx.adopt_aids(ids, by=turn.person)
        card = words.adopted(turn.person.name, taken)
        await revise_pressed(turn, tx, card)
    return Note(card=card)


async def invited(turn: Turn) -> Outcome:
    """A word to the one who brought Lanyard into a channel, none to the channel; a greeting in a chat of one's own."""
    place = turn.inbound.place
    if turn.person.guest:
        return None
    async with turn.commit() as tx:
        if turn.is_direct():
            await tx.send(turn.only_to_me(), general.help_card(turn.person))
            return None
        to = await tx.direct_address(turn.person.id, prefer=turn.inbound.platform)
        if to is not None:
            await tx.send(to, listening_words.invited(place.name, key=turn.place_key()))
    return None


# ── people known by their address alone ─────────────────────────────────────────────────────────────────────────────


async def find_on_platforms(services: Services, workspace: int, people: Collection[int]) -> None:
    """Look those up by e-mail address whom no platform has shown yet, with nothing open, and keep who they are there.

    Whom no platform knows stays unreachable, which whoever writes to them is told.
    """
    now = services.now()
    async with services.store.reading(workspace, now=now) as tx:
        nowhere = set(people) - (await tx.direct_addresses(people)).keys()
        if not nowhere:
            return
        unknown = [one for one in (await tx.people_by_id(nowhere)).values() if one.active]
        tenants = [one for one in await tx.tenants() if one[0] in services.platforms]
    asking = asyncio.Semaphore(AT_ONCE)

    async def look_up(email: str, platform: str, tenant: str) -> tuple[str, str, Sender] | None:
        async with asking:
            try:
                sender = await services.platforms[platform].person_by_email(tenant, email)
            except TryLater:
                return None  # at the next occasion
        return (platform, tenant, sender) if sender is not None and not sender.is_bot else None

    looked_up = await asyncio.gather(*(look_up(one.email, *place) for one in unknown if one.email for place in tenants))
    found = [one for one in looked_up if one is not None]
    if found:
        async with services.store.transaction(workspace, now=now) as tx:
            for platform, tenant, sender in found:
                await tx.recognise(platform, tenant, sender)
        log.info("found by address", people=len(found))


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"look_after": _press_look_after}
