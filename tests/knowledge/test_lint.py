from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.lint import LONGEST, lint
from knowledge.model import JobAid, Link

GOOD = "1. Open the portal and choose *Security*.\n2. Press Reset."


def codes(body: str, *, title: str = "Reset the token", people: tuple[str, ...] = (), **more) -> list[str]:
    return [finding.code for finding in lint(JobAid(key="k", title=title, body=body, **more), people=people)]


def test_a_good_aid_has_no_findings():
    assert codes(GOOD, people=("Ana Silva",)) == []


@pytest.mark.parametrize("body", ["Yes.", "no", "**Yes!**", "Of course 🙂", "Yes it is", "Not yet"])
def test_a_bare_yes_or_no_is_found(body):
    assert codes(body) == ["bare-yes-no"]


def test_an_answer_that_begins_with_yes_and_goes_on_is_none():
    assert codes("Yes: up to 75 euros on your own, above that ask the team lead first.") == []


@pytest.mark.parametrize("words", ["yesterday", "next week", "last Friday", "Two weeks ago", "this month", "Tomorrow"])
def test_dates_that_age_are_found_and_quoted(words):
    (finding,) = lint(JobAid(key="k", title="T", body=f"{GOOD} We changed it {words} for everybody."))
    assert finding.code == "relative-date"
    assert words in finding.message


@pytest.mark.parametrize("words", ["the last working day of the month", "next to the lift", "three days in advance"])
def test_words_that_only_look_like_relative_dates_pass(words):
    assert codes(f"{GOOD} Look {words}.") == []


@pytest.mark.parametrize("text", ["Ask Ana Silva.", "ask ana silva", "Call Silva at the desk."])
def test_people_are_found_by_full_or_last_name(text):
    assert codes(f"{GOOD} {text}", people=("Ana Silva", "Bo Li")) == ["person-name"]


def test_a_name_inside_another_word_is_no_name():
    assert codes(f"{GOOD} Use the Silvano form; boil water.", people=("Ana Silva", "Bo Li")) == []


@pytest.mark.parametrize(
    "secret",
    [
        "password: hunter2!x",
        "The password is Summer-2024",
        "api_key = `a8f3kd92ls0q`",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "ghp_" + "a1" * 18,
        "xoxb-" + "123456789012-abcdef",
        "-----BEGIN RSA PRIVATE KEY-----",
        "postgres://user:pa55word@db.example/x",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    ],
)
def test_secrets_are_found_and_not_repeated(secret):
    (finding,) = lint(JobAid(key="k", title="T", body=f"{GOOD}\n\n{secret}\n"))
    assert finding.code == "secret"
    assert secret not in finding.message


@pytest.mark.parametrize(
    "harmless",
    ["Password: at least 14 characters.", "Never tell anybody your password.", "The password is sent by letter."],
)
def test_advice_about_passwords_is_no_secret(harmless):
    assert codes(f"{GOOD} {harmless}") == []


def test_too_short_over_long_and_without_an_action_are_found():
    assert codes("See above.") == ["too-short"]
    assert codes("A wonderful and thoroughly inspiring thought about everything beautiful") == ["no-action"]
    assert codes(GOOD + " word" * LONGEST) == ["over-long"]


def test_a_link_alone_is_enough_to_act_on():
    assert codes("Video", links=(Link(label="Watch", url="https://video.example.com/1"),)) == []


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=3))
def test_any_text_is_linted_without_an_error(body, people):
    for finding in lint(JobAid(key="k", title="T", body=body), people=people):
        assert finding.message.endswith((".", "”."))
