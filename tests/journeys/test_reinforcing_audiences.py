"""Who is enrolled: by list and address, in the background where there are many; who comes and goes; and edits."""

from __future__ import annotations

import pytest

from bot.journeys import gathering, planning
from bot.journeys.nudging import send_due
from bot.messages import FieldErrors, Form, Sender
from scheduler.model import EnrolmentStatus
from scheduler.roster import Named
from tests.doubles.memory import Posted
from tests.journeys.dialogue import Dialogue, find_button, labels, text_of
from tests.journeys.test_reinforcing import DAY, HOUR, LINE, command, draft, note, start, summary

TWO = 'new "Till" to #store-berlin at 9:30: tip "One."; after 2 days tip "Two."'


def add(talk: Dialogue, who: str, *, channel: str = "store-berlin") -> None:
    talk.platform.people[who] = Sender(id=who, name=who.title(), time_zone="Europe/Berlin", email=f"{who}@x.example")
    talk.platform.rooms[channel].members.add(who)


async def enrolled(talk: Dialogue, campaign: int = 2) -> dict[str, EnrolmentStatus]:
    async with talk.look() as tx:
        people = await tx.enrolled_in(campaign)
        names = await tx.people_by_id(people)
    return {names[person].name.split()[0]: status for person, status in people.items()}


async def edit(talk: Dialogue, **fields: str) -> object:
    form = await command(talk, "leila", "edit Till")
    assert isinstance(form, Form)
    return await talk.submits("leila", form, **fields)


# ── who comes and goes ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_whoever_comes_into_the_channel_later_begins_on_their_own_day(talk: Dialogue) -> None:
    await talk.has_consent()
    await start(talk, TWO)
    await talk.passes(DAY)
    add(talk, "noor")
    await talk.passes(2 * HOUR)
    assert talk.seen_by("noor") == []  # half past nine is over
    await talk.passes(DAY - HOUR)
    assert "One." in text_of(talk.last("noor").card)
    await talk.passes(2 * DAY)
    assert "Two." in text_of(talk.last("noor").card)


async def test_whoever_leaves_the_channel_gets_no_more_and_goes_on_when_back(talk: Dialogue) -> None:
    await start(talk, TWO)
    await talk.passes(HOUR)
    talk.platform.rooms["store-berlin"].members.discard("tomasz")
    await talk.passes(2 * HOUR)
    assert (await enrolled(talk))["Tomasz"] is EnrolmentStatus.LEFT
    assert "Till" not in text_of(note(await command(talk, "tomasz", "list")))
    await talk.passes(3 * DAY)
    assert len(talk.seen_by("tomasz")) == 1
    talk.platform.rooms["store-berlin"].members.add("tomasz")
    await talk.passes(2 * HOUR)
    await talk.passes(DAY)
    assert "Two." in text_of(talk.last("tomasz").card)


async def test_whoever_stopped_it_is_not_enrolled_again_by_leaving_and_coming_back(talk: Dialogue) -> None:
    await start(talk, TWO)
    await talk.passes(HOUR)
    await talk.presses("tomasz", talk.last("tomasz"), "Stop this series")
    for change in (
        talk.platform.rooms["store-berlin"].members.discard,
        talk.platform.rooms["store-berlin"].members.add,
    ):
        change("tomasz")
        await talk.passes(2 * HOUR)
    assert (await enrolled(talk))["Tomasz"] is EnrolmentStatus.STOPPED


async def test_a_channel_that_cannot_be_seen_any_more_loses_nobody(talk: Dialogue) -> None:
    await start(talk, TWO)
    talk.platform.rooms.pop("store-berlin")
    await talk.passes(2 * HOUR)
    assert set((await enrolled(talk)).values()) == {EnrolmentStatus.ACTIVE}


# ── many people ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (gathering, planning):
        monkeypatch.setattr(module, "AT_ONCE", 3)


@pytest.mark.usefixtures("few_at_once")
async def test_a_large_audience_is_enrolled_in_the_background_and_its_planner_is_told(talk: Dialogue) -> None:
    await talk.has_consent()
    for number in range(20):
        add(talk, f"learner{number}")
    post = await draft(talk, TWO)
    assert "People now: 24" in text_of(post.card)
    await talk.presses("leila", post, "Start")
    assert "Its 24 people are being enrolled" in text_of(post.card)
    assert "Being enrolled: 0 of 24" in text_of(post.card)
    assert await enrolled(talk) == {}
    await talk.house.gathering.work_off()
    await talk.settle()
    assert "“Till”: all 24 people are enrolled." in text_of(talk.last("leila").card)
    await talk.presses("leila", post, "How it stands now")
    assert "Being enrolled" not in text_of(post.card)
    assert len(await enrolled(talk)) == 24
    await talk.rounds.tick()
    await talk.passes(HOUR)
    assert (
        sum("A reminder: One." in text_of(one.card) for one in talk.platform.posts) == 23
    )  # two live further east or west


@pytest.mark.usefixtures("few_at_once")
async def test_enrolling_that_broke_off_is_taken_up_and_nobody_is_enrolled_twice(talk: Dialogue) -> None:
    for number in range(20):
        add(talk, f"learner{number}")
    await start(talk, TWO)
    real, calls = talk.platform.profile, 0

    async def profile(tenant: str, user: str) -> Sender | None:
        nonlocal calls
        calls += 1
        if calls > 10:
            raise ConnectionError("the process died here")
        return await real(tenant, user)

    talk.platform.profile = profile  # type: ignore[method-assign,assignment]
    with pytest.raises(ConnectionError):
        await talk.house.gathering.work_off()
    talk.platform.profile = real  # type: ignore[method-assign]
    await talk.house.gathering.work_off()
    assert len(await enrolled(talk)) == 24
    await talk.rounds.tick()
    await talk.passes(HOUR)
    assert max(len(talk.seen_by(f"learner{number}")) for number in range(20)) == 1


@pytest.mark.usefixtures("few_at_once")
async def test_a_large_audience_that_cannot_be_seen_meanwhile_is_told_to_its_planner_once(talk: Dialogue) -> None:
    for number in range(5):
        add(talk, f"learner{number}")
    await start(talk, TWO)
    room = talk.platform.rooms.pop("store-berlin")
    for _ in range(3):
        await talk.house.gathering.work_off()
    await talk.settle()
    told = [text_of(one.card) for one in talk.seen_by("leila") if "could not all be enrolled" in text_of(one.card)]
    assert len(told) == 1
    talk.platform.rooms["store-berlin"] = room
    await talk.passes(2 * HOUR)
    assert len(await enrolled(talk)) == 9


# ── lists ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_address_that_nobody_here_has_is_looked_up_on_the_platform_at_the_start(talk: Dialogue) -> None:
    await talk.has_consent()
    talk.platform.people["noor"] = Sender(id="noor", name="Noor", email="noor@x.example", time_zone="Europe/Berlin")
    post = await start(talk, 'new "Till" to noor@x.example, gone@x.example at 9:30: tip "One."')
    assert "State: Running" in text_of(post.card)
    await talk.passes(HOUR)
    assert "One." in text_of(talk.last("noor").card)
    async with talk.look() as tx:
        assert (await tx.tally(2)).nudges["unreachable"].count == 1


async def test_a_listed_person_is_enrolled_with_the_others(talk: Dialogue) -> None:
    post = await draft(talk, TWO)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.list_people(2, [Named(email="amara.lindqvist@larkspur.example"), Named(email="new@x.example")])
        await tx.list_people(2, [Named(email="new@x.example")])
    await talk.presses("leila", post, "Start")
    assert {"Amara", "new@x.example", "Tomasz"} <= set(await enrolled(talk))


# ── edits ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_was_sent_stays_and_the_rest_follows_the_new_plan(talk: Dialogue) -> None:
    await start(talk, TWO)
    await talk.passes(HOUR)
    sent = talk.last("tomasz")
    await edit(
        talk, steps='tip "One, better said."\nafter 1 day tip "In between."\nafter 4 days tip "Two."', at="09:45"
    )
    told = text_of(talk.last("leila").card)
    assert "Changed. What was sent stays; the rest follows this plan." in told
    assert "In between." in told
    assert "One." in text_of(sent.card)
    await talk.passes(DAY)
    assert len(talk.seen_by("tomasz")) == 2
    assert "In between." in text_of(talk.last("tomasz").card)
    await talk.passes(2 * DAY)
    assert len(talk.seen_by("tomasz")) == 2
    await talk.passes(DAY)
    assert "Two." in text_of(talk.last("tomasz").card)
    await talk.presses("tomasz", sent, "Got it")
    assert "✓ Got it." in text_of(sent.card)


async def test_a_step_that_was_taken_out_does_not_come_and_what_was_sent_of_it_can_be_answered(talk: Dialogue) -> None:
    await start(talk, TWO)
    await talk.passes(HOUR)
    sent = talk.last("tomasz")
    await edit(talk, steps='after 3 days tip "Three."')
    assert await talk.presses("tomasz", sent, "Got it") is None
    assert "One." in text_of(sent.card)
    assert labels(sent.card) == []
    await talk.passes(2 * DAY)
    assert len(talk.seen_by("tomasz")) == 1
    await talk.passes(DAY)
    assert "Three." in text_of(talk.last("tomasz").card)


async def test_what_is_added_at_the_end_comes_to_those_who_were_through(talk: Dialogue) -> None:
    await start(talk, 'new "Till" to @Tomasz at 9:30: tip "One."')
    await talk.passes(HOUR)
    assert (await enrolled(talk))["Tomasz"] is EnrolmentStatus.DONE
    await edit(talk, steps='tip "One."\nafter 1 day tip "And one more."')
    await talk.passes(DAY)
    assert "And one more." in text_of(talk.last("tomasz").card)


async def test_an_edit_of_the_audience_takes_out_and_enrols(talk: Dialogue) -> None:
    await start(talk, 'new "Till" to @Tomasz at 9:30: tip "One."; after 2 days tip "Two."')
    await talk.passes(HOUR)
    await edit(talk, audience="Amara Lindqvist")
    await talk.passes(DAY)
    assert (await enrolled(talk)) == {"Tomasz": EnrolmentStatus.LEFT, "Amara": EnrolmentStatus.DONE} or (
        await enrolled(talk)
    ) == {"Tomasz": EnrolmentStatus.LEFT, "Amara": EnrolmentStatus.ACTIVE}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": "Refunds without friction"}, "name"),
        ({"steps": "sing"}, "steps"),
        ({"audience": "#nowhere"}, "audience"),
    ],
)
async def test_a_wrong_edit_is_said_beside_its_field_and_changes_nothing(
    talk: Dialogue, fields: dict[str, str], wrong: str
) -> None:
    await start(talk, TWO)
    before = await command(talk, "leila", "edit Till")
    outcome = await edit(talk, **fields)
    assert isinstance(outcome, FieldErrors)
    assert list(outcome.errors) == [wrong]
    assert await command(talk, "leila", "edit Till") == before


async def test_only_planners_edit_and_nobody_edits_what_is_over(talk: Dialogue) -> None:
    post = await start(talk, TWO)
    form = await command(talk, "leila", "edit Till")
    assert "Only L&D" in summary(await talk.forges("amara", "campaign_edit", "2"))
    refused = await talk.submits("amara", form)
    assert isinstance(refused, FieldErrors)
    assert "Only L&D" in refused.errors[""]
    await talk.presses("leila", post, "End")
    assert "is over" in summary(await command(talk, "leila", "edit Till"))


async def test_a_typed_edit_offers_the_form(talk: Dialogue) -> None:
    await draft(talk, LINE)
    await talk.says("leila", "nudge edit till")
    form = await talk.presses("leila", talk.last("leila"), "Open the form")
    assert isinstance(form, Form)


async def test_a_new_time_of_day_of_ones_own_holds_from_the_next_nudge_on(talk: Dialogue) -> None:
    await start(talk, TWO)
    await talk.passes(HOUR)
    await talk.submits("tomasz", await talk.forges("tomasz", "reminders"), nudge_at="15:00")
    await talk.passes(2 * DAY)
    assert len(talk.seen_by("tomasz")) == 1
    await talk.passes(5 * HOUR)
    assert "Two." in text_of(talk.last("tomasz").card)


async def test_a_campaign_is_shown_as_the_file_that_loads_it(talk: Dialogue) -> None:
    post: Posted = await draft(talk, LINE)
    shown = text_of(note(await talk.forges("leila", "campaign_file", find_button(post.card, "Start").value)))
    assert "name: Till basics" in shown
    assert "- recall: What is the limit?" in shown
    assert "answer: 50 EUR" in shown
    assert "Only L&D" in summary(await talk.forges("amara", "campaign_file", "2"))


async def test_a_small_campaign_does_not_wait_for_a_large_one(talk: Dialogue) -> None:
    await talk.has_consent()
    for number in range(12):
        add(talk, f"learner{number}")
    await start(talk, 'new "Large" to #store-berlin at 9:30: tip "Large."')
    await start(talk, 'new "Small" to @Amara at 9:31: tip "Small."')
    talk.clock.advance(HOUR)
    await send_due(talk.house.services, 1, limit=6)
    await talk.settle()
    assert "Small." in text_of(talk.last("amara").card)
    assert sum("A reminder: Large." in text_of(post.card) for post in talk.platform.posts) == 5
