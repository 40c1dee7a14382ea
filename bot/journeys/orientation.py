"""Finding one's way: help, and what can be asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.messages import Note, Outcome
from bot.turn import Turn
from bot.wording import general

EXAMPLES = 12


async def say_help(turn: Turn) -> None:
    async with turn.commit() as tx:
        await tx.send(turn.only_to_me(), general.help_card(turn.person.name, is_ld=turn.person.is_ld()))


async def help_command(turn: Turn) -> Outcome:
    return Note(card=general.help_card(turn.person.name, is_ld=turn.person.is_ld()))


async def _press_examples(turn: Turn) -> Outcome:
    async with turn.look() as tx:
        titles = await tx.aid_titles(grants=turn.place_grants(), limit=EXAMPLES)
    return Note(card=general.examples(titles))


COMMANDS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"lanyard": help_command, "help": help_command}
PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"examples": _press_examples}
