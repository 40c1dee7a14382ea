"""The address of a job aid in somebody's message: what is shown beside it, and to whom."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import addresses
from bot.messages import Buttons
from bot.store import Store
from knowledge.model import JobAid, Status
from tests.doubles.memory import MemoryPlatform
from tests.journeys.dialogue import Clock, Dialogue, text_of

BASE = "https://lanyard.example"
REFUND = "How much may I refund without approval?"


@pytest.fixture
async def talk(sample_url: str, platform: MemoryPlatform, clock: Clock) -> AsyncIterator[Dialogue]:
    store = Store(sample_url)
    yield Dialogue(store, platform, clock, address=BASE)
    await store.close()


async def keep(talk: Dialogue, title: str, *grants: str) -> str:
    """A published aid for these grants; its address."""
    workspace = await talk.store.workspace_of("memory", talk.tenant)
    assert workspace is not None
    aid = JobAid(key=title, title=title, body="In the red box.", audience=frozenset(grants), status=Status.PUBLISHED)
    async with talk.store.transaction(workspace, now=talk.clock()) as tx:
        await tx.put_aid(aid, by=None, source="test")
        return f"{BASE}/aids/{workspace}/{(await tx.aid_by_key(title)).number}"


async def test_an_aids_address_is_shown_as_a_card_that_does_nothing_and_leads_back(talk: Dialogue) -> None:
    address = await keep(talk, "Spare keys", "everyone")
    (result,) = await talk.pastes("amara", address, channel="support-desk")
    assert (result.title, result.address) == ("Spare keys", address)
    assert "In the red box." in text_of(result.card)
    assert not [part for part in result.card.parts if isinstance(part, Buttons)]


async def test_what_is_for_a_group_is_shown_in_no_channel_even_to_its_people(talk: Dialogue) -> None:
    address = await keep(talk, "Spare keys", "group:support")
    assert await talk.pastes("amara", address, channel="support-desk") == ()
    assert await talk.pastes("jonas", address, channel="people-team") == ()


async def test_what_a_closed_place_knows_is_shown_there_and_nowhere_else(talk: Dialogue) -> None:
    address = await keep(talk, "Spare keys", f"conversation:memory/{talk.tenant}/people-team")
    (result,) = await talk.pastes("jonas", address, channel="people-team")
    assert result.title == "Spare keys"
    assert await talk.pastes("jonas", address, channel="support-desk") == ()


async def test_in_somebodys_own_conversation_they_see_what_is_theirs(talk: Dialogue) -> None:
    address = await keep(talk, "Spare keys", "group:support")
    assert [result.title for result in await talk.pastes("amara", address)] == ["Spare keys"]
    assert await talk.pastes("jonas", address) == ()


async def test_another_companys_aids_and_other_addresses_are_shown_nowhere(talk: Dialogue) -> None:
    address = await keep(talk, "Spare keys", "everyone")
    number = address.rpartition("/")[2]
    for other in (
        f"{BASE}/aids/2/{number}",
        f"https://evil.example/aids/1/{number}",
        f"{BASE}.evil.example/aids/1/{number}",
        f"{BASE}/aids/1/99999",
        f"{BASE}/aids",
        "",
    ):
        assert await talk.pastes("amara", other) == ()


async def test_a_guest_is_shown_nothing_and_not_told_off_for_it(talk: Dialogue, platform: MemoryPlatform) -> None:
    address = await keep(talk, "Spare keys", "everyone")
    platform.people["greta"] = replace(platform.people["amara"], id="greta", email="greta@else.example", is_guest=True)
    with pytest.raises(AssertionError, match="None"):
        await talk.pastes("greta", address, channel="support-desk")
    assert talk.platform.posts == []


async def test_a_corrected_answer_still_leads_to_its_page(talk: Dialogue) -> None:
    await talk.says("amara", REFUND)
    before = str(talk.last("amara").card)
    number = before.split(f"{BASE}/aids/1/")[1].split("'", maxsplit=1)[0]
    async with talk.look() as tx:
        aid = await tx.find_aid(number, grants=frozenset({"everyone"}))
        assert aid is not None
        priya = await tx.known_person("memory", talk.tenant, "priya")
    assert priya is not None
    from bot.journeys.capturing import correct_answers

    workspace = await talk.store.workspace_of("memory", talk.tenant)
    assert workspace is not None
    async with talk.store.transaction(workspace, now=talk.clock()) as tx:
        fresh = await tx.rewrite_aid(aid.id, by=priya, title=aid.title, body="Up to 200 EUR.", need=aid.need)
        await correct_answers(tx, fresh)
    await talk.settle()
    card = talk.last("amara").card
    assert "200 EUR" in text_of(card)
    assert f"{BASE}/aids/1/{number}" in str(card)


@given(workspace=st.integers(1, 10**14), number=st.integers(1, 10**14), tail=st.sampled_from(["", "/", "?a=b", "#x"]))
@pytest.mark.parametrize("base", ["https://lanyard.example", "https://example.com/lanyard", "http://127.0.0.1:3978"])
def test_an_address_is_read_as_it_was_made(base: str, workspace: int, number: int, tail: str) -> None:
    address = base + addresses.path_of_aid(workspace, number) + tail
    assert addresses.read_aid(base, address) == (workspace, number)
    assert addresses.read_aid("", address) is None


@given(st.text(max_size=80))
def test_whatever_else_is_pasted_is_no_address_of_an_aid(text: str) -> None:
    assert addresses.read_aid(BASE, text) is None
    assert addresses.read_aid(BASE, f"{BASE}/aids/{text}/x") is None
