"""Every branch of the ladder, over the wires of Slack, of Teams and of the chat page.

What the journeys mean is held by `tests/journeys`, on both databases; here it is held that they can be gone on each
platform: what is said becomes cards and forms that it takes (the doubles refuse what the real ones refuse), with
buttons that work, and every card says in the end what became of its question.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.adapters.chat import Chat
from tests.adapters.expert_steps import (
    ANSWER,
    PEOPLE,
    QUESTION,
    answers,
    ask_expert,
    choose,
    forget_profile,
    is_told,
    name_fallback,
    only,
    person,
    requests,
)

# ── the ladder ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("channel", [None, "support-desk"])
async def test_an_expert_is_asked_answers_in_a_form_and_hears_that_it_helped(wire: Chat, channel: str | None) -> None:
    await only(wire, "henrik")
    await ask_expert(wire, channel=channel)
    await wire.find("amara", "I have asked Henrik Adeyemi.")
    request = await wire.find("henrik", "Why you: you")
    assert "Amara Lindqvist asks" in request.text
    assert {"Answer", "Ask for detail", "Not me → who?", "Pass", "Later"} <= {*request.buttons}
    assert QUESTION in await wire.press("henrik", "Why you", "Answer")
    await wire.fill_in("henrik", answer=ANSWER)
    answer = await wire.find("amara", "LK-40718")
    assert "Henrik Adeyemi, asked for you" in answer.text
    await wire.find("amara", "✓ Henrik Adeyemi has answered.")
    assert (await wire.find("henrik", "You answered this")).buttons == ()
    await wire.press("amara", "LK-40718", "That helped")
    await wire.find("henrik", "Your answer helped")


async def test_a_reply_in_the_cards_thread_is_the_answer_and_a_file_with_it_goes_no_further(wire: Chat) -> None:
    await only(wire, "henrik")
    await ask_expert(wire)
    request = await wire.find("henrik", "Why you")
    await wire.says("henrik", "Take slider LK-40718.", thread=request.id, files=("slider.pdf",))
    await wire.find("amara", "LK-40718")
    assert await is_told(wire, "henrik", "“slider.pdf”")


async def test_who_is_asked_first_may_say_yes(wire: Chat) -> None:
    await only(wire, "henrik")
    await forget_profile(wire, "henrik")
    await ask_expert(wire)
    request = await wire.find("henrik", "This is the first time I come to you.")
    assert request.buttons == ("Yes, I'll answer", "Not this one", "Please don't ask me")
    await wire.press("henrik", "Why you", "Yes, I'll answer")
    await wire.fill_in("henrik", answer=ANSWER)
    await wire.find("amara", "LK-40718")


async def test_who_says_no_the_first_time_is_never_asked_again(wire: Chat) -> None:
    await only(wire, "henrik")
    await forget_profile(wire, "henrik")
    await ask_expert(wire)
    await wire.press("henrik", "Why you", "Please don't ask me")
    assert (await wire.find("henrik", "I will not bring you questions any more")).buttons == ()
    await wire.find("amara", "found nobody")
    await ask_expert(wire, "tomasz")
    await wire.find("tomasz", "found nobody")
    assert await requests(wire, "henrik") == []


CHANGE = "Change what I am asked"


async def test_an_expert_chooses_what_how_much_and_from_when_they_are_asked(wire: Chat) -> None:
    await wire.passes(timedelta(hours=2))  # he is at work
    await only(wire, "henrik")
    await wire.says("henrik", "lanyard topics")
    await wire.press("henrik", CHANGE, CHANGE)
    assert "Give a number from 1 to 50" in await wire.refused("henrik", weekly_cap="0")
    await wire.press("henrik", CHANGE, CHANGE)
    assert "over" in await wire.refused("henrik", paused_until="2026-11-20")
    await wire.press("henrik", CHANGE, CHANGE)
    assert "Saved" in await wire.fill_in("henrik", topics="tents, zips", weekly_cap="1", paused_until="2026-11-24")
    await ask_expert(wire)
    await wire.find("amara", "found nobody")  # he rests today
    await wire.passes(timedelta(days=1))
    await ask_expert(wire, "tomasz")
    assert len(await requests(wire, "henrik")) == 1
    await answers(wire)
    await ask_expert(wire, "mei")
    await wire.find("mei", "found nobody")  # one a week, he said
    await wire.says("henrik", "Lanyard topics")
    assert "Your topics: tents, zips." in (await wire.find("henrik", "up to one question a week")).text


async def test_who_does_not_know_names_somebody_who_does(wire: Chat) -> None:
    await only(wire, "henrik", "jonas")
    await ask_expert(wire)
    form = await wire.press("henrik", "Why you", "Not me → who?")
    assert "Jonas Quiroga" in form
    assert "Amara Lindqvist" not in form
    await wire.fill_in("henrik", person="Jonas Quiroga")
    assert (await wire.find("henrik", "You passed this on.")).buttons == ()
    assert "you were named by a colleague" in (await wire.find("jonas", "Why you")).text
    await wire.find("amara", "I have asked Jonas Quiroga next.")


async def test_the_next_is_asked_when_one_stays_silent_and_of_two_answers_the_first_counts(wire: Chat) -> None:
    await only(wire, "henrik", "priya")
    await ask_expert(wire)
    assert len(await requests(wire, "henrik")) == 1
    await wire.passes(timedelta(hours=5))
    moved_on = await wire.find("henrik", "I have asked somebody else meanwhile.")
    assert moved_on.buttons == ("Answer",)
    await wire.find("amara", "I have asked Priya Santos next.")
    await wire.press("priya", "Why you", "Answer")
    await wire.press("henrik", "I have asked somebody else meanwhile.", "Answer")
    await wire.fill_in("henrik", answer=ANSWER)
    await wire.find("amara", "LK-40718")
    assert (await wire.find("priya", "Somebody else has answered this.")).buttons == ()
    refused = await wire.refused("priya", answer="Throw it away.")
    assert "taken care of already" in refused
    assert not await is_told(wire, "amara", "Throw it away.")


async def test_who_passes_is_followed_by_the_next_and_after_the_last_one_there_is_nobody(wire: Chat) -> None:
    await wire.passes(timedelta(hours=2))  # all of them are at work
    await only(wire, "henrik", "priya")
    await ask_expert(wire)
    await wire.press("henrik", "Why you", "Pass")
    assert (await wire.find("henrik", "You passed this on.")).buttons == ()
    await wire.press("priya", "Why you", "Pass")
    nobody = await wire.find("amara", "found nobody")
    assert nobody.buttons == ()


async def test_later_keeps_a_question_with_an_expert(wire: Chat) -> None:
    await only(wire, "henrik", "priya")
    await ask_expert(wire)
    assert "I keep the question with you until" in await wire.press("henrik", "Why you", "Later")
    await wire.passes(timedelta(hours=5))
    assert len(await requests(wire, "henrik")) == 1
    assert await requests(wire, "priya") == []


async def test_nobody_is_asked_above_their_cap_in_their_pause_or_when_they_are_out(wire: Chat) -> None:
    await only(wire, "henrik", "priya", "rafael")
    await choose(wire, "henrik", weekly_cap=0)
    await choose(wire, "priya", paused_until=wire.house.services.now() + timedelta(days=2))
    if not await wire.is_out("rafael"):
        await choose(wire, "rafael", consent="no")
    await ask_expert(wire)
    await wire.find("amara", "found nobody")
    assert [await requests(wire, who) for who in ("henrik", "priya", "rafael")] == [[], [], []]


async def test_outside_an_experts_hours_the_question_waits_unless_they_mind_it_not(wire: Chat) -> None:
    await only(wire, "henrik")
    await choose(wire, "henrik", anytime=True)
    await wire.passes(timedelta(hours=12))
    await ask_expert(wire)
    waiting = await wire.find("amara", "Henrik Adeyemi is at work again tomorrow")
    assert waiting.buttons == ("It's solved", "Withdraw", "Ask now anyway")
    assert await requests(wire, "henrik") == []
    await wire.press("amara", "is at work again tomorrow", "Ask now anyway")
    assert len(await requests(wire, "henrik")) == 1
    await wire.find("amara", "I have asked Henrik Adeyemi.")
    await wire.press("amara", "I have asked Henrik Adeyemi.", "Withdraw")

    await ask_expert(wire, "tomasz")
    assert await requests(wire, "henrik") == []
    await wire.passes(timedelta(hours=12))
    assert len(await requests(wire, "henrik")) == 1
    await wire.find("tomasz", "I have asked Henrik Adeyemi.")


@pytest.mark.asks_for("news of people")
async def test_when_an_expert_leaves_the_next_is_asked_and_a_deputy_looks_after_their_aids(wire: Chat) -> None:
    await wire.passes(timedelta(hours=2))  # all of them are at work
    await only(wire, "henrik", "priya")
    await ask_expert(wire)
    assert await wire.leaves("henrik")
    await wire.passes(timedelta(minutes=1))
    await wire.find("amara", "I have asked Priya Santos next.")
    everybody = [seen.text for who in PEOPLE.keys() - {"henrik"} for seen in await wire.reads(who)]
    assert any("Henrik Adeyemi has left. As their deputy" in text for text in everybody)


@pytest.mark.parametrize(("label", "told"), [("It's solved", "✓ Solved."), ("Withdraw", "You withdrew this question.")])
async def test_the_asker_takes_the_question_back_and_the_experts_card_is_closed(
    wire: Chat, label: str, told: str
) -> None:
    await only(wire, "henrik")
    await ask_expert(wire)
    await wire.press("henrik", "Why you", "Answer")  # is about to answer
    await wire.press("amara", "I have asked Henrik Adeyemi.", label)
    assert (await wire.find("amara", told)).buttons == ()
    assert (await wire.find("henrik", "withdrawn, or is solved")).buttons == ()
    assert "taken care of already" in await wire.refused("henrik", answer=ANSWER)
    assert not await is_told(wire, "amara", "LK-40718")


async def test_one_question_back_is_relayed_and_so_is_its_reply(wire: Chat) -> None:
    await only(wire, "henrik")
    await ask_expert(wire)
    await wire.press("henrik", "Why you", "Ask for detail")
    await wire.fill_in("henrik", question="Which colour is the zip?")
    await wire.find("amara", "Henrik Adeyemi asks back:")
    assert "Which colour" in (await wire.find("amara", "Reply")).text
    await wire.press("amara", "asks back", "Reply")
    await wire.fill_in("amara", detail="The grey one.")
    await wire.press("henrik", "The grey one.", "Answer")
    await wire.fill_in("henrik", answer=ANSWER)
    await wire.find("amara", "LK-40718")


async def test_an_aid_that_came_near_answers_it(wire: Chat) -> None:
    await only(wire, "henrik")
    await ask_expert(wire)
    await wire.press("henrik", "Why you", "This aid answers it")
    await wire.fill_in("henrik", aid="Warranty on tents")
    await wire.find("amara", "✓ Henrik Adeyemi has answered.")
    assert (await wire.find("henrik", "You answered this")).buttons == ()
    answer = await wire.find("amara", "That helped")
    assert "Warranty on tents" in answer.text


async def test_an_unnamed_asker_stays_unnamed_on_every_card(wire: Chat) -> None:
    await only(wire, "henrik")
    await ask_expert(wire, unnamed=True)
    request = await wire.find("henrik", "Why you")
    assert "A colleague who prefers to stay unnamed asks" in request.text
    await wire.press("henrik", "Why you", "Ask for detail")
    await wire.fill_in("henrik", question="Which colour is the zip?")
    await wire.press("amara", "asks back", "Reply")
    await wire.fill_in("amara", detail="The grey one. Amara Lindqvist")
    await wire.find("henrik", "The grey one.")
    await answers(wire)
    await wire.find("amara", "LK-40718")
    await wire.press("henrik", "Publish", "Publish")
    for who in PEOPLE.keys() - {"amara"}:
        assert not [seen.text for seen in await wire.reads(who) if "Amara" in seen.text]


async def test_the_last_rung_is_a_person(wire: Chat) -> None:
    await only(wire)
    leila = await person(wire, "leila")
    await name_fallback(wire, person_id=leila.id)
    await ask_expert(wire)
    assert "look after what nobody else could answer" in (await wire.find("leila", "Why you")).text
    await wire.find("amara", "I have asked Leila Brandvold.")


async def test_the_last_rung_is_a_channel_whose_people_can_answer(wire: Chat) -> None:
    await only(wire)
    await wire.says("mei", "fallback", channel="store-berlin")
    await wire.press("mei", "Choose who gets them", "Choose who gets them")
    await wire.fill_in("mei", place="=here")
    await ask_expert(wire, channel="support-desk")
    await wire.find("amara", "I found nobody to ask myself, so I have asked in")
    await wire.press("rafael", "Does somebody here know?", "Answer")
    await wire.fill_in("rafael", answer=ANSWER)
    await wire.find("amara", "LK-40718")
    assert not [seen for seen in await wire.reads("rafael") if "Does somebody here know?" in seen.text]


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_question_beside_a_file_is_answered_and_the_file_said_to_be_unread(wire: Chat) -> None:
    await wire.says("amara", "How much may I refund without approval?", files=("receipt.pdf",))
    await wire.find("amara", "150 EUR")
    told = await wire.find("amara", "not “receipt.pdf”")
    assert told.buttons == ("Write a job aid",)
    await wire.press("amara", "not “receipt.pdf”", "Write a job aid")
    await wire.fill_in("amara", title="Receipts fade", body="Copy a receipt before you file it.")
    await wire.says("amara", "", files=("receipt.pdf",))
    await wire.find("amara", "neither read nor kept “receipt.pdf”")


async def test_what_is_typed_below_a_card_is_as_good_as_its_buttons(wire: Chat) -> None:
    await only(wire, "henrik")
    await wire.says("amara", QUESTION)
    await wire.find("amara", "No, ask an expert")
    await wire.says("amara", "none of these")
    await wire.find("amara", "I have nothing else on this.")
    await wire.says("amara", "Yes please!")
    request = await wire.find("henrik", "Why you")
    await wire.says("henrik", ANSWER, thread=request.id)
    await wire.find("amara", "LK-40718")
    await wire.says("amara", "that worked, thank you")
    await wire.find("henrik", "Your answer helped")
