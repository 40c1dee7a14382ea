"""Who gets reminders and who says no, over the wires of Slack, of Teams and of the chat page.

What consent and enrolling mean is held by `tests/journeys`, on both databases; here it is held that each platform's own
people, channels and refusals lead there: somebody whom it alone has seen is asked first, many are enrolled in the
background, and whoever sends it learns whom it did not reach.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.adapters.chat import Chat
from tests.journeys.test_reinforcing_audiences import few_at_once

__all__ = ["few_at_once"]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ASKED = "Would you like it?"


def plan(audience: str, name: str = "Till") -> str:
    return f'new "{name}" to {audience} at 9:30: tip "For {name}: scan twice."; after 2 days tip "Count the drawer."'


async def start(wire: Chat, audience: str, name: str = "Till") -> None:
    await wire.nudge("leila", plan(audience, name))
    await wire.press("leila", "Discard", "Start")


async def count(wire: Chat, who: str, words: str) -> int:
    return sum(words in seen.text for seen in await wire.reads(who))


# ── the first time ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_whom_only_the_platform_knows_is_asked_first_and_gets_the_series_after_a_yes(wire: Chat) -> None:
    await wire.hires("newcomers", "noor")
    await wire.nudge("leila", plan("#newcomers"))
    preview = (await wire.find("leila", "Discard")).text
    assert "Asked first" in preview
    assert "1, who have had nothing to do with Lanyard so far" in preview  # Leila has
    await wire.press("leila", "Discard", "Start")
    await wire.passes(2 * HOUR)
    assert (await wire.find("noor", ASKED)).buttons == ("Join", "Not now")
    assert "from Leila Brandvold" in (await wire.find("noor", ASKED)).text
    await wire.passes(DAY)
    assert await count(wire, "noor", "scan twice") == 0
    await wire.press("noor", ASKED, "Join")
    assert (await wire.find("noor", "You joined “Till”.")).buttons == ()
    await wire.passes(DAY)
    assert await count(wire, "noor", "scan twice") == 1
    await wire.passes(2 * DAY)
    assert await count(wire, "noor", "Count the drawer") == 1
    assert await count(wire, "noor", ASKED) == 0


async def test_who_declines_hears_no_more_of_it_and_can_still_take_it_up(wire: Chat) -> None:
    await wire.hires("newcomers", "noor")
    await start(wire, "#newcomers")
    await wire.passes(2 * HOUR)
    await wire.press("noor", ASKED, "Not now")
    assert (await wire.find("noor", "nothing of “Till” comes")).buttons == ()
    before = len(await wire.reads("noor"))
    await wire.passes(3 * DAY)
    assert len(await wire.reads("noor")) == before
    await wire.nudge("noor", "list")
    await wire.press("noor", "Nothing comes unless you say so.", "Go on")
    await wire.passes(DAY)
    assert await count(wire, "noor", "scan twice") == 1


async def test_silence_is_a_no(wire: Chat) -> None:
    await wire.hires("newcomers", "noor")
    await start(wire, "#newcomers")
    await wire.passes(2 * HOUR)
    before = len(await wire.reads("noor"))
    for _ in range(5):
        await wire.passes(DAY)
    assert len(await wire.reads("noor")) == before
    assert await count(wire, "noor", ASKED) == 1


# ── how much, and when ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_beyond_ones_cap_a_day_comes_the_day_after(wire: Chat) -> None:
    await wire.nudge("tomasz", "settings")
    await wire.press("tomasz", "Change my reminders", "Change my reminders")
    await wire.fill_in("tomasz", daily_cap="1")
    for name in ("Till", "Shelf", "Ladder"):
        await wire.nudge("leila", f'new "{name}" to #store-berlin at 9:30: tip "For {name}: scan twice."')
        await wire.press("leila", "Discard", "Start")
    for day in range(1, 5):
        await wire.passes(2 * HOUR if day == 1 else DAY)
        assert await count(wire, "tomasz", "scan twice") == min(day, 3)


async def test_who_pauses_gets_nothing_before_the_day_they_chose(wire: Chat) -> None:
    await start(wire, "#store-berlin")
    await wire.nudge("tomasz", "settings")
    await wire.press("tomasz", "Change my reminders", "Change my reminders")
    assert "over" in await wire.refused("tomasz", paused_until="2026-11-20")
    await wire.press("tomasz", "Change my reminders", "Change my reminders")
    await wire.fill_in("tomasz", paused_until="2026-11-25")
    await wire.passes(2 * HOUR)
    await wire.passes(DAY)
    assert await count(wire, "tomasz", "scan twice") == 0
    await wire.passes(DAY)
    assert await count(wire, "tomasz", "scan twice") == 1


# ── many people ─────────────────────────────────────────────────────────────────────────────────────────────────────

LEARNERS = tuple(f"learner{number}" for number in range(8))


@pytest.mark.usefixtures("few_at_once")
@pytest.mark.parametrize(
    ("audience", "people"),
    [("#learners", 9), (", ".join(f"{who}@larkspur.example" for who in LEARNERS), 8)],
    ids=["channel", "list"],
)
async def test_many_are_enrolled_in_the_background_each_once_and_their_planner_is_told(
    wire: Chat, audience: str, people: int
) -> None:
    await wire.hires("learners", *LEARNERS)
    await wire.nudge("leila", plan(audience))
    await wire.press("leila", "Discard", "Start")
    assert f"Its {people} people are being enrolled" in (await wire.find("leila", "How it stands now")).text
    await wire.house.gathering.work_off()
    await wire.passes(timedelta(0))
    await wire.find("leila", f"“Till”: all {people} people are enrolled.")
    await wire.passes(2 * HOUR)
    await wire.passes(HOUR)
    assert [await count(wire, who, ASKED) for who in LEARNERS] == [1] * 8
    for who in LEARNERS:
        await wire.press(who, ASKED, "Join")
    await wire.passes(DAY)
    assert [await count(wire, who, "scan twice") for who in LEARNERS] == [1] * 8
    await wire.nudge("leila", "show Till")
    assert f"Reached  ████████████████████ {people} of {people}" in (await wire.find("leila", "How it stands now")).text


# ── who is gone, and who cannot be reached ──────────────────────────────────────────────────────────────────────────


async def agree(wire: Chat, *names: str) -> None:
    """They have been asked, and want it; the first reminder comes the day after."""
    await wire.passes(2 * HOUR)
    for who in names:
        await wire.press(who, ASKED, "Join")


@pytest.mark.asks_for("leaving of channels")
async def test_who_leaves_the_channel_gets_no_more_and_nobody_elses_series_ends(wire: Chat) -> None:
    await wire.hires("learners", "noor", "ines")
    await start(wire, "#learners")
    await agree(wire, "noor", "ines")
    await wire.passes(DAY)
    assert await wire.leaves_channel("noor", "learners")
    await wire.passes(2 * HOUR)
    await wire.house.gathering.work_off()
    await wire.passes(2 * DAY)
    assert [await count(wire, who, "scan twice") for who in ("noor", "ines")] == [1, 1]
    assert [await count(wire, who, "Count the drawer") for who in ("noor", "ines")] == [0, 1]


@pytest.mark.asks_for("news of people")
async def test_who_leaves_the_company_is_written_to_no_more_and_the_others_go_on(wire: Chat) -> None:
    await wire.hires("learners", "noor", "ines")
    await start(wire, "noor@larkspur.example, ines@larkspur.example")
    await agree(wire, "noor", "ines")
    assert await wire.leaves("noor")
    await wire.passes(DAY)
    await wire.passes(2 * DAY)
    assert await count(wire, "ines", "Count the drawer") == 1
    await wire.nudge("leila", "show Till")
    assert "Who was not reached" not in (await wire.find("leila", "How it stands now")).buttons  # nothing was tried


@pytest.mark.asks_for("refused people")
async def test_whom_the_platform_refuses_is_told_with_the_reason_and_tried_again(wire: Chat) -> None:
    await wire.hires("learners", "noor", "ines")
    await start(wire, "#learners")
    assert await wire.is_shut_off("noor")
    await wire.passes(2 * HOUR)
    assert [await count(wire, who, ASKED) for who in ("noor", "ines")] == [0, 1]
    unreached = (await ask_who_was_not_reached(wire)).casefold()
    assert "noor: " in unreached
    assert "ines" not in unreached
    await wire.is_shut_off("noor", off=False)
    assert "it comes to all 1" in await wire.press_told("leila", "Try again")
    await wire.passes(DAY)
    assert [await count(wire, who, ASKED) for who in ("noor", "ines")] == [1, 1]


async def ask_who_was_not_reached(wire: Chat) -> str:
    await wire.nudge("leila", "show Till")
    return await wire.press("leila", "Who was not reached", "Who was not reached")


async def test_an_address_that_nobody_has_is_told_as_not_reached(wire: Chat) -> None:
    await start(wire, "@Tomasz, nobody@larkspur.example")
    await wire.passes(2 * HOUR)
    assert await count(wire, "tomasz", "scan twice") == 1
    unreached = await ask_who_was_not_reached(wire)
    assert "nobody@larkspur.example: no longer here, or on no connected platform" in unreached
    assert "none of the 1 can be reached yet" in await wire.press_told("leila", "Try again")
