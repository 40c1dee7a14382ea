"""Whatever is not Slack's own, whole request is refused before any work, and nothing of it is in the log."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.intake import Refused
from adapters.slack import connect
from adapters.slack.model import Malformed
from adapters.slack.routes import read_form, read_json
from adapters.slack.shapes import Command, Envelope, Interaction, parse
from adapters.slack.verify import LARGEST_BODY, check_signature
from tests.adapters.harness import Core

SECRET = "shared with Slack alone"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
PRIVATE = "the salary of Bob"
EVENT = {
    "type": "event_callback",
    "team_id": "T1",
    "authorizations": [{"team_id": "T1", "user_id": "U0BOT", "is_bot": True}],
    "event": {
        "type": "message",
        "channel": "C1",
        "channel_type": "channel",
        "user": "U2",
        "text": PRIVATE,
        "ts": "1795424400.000200",
    },
}

Client = TestClient[web.Request, web.Application]


def sign(body: bytes, *, stamp: str = STAMP, secret: str = SECRET) -> dict[str, str]:
    signed = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signed}"}


@pytest.fixture
async def client(core: Core) -> AsyncIterator[Client]:
    platform = connect(now=lambda: NOW, bot_token="xoxb-1", signing_secret=SECRET, receive=core.receive)
    app = web.Application()
    app.add_routes(platform.routes())
    async with TestClient(TestServer(app)) as client:
        yield client


async def post(client: Client, body: bytes, headers: dict[str, str] | None = None) -> ClientResponse:
    response = await client.post("/slack/events", data=body, headers=sign(body) if headers is None else headers)
    await response.read()
    return response


WHOLE = json.dumps(EVENT).encode()


async def test_what_slack_signed_is_received(client: Client, core: Core) -> None:
    assert (await post(client, WHOLE)).status == 200
    assert len(core.received) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": "v0=ü" + "0" * 63},
        {"X-Slack-Signature": sign(WHOLE, secret="another")["X-Slack-Signature"]},
        {"X-Slack-Signature": sign(WHOLE + b" ")["X-Slack-Signature"]},
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Request-Timestamp": "soon"},
        {"X-Slack-Request-Timestamp": "-1"},
        {"X-Slack-Request-Timestamp": "1e9"},
        {"X-Slack-Request-Timestamp": "١٢٣"},
        {"X-Slack-Request-Timestamp": "9" * 400},
        sign(WHOLE, stamp=str(int(STAMP) - 301)),
        sign(WHOLE, stamp=str(int(STAMP) + 301)),
    ],
)
async def test_what_slack_did_not_sign_is_refused(
    client: Client, core: Core, caplog: pytest.LogCaptureFixture, change: dict[str, str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        response = await post(client, WHOLE, sign(WHOLE) | change)
    assert response.status == 401
    assert core.received == []
    assert PRIVATE not in caplog.text
    assert PRIVATE not in await response.text()


async def test_without_any_header_it_is_refused(client: Client, core: Core) -> None:
    assert (await post(client, WHOLE, {})).status == 401
    assert core.received == []


def changed(**changes: Any) -> bytes:
    return json.dumps(EVENT | {"event": EVENT["event"] | changes}).encode()  # type: ignore[operator]


def form(**fields: str) -> bytes:
    return urlencode(fields).encode()


def interaction(**members: Any) -> bytes:
    return form(payload=json.dumps({"user": {"id": "U2"}, "team": {"id": "T1"}, "note": PRIVATE} | members))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"the salary of Bob",
        b"\xff\xfe\x00",
        b'{"type": "event_callback", "x": "\xff the salary of Bob"}',
        WHOLE[:-20],
        b"[" + WHOLE + b"]",
        b"[" * 50_000,
        b'{"type":' * 50_000,
        b"{}",
        b'{"type": "event_callback"}',
        b'{"type": "event_callback", "event": "the salary of Bob"}',
        changed(text=["the salary of Bob"]),
        changed(ts=5),
        changed(ts="999999999999.0"),
        changed(user={"id": "U2"}),
        changed(channel="the salary of Bob"),
        changed(text="\ud800"),
        json.dumps(EVENT | {"team_id": None, "authorizations": []}).encode(),
        form(payload="the salary of Bob"),
        form(payload="[]"),
        form(payload="[" * 50_000),
        b"payload=%FF",
        b"payload=" + "ü".encode(),
        interaction(type="block_actions"),
        interaction(type="block_actions", actions="the salary of Bob"),
        interaction(type="block_actions", actions=[{"type": "button", "action_id": "0:x"}]),
        interaction(type="block_actions", actions=[5]),
        interaction(type="view_submission"),
        interaction(type="view_submission", view={"id": "V1", "callback_id": "x", "private_metadata": "salary"}),
        interaction(type="view_submission", view={"id": "V1", "callback_id": "x", "state": 5}),
        interaction(type="message_action"),
        interaction(type="message_action", callback_id="ask_about"),
        interaction(type="block_actions", user="U2", actions=[{"type": "button", "action_id": "0:x"}]),
        form(command="/ask", text=PRIVATE),
        form(command="ask", team_id="T1", user_id="U2", channel_id="C1", trigger_id="1"),
        form(**{f"field{n}": "x" for n in range(100)}),
    ],
    ids=range(36),
)
async def test_signed_nonsense_is_answered_400_and_nothing_is_done(
    client: Client, core: Core, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    with caplog.at_level(logging.DEBUG):
        response = await post(client, body)
    assert response.status == 400
    assert core.received == []
    for word in (PRIVATE, "salary"):
        assert word not in caplog.text
        assert word not in await response.text()


async def test_more_than_any_platform_sends_is_refused_unread(client: Client, core: Core) -> None:
    body = b" " * (LARGEST_BODY + 1)
    async with client.post("/slack/events", data=BytesIO(body), headers=sign(body)) as response:
        assert response.status == 413
    assert core.received == []


async def test_a_body_of_undeclared_length_is_not_read_to_its_end(client: Client) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 65_536

    async with client.post("/slack/events", data=endless(), headers=sign(b"")) as response:
        assert response.status == 413


async def test_a_replay_within_the_window_has_the_same_key(client: Client, core: Core) -> None:
    for _ in range(3):
        assert (await post(client, WHOLE)).status == 200
    assert len({heard.key for heard in core.received}) == 1


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b'{"type": "url_verification", "challenge": "abc"}', {"challenge": "abc"}),
        (b'{"type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 1}', None),
        (json.dumps({"type": "event_callback", "team_id": "T1", "event": {"type": "reaction_added"}}).encode(), None),
        (json.dumps({"type": "event_callback", "event": {"type": "channel_rename", "channel": {}}}).encode(), None),
        (form(ssl_check="1", token="x"), None),
        (interaction(type="block_suggestion", value="x"), {"options": []}),
        (interaction(type="view_closed"), None),
        (interaction(type="workflow_step_edit"), None),
    ],
)
async def test_what_does_not_concern_us_is_acknowledged(
    client: Client, core: Core, body: bytes, answer: dict[str, Any] | None
) -> None:
    response = await post(client, body)
    assert response.status == 200
    assert (await response.json() if answer else await response.text()) == (answer or "")
    assert core.received == []


# ── Pure ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.binary(max_size=200), st.integers(-300, 300))
def test_every_signature_within_the_window_passes_and_of_no_other_body(body: bytes, seconds: int) -> None:
    stamp = str(int(STAMP) + seconds)
    check_signature(SECRET, body, sign(body, stamp=stamp), now=NOW)
    with pytest.raises(Refused):
        check_signature(SECRET, body + b"x", sign(body, stamp=stamp), now=NOW)
    with pytest.raises(Refused):
        check_signature(SECRET, body, sign(body, stamp=stamp), now=NOW + timedelta(seconds=601))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60)
@given(st.data())
def test_any_json_is_parsed_or_malformed(data: st.DataObject) -> None:
    for shape in (Envelope, Interaction, Command):
        names = st.sampled_from(sorted(shape.model_fields))
        given_ = data.draw(st.dictionaries(names, json_values, max_size=6))
        for form_ in (given_, json.dumps(given_)):
            reason = ""
            try:
                parse(shape, form_)
            except Malformed as fault:
                reason = str(fault)
            assert reason.isascii()


@given(st.binary(max_size=100))
def test_any_bytes_are_a_form_or_malformed(body: bytes) -> None:
    try:
        form_ = read_form(body)
        read_json(form_.get("payload", "{}"))
    except Malformed:
        pass
