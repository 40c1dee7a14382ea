"""Taking a request in, whoever sent it."""

from __future__ import annotations

from aiohttp import web

LONGEST_NAME = 200
"""Characters of a file's name."""


class Refused(Exception):  # noqa: N818 — a verdict on the request
    """The request is answered with `status` and nothing is done. The reason says nothing of the body."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


async def read_body(request: web.Request, *, most: int) -> bytes:
    """The body, of which no more than `most` bytes are ever held. Raises Refused (413) where it is longer."""
    too_large = Refused(413, f"The body is larger than {most} bytes.")
    if (request.content_length or 0) > most:
        raise too_large
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > most:
            raise too_large
    return bytes(body)


def cut_name(name: str) -> str:
    """What is cut out of a file's name that is too long is its middle: its end says what kind of file it is."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 20] + name[-20:]
