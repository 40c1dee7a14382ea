"""What was said last in a conversation, among conversations whose names are nearly the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.messages import Address, Card, MessageRef
from bot.store import Store
from bot.store.outbox import Ended
from tests.doubles.memory import PLATFORM, TENANT
from tests.journeys.dialogue import Clock

HOUR = timedelta(hours=1)
ALIKE = ("dm-ann", "dm-anna", "dm-Anna", "dm-anna-b", "dm-anna/x", "dm-annab", "dm-änna", "dm-anna.", "dm-a%", "dm-a_")


def message(conversation: str, id_: str = "") -> MessageRef:
    return MessageRef(platform=PLATFORM, tenant=TENANT, conversation=conversation, id=id_)


async def say(store: Store, workspace: int, clock: Clock, conversation: str, id_: str) -> None:
    async with store.transaction(workspace, now=clock()) as tx:
        await tx.send(Address(platform=PLATFORM, tenant=TENANT, conversation=conversation), Card(summary="x"))
    (row,) = (await store.outbox.claim(lease=f"{conversation} {id_}", limit=10)).rows
    sent = Ended(row=row, status="sent", ref=message(conversation, id_))
    await store.outbox.claim(lease=f"{conversation} {id_} done", limit=0, results=[sent])


@pytest.fixture
async def workspace(store: Store, clock: Clock) -> int:
    found, _ = await store.found_workspace(PLATFORM, TENANT, name="Here", now=clock())
    return found


async def test_each_has_its_own_newest(store: Store, workspace: int, clock: Clock) -> None:
    for conversation in ALIKE:
        await say(store, workspace, clock, conversation, "2")
    for conversation in ALIKE:
        await say(store, workspace, clock, conversation, "1")  # a name tells nothing of when it was said
    async with store.reading(workspace, now=clock()) as tx:
        found = {conversation: await tx.newest_in(message(conversation), within=HOUR) for conversation in ALIKE}
        assert found == {conversation: message(conversation, "1") for conversation in ALIKE}
        assert await tx.newest_in(message("dm-an"), within=HOUR) is None


async def test_what_was_revised_stays_where_it_was_said(store: Store, workspace: int, clock: Clock) -> None:
    await say(store, workspace, clock, "dm-ann", "1")
    async with store.transaction(workspace, now=clock()) as tx:
        key = await tx.key_of(message("dm-ann", "1"))
        assert key is not None
        await tx.revise(key, Card(summary="y"))
    async with store.reading(workspace, now=clock()) as tx:
        assert await tx.newest_in(message("dm-ann"), within=HOUR) == message("dm-ann", "1")
        assert await tx.newest_in(message("dm-ann"), within=timedelta(0)) is None
