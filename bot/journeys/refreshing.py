"""What platforms know of people, asked anew now and then: not every change is told, and some platforms tell none.

Who somebody is (name, address, time zone, whether they are still there), and who is in a group that a job aid is for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog

from bot.journeys.people import take_note
from bot.messages import Sender, TryLater, Undeliverable
from bot.services import Services

log = structlog.get_logger(__name__)

STALE = timedelta(days=1)
BATCH = 20  # a minute: far below what any platform lets one ask
AT_ONCE = 4

User = tuple[str, str, str]  # platform, tenant, the platform's id of a person


async def refresh_people(services: Services, workspace: int) -> int:
    """Ask after those of whom nothing was heard for the longest. Returns how many were asked after."""
    # The demonstration's clock may be ahead, and what a platform tells tomorrow must not be older than this.
    at = min(services.now(), datetime.now(UTC))
    async with services.store.reading(workspace, now=services.now()) as tx:
        stale = await tx.stale_identities(services.platforms, before=at - STALE, limit=BATCH)
    asking = asyncio.Semaphore(AT_ONCE)

    async def ask(user: User) -> tuple[User, Sender | None, bool] | None:
        platform = services.platforms[user[0]]
        async with asking:
            try:
                sender = await platform.profile(*user[1:])
                return user, sender, sender is None and await platform.has_left(*user[1:])
            except TryLater:
                return None  # in a minute

    told = [one for one in await asyncio.gather(*map(ask, stale)) if one is not None]
    for (name, tenant, user), sender, left in told:
        async with services.store.transaction(workspace, now=services.now()) as tx:
            person = await tx.known_person(name, tenant, user)
            if person is None:
                continue
            if sender is not None or left:
                gone = Sender(id=user, is_guest=person.guest)
                await take_note(tx, person, (name, tenant), sender or gone, left=left, at=at)
            await tx.note_asked_after(name, tenant, user, at=at)
    return len(told)


async def refresh_groups(services: Services, workspace: int) -> None:
    """Who is in each platform's group that a job aid of the workspace is for, as in `group:@cooks`."""
    async with services.store.reading(workspace, now=services.now()) as tx:
        names = await tx.named_groups()
        tenants = [one for one in await tx.tenants() if one[0] in services.platforms]
    for name in sorted(names):
        try:
            found = [(*where, await _members(services, where, name.removeprefix("@"))) for where in tenants]
        except (TryLater, Undeliverable) as fault:
            log.info("a group could not be asked for", group=name, reason=str(fault))
            continue  # what was known of it stays
        async with services.store.transaction(workspace, now=services.now()) as tx:
            people: set[int] = set()
            for platform, tenant, users in found:
                people |= set((await tx.people_behind(platform, tenant, users)).values())
            await tx.set_group(name, people)


async def _members(services: Services, where: tuple[str, str], name: str) -> Sequence[str]:
    """Raises TryLater, Undeliverable."""
    platform = services.platforms[where[0]]
    group = await platform.group(where[1], name)
    return await platform.members(where[1], group) if group is not None else ()
