"""What changed since somebody looked, and what they have seen."""

# ruff: noqa: S608 — a message has an id; what is put into SQL by its text is a constant of ours

from __future__ import annotations

from adapters.web.model import (
    Changes,
    message_of,
)
from adapters.web.room.talk import IN_SIGHT, Talk


class Seen(Talk):
    def seq(self) -> int:
        return int(self._db.execute("SELECT seq FROM counter").fetchone()[0])

    def data_version(self) -> int:
        """Differs once another connection has written to the file. Cheap enough to ask several times a second."""
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def changes(self, person: str, *, after: int, limit: int = 200) -> Changes:
        self._db.execute("BEGIN")
        try:
            seq, roster = self._db.execute("SELECT seq, roster FROM counter").fetchone()
            sql = f"SELECT * FROM message m WHERE seq > :after AND {IN_SIGHT} ORDER BY seq LIMIT :limit"
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
            WHERE m.number > coalesce(s.number, 0) AND m.author IS NOT :me AND {IN_SIGHT} GROUP BY 1"""
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
