"""The bot's home: what is open for this person, gathered in one place. What is pressed there belongs to its journey."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from bot.figures import read_figures
from bot.journeys import series
from bot.journeys.choosing import zone_of
from bot.journeys.preferences import read_beliefs
from bot.journeys.replies import show
from bot.messages import Home, MessageRef, Outcome, Scope
from bot.store import Transaction
from bot.store.records import Person, Question, QuestionStatus, RoutingStatus
from bot.turn import Turn
from bot.wording import general
from bot.wording import home as words
from bot.wording.routing import tell_moment

MOST = 6  # of each kind, in the home itself
FEW = 3  # and on a card among other messages
OPEN = (RoutingStatus.ASKED, RoutingStatus.WAITING)
SHOWN = (QuestionStatus.ROUTED, QuestionStatus.ANSWERED, QuestionStatus.OPEN, QuestionStatus.UNANSWERED)


async def open_home(turn: Turn) -> Outcome:
    return Home(card=words.home(await _gather(turn, most=MOST)))


async def show_home(turn: Turn) -> Outcome:
    """The same as a card, for places and platforms without a home."""
    return await show(turn, words.home(await _gather(turn, most=FEW)))


async def show_questions(turn: Turn) -> Outcome:
    """How one's own questions stand, and nothing else."""
    async with turn.look() as tx:
        mine = await _my_questions(tx, turn.person, most=MOST)
    return await show(turn, words.my_questions(await _with_links(turn, mine)))


async def _gather(turn: Turn, *, most: int) -> words.Contents:
    me = turn.person
    async with turn.look() as tx:
        questions = await _my_questions(tx, me, most=most)
        asked = [
            words.Asked(routing_id=routing.id, question=question.text, at=routing.asked_at)
            for routing, question in await tx.open_routings_to(me, limit=most)
        ]
        profile = (await tx.profiles()).get(me.id)
        beliefs = await read_beliefs(tx, turn, most=FEW)  # “topics” shows more of them
        nudges = await series.shown_to(turn, tx, most=most)
        paused = await series.is_paused(turn, tx)
        aids = await tx.aids_due(me, limit=most)
        figures = await read_figures(tx) if me.is_ld() else None
    return words.Contents(
        name=me.name,
        questions=await _with_links(turn, questions),
        asked=asked,
        profile=profile,
        beliefs=beliefs,
        series=nudges,
        paused=paused,
        aids=aids,
        figures=figures,
        today=turn.now.date(),
    )


async def _my_questions(tx: Transaction, me: Person, *, most: int) -> list[tuple[Question, words.Mine]]:
    questions = await tx.questions_of(me, statuses=SHOWN, limit=most)
    zone = zone_of(me, (await tx.workspace_record()).settings)
    return [(question, await _my_question(tx, question, zone=zone)) for question in questions]


async def _with_links(
    turn: Turn, mine: Sequence[tuple[Question, words.Mine]]
) -> Sequence[tuple[words.Mine, str | None]]:
    links = await asyncio.gather(*(_link(turn, question) for question, _ in mine))
    return [(shown, link) for (_, shown), link in zip(mine, links, strict=True)]


async def _my_question(tx: Transaction, question: Question, *, zone: ZoneInfo) -> words.Mine:
    with_whom = from_when = None
    if question.status is QuestionStatus.ROUTED:
        routing = next((one for one in reversed(await tx.routings(question.id)) if one.status in OPEN), None)
        if routing is not None:
            with_whom = (await tx.person(routing.expert_id)).name
            if routing.status is RoutingStatus.WAITING:
                from_when = tell_moment(routing.due_at.astimezone(zone), today=tx.now.astimezone(zone).date())
    answer = await tx.last_answer(question.id)
    by = (await tx.person(answer.by_id)).name if answer is not None and answer.by_id is not None else None
    return words.Mine(
        question_id=question.id,
        text=question.text,
        status=question.status,
        at=question.asked_at,
        with_whom=with_whom,
        from_when=from_when,
        answer_id=answer.id if answer is not None and answer.helped is None else None,
        answered_by=by,
    )


async def _link(turn: Turn, question: Question) -> str | None:
    """To the thread in which it was asked. What was asked in the direct conversation stands there anyway."""
    place = question.place
    platform = turn.services.platforms.get(place.platform)
    if platform is None or place.conversation is None or place.thread is None or question.scope == Scope.DIRECT:
        return None
    return await platform.link(
        MessageRef(platform=place.platform, tenant=place.tenant, conversation=place.conversation, id=place.thread)
    )


async def offer_prompts(turn: Turn) -> Outcome:
    """What one could begin with: titles of what this person may see, and nothing else."""
    async with turn.look() as tx:
        titles = await tx.aid_titles(grants=turn.place_grants(), limit=general.MOST_PROMPTS)
    return general.prompts(titles)
