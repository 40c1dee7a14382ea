"""A job aid is changed, a change is suggested, what changed is shown, and what it said before is brought back."""

from __future__ import annotations

from bot.messages import FieldErrors, Form, Note
from bot.store.records import Aid
from knowledge.model import JobAid
from tests.doubles.memory import Posted
from tests.journeys.dialogue import Dialogue, find_button, labels, text_of

BODY = "1. Open the lid.\n2. Press Reset.\n3. Close the lid."
BETTER = "1. Open the lid.\n2. Press Reset for 5 seconds.\n3. Close the lid."
ASK = "The label printer blinks red, how is it reset?"


async def printer(
    talk: Dialogue, *, locked: bool = False, owner: str | None = "henrik.adeyemi@larkspur.example"
) -> Aid:
    deputy = "priya.santos@larkspur.example" if owner else None
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        aid = JobAid(
            key="printer-red",
            title="Label printer blinks red: reset it",
            body=BODY,
            owner=owner,
            deputy=deputy,
            locked=locked,
            verified_on=talk.clock().date(),
        )
        await tx.put_aid(aid, by=None, source="test")
        return await tx.aid_by_key("printer-red")


async def suggests(
    talk: Dialogue, who: str, aid: Aid, body: str = BETTER, note: str = "It needs to be held."
) -> Posted:
    form = await talk.forges(who, "suggest_edit", str(aid.id))
    outcome = await talk.submits(who, form, body=body, note=note)
    assert isinstance(outcome, Note)
    assert "Thank you" in text_of(outcome.card)
    return talk.last("henrik")


async def now(talk: Dialogue, aid: Aid) -> Aid:
    async with talk.look() as tx:
        return await tx.aid(aid.id)


async def test_anybody_suggests_a_change_from_an_answer_and_the_owner_sees_what_would_change(talk: Dialogue) -> None:
    await printer(talk)
    await talk.says("amara", ASK)
    given = talk.last("amara")
    form = await talk.presses("amara", given, "Suggest a change")
    await talk.submits("amara", form, body=BETTER, note="It needs to be held.")
    card = talk.last("henrik")
    shown = text_of(card.card)
    assert "Amara Lindqvist suggests a change" in shown
    assert "It needs to be held." in shown
    assert "− 2. Press Reset." in shown
    assert "+ 2. Press Reset« for 5 seconds»." in shown
    assert "suggests a change" in text_of(talk.last("priya").card)  # the deputy

    await talk.presses("henrik", card, "Take it up")
    assert "Henrik Adeyemi took it up" in text_of(card.card)
    assert "Henrik Adeyemi took it up" in text_of(talk.last("priya").card)
    assert "took up your change" in text_of(talk.last("amara").card)
    assert "5 seconds" in text_of(given.card)
    assert "Corrected on" in text_of(given.card)


async def test_a_suggestion_is_turned_down_and_its_author_hears_it(talk: Dialogue) -> None:
    aid = await printer(talk)
    card = await suggests(talk, "amara", aid)
    await talk.presses("henrik", card, "No, thanks")
    assert "was not taken up" in text_of(talk.last("amara").card)
    assert (await now(talk, aid)).body == BODY
    late = await talk.forges("priya", "accept_suggestion", f"1.{aid.version}")
    assert isinstance(late, Note)
    assert "rejected already" in late.card.summary


async def test_a_suggestion_is_reworded_before_it_is_taken_up(talk: Dialogue) -> None:
    aid = await printer(talk)
    card = await suggests(talk, "amara", aid)
    form = await talk.presses("henrik", card, "Edit first")
    assert isinstance(form, Form)
    assert next(one.value for one in form.fields if one.name == "body") == BETTER
    await talk.submits("henrik", form, body=BETTER.replace("5", "7"))
    assert "7 seconds" in (await now(talk, aid)).body
    assert "reworded" in text_of(talk.last("amara").card)


async def test_whoever_suggests_cannot_take_it_up(talk: Dialogue) -> None:
    aid = await printer(talk)
    await suggests(talk, "amara", aid)
    for verb, value in (("accept_suggestion", "1.1"), ("reject_suggestion", "1"), ("edit_suggestion", "1")):
        refused = await talk.forges("amara", verb, value)
        assert isinstance(refused, Note)
        assert "Only its owner" in refused.card.summary
    assert (await now(talk, aid)).body == BODY


async def test_of_a_locked_aid_only_its_owners_decide(talk: Dialogue) -> None:
    aid = await printer(talk, locked=True)
    refused = await talk.forges("leila", "edit_aid", str(aid.id))
    assert isinstance(refused, Note)
    assert "locked" in refused.card.summary
    card = await suggests(talk, "leila", aid)
    refused = await talk.forges("mei", "accept_suggestion", f"1.{aid.version}")
    assert isinstance(refused, Note)
    assert "locked" in refused.card.summary
    await talk.presses("henrik", card, "Take it up")
    assert (await now(talk, aid)).body == BETTER


async def test_a_locked_aid_learns_no_wordings(talk: Dialogue) -> None:
    aid = await printer(talk, locked=True)
    await talk.says("amara", ASK)
    await talk.presses("amara", talk.last("amara"), "That helped")
    async with talk.look() as tx:
        (piece,) = [one for one in (await tx.knowledge_since(0)).upsert if one.aid == str(aid.id)]
    assert piece.phrasings == ()


async def test_what_nobody_looks_after_is_decided_by_l_and_d(talk: Dialogue) -> None:
    aid = await printer(talk, owner=None)
    form = await talk.forges("amara", "suggest_edit", str(aid.id))
    await talk.submits("amara", form, body=BETTER)
    await talk.presses("leila", talk.last("leila"), "Take it up")
    assert (await now(talk, aid)).body == BETTER


async def test_a_suggestion_without_a_change_is_refused_in_the_form(talk: Dialogue) -> None:
    aid = await printer(talk)
    form = await talk.forges("amara", "suggest_edit", str(aid.id))
    refused = await talk.submits("amara", form)
    assert isinstance(refused, FieldErrors)
    assert "Nothing is changed yet" in refused.errors["body"]


async def test_a_suggestion_upon_what_has_changed_since_is_shown_anew_before_it_is_taken_up(talk: Dialogue) -> None:
    aid = await printer(talk)
    card = await suggests(talk, "amara", aid)
    form = await talk.forges("priya", "edit_aid", str(aid.id))
    await talk.submits("priya", form, body=f"{BODY}\n4. Wait.")
    await talk.presses("henrik", card, "Take it up")
    assert "changed since this was suggested" in text_of(card.card)
    assert "− 4. Wait." in text_of(card.card)
    assert "4. Wait." in (await now(talk, aid)).body
    await talk.presses("henrik", card, "Take it up")
    assert (await now(talk, aid)).body == BETTER


async def test_of_two_who_edit_at_once_the_second_is_told_and_loses_nothing(talk: Dialogue) -> None:
    aid = await printer(talk)
    henriks = await talk.forges("henrik", "edit_aid", str(aid.id))
    priyas = await talk.forges("priya", "edit_aid", str(aid.id))
    await talk.submits("henrik", henriks, body=BETTER)
    told = await talk.submits("priya", priyas, body=f"{BODY}\n4. Wait.")
    assert isinstance(told, Note)
    assert "Yours is kept" in text_of(told.card)
    assert (await now(talk, aid)).body == BETTER
    card = talk.last("priya")
    assert "Henrik Adeyemi changed job aid" in text_of(card.card)
    assert "+ 4. Wait." in text_of(card.card)
    await talk.presses("priya", card, "Save mine over it")
    assert (await now(talk, aid)).body.endswith("4. Wait.")
    async with talk.look() as tx:
        assert [one.number for one in await tx.versions(aid.id)] == [3, 2, 1]


async def test_the_history_shows_who_changed_what_and_brings_an_old_version_back_as_a_new_one(talk: Dialogue) -> None:
    aid = await printer(talk)
    card = await suggests(talk, "amara", aid)
    await talk.presses("henrik", card, "Take it up")
    history = await talk.forges("henrik", "aid_history", str(aid.id))
    assert isinstance(history, Note)
    assert "Version 2 · 23 November 2026 · Henrik Adeyemi · suggested by Amara Lindqvist" in text_of(history.card)
    button = find_button(history.card, "What changed?")
    changed = await talk.forges("henrik", button.verb, button.value)
    assert isinstance(changed, Note)
    assert "+ 2. Press Reset« for 5 seconds»." in text_of(changed.card)
    back = find_button(changed.card, "Bring version 1 back")
    await talk.forges("henrik", back.verb, back.value)
    aid = await now(talk, aid)
    assert (aid.body, aid.version) == (BODY, 3)
    again = await talk.forges("henrik", back.verb, back.value)
    assert isinstance(again, Note)
    assert "was changed while you had it before you" in again.card.summary


async def test_what_was_taken_out_of_an_aid_is_not_for_everybody(talk: Dialogue) -> None:
    aid = await printer(talk)
    card = await suggests(talk, "amara", aid)
    await talk.presses("henrik", card, "Take it up")
    for verb, value in (("aid_history", str(aid.id)), ("aid_version", f"{aid.id}.2")):
        refused = await talk.forges("amara", verb, value)
        assert isinstance(refused, Note)
        assert "shown to those who look after it" in refused.card.summary
    refused = await talk.forges("amara", "restore_version", f"{aid.id}.1.2")
    assert isinstance(refused, Note)
    assert "Only its owner" in refused.card.summary


async def test_a_closed_aid_is_neither_edited_nor_suggested_upon_by_l_and_d_outside_it(talk: Dialogue) -> None:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        audience = frozenset({"conversation:memory/test/people-team"})
        await tx.put_aid(
            JobAid(key="secret", title="Secret", body="Bonus day.", audience=audience), by=None, source="x"
        )
        aid = await tx.aid_by_key("secret")
    for verb in ("edit_aid", "suggest_edit", "open_aid", "aid_history", "care_aid", "retire_aid", "still_true"):
        for who in ("leila", "mei", "amara"):
            refused = await talk.forges(who, verb, str(aid.id))
            assert isinstance(refused, Note), verb
            assert "Bonus" not in text_of(refused.card)
            assert "Secret" not in text_of(refused.card)


async def test_a_long_difference_is_cut_and_says_so(talk: Dialogue) -> None:
    aid = await printer(talk)
    card = await suggests(
        talk, "amara", aid, body="\n".join(f"{number}. Another line, number {number}." for number in range(200))
    )
    assert "more changed lines" in text_of(card.card)
    assert len(text_of(card.card)) < 4000


async def test_an_aid_is_shown_by_its_number_with_what_one_may_do(talk: Dialogue) -> None:
    aid = await printer(talk)
    await talk.says("amara", f"lanyard aid #{aid.number}")
    assert labels(talk.last("amara").card) == ["Suggest a change"]
    shown = await talk.says("henrik", f"aid {aid.number}", command="lanyard")
    assert isinstance(shown, Note)
    assert {"Edit", "History", "Who looks after it", "Retire"} <= set(labels(shown.card))
    missing = await talk.says("henrik", "aid 9999", command="lanyard")
    assert isinstance(missing, Note)
    assert "I find no job aid" in text_of(missing.card)


async def test_what_a_form_has_no_room_for_is_not_cut_by_it(talk: Dialogue) -> None:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.put_aid(JobAid(key="long", title="Long", body="word " * 700), by=None, source="test")
        aid = await tx.aid_by_key("long")
    for who, verb in (("leila", "edit_aid"), ("amara", "suggest_edit")):
        refused = await talk.forges(who, verb, str(aid.id))
        assert isinstance(refused, Note)
        assert "room for 3,000" in refused.card.summary
