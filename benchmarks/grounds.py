"""What the benchmarks stand on: databases that write as durably as in production, and a folder for the logs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.databases import Databases, PostgresqlDatabases, SqliteDatabases
from tests.doubles.wire_postgresql import open_postgresql

KINDS = ("sqlite", "postgresql")


@contextmanager
def open_databases(kind: str) -> Iterator[Databases]:
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="lanyard-") as folder:
            yield SqliteDatabases(Path(folder))
    else:
        with open_postgresql() as server:
            yield PostgresqlDatabases(server.url)


@contextmanager
def open_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lanyard-") as folder:
        yield Path(folder)
