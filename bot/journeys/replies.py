"""Saying something back to whoever typed, pressed or sent; and what the platform brought with it."""

from __future__ import annotations

from bot.messages import Card, Note, Outcome, Pressed, Said, Submitted
from bot.store import Lane, Transaction
from bot.turn import BadInputError, Turn, parse_numbers


def is_typed(turn: Turn) -> bool:
    """Whether it was said as a message, to which only a card can reply."""
    return isinstance(turn.inbound, Said) and turn.inbound.command is None


async def reply(turn: Turn, tx: Transaction, card: Card) -> Outcome:
    """A private word within the request, or for a typed message a card of its own, in the same transaction."""
    if not is_typed(turn):
        return Note(card=card)
    await tx.send(turn.only_to_me(), card)
    return None


async def show(turn: Turn, card: Card) -> Outcome:
    """The same where nothing is changed."""
    if not is_typed(turn):
        return Note(card=card)
    async with turn.commit() as tx:
        return await reply(turn, tx, card)


async def revise_pressed(turn: Turn, tx: Transaction, card: Card) -> bool:
    """Put `card` in place of the one whose button was pressed. False where that is not one that can be revised."""
    key = await turn.pressed_key(tx)
    if key is None:
        return False
    await tx.revise(key, card)
    return True


async def send_to_self(turn: Turn, tx: Transaction, card: Card, *, lane: Lane = Lane.EXPERT) -> None:
    to = await tx.direct_address(turn.person.id, prefer=turn.inbound.platform)
    await tx.send(to or turn.only_to_me(), card, lane=lane)


def pressed_numbers(turn: Turn, count: int) -> tuple[int, ...]:
    """The ids that the button or form carries. Raises BadInputError."""
    assert isinstance(turn.inbound, Pressed | Submitted)
    return parse_numbers(turn.inbound.value, count)


def pressed_id(turn: Turn) -> int:
    (number,) = pressed_numbers(turn, 1)
    return number


def choices(turn: Turn, name: str) -> tuple[str, ...]:
    """What was chosen of several; a field that the platform left out counts as nothing."""
    assert isinstance(turn.inbound, Submitted)
    value = turn.inbound.fields.get(name, ())
    return value if isinstance(value, tuple) else tuple(part for part in value.split(",") if part)


def field(turn: Turn, name: str) -> str:
    assert isinstance(turn.inbound, Submitted)
    value = turn.inbound.fields.get(name, "")
    if not isinstance(value, str):
        raise BadInputError("One of the fields came back as a list. Open the form again.")
    return value.strip()
