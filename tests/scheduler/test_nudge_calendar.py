"""Whatever calendars, clocks and people do: each nudge once, at an open time, below the cap, and none lost in silence.

A learner in several series is followed through random pauses, responses and clock jumps by the same decisions as the
tick makes. What comes of it is compared with what the rules promise.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.model import Campaign, Enrolment, EnrolmentStatus, Kind, Response, Rhythm, Step
from scheduler.plan import (
    Defer,
    Reason,
    Rest,
    Send,
    Skip,
    day_bounds,
    deferred,
    enrol,
    is_quiet,
    is_working,
    responded,
    rested,
    resumed,
    sent,
    skipped,
    to_wall,
    weigh,
)
from tests.scheduler.test_nudge_plan import DST_ZONES, EVERY_DAY, changes_of, rhythms, zones_and_days

STALE = timedelta(hours=36)
COUNTRIES = (None, "DE-BE", "US-CA", "JP", "IN", "SA")


@dataclass(slots=True)
class Told:
    series: int
    step: int
    round: int
    at: datetime
    reason: Reason | None = None  # None: it was sent


@dataclass(slots=True)
class World:
    """One learner, their series, and what became of each nudge."""

    rhythm: Rhythm
    plans: list[tuple[Step, ...]]
    now: datetime
    series: list[Enrolment] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    paused: set[int] = field(default_factory=set)  # campaigns

    def begin(self) -> None:
        for steps in self.plans:
            campaign = Campaign(name="x", purpose="", steps=steps)
            self.series.append(enrol(campaign, rhythm=self.rhythm, now=self.now))

    def tick(self) -> None:
        for number, one in enumerate(self.series):
            if number in self.paused or one.due is None or one.due > self.now:
                continue
            start, end = day_bounds(self.now, self.rhythm.zone)
            today = sum(told.reason is None and start <= told.at < end for told in self.told)
            verdict = weigh(
                one.due,
                now=self.now,
                rhythm=self.rhythm,
                sent_today=today,
                stale_after=STALE,
                unanswered=one.unanswered,
            )
            steps = self.plans[number]
            match verdict:
                case Defer(until=until):
                    assert until > self.now
                    self.series[number] = deferred(one, until)
                case Skip(reason=reason):
                    self.told.append(Told(number, one.step, one.round, self.now, reason))
                    self.series[number] = skipped(one, steps=steps, rhythm=self.rhythm)
                case Rest():
                    self.series[number] = rested(one)
                case Send():
                    self.told.append(Told(number, one.step, one.round, self.now))
                    self.series[number] = sent(one, steps=steps, rhythm=self.rhythm, now=self.now)

    def respond(self, number: int, response: Response) -> None:
        one = self.series[number]
        if one.step:
            after = responded(
                one, response, step=one.step - 1, steps=self.plans[number], rhythm=self.rhythm, now=self.now
            )
            self.series[number] = after

    def pause(self, number: int) -> None:
        self.paused.add(number)

    def resume(self, number: int) -> None:
        if number in self.paused:
            self.paused.discard(number)
            one = self.series[number]
            if one.status is EnrolmentStatus.ACTIVE and one.due is not None and one.due < self.now:
                again = resumed(one, steps=self.plans[number], rhythm=self.rhythm, now=self.now)
                self.series[number] = replace(again, unanswered=one.unanswered)


PLANS = st.lists(
    st.lists(st.integers(0, 20), min_size=1, max_size=6).map(
        lambda days: tuple(Step(kind=Kind.TIP, after_days=day) for day in sorted(days))
    ),
    min_size=1,
    max_size=4,
)
DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.timedeltas(timedelta(minutes=1), timedelta(hours=30))),
        st.tuples(
            st.just("jump"), st.timedeltas(timedelta(hours=-2), timedelta(days=6))
        ),  # an outage, a clock put back
        st.tuples(st.just("respond"), st.sampled_from([Response.GOT_IT, Response.LATER, Response.USED_IT])),
        st.tuples(st.just("campaign"), st.booleans()),
        st.tuples(st.just("all"), st.timedeltas(timedelta(hours=1), timedelta(days=9))),
    ),
    max_size=40,
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    zone, day = draw(zones_and_days())
    rhythm = replace(
        draw(rhythms(zone, day)), country=draw(st.sampled_from(COUNTRIES)), daily_cap=draw(st.integers(1, 3))
    )
    begin = datetime.combine(day, draw(st.times()), tzinfo=UTC)
    return World(rhythm=rhythm, plans=draw(PLANS), now=begin)


@settings(max_examples=150)
@given(worlds(), DEEDS, st.randoms(use_true_random=False))
def test_each_nudge_comes_once_at_an_open_time_below_the_cap_and_none_is_lost_in_silence(world, deeds, chance):
    world.begin()
    for deed, how in deeds:
        number = chance.randrange(len(world.series))
        match deed:
            case "wait" | "jump":
                world.now += how
            case "respond":
                world.respond(number, how)
            case "campaign":
                world.pause(number) if how else world.resume(number)
            case "all":
                world.rhythm = replace(world.rhythm, paused_until=world.now + how)
        world.tick()
    for number in range(len(world.series)):
        world.resume(number)
    for _ in range(400):  # from now on the clock only runs, and every nudge is answered
        soonest = min((one.due for one in world.series if one.due is not None), default=None)
        if soonest is None:
            break
        world.now = max(world.now, soonest)
        world.tick()
        for number in range(len(world.series)):
            world.respond(number, Response.GOT_IT)

    keys = Counter((one.series, one.step, one.round) for one in world.told)
    assert set(keys.values()) <= {1}
    for one in world.told:
        if one.reason is None:
            here = to_wall(one.at, world.rhythm.zone)
            assert is_working(here.date(), world.rhythm)
            assert not is_quiet(here.time(), world.rhythm)
        else:
            assert one.reason is Reason.STALE
    a_day = Counter(to_wall(one.at, world.rhythm.zone).date() for one in world.told if one.reason is None)
    assert max(a_day.values(), default=0) <= world.rhythm.daily_cap
    for number, steps in enumerate(world.plans):
        assert world.series[number].status is EnrolmentStatus.DONE
        assert {one.step for one in world.told if one.series == number} == set(range(len(steps)))


@pytest.mark.parametrize("at", [time(0, 0), time(0, 30), time(2, 30), time(3, 0), time(23, 30)])
@pytest.mark.parametrize("zone", DST_ZONES)
def test_on_both_days_of_a_change_of_clocks_exactly_one_comes(zone, at):
    for change in changes_of(zone, 2026):
        rhythm = Rhythm(
            zone=ZoneInfo(zone), at=at, working_days=EVERY_DAY, quiet_from=time(0), quiet_until=time(0), daily_cap=1
        )
        steps = tuple(Step(kind=Kind.TIP, after_days=day) for day in range(5))
        begin = datetime.combine(change - timedelta(days=2), at, tzinfo=ZoneInfo(zone)) - timedelta(minutes=5)
        world = World(rhythm=rhythm, plans=[steps], now=begin.astimezone(UTC))
        world.begin()
        for _ in range(5 * 24 * 4):
            world.tick()
            world.respond(0, Response.GOT_IT)
            world.now += timedelta(minutes=15)
        days = [to_wall(one.at, rhythm.zone).date() for one in world.told]
        assert days == [change + timedelta(days=off) for off in range(-2, 3)]
        assert all(one.reason is None for one in world.told)


@pytest.mark.parametrize("first", [date(2028, 2, 27), date(2026, 12, 30), date(2027, 2, 27)])
def test_a_daily_series_over_leap_day_and_years_end_misses_no_day(first):
    rhythm = Rhythm(zone=ZoneInfo("Europe/Berlin"), at=time(9), working_days=EVERY_DAY)
    steps = tuple(Step(kind=Kind.TIP, after_days=day) for day in range(5))
    world = World(rhythm=rhythm, plans=[steps], now=datetime.combine(first, time(7), tzinfo=UTC))
    world.begin()
    for _ in range(5 * 24):
        world.tick()
        world.respond(0, Response.GOT_IT)
        world.now += timedelta(hours=1)
    assert [to_wall(one.at, rhythm.zone).date() for one in world.told] == [
        first + timedelta(days=off) for off in range(5)
    ]
