"""How Lanyard listens in a channel: seen and changed by its people. And what listening came to, for L&D.

A button and a form name the channel, and both come back from outside: the authority is membership, asked of the
platform when the form is sent, with nothing open.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from bot.journeys.replies import field, is_typed, show
from bot.messages import Address, FieldErrors, Form, Note, Outcome, Pressed, Submitted, TryLater, Undeliverable
from bot.store import NotAllowedError
from bot.store.channels import SHADOW
from bot.store.records import Mode, Role
from bot.turn import BadInputError, Turn
from bot.wording import listening as words

LOOKED_BACK = timedelta(days=30)


async def settings(turn: Turn) -> Outcome:
    """`/lanyard settings` in a channel: the form, or for typed words a card with a button that opens it."""
    if turn.is_direct():
        return await show(turn, words.only_in_channels())
    async with turn.look() as tx:
        channel = await tx.channel(turn.place_key())
    name = turn.inbound.place.name
    if is_typed(turn):
        return await show(turn, words.settings_card(channel, name=name))
    return words.settings_form(channel, name=name)


async def _press_settings(turn: Turn) -> Outcome:
    assert isinstance(turn.inbound, Pressed)
    place = await own_place(turn, turn.inbound.value)
    key = _key(place)
    async with turn.look() as tx:
        channel = await tx.channel(key)
    name = turn.inbound.place.name if key == turn.place_key() else None
    return words.settings_form(channel, name=name)


async def _submit_settings(turn: Turn) -> Outcome:
    assert isinstance(turn.inbound, Submitted)
    try:
        mode = Mode(field(turn, "mode"))
    except ValueError:
        return FieldErrors(errors={"mode": "Please choose one of these."})
    learns = field(turn, "learns") == "yes"
    place = await own_place(turn, turn.inbound.value)
    key = _key(place)
    name = turn.inbound.place.name if key == turn.place_key() else None
    async with turn.commit() as tx:
        if (channel := await tx.channel(key)).mode is mode and channel.learns is learns:
            return Note(card=words.settings_unchanged())
        before = await tx.change_channel(
            key, mode=mode, learns=learns, name=name, by=turn.person, among={turn.person.id}
        )
        await tx.send(place, words.announced(turn.person.name, before, mode=mode, learns=learns))
    return Note(card=words.settings_saved())


async def own_place(turn: Turn, value: str) -> Address:
    """The place that a button or form names, if the person is in it. Raises BadInputError, NotAllowedError."""
    platform, tenant, conversation = _read(value)
    here = turn.inbound
    if (platform, tenant) != (here.platform, here.tenant):
        raise NotAllowedError("Only people of that channel can settle this for it.")
    try:
        inside = await turn.services.platforms[platform].is_member(tenant, conversation, here.sender.id)
    except Undeliverable as error:
        raise NotAllowedError(f"I cannot see who is in that channel: {error}") from error
    except TryLater as error:
        raise BadInputError("I could not ask who is in that channel just now. Try again in a minute.") from error
    if not inside:
        raise NotAllowedError("Only people of that channel can settle this for it. Join it, then try again.")
    return Address(platform=platform, tenant=tenant, conversation=conversation)


def _read(value: str) -> tuple[str, str, str]:
    parts = value.split("/", 2)
    if len(parts) != 3 or not all(parts) or len(value) > 600:
        raise BadInputError("This form is not one of mine. Write “/lanyard settings” in the channel.")
    return parts[0], parts[1], parts[2]


def _key(place: Address) -> str:
    return f"{place.platform}/{place.tenant}/{place.conversation}"


# ── what listening came to ──────────────────────────────────────────────────────────────────────────────────────────


async def overheard(turn: Turn) -> Outcome:
    """`/lanyard shadow`. Raises NotAllowedError."""
    async with turn.look() as tx:
        counts, titles = await tx.overheard_since(turn.now - LOOKED_BACK, by=turn.person)
        shadow = bool((await tx.workspace_record()).settings.get(SHADOW))
    card = words.overheard(
        counts,
        titles,
        days=LOOKED_BACK.days,
        shadow=shadow,
        may_change=Role.ADMINISTRATOR in turn.person.roles,
    )
    return await show(turn, card)


async def _press_shadow(turn: Turn) -> Outcome:
    assert isinstance(turn.inbound, Pressed)
    async with turn.commit() as tx:
        await tx.set_shadow(turn.inbound.value == "on", by=turn.person)
    return await overheard(turn)


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "channel_settings": _press_settings,
    "shadow": _press_shadow,
}
SUBMISSIONS: Mapping[str, Callable[[Turn], Awaitable[Outcome | Form]]] = {"channel_settings": _submit_settings}
