"""How it goes, for L&D: the way to the page of figures, and a digest once a week."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot import addresses
from bot.insight import Insight, read_insight, read_weeks
from bot.journeys.choosing import zone_of
from bot.journeys.gaps import find_gaps
from bot.journeys.opening import GOOD_FOR, digest
from bot.journeys.replies import reply, revise_pressed
from bot.journeys.rhythms import read_customs
from bot.messages import Note, Outcome
from bot.services import Services
from bot.store import GoneError, Lane, NotAllowedError
from bot.store.insight import DIGESTED
from bot.store.records import Person
from bot.turn import Turn
from bot.wording import insight as words
from bot.wording import opening as page_words
from scheduler.zones import find_zone

FROM_HOUR = 9  # of Monday, in the company's time zone
UNTIL_DAY = 2  # whoever was away until Wednesday does without it
DIGEST = "digest"
"""The setting of a person who wants none."""


async def show_way(turn: Turn) -> Outcome:
    """`/lanyard figures`: a link to the page, for the person alone. Raises NotAllowedError, GoneError."""
    _check(turn.person)
    base = turn.services.address
    if not base:
        raise GoneError(page_words.NO_PAGES)
    secret = turn.services.new_secret()
    async with turn.commit() as tx:
        await tx.invite(digest(secret), by=turn.person, leads_to=addresses.INSIGHT, until=turn.now + GOOD_FOR)
        return await reply(turn, tx, words.way_in(f"{base}{addresses.ENTER}?key={secret}"))


async def look_at(services: Services, workspace: int, person: Person) -> Insight | None:
    """For the page; None for whom it is no business."""
    if not person.is_ld():
        return None
    async with services.store.reading(workspace, now=services.now()) as tx:
        gaps, _ = await find_gaps(tx, place_audience=person.grants())
        settings = (await tx.workspace_record()).settings
        return await read_insight(tx, reader=person, zone=zone_of(person, settings), gaps=gaps)


async def send_digest(services: Services, workspace: int) -> int:
    """On Monday morning, to everybody of L&D who has not declined, where there is something that may be told.
    Returns how many it went to.
    """
    now = services.now()
    async with services.store.reading(workspace, now=now) as tx:
        zone = find_zone(read_customs((await tx.workspace_record()).settings).zone) or ZoneInfo("UTC")
    local = now.astimezone(zone)
    if local.weekday() > UNTIL_DAY or (local.weekday() == 0 and local.hour < FROM_HOUR):
        return 0
    week = local.date() - timedelta(days=local.weekday())
    async with services.store.reading(workspace, now=now) as tx:
        if (await tx.workspace_record()).settings.get(DIGESTED, "") >= week.isoformat():
            return 0
        gaps, _ = await find_gaps(tx, place_audience=frozenset())  # takes its time: nobody who writes waits for it
    async with services.store.transaction(workspace, now=now) as tx:
        if not await tx.claim_digest(week):
            return 0
        before, last = await read_weeks(tx, zone=zone, weeks=2)
        if not last.counts["asked"]:
            return 0
        card = words.weekly(last, before, gaps=len(gaps), overdue=await tx.count_overdue())
        readers = [one for one in await tx.learning_people() if one.settings.get(DIGEST) is not False]
        told = await tx.direct_addresses([one.id for one in readers])
        for to in told.values():
            await tx.send(to, card, lane=Lane.EXPERT)
    return len(told)


async def _press_page(turn: Turn) -> Outcome:
    return await show_way(turn)


async def _press_off(turn: Turn) -> Outcome:
    return await _choose(turn, wanted=False)


async def _press_on(turn: Turn) -> Outcome:
    return await _choose(turn, wanted=True)


async def _choose(turn: Turn, *, wanted: bool) -> Outcome:
    async with turn.commit() as tx:
        await tx.change_own_settings({DIGEST: None if wanted else False}, by=turn.person)
        if await revise_pressed(turn, tx, words.digest_chosen(wanted=wanted)):
            return None
    return Note(card=words.digest_chosen(wanted=wanted))


def _check(person: Person) -> None:
    if not person.is_ld():
        raise NotAllowedError("Only L&D and administrators see how it goes.")


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "insight_page": _press_page,
    "digest_off": _press_off,
    "digest_on": _press_on,
}
