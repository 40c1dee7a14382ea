"""Ask → answer, choices, or an honest no → That helped, Not what I need."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot import metrics
from bot.journeys.replies import field, pressed_id, pressed_numbers, revise_pressed
from bot.messages import Address, Buttons, Card, FieldErrors, Note, Outcome, Part, Said
from bot.store import GoneError, Transaction
from bot.store.records import Aid, Question, QuestionStatus
from bot.turn import BadInputError, Turn
from bot.wording import asking as words
from knowledge.asked import split_questions
from knowledge.drafting import hide_person
from knowledge.model import Decision, EvidenceKind, Match, Snippet, Status, Verdict
from knowledge.retrieval import Thresholds, decide

log = structlog.get_logger(__name__)

MOST_CHOICES = 3
WORTH_OFFERING = 0.6  # of the first one's score: what is further off is noise rather than a choice
MOST_LOOKS = 5  # at a question whose job aids are being changed at this very moment
LONGEST_FRAGMENT = 5  # words of a question that means little without the one before it
LONGEST_QUESTION = 3000  # characters kept of a question; what people need help with is said within these


class OvertakenError(Exception):
    """What was found changed before it could be shown: look again."""


async def ask(
    turn: Turn, text: str, *, private: bool = False, about: str = "", follows: bool = False, told: str | None = None
) -> None:
    """Answer a question where it was asked; what is not confident, or was asked privately, only to the asker.

    `about` is what the asker was looking at: where their own words do not suffice, it is searched for with them, and
    whoever is asked reads it. It is the question that this one `follows`, where that is said; then `told` is the
    snippet that was the last answer, which is not shown again.

    Several questions in one message are answered one by one, where that finds more than all of them at once.
    """
    text = text.strip()[:LONGEST_QUESTION]
    with metrics.answer_seconds.time():
        for _ in range(MOST_LOOKS):
            try:
                looked = [await _look(turn, text, private=private, about=about, follows=follows, told=told)]
                if turn.is_direct() and not about and looked[0].verdict.decision is not Decision.ANSWER:
                    looked = await _look_one_by_one(turn, text) or looked
                await _answer(turn, looked, private=private)
            except OvertakenError:
                log.info("answer overtaken by a change of its job aid")
            else:
                break
        else:
            raise OvertakenError(f"{MOST_LOOKS} times in a row")
    for one in looked:
        metrics.decided.labels(one.verdict.decision).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was found for a question. `whole` is what is kept of it, and read by whoever is asked."""

    text: str
    whole: str
    verdict: Verdict
    grants: frozenset[str]
    in_public: bool
    follows: bool  # another one, which was answered

    def shown(self) -> list[Snippet]:
        return [match.snippet for match in _to_show(self.verdict)]


async def _look(
    turn: Turn, text: str, *, private: bool, about: str = "", follows: bool = False, told: str | None = None
) -> Looked:
    in_public = not private and not turn.is_direct()
    grants = turn.place_grants() if in_public else turn.private_grants()
    if turn.is_direct():  # elsewhere it is decided first whether anything is said at all
        async with turn.working(turn.here()):
            verdict, _ = await consider(turn, text, grants)
    else:
        verdict, _ = await consider(turn, text, grants)
    if in_public and verdict.decision is not Decision.ANSWER:
        # A weak reply is for the asker's eyes, so it may draw on all that the asker may see.
        grants = turn.private_grants()
        verdict, _ = await consider(turn, text, grants)
        in_public = False
    fragment = follows and len(text.split()) <= LONGEST_FRAGMENT
    if about and (fragment or verdict.decision is not Decision.ANSWER):
        nearer, _ = await consider(turn, f"{about}: {text}"[:LONGEST_QUESTION], grants)
        if nearer.decision is not Decision.NONE and nearer.matches[0].snippet.id != told:
            verdict = nearer
        elif verdict.decision is Decision.ANSWER:  # “and in cash?” is sure of a job aid about cash, and asks for none
            verdict, in_public = replace(verdict, decision=Decision.CHOICES), False
    if told is not None and verdict.decision is Decision.ANSWER and verdict.matches[0].snippet.id == told:
        verdict = replace(verdict, decision=Decision.NONE)
        in_public = False
    return Looked(
        text=text,
        whole=f"{text} (about “{about}”)" if about else text,
        verdict=verdict,
        grants=grants,
        in_public=in_public,
        follows=told is not None,
    )


async def _look_one_by_one(turn: Turn, text: str) -> list[Looked]:
    """Empty where it is one question, or its parts lead to the same job aid, or to none."""
    parts = split_questions(text)
    if len(parts) == 1:
        return []
    looked = [await _look(turn, part, private=False) for part in parts]
    first = {one.verdict.matches[0].snippet.aid for one in looked if one.verdict.decision is not Decision.NONE}
    return looked if len(first) > 1 else []


async def _answer(turn: Turn, looked: Sequence[Looked], *, private: bool) -> None:
    """All of them in one transaction. Raises OvertakenError; then nothing is kept."""
    said = turn.inbound
    place = turn.inbound.place
    thread = place.thread
    if not turn.is_direct() and not private and thread is None and isinstance(said, Said):
        thread = said.message
    async with turn.commit() as tx:
        # At once, so that all who lock several aids lock them in the same order. Of several all are asked in private.
        await hold(tx, [snippet for one in looked for snippet in one.shown()], looked[0].grants)
        for number, one in enumerate(looked, start=1):
            shown = one.shown()
            question_id = await tx.record_question(
                key=turn.key if number == 1 else f"{turn.key}#{number}",
                asker=turn.person,
                text=one.whole,
                place=_place_of_answers(turn, private=private, thread=thread),
                scope=place.scope,
                thread=f"{turn.place_key()}/{thread}" if thread else None,
                audience=turn.place_grants(),
                decision=one.verdict.decision,
                confidence=one.verdict.confidence,
                shipped=one.verdict.shipped,
                candidates=[match.snippet.id for match in one.verdict.matches],
                shown=[snippet.id for snippet in shown],
            )
            to = turn.here(thread=thread) if one.in_public else turn.only_to_me(thread=thread)
            private_in_channel = not one.in_public and not turn.is_direct()
            # A word for one person's eyes may stand far from the question: on Teams in a conversation of its own.
            quoted = one.text if private or private_in_channel or len(looked) > 1 else ""
            if one.verdict.decision is Decision.ANSWER:
                aid = await tx.aid(int(shown[0].aid))
                await _send_answer(
                    turn, tx, to, shown[0], aid, question_id=question_id, quoted=quoted, private=private_in_channel
                )
            elif one.verdict.decision is Decision.CHOICES:
                await tx.send(to, words.choices(quoted, shown, question_id=question_id))
            else:
                await tx.send(to, words.nothing(quoted, question_id=question_id, more=one.follows))


async def hold(tx: Transaction, found: Sequence[Snippet], grants: frozenset[str]) -> None:
    """Raises OvertakenError where one of them has been rewritten, narrowed or withdrawn since it was found."""
    held = await tx.hold_snippets([snippet.id for snippet in found], grants=grants)
    if any(snippet.id not in held or not _says_the_same(held[snippet.id], snippet) for snippet in found):
        raise OvertakenError


def _says_the_same(one: Snippet, other: Snippet) -> bool:
    return (one.title, one.text, one.audience) == (other.title, other.text, other.audience)


def _place_of_answers(turn: Turn, *, private: bool, thread: str | None) -> Address:
    """Where an expert's answer will go: where it was asked. What was asked privately in a channel goes to the asker's
    own conversation, since some platforms forget private messages in channels; and so does what was asked where people
    of other companies read it, for whom no colleague's answer is meant.
    """
    if (private or turn.inbound.place.shared) and not turn.is_direct():
        return Address(platform=turn.inbound.platform, tenant=turn.inbound.tenant, person=turn.inbound.sender.id)
    return turn.here(thread=thread)


async def consider(turn: Turn, text: str, grants: frozenset[str]) -> tuple[Verdict, Mapping[str, Any]]:
    """What to do with a question, and the workspace's settings by which that was decided."""
    matches = await turn.services.library.search(turn.workspace, text, grants=grants, now=turn.now)
    async with turn.look() as tx:
        settings = (await tx.workspace_record()).settings
        calibration = (await tx.calibration()).calibration
    return decide(matches, thresholds_of(settings), calibration), settings


def thresholds_of(settings: Mapping[str, Any]) -> Thresholds:
    """The workspace's own, where it has some."""
    shipped = Thresholds()
    return Thresholds(
        answer=float(settings.get("answer_threshold", shipped.answer)),
        by_words=float(settings.get("answer_threshold", shipped.by_words)),
        choices=float(settings.get("choices_threshold", shipped.choices)),
    )


def _to_show(verdict: Verdict) -> list[Match]:
    match verdict.decision:
        case Decision.ANSWER:
            return [verdict.matches[0]]
        case Decision.CHOICES:
            return _worth_offering(verdict.matches)
        case Decision.NONE:
            return []


def _worth_offering(matches: tuple[Match, ...]) -> list[Match]:
    floor = matches[0].score * WORTH_OFFERING
    return [match for match in matches if match.score >= floor][:MOST_CHOICES]


async def _send_answer(
    turn: Turn,
    tx: Transaction,
    to: Address,
    snippet: Snippet,
    aid: Aid,
    *,
    question_id: int,
    quoted: str,
    private: bool,
) -> None:
    key = tx.new_id()
    answer_id = await tx.record_answer(
        question_id=question_id, text=snippet.text, message_key=key, snippet_id=snippet.id, aid_id=aid.id
    )
    card = words.answer(
        snippet,
        aid,
        question=quoted,
        answer_id=answer_id,
        private=private,
        today=turn.now.date(),
        page=turn.page_of(aid),
    )
    await tx.send(to, card, key=key)


# ── what is pressed below an answer ─────────────────────────────────────────────────────────────────────────────────


async def _press_helped(turn: Turn) -> Outcome:
    answer_id = pressed_id(turn)
    async with turn.commit() as tx:
        question, answer, news = await tx.judge(answer_id, helped=True, by=turn.person)
        if not news:
            return None
        by_expert = None
        if answer.aid_id is not None and question.may_teach((await tx.aid(answer.aid_id)).audience):
            wording = hide_person(question.text, name=turn.person.name, email=turn.person.email)
            await tx.learn_phrasing(answer.aid_id, wording)
        if answer.by_id is not None:
            expert = await tx.person(answer.by_id)
            by_expert = expert.name
            await _tell_expert(turn, tx, question, answer.by_id)
        await tx.change_question(question.id, status=QuestionStatus.SOLVED, settled_at=tx.now)
        card = await tx.said(answer.message_key)
        if card is not None:
            await tx.revise(answer.message_key, words.thanked(without_buttons(card), by_expert=by_expert))
    return None


async def _tell_expert(turn: Turn, tx: Transaction, question: Question, expert_id: int) -> None:
    """An expert hears that it helped, and it counts for more as evidence."""
    await tx.show_evidence(
        expert_id, EvidenceKind.ANSWERED, question.text, source=f"question:{question.id}:{expert_id}", weight=2.0
    )
    to = await tx.direct_address(expert_id, prefer=turn.inbound.platform)
    if to is not None:
        await tx.send(to, words.expert_helped(question.text))


async def _press_not_helped(turn: Turn) -> Outcome:
    answer_id = pressed_id(turn)
    async with turn.look() as tx:
        question = await tx.question((await tx.answer(answer_id)).question_id, by=turn.person)
        answer = await tx.answer(answer_id)
    grants = turn.person.grants() | question.audience
    fresh: list[Match] = []
    if answer.by_id is None:
        matches = await turn.services.library.search(turn.workspace, question.text, grants=grants, now=turn.now)
        seen = set(question.shown)
        rejected = next((match.snippet.aid for match in matches if match.snippet.id == answer.snippet_id), None)
        rest = tuple(m for m in matches if m.snippet.id not in seen and m.snippet.aid != rejected)
        floor = matches[0].score * WORTH_OFFERING if matches else 0.0
        fresh = [match for match in rest if match.score >= floor][:MOST_CHOICES]
    async with turn.commit() as tx:
        question, answer, news = await tx.judge(answer_id, helped=False, by=turn.person)
        if not news:
            return None
        if answer.by_id is not None:
            await tx.show_evidence(
                answer.by_id,
                EvidenceKind.ANSWERED,
                question.text,
                source=f"question:{question.id}:{answer.by_id}",
                weight=0.3,
            )
        card = await tx.said(answer.message_key)
        if card is not None:
            await tx.revise(answer.message_key, words.set_aside(without_buttons(card)))
        to = turn.only_to_me()
        held = await tx.hold_snippets([match.snippet.id for match in fresh], grants=grants)
        snippets = [held[match.snippet.id] for match in fresh if match.snippet.id in held]
        if snippets:
            candidates = [*question.candidates]
            candidates += [snippet.id for snippet in snippets if snippet.id not in candidates]
            shown = [snippet.id for snippet in snippets]
            await tx.change_question(question.id, shown=shown, candidates=candidates)
            await tx.send(to, words.choices(question.text, snippets, question_id=question.id, again=True))
        else:
            await tx.send(to, words.nothing(question.text, question_id=question.id, again=True))
    return None


async def _press_choose(turn: Turn) -> Outcome:
    question_id, number = pressed_numbers(turn, 2)
    async with turn.look() as tx:
        question = await tx.question(question_id, by=turn.person)
    if number >= len(question.shown):
        raise BadInputError("This choice is an old one. Please ask again.")
    grants = turn.private_grants() if turn.is_direct() else turn.private_grants() | question.audience
    chosen = question.shown[number]
    async with turn.commit() as tx:
        snippet = (await tx.hold_snippets([chosen], grants=grants)).get(chosen)
        if snippet is None:
            raise GoneError("That job aid was withdrawn meanwhile. Please ask again.")
        aid = await tx.aid(int(snippet.aid), grants=grants)
        await _send_answer(
            turn,
            tx,
            turn.only_to_me(),
            snippet,
            aid,
            question_id=question.id,
            quoted=question.text,
            private=not turn.is_direct(),
        )
        await revise_pressed(turn, tx, words.chosen(snippet.title))
    return None


async def _press_share(turn: Turn) -> Outcome:
    answer_id = pressed_id(turn)
    async with turn.commit() as tx:
        answer = await tx.answer(answer_id)
        question = await tx.question(answer.question_id, by=turn.person)
        if answer.aid_id is None or answer.snippet_id is None:
            raise BadInputError("Only an answer from a job aid can be shared.")
        aid = await tx.aid(answer.aid_id)
        if aid.status != Status.PUBLISHED:
            raise GoneError("That job aid was withdrawn meanwhile, so it is not shared.")
        if not aid.audience & turn.place_grants():
            return Note(
                card=Card(summary="Not everybody here may see this job aid, so it stays with you. Nothing was posted.")
            )
        snippet = Snippet(id=answer.snippet_id, title=aid.title, text=answer.text, aid=str(aid.id))
        parts = words.answer_parts(snippet, aid, today=turn.now.date(), page=turn.page_of(aid))
        await tx.send(turn.here(), words.shared(turn.person.name, question.text, parts))
    return Note(card=Card(summary="Shared here."))


async def _press_leave_it(turn: Turn) -> Outcome:
    question_id = pressed_id(turn)
    async with turn.commit() as tx:
        question = await tx.question(question_id, by=turn.person)
        await tx.change_question(question.id, status=QuestionStatus.UNANSWERED, settled_at=tx.now)
        await revise_pressed(turn, tx, words.left(question.text))
    return None


async def _press_none_of_these(turn: Turn) -> Outcome:
    """None of the choices, said in words: no button says only that."""
    question_id = pressed_id(turn)
    async with turn.commit() as tx:
        question = await tx.question(question_id, by=turn.person)
        await revise_pressed(turn, tx, words.set_aside(()))
        await tx.send(turn.only_to_me(), words.nothing("", question_id=question.id, again=True))
    return None


def without_buttons(card: Card) -> tuple[Part, ...]:
    return tuple(part for part in card.parts if not isinstance(part, Buttons))


async def _command_ask(turn: Turn) -> Outcome:
    said = turn.inbound
    assert isinstance(said, Said)
    if not said.text.strip():
        return words.ask_form()
    await ask(turn, said.text, private=True)
    return None


async def _press_ask_form(_turn: Turn) -> Outcome:
    return words.ask_form()


async def _submit_ask_form(turn: Turn) -> Outcome:
    question = field(turn, "question")
    if not question:
        return FieldErrors(errors={"question": "Please write your question."})
    await ask(turn, question, private=True)
    return None


COMMANDS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"ask": _command_ask}
PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "helped": _press_helped,
    "not_helped": _press_not_helped,
    "choose": _press_choose,
    "none_of_these": _press_none_of_these,
    "share": _press_share,
    "leave_it": _press_leave_it,
    "ask_form": _press_ask_form,
}
SUBMISSIONS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"ask_form": _submit_ask_form}
