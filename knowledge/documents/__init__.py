"""Documents that were not written as job aids → the raw fields of job aids: Word, PowerPoint, PDF, HTML, and exports.

Made to be run in a process of its own (`python -m knowledge.documents`), by `lanyard.converting`, under limits: what
reads other people's files must be able to fail without taking anything along.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import PurePosixPath
from typing import IO

from knowledge.documents.limits import MEGABYTE, Refused
from knowledge.documents.splitting import Fields, as_fields

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

READERS: Mapping[str, str] = {".docx": "word", ".pptx": "slides", ".pdf": "pdf", ".html": "web", ".htm": "web"}
"""The module that reads each, loaded when there is one to be read: a child lives for one file."""

SUFFIXES: Mapping[str, int] = {**dict.fromkeys(READERS, 60 * MEGABYTE), ".zip": 180 * MEGABYTE}
"""The endings that are read, each with the largest file in bytes."""


def read(file: IO[bytes], name: str) -> Iterator[Fields | Refused]:
    """The fields of each job aid, and what was refused of a bundle. Raises Refused for a file as a whole."""
    suffix = PurePosixPath(name).suffix.lower()
    _check_begins_as(file, suffix)
    if suffix == ".zip":
        yield from import_module("knowledge.documents.bundles").read(file, name, read_one)
        return
    title, markdown = read_one(file, name)
    yield from as_fields(title or PurePosixPath(name).stem, markdown, key=name)


def read_one(file: IO[bytes], name: str) -> tuple[str, str]:
    """The title ("" without any) and the Markdown of a single document. Raises Refused."""
    module = import_module(f"knowledge.documents.{READERS[PurePosixPath(name).suffix.lower()]}")
    found: tuple[str, str] = module.read(file, name)
    return found


def _check_begins_as(file: IO[bytes], suffix: str) -> None:
    """Whether the content is what the ending says."""
    begin = file.read(2048)
    file.seek(0)
    if not begin:
        raise Refused("It is empty.", "Save it again, or leave it out.")
    if begin.startswith(OLD_OFFICE):
        raise Refused(
            "It is protected by a password, or of an Office before 2007.",
            "Open it, take the password off, and save it as .docx or .pptx.",
        )
    seems = _seems(begin)
    wanted = {".pdf": "pdf", ".html": "text", ".htm": "text"}.get(suffix, "zip")
    if seems != wanted:
        what = {"pdf": "a PDF", "zip": "an Office document or a zip", "text": "plain text"}.get(seems, "something else")
        raise Refused(f"It ends in {suffix}, but its content is {what}.", "Give it the ending that it should have.")


def _seems(begin: bytes) -> str:
    if b"%PDF-" in begin[:1024]:
        return "pdf"
    if begin.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    return "other" if b"\0" in begin and not begin.startswith((b"\xff\xfe", b"\xfe\xff")) else "text"
