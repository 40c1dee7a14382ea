"""Messages as JSON Lines, in the shape that `lanyard evaluate routing` reads."""

from __future__ import annotations

from pathlib import Path

from knowledge.documents.limits import Refused
from knowledge.job_aids import LARGEST_TABLE
from lanyard.evaluate.lines import UnusableInputError, read_lines
from lanyard.evaluate.routing import MESSAGE_EXAMPLE, MessageLine
from lanyard.past.model import Export, Member, Reading, Remark


def read(path: Path, reading: Reading) -> Export:
    """An author is a platform's id, or an e-mail address. Raises Refused."""
    size = path.stat().st_size
    if size > LARGEST_TABLE:
        raise Refused(f"It holds {size:,} bytes; at most {LARGEST_TABLE:,} are read.", "Cut it into parts.")
    try:
        said = [line for _, line in read_lines(path, MessageLine, MESSAGE_EXAMPLE)]
    except UnusableInputError as fault:
        problem, _, remedy = str(fault).removeprefix(str(path)).lstrip(":, ").rpartition(". ")
        raise Refused(f"{problem}.", remedy) from None
    said.sort(key=lambda one: (one.ts, one.id != one.thread_id))
    authors = {one.author for one in said}
    return Export(
        members={one: Member(id=one, email=one if "@" in one else None) for one in authors},
        remarks=(
            Remark(
                channel=one.channel,
                id=one.id,
                thread=one.thread_id,
                author=one.author,
                text=one.text,
                at=one.ts,
                closed=not reading.is_open,
            )
            for one in said
        ),
    )
