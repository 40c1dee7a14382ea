"""`/lanyard gaps`: what was asked and not answered, and what L&D does about it."""

from __future__ import annotations

from bot.messages import FieldErrors, Form, Note
from bot.names import Names
from knowledge.gaps import group_by_meaning
from tests.journeys.dialogue import Dialogue, find_button, labels, text_of

EVERYBODY = ("amara", "tomasz", "priya", "henrik", "mei", "jonas")
WORDINGS = (
    "Where do unicorns get their lunch on Tuesdays?",
    "Is there lunch for unicorns?",
    "Unicorns and lunch, Henrik Adeyemi?",
    "lunch for the unicorns on tuesday??",
    "When is the unicorns' lunch?",
    "Which lunch do unicorns like?",
)


async def ask_all(talk: Dialogue, *, people: int) -> None:
    for who, wording in zip(EVERYBODY[:people], WORDINGS, strict=False):
        await talk.says(who, wording)


async def gaps(talk: Dialogue, who: str = "leila") -> str:
    await talk.says(who, "gaps")
    return text_of(talk.last(who).card)


async def test_what_five_people_asked_in_vain_is_one_gap_without_their_names(talk: Dialogue) -> None:
    await ask_all(talk, people=6)
    text = await gaps(talk)
    assert "6 times, for example" in text
    assert "unicorns" in text
    for who in EVERYBODY:
        assert who.title() not in text


async def test_what_fewer_than_five_people_asked_is_not_shown_nor_counted(talk: Dialogue) -> None:
    await ask_all(talk, people=4)
    text = await gaps(talk)
    assert "unicorns" not in text
    assert "more questions" not in text
    assert "Nothing that 5 or more people" in text


async def test_one_person_who_asks_often_is_no_group(talk: Dialogue) -> None:
    for wording in WORDINGS:
        await talk.says("amara", wording)
    assert "unicorns" not in await gaps(talk)


async def test_only_l_and_d_see_it(talk: Dialogue) -> None:
    await ask_all(talk, people=6)
    assert "Only L&D" in await gaps(talk, "amara")
    refused = await talk.says("amara", "gaps", command="lanyard")
    assert isinstance(refused, Note)
    for verb in ("gaps", "gap_draft", "gap_invite"):
        refused = await talk.forges("amara", verb, "1")
        assert isinstance(refused, Note)
        assert "Only L&D" in refused.card.summary


async def test_what_was_asked_in_a_closed_channel_is_no_gap_outside_it(talk: Dialogue) -> None:
    talk.platform.rooms["people-team"].members.update(EVERYBODY)
    for who, wording in zip(EVERYBODY, WORDINGS, strict=True):
        await talk.says(who, wording, channel="people-team", mentioned=True)
    assert "unicorns" not in await gaps(talk)
    inside = await talk.says("leila", "gaps", command="lanyard", channel="people-team")
    assert isinstance(inside, Note)
    assert "unicorns" in text_of(inside.card)
    refused = await talk.forges("leila", "gap_draft", "1")
    assert isinstance(refused, Note)
    assert "closed place" in refused.card.summary


async def test_a_gap_becomes_an_aid(talk: Dialogue) -> None:
    await ask_all(talk, people=6)
    await gaps(talk)
    form = await talk.presses("leila", talk.last("leila"), "Draft a job aid")
    assert isinstance(form, Form)
    outcome = await talk.submits("leila", form, body="1. Go to the canteen at noon.\n2. Show the unicorn's badge.")
    assert isinstance(outcome, Note)
    assert "Published" in text_of(outcome.card)
    await talk.says("rafael", WORDINGS[0])
    assert "canteen" in text_of(talk.last("rafael").card)


async def test_an_expert_is_invited_and_free_to_say_no(talk: Dialogue) -> None:
    await ask_all(talk, people=6)
    await gaps(talk)
    form = await talk.presses("leila", talk.last("leila"), "Invite an expert")
    assert isinstance(form, Form)
    person = next(value for field in form.fields for value, label in field.options if label == "Tomasz Okafor")
    done = await talk.submits("leila", form, person=person, topic="unicorns and lunch")
    assert isinstance(done, Note)
    invitation = talk.last("tomasz")
    assert labels(invitation.card) == ["Yes, ask me", "No, thanks"]
    await talk.presses("tomasz", invitation, "No, thanks")
    assert "never held against you" in text_of(invitation.card)


async def test_an_expert_who_says_yes_is_asked_the_next_time(talk: Dialogue) -> None:
    await ask_all(talk, people=6)
    await gaps(talk)
    form = await talk.presses("leila", talk.last("leila"), "Invite an expert")
    assert isinstance(form, Form)
    person = next(value for field in form.fields for value, label in field.options if label == "Tomasz Okafor")
    await talk.submits("leila", form, person=person, topic="lunch of unicorns")
    await talk.presses("tomasz", talk.last("tomasz"), "Yes, ask me")
    await talk.says("rafael", WORDINGS[0])
    offered = talk.last("rafael")
    await talk.presses("rafael", offered, next(label for label in labels(offered.card) if "expert" in label))
    assert find_button(talk.last("tomasz").card, "Answer")


def test_names_addresses_and_numbers_are_taken_out() -> None:
    text = "Amara's badge: write to amara@shop.example or +49 30 1234567, or ask @tomasz or Lindqvist. An amara is one."
    told = Names(["Amara Lindqvist"]).leave_out(text)
    assert told == "… badge: write to … or …, or ask … or …. An amara is one."


def test_questions_that_mean_the_same_are_grouped_and_others_are_not() -> None:
    questions = [
        "How do I claim a taxi?",
        "The till is frozen, what now?",
        "Can I claim taxi rides?",
        "till frozen with a queue",
        "???",
        "claiming a taxi ride abroad",
    ]
    groups = group_by_meaning(questions)
    assert {frozenset(group) for group in groups} == {frozenset({0, 2, 5}), frozenset({1, 3}), frozenset({4})}
    assert len(groups[0]) == 3
    assert group_by_meaning([]) == []


# ── asking those who asked ──────────────────────────────────────────────────────────────────────────────────────────


async def ask_the_askers(talk: Dialogue, text: str = "What did you need it for?") -> None:
    await ask_all(talk, people=6)
    await gaps(talk)
    form = await talk.presses("leila", talk.last("leila"), "Ask the askers")
    assert isinstance(form, Form)
    sent = await talk.submits("leila", form, text=text)
    assert isinstance(sent, Note)
    assert "without a name" in sent.card.summary


async def test_those_who_asked_are_asked_privately_and_reply_without_a_name(talk: Dialogue) -> None:
    await ask_the_askers(talk)
    for who in EVERYBODY:
        assert "What did you need it for?" in text_of(talk.last(who).card)
    before = len(talk.seen_by("leila"))
    form = await talk.presses("tomasz", talk.last("tomasz"), "Reply without my name")
    assert isinstance(await talk.submits("tomasz", form, text="For a children's party."), Note)
    (reply,) = talk.seen_by("leila")[before:]
    assert "For a children's party." in text_of(reply.card)
    assert "Tomasz" not in text_of(reply.card)
    assert "lunch" not in text_of(reply.card)  # in whose words it was asked would tell as well


async def test_whoever_does_not_want_to_reply_says_so_with_one_tap(talk: Dialogue) -> None:
    await ask_the_askers(talk)
    post = talk.last("amara")
    await talk.presses("amara", post, "No, thanks")
    assert labels(post.card) == []


async def test_a_gap_of_few_is_asked_nothing_whatever_is_forged(talk: Dialogue) -> None:
    await ask_all(talk, people=4)
    refused = await talk.forges("leila", "gap_ask", "1")
    assert isinstance(refused, Note)
    assert "not there any more" in refused.card.summary
    for who in ("amara", "priya"):
        refused = await talk.forges(who, "gap_ask", "1")
        assert isinstance(refused, Note)
        assert "Only L&D" in refused.card.summary


async def test_only_those_who_asked_reply_and_only_to_l_and_d(talk: Dialogue) -> None:
    await ask_the_askers(talk)
    form = await talk.presses("tomasz", talk.last("tomasz"), "Reply without my name")
    assert isinstance(form, Form)
    assert isinstance(await talk.submits("rafael", form, text="x"), FieldErrors)
    question, _, _ = form.value.partition(".")
    async with talk.look() as tx:
        henrik = await tx.person_by_email("henrik.adeyemi@larkspur.example")
    assert henrik is not None
    forged = Form(title=form.title, verb=form.verb, value=f"{question}.{henrik.id}", fields=form.fields, submit="Send")
    assert isinstance(await talk.submits("tomasz", forged, text="x"), FieldErrors)


async def test_from_a_gap_a_campaign_is_planned(talk: Dialogue) -> None:
    await ask_all(talk, people=6)
    await gaps(talk)
    assert isinstance(await talk.presses("leila", talk.last("leila"), "Plan a campaign"), Form)
