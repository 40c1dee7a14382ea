"""Every verb of `/nudge` and every kind of nudge, over the wires of Slack, of Teams and of the web page.

What the journeys mean is held by `tests/journeys`; here it is held that they can be gone on each platform: what is said
becomes cards and dialogs that it takes (the doubles refuse what the real ones refuse), with buttons that work.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.store import Store
from tests.adapters.chat import Chat, Filled
from tests.adapters.companies import open_chat
from tests.journeys.dialogue import Clock

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def wire(request: pytest.FixtureRequest, sample_url: str, clock: Clock, tmp_path: Path) -> AsyncIterator[Chat]:
    store = Store(sample_url)
    async with open_chat(request.param, store, clock, folder=tmp_path, heard=("leila", "tomasz")) as chat:
        yield chat
    await store.close()


PLAN = 'new "Till" to #store-berlin from tomorrow at 10:00: tip "Scan twice."; after 2 days tip "Count the drawer."'


async def test_a_campaign_is_drafted_tried_changed_and_steered_to_its_end(wire: Chat) -> None:
    await wire.nudge("leila", PLAN)
    preview = await wire.find("leila", "Nothing is sent before you press Start")
    assert "at 10:00" in preview.text
    assert preview.buttons == ("Start", "Send me a dry run", "Edit", "Discard")
    await wire.press("leila", "Send me a dry run", "Send me a dry run")
    assert "Scan twice." in (await wire.find("leila", "Dry run, 1 of 2")).text
    await wire.nudge("leila", "dry run Till")
    assert "Count the drawer." in (await wire.find("leila", "Dry run, 2 of 2")).text

    await wire.press("leila", "Discard", "Edit")
    await wire.fill_in("leila", purpose="after the till training")
    await wire.nudge("leila", "preview Till")
    assert "after the till training" in (await wire.find("leila", "Discard")).text

    await wire.nudge("leila", "start Till")
    assert "Started." in (await wire.find("leila", "Pause")).text
    await wire.passes(DAY + 2 * HOUR)
    assert "after the till training" in (await wire.find("tomasz", "Scan twice.")).text

    await wire.nudge("leila", "edit Till")
    await wire.open_form("leila")
    await wire.fill_in("leila", steps='tip "Scan twice."\nafter 2 days tip "Lock the drawer."')
    assert "Lock the drawer." in (await wire.find("leila", "Changed. What was sent stays")).text

    await wire.nudge("leila", "pause Till")
    await wire.find("leila", "Paused. Nothing is sent")
    await wire.nudge("leila", "resume Till")
    await wire.find("leila", "It goes on.")
    await wire.passes(3 * DAY)
    await wire.find("tomasz", "Lock the drawer.")

    await wire.nudge("leila", "show Till")
    assert "State" in (await wire.find("leila", "How it stands now")).text
    await wire.nudge("leila", "list")
    await wire.find("leila", "Campaigns")
    await wire.nudge("leila", "copy Till")
    await wire.find("leila", "Till (2)")
    await wire.nudge("leila", 'end "Till (2)"')
    await wire.find("leila", "“Till (2)” was thrown away")
    await wire.nudge("leila", "end Till")
    await wire.find("leila", "Ended. Nothing more is sent.")


async def test_a_campaign_is_made_in_a_form(wire: Chat) -> None:
    await wire.nudge("leila", "new")
    await wire.open_form("leila")
    await wire.fill_in("leila", name="Ladders", audience="@Tomasz", steps='tip "Use a ladder safely."')
    assert "Use a ladder safely." in (await wire.find("leila", "Discard")).text
    await wire.press("leila", "Discard", "Discard")
    await wire.find("leila", "was thrown away")


async def test_the_channels_of_a_campaign_are_chosen_in_the_form_or_written_there(wire: Chat) -> None:
    plan: dict[str, Filled] = {"name": "Ladders", "steps": 'tip "Use a ladder safely."'}
    await wire.says("leila", "Hello", channel="support-desk")  # so that Lanyard knows of the team
    await wire.nudge("leila", "new")
    await wire.open_form("leila")
    await wire.fill_in("leila", **plan, audience="@Tomasz", channels=(wire.choice_of("store-berlin"),))
    by_choice = (await wire.find("leila", "Discard")).text
    assert "@Tomasz, #store-berlin" in by_choice
    await wire.press("leila", "Discard", "Edit")
    await wire.fill_in("leila")  # as it stands there
    assert (await wire.find("leila", "Discard")).text == by_choice
    await wire.press("leila", "Discard", "Edit")
    await wire.fill_in("leila", audience="", channels=(wire.choice_of("support-desk"),))
    assert "#support-desk" in (await wire.find("leila", "Discard")).text
    await wire.press("leila", "Discard", "Discard")

    await wire.nudge("leila", "new Ladders")
    await wire.open_form("leila")
    said = await wire.refused("leila", **plan, audience="#no-such-room")
    assert "I know no channel #no-such-room here that you are in or could join." in said
    await wire.nudge("leila", "new Ladders again")
    await wire.open_form("leila")
    assert "Say who it is for" in await wire.refused("leila", **plan, audience="")
    await wire.nudge("leila", "new Ladders once more")
    await wire.open_form("leila")
    await wire.fill_in("leila", **plan, audience="#Store-Berlin")
    shown = (await wire.find("leila", "Discard")).text
    assert shown.replace("#Store-Berlin", "") == by_choice.replace("@Tomasz, #store-berlin", "")
    await wire.press("leila", "Discard", "Start")
    await wire.passes(DAY + 2 * HOUR)
    await wire.find("tomasz", "Use a ladder safely.")


CALENDAR: dict[str, Filled] = {
    "working_days": ("Tuesday", "Thursday"),
    "country": "DE-BE",
    "time_zone": "Europe/Berlin",
}
BY_LINE = 'new "Ladders" to @Tomasz in Europe/Berlin holidays DE-BE days Tue, Thu: tip "Use a ladder safely."'


async def test_a_form_says_all_that_a_line_says_and_what_is_wrong_with_it(wire: Chat) -> None:
    plan: dict[str, Filled] = {"name": "Ladders", "audience": "@Tomasz", "steps": 'tip "Use a ladder safely."'}
    await wire.nudge("leila", BY_LINE)
    by_line = (await wire.find("leila", "Discard")).text
    assert all(words in by_line for words in ("Tuesday, Thursday", "public holidays of DE-BE", "Europe/Berlin"))
    await wire.press("leila", "Discard", "Edit")
    await wire.fill_in("leila")  # as it stands there
    assert (await wire.find("leila", "Discard")).text == by_line
    await wire.press("leila", "Discard", "Discard")

    await wire.nudge("leila", "new")
    await wire.open_form("leila")
    said = await wire.refused("leila", **plan, working_days=("Monday",), country="Atlantis", time_zone="Lost")
    assert "I know no public holidays of “Atlantis”." in said
    assert "There is no time zone “Lost”." in said
    await wire.nudge("leila", "new Ladders")
    await wire.open_form("leila")
    await wire.fill_in("leila", **plan, **CALENDAR)
    assert (await wire.find("leila", "Discard")).text == by_line


async def test_a_learner_shapes_what_they_get(wire: Chat) -> None:
    await wire.nudge("tomasz", 'me every 2 days for 2 weeks "Ask before I answer."')
    await wire.press("tomasz", "Discard", "Start")
    await wire.passes(2 * DAY)
    assert "a series of your own" in (await wire.find("tomasz", "Ask before I answer.")).text
    await wire.press("tomasz", "Later", "Later")
    await wire.find("tomasz", "comes again")
    await wire.nudge("tomasz", "list")
    await wire.find("tomasz", "Stop")
    await wire.nudge("tomasz", "settings")
    await wire.press("tomasz", "Change my reminders", "Change my reminders")
    await wire.fill_in("tomasz", nudge_at="11:00")
    await wire.nudge("tomasz", "Settings")  # the same words so soon would be taken for the same message
    await wire.find("tomasz", "11:00")
    for line, told in (
        ("fewer", "at most one a day"),
        ("snooze 2 days", "It goes on after"),
        ("pause 2 weeks", "All your reminders are paused until"),
        ("resume", "Your reminders go on."),
        ("stop all", "You stopped “Ask before I answer.”"),
        ("help", "your series, and those you may join"),
    ):
        await wire.nudge("tomasz", line)
        await wire.find("tomasz", told)


async def test_a_nudge_brings_a_link_and_a_job_aid_brings_its_own(wire: Chat) -> None:
    await wire.nudge(
        "leila",
        'new "Till" to #store-berlin at 10:00: tip "Scan twice." link "The film" https://x.example/film; tip #3',
    )
    assert "with a link to “The film”" in (await wire.find("leila", "Discard")).text
    await wire.press("leila", "Discard", "Start")
    await wire.passes(DAY + 2 * HOUR)
    assert "https://x.example/film" in (await wire.find("tomasz", "Scan twice.")).links
    await wire.passes(HOUR)
    assert any("cash-log" in link for link in (await wire.find("tomasz", "Cash count does not match")).links)


async def test_after_an_outage_the_planner_is_told_what_was_left_out(wire: Chat) -> None:
    await wire.nudge("leila", 'new "Till" to @Tomasz at 10:00: tip "Scan twice."; after 4 days tip "Count the drawer."')
    await wire.press("leila", "Discard", "Start")
    await wire.passes(4 * DAY)
    assert "“Till”" in (await wire.find("leila", "more than 36 hours late is left out")).text
    await wire.passes(2 * HOUR)
    await wire.find("tomasz", "Count the drawer.")
    assert not [seen for seen in await wire.reads("tomasz") if "Scan twice." in seen.text]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('new "X" to #no-such-room: tip "a"', "#no-such-room"),
        ('new "X" to @no-such-group: tip "a"', "no-such-group"),
        ('new "X" to @Tomasz from 2 Dec 2020: tip "a"', "Wednesday, 2 December 2020 is past"),
        ('new "X" to @Tomasz in Europe/Berlin in America/New_York: tip "a"', "“in” comes twice"),
        ('new "X" to @Tomasz in Europe/Atlantis: tip "a"', "Europe/Atlantis"),
        ('new "X" to @Tomasz: tip ""', "There is nothing to send in a tip."),
        ('new "X" to @Tomasz:', "has no nudges"),
        ('new "X" to @Tomasz: tip #9999', "I find no published job aid “9999”"),
        ('new "X" to @Tomasz: recall "Why?"', "has no answer"),
        ('new "X" to @Tomasz days Someday: tip "a"', "Someday"),
        ('new "X" to @Tomasz from 2/12/2027: tip "a"', "2/12/2027"),
    ],
)
async def test_what_is_wrong_is_said_with_its_place_and_nothing_is_kept(wire: Chat, line: str, told: str) -> None:
    await wire.nudge("leila", line)
    assert told in (await wire.find("leila", told)).text
    await wire.nudge("leila", "show X")
    await wire.find("leila", "There is none called “X”.")


@pytest.mark.parametrize(
    ("step", "words", "label", "fields", "told"),
    [
        ('tip "Scan twice."', "Scan twice.", "Got it", {}, "✓ Got it"),
        ('tip "Scan twice."', "Scan twice.", "Stop this series", {}, "stopped"),
        ('recall "What is the limit?" = "50 EUR"', "What is the limit?", "Show the answer", {}, "50 EUR"),
        ('apply "Did you use it?"', "Did you use it?", "Used it", {}, "✓ You used it"),
        ('apply "Did you use it?"', "Did you use it?", "What got in the way?", {"text": "The queue."}, "passed on"),
        (
            'plan "When will you?"',
            "When will you?",
            "Make a plan",
            {"situation": "it is slow", "action": "count"},
            "count",
        ),
        ('check in "How is it?"', "How is it?", "Used it", {}, "✓ You used it"),
        ('tip "Scan twice."', "Scan twice.", "Ask about this", {"question": "How much may I refund?"}, "150 EUR"),
    ],
)
async def test_each_kind_of_nudge_is_answered(
    wire: Chat, step: str, words: str, label: str, fields: dict[str, str], told: str
) -> None:
    await wire.nudge("leila", f'new "Till" to #store-berlin at 10:00: {step}')
    await wire.press("leila", "Discard", "Start")
    await wire.passes(DAY + 2 * HOUR)
    await wire.press("tomasz", words, label)
    if fields:
        await wire.fill_in("tomasz", **fields)
    assert told in (await wire.find("tomasz", told)).text


async def test_a_campaign_is_drawn_in_the_planners_own_conversation(wire: Chat) -> None:
    await wire.nudge("leila", 'new "All" to everyone at 10:00: tip "Scan twice."')
    await wire.press("leila", "Discard", "Start")
    await wire.passes(DAY)
    await wire.nudge("leila", "figures All")
    shown = await wire.find("leila", "What people did, as of")
    (words,) = shown.pictures
    assert words.startswith("“All” in bars. Reach: Reached ")
