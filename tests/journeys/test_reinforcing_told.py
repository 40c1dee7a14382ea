"""What a planner is told of a campaign: its links, its copy, its days, and what came too late."""

from __future__ import annotations

import re

from bot.messages import Form, Heading, Links, Markdown
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


def last_shown(talk: Dialogue) -> str:
    return text_of(talk.last("tomasz").card)
