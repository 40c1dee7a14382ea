"""receive(): stored, then acknowledged, then worked.

What is *said* becomes one row of the inbox before it is acknowledged; workers lease rows and handle each in one
transaction. What must be answered within the request (a press, a form, a command that opens one) is handled there,
in the same kind of transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import structlog

from bot import metrics
from bot.inbound import clean, key_of, needs_outcome, turns_to_us, twin_of
from bot.journeys import (
    COMMANDS,
    PRESSES,
    SUBMISSIONS,
    amend,
    changed,
    hear,
    invited,
    may_concern,
    offer_prompts,
    open_home,
    read_press,
    seek,
    show_linked,
    tell_unread,
)
from bot.journeys.replies import show
from bot.messages import (
    Amended,
    Begun,
    Busy,
    Card,
    Changed,
    FieldErrors,
    Inbound,
    Invited,
    Linked,
    Note,
    Opened,
    Outcome,
    Pressed,
    Said,
    Sender,
    Sought,
    Submitted,
    TryLater,
)
from bot.services import Services
from bot.store import UNREACHABLE, DuplicateError, GoneError, NotAllowedError
from bot.store.codec import dump, load_inbound
from bot.store.inbox import CAME_ANEW
from bot.store.records import Person, Received
from bot.turn import BadInputError, Turn, name_said
from bot.wording import general
from bot.wording.people import FOR_COLLEAGUES

log = structlog.get_logger(__name__)

BATCH = 16
AT_ONCE = 4  # questions handled side by side; more would only queue for the processor
ATTEMPTS = 5
POLL = 1.0  # seconds until rows of other replicas, and leases that ran out, are looked for
_EVENTS: dict[type[Inbound], Callable[[Turn], Awaitable[Outcome]]] = {
    Opened: open_home,
    Begun: offer_prompts,
    Amended: amend,
    Sought: seek,
    Linked: show_linked,
    Changed: changed,
    Invited: invited,
}
AHEAD = timedelta(seconds=1)
"""How long a change to what is still being handled waits before it is looked at again."""


class Conversation:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store
        self._wake = asyncio.Event()
        self._workers = asyncio.Semaphore(AT_ONCE)
        self._workspaces: dict[tuple[str, str], int] = {}

    # ── the door ──

    async def receive(self, inbound: Inbound) -> Outcome:
        """Take in what a platform heard. On return it is stored, or done. Raises Busy, nothing else."""
        metrics.received.labels(inbound.platform, type(inbound).__name__.lower()).inc()
        if not needs_outcome(inbound):
            try:
                await self._store.intake.put(key_of(inbound), dump(inbound, Inbound), twin=twin_of(inbound))
            except ConnectionError as error:
                log.warning("inbox unavailable", fault=str(error))
                raise Busy(str(error)) from error
            self._wake.set()
            return None
        try:
            return await self._handle_at_once(clean(inbound))
        except UNREACHABLE as error:
            log.warning("store unavailable", fault=type(error).__name__)
            raise Busy(type(error).__name__) from error

    async def _handle_at_once(self, inbound: Inbound) -> Outcome:
        try:
            turn = await self._open(inbound, row=None)
            if turn is None:
                return None
            return await _journey(turn)
        except (DuplicateError, _NotForUsError):
            return None
        except (NotAllowedError, GoneError, BadInputError) as error:
            if isinstance(inbound, Submitted):
                return FieldErrors(errors={"": str(error)})
            return Note(card=Card(summary=str(error)))
        except UNREACHABLE:
            raise
        except Exception:  # the person gets a reference, the log gets the rest
            reference = self._reference()
            log.exception("inbound failed", reference=reference, inbound=type(inbound).__name__)
            metrics.failed.labels(inbound.platform).inc()
            return Note(card=general.broken(reference))

    # ── the workers ──

    async def work(self, stopping: asyncio.Event) -> None:
        """Handle what waits in the inbox until told to stop; then finish what is in hand."""
        while not stopping.is_set():
            try:
                async with asyncio.timeout(POLL):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                if await self._store.inbox.any_pending():
                    await self.work_off(stopping=stopping)
            except UNREACHABLE as error:
                log.warning("inbox unreachable", fault=type(error).__name__)
            except Exception:  # whatever it was, what waits must still be handled
                log.exception("inbox failed")

    async def work_off(self, *, stopping: asyncio.Event | None = None) -> int:
        """Handle everything that waits now. Returns how many rows were taken."""
        taken = 0
        while stopping is None or not stopping.is_set():
            rows = await self._store.inbox.claim(lease=self._store.new_id(), limit=BATCH)
            if not rows:
                break
            taken += len(rows)
            await asyncio.gather(*(self._work_row(row) for row in rows))
            if len(rows) < BATCH:  # whatever came meanwhile has rung
                break
        return taken

    async def _work_row(self, row: Received) -> None:
        async with self._workers:
            try:
                if await self._set_aside_twin(row):
                    return
                inbound = await self._read(row)
                if inbound is not None:
                    await self._handle_row(row, inbound)
            except DuplicateError:
                log.info("inbound taken over by another worker", row=row.id)
            except UNREACHABLE as error:
                # The database is away: the row keeps its lease and is taken again when that has run out.
                log.warning("inbound interrupted", row=row.id, fault=type(error).__name__)
                await self._release(row)
            except _UnknownYetError as error:
                log.info("newcomer not introduced yet", row=row.id, reason=str(error))
                await self._store.inbox.release(row, after=timedelta(seconds=2**row.attempts))
            except Exception:  # the row keeps its lease; the others of its batch are handled
                log.exception("inbound failed", row=row.id, attempts=row.attempts)

    async def _read(self, row: Received) -> Inbound | None:
        """None for what cannot be read, and for what has to wait."""
        try:
            inbound = clean(load_inbound(row.payload))
        except Exception:
            log.exception("inbound unreadable", row=row.id)
            await self._store.inbox.give_up(row, fault="unreadable")
            return None
        if isinstance(inbound, Amended) and await self._store.inbox.is_waiting(name_said(inbound)):
            # Nobody knows yet what is changed or taken back here, nor perhaps who says so.
            await self._store.inbox.release(row, after=AHEAD)
            return None
        return inbound

    async def _handle_row(self, row: Received, inbound: Inbound) -> None:
        try:
            turn = await self._open(inbound, row=row)
            if turn is None:
                await self._set_aside(row)
                return
            try:
                await _journey(turn)
            except (NotAllowedError, GoneError, BadInputError) as error:
                await self._say_privately(turn, Card(summary=str(error)))
            if not turn.committed:
                async with turn.commit():
                    pass
        except _NotForUsError:
            await self._store.inbox.give_up(row, fault="not for us")
        except (DuplicateError, _UnknownYetError, *UNREACHABLE):
            raise
        except Exception:  # one bad message must not stop the others
            reference = self._reference()
            log.exception("inbound failed", reference=reference, row=row.id, attempts=row.attempts)
            metrics.failed.labels(inbound.platform).inc()
            if row.attempts < ATTEMPTS:
                await self._store.inbox.release(row, after=timedelta(seconds=2**row.attempts))
                return
            turn = await self._open(inbound, row=row)
            if turn is not None:
                await self._say_privately(turn, general.broken(reference))
            else:
                await self._store.inbox.give_up(row, fault=reference)

    async def _set_aside_twin(self, row: Received) -> bool:
        """Whether the row is only a second delivery of another, under a key of its own; then it is done with."""
        if not await self._store.inbox.has_twin(row):
            return False
        log.info("inbound came anew under another key", row=row.id)
        await self._store.inbox.give_up(row, fault=CAME_ANEW)
        return True

    async def _set_aside(self, row: Received) -> None:
        """What is said in a company that is not known may only have come too early."""
        if row.attempts >= ATTEMPTS:
            await self._store.inbox.give_up(row, fault="not for us")
        else:
            await self._store.inbox.release(row, after=timedelta(seconds=2**row.attempts))

    async def _release(self, row: Received) -> None:
        try:
            await self._store.inbox.release(row, after=timedelta(seconds=1))
        except UNREACHABLE:
            log.info("lease kept until it runs out", row=row.id)

    async def _say_privately(self, turn: Turn, card: Card) -> None:
        async with turn.commit() as tx:
            await tx.send(turn.only_to_me(), card)

    # ── common ──

    async def _open(self, inbound: Inbound, *, row: Received | None) -> Turn | None:
        """Who is it, in which workspace? None for a tenant that nobody installed Lanyard for.

        Raises _NotForUsError for another bot's words, and for what is told of or said by people who have nothing to do
        with Lanyard: they are not kept, nor is their platform asked who they are.
        """
        if inbound.sender.is_bot:
            raise _NotForUsError
        workspace = self._workspaces.get((inbound.platform, inbound.tenant))
        if workspace is None:
            workspace = await self._store.workspace_of(inbound.platform, inbound.tenant)
            if workspace is None:
                log.warning("unknown tenant", platform=inbound.platform, tenant=inbound.tenant)
                return None
            self._workspaces[(inbound.platform, inbound.tenant)] = workspace
        now = self._services.now()
        async with self._store.reading(workspace, now=now) as tx:
            person = await tx.known_person(inbound.platform, inbound.tenant, inbound.sender.id)
            if person is None and not await may_concern(tx, inbound):
                raise _NotForUsError
        if isinstance(inbound, Changed):
            person = person or await self._match(inbound, workspace)
            if person is None:
                raise _NotForUsError
        elif person is None:
            sender = await self._introduce(inbound, row=row)
            async with self._store.transaction(workspace, now=now) as tx:
                person = await tx.recognise(inbound.platform, inbound.tenant, sender)
        elif not person.active:
            async with self._store.transaction(workspace, now=now) as tx:  # who speaks is here again
                await tx.set_active(person, active=True)
                person = await tx.person(person.id)
        if not person.met and turns_to_us(inbound):
            async with self._store.transaction(workspace, now=now) as tx:
                await tx.set_met(person.id)
        return Turn(
            services=self._services,
            workspace=workspace,
            person=person,
            inbound=inbound,
            key=key_of(inbound),
            twin=twin_of(inbound),
            now=now,
            row=row,
        )

    async def _match(self, inbound: Changed, workspace: int) -> Person | None:
        """Somebody who was known by their address alone until their platform told of them."""
        email = inbound.sender.email
        if not email or inbound.left or inbound.sender.is_guest:
            return None
        now = self._services.now()
        async with self._store.reading(workspace, now=now) as tx:  # most of whom a platform tells are nobody's concern
            if await tx.person_by_email(email) is None:
                return None
        async with self._store.transaction(workspace, now=now) as tx:
            if await tx.person_by_email(email) is None:
                return None
            return await tx.recognise(inbound.platform, inbound.tenant, inbound.sender)

    async def _introduce(self, inbound: Inbound, *, row: Received | None) -> Sender:
        """A newcomer with the name and address that their platform knows, where the message did not bring them.

        Without the address, somebody known on another platform would be taken for two people, and for good. So what can
        wait does, for half a minute at most. Raises _UnknownYetError.
        """
        sender = inbound.sender
        if sender.name is not None and sender.email is not None:
            return sender
        platform = self._services.platforms.get(inbound.platform)
        try:
            profile = await platform.profile(inbound.tenant, inbound.sender.id) if platform is not None else None
        except TryLater as later:
            # A platform that has not even told the name would make everybody wait for everybody's.
            if sender.name is not None and row is not None and row.attempts < ATTEMPTS:
                raise _UnknownYetError(str(later)) from later
            profile = None
        if profile is None:
            return sender
        return replace(profile, name=profile.name or sender.name, time_zone=profile.time_zone or sender.time_zone)

    def _reference(self) -> str:
        return self._store.new_id()[:8]


class _NotForUsError(Exception):
    """It is none of Lanyard's business."""


class _UnknownYetError(Exception):
    """The platform does not say just now who a newcomer is."""


async def _journey(turn: Turn) -> Outcome:
    """Which verb?"""
    handler: Callable[[Turn], Awaitable[Outcome]] | None
    if turn.person.guest and not isinstance(turn.inbound, Changed):
        return _turn_away(turn)
    match turn.inbound:
        case Said(command=None):
            return await _said(turn)
        case Said(command=command):
            tell_unread(turn)
            handler = COMMANDS.get(command or "")
            if handler is None:
                raise BadInputError(f"I do not know “/{command}”. Try /ask, /nudge or /lanyard.")
        case Pressed(verb=verb):
            handler = PRESSES.get(verb)
        case Submitted(verb=verb):
            handler = SUBMISSIONS.get(verb)
        case event:
            handler = _EVENTS.get(type(event))
    if handler is None:
        raise BadInputError("This button is not one of mine. Ask again and use the buttons below my answer.")
    return await handler(turn)


async def _said(turn: Turn) -> Outcome:
    """What was said may stand for a button, which is then as good as pressed; what comes of that is said in words."""
    said, pressed = turn.inbound, await read_press(turn)
    handler = PRESSES.get(pressed.verb) if pressed is not None else None
    if pressed is None or handler is None:
        await hear(turn)
        return None
    turn.inbound = pressed
    try:
        outcome = await handler(turn)
    finally:
        turn.inbound = said
    if isinstance(outcome, Note):
        await show(turn, outcome.card)
    return None


def _turn_away(turn: Turn) -> Outcome:
    """Guests are told so where they turn to Lanyard, and left alone elsewhere. Raises NotAllowedError."""
    match turn.inbound:
        case Said(command=None, mentioned=False) if not turn.is_direct():
            return None
        case Invited() if not turn.is_direct():
            return None
        case Amended() | Linked():
            return None
    raise NotAllowedError(FOR_COLLEAGUES)
