"""Slack and Teams in one process, for one company: people are one person on both, known by their address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import sqlalchemy
from aiohttp import web
from aiohttp.test_utils import TestServer

import adapters.slack as slack_adapter
from bot.store import Store
from lanyard import sample_company
from tests.adapters.teams.test_teams_journeys import ZIP, Company, open_company
from tests.doubles.slack.double import Slack, Wrong, open_slack
from tests.doubles.slack.reading import Seen
from tests.journeys.dialogue import Clock


class Both:
    def __init__(self, teams: Company, slack: Slack) -> None:
        self.teams = teams
        self.slack = slack
        teams.besides = slack.settle

    async def in_slack(self, who: str, words: str) -> Seen:
        await self.teams.settle()
        found = [seen for seen in self.slack.user(who).reads() if words in seen.text or words in seen.buttons]
        assert found, f"{who} reads nothing with {words!r} in Slack"
        return max(found, key=lambda seen: float(seen.id))


@pytest.fixture
async def both(sample_url: str, clock: Clock) -> AsyncIterator[Both]:
    store = Store(sample_url)
    async with open_slack() as slack:
        slack.add_team("Larkspur")
        for persona in sample_company.personas():
            sender = persona.sender
            slack.add_user(sender.id, real_name=sender.name, email=sender.email, tz=sender.time_zone)
        for channel in sample_company.channels():
            slack.add_channel(channel.name, *channel.members, private=channel.scope.value == "private")
        installation = slack.install()
        platform = slack_adapter.connect(
            now=lambda: datetime.fromtimestamp(slack.clock.now(), UTC),
            bot_token=installation.token,
            signing_secret=slack.app.signing_secret,
            api_url=slack.api_url,
        )
        async with open_company(store, clock, platform, without="henrik") as company:
            app = web.Application()
            app.add_routes(platform.routes())
            async with TestServer(app) as server:
                slack.point_at(str(server.make_url("/slack/events")))
                tenant = await platform.tenant()
                assert tenant is not None
                _, is_new = await store.found_workspace("slack", tenant, name="Larkspur", now=clock(), join=True)
                assert not is_new
                yield Both(company, slack)
    await store.close()


async def test_a_question_asked_in_teams_is_answered_by_an_expert_in_slack(both: Both) -> None:
    amara = both.teams("amara")
    await both.slack.user("henrik").dm("Hello")  # who has not got the app in Teams
    await both.teams.settle()
    await amara.dm(ZIP)
    offer, label = await both.teams.find_offer("amara")
    await amara.press(offer.id, label)
    request = await both.in_slack("henrik", "Why you: you")
    await both.slack.user("henrik").press(request.id, "Answer")
    await both.slack.user("henrik").submit({"answer": "It is the slider: take LK-40718."})
    answer = await both.teams.find("amara", "LK-40718")
    assert answer.conversation == amara.direct().id


async def test_a_question_asked_in_slack_is_answered_by_an_expert_in_teams(both: Both) -> None:
    henrik = both.teams("henrik")
    await both.teams.teams.install(henrik)  # who has never been heard in Slack
    await both.teams.settle()
    await both.slack.user("amara").dm(ZIP)
    amara = both.slack.user("amara")
    await both.teams.settle()
    *_, (offer, label) = [(seen, one) for seen in amara.reads() for one in seen.buttons if "expert" in one]
    await amara.press(offer.id, label)
    request = await both.teams.find("henrik", "Why you: you")
    opened = await henrik.press(request.id, "Answer")
    assert opened.dialog is not None
    await both.teams.submit("henrik", {"answer": "It is the slider: take LK-40718."})
    assert "LK-40718" in (await both.in_slack("amara", "LK-40718")).text


async def test_one_person_on_both_is_one_person(both: Both) -> None:
    await both.teams("amara").dm("hello")
    await both.slack.user("amara").dm("hello")
    await both.teams.settle()
    store = both.teams.house.services.store
    workspaces = await store.workspaces()
    assert len(workspaces) == 1
    async with store.reading(workspaces[0], now=both.teams.clock()) as tx:
        slack = await tx.known_person("slack", both.slack.team.id, both.slack.user("amara").id)
        teams = await tx.known_person("teams", both.teams.teams.tenant, both.teams("amara").id)
    assert slack is not None
    assert teams is not None
    assert slack.id == teams.id


async def test_a_newcomer_whom_teams_does_not_tell_of_just_now_is_still_not_taken_for_somebody_else(both: Both) -> None:
    both.teams.teams.faults.add("member", Wrong.TOO_MANY)
    henrik = both.teams("henrik")
    await both.teams.teams.install(henrik)
    await both.teams.settle()
    assert henrik.reads(henrik.direct()) == []
    async with both.teams.house.services.store.database.write() as db:
        await db.execute(sqlalchemy.text("UPDATE inbox SET leased_until = NULL"))  # as if the wait were over
    await both.teams.find("henrik", "I am Lanyard")
    store = both.teams.house.services.store
    async with store.reading(1, now=both.teams.clock()) as tx:
        known = await tx.known_person("teams", both.teams.teams.tenant, henrik.id)
    assert known is not None
    assert known.email == "henrik.adeyemi@larkspur.example"
