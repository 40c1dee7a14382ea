"""Aids by their number, key or title, and the newest: those that the reader may see, as if there were no others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.store import Store, Transaction
from knowledge.model import JobAid, Status

NOW = datetime(2026, 11, 27, tzinfo=UTC)
SALES = frozenset({"group:sales", "everyone at the fair"})
BOARD = frozenset({"group:board"})


async def keep(tx: Transaction, key: str, title: str, audience: frozenset[str], *, draft: bool = False) -> None:
    status = Status.DRAFT if draft else Status.PUBLISHED
    aid = JobAid(key=key, title=title, body="VPN (virtual private network).", audience=audience, status=status)
    await tx.put_aid(aid, by=None, source="test")


@pytest.fixture
async def workspace(store: Store) -> int:
    workspace, _ = await store.found_workspace("web", "local", name="Here", now=NOW)
    other, _ = await store.found_workspace("web", "other", name="There", now=NOW)
    async with store.transaction(workspace, now=NOW) as tx:
        await keep(tx, "offer.md", "Writing an offer", SALES)
        for number in range(60):  # more than any limit, all of them newer
            await keep(tx, f"minutes-{number}", f"Writing an offer {number} for the board", BOARD)
        await keep(tx, "half.md", "Writing half an offer", SALES, draft=True)
        await keep(tx, "anger.md", "Ärger mit Öl", SALES)
    async with store.transaction(other, now=NOW) as tx:
        await keep(tx, "there.md", "Writing an offer there", SALES)
    return workspace


@pytest.mark.parametrize(
    ("phrase", "key"),
    [
        ("#1", "offer.md"),
        ("1", "offer.md"),
        ("OFFER.md", "offer.md"),
        ("writing an offer", "offer.md"),
        ("ting an off", "offer.md"),
        (" Ärger mit Öl ", "anger.md"),
        ("Mit", "anger.md"),
        ("#2", None),  # the board's
        ("minutes-7", None),
        ("for the board", None),
        ("#62", None),  # a draft
        ("half an", None),
        ("%", None),
        ("", None),  # several
        ("1" * 40, None),
    ],
)
async def test_it_is_found_among_what_the_reader_may_see(
    store: Store, workspace: int, phrase: str, key: str | None
) -> None:
    async with store.reading(workspace, now=NOW) as tx:
        found = await tx.find_aid(phrase, grants=SALES | {"everyone"})
        assert (found.key if found else None) == key


async def test_capitals_of_other_languages_are_as_good(store: Store, workspace: int) -> None:
    if store.database.url.get_backend_name() == "postgresql":
        async with store.database.read() as db:
            known = (await db.exec_driver_sql("SELECT lower('Ä') = 'ä'")).scalar_one()
    else:
        known = True
    async with store.reading(workspace, now=NOW) as tx:
        assert (await tx.find_aid("ärger mit öl", grants=SALES) is not None) == known


async def test_a_limit_counts_what_the_reader_may_see(store: Store, workspace: int) -> None:
    async with store.reading(workspace, now=NOW) as tx:
        assert await tx.aid_titles(grants=SALES, limit=5) == ["Ärger mit Öl", "Writing an offer"]
        assert [aid.key for aid in await tx.newest_aids(grants=SALES, limit=1)] == ["anger.md"]
        assert [aid.key for aid in await tx.newest_aids(grants=BOARD, limit=2)] == ["minutes-59", "minutes-58"]
        assert [one.title for one in await tx.defining(grants=SALES, limit=2)] == ["Ärger mit Öl", "Writing an offer"]


async def test_without_a_grant_there_is_nothing(store: Store, workspace: int) -> None:
    async with store.reading(workspace, now=NOW) as tx:
        assert await tx.find_aid("#1", grants=frozenset()) is None
        assert await tx.newest_aids(grants=frozenset(), limit=5) == []
        assert await tx.aid_titles(grants=frozenset({"group:sale", "%", "group:sales'"}), limit=5) == []
