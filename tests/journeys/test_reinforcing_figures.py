"""A campaign's figures for those who plan it: what they tell, to whom, and that they point at nobody."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image as Picture

from adapters.teams.outbound import to_card
from bot import pictures
from bot.campaign_figures import Bar, CampaignFigures, read_figures
from bot.messages import Image, Links, Note
from bot.shares import share
from bot.store import Store
from bot.store.doings import Doings, Some
from bot.store.nudges import Tally
from bot.store.records import CampaignRecord
from bot.wording import figures as words
from bot.wording.figures import LONGEST_ALT
from scheduler.model import Campaign
from tests.doubles.memory import MemoryPlatform
from tests.journeys.dialogue import Clock, Dialogue, labels, text_of
from tests.journeys.test_reinforcing import DAY, HOUR, command, note, start, summary
from tests.journeys.test_reinforcing_delivery import crowd, shown

BASE = "https://lanyard.example"
NOBODY = Some(part=0, whole=0)
LINE = (
    'new "Till" to #store-berlin at 9:30: tip "One."; after 2 days recall "Limit?" = "50"; after 7 days apply "Used?"'
)


@pytest.fixture
async def house(sample_url: str, platform: MemoryPlatform, clock: Clock) -> AsyncIterator[Dialogue]:
    """With a public address."""
    store = Store(sample_url)
    yield Dialogue(store, platform, clock, address=BASE)
    await store.close()


async def figures(talk: Dialogue) -> CampaignFigures:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        return await read_figures(tx, await tx.campaign(2))


def told(bars: Sequence[Bar]) -> dict[str, str]:
    return {bar.label: str(bar.share) if bar.share else "" for bar in bars}


async def press_all(talk: Dialogue, names: list[str], label: str) -> None:
    for name in names:
        await talk.presses(name, talk.last(name), label)


async def a_month(talk: Dialogue) -> list[str]:
    """Thirty learners: a tip, a recall that most know, and a question that half of them say yes to."""
    await talk.has_consent()
    names = crowd(talk, 30)
    await start(talk, LINE)
    await talk.passes(HOUR)
    await press_all(talk, names[:18], "Got it")
    await talk.passes(2 * DAY)
    await press_all(talk, names[:20], "Show the answer")
    await press_all(talk, names[:12], "I knew it")
    await press_all(talk, names[12:20], "Not yet")
    await talk.passes(5 * DAY)
    for name in names:
        for post in talk.seen_by(name):
            if "Used?" in text_of(post.card) and name in names[:15]:
                await talk.presses(name, post, "Used it")
    return names


async def test_reach_recall_and_application_are_told_in_shares_of_people(talk: Dialogue) -> None:
    await a_month(talk)
    seen = await figures(talk)
    assert told(seen.reach)["Reached"] == "34 of 34"  # with four of the sample company
    assert told(seen.reach)["Did something with it"] == "20+ of 30+"
    assert told(seen.steps) == {"1": "15+ of 30+", "2": "20+ of 30+", "3": "15+ of 30+"}
    assert told(seen.recalled)["Week 1"] == "10+ of 20+"
    assert told(seen.applied) == {"Used it": "15+ of 30+", "Something got in the way": "fewer than 5 of 30+"}


async def test_what_one_person_more_did_cannot_be_told_from_two_looks(talk: Dialogue) -> None:
    await talk.has_consent()
    names = crowd(talk, 20)
    await start(talk, LINE)
    await talk.passes(HOUR)
    await press_all(talk, names[:6], "Got it")
    before = await shown(talk)
    assert "Got it: 5+" in before
    for name in names[6:10]:  # with the last of them they are ten
        await talk.presses(name, talk.last(name), "Got it")
        assert await shown(talk) == before
    await talk.presses(names[10], talk.last(names[10]), "Got it")
    assert "Got it: 10+" in await shown(talk)


@pytest.mark.parametrize("act", ["press", "line", "all", "elsewhere"])
async def test_however_one_acts_one_counts_towards_the_five_who_make_figures_move(talk: Dialogue, act: str) -> None:
    await talk.has_consent()
    names = crowd(talk, 20)
    await start(talk, LINE)
    await talk.passes(HOUR)
    published = (await figures(talk)).doings.at
    for number, name in enumerate(names[:5], 1):
        talk.clock.advance(timedelta(seconds=1))
        match act:
            case "press":
                await talk.presses(name, talk.last(name), "Stop this series")
            case "line":
                await command(talk, name, 'stop "Till"')
            case "all":
                await command(talk, name, "pause 2 weeks")
            case "elsewhere":
                await command(talk, name, 'snooze "Till" 2 days')
        assert ((await figures(talk)).doings.at == published) is (number < 5)


async def test_what_the_clock_does_moves_figures_while_nobody_has_acted(talk: Dialogue) -> None:
    await talk.has_consent()
    crowd(talk, 12)
    await start(talk, LINE)
    assert told((await figures(talk)).reach)["Did something with it"] == ""
    await talk.passes(HOUR)
    assert told((await figures(talk)).reach)["Did something with it"] == "fewer than 5 of 15+"


async def test_who_joins_an_open_series_by_themselves_is_counted_in_fives(talk: Dialogue) -> None:
    names = crowd(talk, 7)
    post = await start(talk, 'new "Till" to open at 9:30: tip "One."')
    for name in names:
        series = note(await command(talk, name, "list"))
        assert "Join" in labels(series)
        await talk.forges(name, "series_join", "2")
    await talk.presses("leila", post, "How it stands now")
    assert "People: 5+" in text_of(post.card)


# ── in chat ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_picture_comes_into_the_planners_own_conversation_with_all_of_it_in_words(talk: Dialogue) -> None:
    await a_month(talk)
    outcome = await command(talk, "leila", "figures Till", channel="support-desk")
    assert "own conversation" in summary(outcome)
    post = talk.last("leila")
    assert post.ref.conversation == "dm-leila"
    (image,) = [part for part in post.card.parts if isinstance(part, Image)]
    kind, _, data = image.url.partition(",")
    assert kind == "data:image/png;base64"
    with Picture.open(io.BytesIO(base64.b64decode(data))) as picture:
        assert picture.width == 660
    for told_ in ("Reached 34 of 34", "Week 1 10+ of 20+", "Used it 15+ of 30+"):
        assert told_ in image.alt
    assert len(image.alt) <= LONGEST_ALT
    assert "Open as a page" not in labels(post.card)  # there is none here


def test_the_largest_picture_is_shown_on_teams_with_all_that_stands_around_it() -> None:
    nearly = share(Some(part=1_234_560, whole=1_234_567))
    bars = tuple(Bar(label=label, share=nearly) for label in ("Invited, no yes so far", "Something got in the way") * 2)
    weeks = tuple(Bar(label=f"Week {week}", share=nearly) for week in range(1, 13))
    delivery = Tally(learners={}, nudges={}, left_out={})
    doings = Doings(
        at=datetime(2026, 1, 1, tzinfo=UTC),
        statuses={},
        responses={},
        put_off={},
        steps={},
        responded=NOBODY,
        recalled={},
        used=NOBODY,
        hindered=NOBODY,
        barriers=0,
    )
    figures = CampaignFigures(
        delivery=delivery,
        doings=doings,
        reach=bars,
        steps=(),
        recalled=weeks,
        applied=bars[:2],
        barriers=(),
    )
    when = "Wednesday, 23 September 2026, at 09:30"
    drawn = pictures.draw(title=f"As of {when}", panels=words.panels(figures))
    record = CampaignRecord(
        id=10**15,
        owner_id=1,
        step_ids=(),
        audience=("everyone",),
        places={},
        plan=Campaign(name="N" * 100, purpose="", steps=()),
    )
    card = to_card(words.pictured(record, figures, drawn, when=when, page=True))
    assert [one["type"] for one in card["body"] if one["type"] == "Image"] == ["Image"]


async def test_it_is_offered_where_one_looks_how_it_stands(talk: Dialogue) -> None:
    crowd(talk, 12)
    await start(talk, LINE)
    post = talk.last("leila")
    await talk.presses("leila", post, "In pictures")
    assert any(isinstance(part, Image) for part in talk.last("leila").card.parts)


async def test_before_there_are_five_it_says_that_there_is_nothing_to_draw(talk: Dialogue) -> None:
    await start(talk, LINE)
    assert "figures begin with 5 people" in text_of(note(await command(talk, "leila", "figures Till")))


@pytest.mark.parametrize("verb", ["campaign_pictures", "campaign_page"])
async def test_nobody_else_sees_them_whatever_they_press(house: Dialogue, verb: str) -> None:
    crowd(house, 12)
    await start(house, LINE)
    before = len(house.seen_by("amara"))
    assert "Only L&D" in summary(await house.forges("amara", verb, "2"))
    assert len(house.seen_by("amara")) == before
    assert "not here any more" in summary(await house.forges("leila", verb, "99"))


@pytest.mark.parametrize("verb", ["campaign_pictures", "campaign_page"])
async def test_a_series_of_ones_own_has_no_figures(house: Dialogue, verb: str) -> None:
    await command(house, "amara", 'me every 2 days for 1 week "ask first"')
    assert "nobody counts what you do" in summary(await house.forges("amara", verb, "2"))


# ── on the page ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_page_is_opened_from_the_picture_by_a_link_for_the_planner_alone(house: Dialogue) -> None:
    crowd(house, 12)
    await start(house, LINE)
    await command(house, "leila", "figures Till")
    outcome = await house.presses("leila", house.last("leila"), "Open as a page")
    assert isinstance(outcome, Note)
    (link,) = [link for part in outcome.card.parts if isinstance(part, Links) for link in part.links]
    assert link.url.startswith(f"{BASE}/aids/enter?key=")
    assert "“Till”" in link.label


async def test_without_a_public_address_the_page_is_told_not_to_be_there(talk: Dialogue) -> None:
    await start(talk, LINE)
    assert "LANYARD_URL" in summary(await talk.forges("leila", "campaign_page", "2"))
