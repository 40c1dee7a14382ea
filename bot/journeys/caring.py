"""Caring for a job aid that is there: still true, looked at, retired, brought back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.journeys.capturing import correct_answers
from bot.journeys.replies import pressed_id, revise_pressed
from bot.messages import Note, Outcome
from bot.store import GoneError
from bot.turn import Turn
from bot.wording import caring as words
from knowledge.model import EvidenceKind, Status


async def _press_still_true(turn: Turn) -> Outcome:
    aid_id = pressed_id(turn)
    async with turn.commit() as tx:
        aid = await tx.verify_aid(aid_id, by=turn.person)
        if aid.owner_id != turn.person.id:  # that the owner knows the topic is seen without it
            await tx.show_evidence(
                turn.person.id, EvidenceKind.OWNS, aid.title, source=f"verified:{aid.id}:{turn.person.id}"
            )
        await tx.audit("verify", f"job aid #{aid.number}", by=turn.person)
        await correct_answers(tx, aid)
    return Note(card=words.verified(aid))


async def _press_open(turn: Turn) -> Outcome:
    aid_id = pressed_id(turn)
    async with turn.look() as tx:
        aid = await tx.aid(aid_id, grants=turn.private_grants())
    return Note(card=words.whole(aid, today=turn.now.date()))


async def _press_retire(turn: Turn) -> Outcome:
    return await _change_status(turn, Status.PUBLISHED, Status.RETIRED)


async def _press_restore(turn: Turn) -> Outcome:
    return await _change_status(turn, Status.RETIRED, Status.PUBLISHED)


async def _change_status(turn: Turn, before: Status, after: Status) -> Outcome:
    aid_id = pressed_id(turn)
    async with turn.commit() as tx:
        await tx.check_may_change(aid_id, by=turn.person)
        aid = await tx.aid(aid_id)
        if aid.status != before:
            raise GoneError(f"Job aid #{aid.number} is {aid.status} already.")
        aid = await tx.rewrite_aid(aid_id, by=turn.person, title=aid.title, body=aid.body, need=aid.need, status=after)
        await correct_answers(tx, aid)
        await tx.audit("retire" if after is Status.RETIRED else "restore", f"job aid #{aid.number}", by=turn.person)
        card = words.retired(aid) if after is Status.RETIRED else words.restored(aid)
        return None if await revise_pressed(turn, tx, card) else Note(card=card)


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "still_true": _press_still_true,
    "open_aid": _press_open,
    "retire_aid": _press_retire,
    "restore_aid": _press_restore,
}
