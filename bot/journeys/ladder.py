"""One question's way from expert to expert: one at a time, each with a clock, and an honest status for the asker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.journeys.choosing import Candidate, choose, find_candidates, hours_of, look_around, zone_of
from bot.messages import Address, Availability, Card, MessageRef, Scope, TryLater, Undeliverable
from bot.services import Services
from bot.store import Lane, Transaction
from bot.store.records import Person, Question, QuestionStatus, Routing, RoutingStatus
from bot.wording import routing as words
from knowledge.model import Match, RankedExpert, Snippet
from scheduler.hours import after_working

CLOCK = timedelta(hours=4)  # how long a question waits with one expert, unless the workspace says otherwise
MOST_NEAR = 3


class Ladder:
    """One question's way from expert to expert. Prepared with nothing open; climbed within a transaction."""

    def __init__(
        self,
        ranked: Sequence[RankedExpert],
        near: Sequence[Match],
        thread: Thread | None,
        available: Mapping[int, Availability],
    ) -> None:
        self._ranked = ranked
        self._near = near
        self._thread = thread
        self._available = available

    @classmethod
    async def prepare(
        cls, services: Services, workspace: int, question: Question, *, now: datetime, first: int | None = None
    ) -> Ladder:
        """`first` is somebody whom a colleague has named."""
        ranked = await services.library.rank_experts(
            workspace,
            question.text,
            asker=question.asker_id,
            place=None if question.scope == Scope.DIRECT else place_key(question.place),
            now=now,
        )
        matches = await services.library.search(workspace, question.text, grants=question.audience, now=now)
        looked_at = [*([first] if first is not None else ()), *(int(one.person) for one in ranked)]
        async with services.store.reading(workspace, now=now) as tx:
            addresses = await tx.direct_addresses(looked_at, prefer=question.place.platform)
        available = await look_around(services, addresses)
        thread = await find_thread(services, workspace, question, now=now)
        return cls(ranked, matches[:MOST_NEAR], thread, available)

    async def climb(
        self, tx: Transaction, question: Question, *, first: int | None = None, at_once: int | None = None
    ) -> Person | None:
        """Put the question to the next expert who may be asked, and tell the asker.

        `first` was named by a colleague, and comes before the ranked ones. `at_once` allows to be asked at any time,
        and is not waited for. Where nobody is at work, it is kept who is to be asked when.
        """
        candidates = await find_candidates(tx, question, self._ranked, self._available, first=first)
        chosen = next((one for one in candidates if one.person.id == at_once and one.anytime), None)
        chosen = replace(chosen, free_at=tx.now) if chosen is not None else choose(candidates, now=tx.now)
        if chosen is None:
            return await self._fall_back(tx, question)
        if chosen.free_at > tx.now:
            await self._wait_for(tx, question, chosen)
        else:
            await self._ask(tx, question, chosen)
        return chosen.person

    async def _ask(self, tx: Transaction, question: Question, chosen: Candidate) -> None:
        expert = chosen.person
        again = bool(await tx.routings(question.id))
        to = await tx.direct_address(expert.id, prefer=question.place.platform)
        assert to is not None  # `find_candidates` leaves out whom it cannot reach
        asker = (await tx.person(question.asker_id)).name
        key = tx.new_id()
        due_at = after_working(chosen.hours, tx.now, await read_clock(tx))
        routing_id = await tx.route(question, expert, reason=chosen.reason, message_key=key, due_at=due_at)
        card = words.request(
            asker=words.UNNAMED if question.unnamed else asker,
            question=question.text,
            where="" if question.scope == Scope.DIRECT else " in a channel",
            reason=chosen.reason,
            near=await self._near_for(tx, expert),
            routing_id=routing_id,
            first_time=chosen.first_time,
            thread=self._link_for(question, expert),
        )
        await tx.send(to, card, lane=Lane.EXPERT, key=key)
        await tx.change_question(question.id, status=QuestionStatus.ROUTED)
        await tell_status(
            tx,
            question,
            words.asked(expert.name, question.text, question_id=question.id, unnamed=question.unnamed, again=again),
        )

    async def _wait_for(self, tx: Transaction, question: Question, chosen: Candidate) -> None:
        await tx.route(
            question,
            chosen.person,
            reason=chosen.reason,
            message_key=tx.new_id(),
            due_at=chosen.free_at,
            status=RoutingStatus.WAITING,
        )
        await tx.change_question(question.id, status=QuestionStatus.ROUTED)
        asker = await tx.person(question.asker_id)
        zone = zone_of(asker, (await tx.workspace_record()).settings)
        card = words.waiting(
            chosen.person.name,
            question.text,
            when=words.tell_moment(chosen.free_at.astimezone(zone), today=tx.now.astimezone(zone).date()),
            question_id=question.id,
            anytime=chosen.anytime,
        )
        await tell_status(tx, question, card)

    async def _fall_back(self, tx: Transaction, question: Question) -> Person | None:
        """The last rung: who or what place the workspace names for what nobody else could answer."""
        settings = (await tx.workspace_record()).settings
        person = await find_fallback_person(tx, question, settings)
        if person is not None:
            profile = (await tx.profiles()).get(person.id)
            hours = hours_of(person, profile, settings)
            await self._ask(
                tx,
                question,
                Candidate(
                    person=person, reason=words.LAST_RUNG, score=0.0, first_time=False, hours=hours, free_at=tx.now
                ),
            )
            return person
        place = read_fallback_place(settings)
        key = fallback_key(tx, question)
        # What was asked in private, or without a name, is not shown to a whole channel.
        in_the_open = question.scope == Scope.CHANNEL and not question.unnamed and question.place.person is None
        if place is not None and in_the_open and await tx.first_said(key) is None:
            await tx.send(place, words.ask_all(question.text, question_id=question.id), lane=Lane.EXPERT, key=key)
            await tx.change_question(question.id, status=QuestionStatus.ROUTED)
            name = str(settings.get("fallback_name") or "")
            await tell_status(tx, question, words.asked_all(name, question.text, question_id=question.id))
            return None
        await tx.change_question(question.id, status=QuestionStatus.UNANSWERED, settled_at=tx.now)
        await tell_status(tx, question, words.nobody(question.text))
        return None

    def _link_for(self, question: Question, expert: Person) -> str | None:
        """To where it was asked: for an expert who may go there, and never to the name of who wants to stay unnamed."""
        if self._thread is None or question.unnamed or not self._thread.is_open_to(expert):
            return None
        return self._thread.link

    async def _near_for(self, tx: Transaction, expert: Person) -> list[Snippet]:
        """Of the snippets that came near, those that the expert may see now."""
        held = await tx.hold_snippets([match.snippet.id for match in self._near], grants=expert.grants())
        return [held[match.snippet.id] for match in self._near if match.snippet.id in held]


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


async def read_clock(tx: Transaction) -> timedelta:
    """How long a question waits with one expert, in their working time."""
    settings = (await tx.workspace_record()).settings
    return timedelta(hours=float(settings.get("expert_clock_hours", CLOCK / timedelta(hours=1))))


async def find_fallback_person(tx: Transaction, question: Question, settings: Mapping[str, Any]) -> Person | None:
    person_id = settings.get("fallback_person")
    if not isinstance(person_id, int) or person_id == question.asker_id:
        return None
    person = (await tx.people_by_id([person_id])).get(person_id)
    asked_before = {routing.expert_id for routing in await tx.routings(question.id)}
    if person is None or not person.active or person_id in asked_before or await tx.direct_address(person_id) is None:
        return None
    return person


def read_fallback_place(settings: Mapping[str, Any]) -> Address | None:
    given = settings.get("fallback_place")
    return Address(**given) if isinstance(given, dict) else None


def fallback_key(tx: Transaction, question: Question) -> str:
    """Of the card in the place of the last rung: one for each question."""
    return f"fallback-{tx.workspace}-{question.id}"


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
        if other.status in (RoutingStatus.ASKED, RoutingStatus.WAITING):
            await tx.settle(other.id, RoutingStatus.CLOSED, by=None)
        await tx.revise(other.message_key, words.settled(question.text, what))
    await tx.revise(fallback_key(tx, question), words.settled(question.text, what))


async def move_on(services: Services, workspace: int, routing: Routing) -> None:
    """An expert has been silent for long enough, or one who was waited for is at work: go on.

    Does nothing if the question was settled meanwhile.
    """
    now = services.now()
    async with services.store.reading(workspace, now=now) as tx:
        question = await tx.question(routing.question_id)
    ladder = await Ladder.prepare(services, workspace, question, now=now)
    async with services.store.transaction(workspace, now=now) as tx:
        question = await tx.question(routing.question_id, lock=True)
        current = await tx.routing(routing.id)
        if current.due_at > now:
            return
        if current.status is RoutingStatus.WAITING:
            if await tx.drop_waiting(current.id):
                await ladder.climb(tx, question)
            return
        if current.status is not RoutingStatus.ASKED:
            return
        await tx.settle(routing.id, RoutingStatus.EXPIRED, by=None)
        await tx.revise(routing.message_key, words.moved_on(question.text, routing_id=routing.id))
        await ladder.climb(tx, question)
