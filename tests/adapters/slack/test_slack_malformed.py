"""Whatever is wrong with what comes in: a 4xx or a harmless 2xx, no fault of ours, nothing refused in the log.

Real payloads are captured from our Slack while people use a real Lanyard, and spoilt at random places.
"""

from __future__ import annotations

import copy
import json
import logging
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from sqlalchemy import func, select

from bot.store import Store
from bot.store import tables as t
from tests.adapters.slack.test_slack_journeys import Company, open_company
from tests.doubles.slack.delivery import Attempt, Delivery, encode
from tests.journeys.dialogue import Clock

SECRET = "zanzibar-salary"
ASKED = "How much may I refund without approval?"
TRIES = 60
DEEP: Any = SECRET
for _ in range(80):
    DEEP = [DEEP]
JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 10**40, 1e308, "", SECRET, "\x00" + SECRET, "\ud800" + SECRET, SECRET * 3000, "\u202e" + SECRET,
    [], [SECRET], [[None]], {}, {SECRET: SECRET}, {"id": {"id": SECRET}}, DEEP, "../" + SECRET, "T1/" + SECRET,
    "<!channel>", "9" * 400, "1e5", "0:helped", "0:nothing", "NaN",
)  # fmt: skip


@pytest.fixture
async def company(sample_url: str, clock: Clock) -> AsyncIterator[Company]:
    store = Store(sample_url)
    async with open_company(store, clock, socket=False) as company:
        yield company
    await store.close()


@pytest.fixture
async def on_socket(sample_url: str, clock: Clock) -> AsyncIterator[Company]:
    store = Store(sample_url)
    async with open_company(store, clock, socket=True) as company:
        yield company
    await store.close()


async def use_everything(company: Company) -> list[Delivery]:
    """One payload at least of each kind that Slack sends."""
    amara = company("amara")
    said = await amara.says("support-desk", ASKED, mention=True)
    await amara.dm(ASKED)
    answer = await company.find("amara", "That helped")
    await amara.press(answer.id, "That helped")
    await amara.command("/ask", "Where is my payslip?", channel="support-desk")
    await company("leila").command("/nudge", "")
    await company("leila").submit({"name": "Tills", "audience": "everyone", "steps": 'tip "Scan twice."'})
    await amara.message_shortcut("ask_about", said.ts)
    await company.settle()
    return list(company.slack.deliveries)


def paths(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    if isinstance(node, dict):
        for key, value in node.items():
            yield from paths(value, (*at, key))
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from paths(value, (*at, place))


def spoil(payload: dict[str, Any], chance: random.Random) -> Any:
    """The payload with one to three of its nodes replaced, taken out, or put where another was."""
    spoilt: Any = copy.deepcopy(payload)
    for _ in range(chance.randint(1, 3)):
        path = chance.choice([path for path in paths(spoilt) if path] or [()])
        if not path:
            return chance.choice(JUNK)
        parent = spoilt
        for step in path[:-1]:
            parent = parent[step]
        if chance.random() < 0.2:
            del parent[path[-1]]
        else:
            parent[path[-1]] = copy.deepcopy(chance.choice(JUNK))
    return spoilt


def spoil_bytes(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(body))
    match chance.randrange(4):
        case 0:
            return body[:at]
        case 1:
            return body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :]
        case 2:
            return body[:at] + b"\xff\xfe" + body[at:]
        case _:
            return body[:at] + body[at:] * 2


async def post(company: Company, body: bytes, content_type: str, **headers: str) -> Attempt:
    http = company.slack.http
    return await http.post(body, http.headers(body, content_type) | headers)


async def count_rows(company: Company, *tables: type[t.Base]) -> list[int]:
    async with company.house.services.store.database.read() as db:
        return [(await db.execute(select(func.count()).select_from(table))).scalar_one() for table in tables]


def log_of(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in caplog.records)


@pytest.mark.parametrize("seed", range(4))
async def test_payloads_spoilt_anywhere_are_refused_or_do_no_harm(
    company: Company, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    chance = random.Random(seed)
    kinds = await use_everything(company)
    assert {delivery.kind for delivery in kinds} == {"events_api", "interactive", "slash_commands"}
    assert {one.payload["type"] for one in kinds if one.kind == "interactive"} == {
        *("block_actions", "view_submission", "message_action"),
    }
    statuses: dict[int | None, int] = {}
    caplog.set_level(logging.DEBUG)
    for _ in range(TRIES):
        delivery = chance.choice(kinds)
        if chance.random() < 0.3:
            whole, content_type = encode(delivery)
            body = spoil_bytes(whole, chance)
        else:
            spoilt = spoil(delivery.payload, chance)
            body, content_type = _encode(delivery, spoilt)
        caplog.clear()
        attempt = await post(company, body, content_type)
        statuses[attempt.status] = statuses.get(attempt.status, 0) + 1
        assert attempt.status is not None
        assert attempt.status < 500, (attempt, body[:2000])
        if attempt.status >= 400:
            for words in (SECRET, ASKED):
                assert words not in log_of(caplog), log_of(caplog)
                assert words not in attempt.body
            assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
        await company.settle()
        assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR and r.name != "asyncio"] == []
    assert statuses[400] > TRIES // 8
    assert (await company("tomasz").dm("Hello")).accepted


def _encode(delivery: Delivery, payload: Any) -> tuple[bytes, str]:
    match delivery.kind:
        case "events_api":
            return json.dumps(payload).encode(), "application/json"
        case "interactive":
            return urlencode({"payload": json.dumps(payload)}).encode(), "application/x-www-form-urlencoded"
        case "slash_commands":
            pairs = payload.items() if isinstance(payload, dict) else [("command", str(payload))]
            text = urlencode([(str(key), str(value)) for key, value in pairs], errors="replace")
            return text.encode(), "application/x-www-form-urlencoded"


async def test_a_hundred_replays_have_one_effect(company: Company) -> None:
    deed = await company("amara").says("support-desk", ASKED, mention=True)
    await company.settle()
    before = await count_rows(company, t.Question, t.OutboxRow, t.InboxRow)
    for delivery in deed.deliveries:
        body, content_type = encode(delivery)
        for _ in range(50):
            assert (await post(company, body, content_type)).status == 200
    await company.settle()
    assert await count_rows(company, t.Question, t.OutboxRow, t.InboxRow) == before


async def test_a_hundred_replays_of_a_press_have_one_effect(company: Company) -> None:
    await company("amara").dm(ASKED)
    answer = await company.find("amara", "That helped")
    deed = await company("amara").press(answer.id, "That helped")
    await company.settle()
    before = await count_rows(company, t.Phrasing, t.OutboxRow, t.InboxRow)
    body, content_type = encode(deed.deliveries[0])
    for _ in range(100):
        assert (await post(company, body, content_type)).status == 200
    await company.settle()
    assert await count_rows(company, t.Phrasing, t.OutboxRow, t.InboxRow) == before


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "multipart/form-data; boundary=x", "application/xml", "application/json; charset=utf-16", "ü/ü"],
)
async def test_the_content_type_changes_nothing(company: Company, content_type: str) -> None:
    """What counts is the body that was signed: a content type is not signed, and so not believed."""
    deed = await company("amara").dm(ASKED)
    body, _ = encode(deed.deliveries[0])
    attempt = await post(company, body, "application/json", **{"Content-Type": content_type})
    assert attempt.status == 200
    await company.settle()
    assert await count_rows(company, t.Question) == [1]


@pytest.mark.parametrize("name", ["X-Slack-Signature", "X-Slack-Request-Timestamp"])
async def test_a_header_that_comes_twice_does_not_help_a_forger(company: Company, name: str) -> None:
    deed = await company("amara").dm(ASKED)
    body, content_type = encode(deed.deliveries[0])
    forged = body.replace(b"refund", b"steal!")
    headers = company.slack.http.headers(body, content_type)
    pairs = [*headers.items(), (name, headers[name])]
    for order in (pairs, pairs[::-1]):
        async with (
            aiohttp.ClientSession() as session,
            session.post(company.slack.app.urls[0], data=forged, headers=order) as response,
        ):
            assert response.status == 401
    await company.settle()
    assert await count_rows(company, t.Question) == [1]


# ── Over a socket ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_garbage_does_not_end_the_socket(on_socket: Company, caplog: pytest.LogCaptureFixture) -> None:
    company = on_socket
    kinds = await use_everything(company)
    (connection,) = await company.slack.sockets.connected()
    chance = random.Random(7)
    texts = ["", "null", "[]", "5", '"x"', "{", SECRET, '{"type":' * 2000, json.dumps({"type": "hello"})]
    texts += [json.dumps(JUNK[place]) for place in range(len(JUNK))]
    for number in range(TRIES):
        delivery = chance.choice(kinds)
        envelope = {
            "envelope_id": f"garbage-{number}",
            "type": delivery.kind,
            "payload": delivery.payload,
            "accepts_response_payload": False,
        }
        texts.append(json.dumps(spoil(envelope, chance)))
    for text in texts:
        await connection.socket.send_str(text)
    await connection.socket.send_bytes(b"\xff\xfe" + SECRET.encode())
    assert (await company("tomasz").dm("Hello")).accepted
    await company.settle()
    assert company.slack.sockets.connections == [connection]
    assert SECRET not in "\n".join(r.getMessage() for r in caplog.records if r.levelno >= logging.INFO)
