"""What was said without a command: is it for the bot, and what does it ask for?"""

from __future__ import annotations

from bot.journeys import asking, orientation, reinforcing
from bot.messages import Said
from bot.turn import Turn

_COURTESIES = frozenset(
    "thanks thank you thx ty cheers great ok okay cool perfect nice super bye goodbye a lot so much very many for all "
    "your the help".split()
)
_GREETINGS = frozenset("hi hello hey hallo moin there lanyard good morning afternoon evening help".split())
_TYPED = {"nudge": reinforcing.nudge, "lanyard": orientation.help_command}  # commands as Teams and the web type them


async def hear(turn: Turn) -> None:
    """A message without a command: a question, a typed command, a courtesy, or none of the bot's business."""
    said = turn.inbound
    assert isinstance(said, Said)
    if not (turn.is_direct() or said.mentioned or await _follows_up(turn)):
        return
    words = [word.strip(".,!?:;…").casefold() for word in said.text.split()]
    if not any(words) or (len(words) <= 4 and all(word in _GREETINGS for word in words if word)):
        await orientation.say_help(turn)
    elif len(words) <= 6 and all(word in _COURTESIES for word in words if word):
        return  # nobody wants an answer to “thanks”
    elif words[0].lstrip("/") in _TYPED and (turn.is_direct() or said.mentioned):
        await reinforcing.nudge_typed(turn, said.text.split(maxsplit=1)[1] if len(words) > 1 else "")
    else:
        await asking.ask(turn, said.text)


async def _follows_up(turn: Turn) -> bool:
    """Whether it was said in a thread in which the bot was asked before: a mention is not needed again there."""
    thread = turn.inbound.place.thread
    if thread is None:
        return False
    async with turn.look() as tx:
        return await tx.has_thread(f"{turn.place_key()}/{thread}")
