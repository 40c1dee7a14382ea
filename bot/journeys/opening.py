"""A job aid's page: a person's own way to it, and what is shown beside a message that holds its address.

An address gives no authority. Who reads a page has come in by a way that the bot gave them, in a place where nobody
else reads it; what they may see is asked for as them, each time.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from bot import addresses
from bot.journeys.replies import reply
from bot.messages import Found, Linked, Outcome, Pressed, Said, TryLater, Undeliverable
from bot.services import Services
from bot.store import GoneError
from bot.store.records import Aid, Person
from bot.turn import Turn
from bot.wording import asking
from bot.wording import opening as words

GOOD_FOR = timedelta(minutes=10)
"""How long a way in may wait to be used."""

MOST_SHOWN = 3
"""Beside one message; more would bury it."""

_TYPED = re.compile(r"/?open(?:\s+(?P<what>#?\d+|https?://\S+))?", re.IGNORECASE)


def read_typed(text: str) -> str | None:
    """What is to be opened, where a message without a slash asks for that alone; "" is all that one may see."""
    found = _TYPED.fullmatch(text.strip())
    return (found["what"] or "") if found else None


async def open_page(turn: Turn, what: str) -> Outcome:
    """A link for the person alone: to the aid with a number, a title or an address, or without words to all of them."""
    base = turn.services.address
    if not base:
        raise GoneError(words.NO_PAGES)
    named = addresses.read_aid(base, what)
    if named is not None:
        what = str(named[1]) if named[0] == turn.workspace else "0"
    what, secret = what.strip(), turn.services.new_secret()
    async with turn.commit() as tx:
        aid = await tx.find_aid(what, grants=turn.private_grants()) if what else None
        if what and aid is None:
            raise GoneError(words.not_found(what))
        leads_to = addresses.path_of_aid(turn.workspace, aid.number) if aid else addresses.AIDS
        await tx.invite(digest(secret), by=turn.person, leads_to=leads_to, until=turn.now + GOOD_FOR)
        return await reply(turn, tx, words.way_in(f"{base}{addresses.ENTER}?key={secret}", aid))


def digest(secret: str) -> str:
    """As which a secret is kept. It is long and random, so that nothing slower is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


async def show_linked(turn: Turn) -> Outcome:
    """What everybody at the place may read, and nothing for an address that leads elsewhere, or nowhere."""
    linked = turn.inbound
    assert isinstance(linked, Linked)
    asked = [(one, addresses.read_aid(turn.services.address, one)) for one in dict.fromkeys(linked.addresses)]
    here = [(one, named[1]) for one, named in asked if named is not None and named[0] == turn.workspace]
    results = []
    async with turn.look() as tx:
        for address, number in here[:MOST_SHOWN]:
            aid = await tx.find_aid(str(number), grants=turn.place_grants())
            if aid is not None:
                shown = asking.found(aid, None, today=turn.now.date(), page=turn.page_of(aid), address=address)
                results.append(shown)
    return Found(results=tuple(results))


async def find_readable(
    services: Services, workspace: int, person: Person, number: int, *, now: datetime
) -> Aid | None:
    """The published aid with this number, if the person may read it: by their own grants, or as one of the people of a
    closed conversation, of which its platform is asked.
    """
    async with services.store.reading(workspace, now=now) as tx:
        aid = await tx.find_aid(str(number), grants=person.grants())
        if aid is not None:
            return aid
        places = await tx.closed_places_of(number)
        users = await tx.users_of(person) if places else {}
    inside = {f"conversation:{place}" for place in places if await _is_inside(services, place, users)}
    if not inside:
        return None
    async with services.store.reading(workspace, now=now) as tx:
        return await tx.find_aid(str(number), grants=frozenset(inside))


async def _is_inside(services: Services, place: str, users: Mapping[tuple[str, str], str]) -> bool:
    platform, _, rest = place.partition("/")
    tenant, _, conversation = rest.partition("/")
    connected, user = services.platforms.get(platform), users.get((platform, tenant))
    if connected is None or user is None:
        return False
    try:
        return await connected.is_member(tenant, conversation, user)
    except (TryLater, Undeliverable):
        return False  # who cannot be told to be inside is not


async def _command_open(turn: Turn) -> Outcome:
    assert isinstance(turn.inbound, Said)
    return await open_page(turn, turn.inbound.text)


async def _press_open(turn: Turn) -> Outcome:
    assert isinstance(turn.inbound, Pressed)
    return await open_page(turn, turn.inbound.value)


COMMANDS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"open": _command_open}
PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"open_page": _press_open}
