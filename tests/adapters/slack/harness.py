"""Slack under the contract suite: the adapter against the double, over signed HTTP as it runs in production."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.slack import SlackPlatform, connect
from adapters.slack.manifest import build_manifest
from bot.messages import Availability, Presence, Receive
from tests.adapters.harness import Answer, Core, Shown
from tests.doubles.slack.double import Deed, Person, Slack, open_slack
from tests.doubles.slack.elements import options_of
from tests.doubles.slack.model import View
from tests.doubles.slack.reading import Seen

PICTURE = "🖼 "


class SlackHarness:
    stranger = "U0NOBODY"
    channel_name = "help"
    bob_name = "Bob Achebe"
    bob_email = "bob@copper-kettle.example"
    tells_of_people = True
    bot_name = "Lanyard"

    def __init__(self, platform: SlackPlatform, slack: Slack) -> None:
        self.platform = platform
        self.slack = slack
        self.tenant = slack.team.id
        self.alice = slack.user("alice").id
        self.bob = slack.user("bob").id
        self.open_channel = slack.world.channel("help").id
        self.closed_channel = slack.world.channel("closed").id
        self._done: dict[str, Deed] = {}

    async def sees(self, person: str) -> Sequence[Shown]:
        eyes = self.slack.user(person)
        return [_shown(seen, message.blocks or []) for seen, message in zip(eyes.reads(), eyes.sees(), strict=True)]

    async def direct(self, person: str) -> str:
        return self.slack.user(person).direct().id

    async def say(
        self, person: str, conversation: str | None, text: str, *, thread: str | None = None, key: str | None = None
    ) -> Answer:
        if (again := await self._again(key)) is not None:
            return again
        hands = self.slack.user(person)
        place = conversation or await self.direct(person)
        before = {message.ts for message in hands.sees()}
        if text.startswith("/"):
            command, _, rest = text.partition(" ")
            deed = await hands.command(command, rest, channel=place)
        else:
            deed = await hands.says(place, text, thread=thread)
        return self._answer(hands, deed, before, key)

    async def send_file(self, person: str, name: str, content: bytes) -> Answer:
        hands = self.slack.user(person)
        return self._answer(hands, await hands.dm("", files={name: content}), set(), None)

    async def take_files_away(self) -> None:
        for sent in self.slack.world.sent.values():
            sent.deleted = True

    async def press(self, person: str, shown: Shown, label: str, *, key: str | None = None) -> Answer:
        if (again := await self._again(key)) is not None:
            return again
        hands = self.slack.user(person)
        before = {message.ts for message in hands.sees()}
        return self._answer(hands, await hands.press(shown.id, label), before, key)

    async def submit(self, person: str, form: str, fields: Mapping[str, str | Sequence[str]]) -> Answer:
        hands = self.slack.user(person)
        (view,) = [view for view in self.slack.world.views() if view.id == form]
        before = {message.ts for message in hands.sees()}
        deed = await hands.submit({name: _chosen(view, name, value) for name, value in fields.items()}, view=view)
        return self._answer(hands, deed, before, None)

    async def change(
        self, person: str, *, name: str | None = None, time_zone: str | None = None, key: str | None = None
    ) -> Answer:
        if (again := await self._again(key)) is not None:
            return again
        given = {"real_name": name, "tz": time_zone}
        deed = await self.slack.user(person).changes(**{field: value for field, value in given.items() if value})
        return self._answer(self.slack.user(person), deed, set(), key)

    async def leave(self, person: str) -> Answer:
        hands = self.slack.user(person)
        return self._answer(hands, await hands.changes(deleted=True), set(), None)

    async def form_group(self, name: str, *people: str) -> bool:
        self.slack.world.add_group(self.slack.team, name, *(self.slack.user(one).user for one in people))
        return True

    async def be(self, person: str, availability: Availability) -> Availability:
        is_out = availability.presence is Presence.OUT
        quiet = availability.undisturbed_until
        await self.slack.user(person).changes(
            presence="active" if availability.presence is Presence.PRESENT else "away",
            status="Vacationing" if is_out else "",
            status_emoji=":palm_tree:" if is_out else "",
            status_until=availability.back_at.timestamp() if availability.back_at else None,
            snoozed_until=quiet.timestamp() if quiet else None,
        )
        return availability

    async def invite(self, person: str) -> str:
        hands = self.slack.user(person)
        channel = self.slack.add_channel("new-starters", hands.user.name, bot=False)
        await hands.invites_app(channel)
        return channel.id

    async def use(self, person: str, shown: Shown, shortcut: str) -> Answer:
        hands = self.slack.user(person)
        before = {message.ts for message in hands.sees()}
        return self._answer(hands, await hands.message_shortcut(shortcut, shown.id), before, None)

    async def open_home(self, person: str) -> Shown:
        assert (await self.slack.user(person).opens_home()).accepted
        return await self.look_at_home(person)

    async def press_at_home(self, person: str, label: str) -> Answer:
        hands = self.slack.user(person)
        before = {message.ts for message in hands.sees()}
        return self._answer(hands, await hands.press(hands.home(), label), before, None)

    async def look_at_home(self, person: str) -> Shown:
        hands = self.slack.user(person)
        view = hands.home()
        assert view is not None, "Nothing was published."
        return _shown(hands.reads_view(view), view.given["blocks"])

    async def begin(self, person: str) -> Sequence[str]:
        hands = self.slack.user(person)
        await hands.opens_home("messages")  # an agent's conversation has no threads to begin with
        return [prompt["message"] for prompt in hands.direct().prompts[""]]

    async def signs(self, person: str, message: str) -> int:
        (found,) = [one for one in self.slack.user(person).sees() if one.ts == message]
        return len(found.reactions)

    async def _again(self, key: str | None) -> Answer | None:
        if key is None or key not in self._done:
            return None
        return Answer(accepted=await self.slack.again(self._done[key]))

    def _answer(self, hands: Person, deed: Deed, before: set[str], key: str | None) -> Answer:
        assert deed.complaint is None or not deed.accepted, deed.complaint
        if key is not None:
            self._done[key] = deed
        # Slack tries again at once; what counts is how the first delivery was taken.
        accepted = bool(deed.deliveries) and all(one.attempts[0].outcome == "accepted" for one in deed.deliveries)
        private = [seen for seen in hands.reads() if seen.only_for_me and seen.id not in before]
        note = "\n".join(seen.text for seen in private) or None
        modal = hands.modal()
        if modal is None:
            return Answer(accepted=accepted, note=note)
        words = hands.reads_view(modal).text
        if not modal.given.get("submit"):
            return Answer(accepted=accepted, note=words)
        return Answer(accepted=accepted, form=modal.id, form_text=words, errors=modal.errors, note=note)


def _chosen(view: View, name: str, value: str | Sequence[str]) -> str | Sequence[str]:
    """The options by the values that the core gave them; a person would choose by their words."""
    (element,) = [b["element"] for b in view.given["blocks"] if b["type"] == "input" and b["block_id"] == name]
    if not options_of(element):
        return value
    return f"={value}" if isinstance(value, str) else [f"={one}" for one in value]


def _shown(seen: Seen, blocks: Sequence[Mapping[str, Any]]) -> Shown:
    return Shown(
        id=seen.id,
        conversation=seen.conversation,
        thread=seen.thread,
        text=seen.text,
        buttons=seen.buttons,
        links=seen.links,
        pictures=tuple(_pictures(list(blocks))),
    )


def _pictures(given: Any) -> list[str]:
    """A picture from elsewhere is a link with its alternative text; one of ours its alternative text alone."""
    if isinstance(given, list):
        return [alt for one in given for alt in _pictures(one)]
    if not isinstance(given, dict):
        return []
    if given.get("type") == "image":
        return [str(given["alt_text"])]
    text = given.get("text")
    if isinstance(text, str):
        is_picture = text.startswith(PICTURE) or str(given.get("url", "")).endswith(".png")
        return [text.removeprefix(PICTURE)] if is_picture else []
    return [alt for value in given.values() for alt in _pictures(value)]


@asynccontextmanager
async def open_company(receive: Receive, *, socket: bool = False, **more: Any) -> AsyncIterator[SlackHarness]:
    """Alice, Bob, an open and a closed channel; Lanyard in them, over HTTP or (`socket`) Socket Mode."""
    async with open_slack() as slack:
        slack.add_team("Copper Kettle")
        slack.add_user("alice", real_name="Alice Berg", tz="Europe/Vienna")
        slack.add_user("bob", real_name="Bob Achebe")
        slack.add_channel("help", "alice", "bob")
        slack.add_channel("closed", "alice", private=True)
        # No scope and no event but those that the manifest asks for.
        slack.app.configure(build_manifest(url="https://lanyard.example.com", socket=socket))
        slack.app.shortcuts = slack.app.commands = None
        installation = slack.install()
        platform = connect(
            now=lambda: datetime.fromtimestamp(slack.clock.now(), UTC),
            bot_token=installation.token,
            signing_secret=slack.app.signing_secret,
            app_token=slack.app.app_token if socket else "",
            api_url=slack.api_url,
            receive=receive,
            **more,
        )
        app = web.Application(client_max_size=2**24)
        app.add_routes(platform.routes())
        async with TestServer(app) as server:
            slack.point_at(str(server.make_url("/slack/events")))
            await platform.start()
            try:
                yield SlackHarness(platform, slack)
            finally:
                await platform.stop()


@asynccontextmanager
async def open_harness(folder: Path, core: Core) -> AsyncIterator[SlackHarness]:
    async with open_company(core.receive) as company:
        # A mention comes as two events of one key; the inbox knows it for one, the suite's core does not.
        company.slack.app.events -= {"app_mention"}
        yield company
