"""How it goes, for L&D: the weekly digest, and what is read for the page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from bot.figures import LABELS
from bot.insight import Insight, Week, read_insight
from bot.messages import Note
from bot.pages.insight import to_csv
from bot.store import tables as t
from bot.store.insight import AIDS
from bot.wording import insight as words
from tests.journeys.dialogue import Dialogue, labels, text_of

EVERYBODY = ("amara", "tomasz", "priya", "henrik", "jonas", "rafael")
SURE = "How much may I refund without approval?"
BERLIN = ZoneInfo("Europe/Berlin")
WEEK = timedelta(days=7)
MONDAY = date(2026, 11, 23)


async def everybody_asks(talk: Dialogue, *, people: int, rejected: bool = False) -> None:
    for who in EVERYBODY[:people]:
        await talk.says(who, SURE)
        if rejected:
            await talk.presses(who, talk.last(who), "Not what I need")


async def read(talk: Dialogue, who: str = "leila.brandvold@larkspur.example") -> Insight:
    async with talk.look() as tx:
        reader = await tx.person_by_email(who)
        assert reader is not None
        return await read_insight(tx, reader=reader, zone=BERLIN, gaps=())


def digests(talk: Dialogue, who: str) -> int:
    return sum("Last week · the week before" in text_of(post.card) for post in talk.seen_by(who))


# ── what is read ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_week_that_is_over_tells_what_six_people_asked(talk: Dialogue) -> None:
    await everybody_asks(talk, people=6)
    talk.clock.advance(WEEK)
    seen = await read(talk)
    assert [week.monday for week in seen.weeks][-1] == MONDAY
    assert seen.weeks[-1].counts["asked"] == 6
    assert seen.weeks[-1].counts[LABELS[AIDS]] == 6
    assert [(aid.title, count) for aid, count in seen.used] == [("How much you may refund without approval", 5)]


async def test_the_week_that_goes_on_is_not_told_and_neither_is_what_four_people_asked(talk: Dialogue) -> None:
    await everybody_asks(talk, people=6)
    assert all(week.counts["asked"] == 0 for week in (await read(talk)).weeks)
    talk.clock.advance(WEEK)
    await everybody_asks(talk, people=4)
    talk.clock.advance(WEEK)
    seen = await read(talk)
    assert [week.counts["asked"] for week in seen.weeks[-2:]] == [6, None]


async def test_an_aid_that_misses_is_named_where_five_people_said_so(talk: Dialogue) -> None:
    await everybody_asks(talk, people=4, rejected=True)
    talk.clock.advance(WEEK)
    assert (await read(talk)).missing == []
    await everybody_asks(talk, people=6, rejected=True)
    talk.clock.advance(WEEK)
    assert [aid.title for aid, _ in (await read(talk)).missing] == ["How much you may refund without approval"]


async def test_a_job_aid_for_a_closed_group_is_named_to_its_own_readers_alone(talk: Dialogue) -> None:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        aid = await tx.find_aid("How much you may refund without approval", grants=frozenset({"everyone"}))
        assert aid is not None
    await everybody_asks(talk, people=6)
    async with talk.store.database.write() as db:
        await db.execute(update(t.JobAid).where(t.JobAid.id == aid.id).values(audience=["group:support"]))
    talk.clock.advance(WEEK)
    assert (await read(talk)).used == []


async def test_how_long_colleagues_take_and_which_topics_rest_on_one(talk: Dialogue) -> None:
    seen = await read(talk)
    assert seen.waited is None
    assert "tent repair" in seen.lone_topics
    form = await talk.forges("tomasz", "topics")
    await talk.submits("tomasz", form, topics="Tent repair")
    assert "tent repair" not in (await read(talk)).lone_topics


@pytest.mark.parametrize(
    ("wait", "told"),
    [
        (timedelta(seconds=5), "a minute"),
        (timedelta(minutes=40), "40 minutes"),
        (timedelta(hours=3), "3 hours"),
        (timedelta(days=4), "4 days"),
    ],
)
def test_a_wait_is_told_as_people_would(wait: timedelta, told: str) -> None:
    assert words.say_wait(wait) == told


def test_what_a_spreadsheet_takes_for_a_formula_is_text() -> None:
    text = to_csv([("Asked in vain", "=HYPERLINK(1)", "-5"), ("x", "+49 30", "@you, me")])
    assert text.splitlines()[1:] == ["Asked in vain,'=HYPERLINK(1),'-5", "x,'+49 30,\"'@you, me\""]


def test_a_week_of_few_says_so() -> None:
    assert words.say_week(Week(monday=MONDAY, counts={"asked": None})) == words.TOO_FEW


# ── the digest ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_on_monday_morning_l_and_d_hear_once_how_the_week_was(talk: Dialogue) -> None:
    await everybody_asks(talk, people=6)
    talk.clock.now = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)
    await talk.passes(timedelta(minutes=1))
    assert digests(talk, "leila") == 0  # not yet nine o'clock where the company is
    for _ in range(3):
        await talk.passes(timedelta(hours=2))
    assert digests(talk, "leila") == digests(talk, "mei") == 1
    assert digests(talk, "amara") == 0
    card = next(post.card for post in talk.seen_by("leila") if "Last week ·" in text_of(post.card))
    assert "Asked: 6 · 0" in text_of(card)
    assert labels(card) == ["In pictures", "What is missing?", "No digest, thanks"]


async def test_where_nothing_may_be_told_nothing_is_sent(talk: Dialogue) -> None:
    await everybody_asks(talk, people=4)
    talk.clock.now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    await talk.passes(timedelta(hours=1))
    assert digests(talk, "leila") == 0


async def test_after_an_outage_until_thursday_the_digest_is_left_out(talk: Dialogue) -> None:
    await everybody_asks(talk, people=6)
    talk.clock.now = datetime(2026, 12, 3, 12, tzinfo=UTC)
    await talk.passes(timedelta(hours=1))
    assert digests(talk, "leila") == 0


async def test_whoever_wants_none_gets_none_until_they_do(talk: Dialogue) -> None:
    await everybody_asks(talk, people=6)
    talk.clock.now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    await talk.passes(timedelta(hours=1))
    post = next(post for post in talk.seen_by("leila") if "Last week ·" in text_of(post.card))
    await talk.presses("leila", post, "No digest, thanks")
    assert "No digest any more" in text_of(post.card)
    await everybody_asks(talk, people=6)
    await talk.passes(WEEK)
    assert (digests(talk, "leila"), digests(talk, "mei")) == (0, 2)
    await talk.presses("leila", post, "Send it after all")
    await everybody_asks(talk, people=6)
    await talk.passes(WEEK)
    assert (digests(talk, "leila"), digests(talk, "mei")) == (1, 3)


async def test_nobody_else_comes_to_the_figures(talk: Dialogue) -> None:
    for refused in (
        await talk.forges("amara", "insight_page"),
        await talk.says("priya", "figures", command="lanyard"),
    ):
        assert isinstance(refused, Note)
        assert "Only L&D" in refused.card.summary
