"""What places allow, and what is overheard where they allow it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from bot.messages import Address, Place
from bot.store import tables as t
from bot.store.audit import Auditing
from bot.store.codec import json_text
from bot.store.records import Channel, Heeded, Mode, Person, Role, Talk
from bot.store.session import NotAllowedError

ANYWHERE = ""
ANYBODY = 0
LONGEST_TALK = 2000  # characters kept of what opened a thread
SHADOW = "listening_shadow"


class Channels(Auditing):
    # ── what its people allow ──

    async def channel(self, key: str) -> Channel:
        look = select(t.Channel.mode, t.Channel.learns).where(
            t.Channel.workspace_id == self.workspace, t.Channel.key == key
        )
        row = (await self.db.execute(look)).one_or_none()
        return Channel(key=key) if row is None else Channel(key=key, mode=Mode(row.mode), learns=row.learns)

    async def change_channel(
        self, key: str, *, mode: Mode, learns: bool, name: str | None, by: Person, among: Collection[int]
    ) -> Channel:
        """Returns what held before. `among` are the people of the place, as its platform tells. Raises NotAllowedError.

        What is not allowed any more ends at once: talk that was kept to learn from is forgotten.
        """
        if by.id not in among or by.guest:
            raise NotAllowedError("Only people of that channel can change how I listen there.")
        before = await self.channel(key)
        values: dict[str, Any] = {"mode": mode, "learns": learns, "changed_by": by.id, "changed_at": self.now}
        if name is not None:
            values["name"] = name
        put = self.insert(t.Channel).values(workspace_id=self.workspace, key=key, **values)
        await self.db.execute(put.on_conflict_do_update(index_elements=["workspace_id", "key"], set_=values))
        if before.learns and not learns:
            kept = t.Talk.thread.startswith(f"{key}/", autoescape=True)
            await self.db.execute(update(t.Talk).where(t.Talk.workspace_id == self.workspace, kept).values(text=""))
        await self.audit("set listening", f"{key[:150]}: {mode}{', learns' if learns else ''}", by=by)
        return before

    async def set_shadow(self, on: bool, *, by: Person) -> None:  # noqa: FBT001 — it is what is set
        """Whether Lanyard only records what it would have said unasked. Raises NotAllowedError."""
        if Role.ADMINISTRATOR not in by.roles:
            raise NotAllowedError("Only an administrator turns shadow mode on and off.")
        row = select(t.Workspace.settings).where(t.Workspace.id == self.workspace).with_for_update()
        settings = dict((await self.db.execute(row)).scalar_one()) | {SHADOW: on}
        await self.db.execute(update(t.Workspace).where(t.Workspace.id == self.workspace).values(settings=settings))
        await self.audit("set shadow mode", "on" if on else "off", by=by)

    async def set_fallback(
        self, *, person_id: int | None, place: Address | None, name: str | None, keep_place: bool, by: Person
    ) -> None:
        """Who and what place gets the questions that nobody else could answer. Raises NotAllowedError."""
        if Role.ADMINISTRATOR not in by.roles:
            raise NotAllowedError("Only an administrator chooses who gets the questions that nobody else could answer.")
        row = select(t.Workspace.settings).where(t.Workspace.id == self.workspace).with_for_update()
        settings = dict((await self.db.execute(row)).scalar_one()) | {"fallback_person": person_id}
        if not keep_place:
            given = (
                {"platform": place.platform, "tenant": place.tenant, "conversation": place.conversation}
                if place is not None
                else None
            )
            settings |= {"fallback_place": given, "fallback_name": name if place is not None else None}
        kept = {key: value for key, value in settings.items() if value is not None}
        await self.db.execute(update(t.Workspace).where(t.Workspace.id == self.workspace).values(settings=kept))
        told = f"person {person_id}, place {place.conversation if place else 'kept' if keep_place else 'none'}"
        await self.audit("set fallback", told[:200], by=by)

    # ── restraint ──

    async def restrain(self, place: str, person_id: int, *, until: datetime) -> None:
        """No unsolicited reply there to them before then; a longer restraint stays."""
        put = self.insert(t.Restraint).values(
            workspace_id=self.workspace, place=place, person_id=person_id, until=until
        )
        await self.db.execute(
            put.on_conflict_do_update(
                index_elements=["workspace_id", "place", "person_id"],
                set_={"until": put.excluded.until},
                where=t.Restraint.until < put.excluded.until,
            )
        )

    async def is_restrained(self, place: str, person_id: int) -> bool:
        look = select(t.Restraint.until).where(
            t.Restraint.workspace_id == self.workspace,
            t.Restraint.place.in_([place, ANYWHERE]),
            t.Restraint.person_id.in_([person_id, ANYBODY]),
            t.Restraint.until > self.now,
        )
        return (await self.db.execute(look.limit(1))).first() is not None

    async def take_the_floor(self, place: str, person_id: int, *, until: datetime) -> bool:
        """Whether it is ours to speak there now; then nobody of us does before `until`. Of several at once, one may."""
        put = self.insert(t.Restraint).values(
            workspace_id=self.workspace, place=place, person_id=person_id, until=until
        )
        taken = await self.db.execute(
            put.on_conflict_do_update(
                index_elements=["workspace_id", "place", "person_id"],
                set_={"until": put.excluded.until},
                where=t.Restraint.until <= self.now,
            )
        )
        return taken.rowcount == 1

    # ── talk ──

    async def open_talk(self, thread: str, person: Person, text: str) -> None:
        put = self.insert(t.Talk).values(
            workspace_id=self.workspace, thread=thread, person_id=person.id, text=text[:LONGEST_TALK], at=self.now
        )
        await self.db.execute(
            put.on_conflict_do_update(
                index_elements=["workspace_id", "thread"],
                set_={"person_id": person.id, "text": text[:LONGEST_TALK]},
            )
        )

    async def talk(self, thread: str) -> Talk | None:
        look = select(t.Talk).where(t.Talk.workspace_id == self.workspace, t.Talk.thread == thread)
        row = (await self.db.execute(look)).mappings().one_or_none()
        if row is None:
            return None
        return Talk(thread=row["thread"], person_id=row["person_id"], text=row["text"], answered_by=row["answered_by"])

    async def reply_to_talk(self, thread: str, person: Person, *, at_length: bool = True) -> None:
        """A colleague has replied there, whether or not what they replied to has been seen yet.

        The last who did so at length is the one who answered.
        """
        put = self.insert(t.Talk).values(
            workspace_id=self.workspace, thread=thread, text="", answered_by=person.id, at=self.now
        )
        await self.db.execute(
            put.on_conflict_do_update(
                index_elements=["workspace_id", "thread"],
                set_={"answered_by": person.id},
                where=None if at_length else t.Talk.answered_by.is_(None),
            )
        )

    async def has_reply(self, place: Place, thread: str) -> bool:
        """Whether somebody has replied in the thread, or what still waits in the inbox does. `thread` is its key."""
        talk = await self.talk(thread)
        if talk is not None and talk.answered_by is not None:
            return True
        named = (f'"conversation":{json_text(place.conversation)}', f'"thread":{json_text(place.thread)}')
        waits = (t.InboxRow.payload.contains(name, autoescape=True) for name in named)
        look = select(t.InboxRow.id).where(t.InboxRow.done_at.is_(None), *waits)
        return (await self.db.execute(look.limit(1))).first() is not None

    async def forget_talk(self, *, before: datetime) -> int:
        old = (t.Talk.workspace_id == self.workspace) & (t.Talk.at < before)
        count: int = (await self.db.execute(delete(t.Talk).where(old))).rowcount
        past = (t.Restraint.workspace_id == self.workspace) & (t.Restraint.until < self.now)
        await self.db.execute(delete(t.Restraint).where(past))
        return count

    # ── what came of it ──

    async def note_overheard(self, place: str, outcome: Heeded, *, aid_id: int | None = None) -> None:
        await self.db.execute(
            insert(t.Overheard).values(
                workspace_id=self.workspace, place=place, outcome=outcome, aid_id=aid_id, at=self.now
            )
        )

    async def overheard_since(
        self, since: datetime, *, by: Person | None
    ) -> tuple[Counter[Heeded], list[tuple[str, Heeded, int]]]:
        """How many messages asked something, by what came of it; and of those with an answer, which aids answered.

        `by` None is the installation itself. Raises NotAllowedError.
        """
        if by is not None and not by.is_ld():
            raise NotAllowedError("Only L&D and administrators see this.")
        recent = (t.Overheard.workspace_id == self.workspace) & (t.Overheard.at >= since)
        counts = select(t.Overheard.outcome, func.count()).where(recent).group_by(t.Overheard.outcome)
        titles = (
            select(t.JobAid.title, t.Overheard.outcome, func.count())
            .join(t.JobAid, t.JobAid.id == t.Overheard.aid_id)
            .where(recent)
            .group_by(t.JobAid.title, t.Overheard.outcome)
            .order_by(func.count().desc(), t.JobAid.title)
            .limit(10)
        )
        return (
            Counter({Heeded(outcome): count for outcome, count in await self.db.execute(counts)}),
            [(title, Heeded(outcome), count) for title, outcome, count in await self.db.execute(titles)],
        )
