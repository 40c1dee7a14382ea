"""How SQLite finds a few rows: by their ids, or by an index of such rows, however much else the company has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

import migrations
from bot.store import Store, Transaction
from knowledge.model import OPEN
from tests.databases import Databases

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MANY = range(1, 41)
LOOKS: dict[str, Callable[[Transaction], Awaitable[object]]] = {
    "people_by_id": lambda tx: tx.people_by_id(MANY),
    "direct_addresses": lambda tx: tx.direct_addresses(MANY),
    "aids_by_id": lambda tx: tx.aids_by_id(MANY),
    "hold_snippets": lambda tx: tx.hold_snippets([str(number) for number in MANY], grants=OPEN),
    "texts": lambda tx: tx.texts("a model", [str(number) for number in MANY]),
    "enrolments_by_id": lambda tx: tx.enrolments_by_id(MANY),
    "has_unsettled": lambda tx: tx.has_unsettled(),
    "claim_unsettled": lambda tx: tx.claim_unsettled(limit=40),
    "unsettled_in": lambda tx: tx.unsettled_in(1),
    "has_closed_evidence": lambda tx: tx.has_closed_evidence("a place"),
    "sent_between": lambda tx: tx.sent_between(MANY, NOW, NOW),
}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'lanyard.sqlite3'}")
    await migrations.upgrade(store.database.engine)
    yield store
    await store.close()


async def explain(store: Store, statements: Collection[tuple[str, Any]]) -> list[str]:
    async with store.database.read() as db:
        return [
            row["detail"]
            for statement, given in statements
            for row in (await db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)).mappings()
        ]


@pytest.mark.parametrize("look", LOOKS)
async def test_a_few_are_found_without_looking_through_all(store: Store, look: str) -> None:
    workspace, _ = await store.found_workspace("web", "local", name="Here", now=NOW)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, _context: Any, _many: bool) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, given))

    async with store.reading(workspace, now=NOW) as tx:
        event.listen(store.database.engine.sync_engine, "before_cursor_execute", note)
        await LOOKS[look](tx)
        event.remove(store.database.engine.sync_engine, "before_cursor_execute", note)
    steps = await explain(store, asked)
    assert steps
    through_all = [step for step in steps if step.startswith("SCAN") or step.endswith("(workspace_id=?)")]
    assert [step for step in through_all if "ix_enrolment_unsettled" not in step] == []


@pytest.fixture
def on_postgresql(postgresql_databases: Databases) -> str:
    return postgresql_databases.fresh("empty")


async def plan_on_postgresql(url: str, marked: str, look: Callable[[Transaction], Awaitable[object]]) -> str:
    """Of the one statement with these words in it, were the tables too large to be read through."""
    store = Store(url)
    try:
        workspace, _ = await store.found_workspace("web", "local", name="Here", now=NOW)
        asked: list[tuple[str, Any]] = []

        def note(_connection: Any, _cursor: Any, statement: str, given: Any, _context: Any, _many: bool) -> None:
            if marked in statement:
                asked.append((statement, given))

        async with store.transaction(workspace, now=NOW) as tx:
            event.listen(store.database.engine.sync_engine, "before_cursor_execute", note)
            await look(tx)
            ((statement, given),) = asked
            for way in ("seqscan", "bitmapscan", "sort"):  # which an empty table would be read by
                await tx.db.exec_driver_sql(f"SET LOCAL enable_{way} = off")
            return "\n".join(row for (row,) in await tx.db.exec_driver_sql(f"EXPLAIN {statement}", given))
    finally:
        await store.close()


@pytest.mark.postgres
async def test_on_postgresql_too_what_is_due_comes_out_of_the_index_in_the_order_in_which_it_is_claimed(
    on_postgresql: str,
) -> None:
    plan = await plan_on_postgresql(on_postgresql, "SKIP LOCKED", lambda tx: tx._claim_of(1, limit=500, after=0))

    assert "Index Scan using ix_enrolment_due" in plan
    assert "Sort" not in plan  # of however many fall due at one moment, for a few of them


@pytest.mark.postgres
async def test_on_postgresql_it_is_asked_of_each_campaign_whether_any_is_due_and_not_of_all_that_are(
    on_postgresql: str,
) -> None:
    plan = await plan_on_postgresql(on_postgresql, "SELECT campaign.id", lambda tx: tx.claim_due(limit=500))

    assert "Index Scan using ix_enrolment_due" in plan
    assert "Join" not in plan  # which reads a million of them where most are due
