"""One table says what Slack must grant: all that is called and heard stands in it, and nothing else does."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

import adapters.slack
from adapters.slack import connect
from adapters.slack.permissions import EVENTS, FEATURES, METHODS, bot_scopes, event_types, what_for
from tests.doubles.slack.api import FAMILIES
from tests.doubles.slack.delivery import EVENT_SCOPES
from tests.doubles.slack.methods import METHODS as SLACKS

BY_THE_LIBRARY = {"apps.connections.open"}  # when it opens a socket
IN_STEPS = {"files.upload.v2": {"files.getUploadURLExternal", "files.completeUploadExternal"}}  # of the library's
BESIDE = {*BY_THE_LIBRARY, "oauth.v2.access"}  # needs no bot's token, so no scope
OURS = {
    "conversations.open": {"im:write"},  # with one person only
    "users.info": {"users:read", "users:read.email"},  # addresses come only with the second
    "users.list": {"users:read", "users:read.email"},
}
"""Where we want fewer or more than the scopes of which Slack asks for one at least."""


def called() -> Iterator[str]:
    for file in Path(adapters.slack.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "api_call":
                assert isinstance(node.args[0], ast.Constant), f"{file.name}: name the method where it is called"
                yield str(node.args[0].value)
            if not isinstance(node, ast.Attribute) or "_" not in node.attr or node.attr == "api_call":
                continue
            if inspect.iscoroutinefunction(getattr(AsyncWebClient, node.attr, None)):
                yield node.attr.replace("_", ".")


def test_every_method_that_is_called_has_its_row_and_no_row_stands_for_none() -> None:
    names = {step for name in called() for step in IN_STEPS.get(name, {name})}
    assert names | BY_THE_LIBRARY == set(METHODS)


def test_every_event_that_is_heard_has_its_row_and_no_row_stands_for_none() -> None:
    slack = connect(bot_token="xoxb-1", signing_secret="s", now=lambda: pytest.fail("no time is asked for"))

    assert set(slack._front.hearing.heard) == event_types()


@pytest.mark.parametrize("name", sorted(set(METHODS) - BESIDE))
def test_a_method_has_the_scopes_that_slack_wants(name: str) -> None:
    assert FAMILIES  # importing them is what fills the double's table

    assert set(METHODS[name].scopes) == OURS.get(name, set(SLACKS[name].scopes))


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_an_event_has_the_scope_that_slack_wants(name: str) -> None:
    assert EVENTS[name].scopes == ((EVENT_SCOPES[name],) if name in EVENT_SCOPES else ())


def test_each_scope_is_there_for_something_that_can_be_told() -> None:
    assert len(bot_scopes(pages=True)) == len(set(bot_scopes(pages=True))) > 10
    assert [scope for scope in bot_scopes(pages=True) if not what_for(scope)] == []
    assert what_for("dnd:write") == ()
    assert set(FEATURES) == {"shortcuts", "slash_commands"}
