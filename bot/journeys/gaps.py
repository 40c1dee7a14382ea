"""`/lanyard gaps`: what was asked and not answered, for L&D, and what can be done about it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.journeys.replies import field, is_typed, pressed_id, reply, show
from bot.journeys.suggesting import form_for_gap
from bot.journeys.whom import NobodyError, must_name, offer
from bot.messages import FieldErrors, Form, Outcome, Pressed, Scope
from bot.names import Names
from bot.store import GoneError, Lane, NotAllowedError, Transaction
from bot.store.doings import FEWEST
from bot.store.insight import Missed
from bot.store.records import Person
from bot.turn import BadInputError, Turn
from bot.wording import gaps as words
from knowledge.drafting import draft_title
from knowledge.gaps import group_by_meaning

SINCE = timedelta(days=90)
MOST_READ = 2000  # questions
MOST_SHOWN = 6  # gaps
EXAMPLES = 2  # of each
MOST_CANDIDATES = 20
LONGEST_TOPIC = 60


async def show_gaps(turn: Turn) -> Outcome:
    _check_is_ld(turn.person)
    async with turn.look() as tx:
        shown, rest = await find_gaps(tx, place_audience=turn.place_grants())
    # That something is left out is said only where it points at nobody.
    left_out = len(rest) if _people(rest) >= FEWEST else 0
    return await show(turn, words.gaps(shown, left_out=left_out, days=SINCE.days))


async def find_gaps(tx: Transaction, *, place_audience: frozenset[str]) -> tuple[Sequence[words.Gap], Sequence[Missed]]:
    """What may be shown, the largest first, and the questions of which nothing is."""
    missed = await tx.missed(since=tx.now - SINCE, place_audience=place_audience, limit=MOST_READ)
    bare, groups = await asyncio.to_thread(_group, [one.text for one in missed], await tx.names())
    shown: list[words.Gap] = []
    rest: list[Missed] = []
    for group in groups:
        members = [missed[place] for place in group]
        if len(shown) < MOST_SHOWN and _people(members) >= FEWEST:
            examples = tuple(dict.fromkeys(bare[place] for place in group))[:EXAMPLES]
            shown.append(words.Gap(question_id=members[0].question_id, count=len(members), examples=examples))
        else:
            rest += members
    return shown, rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Those of a gap, for no eyes; `example` is without names."""

    members: Sequence[Missed]
    example: str


async def group_of(tx: Transaction, turn: Turn, question_id: int) -> Group:
    """The gap that a question was shown with. Raises NotAllowedError, and GoneError where it may not be shown (now)."""
    _check_is_ld(turn.person)
    missed = await tx.missed(since=tx.now - SINCE, place_audience=turn.place_grants(), limit=MOST_READ)
    bare, groups = await asyncio.to_thread(_group, [one.text for one in missed], await tx.names())
    for group in groups:
        members = [missed[place] for place in group]
        if any(one.question_id == question_id for one in members) and _people(members) >= FEWEST:
            return Group(members=members, example=bare[group[0]])
    raise GoneError("That gap is not there any more: it was answered, or has grown old.")


def _check_is_ld(person: Person) -> None:
    if not person.is_ld():
        raise NotAllowedError("Only L&D and administrators see what was asked and not answered.")


def _people(questions: Sequence[Missed]) -> int:
    return len({one.asker_id for one in questions})


def _group(texts: Sequence[str], names: Sequence[str]) -> tuple[list[str], list[list[int]]]:
    """The questions without names, since whose name stands in one is no part of what it means, and those alike."""
    known = Names(names)
    bare = [known.leave_out(text) for text in texts]
    return bare, group_by_meaning(bare)


# ── what can be done about it ───────────────────────────────────────────────────────────────────────────────────────


async def _example(turn: Turn) -> str:
    """The question that a gap was shown with, as it was shown. Raises NotAllowedError, GoneError."""
    _check_is_ld(turn.person)
    question_id = pressed_id(turn)
    async with turn.look() as tx:
        question = await tx.question(question_id)
        names = Names(await tx.names())
    if question.scope == Scope.PRIVATE and not question.audience <= turn.place_grants():
        raise NotAllowedError("What was asked in a closed place is shown to its own people alone.")
    return names.leave_out(question.text)


async def _press_draft(turn: Turn) -> Outcome:
    example = await _example(turn)
    return form_for_gap(turn, title=draft_title(example), need=example)


async def _press_invite(turn: Turn) -> Outcome:
    example = await _example(turn)
    return await _invitation(turn, example)


async def _invitation(turn: Turn, example: str) -> Form:
    ranked = await turn.services.library.rank_experts(
        turn.workspace, example, asker=turn.person.id, place=None, now=turn.now, limit=MOST_CANDIDATES
    )
    async with turn.look() as tx:
        offered = await offer(tx, likely=[int(one.person) for one in ranked], but=await _declined(tx))
    return words.invite_form(offered, topic=draft_title(example)[:LONGEST_TOPIC], question=example)


async def _declined(tx: Transaction) -> set[int]:
    return {person_id for person_id, profile in (await tx.profiles()).items() if profile.consent == "no"}


async def _submit_invite(turn: Turn) -> Outcome:
    _check_is_ld(turn.person)
    topic = " ".join(field(turn, "topic").split())
    if not topic or len(topic) > LONGEST_TOPIC:
        return FieldErrors(errors={"topic": f"Please name the topic, in up to {LONGEST_TOPIC} characters."})
    async with turn.look() as tx:
        try:
            person = await must_name(turn, tx)
        except NobodyError as nobody:
            return FieldErrors(errors=nobody.errors)
        if person.id in await _declined(tx):
            raise BadInputError(f"{person.name} prefers not to be asked. Please choose another.")
    async with turn.commit() as tx:
        to = await tx.direct_address(person.id, prefer=turn.inbound.platform)
        if to is None:
            raise BadInputError("That colleague cannot be written to. Please choose another.")
        await tx.send(to, words.invitation(turn.person.name, topic), lane=Lane.EXPERT)
        return await reply(turn, tx, words.invited(person.name))


async def _press_take_topic(turn: Turn) -> Outcome:
    """They said yes: the topic becomes one of theirs. What the button carries is their own word from here on."""
    pressed = turn.inbound
    assert isinstance(pressed, Pressed)
    topic = " ".join(pressed.value.split())[:LONGEST_TOPIC]
    async with turn.commit() as tx:
        profile = (await tx.profiles()).get(turn.person.id)
        topics = [*(profile.topics if profile else ())]
        if topic and topic not in topics:
            topics.append(topic)
        await tx.set_profile(turn.person, consent="yes", topics=topics)
        key = await turn.pressed_key(tx)
        if key is not None:
            await tx.revise(key, words.taken(topic))
    return None


async def _press_leave_topic(turn: Turn) -> Outcome:
    async with turn.commit() as tx:
        key = await turn.pressed_key(tx)
        if key is not None:
            await tx.revise(key, words.left())
    return None


async def _press_gaps(turn: Turn) -> Outcome:
    assert not is_typed(turn)
    return await show_gaps(turn)


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "gaps": _press_gaps,
    "gap_draft": _press_draft,
    "gap_invite": _press_invite,
    "take_topic": _press_take_topic,
    "leave_topic": _press_leave_topic,
}
SUBMISSIONS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"gap_invite": _submit_invite}
