"""Who is there, and the conversations that they are in."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from adapters.web.model import (
    Channel,
    NotHere,
    Persona,
    Standing,
    Taken,
    direct,
    persona_of,
)
from adapters.web.room.file import RoomFile
from bot.messages import Scope

_PERSON = "SELECT person.*, standing, until FROM person LEFT JOIN standing ON standing.person = person.id"


class People(RoomFile):
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
