"""`/lanyard gaps`: what was asked and not answered, for L&D, and what can be done about it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from bot.journeys.replies import field, is_typed, pressed_id, reply, show
from bot.journeys.suggesting import form_for_gap
from bot.messages import FieldErrors, Form, Outcome, Pressed, Scope
from bot.store import Lane, NotAllowedError, Transaction
from bot.store.doings import FEWEST
from bot.store.insight import Missed
from bot.store.records import Person
from bot.turn import BadInputError, Turn, parse_numbers
from bot.wording import gaps as words
from knowledge.drafting import draft_title
from knowledge.gaps import group_by_meaning

SINCE = timedelta(days=90)
MOST_READ = 2000  # questions
MOST_SHOWN = 6  # gaps
EXAMPLES = 2  # of each
MOST_CANDIDATES = 20
LONGEST_TOPIC = 60

_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|\+?\d[\d ()/-]{6,}\d")
_WORD = re.compile(r"@?[\w'’-]+")


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
    people = await tx.everyone()
    bare = [without_names(one.text, people) for one in missed]  # whose names stand in it is no part of what it means
    groups = await asyncio.to_thread(group_by_meaning, bare)
    shown: list[words.Gap] = []
    rest: list[Missed] = []
    for group in groups:
        members = [missed[place] for place in group]
        if len(shown) < MOST_SHOWN and _people(members) >= FEWEST:
            shown.append(_gap(members, people))
        else:
            rest += members
    return shown, rest


def _check_is_ld(person: Person) -> None:
    if not person.is_ld():
        raise NotAllowedError("Only L&D and administrators see what was asked and not answered.")


def _people(questions: Sequence[Missed]) -> int:
    return len({one.asker_id for one in questions})


def _gap(members: Sequence[Missed], people: Sequence[Person]) -> words.Gap:
    examples = list(dict.fromkeys(without_names(one.text, people) for one in members))[:EXAMPLES]
    return words.Gap(question_id=members[0].question_id, count=len(members), examples=tuple(examples))


def without_names(text: str, people: Sequence[Person]) -> str:
    """Without the names of colleagues, addresses and numbers by which somebody could be known."""
    names = {part.casefold() for person in people for part in person.name.split() if len(part) > 1}

    def hide(hit: re.Match[str]) -> str:
        word = hit[0].removeprefix("@")
        stem = re.sub(r"['’]s$", "", word)
        known = hit[0].startswith("@") or (word[:1].isupper() and stem.casefold() in names)
        return "…" if known else hit[0]

    return re.sub(r"…(\s+…)+", "…", _WORD.sub(hide, _ADDRESS.sub("…", " ".join(text.split()))))


# ── what can be done about it ───────────────────────────────────────────────────────────────────────────────────────


async def _example(turn: Turn) -> str:
    """The question that a gap was shown with, as it was shown. Raises NotAllowedError, GoneError."""
    _check_is_ld(turn.person)
    question_id = pressed_id(turn)
    async with turn.look() as tx:
        question = await tx.question(question_id)
        people = await tx.everyone()
    if question.scope == Scope.PRIVATE and not question.audience <= turn.place_grants():
        raise NotAllowedError("What was asked in a closed place is shown to its own people alone.")
    return without_names(question.text, people)


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
        declined = {person_id for person_id, profile in (await tx.profiles()).items() if profile.consent == "no"}
        everybody = {person.id: person for person in await tx.everyone()}
    likely = [everybody[int(one.person)] for one in ranked if int(one.person) in everybody]
    others = sorted(everybody.values(), key=lambda person: person.name)
    candidates = [person for person in dict.fromkeys(p.id for p in [*likely, *others]) if person not in declined]
    return words.invite_form(
        [(str(id_), everybody[id_].name) for id_ in candidates[:100]],
        topic=draft_title(example)[:LONGEST_TOPIC],
        question=example,
    )


async def _submit_invite(turn: Turn) -> Outcome:
    _check_is_ld(turn.person)
    topic = " ".join(field(turn, "topic").split())
    if not topic or len(topic) > LONGEST_TOPIC:
        return FieldErrors(errors={"topic": f"Please name the topic, in up to {LONGEST_TOPIC} characters."})
    (person_id,) = parse_numbers(field(turn, "person"), 1)
    async with turn.commit() as tx:
        to = await tx.direct_address(person_id, prefer=turn.inbound.platform)
        if to is None:
            raise BadInputError("That colleague cannot be written to. Please choose another.")
        name = (await tx.person(person_id)).name
        await tx.send(to, words.invitation(turn.person.name, topic), lane=Lane.EXPERT)
        return await reply(turn, tx, words.invited(name))


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
