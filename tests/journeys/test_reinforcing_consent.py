"""Whoever never turned to Lanyard is asked whether they would like a series, and gets nothing without a yes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.messages import Note, Sender, Undeliverable
from bot.store.nudges import SENT
from scheduler.model import EnrolmentStatus
from tests.doubles.memory import Posted
from tests.journeys.dialogue import Dialogue, labels, text_of
from tests.journeys.test_reinforcing import DAY, HOUR, command, draft, note, start, summary
from tests.journeys.test_reinforcing_audiences import TWO, enrolled
from tests.journeys.test_reinforcing_customs import form


def add_stranger(talk: Dialogue, who: str) -> None:
    """A colleague in the channel who has had nothing to do with Lanyard."""
    talk.platform.people[who] = Sender(id=who, name=who.title(), time_zone="Europe/Berlin", email=f"{who}@x.example")
    talk.platform.rooms["store-berlin"].members.add(who)


async def invitation(talk: Dialogue, who: str = "noor") -> Posted:
    add_stranger(talk, who)
    await start(talk, TWO)
    await talk.passes(HOUR)
    (post,) = talk.seen_by(who)
    return post


async def sent(talk: Dialogue) -> int:
    async with talk.look() as tx:
        found = (await tx.tally(2)).nudges.get(SENT)
    return found.count if found else 0


async def test_a_stranger_is_asked_where_a_colleague_is_reminded(talk: Dialogue) -> None:
    post = await invitation(talk)
    assert "“Till” is 2 short reminders within 3 days, for you alone." in text_of(post.card)
    assert "Leila" in text_of(post.card)  # who sends it
    assert labels(post.card) == ["Join", "Not now"]
    assert "One." not in text_of(post.card)
    assert "One." in text_of(talk.last("tomasz").card)
    assert (await enrolled(talk))["Noor"] is EnrolmentStatus.INVITED


async def test_silence_is_a_no(talk: Dialogue) -> None:
    await invitation(talk)
    await talk.passes(10 * DAY)
    assert len(talk.seen_by("noor")) == 1
    assert (await enrolled(talk))["Noor"] is EnrolmentStatus.INVITED


async def test_whoever_joins_gets_the_whole_series_on_days_of_their_own(talk: Dialogue) -> None:
    post = await invitation(talk)
    await talk.passes(DAY)
    await talk.presses("noor", post, "Join")
    assert "You joined “Till”. The first one comes on" in text_of(post.card)
    assert labels(post.card) == []
    await talk.passes(DAY)
    assert "One." in text_of(talk.last("noor").card)
    await talk.passes(DAY)
    assert "Two." not in text_of(talk.last("noor").card)
    await talk.passes(DAY)
    assert "Two." in text_of(talk.last("noor").card)


async def test_a_yes_twice_is_one_yes(talk: Dialogue) -> None:
    post = await invitation(talk)
    button = next(part for part in post.card.parts if hasattr(part, "buttons")).buttons[0]
    for key in ("once", "again"):
        await talk.forges("noor", button.verb, button.value, post=post, key=key)
    await talk.passes(DAY)
    assert [("One." in text_of(one.card)) for one in talk.seen_by("noor")].count(True) == 1


async def test_not_now_is_kept_to_by_this_campaign_and_asked_anew_by_the_next(talk: Dialogue) -> None:
    post = await invitation(talk)
    await talk.presses("noor", post, "Not now")
    assert "All right: nothing of “Till” comes." in text_of(post.card)
    assert labels(post.card) == []
    await talk.passes(3 * DAY)
    assert len(talk.seen_by("noor")) == 1
    await start(talk, TWO.replace("Till", "Shelf"))
    await talk.passes(DAY)
    assert labels(talk.last("noor").card) == ["Join", "Not now"]
    assert "“Shelf”" in text_of(talk.last("noor").card)


async def test_whoever_declined_can_join_from_their_list(talk: Dialogue) -> None:
    post = await invitation(talk)
    await talk.presses("noor", post, "Not now")
    listed = note(await command(talk, "noor", "list"))
    assert "Nothing comes unless you say so." in text_of(listed)
    assert "Go on" in labels(listed)


async def test_to_decline_after_joining_changes_nothing(talk: Dialogue) -> None:
    post = await invitation(talk)
    join, decline = next(part for part in post.card.parts if hasattr(part, "buttons")).buttons
    await talk.forges("noor", join.verb, join.value, post=post)
    outcome = await talk.forges("noor", decline.verb, decline.value, post=post)
    assert "settled meanwhile" in summary(outcome)
    assert (await enrolled(talk))["Noor"] is EnrolmentStatus.ACTIVE


async def test_nobody_answers_for_somebody_else(talk: Dialogue) -> None:
    post = await invitation(talk)
    for button in next(part for part in post.card.parts if hasattr(part, "buttons")).buttons:
        await talk.forges("tomasz", button.verb, button.value, post=post)
    assert (await enrolled(talk))["Noor"] is EnrolmentStatus.INVITED


async def test_whoever_has_asked_something_is_reminded_without_being_asked(talk: Dialogue) -> None:
    add_stranger(talk, "noor")
    await talk.says("noor", "How do I reset my VPN token?")
    before = len(talk.seen_by("noor"))
    await start(talk, TWO)
    await talk.passes(HOUR)
    assert "One." in text_of(talk.last("noor").card)
    assert len(talk.seen_by("noor")) == before + 1


async def test_what_is_only_overheard_is_not_turning_to_lanyard(talk: Dialogue) -> None:
    add_stranger(talk, "noor")
    await talk.says("noor", "The till is frozen again", channel="store-berlin")
    await start(talk, TWO)
    await talk.passes(HOUR)
    assert labels(talk.last("noor").card) == ["Join", "Not now"]


async def test_where_the_company_has_its_peoples_consent_nobody_is_asked(talk: Dialogue) -> None:
    assert isinstance(await talk.submits("leila", await form(talk), consented="yes"), Note)
    assert {one.name: one.value for one in (await form(talk)).fields}["consented"] == "yes"
    post = await invitation(talk)
    assert "One." in text_of(post.card)
    await talk.submits("leila", await form(talk), consented="")
    assert {one.name: one.value for one in (await form(talk)).fields}["consented"] == ""


async def test_how_it_stands_counts_who_was_invited_in_fives_and_nobody_below(talk: Dialogue) -> None:
    for number in range(6):
        add_stranger(talk, f"learner{number}")
    post = await start(talk, TWO)
    await talk.passes(2 * HOUR)
    await talk.presses("leila", post, "How it stands now")
    assert "Invited, no yes so far: " in text_of(post.card)
    assert "Invited, no yes so far: 6" not in text_of(post.card)


@pytest.mark.parametrize("days", [1, 4])
async def test_who_leaves_the_channel_uninvites_themselves(talk: Dialogue, days: int) -> None:
    post = await invitation(talk)
    talk.platform.rooms["store-berlin"].members.discard("noor")
    await talk.passes(days * DAY)
    await talk.presses("noor", post, "Join")
    await talk.passes(2 * DAY)
    assert (await enrolled(talk))["Noor"] is EnrolmentStatus.LEFT
    assert not any("One." in text_of(one.card) for one in talk.seen_by("noor"))


async def test_the_preview_says_how_many_are_asked_first(talk: Dialogue) -> None:
    add_stranger(talk, "noor")
    told = text_of((await draft(talk, TWO)).card)
    assert "Asked first: 1, who have had nothing to do with Lanyard so far" in told


async def test_the_preview_says_nothing_of_it_where_nobody_is_asked(talk: Dialogue) -> None:
    assert "Asked first" not in text_of((await draft(talk, TWO)).card)
    add_stranger(talk, "noor")
    await talk.has_consent()
    assert "Asked first" not in text_of((await draft(talk, TWO.replace("Till", "Tills"))).card)


async def test_an_invitation_that_did_not_arrive_is_named_with_the_reason_and_tried_again_once(talk: Dialogue) -> None:
    add_stranger(talk, "noor")
    plan = TWO.replace("#store-berlin", "noor@x.example")
    post = await start(talk, plan)
    await talk.passes(timedelta(0))
    talk.clock.advance(HOUR)
    await talk.rounds.tick()
    talk.platform.faults.append(Undeliverable("The account was closed."))
    await talk.settle()
    assert talk.seen_by("noor") == []
    await talk.presses("leila", post, "How it stands now")
    card = note(await talk.presses("leila", post, "Who was not reached"))
    assert "noor@x.example: The account was closed." in text_of(card)
    for _ in range(3):
        await talk.forges("leila", "campaign_retry", "2")
    await talk.passes(DAY)
    (asked,) = talk.seen_by("noor")
    assert labels(asked.card) == ["Join", "Not now"]
    assert "Who was not reached" not in labels(note(await command(talk, "leila", "show Till")))
    await talk.presses("noor", asked, "Join")
    await talk.passes(DAY)
    assert "One." in text_of(talk.last("noor").card)
