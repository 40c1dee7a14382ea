"""What one replica has not begun to send, another may send: nobody holds more than they have in hand."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.delivery import AT_ONCE, Delivery
from bot.messages import Address, Card, MessageRef
from tests.doubles.memory import PLATFORM, TENANT, MemoryPlatform
from tests.journeys.dialogue import Dialogue

MESSAGES = 2 * AT_ONCE + 3


class StuckPlatform:
    """Takes calls, and answers none before the gate opens."""

    reads_back = True

    def __init__(self, behind: MemoryPlatform) -> None:
        self._behind = behind
        self.calls = 0
        self.full = asyncio.Event()
        self.gate = asyncio.Event()

    def __getattr__(self, name: str) -> object:
        return getattr(self._behind, name)

    async def send(self, to: Address, card: Card, *, key: str) -> MessageRef:
        self.calls += 1
        if self.calls == AT_ONCE:
            self.full.set()
        await self.gate.wait()
        return await self._behind.send(to, card, key=key)


async def test_while_one_replica_waits_for_a_slow_platform_another_sends_the_rest(talk: Dialogue) -> None:
    stuck = StuckPlatform(talk.platform)
    services = talk.house.services
    workspace = await talk.store.workspace_of(PLATFORM, TENANT)
    assert workspace is not None
    async with talk.store.transaction(workspace, now=talk.clock()) as tx:
        for number in range(MESSAGES):
            to = Address(platform=PLATFORM, tenant=TENANT, conversation=f"dm-{number}")
            await tx.send(to, Card(summary=str(number)))
    first = Delivery(replace(services, platforms={PLATFORM: stuck}))  # type: ignore[dict-item]  # the rest is passed on
    stopping = asyncio.Event()
    working = asyncio.create_task(first.work(stopping))
    first.ring()
    async with asyncio.timeout(30):
        await stuck.full.wait()

    assert await Delivery(services).work_off() == MESSAGES - AT_ONCE

    stuck.gate.set()
    stopping.set()
    first.ring()
    await working
    assert sorted(int(post.card.summary) for post in talk.platform.posts) == list(range(MESSAGES))
