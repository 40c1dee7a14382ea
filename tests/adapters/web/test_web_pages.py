"""The web platform's HTTP: its wall, its stream, and what is its own beyond the contract."""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.web import COMMANDS, connect
from adapters.web.company import _until_morning
from adapters.web.gate import LARGEST_FILE, is_loopback
from bot.messages import (
    Address,
    Busy,
    Button,
    Buttons,
    Card,
    Field,
    Form,
    Note,
    Pressed,
    Said,
    Submitted,
    Text,
    TryLater,
    Undeliverable,
)
from tests.adapters.harness import Core
from tests.adapters.web.harness import BOB, NINE, WebHarness, open_web

HEADERS = {"X-Lanyard-Page": "1", "Content-Type": "application/json"}


@pytest.fixture
async def page(tmp_path: Path, core: Core) -> AsyncIterator[WebHarness]:
    async with open_web(tmp_path, core) as harness:
        yield harness


def to(**place: str) -> Address:
    return Address(platform="web", tenant="sample", **place)


def words(text: str) -> Card:
    return Card(summary=text, parts=(Text(text=text),))


# ── The wall ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/", "/chat/app.js", "/chat/style.css", "/chat/icon.svg", "/chat/room"])
async def test_what_is_served_is_locked_to_this_page(page: WebHarness, path: str) -> None:
    async with page.client.get(path) as response:
        assert response.status == 200
        assert response.headers["Content-Security-Policy"].startswith("default-src 'self'; img-src 'self' data:;")
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_page_has_no_inline_code_and_asks_nobody_else(page: WebHarness) -> None:
    html = await (await page.client.get("/")).text()
    assert "<script>" not in html
    assert " style=" not in html
    assert "//" not in html.replace("<!doctype", "")


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "192.168.0.7:3978", "", "127.0.0.1.evil.example"]
)
async def test_another_name_than_this_machines_is_refused(page: WebHarness, host: str) -> None:
    for path in ("/", "/chat/room", "/chat/stream"):
        async with page.client.get(path, headers={"Host": host}) as response:
            assert response.status in {400, 403}


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("localhost", True),
        ("localhost:3978", True),
        ("LOCALHOST.:80", True),
        ("127.0.0.1:1", True),
        ("127.9.9.9", True),
        ("[::1]:3978", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("localhost@evil.example", False),
        ("", False),
    ],
)
def test_loopback_names_are_known(host: str, is_ours: bool) -> None:
    assert is_loopback(host) is is_ours


POSTS = ["say", "press", "submit", "insert", "see", "skip", "people", "channels"]
FOREIGN = [
    {"Content-Type": "application/json"},
    {"Content-Type": "application/json", "Origin": "https://evil.example"},
    {"Content-Type": "application/json", "Origin": "null", "X-Lanyard-Page": "1"},
    {"Content-Type": "text/plain", "X-Lanyard-Page": "1"},
    {"Content-Type": "application/x-www-form-urlencoded", "X-Lanyard-Page": "1"},
]


@pytest.mark.parametrize("path", POSTS)
async def test_a_request_from_another_site_is_refused(page: WebHarness, path: str) -> None:
    for headers in FOREIGN:
        async with page.client.post(f"/chat/{path}", data=b"{}", headers=headers) as response:
            assert response.status == 403, headers
            assert (await response.json())["error"].endswith(".")


async def test_a_request_of_the_same_origin_is_taken(page: WebHarness, core: Core) -> None:
    origin = str(page.client.make_url("")).rstrip("/")
    body = {"by": "alice", "id": "made-by-page", "conversation": "c-help", "text": "Hello"}
    async with page.client.post("/chat/say", json=body, headers={"Origin": origin}) as response:
        assert response.status == 202
    assert len(core.received) == 1


async def test_a_body_that_is_too_large_is_refused(page: WebHarness, core: Core) -> None:
    body = json.dumps({"by": "alice", "id": "made-by-page", "conversation": "c-help", "text": "x" * 300_000}).encode()

    async def in_pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 50_000):
            yield body[start : start + 50_000]

    for data in (body, in_pieces()):
        async with page.client.post("/chat/say", data=data, headers=HEADERS) as response:
            assert response.status == 413
            assert "256 kB" in (await response.json())["error"]
    assert core.received == []


BROKEN = (
    b"",
    b"{",
    b"[]",
    b"null",
    b"7",
    b'"x"',
    b"{}",
    b'{"by": 7}',
    b"\xff\xfe",
    b'{"by": "\\ud800"}',
    b"[" * 100_000,
)


@pytest.mark.parametrize("path", POSTS)
async def test_a_malformed_body_gets_a_sentence_and_never_a_500(page: WebHarness, path: str) -> None:
    for body in BROKEN:
        async with page.client.post(f"/chat/{path}", data=body, headers=HEADERS) as response:
            assert response.status == 400, body[:20]
            assert (await response.json())["error"].endswith(".")


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(exclude_categories=()), max_size=50), by=st.text(max_size=8))
async def test_any_words_are_accepted_or_refused_but_nothing_breaks(page: WebHarness, text: str, by: str) -> None:
    for person in ("alice", by):
        body = {"by": person, "id": f"id-{abs(hash(text)):020}", "conversation": "direct:alice", "text": text}
        async with page.client.post("/chat/say", data=json.dumps(body).encode(), headers=HEADERS) as response:
            assert response.status in {202, 400, 404}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("messages", {"by": "nobody", "in": "c-help"}),
        ("messages", {"by": "bob", "in": "c-closed"}),
        ("messages", {"by": "bob", "in": "direct:alice"}),
        ("messages", {"in": "c-help"}),
        ("room", {"by": "nobody"}),
        ("stream", {"by": "nobody"}),
    ],
)
async def test_what_one_may_not_know_is_not_there(page: WebHarness, path: str, query: dict[str, str]) -> None:
    async with page.client.get(f"/chat/{path}", params=query) as response:
        assert response.status == 404


async def test_numbers_that_are_none_are_refused(page: WebHarness) -> None:
    for query in ({"before": "x"}, {"before": "-1"}, {"before": "9" * 40}):
        async with page.client.get("/chat/messages", params={"by": "alice", "in": "c-help", **query}) as response:
            assert response.status == 400
    async with page.client.get("/chat/stream", params={"by": "alice", "after": "²"}) as response:
        assert response.status == 400


# ── Saying ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_command_in_a_channel_is_seen_by_nobody_else(page: WebHarness, core: Core) -> None:
    await page.say("alice", "c-help", "/ask how do I get paid?")
    assert await page.sees("bob") == []
    (shown,) = await page.messages("alice")
    assert shown["only_you"]


async def test_a_message_that_was_refused_for_now_is_kept_once_and_accepted_later(page: WebHarness, core: Core) -> None:
    core.outcomes = [Busy(), Busy()]
    body = {"by": "alice", "id": "made-by-page", "conversation": "c-help", "text": "Hello"}
    for status in (503, 503, 202, 202):
        async with page.client.post("/chat/say", json=body, headers=HEADERS) as response:
            assert response.status == status
            assert ("Retry-After" in response.headers) is (status == 503)
    assert len(await page.sees("bob")) == 1
    assert {said.key for said in core.received} == {"made-by-page"}


async def test_a_file_is_put_in_and_said_without_a_word(page: WebHarness, core: Core) -> None:
    assert await page.put_in("alice", "file-made-by-page", "Scale manual.docx", b"PK") == 201
    body = {"by": "alice", "id": "made-by-page", "conversation": "direct:alice", "text": ""}
    status, answer = await page.post("/chat/say", **body)
    assert (status, "write something" in answer["error"]) == (400, True)
    status, _ = await page.post("/chat/say", **body, files=["file-made-by-page"])
    assert status == 202
    (said,) = core.received
    assert isinstance(said, Said)
    assert (said.attached, said.files[0].size) == (("Scale manual.docx",), 2)
    (shown,) = await page.messages("alice")
    assert shown["files"] == ["Scale manual.docx"]


@pytest.mark.parametrize(
    ("named", "status"),
    [
        ({"by": "nobody", "id": "made-by-page", "name": "a.txt"}, 404),
        ({"by": "alice", "id": "short", "name": "a.txt"}, 400),
        ({"by": "alice", "id": "made-by-page", "name": "x" * 7_000}, 400),
        ({"by": "alice", "id": "made-by-page", "name": "nul\0.txt"}, 400),
        ({"by": "alice", "id": "made-by-page", "name": "  "}, 400),
        ({"by": "alice", "id": "made-by-page"}, 400),
        ({"by": "alice", "id": "made-by-page", "name": "a.txt", "more": "y"}, 400),
    ],
)
async def test_what_is_no_file_for_us_is_refused_in_words(page: WebHarness, named: dict[str, str], status: int) -> None:
    headers = HEADERS | {"Content-Type": "application/octet-stream"}
    async with page.client.post("/chat/file", params=named, data=b"x", headers=headers) as response:
        assert response.status == status
        assert (await response.json())["error"].endswith(".")


async def test_a_file_that_is_too_large_is_refused_as_it_comes(page: WebHarness) -> None:
    headers = HEADERS | {"Content-Type": "application/octet-stream"}
    named = {"by": "alice", "id": "made-by-page", "name": "a.txt"}
    content = io.BytesIO(bytes(LARGEST_FILE + 1))
    async with page.client.post("/chat/file", params=named, data=content, headers=headers) as response:
        assert response.status == 413
        assert "at most 25 MB" in (await response.json())["error"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json", "X-Lanyard-Page": "1"},
        {"Content-Type": "multipart/form-data; boundary=x", "X-Lanyard-Page": "1"},
        {"Content-Type": "text/plain", "X-Lanyard-Page": "1"},
        {"Content-Type": "application/octet-stream"},
        {"Content-Type": "application/octet-stream", "Origin": "https://evil.example"},
    ],
)
async def test_another_site_cannot_put_a_file_in(page: WebHarness, headers: dict[str, str]) -> None:
    given = {"by": "alice", "id": "made-by-page", "name": "a.txt"}
    async with page.client.post("/chat/file", params=given, data=b"x", headers=headers) as response:
        assert response.status == 403


async def test_before_anybody_receives_the_page_is_told_to_try_again(tmp_path: Path, core: Core) -> None:
    async with open_web(tmp_path, core) as page:
        page.platform.bind(None)  # type: ignore[arg-type]
        assert not (await page.say("alice", "c-help", "Hello")).accepted


async def test_what_was_said_before_a_crash_is_handed_over_after_it(tmp_path: Path, core: Core) -> None:
    core.outcomes = [Busy()]
    async with open_web(tmp_path, core) as page:
        await page.say("alice", "c-help", "Hello", key="made-by-page")
    core.received.clear()
    async with open_web(tmp_path, core) as page:
        assert page.platform._catching_up is not None
        await page.platform._catching_up
        (said,) = core.received
        assert isinstance(said, Said)
        assert (said.key, said.text) == ("made-by-page", "Hello")
    async with open_web(tmp_path, core) as page:
        assert page.platform._catching_up is not None
        await page.platform._catching_up
    assert len(core.received) == 1


async def test_a_fault_of_ours_is_a_reference_and_not_a_traceback(
    page: WebHarness, core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    core.outcomes = [RuntimeError("secret detail")]
    status, body = await page.post("/chat/say", by="alice", id="made-by-page", conversation="c-help", text="Hello")
    assert status == 500
    assert "secret" not in json.dumps(body)
    assert caplog.records[0].reference in body["error"]  # type: ignore[attr-defined]


# ── Pressing and submitting ─────────────────────────────────────────────────────────────────────────────────────────

ASK = Card(summary="Well?", parts=(Buttons(buttons=(Button(label="Yes", verb="agree", value="42"),)),))


@pytest.mark.parametrize(
    ("by", "verb", "value"), [("alice", "agree", "43"), ("alice", "delete", "42"), ("bob", "agree", "42")]
)
async def test_a_button_that_one_does_not_have_cannot_be_pressed(
    page: WebHarness, core: Core, by: str, verb: str, value: str
) -> None:
    ref = await page.platform.send(to(person="alice"), ASK, key="k1")
    status, _ = await page.post("/chat/press", by=by, id="press-0001", on=ref.id, verb=verb, value=value)
    assert 400 <= status < 500
    assert core.received == []


async def test_a_button_that_a_revision_took_away_cannot_be_pressed(page: WebHarness, core: Core) -> None:
    ref = await page.platform.send(to(person="alice"), ASK, key="k1")
    await page.platform.revise(ref, words("Too late."))
    status, body = await page.post("/chat/press", by="alice", id="press-0001", on=ref.id, verb="agree", value="42")
    assert status == 409
    assert "not there any more" in body["error"]


async def test_a_button_in_a_note_can_be_pressed_by_the_one_who_got_it(page: WebHarness, core: Core) -> None:
    ref = await page.platform.send(to(conversation="c-help", person="alice"), ASK, key="k1")
    core.outcomes = [Note(card=ASK)]
    press = {"id": "press-0001", "verb": "agree", "value": "42"}
    _, body = await page.post("/chat/press", by="alice", on=ref.id, **press)
    token = body["outcome"]["note"]["token"]
    assert (await page.post("/chat/press", by="bob", on=token, **press))[0] == 404
    assert (await page.post("/chat/press", by="alice", on=token, **press | {"id": "press-0002"}))[0] == 200
    pressed = core.received[1]
    assert isinstance(pressed, Pressed)
    assert pressed.message is None
    assert pressed.place.conversation == "c-help"


FORM = Form(title="Ask", verb="ask", value="7", fields=(Field(name="question", label="Question"),))


async def open_form(page: WebHarness, core: Core) -> str:
    ref = await page.platform.send(to(person="alice"), ASK, key="k1")
    core.outcomes = [FORM]
    _, body = await page.post("/chat/press", by="alice", id="press-0001", on=ref.id, verb="agree", value="42")
    core.received.clear()
    token: str = body["outcome"]["form"]["token"]
    return token


async def test_a_command_may_open_a_form_at_once(page: WebHarness, core: Core) -> None:
    core.outcomes = [FORM]
    assert (await page.say("alice", None, "/nudge")).form is not None


async def test_a_form_sent_again_under_the_same_id_is_received_once(page: WebHarness, core: Core) -> None:
    token = await open_form(page, core)
    core.outcomes = [Note(card=words("Asked."))]
    sent: dict[str, Any] = {"by": "alice", "form": token, "fields": {"question": "Why?"}}
    first = await page.post("/chat/submit", id="submit-01", **sent)
    assert await page.post("/chat/submit", id="submit-01", **sent) == first
    assert (await page.post("/chat/submit", id="submit-02", **sent))[0] == 409
    assert len(core.received) == 1


async def test_a_form_that_was_refused_for_now_can_be_sent_again(page: WebHarness, core: Core) -> None:
    token = await open_form(page, core)
    core.outcomes = [Busy()]
    sent: dict[str, Any] = {"by": "alice", "form": token, "fields": {"question": "Why?"}}
    assert (await page.post("/chat/submit", id="submit-01", **sent))[0] == 503
    assert (await page.post("/chat/submit", id="submit-01", **sent))[0] == 200
    assert len({submitted.key for submitted in core.received}) == 1


async def test_somebody_elses_form_or_a_made_up_one_is_refused(page: WebHarness, core: Core) -> None:
    token = await open_form(page, core)
    for by, form in (("bob", token), ("alice", "form.made-up"), ("alice", "lanyard.1")):
        status, _ = await page.post("/chat/submit", by=by, id="submit-01", form=form, fields={"question": "Why?"})
        assert status == 404
    assert core.received == []


async def test_a_required_field_left_empty_never_reaches_the_core(page: WebHarness, core: Core) -> None:
    token = await open_form(page, core)
    answer = await page.submit("alice", token, {"question": " "})
    assert answer.errors == {"question": "Please fill this in."}
    assert core.received == []
    await page.submit("alice", token, {"question": "Why?"})
    assert isinstance(core.received[0], Submitted)


# ── News ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def next_event(response: ClientResponse) -> tuple[str, str | None, Any]:
    fields: dict[str, str] = {}
    while True:
        line = (await response.content.readline()).decode().rstrip("\n")
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            return fields["event"], fields.get("id"), json.loads(fields["data"])


async def test_what_is_said_reaches_an_open_page_and_is_told_again_after_a_break(page: WebHarness) -> None:
    seq = (await page.get("/chat/room", by="bob"))["seq"]
    async with page.client.get("/chat/stream", params={"by": "bob", "after": str(seq)}) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        await page.platform.send(to(conversation="c-help"), words("Hello"), key="k1")
        kind, _, message = await next_event(stream)
        assert (kind, message["card"]["summary"]) == ("message", "Hello")
        kind, last, state = await next_event(stream)
        assert (kind, state["unread"]) == ("state", {"c-help": 1})
    await page.platform.send(to(conversation="c-help"), words("Missed"), key="k2")
    headers = {"Last-Event-ID": last or ""}
    async with page.client.get("/chat/stream", params={"by": "bob", "after": "0"}, headers=headers) as stream:
        assert (await next_event(stream))[2]["card"]["summary"] == "Missed"


async def test_a_stream_tells_nothing_that_is_for_others(page: WebHarness) -> None:
    seq = str((await page.get("/chat/room", by="bob"))["seq"])
    for key, place in enumerate(
        [to(person="alice"), to(conversation="c-closed"), to(conversation="c-help", person="alice")]
    ):
        await page.platform.send(place, words("Secret"), key=f"k{key}")
    await page.platform.send(to(conversation="c-help"), words("Open"), key="k9")
    async with page.client.get("/chat/stream", params={"by": "bob", "after": seq}) as stream:
        _, _, message = await next_event(stream)
        assert message["card"]["summary"] == "Open"
        assert (await next_event(stream))[0] == "state"


async def test_what_another_process_writes_reaches_the_page(tmp_path: Path, page: WebHarness) -> None:
    other = await connect(file=tmp_path / "room.sqlite3", now=lambda: NINE)
    seq = str((await page.get("/chat/room", by="bob"))["seq"])
    async with page.client.get("/chat/stream", params={"by": "bob", "after": seq}) as stream:
        await other.send(to(conversation="c-help"), words("From afar"), key="k1")
        while (event := await next_event(stream))[0] != "message":
            pass
        assert event[2]["card"]["summary"] == "From afar"
    await other.stop()


async def test_a_page_that_remembers_another_room_is_told_to_begin_again(page: WebHarness) -> None:
    async with page.client.get("/chat/stream", params={"by": "bob", "after": "999"}) as stream:
        assert (await next_event(stream))[0] == "reset"


async def test_streams_run_out_when_the_server_stops(page: WebHarness) -> None:
    seq = str((await page.get("/chat/room", by="bob"))["seq"])
    async with page.client.get("/chat/stream", params={"by": "bob", "after": seq}) as stream:
        await stream.content.readline()
        page.platform.end_streams()
        await stream.content.read()


async def test_what_was_seen_is_no_longer_unread(page: WebHarness) -> None:
    await page.platform.send(to(conversation="c-help"), words("Hello"), key="k1")
    assert (await page.get("/chat/room", by="bob"))["unread"] == {"c-help": 1}
    assert (await page.post("/chat/see", by="bob", conversation="c-help", number=1))[0] == 200
    assert (await page.get("/chat/room", by="bob"))["unread"] == {}


# ── People, places, time ────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_empty_room_can_be_filled_from_the_page(tmp_path: Path, core: Core) -> None:
    async with open_web(tmp_path, core, people=(), channels=()) as page:
        assert (await page.get("/chat/room"))["people"] == []
        status, body = await page.post(
            "/chat/people", name=" Cleo  Sand ", email="cleo@example.org", time_zone="Asia/Tokyo"
        )
        assert (status, body) == (201, {"person": "cleo-sand"})
        assert (await page.post("/chat/people", name="Cleo Sand", email="c2@example.org"))[1] == {
            "person": "cleo-sand-2"
        }
        status, body = await page.post("/chat/channels", by="cleo-sand", name="#New Starters")
        assert (status, body) == (201, {"conversation": "channel:new-starters"})
        assert await page.platform.members("sample", "channel:new-starters") == ("cleo-sand", "cleo-sand-2")
        profile = await page.platform.profile("sample", "cleo-sand")
        assert profile is not None
        assert (profile.name, profile.email, profile.time_zone) == ("Cleo Sand", "cleo@example.org", "Asia/Tokyo")
        assert (await page.say("cleo-sand", None, "Hello")).accepted


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"email": "none"}, 400),
        ({"email": "bob@example.org"}, 409),
        ({"name": "  "}, 400),
        ({"time_zone": "Nowhere/Land"}, 400),
        ({"badge": "Administrator"}, 400),
    ],
)
async def test_a_person_that_cannot_be_added_is_refused_with_a_sentence(
    page: WebHarness, change: dict[str, str], status: int
) -> None:
    given, body = await page.post("/chat/people", **{"name": "Cleo", "email": "cleo@example.org"} | change)
    assert given == status
    assert body["error"].endswith(".")


async def test_skipping_ahead_moves_the_clock_and_rings(tmp_path: Path, core: Core) -> None:
    rung: list[timedelta] = []

    async def ring(by: timedelta) -> None:
        rung.append(by)

    async with open_web(tmp_path, core, skip=ring) as page:
        assert page.platform.now() == NINE
        await page.post("/chat/skip", by="alice", to="hour")
        await page.post("/chat/skip", by="alice", to="morning")
        # Alice lives an hour east of Greenwich.
        assert page.platform.now() == datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
        assert rung == [timedelta(hours=1), timedelta(hours=22)]
        await page.say("alice", None, "Hello")
        assert core.received[0].at == page.platform.now()
    async with open_web(tmp_path, core) as page:
        assert page.platform.now() == datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "hours"),
    [
        (datetime(2026, 3, 28, 20, 0, tzinfo=UTC), "Europe/Vienna", 11),  # the night has an hour less
        (datetime(2026, 10, 24, 20, 0, tzinfo=UTC), "Europe/Vienna", 12),  # and here one more
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), None, 24),
    ],
)
def test_tomorrow_morning_is_nine_where_the_person_lives(now: datetime, zone: str | None, hours: int) -> None:
    assert _until_morning(now, zone) == timedelta(hours=hours)


async def test_a_clock_that_may_not_be_skipped_stays(tmp_path: Path, core: Core) -> None:
    async with open_web(tmp_path, core, skip=None) as page:
        assert not (await page.get("/chat/room", by="alice"))["can_skip"]
        assert (await page.post("/chat/skip", by="alice", to="week"))[0] == 403
        assert page.platform.now() == NINE


async def test_the_room_tells_what_the_page_needs(tmp_path: Path, core: Core) -> None:
    async with open_web(tmp_path, core, prompts=["How do I get paid?"]) as page:
        room = await page.get("/chat/room", by="bob")
    assert room["prompts"] == ["How do I get paid?"]
    assert room["commands"] == [list(command) for command in COMMANDS]
    assert [channel["name"] for channel in room["channels"]] == ["help"]
    assert room["people"][1] | {"title": BOB.title, "badge": BOB.badge} == room["people"][1]


# ── The port ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_used_key_gives_the_first_message_even_to_many_at_once(page: WebHarness) -> None:
    refs = await asyncio.gather(*(page.platform.send(to(person="alice"), words("Once"), key="k1") for _ in range(20)))
    assert len(set(refs)) == 1
    assert len(await page.sees("alice")) == 1


async def test_a_thread_that_is_not_there_is_undeliverable(page: WebHarness) -> None:
    ref = await page.platform.send(to(conversation="c-help"), words("Root"), key="k1")
    for conversation, thread in (("c-help", "gone"), ("c-closed", ref.id)):
        with pytest.raises(Undeliverable):
            await page.platform.send(to(conversation=conversation, thread=thread), words("x"), key="k2")


async def test_nobody_is_written_to_in_a_place_they_are_not_in(page: WebHarness) -> None:
    for place in (to(conversation="c-closed", person="bob"), to(conversation="direct:alice", person="bob")):
        with pytest.raises(Undeliverable):
            await page.platform.send(place, words("x"), key="k1")


async def test_a_locked_file_means_later(page: WebHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(**_: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(page.platform._room, "post", locked)
    with pytest.raises(TryLater) as later:
        await page.platform.send(to(person="alice"), words("x"), key="k1")
    assert later.value.maybe_sent


async def test_a_stopped_platform_asks_to_be_tried_later(page: WebHarness) -> None:
    await page.platform.stop()
    with pytest.raises(TryLater):
        await page.platform.send(to(person="alice"), words("x"), key="k1")
