"""Every branch of capture and of care, over the wires of Slack, Teams and the chat page; see `test_asking_experts`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.adapters.chat import Chat
from tests.adapters.expert_steps import (
    HENRIK,
    QUESTION,
    answers,
    ask_expert,
    is_told,
    only,
    publish,
    retire_all,
)

# ── capture ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_becomes_a_draft_that_is_edited_published_and_answers_the_next(wire: Chat) -> None:
    await only(wire, "henrik")
    await ask_expert(wire)
    await answers(wire, text="Hi Amara, ask Priya Santos tomorrow for slider LK-40718.\n\nCheers,\nHenrik")
    draft = await wire.find("henrik", "Shall your answer become a job aid?")
    assert "Amara" not in draft.text
    assert "Ask [which role or team?] tomorrow [24 November 2026?]" in draft.text
    assert draft.buttons[:2] == ("Edit first", "Publish as it is")
    await wire.press("henrik", "Shall your answer", "Edit first")
    told = await wire.fill_in("henrik", body="Ask the workshop for slider LK-40718.", publish="=yes")
    assert "Published" in told or await is_told(wire, "henrik", "Published as job aid #43")
    await wire.says("tomasz", QUESTION)
    assert "looked after by Henrik Adeyemi" in (await wire.find("tomasz", "LK-40718")).text


async def test_a_draft_is_dropped_and_the_answer_stays(wire: Chat) -> None:
    await only(wire, "henrik")
    await ask_expert(wire)
    await answers(wire)
    await wire.press("henrik", "Shall your answer", "No, drop it")
    assert not [seen for seen in await wire.reads("henrik") if "Shall your answer" in seen.text]
    await wire.find("amara", "LK-40718")


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ("Same as #43: add this wording", "leads to job aid #43"),
        ("Replace #43", "#43 says this now"),
        ("Keep both", "Published as job aid #44"),
    ],
)
async def test_a_draft_that_says_nearly_the_same_is_the_same_replaces_it_or_is_kept_beside_it(
    wire: Chat, choice: str, told: str
) -> None:
    await only(wire, "henrik")
    await publish(wire, "zip", "The zip of a Heron 2 tent splits", "It is the slider.\n1. Take slider LK-1.")
    await wire.says("tomasz", "The zip of a Heron 2 tent splits")
    await wire.find("tomasz", "LK-1")
    await ask_expert(wire)
    await answers(wire)
    await wire.press("henrik", "Shall your answer", "Publish")
    await wire.press("henrik", "There is something very similar already", choice)
    await wire.find("henrik", told)
    corrected = [seen for seen in await wire.reads("tomasz") if "LK-40718" in seen.text]
    assert bool(corrected) is choice.startswith("Replace")


async def test_a_colleagues_message_is_suggested_as_an_aid_and_published_by_l_and_d(wire: Chat) -> None:
    message = await wire.says(
        "tomasz", "Hi all, turn the label roll so that the label faces up.", channel="store-berlin"
    )
    await wire.reads("tomasz")
    await wire.save("tomasz", message)
    await wire.fill_in("tomasz", title="Label printer jams: turn the roll")
    suggested = await wire.find("leila", "Label printer jams")
    await wire.press("leila", "Label printer jams", next(one for one in suggested.buttons if one.startswith("Publish")))
    await wire.find("tomasz", "Label printer jams")
    await wire.says("amara", "The label printer jams, what now?")
    saved = await wire.find("amara", "faces up")
    assert "looked after by Tomasz Okafor" in saved.text
    assert "Hi all" not in saved.text


async def test_what_was_said_behind_a_door_is_saved_for_those_behind_it_alone(wire: Chat) -> None:
    message = await wire.says("leila", "Turn the label roll so that the label faces up.", channel="people-team")
    await wire.reads("leila")
    assert "Only the people of" in await wire.save("leila", message)
    await wire.fill_in("leila", title="Label printer jams: turn the roll")
    await wire.says("amara", "The label printer jams: how do I turn the roll?")
    assert not await is_told(wire, "amara", "faces up")
    await wire.says("jonas", "The label printer jams: how do I turn the roll?", channel="people-team")
    assert await is_told(wire, "jonas", "faces up")


@pytest.mark.parametrize(
    ("label", "told", "body"),
    [
        ("Take it up", "took up your change", "5 seconds"),
        ("Edit first", "reworded", "7 seconds"),
        ("No, thanks", "was not taken up", "Press Reset."),
    ],
)
async def test_a_change_that_anybody_suggests_is_decided_by_the_owner(
    wire: Chat, label: str, told: str, body: str
) -> None:
    await publish(wire, "red", "Label printer blinks red: reset it", "1. Open the lid.\n2. Press Reset.")
    await wire.says("amara", "The label printer blinks red, how is it reset?")
    await wire.press("amara", "Press Reset.", "Suggest a change")
    await wire.fill_in("amara", body="1. Open the lid.\n2. Press Reset for 5 seconds.", note="It must be held.")
    card = await wire.find("henrik", "suggests a change")
    assert "+ 2. Press Reset« for 5 seconds»." in card.text
    assert await is_told(wire, "priya", "suggests a change")
    await wire.press("henrik", "suggests a change", label)
    if label == "Edit first":
        await wire.fill_in("henrik", body="1. Open the lid.\n2. Press Reset for 7 seconds.")
    await wire.find("amara", told)
    assert body in (await wire.find("amara", "Open the lid")).text
    decided = [seen for seen in await wire.reads("priya") if "suggests a change" in seen.text]
    assert all("Take it up" not in seen.buttons for seen in decided)


async def test_an_aids_history_brings_a_former_version_back_and_a_locked_one_is_its_owners(wire: Chat) -> None:
    aid = await publish(wire, "red", "Label printer blinks red: reset it", "1. Press Reset.", locked=True)
    await wire.says("leila", f"lanyard aid {aid}")
    assert "Edit" not in (await wire.find("leila", "Press Reset.")).buttons
    await wire.says("henrik", f"lanyard aid {aid}")
    await wire.press("henrik", "Press Reset.", "Edit")
    await wire.fill_in("henrik", body="1. Press Reset for 5 seconds.")
    assert "Version 2 · 23 November 2026 · Henrik Adeyemi" in await wire.press("henrik", "Press Reset.", "History")
    assert "+ 1. Press Reset« for 5 seconds»." in await wire.press_told("henrik", "What changed?")
    await wire.press_told("henrik", "Bring version 1 back")
    await wire.says("amara", "The label printer blinks red, how is it reset?")
    assert "5 seconds" not in (await wire.find("amara", "Press Reset")).text


# ── care ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("label", "told"), [("Still true", "is still true"), ("Retire", "is retired"), ("Edit", "Published")]
)
async def test_an_owner_says_in_one_tap_whether_an_aid_is_still_true(wire: Chat, label: str, told: str) -> None:
    await retire_all(wire)
    await publish(wire, "red", "Label printer blinks red: reset it", "1. Press Reset.", age=181)
    await wire.passes(timedelta(minutes=90))
    review = await wire.find("henrik", "Is this still true?")
    assert review.buttons == ("Still true", "Edit", "Retire", "Hand it over")
    await wire.press("henrik", "Is this still true?", label)
    if label == "Edit":
        await wire.fill_in("henrik", body="1. Press Reset for 5 seconds.")
        return
    await wire.find("henrik", told)
    if label == "Retire":
        await wire.press("henrik", told, "Bring it back")
        await wire.find("henrik", "is back")


async def test_an_aid_is_handed_over_and_the_new_owner_opens_it(wire: Chat) -> None:
    aid = await publish(wire, "red", "Label printer blinks red: reset it", "1. Press Reset.")
    await wire.says("henrik", f"lanyard aid {aid}")
    await wire.press("henrik", "Press Reset.", "Who looks after it")
    await wire.fill_in("henrik", owner="Tomasz Okafor", deputy=HENRIK)
    assert "Press Reset." in await wire.press("tomasz", "asks you to look after", "Open")
