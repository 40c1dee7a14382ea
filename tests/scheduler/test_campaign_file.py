"""Campaigns as files, lists of people, and what a training reports: read whole, or refused with every line at fault."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.campaign_file import CampaignFile, FileFault, read_file, write_file
from scheduler.commands import NewCampaign
from scheduler.completions import NotUnderstood, read_csv, read_json
from scheduler.model import Kind, Step
from scheduler.roster import MOST_FAULTS, Named, read_roster

TODAY = date(2026, 11, 26)
WHOLE = """\
name: Refund basics
purpose: after the refund training
audience: ["#support", ana@example.com, everyone]
list: done.csv
start: next Monday
at: "9:30"
zone: Europe/Berlin
holidays: DE-BE
working days: [Mon, tuesday]
steps:
  - recall: What is the limit?
    answer: 50 EUR
    day: 3
  - tip: Scan twice.
    aid: "#12"
    links: [https://example.com/x, {label: Form, url: "https://example.com/f"}]
    day: 0
  - check-in: How is it going?
    day: 7
"""


def read(text: str) -> CampaignFile:
    found = read_file(text, today=TODAY)
    assert isinstance(found, CampaignFile), found
    return found


def faults(text: str) -> list[FileFault]:
    found = read_file(text, today=TODAY)
    assert isinstance(found, list), found
    return found


def test_a_file_says_all_that_a_campaign_can_be():
    found = read(WHOLE)
    campaign = found.campaign
    assert campaign.audience == ("#support", "ana@example.com", "everyone")
    assert (campaign.start, campaign.at, campaign.zone) == (date(2026, 11, 30), time(9, 30), "Europe/Berlin")
    assert (campaign.country, campaign.working_days, found.listed) == ("DE-BE", frozenset({0, 1}), "done.csv")
    assert [step.kind for step in campaign.steps] == [Kind.TIP, Kind.RECALL, Kind.CHECK_IN]
    tip = campaign.steps[0]
    assert tip.aid == "12"
    assert tip.links == (("https://example.com/x", "https://example.com/x"), ("Form", "https://example.com/f"))
    assert found.lines == (14, 11, 18)


TEXTS = (
    st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=40)
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)


@st.composite
def campaigns(draw: st.DrawFn) -> NewCampaign:
    kinds = st.sampled_from([Kind.TIP, Kind.RECALL, Kind.APPLY, Kind.PLAN, Kind.CHECK_IN])
    steps = []
    for day in sorted(draw(st.lists(st.integers(0, 400), min_size=1, max_size=6))):
        kind = draw(kinds)
        steps.append(
            Step(
                kind=kind,
                after_days=day,
                text=draw(TEXTS),
                answer=draw(TEXTS) if kind is Kind.RECALL else "",
                aid=draw(st.none() | st.integers(1, 9999).map(str)),
                links=tuple(draw(st.lists(st.tuples(TEXTS, st.just("https://example.com/a?b=c#d")), max_size=2))),
            )
        )
    return NewCampaign(
        name=draw(TEXTS),
        purpose=draw(st.just("") | TEXTS),
        audience=tuple(draw(st.lists(TEXTS, min_size=1, max_size=3, unique=True))),
        steps=tuple(steps),
        start=draw(st.none() | st.dates(TODAY, date(2030, 1, 1))),
        at=draw(st.none() | st.builds(time, st.integers(0, 23), st.integers(0, 59))),
        zone=draw(st.none() | st.sampled_from(["Europe/Berlin", "UTC"])),
        country=draw(st.none() | st.sampled_from(["DE-BE", "US"])),
        working_days=draw(st.none() | st.frozensets(st.integers(0, 6), min_size=1)),
    )


@given(campaigns())
def test_what_is_written_reads_back_the_same(campaign):
    assert read(write_file(campaign)).campaign == campaign


KNOWN = ("name", "purpose", "audience", "start", "at", "zone", "holidays", "working days", "steps")


@given(campaigns(), st.data())
def test_what_means_nothing_is_named_by_its_line_wherever_it_stands(campaign, data):
    lines = write_file(campaign).splitlines()
    heads = [at for at, line in enumerate(lines) if line.partition(":")[0] in KNOWN]
    at = data.draw(st.sampled_from([*heads, len(lines)]))
    (fault,) = faults("\n".join([*lines[:at], "nonsense: 1", *lines[at:]]))
    assert (fault.line, fault.problem) == (at + 1, "“nonsense” means nothing here.")


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text):
    found = read_file(text, today=TODAY)
    assert isinstance(found, CampaignFile) or all(one.line >= 1 and one.problem and one.remedy for one in found)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("name: Refund basics", "name:", 1, "has no name"),
        ("name: Refund basics", "name: " + "x" * 101, 1, "101 characters"),
        ("purpose: after", "porpoise: after", 2, "“porpoise”"),
        ('["#support", ana@example.com, everyone]\nlist: done.csv', "[]", 3, "audience is empty"),
        ("start: next Monday", "start: 2026-11-01", 5, "is past"),
        ("start: next Monday", "start: soonish", 5, "“soonish”"),
        ('at: "9:30"', 'at: "25:00"', 6, "“25:00”"),
        ("zone: Europe/Berlin", "zone: Europe/Berln", 7, "“Europe/Berln”"),
        ("holidays: DE-BE", "holidays: Narnia", 8, "“Narnia”"),
        ("[Mon, tuesday]", "[Mon, someday]", 9, "“someday”"),
        ("recall: What", "sing: What", 11, "“sing”"),
        ("    answer: 50 EUR\n", "", 11, "has no answer"),
        ("answer: 50 EUR", "answer: [50, EUR]", 12, "a text is meant"),
        ("day: 3", "day: three", 13, "“three”"),
        ("day: 3", "day: 99999", 13, "“99999”"),
        ("    day: 3", "    tip: and more", 11, "is of two kinds"),
        ("https://example.com/x", "ftp://x", 16, "“ftp://x”"),
        ('aid: "#12"', 'answer: "no"', 15, "Only a recall has an answer"),
        ("at:", "name: again\nat:", 6, "comes twice"),
        ("purpose: after", "purpose: [after", 3, "no YAML"),
    ],
)
def test_a_fault_is_named_with_its_line_and_what_to_do(old, new, line, said):
    assert old in WHOLE
    found = faults(WHOLE.replace(old, new, 1))
    named = next((one for one in found if said in one.problem), None)
    assert named is not None, found
    assert line - 1 <= named.line <= line + 2
    assert named.remedy


def test_all_faults_are_named_at_once_in_the_order_of_their_lines():
    found = faults(WHOLE.replace("Mon, tue", "Mon, x").replace("9:30", "29:30").replace("day: 7", "day: x"))
    assert [one.line for one in found] == sorted(one.line for one in found)
    assert len(found) == 3


def test_a_file_that_is_no_list_of_names_says_how_to_begin():
    assert "Begin with" in str(faults("just words")[0])
    assert faults("")


# ── lists ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "email,name\nana@x.example,Ana\nbo@x.example,Bo\n",
        "\ufeffName;E-Mail\r\nAna;ANA@x.example\r\nBo;bo@x.example\r\nAna;ana@x.example\r\n",
        'Mail\tName\nana@x.example\tAna\n\nbo@x.example\t"Bo"',
    ],
)
def test_a_list_is_read_by_its_heads_and_names_everybody_once(text):
    assert read_roster(text) == [Named(email="ana@x.example", name="Ana"), Named(email="bo@x.example", name="Bo")]


def test_addresses_alone_need_no_heads():
    assert read_roster("ana@x.example\nbo@x.example") == [Named(email="ana@x.example"), Named(email="bo@x.example")]


def test_ten_thousand_lines_with_faults_name_each_by_its_line():
    lines = [f"learner{number}@x.example,Learner {number}" for number in range(10_000)]
    lines[4], lines[7_000], lines[9_999] = "learner,Without", ",Nobody", "x@y,Short"
    found = read_roster("email,name\n" + "\n".join(lines))
    assert [str(one).partition(":")[0] for one in found] == ["line 6", "line 7002", "line 10001"]
    assert "“learner”" in str(found[0])


@given(
    st.lists(st.sampled_from(("ana{}@x.example", "ANA{}@x.example", "", "no address {}", "a@b{}")), min_size=1),
    st.sampled_from(",;\t"),
    st.sampled_from(("\n", "\r\n")),
)
def test_exactly_the_lines_that_are_wrong_are_named_and_else_everybody_once(cells, delimiter, ends):
    rows = [cell.format(number) for number, cell in enumerate(cells)]
    found = read_roster(ends.join([f"email{delimiter}name", *(f"{row}{delimiter}Somebody" for row in rows)]))
    wrong = [line for line, row in enumerate(rows, 2) if not row.endswith("@x.example")]
    assert [one.line for one in found if isinstance(one, FileFault)] == wrong
    named = [one.email for one in found if isinstance(one, Named)]
    assert named == ([] if wrong else [row.lower() for row in rows])


def test_a_list_of_another_kind_is_refused_after_a_hundred_faults():
    found = read_roster("email\n" + "\n".join(f"row {number}" for number in range(5_000)))
    assert len(found) == MOST_FAULTS + 1
    assert "There may be more" in str(found[-1])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("email\n", "empty"),
        ("first,last\nAna,Lopez", "“first”, “last”"),
        ('email\n"ana@x.example', "no CSV"),
        ("email,name\nana@x.example," + "x" * 201, "201 characters"),
    ],
)
def test_a_list_that_names_nobody_says_why(text, said):
    found = read_roster(text)
    assert any(said in str(one) for one in found), found


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader_of_lists(text):
    assert all(isinstance(one, Named | FileFault) for one in read_roster(text))


# ── what a training reports ─────────────────────────────────────────────────────────────────────────────────────────


def statement(**changes: object) -> dict[str, object]:
    return {
        "id": "0f1e",
        "actor": {"mbox": "mailto:Ana@x.example", "name": "Ana"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://lms.example/refunds"},
    } | changes


def test_a_statement_tells_who_has_completed_it():
    report = read_json(json.dumps(statement()))
    assert [(one.named, one.statement) for one in report.completions] == [
        (Named(email="ana@x.example", name="Ana"), "0f1e")
    ]
    assert report.statements == ("0f1e",)


@pytest.mark.parametrize(
    "changes",
    [
        {"verb": {"id": "http://adlnet.gov/expapi/verbs/attempted"}},
        {"result": {"success": False}},
        {"result": {"completion": False}},
    ],
)
def test_a_statement_that_says_something_else_is_let_pass(changes):
    report = read_json(json.dumps([statement(**changes)]))
    assert (report.completions, report.ignored, report.statements) == ((), 1, ("0f1e",))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (statement(actor={"account": {"name": "ana"}}), "has no “mbox”"),
        (statement(actor={"mbox": "mailto:ana"}), "“ana”"),
        (statement(verb="completed"), "no verb"),
        ({"email": 12}, "“email”"),
        ({"name": "Ana"}, "“email”"),
        ("ana@x.example", "no object"),
    ],
)
def test_what_is_wrong_is_named_by_its_number_and_nothing_is_taken(entry, said):
    with pytest.raises(NotUnderstood) as caught:
        read_json(json.dumps([statement(), entry]))
    assert len(caught.value.faults) == 1
    assert caught.value.faults[0].startswith("Entry 2: ")
    assert said in caught.value.faults[0]


def test_a_csv_of_completions_is_a_list():
    assert [one.named.email for one in read_csv("email\nana@x.example").completions] == ["ana@x.example"]
    with pytest.raises(NotUnderstood, match="line 2"):
        read_csv("email\nana")


@given(st.text(max_size=100) | st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists).map(json.dumps))
def test_no_text_breaks_the_reader_of_reports(text):
    with suppress(NotUnderstood):
        read_json(text)


def test_what_is_nested_beyond_all_measure_is_refused():
    deep = "[" * 100_000
    assert "no YAML" in faults(deep)[0].problem
    with pytest.raises(NotUnderstood, match="no JSON"):
        read_json(deep)
