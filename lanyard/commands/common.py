"""What the commands share: where they write, how they refuse, and the database they work in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from lanyard import logs
from lanyard.config import Settings, read_settings

out = Console()
err = Console(stderr=True)

InWorkspace = Annotated[
    str | None, typer.Option("--workspace", help="Where there are several: which one, as slack/T0123ABCD.")
]


class Refusal(Exception):  # noqa: N818 — the reason for exit code 1, as a sentence
    """The command cannot do what was asked. The message says why, and what to do."""


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Any]:
    """The store, up to date."""
    import migrations
    from bot.store import Store

    logs.set_up(settings)
    store = Store(settings.database())
    try:
        await migrations.upgrade(store.database.engine)
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def open_store(named: str | None = None) -> AsyncIterator[tuple[Any, int]]:
    """The store, and the workspace to work in: the one that is named, the one there is, or a new one."""
    from lanyard.app import TENANT

    async with open_database(read_settings()) as store:
        known = await store.workspaces()
        if named is not None:
            platform, _, tenant = named.partition("/")
            workspace = await store.workspace_of(platform, tenant)
            if workspace is None:
                raise Refusal(f"There is no workspace {named!r} here. `lanyard doctor` names them, as slack/T0123ABCD.")
        elif len(known) > 1:
            raise Refusal(
                "There are several workspaces here: name the one meant with --workspace, as slack/T0123ABCD. "
                "`lanyard doctor` names them."
            )
        elif known:
            workspace = known[0]
        else:
            workspace, _ = await store.found_workspace("web", TENANT, name="My company", now=datetime.now(UTC))
        yield store, workspace


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)
