"""What is said to Lanyard and is no question about work: about what it answered last, about one's own questions, a wish
for a person, a word in anger; and the questions that mean nothing without the one before them.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.journeys import asking, caring, home, opening, privacy, reinforcing
from bot.journeys.picking import NOT_HELPED, bare_of_courtesies, plain_words
from bot.journeys.replies import show
from bot.messages import Scope
from bot.store.records import Answer, Question, QuestionStatus
from bot.turn import Turn
from bot.wording import asides as words

LATELY = timedelta(hours=1)
LONGEST = 120  # characters; what is longer says what it is about
MOST_WORDS = 10
_ASKABLE = (QuestionStatus.OPEN, QuestionStatus.UNANSWERED)
"""Which questions nobody has been asked yet, or can be asked again."""

_LEAD = r"(?:(?:ok|okay|thanks|thx|great|hm+|so|yes|no|right)[\s,.!]+)*"
_FOLLOWS = re.compile(
    _LEAD + r"(?:(?:and|but|or)\s+\S|(?:also|same|even|only)\s+(?:for|with|in|on|at|when|if|to)\b"
    r"|(?:and\s+|but\s+)?(?:what|how)\s+(?:about|if|when)\b)",
    re.IGNORECASE,
)
_BARE = {"why", "why not", "how", "how so", "how come", "when", "where", "since when", "until when", "how long", "who"}
_SOURCE = {
    *("source", "the source", "whats the source", "what is the source", "show me the source", "show the source"),
    *("where is that from", "where is this from", "where does that come from", "where did you get that", "says who"),
    *("link", "the link", "any link", "is there a link", "do you have a link", "send me the link", "who says so"),
    *("who wrote that", "who wrote this", "who says that", "who owns this", "who looks after this", "who owns that"),
    *("is that still true", "is this still true", "is it still true", "is that up to date", "is this up to date"),
    *("is that current", "is this current", "how old is that", "how old is this", "when was this verified"),
    *("more", "tell me more", "more details", "details", "more info", "show me more", "show more", "go on", "continue"),
    *("explain that again", "explain again", "again", "repeat", "repeat that", "say that again", "show me all of it"),
    *("can you repeat that", "can you say that again", "the whole thing", "full text", "show me that again"),
}
_PUZZLED = {
    *("i dont understand", "i do not understand", "i dont get it", "i dont get that", "i still dont understand"),
    *("i dont understand this", "i dont understand that", "what does that mean", "what does this mean", "explain"),
    *("can you explain", "can you explain that", "explain that", "explain this", "i am confused", "im confused"),
    *("thats not clear", "that is not clear", "not clear", "unclear"),
}
_WRONG = {
    *("this answer is wrong", "that answer is wrong", "the answer is wrong", "your answer is wrong", "this is wrong"),
    *("this answer is outdated", "the answer is outdated", "this is outdated", "that is outdated", "thats outdated"),
    *("this is out of date", "that is out of date", "thats out of date", "outdated", "out of date", "this is old"),
    *("this is incorrect", "that is incorrect", "thats incorrect", "incorrect", "this is not correct", "youre wrong"),
    *("that is not correct", "thats not correct", "this is not right", "that is not right", "thats not right"),
    *("this is not true", "that is not true", "thats not true", "not true", "this is no longer true", "you are wrong"),
    *("that is no longer true", "thats no longer true", "no longer true", "thats not true anymore", "not up to date"),
}
_STATUS = {
    *("did anyone answer", "did anyone answer me", "did anybody answer", "has anyone answered", "any answer"),
    *("any answer yet", "any news", "any news yet", "any update", "any updates", "my questions", "my question"),
    *("show my questions", "what about my question", "is my question answered", "where is my answer", "status"),
    *("any news on my question", "any update on my question", "my question any news", "who has my question"),
    *("cancel my question", "withdraw my question", "delete my question", "what happened to my question"),
    *("my question from yesterday any news", "my question from yesterday", "what is the status of my question"),
    *("whats the status of my question", "how is my question", "i am still waiting", "im still waiting"),
}
_PRIVACY = {
    *("what do you know about me", "what data do you have about me", "what data do you have on me", "my data"),
    *("what do you keep about me", "what do you store about me", "what do you keep of me", "show my data"),
    *("export my data", "download my data", "delete my data", "erase my data", "forget me", "delete me"),
    *("delete my account", "who can see what i ask", "who sees what i ask", "who can see my questions"),
    *("who sees my questions", "who reads my questions", "who reads this", "who can see this", "who sees this"),
    *("is this private", "is this anonymous", "is this confidential", "are my questions private", "is it anonymous"),
    *("are you tracking me", "do you track me", "are you spying on me", "does my boss see this", "is it private"),
    *("can my boss see this", "does my manager see this", "can my manager see this", "can my boss see my questions"),
    *("can my manager see my questions", "can my manager see what i ask", "can my boss see what i ask"),
    *("does hr see this", "can hr see this", "am i anonymous", "are my questions anonymous"),
}
_PAUSE = re.compile(r"(?:pause|mute|cancel|delete)\s+(?:(?:all|my|the)\s+)*(?:reminders|nudges)(?:\s+for\s+.+)?")
_ALL_AIDS = {
    *("show me all job aids", "list job aids", "list all job aids", "all job aids", "show job aids", "job aids"),
    *("show all job aids", "what job aids are there", "which job aids are there", "show me the job aids"),
}
_AID = re.compile(r"\bjob aid\s*#?\s*(\d{1,9})\b", re.IGNORECASE)
_PERSON = {"human", "person", "someone", "somebody", "agent", "colleague", "expert", "operator", "people"}
_WISH = {"speak", "talk", "chat", "get", "ask", "connect", "real", "live", "actual", "need", "want", "give", "call"}
_AROUND = {
    *("i", "me", "a", "an", "to", "with", "can", "could", "may", "you", "please", "pls", "now", "just", "id", "like"),
    *("would", "wanna", "let", "rather", "some", "the", "my", "for", "want", "instead", "being", "there", "is", "here"),
}
_RUDE = {
    *("useless", "stupid", "idiot", "idiotic", "dumb", "shit", "shitty", "crap", "crappy", "sucks", "suck", "rubbish"),
    *("garbage", "trash", "wtf", "fuck", "fucking", "fck", "hate", "terrible", "awful", "horrible", "pathetic"),
    *("moron", "bullshit", "bs", "lame", "ridiculous", "worthless", "annoying", "hell", "damn", "annoy"),
}
_AT_US = {
    *("you", "youre", "u", "ur", "your", "bot", "lanyard", "this", "that", "thats", "it", "its", "is", "are", "so"),
    *("a", "an", "the", "such", "really", "just", "off", "of", "piece", "what", "absolutely", "totally", "completely"),
    *("very", "i", "thing", "for", "nothing", "again", "answer", "answers", "and", "no", "oh", "omg", "me", "as"),
    *("always",),
}
_CROSS = frozenset("😡😠🤬👎😤😾🖕💩😞😒🙄😩😫😖☹🙁")
_CROSS_CODES = {":rage:", ":angry:", ":-1:", ":thumbsdown:", ":face_with_symbols_on_mouth:", ":triumph:", ":poop:"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The last question of theirs in this conversation; and what they were answered last, perhaps to an earlier one."""

    question: Question
    answer: Answer | None
    answered: Question | None


async def take(turn: Turn, text: str) -> bool:
    """Take what was said as one of these. False where it is none."""
    said, bare = plain_words(text), bare_of_courtesies(text)
    if is_cross(text) or {said, bare} & NOT_HELPED:
        await show(turn, words.sorry(_told(await _before(turn))))
        return True
    if len(text) > LONGEST or len(said.split()) > MOST_WORDS:
        return False
    if {said, bare} & _STATUS:
        await home.show_questions(turn)
    elif _PAUSE.fullmatch(said):
        await reinforcing.nudge_typed(turn, "list")  # there each can be stopped, and all paused
    elif {said, bare} & _ALL_AIDS:
        await opening.open_page(turn, "")
    elif (aid := _AID.search(text)) is not None:
        await caring.show_aid(turn, aid[1])
    elif {said, bare} & _PRIVACY:
        await privacy.overview(turn)
    elif _wants_person(said):
        await show(turn, words.gladly(_told(await _before(turn))))
    else:
        return await _about_the_last(turn, {said, bare})
    return True


async def _about_the_last(turn: Turn, said: set[str]) -> bool:
    for meant, answer in _ABOUT_THE_LAST:
        if said & meant:
            before = await _before(turn)
            return before is not None and before.answer is not None and await answer(turn, before, before.answer)
    return False


def is_cross(text: str) -> bool:
    """Whether it is nothing but a word in anger, or a sign of it."""
    signs = text.strip()
    if signs in _CROSS_CODES or (set(signs) & _CROSS and not any(one.isalnum() for one in signs)):
        return True
    said = set(plain_words(text).split())
    return bool(said & _RUDE) and len(said) <= MOST_WORDS and said <= _RUDE | _AT_US


async def follow_up(turn: Turn, text: str) -> bool:
    """Ask it together with the question before it, where it means nothing without. False where it stands alone."""
    short = len(text) <= LONGEST and len(text.split()) <= MOST_WORDS
    if not short or not (_FOLLOWS.match(text.strip()) or bare_of_courtesies(text) in _BARE):
        return False
    before = await _before(turn)
    if before is None:
        return False
    told = before.answer.snippet_id if before.answer is not None else None
    await asking.ask(turn, text, about=words.first_question(before.question.text), follows=True, told=told)
    return True


async def _before(turn: Turn) -> Before | None:
    """Within an hour, in this very conversation or thread."""
    place = turn.inbound.place
    async with turn.look() as tx:
        question = await tx.newest_question(turn.person, since=turn.now - LATELY)
        if question is None or question.place.conversation != place.conversation:
            return None
        if place.scope is not Scope.DIRECT and question.place.thread != place.thread:
            return None
        answer = await tx.newest_answer(turn.person, since=turn.now - LATELY)
        answered = await tx.question(answer.question_id) if answer is not None else None
    if answered is not None and answered.place.conversation != place.conversation:
        answer = answered = None
    return Before(question=question, answer=answer, answered=answered)


def _wants_person(said: str) -> bool:
    those = set(said.split())
    return bool(those & _PERSON and those & _WISH) and those <= _PERSON | _WISH | _AROUND


def _told(before: Before | None) -> Question | None:
    return _askable(before.question) if before is not None else None


def _askable(question: Question | None) -> Question | None:
    return question if question is not None and question.status in _ASKABLE else None


async def _show_source(turn: Turn, _: Before, answer: Answer) -> bool:
    if answer.aid_id is not None:
        async with turn.look() as tx:
            aid = await tx.aid(answer.aid_id)
        await caring.show_aid(turn, str(aid.number))
        return True
    return await _name_expert(turn, answer)


async def _name_expert(turn: Turn, answer: Answer) -> bool:
    if answer.by_id is None:
        return False
    async with turn.look() as tx:
        expert = await tx.person(answer.by_id)
    await show(turn, words.answered_by(expert.name))
    return True


async def _offer_to_ask(turn: Turn, before: Before, _: Answer) -> bool:
    if (question := _askable(before.answered)) is None:
        return False
    await show(turn, words.unclear(question))
    return True


async def _take_complaint(turn: Turn, before: Before, answer: Answer) -> bool:
    await show(turn, words.wrong(answer, question=_askable(before.answered)))
    return True


_ABOUT_THE_LAST: tuple[tuple[set[str], Callable[[Turn, Before, Answer], Awaitable[bool]]], ...] = (
    (_SOURCE, _show_source),
    (_PUZZLED, _offer_to_ask),
    (_WRONG, _take_complaint),
)
