"""What people's judgements show of the confidence, and what was learned from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.store import tables as t
from bot.store.records import QuestionStatus
from bot.store.session import Session
from knowledge.calibration import SHIPPED, Calibration, Judgement
from knowledge.model import Decision

MOST = 2_000
"""Questions of the past that are looked at, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A question of the past with what its asker made of it; `right`, of the first match, is None where nothing is
    known.
    """

    text: str
    audience: frozenset[str]
    candidates: tuple[str, ...]  # snippets, best first
    led_to: str | None  # the snippet that helped, or that was chosen
    decision: str
    confidence: float | None
    shipped: float | None
    right: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionedCalibration:
    version: int
    calibration: Calibration
    at: datetime | None  # None of the shipped one


class Judging(Session):
    async def calibration(self) -> VersionedCalibration:
        """The newest; version 0 is the shipped one."""
        look = (
            select(t.Calibration)
            .where(t.Calibration.workspace_id == self.workspace)
            .order_by(t.Calibration.version.desc())
            .limit(1)
        )
        row = (await self.db.execute(look)).mappings().one_or_none()
        if row is None:
            return VersionedCalibration(version=0, calibration=SHIPPED, at=None)
        calibration = Calibration(
            slope=row["slope"],
            shift=row["shift"],
            judgements=row["judgements"],
            loss=row["loss"],
            shipped_loss=row["shipped_loss"],
        )
        return VersionedCalibration(version=row["version"], calibration=calibration, at=row["at"])

    async def keep_calibration(self, calibration: Calibration, *, after: int) -> bool:
        """Keep what was learned as the version after `after`; False where another replica was quicker."""
        put = (
            self.insert(t.Calibration)
            .values(
                workspace_id=self.workspace,
                version=after + 1,
                slope=calibration.slope,
                shift=calibration.shift,
                judgements=calibration.judgements,
                loss=calibration.loss,
                shipped_loss=calibration.shipped_loss,
                at=self.now,
            )
            .on_conflict_do_nothing()
        )
        return (await self.db.execute(put)).rowcount == 1

    async def history(self) -> list[Judged]:
        """Questions of the past, oldest first, with what is known of each."""
        look = (
            select(t.Question)
            .where(t.Question.workspace_id == self.workspace, t.Question.text != "")
            .order_by(t.Question.id.desc())
            .limit(MOST)
        )
        questions = [*(await self.db.execute(look)).mappings()][::-1]
        given: dict[int, list[tuple[str, bool | None]]] = {}
        if questions:
            answers = (
                select(t.Answer.question_id, t.Answer.snippet_id, t.Answer.helped)
                .where(
                    t.Answer.workspace_id == self.workspace,
                    t.Answer.question_id >= questions[0]["id"],
                    t.Answer.snippet_id.is_not(None),
                )
                .order_by(t.Answer.id)
            )
            for answer in await self.db.execute(answers):
                given.setdefault(answer.question_id, []).append((answer.snippet_id or "", answer.helped))
        found = []
        for row in questions:
            candidates = row["candidates"]
            first = candidates[0] if candidates else None
            chosen = row["decision"] != Decision.ANSWER
            left = row["status"] == QuestionStatus.UNANSWERED and row["decision"] == Decision.CHOICES
            found.append(
                Judged(
                    text=row["text"],
                    audience=frozenset(row["audience"]),
                    candidates=tuple(candidates),
                    led_to=_led_to(given.get(row["id"], ()), chosen=chosen),
                    decision=row["decision"],
                    confidence=row["confidence"],
                    shipped=row["shipped"],
                    right=_was_right(first, given.get(row["id"], ()), chosen=chosen, left=left) if first else None,
                )
            )
        return found


def judgements(history: Sequence[Judged]) -> list[Judgement]:
    """Those of which both the confidence and the outcome are known."""
    return [
        Judgement(confidence=one.shipped, right=one.right)
        for one in history
        if one.shipped is not None and one.right is not None
    ]


def _was_right(first: str, given: Sequence[tuple[str, bool | None]], *, chosen: bool, left: bool) -> bool | None:
    """What its asker made of the first match: said so, chose it among several, chose another, or left them all."""
    for snippet_id, helped in given:
        if snippet_id == first:
            if helped is not None:
                return helped
            if chosen:
                return True
        elif helped or (chosen and helped is None):
            return False
    return False if left else None


def _led_to(given: Sequence[tuple[str, bool | None]], *, chosen: bool) -> str | None:
    """The snippet that helped; else the last one that was chosen and not rejected."""
    helped = next((snippet_id for snippet_id, helped in given if helped), None)
    kept = [snippet_id for snippet_id, helped in given if helped is None] if chosen else []
    return helped or (kept[-1] if kept else None)
