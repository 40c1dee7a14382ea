"""Channels that are named or chosen in a form, on Slack: found by the list of all, seen by whoever may see them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.slack import forms
from adapters.slack.channels import Channels
from bot.messages import Field, FieldKind, Form, Place, Scope, TryLater
from tests.adapters.harness import Core
from tests.adapters.slack.harness import SlackHarness, open_company
from tests.doubles.slack.checking import Checker
from tests.doubles.slack.double import Fault, Wrong
from tests.doubles.slack.elements import IN_INPUT, check_element

CHOICE = Field(name="channels", label="Channels", kind=FieldKind.CHANNELS, required=False)
PLACE = Place(conversation="C1", scope=Scope.CHANNEL)


@pytest.fixture
async def http(core: Core) -> AsyncIterator[SlackHarness]:
    async with open_company(core.receive) as company:
        yield company


def asked(http: SlackHarness, method: str) -> int:
    return sum(call.method == method for call in http.slack.calls)


async def find(http: SlackHarness, wanted: str, *, who: str = "alice") -> list[Place]:
    return [*await http.platform.find_channels(http.tenant, http.slack.user(who).user.id, wanted)]


async def test_a_long_list_is_read_to_its_end_once_for_all_who_ask(http: SlackHarness) -> None:
    for number in range(2_100):
        http.slack.add_channel(f"room-{number}", "bob")
    found = await asyncio.gather(*(find(http, f"Room-{number}") for number in (0, 1_050, 2_099)))
    assert [[place.name for place in places] for places in found] == [["room-0"], ["room-1050"], ["room-2099"]]
    assert asked(http, "conversations.list") == 3
    await find(http, "room-7")
    assert asked(http, "conversations.list") == 3


async def test_a_closed_channel_that_lanyard_is_not_in_is_not_told_of(http: SlackHarness) -> None:
    channel = http.slack.add_channel("board", "alice", private=True, bot=False)
    assert await find(http, "board") == []
    assert await find(http, channel.id) == []


async def test_an_archived_channel_is_no_choice(http: SlackHarness) -> None:
    http.slack.add_channel("old-times", "alice").archived = True
    assert await find(http, "old-times") == []


async def test_a_channel_shared_with_others_is_for_those_who_are_in_it(http: SlackHarness) -> None:
    channel = http.slack.add_channel("partners", "alice")
    channel.shared_with.add("T0PARTNER")
    assert [place.shared for place in await find(http, "partners")] == [True]
    assert await find(http, "partners", who="bob") == []


async def test_reading_that_broke_off_goes_on_from_there(http: SlackHarness) -> None:
    for number in range(1_500):
        http.slack.add_channel(f"room-{number}", "bob")
    answered = Fault(wrong=Wrong.SLOW, seconds=0.0)
    http.slack.faults.add("conversations.list", answered, Wrong.TOO_MANY)
    with pytest.raises(TryLater):
        await find(http, "room-1400")
    assert [place.name for place in await find(http, "room-1400")] == ["room-1400"]
    assert asked(http, "conversations.list") == 3


async def test_whoever_waits_too_long_may_ask_again_and_the_reading_goes_on(
    http: SlackHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.slack.channels.PATIENCE", 0.0)
    fault = Fault(wrong=Wrong.SLOW, until=asyncio.Event())
    http.slack.faults.add("conversations.list", fault)
    with pytest.raises(TryLater):
        await find(http, "help")
    assert fault.until is not None
    fault.until.set()
    (reading,) = http.platform._channels._reading.values()
    await reading
    assert [place.name for place in await find(http, "help")] == ["help"]
    assert asked(http, "conversations.list") == 1


async def test_a_channel_made_just_now_is_found_a_little_later(http: SlackHarness) -> None:
    now = 0.0
    own = Channels(http.platform._api, http.platform._tokens, http.platform._directory, clock=lambda: now)
    alice = http.slack.user("alice").user.id
    assert await own.find(http.tenant, alice, "brand-new") == ()
    http.slack.add_channel("brand-new", "alice")
    assert await own.find(http.tenant, alice, "brand-new") == ()
    now = 31.0
    assert [place.name for place in await own.find(http.tenant, alice, "brand-new")] == ["brand-new"]


def test_the_choice_is_slacks_own_menu_of_channels_and_nothing_else() -> None:
    view = forms.to_view(Form(title="T", verb="v", fields=(CHOICE,)), place=PLACE)
    (block,) = view["blocks"]
    assert block["optional"] is True
    element = block["element"]
    check = Checker()
    check_element(check, element, "/blocks/0/element", within=IN_INPUT, block="input")
    assert element["type"] == "multi_conversations_select"
    assert element["filter"]["include"] == ["public", "private"]
    assert "initial_conversations" not in element


def test_what_was_chosen_before_stands_in_it() -> None:
    chosen = Field(name="channels", label="Channels", kind=FieldKind.CHANNELS, value="C1,C2")
    view = forms.to_view(Form(title="T", verb="v", fields=(chosen,)), place=PLACE)
    assert view["blocks"][0]["element"]["initial_conversations"] == ["C1", "C2"]
