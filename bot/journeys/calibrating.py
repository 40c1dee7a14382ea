"""Judgements → how sure to be: learned in the background, version by version."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from bot.services import Services
from bot.store.judging import judgements
from knowledge.calibration import Calibration, calibrate

log = structlog.get_logger(__name__)

WORTH_A_LOOK = 10
"""New judgements after which it is worth to learn again."""

AGES_AFTER = timedelta(days=7)


async def recalibrate(services: Services, workspace: int) -> Calibration | None:
    """Learn from what people made of answers and choices. Returns a new version, or None if there is nothing new.

    Safe on every replica: the version's number is unique, and who comes second keeps nothing.
    """
    now = services.now()
    async with services.store.reading(workspace, now=now) as tx:
        before = await tx.calibration()
        judged = judgements(await tx.history())
    # Only so many questions are looked back on: when their number stands still, what they say may still have changed.
    stale = before.at is not None and now - before.at > AGES_AFTER
    if not judged or not (stale or len(judged) >= before.calibration.judgements + WORTH_A_LOOK):
        return None
    found = await asyncio.to_thread(calibrate, judged)
    async with services.store.transaction(workspace, now=now) as tx:
        if not await tx.keep_calibration(found, after=before.version):
            return None
    log.info(
        "calibrated",
        workspace=workspace,
        version=before.version + 1,
        judgements=found.judgements,
        slope=round(found.slope, 3),
        shift=round(found.shift, 3),
        loss=round(found.loss, 4),
        shipped_loss=round(found.shipped_loss, 4),
    )
    return found
