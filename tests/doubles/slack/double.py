"""The Slack double as a whole: a server on 127.0.0.1, its world, and the hands and eyes of its people.

async with open_slack() as slack:
    team = slack.add_team("Copper Kettle")
    amara = slack.add_user("amara")
    slack.add_channel("help", "amara")
    slack.install()
    slack.point_at("http://127.0.0.1:8080/slack/events")
    await slack.user("amara").says("help", "How do I reset my token?", mention=True)
    slack.user("amara").last("help").text
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.doubles.slack.api import Api, Asked
from tests.doubles.slack.clock import Clock
from tests.doubles.slack.delivery import Delivery, Mail, SignedHttp, Transport
from tests.doubles.slack.faults import Fault, Faults, Limits, Wrong
from tests.doubles.slack.installing import install, revoke, uninstall
from tests.doubles.slack.model import App, Channel, Enterprise, Installation, Kind, Message, Team, User, UserGroup
from tests.doubles.slack.person import Deed, Person
from tests.doubles.slack.sockets import Sockets
from tests.doubles.slack.world import World


class Slack:
    """`calls` are the app's calls in the order in which they came, `deliveries` what the app was sent."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.app = App()
        self.world = World(clock, self.app)
        self.http = SignedHttp(self.app, clock)
        self.sockets = Sockets(self.world)
        self.mail = Mail(self.world, self._transport)
        self.faults = Faults()
        self.limits = Limits(clock)
        self.installer: Person | None = None  # who allows an installation on the page of OAuth; None: nobody does
        self.api = Api(self.world, self.sockets, self.faults, self.limits, self._approver)
        self.world.hears = self.mail.announce
        self._runner: web.AppRunner | None = None

    def _transport(self) -> Transport:
        return self.sockets if self.app.socket_mode else self.http

    def _approver(self) -> User | None:
        return self.installer.user if self.installer else None

    # ── the server ──

    async def start(self, port: int = 0, *, routes: Iterable[web.RouteDef] = ()) -> None:
        app = self.api.make_app()
        app.add_routes(routes)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.api.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self.mail.stop()
        await self.sockets.stop()
        await self.http.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def address(self) -> str:
        return self.api.address

    @property
    def api_url(self) -> str:
        """What goes into SLACK_API_URL."""
        return self.api.address + "/api/"

    def environment(self) -> dict[str, str]:
        """The settings with which Lanyard talks to this Slack. The bot's token only where one workspace has it."""
        given = {"SLACK_API_URL": self.api_url, "SLACK_SIGNING_SECRET": self.app.signing_secret}
        if len(self.world.installations) == 1 and not self.app.token_rotation:
            given["SLACK_BOT_TOKEN"] = self.world.installations[0].token
        else:
            given |= {"SLACK_CLIENT_ID": self.app.client_id, "SLACK_CLIENT_SECRET": self.app.client_secret}
        return given | ({"SLACK_APP_TOKEN": self.app.app_token} if self.app.socket_mode else {})

    def point_at(self, *urls: str) -> None:
        """Where Lanyard listens. Of several, each request goes to the next."""
        self.app.urls = list(urls)

    # ── founding ──

    @property
    def team(self) -> Team:
        """The first workspace."""
        return next(iter(self.world.teams.values()))

    def add_enterprise(self, name: str, as_id: str | None = None) -> Enterprise:
        return Enterprise(as_id or self.world.new_id("E"), name)

    def add_team(self, name: str, *, as_id: str | None = None, enterprise: Enterprise | None = None) -> Team:
        return self.world.add_team(name, as_id=as_id, enterprise=enterprise)

    def add_user(self, name: str, *, team: Team | None = None, as_id: str | None = None, **more: Any) -> Person:
        """`name` is the handle; `more` are fields of `User`: real_name, email, tz, is_admin, …"""
        return self._person(self.world.add_user(team or self.team, name, as_id=as_id, **more))

    async def hires(self, name: str, *, team: Team | None = None, **more: Any) -> Person:
        """Somebody new, of whom the app hears."""
        mark = len(self.mail.sent)
        person = self._person(self.world.hire(team or self.team, name, **more))
        for delivery in self.mail.sent[mark:]:
            await delivery.tried.wait()
        return person

    def add_channel(
        self,
        name: str,
        *members: str,
        team: Team | None = None,
        as_id: str | None = None,
        private: bool = False,
        bot: bool = True,
    ) -> Channel:
        """`members` by handle, name or id; the app is in it too unless `bot` is False."""
        place = team or self.team
        people = [self.world.user(member, place) for member in members]
        kind: Kind = "group" if private else "channel"
        return self.world.add_channel(place, name, *people, as_id=as_id, kind=kind, bot=bot)

    def share(self, channel: Channel, *guests: Person) -> None:
        """With the companies of these, who come in (Slack Connect)."""
        self.world.share(channel, *(guest.user for guest in guests))

    def add_group(self, handle: str, *members: str, team: Team | None = None) -> UserGroup:
        place = team or self.team
        return self.world.add_group(place, handle, *(self.world.user(member, place) for member in members))

    def install(
        self, where: Team | Enterprise | None = None, *, scopes: Iterable[str] | None = None, join: bool = True
    ) -> Installation:
        """The app, without OAuth. With `join` it becomes a member of the channels that there are."""
        one = install(self.world, where or self.team, scopes=None if scopes is None else tuple(scopes))
        for team in self.world.teams.values():
            if join and one.covers(team):
                for channel in team.channels.values():
                    if channel.kind in {"channel", "group"}:
                        channel.members.add(one.bot.id)
        return one

    async def revoke(self, team: Team | None = None) -> list[Delivery]:
        """The tokens are taken away; the app hears of it."""
        return await self._end(revoke, team)

    async def uninstall(self, team: Team | None = None) -> list[Delivery]:
        return await self._end(uninstall, team)

    async def _end(self, way: Any, team: Team | None) -> list[Delivery]:
        one = self.world.installation(team or self.team)
        assert one is not None, "The app is not installed there."
        mark = len(self.mail.sent)
        way(self.world, one)
        sent = self.mail.sent[mark:]
        for delivery in sent:
            await delivery.tried.wait()
        return sent

    # ── people, and what else speaks ──

    def user(self, name: str, team: Team | None = None) -> Person:
        """By handle, full name or id."""
        return self._person(self.world.user(name, team))

    def _person(self, user: User) -> Person:
        return Person(self.world, user, self.mail, self.api)

    async def integration_says(self, channel: str | Channel, text: str, *, username: str = "deploys") -> Deed:
        """Another app's message: subtype bot_message."""
        place = self.world.channel(channel)
        mark = len(self.mail.sent)
        more: dict[str, Any] = {"subtype": "bot_message", "username": username, "bot_id": self.world.new_id("B")}
        deed = Deed(message=self.world.post(place, None, text, **more))
        deed.deliveries += self.mail.sent[mark:]
        for delivery in deed.deliveries:
            await delivery.tried.wait()
        return deed

    async def sends_event(self, event: Mapping[str, Any], team: Team | None = None) -> list[Delivery]:
        """Any event whatever, in its envelope; `app_rate_limited` and the like."""
        sent = self.mail.announce(team or self.team, dict(event))
        for delivery in sent:
            await delivery.tried.wait()
        return sent

    async def again(self, deed: Deed, *, retry: int = 1, reason: str = "http_timeout") -> bool:
        """Deliver all of it once more, as Slack does when it missed the acknowledgement. Returns whether accepted."""
        attempts = [await self.mail.again(delivery, retry=retry, reason=reason) for delivery in deed.deliveries]
        return all(attempt.outcome == "accepted" for attempt in attempts)

    # ── time ──

    async def advance(self, seconds: float) -> None:
        """Move the double's clock; what falls due on the way (retries) happens before this returns."""
        await self.clock.advance(seconds)
        await self.mail.settle()

    async def settle(self) -> None:
        """Until nothing is on its way to the app any more."""
        await self.mail.settle()

    # ── looking ──

    @property
    def calls(self) -> list[Asked]:
        return self.api.calls

    def calls_of(self, method: str) -> list[Asked]:
        return [call for call in self.calls if call.method == method]

    @property
    def deliveries(self) -> list[Delivery]:
        return self.mail.sent

    def messages(self, channel: str | Channel | None = None) -> list[Message]:
        """All that stands in Slack, ephemeral messages left out."""
        places = [one for team in self.world.teams.values() for one in team.channels.values()]
        if channel is not None:
            places = [self.world.channel(channel)]
        found = {m.ts: m for place in places for m in place.messages if not m.wiped}  # a shared one is in several teams
        return sorted(found.values(), key=lambda m: m.ts)


@asynccontextmanager
async def open_slack(*, start: float | None = None, running: bool = False, port: int = 0) -> AsyncIterator[Slack]:
    """A started double without any workspace. Its clock stands still, at now or at `start`, unless `running`."""
    slack = Slack(Clock(start, running=running))
    await slack.start(port)
    try:
        yield slack
    finally:
        await slack.stop()


__all__ = ["Clock", "Deed", "Fault", "Person", "Slack", "Wrong", "open_slack"]
