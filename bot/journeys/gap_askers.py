"""Asking those who asked in vain, privately: what they need, and whether they found it. Nobody learns who they are: the
one who asks does not see who is written to, nor who replies.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.journeys.gaps import group_of
from bot.journeys.replies import field, pressed_id, pressed_numbers, reply, revise_pressed
from bot.messages import FieldErrors, Note, Outcome, Submitted
from bot.store import GoneError, Lane, NotAllowedError
from bot.turn import Turn
from bot.wording import gaps as words

LONGEST = 500  # characters, either way


async def _press_ask(turn: Turn) -> Outcome:
    question_id = pressed_id(turn)
    async with turn.look() as tx:
        group = await group_of(tx, turn, question_id)
    return words.ask_form(group.example, question_id=question_id)


async def _submit_ask(turn: Turn) -> Outcome:
    """Raises NotAllowedError, GoneError."""
    text = field(turn, "text")
    if not text or len(text) > LONGEST:
        return FieldErrors(errors={"text": f"Please write what you want to know, in up to {LONGEST} characters."})
    question_id = pressed_id(turn)
    async with turn.look() as tx:
        group = await group_of(tx, turn, question_id)
    async with turn.commit() as tx:
        asked = {one.asker_id: one for one in reversed(group.members)}
        told = await tx.direct_addresses(asked, prefer=turn.inbound.platform)
        for asker, to in told.items():
            value = f"{asked[asker].question_id}.{turn.person.id}"
            await tx.send(to, words.to_askers(turn.person.name, text, group.example, value=value), lane=Lane.EXPERT)
        await tx.audit("ask the askers", f"question {question_id}", by=turn.person)
        return await reply(turn, tx, words.askers_asked())


async def _press_reply(turn: Turn) -> Outcome:
    question_id, planner = pressed_numbers(turn, 2)
    async with turn.look() as tx:
        question = await tx.question(question_id, by=turn.person)
    return words.reply_form(question.text, value=f"{question_id}.{planner}")


async def _submit_reply(turn: Turn) -> Outcome:
    """Goes to the one who asked, without a name. Raises NotAllowedError, GoneError."""
    assert isinstance(turn.inbound, Submitted)
    text = field(turn, "text")
    if not text or len(text) > LONGEST:
        return FieldErrors(errors={"text": f"Please write a few words, up to {LONGEST} characters."})
    question_id, planner_id = pressed_numbers(turn, 2)
    async with turn.commit() as tx:
        await tx.question(question_id, by=turn.person)
        planner = (await tx.people_by_id([planner_id])).get(planner_id)
        if planner is None or not planner.is_ld():
            raise NotAllowedError("Whoever asked that is not of L&D any more. Nothing was sent.")
        to = await tx.direct_address(planner_id, prefer=turn.inbound.platform)
        if to is None:
            raise GoneError("Whoever asked that cannot be written to any more. Nothing was sent.")
        await tx.send(to, words.from_asker(text), lane=Lane.EXPERT)
    return Note(card=words.reply_sent())


async def _press_decline(turn: Turn) -> Outcome:
    async with turn.commit() as tx:
        await revise_pressed(turn, tx, words.left())
    return None


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "gap_ask": _press_ask,
    "gap_reply": _press_reply,
    "gap_decline": _press_decline,
}
SUBMISSIONS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "gap_ask": _submit_ask,
    "gap_reply": _submit_reply,
}
