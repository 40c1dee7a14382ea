"""Ask an expert → one at a time, with a clock → the answer is carried back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog

from bot.journeys import capturing
from bot.journeys.asking import without_buttons
from bot.journeys.choosing import hours_of
from bot.journeys.ladder import (
    Ladder,
    close_others,
    fallback_key,
    place_key,
    read_clock,
    read_fallback_place,
    status_address,
    tell_status,
)
from bot.journeys.replies import field, pressed_id
from bot.journeys.whom import NobodyError, named, offer
from bot.messages import FieldErrors, Note, Outcome, Scope, TryLater, Undeliverable
from bot.store import GoneError, Lane, NotAllowedError, Transaction
from bot.store.records import Question, QuestionStatus, Routing, RoutingStatus
from bot.turn import BadInputError, Turn
from bot.wording import asking as asking_words
from bot.wording import routing as words
from knowledge.drafting import hide_person
from knowledge.model import EvidenceKind
from scheduler.hours import after_working

log = structlog.get_logger(__name__)

LATER = timedelta(hours=24)
SETTLED = (QuestionStatus.SOLVED, QuestionStatus.WITHDRAWN)


# ── from the asker to the expert ────────────────────────────────────────────────────────────────────────────────────


async def _press_ask_expert(turn: Turn) -> Outcome:
    """Below an answer that does not do."""
    answer_id = pressed_id(turn)
    async with turn.look() as tx:
        question = await tx.question((await tx.answer(answer_id)).question_id, by=turn.person)
    return await _begin(turn, question.id, unnamed=False, answer_id=answer_id)


async def _press_ask_expert_about(turn: Turn) -> Outcome:
    question_id = pressed_id(turn)
    return await _begin(turn, question_id, unnamed=False)


async def _press_ask_expert_unnamed(turn: Turn) -> Outcome:
    question_id = pressed_id(turn)
    return await _begin(turn, question_id, unnamed=True)


async def _begin(turn: Turn, question_id: int, *, unnamed: bool, answer_id: int | None = None) -> Outcome:
    async with turn.look() as tx:
        question = await tx.question(question_id, by=turn.person)
    if question.status in (QuestionStatus.ROUTED, *SETTLED):
        raise GoneError("This question is with an expert already, or settled. Ask it anew if you still need help.")
    ladder = await Ladder.prepare(turn.services, turn.workspace, question, now=turn.now)
    async with turn.commit() as tx:
        question = await tx.question(question_id, by=turn.person, lock=True)
        if question.status in (QuestionStatus.ROUTED, *SETTLED):
            raise GoneError("This question is with an expert already, or settled.")
        if unnamed:
            # They may have signed it all the same; from here on it is read by others, and kept for good.
            text = hide_person(question.text, name=turn.person.name, email=turn.person.email)
            await tx.change_question(question.id, unnamed=True, text=text)
            question = await tx.question(question_id)
        if answer_id is not None:
            answer = await tx.answer(answer_id)
            card = await tx.said(answer.message_key)
            if card is not None:
                await tx.revise(answer.message_key, asking_words.set_aside(without_buttons(card)))
        key = await turn.pressed_key(tx) if answer_id is None else None
        if key is not None:
            await tx.revise(key, words.status_settled(question.text, "You asked for an expert."))
        await ladder.climb(tx, question)
    return None


# ── what the expert does ────────────────────────────────────────────────────────────────────────────────────────────


async def _open_routing(turn: Turn) -> tuple[Routing, Question]:
    """The routing whose card was pressed, if it is theirs and still has a use."""
    return await _open(turn, pressed_id(turn))


async def _open(turn: Turn, routing_id: int) -> tuple[Routing, Question]:
    async with turn.look() as tx:
        routing = await tx.routing(routing_id, by=turn.person)
        question = await tx.question(routing.question_id)
    if routing.status is RoutingStatus.ANSWERED:
        raise GoneError("You have answered this already. Thank you!")
    if routing.status is RoutingStatus.CLOSED or question.status in SETTLED:
        raise GoneError("This question has been taken care of already. Thank you all the same.")
    return routing, question


async def _press_answer(turn: Turn) -> Outcome:
    routing, question = await _open_routing(turn)
    return words.answer_form(question.text, routing_id=routing.id)


async def _submit_answer(turn: Turn) -> Outcome:
    text = field(turn, "answer")
    if not text:
        return FieldErrors(errors={"answer": "Please write the answer, or close the form and press Pass."})
    await answer(turn, pressed_id(turn), text)
    return None


async def answer(turn: Turn, routing_id: int, text: str, *, key: str | None = None) -> None:
    """The expert's own words to the question that was put to them, once. `key` is that of the message to the asker.

    Raises GoneError, NotAllowedError.
    """
    routing, _ = await _open(turn, routing_id)
    async with turn.commit() as tx:
        question = await _settle(turn, tx, routing, RoutingStatus.ANSWERED)
        key = key or tx.new_id()
        answer_id = await tx.record_answer(question_id=question.id, text=text, message_key=key, by=turn.person)
        card = words.expert_answer(turn.person.name, question.text, text, answer_id=answer_id)
        await tx.send(question.place, card, key=key)
        await _finish_answered(turn, tx, routing, question)
        await capturing.draft(turn, tx, question, text)


async def _press_aid_answers(turn: Turn) -> Outcome:
    routing, question = await _open_routing(turn)
    matches = await turn.services.library.search(
        turn.workspace, question.text, grants=question.audience & turn.person.grants(), now=turn.now
    )
    if not matches:
        raise GoneError("No job aid comes near any more. Please answer in your own words.")
    return words.aid_form(matches[:10], routing_id=routing.id)


async def _submit_aid_answers(turn: Turn) -> Outcome:
    snippet_id = field(turn, "aid")
    routing, question = await _open_routing(turn)
    async with turn.commit() as tx:
        question = await _settle(turn, tx, routing, RoutingStatus.ANSWERED)
        grants = question.audience & turn.person.grants()
        snippet = (await tx.hold_snippets([snippet_id], grants=grants)).get(snippet_id)
        if snippet is None:
            raise GoneError("This job aid cannot be shown to the asker. Please choose another.")
        aid = await tx.aid(int(snippet.aid))
        key = tx.new_id()
        answer_id = await tx.record_answer(
            question_id=question.id, text=snippet.text, message_key=key, snippet_id=snippet.id, aid_id=aid.id
        )
        card = asking_words.answer(
            snippet,
            aid,
            question=question.text,
            answer_id=answer_id,
            private=False,
            today=turn.now.date(),
            page=turn.page_of(aid),
        )
        await tx.send(question.place, card, key=key)
        if question.may_teach(aid.audience):
            await tx.learn_phrasing(aid.id, question.text)
        await _finish_answered(turn, tx, routing, question)
    return None


async def _settle(turn: Turn, tx: Transaction, routing: Routing, status: RoutingStatus) -> Question:
    """End this routing and the question with it; of two who answer at once, one is told that it is done."""
    question = await tx.question(routing.question_id, lock=True)
    if question.status in (QuestionStatus.ANSWERED, *SETTLED):
        raise GoneError("This question has been taken care of already. Thank you all the same.")
    await tx.settle(routing.id, status, by=turn.person, late=True)
    await tx.change_question(question.id, status=QuestionStatus.ANSWERED, settled_at=tx.now)
    return question


async def _finish_answered(turn: Turn, tx: Transaction, routing: Routing, question: Question) -> None:
    await tx.show_evidence(
        turn.person.id,
        EvidenceKind.ANSWERED,
        question.text,
        source=f"question:{question.id}:{turn.person.id}",
        place=None if question.scope == Scope.DIRECT else place_key(question.place),
        closed=question.scope == Scope.PRIVATE,
    )
    await tx.set_profile(turn.person, consent="yes")  # who answers takes questions
    await tx.revise(routing.message_key, words.settled(question.text, words.ANSWERED_BY_YOU))
    await close_others(tx, question, words.ANSWERED_BY_OTHER, but=routing.id)
    await tell_status(tx, question, words.status_settled(question.text, f"✓ {turn.person.name} has answered."))


async def _press_pass(turn: Turn) -> Outcome:
    return await pass_on(turn, pressed_id(turn))


async def _press_decline(turn: Turn) -> Outcome:
    return await pass_on(turn, pressed_id(turn), what=words.DECLINED, consent="no")


async def _press_not_me(turn: Turn) -> Outcome:
    routing, question = await _open_routing(turn)
    # Of an unnamed asker the list is silent only if it lists them too.
    but = {turn.person.id} if question.unnamed else {turn.person.id, question.asker_id}
    async with turn.look() as tx:
        offered = await offer(tx, but=but)  # in no order of likelihood, which would tell what is believed of colleagues
    return words.not_me_form(offered, routing_id=routing.id)


async def _submit_not_me(turn: Turn) -> Outcome:
    async with turn.look() as tx:
        try:
            person = await named(turn, tx)
        except NobodyError as nobody:
            return FieldErrors(errors=nobody.errors)
    return await pass_on(turn, pressed_id(turn), first=person.id if person is not None else None)


async def pass_on(
    turn: Turn, routing_id: int, *, what: str = words.PASSED, consent: str | None = None, first: int | None = None
) -> Outcome:
    """It goes to the next, or to whom they name (`first`). Raises GoneError, NotAllowedError, BadInputError."""
    routing, question = await _open(turn, routing_id)
    if first in (question.asker_id, turn.person.id):
        first = None  # and nothing tells that it was the asker
    ladder = await Ladder.prepare(turn.services, turn.workspace, question, now=turn.now, first=first)
    async with turn.commit() as tx:
        question = await tx.question(question.id, lock=True)
        await tx.settle(routing.id, RoutingStatus.PASSED, by=turn.person)
        if consent is not None:
            await tx.set_profile(turn.person, consent=consent)
        if first is not None:
            if not await tx.people_by_id([first]):
                raise BadInputError("That colleague is not here any more. Please choose another.")
            await tx.show_evidence(
                first,
                EvidenceKind.NAMED,
                question.text,
                source=f"named:{question.id}:{turn.person.id}",
            )
        await tx.revise(routing.message_key, words.settled(question.text, what))
        await ladder.climb(tx, question, first=first)
    return None


async def _press_later(turn: Turn) -> Outcome:
    routing, _ = await _open_routing(turn)
    until = turn.now + LATER
    async with turn.commit() as tx:
        await tx.postpone(routing.id, by=turn.person, until=until)
    return Note(card=words.postponed(until))


async def _press_ask_detail(turn: Turn) -> Outcome:
    routing, question = await _open_routing(turn)
    return words.detail_form(question.text, routing_id=routing.id)


async def _submit_ask_detail(turn: Turn) -> Outcome:
    detail = field(turn, "question")
    if not detail:
        return FieldErrors(errors={"question": "Please write what you need to know."})
    routing, question = await _open_routing(turn)
    async with turn.commit() as tx:
        to = await status_address(tx, question)
        await tx.send(to, words.detail_wanted(turn.person.name, question.text, detail, routing_id=routing.id))
        await tx.postpone(routing.id, by=turn.person, until=turn.now + LATER)
    return None


async def _press_give_detail(turn: Turn) -> Outcome:
    routing_id = pressed_id(turn)
    async with turn.look() as tx:
        routing = await tx.routing(routing_id)
        question = await tx.question(routing.question_id, by=turn.person)
    return words.reply_form(question.text, routing_id=routing_id)


async def _submit_give_detail(turn: Turn) -> Outcome:
    detail = field(turn, "detail")
    if not detail:
        return FieldErrors(errors={"detail": "Please write your reply."})
    await give_detail(turn, pressed_id(turn), detail)
    return None


async def give_detail(turn: Turn, routing_id: int, detail: str) -> None:
    """The asker's reply to what the expert asked back. Raises GoneError, NotAllowedError."""
    async with turn.commit() as tx:
        routing = await tx.routing(routing_id)
        question = await tx.question(routing.question_id, by=turn.person)
        to = await tx.direct_address(routing.expert_id, prefer=question.place.platform)
        if to is None or routing.status is not RoutingStatus.ASKED:
            raise GoneError("The colleague is no longer on this question.")
        asker = words.UNNAMED if question.unnamed else turn.person.name
        if question.unnamed:
            detail = hide_person(detail, name=turn.person.name, email=turn.person.email)
        card = words.detail_given(asker, question.text, detail, routing_id=routing_id)
        await tx.send(to, card, lane=Lane.EXPERT)


# ── the last rung ──


async def _press_take(turn: Turn) -> Outcome:
    """Somebody of the place that the workspace falls back on takes a question, as if they had been asked."""
    question_id = pressed_id(turn)
    async with turn.look() as tx:
        question = await tx.question(question_id)
        settings = (await tx.workspace_record()).settings
        place, shown = read_fallback_place(settings), await tx.first_said(fallback_key(tx, question))
    if question.status is not QuestionStatus.ROUTED or place is None or shown is None:
        raise GoneError("This question has been taken care of already. Thank you all the same.")
    if question.asker_id == turn.person.id:
        raise NotAllowedError("This is your own question.")
    here = turn.inbound
    same = (place.platform, place.tenant) == (here.platform, here.tenant) and place.conversation is not None
    try:
        inside = same and await turn.services.platforms[place.platform].is_member(
            place.tenant, place.conversation or "", here.sender.id
        )
    except (TryLater, Undeliverable) as error:
        raise BadInputError("I could not ask who is in this channel just now. Try again in a minute.") from error
    if not inside:
        raise NotAllowedError("Only people of this channel can answer here.")
    async with turn.commit() as tx:
        question = await tx.question(question_id, lock=True)
        mine = next((one for one in await tx.routings(question_id) if one.expert_id == turn.person.id), None)
        if mine is not None:
            return words.answer_form(question.text, routing_id=mine.id)
        hours = hours_of(turn.person, (await tx.profiles()).get(turn.person.id), settings)
        routing_id = await tx.route(
            question,
            turn.person,
            reason=words.LAST_RUNG,
            message_key=tx.new_id(),
            due_at=after_working(hours, tx.now, await read_clock(tx)),
        )
    return words.answer_form(question.text, routing_id=routing_id)


# ── what the asker does meanwhile ───────────────────────────────────────────────────────────────────────────────────


async def _press_ask_now(turn: Turn) -> Outcome:
    """Not to wait until the expert is at work: only where they allow it."""
    question_id = pressed_id(turn)
    async with turn.look() as tx:
        question = await tx.question(question_id, by=turn.person)
    ladder = await Ladder.prepare(turn.services, turn.workspace, question, now=turn.now)
    async with turn.commit() as tx:
        question = await tx.question(question_id, by=turn.person, lock=True)
        waiting = next((one for one in await tx.routings(question_id) if one.status is RoutingStatus.WAITING), None)
        if waiting is None:
            raise GoneError("They have been asked meanwhile, or the question is settled.")
        profile = (await tx.profiles()).get(waiting.expert_id)
        if profile is None or not profile.anytime:
            raise NotAllowedError("They take questions in their working hours only.")
        await tx.drop_waiting(waiting.id)
        await ladder.climb(tx, question, at_once=waiting.expert_id)
    return None


async def _press_solved(turn: Turn) -> Outcome:
    return await _end(turn, QuestionStatus.SOLVED, "✓ Solved. Good to hear.")


async def _press_withdraw(turn: Turn) -> Outcome:
    return await _end(turn, QuestionStatus.WITHDRAWN, "You withdrew this question.")


async def _end(turn: Turn, status: QuestionStatus, what: str) -> Outcome:
    question_id = pressed_id(turn)
    async with turn.commit() as tx:
        question = await tx.question(question_id, by=turn.person, lock=True)
        if question.status in (QuestionStatus.ANSWERED, *SETTLED):
            raise GoneError("This question is settled already.")
        await tx.change_question(question.id, status=status, settled_at=tx.now)
        await close_others(tx, question, words.WITHDRAWN)
        await tell_status(tx, question, words.status_settled(question.text, what))
    return None


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "ask_expert": _press_ask_expert,
    "ask_expert_about": _press_ask_expert_about,
    "ask_expert_unnamed": _press_ask_expert_unnamed,
    "answer": _press_answer,
    "aid_answers": _press_aid_answers,
    "ask_detail": _press_ask_detail,
    "give_detail": _press_give_detail,
    "not_me": _press_not_me,
    "pass": _press_pass,
    "decline": _press_decline,
    "later": _press_later,
    "take": _press_take,
    "ask_now": _press_ask_now,
    "solved": _press_solved,
    "withdraw": _press_withdraw,
}
SUBMISSIONS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "answer": _submit_answer,
    "aid_answers": _submit_aid_answers,
    "ask_detail": _submit_ask_detail,
    "give_detail": _submit_give_detail,
    "not_me": _submit_not_me,
}
