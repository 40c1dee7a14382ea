"""Alembic's entry: runs within the connection, transaction and lock that `migrations.upgrade` holds."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from bot.store.tables import Base, Id, Json, Moment


def render_item(kind: str, thing: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types by their names."""
    if kind != "type":
        return False
    if isinstance(thing, Moment):
        autogen.imports.add("from bot.store.tables import Moment")
        return "Moment()"
    if thing is Json:
        autogen.imports.add("from bot.store.tables import Json")
        return "Json"
    if thing is Id:
        autogen.imports.add("from bot.store.tables import Id")
        return "Id"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_item=render_item,
    render_as_batch=context.config.attributes["connection"].dialect.name == "sqlite",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
