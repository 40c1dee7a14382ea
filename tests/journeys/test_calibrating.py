"""Judgements → how sure to be, version by version."""

from __future__ import annotations

import asyncio

from bot.journeys import calibrating
from bot.store.judging import judgements
from knowledge.calibration import SHIPPED, Calibration
from tests.journeys.dialogue import Dialogue

QUESTION = "How much may I refund without approval?"


async def history(talk: Dialogue) -> list[bool]:
    async with talk.look() as tx:
        return [one.right for one in judgements(await tx.history())]


async def test_that_helped_and_not_what_i_need_are_judgements_of_the_first_match(talk: Dialogue) -> None:
    await talk.says("amara", QUESTION)
    assert await history(talk) == []
    await talk.presses("amara", talk.last("amara"), "That helped")
    assert await history(talk) == [True]
    await talk.says("tomasz", QUESTION)
    await talk.presses("tomasz", talk.last("tomasz"), "Not what I need")
    assert await history(talk) == [True, False]


async def test_a_few_judgements_are_counted_and_move_nothing(talk: Dialogue) -> None:
    for _ in range(calibrating.WORTH_A_LOOK):
        await talk.says("amara", QUESTION)
        await talk.presses("amara", talk.last("amara"), "That helped")
    found = await calibrating.recalibrate(talk.house.services, 1)
    assert found == Calibration(judgements=calibrating.WORTH_A_LOOK)
    assert await calibrating.recalibrate(talk.house.services, 1) is None
    async with talk.look() as tx:
        kept = await tx.calibration()
    assert (kept.version, kept.calibration) == (1, found)


async def test_what_was_learned_decides_the_next_question(talk: Dialogue) -> None:
    doubtful = Calibration(slope=1.0, shift=-8.0, judgements=200, loss=0.1, shipped_loss=0.5)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        assert await tx.keep_calibration(doubtful, after=0)
    await talk.says("amara", QUESTION)
    async with talk.look() as tx:
        question = (await tx.history())[-1]
    assert question.decision != "answer"
    assert question.shipped is not None
    assert question.shipped > 0.8


async def test_of_two_replicas_that_learn_at_once_one_keeps_its_version(talk: Dialogue) -> None:
    for _ in range(calibrating.WORTH_A_LOOK):
        await talk.says("amara", QUESTION)
        await talk.presses("amara", talk.last("amara"), "That helped")
    found = await asyncio.gather(*(calibrating.recalibrate(talk.house.services, 1) for _ in range(2)))
    assert sorted(one is None for one in found) in ([False, True], [True, True])
    async with talk.look() as tx:
        assert (await tx.calibration()).version == 1


async def test_a_workspace_begins_with_the_shipped_confidence(talk: Dialogue) -> None:
    async with talk.look() as tx:
        assert (await tx.calibration()).calibration == SHIPPED
