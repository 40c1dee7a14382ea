"""Caring for a job aid that is there: still true, looked at, handed over, retired, brought back."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog

from bot.journeys.capturing import correct_answers
from bot.journeys.choosing import hours_of
from bot.journeys.replies import field, pressed_id, show
from bot.journeys.whom import called
from bot.messages import Address, Card, FieldErrors, Note, Outcome
from bot.services import Services
from bot.store import GoneError, Lane, Transaction
from bot.store.directions import chunks
from bot.store.knowledge import check_is_kept_here
from bot.store.records import Aid, Person
from bot.turn import Turn
from bot.wording import caring as words
from bot.wording.whom import nobody_called
from knowledge.model import EvidenceKind, Status
from scheduler.hours import next_at_work

log = structlog.get_logger(__name__)

MOST_A_WEEK = 3  # reviews asked of one person; an import does not fall due upon them all at once
AGAIN = timedelta(days=14)  # after which a review that nobody has given is asked for again
EACH = 500  # reviews that are looked through before others have their turn
LONGEST_REVIEW = 3650  # days
_BY_NUMBER = re.compile(r"aid\s+#?\d+", re.IGNORECASE)
REVIEW = "review"  # what the keys of such cards begin with


async def _press_still_true(turn: Turn) -> Outcome:
    aid_id = pressed_id(turn)
    async with turn.commit() as tx:
        aid = await tx.verify_aid(aid_id, by=turn.person)
        if aid.owner_id != turn.person.id:  # that the owner knows the topic is seen without it
            await tx.show_evidence(
                turn.person.id, EvidenceKind.OWNS, aid.title, source=f"verified:{aid.id}:{turn.person.id}"
            )
        await tx.audit("verify", f"job aid #{aid.number}", by=turn.person)
        await correct_answers(tx, aid)
        return await _answer_review(turn, tx, words.verified(aid))


async def _answer_review(turn: Turn, tx: Transaction, card: Card) -> Outcome:
    """In place of the card that asked for a review; elsewhere as a word beside, since there is more on such a card."""
    key = await turn.pressed_key(tx)
    if key is None or not key.startswith(f"{REVIEW}-"):
        return Note(card=card)
    await tx.revise(key, card)
    return None


async def _press_open(turn: Turn) -> Outcome:
    aid_id = pressed_id(turn)
    async with turn.look() as tx:
        aid = await tx.aid(aid_id)
        if not aid.may_be_changed_by(turn.person):
            aid = await tx.aid(aid_id, grants=turn.private_grants())
    return Note(card=_whole(turn, aid))


def is_typed_command(text: str) -> bool:
    """Only with a number: “aid for new parents?” is a question."""
    return _BY_NUMBER.fullmatch(text.strip()) is not None


async def show_aid(turn: Turn, phrase: str) -> Outcome:
    """`/lanyard aid 12`: all that a job aid says, for whoever may see it."""
    async with turn.look() as tx:
        aid = await tx.find_aid(phrase, grants=turn.private_grants()) if phrase else None
    return await show(turn, _whole(turn, aid) if aid is not None else words.no_such(phrase))


def _whole(turn: Turn, aid: Aid) -> Card:
    may_change = aid.may_be_changed_by(turn.person)
    return words.whole(aid, today=turn.now.date(), may_change=may_change, may_look_back=turn.person.is_ld())


async def _press_retire(turn: Turn) -> Outcome:
    return await _change_status(turn, Status.PUBLISHED, Status.RETIRED)


async def _press_restore(turn: Turn) -> Outcome:
    return await _change_status(turn, Status.RETIRED, Status.PUBLISHED)


async def _change_status(turn: Turn, before: Status, after: Status) -> Outcome:
    aid_id = pressed_id(turn)
    verb = "retire" if after is Status.RETIRED else "restore"
    async with turn.commit() as tx:
        aid = await tx.check_may_change(aid_id, by=turn.person, lock=True)
        if aid.status != before:
            raise GoneError(f"Job aid #{aid.number} is {aid.status} already.")
        aid = await tx.rewrite_aid(
            aid_id, by=turn.person, title=aid.title, body=aid.body, need=aid.need, status=after, why=f"{verb}d"
        )
        await correct_answers(tx, aid)
        await tx.audit(verb, f"job aid #{aid.number}", by=turn.person)
        return await _answer_review(turn, tx, words.retired(aid) if after is Status.RETIRED else words.restored(aid))


# ── who looks after it ──────────────────────────────────────────────────────────────────────────────────────────────


async def _press_care(turn: Turn) -> Outcome:
    aid_id = pressed_id(turn)
    async with turn.look() as tx:
        aid = await tx.check_may_change(aid_id, by=turn.person)
        check_is_kept_here(aid)
        people = await tx.people_by_id({one for one in (aid.owner_id, aid.deputy_id) if one is not None})
    called = {person.id: person.email or person.name for person in people.values()}
    return words.care_form(aid, owner=called.get(aid.owner_id or 0, ""), deputy=called.get(aid.deputy_id or 0, ""))


async def _submit_care(turn: Turn) -> Outcome:
    aid_id = pressed_id(turn)
    errors: dict[str, str] = {}
    days = field(turn, "review_days")
    if not (days.isascii() and days.isdecimal() and len(days) < 6 and 1 <= int(days) <= LONGEST_REVIEW):
        errors["review_days"] = words.NO_DAYS
    found: dict[str, Person | None] = {}
    async with turn.look() as tx:
        for name in ("owner", "deputy"):
            typed = field(turn, name)
            found[name] = await called(tx, typed)
            if found[name] is None and (typed or name == "owner"):
                errors[name] = nobody_called(typed)
    owner, deputy = found["owner"], found["deputy"]
    if owner is not None and deputy is not None and owner.id == deputy.id:
        errors["deputy"] = words.THE_SAME
    if errors or owner is None:
        return FieldErrors(errors=errors)
    async with turn.commit() as tx:
        before = await tx.check_may_change(aid_id, by=turn.person, lock=True)
        aid = await tx.set_care(
            aid_id,
            by=turn.person,
            owner=owner.id,
            deputy=deputy.id if deputy is not None else None,
            review_days=int(days),
            locked=bool(field(turn, "locked")),
        )
        await tx.audit("hand over", f"job aid #{aid.number} to person {owner.id}", by=turn.person)
        for person, was, as_deputy in ((owner, before.owner_id, False), (deputy, before.deputy_id, True)):
            if person is not None and person.id not in (was, turn.person.id):
                to = await tx.direct_address(person.id, prefer=turn.inbound.platform)
                if to is not None:
                    card = words.given_to_you(aid, by=turn.person.name, as_deputy=as_deputy)
                    await tx.send(to, card, lane=Lane.EXPERT)
    return Note(card=words.care_settled(aid))


# ── when its time has come ──────────────────────────────────────────────────────────────────────────────────────────


async def ask_for_reviews(services: Services, workspace: int) -> int:
    """Ask those who look after job aids whether these are still true: a few a week each, while they are at work.

    Returns how many were asked about. Safe to call from any number of replicas.
    """
    now = services.now()
    async with services.store.reading(workspace, now=now) as tx:
        due = await tx.reviews_due(again=AGAIN)
        if not due:
            return 0
        settings, profiles = (await tx.workspace_record()).settings, await tx.profiles()
        people: dict[int, Person] = {}
        reachable: dict[int, Address] = {}
        for some in chunks(sorted({one.person_id for one in due})):
            people |= await tx.people_by_id(some)
            reachable |= await tx.direct_addresses(some)
        lately = Counter(await tx.reviewers_lately(since=now.date() - timedelta(days=6)))
    asked = 0
    for number, one in enumerate(due):
        if number % EACH == 0:
            await asyncio.sleep(0)  # there may be tens of thousands, of which few can be asked now
        person = people[one.person_id]
        if person.id not in reachable or lately[person.id] >= MOST_A_WEEK:
            continue
        if next_at_work(hours_of(person, profiles.get(person.id), settings), now) != now:
            continue
        async with services.store.transaction(workspace, now=now) as tx:
            aid = await tx.claim_review(one.aid_id, again=AGAIN)
            if aid is None:
                continue
            card = words.review(aid, today=now.date(), deputy=person.id != aid.owner_id)
            key = f"{REVIEW}-{workspace}-{aid.id}-{now.date().isoformat()}"
            await tx.send(reachable[person.id], card, lane=Lane.EXPERT, key=key)
        lately[person.id] += 1
        asked += 1
    if asked:
        log.info("reviews asked for", workspace=workspace, aids=asked)
    return asked


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "still_true": _press_still_true,
    "open_aid": _press_open,
    "care_aid": _press_care,
    "retire_aid": _press_retire,
    "restore_aid": _press_restore,
}
SUBMISSIONS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"care_aid": _submit_care}
