"""`/lanyard glossary`: the company's own words. Everybody reads those they may know of; L&D changes them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.journeys.replies import field, pressed_id, reply, show
from bot.messages import Buttons, Card, FieldErrors, Note, Outcome, Part, Pressed, Submitted, Text
from bot.names import Names
from bot.store import GoneError, NotAllowedError, Transaction
from bot.store.doings import FEWEST
from bot.store.records import Person
from bot.store.terms import Helped
from bot.turn import BadInputError, Turn
from bot.wording import glossary as words
from knowledge.model import OPEN, Status, Term
from knowledge.terms import (
    LONGEST_EXPANSION,
    LONGEST_TERM,
    Solved,
    Suggestion,
    Written,
    check,
    defined,
    pair_of,
    parse,
    used,
)
from knowledge.words import canonical, stems_of_short

PAGE = 50  # entries; a card of every platform has room for them, and so has a choice
MOST_SUGGESTED = 3
MOST_AIDS = 5_000  # that are looked through for what they explain
MOST_QUESTIONS = 2_000
SINCE = timedelta(days=365)
_LONGEST_VALUE = 1_900  # characters that a button carries
_NOT_MINE = "This button is not one of mine. Open the glossary again."
_REMOVE = ("remove ", "delete ")
_MEANING = re.compile(
    r"what(?:\s+(?:does|do)\s+(?:the\s+term\s+|the\s+word\s+)?(?P<term>.{1,80}?)\s+(?:mean|stand\s+for)"
    r"|(?:['’]s|s|\s+is)\s+(?:the\s+)?(?:meaning|definition|long\s+form|full\s+form)\s+of\s+(?P<of>.{1,80}?))\s*[?!.]*",
    re.IGNORECASE,
)


async def show_glossary(turn: Turn, rest: str = "") -> Outcome:
    """All of it, or what was written behind the command: "PO", "PO = purchase order", "remove PO"."""
    rest = " ".join(rest.split())
    if not rest:
        return await show(turn, await _page(turn, 0))
    if rest.casefold().startswith(_REMOVE):
        return await _remove_typed(turn, rest.partition(" ")[2])
    pair = parse(rest)
    if pair is not None:
        return await _add(turn, *pair)
    async with turn.look() as tx:
        found = _of(rest, _visible(await tx.glossary(), turn.place_grants()))
    return await show(turn, words.entries(rest, found, may_change=turn.person.is_ld()))


async def say_meaning(turn: Turn, text: str) -> bool:
    """Answer “what does POS mean?” from the glossary. False where it is another question, or the term is not in it."""
    found = _MEANING.fullmatch(" ".join(text.split()))
    if found is None:
        return False
    asked = (found["term"] or found["of"]).strip(" \"'“”‘’`*_")
    async with turn.look() as tx:
        known = _of(asked, _visible(await tx.glossary(), turn.place_grants()))
    if known:
        await show(turn, words.entries(asked, known, may_change=turn.person.is_ld()))
    return bool(known)


def is_typed_command(text: str) -> bool:
    """Whether "glossary …", typed to the bot, is this rather than a question about a glossary."""
    first, _, rest = " ".join(text.split()).partition(" ")
    if first.casefold() != "glossary":
        return False
    return not rest or rest.casefold().startswith(_REMOVE) or parse(rest) is not None or " " not in rest


async def _page(turn: Turn, first: int) -> Card:
    may_change = turn.person.is_ld()
    grants = turn.place_grants()
    async with turn.look() as tx:
        terms = _visible(await tx.glossary(), grants)
    suggested = await _suggested(turn, grants) if may_change and not first else []
    return words.glossary(
        terms[first : first + PAGE],
        first=first,
        total=len(terms),
        suggested=suggested,
        later=first + PAGE if first + PAGE < len(terms) else None,
        earlier=max(0, first - PAGE) if first else None,
        may_change=may_change,
    )


def _visible(terms: Sequence[Term], grants: frozenset[str]) -> list[Term]:
    """What everybody who reads the place may know of."""
    return [term for term in terms if term.audience & grants]


def _of(asked: str, terms: Sequence[Term]) -> list[Term]:
    wanted = canonical(asked)
    return [term for term in terms if wanted and wanted in (canonical(term.term), canonical(term.expansion))]


# ── suggestions ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def _suggested(turn: Turn, grants: frozenset[str]) -> list[tuple[Suggestion, str]]:
    """What aids and questions suggest, made anew each time; with what the buttons carry.

    Only from what everybody who reads this place may see. What people asked counts from as many as figures do.
    """
    async with turn.look() as tx:
        known = await tx.known_pairs()
        terms = await tx.glossary()
        written = await tx.defining(grants=grants, limit=MOST_AIDS)
        helped = await tx.helped(since=turn.now - SINCE, place_audience=grants, limit=MOST_QUESTIONS)
        aids = await tx.aids_by_id({one.aid_id for one in helped})
        names = await tx.names()
    sources = {
        number: Written(title=aid.title, body=aid.body, audience=aid.audience)
        for number, aid in aids.items()
        if aid.status == Status.PUBLISHED and aid.audience & grants
    }
    found = await asyncio.to_thread(_find, written, helped, sources, names, terms)
    offered = [
        (one, _carry(one))
        for one in found
        if pair_of(one.term, one.expansion) not in known and not check(one.term, one.expansion)
    ]
    return [(one, value) for one, value in offered if len(value) <= _LONGEST_VALUE][:MOST_SUGGESTED]


def _find(
    written: Sequence[Written],
    helped: Sequence[Helped],
    sources: Mapping[int, Written],
    names: Sequence[str],
    terms: Sequence[Term],
) -> list[Suggestion]:
    known = Names(names)
    solved = [Solved(asker=one.asker_id, text=known.leave_out(one.text), aid=one.aid_id) for one in helped]
    explained = {"".join(stems_of_short(term.term)) for term in terms}
    return [*used(solved, sources, known=explained, fewest=FEWEST), *defined(written)]


def _carry(one: Suggestion) -> str:
    return json.dumps([one.term, one.expansion, sorted(one.audience)], ensure_ascii=False, separators=(",", ":"))


def _carried(turn: Turn) -> tuple[str, str, frozenset[str]]:
    """Raises BadInputError."""
    pressed = turn.inbound
    assert isinstance(pressed, Pressed)
    try:
        term, expansion, audience = json.loads(pressed.value)
    except (ValueError, TypeError, RecursionError):
        raise BadInputError(_NOT_MINE) from None
    if not (isinstance(audience, list) and all(isinstance(one, str) for one in (term, expansion, *audience))):
        raise BadInputError(_NOT_MINE)
    if check(term, expansion) or not frozenset(audience) & turn.place_grants():
        raise BadInputError("This suggestion is an old one. Open the glossary again.")
    return term, expansion, frozenset(audience)


async def _press_accept(turn: Turn) -> Outcome:
    term, expansion, audience = _carried(turn)
    async with turn.commit() as tx:
        term_id = await tx.put_term(term, expansion, by=turn.person, audience=audience)
        await tx.audit("add term", f"term {term_id}", by=turn.person)
        return await _decided(turn, tx, words.kept(term, expansion, others=()))


async def _press_decline(turn: Turn) -> Outcome:
    term, expansion, _ = _carried(turn)
    async with turn.commit() as tx:
        await tx.decline_term(term, expansion, by=turn.person)
        return await _decided(turn, tx, words.declined(term, expansion))


async def _decided(turn: Turn, tx: Transaction, card: Card) -> Outcome:
    """Where the buttons were, stands what came of them."""
    pressed = turn.inbound
    assert isinstance(pressed, Pressed)
    key = await turn.pressed_key(tx)
    shown = await tx.said(key) if key is not None else None
    if key is None or shown is None:
        return Note(card=card)
    parts = tuple(Text(text=card.summary) if _has(part, pressed.value) else part for part in shown.parts)
    await tx.revise(key, replace(shown, parts=parts))
    return None


def _has(part: Part, value: str) -> bool:
    return isinstance(part, Buttons) and any(button.value == value for button in part.buttons)


# ── L&D's changes ───────────────────────────────────────────────────────────────────────────────────────────────────


def _check_is_ld(person: Person) -> None:
    if not person.is_ld():
        raise NotAllowedError("Only L&D and administrators change the glossary.")


async def _add(turn: Turn, term: str, expansion: str) -> Outcome:
    _check_is_ld(turn.person)
    faults = check(term, expansion)
    if faults:
        raise BadInputError(next(iter(faults.values())))
    async with turn.commit() as tx:
        return await reply(turn, tx, await _keep(turn, tx, term, expansion, term_id=None))


async def _keep(turn: Turn, tx: Transaction, term: str, expansion: str, *, term_id: int | None) -> Card:
    grants = turn.place_grants()
    if term_id is None:
        kept = await tx.put_term(term, expansion, by=turn.person)
    else:
        kept = await tx.change_term(term_id, term, expansion, by=turn.person, grants=grants)
    await tx.audit("change term" if term_id else "add term", f"term {kept}", by=turn.person)
    others = [one for one in _visible(await tx.glossary(), grants) if one.id != kept]
    mine = canonical(term)
    return words.kept(term, expansion, others=[one for one in others if canonical(one.term) == mine])


async def _remove_typed(turn: Turn, what: str) -> Outcome:
    """A term with all that it stands for, or "PO = purchase order" alone."""
    _check_is_ld(turn.person)
    pair = parse(what)
    grants = turn.place_grants()
    async with turn.commit() as tx:
        terms = _visible(await tx.glossary(), grants)
        if pair is not None:
            found = [one for one in terms if pair_of(one.term, one.expansion) == pair_of(*pair)]
        else:
            found = [one for one in terms if canonical(one.term) == canonical(what)]
        if not found:
            return await reply(turn, tx, words.entries(what, (), may_change=True))
        for one in found:
            await tx.remove_term(one.id, by=turn.person, grants=grants)
            await tx.audit("remove term", f"term {one.id}", by=turn.person)
        return await reply(turn, tx, words.removed(found))


async def _press_glossary(turn: Turn) -> Outcome:
    return await show(turn, await _page(turn, _first(turn)))


def _first(turn: Turn) -> int:
    """The number of the entry with which the page begins."""
    pressed = turn.inbound
    assert isinstance(pressed, Pressed)
    given = pressed.value
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 9 else 0


async def _press_pick(turn: Turn) -> Outcome:
    _check_is_ld(turn.person)
    first = _first(turn)
    async with turn.look() as tx:
        terms = _visible(await tx.glossary(), turn.place_grants())[first : first + PAGE]
    if not terms:
        raise GoneError("There are no terms here any more.")
    return words.pick_form(terms)


async def _submit_pick(turn: Turn) -> Outcome:
    _check_is_ld(turn.person)
    chosen, expansion = field(turn, "term"), " ".join(field(turn, "expansion").split())
    if not (chosen.isascii() and chosen.isdecimal() and len(chosen) < 16):
        return FieldErrors(errors={"term": "Please choose one of these."})
    grants = turn.place_grants()
    async with turn.look() as tx:
        known = await tx.term(int(chosen), grants=grants)
    faults = check(known.term, expansion) if expansion else {}
    if faults:
        return FieldErrors(errors={"expansion": next(iter(faults.values()))})
    async with turn.commit() as tx:
        if expansion:
            return Note(card=await _keep(turn, tx, known.term, expansion, term_id=known.id))
        gone = await tx.remove_term(known.id, by=turn.person, grants=grants)
        await tx.audit("remove term", f"term {gone.id}", by=turn.person)
        return Note(card=words.removed([gone]))


async def _press_new(turn: Turn) -> Outcome:
    _check_is_ld(turn.person)
    pressed = turn.inbound
    assert isinstance(pressed, Pressed)
    return words.form(term=pressed.value[:LONGEST_TERM], expansion="", value="", audience=OPEN)


async def _press_edit(turn: Turn) -> Outcome:
    _check_is_ld(turn.person)
    async with turn.look() as tx:
        term = await tx.term(pressed_id(turn), grants=turn.place_grants())
    return words.form(
        term=term.term[:LONGEST_TERM],
        expansion=term.expansion[:LONGEST_EXPANSION],
        value=str(term.id),
        audience=term.audience,
    )


async def _press_remove(turn: Turn) -> Outcome:
    term_id = pressed_id(turn)
    async with turn.commit() as tx:
        gone = await tx.remove_term(term_id, by=turn.person, grants=turn.place_grants())
        await tx.audit("remove term", f"term {term_id}", by=turn.person)
        return await _decided(turn, tx, words.removed([gone]))


async def _submit(turn: Turn) -> Outcome:
    _check_is_ld(turn.person)
    submitted = turn.inbound
    assert isinstance(submitted, Submitted)
    term, expansion = (" ".join(field(turn, name).split()) for name in ("term", "expansion"))
    faults = check(term, expansion)
    if faults:
        return FieldErrors(errors=faults)
    term_id = pressed_id(turn) if submitted.value else None
    async with turn.commit() as tx:
        return Note(card=await _keep(turn, tx, term, expansion, term_id=term_id))


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "glossary": _press_glossary,
    "new_term": _press_new,
    "pick_term": _press_pick,
    "edit_term": _press_edit,
    "remove_term": _press_remove,
    "accept_term": _press_accept,
    "decline_term": _press_decline,
}
SUBMISSIONS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"term": _submit, "pick_term": _submit_pick}
