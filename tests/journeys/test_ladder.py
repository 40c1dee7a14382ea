"""Who is asked when: working hours, do not disturb, leave, turns among equals, and the last rung."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete

from bot.journeys.choosing import Candidate, choose, when_free
from bot.messages import Address, Availability, FieldErrors, Form, Note, Presence, Sender, TryLater
from bot.store import tables as t
from bot.store.records import Person, RoutingStatus
from knowledge.model import EvidenceKind
from scheduler.hours import WorkingHours
from tests.doubles.memory import PLATFORM, TENANT
from tests.journeys.dialogue import Dialogue, find_button, labels, text_of

TENT = "The zip of a Heron 2 tent keeps splitting open. Can we repair that in the store?"
EVENING = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # 22:00 in Helsinki
HELSINKI = ZoneInfo("Europe/Helsinki")


async def ask(talk: Dialogue, *, by: str = "amara") -> None:
    await talk.says(by, TENT)
    await press_expert(talk, by)


async def press_expert(talk: Dialogue, who: str) -> None:
    post = talk.last(who)
    (label,) = [label for label in labels(post.card) if label.endswith("sk an expert")]
    await talk.presses(who, post, label)


async def set_hours(talk: Dialogue, who: str, **values: Any) -> None:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        person = await tx.known_person(PLATFORM, TENANT, who)
        assert person is not None
        await tx.set_profile(person, **values)


async def only_henrik(talk: Dialogue) -> None:
    """Nobody else takes questions."""
    for who in ("priya", "mei", "jonas", "leila", "rafael", "tomasz"):
        await set_hours(talk, who, consent="no")


async def nobody(talk: Dialogue) -> None:
    await only_henrik(talk)
    await set_hours(talk, "henrik", consent="no")


async def name_channel(talk: Dialogue) -> None:
    """Make #store-berlin the last rung: the form is opened there."""
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        mei = await tx.known_person(PLATFORM, TENANT, "mei")
        assert mei is not None
        here = Address(platform=PLATFORM, tenant=TENANT, conversation="store-berlin")
        await tx.set_fallback(person_id=None, place=here, name="store-berlin", keep_place=False, by=mei)


async def routings(talk: Dialogue) -> list[tuple[str, RoutingStatus]]:
    async with talk.look() as tx:
        found = await tx.routings(1)
        people = await tx.people_by_id([one.expert_id for one in found])
        return [(people[one.expert_id].name, one.status) for one in found]


async def test_when_nobody_is_at_work_the_asker_is_told_when_the_question_will_be_asked(talk: Dialogue) -> None:
    await only_henrik(talk)
    talk.clock.now = EVENING
    await ask(talk)
    card = talk.last("amara").card
    assert "Henrik Adeyemi is at work again tomorrow at 8:00; I ask then." in text_of(card)  # 9:00 of his, in Berlin
    assert labels(card) == ["It's solved", "Withdraw"]
    assert talk.seen_by("henrik") == []
    assert await routings(talk) == [("Henrik Adeyemi", RoutingStatus.WAITING)]
    assert await talk.rounds.next_due() is not None
    await talk.passes(timedelta(hours=10, minutes=59))
    assert talk.seen_by("henrik") == []
    await talk.passes(timedelta(minutes=1))
    assert TENT in text_of(talk.last("henrik").card)
    assert "I have asked Henrik Adeyemi." in text_of(talk.last("amara").card)
    await talk.passes(timedelta(hours=1))
    assert len(talk.seen_by("henrik")) == 1


async def test_where_nothing_speaks_for_anybody_on_the_topic_somebody_who_answers_is_asked(talk: Dialogue) -> None:
    """On a subject as far from all evidence as the evidence is old."""
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.db.execute(delete(t.Evidence))
        henrik = await tx.known_person(PLATFORM, TENANT, "henrik")
        assert henrik is not None
        ages_ago = talk.clock() - timedelta(days=3000)
        await tx.show_evidence(henrik.id, EvidenceKind.ANSWERED, "the old till", source="old", at=ages_ago)
    await only_henrik(talk)
    await talk.says("amara", "Quarterly zebra xylophone forecast?")
    await press_expert(talk, "amara")
    request = text_of(talk.last("henrik").card)
    assert "zebra" in request
    assert "I know of nobody who has answered anything like this" in request
    assert "Why you" not in request


async def test_what_is_withdrawn_meanwhile_is_never_asked(talk: Dialogue) -> None:
    await only_henrik(talk)
    talk.clock.now = EVENING
    await ask(talk)
    await talk.presses("amara", talk.last("amara"), "Withdraw")
    await talk.passes(timedelta(days=2))
    assert talk.seen_by("henrik") == []


async def test_who_allows_it_can_be_asked_at_once(talk: Dialogue) -> None:
    await only_henrik(talk)
    await set_hours(talk, "henrik", anytime=True)
    talk.clock.now = EVENING
    await ask(talk)
    waiting = talk.last("amara")
    outcome = await talk.forges("priya", "ask_now", "1", post=waiting)
    assert isinstance(outcome, Note)
    assert "Only the person who asked" in outcome.card.summary
    await talk.presses("amara", waiting, "Ask now anyway")
    assert TENT in text_of(talk.last("henrik").card)
    assert await routings(talk) == [("Henrik Adeyemi", RoutingStatus.ASKED)]


async def test_who_does_not_allow_it_is_not_asked_at_once_by_a_forged_button(talk: Dialogue) -> None:
    await only_henrik(talk)
    talk.clock.now = EVENING
    await ask(talk)
    outcome = await talk.forges("amara", "ask_now", "1", post=talk.last("amara"))
    assert isinstance(outcome, Note)
    assert "working hours only" in outcome.card.summary
    assert talk.seen_by("henrik") == []


async def test_the_clock_of_a_rung_stands_still_overnight(talk: Dialogue) -> None:
    await only_henrik(talk)
    talk.clock.now = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # 16:00 of his; work ends at 17:30
    await ask(talk)
    assert talk.seen_by("henrik")
    await talk.passes(timedelta(hours=6))
    assert await routings(talk) == [("Henrik Adeyemi", RoutingStatus.ASKED)]
    await talk.passes(timedelta(hours=13, minutes=29))  # 11:29 of the next day, his time
    assert await routings(talk) == [("Henrik Adeyemi", RoutingStatus.ASKED)]
    await talk.passes(timedelta(minutes=1))
    assert await routings(talk) == [("Henrik Adeyemi", RoutingStatus.EXPIRED)]


async def test_who_is_on_leave_is_passed_over_and_who_is_not_to_be_disturbed_waited_for(talk: Dialogue) -> None:
    await only_henrik(talk)
    talk.platform.available["henrik"] = Availability(presence=Presence.OUT)
    await ask(talk)
    assert talk.seen_by("henrik") == []
    assert "found nobody" in text_of(talk.last("amara").card)
    quiet = talk.clock() + timedelta(hours=2)
    talk.platform.available["henrik"] = Availability(presence=Presence.AWAY, undisturbed_until=quiet)
    await talk.says("tomasz", TENT)
    await press_expert(talk, "tomasz")
    assert talk.seen_by("henrik") == []
    await talk.passes(timedelta(hours=1))
    assert talk.seen_by("henrik") == []
    talk.platform.available.clear()
    await talk.passes(timedelta(hours=1))
    assert TENT in text_of(talk.last("henrik").card)


async def test_nobody_is_asked_unlooked_at_however_many_come_before_them(talk: Dialogue) -> None:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        for number in range(16):
            user = f"potter{number}"
            sender = Sender(id=user, name=f"Potter {number}", time_zone="Europe/Berlin")
            talk.platform.people[user] = sender
            person = await tx.recognise(PLATFORM, TENANT, sender)
            for piece in range(20 - number):
                text = "The pottery kiln shows error E47"
                await tx.show_evidence(person.id, EvidenceKind.ANSWERED, text, source=f"{user}:{piece}")
    talk.platform.available |= dict.fromkeys(talk.platform.people, Availability(presence=Presence.OUT))
    await talk.says("amara", "Does anybody know why the pottery kiln shows error E47?")
    offered = talk.last("amara")
    await talk.presses("amara", offered, next(label for label in labels(offered.card) if "expert" in label))
    assert not any(talk.seen_by(f"potter{number}") for number in range(16))
    assert "I have asked" not in text_of(talk.last("amara").card)


async def test_a_platform_that_does_not_tell_is_no_obstacle(talk: Dialogue) -> None:
    await only_henrik(talk)
    await talk.says("amara", TENT)
    talk.platform.faults += [TryLater("in a moment")] * 2  # of two people it is asked whether they are there
    await press_expert(talk, "amara")
    assert TENT in text_of(talk.last("henrik").card)


# ── whose turn it is ────────────────────────────────────────────────────────────────────────────────────────────────

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ALWAYS = WorkingHours(zone=ZoneInfo("UTC"), days=frozenset(range(7)), begin=time(0), until=time(0))


def candidate(name: str, score: float, **more: Any) -> Candidate:
    person = Person(
        id=hash(name) % 1000,
        name=name,
        email=None,
        time_zone=None,
        roles=frozenset(),
        groups=frozenset(),
        settings={},
        active=True,
    )
    values: dict[str, Any] = {"free_at": NOW, "hours": ALWAYS, "reason": "", "first_time": False} | more
    return Candidate(person=person, score=score, **values)


def chosen(*candidates: Candidate) -> str | None:
    found = choose(candidates, now=NOW)
    return found.person.name if found else None


def test_among_near_equals_it_is_the_turn_of_who_was_asked_least_recently() -> None:
    lately, long_ago = NOW - timedelta(hours=1), NOW - timedelta(days=9)
    assert chosen(candidate("a", 1.0, last_asked=lately), candidate("b", 0.9, last_asked=long_ago)) == "b"
    assert chosen(candidate("a", 1.0, last_asked=lately), candidate("b", 0.9)) == "b"
    assert chosen(candidate("a", 1.0, last_asked=lately), candidate("b", 0.4, last_asked=long_ago)) == "a"


def test_among_near_equals_who_is_at_the_screen_comes_first() -> None:
    away, here = Presence.AWAY, Presence.PRESENT
    assert chosen(candidate("a", 1.0, presence=away), candidate("b", 0.9, presence=here, last_asked=NOW)) == "b"
    assert chosen(candidate("a", 1.0, presence=away), candidate("b", 0.4, presence=here)) == "a"


def test_the_best_is_waited_for_only_where_nobody_about_as_good_is_at_work() -> None:
    later = NOW + timedelta(hours=9)
    assert chosen(candidate("a", 1.0, free_at=later), candidate("b", 0.6)) == "b"
    assert chosen(candidate("a", 1.0, free_at=later), candidate("b", 0.1)) == "a"
    assert chosen(candidate("a", 1.0, free_at=later), candidate("b", 0.9, free_at=later - timedelta(hours=1))) == "b"
    assert chosen() is None


def test_who_was_asked_much_this_week_makes_room_for_those_who_come_after_them() -> None:
    weeks_ago = NOW - timedelta(days=20)
    busy = {"last_asked": NOW - timedelta(days=1), "asked": 4}
    assert chosen(candidate("a", 1.0, **busy), candidate("b", 0.4, last_asked=weeks_ago)) == "b"
    assert chosen(candidate("a", 1.0, **busy), candidate("b", 0.1, last_asked=weeks_ago)) == "a"  # who knows far better
    both = candidate("b", 0.4, last_asked=weeks_ago, asked=4)
    assert chosen(candidate("a", 1.0, **busy), both) == "a"


def test_who_was_named_by_a_colleague_comes_before_all_others() -> None:
    assert chosen(candidate("a", 1.0), candidate("b", 0.0, named=True)) == "b"


@pytest.mark.parametrize(
    ("told", "free"),
    [
        (Availability(), NOW),
        (Availability(presence=Presence.AWAY), NOW),
        (Availability(presence=Presence.OUT), None),
        (Availability(presence=Presence.OUT, back_at=NOW + timedelta(days=1)), NOW + timedelta(days=1)),
        (Availability(undisturbed_until=NOW - timedelta(1)), NOW),
        (Availability(undisturbed_until=NOW + timedelta(hours=1)), NOW + timedelta(hours=1)),
    ],
)
def test_when_somebody_is_free_follows_from_what_is_told(told: Availability, free: datetime | None) -> None:
    assert when_free(ALWAYS, told, now=NOW) == free


# ── people set their hours ──────────────────────────────────────────────────────────────────────────────────────────


async def test_an_experts_own_hours_count_and_follow_them_when_they_travel(talk: Dialogue) -> None:
    await only_henrik(talk)
    overview = await talk.says("henrik", "topics", command="lanyard")
    assert isinstance(overview, Note)
    form = await talk.forges("henrik", "topics")
    assert isinstance(form, Form)
    done = await talk.submits(
        "henrik", form, working_days=("0", "1", "2"), work_from="06:00", work_until="10:30", anytime="yes"
    )
    assert isinstance(done, Note)
    await ask(talk)  # 10:00 of his or later: see below
    local = talk.clock().astimezone(HELSINKI).time()
    assert (time(6) <= local < time(10, 30)) is bool(talk.seen_by("henrik"))
    again = await talk.forges("henrik", "topics")
    assert isinstance(again, Form)
    values = {field.name: field.value for field in again.fields}
    assert values["working_days"] == "0,1,2"
    assert (values["work_from"], values["work_until"], values["anytime"]) == ("06:00", "10:30", "yes")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"working_days": ("0",)}, "work_from"),
        ({"work_from": "09:00", "work_until": "17:00"}, "working_days"),
        ({"working_days": ("9",), "work_from": "09:00", "work_until": "17:00"}, "working_days"),
        ({"working_days": ("1",), "work_from": "nine", "work_until": "17:00"}, "work_from"),
    ],
)
async def test_half_of_the_hours_are_no_hours(talk: Dialogue, given: dict[str, Any], named: str) -> None:
    form = await talk.forges("henrik", "topics")
    outcome = await talk.submits("henrik", form, **given)
    assert isinstance(outcome, FieldErrors)
    assert set(outcome.errors) == {named}


# ── the last rung ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_person_named_for_it_gets_what_nobody_else_could_answer(talk: Dialogue) -> None:
    await nobody(talk)
    form = await talk.says("mei", "fallback", command="lanyard")
    assert isinstance(form, Form)
    (leila,) = [value for field in form.fields for value, label in field.options if label == "Leila Brandvold"]
    await talk.submits("mei", form, person=leila, place="none")
    await ask(talk)
    assert "look after what nobody else could answer" in text_of(talk.last("leila").card)
    assert "I have asked Leila Brandvold" in text_of(talk.last("amara").card)


async def test_a_channel_named_for_it_is_asked_once_and_its_people_can_answer(talk: Dialogue) -> None:
    await nobody(talk)
    await name_channel(talk)
    await talk.says("amara", TENT, channel="support-desk", mentioned=True)
    await press_expert(talk, "amara")
    asked = talk.last("rafael")
    assert asked.ref.conversation == "store-berlin"
    assert "Does somebody here know?" in text_of(asked.card)
    assert "#store-berlin" in text_of(talk.last("amara").card)
    refused = await talk.forges("priya", "take", "1", post=asked)
    assert isinstance(refused, Note)
    assert "Only people of this channel" in refused.card.summary
    answer = await talk.presses("rafael", asked, "Answer")
    await talk.submits("rafael", answer, answer="Wax the slider, then close it slowly.")
    assert any("Wax the slider" in text_of(one.card) for one in talk.seen_by("amara"))
    assert labels(asked.card) == []


async def test_the_channel_is_named_by_a_button_wherever_that_is_pressed(talk: Dialogue) -> None:
    """On a platform where what is for one person's eyes stands in a conversation of its own."""
    await talk.says("rafael", "fallback", channel="store-berlin", mentioned=True)
    await talk.says("mei", "fallback", channel="store-berlin", mentioned=True)
    button = find_button(talk.last("mei").card, "Choose who gets them")
    form = await talk.forges("mei", button.verb, button.value)
    assert isinstance(form, Form)
    assert any("#store-berlin" in label for field in form.fields for _, label in field.options)
    await talk.submits("mei", form, person="", place="here")
    async with talk.look() as tx:
        settings = (await tx.workspace_record()).settings
    assert (settings["fallback_place"]["conversation"], settings["fallback_name"]) == ("store-berlin", "store-berlin")
    forged = await talk.forges("mei", button.verb, f"{PLATFORM}/{TENANT}/people-team #people-team")
    refused = await talk.submits("mei", forged, person="", place="here")
    assert isinstance(refused, FieldErrors)
    assert "Only people of that channel" in refused.errors[""]


async def test_what_was_asked_in_private_is_not_shown_to_a_channel(talk: Dialogue) -> None:
    await nobody(talk)
    await name_channel(talk)
    await ask(talk)
    assert talk.seen_by("rafael") == []
    assert "found nobody" in text_of(talk.last("amara").card)


async def test_only_an_administrator_names_the_last_rung(talk: Dialogue) -> None:
    for act in (
        await talk.says("leila", "fallback", command="lanyard"),
        await talk.forges("leila", "fallback"),
    ):
        assert isinstance(act, Note)
        assert "Only an administrator" in act.card.summary
