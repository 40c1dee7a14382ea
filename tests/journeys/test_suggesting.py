"""A job aid from somebody's own hand: saved from a message, or written in a form."""

from __future__ import annotations

import pytest

from bot.journeys.suggesting import is_wish
from bot.messages import FieldErrors, Form, Note
from tests.journeys.dialogue import Dialogue, labels, text_of
from tests.journeys.test_routing import ask_expert

WORDS = "Hi Tomasz, the label printer jams when the roll is in backwards. Turn it so that the label faces up."
ASK = "The label printer jams because the roll is in backwards, what now?"


def field_of(form: object, name: str) -> str:
    assert isinstance(form, Form)
    return next(field.value for field in form.fields if field.name == name)


def audiences(form: object) -> list[str]:
    assert isinstance(form, Form)
    return [label for field in form.fields if field.name == "audience" for _, label in field.options]


async def test_a_message_is_drafted_without_the_greeting_and_an_expert_publishes_it(talk: Dialogue) -> None:
    form = await talk.uses_on("mei", WORDS, channel="support-desk")
    assert field_of(form, "body").startswith("The label printer jams")
    outcome = await talk.submits("mei", form, channel="support-desk", title="Label printer jams: turn the roll")
    assert isinstance(outcome, Note)
    assert "Published as job aid #43" in text_of(outcome.card)
    await talk.says("tomasz", ASK)
    answer = text_of(talk.last("tomasz").card)
    assert "faces up" in answer
    assert "looked after by Mei Hartono" in answer
    assert "Where it was said" in answer


async def test_what_a_colleague_suggests_is_published_by_l_and_d_and_becomes_theirs(talk: Dialogue) -> None:
    form = await talk.uses_on("amara", WORDS, channel="support-desk")
    thanks = await talk.submits("amara", form, channel="support-desk", title="Label printer jams: turn the roll")
    assert isinstance(thanks, Note)
    assert "L&D looks at it" in text_of(thanks.card)
    await talk.says("tomasz", ASK)
    assert "faces up" not in text_of(talk.last("tomasz").card)

    suggested = talk.last("leila")
    assert "Amara Lindqvist suggests a job aid" in text_of(suggested.card)
    await talk.presses("leila", suggested, "Publish")
    assert "Published as job aid #43" in text_of(suggested.card)
    assert "yours to look after" in text_of(talk.last("amara").card)
    await talk.says("tomasz", ASK)
    assert "looked after by Amara Lindqvist" in text_of(talk.last("tomasz").card)


async def test_whoever_suggested_it_cannot_publish_it_and_hears_when_it_is_dropped(talk: Dialogue) -> None:
    form = await talk.uses_on("amara", WORDS, channel="support-desk")
    await talk.submits("amara", form, channel="support-desk", title="Label printer")
    suggested = talk.last("leila")
    for verb in ("publish", "publish_anyway", "edit_aid", "discard"):
        refused = await talk.forges("amara", verb, "43")
        assert isinstance(refused, Note)
        assert "Only its owner" in refused.card.summary
    await talk.presses("leila", suggested, "No, drop it")
    assert "was not published" in text_of(talk.last("amara").card)


async def test_two_approvers_publish_it_once(talk: Dialogue) -> None:
    form = await talk.uses_on("amara", WORDS, channel="support-desk")
    await talk.submits("amara", form, channel="support-desk", title="Label printer jams: turn the roll")
    leilas, meis = talk.last("leila"), talk.last("mei")
    await talk.presses("leila", leilas, "Publish")
    late = await talk.presses("mei", meis, "Publish")
    assert isinstance(late, Note)
    assert "not a draft any more" in late.card.summary
    assert sum("yours to look after" in text_of(post.card) for post in talk.seen_by("amara")) == 1


async def test_what_was_said_in_a_closed_channel_stays_with_its_people(talk: Dialogue) -> None:
    secret = "Sick notes go into the blue folder before the third day."
    form = await talk.uses_on("leila", secret, channel="people-team")
    assert audiences(form) == ["Only the people of #people-team"]
    await talk.submits("leila", form, channel="people-team", title="Sick notes: the blue folder")
    for who in ("amara", "mei"):
        await talk.says(who, "Where do sick notes go, the blue folder?")
        assert "third day" not in text_of(talk.last(who).card)
    await talk.says("jonas", "Where do sick notes go, the blue folder?", channel="people-team", mentioned=True)
    assert "third day" in text_of(talk.last("jonas").card)


async def test_an_audience_that_was_not_offered_is_refused(talk: Dialogue) -> None:
    form = await talk.uses_on("leila", WORDS, channel="people-team")
    refused = await talk.submits("leila", form, channel="people-team", title="x", audience="everyone")
    assert refused == FieldErrors(errors={"audience": "Please choose who may see it."})
    open_form = await talk.forges("amara", "new_aid")
    refused = await talk.submits("amara", open_form, title="x", body="y", audience="group:managers")
    assert isinstance(refused, FieldErrors)


async def test_what_was_said_to_one_alone_may_be_kept_for_that_one_alone(talk: Dialogue) -> None:
    form = await talk.uses_on("amara", WORDS)
    assert audiences(form) == ["Only me: it was said to nobody else"]
    outcome = await talk.submits("amara", form, title="Label printer jams: turn the roll")
    assert isinstance(outcome, Note)
    assert "Published" in text_of(outcome.card)
    await talk.says("amara", ASK)
    assert "faces up" in text_of(talk.last("amara").card)
    await talk.says("tomasz", ASK)
    assert "faces up" not in text_of(talk.last("tomasz").card)


async def test_what_ages_or_is_known_already_is_shown_before_it_is_published(talk: Dialogue) -> None:
    async with talk.look() as tx:
        known = await tx.find_aid("#1", grants=frozenset({"everyone"}))
    assert known is not None
    form = await talk.forges("mei", "new_aid")
    note = await talk.submits(
        "mei", form, title=known.title, body=known.body + "\nAsk Priya Santos tomorrow.", audience="everyone"
    )
    assert isinstance(note, Note)
    assert "worth a look" in text_of(note.card)
    draft = talk.last("mei")
    assert "very similar" in text_of(draft.card)
    assert "Priya" in text_of(draft.card)
    assert any(label.startswith("Same as") for label in labels(draft.card))
    await talk.presses("mei", draft, "Keep both")
    assert "Published as job aid #43" in text_of(draft.card)


async def test_an_answer_from_an_aid_is_not_saved_as_another(talk: Dialogue) -> None:
    await talk.says("amara", "How do I connect to the VPN?")
    answer = talk.last("amara")
    refused = await talk.forges("amara", "save_as_aid", "x", post=answer)
    assert isinstance(refused, Note)
    assert "no words" in refused.card.summary


@pytest.mark.parametrize("fields", [{"title": "", "body": "x"}, {"title": "x", "body": " "}])
async def test_an_aid_needs_a_title_and_a_body(talk: Dialogue, fields: dict[str, str]) -> None:
    form = await talk.forges("mei", "new_aid")
    assert isinstance(await talk.submits("mei", form, **fields), FieldErrors)


async def test_the_global_shortcuts_open_their_forms(talk: Dialogue) -> None:
    form = await talk.says("amara", "", command="ask")
    assert isinstance(form, Form)
    await talk.submits("amara", form, question="How do I connect to the VPN?")
    assert "That helped" in labels(talk.last("amara").card)
    assert isinstance(await talk.says("amara", "", command="new_aid"), Form)
    empty = await talk.submits("amara", await talk.says("amara", "", command="ask"), question=" ")
    assert isinstance(empty, FieldErrors)


async def test_a_file_sent_in_chat_is_said_to_be_unread_with_what_to_do_instead(talk: Dialogue) -> None:
    await talk.says("amara", "", attached=("returns.docx",))
    (told,) = talk.seen_by("amara")
    assert "neither read nor kept “returns.docx”" in text_of(told.card)
    assert "taken in from experts and from L&D: give it to one of them" in text_of(told.card)
    form = await talk.presses("amara", told, "Write a job aid")
    assert isinstance(form, Form)
    assert form.verb == "new_aid"


async def test_several_files_are_counted(talk: Dialogue) -> None:
    await talk.says("amara", " ", attached=("a.pdf", "b.pdf"))
    assert "these 2 files" in text_of(talk.last("amara").card)


async def test_a_question_beside_a_file_is_answered_and_the_file_said_to_be_unread(talk: Dialogue) -> None:
    await talk.says("amara", "How much may I refund without approval?", attached=("receipt.png",), key="q-1")
    await talk.says("amara", "How much may I refund without approval?", attached=("receipt.png",), key="q-1")
    answer, told = talk.seen_by("amara")
    assert "150 EUR" in text_of(answer.card)
    assert "not “receipt.png”" in text_of(told.card)
    assert "write that too" in text_of(told.card)


@pytest.mark.parametrize("text", ["Hello!", "home", "/ask How much may I refund?", "nudge list"])
async def test_whatever_the_words_beside_it_come_to_a_file_is_not_passed_over(talk: Dialogue, text: str) -> None:
    await talk.says("amara", text, attached=("receipt.png",))
    assert len([post for post in talk.seen_by("amara") if "not “receipt.png”" in text_of(post.card)]) == 1
    assert len(talk.seen_by("amara")) == 2


async def test_in_a_channel_only_who_sent_a_file_reads_that_it_is_unread(talk: Dialogue) -> None:
    asked = "How much may I refund without approval?"
    await talk.says("amara", asked, channel="support-desk", mentioned=True, attached=("a.png",), key="q-1")
    (answer, told), (seen,) = talk.seen_by("amara"), talk.seen_by("priya")
    assert answer.ref == seen.ref
    assert "not “a.png”" in text_of(told.card)
    assert (told.ref.person, told.ref.thread) == ("amara", "q-1")


async def test_an_expert_who_replies_with_a_file_hears_that_the_words_alone_went_on(talk: Dialogue) -> None:
    await ask_expert(talk)
    request = talk.last("henrik")
    await talk.says("henrik", "Take slider LK-40718.", thread=request.ref.id, attached=("slider.pdf",))
    told = [post for post in talk.seen_by("henrik") if "not “slider.pdf”" in text_of(post.card)]
    assert [post.ref.thread for post in told] == [request.ref.id]
    assert "does not get" in text_of(told[0].card)
    assert any("LK-40718" in text_of(post.card) for post in talk.seen_by("amara"))


async def test_a_file_in_a_channel_is_nobodys_question(talk: Dialogue) -> None:
    await talk.says("amara", "", channel="support-desk", attached=("returns.docx",))
    assert talk.seen_by("amara") == []


@pytest.mark.parametrize(
    "said", ["I want to add a job aid about the dishwasher", "how do I write a new job aid?", "Suggest an aid, please"]
)
async def test_whoever_says_that_they_want_to_write_one_is_shown_where(talk: Dialogue, said: str) -> None:
    await talk.says("amara", said)
    post = talk.last("amara")
    assert "Whoever looks after job aids publishes it" in text_of(post.card)
    assert isinstance(await talk.presses("amara", post, "Write a job aid"), Form)


def test_a_question_about_first_aid_is_no_such_wish() -> None:
    for text in ("who can give first aid", "add aid workers to the list", "where do I write down an accident"):
        assert not is_wish(text)
