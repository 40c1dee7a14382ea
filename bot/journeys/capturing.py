"""What an expert answered becomes a job aid: drafted at once, published with one tap."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.journeys.replies import pressed_id, pressed_numbers, revise_pressed
from bot.messages import FieldErrors, Outcome, Pressed, Scope, Submitted
from bot.store import GoneError, Lane, Transaction
from bot.store.knowledge import as_job_aid
from bot.store.records import Aid, Question
from bot.turn import Turn
from bot.wording import asking as asking_words
from bot.wording import capturing as words
from bot.wording import suggesting as suggesting_words
from knowledge.duplicates import near_duplicates
from knowledge.job_aids import snippets as cut
from knowledge.lint import lint
from knowledge.model import OPEN, JobAid, Status

_GREETING = re.compile(r"^\s*(?:hi|hello|hey|hallo|dear)\b[^,.!?\n]{0,40}[,.!]\s*", re.IGNORECASE)
LONGEST_TITLE = 140


async def draft(turn: Turn, tx: Transaction, question: Question, text: str) -> None:
    """Draft an aid from an expert's answer and show it to them. What was asked in a closed place stays in it."""
    names = [person.name for person in (await tx.people_by_id([question.asker_id, turn.person.id])).values()]
    aid = JobAid(
        key=_key_of(question),
        title=draft_title(question.text),
        need=question.text,
        body=draft_body(text, names),
        # The grants of a closed place are everybody's and its own; what was said there is for its own alone.
        audience=question.audience - OPEN if question.scope == Scope.PRIVATE else OPEN,
        status=Status.DRAFT,
        verified_on=tx.now.date(),
    )
    await tx.put_aid(aid, by=None, source="answer", question_id=question.id, owner_id=turn.person.id)
    kept = await tx.aid_by_key(aid.key)
    to = await tx.direct_address(turn.person.id, prefer=turn.inbound.platform)
    if to is not None:
        findings = [finding.message for finding in lint(aid, people=names)]
        await tx.send(to, words.offer(kept, findings), lane=Lane.EXPERT)


async def redraft(turn: Turn, tx: Transaction, question: Question, text: str) -> None:
    """The answer was changed: so is its draft, while it is one."""
    drafted = await tx.find_by_key(_key_of(question))
    if drafted is not None and drafted.status == Status.DRAFT:
        await draft(turn, tx, question, text)


def _key_of(question: Question) -> str:
    return f"answer:{question.id}"


def draft_title(question: str) -> str:
    line = _GREETING.sub("", " ".join(question.split()))
    first = re.split(r"(?<=[?!.])\s", line, maxsplit=1)[0]
    title = first if len(first) <= LONGEST_TITLE else f"{first[: LONGEST_TITLE - 1].rstrip()}…"
    return title[:1].upper() + title[1:] or "Untitled"


def draft_body(text: str, names: Sequence[str]) -> str:
    """Leave out the greeting and the name of whoever was greeted; the answer itself stays as it was written."""
    body = _GREETING.sub("", text, count=1)
    spellings = {part for name in names for part in (name, name.split()[0])}
    for spelling in sorted(spellings, key=len, reverse=True):
        body = re.sub(rf"^\s*@?{re.escape(spelling)}\s*[,:!]\s*", "", body)
    return body.strip() or text.strip()


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
            await tx.check_may_change(aid_id, by=turn.person)
            await revise_pressed(turn, tx, words.same_as(aid, similar))
        return None
    async with turn.commit() as tx:
        aid = await tx.rewrite_aid(
            aid_id, by=turn.person, title=aid.title, body=aid.body, need=aid.need, status=Status.PUBLISHED
        )
        await _published(turn, tx, aid)
    return None


async def _published(turn: Turn, tx: Transaction, aid: Aid) -> None:
    if aid.question_id is not None:
        question = await tx.question(aid.question_id)
        await tx.learn_phrasing(aid.id, question.text)
    await tx.audit("publish", f"job aid #{aid.number}", by=turn.person)
    await _hand_over(turn, tx, aid)
    await revise_pressed(turn, tx, words.published(aid))


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
    index = await turn.services.library.index(turn.workspace, now=turn.now)
    found: dict[int, str] = {}
    for piece in cut(aid, aid_id=str(but or 0)):
        for match in near_duplicates(piece, index, grants=turn.person.grants() | aid.audience):
            found.setdefault(int(match.snippet.aid), match.snippet.title)
    found.pop(but or 0, None)
    return list(found.items())[:3]


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
        await tx.learn_phrasing(other.id, aid.need or aid.title)
        await revise_pressed(turn, tx, words.merged(other))
    return None


async def _press_edit(turn: Turn) -> Outcome:
    aid_id = pressed_id(turn)
    async with turn.look() as tx:
        await tx.check_may_change(aid_id, by=turn.person)
        return words.edit_form(await tx.aid(aid_id))


async def _submit_edit(turn: Turn) -> Outcome:
    submitted = turn.inbound
    assert isinstance(submitted, Submitted)
    aid_id = pressed_id(turn)
    fields = {name: value.strip() for name, value in submitted.fields.items() if isinstance(value, str)}
    missing = {
        name: f"Please write {what}."
        for name, what in (("title", "a title"), ("body", "what the job aid says"))
        if not fields.get(name)
    }
    if missing:
        return FieldErrors(errors=missing)
    async with turn.commit() as tx:
        aid = await tx.rewrite_aid(
            aid_id,
            by=turn.person,
            title=fields["title"],
            body=fields["body"],
            need=fields.get("need", ""),
            status=Status.PUBLISHED if fields.get("publish") else None,
        )
        await correct_answers(tx, aid)
        to = await tx.direct_address(turn.person.id, prefer=submitted.platform)
        if aid.status == Status.PUBLISHED and aid.question_id is not None:
            await tx.learn_phrasing(aid.id, (await tx.question(aid.question_id)).text)
            await tx.audit("publish", f"job aid #{aid.number}", by=turn.person)
        if aid.status == Status.PUBLISHED:
            aid = await _hand_over(turn, tx, aid)
        if to is not None:
            findings = [finding.message for finding in lint(as_job_aid(aid))]
            card = words.published(aid) if aid.status == Status.PUBLISHED else words.offer(aid, findings)
            await tx.send(to, card, lane=Lane.EXPERT)
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
    "edit_aid": _press_edit,
    "discard": _press_discard,
}
SUBMISSIONS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"edit_aid": _submit_edit}
