"""Pressing by saying: "that helped", "yes please", "2", or a button's own words, typed below the card that has it.

Only in the conversation of one person with Lanyard, where what is said is said to it, and only while the card is the
newest there: later it may mean anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta

from bot.messages import Button, Buttons, Card, MessageRef, Pressed, Said
from bot.turn import Turn

LATELY = timedelta(hours=1)
LONGEST, MOST_WORDS = 80, 8  # characters and words: what is longer is a question
_MARKS = re.compile(r"[^\w\s]+")
_AROUND = {
    *("ok", "okay", "oh", "ah", "thanks", "thank", "thx", "ty", "cheers", "great", "perfect", "cool", "nice", "super"),
    *(
        "but",
        "sadly",
        "unfortunately",
        "actually",
        "please",
        "pls",
        "sorry",
        "hey",
        "lanyard",
        "so",
        "much",
        "a",
        "lot",
        "you",
        "and",
        "well",
        "hm",
        "hmm",
    ),
}
"""What people put around what they mean."""

_OBJECTS = {"it", "this", "that", "them", "one", "now", "then"}

HELPED = {
    *("that helped", "this helped", "it helped", "helped", "that was helpful", "very helpful", "helpful"),
    *("that worked", "it worked", "worked", "that works", "it works", "works", "works now", "it works now"),
    *("that did it", "that did the trick", "that fixed it", "this fixed it", "fixed it", "fixed", "its fixed"),
    *(
        "that solved it",
        "solved",
        "problem solved",
        "sorted",
        "all sorted",
        "thats it",
        "that was it",
        "yes that helped",
    ),
}
NOT_HELPED = {
    *("that didnt help", "didnt help", "it didnt help", "that did not help", "not helpful", "that is not helpful"),
    *("that didnt work", "didnt work", "it didnt work", "that did not work", "doesnt work", "it doesnt work"),
    *("not what i need", "not what i needed", "thats not what i need", "thats not what i needed", "not what i meant"),
    *("thats not what i meant", "not what i asked", "thats not what i asked", "thats not it", "no thats not it"),
    *("wrong", "wrong one", "wrong answer", "thats wrong", "that is wrong", "not this", "not this one", "not that one"),
}
YES = {"yes", "yeah", "yep", "yup", "y", "sure", "yes do", "do it", "yes do it", "go ahead", "of course", "please do"}
NO = {
    "no",
    "nope",
    "nah",
    "n",
    "none",
    "neither",
    "none of these",
    "none of them",
    "no need",
    "never mind",
    "nevermind",
}
STOP = {"stop", "stop it", "stop this", "unsubscribe", "stop these", "stop reminders", "stop the reminders", "no more"}
CANCEL = {"cancel", "cancel that", "cancel it", "cancel this", "discard it", "forget it", "forget that", "withdraw it"}
_THUMBS_DOWN = re.compile(
    "\N{THUMBS DOWN SIGN}[\U0001f3fb-\U0001f3ff\ufe0f]*|:(?:-1|thumbsdown):(?::skin-tone-[2-6]:)?"
)
DONT_KNOW = {
    *("i dont know", "dont know", "i do not know", "idk", "dunno", "no idea", "i have no idea", "no clue", "not sure"),
    *("i have no clue", "not me", "not my area", "not my topic", "not my field", "thats not me", "cant help", "pass"),
    *("i cant help", "i cant help with that", "cant help with that", "i dont know that", "i dont know this"),
    *("i dont know either", "not my thing", "wrong person", "im the wrong person", "you have the wrong person"),
}
BUSY = {
    *("not now", "maybe later", "im busy", "i am busy", "busy", "in a meeting", "im in a meeting", "no time"),
    *("no time now", "no time right now", "im busy right now", "busy right now", "ask me later", "will answer later"),
}
_NUMBERS = (
    {"1", "one", "first", "first one", "the first", "the first one", "number 1"},
    {"2", "two", "second", "second one", "the second", "the second one", "number 2"},
    {"3", "three", "third", "third one", "the third", "the third one", "number 3"},
)
_NOTED = {
    *("got it", "understood", "will do", "alright", "noted", "makes sense", "sounds good", "no worries", "no problem"),
    *("all good", "good", "fine", "right", "i see", "np", "k", "kk", "good bot", "i love you", "love you", "love it"),
    *("wrong chat", "wrong window", "ignore that", "ignore this", "my bad", "oops", "just testing", "disregard"),
    *("youre welcome", "you are welcome", "same to you", "have a nice day", "have a good day", "good night", "see you"),
    *("see you later", "amazing", "awesome", "brilliant", "excellent", "well done", "wonderful", "you rock"),
    *("youre the best", "you are the best", "youre great", "you are great", "youre awesome", "you are awesome"),
}


async def read_press(turn: Turn) -> Pressed | None:
    """The button that was meant by what was said, as if it had been pressed; None where none was."""
    said = turn.inbound
    assert isinstance(said, Said)
    if not turn.is_direct() or said.attached or said.message is None or not _may_press(said.text):
        return None
    async with turn.look() as tx:
        here = MessageRef(
            platform=said.platform,
            tenant=said.tenant,
            conversation=said.place.conversation,
            id=said.place.thread or said.quoted or "",
        )
        key = await tx.key_of(here) if here.id else None
        at = here if key is not None else await tx.newest_in(here, within=LATELY)
        key = key if key is not None or at is None else await tx.key_of(at)
        card = await tx.said(key) if key is not None else None
    if card is None:
        return None
    meant = find_meant(said.text, card)
    if meant is None:
        return None
    return Pressed(
        platform=said.platform,
        tenant=said.tenant,
        key=said.key,
        sender=said.sender,
        place=said.place,
        at=said.at,
        verb=meant.verb,
        value=meant.value,
        message=at,
    )


def _may_press(text: str) -> bool:
    return 0 < len(text.strip()) <= LONGEST and len(text.split()) <= MOST_WORDS


def find_meant(text: str, card: Card) -> Button | None:
    """The button of a card that these words mean. One that opens a form cannot be pressed from a message."""
    buttons = [
        button for part in card.parts if isinstance(part, Buttons) for button in part.buttons if not button.opens_form
    ]
    whole, bare = plain_words(text), bare_of_courtesies(text)
    labelled = [button for button in buttons if plain_words(button.label) in {whole, bare, _without_object(bare)}]
    if len(labelled) == 1:
        return labelled[0]
    if "?" in text:  # “yes?” agrees to nothing
        return None
    if _THUMBS_DOWN.fullmatch(text.strip()):
        return _of("not_helped")(buttons, ())
    choices = [button for button in buttons if button.verb == "choose"]
    for choice, words in zip(choices, _NUMBERS, strict=False):
        if bare in words and len(choices) > 1:
            return choice
    for words, find in _MEANINGS:
        if bare in words or whole in words:
            return find(buttons, choices)
    return None


def is_noted(text: str) -> bool:
    """Whether it is an answer to what was said, and asks for nothing."""
    bare = bare_of_courtesies(text)
    return any(bare in words for words in (_NOTED, HELPED, YES, NO, CANCEL, DONT_KNOW, BUSY))


def is_stop(text: str) -> bool:
    return bare_of_courtesies(text) in STOP


def bare_of_courtesies(text: str) -> str:
    """The words without what people put around them; in one spelling."""
    words = plain_words(text).split()
    while words and words[0] in _AROUND:
        del words[0]
    while words and words[-1] in _AROUND:
        del words[-1]
    return " ".join(words)


def plain_words(text: str) -> str:
    """The words of a short message in one spelling: no case, no marks."""
    return " ".join(_MARKS.sub(" ", text.casefold().replace("’", "").replace("'", "")).split())


def _without_object(bare: str) -> str:
    """“start it”, “pause that one now” are the label alone."""
    words = bare.split()
    while len(words) > 1 and words[-1] in _OBJECTS:
        del words[-1]
    return " ".join(words)


def _of(*verbs: str) -> Callable[[Sequence[Button], Sequence[Button]], Button | None]:
    def find(buttons: Sequence[Button], _: Sequence[Button]) -> Button | None:
        return next((button for verb in verbs for button in buttons if button.verb == verb), None)

    return find


def _agree(buttons: Sequence[Button], choices: Sequence[Button]) -> Button | None:
    if choices:
        return choices[0] if len(choices) == 1 else None
    return _of("ask_expert_about", "series_go_on")(buttons, choices)


def _refuse(buttons: Sequence[Button], choices: Sequence[Button]) -> Button | None:
    if choices:  # what else there is, is offered anew
        question, _, _ = choices[0].value.partition(".")
        return Button(label="None of these", verb="none_of_these", value=question)
    return _of("leave_it", "series_decline")(buttons, choices)


def _set_aside(buttons: Sequence[Button], choices: Sequence[Button]) -> Button | None:
    return _refuse((), choices) if choices else _of("not_helped")(buttons, ())


_MEANINGS: tuple[tuple[set[str], Callable[[Sequence[Button], Sequence[Button]], Button | None]], ...] = (
    (HELPED, _of("helped")),
    (NOT_HELPED, _set_aside),
    (YES, _agree),
    (DONT_KNOW, _of("pass")),
    (BUSY, _of("later")),
    (NO, _refuse),
    (CANCEL, _of("campaign_discard", "withdraw", "leave_it")),
    (STOP, _of("nudge_stop", "series_stop")),
)
