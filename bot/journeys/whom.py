"""Naming a colleague in a form: chosen where a list has room for everybody, else from the likely ones, or by typing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.journeys.replies import field
from bot.messages import Submitted
from bot.store import Transaction
from bot.store.records import Person
from bot.turn import Turn
from bot.wording import whom as words

ROOM = 99  # that a choice of Slack's has room for, beside “nobody”
LIKELY = 20


async def offer(tx: Transaction, *, likely: Sequence[int] = (), but: Collection[int] = ()) -> words.Offered:
    """Whom a form offers: the likely ones first, then everybody else by name, if there is room for all of them."""
    known = await tx.first_colleagues(limit=ROOM + len(but) + 1)
    everybody = {person.id: person.name for person in known if person.id not in but}
    wanted = [one for one in dict.fromkeys(likely) if one not in but]
    if len(everybody) <= ROOM:
        ids = [one for one in wanted if one in everybody]
        return words.Offered(people=tuple({id_: everybody[id_] for id_ in (*ids, *everybody)}.items()), all=True)
    found = await tx.people_by_id(wanted)
    first = [found[one] for one in wanted if one in found and found[one].active and not found[one].guest]
    return words.Offered(people=tuple((person.id, person.name) for person in first[:LIKELY]), all=False)


async def named(turn: Turn, tx: Transaction) -> Person | None:
    """Who was named in such a form; None if nobody was. Raises NobodyError."""
    typed, chosen = field(turn, words.TYPED), field(turn, words.CHOSEN)
    if typed:
        found = await called(tx, typed)
        if found is None:
            raise NobodyError(words.TYPED, words.nobody_called(typed))
        return found
    if not chosen:
        return None
    known = await tx.people_by_id([int(chosen)]) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 16 else {}
    person = next(iter(known.values()), None)
    if person is None or not person.active or person.guest:
        raise NobodyError(words.CHOSEN, words.GONE)
    return person


async def must_name(turn: Turn, tx: Transaction) -> Person:
    """The same where somebody has to be named. Raises NobodyError."""
    person = await named(turn, tx)
    if person is None:
        assert isinstance(turn.inbound, Submitted)
        where = words.TYPED if words.TYPED in turn.inbound.fields else words.CHOSEN
        raise NobodyError(where, words.nobody_named())
    return person


class NobodyError(Exception):
    """What was filled in names no colleague."""

    def __init__(self, where: str, sentence: str) -> None:
        super().__init__(sentence)
        self.errors = {where: sentence}


async def called(tx: Transaction, typed: str) -> Person | None:
    """Whom an address or a full name means; None where nobody or several are."""
    wanted = " ".join(typed.split()).removeprefix("@")
    found = await tx.colleagues_called(wanted) if wanted else []
    by_address = [person for person in found if person.email == wanted.lower()]
    found = by_address or found
    return found[0] if len(found) == 1 else None
