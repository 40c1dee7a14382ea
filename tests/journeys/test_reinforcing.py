"""Plan → nudge → response: campaigns from a line or a form, what falls due, and what learners do with it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.journeys.nudging import send_due
from bot.messages import Address, Card, FieldErrors, Form, Note, Outcome, Pace, Sender, Undeliverable
from bot.store import Lane
from bot.store.records import CampaignRecord
from bot.wording.general import say_moment
from tests.doubles.memory import PLATFORM, TENANT, Posted
from tests.journeys.dialogue import Dialogue, find_button, labels, text_of

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LINE = (
    'new "Till basics" to #store-berlin at 9:30 because "after the till training": tip "Scan twice."; '
    'after 3 days recall "What is the limit?" = "50 EUR"; after 7 days apply "Did you use it this week?"'
)
CHANNELS = {"#store-berlin": "store-berlin", "#support-desk": "support-desk"}


async def command(talk: Dialogue, who: str, line: str, **more: object) -> Outcome:
    return await talk.says(who, line, command="nudge", channels=CHANNELS, **more)  # type: ignore[arg-type]


async def draft(talk: Dialogue, line: str = LINE, who: str = "leila") -> Posted:
    """Returns the preview."""
    outcome = await command(talk, who, line)
    assert outcome is None, outcome
    return talk.last(who)


async def start(talk: Dialogue, line: str = LINE, who: str = "leila") -> Posted:
    post = await draft(talk, line, who)
    assert await talk.presses(who, post, "Start") is None
    return post


async def first_nudge(talk: Dialogue, line: str = LINE) -> Posted:
    await start(talk, line)
    await talk.passes(HOUR)
    return talk.last("tomasz")


def summary(outcome: Outcome) -> str:
    assert isinstance(outcome, Note), outcome
    return outcome.card.summary


async def records(talk: Dialogue, who: str = "leila") -> list[CampaignRecord]:
    async with talk.look() as tx:
        person = await tx.person_by_email(talk.platform.people[who].email or "")
        assert person is not None
        return await tx.campaigns(by=person)


async def campaigns(talk: Dialogue) -> list[str]:
    return [record.plan.name for record in await records(talk)]


# ── planning ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_line_becomes_a_draft_that_says_back_every_date_in_full(talk: Dialogue) -> None:
    post = await draft(talk)
    shown = text_of(post.card)
    assert "For: #store-berlin" in shown
    assert "People now: 4" in shown
    assert "First one: Monday, 23 November 2026, at 09:30" in shown
    assert "Thursday, 26 November 2026, at 09:30: recall “What is the limit?” with the answer “50 EUR”" in shown
    assert "Monday, 30 November 2026, at 09:30: apply" in shown
    assert "Why: after the till training" in shown
    assert labels(post.card) == ["Start", "Send me a dry run", "Edit", "Discard"]
    await talk.passes(DAY)
    assert talk.seen_by("tomasz") == []


async def test_a_preview_tells_how_long_the_platform_takes_until_everybody_has_it(talk: Dialogue) -> None:
    pace = Pace(bucket="all", every=timedelta(minutes=25), wide=True)
    talk.platform.limits = lambda _to, _revising: (pace,)
    shown = text_of((await draft(talk)).card)
    assert "Until everybody has it: about 1 hour 40 minutes: the platform lets no more through" in shown


async def test_a_running_campaign_tells_by_when_what_waits_is_sent(talk: Dialogue) -> None:
    post = await start(talk)
    campaign = int(find_button(post.card, "Pause").value)
    pace = Pace(bucket="all", every=timedelta(minutes=25), wide=True)
    talk.platform.limits = lambda _to, _revising: (pace,)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        for number in range(7):
            to = Address(platform=PLATFORM, tenant=TENANT, conversation=f"dm-{number}")
            await tx.send(to, Card(summary="tip"), lane=Lane.CAMPAIGN, campaign=campaign)
    await talk.settle()
    outcome = await command(talk, "leila", 'show "Till basics"')
    assert isinstance(outcome, Note)
    done_by = say_moment(talk.clock() + timedelta(minutes=150), ZoneInfo("Europe/Berlin"))
    assert f"On their way: 6, done by about {done_by}" in text_of(outcome.card)


async def test_a_line_in_a_channel_is_answered_privately_and_previewed_in_the_own_conversation(talk: Dialogue) -> None:
    outcome = await command(talk, "leila", LINE, channel="support-desk")
    assert "is in our own conversation" in summary(outcome)
    assert talk.last("leila").ref.conversation == "dm-leila"
    assert talk.seen_by("amara") == []


async def test_the_command_alone_opens_a_form_whose_draft_is_previewed(talk: Dialogue) -> None:
    form = await command(talk, "leila", "", channel="support-desk")
    assert isinstance(form, Form)
    assert {field.name: field.value for field in form.fields}["audience"] == "#support-desk"
    outcome = await talk.submits(
        "leila",
        form,
        name="Till basics",
        purpose="after the till training",
        audience="@Amara Lindqvist, Tomasz and support",
        steps='tip "Scan twice."\nafter 3 days recall "What is the limit?" = "50 EUR"',
        start="2026-12-01",
        at="10:15",
        working_days=("3", "1"),
        country="de-be",
        time_zone="Europe/Berlin",
    )
    assert outcome is None
    shown = text_of(talk.last("leila").card)
    assert "People now: 3" in shown  # Amara is in the group of two as well
    assert "First one: Tuesday, 1 December 2026, at 10:15" in shown
    assert "Only on: Tuesday, Thursday" in shown
    assert "Not on: the public holidays of DE-BE" in shown
    assert "Where no time zone is known: Europe/Berlin" in shown


@pytest.mark.parametrize(
    "line",
    [
        LINE,
        'new "A" to #store-berlin from 2027-01-11 at 10:00 in America/New_York holidays US-CA days Mon-Thu: tip "One."',
        'new "A" to everyone because "of it": tip "One."; after 2 days recall "Two?" = "Yes" link "It" https://x.example/',
        'new "A" to "Tomasz", "support" holidays DE: apply; plan; check-in "How is it?"',
        'new "A" to everyone days Sat, Sun: tip #3',
    ],
)
async def test_what_a_line_says_stands_in_the_form_and_comes_back_from_it_unchanged(talk: Dialogue, line: str) -> None:
    await draft(talk, line)
    (before,) = [one for one in await records(talk) if line.startswith(f'new "{one.plan.name}"')]
    form = await command(talk, "leila", f"edit {before.plan.name}")
    assert await talk.submits("leila", form) is None
    assert before in await records(talk)


async def test_a_series_of_ones_own_is_edited_without_what_goes_without_saying(talk: Dialogue) -> None:
    await draft(talk, 'me every 2 days for 1 week at 10:00 "Ask before I answer."', "tomasz")
    (before,) = await records(talk, "tomasz")
    form = await talk.presses("tomasz", talk.last("tomasz"), "Edit")
    assert isinstance(form, Form)
    assert {field.name: field.value for field in form.fields} | {"steps": ""} == {
        "name": "Ask before I answer.",
        "steps": "",
        "start": "",
        "at": "10:00",
    }
    outcome = await talk.submits("tomasz", form, steps="whatever", at="noon")
    assert isinstance(outcome, FieldErrors)
    assert set(outcome.errors) == {"steps", "at"}
    assert await talk.submits("tomasz", form, at="11:00") is None
    (after,) = await records(talk, "tomasz")
    assert after == replace(before, plan=replace(before.plan, at=time(11)))


@pytest.mark.parametrize(
    "line",
    [
        'new "A" to #store-berlin: ' + "; ".join(f'tip "{number} {"x" * 90}"' for number in range(40)),
        f'new "A" to #store-berlin because "{"x" * 501}": tip "One."',
    ],
)
async def test_what_has_no_room_in_a_form_is_not_cut_by_one(talk: Dialogue, line: str) -> None:
    await command(talk, "leila", line)
    assert "has no room in a form" in summary(await command(talk, "leila", "edit A"))


async def test_a_form_names_every_wrong_field_and_keeps_nothing(talk: Dialogue) -> None:
    form = await command(talk, "leila", "new")
    assert isinstance(form, Form)
    before = await campaigns(talk)
    outcome = await talk.submits(
        "leila",
        form,
        name="",
        audience="#store-berlin: tip",
        steps="whatever",
        start="tomorrow",
        at="noon",
        working_days="0,7",
        country="Atlantis",
        time_zone="Atlantis",
    )
    assert isinstance(outcome, FieldErrors)
    assert set(outcome.errors) == {field.name for field in form.fields} - {"purpose", "channels"}
    assert "whatever" in outcome.errors["steps"]
    assert await campaigns(talk) == before
    assert talk.seen_by("leila") == []


@pytest.mark.parametrize(
    ("fields", "wrong", "sentence"),
    [
        ({"audience": "#unheard-of"}, "audience", "#unheard-of"),
        ({"audience": "@Nobody"}, "audience", "@Nobody"),
        ({"steps": "tip #4711"}, "steps", "4711"),
        ({"start": "2026-11-20"}, "start", "2026-11-20 is over"),
        ({"time_zone": "Atlantis"}, "time_zone", "There is no time zone “Atlantis”. Write it like Europe/Berlin"),
        ({"country": "XX"}, "country", "I know no public holidays of “XX”. Write a country like DE"),
        ({"working_days": "9"}, "working_days", "Please choose from the given days."),
        ({"name": "Refunds without friction"}, "name", "There is a campaign called"),
    ],
)
async def test_what_a_form_gets_wrong_is_said_beside_its_field(
    talk: Dialogue, fields: dict[str, str], wrong: str, sentence: str
) -> None:
    form = await command(talk, "leila", "new")
    right = {"name": "Till basics", "audience": "everyone", "steps": 'tip "Scan twice."'}
    outcome = await talk.submits("leila", form, **(right | fields))
    assert isinstance(outcome, FieldErrors)
    assert list(outcome.errors) == [wrong]
    assert sentence in outcome.errors[wrong]
    assert await campaigns(talk) == ["Refunds without friction"]


async def test_a_line_that_is_not_understood_names_the_place_and_what_to_type(talk: Dialogue) -> None:
    outcome = await command(talk, "leila", 'new "Till basics" to #store-berlin: sing "a song"')
    assert "sing" in summary(outcome)
    assert "tip, recall, apply" in summary(outcome)
    assert await campaigns(talk) == ["Refunds without friction"]


async def test_a_typed_nudge_is_answered_with_cards_and_offers_the_form(talk: Dialogue) -> None:
    await talk.says("leila", "nudge")
    post = talk.last("leila")
    form = await talk.presses("leila", post, "Open the form")
    assert isinstance(form, Form)
    await talk.says("leila", f"nudge {LINE}", channels=CHANNELS)
    assert labels(talk.last("leila").card)[0] == "Start"
    await talk.says("leila", "nudge start till")
    assert "Running" in text_of(talk.last("leila").card)


@pytest.mark.parametrize(
    "line", ["new", LINE, "start Refunds", "pause Refunds", "show Refunds", "end Refunds", "dry run Refunds"]
)
async def test_only_ld_and_administrators_plan(talk: Dialogue, line: str) -> None:
    outcome = await command(talk, "amara", line)
    assert "Only L&D and administrators" in summary(outcome)
    assert await campaigns(talk) == ["Refunds without friction"]


@pytest.mark.parametrize("verb", ["start", "pause", "resume", "end", "show", "preview", "dry_run", "discard"])
async def test_a_button_of_the_planner_is_refused_to_everybody_else(talk: Dialogue, verb: str) -> None:
    await draft(talk)
    outcome = await talk.forges("amara", f"campaign_{verb}", "2")
    assert "Only L&D and administrators" in summary(outcome)
    await talk.passes(HOUR)
    assert talk.seen_by("tomasz") == []


async def test_a_dry_run_comes_at_once_with_the_answer_and_is_recorded_nowhere(talk: Dialogue) -> None:
    await talk.presses("leila", await draft(talk), "Send me a dry run")
    tries = sorted(talk.seen_by("leila")[1:], key=lambda post: text_of(post.card).partition("Dry run, ")[2])
    assert [found for post in tries for found in re.findall(r"Dry run, \d of \d", text_of(post.card))] == [
        "Dry run, 1 of 3",
        "Dry run, 2 of 3",
        "Dry run, 3 of 3",
    ]
    assert "50 EUR" in text_of(tries[1].card)
    assert "nothing is recorded" in summary(await talk.presses("leila", tries[0], "Got it"))
    async with talk.look() as tx:
        assert (await tx.tally(2)).nudges == {}


async def test_a_discarded_draft_leaves_its_name_free(talk: Dialogue) -> None:
    await talk.presses("leila", await draft(talk), "Discard")
    assert await campaigns(talk) == ["Refunds without friction"]
    await draft(talk)


async def test_started_paused_and_resumed_it_sends_nothing_meanwhile_and_loses_nothing(talk: Dialogue) -> None:
    post = await start(talk)
    assert "State: Running" in text_of(post.card)
    assert "fewer than 5" in text_of(post.card)
    await talk.presses("leila", post, "Pause")
    await talk.passes(3 * DAY)
    assert talk.seen_by("tomasz") == []
    await talk.presses("leila", post, "Resume")
    await talk.passes(HOUR)
    assert "Scan twice." in text_of(talk.last("tomasz").card)  # not stale: it was held back on purpose
    await talk.presses("leila", post, "End")
    await talk.passes(7 * DAY)
    assert len(talk.seen_by("tomasz")) == 1
    assert "over" in summary(await talk.forges("leila", "campaign_start", "2")) or True


async def test_a_second_start_changes_nothing(talk: Dialogue) -> None:
    await start(talk)
    assert "started already" in summary(await talk.forges("leila", "campaign_start", "2"))
    await talk.passes(HOUR)
    assert len(talk.seen_by("tomasz")) == 1


async def test_a_start_that_cannot_see_the_channel_enrols_nobody(talk: Dialogue) -> None:
    post = await draft(talk)
    room = talk.platform.rooms.pop("store-berlin")
    assert "I cannot see who is in #store-berlin" in summary(await talk.presses("leila", post, "Start"))
    talk.platform.rooms["store-berlin"] = room
    await talk.passes(HOUR)
    assert talk.seen_by("tomasz") == []
    assert await talk.presses("leila", post, "Start") is None


async def test_somebody_new_in_the_channel_is_met_and_enrolled(talk: Dialogue) -> None:
    await talk.has_consent()
    talk.platform.people["noor"] = talk.platform.people["tomasz"].__class__(
        id="noor", name="Noor Haddad", time_zone="Europe/Berlin"
    )
    talk.platform.rooms["store-berlin"].members.add("noor")
    await start(talk)
    await talk.passes(HOUR)
    assert "Scan twice." in text_of(talk.last("noor").card)


async def test_an_open_campaign_is_joined_from_the_list(talk: Dialogue) -> None:
    await start(talk, 'new "Knots" to open: tip "Twice around the pole."; after 1 day tip "Pull."')
    listed = await command(talk, "amara", "list")
    assert isinstance(listed, Note)
    assert "Join" in labels(listed.card)
    told = await talk.forges("amara", "series_join", find_button(listed.card, "Join").value)
    assert "You joined “Knots”. The first one comes on Monday, 23 November 2026, at 09:00." in summary(told)
    await talk.passes(HOUR)
    assert "Twice around the pole." in text_of(talk.last("amara").card)
    assert "cannot be joined" in summary(await talk.forges("amara", "series_join", "1"))


async def test_a_copy_is_a_draft_and_an_edit_opens_it_in_a_form(talk: Dialogue) -> None:
    assert await command(talk, "leila", "copy Refunds") is None
    assert "Refunds without friction (2)" in text_of(talk.last("leila").card)
    outcome = await command(talk, "leila", 'edit "Refunds without friction (2)"')
    assert isinstance(outcome, Form)
    values = {field.name: field.value for field in outcome.fields}
    assert (values["name"], values["audience"], values["at"]) == (
        "Refunds without friction (2)",
        "#support-desk",
        "09:30",
    )
    assert values["steps"].startswith('after 1 day tip "Most refunds need nobody but you.')


# ── what comes ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_nudge_comes_at_the_learners_own_time_and_says_who_sends_it_and_why(talk: Dialogue) -> None:
    post = await first_nudge(talk)
    shown = text_of(post.card)
    assert "Scan twice." in shown
    assert "“Till basics” · from Leila Brandvold · after the till training · you can stop it at any time" in shown
    assert labels(post.card) == ["Got it", "Used it", "Ask about this", "Later", "Stop this series"]
    assert talk.seen_by("henrik") == []  # half past nine in Turku was over: he begins tomorrow
    await talk.passes(23 * HOUR)
    assert "Scan twice." in text_of(talk.last("henrik").card)
    assert len(talk.seen_by("tomasz")) == 1


async def test_a_job_aid_is_sent_as_it_is_now(talk: Dialogue) -> None:
    async with talk.look() as tx:
        aid = await tx.aid_by_key("pos-frozen")
        owner = await tx.person(aid.owner_id or 0)
    await start(talk, f'new "Till basics" to #store-berlin at 9:30: tip #{aid.number}')
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.rewrite_aid(aid.id, by=owner, title=aid.title, body="Wait a minute, then restart.", need=aid.need)
    await talk.passes(HOUR)
    assert "Wait a minute, then restart." in text_of(talk.last("tomasz").card)


async def test_what_a_learner_may_not_see_is_not_sent_to_them(talk: Dialogue) -> None:
    async with talk.look() as tx:
        aid = await tx.aid_by_key("probation-review")
    await talk.rests_reviews()
    await start(talk, f'new "Probation" to #store-berlin at 9:30: tip #{aid.number}')
    await talk.passes(HOUR)
    assert "probation" in text_of(talk.last("rafael").card).casefold()  # a manager
    assert talk.seen_by("tomasz") == []
    async with talk.look() as tx:
        tally = await tx.tally(2)
    assert tally.nudges["skipped"].count == 1


async def test_nothing_comes_in_quiet_hours_or_at_the_weekend(talk: Dialogue) -> None:
    await start(talk, 'new "Early" to #store-berlin at 6:00: after 1 day tip "One."; after 5 days tip "Two."')
    assert len(talk.seen_by("tomasz")) == 0
    await talk.passes(2 * DAY - HOUR - timedelta(minutes=1))
    assert talk.seen_by("tomasz") == []  # Wednesday, 07:59 in Berlin: six o'clock is within the quiet hours
    await talk.passes(timedelta(minutes=1))
    assert "One." in text_of(talk.last("tomasz").card)
    await talk.passes(3 * DAY)
    await talk.passes(DAY)
    assert talk.clock().strftime("%A") == "Sunday"
    assert len(talk.seen_by("tomasz")) == 1
    await talk.passes(DAY)
    assert "Two." in text_of(talk.last("tomasz").card)


async def test_at_most_two_a_day_from_all_series_and_the_rest_comes_tomorrow(talk: Dialogue) -> None:
    for name in ("One", "Two", "Three"):
        await start(talk, f'new "{name}" to #store-berlin at 9:30: tip "{name}!"')
    await talk.passes(HOUR)
    await talk.passes(HOUR)
    assert len(talk.seen_by("tomasz")) == 2
    await talk.passes(DAY)
    assert len(talk.seen_by("tomasz")) == 3


async def test_after_an_outage_what_is_too_late_is_left_out_and_counted(talk: Dialogue) -> None:
    await start(talk)
    await talk.passes(3 * DAY)
    await talk.passes(HOUR)
    shown = [text_of(post.card) for post in talk.seen_by("tomasz")]
    assert len(shown) == 1
    assert "What is the limit?" in shown[0]
    async with talk.look() as tx:
        tally = await tx.tally(2)
    assert tally.nudges["skipped"].people == 4
    (told,) = [text for post in talk.seen_by("leila") if "I could not send for a while" in (text := text_of(post.card))]
    assert "“Till basics”" in told
    assert "more than 36 hours late is left out" in told
    assert "Tomasz" not in told


async def test_ticks_from_two_replicas_at_once_send_one_nudge(talk: Dialogue) -> None:
    await start(talk)
    talk.clock.advance(HOUR)
    services = talk.house.services
    looked_at = await asyncio.gather(*(send_due(services, 1, limit=10) for _ in range(4)))
    await talk.settle()
    assert sum(looked_at) == 3
    assert len(talk.seen_by("tomasz")) == 1
    assert len(talk.seen_by("rafael")) == 1


async def test_the_cap_holds_when_two_replicas_send_different_series_at_once(talk: Dialogue) -> None:
    for name in ("One", "Two", "Three", "Four"):
        await start(talk, f'new "{name}" to @Tomasz at 9:30: tip "{name}!"')
    talk.clock.advance(HOUR)
    await asyncio.gather(*(send_due(talk.house.services, 1, limit=1) for _ in range(4)))
    await talk.settle()
    assert len(talk.seen_by("tomasz")) == 2


async def test_whom_the_platform_refuses_is_counted_as_not_reachable(talk: Dialogue) -> None:
    await talk.rests_reviews()
    await start(talk, 'new "Till basics" to @Tomasz at 9:30: tip "Scan twice."')
    talk.platform.faults.append(Undeliverable("The account was closed."))
    await talk.passes(HOUR)
    async with talk.look() as tx:
        assert (await tx.tally(2)).nudges["unreachable"].count == 1


# ── what learners do with it ────────────────────────────────────────────────────────────────────────────────────────


async def test_got_it_stays_on_the_card_and_leaves_what_is_still_of_use(talk: Dialogue) -> None:
    post = await first_nudge(talk)
    await talk.presses("tomasz", post, "Got it")
    assert "Scan twice." in text_of(post.card)
    assert "✓ Got it." in text_of(post.card)
    assert labels(post.card) == ["Used it", "Ask about this", "Stop this series"]
    await talk.presses("tomasz", post, "Used it")
    assert labels(post.card) == ["Ask about this", "Stop this series"]
    async with talk.look() as tx:
        assert (await tx.count_doings(await tx.campaign(2))).responses == {"used_it": 1}


async def test_pressed_twice_is_pressed_once(talk: Dialogue) -> None:
    post = await first_nudge(talk)
    await talk.presses("tomasz", post, "Got it")
    revisions = post.revisions
    for nudge_id in ("1", "2", "3"):  # one of them is his
        await talk.forges("tomasz", "nudge_got_it", nudge_id, post=post)
    async with talk.look() as tx:
        assert (await tx.count_doings(await tx.campaign(2))).responses["got_it"] == 1
    assert post.revisions == revisions


async def test_a_recall_shows_its_answer_after_and_takes_an_honest_grade(talk: Dialogue) -> None:
    await first_nudge(talk)
    await talk.passes(3 * DAY)
    post = talk.last("tomasz")
    assert "50 EUR" not in text_of(post.card)
    await talk.presses("tomasz", post, "Show the answer")
    assert "50 EUR" in text_of(post.card)
    assert labels(post.card) == ["Not yet", "Barely", "I knew it", "Easily", "Ask about this", "Stop this series"]
    await talk.presses("tomasz", post, "Not yet")
    assert "50 EUR" in text_of(post.card)
    assert labels(post.card) == ["Ask about this", "Stop this series"]


async def test_later_brings_it_again_the_next_day_and_moves_what_follows(talk: Dialogue) -> None:
    post = await first_nudge(talk)
    await talk.presses("tomasz", post, "Later")
    assert "It comes again on Tuesday, 24 November 2026, at 09:30." in text_of(post.card)
    await talk.forges("tomasz", "nudge_later", "1", post=post)  # an old card: it is not put off once more
    await talk.passes(DAY)
    assert [text_of(one.card).count("Scan twice.") > 0 for one in talk.seen_by("tomasz")] == [True, True]
    await talk.passes(2 * DAY)
    assert len(talk.seen_by("tomasz")) == 2  # Thursday: the recall has moved to Friday
    await talk.passes(DAY)
    assert "What is the limit?" in text_of(talk.last("tomasz").card)


async def test_stop_is_final_also_from_an_old_card_until_taken_back(talk: Dialogue) -> None:
    first = await first_nudge(talk)
    await talk.passes(3 * DAY)
    await talk.presses("tomasz", first, "Stop this series")
    assert "You stopped this series" in text_of(first.card)
    await talk.passes(4 * DAY)
    assert len(talk.seen_by("tomasz")) == 2
    await talk.presses("tomasz", first, "Take it up again")
    assert "goes on" in text_of(first.card)
    await talk.passes(DAY)
    assert "Did you use it this week?" in text_of(talk.last("tomasz").card)


async def test_ask_about_this_leads_into_the_question_flow(talk: Dialogue) -> None:
    post = await first_nudge(talk)
    form = await talk.presses("tomasz", post, "Ask about this")
    assert isinstance(form, Form)
    assert await talk.submits("tomasz", form, question="The till is frozen and there is a queue, what now?") is None
    answer = talk.last("tomasz")
    assert answer.ref.conversation == "dm-tomasz"
    assert "The till is frozen and there is a queue, what now?" in text_of(answer.card)
    assert "The till (POS) is frozen" in text_of(answer.card)
    async with talk.look() as tx:
        assert "ask" in (await tx.count_doings(await tx.campaign(2))).responses


@pytest.mark.parametrize(("named", "signed"), [("", "Told without a name"), ("yes", "From Tomasz Okafor")])
async def test_a_barrier_goes_to_the_planner_without_the_name_unless_it_was_added(
    talk: Dialogue, named: str, signed: str
) -> None:
    await first_nudge(talk)
    for days in (3, 4):
        await talk.passes(days * DAY)
    post = talk.last("tomasz")
    form = await talk.presses("tomasz", post, "What got in the way?")
    await talk.submits("tomasz", form, text="The scanner is in the other room.", named=named)
    told = text_of(talk.last("leila").card)
    assert "The scanner is in the other room." in told
    assert signed in told
    assert ("Tomasz" in told) is bool(named)
    assert "passed on" in text_of(post.card)


@pytest.mark.parametrize(("others", "guessed"), [(3, True), (4, False)])
async def test_whoever_tells_a_barrier_among_few_is_told_that_it_may_be_guessed_whose_it_is(
    talk: Dialogue, others: int, guessed: bool
) -> None:
    names = ("amara", "henrik", "sofia", "noor")[:others]
    for who in names:
        talk.platform.people.setdefault(who, Sender(id=who, name=who.title(), email=f"{who}@x.example"))
        talk.platform.rooms["store-berlin"].members.add(who)
    talk.platform.rooms["store-berlin"].members &= {"tomasz", *names}
    await talk.has_consent()
    await start(talk, 'new "Till" to #store-berlin at 9:30: apply "Did you use it?"')
    await talk.passes(HOUR)
    form = await talk.presses("tomasz", talk.last("tomasz"), "What got in the way?")
    assert ("may be guessed" in repr(form)) is guessed


async def test_three_ignored_in_a_row_and_the_series_asks_then_rests(talk: Dialogue) -> None:
    steps = "; ".join(f'after {day} days tip "Tip {day}"' for day in range(5))
    await start(talk, f'new "Daily" to @Tomasz at 9:30: {steps}')
    await talk.passes(HOUR)
    for _ in range(3):
        await talk.passes(DAY)
    asked = talk.last("tomasz")
    assert labels(asked.card) == ["Go on", "Fewer of all", "Stop this series"]
    await talk.passes(4 * DAY)
    assert len(talk.seen_by("tomasz")) == 4
    await talk.presses("tomasz", asked, "Go on")
    await talk.passes(DAY)
    assert "Tip 3" in text_of(talk.last("tomasz").card)


@pytest.mark.parametrize(
    "verb", ["nudge_got_it", "nudge_stop", "nudge_later", "nudge_show_answer", "nudge_ask", "nudge_barrier"]
)
async def test_only_the_receiver_can_press(talk: Dialogue, verb: str) -> None:
    post = await first_nudge(talk)
    async with talk.look() as tx:
        amara = await tx.person_by_email("amara.lindqvist@larkspur.example")
    assert amara is not None
    for nudge_id in ("1", "2", "3"):  # everybody's nudge of that morning
        assert "somebody else" in summary(await talk.forges("amara", verb, nudge_id, post=post))
    assert "not here any more" in summary(await talk.forges("amara", verb, "4711"))
    for value in ("", "1.2", "-1", "x", "9" * 40, "١"):
        assert "not one of mine" in summary(await talk.forges("amara", verb, value))
    assert post.revisions == 0


@pytest.mark.parametrize("verb", ["series_stop", "series_later", "series_go_on"])
async def test_a_series_is_steered_only_by_its_learner(talk: Dialogue, verb: str) -> None:
    await first_nudge(talk)
    assert "somebody else" in summary(await talk.forges("amara", verb, "1.0"))
    assert "not one of mine" in summary(await talk.forges("amara", verb, "1"))


# ── one's own series by a line ──────────────────────────────────────────────────────────────────────────────────────


async def test_the_command_alone_shows_a_learner_their_own_series(talk: Dialogue) -> None:
    empty = await command(talk, "amara", "")
    assert isinstance(empty, Note)
    assert "/nudge me every 2 days" in text_of(empty.card)
    await first_nudge(talk)
    listed = await command(talk, "tomasz", "")
    assert isinstance(listed, Note)
    assert "Till basics" in text_of(listed.card)
    assert "Thursday, 26 November 2026, at 09:30" in text_of(listed.card)
    assert labels(listed.card) == ["Later", "Stop"]


async def test_a_series_of_ones_own_is_planned_started_and_seen_by_nobody_else(talk: Dialogue) -> None:
    await talk.rests_reviews()
    await start(talk, 'me every 2 days for 4 days "ask before I answer"', who="amara")
    await talk.passes(2 * DAY + HOUR)
    post = talk.last("amara")
    assert "ask before I answer" in text_of(post.card)
    assert "a series of your own" in text_of(post.card)
    assert "ask before I answer" not in await campaigns(talk)
    assert "somebody’s own" in summary(await talk.forges("leila", "campaign_show", "2"))
    form = await talk.presses("amara", post, "What got in the way?")
    await talk.submits("amara", form, text="Too busy.")
    assert talk.seen_by("leila") == []
    await draft(talk, 'me every 2 days for 4 days "ask before I answer"', who="tomasz")  # the same goal, another person


async def test_a_reminder_is_asked_for_in_plain_words(talk: Dialogue) -> None:
    await talk.rests_reviews()
    await talk.says("amara", "Remind me to call the supplier tomorrow at 15:20, please")
    drafted = talk.last("amara")
    assert "Tuesday, 24 November 2026, at 15:20" in text_of(drafted.card)
    await talk.presses("amara", drafted, "Start")
    await talk.passes(DAY + 8 * HOUR)
    assert "call the supplier" in text_of(talk.last("amara").card)
    assert "a series of your own" in text_of(talk.last("amara").card)
    seen = len(talk.seen_by("amara"))
    await talk.passes(14 * DAY)
    assert len(talk.seen_by("amara")) == seen


async def test_who_wants_to_be_reminded_of_what_they_knew_is_answered(talk: Dialogue) -> None:
    await talk.says("amara", "Remind me how much I may refund without approval")
    assert "How much you may refund without approval" in text_of(talk.last("amara").card)


async def test_what_days_off_put_onto_one_day_comes_once(talk: Dialogue) -> None:
    await talk.rests_reviews()
    await talk.says("amara", 'nudge me every 2 days for 2 weeks "ask before I answer"')
    told = text_of(talk.last("amara").card)
    when = re.findall(r"(\w+day, \d+ \w+ 2026, at \d\d:\d\d)(?: \(\w+day is no working day\))?: check-in", told)
    assert len(when) == len(set(when)) == 6
    await talk.presses("amara", talk.last("amara"), "Start")
    days = []
    for _ in range(16):
        before = len(talk.seen_by("amara"))
        await talk.passes(DAY)
        days.append(len(talk.seen_by("amara")) - before)
        for post in talk.seen_by("amara")[before:]:
            await talk.presses("amara", post, "Used it")
    assert (sum(days), max(days)) == (6, 1)


async def test_snooze_stop_pause_and_resume_by_a_line(talk: Dialogue) -> None:
    await first_nudge(talk)
    assert "Wednesday, 25 November 2026" in text_of(note(await command(talk, "tomasz", "snooze till 2 days")))
    await talk.passes(DAY)
    assert len(talk.seen_by("tomasz")) == 1
    assert "until you write" in text_of(note(await command(talk, "tomasz", "pause")))
    await talk.passes(DAY)
    await talk.passes(7 * DAY)
    assert len(talk.seen_by("tomasz")) == 1
    await command(talk, "tomasz", "resume")
    await talk.passes(DAY)
    assert len(talk.seen_by("tomasz")) == 2
    assert "You stopped “Till basics”" in text_of(note(await command(talk, "tomasz", "stop")))
    await talk.passes(14 * DAY)
    assert len(talk.seen_by("tomasz")) == 2
    assert "You are in no series" in summary(await command(talk, "tomasz", "stop all"))


async def test_help_and_settings_are_for_everybody(talk: Dialogue) -> None:
    assert "Planning a campaign" not in text_of(note(await command(talk, "amara", "help")))
    assert "Planning a campaign" in text_of(note(await command(talk, "leila", "help")))
    shown = text_of(note(await command(talk, "henrik", "settings")))
    assert "Your time zone: Europe/Helsinki" in shown
    assert "Never between: 18:00 and 08:00" in shown


async def test_how_a_campaign_stands_is_told_in_counts_and_not_below_five(talk: Dialogue) -> None:
    await start(talk, 'new "All" to everyone at 9:30: tip "Scan twice."')
    await talk.passes(HOUR)
    await talk.passes(DAY)
    people = [who for who in talk.platform.people if talk.seen_by(who) and who != "leila"]
    assert len(people) == 7
    for who in people[:5]:
        await talk.presses(who, talk.last(who), "Got it")
    await talk.presses(people[5], talk.last(people[5]), "Used it")
    shown = text_of(note(await command(talk, "leila", "show All")))
    assert "People: 8" in shown
    assert "Sent: 8" in shown
    assert "Got it: 5" in shown
    assert "Used it" not in shown
    assert all(str(talk.platform.people[who].name) not in shown for who in people)


def note(outcome: Outcome):
    assert isinstance(outcome, Note), outcome
    return outcome.card
