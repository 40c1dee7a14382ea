"""What was said without a command: is it for the bot, and what does it ask for?"""

from __future__ import annotations

import re

from bot.journeys import (
    asides,
    asking,
    caring,
    files,
    glossary,
    opening,
    orientation,
    overhearing,
    picking,
    plain_speech,
    reinforcing,
    roles,
    suggesting,
    talking,
)
from bot.messages import Amended, Inbound, MessageRef, Reaction, Said, Scope
from bot.store import Transaction
from bot.store.records import Channel, Mode
from bot.turn import Turn, name_place

_GREETINGS = {"hi", "hello", "hey", "hallo", "moin", "there", "lanyard", "good", "morning", "afternoon", "evening"}
_HELP = {"help", "start", "?"}
# What people say to a bot that they do not know, as far as it is no question about their work.
_ABOUT_LANYARD = {
    *("who are you", "what are you", "what is this", "whats this", "who is this", "what is lanyard", "whats lanyard"),
    *("are you a bot", "are you a robot", "are you human", "are you a human", "are you real", "are you there"),
    *("are you a person", "are you a real person", "is this a bot", "am i talking to a bot", "anyone there"),
    *("is anyone there", "anybody there", "is anybody there", "hello anyone", "hello is anyone there"),
    *("what can you do", "what do you do", "what can i do here", "what can i do", "what can you do for me"),
    *("what can i ask", "what can i ask you", "what can i ask here", "what do you know", "what should i ask"),
    *("how do you work", "how does this work", "how does it work", "how do i use this", "how do i use you"),
    *("how can i use this", "how can i use you", "how to use this", "how to use you", "how do i start"),
    *("how can you help", "how can you help me", "how do you help", "what can you help with", "menu", "commands"),
    *("can you help", "can you help me", "could you help me", "help me", "please help", "please help me"),
    *("i need help", "i need some help", "need help", "get started", "getting started", "test", "testing"),
}
_LONGEST_SIGN = 100  # characters: some emoji are made of seven
_BROKEN = "\x00\ufffd"
_SHORTCODE = re.compile(r":[a-z0-9_+'-]{1,60}:")  # of an emoji, as Slack writes it
_CHANNEL_SETTINGS = {"settings", "channel settings", "lanyard settings", "lanyard channel settings"}
# Commands as they are typed where there are no slashes.
_SUBJECTS = {"home", "topics", "gaps", "figures", "statistics", "settings", "channel settings", "shadow", "fallback"}
_ONLY_BY_NAME = {"privacy", "retention", "conduct"}  # alone they may be what somebody asks about
_COURTESIES = {
    *("thanks", "thank", "you", "thx", "ty", "cheers", "great", "ok", "okay", "cool", "perfect", "nice", "super"),
    *("bye", "goodbye", "a", "lot", "so", "much", "very", "many", "for", "all", "your", "the", "help", "helped"),
    *("lol", "haha", "hehe", "wow"),
}


async def hear(turn: Turn) -> None:
    """A message without a command: a question, a typed command, a courtesy, or none of the bot's business."""
    said = turn.inbound
    assert isinstance(said, Said)
    if not turn.is_direct() and not await _is_addressed(turn, said):
        return
    words = {word.strip(".,!?:;…").casefold() for word in said.text.split()} - {""}
    if said.attached and await files.take(turn):
        return
    if not words and said.attached:
        await files.decline(turn)
        return
    files.tell_unread(turn)
    if not words or said.text.strip().casefold() in _HELP or (len(words) <= 4 and words <= _GREETINGS):
        await orientation.say_help(turn)
    elif (len(words) <= 6 and words <= _COURTESIES) or (_is_sign(said.text) and not asides.is_cross(said.text)):
        await _acknowledge(turn, said)  # nobody wants an answer to “thanks”
    elif await talking.take_reply(turn):
        return
    elif turn.is_direct() and picking.is_stop(said.text):
        await reinforcing.nudge_typed(turn, "list")  # there each series can be stopped
    elif picking.is_noted(said.text):
        await _acknowledge(turn, said)
    elif turn.is_direct() and await asides.take(turn, said.text):
        return
    else:
        await _follow(turn, said.text)


async def _follow(turn: Turn, text: str) -> None:
    """What is for the bot itself: a command as it is typed where there are no slashes, or a question."""
    typed, _, rest = text.strip().partition(" ")
    command = typed.casefold().lstrip("/")
    if _is_about_lanyard(text):
        await orientation.say_help(turn)
    elif command == "nudge":
        await reinforcing.nudge_typed(turn, rest)
    elif await plain_speech.take(turn, text):
        return
    elif command == "lanyard" and (_is_subject(rest) or rest.strip().casefold() in _ONLY_BY_NAME):
        await orientation.lanyard(turn, rest)
    elif _is_subject(text):
        await orientation.lanyard(turn, text)
    elif suggesting.is_wish(text):
        await suggesting.offer_form(turn)
    elif await glossary.say_meaning(turn, text) or await asides.follow_up(turn, text):
        return
    else:
        await asking.ask(turn, rest if command == "ask" and rest.strip() else text)


def _is_sign(text: str) -> bool:
    """Whether it is an emoji or a few of them, or the like, and no word."""
    said = _SHORTCODE.sub("", text)
    return len(text) <= _LONGEST_SIGN and not any(one.isalnum() or one in _BROKEN for one in said)


def _is_about_lanyard(text: str) -> bool:
    said = picking.plain_words(text)
    return said in _ABOUT_LANYARD or said.removeprefix("lanyard ").removesuffix(" lanyard") in _ABOUT_LANYARD


def _is_subject(text: str) -> bool:
    if text.strip().casefold() in _SUBJECTS or glossary.is_typed_command(text) or caring.is_typed_command(text):
        return True
    return opening.read_typed(text) is not None or roles.read_typed(text) is not None


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
