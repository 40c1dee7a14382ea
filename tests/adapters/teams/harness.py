"""Teams under the contract suite: the adapter against the double, over HTTP with tokens on both ways."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.teams import PUBLIC, Cloud, Secret, TeamsPlatform, connect
from bot.messages import Availability, Receive
from tests.adapters.harness import Answer, Core, Shown
from tests.doubles.teams.cards import INPUTS, elements
from tests.doubles.teams.double import Deed, Teams, open_teams
from tests.doubles.teams.keys import SCOPE
from tests.doubles.teams.model import Dialog
from tests.doubles.teams.reading import read_card

PICTURE = "🖼 "


LACKS = frozenset(
    {"reading back", "news of people", "a home", "first questions", "signs", "groups", "news of closed channels"}
)


class TeamsHarness:
    stranger = "29:1-nobody"
    channel_name = "help"
    bob_name = "Bob Achebe"
    bob_email = "bob@copper.example"
    tells_of_people = False
    bot_name = "Lanyard"

    def __init__(self, platform: TeamsPlatform, teams: Teams) -> None:
        self.platform = platform
        self.teams = teams
        self.tenant = teams.tenant
        self.alice = teams.user("alice").id
        self.bob = teams.user("bob").id
        self.open_channel = teams.world.place("help").id
        self.closed_channel = teams.world.place("closed").id
        self._done: dict[str, Deed] = {}

    async def sees(self, person: str) -> Sequence[Shown]:
        return [
            Shown(
                id=seen.id,
                conversation=seen.conversation,
                thread=seen.thread,
                text=seen.text,
                buttons=seen.buttons,
                links=seen.links,
                pictures=seen.pictures,
            )
            for seen in self.teams.user(person).reads()
        ]

    async def direct(self, person: str) -> str:
        return self.teams.user(person).direct().id

    async def say(
        self, person: str, conversation: str | None, text: str, *, thread: str | None = None, key: str | None = None
    ) -> Answer:
        if (again := await self._again(key)) is not None:
            return again
        hands = self.teams.user(person)
        place = conversation or await self.direct(person)
        # Teams has no commands of an app's own: in a channel the bot hears one where it is mentioned.
        mention = text.startswith("/") and conversation is not None
        return self._answer(await hands.says(place, text, thread=thread, mention=mention), key)

    async def send_file(self, person: str, name: str, content: bytes) -> Answer:
        hands = self.teams.user(person)
        return self._answer(await hands.says(hands.direct(), "", files={name: content}), None)

    async def take_files_away(self) -> None:
        self.teams.world.files.clear()

    async def press(self, person: str, shown: Shown, label: str, *, key: str | None = None) -> Answer:
        if (again := await self._again(key)) is not None:
            return again
        hands = self.teams.user(person)
        deed = await hands.press(shown.id, label)
        return self._answer(await self._open(hands, deed), key)

    async def _open(self, hands: Any, deed: Deed) -> Deed:
        """Where no button was known to open a form, Teams takes another press for it."""
        offered = [seen for seen in hands.reads(hands.direct()) if "Open" in seen.buttons]
        return await hands.press(offered[-1].id, "Open") if offered and deed.dialog is None else deed

    async def change(
        self, person: str, *, name: str | None = None, time_zone: str | None = None, key: str | None = None
    ) -> Answer:
        raise NotImplementedError("Teams tells no bot of it")

    async def leave(self, person: str) -> Answer:
        raise NotImplementedError("Teams tells no bot of it")

    async def form_group(self, name: str, *people: str) -> bool:
        return False

    async def be(self, person: str, availability: Availability) -> Availability:
        return Availability()

    async def invite(self, person: str) -> str:
        (team,) = [team for team in self.teams.world.teams.values() if team.name == "New starters"]
        # It comes as two activities of one key; the inbox knows it for one, the suite's core does not.
        await self.teams.install(team, twice=False)
        return team.id

    async def use(self, person: str, shown: Shown, shortcut: str) -> Answer:
        return self._answer(await self.teams.user(person).acts_on(shown.id, shortcut), None)

    async def open_home(self, person: str) -> Shown | None:
        return None

    async def press_at_home(self, person: str, label: str) -> Answer:
        raise NotImplementedError("Teams has no such place")

    async def look_at_home(self, person: str) -> Shown:
        raise NotImplementedError("Teams has no such place")

    async def begin(self, person: str) -> Sequence[str] | None:
        return None

    async def signs(self, person: str, message: str) -> int | None:
        return None

    async def submit(self, person: str, form: str, fields: Mapping[str, str | Sequence[str]]) -> Answer:
        hands = self.teams.user(person)
        dialog = hands.dialog()
        assert dialog is not None
        assert dialog.title == form
        ids = _inputs(dialog)
        return self._answer(
            await hands.submit({ids[name]: _chosen(dialog, ids[name], value) for name, value in fields.items()}), None
        )

    async def _again(self, key: str | None) -> Answer | None:
        if key is None or key not in self._done:
            return None
        return Answer(accepted=await self.teams.again(self._done[key]))

    def _answer(self, deed: Deed, key: str | None) -> Answer:
        assert deed.complaint is None or not deed.accepted, deed.complaint
        if key is not None:
            self._done[key] = deed
        if deed.dialog is None:
            return Answer(accepted=deed.accepted, note=deed.note)
        text = f"{deed.dialog.title}\n{read(deed.dialog)}"
        if not _inputs(deed.dialog):
            return Answer(accepted=deed.accepted, note=text)
        return Answer(
            accepted=deed.accepted, form=deed.dialog.title, form_text=text, errors=_errors(deed.dialog), note=deed.note
        )


def read(dialog: Dialog) -> str:
    return read_card(dialog.card).text


def _inputs(dialog: Dialog) -> dict[str, str]:
    """The inputs' ids by the names of their fields."""
    found = [one["id"] for one in elements(dialog.card) if one["type"] in INPUTS]
    return {id_.partition(":")[2]: id_ for id_ in found}


def _chosen(dialog: Dialog, id_: str, value: str | Sequence[str]) -> str | Sequence[str]:
    """The options by the values that the core gave them; a person would choose by their words."""
    (element,) = [one for one in elements(dialog.card) if one.get("id") == id_]
    if element["type"] != "Input.ChoiceSet":
        return value
    return f"={value}" if isinstance(value, str) else [f"={one}" for one in value]


def _errors(dialog: Dialog) -> dict[str, str]:
    """The sentences that stand below an input, by field."""
    errors, last = {}, ""
    for element in elements(dialog.card):
        if element["type"] in INPUTS:
            last = element["id"].partition(":")[2]
        elif element["type"] == "RichTextBlock":
            text = "".join(run["text"] for run in element["inlines"])
            if text.startswith("⚠ "):
                errors[last] = text.removeprefix("⚠ ")
    return errors


def cloud_of(teams: Teams) -> Cloud:
    return replace(
        PUBLIC,
        metadata_url=teams.address + "/v1/.well-known/openidconfiguration",
        login_url=teams.address + "/",
        service_url=teams.connector.service_url,
        hosts=("127.0.0.1",),
        file_hosts=("127.0.0.1",),
    )


def secret_of(teams: Teams) -> Secret:
    return Secret(
        app_id=teams.app.id,
        secret=teams.app.secret,
        token_url=f"{teams.address}/{teams.tenant}/oauth2/v2.0/token",
        scope=SCOPE,
    )


@asynccontextmanager
async def open_company(receive: Receive, **more: Any) -> AsyncIterator[TeamsHarness]:
    """Alice and Bob in an open team, Alice in a private channel of it; Lanyard in both, and installed for each."""
    async with open_teams() as teams:
        teams.add_user("alice", name="Alice Berg", email="alice@copper.example", time_zone="Europe/Vienna")
        teams.add_user("bob", name="Bob Achebe", email="bob@copper.example")
        team = teams.add_team("Copper Kettle", "alice", "bob", channels=["help"])
        teams.add_channel(team, "closed", "alice", kind="private")
        newer = teams.add_team("New starters", "alice")
        platform = connect(
            **{
                "now": lambda: datetime.fromtimestamp(teams.clock.now(), UTC),
                "app_id": teams.app.id,
                "proof": secret_of(teams),
                "cloud": cloud_of(teams),
                "open_teams": frozenset({team.aad, newer.id}),
                "tenants": frozenset({teams.tenant}),
                **more,
            }
        )
        app = web.Application(client_max_size=2**24)
        app.add_routes(platform.routes())
        async with TestServer(app) as server:
            teams.point_at(str(server.make_url("/api/messages")))
            await platform.start()
            try:
                platform.bind(_nothing)
                await teams.install(team)
                for person in ("alice", "bob"):
                    await teams.install(teams.user(person))
                platform.bind(receive)
                yield TeamsHarness(platform, teams)
            finally:
                await platform.stop()


async def _nothing(_inbound: object) -> None:
    """What the bot says to being installed is no part of what is tested."""


@asynccontextmanager
async def open_harness(folder: Path, core: Core) -> AsyncIterator[TeamsHarness]:
    async with open_company(core.receive) as company:
        yield company
