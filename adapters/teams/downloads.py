"""Files that people send in a personal chat: fetched from the address that came with them.

The address lets in whoever has it, for some minutes, and so none of our tokens goes along. It comes with an activity,
from outside: only Microsoft's hosts of files are asked, over TLS, and nothing within a private network.
"""

from __future__ import annotations

from typing import BinaryIO
from urllib.parse import urlsplit

from adapters import fetching
from adapters.teams.cloud import Cloud, is_loopback
from bot.messages import File, Undeliverable

GONE = "Its address is good for some minutes only, and has run out, or it was deleted. Send it again."
ELSEWHERE = "Its address is at none of Microsoft's places for files, and I fetch from no other."


async def fetch(cloud: Cloud, file: File, *, into: BinaryIO, most: int) -> str:
    """Its name. Raises TryLater, Undeliverable."""
    if not cloud.keeps_files_at(file.source):
        raise Undeliverable(ELSEWHERE)
    # Only where a host of this machine's is on the list on purpose, as for local test clients.
    public = not is_loopback(urlsplit(file.source).hostname or "")
    await fetching.fetch(file.source, into=into, most=most, gone=GONE, public=public)
    return file.name
