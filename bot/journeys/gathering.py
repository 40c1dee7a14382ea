"""Who is of a campaign's audience is enrolled in it, in the background: at its start, and whoever comes or goes later.

Each portion is committed for itself, and everything is asked anew each time, so that a crash costs nothing but the
time: whoever is enrolled stays enrolled, once. When each of them begins is reckoned by the tick (`nudging`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TypeVar
from uuid import uuid4

import structlog

from bot.journeys.audiences import OPEN, Audience, meet, reach
from bot.journeys.people import find_on_platforms
from bot.services import Services
from bot.store import Lane, Precedence
from bot.store.records import CampaignRecord
from bot.turn import BadInputError
from bot.wording import planning as words
from scheduler.model import EnrolmentStatus

log = structlog.get_logger(__name__)

T = TypeVar("T")

AT_ONCE = 500
"""People in one transaction; so many can be enrolled while their planner waits."""

MET_AT_ONCE = 10
"""Of strangers where everybody waits for whoever writes: each of them is kept by several statements."""

LOOK_AGAIN = timedelta(hours=1)
"""After so long it is looked at who has come or gone."""

LASTING = timedelta(minutes=10)


async def gather_audiences(services: Services, workspace: int) -> int:
    """Enrol who is missing in each running campaign, and take out who has left. Returns how many were looked at."""
    now = services.now()
    async with services.store.reading(workspace, now=now) as tx:
        waiting = await tx.to_gather(before=now - LOOK_AGAIN)
    gathered = 0
    for record in waiting:
        name, holder = f"gather/{record.id}", uuid4().hex
        async with services.store.transaction(workspace, now=now) as tx:
            if not await tx.take_lease(name, holder=holder, lasting=LASTING):
                continue  # another replica is at it
        try:
            await gather(services, workspace, record)
            gathered += 1
        except BadInputError as error:  # the platform does not tell who is there: at the next occasion
            log.warning("audience not gathered", campaign=record.id)
            await _tell(services, workspace, record, str(error))
        finally:
            async with services.store.transaction(workspace, now=now) as tx:
                await tx.give_lease_back(name, holder=holder)
    return gathered


async def gather(services: Services, workspace: int, record: CampaignRecord) -> int:
    """Enrol everybody who is missing. Returns how many were. Raises BadInputError; then nobody was taken out."""
    store, now = services.store, services.now()
    audience = Audience(entries=record.audience, places=record.places)
    reached = await reach(services, workspace, audience, owner=record.owner_id, campaign_id=record.id)
    met = await meet(services, reached.strangers)
    async with store.reading(workspace, now=now) as tx:
        enrolled = await tx.enrolled_in(record.id)
    people = set(reached.people)
    for some in batches(met, store.portion(AT_ONCE, short=MET_AT_ONCE)):
        async with store.transaction(workspace, now=now, precedence=Precedence.BACKGROUND) as tx:
            people |= {(await tx.recognise(platform, tenant, sender)).id for platform, tenant, sender in some}
    for named in batches(list(reached.named.values()), store.portion(AT_ONCE, short=MET_AT_ONCE)):
        async with store.transaction(workspace, now=now, precedence=Precedence.BACKGROUND) as tx:
            people |= {await tx.add_person(name=one.name or one.email, email=one.email) for one in named}
    there = {person for person, status in enrolled.items() if status is not EnrolmentStatus.LEFT}
    missing = sorted(people - there)
    for ids in batches(missing, AT_ONCE):
        await find_on_platforms(services, workspace, ids)
        async with store.transaction(workspace, now=now, precedence=Precedence.BACKGROUND) as tx:
            await tx.enrol_unsettled(record.id, ids, back=not enrolled.keys().isdisjoint(ids))
    gone = set() if OPEN in record.audience else there - people
    for ids in batches(sorted(gone), AT_ONCE):
        async with store.transaction(workspace, now=now, precedence=Precedence.BACKGROUND) as tx:
            await tx.take_out(record.id, ids)
    async with store.transaction(workspace, now=now) as tx:
        await tx.set_gathered(record.id, expected=None, done=True)
        to = await tx.direct_address(record.owner_id) if record.owner_id is not None else None
        if to is not None and record.expected is not None:
            takes = services.time_to_send(to, len(people))
            await tx.send(to, words.gathered(record.plan.name, len(people), takes=takes), lane=Lane.EXPERT)
    log.info("audience gathered", campaign=record.id, enrolled=len(missing), left=len(gone))
    return len(missing)


async def _tell(services: Services, workspace: int, record: CampaignRecord, why: str) -> None:
    """At a start its owner hears that nobody can be enrolled; what was gathered before stays."""
    async with services.store.transaction(workspace, now=services.now()) as tx:
        await tx.set_gathered(record.id, expected=None, done=True)
        to = await tx.direct_address(record.owner_id) if record.owner_id is not None else None
        if to is not None and record.expected is not None:
            await tx.send(to, words.not_gathered(record.plan.name, why), lane=Lane.EXPERT)


def batches(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (things[at : at + size] for at in range(0, len(things), size))
