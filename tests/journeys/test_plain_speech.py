"""Nudges that are asked for in plain words: for oneself, for others, and what is done with those that are there."""

from __future__ import annotations

import pytest

from tests.journeys.dialogue import Dialogue, text_of
from tests.journeys.test_reinforcing import DAY, HOUR, draft, start

TILL = 'new "Till basics" to #store-berlin at 9:30: tip "Scan twice."; after 2 days tip "Count the drawer."'


def last(talk: Dialogue, who: str) -> str:
    return text_of(talk.last(who).card)


@pytest.mark.parametrize(
    ("said", "audience"),
    [
        ("remind everyone in #store-berlin to close the till tomorrow at 10", "#store-berlin"),
        ("Please remind #store-berlin to close the till tomorrow at 10.", "#store-berlin"),
        ("can you remind @Tomasz to close the till tomorrow at 10?", "@Tomasz"),
        ("remind Tomasz and Amara to close the till tomorrow at 10", "Tomasz, Amara"),
        ("remind everybody to close the till tomorrow at 10", "everyone"),
    ],
)
async def test_whoever_plans_reminds_others_in_plain_words(talk: Dialogue, said: str, audience: str) -> None:
    await talk.says("leila", said)
    shown = last(talk, "leila")
    assert "Nothing is sent before you press Start" in shown
    assert f"For: {audience}" in shown
    assert "First one: Tuesday, 24 November 2026, at 10:00" in shown
    assert "tip “close the till" in shown


async def test_those_of_a_channel_are_reminded_from_there(talk: Dialogue) -> None:
    said = "remind everyone here to close the tickets tomorrow at 9"
    await talk.says("leila", said, channel="support-desk", mentioned=True)
    shown = [text_of(post.card) for post in talk.seen_by("leila")]
    assert [text for text in shown if "For: #support-desk" in text and "tip “close the tickets”" in text]


async def test_others_are_reminded_as_by_a_campaign(talk: Dialogue) -> None:
    await talk.has_consent()
    await talk.says("leila", "remind everyone in #store-berlin to close the till tomorrow at 10")
    await talk.presses("leila", talk.last("leila"), "Start")
    await talk.passes(DAY + HOUR)
    assert "close the till" in last(talk, "tomasz")
    assert "from Leila Brandvold" in last(talk, "tomasz")


async def test_whoever_may_not_plan_for_others_is_told_what_they_may(talk: Dialogue) -> None:
    await talk.says("tomasz", "remind everyone in #store-berlin to close the till tomorrow at 10")
    assert "Only L&D and administrators plan campaigns for others." in last(talk, "tomasz")


@pytest.mark.parametrize(
    "asked",
    [
        "remind customers to bring their receipt",
        "How do I remind customers about their order?",
        "remind me how refunds work",
        "remind the printer to print",
        "reminder emails stop tomorrow",
    ],
)
async def test_what_is_no_reminder_for_people_here_is_a_question(talk: Dialogue, asked: str) -> None:
    await talk.says("leila", asked)
    assert "Nothing is sent before you press Start" not in last(talk, "leila")


async def test_a_planner_steers_by_a_verb_and_the_whole_name(talk: Dialogue) -> None:
    await draft(talk, TILL)
    for said, told in (
        ("start till basics", "Started."),
        ("Pause Till basics.", "Paused. Nothing is sent"),
        ("resume “Till basics”", "It goes on."),
        ("stop till basics", "State: Running"),
        ("show till basics", "State: Running"),
        ("end till basics!", "Ended. Nothing more is sent."),
        ("start till basics now", "“Till basics” is over. Copy it to use it again."),
    ):
        await talk.says("leila", said, key=said)
        assert told in last(talk, "leila")


async def test_a_learner_stops_and_puts_off_by_a_verb_and_the_whole_name(talk: Dialogue) -> None:
    await start(talk, TILL)
    await talk.passes(HOUR)
    await talk.says("tomasz", "snooze till basics for 3 days")
    assert "It goes on after" in last(talk, "tomasz")
    await talk.says("tomasz", "stop till basics, please")
    assert "You stopped “Till basics”" in last(talk, "tomasz")


@pytest.mark.parametrize("said", ["start till basics?", "stop till", "start the till", "show till basics at noon"])
async def test_a_part_of_a_name_or_a_question_steers_nothing(talk: Dialogue, said: str) -> None:
    await draft(talk, TILL)
    await talk.says("leila", said)
    async with talk.look() as tx:
        assert (await tx.campaign(2)).plan.status == "draft"


async def test_nobody_steers_what_they_do_not_plan(talk: Dialogue) -> None:
    await start(talk, TILL)
    await talk.says("tomasz", "end till basics")
    async with talk.look() as tx:
        assert (await tx.campaign(2)).plan.status == "running"


@pytest.mark.parametrize(
    "said",
    [
        "What reminders do I get?",
        "when is my next reminder",
        "I don’t want these reminders any more!",
        "how do I stop the reminders?",
        "stop sending me reminders",
        "stop reminding me",
        "show me my series",
    ],
)
async def test_whoever_asks_about_their_reminders_sees_them_and_can_stop_each(talk: Dialogue, said: str) -> None:
    await start(talk, TILL)
    await talk.passes(HOUR)
    await talk.says("tomasz", said)
    assert last(talk, "tomasz").startswith("Your series")
    assert "[Stop]" in last(talk, "tomasz")


@pytest.mark.parametrize("said", ["too many reminders", "Fewer reminders, please", "I get way too many nudges!"])
async def test_whoever_gets_too_many_chooses_how_many(talk: Dialogue, said: str) -> None:
    await talk.says("tomasz", said)
    assert "[Fewer]" in last(talk, "tomasz")


@pytest.mark.parametrize("said", ["remind me", "Please remind me tomorrow at 9", "remind me on Monday"])
async def test_a_reminder_of_nothing_is_asked_of_what(talk: Dialogue, said: str) -> None:
    await talk.says("tomasz", said)
    assert "Of what, and when?" in last(talk, "tomasz")


@pytest.mark.parametrize(
    "said",
    [
        "set a reminder for tomorrow 9am: call Ann",
        "Please set me a reminder to call Ann tomorrow at 9",
        "reminder: call Ann tomorrow 9:00",
        "don’t let me forget to call Ann tomorrow 9 am",
    ],
)
async def test_a_reminder_is_asked_for_in_other_words(talk: Dialogue, said: str) -> None:
    await talk.says("tomasz", said)
    assert "First one: Tuesday, 24 November 2026, at 09:00" in last(talk, "tomasz")
    assert "tip “call Ann”" in last(talk, "tomasz")


async def test_a_pause_may_have_its_last_day(talk: Dialogue) -> None:
    await start(talk, TILL)
    await talk.says("tomasz", "nudge pause until 7 December")
    assert "paused until Monday, 7 December 2026, at 00:00" in last(talk, "tomasz")
    await talk.says("tomasz", "snooze till basics until Monday at 9", key="later")
    assert "It goes on after Monday, 30 November 2026" in last(talk, "tomasz")


async def test_a_buttons_word_may_have_its_object_behind_it(talk: Dialogue) -> None:
    await draft(talk, TILL)
    await talk.says("leila", "ok start it now")
    assert "Started." in last(talk, "leila")
