"""What is said is written together with what else is said about then, and by itself where nobody else speaks."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from bot.store import Store
from bot.store.tables import InboxRow

A_WHILE = timedelta(seconds=1.5)  # longer than the first write takes, however busy the disk


async def say_one_after_another(store: Store, *keys: str) -> None:
    """Each is said once the one before is on its way into the file, and not before."""
    said = []
    for key in keys:
        said.append(asyncio.create_task(store.intake.put(key, "{}")))
        for _ in range(20):
            await asyncio.sleep(0)
    await asyncio.gather(*said)


async def writes(store: Store) -> list[int]:
    """How many were stored with each write, the first one first: those of one write came at one moment."""
    async with store.database.read() as db:
        rows = (await db.execute(select(InboxRow.received_at).order_by(InboxRow.id))).scalars()
        return list(Counter(rows).values())


async def test_what_is_said_after_a_quiet_while_is_written_at_once(empty_url: str) -> None:
    store = Store(empty_url, gathering=timedelta(days=1))
    await store.intake.put("a", "{}")
    assert await writes(store) == [1]
    await store.close()


async def test_what_is_said_soon_after_is_gathered_and_written_together(empty_url: str) -> None:
    store = Store(empty_url, gathering=A_WHILE)
    await store.intake.put("a", "{}")
    await say_one_after_another(store, "b", "c", "d")
    assert await writes(store) == [1, 3]
    await store.close()


async def test_what_was_gathered_is_known_by_its_key_all_the_same(empty_url: str) -> None:
    store = Store(empty_url, gathering=A_WHILE)
    await store.intake.put("a", "{}")
    await say_one_after_another(store, "b", "a", "b", "c")
    assert await writes(store) == [1, 2]
    await store.close()


ODD = ['{"text":"\\"Quoted\\", {braced}, a back\\\\slash"}', "NULL", "", "{}", "naïve 🧗 \u2028 ', --", "a\tb\nc"]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), max_size=5))
def test_what_is_written_together_is_kept_word_for_word(empty_url: str, texts: list[str]) -> None:
    async def write_and_read() -> dict[str, str]:
        store = Store(empty_url)
        try:
            async with store.database.write() as db:
                await db.execute(delete(InboxRow))
            await asyncio.gather(*(store.intake.put(f"{at} {text[:20]}", text) for at, text in enumerate(said)))
            async with store.database.read() as db:
                return {row.key: row.payload for row in await db.execute(select(InboxRow.key, InboxRow.payload))}
        finally:
            await store.close()

    said = [*ODD, *texts]
    assert asyncio.run(write_and_read()) == {f"{at} {text[:20]}": text for at, text in enumerate(said)}
