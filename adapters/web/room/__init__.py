"""The chat service behind the page: people, conversations, messages, what was seen, and the demonstration's clock.

Everything lies in one SQLite file of its own, so chat survives whatever happens to the process. The class is
synchronous and meant for one thread at a time; several processes may share the file. Every change takes the next
number of one sequence inside its own transaction, so "what changed after n" is complete for every n a reader has seen.
"""

from __future__ import annotations

from adapters.web.room.seen import Seen
from adapters.web.room.shown import Shown

__all__ = ["Room"]


class Room(Seen, Shown):
    """Raises OSError or sqlite3.Error where the file cannot be used, ValueError where another version wrote it."""
