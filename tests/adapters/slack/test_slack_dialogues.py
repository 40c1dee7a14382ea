"""Listening, the ladder, people who change, and other companies' people: through Slack's wire, HTTP and Socket Mode."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapters.slack.model import PLATFORM
from bot.store.records import Person as Known
from tests.adapters.slack.test_slack_journeys import ZIP, Company, company
from tests.doubles.slack.double import Person
from tests.doubles.slack.model import Channel

__all__ = ["company"]

ASKED = "How much may I refund without approval?"
ANSWER = "150 EUR"
DESK = "support-desk"


async def set_channel(company: Company, mode: str, *, channel: str = DESK) -> None:
    """In the modal that Priya opens there."""
    priya = company("priya")
    await priya.command("/lanyard", "settings", channel=channel)
    await priya.submit({"mode": f"={mode}"})
    modal = priya.modal()
    assert modal is not None
    assert "Saved" in priya.reads_view(modal).text
    await priya.closes()
    await company.settle()


async def know(company: Company, who: str) -> Known | None:
    person = company(who)
    workspace = await company.house.services.store.workspace_of(PLATFORM, person.user.team.id)
    if workspace is None:
        return None
    async with company.house.services.store.reading(workspace, now=company.clock()) as tx:
        return await tx.known_person(PLATFORM, person.user.team.id, person.id)


def answers_seen(company: Company, who: str, *, channel: str | Channel = DESK) -> list[Any]:
    return [seen for seen in company(who).reads(channel) if ANSWER in seen.text and seen.by_app]


# ── listening ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_unless_its_people_say_otherwise_a_channel_is_only_answered_when_it_mentions(company: Company) -> None:
    await company("amara").says(DESK, ASKED)
    await company.settle()
    assert answers_seen(company, "amara") == []
    deed = await company("amara").says(DESK, ASKED, mention=True)
    await company.settle()
    assert [seen.thread for seen in answers_seen(company, "priya")] == [deed.ts]


async def test_an_offer_is_seen_by_the_asker_alone_and_can_be_hushed(company: Company) -> None:
    await set_channel(company, "offer")
    assert "I show it to them alone" in (await company.find("amara", "has changed how I listen here")).text
    deed = await company("amara").says(DESK, ASKED)
    await company.settle()
    (offer,) = answers_seen(company, "amara")
    assert (offer.only_for_me, offer.thread) == (True, deed.ts)
    assert answers_seen(company, "priya") == []
    await company("amara").press(offer.id, "Not in this channel")
    await company.passes(timedelta(minutes=10))
    await company("amara").says(DESK, "What may I refund without approval, please?")
    await company.settle()
    assert answers_seen(company, "amara") == []  # the first has made room for the word that it was understood


async def test_in_answer_mode_everybody_reads_the_answer_in_the_thread(company: Company) -> None:
    await set_channel(company, "answer")
    deed = await company("amara").says(DESK, ASKED)
    await company.settle()
    assert [(seen.only_for_me, seen.thread) for seen in answers_seen(company, "priya")] == [(False, deed.ts)]


async def test_where_it_is_off_not_even_a_mention_is_answered_and_it_can_be_turned_on_again(company: Company) -> None:
    await set_channel(company, "off")
    await company("amara").says(DESK, ASKED, mention=True)
    await company.settle()
    assert answers_seen(company, "amara") == []
    await set_channel(company, "mention")
    await company("amara").says(DESK, ASKED, mention=True)
    await company.settle()
    assert len(answers_seen(company, "priya")) == 1


async def test_what_is_said_in_passing_makes_nobody_known(company: Company) -> None:
    newcomer = await company.slack.hires("ines", real_name="Ines Vidal")
    await newcomer.joins(DESK)
    asked = len(company.slack.calls_of("users.info"))
    await newcomer.says(DESK, "Good morning! Is there coffee?")
    await company.settle()
    assert await know(company, "ines") is None
    assert len(company.slack.calls_of("users.info")) == asked
    assert await company.house.services.store.inbox.pending() == 0


# ── the ladder ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def only_henrik(company: Company) -> None:
    """Nobody else takes questions; each of them says so in Slack."""
    for who in ("priya", "mei", "jonas", "leila", "rafael", "tomasz"):
        await company(who).command("/lanyard", "topics")
        card = await company.find(who, "Change what I am asked")
        await company(who).press(card.id, "Change what I am asked")
        await company(who).submit({"consent": "=no"})
        await company(who).closes()
    await company("henrik").dm("Hello")  # whom the platform has never shown cannot be asked on it
    await company.settle()


async def ask_expert(company: Company, who: str = "amara") -> None:
    await company(who).dm(ZIP)
    offer = await company.find(who, "sk an expert")
    await company(who).press(offer.id, next(label for label in offer.buttons if label.endswith("sk an expert")))
    await company.settle()


def requests(company: Company, who: str = "henrik") -> list[Any]:
    return [seen for seen in company(who).reads() if ZIP in seen.text and "Why you" in seen.text]


async def test_who_is_on_holiday_by_their_status_is_not_asked(company: Company) -> None:
    await only_henrik(company)
    await company("henrik").changes(status="Vacationing", status_emoji=":palm_tree:")
    await ask_expert(company)
    assert requests(company) == []
    assert (await company.find("amara", "found nobody")).by_app


async def test_who_has_asked_slack_for_quiet_is_asked_when_it_ends(company: Company) -> None:
    await only_henrik(company)
    quiet = company.clock() + timedelta(hours=2)
    await company("henrik").changes(snoozed_until=quiet.timestamp())
    await ask_expert(company)
    assert requests(company) == []
    await company.passes(timedelta(hours=1))
    assert requests(company) == []
    await company.passes(timedelta(hours=1, minutes=1))
    assert len(requests(company)) == 1


async def test_outside_an_experts_hours_the_question_waits_and_home_says_so(company: Company) -> None:
    await only_henrik(company)
    await company.passes(timedelta(hours=12))
    await ask_expert(company)
    assert requests(company) == []
    await company("amara").opens_home()
    assert "is at work again tomorrow" in company("amara").reads_view(company("amara").home()).text
    await company.passes(timedelta(hours=12))
    assert len(requests(company)) == 1


@pytest.mark.parametrize("label", ["Pass", "Later"])
async def test_an_expert_passes_or_puts_it_off_with_one_press(company: Company, label: str) -> None:
    await only_henrik(company)
    await ask_expert(company)
    (request,) = requests(company)
    await company("henrik").press(request.id, label if label in request.buttons else "Not this one")
    await company.settle()
    if label == "Pass":
        assert (await company.find("amara", "found nobody")).by_app
    else:
        await company.passes(timedelta(hours=4))
        assert requests(company) != []


async def test_who_does_not_know_names_somebody_who_does(company: Company) -> None:
    await company("jonas").dm("Hello")
    await company("henrik").dm("Hello")
    await ask_expert(company)
    request = requests(company)[-1]
    await company("henrik").press(request.id, "Not me → who?")
    await company("henrik").submit({"Colleague": "Jonas Quiroga"})
    await company.settle()
    assert requests(company, "jonas") != []


@pytest.mark.parametrize("label", ["It's solved", "Withdraw"])
async def test_the_asker_takes_the_question_back_and_the_experts_card_is_closed(company: Company, label: str) -> None:
    await only_henrik(company)
    await ask_expert(company)
    status = await company.find("amara", label)
    await company("amara").press(status.id, label)
    await company.settle()
    assert requests(company) == []
    closed = [seen for seen in company("henrik").reads() if "Nothing is left to do" in seen.text]
    assert len(closed) == 1
    assert "Answer" not in closed[0].buttons


# ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_moves_is_known_by_their_new_zone_and_who_leaves_is_asked_no_more(company: Company) -> None:
    await only_henrik(company)
    henrik = company("henrik")
    await henrik.changes(tz="America/Lima", real_name="Henrik Lund")
    await company.settle()
    known = await know(company, "henrik")
    assert known is not None
    assert (known.name, known.time_zone) == ("Henrik Lund", "America/Lima")
    await henrik.changes(deleted=True)
    await company.settle()
    assert await know(company, "henrik") is None  # on Slack: elsewhere he may still be
    await ask_expert(company)
    assert requests(company) == []


async def test_who_becomes_a_guest_is_answered_no_more(company: Company) -> None:
    await company("amara").dm("Hello")
    await company.settle()
    await company("amara").changes(guest=True)
    await company.settle()
    await company("amara").dm(ASKED)
    await company.settle()
    assert (await company.find("amara", "help only them")).by_app
    assert answers_seen(company, "amara", channel=company("amara").direct()) == []


async def test_a_campaign_for_a_group_reaches_its_people_though_slack_names_it_by_its_id_alone(
    company: Company,
) -> None:
    group = company.slack.add_group("cashiers", "tomasz")
    await company("leila").command(
        "/nudge", f'new "Ladders" to <!subteam^{group.id}> at 10:00: tip "Use a ladder safely"'
    )
    preview = await company.find("leila", "Start")
    assert "@cashiers" in preview.text
    await company("leila").press(preview.id, "Start")
    await company.settle()
    await company.passes(timedelta(days=1, hours=2))
    assert "Use a ladder safely" in (await company.find("tomasz", "Got it")).text
    assert not [seen for seen in company("amara").reads() if "Use a ladder safely" in seen.text]


# ── people of other companies ───────────────────────────────────────────────────────────────────────────────────────


def share(company: Company, channel: str = DESK) -> tuple[Person, Channel]:
    """The channel is shared with a supplier, one of whose people comes in."""
    other = company.slack.add_team("Supplier")
    stranger = company.slack.add_user("sam", team=other, real_name="Sam Strange")
    shared = company.slack.world.channel(channel)
    company.slack.share(shared, stranger)
    return stranger, shared


async def test_a_stranger_in_a_shared_channel_is_neither_answered_nor_known(company: Company) -> None:
    stranger, shared = share(company)
    await set_channel(company, "answer")
    bot = company("amara").app.bot.id
    for text in (ASKED, f"<@{bot}> {ASKED}"):
        deed = await stranger.says(shared, text, raw=True)
        assert deed.accepted
        await company.settle()
    assert answers_seen(company, "amara") == []
    assert not [seen for seen in stranger.reads() if seen.by_app and "how I listen" not in seen.text]
    async with company.house.services.store.reading(1, now=company.clock()) as tx:
        assert "Sam Strange" not in {person.name for person in await tx.everyone()}


async def test_what_the_company_knows_is_not_said_where_strangers_read_but_to_the_asker(company: Company) -> None:
    stranger, shared = share(company)
    await company("amara").says(shared, ASKED, mention=True)
    answer = await company.find("amara", ANSWER)
    assert answer.only_for_me
    assert not [seen for seen in stranger.reads() if ANSWER in seen.text]
    if "Share here" in answer.buttons:
        await company("amara").press(answer.id, "Share here")
        await company.settle()
    assert not [seen for seen in stranger.reads() if ANSWER in seen.text]


async def test_an_experts_answer_to_a_question_from_a_shared_channel_goes_to_the_asker_alone(company: Company) -> None:
    stranger, shared = share(company)
    await only_henrik(company)
    await company("amara").says(shared, ZIP, mention=True)
    offer = await company.find("amara", "sk an expert")
    await company("amara").press(offer.id, next(label for label in offer.buttons if label.endswith("sk an expert")))
    await company.settle()
    await company("henrik").press(requests(company)[-1].id, "Answer")
    await company("henrik").submit({"answer": "It is the slider: take LK-40718."})
    answer = await company.find("amara", "LK-40718")
    assert answer.conversation == company("amara").direct().id
    assert not [seen for seen in stranger.reads() if "LK-40718" in seen.text]


async def test_what_a_stranger_presses_in_a_shared_channel_does_nothing(company: Company) -> None:
    await company("amara").says(DESK, ASKED, mention=True)
    await company.settle()
    (answer,) = answers_seen(company, "priya")
    stranger, shared = share(company)
    (theirs,) = [seen for seen in stranger.reads(shared) if seen.id == answer.id]
    for label in theirs.buttons:
        await stranger.press(theirs.id, label)
        await company.settle()
        modal = stranger.modal()
        assert modal is None or "submit" not in modal.given
    (after,) = answers_seen(company, "priya")
    assert after.text == answer.text
    assert all("help only" in seen.text for seen in stranger.reads() if seen.by_app and seen.only_for_me)
