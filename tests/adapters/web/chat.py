"""The sample company on the chat page, as dialogues that are the same everywhere have it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from adapters.web import connect
from bot.store import Store
from lanyard import sample_company
from lanyard.app import Lanyard, build
from tests.adapters.chat import Chat, Filled, Seen, let_go
from tests.adapters.web.harness import WebHarness, read_parts, skip_nothing
from tests.doubles.sent_files import Files, contents_of
from tests.journeys.dialogue import Clock

ADDRESS = "https://lanyard.example.com"


class WebChat(Chat):
    def __init__(self, harness: WebHarness, house: Lanyard, clock: Clock) -> None:
        self._page = harness
        self.house = house
        self._clock = clock
        self._ids = (f"page-{number:05}" for number in count())
        self._forms: dict[str, Mapping[str, Any]] = {}
        self._channels = {channel.name: channel.id for channel in sample_company.channels()}

    async def nudge(self, who: str, line: str) -> None:
        await self._post("/chat/say", who, conversation=await self._page.direct(who), thread=None, text=f"nudge {line}")

    async def says(
        self,
        who: str,
        text: str,
        *,
        channel: str | None = None,
        thread: str | None = None,
        files: Files = (),
    ) -> str:
        put_in = [await self._put_in(who, name, content) for name, content in contents_of(files).items()]
        conversation = self._channels[channel] if channel is not None else await self._page.direct(who)
        words = f"@Lanyard {text}" if channel is not None else text
        said = {"conversation": conversation, "thread": thread, "text": words}
        return await self._post("/chat/say", who, **said, files=put_in)

    async def _put_in(self, who: str, name: str, content: bytes) -> str:
        id_ = next(self._ids)
        assert await self._page.put_in(who, id_, name, content) == 201
        return id_

    async def _post(self, path: str, who: str, **given: Any) -> str:
        """Returns the id under which it was sent; what came back at once is kept."""
        id_ = next(self._ids)
        status, body = await self._page.post(path, by=who, id=id_, **given)
        assert status in {200, 202}, body
        self._outcome: Mapping[str, Any] = body.get("outcome") or {"kind": None}
        if self._outcome["kind"] == "form":
            self._forms[who] = self._outcome["form"]
        return id_

    async def _settle(self) -> None:
        held = 1
        while held:
            worked = 1
            while worked:
                worked = await self.house.conversation.work_off() + await self.house.reading.work_off()
                worked += await self.house.delivery.work_off()
            held = await let_go(self.house.services.store)

    async def reads(self, who: str) -> Sequence[Seen]:
        await self._settle()
        return await self._page.sees(who)

    async def press(self, who: str, words: str, label: str) -> str:
        seen = await self.find(who, words)
        (message,) = [one for one in await self._page.messages(who) if one["id"] == seen.id]
        (button,) = [one for one in _buttons(message["card"]) if one["label"] == label]
        await self._post("/chat/press", who, on=seen.id, verb=button["verb"], value=button["value"])
        return self._told()

    async def press_told(self, who: str, label: str) -> str:
        note = self._outcome["note"]
        (button,) = [one for one in _buttons(note) if one["label"] == label]
        await self._post("/chat/press", who, on=note["token"], verb=button["verb"], value=button["value"])
        return self._told()

    async def save(self, who: str, message: str) -> str:
        await self._post("/chat/use", who, on=message, verb="save_as_aid")
        return self._told()

    def _told(self) -> str:
        match self._outcome["kind"]:
            case "form":
                form = self._outcome["form"]
                words = [form["title"], *read_parts(form["parts"])[0]]
                for field in form["fields"]:
                    words += [field["label"], field["value"], *(label for _, label in field["options"])]
                return "\n".join(words)
            case "note":
                return "\n".join(read_parts(self._outcome["note"]["parts"])[0])
            case "errors":
                return "\n".join(self._outcome["errors"].values())
        return ""

    def choice_of(self, channel: str) -> str:
        return f"#{channel}"

    async def open_form(self, who: str) -> None:
        if who not in self._forms:  # to a typed message a card replies, which offers it
            await self.press(who, "Open the form", "Open the form")

    async def fill_in(self, who: str, **fields: Filled) -> str:
        told = await self._submit(who, fields)
        assert self._outcome["kind"] != "errors", told
        return told

    async def _submit(self, who: str, fields: Mapping[str, Filled]) -> str:
        form = self._forms.pop(who)
        known = {field["name"]: field for field in form["fields"]}
        assert fields.keys() <= known.keys(), known.keys()
        filled: dict[str, str | list[str]] = {}
        for name, field in known.items():
            options = {label: given for given, label in field["options"]}
            value = fields.get(name, field["value"])
            if field["kind"] == "choices":
                several = value.split(",") if isinstance(value, str) else value
                filled[name] = [options.get(one, one) for one in several if one]
                continue
            assert isinstance(value, str)
            if name in fields and (options or field["kind"] == "check"):
                value = value.removeprefix("=")
            filled[name] = options.get(value, value)
        await self._post("/chat/submit", who, form=form["token"], fields=filled)
        return self._told()

    async def refused(self, who: str, **fields: Filled) -> str:
        told = await self._submit(who, fields)
        assert self._outcome["kind"] == "errors", told
        return told

    async def hires(self, channel: str, *names: str) -> None:
        for name in names:
            person = {"name": name, "email": f"{name}@larkspur.example", "time_zone": "Europe/Berlin"}
            assert (await self._page.post("/chat/people", **person))[0] == 201
        place = {"by": "leila", "name": channel, "private": True, "members": [*names]}
        assert (await self._page.post("/chat/channels", **place))[0] == 201
        self._channels[channel] = f"channel:{channel}"
        await self._settle()

    async def is_out(self, who: str) -> bool:
        await self._post("/chat/person", who, standing="out")
        return True

    async def leaves(self, who: str) -> bool:
        await self._post("/chat/person", who, standing="left")
        await self._settle()
        return True

    async def passes(self, by: timedelta) -> None:
        self._clock.advance(by)
        await self.house.rounds.tick()
        await self._settle()


def _buttons(card: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for part in card["parts"] if part["kind"] == "buttons" for one in part["buttons"]]


@asynccontextmanager
async def open_company(store: Store, clock: Clock, folder: Path) -> AsyncIterator[WebChat]:
    platform = await connect(
        file=folder / "room.sqlite3",
        people=sample_company.personas(),
        channels=sample_company.channels(),
        now=clock,
        skip=skip_nothing,
        address=ADDRESS,
    )
    house = build(store, [platform], now=clock, tick=timedelta(seconds=1), address=ADDRESS)
    platform.bind(house.conversation.receive)
    await store.found_workspace("web", "sample", name="Larkspur", now=clock(), join=True)
    app = web.Application()
    app.add_routes(platform.routes())
    async with TestClient(TestServer(app)) as client:
        await platform.start()
        try:
            yield WebChat(WebHarness(platform, client), house, clock)
        finally:
            await platform.stop()
