"""Files sent in chat: who may have one read, and what its sender then decides. What is in them is read by `reading`.

A turn only keeps what names the file, with its inbox row and the word that it is being read, in one transaction.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import PurePosixPath

from bot.journeys.capturing import similar_to
from bot.journeys.replies import pressed_id, pressed_numbers, revise_pressed, send_to_self, show
from bot.journeys.talking import is_reply
from bot.messages import Card, File, Outcome, Said
from bot.names import names_in
from bot.store import GoneError, Transaction
from bot.store.knowledge import as_job_aid
from bot.store.records import Aid, SentFile, Stage
from bot.turn import Turn
from bot.wording import files as words
from bot.wording import suggesting as suggesting_words
from knowledge.documents import SUFFIXES
from knowledge.job_aids import LARGEST
from knowledge.lint import lint

LARGEST_TABLE = 20_000_000
"""Bytes of a table sent in chat: it is read beside everybody's questions."""

MOST = {**{suffix: min(size, LARGEST_TABLE) for suffix, size in LARGEST.items()}, **SUFFIXES}
"""Bytes that a file with each of the endings may have that are read."""

SHOWN_AT_ONCE = 5


def suffix_of(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


# ── sending ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def take(turn: Turn) -> bool:
    """Keep the files to be read, where that is what they were sent for. False: the words beside them are to be heard.

    Beside a question, files are kept and the question is asked too.
    """
    said = turn.inbound
    assert isinstance(said, Said)
    # Where no name is told, or none with an ending, the platform is asked for it.
    wanted = [file for file in said.files if suffix_of(file.name) in {"", *MOST}]
    if not turn.is_direct() or not turn.person.may_publish() or not wanted or await is_reply(turn):
        return False
    unread = [name for name in said.attached if name not in {file.name for file in wanted}]

    async def keep(tx: Transaction) -> None:
        await _keep(turn, tx, said, wanted, unread)

    if said.text.rstrip().endswith("?"):
        turn.closing = keep
        return False
    async with turn.commit() as tx:
        await keep(tx)
    return True


async def _keep(turn: Turn, tx: Transaction, said: Said, wanted: Sequence[File], unread: Sequence[str]) -> None:
    being_read = [
        file.name for file in wanted if await tx.keep_file(file, by=turn.person, place=turn.here(), words=said.text)
    ]
    known = [file.name for file in wanted if file.name not in being_read]
    await tx.send(turn.here(), words.being_read(being_read, known=known, unread=unread))


async def decline(turn: Turn) -> Outcome:
    """Files without a word that are not read: what is to be done with them instead."""
    said = turn.inbound
    assert isinstance(said, Said)
    here = turn.is_direct() and not await is_reply(turn)
    return await show(turn, words.declined(said.attached, may_publish=turn.person.may_publish(), here=here))


def tell_unread(turn: Turn) -> None:
    """Whatever the words come to, whoever sent files beside them is told that these were not looked at."""
    said = turn.inbound
    assert isinstance(said, Said)
    if not said.attached or turn.closing is not None:
        return
    thread = said.place.thread if turn.is_direct() or said.place.thread is not None else said.message

    async def tell(tx: Transaction) -> None:
        by_itself = turn.person.may_publish() and any(suffix_of(name) in MOST for name in said.attached)
        card = words.unread(said.attached, by_itself=by_itself)
        await tx.send(turn.only_to_me(thread=thread), card)

    turn.closing = tell


# ── deciding about what was drafted ─────────────────────────────────────────────────────────────────────────────────


async def _press_publish(turn: Turn) -> Outcome:
    """All of it; what a worker does, since there may be hundreds. Raises GoneError."""
    async with turn.commit() as tx:
        sent = await tx.sent_file(pressed_id(turn), by=turn.person)
        drafts = await tx.aids_of_file(sent.id, drafts=True)
        if not drafts:
            raise GoneError(words.NO_DRAFTS)
        await tx.put_forward(sent, Stage.PUBLISH)
        await revise_pressed(turn, tx, words.publishing(sent.file.name, len(drafts)))
    return None


async def _press_show(turn: Turn) -> Outcome:
    """The next few drafts, each with its buttons. Raises GoneError."""
    file_id, after = pressed_numbers(turn, 2)
    async with turn.look() as tx:
        sent = await tx.sent_file(file_id, by=turn.person)
        drafts = await tx.aids_of_file(sent.id, drafts=True)
    left = [aid for aid in drafts if aid.number > after]
    if not left:
        raise GoneError(words.NO_DRAFTS)
    cards = [await _draft_card(turn, aid) for aid in left[:SHOWN_AT_ONCE]]
    if len(left) > SHOWN_AT_ONCE:
        shown_to = left[SHOWN_AT_ONCE - 1].number
        cards.append(words.more_drafts(sent.id, shown_to, left=len(left) - SHOWN_AT_ONCE))
    async with turn.commit() as tx:
        for card in cards:
            await send_to_self(turn, tx, card)
    return None


async def _draft_card(turn: Turn, aid: Aid) -> Card:
    similar = await similar_to(turn, as_job_aid(aid), but=aid.id)
    async with turn.look() as tx:
        names = names_in(f"{aid.title} {aid.body}", await tx.names())
    findings = [finding.message for finding in lint(as_job_aid(aid), people=names)]
    return suggesting_words.draft(aid, findings, similar)


async def _press_drop(turn: Turn) -> Outcome:
    async with turn.commit() as tx:
        sent = await tx.sent_file(pressed_id(turn), by=turn.person)
        if sent.stage is not Stage.DRAFTED:
            raise GoneError(words.NO_DRAFTS)
        dropped = await tx.discard_drafts(sent)
        await tx.close_file(sent)
        await revise_pressed(turn, tx, words.dropped(sent.file.name, dropped))
    return None


# ── saying what a file is ───────────────────────────────────────────────────────────────────────────────────────────


async def _press_as_aids(turn: Turn) -> Outcome:
    async with turn.commit() as tx:
        sent = await _chosen(turn, tx, pressed_id(turn))
        await tx.put_forward(sent, Stage.READ, meant="aids")
        await revise_pressed(turn, tx, words.being_read([sent.file.name]))
    return None


async def _press_as_list(turn: Turn) -> Outcome:
    """For the campaign on the button, if it is theirs to plan. Raises GoneError, NotAllowedError."""
    file_id, campaign_id = pressed_numbers(turn, 2)
    async with turn.commit() as tx:
        sent = await _chosen(turn, tx, file_id)
        await tx.campaign(campaign_id, by=turn.person)
        await tx.put_forward(sent, Stage.READ, meant="list", campaign_id=campaign_id)
        await revise_pressed(turn, tx, words.being_read([sent.file.name]))
    return None


async def _press_forget(turn: Turn) -> Outcome:
    async with turn.commit() as tx:
        sent = await _chosen(turn, tx, pressed_id(turn))
        await tx.close_file(sent)
        await revise_pressed(turn, tx, words.forgotten(sent.file.name))
    return None


async def _chosen(turn: Turn, tx: Transaction, file_id: int) -> SentFile:
    sent = await tx.sent_file(file_id, by=turn.person)
    if sent.stage is not Stage.CHOOSE:
        raise GoneError(words.DECIDED)
    return sent


PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "file_publish": _press_publish,
    "file_show": _press_show,
    "file_drop": _press_drop,
    "file_as_aids": _press_as_aids,
    "file_as_list": _press_as_list,
    "file_forget": _press_forget,
}
