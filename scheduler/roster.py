"""Whom a list names: a CSV of addresses, read with every fault named by its line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scheduler.campaign_file import FileFault

LONGEST_ADDRESS, LONGEST_NAME = 320, 200
MOST_PEOPLE = 1_000_000
MOST_FAULTS = 100
"""So many are named; a list with more is of another kind altogether."""

_ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")
_EMAIL_HEADS = {"email", "e-mail", "mail", "address", "email address", "e-mail address", "work email"}
_NAME_HEADS = {"name", "full name", "display name"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Somebody on a list. The address is in lower case."""

    email: str
    name: str | None = None


def is_address(text: str) -> bool:
    return len(text) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def names_people(text: str) -> bool:
    """Whether the first row of a CSV has a column of addresses."""
    try:
        first: list[str] = next(_rows(text.removeprefix("\ufeff").partition("\n")[0]), [])
    except csv.Error:
        return False
    return _find_columns([cell.strip() for cell in first])[0] is not None


def _rows(text: str) -> Any:  # a reader, whose type has no name
    first = text.partition("\n")[0]
    return csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)


def read_roster(text: str) -> list[Named] | list[FileFault]:
    """Everybody a CSV names, each once, or all that is wrong with it.

    The first line names the columns, of which one holds the addresses; a file of addresses alone needs none. Columns
    may be parted by commas, semicolons or tabs.
    """
    reader = _RosterReader()
    rows = _rows(text.removeprefix("\ufeff"))
    line = 1
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if any(cells) and not reader.take(cells, line):
                break
            line = rows.line_num + 1
    except csv.Error as error:
        reader.fault(line, f"This is no CSV: {error}.", "Close every quotation mark, and double those within a text.")
    if not reader.faults and not reader.found:
        reader.fault(1, "The list is empty.", "Write one address on each line.")
    return reader.faults or list(reader.found.values())


@dataclass(slots=True)
class _RosterReader:
    found: dict[str, Named] = field(default_factory=dict)
    faults: list[FileFault] = field(default_factory=list)
    email_at: int | None = None
    name_at: int | None = None

    def fault(self, line: int, problem: str, remedy: str) -> None:
        self.faults.append(FileFault(line=line, problem=problem, remedy=remedy))

    def take(self, cells: Sequence[str], line: int) -> bool:
        """Read one row. Returns whether it is of use to read on."""
        if self.email_at is None:
            self.email_at, self.name_at = _find_columns(cells)
            if self.email_at is None:
                said = ", ".join(f"“{cell[:40]}”" for cell in cells[:6])
                problem = f"No column holds e-mail addresses; the first line has {said}."
                self.fault(line, problem, "Name one of the columns “email”.")
                return False
            if not any(is_address(cell) for cell in cells):
                return True  # it names the columns
        self._read(cells, self.email_at, line)
        if len(self.faults) >= MOST_FAULTS:
            self.fault(line, "There may be more that is wrong.", "Mend these first, then try again.")
            return False
        if len(self.found) > MOST_PEOPLE:
            self.fault(line, f"These are more than {MOST_PEOPLE:,} people.", "Make several campaigns of it.")
            return False
        return True

    def _read(self, cells: Sequence[str], email_at: int, line: int) -> None:
        email = cells[email_at].lower() if email_at < len(cells) else ""
        name = cells[self.name_at] if self.name_at is not None and self.name_at < len(cells) else ""
        if not email:
            self.fault(line, "There is no address.", "Write one, or take the line out.")
        elif not is_address(email):
            self.fault(line, f"“{email[:80]}” is no e-mail address.", "Write it like ana@example.com.")
        elif len(name) > LONGEST_NAME:
            self.fault(line, f"The name has {len(name)} characters; {LONGEST_NAME} is the most.", "Shorten it.")
        else:
            self.found.setdefault(email, Named(email=email, name=name or None))


def _find_columns(cells: Sequence[str]) -> tuple[int | None, int | None]:
    """Where the addresses and the names stand, by the heads, or by what an address looks like."""
    heads = [cell.casefold() for cell in cells]
    email = next((at for at, head in enumerate(heads) if head in _EMAIL_HEADS), None)
    if email is None:
        return next((at for at, cell in enumerate(cells) if is_address(cell)), None), None
    return email, next((at for at, head in enumerate(heads) if head in _NAME_HEADS), None)
