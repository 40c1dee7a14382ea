"""`/lanyard glossary`: what our own words stand for, who may change it, and what is suggested."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.messages import FieldErrors, Form, Note, Outcome
from bot.store import GoneError, Store
from knowledge.model import JobAid
from knowledge.terms import Why
from tests.doubles.memory import PLATFORM, TENANT, MemoryPlatform
from tests.journeys.dialogue import Clock, Dialogue, find_button, labels, text_of

SIX = ("amara", "tomasz", "priya", "henrik", "mei", "jonas")


async def add_aid(talk: Dialogue, title: str, body: str, *, audience: frozenset[str] = frozenset({"everyone"})) -> None:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.put_aid(JobAid(key=title, title=title, body=body, audience=audience), by=None, source="import")


async def glossary(talk: Dialogue, rest: str = "", *, who: str = "leila") -> str:
    await talk.says(who, f"glossary {rest}".strip())
    return text_of(talk.last(who).card)


def said(outcome: Outcome) -> str:
    assert isinstance(outcome, Note), outcome
    return text_of(outcome.card)


async def test_a_term_added_in_one_line_is_understood_in_the_next_question(talk: Dialogue) -> None:
    await add_aid(talk, "Quarterly business review", "Bring the figures of the last three months.")
    await talk.says("amara", "what do i bring to the qbr?")
    assert "Bring the figures" not in text_of(talk.last("amara").card)
    assert "understood as “quarterly business review”" in await glossary(talk, "QBR = quarterly business review")
    await talk.says("amara", "what do i bring to the qbr?")
    assert "Quarterly business review" in text_of(talk.last("amara").card)


async def test_a_change_on_one_replica_is_understood_by_the_next_question_on_another(
    talk: Dialogue, sample_url: str, platform: MemoryPlatform, clock: Clock
) -> None:
    store = Store(sample_url)
    other = Dialogue(store, platform, clock)
    await add_aid(talk, "Quarterly business review", "Bring the figures of the last three months.")
    for change, found in (
        ("glossary", False),
        ("glossary QBR = quarterly business review", True),
        ("glossary remove QBR", False),
    ):
        await talk.says("leila", change)
        await other.says("amara", "qbr?", key=change)
        assert ("Quarterly business review" in text_of(talk.last("amara").card)) is found
    await store.close()


async def test_the_slash_command_shows_it_with_a_page_and_more(talk: Dialogue) -> None:
    whole = said(await talk.says("leila", "glossary", command="lanyard"))
    assert "AED: automated external defibrillator" in whole
    assert " of 24" not in whole
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        for number in range(100):
            await tx.put_term(f"Z{number:03}", f"the thing number {number}", by=None)
    first = said(await talk.says("leila", "glossary", command="lanyard"))
    assert "1 to 50 of 124" in first
    second = said(await talk.forges("leila", "glossary", "50"))
    assert "AED" not in second
    assert "[Earlier ones]" in second
    assert "[More]" in second
    last = said(await talk.forges("leila", "glossary", "100"))
    assert "[More]" not in last
    assert "no more terms" in said(await talk.forges("leila", "glossary", "9000"))
    form = await talk.forges("leila", "pick_term", "100")
    assert isinstance(form, Form)
    assert [label for _, label in form.fields[0].options][-1] == "Z099: the thing number 99"


@pytest.mark.parametrize(
    "text",
    [
        "What does AED mean?",
        "what do aed stand for",
        "what does the term “AED” mean",
        "what's the meaning of AED?",
        "What is the full form of  *aed*",
    ],
)
async def test_whoever_asks_what_a_term_means_is_told_from_the_glossary(talk: Dialogue, text: str) -> None:
    await talk.says("amara", text)
    card = talk.last("amara").card
    assert "AED: automated external defibrillator" in text_of(card)
    assert labels(card) == []
    async with talk.look() as tx:
        with pytest.raises(GoneError):
            await tx.question(1)  # nothing was asked of the job aids


@pytest.mark.parametrize("text", ["What does XQZ mean?", "What does it mean to refund?", "what does AED mean for me"])
async def test_what_is_not_in_the_glossary_is_a_question(talk: Dialogue, text: str) -> None:
    await talk.says("amara", text)
    async with talk.look() as tx:
        assert (await tx.question(1)).text == text


async def test_a_term_of_others_is_not_told(talk: Dialogue) -> None:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.put_term("QZX", "quiet zone exercise", by=None, audience=frozenset({"group:board"}))
    await talk.says("amara", "What does QZX mean?")
    assert "quiet zone" not in text_of(talk.last("amara").card)


async def test_a_term_is_picked_from_the_page_and_changed_or_taken_out(talk: Dialogue) -> None:
    outcome = await talk.says("leila", "glossary", command="lanyard")
    assert isinstance(outcome, Note)
    button = find_button(outcome.card, "Change or remove")
    form = await talk.forges("leila", button.verb, button.value)
    assert isinstance(form, Form)
    chosen = next(value for value, label in form.fields[0].options if label.startswith("PO: "))
    wrong = await talk.submits("leila", form, term=chosen, expansion="po")
    assert isinstance(wrong, FieldErrors)
    assert "understood as “post office”" in said(
        await talk.submits("leila", form, term=chosen, expansion="post office")
    )
    gone = await talk.submits("leila", form, term=chosen)
    assert isinstance(gone, FieldErrors)
    other = next(value for value, label in form.fields[0].options if label.startswith("VPN: "))
    assert "Taken out" in said(await talk.submits("leila", form, term=other))
    assert "VPN" not in said(await talk.says("leila", "glossary", command="lanyard"))
    nothing = await talk.submits("leila", form, term="x")
    assert isinstance(nothing, FieldErrors)


async def test_everybody_reads_it_and_only_l_and_d_change_it(talk: Dialogue) -> None:
    text = await glossary(talk, who="amara")
    assert "POS: point of sale" in text
    assert "[Change or remove]" not in text
    assert "POS: point of sale" in await glossary(talk, "POS", who="amara")
    for line in ("X1 = something", "remove POS", "remove POS = point of sale"):
        assert "Only L&D" in await glossary(talk, line, who="amara")
    form = await talk.forges("leila", "new_term")
    for refused in (
        await talk.forges("amara", "new_term"),
        await talk.forges("amara", "edit_term", "1"),
        await talk.forges("amara", "pick_term", "0"),
        await talk.forges("amara", "remove_term", "1"),
        await talk.forges("amara", "accept_term", '["X1","something",["everyone"]]'),
        await talk.forges("amara", "decline_term", '["X1","something",["everyone"]]'),
    ):
        assert "Only L&D" in said(refused)
    assert isinstance(await talk.submits("amara", form, term="X1", expansion="something"), FieldErrors)
    async with talk.look() as tx:
        assert len(await tx.glossary()) == 24


async def test_a_term_is_added_changed_and_removed_by_form_and_button(talk: Dialogue) -> None:
    await glossary(talk, "QBR")
    form = await talk.presses("leila", talk.last("leila"), "Add it")
    assert isinstance(form, Form)
    wrong = await talk.submits("leila", form, expansion="QBR")
    assert isinstance(wrong, FieldErrors)
    assert set(wrong.errors) == {"expansion"}
    assert "understood as" in said(await talk.submits("leila", form, expansion="quarterly review"))
    await glossary(talk, "qbr")
    post = talk.last("leila")
    form = await talk.presses("leila", post, "Change")
    assert "quarterly business review" in said(await talk.submits("leila", form, expansion="quarterly business review"))
    assert "QBR: quarterly business review" in await glossary(talk, "qbr")
    await talk.presses("leila", talk.last("leila"), "Remove")
    assert "Taken out" in text_of(talk.last("leila").card)
    assert labels(talk.last("leila").card) == []
    assert "not in the glossary" in await glossary(talk, "qbr")
    gone = await talk.presses("leila", post, "Change")
    assert "not in the glossary any more" in said(gone)


async def test_a_term_may_stand_for_several_things(talk: Dialogue) -> None:
    assert "still stands for “purchase order”" in await glossary(talk, "PO = post office")
    assert (await glossary(talk, "po")).count("PO: ") == 2
    await glossary(talk, "remove PO = post office")
    assert (await glossary(talk, "po")).count("PO: ") == 1
    assert "not in the glossary" in await glossary(talk, "remove XYZ")


async def test_a_question_about_a_glossary_is_a_question(talk: Dialogue) -> None:
    await talk.says("amara", "glossary of the words that we use?")
    assert "in the glossary" not in text_of(talk.last("amara").card)


# ── what is suggested ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_an_aid_explains_is_suggested_and_taken_with_one_tap(talk: Dialogue) -> None:
    await add_aid(talk, "Reviews", "Each quarterly business review (QBR) begins with the figures.")
    assert "Shall “QBR” stand for “quarterly business review”?" in await glossary(talk)
    await talk.presses("leila", talk.last("leila"), "Yes")
    assert "From now on “QBR” is understood" in text_of(talk.last("leila").card)
    assert "QBR: quarterly business review" in await glossary(talk, "QBR")
    assert "Shall “QBR”" not in await glossary(talk)


async def test_what_was_declined_is_not_suggested_again_and_may_still_be_added(talk: Dialogue) -> None:
    await add_aid(talk, "Reviews", "Each quarterly business review (QBR) begins with the figures.")
    outcome = await talk.says("leila", "glossary", command="lanyard")
    assert isinstance(outcome, Note)
    value = find_button(outcome.card, "No").value
    assert "do not suggest it again" in said(await talk.forges("leila", "decline_term", value))
    assert "Shall “QBR”" not in await glossary(talk)
    async with talk.look() as tx:
        assert "QBR" not in [term.term for term in await tx.glossary()]
    await glossary(talk, "qbr = Quarterly Business Review")
    assert "qbr: Quarterly Business Review" in await glossary(talk, "QBR")


async def test_what_a_closed_aid_explains_stays_with_its_readers(talk: Dialogue) -> None:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        leila = await tx.known_person(PLATFORM, TENANT, "leila")
        assert leila is not None
        who = "tomasz"
        tomasz = await tx.known_person(PLATFORM, TENANT, who)
        assert tomasz is not None
        await tx.change_roles(tomasz.id, roles=["ld"], groups=[], by=None)
        await tx.change_roles(leila.id, roles=["ld"], groups=["secret"], by=None)
    await add_aid(
        talk,
        "Project",
        "The blue heron merger (BHM) is signed in May.",
        audience=frozenset({"group:secret"}),
    )
    assert "BHM" not in await glossary(talk, who=who)
    in_channel = said(await talk.says("leila", "glossary", command="lanyard", channel="support-desk"))
    assert "BHM" not in in_channel
    assert "Shall “BHM”" in await glossary(talk)
    await talk.presses("leila", talk.last("leila"), "Yes")
    assert "BHM: blue heron merger (for some only)" in await glossary(talk, "BHM")
    for other in (who, "amara"):
        assert "blue heron" not in await glossary(talk, "BHM", who=other)
    async with talk.look() as tx:
        (term,) = [term for term in await tx.glossary() if term.term == "BHM"]
    for verb in ("edit_term", "remove_term"):
        assert "not in the glossary any more" in said(await talk.forges(who, verb, str(term.id)))
    forged = await talk.forges(who, "accept_term", '["BHM","blue heron merger",["group:secret"]]')
    assert "old one" in said(forged)


async def helped(talk: Dialogue, people: tuple[str, ...], question: str, title: str) -> None:
    """They ask, somehow find the aid, and say that it helped."""
    for who in people:
        await talk.says(who, question)
        async with talk.store.transaction(1, now=talk.clock()) as tx:
            aid = await tx.find_aid(title, grants=frozenset({"everyone"}))
            assert aid is not None
            person = next(one for one in await tx.everyone() if one.name.casefold().startswith(who))
            asked = await tx.questions_of(person, statuses=("open", "unanswered", "solved"), limit=1)  # type: ignore[arg-type]
            answer = await tx.record_answer(
                question_id=asked[0].id,
                text="x",
                message_key=f"{who}-{question}",
                snippet_id=f"{aid.id}.0",
                aid_id=aid.id,
            )
            await tx.judge(answer, helped=True, by=person)


async def test_an_unknown_acronym_that_led_five_people_to_an_aid_is_suggested(talk: Dialogue) -> None:
    await add_aid(talk, "Quarterly business review", "Bring the figures of the last three months.")
    await helped(talk, SIX[:4], "What is a QBR here?", "Quarterly business review")
    assert "QBR" not in await glossary(talk)
    await helped(talk, SIX[4:5], "What is a QBR here?", "Quarterly business review")
    assert "Shall “QBR” stand for “Quarterly business review”?" in await glossary(talk)
    assert "and “Quarterly business review” helped them" in text_of(talk.last("leila").card)
    talk.clock.advance(timedelta(days=400))
    assert "QBR" not in await glossary(talk)


@pytest.mark.parametrize("value", ["", "[]", "{}", '["a"]', '["a","b","everyone"]', '["a","b",[1]]', "x" * 3000])
async def test_a_forged_suggestion_is_refused(talk: Dialogue, value: str) -> None:
    assert "not one of mine" in said(await talk.forges("leila", "accept_term", value))


def test_every_reason_has_its_words() -> None:
    from bot.wording.glossary import _WHY

    assert set(_WHY) == set(Why)
