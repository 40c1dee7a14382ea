"""Pictures of our own on Slack: uploaded for the message, waited for, and told in words where there can be none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapters.slack.pictures import TRIES
from bot.messages import Address, Card, Image, Text, TryLater
from tests.adapters.slack.harness import SlackHarness, open_harness
from tests.doubles.slack.methods import METHODS

RED = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)
CARD = Card(
    summary="Bars", parts=(Text(text="How it goes"), Image(url=RED, alt="Used it: 10+ of 20+"), Text(text="So."))
)


@pytest.fixture
async def slack(tmp_path, core):
    async with open_harness(tmp_path, core) as harness:
        yield harness


def to(slack: SlackHarness, person: str) -> Address:
    return Address(platform=slack.platform.name, tenant=slack.tenant, person=person)


def blocks(slack: SlackHarness) -> list[dict[str, Any]]:
    (message,) = [
        message
        for channel in slack.slack.team.channels.values()
        for message in channel.messages
        if message.text == "Bars"
    ]
    assert message.blocks is not None
    return message.blocks


def uploads(slack: SlackHarness) -> int:
    return sum(call.method == "files.completeUploadExternal" for call in slack.slack.api.calls)


async def test_a_picture_is_uploaded_and_stands_in_the_message_with_its_words(slack) -> None:
    await slack.platform.send(to(slack, slack.alice), CARD, key="k1")
    shown = blocks(slack)
    assert [block["type"] for block in shown] == ["section", "image", "section"]
    file = slack.slack.world.files[shown[1]["slack_file"]["id"]]
    assert file.content is not None
    assert file.content.startswith(b"\x89PNG")
    assert shown[1]["alt_text"] == "Used it: 10+ of 20+"


async def test_a_picture_that_slack_still_reads_is_waited_for_with_the_same_file(slack) -> None:
    slack.slack.world.reading_takes = 3
    for _ in range(3):
        with pytest.raises(TryLater) as later:
            await slack.platform.send(to(slack, slack.alice), CARD, key="k1")
        assert later.value.after == timedelta(seconds=2)
        assert not later.value.maybe_sent
    await slack.platform.send(to(slack, slack.alice), CARD, key="k1")
    assert [block["type"] for block in blocks(slack)] == ["section", "image", "section"]
    assert uploads(slack) == 1


async def test_a_picture_that_stays_unread_is_told_in_words_in_the_end(slack) -> None:
    slack.slack.world.reading_takes = 1000
    for _ in range(TRIES - 1):
        with pytest.raises(TryLater):
            await slack.platform.send(to(slack, slack.alice), CARD, key="k1")
    await slack.platform.send(to(slack, slack.alice), CARD, key="k1")
    assert [block["type"] for block in blocks(slack)] == ["section", "context", "section"]
    assert "Used it: 10+ of 20+" in str(blocks(slack))


async def test_where_files_were_not_granted_it_is_told_in_words(slack) -> None:
    (one,) = slack.slack.world.installations
    one.scopes = tuple(scope for scope in one.scopes if scope != "files:write")
    await slack.platform.send(to(slack, slack.alice), CARD, key="k1")
    assert [block["type"] for block in blocks(slack)] == ["section", "context", "section"]


async def test_for_one_persons_eyes_it_is_told_in_words(slack) -> None:
    private = Address(
        platform=slack.platform.name, tenant=slack.tenant, conversation=slack.open_channel, person=slack.alice
    )
    await slack.platform.send(private, CARD, key="k1")
    (shown,) = await slack.sees(slack.alice)
    assert "🖼 Used it: 10+ of 20+" in shown.text
    assert uploads(slack) == 0


async def test_a_revised_message_keeps_its_picture(slack) -> None:
    ref = await slack.platform.send(to(slack, slack.alice), CARD, key="k1")
    await slack.platform.revise(ref, CARD)
    assert [block["type"] for block in blocks(slack)] == ["section", "image", "section"]


@pytest.mark.parametrize("url", ["data:image/png;base64,", "data:image/svg+xml,<svg/>", "data:image/png;base64,QUJD"])
async def test_what_is_no_picture_costs_the_message_nothing(slack, url: str) -> None:
    card = Card(summary="Bars", parts=(Image(url=url, alt="A map"),))
    for _ in range(TRIES):
        try:
            await slack.platform.send(to(slack, slack.alice), card, key="k1")
        except TryLater:
            continue
        break
    assert "A map" in str(blocks(slack))


def test_the_double_knows_the_steps() -> None:
    assert METHODS["files.getUploadURLExternal"].scopes == ("files:write",)
