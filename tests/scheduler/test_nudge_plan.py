"""When a nudge comes, and how a series goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.model import (
    FOREVER,
    Campaign,
    Customs,
    Enrolment,
    EnrolmentStatus,
    Kind,
    Learner,
    Response,
    Rhythm,
    Step,
)
from scheduler.plan import (
    Defer,
    Reason,
    Rest,
    Send,
    Skip,
    choose_first_day,
    comes_again,
    day_bounds,
    deferred,
    due_at,
    enrol,
    first_open,
    is_again,
    is_quiet,
    is_working,
    responded,
    rested,
    resumed,
    sent,
    settle,
    skipped,
    snooze_until,
    to_instant,
    to_wall,
    weigh,
)

BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = frozenset(range(7))
DST_ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca")
ODD_ZONES = ("UTC", "Asia/Kathmandu", "Pacific/Apia", "Pacific/Chatham", "Asia/Tehran", "America/Sao_Paulo")

# Days around which calendars and clocks are odd: leap day, year's end, a skipped day in Samoa, every change of 2026.
ODD_DAYS = (date(2024, 2, 29), date(2026, 12, 31), date(2011, 12, 30), date(2028, 2, 28))


def changes_of(zone: str, year: int) -> list[date]:
    """The days of `year` on which the offset of `zone` changes."""
    days = [date(year, 1, 1) + timedelta(days=index) for index in range(366)]
    noon = [datetime.combine(day, time(12), tzinfo=ZoneInfo(zone)).utcoffset() for day in days]
    return [day for day, before, after in zip(days[1:], noon, noon[1:], strict=False) if before != after]


@st.composite
def zones_and_days(draw: st.DrawFn) -> tuple[ZoneInfo, date]:
    name = draw(st.sampled_from(DST_ZONES + ODD_ZONES))
    odd = [*ODD_DAYS, *changes_of(name, 2026)]
    near = st.builds(lambda day, off: day + timedelta(days=off), st.sampled_from(odd), st.integers(-4, 3))
    return ZoneInfo(name), draw(near | st.dates(date(2000, 1, 1), date(2090, 12, 31)))


TIMES = st.builds(time, st.integers(0, 23), st.sampled_from((0, 1, 15, 30, 59)))


@st.composite
def rhythms(draw: st.DrawFn, zone: ZoneInfo, near: date) -> Rhythm:
    return Rhythm(
        zone=zone,
        at=draw(TIMES),
        working_days=draw(st.frozensets(st.integers(0, 6), min_size=1)),
        holidays=frozenset(near + timedelta(days=off) for off in draw(st.sets(st.integers(-3, 20), max_size=8))),
        quiet_from=draw(TIMES),
        quiet_until=draw(TIMES),
    )


@st.composite
def situations(draw: st.DrawFn) -> tuple[Rhythm, date]:
    zone, day = draw(zones_and_days())
    return draw(rhythms(zone, day)), day


def is_open(instant: datetime, rhythm: Rhythm) -> bool:
    here = instant.astimezone(rhythm.zone)
    return is_working(here.date(), rhythm) and not is_quiet(here.time(), rhythm)


# ── Instants ──


@given(zones_and_days(), TIMES)
def test_a_wall_time_that_exists_comes_back_from_its_instant(place, at):
    zone, day = place
    wall = datetime.combine(day, at)
    instant = to_instant(wall, zone)
    shown = to_wall(instant, zone)
    assert shown >= wall
    if shown == wall:
        assert to_instant(shown, zone) == instant
        earlier = instant - timedelta(minutes=30), instant - timedelta(hours=1)
        assert all(to_wall(other, zone) != wall for other in earlier)  # the first of a doubled hour
    else:
        assert to_wall(instant - timedelta(seconds=1), zone) < wall  # the first instant after the gap


@pytest.mark.parametrize("name", DST_ZONES)
def test_each_of_five_zones_has_a_gap_and_a_doubled_hour_in_a_year(name):
    zone = ZoneInfo(name)
    walls = [
        datetime.combine(day - timedelta(days=off), time()) + timedelta(minutes=minutes)
        for day in changes_of(name, 2026)
        for off in (0, 1)
        for minutes in range(0, 1440, 15)
    ]
    gaps = {wall for wall in walls if to_wall(to_instant(wall, zone), zone) > wall}
    doubled = {wall for wall in walls if wall.replace(tzinfo=zone).utcoffset() != _late(wall, zone)} - gaps
    assert gaps
    assert doubled
    assert all(to_instant(wall, zone) == wall.replace(tzinfo=zone, fold=0).astimezone(UTC) for wall in doubled)
    assert all(to_instant(wall, zone) == to_instant(min(gaps), zone) for wall in gaps)


def _late(wall: datetime, zone: ZoneInfo) -> timedelta | None:
    return wall.replace(tzinfo=zone, fold=1).utcoffset()


def test_half_past_two_in_berlin_comes_at_three_in_spring_and_once_in_autumn():
    rhythm = Rhythm(zone=BERLIN, at=time(2, 30), working_days=EVERY_DAY, quiet_from=time(0), quiet_until=time(0))
    tip = Step(kind=Kind.TIP, after_days=0)
    assert due_at(tip, first_day=date(2026, 3, 29), rhythm=rhythm) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert due_at(tip, first_day=date(2026, 10, 25), rhythm=rhythm) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_day_that_a_zone_skipped_moves_to_the_next_open_day():
    rhythm = Rhythm(zone=ZoneInfo("Pacific/Apia"), at=time(9))
    due = due_at(Step(kind=Kind.TIP, after_days=0), first_day=date(2011, 12, 30), rhythm=rhythm)
    assert to_wall(due, rhythm.zone) == datetime.fromisoformat("2012-01-02T08:00")  # from Saturday, 00:00


# ── When a step falls due ──


@given(situations(), st.integers(0, 400))
def test_a_nudge_is_never_due_in_quiet_hours_on_a_day_off_or_before_its_wall_time(situation, after_days):
    rhythm, first_day = situation
    due = due_at(Step(kind=Kind.TIP, after_days=after_days), first_day=first_day, rhythm=rhythm)
    assert due.tzinfo is UTC
    assert is_open(due, rhythm)
    assert to_wall(due, rhythm.zone) >= datetime.combine(first_day + timedelta(days=after_days), rhythm.at)


@given(situations(), st.lists(st.integers(0, 60), min_size=2, max_size=8))
def test_steps_fall_due_in_the_order_of_their_days(situation, days):
    rhythm, first_day = situation
    dues = [due_at(Step(kind=Kind.TIP, after_days=day), first_day=first_day, rhythm=rhythm) for day in sorted(days)]
    assert dues == sorted(dues)


@given(situations(), st.integers(0, 60))
def test_an_open_time_stays_as_it_is(situation, after_days):
    rhythm, first_day = situation
    due = due_at(Step(kind=Kind.TIP, after_days=after_days), first_day=first_day, rhythm=rhythm)
    assert first_open(to_wall(due, rhythm.zone), rhythm) == due


@given(situations())
def test_nothing_open_lies_between_the_wall_time_and_the_due_time(situation):
    # So near as quarters of an hour tell; a day off moves to the usual time, so only the due day itself is looked at.
    rhythm, first_day = situation
    due = due_at(Step(kind=Kind.TIP, after_days=0), first_day=first_day, rhythm=rhythm)
    wall = datetime.combine(first_day, rhythm.at)
    if to_wall(due, rhythm.zone).date() != first_day:
        return
    while wall < to_wall(due, rhythm.zone):
        instant = to_instant(wall, rhythm.zone)
        assert instant == due or not is_open(instant, rhythm)
        wall += timedelta(minutes=15)


def test_a_late_evening_moves_to_the_morning_after_the_weekend():
    rhythm = Rhythm(zone=BERLIN, at=time(23))
    due = due_at(Step(kind=Kind.TIP, after_days=0), first_day=date(2026, 11, 20), rhythm=rhythm)  # a Friday
    assert to_wall(due, BERLIN) == datetime.fromisoformat("2026-11-23T08:00")


def test_a_series_crosses_leap_day_and_the_end_of_the_year():
    rhythm = Rhythm(zone=BERLIN, at=time(9), working_days=EVERY_DAY, holidays=frozenset({date(2027, 1, 1)}))

    def day(first: date, after: int) -> date:
        return to_wall(due_at(Step(kind=Kind.TIP, after_days=after), first_day=first, rhythm=rhythm), BERLIN).date()

    assert day(date(2028, 2, 28), 1) == date(2028, 2, 29)
    assert day(date(2027, 2, 28), 1) == date(2027, 3, 1)
    assert day(date(2026, 12, 31), 1) == date(2027, 1, 2)


@given(situations(), TIMES)
def test_a_day_holds_all_instants_of_its_date_and_no_other(situation, at):
    rhythm, day = situation
    now = to_instant(datetime.combine(day, at), rhythm.zone)
    start, end = day_bounds(now, rhythm.zone)
    here = to_wall(now, rhythm.zone).date()
    assert start <= now < end
    assert to_wall(start, rhythm.zone).date() == here
    assert to_wall(end - timedelta(seconds=1), rhythm.zone).date() == here
    assert to_wall(end, rhythm.zone).date() > here


def test_the_first_day_is_tomorrow_once_the_usual_time_has_passed():
    rhythm = Rhythm(zone=BERLIN, at=time(9))
    morning = datetime(2026, 11, 23, 7, 59, tzinfo=UTC)
    assert choose_first_day(None, rhythm=rhythm, now=morning) == date(2026, 11, 23)
    assert choose_first_day(None, rhythm=rhythm, now=morning + timedelta(hours=1)) == date(2026, 11, 24)
    assert choose_first_day(date(2026, 12, 1), rhythm=rhythm, now=morning) == date(2026, 12, 1)
    assert choose_first_day(date(2026, 11, 1), rhythm=rhythm, now=morning) == date(2026, 11, 23)


def test_quiet_hours_include_their_beginning_and_not_their_end():
    over_noon = Rhythm(zone=BERLIN, at=time(9), quiet_from=time(12), quiet_until=time(13))
    over_midnight = Rhythm(zone=BERLIN, at=time(9), quiet_from=time(18), quiet_until=time(8))
    never = Rhythm(zone=BERLIN, at=time(9), quiet_from=time(8), quiet_until=time(8))
    asked = (time(0), time(7, 59), time(8), time(11, 59), time(12), time(12, 59), time(13), time(17, 59), time(18))
    assert [at for at in asked if is_quiet(at, over_noon)] == [time(12), time(12, 59)]
    assert [at for at in asked if is_quiet(at, over_midnight)] == [time(0), time(7, 59), time(18)]
    assert not any(is_quiet(at, never) for at in asked)


# ── Whose choice holds ──


def test_the_learners_choice_comes_before_the_campaigns_and_that_before_the_workspaces():
    campaign = Campaign(name="x", purpose="", steps=(), at=time(10), zone="Asia/Tokyo", working_days=frozenset({6}))
    customs = Customs(zone="Europe/Berlin", at=time(8))
    bare = Campaign(name="x", purpose="", steps=())
    own = Learner(zone="America/New_York", at=time(11), quiet_from=time(0), quiet_until=time(5), daily_cap=1)

    mine = settle(own, campaign, customs)
    assert (mine.zone.key, mine.at, mine.working_days) == ("America/New_York", time(11), frozenset({6}))
    assert (mine.quiet_from, mine.quiet_until, mine.daily_cap) == (time(0), time(5), 1)
    theirs = settle(Learner(), campaign, customs)
    assert (theirs.zone.key, theirs.at) == ("Asia/Tokyo", time(10))
    ours = settle(Learner(quiet_from=time(1)), bare, customs)
    assert (ours.zone.key, ours.at, ours.quiet_from) == ("Europe/Berlin", time(8), customs.quiet_from)
    assert settle(own, replace(campaign, own=True), customs).at == time(10)
    assert settle(own, replace(bare, own=True), customs).at == time(11)


@pytest.mark.parametrize(
    "zone", ["", "Mars/Base", "Europe", "../../etc/passwd", "/etc/localtime", "a\0b", "é" * 400, "\ud800"]
)
def test_a_zone_that_is_none_counts_as_no_choice(zone):
    rhythm = settle(Learner(zone=zone), Campaign(name="x", purpose="", steps=()), Customs(zone="Asia/Tokyo"))
    assert rhythm.zone.key == "Asia/Tokyo"


def test_a_rhythm_without_a_working_day_or_with_a_cap_of_none_is_refused():
    with pytest.raises(ValueError, match="working day"):
        Rhythm(zone=BERLIN, at=time(9), working_days=frozenset({9}))
    with pytest.raises(ValueError, match="cap is 0"):
        Rhythm(zone=BERLIN, at=time(9), daily_cap=0)


def test_a_step_before_the_first_day_is_refused():
    with pytest.raises(ValueError, match="3 days before"):
        Step(kind=Kind.TIP, after_days=-3)


# ── Weighing ──

MONDAY_NINE = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
OFFICE = Rhythm(zone=BERLIN, at=time(9))
STALE = timedelta(hours=36)


def weigh_at(
    now: datetime, due: datetime = MONDAY_NINE, rhythm: Rhythm = OFFICE, sent_today: int = 0, unanswered: int = 0
):
    return weigh(due, now=now, rhythm=rhythm, sent_today=sent_today, stale_after=STALE, unanswered=unanswered)


def test_a_nudge_on_time_is_sent_and_one_before_its_time_waits():
    assert weigh_at(MONDAY_NINE) == Send()
    early = weigh_at(MONDAY_NINE - timedelta(seconds=1))
    assert early == Defer(until=MONDAY_NINE, reason=Reason.EARLY)


def test_after_an_outage_what_is_stale_is_skipped_and_said_so():
    assert weigh_at(MONDAY_NINE + STALE + timedelta(hours=1)) == Skip(
        reason=Reason.STALE, late=STALE + timedelta(hours=1)
    )
    assert weigh_at(MONDAY_NINE + timedelta(hours=5)) == Send()


def test_quiet_hours_are_checked_again_when_the_tick_comes_late():
    late = weigh_at(MONDAY_NINE + timedelta(hours=12))
    assert late == Defer(until=datetime(2026, 11, 24, 7, 0, tzinfo=UTC), reason=Reason.QUIET)


def test_a_day_that_became_a_holiday_defers_to_the_usual_time_of_the_next_working_day():
    rhythm = replace(OFFICE, holidays=frozenset({date(2026, 11, 23), date(2026, 11, 24)}))
    until = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
    assert weigh_at(MONDAY_NINE, rhythm=rhythm) == Defer(until=until, reason=Reason.DAY_OFF)


def test_of_the_same_words_on_one_day_the_last_is_enough():
    steps = tuple(Step(kind=Kind.TIP, after_days=day, text="ask first") for day in (0, 2, 4, 5, 7))
    friday = date(2026, 11, 27)
    # Friday; Sunday, which becomes Monday; Tuesday; Wednesday; Friday
    assert not any(is_again(steps, at, first_day=friday, rhythm=OFFICE) for at in range(len(steps)))
    saturday = date(2026, 11, 28)  # which becomes Monday, as Monday does
    again = [is_again(steps, at, first_day=saturday, rhythm=OFFICE) for at in range(len(steps))]
    assert again == [True, False, False, False, False]
    monday = datetime(2026, 11, 30, 9, tzinfo=BERLIN)
    assert comes_again(Enrolment(first_day=saturday), steps=steps, rhythm=OFFICE, now=monday)
    assert not comes_again(Enrolment(first_day=saturday, step=1), steps=steps, rhythm=OFFICE, now=monday)
    other = (replace(steps[0], text="ask"), *steps[1:])
    assert not comes_again(Enrolment(first_day=saturday), steps=other, rhythm=OFFICE, now=monday)


def test_what_a_pause_held_up_moves_as_a_whole_and_is_not_taken_for_the_same_again():
    steps = tuple(Step(kind=Kind.TIP, after_days=day, text="ask first") for day in (0, 1, 2))
    before = Enrolment(first_day=date(2026, 11, 23))
    weeks_later = datetime(2026, 12, 7, 9, tzinfo=BERLIN)
    assert not comes_again(before, steps=steps, rhythm=OFFICE, now=weeks_later)


def test_beyond_the_days_limit_a_nudge_waits_until_tomorrow():
    tomorrow = MONDAY_NINE + timedelta(days=1)
    assert weigh_at(MONDAY_NINE, sent_today=1) == Send()
    assert weigh_at(MONDAY_NINE, sent_today=2) == Defer(until=tomorrow, reason=Reason.CAP)


def test_a_pause_defers_to_its_end_however_far_that_is():
    for end in (MONDAY_NINE + timedelta(days=10), FOREVER):
        verdict = weigh_at(MONDAY_NINE, rhythm=replace(OFFICE, paused_until=end))
        assert isinstance(verdict, Defer)
        assert verdict.reason is Reason.PAUSED
        assert verdict.until >= end


def test_after_three_ignored_nudges_the_series_asks_whether_to_go_on_but_not_at_night():
    assert weigh_at(MONDAY_NINE, unanswered=2) == Send()
    assert weigh_at(MONDAY_NINE, unanswered=3) == Rest()
    assert isinstance(weigh_at(MONDAY_NINE + timedelta(hours=12), unanswered=3), Defer)


@given(situations(), st.integers(0, 3 * 24 * 60), st.integers(0, 4), st.integers(-2, 30))
def test_whatever_the_clock_does_a_nudge_is_sent_only_at_an_open_time_below_the_cap(
    situation, minutes, sent_today, pause
):
    rhythm, day = situation
    due = due_at(Step(kind=Kind.TIP, after_days=0), first_day=day, rhythm=rhythm)
    now = due + timedelta(minutes=minutes)
    rhythm = replace(rhythm, paused_until=due + timedelta(days=pause))
    verdict = weigh(due, now=now, rhythm=rhythm, sent_today=sent_today, stale_after=STALE)
    if isinstance(verdict, Send):
        assert is_open(now, rhythm)
        assert sent_today < rhythm.daily_cap
        assert now >= due + timedelta(days=pause)
    elif isinstance(verdict, Defer):
        assert verdict.until > now
        assert is_open(verdict.until, rhythm)
        again = weigh(verdict.until, now=verdict.until, rhythm=rhythm, sent_today=0, stale_after=STALE)
        assert again == Send()  # a deferral ends; nothing is put off twice for one reason
    else:
        assert now - due > STALE


# ── A series ──

STEPS = tuple(Step(kind=Kind.TIP, after_days=day) for day in (0, 3, 7, 14, 21))
CAMPAIGN = Campaign(name="Refunds", purpose="", steps=STEPS)
BEGINNING = enrol(CAMPAIGN, rhythm=OFFICE, now=MONDAY_NINE - timedelta(hours=1))


def send(enrolment: Enrolment, now: datetime) -> Enrolment:
    return sent(enrolment, steps=STEPS, rhythm=OFFICE, now=now)


def answer(
    enrolment: Enrolment, response: Response, step: int, now: datetime, delay: timedelta | None = None
) -> Enrolment:
    return responded(enrolment, response, step=step, steps=STEPS, rhythm=OFFICE, now=now, delay=delay)


def test_a_series_sent_on_time_keeps_its_days_and_ends():
    enrolment, days = BEGINNING, []
    while enrolment.due is not None:
        days.append(to_wall(enrolment.due, BERLIN))
        enrolment = send(enrolment, enrolment.due)
    assert [(day.date() - BEGINNING.first_day).days for day in days] == [0, 3, 7, 14, 21]
    assert {day.time() for day in days} == {time(9)}
    assert (enrolment.status, enrolment.step) == (EnrolmentStatus.DONE, 5)


def test_a_campaign_without_steps_is_done_at_once():
    enrolment = enrol(replace(CAMPAIGN, steps=()), rhythm=OFFICE, now=MONDAY_NINE)
    assert (enrolment.status, enrolment.due) == (EnrolmentStatus.DONE, None)


def test_a_series_held_up_by_a_pause_moves_as_a_whole():
    enrolment = send(BEGINNING, MONDAY_NINE)
    enrolment = deferred(enrolment, MONDAY_NINE + timedelta(days=10))
    enrolment = send(enrolment, MONDAY_NINE + timedelta(days=10))  # a week later than planned
    assert enrolment.due == MONDAY_NINE + timedelta(days=14)


def test_after_an_outage_the_rest_keeps_its_days():
    enrolment = skipped(send(BEGINNING, MONDAY_NINE), steps=STEPS, rhythm=OFFICE)
    assert (enrolment.step, enrolment.unanswered, enrolment.due) == (2, 1, MONDAY_NINE + timedelta(days=7))


def test_later_sends_the_same_step_tomorrow_in_a_round_of_its_own_and_only_once():
    enrolment = answer(send(BEGINNING, MONDAY_NINE), Response.LATER, 0, MONDAY_NINE + timedelta(minutes=7))
    assert (enrolment.step, enrolment.round, enrolment.due) == (0, 1, MONDAY_NINE + timedelta(days=1))
    assert answer(enrolment, Response.LATER, 0, MONDAY_NINE) == enrolment  # pressed twice
    again = send(enrolment, MONDAY_NINE + timedelta(days=1))
    assert (again.step, again.due) == (1, MONDAY_NINE + timedelta(days=4))
    twice = answer(again, Response.LATER, 0, MONDAY_NINE + timedelta(days=1))
    assert (twice.step, twice.round) == (0, 2)


def test_later_with_a_delay_never_lands_in_quiet_hours():
    assert snooze_until(now=MONDAY_NINE, rhythm=OFFICE, delay=timedelta(hours=2)) == MONDAY_NINE + timedelta(hours=2)
    night = snooze_until(now=MONDAY_NINE, rhythm=OFFICE, delay=timedelta(hours=14))
    assert night == datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    friday = MONDAY_NINE + timedelta(days=4)
    assert snooze_until(now=friday, rhythm=OFFICE) == friday + timedelta(days=3)


def test_the_last_step_can_be_put_off_too():
    enrolment = BEGINNING
    while enrolment.due is not None:
        enrolment = send(enrolment, enrolment.due)
    back = answer(enrolment, Response.LATER, 4, MONDAY_NINE)
    assert (back.status, back.step) == (EnrolmentStatus.ACTIVE, 4)
    assert back.due is not None


def test_any_response_ends_the_count_of_ignored_nudges():
    enrolment = send(send(BEGINNING, MONDAY_NINE), MONDAY_NINE + timedelta(days=3))
    assert enrolment.unanswered == 2
    assert answer(enrolment, Response.GOT_IT, 0, MONDAY_NINE).unanswered == 0
    assert answer(enrolment, Response.LATER, 0, MONDAY_NINE) == replace(enrolment, unanswered=0)  # an older nudge


def test_stop_is_final_until_it_is_taken_back():
    stopped = answer(send(BEGINNING, MONDAY_NINE), Response.STOP, 0, MONDAY_NINE)
    assert (stopped.status, stopped.due) == (EnrolmentStatus.STOPPED, None)
    for response in Response:
        assert answer(stopped, response, 0, MONDAY_NINE) == stopped
    again = resumed(stopped, steps=STEPS, rhythm=OFFICE, now=MONDAY_NINE)
    assert (again.status, again.due) == (EnrolmentStatus.ACTIVE, MONDAY_NINE + timedelta(days=3))


def test_a_response_wakes_a_series_that_rests_without_a_burst():
    enrolment = send(BEGINNING, MONDAY_NINE)
    resting = rested(replace(enrolment, unanswered=3))
    assert (resting.status, resting.due) == (EnrolmentStatus.RESTED, None)
    now = MONDAY_NINE + timedelta(days=30, hours=3)
    awake = answer(resting, Response.GOT_IT, 0, now)
    assert (awake.status, awake.unanswered) == (EnrolmentStatus.ACTIVE, 0)
    assert awake.due == MONDAY_NINE + timedelta(days=31)  # tomorrow, at the usual time


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["tick", "tick", "tick", *Response, "resume"]), st.integers(1, 60 * 60)), max_size=40
)


@given(situations(), ACTIONS)
def test_whatever_happens_each_nudge_is_sent_at_most_once_and_the_steps_go_on(situation, actions):
    rhythm, day = situation
    now = to_instant(datetime.combine(day, time()), rhythm.zone)
    enrolment = enrol(CAMPAIGN, rhythm=rhythm, now=now)
    keys: list[tuple[int, int]] = []
    settled: set[int] = set()
    for action, minutes in actions:
        now += timedelta(minutes=minutes)
        if action == "resume":
            enrolment = resumed(enrolment, steps=STEPS, rhythm=rhythm, now=now)
        elif action != "tick":
            step = keys[-1][0] if keys else 0
            enrolment = responded(enrolment, Response(action), step=step, steps=STEPS, rhythm=rhythm, now=now)
        elif enrolment.due is not None:
            now = max(now, enrolment.due)
            verdict = weigh(
                enrolment.due, now=now, rhythm=rhythm, sent_today=0, stale_after=STALE, unanswered=enrolment.unanswered
            )
            if isinstance(verdict, Send):
                assert is_open(now, rhythm)
                keys.append((enrolment.step, enrolment.round))
                settled.add(enrolment.step)
                enrolment = sent(enrolment, steps=STEPS, rhythm=rhythm, now=now)
            elif isinstance(verdict, Skip):
                settled.add(enrolment.step)
                enrolment = skipped(enrolment, steps=STEPS, rhythm=rhythm)
            elif isinstance(verdict, Defer):
                enrolment = deferred(enrolment, verdict.until)
            else:
                enrolment = rested(enrolment)
        assert (enrolment.due is not None) == (enrolment.status is EnrolmentStatus.ACTIVE)
        assert enrolment.due is None or is_open(enrolment.due, rhythm)
        assert settled >= set(range(enrolment.step))  # none is passed over unsaid
    assert len(keys) == len(set(keys))
