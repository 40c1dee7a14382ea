"""Whatever comes in: a clear reply, no traceback, nothing lost, nobody else's rights."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bot.journeys import PRESSES, SUBMISSIONS
from bot.messages import Busy, FieldErrors, Form, Note, Place, Pressed, Said, Scope, Sender, Submitted
from tests.doubles.memory import PLATFORM, TENANT
from tests.journeys.dialogue import Dialogue, text_of

ODD = [
    "\x00\x01\x02 control",
    "\ud800 lone surrogate \udfff",
    "\u202eright to left\u202c",
    "<script>alert(1)</script> & <!channel> <@U1> [x](javascript:alert(1))",
    "'; DROP TABLE question; --",
    "acl:private OR title:* AND (",
    "a" * 100_000,
    "👩‍👩‍👧‍👦" * 500,
    "\u0000" * 50,
    " \n\t ",
]


@pytest.mark.parametrize("said", ODD, ids=range(len(ODD)))
async def test_an_odd_question_gets_a_reply_and_breaks_nothing(talk: Dialogue, said: str) -> None:
    await talk.says("amara", said)
    assert len(talk.platform.posts) == 1
    assert "went wrong" not in text_of(talk.platform.posts[0].card)
    assert await talk.store.inbox.pending() == 0


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.text(max_size=300), odd=st.sampled_from(["", "\x00", "\ud800", "\u202e"]))
async def test_any_text_is_answered_once_and_leaves_the_inbox(talk: Dialogue, said: str, odd: str) -> None:
    before = len(talk.platform.posts)
    await talk.says("amara", f"{odd}{said}?")
    assert len(talk.platform.posts) <= before + 1
    assert all("went wrong" not in text_of(post.card) for post in talk.platform.posts[before:])
    assert await talk.store.inbox.pending() == 0


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    verb=st.one_of(st.sampled_from(sorted({*PRESSES, *SUBMISSIONS})), st.text(max_size=20)),
    value=st.one_of(st.text(max_size=40), st.from_regex(r"\A-?[0-9]{1,25}(\.[0-9]{1,20}){0,2}\Z")),
    field=st.text(max_size=60),
)
async def test_a_forged_press_or_form_is_refused_in_words(talk: Dialogue, verb: str, value: str, field: str) -> None:
    sender = Sender(id="tomasz", name="Tomasz")
    place = Place(conversation="dm-tomasz", scope=Scope.DIRECT)
    common = {"platform": PLATFORM, "tenant": TENANT, "sender": sender, "place": place, "at": datetime.now(UTC)}
    pressed = await talk.conversation.receive(
        Pressed(key=f"p{verb}{value}", verb=verb, value=value, **common)  # type: ignore[arg-type]
    )
    assert pressed is None or isinstance(pressed, Note | Form)
    submitted = await talk.conversation.receive(
        Submitted(
            key=f"s{verb}{value}{field}",
            verb=verb,
            value=value,
            fields={"answer": field, "title": field, "body": field, "person": field, "name": field, field: field},
            **common,  # type: ignore[arg-type]
        )
    )
    assert submitted is None or isinstance(submitted, FieldErrors | Form | Note)
    if isinstance(submitted, FieldErrors):
        assert all("went wrong" not in sentence for sentence in submitted.errors.values())
    if isinstance(pressed, Note):
        assert "went wrong" not in text_of(pressed.card)


async def test_an_unknown_command_is_named_with_those_there_are(talk: Dialogue) -> None:
    outcome = await talk.says("amara", "x", command="fly")
    assert isinstance(outcome, Note)
    assert "“/fly”" in outcome.card.summary


async def test_another_bot_is_not_answered(talk: Dialogue) -> None:
    said = Said(
        platform=PLATFORM,
        tenant=TENANT,
        key="b1",
        sender=Sender(id="robot", is_bot=True),
        place=Place(conversation="dm-robot", scope=Scope.DIRECT),
        at=datetime.now(UTC),
        text="How do I refund?",
    )
    await talk.conversation.receive(said)
    await talk.settle()
    assert talk.platform.posts == []
    assert await talk.store.inbox.pending() == 0


async def test_a_newcomer_without_a_name_is_looked_up_on_their_platform(talk: Dialogue) -> None:
    talk.platform.people["zoe"] = Sender(id="zoe", name="Zoë Abara", email="zoe@larkspur.example")
    said = Said(
        platform=PLATFORM,
        tenant=TENANT,
        key="z1",
        sender=Sender(id="zoe"),
        place=Place(conversation="dm-zoe", scope=Scope.DIRECT),
        at=datetime.now(UTC),
        text="How do I refund?",
    )
    await talk.conversation.receive(said)
    await talk.settle()
    async with talk.look() as tx:
        person = await tx.person_by_email("zoe@larkspur.example")
    assert person is not None
    assert person.name == "Zoë Abara"


async def test_a_company_that_installed_nothing_gets_nothing(talk: Dialogue) -> None:
    said = Said(
        platform=PLATFORM,
        tenant="strangers",
        key="x1",
        sender=Sender(id="amara"),
        place=Place(conversation="dm-amara", scope=Scope.DIRECT),
        at=datetime.now(UTC),
        text="How do I refund?",
    )
    await talk.conversation.receive(said)
    await talk.settle()
    assert talk.platform.posts == []


async def test_a_message_is_not_acknowledged_when_it_cannot_be_stored(talk: Dialogue) -> None:
    async with talk.store.database.write() as db:
        await db.execute(text("ALTER TABLE inbox RENAME TO elsewhere"))
    try:
        with pytest.raises(Busy):
            await talk.says("amara", "How do I refund?")
    finally:
        async with talk.store.database.write() as db:
            await db.execute(text("ALTER TABLE elsewhere RENAME TO inbox"))
    await talk.says("amara", "How do I refund?")
    assert len(talk.platform.posts) == 1


async def test_an_error_of_ours_gives_a_reference_and_stops_nobody_else(talk: Dialogue) -> None:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.change_settings({"answer_threshold": "high"})  # what no code of ours writes, and somebody's hand might
    for _ in range(12):
        await talk.says("amara", "How do I refund without approval?", key="q1")
        await talk.bring_retries_forward()
    assert "tell us “" in text_of(talk.last("amara").card)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.change_settings({"answer_threshold": None})
    await talk.says("tomasz", "How much may I refund without approval?")
    assert "went wrong" not in text_of(talk.last("tomasz").card)
