"""One message can come under two keys: what the two share is kept, and the later one, soon after, is set aside."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
import sqlalchemy

from bot.store import DuplicateError, Store
from bot.store.inbox import CAME_ANEW, TWINS
from bot.store.records import Received, Reference
from bot.store.tables import InboxRow

NOW = datetime(2026, 11, 25, tzinfo=UTC)


async def take(store: Store) -> list[Received]:
    return await store.inbox.claim(lease=store.new_id(), limit=10)


async def move_back(store: Store, key: str) -> None:
    """As if it had come a little more than the window earlier."""
    async with store.database.write() as db:
        await db.execute(
            sqlalchemy.update(InboxRow).where(InboxRow.key == key).values(received_at=datetime.now(UTC) - TWINS * 1.1)
        )


async def test_the_first_counts_and_the_second_is_its_twin(store: Store) -> None:
    await store.intake.put("m:1", "{}", twin="same")
    await store.intake.put("m:2", "{}", twin="same")
    await store.intake.put("m:3", "{}", twin="other")
    await store.intake.put("m:4", "{}")
    await store.intake.put("m:5", "{}")
    assert [await store.inbox.has_twin(row) for row in await take(store)] == [False, True, False, False, False]


async def test_many_that_come_at_once_are_told_apart_all_the_same(store: Store) -> None:
    await asyncio.gather(*(store.intake.put(f"m:{n}", "{}", twin="same" if n % 2 else None) for n in range(6)))
    found = [await store.inbox.has_twin(row) for row in await take(store)]
    assert sorted(found) == [False, False, False, False, True, True]


async def test_what_was_set_aside_is_nobodys_twin(store: Store) -> None:
    for key in ("m:1", "m:2", "m:3"):
        await store.intake.put(key, "{}", twin="same")
    first, second, third = await take(store)
    assert await store.inbox.has_twin(second)
    await store.inbox.give_up(second, fault=CAME_ANEW)
    await move_back(store, first.key)
    assert not await store.inbox.has_twin(third)


async def test_the_same_said_again_later_counts(store: Store) -> None:
    await store.intake.put("m:1", "{}", twin="same")
    await move_back(store, "m:1")
    await store.intake.put("m:2", "{}", twin="same")
    assert [await store.inbox.has_twin(row) for row in await take(store)] == [False, False]


async def test_what_is_handled_within_its_request_finds_its_twin_too(store: Store) -> None:
    workspace, _ = await store.found_workspace("test", "t", name="T", now=NOW)
    async with store.transaction(workspace, now=NOW) as tx:
        await tx.accept("m:1", twin="same")
    with pytest.raises(DuplicateError):
        async with store.transaction(workspace, now=NOW) as tx:
            await tx.accept("m:2", twin="same")
    async with store.transaction(workspace, now=NOW) as tx:
        await tx.accept("m:3", twin="other")
        await tx.accept("m:4")


# ── References ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_was_told_last_of_a_conversation_is_known(store: Store) -> None:
    for url in ("https://one.example/", "https://two.example/"):
        await store.references.keep("teams", Reference(tenant="t", conversation="c", service_url=url, person="p"))
    found = await store.references.of("teams", "t", "c")
    assert found is not None
    assert found.service_url == "https://two.example/"
    assert await store.references.direct("teams", "t", "p") == found == await store.references.newest("teams", "t")


async def test_references_are_of_one_company_on_one_platform(store: Store) -> None:
    await store.references.keep("teams", Reference(tenant="t", conversation="c", service_url="x", person="p", team="g"))
    for platform, tenant in (("teams", "u"), ("other", "t")):
        assert await store.references.of(platform, tenant, "c") is None
        assert await store.references.direct(platform, tenant, "p") is None
        assert await store.references.newest(platform, tenant) is None
        assert await store.references.teams(platform, tenant) == []


async def test_each_team_is_told_once(store: Store) -> None:
    for conversation, team in (("c1", "g"), ("c2", "g"), ("c3", "h"), ("c4", None)):
        await store.references.keep(
            "teams", Reference(tenant="t", conversation=conversation, service_url="x", team=team)
        )
    found = await store.references.teams("teams", "t")
    assert sorted(str(one.team) for one in found) == ["g", "h"]
