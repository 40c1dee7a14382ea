"""Whatever is not the Bot Connector's, for us, and whole is refused before any work, and nothing of it is logged."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.teams import TeamsPlatform, connect
from adapters.teams.cloud import GCC_HIGH, PUBLIC, Cloud
from adapters.teams.keys import LASTING, LONGEST, QUIET, Keys, Unavailable, read_keys
from adapters.teams.model import Malformed
from adapters.teams.shapes import Activity, ExtensionAction, Query, parse
from adapters.teams.verify import DELIVERED_WITHIN, LARGEST_BODY, LEEWAY
from bot.messages import Invited
from tests.adapters.harness import Core
from tests.adapters.teams.harness import cloud_of, secret_of
from tests.doubles.teams.double import Teams, open_teams

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PRIVATE = "the salary of Bob"
PATH = "/api/messages"

Client = TestClient[web.Request, web.Application]


class Door:
    """The adapter behind HTTP, and the double whose connector calls it."""

    def __init__(self, client: Client, teams: Teams, platform: TeamsPlatform) -> None:
        self.client = client
        self.teams = teams
        self.platform = platform

    def activity(self, **changes: Any) -> dict[str, Any]:
        activity = {
            "type": "message",
            "id": "1795424400000",
            "timestamp": "2026-11-23T09:00:00.000Z",
            "channelId": "msteams",
            "serviceUrl": self.teams.connector.service_url,
            "from": {"id": "29:alice", "name": "Alice"},
            "recipient": {"id": self.teams.app.bot},
            "conversation": {"id": "a:1alice", "conversationType": "personal"},
            "channelData": {"tenant": {"id": self.teams.tenant}},
            "text": PRIVATE,
        }
        return {name: value for name, value in (activity | changes).items() if value is not None}

    def token(self, **changes: Any) -> str:
        return self.teams.keys.sign(self.teams.keys.claims(self.teams.connector.service_url, **changes))

    async def post(self, body: bytes | dict[str, Any], token: str | None = None, **headers: str) -> ClientResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        bearer = {"Authorization": f"Bearer {self.token() if token is None else token}"}
        response = await self.client.post(PATH, data=data, headers=bearer | headers)
        await response.read()
        return response


async def well(_request: web.Request) -> web.Response:
    return web.Response()


@pytest.fixture
async def door(core: Core) -> AsyncIterator[Door]:
    async with open_teams(start=NOW.timestamp()) as teams:
        platform = connect(
            now=lambda: datetime.fromtimestamp(teams.clock.now(), UTC),
            app_id=teams.app.id,
            proof=secret_of(teams),
            cloud=cloud_of(teams),
            tenants=frozenset({teams.tenant}),
            receive=core.receive,
        )
        app = web.Application()
        app.add_routes(platform.routes())
        app.router.add_get("/healthz", well)
        async with TestClient(TestServer(app)) as client:
            await platform.start()
            yield Door(client, teams, platform)
            await platform.stop()


async def test_what_the_connector_signed_is_received(door: Door, core: Core) -> None:
    assert (await door.post(door.activity())).status == 200
    assert len(core.received) == 1


def unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none", "typ": "JWT", "kid": "key-1"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in parts) + "."


FORGED: dict[str, Callable[[Door], str]] = {
    "none at all": lambda door: "",
    "no token": lambda door: "the salary of Bob",
    "three strange parts": lambda door: "ü.ü.ü",
    "too long": lambda door: door.token(more="x" * 4000),
    "expired": lambda door: door.token(exp=int((NOW - LEEWAY).timestamp()) - 1),
    "not yet valid": lambda door: door.token(nbf=int((NOW + LEEWAY).timestamp()) + 1),
    "without an end": lambda door: door.token(exp=None),
    "with an end in words": lambda door: door.token(exp="soon"),
    "for another bot": lambda door: door.token(aud="another"),
    "for nobody": lambda door: door.token(aud=None),
    "by another issuer": lambda door: door.token(iss="https://sts.windows.net/x/"),
    "without an issuer": lambda door: door.token(iss=None),
    "alg none": lambda door: unsigned(door.teams.keys.claims(door.teams.connector.service_url)),
    "alg HS256 by the public key": lambda door: jwt.encode(
        door.teams.keys.claims(door.teams.connector.service_url), "x" * 64, "HS256", headers={"kid": "key-1"}
    ),
    "by a key of one's own": lambda door: door.teams.keys.sign(
        door.teams.keys.claims(door.teams.connector.service_url), door.teams.keys.make()
    ),
    "by a key of one's own, under a published name": lambda door: door.teams.keys.sign(
        door.teams.keys.claims(door.teams.connector.service_url), door.teams.keys.make(), kid="key-1"
    ),
    "changed after it was signed": lambda door: door.token()[:-8] + "AAAAAAAA",
}


@pytest.mark.parametrize("forgery", FORGED)
async def test_what_the_connector_did_not_sign_for_us_is_refused(
    door: Door, core: Core, caplog: pytest.LogCaptureFixture, forgery: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        response = await door.post(door.activity(), FORGED[forgery](door))
    assert response.status == 401
    assert core.received == []
    assert door.teams.calls_of("send") == []
    for text in (caplog.text, await response.text()):
        assert PRIVATE not in text
        assert "eyJ" not in text  # what every token begins with


async def test_without_any_header_or_with_another_kind_it_is_refused(door: Door, core: Core) -> None:
    body = json.dumps(door.activity()).encode()
    for headers in ({}, {"Authorization": f"Basic {door.token()}"}, {"Authorization": "Bearer"}):
        assert (await door.client.post(PATH, data=body, headers=headers)).status == 401
    assert core.received == []


async def test_within_five_minutes_clocks_may_differ(door: Door) -> None:
    for at in ({"exp": int((NOW - LEEWAY).timestamp()) + 1}, {"nbf": int((NOW + LEEWAY).timestamp()) - 1}):
        assert (await door.post(door.activity(), door.token(**at))).status == 200


async def test_a_token_that_was_good_is_refused_once_it_has_expired(door: Door, core: Core) -> None:
    token = door.token()
    assert (await door.post(door.activity(), token)).status == 200
    await door.teams.advance(3600 + LEEWAY.total_seconds() + 1)
    assert (await door.post(door.activity(), token)).status == 401
    assert len(core.received) == 1


FOREIGN: dict[str, Callable[[Door], tuple[dict[str, Any], dict[str, Any]]]] = {
    "another channel": lambda door: ({"channelId": "webchat"}, {}),
    "no channel": lambda door: ({"channelId": None}, {}),
    "another serviceUrl than the token's": lambda door: ({"serviceUrl": "https://smba.trafficmanager.net/x/"}, {}),
    "a serviceUrl of nobody's, in both": lambda door: (
        {"serviceUrl": "https://evil.example/"},
        {"serviceurl": "https://evil.example/"},
    ),
    "no serviceUrl in the token": lambda door: ({}, {"serviceurl": None}),
    "a number for it": lambda door: ({}, {"serviceurl": 5}),
    "another company": lambda door: ({"channelData": {"tenant": {"id": "another"}}}, {}),
    "no company": lambda door: ({"channelData": {}}, {}),
}


@pytest.mark.parametrize("foreign", FOREIGN)
async def test_what_the_token_does_not_cover_is_refused(door: Door, core: Core, foreign: str) -> None:
    activity, claims = FOREIGN[foreign](door)
    assert (await door.post(door.activity(**activity), door.token(**claims))).status == 403
    assert core.received == []


async def test_a_key_that_is_not_endorsed_for_teams_is_refused(door: Door, core: Core) -> None:
    door.teams.keys.current.endorsements = ["webchat", "directline"]
    assert (await door.post(door.activity())).status == 403
    assert core.received == []


NONSENSE: dict[str, Callable[[Door], bytes]] = {
    "nothing": lambda door: b"",
    "no JSON": lambda door: PRIVATE.encode(),
    "no UTF-8": lambda door: b"\xff\xfe",
    "truncated": lambda door: json.dumps(door.activity()).encode()[:-20],
    "a list": lambda door: json.dumps([door.activity()]).encode(),
    "nested": lambda door: b"[" * 50_000,
    "nested objects": lambda door: b'{"type":' * 50_000,
    "empty": lambda door: b"{}",
    "no serviceUrl": lambda door: json.dumps(door.activity(serviceUrl=None)).encode(),
    "a serviceUrl with spaces": lambda door: json.dumps(door.activity(serviceUrl=PRIVATE)).encode(),
    "no conversation": lambda door: json.dumps(door.activity(conversation=None)).encode(),
    "a conversation of words": lambda door: json.dumps(door.activity(conversation=PRIVATE)).encode(),
    "an id with spaces": lambda door: json.dumps(door.activity(id=PRIVATE)).encode(),
    "an id that is a number": lambda door: json.dumps(door.activity(id=5)).encode(),
    "no id": lambda door: json.dumps(door.activity(id=None)).encode(),
    "nobody": lambda door: json.dumps(door.activity(**{"from": None})).encode(),
    "a moment that is none": lambda door: json.dumps(door.activity(timestamp=PRIVATE)).encode(),
    "entities that are none": lambda door: json.dumps(door.activity(entities=PRIVATE)).encode(),
    "a press of nothing": lambda door: json.dumps(door.activity(type="invoke", name="adaptiveCard/action")).encode(),
    "a press without a verb": lambda door: json.dumps(
        door.activity(type="invoke", name="adaptiveCard/action", value={"action": {"data": {"a": PRIVATE}}})
    ).encode(),
    "a form that is none": lambda door: json.dumps(
        door.activity(type="invoke", name="task/submit", value={"data": {"form": PRIVATE}})
    ).encode(),
    "an unknown command": lambda door: json.dumps(
        door.activity(
            type="invoke",
            name="composeExtension/fetchTask",
            value={"commandId": PRIVATE, "messagePayload": {"id": "1", "body": {}}},
        )
    ).encode(),
    "a query of words": lambda door: json.dumps(
        door.activity(type="invoke", name="composeExtension/query", value=PRIVATE)
    ).encode(),
}


@pytest.mark.parametrize("kind", NONSENSE)
async def test_signed_nonsense_is_answered_400_and_nothing_is_done(
    door: Door, core: Core, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        response = await door.post(NONSENSE[kind](door))
    assert response.status == 400
    assert core.received == []
    assert PRIVATE not in caplog.text
    assert PRIVATE not in await response.text()


async def test_an_invoke_that_lanyard_does_not_know_is_said_to_be_unknown(door: Door, core: Core) -> None:
    assert (await door.post(door.activity(type="invoke", name="fileConsent/invoke", value={}))).status == 501
    assert core.received == []


@pytest.mark.parametrize(("name", "status"), [("signin/verifyState", 200), ("signin/tokenExchange", 412)])
async def test_a_sign_in_that_lanyard_never_began_ends_as_teams_wants_it_ended(
    door: Door, core: Core, name: str, status: int
) -> None:
    value = {"id": "1", "connectionName": "c", "token": "t", "state": "s"}
    assert (await door.post(door.activity(type="invoke", name=name, value=value))).status == status
    assert core.received == []


async def test_more_than_teams_sends_is_refused_unread(door: Door, core: Core) -> None:
    body = b" " * (LARGEST_BODY + 1)
    headers = {"Authorization": f"Bearer {door.token()}"}
    async with door.client.post(PATH, data=BytesIO(body), headers=headers) as response:
        assert response.status == 413
    assert core.received == []


async def test_a_body_of_undeclared_length_is_not_read_to_its_end(door: Door) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 65_536

    headers = {"Authorization": f"Bearer {door.token()}"}
    async with door.client.post(PATH, data=endless(), headers=headers) as response:
        assert response.status == 413


async def test_while_the_connector_may_deliver_it_again_the_same_comes_by_the_same_key(door: Door, core: Core) -> None:
    captured, token = json.dumps(door.activity()).encode(), door.token()
    for _ in range(100):
        assert (await door.post(captured, token)).status == 200
    await door.teams.advance((DELIVERED_WITHIN + LEEWAY).total_seconds())
    assert (await door.post(captured, token)).status == 200
    assert len({heard.key for heard in core.received}) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"type": "invoke", "name": "adaptiveCard/action", "value": {"action": {"data": {"verb": "helped"}}}},
        {"type": "invoke", "name": "composeExtension/query", "value": {"parameters": []}},
        {"type": "messageUpdate"},
        {"type": "installationUpdate", "action": "add"},
    ],
)
async def test_what_was_captured_is_refused_while_its_token_is_still_good(
    door: Door, core: Core, changes: dict[str, Any]
) -> None:
    captured, token = json.dumps(door.activity(**changes)).encode(), door.token()
    await door.teams.advance((DELIVERED_WITHIN + LEEWAY).total_seconds() + 1)
    fresh = {"id": "1795424400001", "timestamp": datetime.fromtimestamp(door.teams.clock.now(), UTC).isoformat()}
    assert (await door.post(door.activity(**fresh), token)).status == 200  # the token is as good as ever
    core.received.clear()
    assert {(await door.post(captured, token)).status for _ in range(100)} == {403}
    assert core.received == []


async def test_an_activity_from_the_future_is_refused(door: Door, core: Core) -> None:
    soon, late = ((NOW + LEEWAY + timedelta(seconds=more)).isoformat() for more in (0, 1))
    assert (await door.post(door.activity(timestamp=soon))).status == 200
    assert (await door.post(door.activity(timestamp=late))).status == 403
    assert len(core.received) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "messageReaction", "reactionsAdded": [{"type": "like"}], "replyToId": "1"},
        {"type": "typing"},
        {"type": "event", "name": "application/vnd.microsoft.readReceipt", "value": {}},
        {"type": "endOfConversation"},
        {"type": "conversationUpdate", "membersRemoved": [{"id": "29:bob"}]},
        {"type": "conversationUpdate", "membersAdded": [{"id": "29:bob"}]},
        {"type": "installationUpdate", "action": "remove"},
        {"type": "installationUpdate", "action": "add-upgrade"},
        {"type": "message", "from": {"id": "28:another-bot"}},
        {"type": "message", "text": None, "value": {"of": "another bot's card"}},
    ],
)
async def test_what_does_not_concern_us_is_acknowledged(door: Door, core: Core, changes: dict[str, Any]) -> None:
    assert (await door.post(door.activity(**changes))).status == 200
    assert [heard for heard in core.received if not isinstance(heard, Invited)] == []


# ── Keys ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_new_key_is_fetched_when_it_is_first_met_and_the_old_one_stays(core: Core) -> None:
    moment = [0.0]
    async with open_teams(start=NOW.timestamp()) as teams, fetcher(teams, moment) as keys:
        first = await keys.get("key-1")
        assert first is not None
        teams.keys.rotate()
        moment[0] += QUIET
        assert (await keys.get("key-2")) is not None
        assert await keys.get("key-1") is first
        teams.keys.withdraw(teams.keys.published[0])
        assert keys.knows(first)
        moment[0] += QUIET
        assert await keys.get("key-3") is None
        assert await keys.get("key-1") is None
        assert not keys.knows(first)


class fetcher:  # noqa: N801 — used as a function
    def __init__(self, teams: Teams, moment: list[float]) -> None:
        self.teams, self.moment = teams, moment

    async def __aenter__(self) -> Keys:
        self.session = aiohttp.ClientSession()
        self.keys = Keys(cloud_of(self.teams).metadata_url, lambda: self.session, clock=lambda: self.moment[0])
        return self.keys

    async def __aexit__(self, *_: object) -> None:
        await self.keys.stop()
        await self.session.close()


async def test_a_flood_of_invented_key_ids_costs_one_fetch() -> None:
    moment = [0.0]
    async with open_teams() as teams, fetcher(teams, moment) as keys:
        assert await asyncio.gather(*(keys.get(f"invented-{n}") for n in range(100))) == [None] * 100
        assert [await keys.get(f"more-{n}") for n in range(100)] == [None] * 100
        assert len(teams.calls_of("metadata")) == 1
        assert await keys.get("key-1") is not None


async def test_keys_are_renewed_after_a_day_without_anybody_waiting_and_believed_for_five() -> None:
    moment = [0.0]
    async with open_teams() as teams, fetcher(teams, moment) as keys:
        await keys.get("key-1")
        teams.connector.metadata_gate = gate = asyncio.Event()
        moment[0] = LASTING
        assert await keys.get("key-1") is not None  # though the metadata does not answer
        gate.set()
        assert keys._fetching is not None
        await keys._fetching
        assert len(teams.calls_of("metadata")) == 2
        teams.connector.metadata_status = 500
        moment[0] += LONGEST - 1
        assert await keys.get("key-1") is not None
        moment[0] += QUIET + 1
        with pytest.raises(Unavailable):
            await keys.get("key-1")


async def test_without_metadata_teams_is_told_to_come_again_and_nothing_else_waits(door: Door, core: Core) -> None:
    door.teams.connector.metadata_gate = gate = asyncio.Event()
    waiting = asyncio.create_task(door.post(door.activity()))
    await door.teams.connector.metadata_asked.wait()
    # While the metadata server is silent, others are served.
    assert (await door.post(door.activity(), "no.token.this")).status == 401
    assert (await door.client.get("/healthz")).status == 200
    assert not waiting.done()
    gate.set()
    assert (await waiting).status == 200
    assert len(core.received) == 1


async def test_what_arrives_while_lanyard_stops_is_told_to_come_again(door: Door, core: Core) -> None:
    await door.platform.stop()
    assert (await door.post(door.activity())).status == 503
    assert core.received == []


async def test_keys_that_come_in_several_parts_are_read_to_their_end(door: Door, core: Core) -> None:
    door.teams.connector.keys_gate = gate = asyncio.Event()
    waiting = asyncio.create_task(door.post(door.activity()))
    await door.teams.connector.keys_begun.wait()
    for _ in range(5):  # meanwhile their beginning arrives
        assert (await door.client.get("/healthz")).status == 200
    assert not waiting.done()
    gate.set()
    assert (await waiting).status == 200
    assert len(core.received) == 1


async def test_metadata_that_cannot_be_had_is_no_verdict(door: Door, core: Core) -> None:
    door.teams.connector.metadata_status = 500
    assert (await door.post(door.activity())).status == 503
    assert core.received == []


@pytest.mark.parametrize(
    "published",
    [
        {},
        {"keys": "x"},
        {"keys": [5, {}, {"kty": "RSA"}, {"kty": "RSA", "kid": "a"}, {"kty": "EC", "kid": "b"}]},
        {"keys": [{"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB", "endorsements": "msteams"}]},
        {"keys": [{"kty": "RSA", "kid": "a", "n": "ü", "e": "AQAB"}]},
    ],
)
def test_published_nonsense_is_no_key(published: dict[str, Any]) -> None:
    assert read_keys(published) == {}


# ── Local clients ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_without_a_registration_only_this_machine_is_served(core: Core) -> None:
    platform = connect(now=lambda: NOW, anonymous=True, receive=core.receive)
    app = web.Application()
    app.add_routes(platform.routes())
    activity = {
        "type": "message",
        "id": "1",
        "channelId": "emulator",
        "serviceUrl": "http://localhost:50000",
        "from": {"id": "user"},
        "recipient": {"id": "bot"},
        "conversation": {"id": "c1", "tenantId": "local"},
        "text": "Hello?",
    }
    async with TestClient(TestServer(app)) as client:
        assert (await client.post(PATH, json=activity)).status == 200
        assert (await client.post(PATH, json=activity | {"serviceUrl": "http://10.0.0.1/"})).status == 403
        assert (await client.post(PATH, json=activity, headers={"Host": "rebound.example"})).status == 403
    assert len(core.received) == 1


@pytest.mark.parametrize(
    ("given_", "named"),
    [
        ({}, "MICROSOFT_APP_ID"),
        ({"app_id": "x"}, "MICROSOFT_APP_PASSWORD"),
        ({"app_id": "x", "anonymous": True}, "TEAMS_ANONYMOUS"),
    ],
)
def test_what_is_missing_is_named(given_: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        connect(now=lambda: NOW, **given_)


# ── Pure ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("cloud", "url", "trusted"),
    [
        (PUBLIC, "https://smba.trafficmanager.net/emea/", True),
        (PUBLIC, "https://SMBA.trafficmanager.net/emea/", True),
        (PUBLIC, "http://smba.trafficmanager.net/emea/", False),
        (PUBLIC, "https://smba.trafficmanager.net.evil.example/", False),
        (PUBLIC, "https://smba.trafficmanager.net@evil.example/", False),
        (PUBLIC, "https://evil.example/?smba.trafficmanager.net", False),
        (PUBLIC, "https://smba.trafficmanager.net:x/", False),
        (PUBLIC, "smba.trafficmanager.net", False),
        (PUBLIC, "", False),
        (PUBLIC, "https://[::1/", False),
        (GCC_HIGH, "https://smba.infra.gov.teams.microsoft.us/x", True),
        (GCC_HIGH, "https://smba.trafficmanager.net/emea/", False),
    ],
)
def test_our_token_goes_to_the_connectors_hosts_alone(cloud: Cloud, url: str, trusted: bool) -> None:
    assert cloud.trusts(url) is trusted


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60)
@given(st.data())
def test_any_json_is_parsed_or_malformed(data: st.DataObject) -> None:
    for shape in (Activity, Query, ExtensionAction):
        names = st.sampled_from(sorted(field.alias or name for name, field in shape.model_fields.items()))
        given_ = data.draw(st.dictionaries(names, json_values, max_size=6))
        for form in (given_, json.dumps(given_)):
            reason = ""
            try:
                parse(shape, form)
            except Malformed as fault:
                reason = str(fault)
            assert reason.isascii()


def test_times_are_bounded_by_five_minutes() -> None:
    assert timedelta(minutes=5) == LEEWAY
