"""The home: what is open for a person, acted on where it stands; and what an empty conversation offers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.figures import conceal
from bot.messages import Begun, Buttons, Card, Form, Links, Note, Opened, Sender
from bot.store.insight import AIDS, EXPERTS, MISSED, UNDER_WAY, Period
from bot.store.nudges import Count
from bot.store.records import QuestionStatus
from tests.journeys.dialogue import Dialogue, find_button, labels, text_of
from tests.journeys.test_routing import ANSWER, QUESTION, ask_expert
from tests.shown import evidence_of


async def presses_at_home(talk: Dialogue, who: str, label: str) -> object:
    button = find_button(await talk.opens_home(who), label)
    return await talk.forges(who, button.verb, button.value)


def section(card: Card, heading: str) -> str:
    """The words below a heading, up to the next."""
    text = text_of(card)
    return text[text.index(heading) :].split("\nMy ")[0]


async def test_a_question_with_an_expert_can_be_withdrawn_at_home(talk: Dialogue) -> None:
    await ask_expert(talk)
    home = await talk.opens_home("amara")
    assert QUESTION in text_of(home)
    assert "with Henrik Adeyemi" in text_of(home)
    await presses_at_home(talk, "amara", "Withdraw")
    assert "with Henrik Adeyemi" not in text_of(await talk.opens_home("amara"))
    assert "Withdraw" not in labels(await talk.opens_home("amara"))
    assert "Nothing is left to do" in text_of(talk.last("henrik").card)


async def test_home_does_not_say_that_a_question_is_with_somebody_who_has_not_been_asked_yet(talk: Dialogue) -> None:
    talk.clock.advance(timedelta(hours=12))
    await ask_expert(talk)
    home = text_of(await talk.opens_home("amara"))
    assert "Henrik Adeyemi is at work again tomorrow at 8:00 and is asked then" in home
    assert "with Henrik" not in home
    await talk.passes(timedelta(hours=12))
    assert "with Henrik Adeyemi" in text_of(await talk.opens_home("amara"))


async def test_an_expert_answers_at_home_and_the_question_is_gone_from_there(talk: Dialogue) -> None:
    await ask_expert(talk)
    home = await talk.opens_home("henrik")
    assert "Colleagues ask you" in text_of(home)
    form = await presses_at_home(talk, "henrik", "Answer")
    assert isinstance(form, Form)
    await talk.submits("henrik", form, answer=ANSWER)
    assert "Colleagues ask you" not in text_of(await talk.opens_home("henrik"))
    answered = await talk.opens_home("amara")
    assert "answered by Henrik Adeyemi" in text_of(answered)
    await presses_at_home(talk, "amara", "That helped")
    assert "That helped" not in labels(await talk.opens_home("amara"))


async def test_a_question_asked_in_a_thread_can_be_opened_from_home_and_one_asked_directly_needs_no_link(
    talk: Dialogue,
) -> None:
    await talk.says("amara", "How do I reset my VPN token?", channel="support-desk", mentioned=True, key="m-1")
    await talk.says("amara", "Who mends a tent in Turku?")
    links = [part for part in (await talk.opens_home("amara")).parts if isinstance(part, Links)]
    assert [link.url for part in links for link in part.links] == ["https://chat.example/support-desk/m-1"]


async def test_what_is_believed_of_somebody_is_taken_away_by_them_alone_and_does_not_come_back(talk: Dialogue) -> None:
    await ask_expert(talk)
    form = await talk.presses("henrik", talk.last("henrik"), "Answer")
    await talk.submits("henrik", form, answer=ANSWER)
    home = await talk.opens_home("henrik")
    assert "You answered “The zip of a Heron 2" in text_of(home)
    wrong = find_button(home, "That's wrong")

    refused = await talk.forges("priya", wrong.verb, wrong.value)
    assert isinstance(refused, Note)
    assert "Only the person" in refused.card.summary
    assert "The zip of a Heron 2" in text_of(await talk.opens_home("henrik"))

    await talk.forges("henrik", wrong.verb, wrong.value)
    assert "You answered “The zip of a Heron 2" not in text_of(await talk.opens_home("henrik"))
    answer = next(post for post in reversed(talk.seen_by("amara")) if "That helped" in labels(post.card))
    await talk.presses("amara", answer, "That helped")  # which makes it count for more, where it still counts
    assert "You answered “The zip of a Heron 2" not in text_of(await talk.opens_home("henrik"))
    async with talk.look() as tx:
        assert all(
            "zip of a Heron 2 tent keeps splitting" not in piece.text for piece in await evidence_of(tx, place=None)
        )


async def test_the_home_shows_the_series_one_is_in_and_pauses_them_all(talk: Dialogue) -> None:
    await talk.says("amara", 'me every 2 days for 2 weeks "ask before I answer"', command="nudge")
    await talk.presses("amara", talk.last("amara"), "Start")
    home = await talk.opens_home("amara")
    assert "ask before I answer" in text_of(home)
    assert "The next one comes on" in text_of(home)
    await presses_at_home(talk, "amara", "Pause all")
    assert "All of them are paused." in text_of(await talk.opens_home("amara"))
    await presses_at_home(talk, "amara", "Let them go on")
    assert "All of them are paused." not in text_of(await talk.opens_home("amara"))
    await presses_at_home(talk, "amara", "Stop")
    assert "You stopped it." in text_of(await talk.opens_home("amara"))
    await presses_at_home(talk, "amara", "Go on")
    assert "You stopped it." not in text_of(await talk.opens_home("amara"))


async def test_an_aid_that_is_due_is_said_to_be_true_by_its_owner_and_by_nobody_else(talk: Dialogue) -> None:
    talk.clock.advance(timedelta(days=400))
    home = await talk.opens_home("priya")
    assert "Is it still true?" in text_of(home)
    button = find_button(home, "Still true")
    refused = await talk.forges("tomasz", button.verb, button.value)
    assert isinstance(refused, Note)
    assert "may change" in refused.card.summary
    async with talk.look() as tx:
        aid = await tx.aid(int(button.value))
    assert f"#{aid.number} " in text_of(home)
    done = await talk.forges("priya", button.verb, button.value)
    assert isinstance(done, Note)
    assert "still true" in done.card.summary
    assert f"#{aid.number} " not in text_of(await talk.opens_home("priya"))


async def test_an_aid_is_opened_retired_and_brought_back(talk: Dialogue) -> None:
    talk.clock.advance(timedelta(days=400))
    button = find_button(await talk.opens_home("priya"), "Retire")
    opened = await talk.forges("priya", "open_aid", button.value)
    assert isinstance(opened, Note)
    assert "looked after by Priya Santos" in text_of(opened.card)
    retired = await talk.forges("priya", button.verb, button.value)
    assert isinstance(retired, Note)
    async with talk.look() as tx:
        assert (await tx.aid(int(button.value))).status == "retired"
    again = find_button(retired.card, "Bring it back")
    await talk.forges("priya", again.verb, again.value)
    async with talk.look() as tx:
        assert (await tx.aid(int(button.value))).status == "published"


async def test_nobody_opens_an_aid_that_is_not_for_them(talk: Dialogue) -> None:
    async with talk.look() as tx:
        aids = [await tx.aid(aid_id) for aid_id in await tx.aid_keys()]
    closed = next(aid for aid in aids if not aid.audience & {"everyone", "group:stores"})
    refused = await talk.forges("tomasz", "open_aid", str(closed.id))
    assert isinstance(refused, Note)
    assert "is not here any more" in refused.card.summary


async def test_only_l_and_d_see_figures(talk: Dialogue) -> None:
    assert "How it goes" in text_of(await talk.opens_home("leila"))
    assert "How it goes" not in text_of(await talk.opens_home("priya"))


async def test_a_count_appears_when_five_people_are_behind_it_and_not_before(talk: Dialogue) -> None:
    people = ("amara", "tomasz", "priya", "henrik", "mei")
    for who in people[:4]:
        await talk.says(who, "How do I connect to the VPN?")
    assert "Asked: – · –" in text_of(await talk.opens_home("leila"))
    await talk.says(people[4], "How do I connect to the VPN?")
    assert "Asked: 5 · 5" in text_of(await talk.opens_home("leila"))
    assert "Answered from job aids: 5 · 5" in text_of(await talk.opens_home("leila"))


async def test_a_week_is_not_shown_where_the_month_less_the_week_would_point_at_somebody(talk: Dialogue) -> None:
    await talk.says("jonas", "How do I connect to the VPN?")
    talk.clock.advance(timedelta(days=10))
    for who in ("amara", "tomasz", "priya", "henrik", "mei"):
        await talk.says(who, "How do I connect to the VPN?")
    assert "Asked: – · 6" in text_of(await talk.opens_home("leila"))


def count(number: int, people: int) -> Count:
    return Count(count=number, people=people)


def test_one_hidden_part_takes_a_second_with_it_so_that_the_sum_does_not_tell() -> None:
    outcomes = {AIDS: count(40, 20), EXPERTS: count(9, 7), MISSED: count(3, 2), UNDER_WAY: count(0, 0)}
    shown = conceal(Period(asked=count(52, 25), outcomes=outcomes, helped=count(30, 15), not_helped=count(19, 12)))
    assert shown["asked"] == 52
    assert shown["answered from job aids"] == 40
    assert shown["answered by experts"] is None
    assert shown["not answered"] is None
    assert shown["under way"] == 0
    assert shown["said to have helped"] == 30


def test_what_helped_is_hidden_where_those_whom_it_did_not_help_are_few() -> None:
    outcomes = {AIDS: count(40, 20)}
    shown = conceal(Period(asked=count(40, 20), outcomes=outcomes, helped=count(38, 18), not_helped=count(2, 2)))
    assert shown["said to have helped"] is None


@pytest.mark.parametrize("how", ["home", "/lanyard home"])
async def test_the_home_is_shown_as_a_card_wherever_it_is_asked_for(talk: Dialogue, how: str) -> None:
    await ask_expert(talk)
    await talk.says("amara", how)
    assert "with Henrik Adeyemi" in text_of(talk.last("amara").card)
    note = await talk.says("amara", "home", command="lanyard", channel="general")
    assert isinstance(note, Note)
    assert "with Henrik Adeyemi" in text_of(note.card)


async def test_every_button_of_a_home_is_known_to_a_journey(talk: Dialogue) -> None:
    await ask_expert(talk)
    talk.clock.advance(timedelta(hours=1))
    for who in ("amara", "henrik", "leila", "priya"):
        for part in (await talk.opens_home(who)).parts:
            for button in part.buttons if isinstance(part, Buttons) else ():
                outcome = await talk.forges("rafael", button.verb, button.value)
                assert "is not one of mine" not in (outcome.card.summary if isinstance(outcome, Note) else "")


async def test_an_empty_conversation_offers_what_the_person_may_see_and_nothing_else(talk: Dialogue) -> None:
    offered = await talk.begins("tomasz")
    assert 1 <= len(offered) <= 4
    async with talk.look() as tx:
        person = next(one for one in await tx.everyone() if one.name.startswith("Tomasz"))
        assert set(offered) <= set(await tx.aid_titles(grants=person.grants(), limit=100))


async def test_a_guest_is_shown_neither_a_home_nor_what_the_company_knows(talk: Dialogue) -> None:
    talk.platform.people["gus"] = Sender(id="gus", name="Gus Guest", email="gus@elsewhere.example", is_guest=True)
    for how in (Opened, Begun):
        outcome = await talk.looks_in("gus", how)
        assert isinstance(outcome, Note)
        assert "help only them" in outcome.card.summary


async def test_a_status_is_shown_while_an_answer_is_looked_for_and_in_a_channel_none_is(talk: Dialogue) -> None:
    await talk.says("amara", "How do I connect to the VPN?", thread="t-1")
    assert [(to.conversation, to.thread) for to in talk.platform.looking] == [("dm-amara", "t-1")]
    await talk.says("amara", "How do I connect to the VPN?", channel="support-desk", mentioned=True)
    assert len(talk.platform.looking) == 1


async def test_a_question_that_nobody_could_answer_can_be_asked_again_from_home(talk: Dialogue) -> None:
    await talk.says("amara", "Do unicorns get free lunch on Tuesdays?")
    await talk.presses("amara", talk.last("amara"), "No, thanks")
    home = await talk.opens_home("amara")
    assert "not answered" in text_of(home)
    await presses_at_home(talk, "amara", "It's solved")
    async with talk.look() as tx:
        assert (await tx.question(1)).status is QuestionStatus.SOLVED
