"""Recall that comes again as its learner remembers, plans reminded of when they chose, and questions from a nudge."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.journeys.nudging import send_due
from bot.messages import FieldErrors, Form
from knowledge.model import Status
from tests.doubles.memory import Posted
from tests.journeys.dialogue import Dialogue, labels, text_of
from tests.journeys.test_reinforcing import DAY, HOUR, command, note, start, summary

RECALL = 'new "Limits" to @Tomasz at 9:30: recall "What is the limit?" = "50 EUR"; after 30 days tip "Well done."'
PLAN = 'new "Refunds" to @Tomasz at 9:30: plan "When will you use the form?"'


async def recalled(talk: Dialogue, grade: str, *, line: str = RECALL) -> Posted:
    await start(talk, line)
    await talk.passes(HOUR)
    post = talk.last("tomasz")
    await talk.presses("tomasz", post, "Show the answer")
    await talk.presses("tomasz", post, grade)
    return post


def asked(talk: Dialogue) -> int:
    return sum("What is the limit?" in text_of(post.card) for post in talk.seen_by("tomasz"))


# ── recall ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("grade", "days", "when"),
    [
        ("Not yet", 1, "Tuesday, 24 November 2026, at 09:30"),
        ("Barely", 1, "Tuesday, 24 November 2026, at 09:30"),
        ("I knew it", 2, "Wednesday, 25 November 2026, at 09:30"),
        ("Easily", 8, "Tuesday, 1 December 2026, at 09:30"),
    ],
)
async def test_a_recall_comes_again_the_later_the_better_it_was_known(
    talk: Dialogue, grade: str, days: int, when: str
) -> None:
    post = await recalled(talk, grade)
    assert f"It comes again on {when}." in text_of(post.card)
    await talk.passes(days * DAY - HOUR)
    assert asked(talk) == 1
    await talk.passes(HOUR)
    assert asked(talk) == 2
    again = talk.last("tomasz")
    assert labels(again.card) == ["Show the answer", "Ask about this", "Later", "Stop this series"]
    assert "“Limits” · from Leila Brandvold" in text_of(again.card)


async def test_each_grade_is_reckoned_from_the_last_and_the_series_goes_on_beside_it(talk: Dialogue) -> None:
    await recalled(talk, "I knew it")
    gaps = []
    for _ in range(2):
        before, passed = asked(talk), 0
        while asked(talk) == before:
            await talk.passes(DAY)
            passed += 1
        gaps.append(passed)
        post = talk.last("tomasz")
        await talk.presses("tomasz", post, "Show the answer")
        await talk.presses("tomasz", post, "I knew it")
    assert gaps[0] < gaps[1]
    for _ in range(20):
        await talk.passes(DAY)
    assert any("Well done." in text_of(post.card) for post in talk.seen_by("tomasz"))


async def test_the_same_question_in_two_campaigns_is_one_memory(talk: Dialogue) -> None:
    await recalled(talk, "I knew it")
    await start(talk, RECALL.replace("Limits", "Limits again"))
    await talk.passes(DAY)
    post = talk.last("tomasz")
    assert "“Limits again”" in text_of(post.card)
    await talk.presses("tomasz", post, "Show the answer")
    await talk.presses("tomasz", post, "I knew it")
    async with talk.look() as tx:
        tomasz = await tx.person_by_email(talk.platform.people["tomasz"].email or "")
        assert tomasz is not None
        campaign = (await tx.campaigns_by_id([2]))[2]
        from scheduler.recall import name_item

        memory = await tx.memory(tomasz, name_item(campaign.plan.steps[0]))
    assert memory is not None
    assert memory.reviews == 2


async def test_a_recall_put_off_comes_tomorrow_and_moves_nothing_else(talk: Dialogue) -> None:
    await recalled(talk, "Not yet")
    await talk.passes(DAY)
    post = talk.last("tomasz")
    await talk.presses("tomasz", post, "Later")
    assert "It comes again on Wednesday, 25 November 2026, at 09:30." in text_of(post.card)
    await talk.passes(DAY)
    assert asked(talk) == 3


async def test_a_stopped_series_asks_nothing_again_and_taken_up_it_asks_at_the_next_usual_time(
    talk: Dialogue,
) -> None:
    post = await recalled(talk, "Not yet")
    await talk.presses("tomasz", post, "Stop this series")
    await talk.passes(3 * DAY)
    assert len(talk.seen_by("tomasz")) == 1
    await talk.presses("tomasz", post, "Take it up again")
    await talk.passes(HOUR)
    assert len(talk.seen_by("tomasz")) == 1
    await talk.passes(23 * HOUR)
    assert "What is the limit?" in text_of(talk.last("tomasz").card)


async def test_a_series_whose_questions_still_come_again_is_listed_and_can_be_stopped(talk: Dialogue) -> None:
    await recalled(talk, "I knew it", line='new "Limits" to @Tomasz at 9:30: recall "What is the limit?" = "50 EUR"')
    listed = text_of(note(await command(talk, "tomasz", "list")))
    assert "All of it has come; it asks again on Wednesday, 25 November 2026, at 09:30." in listed
    assert "You stopped “Limits”" in text_of(note(await command(talk, "tomasz", "stop limits")))
    await talk.passes(2 * DAY)
    await talk.passes(DAY)
    assert asked(talk) == 1


async def test_a_pause_of_everything_holds_recalls_back_and_loses_none(talk: Dialogue) -> None:
    await recalled(talk, "Not yet")
    await command(talk, "tomasz", "pause")
    await talk.passes(DAY)
    await talk.passes(7 * DAY)
    assert asked(talk) == 1
    await command(talk, "tomasz", "resume")
    await talk.passes(DAY)
    assert asked(talk) == 2


async def test_a_paused_campaign_holds_recalls_back_and_loses_none(talk: Dialogue) -> None:
    await recalled(talk, "Not yet")
    await command(talk, "leila", "pause Limits")
    await talk.passes(3 * DAY)
    assert asked(talk) == 1
    await command(talk, "leila", "resume Limits")
    await talk.passes(DAY)
    assert asked(talk) == 2


async def test_an_outage_makes_no_recall_stale_and_ends_in_no_burst(talk: Dialogue) -> None:
    await recalled(talk, "Not yet")
    await talk.passes(9 * DAY)
    await talk.passes(HOUR)
    assert asked(talk) == 2


async def test_replicas_ask_again_once(talk: Dialogue) -> None:
    await recalled(talk, "Not yet")
    talk.clock.advance(DAY)
    looked_at = await asyncio.gather(*(send_due(talk.house.services, 1, limit=10) for _ in range(4)))
    await talk.settle()
    assert sum(looked_at) == 1
    assert asked(talk) == 2


async def test_recalls_count_towards_the_days_limit_of_all_series(talk: Dialogue) -> None:
    await recalled(talk, "Not yet")
    for name in ("One", "Two"):
        await start(talk, f'new "{name}" to @Tomasz at 9:30: tip "{name}!"')
    before = len(talk.seen_by("tomasz"))
    await talk.passes(DAY)
    await talk.passes(HOUR)
    assert len(talk.seen_by("tomasz")) == before + 2


async def test_recalls_that_stay_without_an_answer_end_in_the_question_whether_to_go_on(talk: Dialogue) -> None:
    steps = "; ".join(f'after {day} days recall "What is {day}?" = "{day}"' for day in range(5))
    await recalled(talk, "I knew it", line=f'new "Many" to @Tomasz at 9:30: {steps}')
    for _ in range(5):
        await talk.passes(DAY)
    assert labels(talk.last("tomasz").card) == ["Go on", "Fewer of all", "Stop this series"]


async def test_an_old_card_graded_after_all_and_a_snooze_by_line_lose_no_nudge(talk: Dialogue) -> None:
    await start(talk, RECALL)
    await talk.passes(HOUR)
    post = talk.last("tomasz")
    await command(talk, "tomasz", "snooze Limits 1 day")  # the same recall once more, tomorrow
    await talk.presses("tomasz", post, "Show the answer")
    await talk.presses("tomasz", post, "Not yet")  # and its repetition, tomorrow as well
    await talk.passes(DAY)
    await talk.passes(HOUR)
    assert asked(talk) == 3


# ── plan ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def planned(talk: Dialogue, **fields: str) -> tuple[Posted, object]:
    await start(talk, PLAN)
    await talk.passes(HOUR)
    post = talk.last("tomasz")
    form = await talk.presses("tomasz", post, "Make a plan")
    assert isinstance(form, Form)
    right = {"situation": "a return comes in", "action": "open the form first.", "day": "2026-11-26", "at": "10:15"}
    return post, await talk.submits("tomasz", form, **(right | fields))


async def test_a_plan_is_reminded_of_in_the_learners_words_at_the_time_they_chose(talk: Dialogue) -> None:
    post, outcome = await planned(talk)
    assert outcome is None
    told = "✓ Your plan: if a return comes in, then I will open the form first. "
    assert f"{told}I remind you on Thursday, 26 November 2026, at 10:15." in text_of(post.card)
    await talk.passes(2 * DAY)
    assert len(talk.seen_by("tomasz")) == 1
    await talk.passes(DAY + HOUR)
    reminder = talk.last("tomasz")
    assert "You planned: if a return comes in, then I will open the form first." in text_of(reminder.card)
    assert labels(reminder.card) == ["Used it", "What got in the way?", "Ask about this", "Later", "Stop this series"]
    await talk.presses("tomasz", reminder, "Used it")
    assert "a return comes in" in text_of(reminder.card)
    assert talk.seen_by("leila")[-1].card.summary.find("return") < 0


async def test_a_plan_in_quiet_hours_is_moved_and_said_back_in_full(talk: Dialogue) -> None:
    post, _ = await planned(talk, day="2026-11-28", at="22:00")
    assert "I remind you on Monday, 30 November 2026, at 08:00." in text_of(post.card)


@pytest.mark.parametrize(
    ("fields", "wrong", "sentence"),
    [
        ({"situation": " "}, "situation", "when it is time"),
        ({"action": ""}, "action", "what you will do"),
        ({"day": "2026-11-22"}, "day", "Sunday, 22 November 2026, at 10:15 is over"),
        ({"day": "2028-11-22"}, "day", "more than a year"),
        ({"day": "soon"}, "day", "as in 2026-12-01"),
        ({"at": "noon"}, "at", "as in 09:30"),
    ],
)
async def test_what_a_plan_gets_wrong_is_said_beside_its_field(
    talk: Dialogue, fields: dict[str, str], wrong: str, sentence: str
) -> None:
    _, outcome = await planned(talk, **fields)
    assert isinstance(outcome, FieldErrors)
    assert list(outcome.errors) == [wrong]
    assert sentence in outcome.errors[wrong]


async def test_a_plan_put_off_keeps_its_words(talk: Dialogue) -> None:
    await planned(talk, day="2026-11-24")
    await talk.passes(DAY + HOUR)
    await talk.presses("tomasz", talk.last("tomasz"), "Later")
    await talk.passes(DAY)
    assert "You planned: if a return comes in" in text_of(talk.last("tomasz").card)


async def test_nobody_else_makes_a_plan_of_somebodys_nudge(talk: Dialogue) -> None:
    await planned(talk)
    assert "somebody else" in summary(await talk.forges("amara", "nudge_planned", "1"))


# ── ask about this ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_question_from_a_nudge_is_understood_by_what_the_nudge_is_about(talk: Dialogue) -> None:
    async with talk.look() as tx:
        aid = await tx.aid_by_key("pos-frozen")
    await start(talk, f'new "Till" to @Tomasz at 9:30: tip #{aid.number}')
    await talk.passes(HOUR)
    form = await talk.presses("tomasz", talk.last("tomasz"), "Ask about this")
    await talk.submits("tomasz", form, question="And what if that does nothing?")
    told = text_of(talk.last("tomasz").card)
    assert "And what if that does nothing?" in told
    assert aid.title in told


async def test_a_retired_aid_leaves_its_nudge_out_and_says_why(talk: Dialogue) -> None:
    async with talk.look() as tx:
        aid = await tx.aid_by_key("pos-frozen")
        owner = await tx.person(aid.owner_id or 0)
    await start(talk, f'new "Till" to @Tomasz at 9:30: tip #{aid.number}; after 1 day tip "Next."')
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.rewrite_aid(aid.id, by=owner, title=aid.title, body=aid.body, need=aid.need, status=Status.RETIRED)
    await talk.passes(HOUR)
    assert talk.seen_by("tomasz") == []
    async with talk.look() as tx:
        assert (await tx.tally(2)).nudges["skipped"].count == 1
    await talk.passes(timedelta(days=1))
    assert "Next." in text_of(talk.last("tomasz").card)
