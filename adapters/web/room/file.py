"""The room's file: its tables, one transaction, the sequence of changes, and the demonstration's clock."""

# ruff: noqa: S608 — what is put into SQL by its text is a constant of ours

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

VERSION = 3
"""Of the tables below, kept in the file's `user_version`."""

_SCHEMA = """
CREATE TABLE counter (
    one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, roster INTEGER NOT NULL, ahead REAL NOT NULL);
INSERT INTO counter VALUES (1, 0, 0, 0);
CREATE TABLE person (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, email TEXT UNIQUE COLLATE NOCASE,
    time_zone TEXT, title TEXT NOT NULL, badge TEXT NOT NULL);
CREATE TABLE conversation (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT UNIQUE COLLATE NOCASE, scope TEXT NOT NULL,
    topic TEXT NOT NULL);
CREATE TABLE member (
    conversation TEXT NOT NULL REFERENCES conversation (id), person TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (conversation, person)) WITHOUT ROWID;
CREATE TABLE message (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, key TEXT UNIQUE,
    conversation TEXT NOT NULL REFERENCES conversation (id), thread TEXT REFERENCES message (id),
    author TEXT REFERENCES person (id), only_for TEXT REFERENCES person (id), at TEXT NOT NULL,
    text TEXT, card TEXT, heard INTEGER NOT NULL, seq INTEGER NOT NULL);
CREATE INDEX message_conversation ON message (conversation, number);
CREATE INDEX message_thread ON message (thread, number) WHERE thread IS NOT NULL;
CREATE INDEX message_seq ON message (seq);
CREATE INDEX message_unheard ON message (number) WHERE heard = 0;
CREATE TABLE seen (
    person TEXT NOT NULL, conversation TEXT NOT NULL, number INTEGER NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (person, conversation)) WITHOUT ROWID;
CREATE TABLE issued (
    token TEXT PRIMARY KEY, person TEXT NOT NULL, conversation TEXT NOT NULL, thread TEXT, kind TEXT NOT NULL,
    body TEXT NOT NULL, expires TEXT NOT NULL, used_by TEXT, outcome TEXT) WITHOUT ROWID;
"""

_LATER = (
    """CREATE TABLE IF NOT EXISTS standing (
    person TEXT PRIMARY KEY REFERENCES person (id), standing TEXT NOT NULL, until TEXT) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS upload (
    id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person (id), name TEXT NOT NULL, content BLOB NOT NULL,
    at TEXT NOT NULL, message TEXT REFERENCES message (id))""",
)
"""Tables that came later: an older file gets them when it is opened, and an older program does not mind them."""

_SINCE = {
    2: "ALTER TABLE message ADD COLUMN signs TEXT NOT NULL DEFAULT '[]'",
    3: "ALTER TABLE message ADD COLUMN files TEXT NOT NULL DEFAULT '[]'",
}
"""What each version added to the one before it."""


class RoomFile:
    """Raises OSError or sqlite3.Error where the file cannot be used, ValueError where another version wrote it."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(file, timeout=5, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._db.execute(f"PRAGMA {pragma}")
        with self._write():
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise ValueError(
                    f"{file} has version {version} of the room, this program knows {VERSION}: move it away."
                )
            if version == 0:
                for statement in _SCHEMA.split(";\n"):
                    self._db.execute(statement)
            for number in range(max(version, 1) + 1, VERSION + 1):
                self._db.execute(_SINCE[number])
            self._db.execute(f"PRAGMA user_version = {VERSION}")
            for statement in _LATER:
                self._db.execute(statement)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _write(self) -> Iterator[None]:
        # IMMEDIATE, because a read that turns into a write fails at once when another process has written meanwhile.
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # A COMMIT that failed, on a full disk for example, may have ended the transaction or not.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _one(self, sql: str, *args: object) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(sql, args).fetchone()
        return row

    def _next(self, *, roster: bool = False) -> int:
        sql = "UPDATE counter SET seq = seq + 1" + (", roster = seq + 1" if roster else "") + " RETURNING seq"
        return int(self._db.execute(sql).fetchone()[0])

    def ahead(self) -> timedelta:
        """How far the demonstration's clock is ahead of the real one."""
        return timedelta(seconds=self._db.execute("SELECT ahead FROM counter").fetchone()[0])

    def skip(self, by: timedelta) -> timedelta:
        with self._write():
            self._next(roster=True)
            self._db.execute("UPDATE counter SET ahead = ahead + ?", (by.total_seconds(),))
            return self.ahead()
