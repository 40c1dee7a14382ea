"""What was said without a command: is it for the bot, and what does it ask for?"""

from __future__ import annotations

from bot.journeys import asking, caring, glossary, opening, orientation, overhearing, reinforcing, talking
from bot.messages import Amended, Inbound, MessageRef, Reaction, Said, Scope
from bot.store import Transaction
from bot.store.records import Channel, Mode
from bot.turn import Turn, name_place

_GREETINGS = {"hi", "hello", "hey", "hallo", "moin", "there", "lanyard", "good", "morning", "afternoon", "evening"}
_HELP = {"help", "start", "?"}
_CHANNEL_SETTINGS = {"settings", "channel settings", "lanyard settings", "lanyard channel settings"}
# Commands as they are typed where there are no slashes.
_SUBJECTS = {"home", "topics", "gaps", "settings", "channel settings", "shadow", "fallback"}
_COURTESIES = {
    *("thanks", "thank", "you", "thx", "ty", "cheers", "great", "ok", "okay", "cool", "perfect", "nice", "super"),
    *("bye", "goodbye", "a", "lot", "so", "much", "very", "many", "for", "all", "your", "the", "help", "helped"),
}


async def hear(turn: Turn) -> None:
    """A message without a command: a question, a typed command, a courtesy, or none of the bot's business."""
    said = turn.inbound
    assert isinstance(said, Said)
    if not turn.is_direct() and not await _is_addressed(turn, said):
        return
    typed, _, rest = said.text.strip().partition(" ")
    words = {word.strip(".,!?:;…").casefold() for word in said.text.split()} - {""}
    if not words and said.attached:
        await orientation.decline_files(turn, said.attached)
        return
    orientation.tell_of_files(turn)
    if not words or said.text.strip().casefold() in _HELP or (len(words) <= 4 and words <= _GREETINGS):
        await orientation.say_help(turn)
    elif len(words) <= 6 and words <= _COURTESIES:
        await _acknowledge(turn, said)  # nobody wants an answer to “thanks”
    elif await talking.take_reply(turn):
        return
    elif typed.casefold().lstrip("/") == "nudge":
        await reinforcing.nudge_typed(turn, rest)
    elif typed.casefold().lstrip("/") == "lanyard" and _is_subject(rest):
        await orientation.lanyard(turn, rest)
    elif _is_subject(said.text):
        await orientation.lanyard(turn, said.text)
    elif typed.casefold().lstrip("/") == "ask" and rest.strip():
        await asking.ask(turn, rest)
    else:
        await asking.ask(turn, said.text)


def _is_subject(text: str) -> bool:
    if text.strip().casefold() in _SUBJECTS or glossary.is_typed_command(text) or caring.is_typed_command(text):
        return True
    return opening.read_typed(text) is not None


async def may_concern(tx: Transaction, inbound: Inbound) -> bool:
    """Whether it may be for the bot, or be listened to, though nobody knows yet who it is that speaks."""
    match inbound:
        case Amended():
            return False  # nothing that they said before was kept
        case Said(command=None, mentioned=False, place=place) if place.scope is not Scope.DIRECT:
            key = name_place(inbound)
            channel = await tx.channel(key)
            if channel.mode is Mode.OFF:
                return False
            return channel != Channel(key=key) or (
                place.thread is not None and await tx.has_thread(f"{key}/{place.thread}")
            )
        case _:
            return True


async def _acknowledge(turn: Turn, said: Said) -> None:
    if said.message is not None:
        place = said.place
        message = MessageRef(
            platform=said.platform,
            tenant=said.tenant,
            conversation=place.conversation,
            id=said.message,
            thread=place.thread,
        )
        await turn.react(message, Reaction.WELCOME)


async def _is_addressed(turn: Turn, said: Said) -> bool:
    """Whether a message in a channel is for the bot. What is not, but may be listened to there, is."""
    async with turn.look() as tx:
        channel = await tx.channel(turn.place_key())
    if channel.mode is Mode.OFF:
        # Where there are no slashes, a mention must do to turn it on again.
        return said.mentioned and said.text.strip().casefold().lstrip("/") in _CHANNEL_SETTINGS
    if said.mentioned or await _follows_up(turn):
        return True
    if channel != Channel(key=channel.key):
        await overhearing.overhear(turn, channel)
    return False


async def _follows_up(turn: Turn) -> bool:
    """Whether it was said in a thread in which the bot was asked before: a mention is not needed again there."""
    thread = turn.inbound.place.thread
    if thread is None:
        return False
    async with turn.look() as tx:
        return await tx.has_thread(f"{turn.place_key()}/{thread}")
