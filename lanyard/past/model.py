"""What the files of every platform come to before they are weighed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from knowledge.documents.limits import MEGABYTE, Refused, open_zip, read_entry

LARGEST_FILE = 50 * MEGABYTE
"""Bytes of one JSON file, unpacked: a day of a channel, or a page of messages."""

MOST_ENTRIES = 500_000
"""Files of one export: a company's channels times the days on which something was said."""

MOST_UNPACKED = 20_000 * MEGABYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A message as it was said, by a person's id on their platform. What begins a thread bears the thread's own id."""

    channel: str
    id: str
    thread: str
    author: str
    text: str
    at: datetime
    closed: bool

    @property
    def opens(self) -> bool:
        return self.id == self.thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody as an export names them. `newcomer` may be made known: a colleague who is still there."""

    id: str
    email: str | None = None
    name: str | None = None
    time_zone: str | None = None
    newcomer: bool = False
    bot: bool = False


@dataclass(slots=True, kw_only=True)
class Export:
    """`remarks` come channel by channel or mixed, in the order of time within each channel; `left_out` is counted as
    they are read. `platform` and `tenant` are None where the files do not tell.
    """

    remarks: Iterator[Remark]
    platform: str | None = None
    tenant: str | None = None
    members: Mapping[str, Member] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What whoever imports says of who may read what is in the files."""

    is_open: bool = False
    private: bool = False


class Box:
    """A zip or a folder of files, by their names within, open while `stack` is. Whatever is read may raise Refused."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._folder = path if path.is_dir() else None
        self._zip: ZipFile | None = None
        if self._folder is not None:
            found = sorted(file.relative_to(path).as_posix() for file in path.rglob("*.json") if file.is_file())
        else:
            file = stack.enter_context(path.open("rb"))
            self._zip = open_zip(file, most_entries=MOST_ENTRIES, most_unpacked=MOST_UNPACKED)
            stack.callback(self._zip.close)
            found = sorted(name for name in self._zip.namelist() if name.endswith(".json"))
        self.names = [name for name in found if not name.startswith("__MACOSX/")]

    def load(self, name: str) -> Any:
        """The JSON of one file."""
        return parse(self._content(name), name)

    def _content(self, name: str) -> bytes:
        if self._zip is not None:
            entry = self._zip.getinfo(name)
            check_size(entry.file_size, name)
            return read_entry(self._zip, entry)
        assert self._folder is not None
        file = self._folder / name
        check_size(file.stat().st_size, name)
        return file.read_bytes()


def check_size(size: int, name: str) -> None:
    if size > LARGEST_FILE:
        problem = f"{name!r} holds {size:,} bytes; at most {LARGEST_FILE:,} are read of one file."
        raise Refused(problem, "Export it in parts.")


def parse(content: bytes, name: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{name!r} is not JSON: {error}.", "Export it again, and leave the files as they are.") from None
