"""Answering by replying: what is said in the thread of a card, or quotes it, stands for the form behind its button.

An expert answers the question that was put to them, an asker the question that an expert asked back. Once: what comes
later is told that the question has been taken care of.
"""

from __future__ import annotations

import hashlib

from bot.journeys import capturing, routing
from bot.messages import Buttons, Card, MessageRef, Reaction, Said
from bot.store.records import QuestionStatus
from bot.turn import Turn, parse_numbers
from bot.wording import routing as words


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
    elif (routing_id := _about(asked, "answer")) is not None:
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
