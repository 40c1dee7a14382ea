"""Looking after job aids: reviews asked for a few at a time, and ownership handed over."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise

from bot.journeys.caring import MOST_A_WEEK, ask_for_reviews
from bot.messages import FieldErrors, Note
from knowledge.model import JobAid, Status
from tests.doubles.memory import Posted
from tests.journeys.dialogue import Dialogue, labels, text_of

HENRIK, PRIYA = "henrik.adeyemi@larkspur.example", "priya.santos@larkspur.example"


async def only(talk: Dialogue, count: int, *, deputy: str | None = PRIYA, age: int = 0) -> None:
    """Nothing is published but so many aids of Henrik's, checked so many days ago."""
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        ld = next(person for person in await tx.everyone() if person.is_ld())
        for aid_id in await tx.aid_keys():
            aid = await tx.aid(aid_id)
            await tx.put_aid(
                JobAid(key=aid.key, title=aid.title, body=aid.body, status=Status.RETIRED), by=None, source="test"
            )
        assert ld
        for number in range(count):
            checked = talk.clock().date() - timedelta(days=age)
            aid_ = JobAid(
                key=f"care-{number}",
                title=f"Care {number}",
                body="Wipe it dry.",
                owner=HENRIK,
                deputy=deputy,
                review_days=180,
                verified_on=checked,
            )
            await tx.put_aid(aid_, by=None, source="test")


def reviews(talk: Dialogue, who: str) -> list[Posted]:
    return [post for post in talk.seen_by(who) if post.key.startswith("review-")]


async def test_nothing_is_asked_before_its_time(talk: Dialogue) -> None:
    await only(talk, 3)
    await talk.passes(timedelta(days=100))
    assert reviews(talk, "henrik") == []


async def test_the_owner_is_asked_and_settles_it_with_one_tap(talk: Dialogue) -> None:
    await only(talk, 1)
    await talk.passes(timedelta(days=182))
    (asked,) = reviews(talk, "henrik")
    assert "Is this still true?" in text_of(asked.card)
    assert "Wipe it dry." in text_of(asked.card)
    assert labels(asked.card) == ["Still true", "Edit", "Retire", "Hand it over"]
    await talk.presses("henrik", asked, "Still true")
    assert "is still true" in text_of(asked.card)
    assert labels(asked.card) == []
    await talk.passes(timedelta(days=28))
    assert len(reviews(talk, "henrik")) == 1


async def test_what_was_checked_on_one_day_falls_due_on_many(talk: Dialogue) -> None:
    await only(talk, 30)
    async with talk.look() as tx:
        start = tx.now
    due: list[int] = []
    for days in range(130, 190, 5):
        async with talk.store.reading(1, now=start + timedelta(days=days)) as tx:
            due.append(len(await tx.reviews_due(again=timedelta(days=14))))
    assert due[0] == 0
    assert due[-1] == 30
    assert max(late - early for early, late in pairwise(due)) <= 8


async def test_one_person_is_asked_about_a_few_a_week_and_about_all_in_the_end(talk: Dialogue) -> None:
    await only(talk, 7, age=300, deputy=None)
    await talk.passes(timedelta(hours=1))
    assert len(reviews(talk, "henrik")) == MOST_A_WEEK
    await talk.passes(timedelta(days=1))
    assert len(reviews(talk, "henrik")) == MOST_A_WEEK
    for _ in range(2):
        await talk.passes(timedelta(days=7))
    assert len({text_of(post.card).split("#")[1][:3] for post in reviews(talk, "henrik")}) == 7


async def test_nobody_is_asked_outside_their_hours(talk: Dialogue) -> None:
    await only(talk, 1, age=200, deputy=None)
    await talk.passes(timedelta(hours=14))  # Monday, 23:00
    assert reviews(talk, "henrik") == []
    await talk.passes(timedelta(hours=10, minutes=30))
    assert len(reviews(talk, "henrik")) == 1


async def test_when_the_owner_stays_silent_the_deputy_is_asked(talk: Dialogue) -> None:
    await only(talk, 1)
    await talk.passes(timedelta(days=182))
    assert len(reviews(talk, "henrik")) == 1
    await talk.passes(timedelta(days=7))
    assert reviews(talk, "priya") == []
    await talk.passes(timedelta(days=14))
    (asked,) = reviews(talk, "priya")
    assert "you are the deputy" in text_of(asked.card)


async def test_two_replicas_ask_once(talk: Dialogue) -> None:
    await only(talk, 3, age=200, deputy=None)
    talk.clock.advance(timedelta(minutes=90))
    await asyncio.gather(*(ask_for_reviews(talk.house.services, 1) for _ in range(3)))
    await talk.settle()
    assert len(reviews(talk, "henrik")) == len({post.key for post in reviews(talk, "henrik")}) == 3


async def test_retired_in_the_review_it_can_be_brought_back_there(talk: Dialogue) -> None:
    await only(talk, 1, age=200, deputy=None)
    await talk.passes(timedelta(minutes=90))
    (asked,) = reviews(talk, "henrik")
    await talk.presses("henrik", asked, "Retire")
    assert "is retired" in text_of(asked.card)
    await talk.presses("henrik", asked, "Bring it back")
    assert "is back" in text_of(asked.card)


async def test_an_aid_is_handed_over_and_the_new_owner_is_told_and_may_change_it(talk: Dialogue) -> None:
    await only(talk, 1, deputy=None)
    async with talk.look() as tx:
        aid = await tx.aid_by_key("care-0")
    form = await talk.forges("henrik", "care_aid", str(aid.id))
    done = await talk.submits("henrik", form, owner="Tomasz Okafor", deputy=HENRIK, review_days="90")
    assert isinstance(done, Note), done
    assert "Tomasz" in text_of(done.card)
    assert "asks you to look after job aid" in text_of(talk.last("tomasz").card)
    opened = await talk.presses("tomasz", talk.last("tomasz"), "Open")
    assert isinstance(opened, Note)
    assert "Edit" in labels(opened.card)
    refused = await talk.forges("jonas", "care_aid", str(aid.id))
    assert isinstance(refused, Note)
    assert "Only its owner" in refused.card.summary


async def test_who_looks_after_an_aid_is_said_by_an_address_or_a_full_name(talk: Dialogue) -> None:
    await only(talk, 1)
    async with talk.look() as tx:
        aid = await tx.aid_by_key("care-0")
    form = await talk.forges("henrik", "care_aid", str(aid.id))
    refused = await talk.submits("henrik", form, owner="Nobody Here", deputy="", review_days="never")
    assert isinstance(refused, FieldErrors)
    assert set(refused.errors) == {"owner", "review_days"}
    refused = await talk.submits("henrik", form, owner=PRIYA, deputy=PRIYA)
    assert isinstance(refused, FieldErrors)
    assert "two people" in refused.errors["deputy"]


async def test_a_lock_is_set_by_l_and_d_and_taken_off_by_the_owners_alone(talk: Dialogue) -> None:
    await only(talk, 1)
    async with talk.look() as tx:
        aid = await tx.aid_by_key("care-0")
    form = await talk.forges("leila", "care_aid", str(aid.id))
    await talk.submits("leila", form, locked="yes")
    refused = await talk.submits("leila", form, locked="")
    assert isinstance(refused, FieldErrors)
    assert "locked" in refused.errors[""]
    form = await talk.forges("henrik", "care_aid", str(aid.id))
    await talk.submits("henrik", form, locked="")
    async with talk.look() as tx:
        assert not (await tx.aid(aid.id)).locked
