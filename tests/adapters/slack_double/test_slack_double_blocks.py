"""The Slack double refuses the blocks and views that Slack refuses, also where Slack's library does not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doubles.slack.blocks import BLOCKS, Surface, problems, too_long, view_problems, view_too_large


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "x", **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(text: str = "Press", **more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(text), **more}


def actions(*elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements), **more}


def option(text: str = "One", value: str = "1") -> dict[str, Any]:
    return {"text": plain(text), "value": value}


def select(*options: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "static_select", "action_id": "s", "options": list(options), **more}


def field(element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "input", "label": plain("Label"), "element": element, **more}


def picture(**more: Any) -> dict[str, Any]:
    return {"type": "image", "image_url": "https://example.org/a.png", "alt_text": "A till", **more}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain("Title"), "submit": plain("Send"), "blocks": list(blocks), **more}


LINE = {"type": "plain_text_input", "action_id": "v"}


@pytest.mark.parametrize(
    "block",
    [
        section("x" * 3000),
        section(accessory=button()),
        {"type": "section", "fields": [mrkdwn("x" * 2000)] * 10},
        {"type": "header", "text": plain("x" * 150)},
        {"type": "divider"},
        actions(*[button("x" * 75, value="x" * 2000, action_id=f"{n}") for n in range(25)]),
        actions(select(*[option(value=f"{n}") for n in range(100)])),
        {"type": "context", "elements": [mrkdwn("x"), picture()]},
        picture(title=plain("Title")),
        field(LINE),
        {"type": "markdown", "text": "x" * 12_000},
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]},
    ],
    ids=lambda block: block["type"],
)
def test_what_slack_allows_to_the_last_character_has_no_problem(block: dict[str, Any]) -> None:
    assert problems([block]) == []


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        (section("x" * 3001), "less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        (section(""), "more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ({"type": "section"}, "missing required field: text or fields"),
        ({"type": "section", "text": "words"}, "must be an object"),
        ({"type": "section", "fields": [mrkdwn("x")] * 11}, "no more than 10 items"),
        ({"type": "section", "fields": [mrkdwn("x" * 2001)]}, "less than 2001"),
        (section(color="red"), "no more than the defined fields allowed, got: color"),
        (section(block_id="x" * 256), "less than 256"),
        ({"type": "header", "text": plain("x" * 151)}, "less than 151"),
        ({"type": "header", "text": mrkdwn("x")}, "valid type of text object, got: mrkdwn"),
        (actions(button("x" * 76)), "less than 76"),
        (actions(button(value="x" * 2001)), "less than 2001"),
        (actions(button(style="secondary")), "one of primary, danger"),
        (actions(button(url="javascript:alert(1)")), "valid URL"),
        (actions(button(action_id="x" * 256)), "less than 256"),
        (actions(button(action_id="a"), button(action_id="a")), "`action_id` already exists: a"),
        (actions({"type": "button"}), "missing required field: text"),
        (actions({"type": "button", "text": mrkdwn("x")}), "valid type of text object"),
        (actions(*[button() for _ in range(26)]), "no more than 25 items"),
        (actions(), "at least 1 items"),
        (actions(LINE), "unsupported type: plain_text_input, in a block of type actions"),
        (actions(select(*[option(value=f"{n}") for n in range(101)])), "no more than 100 items"),
        (actions(select(option("x" * 76))), "less than 76"),
        (actions(select(option(value="x" * 151))), "less than 151"),
        (actions(select(option(), option("Other"))), "different values"),
        (actions(select(option(), initial_option=option("Other", "2"))), "among the options"),
        (actions(select()), "at least 1 items"),
        (actions({"type": "overflow", "options": [option(value=f"{n}") for n in range(6)]}), "no more than 5 items"),
        (actions({"type": "datepicker", "initial_date": "1 May"}), "YYYY-MM-DD"),
        (actions({"type": "timepicker", "initial_time": "25:00"}), "HH:mm"),
        (actions(button(confirm={"title": plain("Sure?")})), "missing required field: deny"),
        ({"type": "context", "elements": [mrkdwn("x")] * 11}, "no more than 10 items"),
        ({"type": "context", "elements": [button()]}, "valid type of text object, got: button"),
        (picture(image_url="http://example.org/a.png"), "https URL"),
        (picture(alt_text="x" * 2001), "less than 2001"),
        ({"type": "image", "image_url": "https://example.org/a.png"}, "missing required field: alt_text"),
        ({"type": "image", "alt_text": "x"}, "exactly one of image_url, slack_file"),
        (field(LINE | {"max_length": 3001}), "between 1 and 3000"),
        (field(LINE | {"max_length": 2, "initial_value": "abc"}), "less than 3"),
        (field(LINE | {"min_length": 3, "max_length": 2}), "more than max_length"),
        (field(LINE | {"placeholder": plain("x" * 151)}), "less than 151"),
        (field(button()), "unsupported type: button, in a block of type input"),
        ({"type": "input", "element": LINE}, "missing required field: label"),
        ({"type": "markdown", "text": "x" * 12_001}, "less than 12001"),
        ({"type": "chart"}, "unsupported type: chart"),
        ("words", "must be an object"),
    ],
)
def test_what_slack_refuses_is_named_with_its_place(block: Any, problem: str) -> None:
    found = problems([block])

    assert any(problem in one for one in found), found
    assert all("[json-pointer:/blocks" in one for one in found)


@given(st.integers(1, 3100))
def test_a_sections_text_is_refused_from_3001_characters_on(length: int) -> None:
    assert bool(problems([section("x" * length)])) is (length > 3000)


@pytest.mark.parametrize("surface", BLOCKS)
def test_each_surface_has_its_number_of_blocks(surface: Surface) -> None:
    most = BLOCKS[surface]

    assert problems([{"type": "divider"}] * most, surface) == []
    assert problems([{"type": "divider"}] * (most + 1), surface) == [
        f"no more than {most} items allowed [json-pointer:/blocks]"
    ]


def test_a_block_id_serves_once_and_an_action_id_once_in_its_block() -> None:
    assert problems([actions(button(action_id="a")), actions(button(action_id="a"))]) == []
    assert "`block_id` already exists: b" in problems([section(block_id="b"), section(block_id="b")])[0]


@pytest.mark.parametrize("kind", ["markdown", "table"])
def test_some_blocks_are_for_messages_only(kind: str) -> None:
    block = {"type": kind, "text": "x"} if kind == "markdown" else {"type": kind, "rows": [[{"type": "raw_text"}]]}

    assert problems([block], "message") == []
    assert problems([block], "modal") == [f"unsupported type: {kind} [json-pointer:/blocks/0/type]"]


def test_many_allowed_blocks_can_be_too_long_together() -> None:
    assert not too_long([{"type": "markdown", "text": "x" * 11_999}])
    assert not too_long([section("x" * 3000)] * 4)
    assert too_long([section("x" * 3000)] * 5)


def test_markdown_has_one_budget_for_a_message() -> None:
    assert problems([{"type": "markdown", "text": "x" * 6001}] * 2) != []


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (modal(title=plain("x" * 25)), "less than 25 characters [json-pointer:/view/title/text]"),
        (modal(submit=plain("x" * 25)), "/view/submit/text"),
        (modal(close=plain("x" * 25)), "/view/close/text"),
        (modal(title=None), "missing required field: title"),
        (modal(field(LINE), submit=None), "`submit` is required"),
        (modal(private_metadata="x" * 3001), "less than 3001"),
        (modal(callback_id="x" * 256), "less than 256"),
        (modal(colour="red"), "got: colour"),
        ({"type": "home", "blocks": [], "title": plain("x")}, "got: title"),
        ({"type": "home"}, "missing required field: blocks"),
        ({"type": "sheet", "blocks": []}, "unsupported type: sheet"),
        ([], "must be an object"),
    ],
)
def test_a_view_that_slack_refuses_is_refused(view: Any, problem: str) -> None:
    found = view_problems(view)

    assert any(problem in one for one in found), found


def test_a_view_that_slack_allows_is_allowed_up_to_250_kilobytes() -> None:
    assert view_problems(modal(field(LINE), private_metadata="x" * 3000)) == []
    assert view_problems({"type": "home", "blocks": [section()]}) == []
    assert not view_too_large(modal(*[section("x" * 2000)] * 99))
    assert view_too_large(modal(*[section("é" * 2000)] * 99))
