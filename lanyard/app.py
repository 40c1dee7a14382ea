"""The composition root: settings → store, library, platforms, clock → one aiohttp application.

async with run(settings) as lanyard:      # everything is open, the workers are at work
    await serve(lanyard, settings)        # … and the port is listened on, until a signal
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog
from aiohttp import web

import adapters.slack as slack_adapter
import adapters.web as web_adapter
import migrations
from bot import metrics
from bot.conversation import Conversation
from bot.delivery import Delivery
from bot.encoding import Encoding
from bot.gathering import Gathering
from bot.library import Library
from bot.messages import Platform, Receive, TryLater, Undeliverable
from bot.pages import aids, campaigns, health, insight, outside, own_data
from bot.reading import Reading
from bot.rounds import Rounds
from bot.services import Services
from bot.store import Store
from bot.store.intake import GATHERING
from lanyard import sample_company, teams
from lanyard.config import Settings, SettingsError
from lanyard.converting import convert
from lanyard.folder import follow_folder
from lanyard.installations import StoredInstallations, count_unreadable
from lanyard.model import choose, find_former
from lanyard.seal import Seal
from scheduler.clock import Ticker

log = structlog.get_logger(__name__)

TENANT = "local"  # the web chat's one company
INTRODUCTION_WAITS = (1.0, 2.0, 5.0, 10.0, 30.0)  # seconds
TURN = 0.001  # seconds that a thread keeps the interpreter while another one, as that of the event loop, waits for it
LARGEST_BODY = 1024 * 1024  # bytes; no platform sends more than a quarter of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanyard:
    """A running Lanyard, put together."""

    services: Services
    conversation: Conversation
    delivery: Delivery
    gathering: Gathering
    reading: Reading
    rounds: Rounds
    ticker: Ticker
    app: web.Application
    stopping: asyncio.Event
    encoding: Encoding | None  # None where words alone serve


def build(
    store: Store,
    platforms: Sequence[Platform],
    *,
    now: Callable[[], datetime],
    tick: timedelta,
    library: Library | None = None,
    encoding: Encoding | None = None,
    address: str = "",
) -> Lanyard:
    """Put the parts together; nothing runs yet. Each platform still needs `conversation.receive` bound to it.

    `address` is where people reach this Lanyard; without one there are no pages for them.
    """
    services = Services(
        store=store,
        library=library or Library(store),
        platforms={platform.name: platform for platform in platforms},
        now=now,
        address=address,
        convert=convert,
    )
    conversation = Conversation(services)
    delivery = Delivery(services)
    store.ring = delivery.ring
    if encoding is not None:
        store.ring_encoder = encoding.ring
    store.connected = frozenset(services.platforms)
    gathering = Gathering(services)
    reading = Reading(services)
    store.ring_reading = reading.ring
    rounds = Rounds(services, ring=(gathering.ring, reading.ring))
    stopping = asyncio.Event()
    app = web.Application(client_max_size=LARGEST_BODY)
    app.add_routes(health.routes(store, stopping=stopping))
    app.add_routes(aids.routes(services))
    app.add_routes(campaigns.routes(services))
    app.add_routes(own_data.routes(services))
    app.add_routes(insight.routes(services))
    app.add_routes(outside.routes(services))
    for platform in platforms:
        app.add_routes(platform.routes())
    return Lanyard(
        services=services,
        conversation=conversation,
        delivery=delivery,
        gathering=gathering,
        reading=reading,
        rounds=rounds,
        ticker=Ticker(rounds.tick, every=tick),
        app=app,
        stopping=stopping,
        encoding=encoding,
    )


class _Demonstration:
    """What the web page's clock sets going when it is moved. The house is built on the platforms, so it comes later."""

    lanyard: Lanyard | None = None

    async def skipped(self, _by: timedelta) -> None:
        if self.lanyard is not None:
            await self.lanyard.rounds.tick()
            await self.lanyard.gathering.work_off()
            await self.lanyard.delivery.work_off()

    async def next_due(self) -> datetime | None:
        return await self.lanyard.rounds.next_due() if self.lanyard is not None else None


class Connected(Platform, Protocol):
    """A platform that has not been told yet where what it hears should go."""

    def bind(self, receive: Receive) -> None: ...


@asynccontextmanager
async def run(
    settings: Settings, *, sample: bool = True, connected: Sequence[Connected] = ()
) -> AsyncIterator[Lanyard]:
    """Open everything, work, and at the end let what is in hand be finished.

    `connected` are platforms besides those of the settings.
    """
    store = Store(settings.database(), lasting=timedelta(seconds=settings.lease_seconds), gathering=GATHERING)
    try:
        before, after = await migrations.upgrade(store.database.engine)
        if before != after:
            log.info("database upgraded", before=before, after=after)
        demonstration = _Demonstration()
        platforms: list[Connected] = [*connected]
        now: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731 — replaced by the demonstration's clock
        chat: web_adapter.WebPlatform | None = None
        if "web" in settings.platforms:
            loaded = await sample_company.load_if_new(store, platform="web", tenant=TENANT, sample=sample)
            chat = await web_adapter.connect(
                file=settings.data_dir / "web-chat.sqlite3",
                people=sample_company.personas() if loaded else (),
                channels=sample_company.channels() if loaded else (),
                prompts=sample_company.prompts() if loaded else (),
                now=now,
                skip=demonstration.skipped,
                next_due=demonstration.next_due,
                tenant=TENANT,
                address=_own_address(settings) or None,
            )
            now = chat.now
            platforms.append(chat)
        if "slack" in settings.platforms:
            platforms.append(await _connect_slack(settings, store))
        if "teams" in settings.platforms:
            platforms.append(teams.connect(settings, store))
        model = choose(settings)
        log.log(logging.INFO if model.well else logging.WARNING, "search", how=model.text)
        metrics.model_loaded.labels(model.encoder.identity if model.encoder else "none").set(model.encoder is not None)
        lanyard = build(
            store,
            platforms,
            now=now,
            tick=timedelta(seconds=settings.tick_seconds),
            library=Library(
                store,
                encoder=model.encoder,
                former=await find_former(store, model),
                folder=settings.data_dir / "index",
                memory=settings.index_memory_mb * 2**20,
            ),
            encoding=Encoding(store, model.encoder) if model.encoder else None,
            # The web chat serves this machine alone, and so do its pages unless there is a public address.
            address=settings.url or (_own_address(settings) if chat is not None else ""),
        )
        demonstration.lanyard = lanyard
        for platform in platforms:
            platform.bind(lanyard.conversation.receive)
        async with _working(lanyard, settings):
            yield lanyard
    finally:
        await store.close()


def _own_address(settings: Settings) -> str:
    """As this machine reaches it; empty where the port is not known before it is listened on."""
    return f"http://{settings.host}:{settings.port}" if settings.port else ""


async def _connect_slack(settings: Settings, store: Store) -> slack_adapter.SlackPlatform:
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731 — never the demonstration's
    client = installations = None
    if settings.slack_client_id:
        client = slack_adapter.Client(
            id=settings.slack_client_id, secret=settings.slack_client_secret, url=settings.url
        )
        seal = Seal(settings.encryption_keys)
        installations = StoredInstallations(store, seal, now=wall)
        if unreadable := await count_unreadable(store, seal):
            # No reason to stop: the others are served, and what waits for these goes out once the right key is there.
            log.error("tokens unreadable", installations=unreadable, remedy="Check LANYARD_ENCRYPTION_KEYS.")
    return slack_adapter.connect(
        now=wall,
        bot_token=settings.slack_bot_token,
        client=client,
        installations=installations,
        signing_secret=settings.slack_signing_secret,
        app_token=settings.slack_app_token,
        api_url=settings.slack_api_url,
        gathering=slack_adapter.GATHERING,
    )


@asynccontextmanager
async def _working(lanyard: Lanyard, settings: Settings) -> AsyncIterator[None]:
    platforms = lanyard.services.platforms.values()
    for platform in platforms:
        await platform.start()
    introduction = await _introduce(lanyard)
    workers = [
        asyncio.create_task(lanyard.conversation.work(lanyard.stopping), name="inbox"),
        asyncio.create_task(lanyard.delivery.work(lanyard.stopping), name="outbox"),
        asyncio.create_task(lanyard.services.library.work(lanyard.stopping), name="library"),
        asyncio.create_task(lanyard.gathering.work(lanyard.stopping), name="gathering"),
        asyncio.create_task(lanyard.reading.work(lanyard.stopping), name="reading"),
    ]
    if lanyard.encoding is not None:
        workers.append(asyncio.create_task(lanyard.encoding.work(lanyard.stopping), name="encoding"))
    if settings.folder is not None:
        watching = follow_folder(lanyard.services.store, settings, lanyard.stopping)
        workers.append(asyncio.create_task(watching, name="folder"))
    lanyard.ticker.start()
    lanyard.ticker.ring()
    try:
        yield
    finally:
        lanyard.stopping.set()
        lanyard.delivery.ring()
        lanyard.gathering.ring()
        lanyard.reading.ring()
        if lanyard.encoding is not None:
            lanyard.encoding.ring()
        await lanyard.ticker.stop()
        # What is in hand is finished; what is not even begun stays in the store for the next start.
        _, late = await asyncio.wait(workers, timeout=settings.drain_seconds)
        for task in late:
            task.cancel()
        introduction.cancel()
        await asyncio.gather(introduction, *workers, return_exceptions=True)
        await lanyard.services.library.close()
        for platform in platforms:
            await platform.stop()


async def _introduce(lanyard: Lanyard) -> asyncio.Task[None]:
    """Ask Slack which company its token is of, and make it known. A Slack that is away is asked again meanwhile.

    Raises SettingsError for a token that Slack refuses.
    """
    slack = lanyard.services.platforms.get("slack")
    waits = itertools.chain([0.0], INTRODUCTION_WAITS, itertools.repeat(INTRODUCTION_WAITS[-1]))

    async def attempt() -> bool:
        assert isinstance(slack, slack_adapter.SlackPlatform)
        try:
            tenant = await slack.tenant()
        except TryLater as error:
            log.warning("slack does not answer", reason=str(error))
            return False
        if tenant is not None:
            name = f"Slack workspace {tenant}"
            await lanyard.services.store.found_workspace(
                slack.name, tenant, name=name, now=datetime.now(UTC), join=True
            )
        return True

    async def persist() -> None:
        for wait in waits:
            await asyncio.sleep(wait)
            if await attempt():
                return

    try:
        done = slack is None or await attempt()
    except Undeliverable as error:
        raise SettingsError(f"SLACK_BOT_TOKEN: {error} Install the app anew, and give its bot token.") from error
    return asyncio.create_task(asyncio.sleep(0) if done else persist(), name="introduction")


async def serve(lanyard: Lanyard, settings: Settings, *, ready: Callable[[int], None] = lambda _port: None) -> None:
    """Listen until SIGTERM or SIGINT. `ready` is told the port, once it is listened on. Raises OSError."""
    runner = web.AppRunner(lanyard.app, access_log=None, shutdown_timeout=settings.drain_seconds)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port)
        await site.start()
        port = runner.addresses[0][1]
        asked = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, asked.set)
        # What is loaded by now stays. To look through all of it for garbage, time and again, would stop the event loop
        # for a tenth of a second each time.
        gc.collect()
        gc.freeze()
        sys.setswitchinterval(TURN)
        log.info("serving", host=settings.host, port=port, platforms=sorted(lanyard.services.platforms))
        ready(port)
        await asked.wait()
        log.info("stopping")
        lanyard.stopping.set()
        for platform in lanyard.services.platforms.values():
            if isinstance(platform, web_adapter.WebPlatform):
                platform.end_streams()
    finally:
        await runner.cleanup()
