"""The sample company on each platform, with Lanyard in it, for dialogues that are the same on all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from adapters.web import connect
from bot.store import Store
from lanyard import sample_company
from lanyard.app import Lanyard, build
from tests.adapters.slack import test_slack_journeys as on_slack
from tests.adapters.teams import test_teams_journeys as on_teams
from tests.adapters.web.harness import WebHarness, read_parts, skip_nothing
from tests.doubles.teams.cards import INPUTS, elements
from tests.doubles.teams.double import Deed as TeamsDeed
from tests.doubles.teams.reading import read_card
from tests.journeys.dialogue import Clock

PLATFORMS = ("slack", "teams", "web")


class Seen(Protocol):
    """A message as somebody reads it."""

    @property
    def id(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def buttons(self) -> tuple[str, ...]: ...
    @property
    def links(self) -> tuple[str, ...]: ...
    @property
    def pictures(self) -> tuple[str, ...]: ...


class Chat(Protocol):
    """The sample company on one platform."""

    house: Lanyard

    async def nudge(self, who: str, line: str) -> None:
        """The command, as people give it there; `#store-berlin` is that channel."""
        ...

    async def says(
        self,
        who: str,
        text: str,
        *,
        channel: str | None = None,
        thread: str | None = None,
        files: tuple[str, ...] = (),
    ) -> str:
        """Say it to the bot alone, or mention it in a channel. Returns the message's id."""
        ...

    async def reads(self, who: str) -> Sequence[Seen]:
        """All that somebody can read, when nothing waits any more; oldest first."""
        ...

    async def find(self, who: str, words: str) -> Seen:
        """The newest message with these words, on it or on one of its buttons."""
        ...

    async def press(self, who: str, words: str, label: str) -> str:
        """The button of the newest such message. Returns what that says to them alone, or the words of a dialog."""
        ...

    async def press_told(self, who: str, label: str) -> str:
        """The same, of a button on what was just said to them alone."""
        ...

    async def save(self, who: str, message: str) -> str:
        """*Save as job aid*, on a message. Returns the words of what opens."""
        ...

    async def open_form(self, who: str) -> None:
        """After a command for a form: it is open, where a command may open one, and else behind a button."""
        ...

    async def fill_in(self, who: str, **fields: str) -> str:
        """Send the dialog that is open; what is not named keeps what stands in it, and "=…" chooses by its value.

        Returns the word about it that stands there then.
        """
        ...

    async def refused(self, who: str, **fields: str) -> str:
        """The same where the dialog is not taken. Returns the sentence for it; then the dialog is closed."""
        ...

    async def is_out(self, who: str) -> bool:
        """Their status says so from now on. False: this platform tells no bot of it."""
        ...

    async def leaves(self, who: str) -> bool:
        """Their account is closed. False: this platform tells no bot of it."""
        ...

    async def passes(self, by: timedelta) -> None: ...


class SlackChat:
    def __init__(self, company: on_slack.Company) -> None:
        self._company = company
        self.house = company.house

    async def nudge(self, who: str, line: str) -> None:
        channel = self._company.slack.world.channel("store-berlin")
        told = line.replace("#store-berlin", f"<#{channel.id}|store-berlin>")
        assert (await self._company(who).command("/nudge", told)).accepted

    async def says(
        self,
        who: str,
        text: str,
        *,
        channel: str | None = None,
        thread: str | None = None,
        files: tuple[str, ...] = (),
    ) -> str:
        hands = self._company(who)
        place = channel or hands.direct()
        deed = await hands.says(place, text, mention=channel is not None, thread=thread, files=files)
        assert deed.accepted
        return deed.ts

    async def reads(self, who: str) -> Sequence[Seen]:
        await self._rest()
        return sorted(self._company(who).reads(), key=lambda seen: float(seen.id))

    async def find(self, who: str, words: str) -> Seen:
        return _find(await self.reads(who), who, words)

    async def _rest(self) -> None:
        """As if so much time had passed that no pace holds anything up."""
        held = 1
        while held:
            await self._company.settle()
            held = await let_go(self.house.services.store)

    async def press(self, who: str, words: str, label: str) -> str:
        return await self._does(who, self._company(who).press((await self.find(who, words)).id, label))

    async def press_told(self, who: str, label: str) -> str:
        return await self.press(who, label, label)

    async def save(self, who: str, message: str) -> str:
        return await self._does(who, self._company(who).message_shortcut("save_as_aid", message))

    async def _does(self, who: str, deed: Any) -> str:
        hands = self._company(who)
        before = {seen.id for seen in hands.reads()}
        assert (await deed).accepted
        modal = hands.modal()
        if modal is not None:
            return hands.reads_view(modal).text
        return "\n".join(seen.text for seen in hands.reads() if seen.only_for_me and seen.id not in before)

    async def open_form(self, who: str) -> None:
        assert self._company(who).modal() is not None

    async def fill_in(self, who: str, **fields: str) -> str:
        hands = self._company(who)
        assert (await hands.submit(fields)).accepted
        left = hands.modal()  # a word about it may stand there now
        assert left is None or not left.given.get("submit"), left
        if left is None:
            return ""
        words = hands.reads_view(left).text
        await hands.closes()
        return words

    async def refused(self, who: str, **fields: str) -> str:
        hands = self._company(who)
        assert (await hands.submit(fields)).accepted
        modal = hands.modal()
        assert modal is not None
        words = "\n".join([*modal.errors.values(), hands.reads_view(modal).text])
        await hands.closes()
        return words

    async def is_out(self, who: str) -> bool:
        await self._company(who).changes(status="Vacationing", status_emoji=":palm_tree:")
        return True

    async def leaves(self, who: str) -> bool:
        await self._company(who).changes(deleted=True)
        await self._rest()
        return True

    async def passes(self, by: timedelta) -> None:
        await self._company.passes(by)


class TeamsChat:
    def __init__(self, company: on_teams.Company) -> None:
        self._company = company
        self.house = company.house

    async def nudge(self, who: str, line: str) -> None:
        await self._company(who).dm(f"nudge {line}")

    async def says(
        self,
        who: str,
        text: str,
        *,
        channel: str | None = None,
        thread: str | None = None,
        files: tuple[str, ...] = (),
    ) -> str:
        hands = self._company(who)
        place = channel or hands.direct()
        quoting = thread if channel is None else None  # a chat has no threads: one replies by quoting
        deed = await hands.says(
            place,
            text,
            mention=channel is not None,
            thread=thread if channel is not None else None,
            quoting=quoting,
            files=files,
        )
        assert deed.accepted
        assert deed.message is not None
        return deed.message.id

    async def reads(self, who: str) -> Sequence[Seen]:
        await self._company.settle()
        return sorted(self._company(who).reads(), key=lambda seen: int(seen.id))

    async def find(self, who: str, words: str) -> Seen:
        return _find(await self.reads(who), who, words)

    async def press(self, who: str, words: str, label: str) -> str:
        return self._told(await self._company(who).press((await self.find(who, words)).id, label))

    async def press_told(self, who: str, label: str) -> str:
        return await self.press(who, label, label)

    async def save(self, who: str, message: str) -> str:
        return self._told(await self._company(who).acts_on(message, "save_as_aid"))

    def _told(self, deed: TeamsDeed) -> str:
        assert deed.complaint is None, deed.complaint
        return read_card(deed.dialog.card).text if deed.dialog is not None else deed.note or ""

    async def open_form(self, who: str) -> None:
        await self.press(who, "Open the form", "Open the form")

    async def fill_in(self, who: str, **fields: str) -> str:
        deed = await self._submit(who, fields)
        left = self._company(who).dialog()  # a word about it may stand there now
        assert left is None or not [one for one in elements(left.card) if one["type"] in INPUTS], left
        return self._told(deed)

    async def refused(self, who: str, **fields: str) -> str:
        return self._told(await self._submit(who, fields))

    async def _submit(self, who: str, fields: Mapping[str, str]) -> TeamsDeed:
        dialog = self._company(who).dialog()
        assert dialog is not None
        kinds = {one["id"].partition(":")[2]: one["type"] for one in elements(dialog.card) if one["type"] in INPUTS}
        chosen = {
            name: value.removeprefix("=") if kinds[name] == "Input.Toggle" else value for name, value in fields.items()
        }
        return await self._company.submit(who, chosen)

    async def is_out(self, who: str) -> bool:
        return False

    async def leaves(self, who: str) -> bool:
        return False

    async def passes(self, by: timedelta) -> None:
        await self._company.passes(by)


class WebChat:
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
        files: tuple[str, ...] = (),
    ) -> str:
        assert not files, "The chat page sends no files."
        conversation = self._channels[channel] if channel is not None else await self._page.direct(who)
        words = f"@Lanyard {text}" if channel is not None else text
        return await self._post("/chat/say", who, conversation=conversation, thread=thread, text=words)

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
            while await self.house.conversation.work_off() + await self.house.delivery.work_off():
                pass
            held = await let_go(self.house.services.store)

    async def reads(self, who: str) -> Sequence[Seen]:
        await self._settle()
        return await self._page.sees(who)

    async def find(self, who: str, words: str) -> Seen:
        return _find(await self.reads(who), who, words)

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

    async def open_form(self, who: str) -> None:
        if who not in self._forms:  # to a typed message a card replies, which offers it
            await self.press(who, "Open the form", "Open the form")

    async def fill_in(self, who: str, **fields: str) -> str:
        told = await self._submit(who, fields)
        assert self._outcome["kind"] != "errors", told
        return told

    async def _submit(self, who: str, fields: Mapping[str, str]) -> str:
        form = self._forms.pop(who)
        known = {field["name"]: field for field in form["fields"]}
        assert fields.keys() <= known.keys(), known.keys()
        filled = {name: field["value"] for name, field in known.items()}
        for name, value in fields.items():
            options = {label: given for given, label in known[name]["options"]}
            chosen = options or known[name]["kind"] == "check"
            filled[name] = value.removeprefix("=") if chosen else value
            filled[name] = options.get(filled[name], filled[name])
        await self._post("/chat/submit", who, form=form["token"], fields=filled)
        return self._told()

    async def refused(self, who: str, **fields: str) -> str:
        told = await self._submit(who, fields)
        assert self._outcome["kind"] == "errors", told
        return told

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


async def let_go(store: Store) -> int:
    """As if so much time had passed that no pace holds anything up. Returns how much was held up."""
    async with store.database.write() as db:
        held: int = (await db.execute(sqlalchemy.text("DELETE FROM gate"))).rowcount
        await db.execute(sqlalchemy.text("DELETE FROM bucket"))
    return held


def _find(seen: Sequence[Seen], who: str, words: str) -> Seen:
    found = [one for one in seen if words in one.text or any(words in label for label in one.buttons)]
    assert found, f"{who} reads nothing with {words!r}"
    return found[-1]


@asynccontextmanager
async def open_chat(
    platform: str, store: Store, clock: Clock, *, folder: Path, heard: Iterable[str] = ()
) -> AsyncIterator[Chat]:
    """`heard` are those who have spoken to Lanyard before: others it does not know there yet."""
    match platform:
        case "slack":
            async with on_slack.open_company(store, clock, socket=False) as slack:
                yield await _greeted(SlackChat(slack), heard)
        case "teams":
            async with on_teams.open_company(store, clock) as teams:
                yield await _greeted(TeamsChat(teams), heard)
        case "web":
            async with _open_web(store, clock, folder) as page:
                yield await _greeted(page, heard)
        case other:
            raise ValueError(other)


async def _greeted(chat: Chat, heard: Iterable[str]) -> Chat:
    for persona in heard:
        await chat.says(persona, "Hello")
        await chat.reads(persona)
    return chat


@asynccontextmanager
async def _open_web(store: Store, clock: Clock, folder: Path) -> AsyncIterator[Chat]:
    platform = await connect(
        file=folder / "room.sqlite3",
        people=sample_company.personas(),
        channels=sample_company.channels(),
        now=clock,
        skip=skip_nothing,
        address=on_slack.ADDRESS,
    )
    house = build(store, [platform], now=clock, tick=timedelta(seconds=1), address=on_slack.ADDRESS)
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
