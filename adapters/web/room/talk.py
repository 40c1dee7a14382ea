"""What is said: by people, with their files, and by the bot."""

# ruff: noqa: A002, S608 — a message has an id; what is put into SQL by its text is a constant of ours

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from adapters.web.model import (
    Message,
    NotHere,
    Taken,
    message_of,
)
from adapters.web.room.people import People
from bot.messages import Scope

UNSAID = timedelta(days=1)

IN_SIGHT = """(EXISTS (SELECT 1 FROM conversation c WHERE c.id = m.conversation AND c.scope = 'channel')
    OR EXISTS (SELECT 1 FROM member b WHERE b.conversation = m.conversation AND b.person = :me))
    AND (m.only_for IS NULL OR m.only_for = :me)"""
"""Which messages `m` the person `:me` may read: the one place where that is decided."""


class Talk(People):
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
        sql = f"SELECT * FROM message m WHERE id = :id AND {IN_SIGHT}"
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
        sql = f"""SELECT * FROM message m WHERE conversation = :in AND thread IS NULL AND {IN_SIGHT}
            AND (:before IS NULL OR number < :before) ORDER BY number DESC LIMIT :limit"""
        roots = self._db.execute(sql, {"in": conversation, "me": reader, "before": before, "limit": limit}).fetchall()
        found = [message_of(row) for row in roots]
        for root in roots:
            sql = f"SELECT * FROM message m WHERE thread = :root AND {IN_SIGHT}"
            found += [message_of(row) for row in self._db.execute(sql, {"root": root["id"], "me": reader})]
        return sorted(found, key=lambda message: message.number)
