"""A job aid's page, opened from the chat as whoever one is there.

The way in is the same as in every other chat: the bot gives it to the person, it serves once, and a request of our own
origin uses it up. Only that the page does the asking and the pressing, where one clicked the aid's address.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from adapters.intake import Refused
from adapters.web import inbound, shapes
from adapters.web.gate import guarded, json_answer, read_body
from adapters.web.live import Live
from adapters.web.model import Persona
from bot.messages import Card, Inbound, Links, Note, Outcome


class Opening:
    """`acting` gives who acts, by id; it raises NotHere, and Refused for those who have left."""

    def __init__(
        self,
        live: Live,
        *,
        platform: str,
        tenant: str,
        acting: Callable[[str], Awaitable[Persona]],
        receive: Callable[[Inbound], Awaitable[Outcome]],
    ) -> None:
        self._live = live
        self._platform = platform
        self._tenant = tenant
        self._acting = acting
        self._receive = receive

    def routes(self) -> Iterable[web.RouteDef]:
        yield web.post("/chat/open", guarded(self.open))

    async def open(self, request: web.Request) -> web.Response:
        """The way in. Where there is none, the refusal has the bot's own words for it."""
        asked = shapes.parse(shapes.Open, await read_body(request))
        sender = (await self._acting(asked.by)).sender
        conversation = await self._live.do(lambda: self._live.room.conversation(asked.conversation, reader=sender.id))
        pressed = inbound.to_opening(
            asked,
            platform=self._platform,
            tenant=self._tenant,
            sender=sender,
            place=inbound.to_place(conversation, None),
            at=self._live.now(),
        )
        outcome = await self._receive(pressed)
        card = outcome.card if isinstance(outcome, Note) else Card(summary="There is nothing to open here.")
        way_in = next((link.url for part in card.parts if isinstance(part, Links) for link in part.links), None)
        if way_in is None:
            raise Refused(409, card.summary)
        return json_answer({"way_in": way_in})
