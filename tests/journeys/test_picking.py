"""Pressing by saying: what is typed below a card, in place of a press."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from bot.journeys.picking import find_meant
from bot.messages import Address, Button, Buttons, Card, Reaction
from bot.store import Lane
from bot.store.speaking import Saying
from bot.store.tables import OutboxRow
from tests.doubles.memory import PLATFORM, TENANT
from tests.journeys.dialogue import Dialogue, labels, text_of

SURE = "How much may I refund without approval?"
UNSURE = "phone lost"
UNKNOWN = "Where do we keep the unicorn saddles?"


@pytest.mark.parametrize("said", ["That helped", "thx that helped!", "it worked, thank you so much", "That’s it!"])
async def test_what_helped_is_said_as_well_as_pressed(talk: Dialogue, said: str) -> None:
    await talk.says("amara", SURE)
    post = talk.last("amara")
    await talk.says("amara", said)
    assert "You said that this helped" in text_of(post.card)
    assert len(talk.seen_by("amara")) == 1
    async with talk.look() as tx:
        assert any(SURE in snippet.phrasings for snippet in (await tx.knowledge_since(0)).upsert)


async def test_it_counts_once_however_often_it_is_delivered(talk: Dialogue) -> None:
    await talk.says("amara", SURE)
    post = talk.last("amara")
    for _ in range(2):
        await talk.says("amara", "that helped", key="helped-1")
    assert post.revisions == 1


@pytest.mark.parametrize("said", ["not what I need", "That’s not what I meant, sorry", "didn't work"])
async def test_what_did_not_help_brings_what_else_there_is(talk: Dialogue, said: str) -> None:
    await talk.says("amara", SURE)
    post = talk.last("amara")
    await talk.says("amara", said)
    assert "not what you need" in text_of(post.card)
    assert "Ask without my name" in labels(talk.last("amara").card)


async def test_a_choice_is_made_by_its_number_or_its_title(talk: Dialogue) -> None:
    await talk.says("amara", UNSURE)
    offered = labels(talk.last("amara").card)[:2]
    await talk.says("amara", "the second one please")
    assert offered[1] in text_of(talk.last("amara").card)
    assert "That helped" in labels(talk.last("amara").card)
    await talk.says("tomasz", UNSURE)
    await talk.says("tomasz", offered[0].upper())
    assert f"You chose “{offered[0]}”" in text_of(talk.seen_by("tomasz")[0].card)


async def test_none_of_the_choices_leads_to_an_expert_who_is_not_asked_yet(talk: Dialogue) -> None:
    await talk.says("amara", UNSURE)
    await talk.says("amara", "none of these")
    assert "I have nothing else on this. Shall I ask a colleague" in text_of(talk.last("amara").card)
    assert talk.seen_by("henrik") == []
    await talk.says("amara", "no thanks")
    assert "I leave it there" in text_of(talk.last("amara").card)


async def test_yes_asks_the_expert_who_was_offered(talk: Dialogue) -> None:
    await talk.says("amara", UNKNOWN)
    post = talk.last("amara")
    await talk.says("amara", "yes please")
    assert "You asked for an expert." in text_of(post.card)
    await talk.says("amara", "yes please")  # the card that it answered is not the newest any more
    assert len(talk.seen_by("amara")) == 2


async def test_a_word_that_asks_for_nothing_is_no_question_where_no_button_was_meant(talk: Dialogue) -> None:
    for number, said in enumerate(["yes", "got it", "it works now, thanks", "no"]):
        await talk.says("amara", said, key=f"w{number}")
    assert talk.seen_by("amara") == []
    assert [sign for _, sign in talk.platform.signs] == [Reaction.WELCOME] * 4


async def test_an_hour_later_it_may_mean_anything(talk: Dialogue) -> None:
    await talk.says("amara", SURE)
    post = talk.last("amara")
    async with talk.store.database.write() as db:
        await db.execute(update(OutboxRow).values(done_at=datetime.now(UTC) - timedelta(hours=1)))
    await talk.says("amara", "not what i need")
    assert post.revisions == 0


async def test_however_much_is_said_to_others_meanwhile_ones_own_newest_card_is_pressed(talk: Dialogue) -> None:
    await talk.says("amara", SURE)
    post = talk.last("amara")
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        to = Address(platform=PLATFORM, tenant=TENANT, person="tomasz")
        await tx.send_all(
            [Saying(to=to, card=Card(summary="A reminder"), key=tx.new_id()) for _ in range(1_100)], lane=Lane.CAMPAIGN
        )
    await talk.settle()
    await talk.says("amara", "that helped")
    assert post.revisions == 1


async def test_what_a_channel_says_presses_nothing(talk: Dialogue) -> None:
    await talk.says("amara", SURE, channel="support-desk", mentioned=True, key="m1")
    await talk.says("tomasz", "That helped", channel="support-desk", thread="m1")
    await talk.says("amara", "That helped", channel="support-desk", thread="m1")
    assert talk.last("amara").revisions == 0


async def test_a_draft_is_discarded_and_a_question_withdrawn_by_a_word(talk: Dialogue) -> None:
    await talk.says("amara", "remind me tomorrow at 10 to call the supplier")
    await talk.says("amara", "forget it")
    assert labels(talk.last("amara").card) == []
    await talk.says("amara", UNKNOWN)
    await talk.says("amara", "yes")
    assert "Withdraw" in labels(talk.last("amara").card)
    await talk.says("amara", "cancel that please")
    assert "Withdraw" not in labels(talk.last("amara").card)


async def test_stop_shows_the_series_that_can_be_stopped(talk: Dialogue) -> None:
    await talk.says("amara", "please stop")
    assert "series" in text_of(talk.last("amara").card)


def card(*buttons: Button) -> Card:
    return Card(summary="A card", parts=(Buttons(buttons=buttons),))


def test_a_button_that_opens_a_form_or_a_label_that_two_have_is_not_pressed() -> None:
    assert find_meant("answer", card(Button(label="Answer", verb="answer", opens_form=True))) is None
    assert find_meant("later", card(*(Button(label="Later", verb=verb) for verb in ("later", "series_later")))) is None
    assert find_meant("later", card(Button(label="Later", verb="later"))) == Button(label="Later", verb="later")


def test_yes_where_several_are_offered_chooses_none() -> None:
    several = card(*(Button(label=f"Aid {number}", verb="choose", value=f"1.{number}") for number in range(3)))
    assert find_meant("yes", several) is None
    one = Button(label="Aid", verb="choose", value="1.0")
    assert find_meant("yes", card(one)) == one
    assert find_meant("yes?", card(one)) is None


@given(st.text(max_size=120), st.lists(st.text(max_size=30), max_size=4))
def test_any_text_below_any_labels_is_read(text: str, words: list[str]) -> None:
    shown = card(*(Button(label=one, verb="choose", value=f"1.{number}") for number, one in enumerate(words)))
    meant = find_meant(text, shown)
    assert meant is None or meant.verb in {"choose", "none_of_these"}
