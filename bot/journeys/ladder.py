"""One question's way from expert to expert: one at a time, each with a clock, and an honest status for the asker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.messages import Address, Card, MessageRef, Scope, TryLater, Undeliverable
from bot.services import Services
from bot.store import Lane, Transaction
from bot.store.records import Person, Question, QuestionStatus, Routing, RoutingStatus
from bot.wording import routing as words
from knowledge.model import Match, RankedExpert, Snippet

CLOCK = timedelta(hours=4)  # how long a question waits with one expert, unless the workspace says otherwise
MOST_NEAR = 3


class Ladder:
    """One question's way from expert to expert. Prepared with nothing open; climbed within a transaction."""

    def __init__(self, ranked: Sequence[RankedExpert], near: Sequence[Match], thread: Thread | None) -> None:
        self._ranked = ranked
        self._near = near
        self._thread = thread

    @classmethod
    async def prepare(cls, services: Services, workspace: int, question: Question, *, now: datetime) -> Ladder:
        ranked = await services.library.rank_experts(
            workspace,
            question.text,
            asker=question.asker_id,
            place=None if question.scope == Scope.DIRECT else place_key(question.place),
            now=now,
        )
        matches = await services.library.search(workspace, question.text, grants=question.audience, now=now)
        return cls(ranked, matches[:MOST_NEAR], await find_thread(services, workspace, question, now=now))

    async def climb(self, tx: Transaction, question: Question, *, first: int | None = None) -> Person | None:
        """Put the question to the next expert who may be asked, and tell the asker.

        `first` was named by a colleague, and comes before the ranked ones.
        """
        expert, reason, first_time = await self._choose(tx, question, first=first)
        again = bool(await tx.routings(question.id))
        if expert is None:
            await tx.change_question(question.id, status=QuestionStatus.UNANSWERED, settled_at=tx.now)
            await tell_status(tx, question, words.nobody(question.text))
            return None
        to = await tx.direct_address(expert.id, prefer=question.place.platform)
        assert to is not None  # _choose leaves out whom it cannot reach
        settings = (await tx.workspace_record()).settings
        clock = timedelta(hours=float(settings.get("expert_clock_hours", CLOCK / timedelta(hours=1))))
        asker = (await tx.person(question.asker_id)).name
        key = tx.new_id()
        routing_id = await tx.route(question, expert, reason=reason, message_key=key, due_at=tx.now + clock)
        card = words.request(
            asker=words.UNNAMED if question.unnamed else asker,
            question=question.text,
            where="" if question.scope == Scope.DIRECT else " in a channel",
            reason=reason,
            near=await self._near_for(tx, expert),
            routing_id=routing_id,
            first_time=first_time,
            thread=self._link_for(question, expert),
        )
        await tx.send(to, card, lane=Lane.EXPERT, key=key)
        await tx.change_question(question.id, status=QuestionStatus.ROUTED)
        await tell_status(
            tx,
            question,
            words.asked(expert.name, question.text, question_id=question.id, unnamed=question.unnamed, again=again),
        )
        return expert

    def _link_for(self, question: Question, expert: Person) -> str | None:
        """To where it was asked: for an expert who may go there, and never to the name of who wants to stay unnamed."""
        if self._thread is None or question.unnamed or not self._thread.is_open_to(expert):
            return None
        return self._thread.link

    async def _near_for(self, tx: Transaction, expert: Person) -> list[Snippet]:
        """Of the snippets that came near, those that the expert may see now."""
        held = await tx.hold_snippets([match.snippet.id for match in self._near], grants=expert.grants())
        return [held[match.snippet.id] for match in self._near if match.snippet.id in held]

    async def _choose(
        self, tx: Transaction, question: Question, *, first: int | None
    ) -> tuple[Person | None, str, bool]:
        asked_before = {routing.expert_id for routing in await tx.routings(question.id)}
        profiles = await tx.profiles()
        load = await tx.asked_this_week()
        order = [(int(one.person), words.why(one.reasons)) for one in self._ranked]
        if first is not None:
            order.insert(0, (first, "were named by a colleague"))
        people = await tx.people_by_id([person_id for person_id, _ in order])
        for person_id, reason in order:
            person = people.get(person_id)
            if person is None or not person.active or person_id == question.asker_id or person_id in asked_before:
                continue
            profile = profiles.get(person_id)
            if profile is not None:
                if profile.consent == "no" or load.get(person_id, 0) >= profile.weekly_cap:
                    continue
                if profile.paused_until is not None and profile.paused_until > tx.now:
                    continue
            if await tx.direct_address(person_id) is None:
                continue
            return person, reason, profile is None
        return None, "", False


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """Where a question stands in the open, and who may go there; `readers` None is everybody in the company."""

    link: str
    readers: frozenset[int] | None

    def is_open_to(self, person: Person) -> bool:
        return self.readers is None or person.id in self.readers


async def find_thread(services: Services, workspace: int, question: Question, *, now: datetime) -> Thread | None:
    """None where there is no thread that others may be led to: it was asked privately, or by somebody unnamed."""
    place = question.place
    platform = services.platforms.get(place.platform)
    asked_aside = place.conversation is None or place.person is not None or place.thread is None
    if platform is None or asked_aside or question.scope == Scope.DIRECT or question.unnamed:
        return None
    assert place.conversation is not None
    assert place.thread is not None
    link = await platform.link(
        MessageRef(platform=place.platform, tenant=place.tenant, conversation=place.conversation, id=place.thread)
    )
    if link is None:
        return None
    if question.scope != Scope.PRIVATE:
        return Thread(link=link, readers=None)
    try:
        members = await platform.members(place.tenant, place.conversation)
    except (TryLater, Undeliverable):
        return None  # who may go there cannot be told
    async with services.store.reading(workspace, now=now) as tx:
        readers = await tx.people_behind(place.platform, place.tenant, members)
    return Thread(link=link, readers=frozenset(readers.values()))


def place_key(place: Address) -> str:
    """Names a conversation among all platforms', as `Turn.place_key` does."""
    return f"{place.platform}/{place.tenant}/{place.conversation}"


async def tell_status(tx: Transaction, question: Question, card: Card) -> None:
    """One card tells the asker how things stand; it is replaced as they change."""
    if question.status_key is not None:
        await tx.revise(question.status_key, card)
        return
    to = await status_address(tx, question)
    key = await tx.send(to, card)
    await tx.change_question(question.id, status_key=key)


async def status_address(tx: Transaction, question: Question) -> Address:
    """Where only the asker reads it and it can still be replaced: their own conversation with the bot."""
    if question.scope == Scope.DIRECT:
        return question.place
    return await tx.direct_address(question.asker_id, prefer=question.place.platform) or question.place


async def close_others(tx: Transaction, question: Question, what: str, *, but: int | None = None) -> None:
    """Every card elsewhere says what became of the question."""
    for other in await tx.routings(question.id):
        if other.id == but or other.status in (RoutingStatus.CLOSED, RoutingStatus.ANSWERED):
            continue
        if other.status is RoutingStatus.ASKED:
            await tx.settle(other.id, RoutingStatus.CLOSED, by=None)
        await tx.revise(other.message_key, words.settled(question.text, what))


async def move_on(services: Services, workspace: int, routing: Routing) -> None:
    """An expert has been silent for long enough: the next one is asked. Does nothing if they answered meanwhile."""
    now = services.now()
    async with services.store.reading(workspace, now=now) as tx:
        question = await tx.question(routing.question_id)
    ladder = await Ladder.prepare(services, workspace, question, now=now)
    async with services.store.transaction(workspace, now=now) as tx:
        question = await tx.question(routing.question_id, lock=True)
        current = await tx.routing(routing.id)
        if current.status is not RoutingStatus.ASKED or current.due_at > now:
            return
        await tx.settle(routing.id, RoutingStatus.EXPIRED, by=None)
        await tx.revise(routing.message_key, words.moved_on(question.text, routing_id=routing.id))
        await ladder.climb(tx, question)
