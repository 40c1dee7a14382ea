"""Many rows as one parameter, for PostgreSQL: a JSON text, which the server takes apart.

The driver pays for each parameter in Python, and SQLAlchemy for each row of a statement that it writes out. With a
batch of 500 rows that was most of what claiming a nudge cost. SQLite, which takes parameters for next to nothing, gets
them as ever.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import JSON, Text, bindparam, cast, column, func
from sqlalchemy.sql.selectable import TableValuedAlias

from bot.store.tables import Base

GIVEN = "given"
"""The parameter's name."""


@cache
def given(table: type[Base], names: tuple[str, ...], **named: str) -> TableValuedAlias:
    """The rows as a table with columns of `table`; `named` are further ones, by the column whose type they have."""
    kinds = table.__table__.c
    columns = [column(name, kinds[name].type) for name in names]
    columns += [column(name, kinds[like].type) for name, like in named.items()]
    text = cast(bindparam(GIVEN, type_=Text), JSON)
    return func.json_to_recordset(text).table_valued(*columns).render_derived(name="given", with_types=True)


def write(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The parameter."""
    return {GIVEN: _encode(list(rows))}


def _plain(value: object) -> str:
    if isinstance(value, date):  # a datetime is one too, and is aware here
        return value.isoformat()
    raise TypeError(f"No database takes {value!r}.")


_encode = json.JSONEncoder(separators=(",", ":"), default=_plain).encode
