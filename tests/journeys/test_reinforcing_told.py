"""What a planner is told of a campaign: its links, its copy, its days, and what came too late."""

from __future__ import annotations

import re

from sqlalchemy import update

from bot.messages import Form, Heading, Links, Markdown
from bot.store import tables as t
from scheduler.roster import Named
from tests.doubles.memory import Posted
from tests.journeys.dialogue import Dialogue, text_of
from tests.journeys.test_reinforcing import DAY, HOUR, LINE, command, draft, note, start


async def test_a_copy_counts_its_people_and_has_the_list_of_a_file_but_not_who_completed(talk: Dialogue) -> None:
    await draft(talk, LINE.replace("to #store-berlin", "to @Tomasz"))
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.list_people(2, [Named(email="amara.lindqvist@larkspur.example")])
        await tx.list_people(2, [Named(email="told@x.example")], told_by="told")
    await command(talk, "leila", 'copy "Till basics"')
    shown = text_of(talk.last("leila").card)
    assert "Till basics (2)" in shown
    assert "People now: 2" in shown


async def test_how_a_running_campaign_stands_is_told_by_the_days_on_which_it_began(talk: Dialogue) -> None:
    post = await start(talk)
    began = text_of(post.card)
    await talk.passes(20 * DAY)
    days = "Monday, 23 November 2026, at 09:30"
    assert days in began
    assert days in text_of(note(await command(talk, "leila", 'show "Till basics"')))


async def test_links_come_with_a_nudge_stay_through_an_edit_and_are_in_the_dry_run(talk: Dialogue) -> None:
    line = 'new "Film" to @Tomasz at 9:30: recall "Who holds it?" = "One." link "The film" https://x.example/film?t=1'
    await draft(talk, line)
    assert "with a link to “The film”" in text_of(talk.last("leila").card)
    await talk.presses("leila", talk.last("leila"), "Send me a dry run")
    assert links_of(talk.last("leila")) == [("The film", "https://x.example/film?t=1")]
    form = await command(talk, "leila", "edit Film")
    assert isinstance(form, Form)
    steps = next(field.value for field in form.fields if field.name == "steps")
    await talk.submits("leila", form, steps=f'{steps} link "The list" https://x.example/list')
    await talk.presses("leila", talk.last("leila"), "Start")
    await talk.passes(HOUR)
    post = talk.last("tomasz")
    assert links_of(post) == []  # they may well give the answer away
    await talk.presses("tomasz", post, "Show the answer")
    assert links_of(post) == [("The film", "https://x.example/film?t=1"), ("The list", "https://x.example/list")]


def links_of(post: Posted) -> list[tuple[str, str]]:
    return [(link.label, link.url) for part in post.card.parts if isinstance(part, Links) for link in part.links]


async def test_whoever_planned_a_series_for_themselves_is_told_of_what_came_too_late(talk: Dialogue) -> None:
    await start(talk, 'me every day for 4 days "ask first"', who="tomasz")
    await talk.passes(3 * DAY)
    told = [text_of(post.card) for post in talk.seen_by("tomasz")]
    assert [text for text in told if "I could not send for a while" in text and "/nudge show" not in text]


async def test_a_notification_and_the_name_of_ones_own_series_are_in_plain_words(talk: Dialogue) -> None:
    marked = "Scan **twice**, as in [the film](https://x.example/film)."
    await start(talk, LINE.replace("Scan twice.", marked))
    await talk.passes(HOUR)
    card = talk.last("tomasz").card
    assert card.summary == "A reminder: Scan twice, as in the film."
    assert Markdown(text=marked) in card.parts
    await talk.says("tomasz", 'nudge me tomorrow at 15 "**call** Ann"')
    assert Heading(text="call Ann") in talk.last("tomasz").card.parts


async def test_a_preview_says_why_the_first_one_comes_later_than_asked(talk: Dialogue) -> None:
    await talk.passes(5 * DAY)  # to a Saturday
    await talk.says("tomasz", "remind me to call Ann tomorrow at 15:20")
    assert "First one: Monday, 30 November 2026, at 15:20, since Sunday is no working day" in last_shown(talk)
    await talk.says("tomasz", "remind me to call Ben on Friday at 22:00")
    assert (
        "First one: Monday, 7 December 2026, at 08:00, since 22:00 is in the quiet hours and Saturday is no working day"
    ) in last_shown(talk)
    await talk.says("tomasz", "remind me to call Cem on Monday at 15:20")
    assert re.search("First one: Monday, 30 November 2026, at 15:20$", last_shown(talk), re.MULTILINE)
    await talk.says("tomasz", 'nudge me every 2 days for 4 days "call Dan"')
    assert "since" not in last_shown(talk)


async def test_a_preview_says_of_each_reminder_which_day_off_moved_it(talk: Dialogue) -> None:
    line = (
        'new "Advent" to @Tomasz from Monday 21 December at 9:30 holidays DE: tip "a"; after 4 days tip "b"; '
        'after 5 days tip "c"; after 7 days tip "d"'
    )
    await draft(talk, line)
    steps = text_of(talk.last("leila").card)
    assert "1. Monday, 21 December 2026, at 09:30: tip “a”" in steps
    friday = "Friday, 25 December 2026, is a holiday and Saturday is no working day"
    assert f"2. Monday, 28 December 2026, at 09:30 ({friday}): tip “b”" in steps
    assert "3. Monday, 28 December 2026, at 09:30 (Saturday is no working day): tip “c”" in steps
    assert "4. Tuesday, 29 December 2026, at 09:30 (2 a day are the most): tip “d”" in steps
    await talk.has_consent()
    await talk.presses("leila", talk.last("leila"), "Start")
    assert f"({friday})" in text_of(talk.last("leila").card)
    await talk.passes(28 * DAY)  # to nine o'clock of that Monday
    came = []
    for hours in (1, 1, 22) * 9:
        before = len(talk.seen_by("tomasz"))
        await talk.passes(hours * HOUR)
        came += [f"{talk.clock():%d.%m.}"] * (len(talk.seen_by("tomasz")) - before)
    assert came == ["21.12.", "28.12.", "28.12.", "29.12."]


async def test_a_series_that_fills_a_card_keeps_its_last_reminder_rather_than_the_reasons(talk: Dialogue) -> None:
    def line(name: str, days: int) -> str:
        recall = (
            'recall "Which {day} things do you look at before you hand over the change to somebody?" = '
            '"The display, the drawer, the receipt, and the {day} people in the line behind them."'
        )
        steps = "; ".join(f"after {day} days {recall.format(day=day)}" for day in range(days))
        return f'new "{name}" to @Tomasz from 7 December at 9:30: {steps}'

    await draft(talk, line("Long", 40))
    assert "(Saturday is no working day)" in text_of(talk.last("leila").card)
    await draft(talk, line("Longer", 60))
    shown = text_of(talk.last("leila").card)
    assert "no working day" not in shown
    assert "60. " in shown


async def test_what_moved_the_first_reminder_is_said_once(talk: Dialogue) -> None:
    await draft(talk, 'new "Late" to @Tomasz from Monday 21 December at 22:00: after 4 days tip "a"; then tip "b"')
    shown = text_of(talk.last("leila").card)
    assert "since 22:00 is in the quiet hours and Saturday is no working day" in shown
    assert "1. Monday, 28 December 2026, at 08:00: tip “a”" in shown
    assert "2. Monday, 28 December 2026, at 08:00 (Saturday is no working day): tip “b”" in shown


async def test_what_was_drafted_with_marks_is_shown_without_them(talk: Dialogue) -> None:
    """As series were that were drafted before the marks were taken out at once."""
    await start(talk, 'me every day for 4 days "ask first"', who="tomasz")
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        marked = "**ask** [first](https://x.example)"
        await tx.db.execute(update(t.Campaign).where(t.Campaign.personal_to.is_not(None)).values(name=marked))
        await tx.db.execute(update(t.Step).where(t.Step.text == "ask first").values(text=marked))
    await talk.passes(DAY)
    card = talk.last("tomasz").card
    assert card.summary == "How is it going? ask first"
    assert "**" not in text_of(card)
    assert "“ask first” · a series of your own" in text_of(card)
    await talk.says("tomasz", "nudge list")
    assert "\nask first\n" in text_of(talk.last("tomasz").card)
    await talk.says("tomasz", 'nudge show "ask first"')
    assert "check-in “ask first”" in text_of(talk.last("tomasz").card)


async def test_a_campaign_named_with_marks_is_called_by_its_words(talk: Dialogue) -> None:
    line = 'new "**Till** basics" to @Tomasz because "after the _till_ training": recall "**Who?**" = "`Me`"'
    await draft(talk, line)
    card = talk.last("leila").card
    assert card.summary == "Preview of “Till basics”: nothing is sent before you press Start."
    assert "Why: after the till training" in text_of(card)
    assert "recall “Who?” with the answer “Me”" in text_of(card)


def last_shown(talk: Dialogue) -> str:
    return text_of(talk.last("tomasz").card)
