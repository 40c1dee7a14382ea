"""The web platform under the contract suite, driven through its HTTP as its page does it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from adapters.web import Channel, Persona, WebPlatform, connect
from bot.messages import Availability, Presence, Scope, Sender
from tests.adapters.harness import Answer, Core, Shown

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ALICE = Persona(sender=Sender(id="alice", name="Alice Berg", email="alice@example.org", time_zone="Europe/Vienna"))
BOB = Persona(sender=Sender(id="bob", name="Bob Achebe", email="bob@example.org"), title="Cook", badge="Expert")
CHANNELS = (
    Channel(id="c-help", name="help", members=("alice", "bob")),
    Channel(id="c-closed", name="closed", scope=Scope.PRIVATE, members=("alice",)),
)

LACKS = frozenset({"groups"})


class Visible(HTMLParser):
    """The words and links of the HTML that stands for Markdown."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name in {"href", "src"} and value is not None]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read_parts(parts: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str], list[str], list[str]]:
    """Words, followable addresses, pictures and button labels of a card's JSON, as app.js shows them."""
    words: list[str] = []
    links: list[str] = []
    pictures: list[str] = []
    buttons: list[str] = []
    for part in parts:
        match part["kind"]:
            case "heading" | "text":
                words.append(part["text"])
            case "markdown":
                visible = Visible(part["html"])
                words.append("".join(visible.words))
                links += visible.links
            case "facts":
                words += [word for fact in part["facts"] for word in fact]
            case "links":
                words += [link["label"] for link in part["links"]]
                links += [link["url"] for link in part["links"] if link["url"]]
                # A picture from elsewhere is a link with its alternative text.
                pictures += [link["label"] for link in part["links"] if (link["url"] or "").endswith(".png")]
            case "image":
                pictures.append(part["alt"])
            case "buttons":
                buttons += [button["label"] for button in part["buttons"]]
    return words, links, pictures, buttons


class WebHarness:
    tenant = "sample"
    alice = "alice"
    bob = "bob"
    stranger = "nobody"
    open_channel = "c-help"
    closed_channel = "c-closed"
    channel_name = "help"
    bob_name = "Bob Achebe"
    bob_email = "bob@example.org"
    tells_of_people = True
    bot_name = "Lanyard"

    def __init__(self, platform: WebPlatform, client: TestClient[web.Request, web.Application]) -> None:
        self.platform = platform
        self.client = client
        self._ids = (f"made-by-page-{n}" for n in count())
        self._homes: dict[str, Any] = {}  # what the page has before its person's eyes

    async def get(self, path: str, **query: str) -> Any:
        async with self.client.get(path, params=query) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def post(self, path: str, **body: Any) -> tuple[int, Any]:
        headers = {"X-Lanyard-Page": "1"}
        async with self.client.post(path, json=body, headers=headers) as response:
            return response.status, await response.json()

    async def put_in(self, person: str, id_: str, name: str, content: bytes) -> int:
        """A file, for a message that is about to be said. Returns the answer's status."""
        headers = {"X-Lanyard-Page": "1", "Content-Type": "application/octet-stream"}
        given = {"by": person, "id": id_, "name": name}
        async with self.client.post("/chat/file", params=given, data=content, headers=headers) as response:
            return response.status

    async def messages(self, person: str) -> list[dict[str, Any]]:
        room = await self.get("/chat/room", by=person)
        places = [room["direct"], *(channel["id"] for channel in room["channels"])]
        found = [await self.get("/chat/messages", **{"by": person, "in": place}) for place in places]
        return sorted((m for page in found for m in page["messages"]), key=lambda message: message["number"])

    async def sees(self, person: str) -> Sequence[Shown]:
        return [_shown(message) for message in await self.messages(person)]

    async def direct(self, person: str) -> str:
        direct: str = (await self.get("/chat/room", by=person))["direct"]
        return direct

    async def say(
        self, person: str, conversation: str | None, text: str, *, thread: str | None = None, key: str | None = None
    ) -> Answer:
        return _answer(
            *await self.post(
                "/chat/say",
                by=person,
                id=key or next(self._ids),
                conversation=conversation or await self.direct(person),
                thread=thread,
                text=text,
            )
        )

    async def send_file(self, person: str, name: str, content: bytes) -> Answer:
        id_, place = next(self._ids), await self.direct(person)
        assert await self.put_in(person, id_, name, content) == 201
        said = {"by": person, "id": next(self._ids), "conversation": place, "thread": None, "text": ""}
        return _answer(*await self.post("/chat/say", **said, files=[id_]))

    async def take_files_away(self) -> None:
        room = self.platform._room
        with room._write():
            room._db.execute("DELETE FROM upload")

    async def press(self, person: str, shown: Shown, label: str, *, key: str | None = None) -> Answer:
        (message,) = [m for m in await self.messages(person) if m["id"] == shown.id]
        buttons = [b for part in message["card"]["parts"] if part["kind"] == "buttons" for b in part["buttons"]]
        (button,) = [b for b in buttons if b["label"] == label]
        return _answer(
            *await self.post(
                "/chat/press",
                by=person,
                id=key or next(self._ids),
                on=shown.id,
                verb=button["verb"],
                value=button["value"],
            )
        )

    async def change(
        self, person: str, *, name: str | None = None, time_zone: str | None = None, key: str | None = None
    ) -> Answer:
        given = {"name": name, "time_zone": time_zone}
        return await self._change(person, key, **{field: value for field, value in given.items() if value})

    async def leave(self, person: str) -> Answer:
        return await self._change(person, None, standing="left")

    async def form_group(self, name: str, *people: str) -> bool:
        return False

    async def be(self, person: str, availability: Availability) -> Availability:
        standing = "out" if availability.presence is Presence.OUT else "here"
        known = Availability(presence=availability.presence)
        if availability.undisturbed_until is not None:
            standing = "busy"
            known = Availability(presence=Presence.AWAY, undisturbed_until=NINE + timedelta(hours=1))
        await self._change(person, None, standing=standing)
        return known

    async def invite(self, person: str) -> str:
        status, body = await self.post("/chat/channels", by=person, name="new-starters")
        assert status == 201, body
        conversation: str = body["conversation"]
        return conversation

    async def _change(self, person: str, key: str | None, **changes: str) -> Answer:
        status, body = await self.post("/chat/person", by=person, id=key or next(self._ids), **changes)
        assert status in {200, 503}, body
        return Answer(accepted=status == 200)

    async def submit(self, person: str, form: str, fields: Mapping[str, str | Sequence[str]]) -> Answer:
        answer = _answer(*await self.post("/chat/submit", by=person, id=next(self._ids), form=form, fields=fields))
        if person in self._homes:
            await self.open_home(person)  # as the page does
        return answer

    async def use(self, person: str, shown: Shown, shortcut: str) -> Answer:
        return _answer(*await self.post("/chat/use", by=person, id=next(self._ids), on=shown.id, verb=shortcut))

    async def open_home(self, person: str) -> Shown:
        self._homes[person] = (await self.get("/chat/home", by=person))["home"]
        return await self.look_at_home(person)

    async def press_at_home(self, person: str, label: str) -> Answer:
        body = self._homes[person]
        (button,) = [b for part in body["parts"] if part["kind"] == "buttons" for b in part["buttons"]]
        assert button["label"] == label
        pressed = {"on": body["token"], "verb": button["verb"], "value": button["value"]}
        answer = _answer(*await self.post("/chat/press", by=person, id=next(self._ids), **pressed))
        await self.open_home(person)  # as the page does
        return answer

    async def look_at_home(self, person: str) -> Shown:
        body = self._homes[person]
        words, links, _, buttons = read_parts(body["parts"])
        return Shown(
            id=body["token"],
            conversation=await self.direct(person),
            thread=None,
            text="\n".join(words),
            links=tuple(links),
            buttons=tuple(buttons),
        )

    async def begin(self, person: str) -> Sequence[str]:
        prompts: list[str] = (await self.get("/chat/begin", by=person))["prompts"]
        return prompts

    async def signs(self, person: str, message: str) -> int:
        (found,) = [one for one in await self.messages(person) if one["id"] == message]
        return len(found["signs"])


def _shown(message: Mapping[str, Any]) -> Shown:
    place = {"id": message["id"], "conversation": message["conversation"], "thread": message["thread"]}
    if message["card"] is None:
        return Shown(**place, text=message["text"])
    words, links, pictures, buttons = read_parts(message["card"]["parts"])
    return Shown(**place, text="\n".join(words), links=tuple(links), pictures=tuple(pictures), buttons=tuple(buttons))


def _answer(status: int, body: Mapping[str, Any]) -> Answer:
    if status == 503:
        return Answer(accepted=False)
    assert status in {200, 202}, body
    outcome = body["outcome"] or {"kind": None}
    match outcome["kind"]:
        case "form":
            form = outcome["form"]
            words = [form["title"], form["submit"], *read_parts(form["parts"])[0]]
            for field in form["fields"]:
                words += [field["label"], field["hint"], *(label for _, label in field["options"])]
            return Answer(accepted=True, form=form["token"], form_text="\n".join(words))
        case "note":
            return Answer(accepted=True, note="\n".join(read_parts(outcome["note"]["parts"])[0]))
        case "errors":
            return Answer(accepted=True, errors=outcome["errors"])
        case _:
            return Answer(accepted=True)


async def skip_nothing(by: timedelta) -> None:
    pass


@asynccontextmanager
async def open_web(folder: Path, core: Core, **more: Any) -> AsyncIterator[WebHarness]:
    given: dict[str, Any] = {
        "people": (ALICE, BOB),
        "channels": CHANNELS,
        "now": lambda: NINE,
        "skip": skip_nothing,
        "address": "http://127.0.0.1:3978",
    } | more
    platform = await connect(file=folder / "room.sqlite3", **given)
    platform.bind(core.receive)
    app = web.Application()
    app.add_routes(platform.routes())
    async with TestClient(TestServer(app)) as client:
        await platform.start()
        try:
            yield WebHarness(platform, client)
        finally:
            await platform.stop()


def open_harness(folder: Path, core: Core) -> Any:
    return open_web(folder, core)
