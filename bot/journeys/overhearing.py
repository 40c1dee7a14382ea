"""What is said where Lanyard is not meant: a question that it is sure of, and who answers what.

Precision first. Only a message that opens a thread is considered, only where the place's people allow it, and only if
it asks something; the answer must be surer than one that was asked for, may be seen by everybody in the place, and is
kept back where a colleague was quicker, where Lanyard spoke a moment ago, or where the asker wants none.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog

from bot import metrics
from bot.journeys import asking
from bot.journeys.replies import revise_pressed
from bot.messages import Note, Outcome, Pressed, Said, Scope
from bot.store import Transaction
from bot.store.channels import ANYBODY, ANYWHERE, SHADOW
from bot.store.records import Channel, Heeded, Mode
from bot.store.shown import talk_source
from bot.turn import BadInputError, Turn
from bot.wording import listening as words
from knowledge.listening import ENOUGH, asks, own_words
from knowledge.model import Decision, EvidenceKind, Match, Verdict

log = structlog.get_logger(__name__)

QUIET = timedelta(minutes=5)  # between two unsolicited replies in a channel, or to one person
HUSHED = timedelta(days=30)
SHORTEST_ANSWER = 3  # words of a reply from which something can be learned
ASKED = 1.0  # weight of a reply to what asks something; of one to anything else half of it
THANKS = re.compile(
    r"\b(?:thanks?|thank you|thx|cheers|that (?:worked|helped|fixed it|did it)|works now|danke|merci|gracias)\b",
    re.IGNORECASE,
)


async def overhear(turn: Turn, channel: Channel) -> None:
    """A message that is not for Lanyard, in a place whose people let it listen or learn."""
    said = turn.inbound
    assert isinstance(said, Said)
    if said.place.thread is not None:
        await _hear_reply(turn, channel, said, said.place.thread)
    elif said.message is not None:
        thread = f"{turn.place_key()}/{said.message}"
        needs_answer = asks(said.text) >= ENOUGH
        if channel.mode in (Mode.OFFER, Mode.ANSWER) and needs_answer:
            await _consider(turn, channel, said, message=said.message)
        if channel.learns:
            async with turn.commit() as tx:
                await tx.open_talk(thread, turn.person, own_words(said.text).strip())


# ── speaking unasked ────────────────────────────────────────────────────────────────────────────────────────────────


async def _consider(turn: Turn, channel: Channel, said: Said, *, message: str) -> None:
    text = own_words(said.text).strip()[: asking.LONGEST_QUESTION]
    async with turn.look() as tx:
        if await tx.is_restrained(channel.key, turn.person.id):
            return
    # Also an offer may say only what everybody in the place may see: it can be shared there with one press.
    grants = turn.place_grants()
    for _ in range(asking.MOST_LOOKS):
        verdict, settings = await asking.consider(turn, text, grants)
        try:
            outcome = await _reply(turn, channel, text, verdict, settings, message=message)
        except asking.OvertakenError:
            log.info("answer overtaken by a change of its job aid")
        else:
            metrics.overheard.labels(outcome or "left alone").inc()
            return


async def _reply(
    turn: Turn, channel: Channel, text: str, verdict: Verdict, settings: Mapping[str, Any], *, message: str
) -> Heeded | None:
    """Returns what came of it; None where it was not for Lanyard to speak. Raises OvertakenError."""
    sure = is_sure(verdict, settings)
    public = channel.mode is Mode.ANSWER
    async with turn.commit() as tx:
        # Everything may have changed while the search ran.
        if (await tx.channel(channel.key)).mode is not channel.mode:
            return None
        if await tx.has_reply(replace(turn.inbound.place, thread=message), f"{channel.key}/{message}"):
            return None
        if not sure:
            await tx.note_overheard(channel.key, Heeded.UNSURE)
            return Heeded.UNSURE
        match = verdict.matches[0]
        outcome = Heeded.SHADOW if settings.get(SHADOW) else Heeded.SAID
        if outcome is Heeded.SAID:
            if not await _may_speak(turn, tx, channel, public=public, settings=settings):
                return None
            await _say(turn, tx, channel, text, verdict, match, message=message, public=public)
        await tx.note_overheard(channel.key, outcome, aid_id=int(match.snippet.aid))
        return outcome


def is_sure(verdict: Verdict, settings: Mapping[str, Any]) -> bool:
    """Whether it is sure enough to be said unasked: by the workspace's own threshold, else with half the doubt."""
    asked_for = asking.thresholds_of(settings).answer_for(verdict.matches)
    enough = float(settings.get("unsolicited_threshold", (1 + asked_for) / 2))
    return verdict.decision is Decision.ANSWER and verdict.confidence >= max(enough, asked_for)


async def _may_speak(
    turn: Turn, tx: Transaction, channel: Channel, *, public: bool, settings: Mapping[str, Any]
) -> bool:
    """Whether there has been quiet for long enough; if so, it begins anew. An offer disturbs nobody but the asker."""
    if await tx.is_restrained(channel.key, turn.person.id):
        return False
    minutes = settings.get("unsolicited_pause_minutes")
    quiet = timedelta(minutes=float(minutes)) if isinstance(minutes, int | float) else QUIET
    whom = ANYBODY if public else turn.person.id
    return await tx.take_the_floor(channel.key, whom, until=turn.now + quiet)


async def _say(
    turn: Turn,
    tx: Transaction,
    channel: Channel,
    text: str,
    verdict: Verdict,
    match: Match,
    *,
    message: str,
    public: bool,
) -> None:
    await asking.hold(tx, [match.snippet], turn.place_grants())
    question_id = await tx.record_question(
        key=turn.key,
        asker=turn.person,
        text=text,
        place=turn.here(thread=message),
        scope=turn.inbound.place.scope,
        thread=None,  # nobody spoke to Lanyard: what colleagues say in the thread is not for it either
        audience=turn.place_grants(),
        decision=verdict.decision,
        confidence=verdict.confidence,
        shipped=verdict.shipped,
        candidates=[one.snippet.id for one in verdict.matches],
        shown=[match.snippet.id],
    )
    aid = await tx.aid(int(match.snippet.aid))
    key = tx.new_id()
    answer_id = await tx.record_answer(
        question_id=question_id, text=match.snippet.text, message_key=key, snippet_id=match.snippet.id, aid_id=aid.id
    )
    card = words.unasked(
        match.snippet,
        aid,
        question="" if public else text,
        answer_id=answer_id,
        place=channel.key,
        private=not public,
        today=turn.now.date(),
        page=turn.page_of(aid),
    )
    await tx.send(turn.here(thread=message) if public else turn.only_to_me(thread=message), card, key=key)


async def _press_hush_here(turn: Turn) -> Outcome:
    return await _hush(turn, here=True)


async def _press_hush_me(turn: Turn) -> Outcome:
    return await _hush(turn, here=False)


async def _hush(turn: Turn, *, here: bool) -> Outcome:
    """Whoever presses speaks for themselves: nobody else is restrained, whatever place a forged button names."""
    assert isinstance(turn.inbound, Pressed)
    place = turn.inbound.value
    if not place or len(place) > 600:
        raise BadInputError("This button is not one of mine. Use the buttons below my answer.")
    async with turn.commit() as tx:
        await tx.restrain(place if here else ANYWHERE, turn.person.id, until=turn.now + HUSHED)
        card = words.hushed(here=here, days=HUSHED.days)
        if turn.inbound.message is not None and turn.inbound.message.person is not None:
            await revise_pressed(turn, tx, card)  # an offer; what stands in the open is for the others, too
    return Note(card=card)


# ── learning who answers ────────────────────────────────────────────────────────────────────────────────────────────


async def _hear_reply(turn: Turn, channel: Channel, said: Said, root: str) -> None:
    thread = f"{channel.key}/{root}"
    async with turn.look() as tx:
        talk = await tx.talk(thread)
    text = own_words(said.text).strip()
    if talk is not None and talk.person_id == turn.person.id:
        if channel.learns and talk.answered_by is not None and THANKS.search(text):
            async with turn.commit() as tx:
                await _show(turn, tx, talk.answered_by, EvidenceKind.THANKED, talk.text, source=f"thanks:{thread}")
        return
    at_length = len(text.split()) >= SHORTEST_ANSWER
    async with turn.commit() as tx:
        await tx.reply_to_talk(thread, turn.person, at_length=at_length)
        if channel.learns and talk is not None and talk.text and at_length:
            weight = ASKED if asks(talk.text) >= ENOUGH else ASKED / 2
            source = talk_source(thread, turn.person.id)
            shown = asked_and_answered(talk.text, text)
            await _show(turn, tx, turn.person.id, EvidenceKind.SPOKE, shown, source=source, weight=weight)


def asked_and_answered(question: str, answer: str) -> str:
    """The text of what an answer shows: its question in the first line."""
    return f"{' '.join(question.split())}\n{answer}"


async def _show(
    turn: Turn, tx: Transaction, person_id: int, kind: EvidenceKind, text: str, *, source: str, weight: float = 1.0
) -> None:
    await tx.show_evidence(
        person_id,
        kind,
        text,
        source=source,
        at=turn.inbound.at,
        place=turn.place_key(),
        closed=turn.inbound.place.scope is not Scope.CHANNEL,
        weight=weight,
    )


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "hush_here": _press_hush_here,
    "hush_me": _press_hush_me,
}
