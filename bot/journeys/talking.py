"""Answering by replying: what is said in the thread of a card, or quotes it, stands for the form behind its button.

An expert answers the question that was put to them, an asker the question that an expert asked back. Once: what comes
later is told that the question has been taken care of.
"""

from __future__ import annotations

import hashlib
import re

from bot.journeys import capturing, picking, routing
from bot.messages import Buttons, Card, MessageRef, Reaction, Said
from bot.store.records import QuestionStatus
from bot.turn import Turn, parse_numbers
from bot.wording import routing as words

_ANOTHER = re.compile(
    r"(?:(?:please|pls|maybe|perhaps|better|but|you|could|should|can|try|ask|to|with)\s+)*"
    r"(?P<name>[^\W\d]+(?:\s+[^\W\d]+)?)"
    r"(?:\s+(?:might|may|would|will|could|should)\s+know|\s+knows|\s+knows that|\s+can help|\s+instead)?"
)
"""Whom somebody names who does not know it themselves."""


async def take_reply(turn: Turn) -> bool:
    """Take what was said as such a reply. False where it is none. Raises GoneError, NotAllowedError."""
    said = turn.inbound
    assert isinstance(said, Said)
    thread, text = said.place.thread, said.text.strip()
    asked = await _find_card(turn, said)
    if asked is None or not text:
        return False
    if (routing_id := _about(asked, "give_detail")) is not None:
        await routing.give_detail(turn, routing_id, text)
    elif (routing_id := _about(asked, "answer")) is not None and (named := await _name_another(turn, text)) is not None:
        await routing.pass_on(turn, routing_id, first=named)
    elif routing_id is not None:
        await routing.answer(turn, routing_id, text, key=name_answer(turn.key))
    else:
        return False
    if said.message is not None:
        reply = MessageRef(
            platform=said.platform,
            tenant=said.tenant,
            conversation=said.place.conversation,
            id=said.message,
            thread=thread,
        )
        await turn.react(reply, Reaction.DONE)
    return True


async def _name_another(turn: Turn, text: str) -> int | None:
    """The colleague of whom somebody says that they know it, who do not know it themselves: “no idea, ask Rafael”."""
    said = turn.inbound
    assert isinstance(said, Said)
    bare = picking.bare_of_courtesies(text)
    begins = max((one for one in picking.DONT_KNOW if bare.startswith(f"{one} ")), key=len, default=None)
    found = _ANOTHER.fullmatch(bare[len(begins) :].strip()) if begins is not None else None
    if found is None:
        return None
    mentioned = {picking.plain_words(name): user for name, user in said.people.items()}
    async with turn.look() as tx:
        if (user := mentioned.get(found["name"])) is not None:
            person = await tx.known_person(said.platform, said.tenant, user)
            return person.id if person is not None else None
        everyone = [one for one in await tx.everyone() if one.id != turn.person.id and not one.guest]
    whole = [one.id for one in everyone if picking.plain_words(one.name) == found["name"]]
    first = [one.id for one in everyone if picking.plain_words(one.name).split()[:1] == [found["name"]]]
    return next((ids[0] for ids in (whole, first) if len(ids) == 1), None)


async def is_reply(turn: Turn) -> bool:
    """Whether it was said in reply to a card that asks for words."""
    said = turn.inbound
    assert isinstance(said, Said)
    asked = await _find_card(turn, said)
    return asked is not None and any(_about(asked, verb) is not None for verb in ("answer", "give_detail"))


async def _find_card(turn: Turn, said: Said) -> Card | None:
    """The card of ours that it is a reply to, as it was first."""
    replied_to = said.place.thread or said.quoted
    if not turn.is_direct() or replied_to is None:
        return None
    card = MessageRef(platform=said.platform, tenant=said.tenant, conversation=said.place.conversation, id=replied_to)
    async with turn.look() as tx:
        key = await tx.key_of(card)
        return await tx.first_said(key) if key is not None else None


async def correct(turn: Turn, said: str, text: str) -> None:
    """An expert changed the reply that became an answer: the answer follows, while its asker has not judged it."""
    text = text.strip()
    async with turn.look() as tx:
        answer = await tx.answer_by_message(name_answer(said))
    if answer is None or answer.by_id != turn.person.id or answer.helped is not None or not text:
        return
    async with turn.commit() as tx:
        question = await tx.question(answer.question_id, lock=True)
        if question.status is not QuestionStatus.ANSWERED:
            return
        await tx.reword_answer(answer.id, text, by=turn.person)
        card = words.expert_answer(turn.person.name, question.text, text, answer_id=answer.id, corrected=True)
        await tx.revise(answer.message_key, card)
        await capturing.redraft(turn, tx, question, text)


def name_answer(key: str) -> str:
    """The key under which a reply goes to the asker: known from the reply itself, so that a change finds it again."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _about(card: Card, verb: str) -> int | None:
    """The routing that a card of ours is about, by one of its buttons."""
    for part in card.parts:
        for button in part.buttons if isinstance(part, Buttons) else ():
            if button.verb == verb:
                return parse_numbers(button.value, 1)[0]
    return None
