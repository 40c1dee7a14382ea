"""A job aid that is rewritten, narrowed or withdrawn between the search and the answer is never given as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.conversation import Conversation
from bot.library import Library
from bot.messages import FieldErrors, Form, Note
from bot.store import Store, Transaction
from bot.store.knowledge import as_job_aid
from knowledge.model import Match, Status
from tests.doubles.memory import PLATFORM
from tests.journeys.dialogue import Dialogue, find_button, labels, text_of

REFUND = "How much may I refund without approval?"
NEW_LIMIT = "Up to 90 EUR you may refund on your own. Above that, ask the shift lead."

Change = Callable[[Transaction], Awaitable[None]]


class BusyLibrary(Library):
    """Right after each search, somebody changes what is known: one change a search, while there are any."""

    def __init__(self, store: Store, changes: Sequence[Change]) -> None:
        super().__init__(store)
        self._writing = store
        self._changes = list(changes)

    async def search(
        self, workspace: int, question: str, *, grants: frozenset[str], now: datetime, limit: int = 10
    ) -> tuple[Match, ...]:
        found = await super().search(workspace, question, grants=grants, now=now, limit=limit)
        if self._changes:
            async with self._writing.transaction(workspace, now=now) as tx:
                await self._changes.pop(0)(tx)
        return found


def change_meanwhile(talk: Dialogue, *changes: Change) -> None:
    house = talk.house
    services = replace(house.services, library=BusyLibrary(talk.store, changes))
    talk.house = replace(house, services=services, conversation=Conversation(services))


TITLE = "How much you may refund without approval"


async def change_aid(tx: Transaction, **values: Any) -> None:
    (aid,) = [aid for aid in (await tx.aids_by_id(list(await tx.aid_keys()))).values() if aid.title == TITLE]
    await tx.put_aid(replace(as_job_aid(aid), **values), by=None, source="test")


async def rewrite(tx: Transaction) -> None:
    await change_aid(tx, body=NEW_LIMIT)


async def withdraw(tx: Transaction) -> None:
    await change_aid(tx, status=Status.RETIRED)


async def narrow(tx: Transaction) -> None:
    await change_aid(tx, audience=frozenset({"group:board"}))


async def test_an_aid_rewritten_meanwhile_is_answered_as_it_is_now(talk: Dialogue) -> None:
    change_meanwhile(talk, rewrite)
    await talk.says("amara", REFUND)
    (post,) = talk.seen_by("amara")
    assert "90 EUR" in text_of(post.card)
    assert "150 EUR" not in text_of(post.card)


@pytest.mark.parametrize("change", [withdraw, narrow])
async def test_an_aid_withdrawn_or_narrowed_meanwhile_is_not_given(talk: Dialogue, change: Change) -> None:
    change_meanwhile(talk, change)
    await talk.says("amara", REFUND)
    (post,) = talk.seen_by("amara")
    assert "without approval" not in text_of(post.card)


async def test_a_question_overtaken_again_and_again_is_answered_once(talk: Dialogue) -> None:
    def set_limit(amount: int) -> Change:
        return lambda tx: change_aid(tx, body=f"Up to {amount} EUR you may refund without approval.")

    change_meanwhile(talk, *(set_limit(amount) for amount in (71, 72, 73)))
    await talk.says("amara", REFUND)
    (post,) = talk.seen_by("amara")
    assert "73 EUR" in text_of(post.card)


async def test_a_choice_of_what_was_withdrawn_says_so(talk: Dialogue) -> None:
    await talk.says("amara", "refund")
    post = talk.last("amara")
    assert TITLE in labels(post.card)
    workspace = await talk.store.workspace_of(PLATFORM, talk.tenant)
    assert workspace is not None
    async with talk.store.transaction(workspace, now=talk.clock()) as tx:
        await withdraw(tx)
    outcome = await talk.presses("amara", post, TITLE)
    assert isinstance(outcome, Note)
    assert "withdrawn meanwhile" in text_of(outcome.card)


async def test_an_expert_cannot_answer_with_what_was_narrowed_and_may_choose_another(talk: Dialogue) -> None:
    talk.clock.advance(timedelta(hours=3))  # the one who knows best is at work
    await talk.says("amara", REFUND)
    await talk.presses("amara", talk.last("amara"), "Ask an expert")
    expert, post = next(
        (post.ref.conversation.removeprefix("dm-"), post)
        for post in talk.platform.posts
        if "Can you help" in text_of(post.card)
    )
    routing = find_button(post.card, labels(post.card)[0]).value
    form = await talk.forges(expert, "aid_answers", routing, post=post)
    assert isinstance(form, Form)
    refused, other = [value for value, label in form.fields[0].options][:2]
    workspace = await talk.store.workspace_of(PLATFORM, talk.tenant)
    assert workspace is not None
    async with talk.store.transaction(workspace, now=talk.clock()) as tx:
        aid = await tx.aid(int(refused.split(".")[0]))
        await tx.put_aid(replace(as_job_aid(aid), audience=frozenset({"group:board"})), by=None, source="test")
    before = len(talk.platform.posts)
    outcome = await talk.submits(expert, form, key="sent", aid=refused)
    assert isinstance(outcome, FieldErrors)
    assert "choose another" in " ".join(outcome.errors.values())
    assert len(talk.platform.posts) == before
    # The same form, sent again with another choice, is not taken for a repetition.
    assert await talk.submits(expert, form, key="sent", aid=other) is None
    assert len(talk.platform.posts) > before


@pytest.mark.postgres
@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
async def test_a_change_waits_for_the_answer_in_hand_and_then_corrects_it(talk: Dialogue) -> None:
    """Without the lock, the change would not find the answer, and the answer would stay as it was for ever."""
    workspace = await talk.store.workspace_of(PLATFORM, talk.tenant)
    assert workspace is not None
    await talk.says("amara", REFUND)
    async with talk.look() as tx:
        aid = await tx.find_aid(TITLE, grants=frozenset({"everyone"}))
        assert aid is not None
    snippet = f"{aid.id}.1"
    post = talk.last("amara")

    async def rewrite_and_look() -> list[str]:
        async with talk.store.transaction(workspace, now=talk.clock()) as tx:
            await rewrite(tx)
            return [answer.message_key for answer in await tx.answers_from(aid.id)]

    async with talk.store.transaction(workspace, now=talk.clock()) as tx:
        held = await tx.hold_snippets([snippet], grants=frozenset({"everyone"}))
        assert held
        changing = asyncio.create_task(rewrite_and_look())
        async with asyncio.timeout(20):
            while not changing.done() and not await somebody_waits(talk.store):
                await asyncio.wait([changing], timeout=0.01)
        assert not changing.done(), "The change did not wait for the answer in hand."
        await tx.record_answer(
            question_id=1, text="as it was", message_key="in-hand", snippet_id=snippet, aid_id=aid.id
        )
        await tx.send(post.to, post.card, key="in-hand")
    assert "in-hand" in await changing


async def somebody_waits(store: Store) -> bool:
    async with store.database.read() as db:
        return bool((await db.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))).scalar_one())
