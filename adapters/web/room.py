"""The chat service behind the page: people, conversations, messages, what was seen, and the demonstration's clock.

Everything lies in one SQLite file of its own, so chat survives whatever happens to the process. The class is
synchronous and meant for one thread at a time; several processes may share the file. Every change takes the next
number of one sequence inside its own transaction, so "what changed after n" is complete for every n a reader has seen.
"""

# ruff: noqa: A002, S608 — a message has an id; what is put into SQL by its text is a constant of ours

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.web.model import (
    Changes,
    Channel,
    Issued,
    Message,
    NotHere,
    Persona,
    Standing,
    Taken,
    direct,
    issued_of,
    message_of,
    persona_of,
)
from bot.messages import Scope

UNSAID = timedelta(days=1)
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

_PERSON = "SELECT person.*, standing, until FROM person LEFT JOIN standing ON standing.person = person.id"

_SINCE = {
    2: "ALTER TABLE message ADD COLUMN signs TEXT NOT NULL DEFAULT '[]'",
    3: "ALTER TABLE message ADD COLUMN files TEXT NOT NULL DEFAULT '[]'",
}
"""What each version added to the one before it."""

_IN_SIGHT = """(EXISTS (SELECT 1 FROM conversation c WHERE c.id = m.conversation AND c.scope = 'channel')
    OR EXISTS (SELECT 1 FROM member b WHERE b.conversation = m.conversation AND b.person = :me))
    AND (m.only_for IS NULL OR m.only_for = :me)"""
"""Which messages `m` the person `:me` may read: the one place where that is decided."""


class Room:
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

    # ── People and conversations ────────────────────────────────────────────────────────────────────────────────────

    def settle(self, people: Iterable[Persona], channels: Iterable[Channel]) -> None:
        """Bring these people and channels in, or up to date. Nobody is removed."""
        with self._write():
            for persona in people:
                self._put_person(persona)
            for channel in channels:
                self._put_channel(channel)
            self._next(roster=True)

    def _put_person(self, persona: Persona) -> None:
        person = persona.sender
        name = person.name or person.email or person.id
        self._db.execute(
            "INSERT INTO person (id, name, email, time_zone, title, badge) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id)"
            " DO UPDATE SET name = excluded.name, email = excluded.email, time_zone = excluded.time_zone,"
            " title = excluded.title, badge = excluded.badge",
            (person.id, name, person.email, person.time_zone, persona.title, persona.badge),
        )
        self._put_channel(Channel(id=direct(person.id), name="", scope=Scope.DIRECT, members=(person.id,)))

    def _put_channel(self, channel: Channel) -> None:
        self._db.execute(
            "INSERT INTO conversation (id, name, scope, topic) VALUES (?, ?, ?, ?) ON CONFLICT (id)"
            " DO UPDATE SET name = excluded.name, scope = excluded.scope, topic = excluded.topic",
            (channel.id, channel.name or None, channel.scope, channel.topic),
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO member VALUES (?, ?)", [(channel.id, person) for person in channel.members]
        )

    def add_person(self, persona: Persona) -> None:
        """A newcomer, who joins every open channel and has read what stands there. Raises Taken."""
        person = persona.sender
        with self._write():
            taken = self._one("SELECT name FROM person WHERE id = ? OR email = ?", person.id, person.email)
            if taken:
                raise Taken(f"{taken['name']} has the e-mail address {person.email} already: choose another.")
            self._put_person(persona)
            self._db.execute(
                "INSERT INTO member SELECT id, ? FROM conversation WHERE scope = ?", (person.id, Scope.CHANNEL)
            )
            self._db.execute(
                "INSERT INTO seen SELECT ?, conversation, max(number), ? FROM message GROUP BY conversation",
                (person.id, self._next(roster=True)),
            )

    def add_channel(self, channel: Channel) -> None:
        """A new channel; an open one has everybody in it. Raises Taken, NotHere."""
        with self._write():
            if self._one("SELECT 1 FROM conversation WHERE id = ? OR name = ?", channel.id, channel.name):
                raise Taken(f"There is a channel #{channel.name} already: choose another name.")
            for person in channel.members:
                self._must_know(person)
            self._put_channel(channel)
            if channel.scope is Scope.CHANNEL:
                self._db.execute("INSERT OR IGNORE INTO member SELECT ?, id FROM person", (channel.id,))
            self._next(roster=True)

    def people(self) -> Sequence[Persona]:
        return [persona_of(row) for row in self._db.execute(f"{_PERSON} ORDER BY position")]

    def person(self, person: str) -> Persona | None:
        row = self._one(f"{_PERSON} WHERE id = ?", person)
        return None if row is None else persona_of(row)

    def person_by_email(self, email: str) -> Persona | None:
        row = self._one(f"{_PERSON} WHERE email = ?", email)
        return None if row is None else persona_of(row)

    def change_person(self, persona: Persona) -> None:
        """Somebody's name, zone and standing become these. Raises NotHere."""
        person = persona.sender
        until = persona.until.isoformat() if persona.until else None
        with self._write():
            self._must_know(person.id)
            self._db.execute(
                "UPDATE person SET name = ?, time_zone = ? WHERE id = ?", (person.name, person.time_zone, person.id)
            )
            self._db.execute(
                "INSERT INTO standing VALUES (?, ?, ?) ON CONFLICT (person)"
                " DO UPDATE SET standing = excluded.standing, until = excluded.until",
                (person.id, persona.standing, until),
            )
            self._next(roster=True)

    def _must_know(self, person: str) -> None:
        if self.person(person) is None:
            raise NotHere(f"There is nobody with the id {person!r} here.")

    def channels(self, person: str) -> Sequence[Channel]:
        """The channels a person may read, the direct conversation left out."""
        rows = self._db.execute(
            "SELECT * FROM conversation c WHERE scope = 'channel' OR scope = 'private'"
            " AND EXISTS (SELECT 1 FROM member b WHERE b.conversation = c.id AND b.person = ?) ORDER BY position",
            (person,),
        )
        return [self._channel(row) for row in rows.fetchall()]

    def _channel(self, row: sqlite3.Row) -> Channel:
        return Channel(
            id=row["id"],
            name=row["name"] or "",
            scope=Scope(row["scope"]),
            topic=row["topic"],
            members=tuple(self.members(row["id"])),
        )

    def conversation(self, conversation: str, *, reader: str | None = None) -> Channel:
        """The conversation, as far as `reader` may know of it. Raises NotHere."""
        row = self._one("SELECT * FROM conversation WHERE id = ?", conversation)
        if row is not None:
            found = self._channel(row)
            if reader is None or found.scope is Scope.CHANNEL or reader in found.members:
                return found
        raise NotHere(f"There is no conversation {conversation!r} here.")

    def members(self, conversation: str) -> Sequence[str]:
        rows = self._db.execute(
            "SELECT member.person FROM member JOIN person ON id = member.person LEFT JOIN standing USING (person)"
            " WHERE conversation = ? AND standing IS NOT ? ORDER BY position",
            (conversation, Standing.LEFT),
        )
        return [row["person"] for row in rows]

    # ── Messages ────────────────────────────────────────────────────────────────────────────────────────────────────

    def say(
        self,
        *,
        id: str,
        author: str,
        conversation: str,
        thread: str | None,
        text: str | None,
        private: bool,
        at: datetime,
        card: dict[str, Any] | None = None,
        files: Sequence[str] = (),
    ) -> Message:
        """A person's message, once: the same id again gives what was kept. Raises NotHere, Taken.

        Words with the files of these ids, or a card that they have put in; the latter is not for the bot to hear.
        """
        with self._write():
            self.conversation(conversation, reader=author)
            kept = self._one("SELECT * FROM message WHERE id = ?", id)
            if kept is not None:
                if (kept["author"], kept["conversation"], kept["text"]) != (author, conversation, text):
                    raise Taken(f"The id {id!r} belongs to another message: send this one with an id of its own.")
                return message_of(kept)
            only_for = author if private else None
            thread = self._root(conversation, thread, only_for)
            self._db.execute("INSERT OR IGNORE INTO member VALUES (?, ?)", (conversation, author))
            uploads = [self._upload(file, by=author) for file in files]
            message = self._insert(id, None, conversation, thread, author, only_for, at, text, card, files=uploads)
            self._db.executemany("UPDATE upload SET message = ? WHERE id = ?", [(id, file) for file in files])
            return message

    # ── Files ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def keep_upload(self, *, id: str, by: str, name: str, content: bytes, at: datetime) -> None:
        """A file, for a message that is about to be said; what nobody said within a day is dropped. Raises Taken."""
        with self._write():
            self._must_know(by)
            self._db.execute("DELETE FROM upload WHERE message IS NULL AND at < ?", ((at - UNSAID).isoformat(),))
            kept = self._one("SELECT person, name, length(content) AS size FROM upload WHERE id = ?", id)
            if kept is None:
                self._db.execute(
                    "INSERT INTO upload VALUES (?, ?, ?, ?, ?, NULL)", (id, by, name, content, at.isoformat())
                )
            elif tuple(kept) != (by, name, len(content)):
                raise Taken(f"The id {id!r} belongs to another file: send this one with an id of its own.")

    def content_of(self, file: str) -> tuple[str, bytes]:
        """Name and content of a file that was said. Raises NotHere."""
        row = self._one("SELECT name, content FROM upload WHERE id = ? AND message IS NOT NULL", file)
        if row is None:
            raise NotHere("The file is not here any more: send it again.")
        return row["name"], row["content"]

    def _upload(self, file: str, *, by: str) -> dict[str, Any]:
        """Theirs, and in no message yet."""
        sql = "SELECT id, name, length(content) AS size FROM upload WHERE id = ? AND person = ? AND message IS NULL"
        row = self._one(sql, file, by)
        if row is None:
            raise NotHere("One of the files did not arrive: put it in again.")
        return dict(row)

    # ── What the bot says ───────────────────────────────────────────────────────────────────────────────────────────

    def post(
        self,
        *,
        key: str,
        conversation: str,
        thread: str | None,
        only_for: str | None,
        card: dict[str, Any],
        at: datetime,
    ) -> Message:
        """The bot's message, once for each key. Raises NotHere."""
        with self._write():
            kept = self.by_key(key)
            if kept is not None:
                return kept
            if only_for is not None:
                self._must_know(only_for)
            place = self.conversation(conversation, reader=only_for)
            # In a direct conversation everything is for one person's eyes; nothing needs to say so.
            only_for = None if place.scope is Scope.DIRECT else only_for
            thread = self._root(conversation, thread, only_for)
            number = int(self._db.execute("SELECT coalesce(max(number), 0) + 1 FROM message").fetchone()[0])
            return self._insert(f"lanyard.{number}", key, conversation, thread, None, only_for, at, None, card)

    def _insert(
        self,
        id: str,
        key: str | None,
        conversation: str,
        thread: str | None,
        author: str | None,
        only_for: str | None,
        at: datetime,
        text: str | None,
        card: dict[str, Any] | None,
        *,
        files: Sequence[dict[str, Any]] = (),
    ) -> Message:
        body = None if card is None else json.dumps(card)
        heard = author is None or card is not None
        row = self._db.execute(
            "INSERT INTO message (id, key, conversation, thread, author, only_for, at, text, card, heard, files, seq)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
            (
                *(id, key, conversation, thread, author, only_for, at.isoformat(), text, body, heard),
                *(json.dumps(files), self._next()),
            ),
        ).fetchone()
        return message_of(row)

    def _root(self, conversation: str, thread: str | None, only_for: str | None) -> str | None:
        """The message a thread hangs on. A reply's own id means its thread; a private root has private replies."""
        if thread is None:
            return None
        row = self._one("SELECT * FROM message WHERE id = ? AND conversation = ?", thread, conversation)
        if row is None or (row["only_for"] is not None and row["only_for"] != only_for):
            raise NotHere(f"There is no thread {thread!r} in this conversation.")
        return str(row["thread"] or row["id"])

    def revise(self, message: str, card: dict[str, Any]) -> None:
        """Replace a card. Raises NotHere."""
        with self._write():
            changed = self._db.execute(
                "UPDATE message SET card = ?, seq = ? WHERE id = ? AND author IS NULL",
                (json.dumps(card), self._next(), message),
            )
            if changed.rowcount != 1:
                raise NotHere(f"There is no message {message!r} of the bot here.")

    def sign(self, message: str, sign: str) -> None:
        """Put the bot's sign at a message, once. Raises NotHere."""
        with self._write():
            row = self._one("SELECT signs FROM message WHERE id = ?", message)
            if row is None:
                raise NotHere(f"There is no message {message!r} here.")
            signs = json.loads(row["signs"])
            if sign not in signs:
                self._db.execute(
                    "UPDATE message SET signs = ?, seq = ? WHERE id = ?",
                    (json.dumps([*signs, sign]), self._next(), message),
                )

    def by_key(self, key: str) -> Message | None:
        row = self._one("SELECT * FROM message WHERE key = ?", key)
        return None if row is None else message_of(row)

    def message(self, message: str, *, reader: str) -> Message:
        """Raises NotHere, also where the reader may not see it."""
        sql = f"SELECT * FROM message m WHERE id = :id AND {_IN_SIGHT}"
        row = self._db.execute(sql, {"id": message, "me": reader}).fetchone()
        if row is None:
            raise NotHere(f"There is no message {message!r} here.")
        return message_of(row)

    def unheard(self) -> Sequence[Message]:
        """What people said and nobody is known to have received."""
        return [message_of(row) for row in self._db.execute("SELECT * FROM message WHERE heard = 0 ORDER BY number")]

    def mark_heard(self, messages: Iterable[str]) -> None:
        with self._write():
            self._db.executemany("UPDATE message SET heard = 1 WHERE id = ?", [(message,) for message in messages])

    def history(self, conversation: str, *, reader: str, before: int | None, limit: int = 50) -> Sequence[Message]:
        """The last `limit` messages before a number with all their replies, oldest first. Raises NotHere."""
        self.conversation(conversation, reader=reader)
        sql = f"""SELECT * FROM message m WHERE conversation = :in AND thread IS NULL AND {_IN_SIGHT}
            AND (:before IS NULL OR number < :before) ORDER BY number DESC LIMIT :limit"""
        roots = self._db.execute(sql, {"in": conversation, "me": reader, "before": before, "limit": limit}).fetchall()
        found = [message_of(row) for row in roots]
        for root in roots:
            sql = f"SELECT * FROM message m WHERE thread = :root AND {_IN_SIGHT}"
            found += [message_of(row) for row in self._db.execute(sql, {"root": root["id"], "me": reader})]
        return sorted(found, key=lambda message: message.number)

    # ── What changed, what was seen ─────────────────────────────────────────────────────────────────────────────────

    def seq(self) -> int:
        return int(self._db.execute("SELECT seq FROM counter").fetchone()[0])

    def data_version(self) -> int:
        """Differs once another connection has written to the file. Cheap enough to ask several times a second."""
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def changes(self, person: str, *, after: int, limit: int = 200) -> Changes:
        self._db.execute("BEGIN")
        try:
            seq, roster = self._db.execute("SELECT seq, roster FROM counter").fetchone()
            sql = f"SELECT * FROM message m WHERE seq > :after AND {_IN_SIGHT} ORDER BY seq LIMIT :limit"
            rows = self._db.execute(sql, {"after": after, "me": person, "limit": limit}).fetchall()
        finally:
            self._db.execute("COMMIT")
        upto = rows[-1]["seq"] if len(rows) == limit else seq
        return Changes(
            seq=upto,
            messages=tuple(message_of(row) for row in rows),
            roster=after < roster <= upto,
        )

    def unread(self, person: str) -> dict[str, int]:
        """How many messages of others a person has not seen, by conversation; without a number where there are none."""
        sql = f"""SELECT m.conversation, count(*) FROM message m
            LEFT JOIN seen s ON s.person = :me AND s.conversation = m.conversation
            WHERE m.number > coalesce(s.number, 0) AND m.author IS NOT :me AND {_IN_SIGHT} GROUP BY 1"""
        return {row[0]: row[1] for row in self._db.execute(sql, {"me": person})}

    def waiting(self) -> dict[str, int]:
        """How much of what the bot said to them alone each person has not seen, for those who have some."""
        rows = self._db.execute(
            "SELECT b.person, count(*) FROM conversation c JOIN member b ON b.conversation = c.id"
            " LEFT JOIN seen s ON s.person = b.person AND s.conversation = c.id"
            " JOIN message m ON m.conversation = c.id AND m.number > coalesce(s.number, 0) AND m.author IS NULL"
            " WHERE c.scope = 'direct' GROUP BY 1"
        )
        return {row[0]: row[1] for row in rows}

    def seen(self, person: str, conversation: str) -> int:
        """The number up to which a person has seen a conversation, 0 for nothing."""
        row = self._one("SELECT number FROM seen WHERE person = ? AND conversation = ?", person, conversation)
        return 0 if row is None else int(row["number"])

    def see(self, person: str, conversation: str, number: int) -> None:
        """The person has seen everything up to this number. Raises NotHere."""
        with self._write():
            self.conversation(conversation, reader=person)
            self._db.execute(
                "INSERT INTO seen VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET number = excluded.number,"
                " seq = excluded.seq WHERE excluded.number > seen.number",
                (person, conversation, number, self._next()),
            )

    # ── Forms and notes that were shown ─────────────────────────────────────────────────────────────────────────────

    def issue(self, issued: Issued, *, now: datetime) -> None:
        """Remember what was shown to one person, in the place of what had its token; forget what has expired."""
        with self._write():
            self._db.execute("DELETE FROM issued WHERE expires < ?", (now.isoformat(),))
            self._db.execute(
                "INSERT OR REPLACE INTO issued VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
                (
                    issued.token,
                    issued.person,
                    issued.conversation,
                    issued.thread,
                    issued.kind,
                    json.dumps(issued.body),
                    issued.expires.isoformat(),
                ),
            )

    def issued(self, token: str, *, person: str, now: datetime) -> Issued:
        """Raises NotHere, also where it is somebody else's or has expired."""
        row = self._one("SELECT * FROM issued WHERE token = ? AND person = ?", token, person)
        if row is None or datetime.fromisoformat(row["expires"]) < now:
            raise NotHere("This form or note is no longer open: start again from where you opened it.")
        return issued_of(row)

    def claim(self, token: str, *, by: str) -> None:
        """Let this submission, and no other, use the form up. Raises Taken."""
        with self._write():
            sql = "UPDATE issued SET used_by = ? WHERE token = ? AND (used_by IS NULL OR used_by = ?)"
            if self._db.execute(sql, (by, token, by)).rowcount != 1:
                raise Taken("This form was sent already.")

    def settle_claim(self, token: str, outcome: dict[str, Any] | None) -> None:
        """Keep what a submission led to, or, with None, open the form again for the next try."""
        with self._write():
            if outcome is None:
                self._db.execute("UPDATE issued SET used_by = NULL WHERE token = ?", (token,))
            else:
                self._db.execute("UPDATE issued SET outcome = ? WHERE token = ?", (json.dumps(outcome), token))

    # ── The demonstration's clock ───────────────────────────────────────────────────────────────────────────────────

    def ahead(self) -> timedelta:
        """How far the demonstration's clock is ahead of the real one."""
        return timedelta(seconds=self._db.execute("SELECT ahead FROM counter").fetchone()[0])

    def skip(self, by: timedelta) -> timedelta:
        with self._write():
            self._next(roster=True)
            self._db.execute("UPDATE counter SET ahead = ahead + ?", (by.total_seconds(),))
            return self.ahead()
