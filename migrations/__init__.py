"""The steps by which a database of an older Lanyard becomes one of today's (Alembic). Applied at every start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

LOCK = 0x4C414E59  # "LANY": names our lock among a PostgreSQL server's advisory locks


class NewerDatabaseError(Exception):
    """The database is at a revision that this Lanyard does not know."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"The database is at revision {revision}, which this Lanyard does not know: a newer one has worked on it. "
            "Start that newer one, or restore the backup from before the upgrade."
        )


def configure(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


async def upgrade(engine: AsyncEngine, revision: str = "head") -> tuple[str | None, str | None]:
    """Bring the database to `revision`; replicas that start together wait for the first. Returns (before, after).

    Raises NewerDatabaseError.
    """
    return await _run(engine, command.upgrade, revision)


async def downgrade(engine: AsyncEngine, revision: str) -> tuple[str | None, str | None]:
    """Take the database back to `revision` ("base" is empty). Returns (before, after)."""
    return await _run(engine, command.downgrade, revision)


def head() -> str | None:
    """The revision that this code expects."""
    return ScriptDirectory.from_config(configure()).get_current_head()


def knows(revision: str) -> bool:
    """Whether there is a step to or from this revision."""
    return any(script.revision == revision for script in ScriptDirectory.from_config(configure()).walk_revisions())


async def current(engine: AsyncEngine) -> str | None:
    """The revision that the database is at; None before the first."""
    async with engine.connect() as connection:
        return await connection.run_sync(_read_revision)


async def _run(engine: AsyncEngine, act: Any, revision: str) -> tuple[str | None, str | None]:
    # One transaction around everything: on SQLite its BEGIN IMMEDIATE is the lock, on PostgreSQL the advisory lock.
    async with engine.begin() as connection:
        return await connection.run_sync(_run_locked, act, revision)


def _run_locked(connection: Connection, act: Any, revision: str) -> tuple[str | None, str | None]:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    before = _read_revision(connection)
    if before is not None and not knows(before):
        raise NewerDatabaseError(before)
    act(configure(connection), revision)
    return before, _read_revision(connection)


def _read_revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
