"""How much of a document is read, and how it is said that one is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO
from zipfile import BadZipFile, ZipFile, ZipInfo

MEGABYTE = 1_000_000

MOST_ENTRIES = 20_000
"""Files in a zip."""

MOST_UNPACKED = 400 * MEGABYTE
"""Bytes of all files of a zip together, as it says itself; `read_entry` holds it to that."""

RATIO = 200
"""How many times smaller than its content a file in a zip may be; text comes to 20, a bomb to 1,000."""

SMALL = MEGABYTE
"""Bytes of content up to which any ratio is fine."""

DEEPEST = 1
"""Zips in zips: Notion puts its export into one more."""

MOST_PAGES = 2_000

LARGEST_TEXT = 20 * MEGABYTE
"""Characters of Markdown from one document."""


class Refused(Exception):  # noqa: N818 — a verdict on a file, for people
    """A document that is not read: what is wrong with it, and what to do. `file` is the one of a bundle."""

    def __init__(self, problem: str, remedy: str, *, file: str | None = None) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem, self.remedy, self.file = problem, remedy, file


def open_zip(file: IO[bytes], *, most_entries: int = MOST_ENTRIES, most_unpacked: int = MOST_UNPACKED) -> ZipFile:
    """A zip whose directory was looked at and whose size, unpacked, is bearable. Raises Refused."""
    try:
        opened = ZipFile(file)
    except (BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise Refused(f"It is damaged: {error}.", "Save or export it again.") from None
    entries = opened.infolist()
    if len(entries) > most_entries:
        raise Refused(f"It holds {len(entries):,} files; {most_entries:,} are the most.", "Export it in parts.")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > most_unpacked:
        raise Refused(
            f"Unpacked it would take {unpacked / MEGABYTE:,.0f} MB; {most_unpacked // MEGABYTE:,} are the most.",
            "Export it in parts, or without attachments.",
        )
    for entry in entries:
        _check_entry(entry)
    return opened


def _check_entry(entry: ZipInfo) -> None:
    if entry.flag_bits & 0x1:
        raise Refused("It is protected by a password.", "Take the password off and save it again.")
    if entry.file_size > SMALL and entry.file_size > RATIO * max(1, entry.compress_size):
        times = entry.file_size // max(1, entry.compress_size)
        problem = f"{entry.filename!r} in it unpacks to {times:,} times its size, as only a zip bomb does."
        raise Refused(problem, "Do not open it; ask whoever sent it.")


def read_entry(opened: ZipFile, entry: ZipInfo) -> bytes:
    """The content of one file, not a byte more than the directory promised. Raises Refused."""
    try:
        with opened.open(entry) as inside:
            content = inside.read(entry.file_size + 1)
    except Exception as error:  # noqa: BLE001 — zipfile, zlib, lzma and bz2 have errors of their own
        raise Refused(f"{entry.filename!r} in it is damaged: {error}.", "Save or export it again.") from None
    if len(content) > entry.file_size:
        raise Refused(f"{entry.filename!r} in it is larger than it says.", "Do not open it; ask whoever sent it.")
    return content


def check_office(file: IO[bytes], *, main: str, what: str) -> None:
    """An Office document: bearable, complete, and without XML that defines entities. Raises Refused."""
    with open_zip(file) as opened:
        names = set(opened.namelist())
        if main not in names:
            raise Refused(f"There is no {what} in it.", f"Save it as a {what} again.")
        for entry in opened.infolist():
            if entry.filename.endswith((".xml", ".rels")):
                check_xml(read_entry(opened, entry), entry.filename)
    file.seek(0)


def check_xml(content: bytes, name: str) -> None:
    """Documents define no types and entities; what does wants to blow up whoever reads it. Raises Refused."""
    if any(mark in content for mark in _definitions()):
        raise Refused(f"{name!r} in it defines entities, as only an attack does.", "Do not open it; ask who sent it.")


def _definitions() -> Iterator[bytes]:
    for mark in ("<!DOCTYPE", "<!ENTITY"):
        for encoding in ("ascii", "utf-16-le", "utf-16-be"):
            yield mark.encode(encoding)
