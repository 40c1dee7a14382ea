"""A job aid from somebody's own hand: a message saved as one, or a form filled in. Experts and L&D publish it, all
others suggest it; what was said in a closed place stays with those who could read it there.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.journeys.capturing import similar_to
from bot.journeys.replies import field, show
from bot.messages import FieldErrors, Form, Note, Outcome, Pressed, Scope, Submitted
from bot.names import names_in
from bot.store import Lane, Transaction
from bot.store.records import Aid
from bot.turn import BadInputError, Turn
from bot.wording import suggesting as words
from knowledge.drafting import draft_body, draft_title
from knowledge.lint import lint
from knowledge.model import EVERYONE, JobAid, Link, Status

MOST_APPROVERS = 5
MOST_TAGS = 10
LONGEST_LINK = 1500  # characters; what is longer is no address of a message
ANYWHERE = "new"
"""What a form carries that was not opened on a message."""


_WISH = re.compile(
    r"(?:(?:hi|hey|ok|please|pls|can|could|may|i|id|i'd|i’d|we|would|like|want|need|to|let|me|how|do)[\s,]+)*"
    r"(?:add|write|create|make|draft|submit|suggest|propose)\s+"
    r"(?:(?:(?:a|an|another|new|my)\s+)*job[\s-]?aid|(?:(?:a|an|another|new|my)\s+)+aid)\b",
    re.IGNORECASE,
)


def is_wish(text: str) -> bool:
    """Whether somebody says that they want to write a job aid: “I'd like to add a job aid about the dishwasher”."""
    return _WISH.match(text.strip()) is not None


async def offer_form(turn: Turn) -> Outcome:
    """A message cannot open a form: a card with the button that does."""
    return await show(turn, words.write_here(may_publish=turn.person.may_publish()))


# ── opening the form ────────────────────────────────────────────────────────────────────────────────────────────────


async def _press_save(turn: Turn) -> Outcome:
    pressed = turn.inbound
    assert isinstance(pressed, Pressed)
    text = pressed.text.strip()
    if not text:
        raise BadInputError("There are no words in this message that could become a job aid.")
    if pressed.message is not None and await _is_answer_of_an_aid(turn):
        raise BadInputError("This answer came from a job aid already. To improve it, change the job aid itself.")
    async with turn.look() as tx:
        names = await tx.names()
    # Who was spoken to in it is not known: whoever is greeted or addressed by name was.
    addressed = names_in(text, names)
    body = draft_body(text, spoken_to=addressed, colleagues=names, on=turn.now.date()).text
    return words.form(
        title=draft_title(text, names=addressed),
        body=body,
        audiences=_audiences(turn, saved=True),
        value=pressed.value[:LONGEST_LINK] or "message",
    )


async def _is_answer_of_an_aid(turn: Turn) -> bool:
    async with turn.look() as tx:
        key = await turn.pressed_key(tx)
        answer = await tx.answer_by_message(key) if key is not None else None
    return answer is not None and answer.aid_id is not None


async def new_aid(turn: Turn) -> Outcome:
    """The same form, empty: a global shortcut, a button in the home."""
    return words.form(title="", body="", audiences=_audiences(turn, saved=False), value=ANYWHERE)


def form_for_gap(turn: Turn, *, title: str, need: str) -> Form:
    """The same, begun from what was asked and not answered."""
    return words.form(title=title, need=need, body="", audiences=_audiences(turn, saved=False), value=ANYWHERE)


def _audiences(turn: Turn, *, saved: bool) -> list[tuple[str, str]]:
    """Who may see it, to choose from. Of what was said behind a door there is no choice."""
    if saved and turn.inbound.place.scope is Scope.PRIVATE:
        return [("place", f"Only the people of {words.name_place(turn.inbound.place.name)}")]
    if saved and turn.is_direct():
        return [("me", "Only me: it was said to nobody else")]
    groups = [(f"group:{name}", f"Only the group “{name}”") for name in sorted(turn.person.groups)]
    return [(EVERYONE, "Everybody in the company"), *groups, *(() if saved else [("me", "Only me")])]


def _grants_for(turn: Turn, chosen: str, *, saved: bool) -> frozenset[str] | None:
    """None for an audience that was not to be chosen."""
    if chosen not in dict(_audiences(turn, saved=saved)):
        return None
    match chosen:
        case "place":
            # Whoever saved it could read it there; where Lanyard is no member, nobody else could find it.
            return frozenset({f"conversation:{turn.place_key()}", f"person:{turn.person.id}"})
        case "me":
            return frozenset({f"person:{turn.person.id}"})
        case _:
            return frozenset({chosen})


# ── sending it ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def _submit(turn: Turn) -> Outcome:
    submitted = turn.inbound
    assert isinstance(submitted, Submitted)
    link = submitted.value if submitted.value != ANYWHERE else ""
    errors = {
        name: f"Please write {what}."
        for name, what in (("title", "a title"), ("body", "what the job aid says"))
        if not field(turn, name)
    }
    tags = [tag for tag in (" ".join(tag.split()) for tag in field(turn, "tags").split(",")) if tag]
    if len(tags) > MOST_TAGS:
        errors["tags"] = f"At most {MOST_TAGS} words, parted by commas."
    audience = _grants_for(turn, field(turn, "audience"), saved=submitted.value != ANYWHERE)
    if audience is None:
        errors["audience"] = "Please choose who may see it."
    if errors or audience is None:
        return FieldErrors(errors=errors)
    aid = JobAid(
        key=f"form:{turn.services.store.new_id()}",
        title=field(turn, "title"),
        need=field(turn, "need"),
        body=field(turn, "body"),
        tags=tuple(dict.fromkeys(tags)),
        links=(Link(label="Where it was said", url=link),) if link.startswith("https://") else (),
        audience=audience,
        status=Status.DRAFT,
        verified_on=turn.now.date(),
    )
    similar = await similar_to(turn, aid)
    async with turn.look() as tx:
        names = names_in(f"{aid.title} {aid.body}", await tx.names())
    findings = [finding.message for finding in lint(aid, people=names)]
    # What stays among those who could read it anyway needs nobody else's consent, nor may be shown for it.
    stays = EVERYONE not in audience and not any(grant.startswith("group:") for grant in audience)
    async with turn.commit() as tx:
        if not (stays or turn.person.may_publish()):
            return await _suggest(turn, tx, aid, findings, similar)
        await tx.put_aid(aid, by=turn.person, source="form", owner_id=turn.person.id)
        kept = await tx.aid_by_key(aid.key)
        if findings or similar:
            return await _show_draft(turn, tx, kept, findings, similar)
        kept = await tx.rewrite_aid(
            kept.id, by=turn.person, title=kept.title, body=kept.body, need=kept.need, status=Status.PUBLISHED
        )
        await tx.audit("publish", f"job aid #{kept.number}", by=turn.person)
        return Note(card=words.published(kept))


async def _show_draft(
    turn: Turn, tx: Transaction, aid: Aid, findings: Sequence[str], similar: Sequence[tuple[int, str]]
) -> Outcome:
    to = await tx.direct_address(turn.person.id, prefer=turn.inbound.platform)
    await tx.send(to or turn.only_to_me(), words.draft(aid, findings, similar), lane=Lane.EXPERT)
    return Note(card=words.look_again())


async def _suggest(
    turn: Turn, tx: Transaction, aid: JobAid, findings: Sequence[str], similar: Sequence[tuple[int, str]]
) -> Outcome:
    """Nobody looks after it yet: whoever publishes it gives it to the one who wrote it."""
    await tx.put_aid(aid, by=turn.person, source="suggestion")
    kept = await tx.aid_by_key(aid.key)
    approvers = [person for person in await tx.learning_people() if aid.audience & person.grants()]
    addresses = await tx.direct_addresses([person.id for person in approvers], prefer=turn.inbound.platform)
    for to in list(addresses.values())[:MOST_APPROVERS]:
        await tx.send(to, words.suggested(kept, findings, similar, by=turn.person.name), lane=Lane.EXPERT)
    return Note(card=words.thanks(asked=bool(addresses)))


SUBMISSIONS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"new_aid": _submit}
PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"save_as_aid": _press_save, "new_aid": new_aid}
COMMANDS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"new_aid": new_aid}
