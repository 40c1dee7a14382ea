"""What is kept of one person: counted, read out for themselves, and taken away for good.

Whoever is taken away leaves a row that says nothing, so that counts stand: a count that shrinks by one would tell what
that one did. Their words go, and every way from the row to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, delete, func, literal, or_, select, type_coerce, update

from bot.messages import Address
from bot.store import tables as t
from bot.store.changes import Changes
from bot.store.codec import dump
from bot.store.experts import Experts
from bot.store.records import Person, QuestionStatus, Role, SuggestionStatus
from bot.store.session import NotAllowedError
from bot.store.shown import DISOWNED
from knowledge.drafting import hide_person

KEPT: Mapping[str, str] = {
    "questions": "keep_questions_months",
    "signs": "keep_signs_months",
    "barriers": "keep_barriers_months",
}
"""The workspace's settings that say for how many months something is kept, by its kind."""
MONTH = timedelta(days=30.4375)
AT_ONCE = 200  # rows of a kind in one transaction

NOBODY = "(not known here any more)"
_NOWHERE = Address(platform="", tenant="", conversation="-")


class OwnData(Changes, Experts):
    # ── reading ──

    async def count_kept(self, person: Person) -> dict[str, int]:
        """How much is kept of somebody, by kind. Raises LookupError for somebody of another workspace."""
        await self.person(person.id)
        counted = {
            "questions": select(func.count()).where(t.Question.asker_id == person.id, t.Question.text != ""),
            "answers": select(func.count()).where(t.Answer.by_id == person.id),
            "evidence": select(func.count()).where(t.Evidence.person_id == person.id, t.Evidence.weight > DISOWNED),
            "reminders": select(func.count()).where(t.Nudge.person_id == person.id),
            "aids": select(func.count()).where(t.JobAid.owner_id == person.id),
        }
        return {kind: (await self.db.execute(look)).scalar_one() for kind, look in counted.items()}

    async def read_kept(self, person: Person) -> dict[str, Any]:
        """All that is kept of somebody, for them to read; what others said to them is theirs to read too, and in it
        nobody else is named whom they do not know. Raises LookupError for somebody of another workspace.
        """
        await self.person(person.id)
        me = person.id
        asked = select(t.Question.id).where(t.Question.asker_id == me)
        looks: Mapping[str, Any] = {
            "identities": select(t.Identity.platform, t.Identity.user, t.Identity.seen_at).where(
                t.Identity.person_id == me
            ),
            "questions": select(
                t.Question.id, t.Question.asked_at, t.Question.text, t.Question.status, t.Question.unnamed
            ).where(t.Question.asker_id == me),
            "answers_to_me": select(t.Answer.question_id, t.Answer.at, t.Answer.text, t.Answer.helped).where(
                t.Answer.question_id.in_(asked)
            ),
            "answers_by_me": select(t.Answer.at, t.Answer.text, t.Answer.helped).where(t.Answer.by_id == me),
            "questions_put_to_me": select(t.Routing.asked_at, t.Routing.status, t.Routing.reason).where(
                t.Routing.expert_id == me
            ),
            "what_i_have_shown": select(t.Evidence.at, t.Evidence.kind, t.Evidence.text).where(
                t.Evidence.person_id == me, t.Evidence.weight > DISOWNED
            ),
            "what_i_am_asked": select(
                t.ExpertProfile.consent, t.ExpertProfile.topics, t.ExpertProfile.weekly_cap
            ).where(t.ExpertProfile.person_id == me),
            "series": select(t.Campaign.name, t.Enrolment.status, t.Enrolment.first_day)
            .join(t.Campaign, t.Campaign.id == t.Enrolment.campaign_id)
            .where(t.Enrolment.person_id == me),
            "reminders": select(t.Nudge.due_at, t.Nudge.status, t.Nudge.response, t.Nudge.responded_at).where(
                t.Nudge.person_id == me
            ),
            "plans": select(t.FollowUp.wanted_at, t.FollowUp.situation, t.FollowUp.action)
            .join(t.Enrolment, t.Enrolment.id == t.FollowUp.enrolment_id)
            .where(t.Enrolment.person_id == me, t.FollowUp.situation.is_not(None)),
            "barriers_with_my_name": select(t.Barrier.at, t.Barrier.text).where(t.Barrier.person_id == me),
            "memories": select(t.Memory.item, t.Memory.reviewed_at, t.Memory.reviews).where(t.Memory.person_id == me),
            "suggestions": select(t.Suggestion.at, t.Suggestion.title, t.Suggestion.body, t.Suggestion.status).where(
                t.Suggestion.by_id == me
            ),
            "job_aids": select(t.JobAid.number, t.JobAid.title, t.JobAid.status).where(
                or_(t.JobAid.owner_id == me, t.JobAid.deputy_id == me)
            ),
            "what_i_did_as_the_audit_log_has_it": select(t.Audit.at, t.Audit.verb, t.Audit.subject).where(
                t.Audit.workspace_id == self.workspace, t.Audit.by_id == me
            ),
        }
        about = {
            "name": person.name,
            "email": person.email,
            "time_zone": person.time_zone,
            "roles": sorted(person.roles),
            "groups": sorted(person.groups),
            "settings": dict(person.settings),
        }
        read = {name: [*map(_plain, (await self.db.execute(look)).mappings())] for name, look in looks.items()}
        return {"about_me": about, **read}

    # ── taking away ──

    async def erase(self, person: Person, *, by: Person) -> None:
        """Take away all that tells who somebody is, and their own words. Others must have been told before that they
        are gone. Raises NotAllowedError, and LookupError for somebody of another workspace.
        """
        await self.person(person.id)
        if by.id != person.id and Role.ADMINISTRATOR not in by.roles:
            raise NotAllowedError("Only somebody themselves, or an administrator, can have that forgotten.")
        if Role.ADMINISTRATOR in person.roles:
            await self._keep_an_administrator(person.id)
        me = person.id
        await self._hide_in_evidence_of_others(person)
        await self.blank_questions(t.Question.asker_id == me)
        await self._disown(t.Evidence.person_id == me)
        enrolled = select(t.Enrolment.id).where(t.Enrolment.person_id == me)
        gone: Sequence[ColumnElement[bool]] = (
            t.Identity.person_id == me,
            t.ExpertProfile.person_id == me,
            t.Campaign.personal_to == me,
            t.FollowUp.enrolment_id.in_(enrolled),
            t.Memory.person_id == me,
            t.Pass.person_id == me,
            t.Visit.person_id == me,
            t.SentFile.person_id == me,
            t.Talk.person_id == me,
            (t.Restraint.workspace_id == self.workspace) & (t.Restraint.person_id == me),
            (t.Suggestion.by_id == me) & (t.Suggestion.status == SuggestionStatus.OPEN),
            (t.Listed.workspace_id == self.workspace) & (t.Listed.email == (person.email or "")),
        )
        tables = (
            *(t.Identity, t.ExpertProfile, t.Campaign, t.FollowUp, t.Memory, t.Pass, t.Visit, t.SentFile, t.Talk),
            *(t.Restraint, t.Suggestion, t.Listed),
        )
        for table, which in zip(tables, gone, strict=True):
            await self.db.execute(delete(table).where(which))
        parted: Sequence[tuple[Any, Any]] = (
            (t.Answer, t.Answer.by_id),
            (t.Barrier, t.Barrier.person_id),
            (t.JobAidVersion, t.JobAidVersion.by_id),
            (t.JobAid, t.JobAid.deputy_id),
            (t.Campaign, t.Campaign.owner_id),
            (t.Channel, t.Channel.changed_by),
            (t.Talk, t.Talk.answered_by),
        )
        for table, column in parted:
            await self.db.execute(update(table).where(column == me).values({column.key: None}))
        await self.db.execute(update(t.Routing).where(t.Routing.expert_id == me).values(reason=""))
        if (await self.workspace_record()).settings.get("fallback_person") == me:
            await self.change_settings({"fallback_person": None})
        nobody: dict[str, Any] = {
            "name": NOBODY,
            "email": None,
            "time_zone": None,
            "roles": [],
            "groups": [],
            "settings": {},
        }
        mine = (t.Person.workspace_id == self.workspace) & (t.Person.id == me)
        await self.db.execute(update(t.Person).where(mine).values(**nobody))

    async def _hide_in_evidence_of_others(self, person: Person) -> None:
        """Whoever answered them is known to know it; but not by a text that they have signed."""
        look = (
            select(t.Evidence.id, t.Evidence.text)
            .join(t.Routing, t.Evidence.source == _source())
            .join(t.Question, t.Question.id == t.Routing.question_id)
            .where(t.Evidence.workspace_id == self.workspace, t.Question.asker_id == person.id)
        )
        for id_, text in (await self.db.execute(look)).all():
            hidden = hide_person(text, name=person.name, email=person.email)
            if hidden != text:
                revision = await self.next_evidence_revision()
                await self._forget_meaning(t.Evidence.id == id_)
                await self.db.execute(
                    update(t.Evidence).where(t.Evidence.id == id_).values(text=hidden, revision=revision)
                )

    async def change_retention(self, months: Mapping[str, int | None], *, by: Person) -> None:
        """By the kinds of `KEPT`; None keeps for good. Raises NotAllowedError."""
        if Role.ADMINISTRATOR not in by.roles:
            raise NotAllowedError("Only an administrator chooses how long it is kept.")
        await self.change_settings({KEPT[kind]: count for kind, count in months.items()})

    async def forget_old(self) -> tuple[int, bool]:
        """Let a portion of what is older than the workspace keeps go. Returns how much that was, and whether there may
        be more.
        """
        months = months_kept((await self.workspace_record()).settings)
        gone = [0]
        if months["questions"] is not None:
            old = (
                select(t.Question.id)
                .where(
                    t.Question.workspace_id == self.workspace,
                    t.Question.asked_at < self.now - MONTH * months["questions"],
                    t.Question.text != "",
                    t.Question.status != QuestionStatus.ROUTED,
                )
                .limit(AT_ONCE)
            )
            ids = list((await self.db.execute(old)).scalars())
            gone.append(await self.blank_questions(t.Question.id.in_(ids)) if ids else 0)
        if months["signs"] is not None:
            before = self.now - MONTH * months["signs"]
            of_then = (t.Evidence.workspace_id == self.workspace) & (t.Evidence.at < before)
            signs = select(t.Evidence.id).where(of_then, t.Evidence.weight > DISOWNED).limit(AT_ONCE)
            ids = list((await self.db.execute(signs)).scalars())
            if ids:
                await self._disown(t.Evidence.id.in_(ids))
            gone.append(len(ids))
        if months["barriers"] is not None:
            before = self.now - MONTH * months["barriers"]
            of_then = (t.Barrier.workspace_id == self.workspace) & (t.Barrier.at < before)
            some = select(t.Barrier.id).where(of_then).limit(AT_ONCE)
            gone.append((await self.db.execute(delete(t.Barrier).where(t.Barrier.id.in_(some)))).rowcount)
        return sum(gone), max(gone) == AT_ONCE

    async def _disown(self, which: ColumnElement[bool]) -> None:
        """Take these pieces away for good: the rows stay, empty, so that their sources cannot bring them back."""
        await self._forget_meaning(which)
        revision = await self.next_evidence_revision()
        ours = t.Evidence.workspace_id == self.workspace
        await self.db.execute(update(t.Evidence).where(ours, which).values(weight=DISOWNED, text="", revision=revision))

    async def blank_questions(self, which: ColumnElement[bool]) -> int:
        """Take the words out of questions, and out of what colleagues answered; that they were asked stays counted.
        Returns how many there were.
        """
        ours = (t.Question.workspace_id == self.workspace) & (t.Question.text != "")
        asked = select(t.Question.id).where(ours, which)
        by_colleagues = t.Answer.snippet_id.is_(None) & t.Answer.question_id.in_(asked)
        await self.db.execute(update(t.Answer).where(by_colleagues).values(text=""))
        blank = update(t.Question).where(ours, which)
        key = literal("erased:") + t.Question.id.cast(t.Question.key.type)
        return (
            await self.db.execute(blank.values(text="", key=key, thread=None, place=dump(_NOWHERE), unnamed=True))
        ).rowcount


def months_kept(settings: Mapping[str, Any]) -> dict[str, int | None]:
    """For how many months each kind is kept; None is for good."""
    given = {kind: settings.get(name) for kind, name in KEPT.items()}
    return {kind: count if isinstance(count, int) and count > 0 else None for kind, count in given.items()}


def _source() -> ColumnElement[str]:
    """As an answer's evidence names where it comes from."""
    kind = t.Evidence.source.type
    named = literal("question:") + t.Routing.question_id.cast(kind) + literal(":")
    return type_coerce(named + t.Routing.expert_id.cast(kind), kind)


def _plain(row: RowMapping) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
