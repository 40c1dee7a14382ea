"""What is kept of whoever came in, as one file for them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from aiohttp import hdrs, web

from bot import addresses
from bot.pages.door import HEADERS, Door, guarded
from bot.services import Services
from bot.wording import opening as words

PRIVACY = "lanyard privacy"
"""What to write in chat, to come here."""


def routes(services: Services) -> Iterable[web.RouteDef]:
    """None where Lanyard has no address of its own."""
    return OwnDataPage(services).routes() if services.address else ()


class OwnDataPage:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._door = Door(services)

    def routes(self) -> Iterable[web.RouteDef]:
        yield web.get(addresses.OWN_DATA, guarded(self.hand_out))

    async def hand_out(self, request: web.Request) -> web.Response:
        came = await self._door.visitor(request)
        if came is None:
            return self._door.closed(PRIVACY, words.CLOSED)
        workspace, person = came
        async with self._services.store.reading(workspace, now=self._services.now()) as tx:
            kept = await tx.read_kept(person)
        text = json.dumps(kept, ensure_ascii=False, indent=2)
        answer = web.Response(text=text, content_type="application/json", headers=HEADERS)
        answer.headers[hdrs.CONTENT_DISPOSITION] = 'attachment; filename="what-lanyard-keeps-of-me.json"'
        return answer
