"""What an expert answered becomes a job aid: drafted at once, published with one tap."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping

from bot.journeys.replies import pressed_id, pressed_numbers, revise_pressed
from bot.messages import Outcome, Pressed, Scope
from bot.services import Services
from bot.store import ChangedMeanwhileError, GoneError, Lane, NotAllowedError, Transaction
from bot.store.knowledge import as_job_aid
from bot.store.records import Aid, Person, Question
from bot.turn import Turn
from bot.wording import asking as asking_words
from bot.wording import capturing as words
from bot.wording import suggesting as suggesting_words
from knowledge.drafting import draft_body, draft_title, hide_names
from knowledge.duplicates import near_duplicates
from knowledge.index import Index
from knowledge.job_aids import snippets as cut
from knowledge.lint import lint
from knowledge.model import OPEN, JobAid, Status

LONGEST_NEED = 500  # characters
SIMILAR = 3  # so many are shown


async def draft(turn: Turn, tx: Transaction, question: Question, text: str) -> None:
    """Draft an aid from an expert's answer and show it to them. What was asked in a closed place stays in it."""
    both = await tx.people_by_id({question.asker_id, turn.person.id})
    talked = sorted(person.name for person in both.values())
    drafted = draft_body(text, spoken_to=talked, colleagues=await tx.names(), on=tx.now.date())
    aid = JobAid(
        key=_key_of(question),
        title=draft_title(question.text, names=talked),
        need=asking_words.cut(hide_names(question.text, talked), LONGEST_NEED),
        body=drafted.text,
        # The grants of a closed place are everybody's and its own; what was said there is for its own alone.
        audience=question.audience - OPEN if question.scope == Scope.PRIVATE else OPEN,
        status=Status.DRAFT,
        verified_on=tx.now.date(),
    )
    await tx.put_aid(aid, by=None, source="answer", question_id=question.id, owner_id=turn.person.id)
    kept = await tx.aid_by_key(aid.key)
    to = await tx.direct_address(turn.person.id, prefer=turn.inbound.platform)
    if to is not None:
        findings = [finding.message for finding in lint(aid, people=talked)]
        await tx.send(to, words.offer(kept, findings, unsettled=bool(drafted.marks)), lane=Lane.EXPERT)


async def redraft(turn: Turn, tx: Transaction, question: Question, text: str) -> None:
    """The answer was changed: so is its draft, while it is one."""
    drafted = await tx.find_by_key(_key_of(question))
    if drafted is not None and drafted.status == Status.DRAFT:
        await draft(turn, tx, question, text)


def _key_of(question: Question) -> str:
    return f"answer:{question.id}"


async def _press_publish(turn: Turn) -> Outcome:
    aid_id = pressed_id(turn)
    async with turn.look() as tx:
        aid = await tx.aid(aid_id)
    if aid.status != Status.DRAFT:
        raise GoneError(f"Job aid #{aid.number} is not a draft any more.")
    similar = await similar_to(turn, as_job_aid(aid), but=aid.id)
    pressed = turn.inbound
    assert isinstance(pressed, Pressed)
    if similar and pressed.verb == "publish":
        async with turn.commit() as tx:
            aid = await tx.check_may_change(aid_id, by=turn.person)
            others = await tx.aids_by_id([other_id for other_id, _ in similar])
            replaceable = {one.id for one in others.values() if _may_replace(turn, one, aid)}
            await revise_pressed(turn, tx, words.same_as(aid, list(others.values()), replaceable))
        return None
    async with turn.commit() as tx:
        aid = await tx.aid(aid_id, lock=True)
        if aid.status != Status.DRAFT:
            raise GoneError(f"Job aid #{aid.number} is not a draft any more.")
        aid = await tx.rewrite_aid(
            aid_id, by=turn.person, title=aid.title, body=aid.body, need=aid.need, status=Status.PUBLISHED
        )
        aid = await finish_publishing(turn, tx, aid)
        await revise_pressed(turn, tx, words.published(aid))
    return None


async def finish_publishing(turn: Turn, tx: Transaction, aid: Aid) -> Aid:
    """What follows when a draft has been published: its wording is known, and whoever wrote it looks after it."""
    if aid.question_id is not None:
        question = await tx.question(aid.question_id)
        asker = await tx.person(question.asker_id)
        await tx.learn_phrasing(aid.id, hide_names(question.text, [asker.name]))
    await tx.audit("publish", f"job aid #{aid.number}", by=turn.person)
    return await _hand_over(turn, tx, aid)


async def correct_answers(tx: Transaction, aid: Aid) -> None:
    """What was answered from an aid before it changed, and may still be read, is corrected where it stands."""
    pieces = {piece.id: piece for piece in cut(as_job_aid(aid), aid_id=str(aid.id))}
    published = aid.status == Status.PUBLISHED
    for answer in await tx.answers_from(aid.id):
        card = await tx.said(answer.message_key)
        if card is None:
            continue
        piece = pieces.get(answer.snippet_id or "") or next(iter(pieces.values()), None)
        fresh = piece if published else None
        if fresh is not None and fresh.text == answer.text:
            continue  # the piece that was shown still says the same
        await tx.revise(answer.message_key, asking_words.corrected(card, fresh, aid, today=tx.now.date()))


async def similar_to(turn: Turn, aid: JobAid, *, but: int | None = None) -> list[tuple[int, str]]:
    """Published aids that say nearly the same, as (id, title); only what the person may see."""
    return await find_similar(turn.services, turn.workspace, aid, by=turn.person, but={but} if but is not None else ())


async def find_similar(
    services: Services, workspace: int, aid: JobAid, *, by: Person, but: Collection[int] = ()
) -> list[tuple[int, str]]:
    """The same, where nobody's turn it is. `but` are the ids of those that do not count, itself among them."""
    index = await services.library.index(workspace, now=services.now())
    return await asyncio.to_thread(_similar_in, index, aid, by.grants() | aid.audience, but=but)


def _similar_in(index: Index, aid: JobAid, grants: frozenset[str], *, but: Collection[int]) -> list[tuple[int, str]]:
    found: dict[int, str] = {}
    for piece in cut(aid, aid_id="0"):
        for match in near_duplicates(piece, index, grants=grants, limit=SIMILAR + len(but)):
            if int(match.snippet.aid) not in but:
                found.setdefault(int(match.snippet.aid), match.snippet.title)
    return list(found.items())[:SIMILAR]


async def _hand_over(turn: Turn, tx: Transaction, aid: Aid) -> Aid:
    """What somebody suggested and somebody else has published is looked after by the one who wrote it; they hear it."""
    suggester = await tx.suggester_of(aid.id)
    if suggester is None:
        return aid
    await tx.set_owner(aid.id, suggester, by=turn.person)
    if suggester != turn.person.id:
        to = await tx.direct_address(suggester, prefer=turn.inbound.platform)
        if to is not None:
            await tx.send(to, suggesting_words.taken_up(aid), lane=Lane.EXPERT)
    return await tx.aid(aid.id)


async def _press_same(turn: Turn) -> Outcome:
    """The draft says the same as an aid that is there: keep its wording there, and drop the draft."""
    aid_id, other_id = pressed_numbers(turn, 2)
    async with turn.commit() as tx:
        aid = await tx.aid(aid_id)
        other = await tx.aid(other_id, grants=turn.person.grants() | aid.audience)
        await tx.discard_draft(aid_id, by=turn.person)
        # A wording from a closed place leads to nothing that is found outside it.
        if aid.is_seen_by_all_of(other.audience):
            await tx.learn_phrasing(other.id, aid.need or aid.title)
        await revise_pressed(turn, tx, words.merged(other))
    return None


def _may_replace(turn: Turn, other: Aid, aid: Aid) -> bool:
    """Whether the draft may stand in the place of what is there: theirs to change, and for no more people than it."""
    return other.origin is None and other.may_be_changed_by(turn.person) and aid.is_seen_by_all_of(other.audience)


async def _press_replace(turn: Turn) -> Outcome:
    """The draft is better than an aid that is there: that one says from now on what the draft does."""
    aid_id, other_id, shown = pressed_numbers(turn, 3)
    async with turn.commit() as tx:
        locked = {one: await tx.aid(one, lock=True) for one in sorted((aid_id, other_id))}
        aid, other = locked[aid_id], locked[other_id]
        await tx.check_may_change(other_id, by=turn.person)
        if other.version != shown:
            raise ChangedMeanwhileError(
                f"Job aid #{other.number} was changed meanwhile. Press Publish again to see it."
            )
        if other.status != Status.PUBLISHED or not _may_replace(turn, other, aid):
            raise NotAllowedError(f"Job aid #{other.number} is for others than this draft. Keep both instead.")
        suggester = await tx.suggester_of(aid_id)
        await tx.discard_draft(aid_id, by=turn.person)
        links = dict.fromkeys([*other.links, *aid.links])
        other = await tx.rewrite_aid(
            other_id,
            by=turn.person,
            title=aid.title,
            body=aid.body,
            need=aid.need,
            links=list(links),
            tags=list(dict.fromkeys([*other.tags, *aid.tags])),
            why=f"replaced by draft #{aid.number}",
        )
        await correct_answers(tx, other)
        await tx.audit("replace", f"job aid #{other.number}", by=turn.person)
        if suggester is not None and suggester != turn.person.id:
            to = await tx.direct_address(suggester, prefer=turn.inbound.platform)
            if to is not None:
                await tx.send(to, suggesting_words.took_the_place(other), lane=Lane.EXPERT)
        await revise_pressed(turn, tx, words.replaced(other))
    return None


async def _press_discard(turn: Turn) -> Outcome:
    aid_id = pressed_id(turn)
    async with turn.commit() as tx:
        aid, suggester = await tx.aid(aid_id), await tx.suggester_of(aid_id)
        await tx.discard_draft(aid_id, by=turn.person)
        if suggester is not None and suggester != turn.person.id:
            to = await tx.direct_address(suggester, prefer=turn.inbound.platform)
            if to is not None:
                await tx.send(to, suggesting_words.not_taken_up(aid.title), lane=Lane.EXPERT)
        await revise_pressed(turn, tx, words.discarded(answered=aid.question_id is not None))
    return None


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "publish": _press_publish,
    "publish_anyway": _press_publish,
    "same_as": _press_same,
    "replace": _press_replace,
    "discard": _press_discard,
}
