"""The one-line form of `/nudge`."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.dates import read_date
from scheduler.model import Kind, Step
from scheduler.own_phrases import read_reminder
from scheduler.phrases import Control, Fault, ForMe, NewCampaign, Verb, describe, parse, write_line
from scheduler.tokens import tokenize

TODAY = date(2026, 11, 20)  # a Friday
NOW = datetime.combine(TODAY, time(10, 15, 30))
TUESDAY = date(2026, 11, 24)


def read(line: str) -> Control | NewCampaign | ForMe | Fault:
    return parse(line, today=TODAY, clock=NOW.time())


def read_new(line: str) -> NewCampaign:
    campaign = read(line)
    assert isinstance(campaign, NewCampaign), campaign
    return campaign


def read_fault(line: str) -> Fault:
    fault = read(line)
    assert isinstance(fault, Fault), fault
    return fault


REFUNDS = NewCampaign(
    name="Refund basics",
    audience=("#support",),
    start=date(2026, 12, 1),
    at=time(9, 30),
    purpose="after the refund training",
    steps=(
        Step(kind=Kind.TIP, after_days=0, aid="12"),
        Step(kind=Kind.RECALL, after_days=3, text="What is the limit alone?", answer="50 EUR"),
        Step(kind=Kind.APPLY, after_days=7, text="Did you use the form this week?"),
    ),
)


PLAIN = """new "Refund basics" to #support from 2026-12-01 at 9:30 because "after the refund training": tip #12;
after 3 days recall "What is the limit alone?" = "50 EUR";
after 7 days apply "Did you use the form this week?"
"""
WORDY = """/nudge create Refund basics for the #support channel starting 1 Dec at 9.30am
because after the refund training: tip 12; in 3 days: recall “What is the limit alone?” → “50 EUR”;
+7d apply “Did you use the form this week?”
"""
LINED = """NUDGE New «Refund basics» why “after the refund training” on Dec 1, 2026 at 09:30 to everyone in #support
tip #12
day 3 recall “What is the limit alone?” answer 50 EUR
apply “Did you use the form this week?” after a week
"""
MIXED = """add "Refund basics" at 9:30 am, from 1.12.2026, to #support, because "after the refund training";
apply "Did you use the form this week?" 7 days later, recall "What is the limit alone?" = "50 EUR" +3 days
then now tip aid 12"""


@pytest.mark.parametrize("line", [PLAIN, WORDY, LINED, MIXED])
def test_a_campaign_can_be_written_in_many_ways(line):
    assert read_new(line) == REFUNDS


def test_a_campaign_is_said_back_with_every_date_in_full():
    assert describe(REFUNDS).splitlines() == [
        "“Refund basics” to #support, from Tuesday, 1 December 2026, at 09:30 (each person's own time)",
        "Because: after the refund training",
        "1. Tuesday, 1 December 2026, on the first day: tip from job aid #12",
        "2. Friday, 4 December 2026, after 3 days: recall “What is the limit alone?” with the answer “50 EUR”",
        "3. Tuesday, 8 December 2026, after 7 days: apply “Did you use the form this week?”",
        "What would fall on a day off or in quiet hours comes at the next open time.",
    ]


def test_what_was_not_said_is_said_back_as_left_open():
    text = describe(read_new('new "x" to me in UTC: check in "How?" after a day, plan aid "Refund form"').to_campaign())
    assert text.splitlines()[:3] == [
        "“x”, from the day it is started, at the usual time (each person's own time, or UTC where that is not known)",
        "1. After 1 day: check-in “How?”",
        "2. After 1 day: plan from the job aid “Refund form”",
    ]


@pytest.mark.parametrize(
    ("typed", "audience"),
    [
        ("everyone", ("everyone",)),
        ("@everyone", ("everyone",)),
        ("all", ("everyone",)),
        ("me", ("me",)),
        ("@ana @ben", ("@ana", "@ben")),
        ("@ana, @ben and @ana", ("@ana", "@ben")),
        ("#support and Sales team", ("#support", "Sales team")),
        ("#s soon", ("#s", "soon")),  # a group's name: the core says that there is none
        ('"Sales, north", #support', ("Sales, north", "#support")),
        ("<#C1|help desk> <@U7>", ("<#C1|help desk>", "<@U7>")),
        ("everybody in #support", ("#support",)),
    ],
)
def test_the_audience_is_kept_as_typed(typed, audience):
    assert read_new(f"new x to {typed} at 9: tip #1").audience == audience


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("today", date(2026, 11, 20)),
        ("tomorrow", date(2026, 11, 21)),
        ("monday", date(2026, 11, 23)),
        ("Fri", date(2026, 11, 27)),
        ("next tue", date(2026, 11, 24)),
        ("next week", date(2026, 11, 23)),
        ("in 3 days", date(2026, 11, 23)),
        ("in two weeks", date(2026, 12, 4)),
        ("2027-2-3", date(2027, 2, 3)),
        ("1 Dec", date(2026, 12, 1)),
        ("Dec 1st", date(2026, 12, 1)),
        ("1st of march", date(2027, 3, 1)),
        ("29 Feb", date(2028, 2, 29)),
        ("5.1.", date(2027, 1, 5)),
        ("31.12.2026", date(2026, 12, 31)),
        ("May 4, 2027", date(2027, 5, 4)),
        ("the day after tomorrow", date(2026, 11, 22)),
        ("Sunday 6 December", date(2026, 12, 6)),
        ("1. Dezember", date(2026, 12, 1)),
        ("übermorgen", date(2026, 11, 22)),
        ("demain", date(2026, 11, 21)),
        ("lunes", date(2026, 11, 23)),
        ("12/25/2026", date(2026, 12, 25)),
        ("25/12/2026", date(2026, 12, 25)),
        ("2/2/2027", date(2027, 2, 2)),
    ],
)
def test_dates_are_read_as_people_write_them(typed, day):
    assert read_new(f"new x to me from {typed}: tip #1").start == day


@pytest.mark.parametrize(
    ("typed", "day", "at"),
    [
        ("next monday 9am", date(2026, 11, 23), time(9)),
        ("tomorrow at 14:30", date(2026, 11, 21), time(14, 30)),
        ("2 dec 9:00", date(2026, 12, 2), time(9)),
        ("in 3 days 8.15", date(2026, 11, 23), time(8, 15)),
    ],
)
def test_a_day_may_come_with_its_time(typed, day, at):
    campaign = read_new(f"new x from {typed} to me: tip #1")
    assert (campaign.start, campaign.at) == (day, at)


@pytest.mark.parametrize("typed", ["May", "2026", "December 2026", "the summer", "banana", "9", "mo", "in 3 hours"])
def test_what_names_no_single_day_is_not_taken_for_one(typed):
    assert read_fault(f"new x to me from {typed}: tip #1")


def test_a_day_that_may_be_of_two_months_is_asked_about():
    fault = read_fault("new x to me from 2/12/2026: tip #1")
    assert (fault.problem, fault.remedy) == (
        "“2/12/2026” could be 2 December or 12 February.",
        "Write 2026-12-02 or 2026-02-12.",
    )


def test_two_times_of_day_are_not_guessed_between():
    assert read_fault("new x to me from monday 9am at 10: tip #1").problem == "A time of day comes twice."
    assert read_fault("new x at 10 to me from monday 9am: tip #1").problem == "A time of day comes twice."


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_days(typed):
    found = read_date(typed, TODAY)
    assert found is None or isinstance(found, date)


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("9", time(9)),
        ("9:05", time(9, 5)),
        ("9.30am", time(9, 30)),
        ("9 am", time(9)),
        ("12am", time(0)),
        ("12 p.m.", time(12)),
        ("2:15pm", time(14, 15)),
        ("14h", time(14)),
        ("14h30", time(14, 30)),
        ("noon", time(12)),
        ("midnight", time(0)),
        ("8 o'clock", time(8)),
    ],
)
def test_times_are_read_as_people_write_them(typed, at):
    assert read_new(f"new x to me at {typed}: tip #1").at == at


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("after 3 days", 3), ("in 3 days", 3), ("after 3d", 3), ("+3d", 3), ("+3 days", 3), ("+ 3 days", 3),
        ("day 3", 3), ("on day 3", 3), ("3 days later", 3), ("three days after", 3), ("tomorrow", 1),
        ("the next day", 1), ("after a week", 7), ("2w later", 14), ("in one month", 30), ("now", 0), ("at once", 0),
    ],
)  # fmt: skip
def test_the_day_of_a_nudge_may_stand_before_or_after_it(typed, days):
    (before,) = read_new(f'new x to me: {typed} tip "Look"').steps
    (after,) = read_new(f'new x to me: tip "Look" {typed}').steps
    assert before == after == Step(kind=Kind.TIP, after_days=days, text="Look")


def test_a_nudge_without_a_day_comes_with_the_one_before_it_and_all_stand_in_order():
    steps = read_new('new x to me: after 5 days tip #1; tip #2; after 2 days "Words alone are a tip"').steps
    assert [(step.after_days, step.aid or step.text) for step in steps] == [
        (2, "Words alone are a tip"),
        (5, "1"),
        (5, "2"),
    ]


LINKED = [
    ('tip "Scan." https://x.example/a', (("https://x.example/a", "https://x.example/a"),)),
    ('tip "Scan." link "The film" https://x.example/a?b=c;d#e', (("The film", "https://x.example/a?b=c;d#e"),)),
    (
        'tip "Scan." link "One" https://x.example/1, link "Two" "https://x.example/2"',
        (("One", "https://x.example/1"), ("Two", "https://x.example/2")),
    ),
    ('tip link "The film" https://x.example/a "Scan."', (("The film", "https://x.example/a"),)),
    ('tip "Scan." https://x.example/a; tip "Next."', (("https://x.example/a", "https://x.example/a"),)),
    ('tip "Scan." (https://x.example/a).', None),
]


@pytest.mark.parametrize(("typed", "links"), LINKED)
def test_a_nudge_may_bring_links(typed, links):
    found = parse(f'new "x" to #s: {typed}', today=TODAY)
    if links is None:
        assert isinstance(found, Fault)
        return
    assert isinstance(found, NewCampaign)
    assert (found.steps[0].text, found.steps[0].links) == ("Scan.", links)


def test_too_many_links_and_a_title_with_the_word_are_told_apart():
    assert "at most 10 links" in read_fault('new "x" to #s: tip "a"' + " https://x.example/a" * 11).problem
    assert read_new("new x to #s: tip Link your account").steps[0].aid == "Link your account"
    assert "with a link to “The film”" in describe(read_new('new "x" to #s: tip "a" link "The film" https://x.example'))


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("Mon-Thu", {0, 1, 2, 3}),
        ("Mon, Wed and Fridays", {0, 2, 4}),
        ("Sat–Mon", {5, 6, 0}),
        ("weekdays", {0, 1, 2, 3, 4}),
    ],
)
def test_the_days_of_a_week_may_be_named(typed, days):
    found = read_new(f'new "x" to #s days {typed} at 9:30: tip "a"')
    assert (found.working_days, found.at) == (days, time(9, 30))
    assert "Only on " in describe(found)


def test_what_are_no_weekdays_is_said_and_a_name_may_hold_the_word():
    fault = read_fault('new "x" days Someday to #s: tip "a"')
    assert fault.remedy == 'After "days" come weekdays. Write them like Mon-Thu, or Mon, Wed, Fri.'
    assert read_new('new First days to #s: tip "a"').name == "First days"


def test_titles_may_hold_words_of_the_grammar():
    steps = read_new("new x to me: tip How to apply for leave in summer, and after hours; day 2 recall Day trips").steps
    assert [step.aid for step in steps] == ["How to apply for leave in summer, and after hours", "Day trips"]


@pytest.mark.parametrize(
    ("line", "control"),
    [
        ("", Control(verb=Verb.OPEN)),
        (" \n\t ", Control(verb=Verb.OPEN)),
        ("/nudge", Control(verb=Verb.OPEN)),
        ("help", Control(verb=Verb.HELP)),
        ("help me please", Control(verb=Verb.HELP)),
        ("list", Control(verb=Verb.LIST)),
        ("settings", Control(verb=Verb.SETTINGS)),
        ("new", Control(verb=Verb.NEW)),
        ("new Refund basics", Control(verb=Verb.NEW, name="Refund basics")),
        ("show Refund basics", Control(verb=Verb.SHOW, name="Refund basics")),
        ("preview “Refund basics”", Control(verb=Verb.PREVIEW, name="Refund basics")),
        ("dry run Refund basics", Control(verb=Verb.DRY_RUN, name="Refund basics")),
        ('dry-run "Refund basics" to me', Control(verb=Verb.DRY_RUN, name="Refund basics")),
        ("START the campaign Refund basics", Control(verb=Verb.START, name="Refund basics")),
        ("start campaign", Control(verb=Verb.START, name="campaign")),
        ("start Welcome to me", Control(verb=Verb.START, name="Welcome to me")),
        ("resume 4", Control(verb=Verb.RESUME, name="4")),
        ("end Refund basics", Control(verb=Verb.END, name="Refund basics")),
        ("copy Refund basics", Control(verb=Verb.COPY, name="Refund basics")),
        ("edit Refund basics", Control(verb=Verb.EDIT, name="Refund basics")),
        ("stop", Control(verb=Verb.STOP)),
        ("stop all", Control(verb=Verb.STOP)),
        ("stop Refund basics", Control(verb=Verb.STOP, name="Refund basics")),
        ("snooze", Control(verb=Verb.SNOOZE)),
        ("snooze 1 day", Control(verb=Verb.SNOOZE, delay=timedelta(days=1))),
        ("snooze Refund basics 2h", Control(verb=Verb.SNOOZE, name="Refund basics", delay=timedelta(hours=2))),
        ('snooze "3 days" for a week', Control(verb=Verb.SNOOZE, name="3 days", delay=timedelta(weeks=1))),
        ("pause for two weeks", Control(verb=Verb.PAUSE, delay=timedelta(weeks=2))),
        ("pause Refund basics", Control(verb=Verb.PAUSE, name="Refund basics")),
    ],
)
def test_verbs(line, control):
    assert read(line) == control


@pytest.mark.parametrize(
    ("line", "series"),
    [
        ('me every 2 days for 2 weeks "ask first"', ForMe(goal="ask first", every_days=2, for_days=14)),
        ("me weekly for 2 months: ask first", ForMe(goal="ask first", every_days=7, for_days=60)),
        ('me "ask first" at 9:30 every day', ForMe(goal="ask first", every_days=1, for_days=14, at=time(9, 30))),
        ("me every Tuesday: water plants", ForMe(goal="water plants", every_days=7, for_days=49, start=TUESDAY)),
        ("me every day from Tuesday for 1 week “x”", ForMe(goal="x", every_days=1, for_days=7, start=TUESDAY)),
        ("me on Tuesday at 9 call Ann", ForMe(goal="call Ann", start=TUESDAY, at=time(9), once=True)),
        ("me to call Ann on Tuesday at 9", ForMe(goal="call Ann", start=TUESDAY, at=time(9), once=True)),
        ("me in 4 days: call Ann", ForMe(goal="call Ann", start=TUESDAY, once=True)),
        ("me in 90 minutes call Ann", ForMe(goal="call Ann", start=TODAY, at=time(11, 45), once=True)),
        ("me on weekdays at 9 to water the plants", ForMe(goal="water the plants", every_days=1, at=time(9))),
        ("me every weekday for 2 weeks call Ann", ForMe(goal="call Ann", every_days=1, for_days=14)),
        ("me tomorrow 9 am call Ann", ForMe(goal="call Ann", start=date(2026, 11, 21), at=time(9), once=True)),
        ("me tomorrow 9am call Ann", ForMe(goal="call Ann", start=date(2026, 11, 21), at=time(9), once=True)),
        ("me on Tuesday 14:30 call Ann", ForMe(goal="call Ann", start=TUESDAY, at=time(14, 30), once=True)),
        ("me on Tuesday 3 calls", ForMe(goal="3 calls", start=TUESDAY, once=True)),
        ("me sat down with customers", ForMe(goal="sat down with customers")),
        ("me 31 calls a day", ForMe(goal="31 calls a day")),
        ("me two coffees at most", ForMe(goal="two coffees at most")),
    ],
)
def test_a_learner_can_set_up_a_series_of_their_own(line, series):
    assert read(line) == series


@pytest.mark.parametrize(
    ("said", "reminder"),
    [
        ("Remind me to call Ann", ForMe(goal="call Ann", start=TODAY + timedelta(days=1), once=True)),
        ("please remind me on Tuesday to call Ann", ForMe(goal="call Ann", start=TUESDAY, once=True)),
        ("Can you remind me about the review on Tuesday?", ForMe(goal="the review", start=TUESDAY, once=True)),
        ("remind me to call Ann on Tuesday.", ForMe(goal="call Ann", start=TUESDAY, once=True)),
        ("Remind me to call Ann on Tuesday, thanks!", ForMe(goal="call Ann", start=TUESDAY, once=True)),
        ("remind me to call Ann on Tuesday, please", ForMe(goal="call Ann", start=TUESDAY, once=True)),
        ("remind me at 15:00 to count the till", ForMe(goal="count the till", start=TODAY, at=time(15), once=True)),
        ("remind me that I owe Ann", ForMe(goal="I owe Ann", start=TODAY + timedelta(days=1), once=True)),
        ("remind me how refunds work", None),
        ("remind me what the limit is", None),
        ("remind me of the limit", None),
        ("remind me about the travel policy", None),
        ("remind me later", None),
        ("remind me", None),
        ("remind me on 30 Feb to call Ann", None),
        ('remind me to "call', None),
        ("who reminds me of this?", None),
        ("remind me to " + "x" * 300, None),
    ],
)
def test_a_reminder_is_told_from_a_question(said, reminder):
    assert read_reminder(said, now=NOW) == reminder


@given(st.text(max_size=400) | st.text(max_size=60).map("remind me ".__add__))
def test_whatever_is_said_is_a_reminder_or_none(said):
    reminder = read_reminder(said, now=NOW)
    assert reminder is None or (reminder.goal and reminder.to_campaign().steps)


def test_a_series_of_ones_own_begins_on_the_day_that_is_named():
    campaign = ForMe(goal="ask first", every_days=5, for_days=15, start=TUESDAY).to_campaign()
    assert [step.after_days for step in campaign.steps] == [0, 5, 10]
    assert campaign.start == TUESDAY


def test_a_series_of_ones_own_is_a_campaign_of_check_ins():
    campaign = ForMe(goal="ask first", every_days=5, for_days=14).to_campaign()
    assert campaign.steps == tuple(Step(kind=Kind.CHECK_IN, after_days=day, text="ask first") for day in (5, 10))


@pytest.mark.parametrize(
    ("line", "at", "problem", "remedy"),
    [
        ("strat it", "strat", "I do not know “strat”", 'Did you mean "start"?'),
        ("¿qué?", "¿qué?", "I do not know “¿qué?”", 'Begin with "new"'),
        ('new "x to #s', '"x', "The quotation that begins with “x to #s” does not end.", "quotation mark after"),
        ('new "x" to #s', "", "The campaign “x” has no nudges.", "After a colon"),
        ('new "x": tip #3', "", "You did not say who the campaign “x” is for.", '"to #channel"'),
        ("new to #s: tip #3", "to #s", "The campaign has no name.", "Name it after"),
        ("new x to: tip #3", ": tip", "I did not understand “:” after “to”.", '"to #channel"'),
        (
            'new x to #s: recall "Why?" every blue moon; tip #1',
            "every blue",
            'I did not understand “every blue moon” after “recall "Why?"”.',
            'Say when with "after 3 days"',
        ),
        ("new x to #s from 2020-01-01: tip #1", "2020", "Wednesday, 1 January 2020 is past", "today or a later day"),
        ("new x to #s from 2026-02-30: tip #1", "2026", "There is no day “2026-02-30”.", "Write it like 2026-12-01"),
        ("new x to #s from 30 Feb: tip #1", "30", "There is no day “30 Feb”.", "Write it like 2026-12-01"),
        ("new x to #s from 2999-01-01: tip #1", "2999", "more than ten years away", "Write it like"),
        (
            "new x to #s from whenever: tip #1",
            "whenever",
            "I did not understand “whenever” after “from”.",
            "comes a date",
        ),
        ("new x to #s at 25: tip #1", "25", "There is no time “25”.", "Write it like 9:30"),
        ("new x to #s at 13pm: tip #1", "13pm", "There is no time “13pm”.", "Write it like 9:30"),
        ("new x to #s in Europe/Berln: tip #1", "Europe", "“Europe/Berln” after “in”", "a time zone, such as"),
        ("new x to #s at 9 at 10: tip #1", "at 10", "“at” comes twice.", "Say it once."),
        (
            "new x to #s at 9 sharp: tip #1",
            "sharp",
            "I did not understand “sharp” after",
            "Put a colon before the nudges",
        ),
        ('new x to #s: tip "a" = "b"', '= "b"', "Only a recall has an answer", "Write “recall”"),
        ('new x to #s: recall "a" =', "=", "Nothing comes after “=”.", "Write it like this"),
        ('new x to #s: recall "a"', 'recall "a"', "The recall “a” has no answer.", 'Write one after "="'),
        ("new x to #s: tip", "tip", "There is nothing to send in a tip.", "job aid (#12)"),
        ("new x to #s: tip #1; after 3 hours tip #2", "3 hours", "“3 hours” is not a number of days.", "days or weeks"),
        ("new x to #s: tip #1; after 99999 weeks tip #2", "99999", "“99999 weeks” is more than ten years.", "shorter"),
        ("new x to #s: tip #1; day 99999 tip #2", "day 99999", "Day 99999 is more than ten years away.", "earlier"),
        ("new x to #s: tip #1; after 2 days", "", "Nothing comes after “after 2 days”.", "A nudge is a tip"),
        ("show “x” quickly", "quickly", "I did not understand “quickly” after “show “x””.", 'show "Refund basics"'),
        ("me", "", "You did not say what it is about.", "me every 2 days"),
        ('me "a" "b"', '"b"', "I did not understand “b” after your goal.", "me every 2 days"),
        ('me every 9 days for a week "a"', "me", "Every 9 days for 7 days", "me every 2 days"),
    ],
)
def test_a_fault_names_the_place_and_the_remedy(line, at, problem, remedy):
    fault = read_fault(line)
    assert problem in fault.problem
    assert remedy in fault.remedy
    assert line[fault.position :].startswith(at)
    assert at or fault.position == len(line)


def test_a_line_too_long_a_name_too_long_and_too_many_nudges_are_refused():
    assert "20,000 is the most" in read_fault("new " + "x" * 30_000).problem
    assert "has 101 characters" in read_fault(f'new "{"x" * 101}" to me: tip #1').problem
    assert "at most 60 nudges" in read_fault("new x to me: " + "tip #1;" * 61).problem


# ── Any line ──

WORDS = """
new to for from at in because on me every day daily tip recall apply plan check check-in after 3 days 3d +3d + day 12
later tomorrow now then and aid about answer everyone #support @ana <@U1|a <#C1> 9:30 9 am 25h 1 Dec 2026-12-01 31.2.
link https://x.example/a?b=c;d, http://: days Mon-Thu Fri-Mon weekdays holidays DE
Europe/Berlin snooze pause dry run stop # #1 ¹² ٣ = => ; , : " "" “ ” „ « » \x00 𝟛 99999999999999999999
"""
FRAGMENTS = st.sampled_from([*WORDS.split(), "\n", "\ud800", '"a"', '= "b"'])
LINES = st.text(max_size=200) | st.lists(FRAGMENTS | st.text(max_size=3), max_size=60).map(" ".join)
CAMPAIGN_LINES = st.lists(FRAGMENTS, max_size=30).map(lambda words: 'new "x" to #s: tip #1 ' + " ".join(words))


def check_any(line: str) -> None:
    result = parse(line, today=TODAY)
    if isinstance(result, Fault):
        assert result.problem.endswith(".")
        assert result.remedy
        assert 0 <= result.position <= len(line)
        assert len(result.problem) + len(result.remedy) < 600
    elif isinstance(result, NewCampaign):
        assert result.name
        assert result.audience
        assert result.steps
        assert list(result.steps) == sorted(result.steps, key=lambda step: step.after_days)
        assert describe(result)
        assert parse(write_line(result), today=TODAY) == result


@settings(max_examples=400)
@given(LINES | CAMPAIGN_LINES)
def test_any_line_gives_a_command_or_a_fault(line):
    check_any(line)


PIECES = (
    '“a" ', '"', '""', "“", "<@", "<@ ", "new ", 'tip "a" ', "after 3 days ", "+", "=", ":", ";", "a,", "9:", "9", "1.",
    "me ", "\n", "every ", "#", "\u0130", "link ", "https://", "link https://a ", "days Mon-",
)  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("head", ["", "new x to ", "new x to me: ", "new x to me: tip ", "me ", "snooze "])
def test_a_piece_repeated_ten_thousand_times_gives_a_command_or_a_fault(head, piece):
    check_any(head + piece * (10_000 // len(piece)))


TEXTS = st.text(max_size=60).map(str.strip)
ADDRESSES = st.text(st.characters(blacklist_categories=("Z", "Cc", "Cs")), max_size=20).map(
    "https://x.example/{}".format
)
NAMES = TEXTS.map(lambda text: " ".join(text.split())).filter(bool)


@st.composite
def steps(draw: st.DrawFn) -> Step:
    kind = draw(st.sampled_from(Kind))
    text = draw(TEXTS.filter(bool) if kind in {Kind.TIP, Kind.RECALL} else TEXTS)
    answer = draw(TEXTS.filter(bool)) if kind is Kind.RECALL else ""
    aid = draw(st.none() | NAMES | st.integers(0, 99_999).map(str))
    links = tuple(draw(st.lists(ADDRESSES.map(lambda url: (url, url)) | st.tuples(NAMES, ADDRESSES), max_size=3)))
    return Step(kind=kind, after_days=draw(st.integers(0, 3650)), text=text, answer=answer, aid=aid, links=links)


@st.composite
def campaigns(draw: st.DrawFn) -> NewCampaign:
    symbols = st.sampled_from(
        (*("everyone", "me", "#support", "@ana.b", "<@U1|ana>"), "<#C1|help desk>", "ana@x.example", "in@to.me")
    )
    return NewCampaign(
        name=draw(NAMES),
        audience=tuple(draw(st.lists(symbols | NAMES, min_size=1, max_size=4, unique=True))),
        steps=tuple(sorted(draw(st.lists(steps(), min_size=1, max_size=6)), key=lambda step: step.after_days)),
        purpose=draw(TEXTS),
        start=draw(st.none() | st.dates(TODAY, date(2036, 1, 1))),
        at=draw(st.none() | st.builds(time, st.integers(0, 23), st.integers(0, 59))),
        zone=draw(st.none() | st.sampled_from(("Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+5"))),
        country=draw(st.none() | st.sampled_from(("DE-BE", "US", "TO"))),
        working_days=draw(st.none() | st.frozensets(st.integers(0, 6), min_size=1)),
    )


@given(campaigns())
def test_a_campaign_written_in_one_line_is_read_back_the_same(campaign):
    assert parse(write_line(campaign), today=TODAY) == campaign


@pytest.mark.parametrize(
    ("line", "name", "text"),
    [
        ("new 'Refund basics' to #a: tip 'Scan twice.'", "Refund basics", "Scan twice."),
        ("new ‘Refund basics’ to #a: tip ‘Don’t scan twice.’", "Refund basics", "Don’t scan twice."),
        ("new 'Don't panic' to #a: tip 'It's one.'", "Don't panic", "It's one."),
        ("new O'Neill's to #a: tip \"x\"", "O'Neill's", "x"),
        ('new \'Til it rings to #a: tip "x"', "'Til it rings", "x"),
        ("new Rock 'n' roll to #a: tip \"x\"", "Rock 'n' roll", "x"),
        ('new Read "The Goal" to #a: tip "x"', 'Read "The Goal"', "x"),
    ],
)
def test_single_quotation_marks_quote_and_apostrophes_do_not(line, name, text):
    read = parse(line, today=TODAY)
    assert isinstance(read, NewCampaign), read
    assert (read.name, read.steps[0].text) == (name, text)


@pytest.mark.parametrize("quoted", ['"The Goal"', "'The Goal'", "“The Goal”"])
def test_a_quotation_may_be_part_of_what_one_is_reminded_of(quoted):
    read = read_reminder(f"remind me to read {quoted} on Tuesday", now=NOW)
    assert read == ForMe(goal=f"read {quoted}", start=TUESDAY, once=True)


def test_a_line_full_of_apostrophes_is_read_in_time_that_grows_with_its_length():
    assert len(tokenize("'a " * 6000)) == 6000


@pytest.mark.parametrize(
    ("line", "name", "until"),
    [
        ("pause until 7 December", "", datetime.combine(date(2026, 12, 7), time())),
        ("pause till Monday at 9", "", datetime.combine(date(2026, 11, 23), time(9))),
        ("snooze Refund basics until tomorrow", "Refund basics", datetime.combine(date(2026, 11, 21), time())),
        ("snooze “Until Monday” until Tuesday", "Until Monday", datetime.combine(date(2026, 11, 24), time())),
        ("pause until today at 18:00", "", datetime.combine(date(2026, 11, 20), time(18))),
    ],
)
def test_a_pause_may_have_a_day_on_which_it_ends(line, name, until):
    read = parse(line, today=TODAY, clock=time(10, 15))
    assert read == Control(
        verb=Verb.PAUSE if line.startswith("pause") else Verb.SNOOZE,
        name=name,
        delay=until - datetime.combine(TODAY, time(10, 15)),
    )


@pytest.mark.parametrize("line", ["pause until today", "snooze X until 9 Nov 2026", "pause until today at 9"])
def test_a_pause_ends_on_a_day_to_come(line):
    fault = parse(line, today=TODAY, clock=time(10, 15))
    assert isinstance(fault, Fault)
