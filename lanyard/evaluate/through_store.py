"""Snippets brought to an index the way production does it: job aids in a fresh store, their changes read back."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import migrations
from bot.store import Store
from knowledge.index import Index
from knowledge.model import JobAid, Snippet


def build(snippets: Iterable[Snippet]) -> Index:
    """Each snippet becomes a published aid, its id the key; what is found names the snippet it came from in `aid`."""
    with tempfile.TemporaryDirectory(prefix="lanyard-evaluate-") as folder:
        return asyncio.run(_build(list(snippets), Path(folder)))


async def _build(snippets: list[Snippet], folder: Path) -> Index:
    now = datetime.now(UTC)
    aids = [
        JobAid(
            key=snippet.id,
            title=snippet.title,
            body=snippet.text,
            tags=snippet.tags,
            audience=snippet.audience,
        )
        for snippet in snippets
    ]
    store = Store(f"sqlite:///{folder / 'evaluate.sqlite3'}")
    try:
        await migrations.upgrade(store.database.engine)
        workspace, _ = await store.found_workspace("evaluate", "evaluate", name="Evaluation", now=now)
        async with store.transaction(workspace, now=now) as tx:
            await tx.put_aids(aids, source="import")
        async with store.reading(workspace, now=now) as tx:
            changes = await tx.knowledge_since(0)
            keys = await tx.aid_keys()
    finally:
        await store.close()
    index = Index()
    index.apply(
        upsert=[replace(piece, aid=keys[int(piece.aid)]) for piece in changes.upsert],
        remove=changes.remove,
        revision=changes.revision,
    )
    return index
