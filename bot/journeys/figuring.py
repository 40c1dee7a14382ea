"""A campaign in pictures, for those who plan it: as a card in chat, and as a page in a browser."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot import pictures
from bot.addresses import ENTER, path_of_campaign
from bot.campaign_figures import CampaignFigures, read_figures
from bot.journeys.opening import GOOD_FOR, digest
from bot.journeys.replies import reply, send_to_self
from bot.journeys.rhythms import read_customs, settle_for
from bot.messages import Note, Outcome
from bot.services import Services
from bot.store import GoneError, NotAllowedError
from bot.store.campaigns import ME
from bot.store.records import CampaignRecord, Person
from bot.turn import BadInputError, Turn
from bot.wording import figures as words
from bot.wording import opening as page_words
from bot.wording.general import say_moment


async def show_pictures(turn: Turn, campaign_id: int) -> Outcome:
    """In one's own conversation, since a picture that only one person sees in a channel is no platform's strength."""
    seen = await look_at(turn.services, turn.workspace, turn.person, campaign_id)
    name = seen.record.plan.name
    if seen.figures.is_empty():
        async with turn.commit() as tx:
            return await reply(turn, tx, words.nothing(name))
    drawn = await asyncio.to_thread(pictures.draw, title=f"As of {seen.when}", panels=words.panels(seen.figures))
    card = words.pictured(seen.record, seen.figures, drawn, when=seen.when, page=bool(turn.services.address))
    async with turn.commit() as tx:
        await send_to_self(turn, tx, card)
    return None if turn.is_direct() else Note(card=words.sent(name))


async def show_page(turn: Turn, campaign_id: int) -> Outcome:
    """A link to its page, for the person alone."""
    base = turn.services.address
    if not base:
        raise GoneError(page_words.NO_PAGES)
    secret = turn.services.new_secret()
    async with turn.commit() as tx:
        record = await tx.campaign(campaign_id, by=turn.person)
        _check_has_figures(record)
        leads_to = path_of_campaign(turn.workspace, record.id)
        await tx.invite(digest(secret), by=turn.person, leads_to=leads_to, until=turn.now + GOOD_FOR)
        return await reply(turn, tx, page_words.way_to_figures(f"{base}{ENTER}?key={secret}", record.plan.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A campaign's figures, as one person may see them. `when` they are of, on the reader's own clock."""

    record: CampaignRecord
    figures: CampaignFigures
    when: str


async def look_at(services: Services, workspace: int, person: Person, campaign_id: int) -> Seen:
    """Raises NotAllowedError, GoneError, and BadInputError for one's own series."""
    async with services.store.transaction(workspace, now=services.now()) as tx:
        record = await tx.campaign(campaign_id, by=person)
        _check_has_figures(record)
        figures = await read_figures(tx, record)
        customs = read_customs((await tx.workspace_record()).settings)
    zone = settle_for(person, record.plan, customs).zone
    return Seen(record=record, figures=figures, when=say_moment(figures.doings.at, zone))


async def find_seen(services: Services, workspace: int, person: Person, campaign_id: int) -> Seen | None:
    """The same for a page, on which what is absent and what is not theirs look alike."""
    try:
        return await look_at(services, workspace, person, campaign_id)
    except (NotAllowedError, GoneError, BadInputError):
        return None


def _check_has_figures(record: CampaignRecord) -> None:
    if record.audience == (ME,):
        raise BadInputError(words.OWN)
