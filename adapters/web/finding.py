"""Job aids for a message of one's own: searched for while one types, and put into the message as their card."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace

from aiohttp import web

from adapters.intake import Refused
from adapters.web import inbound, outbound, shapes
from adapters.web.gate import guarded, json_answer, read_body
from adapters.web.live import Live
from adapters.web.model import Persona
from bot.messages import Buttons, Card, Found, Inbound, Outcome, Place, Result, Sender

MOST = 6
LONGEST = 200
"""Characters of what is searched for, and of what stands in the list."""


class Finding:
    """`acting` gives who acts, by id; it raises NotHere, and Refused for those who have left."""

    def __init__(
        self,
        live: Live,
        *,
        platform: str,
        tenant: str,
        acting: Callable[[str], Awaitable[Persona]],
        receive: Callable[[Inbound], Awaitable[Outcome]],
        token: Callable[[], str],
    ) -> None:
        self._live = live
        self._platform = platform
        self._tenant = tenant
        self._acting = acting
        self._receive = receive
        self._token = token

    def routes(self) -> Iterable[web.RouteDef]:
        yield web.get("/chat/search", guarded(self.search))
        yield web.post("/chat/insert", guarded(self.insert))

    async def search(self, request: web.Request) -> web.Response:
        sender = (await self._acting(request.query.get("by", ""))).sender
        found = await self._seek(sender, request.query.get("in", ""), request.query.get("text", ""))
        listed = [{"title": result.title, "text": result.text[:LONGEST]} for result in found[:MOST]]
        return json_answer({"found": listed})

    async def insert(self, request: web.Request) -> web.Response:
        """Searched again, so that what stands in the message is what everybody there may read now."""
        insert = shapes.parse(shapes.Insert, await read_body(request))
        sender = (await self._acting(insert.by)).sender
        found = await self._seek(sender, insert.conversation, insert.text)
        chosen = next((result for result in found if result.title == insert.title), None)
        if chosen is None:
            raise Refused(409, "That job aid is not to be had here any more. Search again.")
        message = await self._live.change(
            self._live.room.say,
            id=insert.id,
            author=sender.id,
            conversation=insert.conversation,
            thread=insert.thread,
            text=None,
            card=await self._live.do(outbound.card_json, _without_buttons(chosen.card)),
            private=False,
            at=self._live.now(),
        )
        return json_answer({"message": message.id}, status=202)

    async def _seek(self, sender: Sender, conversation: str, text: str) -> Sequence[Result]:
        """Raises NotHere for a conversation that is not theirs."""

        def look() -> Place:
            return inbound.to_place(self._live.room.conversation(conversation, reader=sender.id), None)

        sought = inbound.to_sought(
            text.strip()[:LONGEST],
            platform=self._platform,
            tenant=self._tenant,
            sender=sender,
            place=await self._live.do(look),
            key=self._token(),
            at=self._live.now(),
        )
        outcome = await self._receive(sought)
        return outcome.results if isinstance(outcome, Found) else ()


def _without_buttons(card: Card) -> Card:
    """It goes into somebody's own message, and what stands there is nobody's to press."""
    return replace(card, parts=tuple(part for part in card.parts if not isinstance(part, Buttons)))
