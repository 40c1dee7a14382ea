"""*Ask Lanyard* and *Save as job aid* on a message, whole: from Teams's wire through the core and back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.store import Store
from tests.adapters.teams.harness import read
from tests.adapters.teams.test_teams_journeys import Company, open_company
from tests.doubles.teams.cards import INPUTS, elements
from tests.journeys.dialogue import Clock

SAID = "If the label printer jams, open the flap, take the roll out and put it back with its labels facing up."
ASKED = "The label printer jams, what do I do with the roll?"


@pytest.fixture
async def company(sample_url: str, clock: Clock) -> AsyncIterator[Company]:
    store = Store(sample_url)
    async with open_company(store, clock) as company:
        yield company
    await store.close()


async def said_by(company: Company, who: str, text: str, place: str = "support-desk") -> str:
    deed = await company(who).says(place, text)
    assert deed.message is not None
    return deed.message.id


async def test_what_a_colleague_wrote_is_asked_and_only_the_asker_reads_the_answer(company: Company) -> None:
    message = await said_by(company, "amara", "How much may I refund without approval?")
    asked = await company("tomasz").acts_on(message, "ask_about")
    assert asked.dialog is not None
    assert "comes to your chat" in read(asked.dialog)
    answer = await company.find("tomasz", "150 EUR")
    assert answer.conversation == company("tomasz").direct().id
    assert "That helped" in answer.buttons
    assert not [seen for seen in company("amara").reads() if "150 EUR" in seen.text]
    await company("tomasz").press(answer.id, "That helped")
    await company.find("tomasz", "You said that this helped")


async def test_a_message_without_words_is_nothing_to_ask_about(company: Company) -> None:
    before = len(company("tomasz").reads(company("tomasz").direct()))
    asked = await company("tomasz").acts_on(await said_by(company, "amara", " "), "ask_about")
    assert asked.dialog is not None
    assert "no words in that message" in read(asked.dialog)
    await company.settle()
    assert len(company("tomasz").reads(company("tomasz").direct())) == before


@pytest.mark.parametrize("fetches", [True, False])
async def test_a_message_becomes_an_aid_in_a_dialog_that_says_what_is_missing(company: Company, fetches: bool) -> None:
    opened = await company("mei").acts_on(await said_by(company, "amara", SAID), "save_as_aid", fetches=fetches)
    assert opened.dialog is not None, opened.complaint
    values = {
        one["id"].partition(":")[2]: one.get("value") for one in elements(opened.dialog.card) if one["type"] in INPUTS
    }
    assert values["body"] == SAID
    refused = await company.submit("mei", {"title": " "})
    assert refused.complaint is None
    assert refused.dialog is not None
    assert "Please write a title" in read(refused.dialog)
    assert SAID in [one.get("value") for one in elements(refused.dialog.card)]
    kept = await company.submit("mei", {"title": "Label printer jams: turn the roll"})
    assert kept.complaint is None
    assert kept.dialog is not None
    assert "Published" in read(kept.dialog)
    await company("tomasz").dm(ASKED)
    assert "facing up" in (await company.find("tomasz", "Label printer jams")).text


async def test_what_was_said_behind_a_door_stays_there_when_it_is_saved(company: Company) -> None:
    opened = await company("leila").acts_on(await said_by(company, "leila", SAID, "people-team"), "save_as_aid")
    assert opened.dialog is not None
    assert "Only the people of" in read(opened.dialog)
    await company.submit("leila", {"title": "Label printer jams: turn the roll"})
    await company("amara").dm(ASKED)
    await company.settle()
    assert not [seen for seen in company("amara").reads() if "facing up" in seen.text]


async def test_a_submission_that_teams_sends_again_makes_no_second_aid(company: Company) -> None:
    await company("mei").acts_on(await said_by(company, "amara", SAID), "save_as_aid")
    kept = await company.submit("mei", {"title": "Label printer jams: turn the roll"})
    await company.teams.again(kept)
    async with company.house.services.store.reading(1, now=company.clock()) as tx:
        found = [
            aid for aid in (await tx.aids_by_id(range(1, 200))).values() if aid.title.startswith("Label printer jams:")
        ]
    assert len(found) == 1
