"""Paces: how fast a platform may be called, who goes first, and what a pause holds up and what not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery import Delivery
from bot.messages import Address, Card, MessageRef, Pace, TryLater
from bot.store import Lane
from bot.store.pacing import Buckets, Count, Want, room, time_for
from tests.doubles.memory import PLATFORM, TENANT
from tests.journeys.dialogue import Dialogue

SECOND = timedelta(seconds=1)
MOMENT = timedelta(microseconds=1)
ELSEWHERE = "another company"


class Wall:
    """The wall's clock, moved by hand, and ahead of the real one by which rows are written."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) + timedelta(days=1)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def wall(talk: Dialogue) -> Wall:
    wall = talk.store.outbox.wall = Wall()
    talk.platform.limits = limits
    return wall


def limits(to: Address, revising: bool) -> Sequence[Pace]:
    """As on Slack: posts in a conversation and in all of a company, revisions in all of a company."""
    if revising:
        return (Pace(bucket=f"{to.tenant}/revise", every=SECOND, burst=2, wide=True),)
    return (
        Pace(bucket=f"{to.tenant}/say/{to.conversation or to.person}", every=SECOND, burst=3),
        Pace(bucket=f"{to.tenant}/say", every=SECOND / 10, burst=20, wide=True),
    )


def room_of(number: int, *, tenant: str = TENANT) -> Address:
    return Address(platform=PLATFORM, tenant=tenant, conversation=f"dm-{number}")


async def say(
    talk: Dialogue,
    *messages: tuple[str, Address],
    lane: Lane = Lane.ANSWER,
    campaign: int | None = None,
) -> list[str]:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        return [await tx.send(to, Card(summary=text), lane=lane, campaign=campaign) for text, to in messages]


def posted(talk: Dialogue) -> list[str]:
    return [post.card.summary for post in talk.platform.posts]


async def work_off(talk: Dialogue) -> int:
    return await talk.house.delivery.work_off()


# ── A pace by itself ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("calls", "seconds", "burst"),
    [(60, 30, None), (8, 2, None), (1800, 3600, 60), (50, 60, 5), (7, 1, None), (1, 1, None)],
)
def test_a_window_is_never_overfull_however_the_calls_fall(calls: int, seconds: int, burst: int | None) -> None:
    within = timedelta(seconds=seconds)
    pace = Pace.at_most(calls, within=within, bucket="b", burst=burst)
    assert pace.burst + (within - MOMENT) // pace.every <= calls


def test_a_pace_that_lets_nothing_through_is_refused() -> None:
    with pytest.raises(ValueError, match="burst of 1 or more"):
        Pace(bucket="b", every=SECOND, burst=0)
    with pytest.raises(ValueError, match="nothing of 8 calls"):
        Pace.at_most(8, within=timedelta(seconds=2), bucket="b", burst=8)


PACES = st.builds(
    lambda every, burst, number: Pace(bucket=f"b{number}", every=timedelta(milliseconds=every), burst=burst, wide=True),
    every=st.integers(1, 5000),
    burst=st.integers(1, 12),
    number=st.integers(0, 2),
)


@given(
    paces=st.lists(PACES, min_size=1, max_size=3, unique_by=lambda pace: pace.bucket),
    tries=st.lists(st.tuples(st.integers(0, 4000), st.sampled_from(Lane)), max_size=80),
)
def test_in_no_stretch_of_time_do_more_go_than_each_pace_allows(
    paces: list[Pace], tries: list[tuple[int, Lane]]
) -> None:
    now = datetime(2026, 11, 25, tzinfo=UTC)
    counts = {f"p/{pace.bucket}": Count() for pace in paces}
    went: list[datetime] = []
    for milliseconds, lane in tries:
        now += timedelta(milliseconds=milliseconds)
        want = Want(line="l", queue="q", lane=lane, platform="p", paces=paces)
        waits = Buckets(counts, now).take(want)
        if not waits:
            went.append(now)
            continue
        # What it was told to wait for is enough, and not a moment more than needed.
        until = max(wait.until for wait in waits)
        assert until > now
        copies = {name: Count(ready_at=count.ready_at) for name, count in counts.items()}
        assert Buckets(copies, until - MOMENT).take(want)
        assert not Buckets(copies, until).take(want)
    for pace in paces:
        for first in range(len(went)):
            for last in range(first, len(went)):
                assert last - first + 1 <= pace.burst + (went[last] - went[first]) / pace.every


def test_each_lane_leaves_headroom_to_the_lanes_before_it() -> None:
    pace = Pace(bucket="b", every=SECOND, burst=20)
    assert [room(pace, lane) for lane in Lane] == [20, 15, 10]
    assert [room(Pace(bucket="b", every=SECOND), lane) for lane in Lane] == [1, 1, 1]


def test_how_long_a_campaign_takes_follows_from_what_all_of_it_draws_on() -> None:
    paces = limits(room_of(1), revising=False)
    assert time_for(paces, 100_000, lane=Lane.CAMPAIGN) == timedelta(seconds=10_000)
    assert time_for(paces, 3, lane=Lane.CAMPAIGN) == timedelta(0)
    assert time_for((), 100_000, lane=Lane.CAMPAIGN) == timedelta(0)


# ── In the store ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_burst_in_one_conversation_goes_out_in_order_and_then_at_its_pace(talk: Dialogue, wall: Wall) -> None:
    await say(talk, *((str(number), room_of(1)) for number in range(6)), ("other", room_of(2)))
    await work_off(talk)
    assert posted(talk) == ["0", "other", "1", "2"]
    for number in range(3, 6):
        wall.now += SECOND - MOMENT
        assert await work_off(talk) == 0
        wall.now += MOMENT
        await work_off(talk)
        assert posted(talk)[-1] == str(number)


async def test_waiting_is_no_attempt_and_touches_no_row(talk: Dialogue, wall: Wall) -> None:
    await say(talk, *((str(number), room_of(1)) for number in range(4)))
    await work_off(talk)
    wall.now += timedelta(seconds=5)
    (row,) = (await talk.store.outbox.claim(lease="x", limit=8)).rows
    assert (row.attempts, row.uncertain) == (1, False)


async def test_the_look_tells_when_to_come_again(talk: Dialogue, wall: Wall) -> None:
    await say(talk, *((str(number), room_of(1)) for number in range(4)))
    await work_off(talk)
    assert await talk.store.outbox.look() == (False, wall.now + SECOND)
    wall.now += SECOND
    assert await talk.store.outbox.look() == (True, None)


async def test_two_replicas_share_one_pace(talk: Dialogue, wall: Wall) -> None:
    await say(talk, *((str(number), room_of(number)) for number in range(60)))
    replicas = [Delivery(talk.house.services) for _ in range(3)]
    await asyncio.gather(*(replica.work_off() for replica in replicas))
    assert len(talk.platform.posts) == 20
    wall.now += SECOND
    await asyncio.gather(*(replica.work_off() for replica in replicas))
    assert len(talk.platform.posts) == 30


async def test_an_answer_does_not_wait_behind_a_campaign(talk: Dialogue, wall: Wall) -> None:
    await say(talk, *(("nudge", room_of(number)) for number in range(400)), lane=Lane.CAMPAIGN, campaign=1)
    for _ in range(5):
        await work_off(talk)
        wall.now += SECOND
    await work_off(talk)
    sent = len(talk.platform.posts)
    assert sent == 10 + 5 * 10  # the rate, and no more than the half of a burst
    await say(talk, *((f"answer {number}", room_of(1000 + number)) for number in range(5)))
    await work_off(talk)
    assert posted(talk)[sent:] == [f"answer {number}" for number in range(5)]


async def test_campaigns_share_what_there_is_and_none_waits_for_anothers_end(talk: Dialogue, wall: Wall) -> None:
    await say(talk, *(("large", room_of(number)) for number in range(300)), lane=Lane.CAMPAIGN, campaign=1)
    await work_off(talk)
    await say(talk, *(("small", room_of(1000 + number)) for number in range(20)), lane=Lane.CAMPAIGN, campaign=2)
    for _ in range(6):
        wall.now += SECOND
        await work_off(talk)
    assert posted(talk).count("small") == 20
    assert posted(talk).count("large") >= 30


async def test_the_campaign_of_one_company_holds_up_no_other_company(talk: Dialogue, wall: Wall) -> None:
    await say(talk, *(("ours", room_of(number)) for number in range(100)), lane=Lane.CAMPAIGN, campaign=1)
    theirs = [("theirs", room_of(number, tenant=ELSEWHERE)) for number in range(10)]
    await say(talk, *theirs, lane=Lane.CAMPAIGN, campaign=2)
    await work_off(talk)
    assert posted(talk).count("theirs") == 10
    assert posted(talk).count("ours") == 10


# ── Pauses ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_pause_of_revisions_holds_up_nothing_that_is_said_even_there(talk: Dialogue, wall: Wall) -> None:
    (key,) = await say(talk, ("card", room_of(1)))
    await work_off(talk)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.revise(key, Card(summary="card, revised"))
    talk.platform.faults.append(TryLater("too many", after=timedelta(minutes=1), bucket=f"{TENANT}/revise"))
    await work_off(talk)
    await say(talk, ("said later", room_of(1)))
    await work_off(talk)
    assert posted(talk) == ["card", "said later"]
    wall.now += timedelta(minutes=1)
    await work_off(talk)
    assert posted(talk) == ["card, revised", "said later"]


async def test_a_pause_of_one_conversation_holds_up_no_other_until_a_second_is_asked_too(
    talk: Dialogue, wall: Wall
) -> None:
    def too_many(number: int) -> TryLater:
        return TryLater("too many", after=timedelta(minutes=1), bucket=f"{TENANT}/say/dm-{number}")

    talk.platform.faults.append(too_many(1))
    await say(talk, ("one", room_of(1)))
    await work_off(talk)
    await say(talk, ("two", room_of(2)))
    await work_off(talk)
    assert posted(talk) == ["two"]
    talk.platform.faults.append(too_many(3))
    await say(talk, ("three", room_of(3)))
    await work_off(talk)
    await say(talk, ("four", room_of(4)), ("elsewhere", room_of(4, tenant=ELSEWHERE)))
    await work_off(talk)
    assert posted(talk) == ["two", "elsewhere"]
    assert f"{PLATFORM}/{TENANT}/say" in await talk.store.outbox.paused()
    wall.now += timedelta(minutes=1)
    await work_off(talk)
    assert sorted(posted(talk)) == ["elsewhere", "four", "one", "three", "two"]


async def test_a_pause_of_what_the_message_does_not_draw_on_puts_off_that_message_alone(
    talk: Dialogue, wall: Wall
) -> None:
    talk.platform.faults.append(TryLater("too many", after=timedelta(minutes=1), bucket=f"{TENANT}/look up"))
    await say(talk, ("one", room_of(1)))
    await work_off(talk)
    await say(talk, ("two", room_of(2)))
    await work_off(talk)
    wall.now += timedelta(seconds=59)
    await work_off(talk)
    assert posted(talk) == ["two"]
    wall.now += SECOND
    await work_off(talk)
    assert posted(talk) == ["two", "one"]


async def test_an_hour_of_refusals_loses_nothing_hammers_nobody_and_stays_in_its_company(
    talk: Dialogue, wall: Wall
) -> None:
    calls = 0
    over_at = wall.now + timedelta(hours=1)
    send = talk.platform.send

    async def refuse(to: Address, card: Card, *, key: str) -> MessageRef:
        nonlocal calls
        if to.tenant == TENANT and wall.now < over_at:
            calls += 1
            raise TryLater("too many", after=timedelta(seconds=1), bucket=f"{TENANT}/say/{to.conversation}")
        return await send(to, card, key=key)

    talk.platform.send = refuse  # type: ignore[method-assign]
    await say(talk, *((str(number), room_of(number)) for number in range(30)))
    while wall.now < over_at:
        await say(talk, ("elsewhere", room_of(7, tenant=ELSEWHERE)))
        await work_off(talk)
        assert posted(talk)[-1] == "elsewhere"
        wall.now += timedelta(seconds=36)
    assert len(talk.platform.posts) == 100
    assert calls <= 100 * 8  # each time no more than were in hand when the first was refused
    await work_off(talk)
    wall.now += timedelta(seconds=5)
    await work_off(talk)
    assert sorted(int(text) for text in posted(talk)[100:]) == list(range(30))


async def test_what_a_platform_must_be_asked_for_once_more_keeps_its_place_in_the_conversation(
    talk: Dialogue, wall: Wall
) -> None:
    talk.platform.faults.append(TryLater("too many", after=SECOND))
    await say(talk, *((str(number), room_of(1)) for number in range(3)))
    await work_off(talk)
    assert posted(talk) == []
    wall.now += SECOND
    await work_off(talk)
    assert posted(talk) == ["0", "1", "2"]


async def test_what_is_over_is_tidied_away(talk: Dialogue, wall: Wall) -> None:
    await say(talk, *((str(number), room_of(1)) for number in range(5)))
    await work_off(talk)
    waiting = await talk.store.outbox.waiting()
    assert [(one.messages, one.until) for one in waiting] == [(2, None)]
    wall.now += timedelta(minutes=1)
    await work_off(talk)
    await talk.store.outbox.forget_done()
    wall.now += timedelta(minutes=1)
    await talk.store.outbox.forget_done()
    assert await talk.store.outbox.look() == (False, None)
    assert await talk.store.outbox.waiting() == []
