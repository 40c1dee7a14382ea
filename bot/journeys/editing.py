"""A job aid is changed by those who look after it; everybody else suggests a change. What it said stays known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.journeys.capturing import correct_answers, finish_publishing
from bot.journeys.replies import field, pressed_id, pressed_numbers, revise_pressed, send_to_self
from bot.messages import Card, FieldErrors, Note, Outcome, Pressed, Submitted
from bot.store import GoneError, Lane, NotAllowedError, Transaction
from bot.store.knowledge import as_job_aid, check_is_kept_here
from bot.store.records import Aid, Person, Suggestion, SuggestionStatus
from bot.turn import BadInputError, Turn, parse_numbers
from bot.wording import capturing as capturing_words
from bot.wording import editing as words
from knowledge.lint import lint
from knowledge.model import EvidenceKind, Status

MOST_APPROVERS = 5


def check_fields(turn: Turn) -> FieldErrors | None:
    missing = {
        name: f"Please write {what}."
        for name, what in (("title", "a title"), ("body", "what the job aid says"))
        if not field(turn, name)
    }
    return FieldErrors(errors=missing) if missing else None


def _numbers(turn: Turn) -> tuple[int, int | None]:
    """An aid, and the version that was looked at; forms and buttons of former times named the aid alone."""
    assert isinstance(turn.inbound, Pressed | Submitted)
    numbers = parse_numbers(turn.inbound.value, 2 if "." in turn.inbound.value else 1)
    return numbers[0], numbers[1] if len(numbers) > 1 else None


# ── by those who may ────────────────────────────────────────────────────────────────────────────────────────────────


async def _press_edit(turn: Turn) -> Outcome:
    aid_id, _ = _numbers(turn)
    async with turn.look() as tx:
        aid = await tx.check_may_change(aid_id, by=turn.person)
    check_is_kept_here(aid)
    _check_fits(aid)
    return words.edit_form(aid)


def _check_fits(aid: Aid) -> None:
    if not words.fits_a_form(aid):
        raise BadInputError(words.too_long(aid))


async def _submit_edit(turn: Turn) -> Outcome:
    aid_id, version = _numbers(turn)
    if (errors := check_fields(turn)) is not None:
        return errors
    publish = Status.PUBLISHED if field(turn, "publish") else None
    async with turn.commit() as tx:
        before = await tx.check_may_change(aid_id, by=turn.person, lock=True)
        if version not in (None, before.version):
            return await _keep_aside(turn, tx, before, version=version or 0)
        aid = await tx.rewrite_aid(
            aid_id,
            by=turn.person,
            title=field(turn, "title"),
            body=field(turn, "body"),
            need=field(turn, "need"),
            status=publish if before.status == Status.DRAFT else None,
        )
        await correct_answers(tx, aid)
        if aid.status == Status.DRAFT:
            findings = [finding.message for finding in lint(as_job_aid(aid))]
            await send_to_self(turn, tx, capturing_words.offer(aid, findings))
        elif before.status == Status.DRAFT:
            aid = await finish_publishing(turn, tx, aid)
            await send_to_self(turn, tx, capturing_words.published(aid))
        else:
            await tx.audit("edit", f"job aid #{aid.number}", by=turn.person)
            await send_to_self(turn, tx, words.saved(aid))
    return None


async def _keep_aside(turn: Turn, tx: Transaction, aid: Aid, *, version: int) -> Outcome:
    """Of two who edit at once the second keeps what they wrote, and decides upon it with both before them."""
    suggestion = await tx.suggest_change(
        aid,
        by=turn.person,
        title=field(turn, "title"),
        need=field(turn, "need"),
        body=field(turn, "body"),
        note="",
        put_to=[turn.person.id],
        version=version,
    )
    newest = (await tx.versions(aid.id))[0]
    card = words.overtaken(aid, suggestion, by=newest.by_name)
    await _put_to(turn, tx, suggestion, turn.person.id, card)
    return Note(card=Card(summary=words.OVERTAKEN))


# ── by everybody else ───────────────────────────────────────────────────────────────────────────────────────────────


async def _press_suggest(turn: Turn) -> Outcome:
    aid_id, _ = _numbers(turn)
    async with turn.look() as tx:
        aid = await _visible(turn, tx, aid_id)
    _check_fits(aid)
    if aid.may_be_changed_by(turn.person):
        check_is_kept_here(aid)
        return words.edit_form(aid)
    return words.suggestion_form(aid)


async def _visible(turn: Turn, tx: Transaction, aid_id: int) -> Aid:
    """Raises GoneError for what is not theirs to see."""
    aid = await tx.aid(aid_id)
    return aid if aid.may_be_changed_by(turn.person) else await tx.aid(aid_id, grants=turn.private_grants())


async def _submit_suggestion(turn: Turn) -> Outcome:
    aid_id, version = _numbers(turn)
    if (errors := check_fields(turn)) is not None:
        return errors
    async with turn.commit() as tx:
        aid = await _visible(turn, tx, aid_id)
        said = (field(turn, "title"), field(turn, "need"), field(turn, "body"))
        if said == (aid.title, aid.need, aid.body):
            return FieldErrors(errors={"body": "Nothing is changed yet. Change what is wrong, then send it."})
        approvers = await _approvers(turn, tx, aid)
        suggestion = await tx.suggest_change(
            aid,
            by=turn.person,
            title=said[0],
            need=said[1],
            body=said[2],
            note=" ".join(field(turn, "note").split()),
            put_to=[person.id for person in approvers],
            version=version or aid.version,
        )
        card = _card(aid, suggestion, by=turn.person.name)
        for person in approvers:
            await _put_to(turn, tx, suggestion, person.id, card)
    return Note(card=words.thanks(aid, put_to=len(approvers)))


async def _approvers(turn: Turn, tx: Transaction, aid: Aid) -> Sequence[Person]:
    """Whoever looks after it and can be reached; else L&D, for what is theirs to see."""
    owners = await tx.people_by_id({one for one in (aid.owner_id, aid.deputy_id) if one is not None})
    reachable = await tx.direct_addresses(list(owners), prefer=turn.inbound.platform)
    found = [person for person in owners.values() if person.active and person.id in reachable]
    if found:
        return found
    ld = [person for person in await tx.learning_people() if aid.audience & person.grants()]
    reachable = await tx.direct_addresses([person.id for person in ld], prefer=turn.inbound.platform)
    return [person for person in ld if person.id in reachable][:MOST_APPROVERS]


def _card(aid: Aid, suggestion: Suggestion, *, by: str) -> Card:
    found = lint(as_job_aid(aid, title=suggestion.title, need=suggestion.need, body=suggestion.body))
    return words.suggested(
        aid,
        suggestion,
        by=by,
        findings=[finding.message for finding in found],
        changed_since=aid.version != suggestion.version,
    )


def _key(tx: Transaction, suggestion: Suggestion, person_id: int) -> str:
    """Of the card with which somebody was asked about it."""
    return f"suggestion-{tx.workspace}-{suggestion.id}-{person_id}"


async def _put_to(turn: Turn, tx: Transaction, suggestion: Suggestion, person_id: int, card: Card) -> None:
    to = await tx.direct_address(person_id, prefer=turn.inbound.platform)
    if to is None and person_id == turn.person.id:
        to = turn.only_to_me()
    if to is not None:
        await tx.send(to, card, lane=Lane.EXPERT, key=_key(tx, suggestion, person_id))


# ── what becomes of it ──────────────────────────────────────────────────────────────────────────────────────────────


async def _press_accept(turn: Turn) -> Outcome:
    suggestion_id, shown = pressed_numbers(turn, 2)
    async with turn.commit() as tx:
        suggestion, aid = await _both(turn, tx, suggestion_id)
        if aid.version != shown:
            by = (await tx.person(suggestion.by_id)).name
            card = _card(aid, suggestion, by=by)
            return None if await revise_pressed(turn, tx, card) else Note(card=card)
        await _accept(turn, tx, aid, suggestion, (suggestion.title, suggestion.need, suggestion.body))
    return None


async def _press_edit_suggestion(turn: Turn) -> Outcome:
    suggestion_id = pressed_id(turn)
    async with turn.look() as tx:
        suggestion = await tx.suggestion(suggestion_id)
        aid = await tx.check_may_change(suggestion.aid_id, by=turn.person)
    if suggestion.status is not SuggestionStatus.OPEN:
        raise GoneError(f"This suggestion was {suggestion.status} already.")
    return words.accept_form(aid, suggestion)


async def _submit_accept(turn: Turn) -> Outcome:
    suggestion_id, shown = pressed_numbers(turn, 2)
    if (errors := check_fields(turn)) is not None:
        return errors
    async with turn.commit() as tx:
        suggestion, aid = await _both(turn, tx, suggestion_id)
        if aid.version != shown:
            return await _keep_aside(turn, tx, aid, version=shown)
        await _accept(turn, tx, aid, suggestion, (field(turn, "title"), field(turn, "need"), field(turn, "body")))
    return None


async def _both(turn: Turn, tx: Transaction, suggestion_id: int) -> tuple[Suggestion, Aid]:
    """Both held until the commit, the aid first. Raises GoneError, NotAllowedError."""
    suggestion = await tx.suggestion(suggestion_id)
    aid = await tx.check_may_change(suggestion.aid_id, by=turn.person, lock=True)
    return await tx.suggestion(suggestion_id, lock=True), aid


async def _accept(turn: Turn, tx: Transaction, aid: Aid, suggestion: Suggestion, said: tuple[str, str, str]) -> None:
    await tx.settle_suggestion(suggestion.id, SuggestionStatus.ACCEPTED, by=turn.person)
    suggester = await tx.person(suggestion.by_id)
    mine = suggester.id == turn.person.id
    aid = await tx.rewrite_aid(
        aid.id,
        by=turn.person,
        title=said[0],
        need=said[1],
        body=said[2],
        why="" if mine else f"suggested by {suggester.name}",
    )
    await correct_answers(tx, aid)
    await tx.audit("accept suggestion", f"job aid #{aid.number}", by=turn.person)
    await _tell_all(turn, tx, aid, suggestion, taken=True)
    if not mine:
        await tx.show_evidence(
            suggester.id, EvidenceKind.OWNS, f"{aid.title}\n{aid.need}", source=f"suggested:{suggestion.id}", weight=0.5
        )
        edited = said != (suggestion.title, suggestion.need, suggestion.body)
        await _tell(turn, tx, suggester, words.taken_up(aid, by=turn.person.name, edited=edited))


async def _press_done_elsewhere(turn: Turn) -> Outcome:
    """The aid is kept in a file, and whoever looks after it has changed that."""
    suggestion_id = pressed_id(turn)
    async with turn.commit() as tx:
        suggestion = await tx.settle_suggestion(suggestion_id, SuggestionStatus.ACCEPTED, by=turn.person)
        aid = await tx.aid(suggestion.aid_id)
        await _tell_all(turn, tx, aid, suggestion, taken=True)
        await _tell(turn, tx, await tx.person(suggestion.by_id), words.taken_up(aid, by=turn.person.name, edited=False))
    return None


async def _press_reject(turn: Turn) -> Outcome:
    suggestion_id = pressed_id(turn)
    async with turn.commit() as tx:
        suggestion = await tx.settle_suggestion(suggestion_id, SuggestionStatus.REJECTED, by=turn.person)
        aid = await tx.aid(suggestion.aid_id)
        await _tell_all(turn, tx, aid, suggestion, taken=False)
        if suggestion.by_id != turn.person.id:
            await _tell(turn, tx, await tx.person(suggestion.by_id), words.turned_down(aid))
    return None


async def _tell_all(turn: Turn, tx: Transaction, aid: Aid, suggestion: Suggestion, *, taken: bool) -> None:
    """Every card on which it was shown says what became of it."""
    card = words.settled(aid, by=turn.person.name, taken=taken)
    for person_id in suggestion.put_to:
        await tx.revise(_key(tx, suggestion, person_id), card)


async def _tell(turn: Turn, tx: Transaction, person: Person, card: Card) -> None:
    to = await tx.direct_address(person.id, prefer=turn.inbound.platform)
    if to is not None and person.active:
        await tx.send(to, card, lane=Lane.EXPERT)


# ── what it said before ─────────────────────────────────────────────────────────────────────────────────────────────


async def _press_history(turn: Turn) -> Outcome:
    aid_id = pressed_id(turn)
    async with turn.look() as tx:
        aid = await _check_may_look_back(turn, tx, aid_id)
        return Note(card=words.history(aid, await tx.versions(aid_id)))


async def _check_may_look_back(turn: Turn, tx: Transaction, aid_id: int) -> Aid:
    """What was taken out of an aid is not for everybody. Raises GoneError, NotAllowedError."""
    aid = await _visible(turn, tx, aid_id)
    if not aid.may_be_changed_by(turn.person) and not turn.person.is_ld():
        raise NotAllowedError("What a job aid said before is shown to those who look after it, and to L&D.")
    return aid


async def _press_version(turn: Turn) -> Outcome:
    aid_id, number = pressed_numbers(turn, 2)
    async with turn.look() as tx:
        aid = await _check_may_look_back(turn, tx, aid_id)
        versions = {one.number: one for one in await tx.versions(aid_id)}
    before = max((one for one in versions if one < number), default=None)
    if number not in versions or before is None:
        raise GoneError("There is no such version of this job aid.")
    may = aid.may_be_changed_by(turn.person)
    return Note(card=words.changed_in(aid, versions[number], versions[before], may_restore=may))


async def _press_restore(turn: Turn) -> Outcome:
    aid_id, number, shown = pressed_numbers(turn, 3)
    async with turn.commit() as tx:
        aid = await tx.restore_version(aid_id, number, by=turn.person, expect=shown)
        await correct_answers(tx, aid)
        await tx.audit("bring back", f"version {number} of job aid #{aid.number}", by=turn.person)
    return Note(card=words.saved(aid))


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "edit_aid": _press_edit,
    "suggest_edit": _press_suggest,
    "accept_suggestion": _press_accept,
    "edit_suggestion": _press_edit_suggestion,
    "done_elsewhere": _press_done_elsewhere,
    "reject_suggestion": _press_reject,
    "aid_history": _press_history,
    "aid_version": _press_version,
    "restore_version": _press_restore,
}
SUBMISSIONS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "edit_aid": _submit_edit,
    "suggest_edit": _submit_suggestion,
    "accept_suggestion": _submit_accept,
}
