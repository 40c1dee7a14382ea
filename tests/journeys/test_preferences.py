"""What people choose for themselves, and that it is kept to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.messages import FieldErrors, Form, Note
from tests.journeys.dialogue import Dialogue, labels, text_of

QUESTION = "The zip of a Heron 2 tent keeps splitting open. Can we repair that in the store?"


async def open_form(talk: Dialogue, who: str, verb: str) -> Form:
    form = await talk.forges(who, verb)
    assert isinstance(form, Form)
    return form


async def test_typing_topics_shows_what_the_bot_goes_by(talk: Dialogue) -> None:
    await talk.says("henrik", "topics")
    text = text_of(talk.last("henrik").card)
    assert "tent repair" in text
    assert "answered" in text
    assert labels(talk.last("henrik").card)[-2:] == ["Change what I am asked", "Change my reminders"]


async def test_the_command_shows_it_privately(talk: Dialogue) -> None:
    outcome = await talk.says("henrik", "topics", command="lanyard", channel="general")
    assert isinstance(outcome, Note)
    assert talk.platform.posts == []


async def test_whoever_says_no_is_asked_no_more(talk: Dialogue) -> None:
    form = await open_form(talk, "henrik", "topics")
    await talk.submits("henrik", form, consent="no")
    await talk.says("amara", QUESTION)
    offered = talk.last("amara")
    await talk.presses("amara", offered, next(label for label in labels(offered.card) if "expert" in label))
    assert talk.seen_by("henrik") == []


async def test_a_pause_is_kept_to_and_ends(talk: Dialogue) -> None:
    form = await open_form(talk, "henrik", "topics")
    await talk.submits("henrik", form, paused_until="2026-11-25")
    async with talk.look() as tx:
        profile = next(one for one in (await tx.profiles()).values() if "zips" in one.topics)
    assert profile.paused_until == datetime(2026, 11, 24, 22, 0, tzinfo=UTC)  # midnight in Helsinki
    await talk.says("amara", QUESTION)
    offered = talk.last("amara")
    await talk.presses("amara", offered, next(label for label in labels(offered.card) if "expert" in label))
    assert talk.seen_by("henrik") == []


async def test_topics_are_cleaned_and_kept(talk: Dialogue) -> None:
    form = await open_form(talk, "tomasz", "topics")
    assert isinstance(await talk.submits("tomasz", form, topics=" kayaks,  big   paddles ,, kayaks"), Note)
    async with talk.look() as tx:
        assert any(one.topics == ("kayaks", "big paddles") for one in (await tx.profiles()).values())


async def test_reminders_are_kept_and_taken_back(talk: Dialogue) -> None:
    form = await open_form(talk, "amara", "reminders")
    await talk.submits("amara", form, nudge_at="10:30", quiet_from="17:00", quiet_until="09:00", daily_cap="1")
    async with talk.look() as tx:
        person = await tx.person_by_email("amara.lindqvist@larkspur.example")
    assert person is not None
    assert dict(person.settings) == {
        "nudge_at": "10:30",
        "quiet_from": "17:00",
        "quiet_until": "09:00",
        "daily_cap": 1,
    }
    form = await open_form(talk, "amara", "reminders")
    assert [field.value for field in form.fields] == ["10:30", "17:00", "09:00", "1", "", ""]
    await talk.submits("amara", form, nudge_at="", quiet_from="", quiet_until="", daily_cap="")
    async with talk.look() as tx:
        person = await tx.person_by_email("amara.lindqvist@larkspur.example")
    assert person is not None
    assert person.settings == {}


@pytest.mark.parametrize(
    ("verb", "name", "value"),
    [
        ("topics", "weekly_cap", "0"),
        ("topics", "weekly_cap", "many"),
        ("topics", "weekly_cap", "٣"),
        ("topics", "consent", "perhaps"),
        ("topics", "topics", "x" * 100),
        ("topics", "paused_until", "2020-01-01"),
        ("topics", "paused_until", "soon"),
        ("topics", "paused_until", "9999-12-31T"),
        ("reminders", "nudge_at", "25:00"),
        ("reminders", "quiet_from", "18:00"),
        ("reminders", "daily_cap", "99"),
    ],
)
async def test_what_cannot_be_meant_is_refused_at_its_field(talk: Dialogue, verb: str, name: str, value: str) -> None:
    form = await open_form(talk, "henrik", verb)
    refused = await talk.submits("henrik", form, **{name: value})
    assert isinstance(refused, FieldErrors)
    assert set(refused.errors) <= {name, "quiet_until"}
    assert refused.errors
