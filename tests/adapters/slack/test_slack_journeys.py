"""The journeys at the sample company through Slack's wire: signed requests or a socket in, Web API calls out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.slack import connect
from bot.store import Store
from lanyard import sample_company
from lanyard.app import Lanyard, build
from tests.doubles.slack.double import Person, Slack, open_slack
from tests.doubles.slack.reading import Seen
from tests.journeys.dialogue import Clock

ADDRESS = "https://lanyard.example.com"
ZIP = "The zip of a Heron 2 tent keeps splitting open. Can we repair that in the store?"


class Company:
    """The sample company on Slack, with Lanyard in it."""

    def __init__(self, slack: Slack, house: Lanyard, clock: Clock) -> None:
        self.slack = slack
        self.house = house
        self.clock = clock

    def __call__(self, who: str) -> Person:
        return self.slack.user(who)

    async def settle(self) -> None:
        """Until nothing waits any more, on either side."""
        while True:
            await self.slack.settle()
            worked = await self.house.conversation.work_off() + await self.house.reading.work_off()
            if not worked + await self.house.delivery.work_off():
                return

    async def find(self, who: str, words: str) -> Seen:
        """The newest message with these words, or with a button so labelled, that somebody can read."""
        await self.settle()
        found = [seen for seen in self.slack.user(who).reads() if words in seen.text or words in seen.buttons]
        assert found, f"{who} reads nothing with {words!r}"
        return max(found, key=lambda seen: float(seen.id))

    async def passes(self, by: timedelta) -> None:
        self.clock.advance(by)
        await self.slack.advance(by.total_seconds())
        await self.house.rounds.tick()
        await self.settle()


@asynccontextmanager
async def open_company(store: Store, clock: Clock, *, socket: bool) -> AsyncIterator[Company]:
    async with open_slack(start=clock().timestamp()) as slack:
        slack.http.signed_at = slack.clock.now
        slack.add_team("Larkspur")
        for persona in sample_company.personas():
            sender = persona.sender
            slack.add_user(sender.id, real_name=sender.name, email=sender.email, tz=sender.time_zone)
        for channel in sample_company.channels():
            slack.add_channel(channel.name, *channel.members, private=channel.scope.value == "private")
        installation = slack.install()
        slack.app.socket_mode = socket
        slack.app.unfurl_domains = frozenset({"lanyard.example.com"})
        platform = connect(
            now=lambda: datetime.fromtimestamp(slack.clock.now(), UTC),
            bot_token=installation.token,
            signing_secret="" if socket else slack.app.signing_secret,
            app_token=slack.app.app_token if socket else "",
            api_url=slack.api_url,
        )
        house = build(store, [platform], now=clock, tick=timedelta(seconds=1), address=ADDRESS)
        platform.bind(house.conversation.receive)
        app = web.Application()
        app.add_routes(platform.routes())
        async with TestServer(app) as server:
            if not socket:
                slack.point_at(str(server.make_url("/slack/events")))
            await platform.start()
            try:
                tenant = await platform.tenant()
                assert tenant is not None
                await store.found_workspace("slack", tenant, name="Larkspur", now=clock(), join=True)
                yield Company(slack, house, clock)
            finally:
                await platform.stop()


@pytest.fixture(params=["http", "socket"])
async def company(request: pytest.FixtureRequest, sample_url: str, clock: Clock) -> AsyncIterator[Company]:
    store = Store(sample_url)
    async with open_company(store, clock, socket=request.param == "socket") as company:
        yield company
    await store.close()


async def test_a_question_is_answered_and_the_asker_says_that_it_helped(company: Company) -> None:
    await company("amara").dm("How much may I refund without approval?")
    answer = await company.find("amara", "150 EUR")
    assert "looked after by Priya Santos" in answer.text
    await company("amara").press(answer.id, "That helped")
    answer = await company.find("amara", "You said that this helped")
    assert "That helped" not in answer.buttons


async def test_a_mention_is_answered_once_in_its_thread_though_it_comes_as_two_events(company: Company) -> None:
    question = "The till is frozen and there is a queue, what now?"
    deed = await company("amara").says("support-desk", question, mention=True)
    await company.settle()
    answers = [seen for seen in company("priya").reads() if "Hold the power button" in seen.text]
    assert [seen.thread for seen in answers] == [deed.ts]


async def test_a_question_goes_to_an_expert_and_back_and_becomes_an_aid(company: Company) -> None:
    await company("henrik").dm("Hello")  # whom the platform has never shown cannot be asked on it
    await company("amara").says("support-desk", ZIP, mention=True)
    offer = await company.find("amara", "expert")
    assert offer.only_for_me
    await company("amara").press(offer.id, next(label for label in offer.buttons if "expert" in label))
    request = await company.find("henrik", "Why you: you")
    await company("henrik").press(request.id, "Answer")
    await company("henrik").submit({"answer": "It is the slider: take LK-40718."})
    answer = await company.find("amara", "LK-40718")
    assert answer.conversation == company.slack.world.channel("support-desk").id
    draft = await company.find("henrik", "Publish")
    await company("henrik").press(draft.id, "Publish")
    await company.settle()
    await company("tomasz").dm(ZIP)
    assert "looked after by Henrik Adeyemi" in (await company.find("tomasz", "LK-40718")).text


async def test_a_campaign_is_planned_by_slash_command_and_reaches_its_learners(company: Company) -> None:
    channel = company.slack.world.channel("store-berlin")
    line = f'new "Ladders" to <#{channel.id}|store-berlin> at 10:00: tip "Use a ladder safely"'
    await company("leila").command("/nudge", line)
    preview = await company.find("leila", "Start")
    await company("leila").press(preview.id, "Start")
    await company.settle()
    await company.passes(timedelta(days=1, hours=2))
    nudge = await company.find("tomasz", "Use a ladder safely")
    await company("tomasz").press(nudge.id, "Got it")
    assert "✓ Got it" in (await company.find("tomasz", "Use a ladder safely")).text
