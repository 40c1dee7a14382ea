"""How a database finds a few rows: by their ids, or by an index of such rows, however much else the company has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

import migrations
from bot.messages import MessageRef
from bot.store import Store, Transaction
from knowledge.model import OPEN
from scheduler.model import Campaign, Kind, Step
from tests.databases import Databases

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MANY = range(1, 41)
HERE = MessageRef(platform="web", tenant="local", conversation="dm-leila", id="")
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
    "waiting": lambda tx: tx.waiting(),
    "has_closed_evidence": lambda tx: tx.has_closed_evidence("a place"),
    "sent_between": lambda tx: tx.sent_between(MANY, NOW, NOW),
    "newest_in": lambda tx: tx.newest_in(HERE, within=timedelta(hours=1)),
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
        if statement.startswith(("SELECT", "WITH")):
            asked.append((statement, given))

    async with store.reading(workspace, now=NOW) as tx:
        event.listen(store.database.engine.sync_engine, "before_cursor_execute", note)
        await LOOKS[look](tx)
        event.remove(store.database.engine.sync_engine, "before_cursor_execute", note)
    steps = await explain(store, asked)
    assert steps
    through_all = [step for step in steps if step.startswith("SCAN") or step.endswith("(workspace_id=?)")]
    few = (
        "ix_enrolment_unsettled",
        "CONSTANT ROW",
        "campaign USING",  # each campaign, however many enrolments it has
        "SCAN there",  # what an index has found of a conversation
    )
    assert [step for step in through_all if not any(one in step for one in few)] == []


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


@pytest.mark.postgres
async def test_on_postgresql_too_a_conversation_is_found_by_the_names_of_its_messages(on_postgresql: str) -> None:
    plan = await plan_on_postgresql(on_postgresql, "outbox", lambda tx: tx.newest_in(HERE, within=timedelta(hours=1)))

    assert "Index Scan using ix_outbox_message" in plan
    assert "Index Cond: (((message)::text >= 'web/local/dm-leila/'" in plan


@pytest.mark.postgres
@pytest.mark.parametrize(
    "all_enrolled_just_now",
    [
        pytest.param(True, id="it knows nothing yet, and all are to be reckoned"),
        pytest.param(False, id="it believes that all are, and none are"),
    ],
)
async def test_on_postgresql_what_was_believed_before_a_million_rows_changed_leads_nobody_through_all_of_them(
    on_postgresql: str, *, all_enrolled_just_now: bool
) -> None:
    store = Store(on_postgresql)
    try:
        workspace, _ = await store.found_workspace("web", "local", name="Here", now=NOW)
        async with store.transaction(workspace, now=NOW) as tx:
            plan = Campaign(name="Large", purpose="", steps=(Step(kind=Kind.TIP, after_days=0, text="x"),))
            campaign = await tx.add_campaign(plan, audience=["open"], places={}, by=None)
            await tx.db.exec_driver_sql(
                f"INSERT INTO person (workspace_id, name, roles, groups, settings, created_at)"
                f" SELECT {workspace}, n::text, '[]', '[]', '{{}}', now() FROM generate_series(1, 20000) AS n"
            )
            await tx.db.exec_driver_sql(
                "INSERT INTO enrolment (workspace_id, campaign_id, person_id, status, first_day, step, unsettled)"
                f" SELECT workspace_id, {campaign}, id, 'active', '2026-03-02', 0, true FROM person"
            )
            if not all_enrolled_just_now:
                await tx.db.exec_driver_sql("ANALYZE enrolment")
                await tx.db.exec_driver_sql("UPDATE enrolment SET unsettled = false")
        assert await read_through(store, workspace, lambda tx: tx.waiting()) <= 1
        assert await read_through(store, workspace, lambda tx: tx.claim_unsettled(limit=100)) <= 100
    finally:
        await store.close()


async def read_through(store: Store, workspace: int, look: Callable[[Transaction], Awaitable[object]]) -> int:
    """How many enrolments PostgreSQL holds in its hands for that, at the widest place of its plans."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, _context: Any, _many: bool) -> None:
        if statement.startswith(("SELECT", "SET LOCAL")):
            asked.append((statement, given))

    engine = store.database.engine.sync_engine
    async with store.transaction(workspace, now=NOW) as tx:
        event.listen(engine, "before_cursor_execute", note)
        await look(tx)
        event.remove(engine, "before_cursor_execute", note)
        plans = []
        for statement, given in asked:  # as it was asked: with the same ways left open
            if statement.startswith("SET LOCAL"):
                await tx.db.exec_driver_sql(statement)
                continue
            told = await tx.db.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", given)
            plans.append(told.scalar_one())
    return max(_widest(plan["Plan"]) for (plan,) in plans)


def _widest(plan: dict[str, Any]) -> int:
    here = 0
    if plan.get("Relation Name") == "enrolment":
        here = int(plan["Actual Rows"]) + int(plan.get("Rows Removed by Filter", 0))
    return max([here, *(_widest(one) for one in plan.get("Plans", ()))])
