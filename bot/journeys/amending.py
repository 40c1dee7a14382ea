"""What somebody said is changed or taken back by them: a question, or an expert's reply.

A question that was changed stays what it was: edits are no questions. One that was taken back is withdrawn.
"""

from __future__ import annotations

from bot.journeys import talking
from bot.journeys.ladder import close_others, tell_status
from bot.messages import Amended, Outcome
from bot.store.records import QuestionStatus
from bot.turn import Turn, name_said
from bot.wording import routing as words

WAITING = (QuestionStatus.OPEN, QuestionStatus.ROUTED, QuestionStatus.UNANSWERED)


async def amend(turn: Turn) -> Outcome:
    amended = turn.inbound
    assert isinstance(amended, Amended)
    said = name_said(amended)
    if amended.text is None:
        await _withdraw(turn, said)
    else:
        await talking.correct(turn, said, amended.text)
    return None


async def _withdraw(turn: Turn, said: str) -> None:
    """Quietly: nobody is told anything new, what stands is brought up to date. What was answered stays answered."""
    async with turn.look() as tx:
        question = await tx.question_by_key(said, by=turn.person)
    if question is None:
        return
    async with turn.commit() as tx:
        question = await tx.question(question.id, by=turn.person, lock=True)
        if question.status not in WAITING or await tx.last_answer(question.id) is not None:
            return
        await tx.change_question(question.id, status=QuestionStatus.WITHDRAWN, settled_at=tx.now)
        await close_others(tx, question, words.WITHDRAWN)
        if question.status_key is not None:
            await tell_status(tx, question, words.status_settled(question.text, words.TAKEN_BACK))
