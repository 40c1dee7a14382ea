"""The Teams double as a whole: a connector on 127.0.0.1, its world, and the hands and eyes of its people.

async with open_teams() as teams:
    alice = teams.add_user("alice")
    teams.add_team("Shop", "alice", channels=["help"])
    teams.point_at("http://127.0.0.1:3978/api/messages")
    await teams.install_everywhere()
    await teams.user("alice").says("help", "How do I reset my token?", mention=True)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.doubles.slack.clock import Clock
from tests.doubles.slack.faults import Fault, Faults, Wrong
from tests.doubles.teams.connector import Asked, Connector
from tests.doubles.teams.delivery import Attempt, Delivery, Mail
from tests.doubles.teams.keys import Keys
from tests.doubles.teams.limits import Limits
from tests.doubles.teams.model import App, ChannelType, Conversation, ImpossibleError, Message, Team, User
from tests.doubles.teams.person import Deed, Person
from tests.doubles.teams.shapes import envelope, stamp
from tests.doubles.teams.world import World

TENANT = "0b9f1c52-7a30-4f6d-8c1e-2a77c0de0001"


class Teams:
    """`calls` are the bot's calls in the order in which they came, `deliveries` what the bot was sent."""

    def __init__(self, clock: Clock, *, tenant: str = TENANT) -> None:
        self.clock = clock
        self.tenant = tenant
        self.app = App(tenant=tenant)
        self.world = World(clock, self.app)
        self.keys = Keys(self.app, clock)
        self.faults = Faults()
        self.limits = Limits(clock)
        self.connector = Connector(self.world, self.keys, self.faults, self.limits)
        self.mail = Mail(self.app, self.keys)
        self._runner: web.AppRunner | None = None

    # ── the server ──

    async def start(self, port: int = 0, *, routes: Iterable[web.RouteDef] = ()) -> None:
        app = self.connector.make_app()
        app.add_routes(routes)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.connector.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self.mail.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def address(self) -> str:
        return self.connector.address

    def environment(self) -> dict[str, str]:
        """The settings with which Lanyard talks to this Teams."""
        return {
            "LANYARD_PLATFORMS": "teams",
            "MICROSOFT_APP_ID": self.app.id,
            "MICROSOFT_APP_PASSWORD": self.app.secret,
            "MICROSOFT_APP_TENANT_ID": self.tenant,
            "TEAMS_METADATA_URL": self.address + "/v1/.well-known/openidconfiguration",
            "TEAMS_LOGIN_URL": self.address,
            "TEAMS_SERVICE_URL": self.connector.service_url,
            "TEAMS_SERVICE_HOSTS": "127.0.0.1",
            "TEAMS_FILE_HOSTS": "127.0.0.1",
            "TEAMS_OPEN_TEAMS": ",".join(team.aad for team in self.world.teams.values()),
        }

    def point_at(self, url: str) -> None:
        self.app.url = url

    # ── founding ──

    def add_user(self, handle: str, *, tenant: str | None = None, installed: bool = True, **more: Any) -> Person:
        """`more` are fields of `User`: name, email, time_zone."""
        return self._person(self.world.add_user(handle, tenant or self.tenant, installed=installed, **more))

    def add_team(self, name: str, *members: str, channels: Iterable[str] = (), tenant: str | None = None) -> Team:
        team = self.world.add_team(name, tenant or self.tenant, *map(self.world.user, members))
        for channel in channels:
            self.world.add_channel(team, channel)
        return team

    def add_channel(self, team: Team, name: str, *members: str, kind: ChannelType = "standard") -> Conversation:
        channel = self.world.add_channel(team, name, *map(self.world.user, members), kind=kind)
        channel.bot = team.channels[0].bot
        return channel

    def add_chat(self, *members: str, name: str | None = None, bot: bool = True) -> Conversation:
        return self.world.add_chat(self.tenant, *map(self.world.user, members), name=name, bot=bot)

    async def install(self, where: Team | Conversation | Person, *, twice: bool = True) -> list[Delivery]:
        """The app, in a team, a chat or for a person; the bot hears of it, in two ways as Teams tells it."""
        if isinstance(where, Team):
            for channel in where.channels:
                channel.bot = True
            place, by = where.channels[0], where.members[0]
        elif isinstance(where, Person):
            where.user.installed = True
            place, by = where.direct(), where.user
        else:
            where.bot = True
            place, by = where, where.members[0]
        told = [await self.mail.deliver(self._event("installationUpdate", place, by) | {"action": "add"})]
        if twice:
            added = self._event("conversationUpdate", place, by, eventType="teamMemberAdded")
            added["membersAdded"] = [{"id": self.app.bot}]
            told.append(await self.mail.deliver(added))
        return told

    async def install_everywhere(self) -> None:
        for team in self.world.teams.values():
            await self.install(team)
        for user in [*self.world.users.values()]:
            await self.install(self._person(user))

    async def uninstall(self, where: Team | Conversation | Person) -> list[Delivery]:
        if isinstance(where, Team):
            place, by = where.channels[0], where.members[0]
            for channel in where.channels:
                channel.bot = False
        elif isinstance(where, Person):
            place, by = where.direct(), where.user
            where.user.installed = False
        else:
            place, by = where, where.members[0]
            where.bot = False
        return [await self.mail.deliver(self._event("installationUpdate", place, by) | {"action": "remove"})]

    async def join(self, team: Team, *names: str) -> Delivery:
        """People come into a team; the bot hears of it."""
        people = [self.world.user(name) for name in names]
        team.members += people
        return await self._tell_members(team, people, "membersAdded", "teamMemberAdded")

    async def leave(self, team: Team, *names: str) -> Delivery:
        people = [self.world.user(name) for name in names]
        for user in people:
            team.members.remove(user)
        return await self._tell_members(team, people, "membersRemoved", "teamMemberRemoved")

    async def _tell_members(self, team: Team, people: list[User], change: str, event: str) -> Delivery:
        activity = self._event("conversationUpdate", team.channels[0], None, eventType=event)
        activity[change] = [{"id": user.id, "aadObjectId": user.aad} for user in people]
        return await self.mail.deliver(activity)

    def _event(self, kind: str, place: Conversation, by: User | None, **data: Any) -> dict[str, Any]:
        activity = envelope(self.world, kind, place, by, service_url=self.connector.service_url)
        activity["id"] = f"f:{self.world.new_guid()}"
        activity["channelData"] |= data
        return activity

    # ── people ──

    def user(self, name: str) -> Person:
        """By handle, full name or id."""
        return self._person(self.world.user(name))

    def _person(self, user: User) -> Person:
        return Person(self.world, user, self.mail, self.connector)

    async def again(self, deed: Deed, *, new_id: bool = False) -> bool:
        """Deliver it once more, as when the answer was missed; `new_id` with another id and time stamp."""
        new = {"id": self.world.new_message_id(), "timestamp": stamp(self.world)} if new_id else None
        attempts = [await self.mail.again(delivery, new=new) for delivery in deed.deliveries]
        return all(attempt.accepted for attempt in attempts)

    # ── time, looking ──

    async def advance(self, seconds: float) -> None:
        await self.clock.advance(seconds)

    async def settle(self) -> None:
        """Until nothing is on its way to the bot any more."""
        await self.mail.settle()

    @property
    def calls(self) -> list[Asked]:
        return self.connector.calls

    def calls_of(self, name: str) -> list[Asked]:
        return [call for call in self.calls if call.name == name]

    @property
    def deliveries(self) -> list[Delivery]:
        return self.mail.sent

    def messages(self, place: str | None = None) -> list[Message]:
        found = self.world.place(place).messages if place else self.world.messages()
        return sorted((one for one in found if not one.deleted), key=lambda one: int(one.id))


@asynccontextmanager
async def open_teams(*, start: float | None = None, running: bool = False, port: int = 0) -> AsyncIterator[Teams]:
    """A started double without people. Its clock stands still, at now or at `start`, unless `running`."""
    teams = Teams(Clock(start, running=running))
    await teams.start(port)
    try:
        yield teams
    finally:
        await teams.stop()


__all__ = ["Attempt", "Clock", "Deed", "Fault", "ImpossibleError", "Person", "Teams", "Wrong", "open_teams"]
