"""Forms and notes that one person was shown: sent back once, by them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from adapters.web.model import (
    Issued,
    NotHere,
    Taken,
    issued_of,
)
from adapters.web.room.file import RoomFile


class Shown(RoomFile):
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
