"""Questions and their answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, case, insert, select, update

from bot.messages import Address
from bot.store import tables as t
from bot.store.codec import dump, load
from bot.store.records import Answer, Person, Question, QuestionStatus
from bot.store.session import GoneError, NotAllowedError, Session


class Questions(Session):
    async def record_question(
        self,
        *,
        key: str,
        asker: Person,
        text: str,
        place: Address,
        scope: str,
        thread: str | None,
        audience: frozenset[str],
        decision: str,
        confidence: float,
        shipped: float,
        candidates: Sequence[str],
        shown: Sequence[str],
    ) -> int:
        row = (
            insert(t.Question)
            .values(
                workspace_id=self.workspace,
                key=key,
                asker_id=asker.id,
                text=text,
                place=dump(place),
                scope=scope,
                thread=thread,
                audience=sorted(audience),
                status=QuestionStatus.OPEN,
                decision=decision,
                confidence=confidence,
                shipped=shipped,
                candidates=list(candidates),
                shown=list(shown),
                asked_at=self.now,
            )
            .returning(t.Question.id)
        )
        return (await self.db.execute(row)).scalar_one()

    async def question(self, question_id: int, *, by: Person | None = None, lock: bool = False) -> Question:
        """`by` must be its asker, where given. Raises GoneError, NotAllowedError."""
        look = select(t.Question).where(t.Question.workspace_id == self.workspace, t.Question.id == question_id)
        row = (await self.db.execute(look.with_for_update() if lock else look)).mappings().one_or_none()
        if row is None:
            raise GoneError("That question is not here any more.")
        if by is not None and row["asker_id"] != by.id:
            raise NotAllowedError("Only the person who asked can do that.")
        return read_question(row)

    async def questions_of(self, person: Person, *, statuses: Collection[QuestionStatus], limit: int) -> list[Question]:
        """What somebody asked within a month: what is with an expert first, then the newest."""
        routed_first = case((t.Question.status == QuestionStatus.ROUTED, 0), else_=1)
        look = (
            select(t.Question)
            .where(
                t.Question.workspace_id == self.workspace,
                t.Question.asker_id == person.id,
                t.Question.status.in_(statuses),
                t.Question.asked_at > self.now - timedelta(days=31),
            )
            .order_by(routed_first, t.Question.asked_at.desc(), t.Question.id.desc())
            .limit(limit)
        )
        return [read_question(row) for row in (await self.db.execute(look)).mappings()]

    async def newest_question(self, person: Person, *, since: datetime) -> Question | None:
        """What somebody asked last, if that was after `since`."""
        look = (
            select(t.Question)
            .where(
                t.Question.workspace_id == self.workspace,
                t.Question.asker_id == person.id,
                t.Question.asked_at >= since,
            )
            .order_by(t.Question.asked_at.desc(), t.Question.id.desc())
            .limit(1)
        )
        row = (await self.db.execute(look)).mappings().one_or_none()
        return read_question(row) if row else None

    async def newest_answer(self, person: Person, *, since: datetime) -> Answer | None:
        """What somebody was answered last, if they asked that after `since`."""
        look = (
            select(t.Answer)
            .join(t.Question, t.Question.id == t.Answer.question_id)
            .where(
                t.Question.workspace_id == self.workspace,
                t.Question.asker_id == person.id,
                t.Question.asked_at >= since,
            )
            .order_by(t.Answer.id.desc())
            .limit(1)
        )
        row = (await self.db.execute(look)).mappings().one_or_none()
        return _answer(row) if row else None

    async def question_by_key(self, key: str, *, by: Person) -> Question | None:
        """What a message became, if it was a question, and this person's."""
        look = select(t.Question).where(
            t.Question.workspace_id == self.workspace, t.Question.key == key, t.Question.asker_id == by.id
        )
        row = (await self.db.execute(look)).mappings().one_or_none()
        return read_question(row) if row else None

    async def change_question(self, question_id: int, **values: Any) -> None:
        """Set columns of a question: status, unnamed, status_key, shown, settled_at."""
        await self.db.execute(
            update(t.Question)
            .where(t.Question.workspace_id == self.workspace, t.Question.id == question_id)
            .values(**values)
        )

    async def has_thread(self, thread: str) -> bool:
        """Whether a question was asked in that thread, so that what is said there next is for the bot."""
        look = select(t.Question.id).where(t.Question.workspace_id == self.workspace, t.Question.thread == thread)
        return (await self.db.execute(look.limit(1))).first() is not None

    async def record_answer(
        self,
        *,
        question_id: int,
        text: str,
        message_key: str,
        snippet_id: str | None = None,
        aid_id: int | None = None,
        by: Person | None = None,
    ) -> int:
        row = (
            insert(t.Answer)
            .values(
                workspace_id=self.workspace,
                question_id=question_id,
                snippet_id=snippet_id,
                aid_id=aid_id,
                by_id=by.id if by else None,
                text=text,
                message_key=message_key,
                at=self.now,
            )
            .returning(t.Answer.id)
        )
        return (await self.db.execute(row)).scalar_one()

    async def answer(self, answer_id: int) -> Answer:
        look = select(t.Answer).where(t.Answer.workspace_id == self.workspace, t.Answer.id == answer_id)
        row = (await self.db.execute(look)).mappings().one_or_none()
        if row is None:
            raise GoneError("That answer is not here any more.")
        return _answer(row)

    async def last_answer(self, question_id: int) -> Answer | None:
        look = (
            select(t.Answer)
            .where(t.Answer.workspace_id == self.workspace, t.Answer.question_id == question_id)
            .order_by(t.Answer.id.desc())
            .limit(1)
        )
        row = (await self.db.execute(look)).mappings().one_or_none()
        return _answer(row) if row else None

    async def answer_by_message(self, key: str) -> Answer | None:
        """The answer that was said under this key."""
        look = select(t.Answer).where(t.Answer.workspace_id == self.workspace, t.Answer.message_key == key)
        row = (await self.db.execute(look)).mappings().one_or_none()
        return _answer(row) if row else None

    async def reword_answer(self, answer_id: int, text: str, *, by: Person) -> None:
        """Change what an expert answered; only they can. Raises GoneError, NotAllowedError."""
        if (await self.answer(answer_id)).by_id != by.id:
            raise NotAllowedError("Only the person who answered can change the answer.")
        await self.db.execute(
            update(t.Answer).where(t.Answer.workspace_id == self.workspace, t.Answer.id == answer_id).values(text=text)
        )

    async def judge(self, answer_id: int, *, helped: bool, by: Person) -> tuple[Question, Answer, bool]:
        """Keep whether an answer helped; only its asker can say. The last value is whether this is news."""
        answer = await self.answer(answer_id)
        question = await self.question(answer.question_id, by=by)
        judged = (
            update(t.Answer)
            .where(t.Answer.id == answer_id, t.Answer.helped.is_distinct_from(helped))
            .values(helped=helped)
        )
        news = (await self.db.execute(judged)).rowcount == 1
        return question, answer, news

    async def answers_from(self, aid_id: int) -> list[Answer]:
        """Answers that were posted from an aid and may still be in sight, newest first."""
        look = (
            select(t.Answer)
            .where(t.Answer.workspace_id == self.workspace, t.Answer.aid_id == aid_id)
            .order_by(t.Answer.id.desc())
            .limit(100)
        )
        return [_answer(row) for row in (await self.db.execute(look)).mappings()]


def read_question(row: RowMapping) -> Question:
    return Question(
        id=row["id"],
        asker_id=row["asker_id"],
        text=row["text"],
        place=load(row["place"], Address),
        scope=row["scope"],
        audience=frozenset(row["audience"]),
        unnamed=row["unnamed"],
        status=QuestionStatus(row["status"]),
        candidates=tuple(row["candidates"]),
        shown=tuple(row["shown"]),
        status_key=row["status_key"],
        asked_at=row["asked_at"],
    )


def _answer(row: RowMapping) -> Answer:
    return Answer(
        id=row["id"],
        question_id=row["question_id"],
        snippet_id=row["snippet_id"],
        aid_id=row["aid_id"],
        by_id=row["by_id"],
        text=row["text"],
        helped=row["helped"],
        message_key=row["message_key"],
    )
