"""Outbox → platform: nothing lost, nothing twice, whatever the platform answers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.messages import Address, Card, MessageRef, Text, TryLater, Undeliverable
from bot.store import Lane, Store
from bot.store.records import Outgoing
from tests.doubles.memory import PLATFORM, TENANT
from tests.journeys.dialogue import Dialogue, text_of

AMARA = Address(platform=PLATFORM, tenant=TENANT, person="amara")


async def say(talk: Dialogue, text: str, *, lane: Lane = Lane.ANSWER, to: Address = AMARA) -> str:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        return await tx.send(to, Card(summary=text), lane=lane)


async def leave_in_the_middle(store: Store) -> list[Outgoing]:
    """A process leases what is due, and dies before it can say how the calls went."""
    return (await store.outbox.claim(lease="dead", limit=10, lasting=timedelta(seconds=-1))).rows


async def row_status(talk: Dialogue, key: str) -> tuple[str, str | None]:
    from sqlalchemy import select

    from bot.store import tables as t

    async with talk.store.database.read() as db:
        row = (await db.execute(select(t.OutboxRow.status, t.OutboxRow.fault).where(t.OutboxRow.key == key))).one()
    return row.status, row.fault


async def test_what_is_said_in_a_transaction_that_fails_is_never_sent(talk: Dialogue) -> None:
    async def fail() -> None:
        async with talk.store.transaction(1, now=talk.clock()) as tx:
            await tx.send(AMARA, Card(summary="no"))
            await tx.person(-1)

    with pytest.raises(LookupError):
        await fail()
    await talk.settle()
    assert talk.platform.posts == []


async def test_answers_go_before_campaigns(talk: Dialogue) -> None:
    await say(talk, "nudge", lane=Lane.CAMPAIGN)
    await say(talk, "question", lane=Lane.EXPERT)
    await say(talk, "answer", lane=Lane.ANSWER)
    claimed = await talk.store.outbox.claim(lease="x", limit=10)
    assert [row.lane for row in claimed.rows] == [Lane.ANSWER, Lane.EXPERT, Lane.CAMPAIGN]


async def test_what_is_said_in_one_conversation_arrives_in_order(talk: Dialogue) -> None:
    for number in range(20):
        await say(talk, str(number))
    await talk.settle()
    assert [post.card.summary for post in talk.platform.posts] == [str(number) for number in range(20)]


async def test_a_message_that_keeps_failing_holds_up_no_conversation(talk: Dialogue) -> None:
    talk.platform.faults.append(RuntimeError("bug"))
    for text in ("fails", "goes"):
        await say(talk, text)
    await talk.settle()
    assert [post.card.summary for post in talk.platform.posts] == ["goes"]


async def test_a_message_taken_by_a_process_that_died_is_looked_for_before_it_is_sent_again(talk: Dialogue) -> None:
    key = await say(talk, "once")
    rows = await leave_in_the_middle(talk.store)
    await talk.platform.send(rows[0].address, Card(summary="once"), key=key)  # the call had arrived
    await talk.settle()
    assert len(talk.platform.posts) == 1
    assert await row_status(talk, key) == ("sent", None)


async def test_a_message_that_never_arrived_is_sent_by_the_next(talk: Dialogue) -> None:
    await say(talk, "once")
    await leave_in_the_middle(talk.store)
    await talk.settle()
    assert [post.card.summary for post in talk.platform.posts] == ["once"]


async def test_a_reply_lost_on_the_way_does_not_double_the_message(talk: Dialogue) -> None:
    talk.platform.lose_reply = 1
    key = await say(talk, "once")
    await talk.settle()
    await let_retries_come(talk)
    assert len(talk.platform.posts) == 1
    assert await row_status(talk, key) == ("sent", None)


async def test_where_nobody_can_look_an_answer_is_repeated_and_says_so(talk: Dialogue) -> None:
    talk.platform.reads_back = False
    talk.platform.lose_reply = 1
    await say(talk, "answer")
    await talk.settle()
    await let_retries_come(talk)
    assert len(talk.platform.posts) == 2
    assert "You may have had this before" in text_of(talk.platform.posts[1].card)


async def test_where_nobody_can_look_a_nudge_is_not_repeated(talk: Dialogue) -> None:
    talk.platform.reads_back = False
    talk.platform.lose_reply = 1
    key = await say(talk, "nudge", lane=Lane.CAMPAIGN)
    await talk.settle()
    await let_retries_come(talk)
    assert len(talk.platform.posts) == 1
    assert (await row_status(talk, key))[0] == "dead"


async def test_what_can_never_arrive_is_put_aside_with_the_reason(talk: Dialogue) -> None:
    nowhere = Address(platform=PLATFORM, tenant=TENANT, conversation="no-such-channel")
    key = await say(talk, "lost", to=nowhere)
    await talk.settle()
    status, fault = await row_status(talk, key)
    assert status == "dead"
    assert fault == "There is no conversation 'no-such-channel' here."


async def test_a_platform_that_asks_for_quiet_is_left_alone_for_that_long(talk: Dialogue) -> None:
    talk.platform.faults.append(TryLater("slow down", after=timedelta(hours=1)))
    await say(talk, "first")
    await talk.settle()
    await say(talk, "second")
    await talk.settle()
    assert talk.platform.posts == []
    _, opening = await talk.store.outbox.look()
    assert opening is not None
    assert opening > datetime.now(UTC) + timedelta(minutes=59)


async def test_quiet_in_one_conversation_does_not_hold_up_another(talk: Dialogue) -> None:
    talk.platform.faults.append(TryLater("slow down", after=timedelta(hours=1)))
    await say(talk, "first")
    await talk.settle()
    await say(talk, "other", to=Address(platform=PLATFORM, tenant=TENANT, person="priya"))
    await talk.settle()
    assert [post.card.summary for post in talk.platform.posts] == ["other"]


async def test_a_fault_in_an_adapter_holds_up_nothing_else(talk: Dialogue) -> None:
    talk.platform.faults.append(RuntimeError("bug"))
    await say(talk, "first")
    await say(talk, "second")
    await talk.settle()
    await let_retries_come(talk)
    assert sorted(post.card.summary for post in talk.platform.posts) == ["first", "second"]


async def test_a_revision_waits_for_the_message_it_revises(talk: Dialogue) -> None:
    talk.platform.faults.append(TryLater("in a moment"))
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        key = await tx.send(AMARA, Card(summary="one"))
        await tx.revise(key, Card(summary="two"))
    await talk.settle()
    await let_retries_come(talk)
    assert [post.card.summary for post in talk.platform.posts] == ["two"]


async def test_a_call_that_ends_after_others_have_been_written_down_is_written_down_too(talk: Dialogue) -> None:
    begun, may_end, second = asyncio.Event(), asyncio.Event(), asyncio.Event()
    send = talk.platform.send

    async def send_slowly(to: Address, card: Card, *, key: str) -> MessageRef:
        if to == AMARA:
            begun.set()
            await may_end.wait()
        else:
            second.set()
        return await send(to, card, key=key)

    talk.platform.send = send_slowly  # type: ignore[method-assign]
    stopping = asyncio.Event()
    work = asyncio.create_task(talk.house.delivery.work(stopping))
    slow = await say(talk, "slow")
    await begun.wait()
    quick = await say(talk, "quick", to=Address(platform=PLATFORM, tenant=TENANT, person="tomasz"))
    await second.wait()
    while (await row_status(talk, quick))[0] != "sent":
        talk.house.delivery.ring()
        await asyncio.sleep(0)
    may_end.set()
    stopping.set()
    await work
    assert (await row_status(talk, slow))[0] == "sent"


async def test_an_older_revision_never_overwrites_a_newer_one(talk: Dialogue) -> None:
    key = await say(talk, "one")
    await talk.settle()
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.revise(key, Card(summary="two"))
        await tx.revise(key, Card(summary="three"))
    talk.platform.faults.append(TryLater("in a moment"))
    await talk.settle()
    await let_retries_come(talk)
    assert talk.platform.posts[0].card.summary == "three"


async def test_a_revision_of_what_was_never_sent_is_dropped(talk: Dialogue) -> None:
    talk.platform.faults.append(Undeliverable("blocked"))
    key = await say(talk, "one")
    await talk.settle()
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.revise(key, Card(summary="two"))
    await talk.settle()
    assert talk.platform.posts == []
    assert await talk.store.outbox.pending() == 0


async def test_two_deliveries_share_the_work_and_repeat_none_of_it(talk: Dialogue) -> None:
    import asyncio

    from bot.delivery import Delivery

    for number in range(60):
        await say(talk, str(number))
    other = Delivery(talk.house.services)
    await asyncio.gather(talk.house.delivery.work_off(), other.work_off())
    assert sorted(int(post.card.summary) for post in talk.platform.posts) == list(range(60))


async def test_a_card_keeps_every_part_on_its_way_through_the_outbox(talk: Dialogue) -> None:
    card = Card(summary="ends \N{REPLACEMENT CHARACTER}", parts=(Text(text="<b>&amp;</b> \u202eright to left"),))
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.send(AMARA, card)
    await talk.settle()
    assert talk.platform.posts[0].card == card


async def test_a_pressed_card_is_found_again_by_its_message(talk: Dialogue) -> None:
    key = await say(talk, "one")
    await talk.settle()
    ref = talk.platform.posts[0].ref
    async with talk.look() as tx:
        assert await tx.key_of(ref) == key
        other = MessageRef(platform=PLATFORM, tenant="another", conversation=ref.conversation, id=ref.id)
        assert await tx.key_of(other) is None


async def let_retries_come(talk: Dialogue) -> None:
    """Retries wait by the wall's clock; here their time is brought forward instead of waited for."""
    from sqlalchemy import update

    from bot.store import tables as t

    for _ in range(5):
        async with talk.store.database.write() as db:
            await db.execute(
                update(t.OutboxRow)
                .where(t.OutboxRow.status == "pending")
                .values(not_before=datetime(2020, 1, 1, tzinfo=UTC))
            )
        await talk.settle()
