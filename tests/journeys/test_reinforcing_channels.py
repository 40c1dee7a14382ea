"""Which channel a campaign is for: written in a line or a form, or chosen in one, by whoever may know of it."""

from __future__ import annotations

import pytest

from bot.messages import FieldErrors, Outcome, TryLater
from bot.store.records import CampaignRecord
from tests.doubles.memory import PLATFORM, TENANT, Room
from tests.journeys.dialogue import Dialogue
from tests.journeys.test_reinforcing import command

PLAN = {"name": "Till", "steps": 'tip "Scan twice."'}


async def plan(talk: Dialogue, *, audience: str = "", channels: tuple[str, ...] = ()) -> Outcome:
    form = await command(talk, "leila", "new")
    return await talk.submits("leila", form, **PLAN, audience=audience, channels=channels)


async def drafted(talk: Dialogue) -> CampaignRecord:
    async with talk.look() as tx:
        (person,) = await tx.people_behind(PLATFORM, TENANT, ["leila"])
        assert person
        return await tx.campaign(2)


def error(outcome: object, name: str) -> str:
    assert isinstance(outcome, FieldErrors), outcome
    assert set(outcome.errors) == {name}
    return outcome.errors[name]


def at(conversation: str) -> dict[str, str]:
    return {"platform": PLATFORM, "tenant": TENANT, "conversation": conversation}


async def test_a_channel_written_in_the_form_is_the_one_that_the_platform_knows(talk: Dialogue) -> None:
    assert await plan(talk, audience="#Store-Berlin and @Tomasz") is None
    record = await drafted(talk)
    assert record.audience == ("#Store-Berlin", "@Tomasz")
    assert record.places["#Store-Berlin"] == at("store-berlin")


async def test_a_line_that_names_it_in_plain_letters_is_read_alike(talk: Dialogue) -> None:
    assert await talk.says("leila", 'nudge new "Till" to #store-berlin: tip "x"') is None
    assert (await drafted(talk)).places == {"#store-berlin": at("store-berlin")}


async def test_a_channel_is_known_without_its_mark_where_nobody_is_called_so(talk: Dialogue) -> None:
    talk.platform.rooms["tomasz"] = Room("tomasz", {"amara"})
    assert await plan(talk, audience="Store-Berlin, Tomasz") is None
    record = await drafted(talk)
    assert record.audience == ("#Store-Berlin", "Tomasz")
    assert record.places["#Store-Berlin"] == at("store-berlin")
    assert "person" in record.places["Tomasz"]


@pytest.mark.parametrize("said", ["here", "everyone here", "everybody in this channel", "this channel"])
async def test_here_is_the_channel_in_which_it_is_said(talk: Dialogue, said: str) -> None:
    line = f'new "Till" to {said}: tip "x"'
    await talk.says("leila", line, command="nudge", channel="support-desk")
    record = await drafted(talk)
    assert (record.audience, record.places) == (("#support-desk",), {"#support-desk": at("support-desk")})


async def test_here_is_nobody_in_ones_own_conversation(talk: Dialogue) -> None:
    assert error(await plan(talk, audience="everyone here"), "audience").startswith("Here is nobody but you and me.")


async def test_channels_are_chosen_in_the_form_besides(talk: Dialogue) -> None:
    assert await plan(talk, audience="@Tomasz, #store-berlin", channels=("support-desk", "store-berlin")) is None
    record = await drafted(talk)
    assert record.audience == ("@Tomasz", "#store-berlin", "#support-desk")
    assert record.places["#support-desk"] == at("support-desk")


async def test_what_is_chosen_needs_no_word_beside_it(talk: Dialogue) -> None:
    assert await plan(talk, audience="", channels=("store-berlin",)) is None
    assert (await drafted(talk)).audience == ("#store-berlin",)


async def test_somebody_must_be_named(talk: Dialogue) -> None:
    assert "Say who it is for" in error(await plan(talk, audience=""), "audience")


@pytest.mark.parametrize("typed", ["#nowhere", "#people", "#store berlin"])
async def test_a_channel_that_is_not_there_is_told_so(talk: Dialogue, typed: str) -> None:
    said = error(await plan(talk, audience=typed), "audience")
    assert said.startswith(f"I know no channel {typed.split(maxsplit=1)[0]} here that you are in or could join.")


async def test_a_closed_channel_is_for_those_who_are_in_it_and_others_are_told_the_same_as_of_none(
    talk: Dialogue,
) -> None:
    talk.platform.rooms["board"] = Room("board", {"jonas"}, closed=True)
    of_none = error(await plan(talk, audience="#nowhere"), "audience")
    assert error(await plan(talk, audience="#board"), "audience") == of_none.replace("#nowhere", "#board")
    assert "is closed, and I am not in it, or you are not" in error(await plan(talk, channels=("board",)), "channels")
    assert "is closed, and I am not in it, or you are not" in error(await plan(talk, channels=("gone",)), "channels")
    talk.platform.rooms["board"].members.add("leila")
    assert await plan(talk, audience="#board") is None
    assert (await drafted(talk)).places == {"#board": at("board")}


async def test_whoever_may_not_plan_is_told_so_whatever_they_choose(talk: Dialogue) -> None:
    form = await command(talk, "leila", "new")
    said = error(await talk.submits("tomasz", form, **PLAN, channels=("store-berlin",)), "")
    assert said.startswith("Only L&D and administrators plan campaigns for others.")


async def test_a_name_of_several_words_is_one_channel(talk: Dialogue) -> None:
    talk.platform.rooms["spring"] = Room("Spring sale Berlin", {"tomasz"})
    assert await plan(talk, audience="#Spring sale Berlin, @Amara") is None
    assert (await drafted(talk)).places["#Spring sale Berlin"] == at("spring")


async def test_of_two_channels_of_one_name_the_planner_is_asked_which(talk: Dialogue) -> None:
    talk.platform.rooms["one"] = Room("Harbour", {"tomasz"})
    talk.platform.rooms["two"] = Room("harbour", {"amara"})
    said = error(await plan(talk, audience="#harbour"), "audience")
    assert "#harbour could be" in said
    assert "choose it in the form" in said
    assert await plan(talk, channels=("one", "two")) is None
    record = await drafted(talk)
    assert record.places == {"#Harbour": at("one"), "#harbour (2)": at("two")}


async def test_a_platform_that_does_not_answer_now_is_told_of(talk: Dialogue) -> None:
    form = await command(talk, "leila", "new")
    talk.platform.faults = [TryLater("busy")]
    written = error(await talk.submits("leila", form, **PLAN, audience="#store-berlin"), "audience")
    assert written == "I could not look for the channel #store-berlin just now. Try again in a minute."
    talk.platform.faults = [TryLater("busy")]
    chosen = error(await talk.submits("leila", form, **PLAN, channels=("store-berlin",)), "channels")
    assert chosen == "I could not look at the channels you chose just now. Try again in a minute."


async def test_an_edit_keeps_what_was_chosen_though_the_planner_sees_it_no_more(talk: Dialogue) -> None:
    talk.platform.rooms["board"] = Room("board", {"jonas", "leila"}, closed=True)
    await plan(talk, channels=("board",))
    talk.platform.rooms["board"].members.discard("leila")
    form = await command(talk, "leila", "edit Till")
    assert await talk.submits("leila", form, steps='tip "Scan once."', channels=("store-berlin",)) is None
    async with talk.look() as tx:
        record = await tx.campaign(2)
    assert record.places == {"#board": at("board"), "#store-berlin": at("store-berlin")}


async def test_no_more_channels_are_looked_at_than_there_is_time_for(talk: Dialogue) -> None:
    said = error(await plan(talk, channels=tuple(f"c{number}" for number in range(21))), "channels")
    assert said == "These are 21 channels; 20 is the most at once."
