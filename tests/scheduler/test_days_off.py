"""Public holidays by country, and whose choice of a country holds."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.days_off import find_country, is_public_holiday
from scheduler.model import Campaign, Customs, Kind, Learner, Step
from scheduler.phrases import Fault, NewCampaign, describe, parse, write_line
from scheduler.plan import due_at, enrol, settle

TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("DE", "DE"),
        (" de-be ", "DE-BE"),
        ("Germany", "DE"),
        ("united states", "US"),
        ("US-CA", "US-CA"),
        ("Bayern", "DE-BY"),
        ("baden-württemberg", "DE-BW"),
        ("Scotland", "GB-SCT"),
        ("Georgia", "GE"),  # the country, not the state of the USA
        ("La Paz", None),  # in Bolivia and in El Salvador
        ("Bavaria", None),
        ("st", "ST"),  # São Tomé and Príncipe, not Steiermark
        ("XX", None),
        ("DE-XX", None),
        ("", None),
        ("Germany-BE", None),
        ("the United Kingdom", "GB"),
        ("Hong Kong", "HK"),
        ("Germany, Bayern", "DE-BY"),
        ("California USA", "USA-CA"),
        ("US CA", "US-CA"),
        ("La Paz, Bolivia", "BO-L"),
        ("Germany Bavaria", None),
    ],
)
def test_a_place_is_found_by_code_or_name(typed, found):
    assert find_country(typed) == found


@given(st.text(max_size=12))
def test_no_text_breaks_the_search_for_a_place(typed):
    found = find_country(typed)
    assert found is None or find_country(found) == found


def test_a_part_of_a_country_has_days_that_the_others_lack():
    womens_day = date(2027, 3, 8)
    assert is_public_holiday(womens_day, "DE-BE")
    assert not is_public_holiday(womens_day, "DE-BY")
    assert not is_public_holiday(womens_day, None)
    assert not is_public_holiday(womens_day, "nowhere")


def test_the_learners_country_comes_before_the_campaigns_and_that_before_the_workspaces():
    campaign = Campaign(name="x", purpose="", steps=(), country="FR")
    customs = Customs(country="US")
    assert settle(Learner(country="DE-BE"), campaign, customs).country == "DE-BE"
    assert settle(Learner(), campaign, customs).country == "FR"
    assert settle(Learner(), Campaign(name="x", purpose="", steps=()), customs).country == "US"


def test_a_series_waits_over_the_holidays_and_the_weekend_behind_them():
    rhythm = settle(Learner(zone="Europe/Berlin", country="DE"), Campaign(name="x", purpose="", steps=()), Customs())
    due = due_at(Step(kind=Kind.TIP, after_days=1), first_day=date(2026, 12, 24), rhythm=rhythm)
    assert due == datetime(2026, 12, 28, 8, 0, tzinfo=UTC)  # Friday and Saturday are Christmas, then comes Sunday
    begun = enrol(
        Campaign(name="x", purpose="", steps=(Step(kind=Kind.TIP, after_days=0),)),
        rhythm=rhythm,
        now=datetime(2026, 12, 31, 20, tzinfo=UTC),
    )
    assert begun.first_day == date(2027, 1, 4)


def test_a_line_names_the_place_and_says_it_back():
    read = parse('new "Till" to everyone holidays de-be at 9:30: tip "x"', today=TODAY)
    assert isinstance(read, NewCampaign)
    assert (read.country, read.at) == ("DE-BE", time(9, 30))
    assert "public holidays of DE-BE" in describe(read)
    assert parse(write_line(read), today=TODAY) == read


def test_a_campaign_may_be_about_holidays():
    read = parse('new Summer holidays to everyone: tip "x"', today=TODAY)
    assert isinstance(read, NewCampaign)
    assert read.name == "Summer holidays"


@pytest.mark.parametrize(
    "head",
    [
        "to #support holidays Bavaria at 9",
        "to #support, holidays Bavaria",
        "to everyone holidays bavaria",
        "to Sales team holidays Bavaria at 9",
        'to "Sales, north" holidays "Bavaria"',
        "from Monday holidays Bavaria to #support",
        "holidays Bavaria to #support",
        "to #support holidays Bavaria and to @ana",
    ],
)
def test_a_place_that_is_not_known_is_no_part_of_the_audience(head):
    fault = parse(f'new "Till" {head}: tip "x"', today=TODAY)
    assert isinstance(fault, Fault)
    assert fault.problem.casefold() == "i know no public holidays of “bavaria”."
    assert "DE-BE" in fault.remedy
    assert f'new "Till" {head}'[fault.position :].strip('"').casefold().startswith("bavaria")


@pytest.mark.parametrize(
    ("typed", "audience"),
    [
        ("holidays team", ("holidays team",)),
        ("#support and the holidays team", ("#support", "holidays team")),
        ("Summer holidays", ("Summer holidays",)),
        ('"Summer holidays team"', ("Summer holidays team",)),
    ],
)
def test_a_group_may_be_called_after_holidays(typed, audience):
    read = parse(f'new "Till" to {typed}: tip "x"', today=TODAY)
    assert isinstance(read, NewCampaign)
    assert (read.audience, read.country) == (audience, None)


def test_a_part_of_a_country_may_be_named_as_it_is_called_there():
    read = parse('new "Till" to #support holidays Bayern at 9: tip "x"', today=TODAY)
    assert isinstance(read, NewCampaign)
    assert (read.audience, read.country, read.at) == (("#support",), "DE-BY", time(9))


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("holidays New Zealand at 9", "NZ"),
        ("holidays United States from Monday", "US"),
        ("holidays Trinidad and Tobago", "TT"),
        ("holidays Germany, Bayern, at 9", "DE-BY"),
        ("holidays New South Wales, Australia because “x”", "AU-NSW"),
        ("holidays US in Europe/Berlin", "US"),  # not in Indiana
        ("holidays TO at 9", "TO"),
    ],
)
def test_the_longest_name_of_a_place_is_read(typed, place):
    read = parse(f'new "Till" to #support {typed}: tip "x"', today=TODAY)
    assert isinstance(read, NewCampaign)
    assert (read.audience, read.country) == (("#support",), place)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("Middle Earth at 9", "I know no public holidays of “Middle Earth”."),
        ("United", "I know no public holidays of “United”."),
        ("Germany Bavaria", "I know public holidays of “Germany”, but of no part of it called “Bavaria”."),
    ],
)
def test_a_name_of_several_words_is_refused_whole(typed, problem):
    fault = parse(f'new "Till" to #support holidays {typed}: tip "x"', today=TODAY)
    assert isinstance(fault, Fault)
    assert fault.problem.startswith(problem)


def test_whoever_names_no_part_that_is_known_reads_those_that_are():
    fault = parse('new "Till" to #support holidays Germany Bavaria: tip "x"', today=TODAY)
    assert isinstance(fault, Fault)
    assert "Bayern, Bremen" in fault.problem


def test_a_campaign_named_after_a_place_keeps_its_name():
    read = parse('new Bank holidays United Kingdom staff to everyone: tip "x"', today=TODAY)
    assert isinstance(read, NewCampaign)
    assert (read.name, read.country) == ("Bank holidays United Kingdom staff", None)
