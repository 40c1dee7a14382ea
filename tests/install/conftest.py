"""Slack workspaces that install Lanyard by themselves: the whole house behind the double, with a browser for people."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import structlog
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer, unused_port
from yarl import URL

from adapters.slack import Client, SlackPlatform, connect
from adapters.slack.manifest import build_manifest
from bot.store import Store
from bot.store.records import Person
from lanyard import logs
from lanyard.app import Lanyard, build
from lanyard.installations import StoredInstallations
from lanyard.seal import Seal, new_key
from tests.doubles.slack.double import Slack, open_slack
from tests.doubles.slack.model import Enterprise, Team, User
from tests.doubles.slack.reading import Seen

KEY = new_key()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    status: int
    text: str
    headers: Any
    url: URL

    @property
    def links(self) -> list[str]:
        return [unescape(link) for link in re.findall(r'href="([^"]*)"', self.text)]


class Browser:
    """A person's browser, with a jar of cookies of its own. It follows links only when it is told to."""

    def __init__(self) -> None:
        self.session = ClientSession(cookie_jar=CookieJar(unsafe=True))  # cookies of an address of numbers, too

    async def open(self, url: str | URL, **more: Any) -> Page:
        async with self.session.get(url, allow_redirects=False, **more) as answer:
            return Page(status=answer.status, text=await answer.text(), headers=answer.headers, url=answer.url)


@dataclass(slots=True, kw_only=True)
class Replica:
    """One process of Lanyard's."""

    platform: SlackPlatform
    house: Lanyard
    store: Store
    url: str

    async def settle(self) -> int:
        return await self.house.conversation.work_off() + await self.house.delivery.work_off()


@dataclass(slots=True, kw_only=True)
class Many:
    """Slack with several workspaces, and the replicas of one Lanyard."""

    slack: Slack
    url: str  # the public address
    database: str
    written: io.StringIO  # all logs
    replicas: list[Replica] = field(default_factory=list)
    stack: AsyncExitStack

    @property
    def store(self) -> Store:
        return self.replicas[0].store

    @property
    def platform(self) -> SlackPlatform:
        return self.replicas[0].platform

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.slack.clock.now(), UTC)

    async def start(self, *, keys: tuple[str, ...] = (KEY,), secret: str | None = None) -> Replica:
        """One more replica. The first has the public address."""
        port = URL(self.url).port if not self.replicas else unused_port()
        store = Store(self.database)
        self.stack.push_async_callback(store.close)
        installations = StoredInstallations(store, Seal(keys), now=self.now)
        app = self.slack.app
        platform = connect(
            now=self.now,
            client=Client(id=app.client_id, secret=secret or app.client_secret, url=self.url),
            installations=installations,
            signing_secret=app.signing_secret,
            api_url=self.slack.api_url,
        )
        house = build(store, [platform], now=self.now, tick=timedelta(seconds=1))
        platform.bind(house.conversation.receive)
        served = web.Application()
        served.add_routes(platform.routes())
        server = await self.stack.enter_async_context(TestServer(served, port=port))
        await platform.start()
        self.stack.push_async_callback(platform.stop)
        replica = Replica(platform=platform, house=house, store=store, url=str(server.make_url("")).rstrip("/"))
        self.replicas.append(replica)
        self.slack.point_at(*(f"{one.url}/slack/events" for one in self.replicas[:1]))
        return replica

    async def browser(self) -> Browser:
        browser = Browser()
        self.stack.push_async_callback(browser.session.close)
        return browser

    async def consent(self, browser: Browser, by: User, *, organisation: bool = False) -> str:
        """From our page over Slack's; where Slack sends the browser then."""
        self.slack.installer = self.slack._person(by)
        (link,) = (await browser.open(self.url + "/slack/install")).links
        answer = await browser.open(link + ("&organisation=1" if organisation else ""))
        assert answer.status == 302, answer.text
        return str(answer.headers["Location"])

    async def install(self, by: User, *, organisation: bool = False) -> Page:
        browser = await self.browser()
        page = await browser.open(await self.consent(browser, by, organisation=organisation))
        assert page.status == 200, page.text
        return page

    async def settle(self) -> None:
        while True:
            await self.slack.settle()
            if not sum([await replica.settle() for replica in self.replicas]):
                return

    async def asks(self, who: User, text: str = "How do I reset my token?") -> list[Seen]:
        """Somebody writes to Lanyard directly; all that they read from it afterwards."""
        person = self.slack._person(who)
        deed = await person.dm(text)
        assert deed.accepted
        await self.settle()
        return [seen for seen in person.reads() if seen.id > deed.ts]

    async def person(self, who: User) -> Person:
        workspace = await self.store.workspace_of("slack", who.team.id)
        assert workspace is not None
        async with self.store.reading(workspace, now=self.now()) as tx:
            found = await tx.known_person("slack", who.team.id, who.id)
        assert found is not None
        return found

    def add(self, name: str, *people: str, enterprise: Enterprise | None = None) -> tuple[Team, list[User]]:
        team = self.slack.add_team(name, enterprise=enterprise)
        return team, [self.slack.add_user(f"{person}", team=team).user for person in people]

    def secrets(self) -> set[str]:
        """Whatever must stand neither in a log nor in a database."""
        world = self.slack.world
        tokens = {token for one in world.installations for token in (one.token, one.refresh_token, *one.old_tokens)}
        return {KEY, self.slack.app.client_secret, self.slack.app.signing_secret, *world.codes, *filter(None, tokens)}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Every line that is logged, at every level, but for the libraries that are quiet when Lanyard runs."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    before, level = structlog.get_config(), root.level
    levels = {name: logging.getLogger(name).level for name in logs.QUIET}
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for name in logs.QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)
    for name, kept in levels.items():
        logging.getLogger(name).setLevel(kept)
    structlog.configure(**before)


@asynccontextmanager
async def open_many(database: str, written: io.StringIO) -> AsyncIterator[Many]:
    async with open_slack() as slack, AsyncExitStack() as stack:
        url = f"http://127.0.0.1:{unused_port()}"
        slack.app.configure(build_manifest(url=url, socket=False, many=True))
        slack.http.signed_at = slack.clock.now
        many = Many(slack=slack, url=url, database=database, written=written, stack=stack)
        await many.start()
        yield many
        for secret in many.secrets():
            assert secret not in written.getvalue()


@pytest.fixture
async def many(empty_url: str, written: io.StringIO) -> AsyncIterator[Many]:
    async with open_many(empty_url, written) as many:
        yield many
