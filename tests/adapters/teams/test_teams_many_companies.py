"""A registration for many companies: each its own workspace, by the settings that whoever runs Lanyard gives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp.test_utils import TestServer

from bot.messages import Address, Card, TryLater, Undeliverable
from bot.store import Store
from knowledge.model import JobAid, Status
from lanyard import teams as from_settings
from lanyard.app import Connected, Lanyard, build
from lanyard.config import Settings
from tests.doubles.teams.double import TENANT, Teams, open_teams

OTHER = "0b9f1c52-7a30-4f6d-8c1e-2a77c0de0002"
THIRD = "0b9f1c52-7a30-4f6d-8c1e-2a77c0de0003"
ASKED = "Where do I find the spare key?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    teams: Teams
    house: Lanyard
    platform: Connected

    @property
    def store(self) -> Store:
        return self.house.services.store

    async def settle(self) -> None:
        await self.teams.settle()
        while await self.house.conversation.work_off() + await self.house.delivery.work_off():
            pass

    async def asks(self, who: str, text: str) -> str:
        """What is on their screen once everything has come to rest."""
        await self.teams.user(who).dm(text)
        await self.settle()
        return "\n".join(seen.text for seen in self.teams.user(who).reads(self.teams.user(who).direct()))

    async def workspace(self, tenant: str) -> int:
        found = await self.store.workspace_of("teams", tenant)
        assert found is not None
        return found

    async def keep_aid(self, tenant: str, where: str) -> None:
        async with self.store.transaction(await self.workspace(tenant), now=datetime.now(UTC)) as tx:
            aid = JobAid(
                key="spare-key",
                title="Find the spare key",
                body=f"The spare key lies {where}.",
                status=Status.PUBLISHED,
                verified_on=datetime.now(UTC).date(),
            )
            await tx.put_aid(aid, by=None, source="import")


@pytest.fixture
async def host(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Host]:
    """Alice's and Bob's companies are served by one registration; Carol's is not."""
    store = Store(empty_url)
    async with open_teams(running=True) as teams:
        teams.app.tenant = ""  # it is at home in no company's directory
        for who, tenant in (("alice", TENANT), ("bob", OTHER), ("carol", THIRD)):
            teams.add_user(who, tenant=tenant, email="the.same@copper.example")
        given = {
            "MICROSOFT_APP_TYPE": "MultiTenant",
            "MICROSOFT_APP_TENANT_ID": "",
            "TEAMS_TENANTS": f"{TENANT}, {OTHER}",
            "LANYARD_URL": "https://lanyard.example",
        }
        for name, value in (teams.environment() | given).items():
            monkeypatch.setenv(name, value)
        platform = from_settings.connect(Settings(), store)
        house = build(store, [platform], now=lambda: datetime.now(UTC), tick=timedelta(seconds=1))
        platform.bind(house.conversation.receive)
        async with TestServer(house.app) as server:
            teams.point_at(str(server.make_url("/api/messages")))
            await platform.start()
            yield Host(teams=teams, house=house, platform=platform)
            await platform.stop()
    await store.close()


async def test_each_company_is_a_workspace_of_its_own_and_reads_only_its_own_aids(host: Host) -> None:
    for who, tenant, where in (("alice", TENANT, "under the mat"), ("bob", OTHER, "behind the bar")):
        await host.asks(who, "help")
        await host.keep_aid(tenant, where)
    assert await host.workspace(TENANT) != await host.workspace(OTHER)
    assert "under the mat" in await host.asks("alice", ASKED)
    answer = await host.asks("bob", ASKED)
    assert "behind the bar" in answer
    assert "under the mat" not in answer


async def test_people_with_the_same_address_in_two_companies_are_two(host: Host) -> None:
    for who, tenant in (("alice", TENANT), ("bob", OTHER)):
        await host.asks(who, "help")
        async with host.store.reading(await host.workspace(tenant), now=datetime.now(UTC)) as tx:
            assert [person.name for person in await tx.everyone()] == [host.teams.user(who).user.name]


async def test_the_bots_token_comes_from_the_bot_frameworks_own_directory_once_for_all(host: Host) -> None:
    for who in ("alice", "bob"):
        await host.asks(who, "help")
    assert [call.path for call in host.teams.calls_of("token")] == ["/botframework.com/oauth2/v2.0/token"]
    tokens = {call.authorization for call in host.teams.calls_of("send")}
    assert len(tokens) == 1


async def test_a_company_that_the_settings_do_not_name_is_refused_and_nothing_is_kept_of_it(host: Host) -> None:
    deed = await host.teams.user("carol").dm(ASKED)
    assert [one.status for delivery in deed.deliveries for one in delivery.attempts] == [403]
    assert await host.store.workspace_of("teams", THIRD) is None
    await host.settle()
    assert {call.name for call in host.teams.calls} <= {"metadata", "keys"}  # for whom it is is in the token itself
    to = Address(platform="teams", tenant=THIRD, person=host.teams.user("carol").id)
    with pytest.raises(Undeliverable):
        await host.platform.send(to, Card(summary="Hello."), key="k1")


async def test_nobody_is_written_to_in_the_name_of_another_company(host: Host) -> None:
    await host.asks("alice", "help")
    bob = host.teams.user("bob")
    with pytest.raises(Undeliverable):
        await host.platform.send(
            Address(platform="teams", tenant=TENANT, person=bob.id), Card(summary="Hello."), key="k1"
        )
    assert bob.reads() == []


async def test_whoever_calls_a_single_tenant_bot_one_of_many_gets_no_token_and_is_told_which_settings(
    host: Host,
) -> None:
    host.teams.app.tenant = TENANT
    await host.asks("alice", "help")
    to = Address(platform="teams", tenant=TENANT, person=host.teams.user("alice").id)
    with pytest.raises(TryLater, match="MICROSOFT_APP_TENANT_ID"):
        await host.platform.send(to, Card(summary="Hello."), key="k1")
