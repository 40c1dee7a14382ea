"""Finding one's way: help, what can be asked, and `/lanyard …` for the rest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.journeys import caring, channels, conduct, fallback, opening, preferences, privacy, retention, roles
from bot.journeys.gaps import show_gaps
from bot.journeys.glossary import show_glossary
from bot.journeys.home import show_home
from bot.journeys.insight import show_way
from bot.journeys.replies import show
from bot.messages import Note, Outcome, Said
from bot.turn import Turn
from bot.wording import general

EXAMPLES = 12


async def say_help(turn: Turn) -> Outcome:
    return await show(turn, general.help_card(turn.person))


async def lanyard(turn: Turn, words: str) -> Outcome:
    """`/lanyard`, and `lanyard …` typed to the bot."""
    first, _, rest = words.strip().partition(" ")
    if first.casefold() == "glossary":
        return await show_glossary(turn, rest)
    if first.casefold() == "aid":
        return await caring.show_aid(turn, rest.strip())
    word = words.strip().casefold()
    if word == "settings" and not turn.is_direct():
        word = "channel settings"
    if (what := opening.read_typed(words)) is not None:
        return await opening.open_page(turn, what)
    if (email := roles.read_typed(words)) is not None:
        return await roles.show_people(turn, email)
    return await _SUBJECTS.get(word, say_help)(turn)


_SUBJECTS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "fallback": fallback.settings,
    "home": show_home,
    "gaps": show_gaps,
    "figures": show_way,
    "statistics": show_way,
    "channel": channels.settings,
    "channel settings": channels.settings,
    "topics": preferences.overview,
    "settings": preferences.overview,
    "me": preferences.overview,
    "privacy": privacy.overview,
    "shadow": channels.overheard,
    "retention": retention.overview,
    "conduct": conduct.overview,
}


async def _command_lanyard(turn: Turn) -> Outcome:
    assert isinstance(turn.inbound, Said)
    return await lanyard(turn, turn.inbound.text)


async def _press_examples(turn: Turn) -> Outcome:
    async with turn.look() as tx:
        titles = await tx.aid_titles(grants=turn.place_grants(), limit=EXAMPLES)
    return Note(card=general.examples(titles))


COMMANDS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"lanyard": _command_lanyard, "help": say_help}
PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"examples": _press_examples}
